"""Renewal risk without a database: one account with its interviews per line.

    {"account": {"id", "name", "renewal_date", "annual_value", "otif": [{"month", "pct"}],
     "claims": [{"id", "opened", "closed", "amount"}], ...}, "interviews": [{"date", "contact",
     "role", "language", "turns": [{"speaker", "text"}]}], "as_of": "2026-06-01"}

Each line is read as of its own day.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from analysis import prepare, risk, sentences, tone
from analysis.embed import Cache, Encoder, MemoryCache
from analysis.reading import Refused, read_book
from analysis.signals import SignalDetector
from analysis.tables import AccountRisk, Book, Findings, Signal
from analysis.weights import DEFAULT_BASE_RATE


@dataclass(frozen=True, slots=True)
class AccountCase:
    """One line: an account, what its people said, and the day of the reading."""

    book: Book
    as_of: date


def read_cases(lines: Iterable[str]) -> tuple[list[AccountCase], list[tuple[int, str]]]:
    """The accounts of a JSON lines file, and the lines that could not be taken with the reason."""
    cases: list[AccountCase] = []
    refused: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            cases.append(_case(line))
        except Refused as problem:
            refused.append((number, str(problem)))
    return cases, refused


def assess_cases(
    cases: Sequence[AccountCase],
    encoder: Encoder,
    cache: Cache | None = None,
    base_rate: float = DEFAULT_BASE_RATE,
) -> tuple[Book, Findings]:
    """The reading of every account, each as of its own day, in the order of the risk list.

    The findings hold no themes; their day is the latest of all readings.
    """
    cache = cache or MemoryCache()  # a clause is read for its signals and for its tone
    detector = SignalDetector(encoder=encoder, cache=cache)
    model = tone.ToneModel(encoder=encoder, cache=cache)
    turns = [prepare.utterances(case.book) for case in cases]
    items = detector.find([turn for of_case in turns for turn in of_case])
    of_turn: dict[str, list[Signal]] = {}
    for item in items:
        assert item.quote is not None
        of_turn.setdefault(item.quote.turn_id, []).append(item)
    read: list[AccountRisk] = []
    for case, said in zip(cases, turns, strict=True):
        spoken = [clause for turn in said for clause in sentences.clauses(turn)]
        tones = model.negativity([clause.text for clause in spoken])
        own = [item for turn in said for item in of_turn.get(turn.turn_id, ())]
        shifts = tone.tone_shifts(spoken, tones, case.as_of)
        history = tone.tone_history(spoken, tones, {}, case.as_of)
        read += risk.assess(case.book, said, own, shifts, case.as_of, base_rate, tones=history)
    book = Book(
        transcripts=tuple(t for case in cases for t in case.book.transcripts),
        accounts=tuple(a for case in cases for a in case.book.accounts),
        scores=tuple(s for case in cases for s in case.book.scores),
        claims=tuple(c for case in cases for c in case.book.claims),
    )
    accounts = {account.account_ref: account for account in book.accounts}
    as_of = max(case.as_of for case in cases)
    return book, Findings(
        as_of=as_of,
        settings={"base_rate": base_rate},
        utterances=tuple(turn for said in turns for turn in said),
        segments=(),
        themes=(),
        assignments=(),
        strength=None,
        signals=items,
        risks=risk.in_order(read, accounts),
        score_moves=(),
        dropped={},
    )


def rows(risks: Sequence[AccountRisk]) -> list[dict[str, Any]]:
    """The readings as rows for `risk.jsonl`; interview and turn count from 0, as in the file."""
    return [
        {
            "account": reading.account_ref,
            "band": reading.band,
            "reason": reading.why_not,
            "score": round(reading.logit - reading.base_logit, 6),
            "base_logit": reading.base_logit,
            "as_of": reading.as_of.isoformat(),
            "reasons": [
                {
                    "signal": term.signal,
                    "contribution": term.contribution,
                    **_evidence(term.evidence[0] if term.evidence else None),
                    "evidence": [_evidence(item) for item in term.evidence],
                }
                for term in reading.reasons
            ],
            "not_scored": [
                {"signal": item.signal, "status": item.status, "why": item.status_reason}
                | _evidence(item)
                for item in reading.unscored
            ],
            "disagreements": list(reading.disagreements),
            "contacts_heard": reading.contacts_heard,
            "contacts_known": reading.contacts_known,
            "notes": list(reading.notes),
        }
        for reading in risks
    ]


def _evidence(item: Signal | None) -> dict[str, Any]:
    quote = item.quote if item else None
    if quote is None:
        return {"quote": None, "data": item.data_row if item else None}
    interview, turn = quote.turn_id.rsplit(":", 2)[-2:]
    return {"quote": quote.text, "interview": int(interview), "turn": int(turn)}


def _case(line: str) -> AccountCase:
    try:
        held = json.loads(line)
        account = held["account"]
        ref = str(account["id"])
        as_of = date.fromisoformat(held["as_of"])
        records = [
            _account(account, ref),
            *(_score(row, ref) for row in account.get("otif", ())),
            *(_claim(row, ref) for row in account.get("claims", ())),
            *_interviews(held["interviews"], ref),
        ]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        needs = "each line needs account.id, interviews (a list) and as_of"
        raise Refused(f"{type(problem).__name__}: {problem}; {needs}") from problem
    read = read_book(json.dumps(record) for record in records)
    if read.refused:
        raise Refused(read.refused[0][1])
    return AccountCase(read.book, as_of)


def _account(account: Mapping[str, Any], ref: str) -> dict[str, Any]:
    return {
        "kind": "account",
        "account_ref": ref,
        "account_name": account.get("name"),
        **{
            name: account.get(name)
            for name in ("annual_value", "currency", "renewal_date", "owner_name", "segment")
        },
    }


def _score(row: Mapping[str, Any], ref: str) -> dict[str, Any]:
    return {
        "kind": "score",
        "account_ref": ref,
        "metric": "otif",
        "period": row["month"],
        "value": row["pct"],
        "n": row.get("shipments"),
    }


def _claim(row: Mapping[str, Any], ref: str) -> dict[str, Any]:
    return {
        "kind": "claim",
        "account_ref": ref,
        "claim_ref": f"{ref}/{row['id']}",
        "claim_opened_at": row.get("opened"),
        "claim_closed_at": row.get("closed"),
        "amount": row.get("amount"),
    }


def _interviews(interviews: Sequence[Mapping[str, Any]], ref: str) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{ref}:{number}",
            "account_ref": ref,
            "contact_ref": f"{ref}/{held.get('contact', number)}",
            "contact_role": held.get("role"),
            "language": held.get("language"),
            "at": datetime.combine(date.fromisoformat(held["date"]), time(), UTC).isoformat(),
            "status": held.get("status"),
            "turns": [
                {"speaker": turn["speaker"], "text": turn["text"], "fields": turn.get("fields")}
                for turn in held["turns"]
            ],
        }
        for number, held in enumerate(interviews)
    ]

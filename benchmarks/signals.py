"""Signals: what the detectors find, beside VADER and a list of keywords.

    python -m benchmarks.signals [FOLDER]

The first table needs nothing else: sentences of this repository that no detector has learned from.
FOLDER may hold churn_intent_en.csv, courier_feedback.csv, account_cases_dev.jsonl and
ai_interviews.jsonl; a table whose file is missing is left out. benchmarks/README.md says where the
files come from. Intervals are 95 % bootstrap over rows.
"""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import average_precision_score, roc_auc_score

from analysis import pipeline, train_signals
from analysis.embed import BUNDLED_MODEL, FileCache, bundled_encoder, embed
from analysis.guard import verdict
from analysis.reading import SPEAKERS
from analysis.sentences import clauses
from analysis.signals import SIGNALS, normalized
from analysis.tables import Account, Book, Transcript, Turn, Utterance
from analysis.tone import negative

CACHE = FileCache(Path(".interviewer-cache/benchmark.sqlite"), BUNDLED_MODEL)
KEYWORDS = ("cancel", "leav", "switch", "competitor", "renew", "terminat", "quit", "goodbye")
INTERVIEWS = 150  # of other people's talk, in the order of the file
REVIEWS = 400
DRAWS = 300
Scores = NDArray[np.float64]
console = Console(width=110)


class Measured:
    """The shipped detectors and the scores they give to whole texts."""

    def __init__(self) -> None:
        self.encoder = bundled_encoder()
        self.detectors = train_signals.detectors(self.encoder, CACHE)

    def strength(self, texts: Sequence[str], names: Sequence[str] = ()) -> Scores:
        """The strongest clause of each text that the guard lets stand: (n_texts, 16)."""
        spoken = [(row, clause) for row, text in enumerate(texts) for clause in clauses(said(text))]
        words = [normalized(clause.text, names) for _, clause in spoken]
        p = self.detectors.strength(embed(words, self.encoder, CACHE), words)
        found = np.zeros((len(texts), len(SIGNALS)))
        for (row, clause), scores in zip(spoken, p, strict=True):
            stands = [verdict(signal, clause).status == "asserted" for signal in SIGNALS]
            found[row] = np.maximum(found[row], np.where(stands, scores, 0))
        return found


def said(text: str) -> Utterance:
    """A text as a turn of nobody in particular."""
    return Utterance("", "", text, "", None, None, None, "en", None, "all", None, None, {})


def sentences(measured: Measured) -> None:
    """Recall and fire rate per signal and kind, on the defining and the development sentences."""
    for name in (train_signals.DEFINING, train_signals.DEVELOPMENT):
        rows = train_signals.examples(name)
        p = measured.strength([row.text for row in rows])
        fires = p >= measured.detectors.thresholds
        kinds = ("direct", "indirect", *train_signals.COUNTER_KINDS, "neutral")
        table = Table("signal", "AUROC", *kinds, title=f"{name}: share asserted")
        for index, signal in enumerate(SIGNALS):
            own = [n for n, row in enumerate(rows) if row.signal == signal]
            auroc = roc_auc_score([rows[n].states for n in own], p[own, index])
            table.add_row(signal, f"{auroc:.2f}", *_shares(rows, fires[:, index], signal, kinds))
        total = [
            [
                fires[n, SIGNALS.index(row.signal)] if row.signal else fires[n].any()
                for n, row in enumerate(rows)
                if row.kind == kind
            ]
            for kind in kinds
        ]
        table.add_row("all", "", *(f"{np.mean(t):.3f} of {len(t)}" if t else "" for t in total))
        console.print(table)


def _shares(
    rows: Sequence[train_signals.Example],
    fires: NDArray[np.bool_],
    signal: str,
    kinds: Iterable[str],
) -> list[str]:
    of = [
        [fires[n] for n, r in enumerate(rows) if r.kind == kind and r.signal in (signal, None)]
        for kind in kinds
    ]
    return [f"{np.mean(hits):.2f}" if hits else "" for hits in of]


def churn(measured: Measured, path: Path) -> None:
    """Whether a chat message says that its author leaves a brand."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(r["text"], r["brand"], r["churn"] == "1") for r in csv.DictReader(file)]
    texts = list(dict.fromkeys(text for text, _, _ in rows))
    leaves = np.array([any(c for t, _, c in rows if t == text) for text in texts])
    p = measured.strength(texts)[:, SIGNALS.index("leave_intent")]
    compare(f"leave intent in chat, text level, {len(texts)} / {leaves.sum()}", texts, leaves, p)


def compare(title: str, texts: Sequence[str], labels: NDArray[np.bool_], p: Scores) -> None:
    """The detector beside the tone of the words and a list of keywords."""
    keywords = np.array([sum(k in t.lower() for k in KEYWORDS) for t in texts], dtype=float)
    table = Table("method", "AUROC", "AP", title=title)
    for name, scores in (("detector", p), ("VADER", negative(texts)), ("keywords", keywords)):
        table.add_row(
            name,
            _interval(roc_auc_score, labels, scores),
            _interval(average_precision_score, labels, scores),
        )
    console.print(table)


def _interval(measure: object, labels: NDArray[np.bool_], scores: Scores) -> str:
    assert callable(measure)
    rng = np.random.default_rng(0)
    draws = [rng.integers(0, len(labels), len(labels)) for _ in range(DRAWS)]
    values = [measure(labels[d], scores[d]) for d in draws if 0 < labels[d].sum() < len(d)]
    low, high = np.percentile(values, [2.5, 97.5])
    return f"{measure(labels, scores):.3f} ({low:.2f}-{high:.2f})"


def reviews(measured: Measured, path: Path) -> None:
    """Unhappy and happy customers of couriers: how often each signal is asserted."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["lang"] == "en" and r["stars"]]
    table = Table("signal", "1-2 stars", "4-5 stars", title="courier reviews: share asserted")
    groups = [
        [r["text"] for r in rows if float(r["stars"]) in stars][:REVIEWS]
        for stars in ((1.0, 2.0), (4.0, 5.0))
    ]
    fires = [measured.strength(group) >= measured.detectors.thresholds for group in groups]
    for index, signal in enumerate(SIGNALS):
        table.add_row(signal, *(f"{group[:, index].mean():.3f}" for group in fires))
    console.print(table)


def interviews(measured: Measured, path: Path) -> None:
    """Interviews about other matters: each assertion is a false one."""
    lines = path.read_text(encoding="utf-8").splitlines()[:INTERVIEWS]
    turns = [
        [t["text"] for t in row["turns"] if SPEAKERS.get(t["speaker"].lower()) == "respondent"]
        for row in map(json.loads, lines)
    ]
    flat = [text for texts in turns for text in texts]
    fires = measured.strength(flat) >= measured.detectors.thresholds
    by_signal = {s: int(fires[:, i].sum()) for i, s in enumerate(SIGNALS) if fires[:, i].any()}
    console.print(
        f"other people's interviews: {fires.sum()} assertions in {len(flat)} answers of"
        f" {len(turns)} interviews, {fires.sum() / len(turns):.2f} per interview; {by_signal}\n"
    )


def accounts(measured: Measured, path: Path) -> None:
    """Small accounts with the band that a person expects."""
    table = Table("account", "situation", "expected", "band", "S", "missing", "too much")
    for case in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        as_of = date.fromisoformat(case["as_of"])
        book = Book([_transcript(case, n) for n in range(len(case["interviews"]))], [Account("A")])
        (risk,) = pipeline.run(book, measured.encoder, as_of=as_of, cache=CACHE).risks
        active = {r.signal for r in risk.reasons if abs(r.contribution) >= 0.25}
        expect = case["expect"]
        table.add_row(
            case["id"],
            case["situation"],
            expect["band"],
            risk.band,
            f"{risk.logit - risk.base_logit:.2f}",
            " ".join(sorted(set(expect.get("must_cite", ())) - active)),
            " ".join(sorted(set(expect.get("must_not_cite", ())) & active)),
        )
    console.print(table)


def _transcript(case: dict[str, object], number: int) -> Transcript:
    held = case["interviews"][number]  # type: ignore[index]
    name = f"{case['id']}-{number}"
    return replace(
        Transcript(name, (), "A", held["contact"], held["role"], language=held.get("language")),
        at=datetime.fromisoformat(held["date"]).replace(tzinfo=UTC),
        turns=tuple(
            Turn(f"{name}:{n}", turn["speaker"], turn["text"])
            for n, turn in enumerate(held["turns"])
        ),
    )


def main() -> None:
    """Print every table that can be made here."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    measured = Measured()
    sentences(measured)
    for name, table in (
        ("account_cases_dev.jsonl", accounts),
        ("churn_intent_en.csv", churn),
        ("courier_feedback.csv", reviews),
        ("ai_interviews.jsonl", interviews),
    ):
        if (folder / name).is_file():
            table(measured, folder / name)
        else:
            console.print(f"{name} is not there: its table is left out")


if __name__ == "__main__":
    main()

"""Renewal risk per account: the base rate plus visible weight x value terms, so reasons add up.

Weights, half-lives, role weights, band limits and the effects of data are reasoned, not fitted to
outcomes; bands are therefore no probabilities. Too little evidence gives `not_enough_evidence`.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import median
from types import MappingProxyType
from typing import Protocol, TypeVar

from analysis.answers import coded_answers
from analysis.risk_model import RiskModel as RiskModel
from analysis.scores import series
from analysis.sentences import is_english, words
from analysis.signals import SIGNALS
from analysis.structured import AccountData, open_claims, own_reasons, signal_rows
from analysis.tables import (
    Account,
    AccountRisk,
    Audience,
    Band,
    Book,
    Reason,
    Score,
    Signal,
    Status,
    Tone,
    Transcript,
    Utterance,
)
from analysis.tone import ToneShift
from analysis.weights import (
    DEFAULT_BASE_RATE,
    ELEVATED,
    HEARD_WITHIN,
    HIGH,
    PRIOR_WEIGHTS,
    WEIGHTS,
    urgency,
)

BUYER_SIDE = frozenset({"buyer", "sponsor", "finance"})
OPERATIONS_SIDE = frozenset({"operations", "warehouse"})
RECIPIENT = "recipient"
LEAST_ANSWERS, LEAST_WORDS = 6, 120  # of one interview
ANSWER_WORDS = 5
CLOSED_BY_WORD = 0.2  # what remains of a statement that was later denied or settled
SECOND_VOICE = 0.25
TONE_WEIGHT, FULL_TONE_SHIFT = 0.4, 0.30
BANDS: tuple[Band, ...] = ("high", "elevated", "low", "not_enough_evidence")
_UNFINISHED = frozenset({"open", "paused", "opted_out", "expired"})


def assess(
    book: Book,
    utterances: Sequence[Utterance],
    signals: Sequence[Signal],
    shifts: Mapping[str, ToneShift],
    as_of: date,
    base_rate: float = DEFAULT_BASE_RATE,
    previous: Collection[AccountRisk] = (),
    tones: Mapping[str, tuple[Tone, ...]] = MappingProxyType({}),
    weights: Mapping[str, float] = PRIOR_WEIGHTS,
) -> tuple[AccountRisk, ...]:
    """The reading of every account, in the order of the risk list; accounts without a band last.

    Only what was said or happened up to `as_of` counts, and nothing that the account manager may
    not see: a band that moved on words said in confidence would give them away.

    Args:
        book: The accounts, their transcripts, claims and scores.
        utterances: Respondents' turns, as `prepare.utterances` gives them.
        signals: The evidence items, as `signals.find_signals` gives them.
        shifts: Tone shift by account.
        as_of: The day of the reading.
        base_rate: Share of renewals that are lost, between 0 and 1.
        previous: The readings of the last run.
        tones: The tone of each interview, by account; shown beside the reading.
        weights: What each signal adds at full value: the prior ones, or fitted ones.
    """
    known = {a.account_ref: a for a in book.accounts}
    heard = {u.account_ref for u in utterances if u.account_ref} - set(known)
    accounts = [*known.values(), *(Account(ref) for ref in heard)]
    before = {risk.account_ref: risk for risk in previous}
    data = _data(book, accounts, as_of)
    place = {u.turn_id: n for n, u in enumerate(utterances)}
    transcripts = _by_account(book.transcripts)
    turns = _by_account(u for u in utterances if _counts(u.at, u.audience, as_of))
    items = _by_account(
        s for s in signals if s.quote and _counts(s.said_at, s.quote.audience, as_of)
    )
    read = [
        _read(
            Case(
                account,
                transcripts.get(account.account_ref, ()),
                turns.get(account.account_ref, ()),
                items.get(account.account_ref, ()),
                data[account.account_ref],
                as_of,
                place,
                weights,
            ),
            shifts.get(account.account_ref),
            base_rate,
            before.get(account.account_ref),
            tones.get(account.account_ref, ()),
        )
        for account in accounts
    ]
    return in_order(read, {a.account_ref: a for a in accounts})


def _data(book: Book, accounts: Sequence[Account], as_of: date) -> Mapping[str, AccountData]:
    """What was imported, by account."""
    claims, volumes = _by_account(book.claims), _by_account(book.volumes)
    invoices = _by_account(book.invoices)
    scores: dict[str, dict[tuple[str, str], tuple[Score, ...]]] = {}
    for (ref, metric, kind), rows in series(book.scores, as_of).items():
        scores.setdefault(ref, {})[metric, kind] = rows
    return {
        account.account_ref: AccountData(
            account,
            as_of,
            claims.get(account.account_ref, ()),
            scores.get(account.account_ref),
            volumes.get(account.account_ref, ()),
            invoices.get(account.account_ref, ()),
        )
        for account in accounts
    }


class _OfAccount(Protocol):
    @property
    def account_ref(self) -> str | None: ...


Of = TypeVar("Of", bound=_OfAccount)


def _by_account(rows: Iterable[Of]) -> dict[str | None, tuple[Of, ...]]:
    found: dict[str | None, list[Of]] = {}
    for row in rows:
        found.setdefault(row.account_ref, []).append(row)
    return {account: tuple(of) for account, of in found.items()}


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one account up to the day of the reading."""

    account: Account
    transcripts: tuple[Transcript, ...]
    turns: tuple[Utterance, ...]
    items: tuple[Signal, ...]
    data: AccountData
    as_of: date
    place: Mapping[str, int]  # turn_id -> its place in the interview
    weights: Mapping[str, float]

    def role(self, contact: str | None, said: str | None) -> str | None:
        """The contact's role; the account's own list knows better than the transcript."""
        return self.account.contacts.get(contact or "") or said

    def moment(self, item: Signal) -> tuple[datetime, int, int]:
        """When it was said: the turns of an interview may all carry the time of the interview."""
        assert item.said_at is not None
        assert item.quote is not None
        return (item.said_at, self.place[item.quote.turn_id], item.quote.start)

    def is_recipient(self, contact: str | None, said: str | None) -> bool:
        """Whether these are the words of who received a shipment, not of the account itself."""
        return self.role(contact, said) == RECIPIENT


def _read(
    case: Case,
    shift: ToneShift | None,
    base_rate: float,
    before: AccountRisk | None,
    tones: tuple[Tone, ...],
) -> AccountRisk:
    items, closed = _closed_by_data(case)
    terms = roll_up(items, case)
    terms = _with_data(terms, case)
    reasons = [
        *capped(terms),
        *own_reasons(case.data),
        *(_tone_reason(shift) if shift else []),
    ]
    reasons.sort(key=lambda r: (-abs(r.contribution), r.signal))
    base_logit = math.log(base_rate / (1 - base_rate))
    total = math.fsum(r.contribution for r in reasons)
    why_not = abstain(case, items)
    band: Band = "not_enough_evidence" if why_not else _band(total)
    scored = {item for reason in reasons for item in reason.evidence}
    contacts = _contacts(_interviewed(case))
    return AccountRisk(
        account_ref=case.account.account_ref,
        as_of=case.as_of,
        band=band,
        why_not=why_not,
        base_rate=base_rate,
        base_logit=base_logit,
        logit=base_logit + total,
        reasons=tuple(reasons),
        unscored=tuple(sorted((*closed, *(i for i in items if i not in scored)), key=_place)),
        disagreements=_disagreements(case, items),
        tone_shift=shift.sentence if shift else "no reliable change: no earlier interview",
        contacts_heard=len(contacts),
        contacts_known=len(contacts | set(case.account.contacts)),
        previous_band=before.band if before else None,
        moved=_moved(reasons, before, band),
        notes=_notes(case),
        tones=tones,
    )


# --- from items to terms


def roll_up(items: Sequence[Signal], case: Case) -> dict[str, Reason]:
    """One term per signal: the strongest contact, and a quarter of the second one.

    A recipient never opens a term; a recipient's words only support what a contact says as well.
    """
    terms: dict[str, Reason] = {}
    for signal in SIGNALS:
        of_signal = [i for i in items if i.signal == signal]
        asserted = [i for i in of_signal if i.status == "asserted"]
        strength = {item: _strength(item, of_signal, case) for item in asserted}
        contacts = _best(strength, [i for i in asserted if not _from_recipient(i, case)])
        recipients = _best(strength, [i for i in asserted if _from_recipient(i, case)])
        if not contacts:
            continue
        best, *others = sorted(contacts.values(), reverse=True)
        second = max([*others, *recipients.values()], default=0.0)
        value = min(1.0, best + SECOND_VOICE * second)
        weight = case.weights[signal]
        evidence = sorted(asserted, key=lambda i: (-strength[i], _place(i)))
        terms[signal] = Reason(signal, weight, value, weight * value, tuple(evidence))
    return terms


def capped(terms: Mapping[str, Reason]) -> list[Reason]:
    """The terms with commitment held back by what is explicitly said against it."""
    explicit = sum(
        term.contribution for signal, term in terms.items() if WEIGHTS[signal].kind == "explicit"
    )
    return [
        replace(term, contribution=max(term.contribution, min(0.0, term.weight + 0.5 * explicit)))
        if signal == "commit"
        else term
        for signal, term in terms.items()
    ]


def _strength(item: Signal, of_signal: Sequence[Signal], case: Case) -> float:
    """Strength x role x recency, and little of it when it was later denied or settled."""
    assert item.said_at is not None
    weight = WEIGHTS[item.signal]
    age = (case.as_of - item.said_at.date()).days
    recency = 1.0 if math.isinf(weight.half_life) else 0.5 ** (age / weight.half_life)
    strength = item.p * _role_weight(item, case) * recency
    closed = item.signal != "commit" and any(_closes(other, item, case) for other in of_signal)
    return strength * (CLOSED_BY_WORD if closed else 1.0)


def _closes(later: Signal, item: Signal, case: Case) -> bool:
    if later.status not in ("resolved", "denied"):
        return False
    decides = case.role(later.contact_ref, later.contact_role) in ("buyer", "sponsor")
    may = decides or later.contact_ref == item.contact_ref
    return may and case.moment(later) > case.moment(item)


def _role_weight(item: Signal, case: Case) -> float:
    role = case.role(item.contact_ref, item.contact_role)
    if role in BUYER_SIDE:
        return 1.0
    if role == RECIPIENT:
        return 0.2
    if WEIGHTS[item.signal].kind == "service":
        return 1.0
    return 0.5 if item.signal in ("contract_notice", "rfp", "competitor") else 0.7


def _best(strength: Mapping[Signal, float], items: Sequence[Signal]) -> dict[str | None, float]:
    """The strongest item of each person: repeating oneself counts once."""
    best: dict[str | None, float] = {}
    for item in items:
        best[item.contact_ref] = max(best.get(item.contact_ref, 0.0), strength[item])
    return best


def _band(total: float) -> Band:
    if total >= HIGH:
        return "high"
    return "elevated" if total >= ELEVATED else "low"


# --- data beside the interviews


def _closed_by_data(case: Case) -> tuple[list[Signal], list[Signal]]:
    """The items, and those on claims that the data have closed since they were said."""
    closed_on = _last_closed(case)
    if closed_on is None or open_claims(case.data.claims, case.as_of):
        return list(case.items), []
    kept: list[Signal] = []
    closed: list[Signal] = []
    for item in case.items:
        about_claim = item.signal == "unresolved_claim" and item.status == "asserted"
        if about_claim and item.said_at and item.said_at.date() <= closed_on:
            reason = f"the claims data show it closed on {closed_on.isoformat()}"
            closed.append(replace(item, status="resolved", status_reason=reason))
        else:
            kept.append(item)
    return kept, closed


def _with_data(terms: dict[str, Reason], case: Case) -> dict[str, Reason]:
    """The terms with the values that the data alone would give, where those are higher."""
    raised = dict(terms)
    for item in signal_rows(case.data):
        weight = case.weights[item.signal]
        text = raised.get(item.signal)
        value = max(text.value if text else 0.0, item.p)
        evidence = (*(text.evidence if text else ()), item)
        raised[item.signal] = Reason(item.signal, weight, value, weight * value, evidence)
    return raised


def _last_closed(case: Case) -> date | None:
    days = (c.claim_closed_at.date() for c in case.data.claims if c.claim_closed_at)
    return max((day for day in days if day <= case.as_of), default=None)


def _tone_reason(shift: ToneShift) -> list[Reason]:
    value = min(1.0, shift.shift / FULL_TONE_SHIFT) if shift.is_reliable else 0.0
    if value <= 0:
        return []
    return [Reason("tone_shift", TONE_WEIGHT, value, TONE_WEIGHT * value, ())]


# --- enough evidence, or not


def abstain(case: Case, items: Sequence[Signal]) -> str | None:
    """Why there can be no band, or None when the evidence is enough."""
    return _too_little_heard(case) or _too_few_statements(case, items)


def _too_little_heard(case: Case) -> str | None:
    case = _interviewed(case)
    if not case.transcripts:
        return "no interview: nobody of this account was interviewed"
    if not case.turns:
        return _no_answers(case)
    own = [u for u in case.turns if not case.is_recipient(u.respondent, u.contact_role)]
    if not own:
        return "recipients only: no contact of the account itself was heard"
    recent = [u for u in own if u.at and case.as_of - u.at.date() <= HEARD_WITHIN]
    if not recent:
        last = max(u.at.date() for u in own if u.at)
        return f"stale: last heard on {last.isoformat()}, more than 180 days ago"
    finished = {t.interview_id for t in case.transcripts if t.status not in _UNFINISHED}
    complete = [u for u in recent if u.interview_id in finished]
    if not complete:
        return "not completed: an interview was begun and not brought to its end"
    if not any(is_english(u) or coded_answers(u) for u in complete):
        return "language: the answers are in a language that the detectors do not read"
    return _too_short(complete)


def _interviewed(case: Case) -> Case:
    """The interviews alone: mails and tickets are evidence, and no conversation."""
    held = tuple(t for t in case.transcripts if t.source == "interview")
    if len(held) == len(case.transcripts):
        return case
    ids = {t.interview_id for t in held}
    turns = tuple(turn for turn in case.turns if turn.interview_id in ids)
    return replace(case, transcripts=held, turns=turns)


def _no_answers(case: Case) -> str:
    if any(t.status == "opted_out" for t in case.transcripts):
        return "declined: the contact did not want to be interviewed"
    answered = any(turn.speaker == "respondent" for t in case.transcripts for turn in t.turns)
    if answered:
        return "undated or not yet: what was said has no date up to the day of this reading"
    return "no answer: an interview was offered and nothing was answered"


def _too_short(turns: Sequence[Utterance]) -> str | None:
    interviews: dict[str, list[Utterance]] = {}
    for turn in turns:
        interviews.setdefault(turn.interview_id, []).append(turn)
    sizes: list[tuple[int, int]] = []
    for rows in interviews.values():
        answers, said = _size(rows)
        if answers >= LEAST_ANSWERS or said >= LEAST_WORDS:
            return None  # one is enough: reading them all is most of the work of a large book
        sizes.append((answers, said))
    answers, said = max(sizes)
    counted = f"{answers} answer{'' if answers == 1 else 's'}"
    if not said:
        return (
            f"language: {counted} coded ({LEAST_ANSWERS} needed), no words in a language read here"
        )
    return (
        f"too short: the fullest interview has {counted} of {ANSWER_WORDS} words or more"
        f" ({LEAST_ANSWERS} needed) and {said} words ({LEAST_WORDS} needed)"
    )


def _size(turns: Sequence[Utterance]) -> tuple[int, int]:
    """Substantive answers and readable words of one interview."""
    readable = [u for u in turns if is_english(u)]
    long = {u.turn_id for u in readable if len(words(u.text)) >= ANSWER_WORDS}
    coded = {u.turn_id for u in turns if coded_answers(u)}
    return len(long | coded), sum(len(words(u.text)) for u in readable)


def _too_few_statements(case: Case, items: Sequence[Signal]) -> str | None:
    own = [i for i in items if i.status in ("asserted", "denied") and not _from_recipient(i, case)]
    if any(i.status == "asserted" and WEIGHTS[i.signal].kind == "explicit" for i in own):
        return None
    turns = {i.quote.turn_id for i in own if i.quote}
    if len(turns) >= 2:
        return None
    said = "nothing was said" if not turns else "only one thing was said"
    return f"too few statements: {said} that bears on the renewal (2 needed)"


# --- what stands beside the band


def _disagreements(case: Case, items: Sequence[Signal]) -> tuple[str, ...]:
    return (*_sides_differ(case, items), *_words_against_data(case, items))


def _sides_differ(case: Case, items: Sequence[Signal]) -> Iterator[str]:
    sides = {"buyer side": BUYER_SIDE, "operations side": OPERATIONS_SIDE}
    said = {
        side: [i for i in items if case.role(i.contact_ref, i.contact_role) in roles]
        for side, roles in sides.items()
    }
    service = [s for s in SIGNALS if WEIGHTS[s].kind == "service"]
    for one, other in (tuple(sides), tuple(sides)[::-1]):
        for signal in service:
            if _has(said[one], signal, "asserted") and _has(said[other], signal, "denied"):
                yield f"the {one} says {signal}, the {other} denies it"
        asserted = [s for s in service if _has(said[other], s, "asserted")]
        if _has(said[one], "commit", "asserted") and len(asserted) >= 2:
            yield f"the {one} commits, while the {other} says {', '.join(asserted)}"


def _words_against_data(case: Case, items: Sequence[Signal]) -> Iterator[str]:
    claims = [i for i in items if i.signal == "unresolved_claim"]
    still_open, closed_on = open_claims(case.data.claims, case.as_of), _last_closed(case)
    if still_open and any(i.status in ("denied", "resolved") for i in claims):
        names = ", ".join(claim.claim_ref for claim in still_open)
        yield f"a contact says that no claim is open, the data show {names} open"
    if not still_open and closed_on and any(i.status == "asserted" for i in claims):
        closed = f"the data show the last one closed on {closed_on}"
        yield f"a contact says that a claim is open, {closed}"


def _notes(case: Case) -> tuple[str, ...]:
    notes = []
    case = _interviewed(case)
    roles = {case.role(u.respondent, u.contact_role) for u in case.turns}
    if case.turns and "buyer" not in roles:
        notes.append("no buyer heard")
    if case.turns and None in roles:
        notes.append("a contact's role is unknown and weighs as operations")
    if case.data.is_empty:
        notes.append("interview evidence only")
    return tuple(notes)


def _contacts(case: Case) -> set[str]:
    """The account's own people heard lately; who has no role and is not on its list is none."""
    listed = case.account.contacts
    return {
        u.respondent
        for u in case.turns
        if not case.is_recipient(u.respondent, u.contact_role)
        and (u.contact_role or not listed or u.respondent in listed)
        and u.at
        and case.as_of - u.at.date() <= HEARD_WITHIN
    }


def _moved(
    reasons: Sequence[Reason], before: AccountRisk | None, band: Band
) -> Mapping[str, float]:
    """The change of each contribution; nothing while either reading has no band."""
    if before is None or "not_enough_evidence" in (band, before.band):
        return {}
    now = {r.signal: r.contribution for r in reasons}
    then = {r.signal: r.contribution for r in before.reasons}
    changes = {s: now.get(s, 0.0) - then.get(s, 0.0) for s in sorted({*now, *then})}
    return {signal: change for signal, change in changes.items() if abs(change) >= 0.005}


# --- the order of the list


def in_order(
    risks: Sequence[AccountRisk], accounts: Mapping[str, Account]
) -> tuple[AccountRisk, ...]:
    """By band, then S x annual value x urgency; without a band by renewal date, then value.

    An account whose value is unknown counts with the median of the known ones.
    """
    known = [a.annual_value for a in accounts.values() if a.annual_value is not None]
    usual = median(known) if known else 1.0

    def place(risk: AccountRisk) -> tuple[int, float, float, str]:
        account = accounts[risk.account_ref]
        value = usual if account.annual_value is None else account.annual_value
        rank = BANDS.index(risk.band)
        left = _days_left(account, risk.as_of)
        if risk.band == "not_enough_evidence":
            return (rank, math.inf if left is None else left, -value, risk.account_ref)
        at_stake = (risk.logit - risk.base_logit) * value * urgency(left)
        return (rank, -at_stake, -value, risk.account_ref)

    return tuple(sorted(risks, key=place))


def _days_left(account: Account, as_of: date) -> int | None:
    """Days to the renewal; None when it is unknown or past."""
    if account.renewal_date is None or account.renewal_date < as_of:
        return None
    return (account.renewal_date - as_of).days


def _counts(said_at: datetime | None, audience: Audience, as_of: date) -> bool:
    return said_at is not None and said_at.date() <= as_of and audience == "all"


def _from_recipient(item: Signal, case: Case) -> bool:
    return case.is_recipient(item.contact_ref, item.contact_role)


def _has(items: Sequence[Signal], signal: str, status: Status) -> bool:
    return any(i.signal == signal and i.status == status for i in items)


def _place(item: Signal) -> tuple[str, int, str, str]:
    turn, start = (item.quote.turn_id, item.quote.start) if item.quote else ("", 0)
    return (turn, start, item.signal, item.status)

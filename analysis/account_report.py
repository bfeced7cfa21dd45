"""One account on a page: what its people said, what follows, and a copy for the customer itself.

`account_view` and `customer_view` return plain values; a page, JSON or a table is made of them.
What was said is read as of the analysis; renewals, claims, contacts and actions are those of a day,
that of the analysis when none is given. The same findings, book and day give the same values.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from markupsafe import Markup

from analysis import charts
from analysis.labels import LABELS, NEXT_STEPS
from analysis.playback import Corrected, Summaries, set_right, summaries
from analysis.redact import CARRIERS
from analysis.showing import masked, money, page, personal, quoted
from analysis.structured import open_claims
from analysis.tables import (
    Account,
    AccountRisk,
    Band,
    Book,
    Claim,
    ContactStanding,
    JointAction,
    OpenQuestion,
    Quote,
    Rating,
    Reason,
    Signal,
    SignalReview,
    Tone,
    Transcript,
)
from analysis.weights import ACTIVE, in_window

MOST_STEPS = 3
MOST_POSSIBLE = 5  # of the statements that are only possible
SHORT = 3  # words of an answer that needs its question beside it
MOST_HEARD = 3  # quotes under one heading of the customer's copy

QUESTIONS: Mapping[str | None, str] = {
    "buyer": "What are your plans for the coming contract period?",
    "sponsor": "What would have to change for you to renew without a second thought?",
    "finance": "Which invoices, claims or credits are still open on your side?",
    "operations": "What went wrong most often lately, and has it stopped?",
    "warehouse": "What went wrong most often at the dock lately, and has it stopped?",
    None: "How has the last quarter been with us?",
}
CUSTOMER_LABELS: Mapping[str, str] = {
    "unresolved_claim": "Claims and credits",
    "recurrence": "What keeps coming back",
    "chargeback": "Cost that reached you",
    "slow_response": "How fast we answer",
    "silent_am": "How we keep you informed",
    "not_heard": "How your points were taken up",
    "trust_lost": "Being able to rely on us",
    "capability_gap": "What you need from us",
}
"""What may be shown to the customer, in its own words; every other signal stays inside."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement or a data row, as it is shown; `evidence_id` is what a review names."""

    evidence_id: str | None
    signal: str
    label: str
    status: str
    why: str
    asked: str | None  # the question, where the answer alone says nothing
    quote: str | None
    set_right: str | None  # what they said of it when it was read back
    source: str
    data_row: str | None
    interview_id: str | None
    turn_id: str | None
    review: SignalReview | None  # what a person said of it last; counts from the next analysis on


@dataclass(frozen=True, slots=True)
class ReasonView:
    """One term of the sum."""

    signal: str
    label: str
    weight: float
    value: float
    contribution: float
    is_capped: bool
    is_minor: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact: when they were heard or, if not, why and what to do."""

    contact_ref: str
    name: str | None
    role: str | None
    heard_on: date | None
    why_unheard: str | None
    channel: str | None
    question: str | None
    next_step: str | None  # to hear them; None when they were heard


@dataclass(frozen=True, slots=True)
class ClaimView:
    """An open claim."""

    claim_ref: str
    opened: date
    age: int  # days
    amount: str | None


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A line of a summary as it was read back, and what it was set right to."""

    line: str
    said: str
    source: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """All that is said of one account inside the company."""

    account_ref: str
    name: str
    owner: str | None
    segment: str | None
    value: str | None
    renewal: date | None
    days_left: int | None
    as_of: date
    day: date
    band: Band
    why_not: str | None
    strength: float  # the sum of the contributions
    base_rate: float
    reasons: tuple[ReasonView, ...]
    not_scored: tuple[Evidence, ...]  # said or in the data, where there is no band
    unscored: tuple[Evidence, ...]
    in_confidence: tuple[Evidence, ...]  # kept from the account manager
    kept_back: int  # statements in confidence that are not shown
    disagreements: tuple[str, ...]
    rating: Rating | None
    rating_differs: str | None
    tone: str
    tones: tuple[Tone, ...]
    heard: tuple[ContactView, ...]
    unheard: tuple[ContactView, ...]
    claims: tuple[ClaimView, ...]
    previous_band: Band | None
    moved: tuple[tuple[str, float], ...]
    steps: tuple[tuple[str, str], ...]  # label of the signal, what to do
    questions: tuple[str, ...]
    actions: tuple[JointAction, ...]
    summaries: str | None  # how many were read back and what came of them
    corrections: tuple[CorrectionView, ...]
    notes: tuple[str, ...]
    trace: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CustomerView:
    """What may lie on the table between both sides: no risk, no competitor, no names."""

    account_ref: str
    name: str
    day: date
    people: int
    heard: tuple[tuple[str, tuple[str, ...]], ...]  # heading, quotes
    did: tuple[JointAction, ...]
    joint: tuple[JointAction, ...]


def account_view(
    risk: AccountRisk,
    book: Book,
    trace: Mapping[str, str],
    *,
    day: date | None = None,
    in_confidence: Sequence[Signal] = (),
    kept_back: int = 0,
) -> AccountView:
    """The account for the account team.

    Args:
        risk: Its reading.
        book: What is known of it.
        trace: Model version, weights, run and data window, by name; shown as they are.
        day: On which renewals, claims and contacts are looked at; that of the reading when None.
        in_confidence: Statements kept from the account manager that the reader may see.
        kept_back: How many more there are.
    """
    day = day or risk.as_of
    account = next((a for a in book.accounts if a.account_ref == risk.account_ref), None)
    account = account or Account(risk.account_ref)
    shown = _Shown(of_account(book, risk.account_ref))
    reasons = tuple(shown.reason(r) for r in risk.reasons)
    has_band = risk.band != "not_enough_evidence"
    rating = latest_rating(book.ratings, risk)
    contacts = contact_views(account, book, day)
    return AccountView(
        account_ref=risk.account_ref,
        name=account.account_name or risk.account_ref,
        owner=account.owner_name,
        segment=account.segment,
        value=money(account.annual_value, account.currency),
        renewal=account.renewal_date,
        days_left=(account.renewal_date - day).days if account.renewal_date else None,
        as_of=risk.as_of,
        day=day,
        band=risk.band,
        why_not=risk.why_not,
        strength=risk.logit - risk.base_logit,
        base_rate=risk.base_rate,
        reasons=reasons if has_band else (),
        not_scored=() if has_band else tuple(e for r in reasons for e in r.evidence),
        unscored=tuple(shown.item(s) for s in _worth_showing(risk.unscored)),
        in_confidence=tuple(shown.item(s) for s in in_confidence),
        kept_back=kept_back,
        disagreements=risk.disagreements,
        rating=rating,
        rating_differs=rating_differs(rating, risk),
        tone=risk.tone_shift,
        tones=risk.tones,
        heard=tuple(c for c in contacts if c.heard_on),
        unheard=tuple(c for c in contacts if not c.heard_on),
        claims=tuple(_claims(risk.account_ref, book.claims, day)),
        previous_band=risk.previous_band,
        moved=tuple(sorted(risk.moved.items(), key=lambda m: (-abs(m[1]), m[0]))),
        steps=_steps(risk, has_band),
        questions=_questions(risk.account_ref, book.open_questions),
        actions=_actions(risk.account_ref, book.actions, day),
        summaries=shown.summaries.told if shown.summaries.read_back else None,
        corrections=tuple(shown.correction(c) for c in shown.summaries.corrections),
        notes=risk.notes,
        trace=trace,
    )


def customer_view(
    risk: AccountRisk, signals: Sequence[Signal], book: Book, *, day: date | None = None
) -> CustomerView:
    """The copy for the customer: quotes without names or roles, done and open actions.

    A quote is left out when any part of its turn speaks of leaving, prices, volume, who decides or
    another provider, and when they set it right as it was read back.
    """
    day = day or risk.as_of
    own = [s for s in signals if s.account_ref == risk.account_ref and s.quote]
    inside = {
        s.quote.turn_id
        for s in own
        if s.quote and s.signal not in CUSTOMER_LABELS and s.status != "denied"
    }
    kept: dict[str, dict[str, None]] = {}
    people = set()
    shown = _Shown(of_account(book, risk.account_ref))
    for item in sorted(own, key=lambda s: (-s.p, s.quote.turn_id if s.quote else "")):
        quote = item.quote
        if quote is None or not _is_for_customer(item, quote, inside, risk.as_of):
            continue
        if set_right(quote, shown.summaries.corrections):
            continue
        words = shown.words(quote)
        if not _RIVAL.search(words):
            kept.setdefault(item.signal, {})[words] = None
            people.add(item.contact_ref)
    actions = _actions(risk.account_ref, book.actions, day)
    account = next((a for a in book.accounts if a.account_ref == risk.account_ref), None)
    return CustomerView(
        account_ref=risk.account_ref,
        name=(account.account_name if account else None) or risk.account_ref,
        day=day,
        people=len(people),
        heard=tuple(
            (label, tuple(kept[signal])[:MOST_HEARD])
            for signal, label in CUSTOMER_LABELS.items()
            if signal in kept
        ),
        did=tuple(a for a in actions if a.done_at and a.done_at <= day),
        joint=tuple(a for a in actions if not a.done_at or a.done_at > day),
    )


def render_account(view: AccountView, brand: str) -> str:
    """The page of an account, for the account team."""
    return page("account.html.j2", view=view, brand=brand, tones=_tone_chart(view.tones))


def render_for_customer(view: CustomerView, brand: str) -> str:
    """The page that the customer may see."""
    return page("customer.html.j2", view=view, brand=brand)


def as_json(view: object) -> str:
    """A view as JSON, the same bytes for the same view."""
    return json.dumps(asdict(view), default=str, ensure_ascii=False, indent=2) + "\n"  # type: ignore[call-overload]


def account_rows(view: AccountView) -> list[dict[str, object]]:
    """The view as rows for a table file: one per reason and its strongest evidence."""
    first = [(r, r.evidence[0] if r.evidence else None) for r in view.reasons]
    rows: list[dict[str, object]] = [
        {
            "account_ref": view.account_ref,
            "as_of": view.as_of.isoformat(),
            "band": view.band,
            "signal": reason.signal,
            "contribution": reason.contribution,
            "quote": item.quote if item else None,
            "data": item.data_row if item else None,
            "source": item.source if item else None,
        }
        for reason, item in first
    ]
    empty = {"signal": None, "contribution": None, "quote": None, "data": None, "source": None}
    head = {"account_ref": view.account_ref, "as_of": view.as_of.isoformat(), "band": view.band}
    return rows or [{**head, **empty, "source": view.why_not}]


def customer_rows(view: CustomerView) -> list[dict[str, object]]:
    """The customer's copy as rows for a table file."""
    rows: list[dict[str, object]] = [
        {"part": "heard", "about": label, "what": quote, "owner": None, "date": None}
        for label, quotes in view.heard
        for quote in quotes
    ]
    for part, actions in (("did", view.did), ("joint action", view.joint)):
        rows += [
            {
                "part": part,
                "about": None,
                "what": action.what,
                "owner": action.owner_name,
                "date": str(action.done_at or action.due_date or action.said_at),
            }
            for action in actions
        ]
    return rows


def quoting(book: Book) -> Callable[[Quote], str]:
    """The words of any quote of this book, with personal data masked."""
    return _Shown(book).words


def shown_evidence(signals: Iterable[Signal], book: Book) -> list[Evidence]:
    """Statements and data rows, with personal data masked."""
    shown = _Shown(book)
    return [shown.item(signal) for signal in signals]


def of_account(book: Book, account_ref: str) -> Book:
    """What was said by an account, and who its contacts are."""
    return Book(
        transcripts=[t for t in book.transcripts if t.account_ref == account_ref],
        standings=[c for c in book.standings if c.account_ref == account_ref],
        reviews=book.reviews,
    )


def last_question(text: str | None) -> str | None:
    """The sentence of a message that asks."""
    asking = [part for part in re.split(r"(?<=[.!?])\s+", text or "") if part.endswith("?")]
    return asking[-1] if asking else text


def latest_rating(ratings: Iterable[Rating], risk: AccountRisk) -> Rating | None:
    """The account manager's newest rating: shown, never scored, so of any day."""
    own = [r for r in ratings if r.account_ref == risk.account_ref]
    return max(own, key=lambda r: (r.at, r.by), default=None)


def rating_differs(rating: Rating | None, risk: AccountRisk) -> str | None:
    """How the rating and the evidence disagree, in a sentence; None when they do not."""
    if rating is None or rating.rating == risk.band:
        return None
    said = f"{rating.by} rated it {rating.rating} on {rating.at.date().isoformat()}"
    if risk.band == "not_enough_evidence":
        return f"{said}; the interviews cannot confirm or deny it yet"
    return f"{said}; the evidence says {risk.band}"


class _Shown:
    """Statements and reasons as they are shown, with personal data masked."""

    def __init__(self, book: Book) -> None:
        self.transcripts: dict[str, Transcript] = {t.interview_id: t for t in book.transcripts}
        self.turns = {turn.turn_id: turn for t in book.transcripts for turn in t.turns}
        self.names = tuple(c.name for c in book.standings if c.name)
        self.reviews: dict[tuple[str, str], list[SignalReview]] = {}
        for review in sorted(book.reviews, key=lambda r: (r.at, r.by)):
            self.reviews.setdefault((review.turn_id, review.signal), []).append(review)
        self.summaries: Summaries = summaries(book.transcripts)

    def correction(self, found: Corrected) -> CorrectionView:
        """A line that was read back and what it was set right to."""
        known = (*personal(found.transcript), *self.names)
        line = masked(found.noted.text, known, [(found.start, found.end)], only_marked=True)
        said = masked(found.said.text, known, ())
        day = found.said.at.date().isoformat() if found.said.at else None
        parts = (found.transcript.contact_role, day, found.transcript.study)
        return CorrectionView(
            "".join(text for text, _ in line),
            "".join(text for text, _ in said),
            ", ".join(part for part in parts if part),
        )

    def words(self, quote: Quote) -> str:
        turn = self.turns.get(quote.turn_id)
        return quoted(quote, turn, self.transcripts.get(quote.interview_id), self.names)

    def asked(self, quote: Quote) -> str | None:
        """The question that a quote answers."""
        held = self.transcripts.get(quote.interview_id)
        question = None
        for turn in held.turns if held else ():
            if turn.turn_id == quote.turn_id:
                return last_question(question)
            question = turn.text if turn.speaker == "interviewer" else question
        return None

    def review(self, signal: str, said: Quote) -> SignalReview | None:
        """The last word of a person about these words."""
        about = self.reviews.get((said.turn_id, signal), ())
        return next((r for r in reversed(about) if r.is_about(said)), None)

    def item(self, signal: Signal) -> Evidence:
        said = signal.quote
        held = self.transcripts.get(said.interview_id) if said else None
        day = said.said_at.date().isoformat() if said and said.said_at else None
        where = (held.study if held.source == "interview" else held.source) if held else None
        parts = (signal.contact_role, day, where) if said else ("from the data",)
        name = f"{said.turn_id}/{said.start}-{said.end}/{signal.signal}" if said else None
        later = set_right(said, self.summaries.corrections) if said else None
        return Evidence(
            evidence_id=name,
            signal=signal.signal,
            label=LABELS.get(signal.signal, signal.signal),
            status=signal.status.replace("_", " "),
            why=signal.status_reason,
            asked=self.asked(said) if said and len(said.text.split()) <= SHORT else None,
            quote=self.words(said) if said else None,
            set_right=self.correction(later).said if later else None,
            source=", ".join(part for part in parts if part),
            data_row=signal.data_row,
            interview_id=said.interview_id if said else None,
            turn_id=said.turn_id if said else None,
            review=self.review(signal.signal, said) if said else None,
        )

    def reason(self, reason: Reason) -> ReasonView:
        return ReasonView(
            signal=reason.signal,
            label=LABELS.get(reason.signal, reason.signal),
            weight=reason.weight,
            value=reason.value,
            contribution=reason.contribution,
            is_capped=abs(reason.contribution - reason.weight * reason.value) > 1e-9,
            is_minor=abs(reason.contribution) < ACTIVE,
            evidence=tuple(self.item(s) for s in reason.evidence),
        )


def contact_views(account: Account, book: Book, day: date) -> list[ContactView]:
    """Everybody the account lists, and who else was heard; who decides comes first."""
    heard = _heard_on(account.account_ref, book, day)
    known = {c.contact_ref: c for c in book.standings if c.account_ref == account.account_ref}
    for ref, role in account.contacts.items():
        known.setdefault(ref, ContactStanding(ref, account.account_ref, None, role))
    for ref, (_, role) in heard.items():
        known.setdefault(ref, ContactStanding(ref, account.account_ref, None, role))
    order = list(QUESTIONS)
    views = []
    for ref, contact in known.items():
        on = heard.get(ref, (None, None))[0]
        views.append(
            ContactView(
                contact_ref=ref,
                name=contact.name,
                role=contact.role,
                heard_on=on,
                why_unheard=None if on else contact.why_unheard or "never invited",
                channel=contact.channel,
                question=None if on else QUESTIONS.get(contact.role, QUESTIONS[None]),
                next_step=None if on else _next_step(contact),
            )
        )
    places = {role: n for n, role in enumerate(order)}
    return sorted(views, key=lambda c: (places.get(c.role, len(order)), c.contact_ref))


def _next_step(contact: ContactStanding) -> str:
    """What to do to hear somebody."""
    by = f"ask by {contact.channel}" if contact.channel else "enter an address, or call"
    return {
        "suppressed": "do not write; the account manager may ask in person",
        "declined": "do not write; the account manager may ask in person",
        "no consent": f"get consent first, then {by}",
        "asked": "mention it in your next call",
    }.get(contact.why_unheard or "", by)


def _heard_on(ref: str, book: Book, today: date) -> dict[str, tuple[date, str | None]]:
    """Contact -> the last interview of the last 180 days in which something was answered."""
    found: dict[str, tuple[date, str | None]] = {}
    for held in book.transcripts:
        mine = held.account_ref == ref and held.source == "interview"
        if not mine or held.contact_role == "recipient" or not held.contact_ref or not held.at:
            continue
        day = held.at.date()
        answered = any(turn.speaker == "respondent" for turn in held.turns)
        if answered and in_window(day, today):
            before = found.get(held.contact_ref)
            if before is None or before[0] < day:
                found[held.contact_ref] = (day, held.contact_role)
    return found


def _claims(ref: str, claims: Sequence[Claim], day: date) -> Iterable[ClaimView]:
    own = [c for c in claims if c.account_ref == ref]
    for claim in open_claims(own, day):
        assert claim.claim_opened_at is not None
        opened = claim.claim_opened_at.date()
        amount = money(claim.amount, claim.currency)
        yield ClaimView(claim.claim_ref, opened, (day - opened).days, amount)


def _steps(risk: AccountRisk, has_band: bool) -> tuple[tuple[str, str], ...]:
    """What to do about the strongest reasons; without a band only about what the data say."""
    pressing = [r for r in risk.reasons if r.contribution >= ACTIVE and r.signal in NEXT_STEPS]
    if not has_band:
        pressing = [r for r in pressing if any(s.source == "data" for s in r.evidence)]
    return tuple((LABELS[r.signal], NEXT_STEPS[r.signal]) for r in pressing[:MOST_STEPS])


def _questions(ref: str, questions: Iterable[OpenQuestion]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(q.question for q in questions if q.account_ref == ref))


def _actions(ref: str, actions: Iterable[JointAction], day: date) -> tuple[JointAction, ...]:
    own = [a for a in actions if a.account_ref == ref and a.said_at <= day]
    return tuple(sorted(own, key=lambda a: (str(a.due_date or "~"), a.said_at, a.what)))


def _worth_showing(signals: Iterable[Signal]) -> list[Signal]:
    """What has a status that a reader can check, then the strongest of what is only possible."""
    ordered = sorted(signals, key=lambda s: (s.status == "possible", -s.p))
    sure = sum(s.status != "possible" for s in ordered)
    return ordered[: sure + MOST_POSSIBLE]


def _is_for_customer(item: Signal, quote: Quote, inside: set[str], as_of: date) -> bool:
    return (
        item.signal in CUSTOMER_LABELS
        and item.status in ("asserted", "resolved")
        and item.contact_role != "recipient"
        and quote.audience == "all"
        and len(quote.text.split()) > SHORT
        and quote.turn_id not in inside
        and item.said_at is not None
        and item.said_at.date() <= as_of
    )


_RIVAL = re.compile(
    rf"\b(?:{'|'.join(map(re.escape, sorted(CARRIERS)))}|competitors?|tenders?|rfp|bids?"
    r"|(?:an)?other (?:carrier|provider|3pl|company)s?|someone else)\b",
    re.IGNORECASE,
)


def _tone_chart(tones: Sequence[Tone]) -> Markup | None:
    if len({t.at for t in tones}) < 2:
        return None
    told = ", ".join(f"{t.at.isoformat()} {t.mean:.2f}" for t in tones)
    return charts.tone_line(tones, f"Tone of each interview, 0 pleased to 1 displeased: {told}")

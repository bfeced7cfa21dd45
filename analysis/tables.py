"""The rows that the analysis reads and makes: one type each, no behavior.

Every quote is an exact substring of a turn's stored text: `turn.text[start:end] == quote`.
Dates are ISO days (`date`), times are aware UTC (`datetime`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Speaker = Literal["interviewer", "respondent"]
Audience = Literal["all", "owner"]
Band = Literal["high", "elevated", "low", "not_enough_evidence"]
Status = Literal[
    "asserted",
    "denied",
    "negated",
    "hypothetical",
    "third_party",
    "resolved",
    "possible",
    "instruction",
]
Source = Literal["scripted", "detector", "llm", "human", "data"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One contribution to an interview, as it was stored."""

    turn_id: str
    speaker: Speaker
    text: str
    topic: str | None = (
        None  # the guide's topic that the interviewer asked about, or that is answered
    )
    fields: Mapping[str, object] = field(default_factory=dict)  # coded answers read from this turn
    audience: Audience = "all"
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """One interview, in order."""

    interview_id: str
    turns: tuple[Turn, ...]
    account_ref: str | None = None
    contact_ref: str | None = None
    contact_role: str | None = None  # buyer, sponsor, finance, operations, warehouse, recipient
    study: str | None = None
    channel: str | None = None
    language: str | None = None  # BCP 47
    at: datetime | None = None
    status: str | None = None
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """A business customer, as its owner's book has it."""

    account_ref: str
    account_name: str | None = None
    owner_name: str | None = None
    annual_value: float | None = None
    currency: str | None = None
    renewal_date: date | None = None
    review_date: date | None = None
    last_contact_at: datetime | None = None
    contacts: Mapping[str, str | None] = field(default_factory=dict)  # contact_ref -> role


@dataclass(frozen=True, slots=True)
class Score:
    """One value of a metric of an account in one period."""

    account_ref: str
    metric: str  # otif, nps, csat
    period: str  # 2026, 2026-Q3, 2026-10, 2026-W42, or a day
    value: float
    scale_min: float | None = None
    scale_max: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of an account; open while `claim_closed_at` is None."""

    claim_ref: str
    account_ref: str | None = None
    claim_opened_at: datetime | None = None
    claim_closed_at: datetime | None = None
    claim_outcome: str | None = None
    amount: float | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """Everything an analysis may read: what was said, and what is known of the accounts."""

    transcripts: Sequence[Transcript] = ()
    accounts: Sequence[Account] = ()
    scores: Sequence[Score] = ()
    claims: Sequence[Claim] = ()


@dataclass(frozen=True, slots=True)
class Utterance:
    """A respondent's turn, in the place it was said; what the other rows point to."""

    turn_id: str
    interview_id: str
    text: str
    respondent: str  # contact_ref, else interview_id: the unit that counts as one voice
    account_ref: str | None
    contact_role: str | None
    study: str | None
    language: str | None
    at: datetime | None
    audience: Audience
    question: str | None  # the interviewer's words before it
    topic: str | None
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Segment:
    """One point of an utterance: `utterance.text[start:end] == text`."""

    segment_id: str  # turn_id:start
    turn_id: str
    start: int
    end: int
    text: str
    masked: str  # what is embedded: personal data, brands and places replaced
    parked: str | None = (
        None  # why it takes no part in the themes: non_answer, duplicate, instruction
    )


@dataclass(frozen=True, slots=True)
class Quote:
    """Verbatim words of a respondent, with the way back to them."""

    turn_id: str
    interview_id: str
    start: int
    end: int
    text: str
    account_ref: str | None = None
    contact_role: str | None = None
    said_at: datetime | None = None
    audience: Audience = "all"


@dataclass(frozen=True, slots=True)
class Theme:
    """A group of segments that say the same thing."""

    theme_id: str  # stable from run to run
    title: str
    words: tuple[str, ...]
    respondents: int
    segments: int
    area: int
    negative: float | None  # mean tone of its segments, 0 pleased to 1 displeased
    quotes: tuple[Quote, ...]
    studies: Mapping[str, int] = field(default_factory=dict)  # study -> respondents
    accounts: Mapping[str, int] = field(default_factory=dict)  # account_ref -> respondents


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which theme a segment belongs to; None when it is parked or one of a kind."""

    segment_id: str
    theme_id: str | None


@dataclass(frozen=True, slots=True)
class Signal:
    """One statement by one contact that bears on one of the sixteen signals (an evidence item)."""

    signal: str
    status: Status
    status_reason: str
    p: float  # strength 0-1
    source: Source
    account_ref: str | None
    contact_ref: str | None
    contact_role: str | None
    said_at: datetime | None
    quote: Quote | None  # None only when `source` is data; then `data_row` says where it is from
    data_row: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One term of an account's log-odds, with what it rests on."""

    signal: str
    weight: float
    value: float  # 0-1
    contribution: float  # weight * value, after any cap
    evidence: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class AccountRisk:
    """What an account's evidence says about its renewal; `base_logit` + contributions = `logit`."""

    account_ref: str
    as_of: date
    band: Band
    why_not: str | None  # the reason when band is not_enough_evidence
    base_rate: float
    base_logit: float
    logit: float
    reasons: tuple[Reason, ...]  # largest first
    unscored: tuple[Signal, ...]  # shown grayed out, each with its status reason
    disagreements: tuple[str, ...]
    tone_shift: str  # a sentence: the shift with its interval, or "no reliable change"
    contacts_heard: int
    contacts_known: int
    previous_band: Band | None = None
    moved: Mapping[str, float] = field(default_factory=dict)  # signal -> change of contribution
    notes: tuple[str, ...] = ()  # what the reader must know of the evidence: who is missing


@dataclass(frozen=True, slots=True)
class ScoreMove:
    """How a metric of an account moved, joined with the themes of the same time."""

    account_ref: str
    metric: str
    period_before: str
    period: str
    value_before: float
    value: float
    themes: tuple[str, ...]  # theme_ids most spoken of by this account in the period


@dataclass(frozen=True, slots=True)
class Findings:
    """One run of the analysis."""

    as_of: date
    settings: Mapping[str, object]  # encoder, method, base rate, versions: what the run depended on
    utterances: tuple[Utterance, ...]
    segments: tuple[Segment, ...]
    themes: tuple[Theme, ...]
    assignments: tuple[Assignment, ...]
    strength: float | None  # silhouette of the themes; below .1 is weak structure
    signals: tuple[Signal, ...]
    risks: tuple[AccountRisk, ...]  # in the order of the risk list; abstained accounts last
    score_moves: tuple[ScoreMove, ...]
    dropped: Mapping[str, int]  # what was left out, by reason
    centroids: Mapping[str, Sequence[float]] = field(default_factory=dict)  # theme_id -> (dim,)

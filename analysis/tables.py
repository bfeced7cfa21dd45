"""The rows that the analysis reads and makes: one type each, no behavior of their own.

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
    "rejected",
]
Source = Literal["scripted", "detector", "llm", "human", "data"]
Origin = Literal["found", "emerging", "frame"]
Action = Literal["rename", "merge", "split", "pin", "release"]
Change = Literal["kept", "merged", "split", "new", "emerging", "gone"]
ReadBack = Literal["confirmed", "corrected", "disputed", "unconfirmed", "unanswered"]


@dataclass(frozen=True, slots=True)
class Correction:
    """A line of a summary that this turn sets right: an exact part of an earlier turn."""

    turn_id: str
    line: str


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
    corrects: Correction | None = None


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
    read_back: ReadBack | None = None  # what came of its summary; None where none was read back
    source: str = "interview"  # or mail, ticket, nps, review: words from outside an interview


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
    tier: str | None = None
    segment: str | None = None
    gone: Mapping[str, str | None] = field(default_factory=dict)  # contacts no longer active


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
class Volume:
    """What an account shipped in one period."""

    account_ref: str
    period: str
    units: float
    market_index: float | None = None  # of its market, any base


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice or credit note; the sign of the amount says nothing."""

    invoice_ref: str
    account_ref: str
    date: date
    amount: float
    currency: str | None = None
    disputed: bool = False
    invoice_kind: str | None = None  # credit_note, else an invoice


@dataclass(frozen=True, slots=True)
class Rating:
    """How the account manager rates the risk, on a day."""

    account_ref: str
    at: datetime
    by: str
    rating: Literal["high", "elevated", "low"]
    why: str | None = None


@dataclass(frozen=True, slots=True)
class JointAction:
    """What the account team told the account it would do."""

    account_ref: str
    what: str
    said_at: date
    topic: str | None = None
    contact_ref: str | None = None
    owner_name: str | None = None
    due_date: date | None = None
    done_at: date | None = None


@dataclass(frozen=True, slots=True)
class ContactStanding:
    """A contact of an account, and whether they can be asked."""

    contact_ref: str
    account_ref: str
    name: str | None = None
    role: str | None = None
    channel: str | None = None  # where to ask: email, sms; None where nothing is known
    why_unheard: str | None = None  # suppressed, declined, no consent, asked, no answer, ...


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """Something the studies of an account want to learn and have not."""

    account_ref: str
    study: str
    topic: str
    question: str


@dataclass(frozen=True, slots=True)
class Tone:
    """The mean tone of one interview, 0 pleased to 1 displeased."""

    interview_id: str
    at: date
    contact_role: str | None
    source: str
    mean: float
    sentences: int


@dataclass(frozen=True, slots=True)
class Coding:
    """One code that a person gave to one turn; a turn read without a fitting code has None."""

    turn_id: str
    code: str | None
    coder: str | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """One theme that a study looks for: a line of its code frame."""

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ThemeDecision:
    """What a person decided about a theme; see `analysis.decisions`."""

    action: Action
    theme_id: str
    title: str | None = None  # of a rename; of the part that a split takes out
    into: str | None = None  # of a merge: the theme that remains
    segments: tuple[str, ...] = ()  # of a split: some statements of the part taken out


@dataclass(frozen=True, slots=True)
class Asked:
    """One person who was asked for an interview, whether they answered or not."""

    respondent: str
    study: str | None = None
    account_ref: str | None = None
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignalReview:
    """A person's word on a piece of evidence: `turn.text[start:end]` states the signal, or not."""

    turn_id: str
    start: int
    end: int
    signal: str
    verdict: Literal["confirmed", "rejected"]
    by: str
    at: datetime

    def is_about(self, said: "Quote") -> bool:
        """Whether it speaks of these words."""
        return self.turn_id == said.turn_id and self.start < said.end and said.start < self.end


@dataclass(frozen=True, slots=True)
class Renewal:
    """How one renewal ended."""

    account_ref: str
    decided_at: date
    outcome: Literal["renewed", "shrunk", "churned"]
    value_before: float | None = None
    value_after: float | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """Everything an analysis may read: what was said, and what is known of the accounts."""

    transcripts: Sequence[Transcript] = ()
    accounts: Sequence[Account] = ()
    scores: Sequence[Score] = ()
    claims: Sequence[Claim] = ()
    asked: Sequence[Asked] = ()
    frame: Sequence[Code] = ()
    codings: Sequence[Coding] = ()
    decisions: Sequence[ThemeDecision] = ()
    reviews: Sequence[SignalReview] = ()
    volumes: Sequence[Volume] = ()
    invoices: Sequence[Invoice] = ()
    ratings: Sequence[Rating] = ()
    actions: Sequence[JointAction] = ()
    renewals: Sequence[Renewal] = ()
    standings: Sequence[ContactStanding] = ()
    open_questions: Sequence[OpenQuestion] = ()


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
    subtitle: str = ""  # what sets it apart from `nearest`
    nearest: str | None = None  # the theme_id most like it
    origin: Origin = "found"
    language: str | None = None  # where the encoder cannot read it together with English
    pinned: bool = False  # a person keeps it
    first_seen: datetime | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which theme a segment belongs to; None when it is parked or one of a kind."""

    segment_id: str
    theme_id: str | None
    similarity: float | None = None  # cosine to the middle of its theme


@dataclass(frozen=True, slots=True)
class KnownTheme:
    """What is remembered of a theme for the next run."""

    theme_id: str
    title: str
    words: tuple[str, ...]
    subtitle: str
    centroid: tuple[float, ...]  # (dim,), length 1; () is to be taken from its statements
    floor: float  # cosine to the centroid below which a new statement does not join
    area: int = 0
    origin: Origin = "found"
    language: str | None = None
    alive: bool = True  # in the last run
    statements: int = 0  # in the last run


@dataclass(frozen=True, slots=True)
class ThemeMemory:
    """What one run passes on to the next, so that themes last."""

    themes: tuple[KnownTheme, ...] = ()
    places: Mapping[str, str | None] = field(default_factory=dict)  # segment_id -> theme_id
    grouped: int = 0  # points when themes were last found anew


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """What became of one theme since the last run."""

    change: Change
    theme_id: str
    title: str
    title_before: str | None
    before: int  # statements in the last run
    after: int
    others: tuple[str, ...] = ()  # merged: where it went; split: where it came from


@dataclass(frozen=True, slots=True)
class Leaning:
    """How many of one group of respondents speak of a theme, beside everybody else."""

    theme_id: str
    dimension: str  # carrier, lane, exception code, account tier ...
    value: str
    speaking: int
    heard: int
    speaking_elsewhere: int
    heard_elsewhere: int
    low: float  # 95 % interval of speaking / heard
    high: float
    p: float  # two-sided, corrected for all comparisons of the run
    leans: Literal["over", "under", "none"]


@dataclass(frozen=True, slots=True)
class Period:
    """How many spoke of a theme in one week or month."""

    theme_id: str
    start: date
    speaking: int
    heard: int


@dataclass(frozen=True, slots=True)
class Trend:
    """Whether a theme is spoken of by more or fewer people in the later half of the time."""

    theme_id: str
    before: tuple[int, int]  # speaking, heard
    since: tuple[int, int]
    p: float  # two-sided, corrected for all themes
    direction: Literal["rising", "falling", "none"]


@dataclass(frozen=True, slots=True)
class Reach:
    """Who was asked and who answered, in one group of respondents."""

    dimension: str
    value: str
    asked: int | None  # None where only the answers are known
    heard: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well one code follows a human coding, turn by turn."""

    code: str
    kappa: float | None  # Cohen's; None where neither uses the code, or both always do
    turns: int
    both: int
    only_machine: int
    only_human: int


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

    @property
    def name(self) -> str:
        """The signal, as the callers of a detector know it."""
        return self.signal

    @property
    def strength(self) -> float:
        """0-1."""
        return self.p

    @property
    def start(self) -> int | None:
        """Where the quote begins in its turn."""
        return self.quote.start if self.quote else None

    @property
    def end(self) -> int | None:
        """Where the quote ends in its turn."""
        return self.quote.end if self.quote else None


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
    tones: tuple[Tone, ...] = ()  # of its interviews and mails, oldest first


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
class FittedModel:
    """The risk model of a run: the prior weights, or those that outcomes have earned."""

    name: str  # with version and date
    stage: str  # prior, recalibrated, fitted
    refused: str | None  # the gate that keeps the prior weights; None when none does
    base_rate: float  # of renewals lost, 0-1
    weights: Mapping[str, float]  # what the readings of the run are made with
    learned: Mapping[str, float]  # what the outcomes suggest
    card: tuple[tuple[str, str], ...]  # every metric by name, judged on later decisions
    left_out: tuple[str, ...]  # statements that came too late before a decision


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
    memory: ThemeMemory = ThemeMemory()
    changes: tuple[ThemeChange, ...] = ()  # since the last run; empty in the first
    regrouped: bool = True  # themes were found anew; else new statements joined the known ones
    leanings: tuple[Leaning, ...] = ()
    periods: tuple[Period, ...] = ()  # by week, or by month where the time is long
    weeks: tuple[Period, ...] = ()
    months: tuple[Period, ...] = ()
    trends: tuple[Trend, ...] = ()
    reach: tuple[Reach, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    model: FittedModel | None = None

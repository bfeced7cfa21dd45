"""One conversation with one respondent, as an immutable value.

What is known about it (topics covered, questions asked, refusals) is computed from its turns,
so a stored interview cannot disagree with itself and every turn can be replayed.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from interviewer.core.book import AvailableAction
from interviewer.core.reading import Intent, Reading, Value
from interviewer.core.wording import Preface

Move = Literal["ask", "probe", "playback", "hand_off", "close", "opt_out", "remind", "outcome"]
Channel = Literal["chat", "sms", "email"]
Speaker = Literal["interviewer", "respondent", "agent"]  # agent: a person of ours
Status = Literal["open", "closed", "handed_off", "opted_out"]
ProbeKind = Literal[
    "incident", "aspect", "consequence", "instance", "frequency", "contradiction", "scale_word"
]
Mark = Literal["case", "leaving", "answered"]
QUOTED = re.compile(r'"([^"]+)"')
ASKS: frozenset[Move] = frozenset(("ask", "probe"))
BESIDE: frozenset[Move] = frozenset(("remind", "outcome"))
"""What answers nothing: a reminder, and what came of an action that was asked for."""


class Corrects(Value):
    """The line of the summary that an answer sets right."""

    turn_seq: int  # the turn that the line was noted from
    line: str  # as it was read back


class Decision(Value):
    """What is done next, and why; exactly one move."""

    move: Move
    reason: str  # the row of the decision table
    topic: str | None = None
    probe: ProbeKind | None = None
    quote: str | None = None  # the respondent's own words that a probe quotes
    fact: str | None = None  # the context key that a contradiction probe names
    field: str | None = None  # the coded field that a plain question asks for
    preface: Preface | None = None
    marks: tuple[Mark, ...] = ()
    case: str | None = None  # what a case is about, when a mark or a hand-off opens one
    urgency: Literal["urgent", "same_day"] | None = None  # of a hand-off
    rephrase: bool = False  # the same topic in other words
    since: bool = False  # asked as what became of it since the last interview
    keeps_back: tuple[int, ...] = ()  # earlier turns that the account manager is not to see either
    corrects: Corrects | None = None
    chosen: AvailableAction | None = None  # the action that the answer asks for
    barred: tuple[str, ...] = ()  # options that no wording was left for
    options: tuple[str, ...] = ()  # ids of what was open
    questions_left: int = 0


class Trace(Value):
    """How an interviewer turn came to its words."""

    wording_source: Literal["template", "model", "template_after_fault"] = "template"
    template: str | None = None
    faults: tuple[str, ...] = ()  # lint rules that the rejected wording broke
    adapter: str = "rules"
    model: str | None = None
    prompt_hash: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    latency_ms: float = 0.0
    failure: str | None = None  # why the model did not answer, when it did not
    offers: tuple[str, ...] = ()  # ids of the actions it offers, by the number to answer with


class Turn(Value):
    """One contribution, with its speaker."""

    seq: int
    speaker: Speaker
    text: str
    at: datetime
    language: str
    # respondent
    message_id: str | None = None
    joined: tuple[str, ...] = ()  # ids of the messages that were read together with it
    reading: Reading | None = None
    decision: Decision | None = None
    audience: Literal["all", "owner"] = "all"
    # interviewer
    move: Move | None = None
    topic: str | None = None
    trace: Trace | None = None
    # agent
    author: str | None = None  # the name that the respondent is shown

    @property
    def asks(self) -> bool:
        """Whether it counts as a question of the budget; the playback does not."""
        return self.move in ASKS

    def quotes(self, texts: Iterable[str]) -> bool:
        """Whether it says words of one of these texts again."""
        quoted = QUOTED.findall(self.text)
        return any(words in text for text in texts for words in quoted)


class Point(Value):
    """Something that was wrong when it was last spoken of."""

    topic: str
    words: str  # an exact part of what was said


class Memory(Value):
    """What earlier interviews of the account pass on to this one.

    Study, time, points and covered topics are those of the same contact's last one.
    """

    study: str | None = None
    at: datetime | None = None
    points: tuple[Point, ...] = ()
    covered: tuple[str, ...] = ()
    to_look_at: tuple[Point, ...] = ()  # what the account team said it would look at
    elsewhere: tuple[str, ...] = ()  # topics that another contact left open; never their words

    def point(self, topic: str) -> Point | None:
        """What was left open on a topic."""
        return next((point for point in self.points if point.topic == topic), None)

    def looked_at(self, topic: str) -> Point | None:
        """What the account team was to look at on a topic."""
        return next((point for point in self.to_look_at if point.topic == topic), None)


class Interview(Value):
    """One conversation; `version` counts its saved changes."""

    interview_id: str
    study: str
    study_version: int
    guide_hash: str
    channel: Channel = "chat"
    language: str = "en"
    status: Status = "open"
    context: dict[str, Any] = Field(default_factory=dict)
    respondent_name: str | None = None
    contact_ref: str | None = None
    account_ref: str | None = None
    shipment_ref: str | None = None
    address: str | None = None  # where the channel reaches the respondent; never shown
    topics: tuple[str, ...] = ()  # open at the start, in the order asked
    memory: Memory | None = None
    turns: tuple[Turn, ...] = ()
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None
    close_reason: str | None = None
    expired: bool = False  # set by the use case, from the clock
    test: bool = False  # a trial or a simulation: kept out of reports
    version: int = 0

    def evolve(self, **changes: Any) -> "Interview":
        """A copy with these changes."""
        return self.model_copy(update=changes)

    def add(self, *turns: Turn) -> "Interview":
        """A copy with these turns at the end."""
        return self.evolve(turns=(*self.turns, *turns))

    def keep_back(self, seqs: Collection[int]) -> "Interview":
        """A copy in which these answers, and what was said of them, are for the owner alone."""
        kept = [t.text for t in self.answers if t.seq in seqs or t.audience == "owner"]
        return self.evolve(
            turns=tuple(
                turn.model_copy(update={"audience": "owner"})
                if turn.seq in seqs or (turn.speaker == "interviewer" and turn.quotes(kept))
                else turn
                for turn in self.turns
            )
        )

    @property
    def answers(self) -> tuple[Turn, ...]:
        """The respondent's turns."""
        return tuple(turn for turn in self.turns if turn.speaker == "respondent")

    @property
    def said(self) -> tuple[Turn, ...]:
        """The interviewer's turns, without those beside the conversation."""
        return tuple(t for t in self.turns if t.speaker == "interviewer" and t.move not in BESIDE)

    @property
    def is_taken_over(self) -> bool:
        """Whether a person of ours has written into it; then the program says nothing more."""
        return any(turn.speaker == "agent" for turn in self.turns)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The readings of the respondent's turns, in order."""
        return tuple(turn.reading for turn in self.answers if turn.reading)

    @property
    def current_topic(self) -> str | None:
        """The topic that the last question was about."""
        return next((turn.topic for turn in reversed(self.said) if turn.asks), None)

    @property
    def last_question(self) -> Turn | None:
        """The interviewer's last turn that waits for an answer, the playback included."""
        return next((t for t in reversed(self.said) if t.asks or t.move == "playback"), None)

    @property
    def questions_asked(self) -> int:
        """Questions so far, the opener included, the playback not."""
        return sum(turn.asks for turn in self.said)

    @property
    def fields(self) -> dict[str, str | int | float]:
        """The coded answers so far; the latest reading of a field counts."""
        return {name: f.value for r in self.readings for name, f in r.fields.items()}

    @property
    def covered(self) -> frozenset[str]:
        """Topics on which enough was said."""
        return frozenset(
            name for r in self.readings for name, t in r.topics.items() if t.covered == "yes"
        )

    @property
    def asked_topics(self) -> frozenset[str]:
        """Topics that were asked about."""
        return frozenset(t.topic for t in self.said if t.asks and t.topic)

    @property
    def skipped(self) -> frozenset[str]:
        """Topics that the respondent left out."""
        topics: set[str] = set()
        asked: str | None = None
        for turn in self.turns:
            if turn.asks:
                asked = turn.topic
            elif turn.decision and turn.decision.reason == "skip" and asked:
                topics.add(asked)
        return frozenset(topics)

    @property
    def had_playback(self) -> bool:
        """Whether the summary was already read back."""
        return any(turn.move == "playback" for turn in self.said)

    def count(self, *intents: Intent) -> int:
        """In how many turns the respondent showed one of these intents."""
        return sum(bool(reading.wants & set(intents)) for reading in self.readings)

    def probes_in_a_row(self) -> Iterator[Turn]:
        """The probes since the last question that was none, latest first."""
        for turn in reversed(self.said):
            if turn.move != "probe":
                return
            yield turn

    def reply_to(self, message_id: str) -> tuple[Turn, ...] | None:
        """The interviewer turns that answered this message; None when it is not known."""
        for place, turn in enumerate(self.turns):
            if message_id == turn.message_id or message_id in turn.joined:
                reply: list[Turn] = []
                for later in self.turns[place + 1 :]:
                    if later.speaker == "respondent":
                        break
                    if later.move not in BESIDE:
                        reply.append(later)
                return tuple(reply)
        return None

"""What the interviewer does next.

`TABLE` is read from the top; the first row that holds decides, and its name is the recorded reason.
The rows above `budget` never produce another question. `decide` is a function of guide, interview
and reading alone: the same input gives the same decision, so every stored turn can be replayed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import BESIDE, Corrects, Decision, Interview, Mark, ProbeKind
from interviewer.core.memory import settled
from interviewer.core.playback import line_meant
from interviewer.core.reading import Intent, Reading, Value
from interviewer.core.wording import Preface

NOTHING_NEW = 0.2  # new_information below this: the turn brought nothing (interviewing.md, row 17)
ANSWERS_FOR_PLAYBACK = 3
AT_LENGTH = 15  # words on one topic after which a recipient has told enough
IMPACT = "impact"  # the topic that an answer to a consequence probe covers
TOPICS_OFFERED = 2  # next topics that a model words beforehand
URGENT: tuple[Intent, ...] = ("safety", "distress")
FOR_A_PERSON: tuple[Intent, ...] = ("legal", "misconduct", "human", "wrong_person")
WHAT_I_SAID = re.compile(
    r"\b(what i (say|said|told|wrote)|(my|the|that) (last|earlier|previous)|earlier|the above"
    r"|lo que (le |les )?(dije|conté)|lo anterior|was ich .{0,20}(gesagt|geschrieben)|vorhin"
    r"|ce que (j'ai|je vous ai) dit|o que (eu )?(disse|falei))\b",
    re.IGNORECASE,
)
ASKING = ("ask", "probe")  # moves that a model may word; all else is said by template


class Option(Value):
    """Something the core allows at this turn; a model words it, the core picks."""

    option_id: str
    move: Literal["ask", "probe", "playback", "close", "hand_off"]
    topic: str | None = None

    @property
    def asks(self) -> bool:
        """Whether it needs a wording; closings and hand-offs are templates only."""
        return self.move in ASKING


@dataclass(frozen=True)
class Situation:
    """A guide, an interview up to its last question, and the reading of the answer to it."""

    guide: InterviewGuide
    interview: Interview
    reading: Reading
    barred: frozenset[str] = frozenset()  # options that no wording is left for

    def wants(self, *intents: Intent) -> bool:
        """Whether the answer shows one of these intents."""
        return bool(self.reading.wants & set(intents))

    def times(self, intent: Intent) -> int:
        """In how many turns the intent was shown, this one included."""
        return self.interview.count(intent) + self.wants(intent)

    @property
    def is_b2b(self) -> bool:
        """Whether the respondent speaks for an account."""
        return self.guide.audience == "b2b"

    @property
    def questions_left(self) -> int:
        """Questions that the budget still allows."""
        return self.guide.budget.questions - self.interview.questions_asked

    @property
    def topic(self) -> str | None:
        """The topic just asked about."""
        return self.interview.current_topic

    @cached_property
    def only_asked_back(self) -> bool:
        """Whether the turn put a question to us and said nothing on the topic."""
        told = any(topic.covered != "no" for topic in self.reading.topics.values())
        asked = self.wants("question", "bot_question", "confidential")
        return asked and not told and self.reading.specificity == "vague"

    @cached_property
    def covered(self) -> frozenset[str]:
        """Topics on which enough is known now."""
        said = {name for name, topic in self.reading.topics.items() if topic.covered == "yes"}
        if self.topic and self.reading.specificity == "specific":
            said |= {self.topic, IMPACT} if self.told_consequence else {self.topic}
        return self.interview.covered | said

    @property
    def told_consequence(self) -> bool:
        """Whether the question was what an incident led to: its answer is the impact."""
        last = self.interview.answers[-1:]
        return any(
            turn.decision is not None and turn.decision.probe == "consequence" for turn in last
        )

    @cached_property
    def skipped(self) -> frozenset[str]:
        """Topics that the respondent left out, with this turn."""
        leaves = self.topic and self.wants("skip", "refusal")
        return self.interview.skipped | ({self.topic} if leaves and self.topic else set())

    @cached_property
    def open_topics(self) -> tuple[str, ...]:
        """Topics still to ask, in the order of the guide."""
        done = self.covered | self.interview.asked_topics | self.skipped
        return tuple(
            t
            for t in self.interview.topics
            if t not in done | self.unchanged
            and f"ask:{t}" not in self.barred
            and not self.is_filled(t)
            and not self.is_moot(t)
        )

    @cached_property
    def unchanged(self) -> frozenset[str]:
        """Topics settled at an earlier checkpoint that no answer of this one touches."""
        readings = (*self.interview.readings, self.reading)
        touched = {n for r in readings for n, t in r.topics.items() if t.covered != "no"}
        return settled(self.guide, self.interview.topics, self.interview.memory) - touched

    @property
    def nothing_changed(self) -> bool:
        """Whether "what has changed", the opener of a later checkpoint, touched no other topic."""
        asked = settled(self.guide, self.interview.topics, self.interview.memory)
        told = {n for n, t in self.reading.topics.items() if t.covered != "no"} - {self.topic}
        is_first = bool(asked) and not self.interview.answers
        return is_first and not told and self.reading.needs_probe

    @cached_property
    def fields(self) -> frozenset[str]:
        """Coded fields that are known, from the answers or from the context."""
        context = {name for name, value in self.interview.context.items() if value is not None}
        return frozenset({*self.interview.fields, *self.reading.fields} | context)

    def is_filled(self, name: str) -> bool:
        """Whether all that the topic is asked for is already known."""
        fills = self.guide.topics[name].fills
        return bool(fills) and self.fields.issuperset(fills)

    def is_moot(self, name: str) -> bool:
        """Whether the coded answers so far leave nothing to ask of the topic."""
        told = {field: reading.value for field, reading in self.reading.fields.items()}
        known = {**self.interview.context, **self.interview.fields, **told}
        return self.guide.is_moot(self.guide.topics[name], known)

    @cached_property
    def musts(self) -> frozenset[str]:
        """The must topics of this interview."""
        return frozenset(self.guide.must_topics(self.interview.context))

    @cached_property
    def open_musts(self) -> tuple[str, ...]:
        """Must topics still to ask."""
        return tuple(name for name in self.open_topics if name in self.musts)

    @property
    def topics_ahead(self) -> tuple[str, ...]:
        """The open topics as they will be asked: must topics first, once the rest has no room."""
        room = self.questions_left - len(self.open_musts)
        optional = [name for name in self.open_topics if name not in self.musts]
        asked = {*self.open_musts, *optional[: max(0, room)]}
        first = [name for name in self.open_topics if name in asked]
        return (*first, *(name for name in optional if name not in asked))

    @cached_property
    def musts_are_covered(self) -> bool:
        """Whether every must topic of this interview was told enough about."""
        return self.musts <= self.covered | {n for n in self.musts if self.is_filled(n)}

    @cached_property
    def can_probe(self) -> bool:
        """Whether a probe is left on the topic, in the budget and beside the must topics.

        An account is asked for a second one in a row only where every open topic has its question.
        """
        row = len(tuple(self.interview.probes_in_a_row()))
        waiting = self.open_topics if self.is_b2b and row else self.open_musts
        return row < self.guide.budget.probes_in_a_row and self.questions_left > len(waiting)

    @property
    def is_pleased(self) -> bool:
        """Whether the answer is positive and names nothing negative."""
        sentiment = self.reading.sentiment
        return sentiment != "mixed" and sentiment > 0

    @property
    def told_trouble(self) -> bool:
        """Whether an earlier answer told of something bad."""
        return any(reading.is_negative for reading in self.interview.readings)

    @property
    def told_at_length(self) -> bool:
        """Whether the answer tells so much that more would only be repeated."""
        spans = [topic.evidence or "" for topic in self.reading.topics.values()]
        return any(len(span.split()) >= AT_LENGTH for span in spans)

    @property
    def answers_a_field(self) -> bool:
        """Whether the question was a plain one for a coded field; it wants no probe."""
        last = self.interview.answers[-1:]
        return any(turn.decision is not None and turn.decision.field for turn in last)

    @property
    def was_probed(self) -> bool:
        """Whether the answer is one to a probe."""
        last = self.interview.last_question
        return last is not None and last.move == "probe"

    @property
    def is_fruitless(self) -> bool:
        """Whether the last probe brought nothing."""
        return self.was_probed and (
            self.reading.new_information < NOTHING_NEW or self.reading.specificity == "vague"
        )

    @property
    def told_something(self) -> bool:
        """Whether any answer said something that can be read back."""
        readings = (*self.interview.readings, self.reading)
        if self.reads_back_fields:
            return any(r.fields for r in readings)
        return any(r.specificity != "vague" or r.topics for r in readings)

    @property
    def reads_back_fields(self) -> bool:
        """Whether the study is a form: its playback reads back the coded answers."""
        return self.guide.budget.playback == "fields"

    @property
    def plays_back(self) -> bool:
        """Whether a summary is to be read back: once, where the study has one.

        By SMS only coded answers are: they are short enough.
        """
        return (
            bool(self.guide.budget.playback)
            and not self.interview.had_playback
            and (self.interview.channel != "sms" or self.reads_back_fields)
            and self.told_something
        )


Rule = Callable[[Situation], Decision | None]


def opt_out(now: Situation) -> Decision | None:
    """Nothing is sent any more."""
    return Decision(move="opt_out", reason="opt_out") if now.wants("stop") else None


def urgent(now: Situation) -> Decision | None:
    """Danger or distress: a person, at once."""
    for intent in URGENT:
        if now.wants(intent):
            return Decision(move="hand_off", reason="urgent", urgency="urgent", case=intent)
    return None


def person(now: Situation) -> Decision | None:
    """Something that only a person may answer."""
    for intent in FOR_A_PERSON:
        if now.wants(intent):
            return Decision(move="hand_off", reason="person", urgency="same_day", case=intent)
    return None


def lost(now: Situation) -> Decision | None:
    """Understood wrongly twice."""
    if now.times("misunderstood") < 2:
        return None
    return Decision(move="hand_off", reason="lost", urgency="same_day", case="misunderstood")


def respondent_ended(now: Situation) -> Decision | None:
    """The respondent has had enough."""
    angry = now.times("anger_at_us") >= 2
    if now.wants("end") or now.times("refusal") >= 2 or angry:
        case = "anger" if angry else None
        return Decision(move="close", reason="respondent_ended", case=case)
    return None


def playback_pending(now: Situation) -> Decision | None:
    """The answer is one to the summary, or to the question that it reopened."""
    if not now.interview.had_playback:
        return None
    last = now.interview.last_question
    if last is not None and last.move != "playback":
        return corrected(now, last.topic)
    if now.wants("correct"):
        bare = now.reading.specificity == "vague" and not now.reading.topics
        topic = reopened(now) if bare and now.questions_left > 0 else None
        if topic and f"ask:{topic}" not in now.barred:
            return Decision(move="ask", reason="playback_pending", topic=topic, rephrase=True)
        return Decision(move="close", reason="disputed") if bare else corrected(now, None)
    rated = "rating" in now.reading.fields
    said_yes = now.wants("confirm") or rated
    return Decision(move="close", reason="confirmed" if said_yes else "unconfirmed")


def corrected(now: Situation, topic: str | None) -> Decision:
    """What is set right is kept beside the line that it is about."""
    line = line_meant(now.guide, now.interview, now.reading, topic)
    about = Corrects(turn_seq=line.turn_seq, line=line.text) if line else None
    return Decision(move="close", reason="corrected", preface="corrected", corrects=about)


def budget(now: Situation) -> Decision | None:
    """Time or questions are used up."""
    if now.interview.expired:
        return Decision(move="close", reason="expired")
    if now.questions_left > 0:
        return None
    return Decision(move="playback" if now.plays_back else "close", reason="budget")


def skip(now: Situation) -> Decision | None:
    """The respondent leaves this one."""
    if not now.wants("skip", "refusal"):
        return None
    return next_topic(now, "skip", preface="skipped") or Decision(
        move="close", reason="complete", preface="skipped"
    )


def off_topic(now: Situation) -> Decision | None:
    """Not about anything of ours, or not understood: once more in other words."""
    if not now.wants("off_topic", "misunderstood"):
        return None
    if now.times("off_topic") >= 2:
        return Decision(move="close", reason="off_topic")
    preface: Preface = "sorry_once" if now.wants("misunderstood") else "back_to_topic"
    return Decision(move="ask", reason="off_topic", topic=now.topic, preface=preface, rephrase=True)


def contradiction(now: Situation) -> Decision | None:
    """The answer and the record disagree: name the fact once, ask what they see."""
    done = any(t.decision and t.decision.probe == "contradiction" for t in now.interview.answers)
    if not now.reading.contradicts or done:
        return None
    return Decision(
        move="probe",
        reason="contradiction",
        topic=now.topic,
        probe="contradiction",
        fact=now.reading.contradicts,
    )


def complaint(now: Situation) -> Decision | None:
    """A recipient's first answer that tells a trouble in few words: what it led to.

    Who tells what took place and praises nothing tells of a trouble, in whatever words.
    """
    if now.is_b2b or now.interview.answers or not now.can_probe or now.is_pleased:
        return None
    told = now.reading.specificity == "specific" and now.reading.quote
    if not told or now.told_at_length or now.only_asked_back:
        return None
    kind: ProbeKind = "frequency" if now.reading.cue == "repetition" else "consequence"
    return probe(now, "complaint", kind)


def nothing_to_add(now: Situation) -> Decision | None:
    """A recipient who is content, or who told everything at once, is left in peace."""
    if now.is_b2b or now.only_asked_back:
        return None
    at_once = not now.interview.answers or not now.open_topics
    told = at_once and now.reading.specificity == "specific" and now.musts_are_covered
    content = now.is_pleased and not now.told_trouble
    return Decision(move="close", reason="complete") if told or content else None


def needs_probe(now: Situation) -> Decision | None:
    """The answer names no happening, and one question may bring it out."""
    topic = now.topic
    if topic is None or not now.reading.needs_probe or now.only_asked_back or now.nothing_changed:
        return None
    if now.answers_a_field or (now.reads_back_fields and now.is_filled(topic)):
        return None
    worth_it = now.reading.is_negative or topic in now.musts
    if not (worth_it and now.can_probe) or now.is_fruitless:
        return None
    if now.reading.new_information < NOTHING_NEW:
        return None
    return probe(now, "needs_probe", probe_kind(now))


def consequence(now: Situation) -> Decision | None:
    """B2B: what an incident led to is what the account team has to know."""
    topic = now.topic
    if topic is None or not now.is_b2b or now.reading.specificity != "specific":
        return None
    if not (now.guide.topics[topic].consequence and now.reading.quote and now.can_probe):
        return None
    if now.answers_a_field or now.is_pleased:
        return None
    asked = any(
        turn.decision and turn.decision.probe == "consequence" and turn.decision.topic == topic
        for turn in now.interview.answers
    )
    return None if asked else probe(now, "consequence", "consequence")


def saturated(now: Situation) -> Decision | None:
    """Two answers in a row brought nothing new, and what had to be asked was."""
    last_two = (*now.interview.readings, now.reading)[-2:]
    stale = len(last_two) == 2 and all(
        r.new_information < NOTHING_NEW and not r.fields for r in last_two
    )
    if not stale or now.open_musts:
        return None
    return Decision(move="playback" if now.plays_back else "close", reason="saturated")


def open_topic(now: Situation) -> Decision | None:
    """There is something left to ask."""
    waits = now.only_asked_back and not now.was_probed
    if waits and now.topic and times_asked(now.interview, now.topic) < 2:
        return Decision(move="ask", reason="open_topic", topic=now.topic, rephrase=True)
    return next_topic(now, "open_topic")


def complete(now: Situation) -> Decision:
    """Nothing is left to ask."""
    enough = now.reads_back_fields or len(now.interview.answers) + 1 >= ANSWERS_FOR_PLAYBACK
    plays_back = now.plays_back and enough
    return Decision(move="playback" if plays_back else "close", reason="complete")


# The first row that holds decides.
TABLE: tuple[tuple[str, Rule], ...] = (
    ("opt_out", opt_out),
    ("urgent", urgent),
    ("person", person),
    ("lost", lost),
    ("respondent_ended", respondent_ended),
    ("playback_pending", playback_pending),
    ("budget", budget),
    ("skip", skip),
    ("off_topic", off_topic),
    ("contradiction", contradiction),
    ("complaint", complaint),
    ("nothing_to_add", nothing_to_add),
    ("needs_probe", needs_probe),
    ("consequence", consequence),
    ("saturated", saturated),
    ("open_topic", open_topic),
    ("complete", complete),
)


def decide(
    guide: InterviewGuide,
    interview: Interview,
    reading: Reading,
    barred: frozenset[str] = frozenset(),
) -> Decision:
    """The one move that answers this reading, with its marks, its preface and its reason.

    `barred` are options (`option_of`) that no wording is left for: no row takes them.
    """
    now = Situation(guide, interview, reading, barred)
    made = (rule(now) for _, rule in TABLE)
    decision = next(d for d in made if d is not None and option_of(d) not in barred)
    marks = tuple(marks_of(now))
    ends = decision.move in ("opt_out", "hand_off")
    return decision.model_copy(
        update={
            "marks": marks,
            "case": decision.case or (case_of(now) if "case" in marks else None),
            "preface": None if ends else preface_of(now) or decision.preface,
            "keeps_back": kept_back(now),
            "barred": tuple(sorted(barred)),
            "options": tuple(o.option_id for o in options(guide, interview)),
            "questions_left": max(0, now.questions_left),
        }
    )


def option_of(decision: Decision) -> str | None:
    """The option that a decision carries out; None for what only templates may say."""
    if decision.move not in ASKING:
        return None
    if decision.move == "probe":
        return "probe"
    if decision.field:
        return f"field:{decision.field}"
    return f"since:{decision.topic}" if decision.since else f"ask:{decision.topic}"


def options(guide: InterviewGuide, interview: Interview) -> tuple[Option, ...]:
    """What is open before the answer is read; at most six."""
    before = Situation(guide, interview, Reading(source="rules"))
    found: list[Option] = []
    if before.questions_left > 0 and not interview.had_playback:
        if before.can_probe and before.topic:
            found.append(Option(option_id="probe", move="probe", topic=before.topic))
        found += [
            Option(option_id=f"ask:{name}", move="ask", topic=name)
            for name in before.topics_ahead[:TOPICS_OFFERED]
        ]
    if before.plays_back:
        found.append(Option(option_id="playback", move="playback"))
    found.append(Option(option_id="close", move="close"))
    found.append(Option(option_id="hand_off", move="hand_off"))
    return tuple(found)


def marks_of(now: Situation) -> Iterator[Mark]:
    """What goes along with any decision: rows 9 to 11 of the table."""
    if case_of(now):
        yield "case"
    if now.is_b2b and now.wants("leaving"):
        yield "leaving"
    if now.wants("question", "bot_question", "confidential"):
        yield "answered"


def case_of(now: Situation) -> str | None:
    """What a case is opened for: a damage, a loss ... told, or a commitment asked for."""
    for aspect in now.reading.aspects:
        case = now.guide.topics[aspect.topic].aspects[aspect.aspect].case
        if case:
            return case
    return "commitment" if now.wants("commitment") else None


def kept_back(now: Situation) -> tuple[int, ...]:
    """The earlier answers that "that is not for my account manager" means.

    Said with nothing of its own to keep back, or of what was said, it means what was told before:
    the last answer, with those that it followed on as the answer to a probe. In doubt more is
    kept back.
    """
    wishes = [i.evidence for i in now.reading.intents if i.intent == "confidential"]
    if not wishes:
        return ()
    told = now.reading.specificity == "specific" or now.reading.sentiment != 0
    if (told or now.reading.fields) and not any(WHAT_I_SAID.search(wish) for wish in wishes):
        return ()
    seqs: list[int] = []
    for turn in reversed(now.interview.turns[:-1]):
        if turn.speaker == "respondent":
            seqs.insert(0, turn.seq)
        elif turn.move != "probe" and turn.move not in BESIDE:
            break
    return tuple(seqs)


def preface_of(now: Situation) -> Preface | None:
    """The sentence that answers what was put to us, the first that applies."""
    if now.wants("commitment"):
        return "no_decision"
    if now.wants("confidential"):
        return "kept_back_earlier" if kept_back(now) else "kept_back"
    if now.wants("bot_question"):
        return "automated"
    if now.wants("question") and not now.wants("anger_at_us"):
        return "who_reads" if now.reading.cue == "who_reads" else "cannot_answer"
    return None


def probe(now: Situation, reason: str, kind: ProbeKind) -> Decision:
    """A probe on the topic just asked about."""
    quote = None if kind == "aspect" else now.reading.quote
    return Decision(move="probe", reason=reason, topic=now.topic, probe=kind, quote=quote)


def probe_kind(now: Situation) -> ProbeKind:
    """The kind of probe that fits the answer; without a quote only `aspect` does."""
    if not now.reading.quote:
        return "aspect"
    if now.reading.cue == "repetition":
        return "frequency"
    if now.reading.cue == "scale_word" and (now.is_b2b or not now.reading.aspects):
        return "scale_word"
    if now.is_b2b and now.reading.cue == "general_judgment":
        return "instance"
    return "incident"


def next_topic(now: Situation, reason: str, preface: Preface | None = None) -> Decision | None:
    """Ask for what is next: the field left open by the last answer, or the next topic."""
    field = open_field(now)
    if field and now.questions_left > len(now.open_musts):
        topic, name = field
        return Decision(move="ask", reason=reason, topic=topic, field=name, preface=preface)
    waiting = now.topics_ahead
    if not waiting:
        return None
    leaves = now.is_b2b and now.wants("leaving")
    first = "change" if leaves and "change" in waiting else waiting[0]
    return Decision(
        move="ask",
        reason=reason,
        topic=first,
        field=form_field(now, first),
        preface=preface,
        since=is_remembered(now, first),
    )


def is_remembered(now: Situation, topic: str) -> bool:
    """Whether the topic is asked as what became of something: of a point, or of an action."""
    memory = now.interview.memory
    if memory is None or f"since:{topic}" in now.barred:
        return False
    has_point = bool(now.guide.topics[topic].since) and memory.point(topic) is not None
    return has_point or memory.looked_at(topic) is not None


def form_field(now: Situation, topic: str) -> str | None:
    """In a form, the one coded field that the topic's own question asks for."""
    fills = now.guide.topics[topic].fills if now.reads_back_fields else ()
    return fills[0] if len(fills) == 1 else None


def open_field(now: Situation) -> tuple[str, str] | None:
    """A field with a plain question of its own that an answered topic left open."""
    asked = {turn.decision.field for turn in now.interview.answers if turn.decision}
    for name in now.interview.topics:
        topic = now.guide.topics[name]
        if name in now.skipped or name not in now.covered | now.interview.asked_topics:
            continue
        if now.is_moot(name):
            continue
        for field in topic.field_ask:
            is_open = field not in now.fields and field not in asked
            if is_open and f"field:{field}" not in now.barred:
                return name, field
    return None


def reopened(now: Situation) -> str | None:
    """The topic that a bare "not quite" reopens: the last must topic that was told about."""
    told = [name for name in now.interview.topics if name in now.interview.asked_topics]
    musts = [name for name in told if name in now.musts]
    return next(reversed(musts or told), None)


def times_asked(interview: Interview, topic: str) -> int:
    """How often a question about the topic was asked, probes aside."""
    return sum(turn.move == "ask" and turn.topic == topic for turn in interview.said)

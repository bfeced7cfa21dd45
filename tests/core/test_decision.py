"""The decision table as cases, and what must hold for any conversation."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.core.decision import TABLE, decide, options
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview, Turn
from interviewer.core.reading import (
    INTENTS,
    AspectReading,
    FieldReading,
    IntentReading,
    Reading,
    TopicReading,
)
from interviewer.studies.prompts_folder import ready_guides
from tests.guides import b2b_guide, recipient_guide, topic

AT = datetime(2026, 9, 1, 10, tzinfo=UTC)
RECIPIENT, B2B = recipient_guide(), b2b_guide()
CLAIM = ready_guides()["claim-intake"]
ENDS = {"opt_out", "urgent", "person", "lost", "respondent_ended"}


def reading(specificity: str = "vague", *intents: str, **more: Any) -> Reading:
    """A reading with these intents; topics may be given as {name: covered}."""
    topics = {n: TopicReading(covered=c) for n, c in more.pop("topics", {}).items()}
    return Reading(
        source="offline",
        specificity=specificity,
        intents=tuple(IntentReading(intent=i, evidence="x") for i in intents),
        topics=topics,
        **more,
    )


def opened(guide: InterviewGuide, **changes: Any) -> Interview:
    context = changes.pop("context", {})
    topics = guide.open_topics(context)
    return Interview(
        interview_id="i1",
        study=guide.slug,
        study_version=1,
        guide_hash="h",
        context=context,
        topics=topics,
        turns=(said("ask", topics[0], 0),),
        opened_at=AT,
        expires_at=AT + guide.expires,
        **changes,
    )


def said(move: str, topic: str | None, seq: int) -> Turn:
    return Turn(
        seq=seq, speaker="interviewer", text="?", at=AT, language="en", move=move, topic=topic
    )


def played(guide: InterviewGuide, *readings: Reading, **changes: Any) -> Interview:
    """The interview after these answers, each decided and carried out."""
    interview = opened(guide, **changes)
    for each in readings:
        decision = decide(guide, interview, each)
        seq = len(interview.turns)
        answer = Turn(
            seq=seq,
            speaker="respondent",
            text="x",
            at=AT,
            language="en",
            reading=each,
            decision=decision,
        )
        interview = interview.add(answer, said(decision.move, decision.topic, seq + 1))
        if decision.move in ("close", "hand_off", "opt_out"):
            status = {"close": "closed", "hand_off": "handed_off", "opt_out": "opted_out"}
            interview = interview.evolve(status=status[decision.move])
    return interview


THIN = reading("thin", sentiment=-1, quote="the driver")
SPECIFIC = reading("specific", sentiment=-1, quote="left it outside")
NOTHING = reading("vague", new_information=0.0)

# guide, answers so far, the answer, expected: reason, move, topic, probe
CASES = [
    (RECIPIENT, [], reading("specific", "stop", "safety"), ("opt_out", "opt_out", None, None)),
    (RECIPIENT, [], reading("vague", "distress"), ("urgent", "hand_off", None, None)),
    (RECIPIENT, [], reading("vague", "safety", "human"), ("urgent", "hand_off", None, None)),
    (RECIPIENT, [], reading("vague", "legal"), ("person", "hand_off", None, None)),
    (RECIPIENT, [], reading("vague", "misconduct"), ("person", "hand_off", None, None)),
    (RECIPIENT, [], reading("vague", "human"), ("person", "hand_off", None, None)),
    (RECIPIENT, [], reading("vague", "wrong_person"), ("person", "hand_off", None, None)),
    (
        RECIPIENT,
        [reading("vague", "misunderstood")],
        reading("vague", "misunderstood"),
        ("lost", "hand_off", None, None),
    ),
    (RECIPIENT, [], reading("specific", "end"), ("respondent_ended", "close", None, None)),
    (
        RECIPIENT,
        [reading("vague", "refusal")],
        reading("vague", "refusal"),
        ("respondent_ended", "close", None, None),
    ),
    (RECIPIENT, [], reading("vague", "skip"), ("skip", "ask", "told", None)),
    (RECIPIENT, [], reading("vague", "off_topic"), ("off_topic", "ask", "what_happened", None)),
    (
        RECIPIENT,
        [reading("vague", "off_topic")],
        reading("vague", "off_topic"),
        ("off_topic", "close", None, None),
    ),
    (
        RECIPIENT,
        [],
        reading("specific", contradicts="delivered_at"),
        ("contradiction", "probe", "what_happened", "contradiction"),
    ),
    (RECIPIENT, [], reading("vague", sentiment=1), ("complete", "close", None, None)),
    (
        RECIPIENT,
        [],
        reading("specific", sentiment=-1, topics={"told": "yes"}),
        ("complete", "close", None, None),
    ),
    (
        RECIPIENT,
        [],
        reading("specific", sentiment="mixed"),
        ("open_topic", "ask", "told", None),
    ),
    (
        RECIPIENT,
        [THIN],
        reading("specific", sentiment=-1, topics={"told": "yes"}),
        ("open_topic", "ask", "impact", None),
    ),
    (RECIPIENT, [], THIN, ("needs_probe", "probe", "what_happened", "incident")),
    (
        RECIPIENT,
        [],
        reading("vague", sentiment=-1),
        ("needs_probe", "probe", "what_happened", "aspect"),
    ),
    (
        RECIPIENT,
        [],
        reading("thin", quote="again late", cue="repetition"),
        ("needs_probe", "probe", "what_happened", "frequency"),
    ),
    (RECIPIENT, [], NOTHING, ("open_topic", "ask", "told", None)),
    (RECIPIENT, [THIN], reading("vague"), ("open_topic", "ask", "told", None)),
    (RECIPIENT, [THIN, SPECIFIC], SPECIFIC, ("budget", "close", None, None)),
    (
        RECIPIENT,
        [],
        reading("vague", "question"),
        ("open_topic", "ask", "what_happened", None),
    ),
    (B2B, [], SPECIFIC, ("consequence", "probe", "incident", "consequence")),
    (B2B, [SPECIFIC], SPECIFIC, ("open_topic", "ask", "response", None)),
    (
        B2B,
        [],
        reading("vague", quote="fine", cue="scale_word"),
        ("needs_probe", "probe", "incident", "scale_word"),
    ),
    (
        B2B,
        [SPECIFIC],
        reading("specific", "leaving"),
        ("open_topic", "ask", "change", None),
    ),
    (
        B2B,
        [SPECIFIC, SPECIFIC],
        reading("specific"),
        ("open_topic", "ask", "response", None),
    ),
]


@pytest.mark.parametrize(("guide", "before", "answer", "expected"), CASES)
def test_the_table(
    guide: InterviewGuide, before: list[Reading], answer: Reading, expected: tuple[Any, ...]
) -> None:
    made = decide(guide, played(guide, *before), answer)
    assert (made.reason, made.move, made.topic, made.probe) == expected


ONE_TOPIC = recipient_guide(
    topics={"experience": topic("How was it?", must=True, aspect={"en": "the delivery"})},
    fields={},
    budget={"questions": 2, "probes_in_a_row": 1},
)
BRIEF = {"experience": TopicReading(covered="yes", evidence="left it in the rain")}
LONG = {"experience": TopicReading(covered="yes", evidence=" ".join(["word"] * 15))}


@pytest.mark.parametrize(
    ("sentiment", "topics", "cue", "expected"),
    [
        (-1, BRIEF, None, ("complaint", "probe", "consequence")),
        (-1, BRIEF, "repetition", ("complaint", "probe", "frequency")),
        (-1, LONG, None, ("complete", "close", None)),
        (0, BRIEF, None, ("complaint", "probe", "consequence")),
        (1, BRIEF, None, ("complete", "close", None)),
    ],
)
def test_a_recipients_short_complaint_earns_the_one_probe(
    sentiment: int, topics: dict[str, TopicReading], cue: str | None, expected: tuple[Any, ...]
) -> None:
    answer = reading("specific", sentiment=sentiment, quote="in the rain", cue=cue)
    made = decide(ONE_TOPIC, opened(ONE_TOPIC), answer.model_copy(update={"topics": topics}))
    assert (made.reason, made.move, made.probe) == expected


def test_a_field_left_open_is_asked_plainly_and_once() -> None:
    interview = played(B2B, SPECIFIC, SPECIFIC)
    made = decide(B2B, interview, reading("specific"))
    assert (made.topic, made.field) == ("response", "felt_heard")
    after = played(B2B, SPECIFIC, SPECIFIC, reading("specific"))
    assert decide(B2B, after, reading("specific")).field is None


def test_a_known_field_is_never_asked() -> None:
    told = {"felt_heard": FieldReading(value=8, evidence="x")}
    interview = played(B2B, SPECIFIC, SPECIFIC)
    made = decide(B2B, interview, reading("specific", fields=told))
    assert made.field is None


def test_commercial_topics_are_kept_from_the_dock() -> None:
    topics = opened(B2B, context={"contact_role": "warehouse"}).topics
    assert topics == ("incident", "response", "improve")


PLAYBACK = [SPECIFIC, SPECIFIC, SPECIFIC, SPECIFIC, SPECIFIC, SPECIFIC]


@pytest.mark.parametrize(
    ("answer", "reason", "move"),
    [
        (reading("vague", "confirm"), "confirmed", "close"),
        (reading("specific", "correct"), "corrected", "close"),
        (reading("vague"), "unconfirmed", "close"),
    ],
)
def test_the_answer_to_a_playback_closes(answer: Reading, reason: str, move: str) -> None:
    interview = played(B2B, *PLAYBACK)
    assert interview.had_playback
    made = decide(B2B, interview, answer)
    assert (made.reason, made.move) == (reason, move)


def test_a_bare_not_quite_reopens_one_topic_once() -> None:
    told = {"topics": {"incident": "yes", "response": "yes", "alternatives": "yes"}}
    quick = reading("specific", **told)
    bare = reading("vague", "correct")
    buyer = {"context": {"contact_role": "buyer"}}
    interview = played(B2B, quick, reading("specific"), reading("specific"), **buyer)
    assert interview.had_playback
    made = decide(B2B, interview, bare)
    assert (made.move, made.topic, made.rephrase) == ("ask", "change", True)
    after = played(B2B, quick, reading("specific"), reading("specific"), bare, **buyer)
    assert decide(B2B, after, SPECIFIC).reason == "corrected"


def test_a_bare_not_quite_without_a_question_left_is_noted_as_such() -> None:
    tight = b2b_guide(budget={"questions": 3, "probes_in_a_row": 1, "playback": True})
    interview = played(tight, SPECIFIC, SPECIFIC, SPECIFIC)
    assert interview.had_playback
    made = decide(tight, interview, reading("vague", "correct"))
    assert (made.move, made.reason) == ("close", "disputed")
    assert (made.preface, made.corrects) == (None, None)


def test_a_damage_opens_a_case_and_the_interview_goes_on() -> None:
    smashed = (AspectReading(topic="what_happened", aspect="damage", evidence="smashed"),)
    made = decide(RECIPIENT, opened(RECIPIENT), reading("thin", "commitment", aspects=smashed))
    assert (made.marks, made.case, made.preface) == (("case",), "damage", "no_decision")
    assert made.move == "probe"


@pytest.mark.parametrize(
    ("intents", "cue", "preface"),
    [
        (("commitment", "bot_question"), None, "no_decision"),
        (("confidential", "question"), None, "kept_back"),
        (("bot_question", "question"), None, "automated"),
        (("question",), "who_reads", "who_reads"),
        (("question", "anger_at_us"), None, None),
        (("question",), None, "cannot_answer"),
        (("skip",), None, "skipped"),
        (("off_topic",), None, "back_to_topic"),
        (("misunderstood",), None, "sorry_once"),
        ((), None, None),
    ],
)
def test_one_preface(intents: tuple[str, ...], cue: str | None, preface: str | None) -> None:
    assert decide(B2B, opened(B2B), reading("thin", *intents, cue=cue)).preface == preface


READINGS = st.builds(
    lambda specificity, sentiment, intents, new, quote, contradicts, covered, cue: reading(
        specificity,
        *intents,
        sentiment=sentiment,
        new_information=new,
        quote=quote,
        contradicts=contradicts,
        topics=covered,
        cue=cue,
    ),
    st.sampled_from(["vague", "thin", "specific"]),
    st.sampled_from([-2, -1, 0, 1, 2, "mixed"]),
    st.lists(st.sampled_from(INTENTS), max_size=2, unique=True),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([None, "the driver"]),
    st.sampled_from([None, None, None, "delivered_at"]),
    st.dictionaries(
        st.sampled_from(["told", "response", "change"]), st.sampled_from(["no", "partly", "yes"])
    ).map(lambda d: d),
    st.sampled_from([None, "repetition", "general_judgment", "scale_word", "who_reads"]),
)
# Without what ends an interview at once, so that long ones are made too.
STAYING = READINGS.filter(
    lambda r: not r.wants & {"stop", "end", "refusal", "human", "legal", "safety", "distress"}
)
GUIDES = st.sampled_from([RECIPIENT, B2B])
CONTEXTS = st.sampled_from([{}, {"contact_role": "buyer"}, {"contact_role": "warehouse"}])


@settings(max_examples=300, deadline=None)
@given(
    GUIDES, CONTEXTS, st.lists(STAYING | READINGS, max_size=14), st.sampled_from(["chat", "sms"])
)
def test_every_interview_ends_within_its_budget(
    guide: InterviewGuide, context: dict[str, str], answers: list[Reading], channel: str
) -> None:
    interview = opened(guide, context=context, channel=channel)
    playbacks = 0
    for answer in answers:
        made = decide(guide, interview, answer)
        assert made.reason in {name for name, _ in TABLE} | {
            *("confirmed", "unconfirmed", "corrected", "disputed", "expired")
        }
        assert made == decide(guide, interview, answer)
        interview = played_on(guide, interview, answer)
        playbacks += made.move == "playback"
        assert interview.questions_asked <= guide.budget.questions
        assert len(tuple(interview.probes_in_a_row())) <= guide.budget.probes_in_a_row + (
            made.probe == "contradiction"
        )
        if context.get("contact_role") == "warehouse" and made.topic:
            assert not guide.topics[made.topic].commercial
        if interview.status != "open":
            break
    assert playbacks <= 1
    assert playbacks == 0 or channel == "chat"
    if len(answers) > guide.budget.questions + 1:
        assert interview.status != "open"


def played_on(guide: InterviewGuide, interview: Interview, answer: Reading) -> Interview:
    made = decide(guide, interview, answer)
    seq = len(interview.turns)
    turn = Turn(
        seq=seq, speaker="respondent", text="x", at=AT, language="en", reading=answer, decision=made
    )
    after = interview.add(turn, said(made.move, made.topic, seq + 1))
    return after if made.move in ("ask", "probe", "playback") else after.evolve(status="closed")


@settings(max_examples=200, deadline=None)
@given(
    GUIDES,
    st.lists(STAYING, max_size=4),
    READINGS,
    st.sampled_from(["stop", "distress", "safety", "legal", "misconduct", "human", "end"]),
)
def test_a_graver_intent_only_moves_the_decision_up(
    guide: InterviewGuide, before: list[Reading], answer: Reading, intent: str
) -> None:
    interview = opened(guide)
    for each in before:
        if interview.status == "open":
            interview = played_on(guide, interview, each)
    more = answer.model_copy(
        update={"intents": (*answer.intents, IntentReading(intent=intent, evidence="x"))}
    )
    order = [name for name, _ in TABLE]
    rows = [_row(decide(guide, interview, r).reason, order) for r in (answer, more)]
    assert rows[1] <= rows[0]
    made = decide(guide, interview, more)
    assert made.reason in ENDS
    assert made.move in ("opt_out", "hand_off", "close")


def _row(reason: str, order: list[str]) -> int:
    """The place of a reason in the table; those of the playback's answer belong to its row."""
    if reason in ("confirmed", "unconfirmed", "corrected", "disputed"):
        reason = "playback_pending"
    return order.index("budget" if reason == "expired" else reason)


def test_an_expired_interview_closes() -> None:
    late = opened(RECIPIENT).evolve(expired=True)
    assert decide(RECIPIENT, late, THIN).reason == "expired"
    assert late.expires_at - late.opened_at == timedelta(hours=24)


def test_at_most_six_options_and_never_one_beyond_the_budget() -> None:
    for guide in (RECIPIENT, B2B):
        assert len(options(guide, opened(guide))) <= 6
    used = played(RECIPIENT, THIN, SPECIFIC)
    assert {o.move for o in options(RECIPIENT, used)} == {"close", "hand_off"}


def test_a_model_words_what_is_asked_next() -> None:
    """Once the rest of the budget is only enough for the must topics, it words these."""
    tight = b2b_guide(budget={"questions": 4, "probes_in_a_row": 1, "playback": True})
    buyer = {"context": {"contact_role": "buyer"}}
    for answers in range(4):
        interview = played(tight, *[reading("thin")] * answers, **buyer)
        made = decide(tight, interview, SPECIFIC)
        if made.move == "ask" and not made.field:
            worded = [o.topic for o in options(tight, interview) if o.move == "ask"]
            assert made.topic in worded, answers


def filled(specificity: str = "vague", **values: Any) -> Reading:
    """A reading that gives these coded answers."""
    fields = {name: FieldReading(value=value, evidence="x") for name, value in values.items()}
    return reading(specificity, fields=fields, new_information=0.0)


def asked(interview: Interview) -> list[str | None]:
    """The topics asked about, in order, probes aside."""
    return [turn.topic for turn in interview.said if turn.move == "ask"]


def test_a_form_asks_what_is_missing_and_reads_back() -> None:
    """Short answers that fill a field are neither probed nor taken for the end."""
    interview = played(
        CLAIM,
        filled("specific", problem="damaged"),
        filled(items="two plates"),
        reading("specific"),
        filled(found_on="2026-08-28"),
        filled(packaging_kept="yes"),
        filled(value="40 euros"),
        filled(wish="replace"),
        filled(photos="yes", signed_clean="no"),
    )
    topics = "problem items condition found_on packaging value wish evidence"
    assert asked(interview) == topics.split()
    assert interview.said[-1].move == "playback"


@pytest.mark.parametrize("problem", ["lost", "not_received", "misdelivered"])
def test_a_form_does_not_ask_for_the_look_of_what_is_not_there(problem: str) -> None:
    interview = played(
        CLAIM,
        filled("specific", problem=problem, items="a lamp"),
        filled(found_on="2026-08-28"),
        filled(value="60"),
        filled(wish="refund"),
    )
    assert asked(interview) == ["problem", "found_on", "value", "wish"]
    assert interview.said[-1].move == "playback"


def test_a_form_that_was_told_everything_at_once_reads_back_at_once() -> None:
    context = {"exception_code": "lost"}
    everything = filled(
        "specific",
        problem="lost",
        items="a lamp",
        found_on="2026-08-28",
        value="60",
        wish="refund",
    )
    assert decide(CLAIM, opened(CLAIM, context=context), everything).move == "playback"


def test_a_field_that_the_context_holds_is_not_asked() -> None:
    interview = played(CLAIM, filled("specific", problem="damaged"), context={"items": "a lamp"})
    assert asked(interview) == ["problem", "condition"]


@pytest.mark.parametrize("channel", ["sms", "chat"])
def test_a_form_reads_back_by_sms_too(channel: str) -> None:
    ten = [filled("specific", problem="damaged"), *[reading("specific")] * 9]
    interview = played(CLAIM, *ten, channel=channel)
    assert interview.said[-1].move == "playback"
    assert interview.questions_asked <= CLAIM.budget.questions


def test_a_form_that_learned_nothing_has_nothing_to_read_back() -> None:
    interview = played(CLAIM, *[reading("specific", topics={"condition": "yes"})] * 12)
    assert "playback" not in [turn.move for turn in interview.said]


def test_the_question_of_a_form_is_the_plain_one_for_its_field() -> None:
    decision = decide(CLAIM, opened(CLAIM), filled("specific", problem="partial"))
    assert (decision.topic, decision.field) == ("items", "items")

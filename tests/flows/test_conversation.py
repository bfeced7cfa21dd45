"""One message from door to reply: what is stored, what is said again, what fails gracefully."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from interviewer import conversation
from interviewer.clock import StoryClock
from interviewer.conversation import Opening, Reply, Started
from interviewer.core.book import Suppression
from interviewer.core.errors import InvalidInput, NotAllowed, NotFound, Unavailable
from interviewer.core.interview import Interview
from interviewer.core.reading import Reading, TopicReading
from interviewer.ports import Services
from tests.fakes import NOW, ScriptedModel, services_in

DELIVERED = {"shipment_ref": "S-1", "delivered_at": "2026-09-14T17:00:00-04:00"}
DAMAGED = {
    "shipment_ref": "S-2",
    "exception_code": "damaged",
    "exception_at": "2026-09-14",
    "resolved_at": None,
    "unknown_key": None,
}


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


def begin(services: Services, slug: str = "exception-follow-up", **opening: object) -> Started:
    given = Opening(**{"context": DAMAGED, **opening})  # type: ignore[arg-type]
    return asyncio.run(conversation.start(services, slug, given))


def say(services: Services, started: Started, message_id: str, text: str) -> Reply:
    return asyncio.run(
        conversation.receive(services, started.interview.interview_id, message_id, text)
    )


def stored(services: Services, started: Started) -> Interview:
    return services.store.interview(started.interview.interview_id)


def test_an_interview_from_opener_to_close(services: Services) -> None:
    started = begin(services)
    opener = started.reply.messages[0].text
    assert "Harbor Parcel" in opener
    assert "automated" in opener
    reply = say(services, started, "m1", "The box came smashed.")
    assert [message.move for message in reply.messages] == ["probe"]
    answer = stored(services, started).answers[0]
    assert answer.reading is not None
    assert answer.decision is not None
    assert answer.decision.marks == ("case",)
    n = 2
    while reply.status == "open":
        text = f"Two of the {n} plates inside were broken and nobody rang me on Tuesday."
        reply = say(services, started, f"m{n}", text)
        n += 1
    assert reply.status == "closed"
    assert n <= 4
    (case,) = services.store.cases()
    assert (case.reason, case.hands_off, case.shipment_ref) == ("damage", False, "S-2")


def test_every_answer_is_traced(services: Services) -> None:
    started = begin(services)
    say(services, started, "m1", "It came late again.")
    interview = stored(services, started)
    answer, reply = interview.turns[1:3]
    assert answer.reading is not None
    assert answer.reading.source == "offline"
    assert answer.decision is not None
    assert answer.decision.options
    assert reply.trace is not None
    assert reply.trace.template
    assert (interview.study, interview.study_version) == ("exception-follow-up", 1)
    assert len(interview.guide_hash) == 64


def test_the_same_message_again_changes_nothing(services: Services) -> None:
    started = begin(services)
    first = say(services, started, "m1", "It was broken.")
    again = say(services, started, "m1", "It was broken.")
    assert again == first
    assert len(stored(services, started).turns) == 3


def test_two_messages_at_once_are_both_answered(services: Services) -> None:
    started = begin(services)

    async def both() -> list[Reply]:
        name = started.interview.interview_id
        return await asyncio.gather(
            conversation.receive(services, name, "a", "The corner was crushed."),
            conversation.receive(services, name, "b", "Nobody told me anything at all."),
        )

    replies = asyncio.run(both())
    assert all(reply.messages for reply in replies)
    interview = stored(services, started)
    assert {turn.message_id for turn in interview.answers} == {"a", "b"}
    assert [turn.seq for turn in interview.turns] == list(range(len(interview.turns)))


def test_stop_is_decided_before_any_model_and_suppresses(services: Services) -> None:
    model = ScriptedModel(Reading(source="model"))
    services = replace(services, model=model)
    started = begin(services, channel="sms", address="+12025550123")
    reply = say(services, started, "m1", "STOP PLEASE")
    assert (reply.status, model.calls) == ("opted_out", 0)
    assert "?" not in reply.messages[0].text
    (row,) = services.store.find(Suppression, address="+12025550123")
    assert (row.status, row.channel) == ("suppressed", "sms")
    assert say(services, started, "m2", "hello?").messages == ()


def test_a_late_answer_is_kept_and_thanked_for_once(services: Services) -> None:
    started = begin(services)
    say(services, started, "m1", "I have to go, bye.")
    assert stored(services, started).status == "closed"
    assert len(say(services, started, "m2", "One more thing: it was wet.").messages) == 1
    assert say(services, started, "m3", "And late.").messages == ()
    texts = [turn.text for turn in stored(services, started).answers]
    assert texts[1:] == ["One more thing: it was wet.", "And late."]


def test_a_wish_for_a_person_counts_after_the_end_too(services: Services) -> None:
    started = begin(services)
    say(services, started, "m1", "I have to go, bye.")
    reply = say(services, started, "m2", "I want to talk to a real person.")
    assert (reply.status, reply.messages[0].move) == ("handed_off", "hand_off")
    assert [case.hands_off for case in services.store.cases()] == [True]


def test_an_expired_interview_closes_and_the_sweep_closes_silent_ones(services: Services) -> None:
    clock = services.clock
    assert isinstance(clock, StoryClock)
    answered, silent = begin(services), begin(services)
    clock.move_to(NOW.replace(month=10))
    reply = say(services, answered, "m1", "It was broken.")
    assert (reply.status, stored(services, answered).close_reason) == ("closed", "expired")
    assert conversation.close_expired(services) == 1
    assert stored(services, silent).close_reason == "expired"


GOOD = ScriptedModel(
    Reading(source="model", specificity="thin", sentiment=-1, quote="crushed"),
    {"probe": 'You said "crushed". What did the box look like when it came?'},
)


def test_a_models_wording_is_said_when_it_keeps_the_rules(services: Services) -> None:
    started = begin(replace(services, model=GOOD))
    reply = say(replace(services, model=GOOD), started, "m1", "It was crushed.")
    assert reply.messages[0].text == GOOD.wordings["probe"]
    trace = stored(services, started).turns[-1].trace
    assert trace is not None
    assert (trace.wording_source, trace.model, trace.tokens_in) == ("model", "model-1", 10)


@pytest.mark.parametrize(
    "wording",
    [
        "Was it bad? And did anybody call you?",
        "Great point! What happened?",
        "We will refund you. What happened?",
        "What happened? See http://bit.ly/x",
        "That was our fault. What happened?",
        "Please confirm your phone number?",
        "**What** happened?",
    ],
)
def test_a_wording_that_breaks_a_rule_never_gets_out(services: Services, wording: str) -> None:
    model = replace(GOOD, wordings={"probe": wording})
    started = begin(replace(services, model=model))
    reply = say(replace(services, model=model), started, "m1", "It was crushed.")
    assert wording not in reply.messages[0].text
    trace = stored(services, started).turns[-1].trace
    assert trace is not None
    assert trace.wording_source == "template_after_fault"
    assert trace.faults


def test_what_the_model_invents_is_dropped(services: Services) -> None:
    invented = Reading(
        source="model",
        specificity="thin",
        quote="never said this",
        topics={"told": TopicReading(covered="yes", evidence="nor this")},
    )
    model = ScriptedModel(invented)
    started = begin(replace(services, model=model))
    say(replace(services, model=model), started, "m1", "It was crushed.")
    reading = stored(services, started).readings[0]
    assert (reading.quote, reading.topics) == (None, {})


def test_the_lexicon_stands_when_the_model_misses_a_danger(services: Services) -> None:
    model = ScriptedModel(Reading(source="model", specificity="specific"))
    started = begin(replace(services, model=model))
    reply = say(replace(services, model=model), started, "m1", "The driver threatened me.")
    assert reply.status == "handed_off"


def test_a_failing_model_is_replaced_turn_by_turn_and_given_up_after_three(
    services: Services,
) -> None:
    model = ScriptedModel(Reading(source="model"), failure=Unavailable("429"))
    services = replace(services, model=model)
    started = begin(services, "account-renewal", context={"account_name": "Acme"})
    for n in range(5):
        reply = say(services, started, f"m{n}", f"On load {n} the truck came 2 hours late to us.")
        assert reply.messages
    assert model.calls == 3
    sources = {reading.source for reading in stored(services, started).readings}
    assert sources == {"offline_after_failure", "offline"}


def test_nothing_starts_in_a_closed_or_unknown_study(services: Services) -> None:
    services.store.set_study_state("delivery-check", "closed", NOW)
    with pytest.raises(NotAllowed):
        begin(services, "delivery-check", context=DELIVERED)
    with pytest.raises(NotFound):
        begin(services, "no-such-study")


@pytest.mark.parametrize("text", ["x" * 2001, "a\x00b"])
def test_a_text_that_cannot_be_taken_names_its_field(text: str) -> None:
    with pytest.raises(InvalidInput, match="text"):
        conversation.check_text(text)


KNOWN = {"account_name": "Acme", "contact_role": "buyer"}


def account_interview(services: Services, contact: str, *answers: str) -> Started:
    opening = {"context": KNOWN, "contact_ref": contact, "account_ref": "A-1"}
    started = begin(services, "account-renewal", **opening)
    for n, text in enumerate(answers):
        say(services, started, f"{contact}-{n}", text)
    return started


def test_the_same_contact_is_asked_what_became_of_an_open_point(services: Services) -> None:
    incident = "Two pallets of the Memphis load came crushed on Tuesday."
    account_interview(services, "C-1", "Reliable Friday slots.", incident, "I have to go now, bye.")
    later = account_interview(services, "C-1", "On-time Fridays, nothing else matters to us.")
    said = stored(services, later).said
    assert any("Last time you mentioned" in turn.text for turn in said)
    assert any("Memphis" in turn.text for turn in said)
    other = account_interview(services, "C-2", "On-time Fridays, nothing else matters to us.")
    texts = " ".join(turn.text for turn in stored(services, other).said)
    assert "Memphis" not in texts
    assert "Last time" not in texts


def test_a_few_words_change_no_language_and_a_sentence_does(services: Services) -> None:
    started = begin(services, language="es")
    say(services, started, "m1", "Bien, normal.")
    assert stored(services, started).language == "es"
    other = begin(services, language="en")
    say(services, other, "m1", "El paquete llegó roto y nadie me avisó de nada.")
    assert stored(services, other).language == "es"


def test_card_numbers_are_not_kept_in_clear(services: Services) -> None:
    started = begin(services)
    say(services, started, "m1", "I paid with 4111 1111 1111 1111 and load 48213 came wet.")
    text = stored(services, started).answers[0].text
    assert "4111" not in text
    assert "load 48213 came wet" in text

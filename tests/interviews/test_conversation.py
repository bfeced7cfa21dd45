"""One message from door to reply: what is stored, what is said again, what fails gracefully."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier, Event

import pytest

from analysis.playback import summaries
from interviewer.adapters.sql.store import SqlStore
from interviewer.clock import StoryClock
from interviewer.core.book import Action, Suppression
from interviewer.core.errors import InvalidInput, NotAllowed, NotFound, Unavailable
from interviewer.core.guide import InterviewGuide
from interviewer.core.inbound import ChatPart
from interviewer.core.interview import Interview
from interviewer.core.reading import Reading, TopicReading
from interviewer.findings import evidence, exports
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening, Reply, Started
from interviewer.ports import ReadAndWorded, Services
from interviewer.settings import Settings
from interviewer.studies import lifecycle
from interviewer.wiring import build, initialize
from tests.databases import DATABASES, empty_database
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


def built_on(url: str) -> Services:
    settings = Settings(database_url=url)
    initialize(settings)
    return build(settings, clock=StoryClock(NOW))


def close(services: Services) -> None:
    assert isinstance(services.store, SqlStore)
    services.store.close()


class SlowModel:
    """A model that is at work until more was said."""

    def __init__(self) -> None:
        self.at_work, self.may_end = Event(), Event()

    async def read_and_word(
        self, guide: InterviewGuide, interview: Interview, utterance: str, options: object
    ) -> ReadAndWorded:
        self.at_work.set()
        await asyncio.to_thread(self.may_end.wait, 20)
        return ReadAndWorded(Reading(source="model", specificity="thin", sentiment=-1))


@pytest.mark.parametrize("kind", DATABASES)
def test_what_is_said_while_a_turn_runs_joins_it(kind: str, tmp_path: Path) -> None:
    model = SlowModel()
    with empty_database(kind, tmp_path) as url:
        services = replace(built_on(url), model=model)
        started = begin(services)
        name = started.interview.interview_id

        def send(message_id: str, text: str) -> Reply:
            return asyncio.run(conversation.receive_joined(services, name, message_id, text))

        with ThreadPoolExecutor() as threads:
            first = threads.submit(send, "a", "The box was crushed.")
            assert model.at_work.wait(20)
            model.at_work.clear()
            second = threads.submit(send, "b", "And nobody rang.")
            assert model.at_work.wait(20)  # the second message is stored before its turn begins
            model.may_end.set()
            replies = [first.result(30), second.result(30)]
        again = send("b", "And nobody rang.")
        interview = services.store.interview(name)
        close(services)
    assert replies[0] == replies[1] == again
    (answer,) = interview.answers
    assert answer.text == "The box was crushed.\nAnd nobody rang."
    assert (answer.message_id, answer.joined) == ("a", ("b",))
    assert len(interview.said) == 2


@pytest.mark.parametrize("kind", DATABASES)
def test_the_same_message_from_two_threads_is_answered_once(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as url:
        services = built_on(url)
        started = begin(services)
        start = Barrier(2)

        def send(_: int) -> Reply:
            start.wait(20)
            return say(services, started, "m1", "It was crushed.")

        with ThreadPoolExecutor() as threads:
            replies = list(threads.map(send, range(2)))
        turns = stored(services, started).turns
        close(services)
    assert replies[0] == replies[1]
    assert len(turns) == 3


def test_what_a_crash_left_unanswered_joins_the_next_message(services: Services) -> None:
    started = begin(services)
    name = started.interview.interview_id
    services.store.add_part(
        ChatPart(interview_id=name, message_id="a", text="It was crushed.", at=NOW)
    )
    send = partial(conversation.receive_joined, services, name)
    reply = asyncio.run(send("b", "Hello?"))
    assert asyncio.run(send("a", "It was crushed.")) == reply
    assert [turn.text for turn in stored(services, started).answers] == ["It was crushed.\nHello?"]


def test_a_stop_among_messages_read_together_counts(services: Services) -> None:
    started = begin(services, channel="sms", address="+12025550123")
    reply = say(services, started, "m1", "It was crushed.\nSTOP")
    assert reply.status == "opted_out"


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


def test_what_comes_after_a_hand_off_is_added_to_its_case(services: Services) -> None:
    started = begin(services)
    say(services, started, "m1", "I want to talk to a real person.")
    assert say(services, started, "m2", "It is about the invoice.").messages == ()
    (case,) = services.store.cases()
    assert case.quotes == ("I want to talk to a real person.", "It is about the invoice.")


def test_a_damage_told_after_the_end_still_opens_a_case(services: Services) -> None:
    started = begin(services)
    say(services, started, "m1", "I have to go, bye.")
    say(services, started, "m2", "By the way, the vase came smashed.")
    (case,) = services.store.cases()
    assert (case.reason, case.exception_code, case.hands_off) == ("damage", "damaged", False)
    assert case.agent_action
    assert case.customer_action


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


def test_a_later_checkpoint_opens_with_what_has_changed(services: Services) -> None:
    account_interview(services, "C-1", "On-time Fridays.")
    (first,) = services.store.interviews(account_ref="A-1")
    covered = {"incident": TopicReading(covered="yes", evidence="On-time")}
    told = first.answers[0].model_copy(
        update={"reading": Reading(source="offline", topics=covered)}
    )
    closed = first.evolve(
        interview_id="earlier", status="closed", turns=(first.turns[0], told), closed_at=NOW
    )
    services.store.add_interview(closed, "earlier")
    later = account_interview(services, "C-1", "Nothing has changed.")
    opener, second = stored(services, later).said[:2]
    assert "What has changed for you since Tuesday, 15 September?" in opener.text
    assert second.topic == "response"


def test_what_the_account_team_would_look_at_is_asked(services: Services) -> None:
    what = "the missing Friday slots"
    services.store.put([Action(account_ref="A-1", what=what, said_at=NOW.date())])
    started = account_interview(services, "C-1", "On-time Fridays, nothing else matters to us.")
    asked = stored(services, started).said[-1].text
    assert asked.startswith(f'We said that our team would look at "{what}".')


def test_a_note_that_may_not_be_said_gives_way_to_the_plain_question(services: Services) -> None:
    what = "what 020 7946 0018 called about"
    services.store.put([Action(account_ref="A-1", what=what, said_at=NOW.date())])
    started = account_interview(services, "C-1", "On-time Fridays, nothing else matters to us.")
    answer, asked = stored(services, started).turns[1:3]
    assert "7946" not in asked.text
    assert asked.topic == "incident"
    assert answer.decision is not None
    assert answer.decision.barred == ("since:incident",)


def played_back(services: Services) -> Started:
    started = account_interview(services, "C-1", "Reliable Friday slots.")
    for n in range(12):
        text = f"Load {n} was {n + 2} hours late on Monday and Ann fixed it herself."
        if say(services, started, f"n{n}", text).messages[0].move == "playback":
            return started
    raise AssertionError("no summary was read back")


def test_a_correction_is_kept_beside_its_line(services: Services) -> None:
    started = played_back(services)
    say(services, started, "p1", "Not quite.")
    say(services, started, "p2", "It was Bob who fixed the load, not Ann.")
    interview = stored(services, started)
    assert (interview.status, interview.close_reason) == ("closed", "disputed")
    decision = interview.answers[-1].decision
    assert decision is not None
    assert decision.corrects is not None
    noted = interview.turns[decision.corrects.turn_seq]
    assert decision.corrects.line in noted.text
    told = interview.answers[-1].text
    shown = [row["value"] for row in lifecycle.show(services, "account-renewal")]
    assert f"{decision.corrects.line!r} -> {told!r}" in shown
    exported = exports.transcript(interview)["turns"][-2]
    noted_id = f"{interview.interview_id}:{decision.corrects.turn_seq}"
    assert exported["corrects"] == {"turn_id": noted_id, "line": decision.corrects.line}
    (held,) = evidence.read_book(services, include_test=True).transcripts
    assert held.read_back == "corrected"
    assert summaries([held]).corrections[0].said.text == told


def test_a_rating_of_the_conversation_is_an_answer_to_the_summary(services: Services) -> None:
    started = played_back(services)
    say(services, started, "p1", "3")
    assert stored(services, started).fields["rating"] == 3
    assert stored(services, started).close_reason == "confirmed"


def test_an_answer_can_be_kept_from_the_account_manager_afterwards(services: Services) -> None:
    told = "Our account manager Dana never calls, and last week she lost our claim papers."
    started = account_interview(services, "C-1", "Reliable Friday slots.", told)
    reply = say(services, started, "m2", "That is not for my account manager.")
    assert "neither this nor what you told me before" in reply.messages[0].text
    interview = stored(services, started)
    assert [turn.audience for turn in interview.answers] == ["all", "owner", "owner"]
    for n in range(12):
        if (
            say(services, started, f"n{n}", f"Load {n} was 2 hours late on Monday.").status
            != "open"
        ):
            break
    seen = [turn.text for turn in stored(services, started).turns if turn.audience == "all"]
    assert not any("Dana" in text or "claim papers" in text for text in seen)
    (transcript,) = evidence.read_book(services).transcripts
    shown = [turn.text for turn in transcript.turns if turn.audience == "all"]
    assert shown == seen
    assert all(case.audience == "owner" for case in services.store.cases() if 3 in case.turn_seqs)
    later = account_interview(services, "C-1", "On-time Fridays.", "Nothing went wrong lately.")
    assert "Dana" not in " ".join(turn.text for turn in stored(services, later).said)


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

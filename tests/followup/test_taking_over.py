"""A person of ours writes to a respondent: once for each case and answer, never past the gate."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from interviewer import worker
from interviewer.clock import StoryClock
from interviewer.core.book import Consent, Suppression
from interviewer.core.errors import Conflict, InvalidInput, NotAllowed
from interviewer.core.interview import Interview
from interviewer.findings import evidence, exports
from interviewer.followup import cases, taking_over
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from tests.fakes import NOW, RecordingChannel, services_in

PHONE = "+12125550142"  # New York: it is 10 in the morning there
PERSON = "I want to talk to a person."
ANN = "ann@example.com"


@pytest.fixture
def services(tmp_path: Path) -> Services:
    services = services_in(tmp_path)
    consent = Consent(address=PHONE, channel="sms", status="granted", source="order", at=NOW)
    services.store.put([consent])
    return services


def handed_off(services: Services, text: str = PERSON) -> str:
    opening = Opening(context={"shipment_ref": "S-1"}, channel="sms", address=PHONE)
    started = asyncio.run(conversation.start(services, "delivery-check", opening))
    says(services, started.interview.interview_id, text)
    return started.interview.interview_id


def says(services: Services, interview_id: str, text: str) -> None:
    known = len(services.store.interview(interview_id).turns)
    asyncio.run(conversation.receive(services, interview_id, f"m{known}", text))
    work(services)


def work(services: Services) -> None:
    while asyncio.run(worker.work(services)).worked:
        pass


def texts(services: Services) -> list[str]:
    channel = services.channels["sms"]
    assert isinstance(channel, RecordingChannel)
    return [message.text for message in channel.sent]


def wait(services: Services, by: timedelta) -> None:
    assert isinstance(services.clock, StoryClock)
    services.clock.move_to(services.clock.now() + by)
    work(services)


def turns(interview: Interview) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.author or "") for turn in interview.turns]


def test_a_person_answers_each_answer_once_and_nothing_else_is_said(services: Services) -> None:
    interview_id = handed_off(services)
    said = len(texts(services))
    taking_over.reply(services, interview_id, ANN, "I have it. When may we come?")
    work(services)
    assert texts(services)[said:] == ["ann: I have it. When may we come?"]
    with pytest.raises(Conflict):
        taking_over.reply(services, interview_id, ANN, "Are you there?")
    says(services, interview_id, "Tomorrow after five")
    assert len(texts(services)) == said + 1
    taking_over.reply(services, interview_id, ANN, "Then tomorrow after five.")
    work(services)
    assert texts(services)[said + 1 :] == ["ann: Then tomorrow after five."]
    assert turns(services.store.interview(interview_id))[-3:] == [
        ("agent", "ann"),
        ("respondent", ""),
        ("agent", "ann"),
    ]


def test_an_open_interview_is_taken_over_and_asks_nothing_more(services: Services) -> None:
    interview_id = handed_off(services, "It was late again.")
    assert services.store.interview(interview_id).status == "open"
    taking_over.reply(services, interview_id, ANN, "I look into it.")
    after = services.store.interview(interview_id)
    assert (after.status, after.close_reason) == ("handed_off", "taken_over")
    before = len(texts(services))
    says(services, interview_id, "The driver threw it over the fence and it broke.")
    assert len(texts(services)) == before + 1  # the person's words alone


def test_what_came_of_a_case_is_told_once_with_its_end(services: Services) -> None:
    case_id = f"{handed_off(services)}.human"
    cases.close(services, case_id, ANN, "Sent anew", tells="A new one is on its way.")
    work(services)
    assert texts(services)[-1] == "ann: A new one is on its way."
    told = cases.told(services, cases.find(services, case_id))
    assert told
    assert (told.state, told.kind) == ("sent", "answer")
    with pytest.raises(Conflict):
        cases.tell(services, case_id, ANN, "Once more")
    assert cases.reopen(services, case_id).state == "open"
    with pytest.raises(Conflict):
        cases.close(services, case_id, ANN, "Again", tells="Twice")
    assert cases.find(services, case_id).state == "open"  # all of it or nothing


def test_at_night_it_waits_unless_they_just_wrote(services: Services) -> None:
    first = handed_off(services)
    wait(services, timedelta(hours=14))  # midnight in New York
    message = cases.tell(services, f"{first}.human", ANN, "It is found.")
    work(services)
    assert message.state == "pending"
    assert "ann: It is found." not in texts(services)
    says(services, first, "Anything new?")  # awake: now even the one that waits may go
    wait(services, timedelta(hours=9))
    assert texts(services).count("ann: It is found.") == 1


def test_after_a_stop_nobody_writes(services: Services) -> None:
    interview_id = handed_off(services)
    wait(services, timedelta(hours=14))
    cases.tell(services, f"{interview_id}.human", ANN, "It is found.")
    stop = Suppression(
        address=PHONE, channel="sms", status="suppressed", source="STOP", at=services.clock.now()
    )
    services.store.put([stop])
    wait(services, timedelta(hours=9))  # the morning
    assert "ann: It is found." not in texts(services)
    with pytest.raises(NotAllowed, match="G03"):
        taking_over.reply(services, interview_id, ANN, "Hello?")


@pytest.mark.parametrize("text", ["", "x" * 161, "See https://example.com/x"])
def test_what_a_person_may_not_write_is_said_at_once(services: Services, text: str) -> None:
    interview_id = handed_off(services)
    before = services.store.interview(interview_id)
    with pytest.raises(InvalidInput, match="text"):
        taking_over.reply(services, interview_id, ANN, text)
    assert services.store.interview(interview_id) == before


def test_a_persons_words_are_no_answer_of_the_respondent(services: Services) -> None:
    interview_id = handed_off(services, "The driver was rude.")
    taking_over.reply(services, interview_id, ANN, "Terrible service indeed, we apologize.")
    interview = services.store.interview(interview_id)
    read = evidence._transcript(interview)  # what the analysis gets
    assert "Terrible" not in " ".join(turn.text for turn in read.turns)
    exported = exports.transcript(interview)["turns"][-1]
    assert (exported["speaker"], exported["author"]) == ("agent", "ann")

"""Interviews by SMS, from webhook to thank-you: a provider, its webhooks, the worker, the store."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from interviewer.adapters.twilio_sms import TwilioSms, signature
from interviewer.core.book import Consent, Suppression
from interviewer.core.contact import is_suppressed
from interviewer.core.interview import Interview
from interviewer.core.sms_text import fits_sms
from interviewer.followup import notices
from interviewer.interviews import links
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.studies import lifecycle
from interviewer.studies.prompts_folder import load_guide
from interviewer.web.app import create_app
from tests.fakes import NOW, RecordingChannel, services_in
from tests.outreach.test_outreach import SETTLED
from tests.story import EMAIL, PHONE, launch, shipment, tell, wait, work
from tests.twilio_server import ACCOUNT, SENDER, TOKEN, Fault, TwilioServer

INBOUND, STATUS = "/hooks/twilio/inbound", "/hooks/twilio/status"
SECOND = timedelta(seconds=1)
STRANGER = "+12125550199"


@dataclass
class Phones:
    """An installation with Twilio in front of it, and the phones of respondents."""

    services: Services
    twilio: TwilioServer
    door: TestClient
    sent: int = 0
    seen: int = field(default=0)

    def call(self, path: str, **fields: str) -> Response:
        """A webhook as Twilio sends it."""
        raw = urlencode(fields).encode()
        url = f"{self.services.organization.public_url}{path}"
        signed = signature(url, parse_qsl(raw.decode(), keep_blank_values=True), TOKEN)
        head = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signed}
        return self.door.post(path, content=raw, headers=head)

    def texts(self, body: str, sender: str = PHONE, sid: str | None = None, **more: str) -> None:
        """Somebody sends us an SMS."""
        self.sent += 1
        sid = sid or f"SM-in-{self.sent}"
        answer = self.call(INBOUND, MessageSid=sid, From=sender, To=SENDER, Body=body, **more)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/xml")
        assert answer.content.endswith(b"<Response/>")

    def hears(self, seconds: float = 5) -> list[str]:
        """What went out after a while that was not seen before."""
        wait(self.services, timedelta(seconds=seconds))
        work(self.services)
        work(self.services)
        new, self.seen = self.twilio.texts[self.seen :], len(self.twilio.texts)
        return new

    @property
    def interview(self) -> Interview:
        (found,) = self.services.store.interviews()
        return found

    def is_stopped(self, address: str = PHONE) -> bool:
        rows = self.services.store.find(Suppression, address=address)
        return is_suppressed(rows, address, "sms")


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[Phones]:
    with TwilioServer() as server:
        services = services_in(tmp_path)
        public_url = services.organization.public_url
        sms = TwilioSms(ACCOUNT, [TOKEN], SENDER, public_url=public_url, api_url=server.url)
        services = replace(services, channels={"sms": sms})
        launch(services, "delivery-check", "exception-follow-up")
        settings = Settings(database_url="postgresql://no-worker-in-this-app")
        yield Phones(services, server, TestClient(create_app(services, settings)))


@pytest.fixture
def asked(phones: Phones) -> Phones:
    """One recipient was asked about a damaged parcel."""
    tell(phones.services, shipment("1", "exception", exception_code="damaged"))
    tell(phones.services, shipment("2", "delivered", NOW - timedelta(minutes=5)))
    (opener,) = phones.hears(SETTLED.total_seconds() * 4)
    assert opener.startswith("Harbor Parcel: automated assistant")
    assert "http" not in opener
    return phones


def test_an_interview_by_sms_from_the_first_question_to_the_thank_you(asked: Phones) -> None:
    asked.texts("The box was crushed and the lamp inside broken.")
    assert asked.hears(1) == []  # more may come
    (probe,) = asked.hears()
    assert probe.count("?") == 1
    asked.texts("Nobody told me anything, I found it at the door.")
    said = asked.hears()
    while asked.interview.status == "open":
        asked.texts("I had to order another one for the weekend.")
        said = asked.hears()
    assert len(said) == 1
    assert "?" not in said[0]
    assert asked.interview.status == "closed"
    assert asked.twilio.texts == [turn.text for turn in asked.interview.said]

    asked.texts("One more thing: the driver was kind.")
    assert asked.hears() == ["Thank you, I have added this to your answers."]
    asked.texts("And that is all.")
    assert asked.hears() == []
    assert asked.interview.answers[-1].text == "And that is all."


def test_texts_that_come_together_are_answered_once(asked: Phones) -> None:
    asked.texts("The box was crushed")
    assert asked.hears(2) == []
    asked.texts("and the lamp is broken")
    assert asked.hears(3) == []
    assert len(asked.hears(1)) == 1
    (answer,) = asked.interview.answers
    assert answer.text == "The box was crushed\nand the lamp is broken"


def test_a_webhook_that_comes_twice_is_one_message(asked: Phones) -> None:
    asked.texts("The box was crushed.", sid="SM1")
    asked.texts("The box was crushed.", sid="SM1")
    assert len(asked.hears()) == 1
    asked.texts("The box was crushed.", sid="SM1")
    assert asked.hears() == []
    assert len(asked.interview.answers) == 1


@pytest.mark.parametrize("words", ["STOP", "no más mensajes", "Hören Sie auf!", "S\u200bTOP"])
def test_a_stop_counts_at_once_and_is_confirmed_once(asked: Phones, words: str) -> None:
    asked.texts(words)
    assert asked.is_stopped()
    (confirmation,) = asked.hears(0)
    assert "?" not in confirmation
    asked.texts("STOP")
    assert asked.hears() == []
    assert asked.interview.status == "opted_out"


def test_a_stop_overtakes_a_reply_on_its_way(asked: Phones) -> None:
    asked.texts("The box was crushed.")
    asked.texts("STOP")
    said = asked.hears()
    assert len(said) == 1
    assert "?" not in said[0]


def test_help_is_answered_also_after_a_stop_and_is_no_answer(asked: Phones) -> None:
    asked.texts("Help")
    (text,) = asked.hears(0)
    assert "Harbor Parcel: automated" in text
    assert "help@harbor.example.com" in text
    assert "STOP" in text
    assert asked.interview.answers == ()
    asked.texts("STOP")
    asked.hears()
    asked.texts("INFO")
    assert len(asked.hears()) == 1


def test_start_takes_a_stop_back_for_this_channel_alone(asked: Phones) -> None:
    asked.texts("STOP")
    asked.hears()
    wait(asked.services, SECOND)
    asked.texts("start")
    assert not asked.is_stopped()
    assert len(asked.hears()) == 1
    everywhere = Suppression(
        address=PHONE, channel="all", status="suppressed", source="x", at=NOW + timedelta(hours=9)
    )
    asked.services.store.put([everywhere])
    asked.texts("START")
    assert asked.is_stopped()
    assert asked.hears() == []


def test_a_stranger_hears_once_a_day_who_we_are(phones: Phones) -> None:
    phones.texts("Who is this?", STRANGER)
    (text,) = phones.hears()
    assert "Harbor Parcel" in text
    phones.texts("Hello?", STRANGER)
    assert phones.hears() == []
    kept = phones.services.store.inbound_messages(address=STRANGER)
    assert [message.text for message in kept] == ["Who is this?", "Hello?"]
    phones.texts("STOP", STRANGER)
    assert len(phones.hears()) == 1
    phones.texts("Hello?", STRANGER)
    assert phones.hears(25 * 3600) == []


def test_start_of_a_stranger_grants_nothing(phones: Phones) -> None:
    phones.texts("START", STRANGER)
    assert phones.services.store.find(Consent, address=STRANGER) == []


def test_a_picture_is_kept_as_a_note(asked: Phones) -> None:
    asked.texts("look", NumMedia="1", MediaContentType0="image/jpeg", MediaUrl0="https://x/1")
    assert len(asked.hears()) == 1
    assert asked.interview.answers[0].text == "look\n[image/jpeg]"
    (message,) = asked.services.store.inbound_messages(address=PHONE)
    assert message.media[0].url == "https://x/1"


def test_what_is_not_signed_is_refused_and_not_stored(asked: Phones) -> None:
    forged = asked.door.post(INBOUND, data={"MessageSid": "SM1", "From": PHONE, "Body": "STOP"})
    assert forged.status_code == 401
    assert not asked.is_stopped()
    assert asked.services.store.inbound_messages() == []
    assert asked.door.post(STATUS, data={"MessageSid": "SM1"}).status_code == 401


def test_a_flood_is_stored_and_answered_once(asked: Phones) -> None:
    for number in range(25):
        asked.texts(f"part {number}")
    assert asked.hears() == []
    assert len(asked.hears(601)) == 1
    (answer,) = asked.interview.answers
    assert answer.text.count("part") == 25


# what becomes of our messages


def report(phones: Phones, status: str, code: str = "", key: str | None = None) -> None:
    key = key or f"{phones.interview.interview_id}:0"
    more = {"ErrorCode": code} if code else {}
    path = f"{STATUS}?{urlencode({'message': key})}"
    sid = phones.twilio.messages[0]["sid"]
    assert phones.call(path, MessageSid=sid, MessageStatus=status, **more).status_code == 200


def test_reports_are_merged_in_whatever_order_they_come(asked: Phones) -> None:
    key = f"{asked.interview.interview_id}:0"
    for status in ("delivered", "sent", "queued"):
        report(asked, status)
        assert asked.services.store.message(key).delivery == "delivered"


def test_a_report_before_the_answer_says_that_it_went(phones: Phones) -> None:
    tell(phones.services, shipment("1", "delivered"))
    wait(phones.services, SETTLED)
    phones.twilio.faults.append(Fault(taken_first=True))
    work(phones.services)
    key = f"{phones.interview.interview_id}:0"
    report(phones, "sent")
    message = phones.services.store.message(key)
    assert (message.state, message.provider_id) == ("sent", phones.twilio.messages[0]["sid"])


def test_who_blocks_us_is_never_written_to_again(asked: Phones) -> None:
    report(asked, "failed", "21610")
    assert asked.is_stopped()


def test_a_refusal_at_once_counts_as_well(phones: Phones) -> None:
    tell(phones.services, shipment("1", "delivered"))
    wait(phones.services, SETTLED)
    phones.twilio.faults.append(Fault(400, 21610))
    work(phones.services)
    assert phones.is_stopped()
    assert phones.twilio.texts == []
    assert phones.hears(24 * 3600) == []


def test_a_phone_that_was_off_is_tried_once_more(asked: Phones) -> None:
    report(asked, "undelivered", "30003")
    (again,) = asked.hears(2 * 3600 + 1)
    assert again == asked.interview.turns[0].text
    key = f"{asked.interview.interview_id}:0"
    sid = asked.twilio.messages[1]["sid"]
    asked.call(
        f"{STATUS}?{urlencode({'message': key})}",
        MessageSid=sid,
        MessageStatus="undelivered",
        ErrorCode="30003",
    )
    assert asked.hears(2 * 3600 + 1) == []


def test_filtered_texts_brake_the_study(asked: Phones) -> None:
    report(asked, "undelivered", "30007")
    studies = asked.services.store.studies()
    assert {study.slug for study in studies if study.brake} == {"exception-follow-up"}


def test_an_unregistered_sender_stops_in_the_united_states_alone(asked: Phones) -> None:
    notices.add_destination(asked.services, "ops", "https://ops.example.com/in")
    report(asked, "undelivered", "30034")
    assert {study.state for study in asked.services.store.studies()} == {"ready", "live"}
    asked.texts("The box was crushed and the lamp inside broken.")
    asked.texts("Hello", "+13475550100")
    asked.texts("Hello", "+493012345678")
    said = asked.hears()
    assert [m["to"] for m in asked.twilio.messages[1:]] == ["+493012345678"]
    assert len(said) == 1
    told = [n for n in asked.services.store.notices() if n.kind == "sender.stopped"]
    assert [n.body["about"] for n in told] == ["SMS to the United States"]
    assert asked.hears(6 * 3600) != []  # it tries again


@pytest.mark.parametrize(
    ("codes", "agrees", "way"),
    [
        (["30005"], True, "email"),
        (["21211"], True, "email"),
        (["30003"], True, None),  # the phone may be off: once more, later
        (["30003", "30003"], True, "email"),
        (["30005"], False, None),
        (["21610"], True, None),  # a stop is a stop
        (["30004"], True, None),  # and so is who blocks us
    ],
)
def test_who_cannot_be_reached_by_sms_is_asked_by_mail_once(
    phones: Phones, codes: list[str], agrees: bool, way: str | None
) -> None:
    mail = RecordingChannel()
    ways = {**phones.services.channels, "email": mail}
    phones.services = replace(phones.services, channels=ways)
    said = {"source": "checkout", "at": "2026-01-01T00:00:00Z"}
    agreed = {"sms": True, "email": agrees, **said}
    tell(phones.services, shipment("1", "delivered", consent=agreed))
    phones.hears(SETTLED.total_seconds())
    key = f"{phones.interview.interview_id}:0"
    for number, code in enumerate(codes):
        phones.hears(2 * 3600 + 1)
        sid = phones.twilio.messages[number]["sid"]
        path = f"{STATUS}?{urlencode({'message': key})}"
        for _ in range(2):
            phones.call(path, MessageSid=sid, MessageStatus="undelivered", ErrorCode=code)
    for _ in range(3):
        phones.hears(60)
    assert [one.address for one in mail.sent] == ([EMAIL] if way else [])
    if way:
        (sent,) = (one for one in phones.services.store.invitations() if one.state == "sent")
        assert sent.channel == "email"
        assert phones.services.store.live_interviews(PHONE) == []
        assert phones.services.store.message(key).state == "failed"


@pytest.mark.parametrize(("wants", "number"), [(True, 1), (False, 0)])
def test_a_study_may_want_a_link_in_the_sms(phones: Phones, wants: bool, number: int) -> None:
    source = phones.services.store.study("delivery-check").source
    if wants:
        source += "\noutreach: {sms_link: true}\n"
    lifecycle.add(phones.services, load_guide(source), source)
    launch(phones.services, "delivery-check")
    tell(phones.services, shipment("1", "delivered"))
    (opener,) = phones.hears(SETTLED.total_seconds())
    links_in = re.findall(r"https://feedback\.harbor\.example\.com/i/(\S+)", opener)
    assert len(links_in) == number
    assert fits_sms(opener, first=True)
    for token in links_in:
        assert phones.door.get(f"/i/{token}").status_code == 200
    phones.texts("It came on time.")  # the interview is held by SMS all the same
    assert len(phones.hears()) == 1


def test_a_report_about_nothing_of_ours_changes_nothing(asked: Phones) -> None:
    report(asked, "failed", "21610", key="somebody-elses")
    assert not asked.is_stopped()


def test_an_interview_moves_to_the_page_and_back_without_losing_a_turn(asked: Phones) -> None:
    path = links.replace_link(asked.services, asked.interview.interview_id)
    form = {"message_id": "m1", "text": "The box was crushed and the lamp inside broken."}
    assert asked.door.post(path, data=form, follow_redirects=False).status_code == 303
    assert asked.hears() == []  # it was answered on the page
    assert asked.interview.channel == "chat"
    shown = asked.door.get(path).text
    asked.texts("Nobody told me anything about it.")
    (said,) = asked.hears()
    assert asked.interview.channel == "sms"
    assert [turn.speaker for turn in asked.interview.turns] == ["interviewer", "respondent"] * 2 + [
        "interviewer"
    ]
    now = asked.door.get(path).text
    assert "Nobody told me anything about it." in now
    assert "Nobody told me anything about it." not in shown
    assert said in html.unescape(now)

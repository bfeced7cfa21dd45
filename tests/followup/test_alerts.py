"""Mail to people of ours: whom, when, and what it says; a real mail server gets it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from interviewer import worker
from interviewer.adapters.smtp_mail import SmtpMail
from interviewer.adapters.webhooks_out import WebhookSender
from interviewer.clock import StoryClock
from interviewer.core.book import Account, Shipment, ShipmentEvent
from interviewer.core.errors import InvalidInput
from interviewer.events import folders, intake
from interviewer.followup import cases, notices
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.outreach import inviting
from interviewer.ports import Services
from interviewer.sealing import Sealer
from tests.fakes import NOW, services_in
from tests.smtp_server import MailServer

OWNER, SECOND = "am@example.com", "head@example.com"
PERSON = "I want to talk to a person."
LEAVING = "We are leaving, we signed with another carrier. My number is 212 555 0142."
PRIVATE = "We are leaving for another carrier. Please do not tell my account manager."


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def services(tmp_path: Path, server: MailServer) -> Services:
    built, sealer = services_in(tmp_path), Sealer("the secret of this test, long enough")
    mail = SmtpMail(
        f"smtp://127.0.0.1:{server.port}",
        "Larchgate <ask@larchgate.test>",
        public_url="",
        token_of=str,
    )
    account = Account(
        account_ref="A-1",
        account_name="Larch",
        owner_email=OWNER,
        second_owner_email=SECOND,
        timezone="America/New_York",
    )
    built.store.put([account])
    return replace(built, sealer=sealer, notifier=WebhookSender(sealer, mail=mail))


def answer(services: Services, text: str, study: str = "account-review") -> str:
    opening = Opening(context={}, account_ref="A-1", contact_ref="C-1", shipment_ref="S-1")
    started = asyncio.run(conversation.start(services, study, opening))
    asyncio.run(conversation.receive(services, started.interview.interview_id, "m1", text))
    return started.interview.interview_id


def rounds(services: Services, wait: timedelta = timedelta()) -> None:
    assert isinstance(services.clock, StoryClock)
    services.clock.move_to(services.clock.now() + wait)
    while asyncio.run(worker.work(services)).worked:
        pass


def to(server: MailServer) -> list[str]:
    return sorted(str(mail["To"]) for mail in server.mails)


def test_a_notice_of_leaving_is_mailed_to_both_owners_once(
    services: Services, server: MailServer
) -> None:
    answer(services, LEAVING)
    rounds(services)
    rounds(services)
    assert to(server) == [OWNER, SECOND]
    text = server.mails[0].get_content()
    assert "We are leaving, we signed with another carrier" in text
    assert "555" not in text
    assert "Look by: 2026-09-15 18:00 UTC" in text
    assert server.mails[0]["Subject"] == "Same day: leaving, A-1"


def test_an_answer_kept_from_its_manager_is_mailed_to_the_second_owner_alone(
    services: Services, server: MailServer
) -> None:
    answer(services, PRIVATE)
    rounds(services)
    (case,) = services.store.cases()
    assert case.audience == "owner"
    assert to(server) == [SECOND]


def test_at_night_only_what_is_urgent_is_mailed(services: Services, server: MailServer) -> None:
    rounds(services, timedelta(hours=13))  # eleven in the evening
    answer(services, LEAVING)
    rounds(services)
    assert to(server) == []
    answer(services, "The driver hit a child with the cart, he is bleeding", "delivery-check")
    rounds(services)
    assert to(server) == [OWNER]
    assert "Urgent" in server.mails[0]["Subject"]
    rounds(services, timedelta(hours=10))
    assert SECOND in to(server)
    assert "Same day: leaving, A-1" in [mail["Subject"] for mail in server.mails]


def test_what_nobody_took_in_time_is_mailed_again_to_both(
    services: Services, server: MailServer
) -> None:
    answer(services, PERSON, "delivery-check")
    rounds(services)
    assert to(server) == [OWNER]
    rounds(services, timedelta(days=1))
    assert to(server) == [OWNER, OWNER, SECOND]
    assert "not looked at in time" in server.mails[-1]["Subject"]


def test_routine_cases_come_as_one_mail_in_the_morning(
    services: Services, server: MailServer
) -> None:
    for _ in range(2):
        interview_id = answer(services, PERSON, "delivery-check")
        services.store.change_case(
            interview_id, "human", lambda case: case.model_copy(update={"case_class": "routine"})
        )
    assert len(services.store.cases()) == 2
    rounds(services)
    assert to(server) == []
    rounds(services, timedelta(hours=23))  # nine in the morning
    assert to(server) == [OWNER]
    assert server.mails[0]["Subject"] == "2 cases to look at"
    assert {one.state for one in services.store.notices()} == {"sent"}


def test_a_mail_that_is_not_taken_is_tried_again(services: Services, server: MailServer) -> None:
    server.at_data = "451 later"
    answer(services, PERSON, "delivery-check")
    rounds(services)
    assert services.store.notices(state="sent") == []
    server.at_data = "250 OK"
    rounds(services, timedelta(seconds=5))
    (sent,) = services.store.notices()
    assert (sent.state, sent.attempt) == ("sent", 2)


def test_a_mail_address_can_be_a_destination(services: Services, server: MailServer) -> None:
    with pytest.raises(InvalidInput):
        notices.add_destination(services, "desk", "nobody", format="mail")
    notices.add_destination(services, "desk", "desk@example.com", format="mail")
    answer(services, PERSON, "delivery-check")
    rounds(services)
    assert to(server) == [OWNER, "desk@example.com", "desk@example.com"]


def test_a_bad_week_is_mailed_before_anybody_is_asked(
    services: Services, server: MailServer
) -> None:
    rows = [
        row
        for n in range(3)
        for row in (
            Shipment(shipment_ref=f"S-{n}", account_ref="A-1"),
            ShipmentEvent(
                shipment_ref=f"S-{n}",
                event_kind="scan",
                status="exception",
                exception_code="damaged",
                occurred_at=NOW - timedelta(hours=n + 1),
                source="tms",
            ),
        )
    ]
    intake.take(services, rows)
    rounds(services)
    intake.take(services, rows)
    rounds(services)
    assert to(server) == [OWNER, SECOND]
    mail = server.mails[0]
    assert mail["Subject"] == "A bad week, A-1"
    assert "S-1: damaged" in mail.get_content()
    assert "asked from" in mail.get_content()
    (record,) = [m for m in services.store.moments() if m.moment.kind == "AccountDisrupted"]
    assert f"interviewer decline {record.moment.moment_id}" in mail.get_content()
    inviting.decline(services, record.moment.moment_id)
    intake.take(services, [*rows[:1], rows[1].model_copy(update={"source": "carrier"})])
    assert services.store.moment(record.moment.moment_id).outcome == "declined"


def test_a_file_that_does_not_come_is_said_once_a_night(
    services: Services, server: MailServer, tmp_path: Path
) -> None:
    notices.add_destination(services, "desk", "desk@example.com", format="mail")
    folder = tmp_path / "nightly"
    folder.mkdir()
    folders.watch(services, "wms", folder, folders.FileReading("shipments", due_by="06:30"), {})
    assert isinstance(services.clock, StoryClock)
    services.clock.move_to(datetime(2026, 9, 17, 7, tzinfo=UTC))
    for _ in range(2):
        folders.tell_overdue(services)
        rounds(services)
    (mail,) = server.mails
    assert mail["Subject"] == "Import failed, wms, no file came by its hour"


def test_a_closed_case_is_told_to_no_owner(services: Services, server: MailServer) -> None:
    interview_id = answer(services, PERSON, "delivery-check")
    rounds(services)
    cases.close(services, f"{interview_id}.human", "ann", "Called them")
    rounds(services)
    assert to(server) == [OWNER]

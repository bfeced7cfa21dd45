"""From what a respondent says to a case in somebody's hands and a signed notice elsewhere."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from interviewer import worker
from interviewer.adapters.webhooks_out import WebhookSender
from interviewer.clock import StoryClock
from interviewer.core.book import Account
from interviewer.core.errors import Conflict, InvalidInput, NotFound
from interviewer.core.notice import RETRIES, Destination, Notice
from interviewer.followup import cases, notices
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from interviewer.sealing import Sealer
from tests.fakes import services_in
from tests.hook_server import HookServer, hook_server

ASKS_FOR_A_PERSON = "I want to talk to a person. My number is 212 555 0142."


@pytest.fixture
def server() -> Iterator[HookServer]:
    with hook_server() as running:
        yield running


@pytest.fixture
def services(tmp_path: Path, server: HookServer) -> Services:
    built = services_in(tmp_path)
    sealer = Sealer("the secret of this test, long enough")
    built.store.put(
        [
            Account(
                account_ref="A-1",
                account_name="Larch",
                owner_email="am@example.com",
                second_owner_email="head@example.com",
                timezone="America/New_York",
            )
        ]
    )
    return replace(built, sealer=sealer, notifier=WebhookSender(sealer, [server.host]))


def answer(services: Services, text: str, account: str | None = None) -> str:
    """Start an interview and answer it once; its id."""
    opening = Opening(context={"shipment_ref": "S-1"}, account_ref=account)
    study = "account-review" if account else "delivery-check"
    started = asyncio.run(conversation.start(services, study, opening))
    interview_id = started.interview.interview_id
    asyncio.run(conversation.receive(services, interview_id, "m1", text))
    return interview_id


def later(services: Services, by: timedelta) -> None:
    assert isinstance(services.clock, StoryClock)
    services.clock.move_to(services.clock.now() + by)


def rounds(services: Services) -> None:
    while asyncio.run(worker.work(services)).worked:
        pass


def bodies(server: HookServer) -> list[dict[str, object]]:
    return [json.loads(body) for _, body in server.got]


def test_a_hand_off_opens_a_case_and_is_told_once_with_a_signature(
    services: Services, server: HookServer
) -> None:
    secret = notices.add_destination(services, "crm", server.url)
    assert secret
    interview_id = answer(services, ASKS_FOR_A_PERSON)
    rounds(services)
    rounds(services)
    assert {body["type"] for body in bodies(server)} == {"case.opened", "interview.handed_off"}
    assert len(server.got) == 2
    for headers, body in server.got:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
    (opened,) = (body for body in bodies(server) if body["type"] == "case.opened")
    data = opened["data"]
    assert isinstance(data, dict)
    assert data["case_id"] == f"{interview_id}.human"
    assert data["hands_off"] is True
    assert data["quotes"]
    assert not any(
        b"555" in body for _, body in server.got
    )  # no contact data unless it is asked for
    assert "people" not in data


def test_a_notice_is_tried_on_the_schedule_with_one_id_and_then_given_up(
    services: Services, server: HookServer
) -> None:
    server.statuses = [500]
    notices.add_destination(services, "crm", server.url, kinds=["case.opened"])
    answer(services, ASKS_FOR_A_PERSON)
    rounds(services)
    for number, wait in enumerate(RETRIES, 1):
        assert len(server.got) == number
        later(services, wait - timedelta(seconds=1))
        rounds(services)
        assert len(server.got) == number
        later(services, timedelta(seconds=1))
        rounds(services)
    (dead,) = services.store.notices()
    assert (dead.state, dead.attempt, dead.last_error) == ("dead", len(RETRIES) + 1, "answered 500")
    assert len({headers["webhook-id"] for headers, _ in server.got}) == 1

    server.statuses = [204]
    notices.replay(services, dead.notice_id)
    rounds(services)
    assert services.store.notice(dead.notice_id).state == "sent"
    assert server.got[-1][0]["webhook-id"] == dead.notice_id
    with pytest.raises(Conflict):
        notices.replay(services, dead.notice_id)


def test_after_a_rotation_both_secrets_sign(services: Services, server: HookServer) -> None:
    notices.add_destination(services, "crm", server.url, kinds=["case.opened"])
    notices.rotate(services, "crm")
    notices.rotate(services, "crm")
    answer(services, ASKS_FOR_A_PERSON)
    rounds(services)
    ((headers, _),) = server.got
    assert len(headers["webhook-signature"].split()) == 2


def test_chat_channels_get_a_line_without_contact_data_or_links_of_others(
    services: Services, server: HookServer
) -> None:
    for name in ("slack", "teams"):
        notices.add_destination(
            services, name, server.url, format=name, kinds=["case.opened"], contact_data=True
        )
    answer(
        services,
        "I want to talk to a person, please. <https://evil.example|now> [here](https://evil.example)",
    )
    rounds(services)
    slack, teams = sorted(bodies(server), key=lambda body: "text" not in body)
    assert "<https://evil" not in str(slack["text"])
    assert "](https://evil" not in json.dumps(teams)
    assert not any("webhook-signature" in headers for headers, _ in server.got)


def test_a_disabled_destination_is_told_nothing(services: Services, server: HookServer) -> None:
    notices.add_destination(services, "crm", server.url)
    answer(services, ASKS_FOR_A_PERSON)
    notices.spread(services)
    notices.disable(services, "crm")
    answer(services, ASKS_FOR_A_PERSON)
    rounds(services)
    assert server.got == []
    assert {notice.state for notice in services.store.notices()} == {"dead"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://example.com/"}, "url"),
        ({"format": "fax"}, "format"),
        ({"format": "mail"}, "format"),
        ({"kinds": ["everything"]}, "kinds"),
    ],
)
def test_a_destination_that_cannot_work_is_refused(
    services: Services, change: dict[str, object], field: str
) -> None:
    given: dict[str, object] = {"url": "https://example.com/", **change}
    with pytest.raises(InvalidInput, match=field):
        notices.add_destination(services, "crm", **given)  # type: ignore[arg-type]
    assert services.store.destinations() == []
    with pytest.raises(NotFound):
        notices.rotate(services, "crm")


def test_what_was_kept_from_the_account_manager_is_told_without_its_words(
    services: Services, server: HookServer
) -> None:
    notices.add_destination(services, "crm", server.url)
    answer(services, "Not for my account manager: we are leaving, he never calls back.", "A-1")
    rounds(services)
    text = b" ".join(body for _, body in server.got).decode()
    assert "case.opened" in text
    assert "calls back" not in text


def test_a_case_goes_to_its_owners_is_taken_noted_and_closed(
    services: Services, server: HookServer
) -> None:
    notices.add_destination(services, "crm", server.url, kinds=["case.closed"])
    case_id = f"{answer(services, ASKS_FOR_A_PERSON, 'A-1')}.human"
    rounds(services)
    case = cases.find(services, case_id)
    assert (case.owner_email, case.second_owner_email) == ("am@example.com", "head@example.com")
    assert case.due_at == services.clock.now() + timedelta(hours=4)  # 10:00 in New York

    cases.take(services, case_id, "ann")
    cases.note(services, case_id, "ann", "called, no answer")
    cases.close(services, case_id, "ann", "Sent a new parcel.")
    rounds(services)
    case = cases.find(services, case_id)
    assert (case.state, case.taken_by, case.outcome) == ("closed", "ann", "Sent a new parcel.")
    assert [note.text for note in case.notes] == ["called, no answer"]
    assert [body["type"] for body in bodies(server)] == ["case.closed"]
    for change in (
        lambda: cases.take(services, case_id, "bob"),
        lambda: cases.close(services, case_id, "bob", "again"),
    ):
        with pytest.raises(Conflict):
            change()
    for wrong in ("", "x" * 3000):
        with pytest.raises(InvalidInput):
            cases.note(services, case_id, "ann", wrong)
    for unknown in ("nothing", "a.b"):
        with pytest.raises(NotFound):
            cases.find(services, unknown)


def test_a_case_that_nobody_takes_in_time_is_told_once_more(
    services: Services, server: HookServer
) -> None:
    notices.add_destination(services, "crm", server.url, kinds=["case.overdue"])
    answer(services, ASKS_FOR_A_PERSON, "A-1")
    taken = f"{answer(services, ASKS_FOR_A_PERSON, 'A-1')}.human"
    rounds(services)
    cases.take(services, taken, "ann")
    later(services, timedelta(hours=4))
    rounds(services)
    rounds(services)
    assert [body["type"] for body in bodies(server)] == ["case.overdue"]


class Broken(WebhookSender):
    """A sender with a fault of its own."""

    async def send(self, destination: Destination, notice: Notice, now: datetime) -> None:
        raise KeyError(json.dumps(notice.body))


def test_a_fault_of_ours_is_tried_again_and_logged_without_words(
    services: Services, server: HookServer, caplog: pytest.LogCaptureFixture
) -> None:
    notices.add_destination(services, "crm", server.url)
    answer(services, ASKS_FOR_A_PERSON)
    rounds(replace(services, notifier=Broken(services.sealer, [server.host])))
    waiting = services.store.notices(state="due", destination="crm")
    jobs = [services.store.job("notify", notice.notice_id) for notice in waiting]
    assert {(job.attempt, job.error) for job in jobs} == {(1, "KeyError")}
    assert "KeyError" in caplog.text
    assert "talk to a person" not in caplog.text

    later(services, timedelta(minutes=2))
    rounds(services)
    assert len(server.got) == len(waiting) == 2

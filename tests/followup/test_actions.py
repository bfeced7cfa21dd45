"""An action of the network, from the TMS to the respondent, back to the TMS, and back again."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from interviewer.adapters.webhooks_out import WebhookSender
from interviewer.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from interviewer.core.interview import Interview
from interviewer.core.offer import ActionAnswer, ActionRequest
from interviewer.core.sms_text import fits_sms
from interviewer.events import intake
from interviewer.events.reasons import why
from interviewer.followup import actions, notices
from interviewer.interviews import conversation
from interviewer.outreach import inbound
from interviewer.ports import Received, Services
from tests.fakes import NOW, services_in
from tests.hook_server import HookServer, hook_server
from tests.story import (
    HOUR,
    PHONE,
    channel,
    envelope,
    launch,
    shipment,
    tell,
    wait,
    work,
)

MINUTE = timedelta(minutes=1)
UNTIL = NOW + 8 * HOUR  # 18:00 in New York
ACTIONS: list[dict[str, Any]] = [
    {"id": "pickup", "label": "Leave at a pickup point", "until": UNTIL.isoformat()},
    {"id": "friday", "label": "Deliver on Friday"},
    {"id": "map", "label": "Address page", "link": "https://feedback.harbor.example.com/address"},
    {"id": "scam", "label": "Prize", "link": "https://evil.example.net/"},
]


@pytest.fixture
def server() -> Iterator[HookServer]:
    with hook_server() as running:
        yield running


@pytest.fixture
def services(tmp_path: Path, server: HookServer) -> Services:
    built = services_in(tmp_path)
    services = replace(built, notifier=WebhookSender(built.sealer, [server.host]))
    notices.add_destination(services, "tms", server.url, kinds=["action.requested"])
    launch(services, "exception-follow-up")
    return services


def failed(name: str = "1", at: datetime = NOW - HOUR, **more: Any) -> dict[str, Any]:
    return shipment(name, "attempt_failed", at, exception_code="recipient_unavailable", **more)


def rounds(services: Services) -> None:
    while work(services).worked:
        pass


def texts(services: Services, text: str, sid: str) -> list[str]:
    """An SMS of the respondent, and what they hear of it."""
    before = len(channel(services).sent)
    inbound.take(services, Received("sms", sid, PHONE, text))
    wait(services, timedelta(seconds=5))
    rounds(services)
    return [message.text for message in channel(services).sent[before:]]


def talked(services: Services, listed: list[dict[str, Any]] | None = None) -> str:
    """An interview by SMS about a failed attempt, to its end; the last thing said."""
    tell(services, failed(available_actions=ACTIONS if listed is None else listed))
    wait(services, HOUR)
    rounds(services)
    said = [channel(services).sent[-1].text]
    for n in range(6):
        if interview(services).status != "open":
            break
        said = texts(services, "The driver never rang, I sat beside the door all day.", f"in-{n}")
    assert interview(services).status == "closed"
    return said[-1]


def interview(services: Services) -> Interview:
    (found,) = services.store.interviews()
    return found


def request(services: Services) -> ActionRequest:
    (found,) = services.store.requests()
    return found


def test_it_is_offered_where_the_interview_ends_and_chosen_by_a_number(
    services: Services, server: HookServer
) -> None:
    last = talked(services)
    assert last.endswith(
        "You can ask for this until 15 September, 18:00: reply 1 for Leave at a pickup point, "
        "reply 2 for Deliver on Friday."
    )
    assert "?" not in last
    assert fits_sms(last, first=False)
    assert all("reply 1" not in message.text for message in channel(services).sent[:-1])

    assert texts(services, "1", "choice") == [
        "Asked for: Leave at a pickup point. It is not confirmed yet."
    ]
    texts(services, "1", "choice-again")
    asked = request(services)
    assert (asked.action_id, asked.state, asked.until) == ("pickup", "requested", UNTIL)
    ((headers, body),) = server.got
    assert headers["webhook-signature"].startswith("v1,")
    said = json.loads(body)
    assert said["type"] == "action.requested"
    assert said["data"] == {
        "request_id": asked.request_id,
        "shipment_ref": "S-1",
        "shipment": {
            "shipment_ref": "S-1",
            "carrier": None,
            "tracking_code": None,
            "order_ref": None,
        },
        "action_id": "pickup",
        "label": "Leave at a pickup point",
        "chosen_at": asked.chosen_at.isoformat(),
        "until": UNTIL.isoformat(),
        "interview_id": asked.interview_id,
    }


@pytest.mark.parametrize(
    ("kind", "text", "heard"),
    [
        ("action.confirmed", None, "Harbor Parcel: Leave at a pickup point is confirmed."),
        (
            "action.refused",
            "The shop is full.",
            "Harbor Parcel: Leave at a pickup point is not possible. The shop is full.",
        ),
        (  # the gate lets no link out that is not ours: it is said without
            "action.confirmed",
            "See https://evil.example.net",
            "Harbor Parcel: Leave at a pickup point is confirmed.",
        ),
        ("action.refused", "x" * 200, "Harbor Parcel: Leave at a pickup point is not possible."),
    ],
)
def test_the_network_answers_and_the_respondent_hears_it_once(
    services: Services, kind: str, text: str | None, heard: str
) -> None:
    talked(services)
    texts(services, "1", "choice")
    told = {"request_id": request(services).request_id, "shipment_ref": "S-1", "text": text}
    before = len(channel(services).sent)
    for name in ("answer", "answer-again"):
        tell(services, envelope(name, kind, told))
        rounds(services)
    assert [message.text for message in channel(services).sent[before:]] == [heard]
    assert request(services).state == kind.partition(".")[2]
    assert interview(services).turns[-1].move == "outcome"
    assert interview(services).turns[-1].text == heard
    assert services.store.inbox(held_back=True) == []

    other = "action.refused" if kind == "action.confirmed" else "action.confirmed"
    tell(services, envelope("too late", other, told))
    (held,) = services.store.inbox(held_back=True)
    assert "already" in (held.error or "")
    wait(services, 5 * HOUR)
    rounds(services)
    assert services.store.cases() == []  # it was answered


def test_an_answer_at_night_waits_for_the_morning(services: Services) -> None:
    talked(services, [ACTIONS[1]])
    wait(services, timedelta(hours=7))  # 18:00 in New York
    texts(services, "1", "choice")
    wait(services, 3 * HOUR)
    before = len(channel(services).sent)
    tell(services, envelope("a", "action.confirmed", {"request_id": request(services).request_id}))
    rounds(services)
    assert len(channel(services).sent) == before
    wait(services, 12 * HOUR)
    rounds(services)
    assert channel(services).sent[-1].text == "Harbor Parcel: Deliver on Friday is confirmed."


def test_after_a_stop_nothing_is_offered_and_no_outcome_is_sent(services: Services) -> None:
    talked(services)
    texts(services, "1", "choice")
    texts(services, "STOP", "stop")
    before = len(channel(services).sent)
    tell(services, envelope("a", "action.confirmed", {"request_id": request(services).request_id}))
    rounds(services)
    assert len(channel(services).sent) == before
    assert request(services).state == "confirmed"
    with pytest.raises(NotAllowed):
        actions.choose(services, interview(services).interview_id, "friday")


@pytest.mark.parametrize(
    ("until", "after"),
    [(None, timedelta(hours=4)), (NOW + 3 * HOUR, timedelta(hours=2))],
)
def test_a_person_looks_at_what_is_not_answered_in_time(
    services: Services, until: datetime | None, after: timedelta
) -> None:
    listed = {**ACTIONS[1], **({"until": until.isoformat()} if until else {})}
    talked(services, [listed])
    texts(services, "1", "choice")
    rounds(services)
    assert services.store.cases() == []
    wait(services, after)
    rounds(services)
    assert request(services).state == "expired"
    (case,) = services.store.cases()
    assert (case.reason, case.customer_action) == ("action_unanswered", "Deliver on Friday")
    assert case.due_at is not None
    told = list(actions.told(services, "S-1"))
    assert ("asked for", "Deliver on Friday, expired") in [(a, b.split(" 20")[0]) for a, b in told]
    with pytest.raises(Conflict, match="a person looks at it"):
        actions.answer(services, ActionAnswer(request(services).request_id, is_confirmed=True))


def test_an_empty_list_takes_all_back(services: Services) -> None:
    assert "reply 1" in talked(services)
    tell(services, failed("2", available_actions=[]))  # the same scan, told again
    assert texts(services, "2", "choice") == ["That is not possible any more. Our team reads this."]
    assert services.store.requests() == []
    assert actions.of_interview(services, interview(services)) == []


@pytest.mark.parametrize("why_not", ["nobody hears", "nothing listed", "test", "past"])
def test_nothing_is_offered_that_cannot_be_kept(services: Services, why_not: str) -> None:
    listed = {"nothing listed": [], "past": [{**ACTIONS[0], "until": (NOW - HOUR).isoformat()}]}
    if why_not == "nobody hears":
        notices.disable(services, "tms")
    if why_not == "test":
        tell(services, failed(available_actions=ACTIONS))
        opening = conversation.Opening(context={"shipment_ref": "S-1"}, test=True)
        made = asyncio.run(conversation.start(services, "exception-follow-up", opening))
        assert actions.of_interview(services, made.interview) == []
        return
    assert "reply" not in talked(services, listed.get(why_not)).casefold()
    texts(services, "1", "choice")
    assert services.store.requests() == []


def test_by_other_doors(services: Services) -> None:
    """Chosen on a page or by the API: what is possible, what was asked, what is refused."""
    talked(services)
    own = interview(services).interview_id
    assert [one.action.id for one in actions.of_interview(services, interview(services))] == [
        "pickup",
        "friday",
        "map",
    ]
    asked = actions.choose(services, own, "friday")
    assert actions.choose(services, own, "friday") == asked
    for action_id in ("map", "scam", "unheard"):
        with pytest.raises(NotAllowed):
            actions.choose(services, own, action_id)
    with pytest.raises(NotFound):
        actions.answer(services, ActionAnswer("unheard", is_confirmed=True))
    with pytest.raises(InvalidInput, match="shipment"):
        actions.answer(services, ActionAnswer(asked.request_id, True, "S-2"))
    lines = [(step.kind, step.text) for step in why(services, "S-1")]
    assert ("possible now", "Deliver on Friday") in lines
    assert any(kind == "asked for" and "requested" in text for kind, text in lines)


def test_an_answer_to_nothing_is_held_back(services: Services) -> None:
    tell(services, envelope("a", "action.confirmed", {"request_id": "unheard"}))
    (held,) = services.store.inbox(held_back=True)
    assert held.error == "No request 'unheard'."
    assert intake.work_inbox(services) == 0

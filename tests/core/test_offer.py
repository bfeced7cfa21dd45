"""What of the network's actions may be offered, and what a choice makes."""

from datetime import timedelta
from typing import Any

import pytest

from interviewer.core.book import AvailableAction
from interviewer.core.interview import Interview, Status, Trace, Turn
from interviewer.core.offer import (
    ANSWER_WITHIN,
    choice_in,
    has_offers,
    offers,
    request_for,
)
from tests.fakes import NOW

HOURS = timedelta(hours=1)
HOSTS = frozenset({"harbor.example.com"})
PICKUP = AvailableAction(id="pickup", label="Leave at a pickup point", until=NOW + HOURS)
FRIDAY = AvailableAction(id="friday", label="Deliver on Friday")
PAGE = AvailableAction(id="page", label="Address", link="https://harbor.example.com/address")


def action(**changes: Any) -> AvailableAction:
    return FRIDAY.model_copy(update=changes)


def interview(**changes: Any) -> Interview:
    made = Interview(
        interview_id="i",
        study="exception-follow-up",
        study_version=1,
        guide_hash="g",
        shipment_ref="S-1",
        opened_at=NOW,
        expires_at=NOW + 48 * HOURS,
    )
    return made.evolve(**changes)


@pytest.mark.parametrize(
    ("listed", "is_heard", "ids"),
    [
        ([PICKUP, FRIDAY], True, ["pickup", "friday"]),
        ([], True, []),
        ([action(until=NOW)], True, []),  # past its end
        ([PICKUP, FRIDAY], False, []),  # nobody would hear of a choice
        ([PICKUP, PAGE], False, ["page"]),
        ([action(link="https://elsewhere.example.net/x")], True, []),
        ([action(link="http://harbor.example.com/x")], True, []),
        ([action(link="https://harbor.example.com@evil.example.net/")], True, []),
        ([action(link="https://[bad")], True, []),
        ([action(label="Shall we come on Friday?")], True, []),  # a second question
        ([action(label="See https://harbor.example.com")], True, []),
        ([action(label="Friday\nor Saturday")], True, []),
        ([action(label="x" * 61)], True, []),
        ([action(label="  ")], True, []),
        ([action(id=str(n)) for n in range(5)], True, ["0", "1", "2"]),
    ],
)
def test_what_is_offered(listed: list[AvailableAction], is_heard: bool, ids: list[str]) -> None:
    assert [one.id for one in offers(listed, NOW, hosts=HOSTS, is_heard=is_heard)] == ids


@pytest.mark.parametrize(
    ("status", "changes", "expected"),
    [
        ("open", {}, True),
        ("closed", {}, True),
        ("closed", {"close_reason": "expired"}, False),
        ("handed_off", {}, False),
        ("opted_out", {}, False),
        ("open", {"shipment_ref": None}, False),
        ("open", {"test": True}, False),
    ],
)
def test_in_which_interviews(status: Status, changes: dict[str, Any], expected: bool) -> None:
    assert has_offers(interview(status=status, **changes)) is expected


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("1", "pickup"),
        (" 2. ", "friday"),
        ("(1)", "pickup"),
        ("3", None),
        ("0", None),
        ("12", None),
        ("1 parcel was open", None),
        ("pickup", None),
        ("", None),
    ],
)
def test_a_number_chooses(text: str, chosen: str | None) -> None:
    said = Turn(
        seq=0,
        speaker="interviewer",
        text="...",
        at=NOW,
        language="en",
        move="close",
        trace=Trace(offers=("pickup", "friday")),
    )
    thanks = said.model_copy(update={"seq": 1, "trace": Trace()})
    assert choice_in(interview(turns=(said,)), text) == chosen
    assert choice_in(interview(turns=(said, thanks)), text) == chosen
    assert choice_in(interview(turns=(thanks,)), text) is None


def test_the_same_choice_is_the_same_request_and_is_answered_before_it_ends() -> None:
    first, again = (request_for(interview(), PICKUP, NOW + n * HOURS / 4) for n in (0, 1))
    assert first.request_id == again.request_id
    assert first.answer_by == PICKUP.until
    assert request_for(interview(), FRIDAY, NOW).answer_by == NOW + ANSWER_WITHIN
    others = {
        request_for(interview(), FRIDAY, NOW).request_id,
        request_for(interview(interview_id="j"), PICKUP, NOW).request_id,
        request_for(interview(shipment_ref="S-2"), PICKUP, NOW).request_id,
    }
    assert len(others | {first.request_id}) == 4

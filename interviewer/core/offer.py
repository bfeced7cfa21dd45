"""What the network can do for a shipment now: what of it is offered, and what was asked for.

The list is the transport system's. The interviewer offers no more than is in it, words none of it,
and changes no order: a choice is a request that the network confirms or refuses.
"""

import hashlib
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from interviewer.core.book import AvailableAction
from interviewer.core.case import Case
from interviewer.core.contact import LINK
from interviewer.core.interview import Interview
from interviewer.core.reading import Value

RequestState = Literal["requested", "confirmed", "refused", "expired"]

MOST = 3  # actions offered at once
LONGEST_LABEL = 60  # characters
ANSWER_WITHIN = timedelta(hours=4)  # then a person looks at it
UNANSWERED = "action_unanswered"  # the reason of that case
OFFERED_AT = ("complete", "saturated", "budget", "confirmed", "corrected", "unconfirmed")
"""Reasons of a closing that may offer something: not to who has had enough, or is handed off."""
NUMBER = re.compile(r"\W*([1-9])\W*")


class ActionRequest(Value):
    """An action that a respondent chose; the network answers it once, or it expires."""

    request_id: str
    interview_id: str
    shipment_ref: str
    action_id: str
    label: str
    chosen_at: datetime
    until: datetime | None = None  # of the action; of the answer, when that says so
    answer_by: datetime
    state: RequestState = "requested"
    settled_at: datetime | None = None
    text: str | None = None  # what the network adds to its answer


class ActionAnswer(NamedTuple):
    """What the network says to an action that was asked for."""

    request_id: str
    is_confirmed: bool
    shipment_ref: str | None = None
    text: str | None = None
    until: datetime | None = None

    @property
    def state(self) -> RequestState:
        """The state that it gives to the request."""
        return "confirmed" if self.is_confirmed else "refused"


def current(listed: Sequence[AvailableAction], now: datetime) -> tuple[AvailableAction, ...]:
    """Those of the newest list that are still possible."""
    return tuple(one for one in listed if one.until is None or one.until > now)


def offers(
    listed: Sequence[AvailableAction],
    now: datetime,
    *,
    hosts: Collection[str],
    is_heard: bool,
) -> tuple[AvailableAction, ...]:
    """What may be offered: at most three, each sayable on one line, none that nobody would hear of.

    Args:
        listed: The newest list of the transport system.
        now: What is past its `until` is not possible any more.
        hosts: Where a link may lead: the pages of the organization.
        is_heard: Whether a choice reaches the network; without that only links are offered.
    """
    possible = (one for one in current(listed, now) if _is_sayable(one.label))
    kept = (one for one in possible if (_leads_home(one.link, hosts) if one.link else is_heard))
    return tuple(kept)[:MOST]


def _is_sayable(label: str) -> bool:
    """A name, on one line: no question, no link."""
    plain = label.strip()
    return (
        0 < len(plain) <= LONGEST_LABEL
        and not re.search(r"[?¿\n\r]", plain)
        and not LINK.search(plain)
    )


def _leads_home(link: str, hosts: Collection[str]) -> bool:
    found = LINK.match(link)
    if found is None or (found["scheme"] or "").casefold() != "https:":
        return False
    return found["authority"].casefold() in hosts


def has_offers(interview: Interview) -> bool:
    """Whether the respondent may be offered something in this interview; trials offer nothing."""
    is_live = interview.status in ("open", "closed") and interview.close_reason != "expired"
    return is_live and interview.shipment_ref is not None and not interview.test


def choice_in(interview: Interview, text: str) -> str | None:
    """The id of the action that a text chooses by the number it was offered under."""
    listed = (turn.trace.offers for turn in reversed(interview.said) if turn.trace)
    offered = next((ids for ids in listed if ids), ())
    found = NUMBER.fullmatch(text)
    return offered[int(found[1]) - 1] if found and int(found[1]) <= len(offered) else None


def request_for(interview: Interview, action: AvailableAction, now: datetime) -> ActionRequest:
    """The request that this choice makes; the same choice again makes the same one."""
    own = f"{interview.interview_id}\x1f{interview.shipment_ref}\x1f{action.id}"
    late = now + ANSWER_WITHIN
    return ActionRequest(
        request_id=hashlib.sha256(own.encode()).hexdigest()[:32],
        interview_id=interview.interview_id,
        shipment_ref=interview.shipment_ref or "",
        action_id=action.id,
        label=action.label.strip(),
        chosen_at=now,
        until=action.until,
        answer_by=min(late, action.until) if action.until else late,
    )


def case_of_unanswered(interview: Interview, request: ActionRequest, now: datetime) -> Case:
    """For a person: the respondent asked for something, and the network did not say."""
    heard = interview.answers[-1:]
    return Case(
        interview_id=interview.interview_id,
        reason=UNANSWERED,
        case_class="same_day",
        hands_off=False,
        opened_at=now,
        turn_seqs=tuple(turn.seq for turn in heard),
        quotes=tuple(turn.text for turn in heard),
        study=interview.study,
        account_ref=interview.account_ref,
        contact_ref=interview.contact_ref,
        shipment_ref=request.shipment_ref,
        customer_action=request.label,
        agent_action="They asked for this; find out whether it can be done, and tell them",
        audience="owner" if any(turn.audience == "owner" for turn in heard) else "all",
    )

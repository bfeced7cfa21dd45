"""A case: what a person has to look at, and the words that say why."""

from datetime import datetime
from typing import Literal

from interviewer.core.interview import Interview
from interviewer.core.reading import Value

CaseClass = Literal["urgent", "same_day", "routine"]


class Case(Value):
    """One reason in one interview for a person to look; a repeat adds its turn to it."""

    interview_id: str
    reason: str
    case_class: CaseClass
    hands_off: bool
    opened_at: datetime
    turn_seqs: tuple[int, ...]
    quotes: tuple[str, ...]
    study: str
    account_ref: str | None = None
    contact_ref: str | None = None
    shipment_ref: str | None = None
    to_second_owner: bool = False  # an account that says it leaves, or an answer kept from its owner
    state: Literal["open", "taken", "closed"] = "open"


def case_from(interview: Interview) -> Case | None:
    """The case that the interview's last respondent turn opens, if it opens one."""
    turn = interview.answers[-1]
    decision = turn.decision
    if decision is None:
        return None
    leaving = "leaving" in decision.marks
    reason = decision.case or ("leaving" if leaving else None)
    if reason is None:
        return None
    return Case(
        interview_id=interview.interview_id,
        reason=reason,
        case_class="routine" if reason == "anger" else decision.urgency or "same_day",
        hands_off=decision.move == "hand_off",
        opened_at=turn.at,
        turn_seqs=(turn.seq,),
        quotes=(turn.text,),
        study=interview.study,
        account_ref=interview.account_ref,
        contact_ref=interview.contact_ref,
        shipment_ref=interview.shipment_ref,
        to_second_owner=leaving or turn.audience == "owner",
    )

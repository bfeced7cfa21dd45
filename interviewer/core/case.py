"""A case: what a person has to look at, and the words that say why."""

from datetime import datetime
from typing import Literal, get_args

from interviewer.core.interview import Interview
from interviewer.core.reading import Value

CaseClass = Literal["urgent", "same_day", "routine"]
CLASSES: tuple[CaseClass, ...] = get_args(CaseClass)  # the most pressing first


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
    to_second_owner: bool = (
        False  # an account that says it leaves, or an answer kept from its owner
    )
    state: Literal["open", "taken", "closed"] = "open"

    def add(self, later: "Case") -> "Case":
        """This case with the turns of a repeat; what was closed is open again."""
        return self.model_copy(
            update={
                "turn_seqs": (*self.turn_seqs, *later.turn_seqs),
                "quotes": (*self.quotes, *later.quotes),
                "case_class": min(self.case_class, later.case_class, key=CLASSES.index),
                "hands_off": self.hands_off or later.hands_off,
                "to_second_owner": self.to_second_owner or later.to_second_owner,
                "state": "open" if self.state == "closed" else self.state,
            }
        )


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

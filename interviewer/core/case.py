"""A case: what a person has to look at, and the words that say why."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, get_args

from interviewer.core.interview import Interview
from interviewer.core.reading import Value
from interviewer.core.times import after_business_days, after_business_hours
from interviewer.core.vocabulary import EXCEPTIONS, ExceptionCode

CaseClass = Literal["urgent", "same_day", "routine"]
CLASSES: tuple[CaseClass, ...] = get_args(CaseClass)  # the most pressing first

URGENT = timedelta(minutes=15)
SAME_DAY_HOURS = 4  # business hours
ROUTINE_DAYS = 2  # business days

REPORTED: Mapping[str, ExceptionCode] = {"damage": "damaged", "loss": "lost"}
"""The exception that a respondent reports, by the kind of case that a guide's aspect opens."""


class CaseNote(Value):
    """What somebody of ours wrote down about a case."""

    at: datetime
    author: str
    text: str


class Case(Value):
    """One reason in one interview for a person to look; a repeat adds its turn to it.

    With an exception come the actions of the vocabulary that fit it: what the customer may be
    offered, and what whoever takes the case is advised to do.
    """

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
    exception_code: ExceptionCode | None = None
    customer_action: str | None = None
    agent_action: str | None = None
    to_second_owner: bool = (
        False  # an account that says it leaves, or an answer kept from its owner
    )
    audience: Literal["all", "owner"] = "all"  # owner: the account manager is not to see it
    state: Literal["open", "taken", "closed"] = "open"
    due_at: datetime | None = None  # when a person should have looked; None until it is routed
    owner_email: str | None = None
    second_owner_email: str | None = None
    taken_by: str | None = None
    taken_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    overdue_at: datetime | None = None  # when it was said that it is
    reopened: int = 0
    notes: tuple[CaseNote, ...] = ()

    @property
    def case_id(self) -> str:
        """As people and other systems name it."""
        return f"{self.interview_id}.{self.reason}"

    def add(self, later: "Case") -> "Case":
        """This case with the turns of a repeat; what was closed is open again."""
        presses = CLASSES.index(later.case_class) < CLASSES.index(self.case_class)
        is_closed = self.state == "closed"
        return self.model_copy(
            update={
                "due_at": None if presses or is_closed else self.due_at,
                "overdue_at": None if presses or is_closed else self.overdue_at,
                "reopened": self.reopened + is_closed,
                "turn_seqs": (*self.turn_seqs, *later.turn_seqs),
                "quotes": (*self.quotes, *later.quotes),
                "case_class": min(self.case_class, later.case_class, key=CLASSES.index),
                "hands_off": self.hands_off or later.hands_off,
                "audience": "owner" if "owner" in (self.audience, later.audience) else "all",
                "to_second_owner": self.to_second_owner or later.to_second_owner,
                "state": "open" if is_closed else self.state,
            }
        )

    def taken(self, by: str, now: datetime) -> "Case":
        """This case in the hands of a person."""
        return self.model_copy(update={"state": "taken", "taken_by": by, "taken_at": now})

    def closed(self, by: str, outcome: str, now: datetime) -> "Case":
        """This case, done, with what came of it."""
        update = {"state": "closed", "closed_at": now, "outcome": outcome}
        return self.model_copy(update={**update, "taken_by": self.taken_by or by})

    def noted(self, by: str, text: str, now: datetime) -> "Case":
        """This case with one more note."""
        note = CaseNote(at=now, author=by, text=text)
        return self.model_copy(update={"notes": (*self.notes, note)})

    def told_by_mail(self, overdue: bool = False) -> tuple[str, ...]:
        """Whose mail it is: the owner's, and the second's where the owner may be what it is about.

        What is kept from the account manager goes to the second owner alone; what nobody looked
        at in time goes to both.
        """
        owner = None if self.audience == "owner" else self.owner_email
        second = self.to_second_owner or self.audience == "owner" or overdue
        both = (owner, self.second_owner_email if second else None)
        return tuple(dict.fromkeys(address for address in both if address))

    def look_by(self, timezone: str) -> datetime:
        """When a person should have looked at it, by its class."""
        if self.case_class == "urgent":
            return self.opened_at + URGENT
        if self.case_class == "same_day":
            return after_business_hours(self.opened_at, SAME_DAY_HOURS, timezone)
        return after_business_days(self.opened_at, ROUTINE_DAYS, timezone)


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
    code = exception_of(interview, reason)
    fits = EXCEPTIONS[code] if code else None
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
        exception_code=code,
        customer_action=fits.customer_action if fits else None,
        agent_action=fits.agent_action if fits else None,
        audience=turn.audience,
        to_second_owner=leaving or turn.audience == "owner",
    )


def exception_of(interview: Interview, reason: str) -> ExceptionCode | None:
    """What went wrong with the shipment: the record's word for it, or what is reported beyond it.

    The record knows "partial" where people say "lost"; that a late parcel came damaged it does not.
    """
    on_record = interview.context.get("exception_code")
    recorded = next((code for code in EXCEPTIONS if code == on_record), None)
    reported = REPORTED.get(reason)
    if recorded is None or reported is None:
        return recorded or reported
    return max(recorded, reported, key=lambda code: EXCEPTIONS[code].severity)

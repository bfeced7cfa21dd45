"""An account manager's work on accounts: the book, one account, and what is recorded about it.

What is shown comes from the newest analysis and from what is stored since; a band is never turned
into a probability. Words kept from the account manager are for owners alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from analysis.redact import redact
from interviewer.access import audit, viewing
from interviewer.core.access import User
from interviewer.core.book import (
    Account,
    Action,
    Claim,
    Contact,
    Outcome,
    Rating,
    Row,
    Score,
    period_span,
)
from interviewer.core.case import Case
from interviewer.core.errors import Conflict, InvalidInput, NotFound
from interviewer.core.interview import Interview
from interviewer.events import intake
from interviewer.outreach import launch
from interviewer.ports import Services
from interviewer.store import AnalysisRun
from interviewer.studies import lifecycle

Band = Literal["high", "elevated", "low", "not_enough_evidence"]
Window = Literal["30", "90", "180"]  # days to the renewal, at most
BANDS: tuple[Band, ...] = ("high", "elevated", "low", "not_enough_evidence")
WINDOWS: tuple[Window, ...] = ("30", "90", "180")
REVIEW_STUDY = "account-review"
T = TypeVar("T", bound=Row)


@dataclass(frozen=True, slots=True)
class Line:
    """An account in the book."""

    account: Account
    band: Band
    band_before: Band | None
    why_not: str | None  # why there is no band
    heard: int
    known: int  # contacts
    renewal_in: int | None  # days; below 0 it is over


@dataclass(frozen=True, slots=True)
class Words:
    """A respondent's words, masked, with the way to the turn."""

    text: str
    interview_id: str
    seq: int
    role: str | None
    said_at: datetime | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reason rests on: words of a person, or a row of the book."""

    status: str
    why: str
    words: Words | None
    data_row: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a band."""

    signal: str
    contribution: float
    change: float  # since the analysis before
    evidence: Sequence[Evidence]
    kept_back: int  # statements that only an owner may read


@dataclass(frozen=True, slots=True)
class Heard:
    """A contact, and whether and how we heard from them."""

    contact: Contact
    interviews: Sequence[Interview]  # answered ones, newest first
    asked_at: datetime | None
    refused: str | None  # why the newest invitation did not go

    @property
    def next_step(self) -> str | None:
        """What to do to hear from them; None when they were heard."""
        if self.interviews:
            return None
        if not (self.contact.email or self.contact.phone):
            return "Add an address: there is none to write to."
        if self.refused:
            return f"Not written to: {self.refused}."
        return "Asked, no answer yet: mention it in your next call." if self.asked_at else "Ask."


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Everything about one account."""

    line: Line
    risk: Mapping[str, Any] | None
    analyzed_at: datetime | None
    reasons: Sequence[Reason]
    said_not_scored: Sequence[Reason]
    contacts: Sequence[Heard]
    claims: Sequence[Claim]  # open ones, oldest first
    scores: Mapping[str, Sequence[Score]]  # by metric, oldest first
    cases: Sequence[Case]
    tones: Sequence[tuple[Interview, float]]  # mean sentiment of the answers, oldest first
    ratings: Sequence[Rating]  # newest first
    actions: Sequence[Action]
    outcomes: Sequence[Outcome]
    gone: Sequence[str]  # signals that were a reason in the analysis before


def book(services: Services, user: User) -> list[Line]:
    """The accounts that the user sees, in the order of the newest analysis: most pressing first."""
    seen = viewing.account_refs(services, user)
    run = services.store.latest_run()
    risks = {risk["account_ref"]: risk for risk in run.risks} if run else {}
    order = {ref: place for place, ref in enumerate(risks)}
    known: dict[str, int] = {}
    for contact in services.store.find(Contact, active=True):
        known[contact.account_ref] = known.get(contact.account_ref, 0) + 1
    today = services.clock.now().date()
    lines = [
        _line(account, risks.get(account.account_ref), known.get(account.account_ref, 0), today)
        for account in services.store.find(Account)
        if seen is None or account.account_ref in seen
    ]
    last = len(order)
    return sorted(lines, key=lambda line: (order.get(line.account.account_ref, last), _due(line)))


def _line(account: Account, risk: Mapping[str, Any] | None, known: int, today: date) -> Line:
    renewal = account.renewal_date
    return Line(
        account=account,
        band=risk["band"] if risk else "not_enough_evidence",
        band_before=risk.get("previous_band") if risk else None,
        why_not=risk["why_not"] if risk else "not in an analysis yet",
        heard=risk["contacts_heard"] if risk else 0,
        known=known,
        renewal_in=(renewal - today).days if renewal else None,
    )


def _due(line: Line) -> tuple[bool, int, str]:
    days = line.renewal_in
    return days is None or days < 0, days or 0, line.account.account_ref


def chosen(
    lines: Iterable[Line], *, owner: str | None, band: Band | None, window: Window | None
) -> list[Line]:
    """Those of an owner (name), a band, and with a renewal in at most so many days."""
    return [
        line
        for line in lines
        if (owner is None or line.account.owner_name == owner)
        and (band is None or line.band == band)
        and (
            window is None or (line.renewal_in is not None and 0 <= line.renewal_in <= int(window))
        )
    ]


def find(services: Services, user: User, account_ref: str) -> Account:
    """One account. Raises NotFound, also where it is not for this user."""
    seen = viewing.account_refs(services, user)
    found = services.store.find(Account, account_ref=account_ref)
    if not found or (seen is not None and account_ref not in seen):
        raise NotFound("No such account.")
    return found[0]


def page(services: Services, user: User, account_ref: str) -> AccountPage:
    """Everything about one account. Raises NotFound."""
    account, store = find(services, user, account_ref), services.store
    run = store.latest_run()
    risk = _risk(run, account_ref)
    contacts = store.find(Contact, account_ref=account_ref, active=True)
    interviews = [
        interview for interview in store.interviews(account_ref=account_ref) if interview.answers
    ]
    scored = [_reason(user, row, risk["moved"]) for row in risk["reasons"]] if risk else []
    has_band = risk is not None and risk["band"] != "not_enough_evidence"
    active = {row["signal"] for row in risk["reasons"]} if risk else set()
    moved = risk["moved"] if risk else {}
    claims = [c for c in store.find(Claim, account_ref=account_ref) if not c.claim_closed_at]
    return AccountPage(
        line=_line(account, risk, len(contacts), services.clock.now().date()),
        risk=risk,
        analyzed_at=run.at if run else None,
        reasons=scored if has_band else (),
        said_not_scored=() if has_band else scored,
        contacts=_heard(services, contacts, interviews),
        claims=sorted(claims, key=lambda claim: claim.claim_opened_at),
        scores=_series(store.find(Score, account_ref=account_ref)),
        cases=[c for c in viewing.cases(services, user) if c.account_ref == account_ref],
        tones=_tones(interviews),
        ratings=_newest(store.find(Rating, account_ref=account_ref), "at"),
        actions=_newest(store.find(Action, account_ref=account_ref), "said_at"),
        outcomes=_newest(store.find(Outcome, account_ref=account_ref), "decided_at"),
        gone=[signal for signal in moved if signal not in active],
    )


def _risk(run: AnalysisRun | None, account_ref: str) -> Mapping[str, Any] | None:
    rows = run.risks if run else ()
    return next((risk for risk in rows if risk["account_ref"] == account_ref), None)


def _reason(user: User, row: Mapping[str, Any], moved: Mapping[str, float]) -> Reason:
    may = user.reads_what_is_kept_back
    open_items = [
        item
        for item in row["evidence"]
        if may or not item["quote"] or item["quote"]["audience"] != "owner"
    ]
    return Reason(
        signal=row["signal"],
        contribution=row["contribution"],
        change=moved.get(row["signal"], 0.0),
        evidence=[
            Evidence(
                item["status"].replace("_", " "),
                item["status_reason"],
                words(item["quote"]) if item["quote"] else None,
                item["data_row"],
            )
            for item in open_items
        ],
        kept_back=len(row["evidence"]) - len(open_items),
    )


def words(quote: Mapping[str, Any]) -> Words:
    """A stored quote as it may be shown to everybody who sees the account."""
    said_at = quote["said_at"]
    return Words(
        text=redact(quote["text"]),
        interview_id=quote["interview_id"],
        seq=int(str(quote["turn_id"]).rpartition(":")[2]),
        role=quote["contact_role"],
        said_at=datetime.fromisoformat(said_at) if isinstance(said_at, str) else said_at,
    )


def _heard(
    services: Services, contacts: Sequence[Contact], interviews: Sequence[Interview]
) -> list[Heard]:
    found = []
    for contact in contacts:
        own = [one for one in interviews if one.contact_ref == contact.contact_ref]
        addresses = [address for address in (contact.email, contact.phone) if address]
        asked = [i for a in addresses for i in services.store.invitations(address=a)]
        newest = max(asked, key=lambda invitation: invitation.due_at, default=None)
        went = newest is not None and newest.state == "sent"
        found.append(
            Heard(
                contact,
                own,
                newest.due_at if newest and went else None,
                newest.reason if newest and newest.state == "refused" else None,
            )
        )
    return sorted(found, key=lambda one: (bool(one.interviews), one.contact.contact_role or "~"))


def _series(scores: Iterable[Score]) -> dict[str, list[Score]]:
    found: dict[str, list[Score]] = {}
    for score in sorted(scores, key=lambda score: period_span(score.period)):
        found.setdefault(score.metric, []).append(score)
    return found


def _tones(interviews: Iterable[Interview]) -> list[tuple[Interview, float]]:
    """Mean sentiment of each interview's answers as they were read, oldest first."""
    found = []
    for interview in interviews:
        felt = [turn.reading.sentiment for turn in interview.answers if turn.reading]
        read = [one for one in felt if one != "mixed"]
        if read:
            found.append((interview, sum(read) / len(read)))
    return sorted(found, key=lambda one: one[0].opened_at)


def _newest(rows: Iterable[T], column: str) -> list[T]:
    return sorted(rows, key=lambda row: getattr(row, column), reverse=True)


# what is recorded


def add_contact(
    services: Services, user: User, account_ref: str, values: Mapping[str, object], *, actor: str
) -> Contact:
    """A new person of an account; whoever has consented can then be asked.

    Raises:
        NotFound: The account is not there, or not for this user.
        InvalidInput: A field breaks its rule.
        Conflict: There is a contact of that reference.
    """
    account = find(services, user, account_ref)
    ref = values.get("contact_ref") or services.new_id()
    if services.store.find(Contact, contact_ref=ref):
        raise Conflict(f"There is a contact {ref} already.")
    added = Contact.read({**values, "contact_ref": ref, "account_ref": account.account_ref})
    if not (added.email or added.phone):
        raise InvalidInput("email", "is missing; give an e-mail address or a phone number")
    _record(services, actor, "contact.add", account_ref, added)
    return added


def rate(
    services: Services, user: User, account_ref: str, values: Mapping[str, object], *, actor: str
) -> None:
    """Store how this user rates the risk of the renewal. Raises NotFound, InvalidInput."""
    own = {"account_ref": account_ref, "at": services.clock.now(), "by": user.login}
    find(services, user, account_ref)
    _record(services, actor, "account.rate", account_ref, Rating.read({**values, **own}))


def decide(
    services: Services, user: User, account_ref: str, values: Mapping[str, object], *, actor: str
) -> None:
    """Store how a renewal ended. Raises NotFound, InvalidInput."""
    account = find(services, user, account_ref)
    own = {"account_ref": account_ref, "renewal_date": account.renewal_date}
    made = Outcome.read({"value_before": account.annual_value, **values, **own})
    if made.decided_at > services.clock.now().date():
        raise InvalidInput("decided_at", "is in the future", made.decided_at.isoformat())
    _record(services, actor, "account.outcome", account_ref, made)


def promise(
    services: Services, user: User, account_ref: str, values: Mapping[str, object], *, actor: str
) -> None:
    """Store what the account was told that we would look at. Raises NotFound, InvalidInput."""
    find(services, user, account_ref)
    own = {"account_ref": account_ref, "said_at": services.clock.now().date()}
    made = Action.read({**values, **own})
    _record(services, actor, "account.action", account_ref, made)


def done(services: Services, user: User, account_ref: str, identity: str, *, actor: str) -> None:
    """An action is done, from today. Raises NotFound."""
    find(services, user, account_ref)
    for action in services.store.find(Action, account_ref=account_ref):
        if action.identity == identity:
            today = services.clock.now().date()
            made = action.model_copy(update={"done_at": today})
            _record(services, actor, "account.action_done", account_ref, made)
            return
    raise NotFound("No such action.")


def ask(
    services: Services, user: User, account_ref: str, contact_ref: str, *, actor: str
) -> launch.Launched:
    """Plan a review interview with one contact; the gate decides whether and when it goes.

    Raises:
        NotFound: The account or the contact is not there, or not for this user.
        Conflict: The study takes no interviews.
    """
    find(services, user, account_ref)
    if not services.store.find(Contact, contact_ref=contact_ref, account_ref=account_ref):
        raise NotFound("No such contact.")
    study = lifecycle.named(services, REVIEW_STUDY)
    if study.state != "live":
        raise Conflict(f"{REVIEW_STUDY} is {study.state}; launch it first, then ask.")
    name = f"page-{services.clock.now():%Y-%m-%d}"
    wanted = launch.ByHand(name, (launch.Subject("contact_ref", contact_ref),))
    made = launch.by_hand(services, study, wanted)
    audit.record(services, actor, "account.ask", f"account:{account_ref}", contact=contact_ref)
    return made


def _record(services: Services, actor: str, what: str, account_ref: str, row: Row) -> None:
    intake.take(services, [row])
    audit.record(services, actor, what, f"account:{account_ref}")

"""What an account manager records about an account, and what was recorded before.

A band is what was said; a rating, an outcome or a word on a piece of evidence is what a person
knows better. All of it is stored with who and when.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from analysis.redact import redact
from interviewer.access import audit, viewing
from interviewer.core.access import User
from interviewer.core.book import (
    Account,
    Action,
    Consent,
    Contact,
    Outcome,
    Rating,
    Row,
    Score,
    SignalReview,
    period_span,
)
from interviewer.core.case import Case
from interviewer.core.errors import Conflict, InvalidInput, NotFound
from interviewer.events import intake
from interviewer.findings import evidence
from interviewer.findings.account_reports import known_of
from interviewer.outreach import launch
from interviewer.ports import Services
from interviewer.studies import lifecycle

REVIEW_STUDY = "account-review"
T = TypeVar("T", bound=Row)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded about an account, newest first."""

    account: Account
    ratings: Sequence[Rating]
    actions: Sequence[Action]
    outcomes: Sequence[Outcome]
    cases: Sequence[Case]
    scores: Mapping[str, Sequence[Score]]  # by metric, oldest first


def find(services: Services, user: User | None, account_ref: str) -> Account:
    """One account. Raises NotFound, also where it is not for this user."""
    seen = viewing.account_refs(services, user) if user else None
    found = services.store.find(Account, account_ref=account_ref)
    if not found or (seen is not None and account_ref not in seen):
        raise NotFound("No such account.")
    return found[0]


def recorded(services: Services, user: User, account_ref: str) -> Recorded:
    """What is recorded about one account. Raises NotFound."""
    account, store = find(services, user, account_ref), services.store
    hidden = known_of(services, [account_ref]) if user.role == "viewer" else None
    return Recorded(
        account=account,
        ratings=_newest(store.find(Rating, account_ref=account_ref), "at", hidden),
        actions=_newest(store.find(Action, account_ref=account_ref), "said_at", hidden),
        outcomes=_newest(store.find(Outcome, account_ref=account_ref), "decided_at", hidden),
        cases=viewing.cases(services, user, account_ref),
        scores=_series(store.find(Score, account_ref=account_ref)),
    )


def _series(scores: Iterable[Score]) -> dict[str, list[Score]]:
    found: dict[str, list[Score]] = {}
    for score in sorted(scores, key=lambda score: period_span(score.period)):
        found.setdefault(score.metric, []).append(score)
    return found


def _newest(rows: Iterable[T], column: str, hidden: Sequence[str] | None) -> list[T]:
    """By that column; with personal data masked in what was typed where some is hidden."""
    ordered = sorted(rows, key=lambda row: getattr(row, column), reverse=True)
    return ordered if hidden is None else [_masked(row, hidden) for row in ordered]


def _masked(row: T, hidden: Sequence[str]) -> T:
    typed = {name: getattr(row, name, None) for name in ("by", "why", "what", "reason")}
    return row.model_copy(update={k: redact(v, hidden) for k, v in typed.items() if v})


# what is recorded


def add_contact(
    services: Services, user: User, account_ref: str, values: Mapping[str, object], *, actor: str
) -> Contact:
    """A new person of an account; whoever has consented can then be asked.

    `consent_source` says where they agreed to be asked at the addresses given, such as a contract.

    Raises:
        NotFound: The account is not there, or not for this user.
        InvalidInput: A field breaks its rule.
        Conflict: There is a contact of that reference.
    """
    account = find(services, user, account_ref)
    ref, source = values.get("contact_ref") or services.new_id(), values.get("consent_source")
    if services.store.find(Contact, contact_ref=ref):
        raise Conflict(f"There is a contact {ref} already.")
    given = {k: v for k, v in values.items() if k != "consent_source"}
    added = Contact.read({**given, "contact_ref": ref, "account_ref": account.account_ref})
    if not (added.email or added.phone):
        raise InvalidInput("email", "is missing; give an e-mail address or a phone number")
    addresses = {"email": added.email, "sms": added.phone}
    agreed = [
        Consent.read(
            {
                "address": address,
                "channel": channel,
                "status": "granted",
                "source": source,
                "evidence": f"recorded by {actor}",
                "at": services.clock.now(),
            }
        )
        for channel, address in addresses.items()
        if address and source
    ]
    _record(services, actor, "contact.add", account_ref, added, *agreed)
    return added


def rate(
    services: Services,
    user: User | None,
    account_ref: str,
    values: Mapping[str, object],
    *,
    actor: str,
) -> Rating:
    """Store how somebody rates the risk of the renewal: this user, or whom `by` names.

    Raises:
        NotFound: There is no such account, or it is not for this user.
        InvalidInput: The rating is none of high, elevated, low.
    """
    find(services, user, account_ref)
    own = {"account_ref": account_ref, "at": services.clock.now()}
    made = Rating.read({**values, **own, **({"by": user.login} if user else {})})
    _record(services, actor, "account.rate", account_ref, made)
    return made


def review(
    services: Services,
    user: User | None,
    evidence_id: str,
    verdict: str,
    *,
    by: str,
    actor: str,
) -> SignalReview:
    """Store a person's word on a piece of evidence, named as the reports name it.

    It holds from the next analysis on; `withdrawn` takes back what was said before.

    Raises:
        NotFound: The words are not for this user.
        InvalidInput: It is no evidence id, or its turn does not hold these words.
    """
    turn_id, span, signal = _parts(evidence_id)
    start, _, end = span.partition("-")
    made = SignalReview.read(
        {
            "at": services.clock.now(),
            "by": by,
            "turn_id": turn_id,
            "signal": signal,
            "start": start,
            "end": end,
            "verdict": verdict,
        }
    )
    held = evidence.transcript(services, turn_id.rpartition(":")[0])
    turn = next((t for t in held.turns if t.turn_id == turn_id), None) if held else None
    if held is None or turn is None or turn.speaker != "respondent" or made.end > len(turn.text):
        raise InvalidInput("evidence", "names no words of a respondent", evidence_id)
    if user:
        find(services, user, held.account_ref or "")
        if turn.audience == "owner" and not user.reads_what_is_kept_back:
            raise NotFound("No such words.")
    _record(services, actor, f"signal.{verdict}", held.account_ref or "", made)
    return made


def _parts(evidence_id: str) -> tuple[str, str, str]:
    parts = evidence_id.rsplit("/", 2)
    if len(parts) != 3:
        fix = "is no evidence id; copy one from the account's report: TURN/START-END/SIGNAL"
        raise InvalidInput("evidence", fix, evidence_id)
    return parts[0], parts[1], parts[2]


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


def done(
    services: Services,
    user: User,
    account_ref: str,
    identity: str,
    *,
    actor: str,
    is_done: bool = True,
) -> None:
    """An action is done, from today; or after all it is not. Raises NotFound."""
    find(services, user, account_ref)
    for action in services.store.find(Action, account_ref=account_ref):
        if action.identity == identity:
            day = services.clock.now().date() if is_done else None
            made = action.model_copy(update={"done_at": day})
            what = "account.action_done" if is_done else "account.action_open"
            _record(services, actor, what, account_ref, made)
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


def _record(services: Services, actor: str, what: str, account_ref: str, *rows: Row) -> None:
    intake.take(services, list(rows))
    audit.record(services, actor, what, f"account:{account_ref}")

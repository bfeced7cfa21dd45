"""What a user may see: every page about people and accounts reads through here.

An account manager sees own accounts only, by the account's `owner_email`, so a change of owner
changes what is seen at once. Turns kept from the account manager are for owners alone. What people
said is shown without personal data, until somebody who may says for what it is needed in clear.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from interviewer.access import audit
from interviewer.access.redaction import known_of, redacted
from interviewer.core.access import User
from interviewer.core.book import Account
from interviewer.core.case import Case
from interviewer.core.errors import InvalidInput, NotAllowed, NotFound
from interviewer.core.interview import Interview, Turn
from interviewer.core.search import excerpt, matches
from interviewer.ports import Services
from interviewer.store import COUNTED, InterviewCount, Wanted

PURPOSES: Mapping[str, str] = {
    "case": "to solve a case",
    "request": "the respondent asked for it",
    "quote": "to check a quote or a theme",
    "quality": "to check how the interview was held",
    "legal": "for a claim or a legal matter",
}
"""For what a transcript may be read in clear; the audit log keeps the word."""

AT_ONCE = 200  # interviews read together for an export


@dataclass(frozen=True, slots=True)
class Listed:
    """An interview in a list, without personal data; `found` are the words that were looked for."""

    interview: Interview
    found: str | None = None
    found_in: int | None = None  # the turn


@dataclass(frozen=True, slots=True)
class InterviewPage:
    """A page of interviews, newest first, with the edges of the pages beside it."""

    listed: Sequence[Listed]
    newer: str | None  # the page `after` this one
    older: str | None  # the page `before` this one
    total: int | None  # None: not said to this user
    counts: Mapping[str, Mapping[str, int]]  # column -> value -> how many, were it chosen


def account_refs(services: Services, user: User) -> frozenset[str] | None:
    """The accounts that the user sees; None when that is all of them."""
    if user.role != "account_manager":
        return None
    return frozenset(a.account_ref for a in services.store.find(Account) if user.sees(a))


def page_of_interviews(
    services: Services,
    user: User,
    wanted: Wanted,
    *,
    before: str | None = None,
    after: str | None = None,
    limit: int,
) -> InterviewPage:
    """Interviews, newest first, trials included unless `wanted` says otherwise."""
    wanted = _within(services, user, wanted)
    found = services.store.page_of_interviews(wanted, before=before, after=after, limit=limit + 1)
    has_more, found = len(found) > limit, found[:limit]
    if after:
        found.reverse()
    has_newer, has_older = (has_more, True) if after else (before is not None, has_more)
    counts = None if _is_guarded(user, wanted) else services.store.count_interviews(wanted)
    return InterviewPage(
        listed=_listed(services, user, wanted, found),
        newer=found[0].interview_id if found and has_newer else None,
        older=found[-1].interview_id if found and has_older else None,
        total=None if counts is None else sum(c.n for c in counts if _is_chosen(c, wanted)),
        counts={} if counts is None else _by_value(counts, wanted),
    )


def every_interview(services: Services, user: User, wanted: Wanted) -> Iterator[Listed]:
    """All of a list, newest first, read in pages."""
    last: str | None = None
    wanted = _within(services, user, wanted)
    while found := services.store.page_of_interviews(wanted, before=last, limit=AT_ONCE):
        yield from _listed(services, user, wanted, found)
        last = found[-1].interview_id


def neighbors(
    services: Services, user: User, wanted: Wanted, interview_id: str
) -> tuple[str | None, str | None]:
    """The next newer and the next older interview of a list."""
    wanted, store = _within(services, user, wanted), services.store
    newer = store.page_of_interviews(wanted, after=interview_id, limit=1)
    older = store.page_of_interviews(wanted, before=interview_id, limit=1)
    return _id_of(newer), _id_of(older)


def interview(services: Services, user: User, interview_id: str) -> Interview:
    """One interview without personal data. Raises NotFound, also where it is not for this user."""
    found = _seen(services, user, interview_id)
    return redacted(found, known_of(services, [found])[interview_id])


def interview_in_clear(
    services: Services, user: User, interview_id: str, purpose: str, *, address: str | None = None
) -> Interview:
    """One interview as it was held; that it was read, and for what, goes into the audit log.

    Raises:
        NotFound: As `interview`.
        NotAllowed: Viewers read nothing in clear.
        InvalidInput: The purpose is none of `PURPOSES`.
    """
    if user.role == "viewer":
        raise NotAllowed("Viewers read interviews without personal data.")
    if purpose not in PURPOSES:
        raise InvalidInput("purpose", f"is none of {', '.join(PURPOSES)}", purpose)
    found = _seen(services, user, interview_id)
    about, actor = f"interview:{interview_id}", f"user:{user.login}"
    audit.record(
        services, actor, "transcript.read_in_clear", about, address=address, purpose=purpose
    )
    return found


def cases_of(services: Services, user: User, interview_id: str) -> list[Case]:
    """The cases of one interview that this user sees; viewers see none."""
    if user.role == "viewer":
        return []
    return seen_by(services, user, services.store.cases(interview_id=interview_id))


def cases(services: Services, user: User, account_ref: str | None = None) -> list[Case]:
    """Cases that are for this user, newest first; those of one account where it is named."""
    wanted = account_ref if account_ref is not None else account_refs(services, user)
    return seen_by(services, user, services.store.cases(account_ref=wanted))


def seen_by(services: Services, user: User, found: Sequence[Case]) -> list[Case]:
    """Those of these cases that are for this user: an account manager's are of own accounts.

    One that is kept from the account manager is for owners and the account's second owner alone.
    """
    own = account_refs(services, user)
    return [
        case
        for case in found
        if (own is None or case.account_ref in own)
        and (case.audience == "all" or user.reads_what_is_kept_back or _is_second_owner(user, case))
    ]


def _is_second_owner(user: User, case: Case) -> bool:
    return (case.second_owner_email or "").casefold() == user.login


def case(services: Services, user: User, case_id: str) -> Case:
    """One case. Raises NotFound, also where it is not for this user."""
    interview_id, _, reason = case_id.rpartition(".")
    found = seen_by(services, user, [services.store.case(interview_id, reason)])
    if not found:
        raise NotFound("No such case.")
    return found[0]


def _seen(services: Services, user: User, interview_id: str) -> Interview:
    found = services.store.interview(interview_id)
    seen = account_refs(services, user)
    if seen is not None and found.account_ref not in seen:
        raise NotFound("No such interview.")
    return _for_user(found, user)


def _within(services: Services, user: User, wanted: Wanted) -> Wanted:
    """What is wanted, as far as this user may see it."""
    return replace(
        wanted,
        accounts=account_refs(services, user),
        reads_kept_back=user.reads_what_is_kept_back,
    )


def _is_guarded(user: User, wanted: Wanted) -> bool:
    """Whether a count would tell a viewer what personal data somebody wrote."""
    return user.role == "viewer" and bool(wanted.terms)


def _listed(
    services: Services, user: User, wanted: Wanted, found: Sequence[Interview]
) -> list[Listed]:
    known = known_of(services, found)
    shown = [redacted(_for_user(one, user), known[one.interview_id]) for one in found]
    if not wanted.terms:
        return [Listed(one) for one in shown]
    listed = [_with_excerpt(one, wanted) for one in shown]
    return [one for one in listed if one.found or not _is_guarded(user, wanted)]


def _with_excerpt(interview: Interview, wanted: Wanted) -> Listed:
    """The first answer with the words; none when they are among what is not shown."""
    turn: Turn | None = next((t for t in interview.answers if matches(t.text, wanted.terms)), None)
    if turn is None:
        return Listed(interview)
    return Listed(interview, excerpt(turn.text, wanted.terms), turn.seq)


def _is_chosen(count: InterviewCount, wanted: Wanted, besides: str = "") -> bool:
    """Whether these are wanted, whatever is wanted of the column `besides`."""
    return all(
        (value := getattr(wanted, column)) is None or getattr(count, column) == value
        for column in COUNTED
        if column != besides
    )


def _by_value(counts: Sequence[InterviewCount], wanted: Wanted) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for column in COUNTED:
        numbers = found[column] = {}
        for count in counts:
            if _is_chosen(count, wanted, besides=column):
                value = str(getattr(count, column))
                numbers[value] = numbers.get(value, 0) + count.n
    return found


def _id_of(found: Sequence[Interview]) -> str | None:
    return found[0].interview_id if found else None


def _for_user(interview: Interview, user: User) -> Interview:
    if user.reads_what_is_kept_back:
        return interview
    shown, is_kept_back = [], False
    for turn in interview.turns:
        if turn.speaker == "respondent":
            is_kept_back = turn.audience == "owner"
        if not is_kept_back:  # what answers a turn that is kept back may quote it
            shown.append(turn)
    return interview.model_copy(update={"turns": tuple(shown)})

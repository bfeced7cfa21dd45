"""The newest analysis as account managers use it: the book, one account, the customer's copy.

Every function returns plain values for a user, and nothing about accounts that are not theirs. What
was said is read as the analysis read it; contacts, claims, ratings and actions are those of today.
The same run, book and day give the same values.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter

from analysis import account_report, book_report, tables
from analysis.account_report import last_question
from analysis.redact import redact
from interviewer.access import viewing
from interviewer.core.access import User
from interviewer.core.book import Account, Consent, Contact, Suppression
from interviewer.core.contact import has_consent, is_suppressed
from interviewer.core.errors import NotFound
from interviewer.core.interview import Channel, Interview
from interviewer.core.invitation import Invitation
from interviewer.findings import evidence
from interviewer.ports import Services
from interviewer.store import AnalysisRun

_RISKS = TypeAdapter(tuple[tables.AccountRisk, ...])
_MODEL = TypeAdapter(tables.FittedModel | None)
_SIGNALS = TypeAdapter(tuple[tables.Signal, ...])
CHANNELS: tuple[Channel, ...] = ("email", "sms")
LATELY_DAYS = 180
RULE = re.compile(r"^G\d+: ")  # of the send gate, before what it says
WAITING = ("due", "held")
MOST_WATCHED = 10  # in a part of the book


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest analysis, with the book it is read beside."""

    run: AnalysisRun
    as_of: date
    risks: tuple[tables.AccountRisk, ...]
    signals: tuple[tables.Signal, ...]
    book: tables.Book

    def risk(self, account_ref: str) -> tables.AccountRisk:
        """The reading of one account. Raises NotFound."""
        found = next((r for r in self.risks if r.account_ref == account_ref), None)
        if found is None:
            raise NotFound(f"no account {account_ref!r} in the newest analysis")
        return found


def newest(services: Services, user: User | None = None) -> Reading:
    """The newest analysis whole, for this user alone; everything when None.

    Raises:
        NotFound: Nothing was analyzed yet.
    """
    run = services.store.latest_run()
    if run is None:
        raise NotFound("nothing was analyzed yet; run interviewer analyze")
    seen = viewing.account_refs(services, user) if user else None
    risks, signals = _RISKS.validate_python(run.risks), _SIGNALS.validate_python(run.signals)
    if seen is None:
        book = evidence.read_book(services)
    else:
        held = services.store.interviews(account_ref=seen)
        book = evidence.read_accounts(services, seen, held)
    return Reading(
        run,
        _as_of(run),
        tuple(r for r in risks if seen is None or r.account_ref in seen),
        tuple(s for s in signals if seen is None or s.account_ref in seen),
        replace(book, standings=tuple(_named(services, seen))),
    )


def model(services: Services) -> tables.FittedModel | None:
    """The risk model that the newest analysis was read with."""
    run = services.store.latest_run()
    return _MODEL.validate_python(run.memory.get("model")) if run else None


def book_of_business(
    services: Services,
    wanted: book_report.Filter | None = None,
    user: User | None = None,
    *,
    first: int = 0,
    most: int | None = None,
) -> book_report.BookView:
    """The accounts of this user that the filter takes; of a long list a part."""
    wanted, day = wanted or book_report.Filter(), services.clock.now().date()
    seen = viewing.account_refs(services, user) if user else None
    run = services.store.latest_risks(seen)
    accounts = [
        tables.Account(
            row.account_ref,
            account_name=row.account_name,
            segment=row.segment,
            owner_name=row.owner_name,
            annual_value=row.annual_value,
            currency=row.currency,
            renewal_date=row.renewal_date,
        )
        for row in services.store.find(Account)
        if seen is None or row.account_ref in seen
    ]
    risks = _risks(run, [account.account_ref for account in accounts], day)
    chosen = book_report.choose(risks, accounts, day, wanted)
    chosen = replace(chosen, first=first, most=most, most_watched=MOST_WATCHED if most else None)
    refs = chosen.account_refs
    strongest = [book_report.strongest(risk) for risk, _ in chosen.shown]
    quotes = [item.quote for one in strongest if one for item in one.evidence[:1] if item.quote]
    book = _around(services, refs, quotes)
    view = book_report.book_view(
        chosen,
        replace(book, accounts=accounts),
        _as_of(run) if run else day,
        _trace(run),
        wanted,
        day=day,
    )
    return view if user is None or user.role != "viewer" else _nameless_book(view)


def account(
    services: Services, account_ref: str, user: User | None = None
) -> account_report.AccountView:
    """One account, for the account team. Raises NotFound, also where it is not for this user."""
    risk, signals, book, run = _one(services, account_ref, user)
    kept_back = [s for s in signals if s.quote and s.quote.audience == "owner"]
    may = user is not None and user.reads_what_is_kept_back
    view = account_report.account_view(
        risk,
        book,
        _trace(run),
        day=services.clock.now().date(),
        in_confidence=kept_back if may else (),
        kept_back=0 if may else len(kept_back),
    )
    if user is None or user.role != "viewer":
        return view
    return _nameless(view, known_of(services, [account_ref]))


def for_customer(
    services: Services, account_ref: str, user: User | None = None
) -> account_report.CustomerView:
    """The copy that the customer may see. Raises NotFound as `account`."""
    risk, signals, book, _ = _one(services, account_ref, user)
    return account_report.customer_view(risk, signals, book, day=services.clock.now().date())


def signals_in(
    services: Services, interview: Interview
) -> Mapping[int, Sequence[account_report.Evidence]]:
    """What the newest analysis found in the turns of an interview that it holds, by their place."""
    ref, run = interview.account_ref, services.store.latest_risks(())
    if ref is None or run is None:
        return {}
    found = _SIGNALS.validate_python(services.store.signals(run.run_id, ref))
    own = [s for s in found if s.quote and s.quote.interview_id == interview.interview_id]
    held = evidence.transcript(services, interview.interview_id)
    book = tables.Book(
        transcripts=(held,) if held else (),
        standings=tuple(_named(services, [ref])),
        reviews=evidence.reviews(services, turn_id=[s.quote.turn_id for s in own if s.quote]),
    )
    shown = {turn.seq for turn in interview.turns}
    by_turn: dict[int, list[account_report.Evidence]] = {}
    for item in account_report.shown_evidence(own, book):
        seq = int((item.turn_id or "").rpartition(":")[2])
        if seq in shown and (item.status != "possible" or item.review):
            by_turn.setdefault(seq, []).append(item)
    return by_turn


def known_of(services: Services, account_refs: Collection[str]) -> list[str]:
    """What is known of the people of these accounts that is personal data."""
    contacts = services.store.find(Contact, account_ref=list(account_refs))
    values = [v for c in contacts for v in (c.contact_name, c.email, c.phone)]
    return [value for value in values if value]


def _one(
    services: Services, account_ref: str, user: User | None
) -> tuple[tables.AccountRisk, tuple[tables.Signal, ...], tables.Book, AnalysisRun | None]:
    seen = viewing.account_refs(services, user) if user else None
    if seen is not None and account_ref not in seen:
        raise NotFound("No such account.")
    run = services.store.latest_risks([account_ref])
    if not services.store.find(Account, account_ref=account_ref) and not (run and run.risks):
        raise NotFound(f"no account {account_ref!r}; import accounts first")
    (risk,) = _risks(run, [account_ref], services.clock.now().date())
    found = services.store.signals(run.run_id, account_ref) if run else ()
    signals = _SIGNALS.validate_python(found)
    cited = (*(i for r in risk.reasons for i in r.evidence), *risk.unscored, *signals)
    book = _around(services, [account_ref], [i.quote for i in cited if i.quote])
    return risk, signals, book, run


def _risks(
    run: AnalysisRun | None, refs: Sequence[str], day: date
) -> tuple[tables.AccountRisk, ...]:
    """What the run says of these accounts, in its order; those that it does not know come last."""
    read = [_for_all(risk) for risk in _RISKS.validate_python(run.risks)] if run else []
    known = {risk.account_ref for risk in read}
    why = "it came after the newest analysis" if run else "nothing was analyzed yet"
    return (*read, *(_unread(ref, why, day) for ref in refs if ref not in known))


def _for_all(risk: tables.AccountRisk) -> tables.AccountRisk:
    """Without words kept from the account manager, whatever a run holds."""

    def open_ones(items: tuple[tables.Signal, ...]) -> tuple[tables.Signal, ...]:
        return tuple(i for i in items if not (i.quote and i.quote.audience == "owner"))

    reasons = tuple(replace(r, evidence=open_ones(r.evidence)) for r in risk.reasons)
    return replace(risk, reasons=reasons, unscored=open_ones(risk.unscored))


def _unread(ref: str, why: str, day: date) -> tables.AccountRisk:
    return tables.AccountRisk(
        *(ref, day, "not_enough_evidence", f"{why}; run interviewer analyze", 0.0, 0.0, 0.0),
        *((), (), (), "no reliable change", 0, 0),
    )


def _around(
    services: Services, refs: Collection[str], quotes: Iterable[tables.Quote]
) -> tables.Book:
    """What pages of these accounts need: what contacts said and whole turns around the quotes."""
    store = services.store
    held = store.interviews(account_ref=refs, with_contact=True)
    cited = {q.interview_id: q.turn_id for q in quotes}
    missing = cited.keys() - {interview.interview_id for interview in held}
    book = evidence.read_accounts(services, refs, [*held, *store.interviews_named(missing)])
    now = services.clock.now()
    return replace(
        book,
        reviews=evidence.reviews(services, turn_id=sorted({q.turn_id for q in quotes})),
        standings=tuple(_standings(services, refs, held)),
        open_questions=tuple(_open_questions(services, held, now.date())),
    )


def _as_of(run: AnalysisRun) -> date:
    return date.fromisoformat(run.memory["as_of"])


def _trace(run: AnalysisRun | None) -> dict[str, str]:
    """What the numbers rest on, by name."""
    if run is None:
        return {"Run": "none yet"}
    return {
        "Run": f"{run.run_id}, {run.at:%Y-%m-%d %H:%M} UTC",
        "Read as of": str(run.memory["as_of"]),
        **{name.replace("_", " ").capitalize(): str(v) for name, v in run.settings.items()},
    }


def _named(services: Services, seen: Collection[str] | None) -> Iterator[tables.ContactStanding]:
    """Every active contact by name alone."""
    for contact in services.store.find(Contact, active=True):
        if seen is None or contact.account_ref in seen:
            yield tables.ContactStanding(
                contact.contact_ref, contact.account_ref, contact.contact_name, contact.contact_role
            )


def _standings(
    services: Services, refs: Collection[str], held: Sequence[Interview]
) -> Iterator[tables.ContactStanding]:
    """Every active contact, with where to ask them and why they were not heard."""
    store, now = services.store, services.clock.now()
    contacts = store.find(Contact, active=True, account_ref=list(refs))
    addresses = sorted({a for c in contacts for a in (c.email, c.phone) if a})
    consents = _by_address(store.find(Consent, address=addresses))
    stops = _by_address(store.find(Suppression, address=addresses))
    invited = _by_address(store.invitations(address=addresses))
    declined = {i.contact_ref for i in held if i.status == "opted_out"}
    for contact in contacts:
        known = [channel for channel in _channels(contact) if _address(contact, channel)]
        open_to = [c for c in known if not _is_stopped(contact, c, stops)]
        agreed = [c for c in open_to if _agreed(contact, c, consents, now)]
        last = max(
            (i for c in known for i in invited.get(_address(contact, c) or "", ())),
            key=lambda invitation: invitation.due_at,
            default=None,
        )
        why = {
            "suppressed": bool(known) and not open_to,
            "declined": contact.contact_ref in declined,
            "no consent": bool(open_to) and not agreed,
        }
        yield tables.ContactStanding(
            contact.contact_ref,
            contact.account_ref,
            contact.contact_name,
            contact.contact_role,
            channel=next(iter((*agreed, *open_to)), None),
            why_unheard=next((word for word, yes in why.items() if yes), _asked(last)),
        )


def _asked(last: Invitation | None) -> str:
    """How the last invitation of somebody fared."""
    if last is None:
        return "never invited"
    if last.state in WAITING:
        return "asked"
    if last.state == "sent":
        return "no answer"
    why = RULE.sub("", last.reason or "").removesuffix(".")
    return f"not written to: {why}" if why else "never invited"


def _channels(contact: Contact) -> tuple[Channel, ...]:
    """Where to ask, the preferred one first."""
    return tuple(sorted(CHANNELS, key=lambda c: (c != contact.preferred_channel, c)))


def _address(contact: Contact, channel: Channel) -> str | None:
    return contact.email if channel == "email" else contact.phone


def _by_address(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.address, []).append(row)
    return found


def _is_stopped(contact: Contact, channel: Channel, stops: Mapping[str, list[Suppression]]) -> bool:
    address = _address(contact, channel) or ""
    return is_suppressed(stops.get(address, ()), address, channel)


def _agreed(
    contact: Contact, channel: Channel, consents: Mapping[str, list[Consent]], now: datetime
) -> bool:
    address = _address(contact, channel) or ""
    return has_consent(consents.get(address, ()), address, channel, now)


def _open_questions(
    services: Services, held: Iterable[Interview], day: date
) -> Iterator[tables.OpenQuestion]:
    """Topics that the studies of an account asked lately, or would have, and did not learn."""
    found: dict[tuple[str, str], list[Interview]] = {}
    for one in held:
        if one.account_ref and 0 <= (day - one.opened_at.date()).days <= LATELY_DAYS:
            found.setdefault((one.account_ref, one.study), []).append(one)
    guides = {study.slug: study.guide for study in services.store.studies()} if found else {}
    for (ref, slug), interviews in sorted(found.items()):
        covered = frozenset().union(*(one.covered for one in interviews))
        missing = dict.fromkeys(
            topic for one in interviews for topic in one.topics if topic not in covered
        )
        asked = {
            turn.topic: turn.text
            for one in reversed(interviews)
            for turn in one.said
            if turn.move == "ask" and turn.topic and turn.audience == "all"
        }
        for topic in missing:
            words = _wording(guides[slug].topics, topic) or last_question(asked.get(topic))
            if words:
                yield tables.OpenQuestion(ref, slug, topic, words)


def _wording(topics: Mapping[str, Any], topic: str) -> str | None:
    """The guide's own words for a topic, where they name nothing that is not known here."""
    wordings = topics[topic].ask.get("en", ()) if topic in topics else ()
    return next((text for text in wordings if "{" not in text), None)


# without names, for viewers


def _nameless_book(view: book_report.BookView) -> book_report.BookView:
    def rows(shown: Iterable[book_report.BookRow]) -> tuple[book_report.BookRow, ...]:
        return tuple(
            replace(row, next_step=row.next_step and replace(row.next_step, name=None))
            for row in shown
        )

    return replace(view, rows=rows(view.rows), unheard=rows(view.unheard), watch=rows(view.watch))


def _nameless(
    view: account_report.AccountView, known: Collection[str]
) -> account_report.AccountView:
    """The same without names of people, and with their data masked in what was typed."""
    rating = view.rating
    why = rating.why if rating else None
    return replace(
        view,
        heard=tuple(replace(contact, name=None) for contact in view.heard),
        unheard=tuple(replace(contact, name=None) for contact in view.unheard),
        rating=rating and replace(rating, by=redact(rating.by), why=why and redact(why, known)),
        rating_differs=view.rating_differs and redact(view.rating_differs),
        actions=tuple(replace(a, what=redact(a.what, known)) for a in view.actions),
    )

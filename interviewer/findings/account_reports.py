"""The newest analysis as account managers use it: the book, one account, the customer's copy.

Every function returns plain values for a user, and nothing about accounts that are not theirs. The
same run and the same book give the same values.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter

from analysis import account_report, book_report, tables
from analysis.account_report import last_question
from interviewer.access import viewing
from interviewer.core.access import User
from interviewer.core.book import Consent, Contact, Suppression
from interviewer.core.contact import has_consent, is_suppressed
from interviewer.core.errors import NotFound
from interviewer.core.interview import Channel, Interview
from interviewer.findings.evidence import read_book
from interviewer.ports import Services
from interviewer.store import AnalysisRun

_RISKS = TypeAdapter(tuple[tables.AccountRisk, ...])
_SIGNALS = TypeAdapter(tuple[tables.Signal, ...])
CHANNELS: tuple[Channel, ...] = ("email", "sms")
LATELY_DAYS = 180


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest analysis, with the book it is read beside."""

    run: AnalysisRun
    as_of: date
    risks: tuple[tables.AccountRisk, ...]
    signals: tuple[tables.Signal, ...]
    book: tables.Book
    trace: Mapping[str, str]

    def risk(self, account_ref: str) -> tables.AccountRisk:
        """The reading of one account. Raises NotFound."""
        found = next((r for r in self.risks if r.account_ref == account_ref), None)
        if found is None:
            raise NotFound(f"no account {account_ref!r} in the newest analysis")
        return found


def newest(services: Services, user: User | None = None) -> Reading:
    """The newest analysis, for this user alone; everything when None.

    Raises:
        NotFound: Nothing was analyzed yet.
    """
    run = services.store.latest_run()
    if run is None:
        raise NotFound("nothing was analyzed yet; run interviewer analyze")
    seen = viewing.account_refs(services, user) if user else None
    as_of = date.fromisoformat(run.memory["as_of"])
    risks = _RISKS.validate_python(run.risks)
    book = _part(read_book(services), seen)
    return Reading(
        run,
        as_of,
        tuple(r for r in risks if seen is None or r.account_ref in seen),
        tuple(
            s
            for s in _SIGNALS.validate_python(run.signals)
            if seen is None or s.account_ref in seen
        ),
        replace(
            book,
            standings=tuple(_standings(services, seen, run.at)),
            open_questions=tuple(_open_questions(services, seen, as_of)),
        ),
        _trace(run, book),
    )


def book_of_business(
    services: Services, chosen: book_report.Filter | None = None, user: User | None = None
) -> book_report.BookView:
    """The accounts of this user that the filter takes. Raises NotFound before any analysis."""
    reading = newest(services, user)
    return book_report.book_view(reading.risks, reading.book, reading.as_of, reading.trace, chosen)


def account(
    services: Services, account_ref: str, user: User | None = None
) -> account_report.AccountView:
    """One account, for the account team. Raises NotFound, also where it is not for this user."""
    reading = newest(services, user)
    return account_report.account_view(reading.risk(account_ref), reading.book, reading.trace)


def for_customer(
    services: Services, account_ref: str, user: User | None = None
) -> account_report.CustomerView:
    """The copy that the customer may see. Raises NotFound as `account`."""
    reading = newest(services, user)
    return account_report.customer_view(reading.risk(account_ref), reading.signals, reading.book)


def _part(book: tables.Book, seen: Collection[str] | None) -> tables.Book:
    """What is about these accounts; all of it when None."""
    if seen is None:
        return book
    names = ("transcripts", "accounts", "scores", "claims", "volumes", "invoices", "ratings")
    kept: dict[str, Any] = {
        name: tuple(row for row in getattr(book, name) if row.account_ref in seen)
        for name in (*names, "actions")
    }
    return replace(book, **kept)


def _trace(run: AnalysisRun, book: tables.Book) -> dict[str, str]:
    """What the numbers rest on, by name."""
    days = sorted(t.at.date().isoformat() for t in book.transcripts if t.at)
    window = f"{days[0]} to {days[-1]}" if days else "nothing said yet"
    return {
        "Run": f"{run.run_id}, {run.at:%Y-%m-%d %H:%M} UTC",
        "Read as of": str(run.memory["as_of"]),
        "Data window": f"{window}, {len(book.transcripts)} interviews, mails and tickets",
        **{name.replace("_", " ").capitalize(): str(v) for name, v in run.settings.items()},
    }


def _standings(
    services: Services, seen: Collection[str] | None, now: datetime
) -> Iterator[tables.ContactStanding]:
    """Every active contact, with where to ask them and why they were not heard."""
    store = services.store
    consents, stops = _by_address(store.find(Consent)), _by_address(store.find(Suppression))
    sent = Counter(i.contact_ref for i in store.invitations(state="sent"))
    declined = {i.contact_ref for i in store.interviews() if i.status == "opted_out"}
    for contact in store.find(Contact, active=True):
        if seen is not None and contact.account_ref not in seen:
            continue
        known = [channel for channel in _channels(contact) if _address(contact, channel)]
        open_to = [c for c in known if not _is_stopped(contact, c, stops)]
        agreed = [c for c in open_to if _agreed(contact, c, consents, now)]
        why = {
            "suppressed": bool(known) and not open_to,
            "declined": contact.contact_ref in declined,
            "no consent": bool(open_to) and not agreed,
            "no answer": bool(sent[contact.contact_ref]),
        }
        yield tables.ContactStanding(
            contact.contact_ref,
            contact.account_ref,
            contact.contact_name,
            contact.contact_role,
            channel=next(iter((*agreed, *open_to)), None),
            why_unheard=next((word for word, yes in why.items() if yes), "never invited"),
        )


def _channels(contact: Contact) -> tuple[Channel, ...]:
    """Where to ask, the preferred one first."""
    return tuple(sorted(CHANNELS, key=lambda c: (c != contact.preferred_channel, c)))


def _address(contact: Contact, channel: Channel) -> str | None:
    return contact.email if channel == "email" else contact.phone


def _by_address(rows: list[Any]) -> dict[str, list[Any]]:
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
    services: Services, seen: Collection[str] | None, as_of: date
) -> Iterator[tables.OpenQuestion]:
    """Topics that the studies of an account asked lately, or would have, and did not learn."""
    found: dict[tuple[str, str], list[Interview]] = {}
    for held in services.store.interviews():
        ref = held.account_ref
        if ref is None or not held.contact_ref or (seen is not None and ref not in seen):
            continue
        if 0 <= (as_of - held.opened_at.date()).days <= LATELY_DAYS:
            found.setdefault((ref, held.study), []).append(held)
    guides = {study.slug: study.guide for study in services.store.studies()}
    for (ref, slug), interviews in sorted(found.items()):
        covered = frozenset().union(*(held.covered for held in interviews))
        missing = dict.fromkeys(
            topic for held in interviews for topic in held.topics if topic not in covered
        )
        asked = {
            turn.topic: turn.text
            for held in reversed(interviews)
            for turn in held.said
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

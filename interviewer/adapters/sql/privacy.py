# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Everything that is stored about one person: found, given out, erased; and what is too old.

`RULES` says of every table with words or data of people by which column a row is somebody's, and
what of the row remains. A table that a respondent can reach and that is not there is a defect.
"""

import html
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, cast, delete, func, or_, select, text, update
from sqlmodel import col

from interviewer.adapters.sql import tables as t
from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.rows import chunks
from interviewer.store import ERASED, Privacy, Subject

GONE = ""  # an address that nothing reaches
WORDS_OF_A_QUOTE = 4  # in a row: that many are recognized as somebody's
STUB = (
    "<!doctype html><html lang=en><title>Erased</title><p>This report quoted a person whose data "
    "was erased. Make a new one: <code>interviewer analyze</code>"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of a table that are about a person, and what replaces what they hold."""

    table: type[t.Table]
    of: str  # of `Subject`: which ids
    column: str  # that holds them
    instead: Mapping[str, Any] | None = field(default=None)  # None: the row goes


TURN: Mapping[str, Any] = {
    **dict.fromkeys(("message_id", "author", "reading", "decision", "trace")),
    "text": ERASED,
    "joined": [],
}
MESSAGE = {"address": GONE, "text": ERASED, "subject": None, "provider_id": None, "answers": None}
INVITATION: Mapping[str, Any] = {
    "address": GONE,
    "contact_ref": None,
    "shipment_ref": None,
    "zones": [],
    "regions": [],
}
SHIPMENT = dict.fromkeys(
    (
        *("contact_ref", "recipient_name", "phone", "email", "tracking_code", "order_ref"),
        *("reference", "item", "exception_text", "proof", "proof_place", "option_chosen"),
    )
) | {"context": {}}
SCAN = dict.fromkeys(("exception_text", "city", "order_ref", "proof", "proof_place"))
SCAN |= {"context": {}, "raw_codes": {}}
INTERVIEW = dict.fromkeys(
    ("respondent_name", "contact_ref", "shipment_ref", "address", "memory")
) | {"context": {}}
CASE: Mapping[str, Any] = {"quotes": [], "notes": [], "outcome": None}
REFERENCES = {"contact_ref": None, "shipment_ref": None}

RULES = (
    Rule(t.TurnTable, "interviews", "interview_id", TURN),
    Rule(t.ChatPartTable, "interviews", "interview_id"),
    Rule(t.PhotoTable, "interviews", "interview_id"),
    Rule(t.FormerLinkTable, "interviews", "interview_id"),
    Rule(t.ActionRequestTable, "interviews", "interview_id"),
    Rule(t.CaseTable, "interviews", "interview_id", {**CASE, **REFERENCES}),
    Rule(t.OutboundMessageTable, "interviews", "interview_id", MESSAGE),
    Rule(t.OutboundMessageTable, "addresses", "address", MESSAGE),
    Rule(t.InboundMessageTable, "interviews", "interview_id"),
    Rule(t.InboundMessageTable, "addresses", "address"),
    Rule(t.InvitationTable, "interviews", "interview_id", INVITATION),
    Rule(t.InvitationTable, "contacts", "contact_ref", INVITATION),
    Rule(t.InvitationTable, "addresses", "address", INVITATION),
    Rule(t.MomentTable, "shipments", "subject"),
    Rule(t.MomentTable, "contacts", "subject"),
    Rule(t.InterviewTable, "interviews", "interview_id", INTERVIEW),
    Rule(t.ContactTable, "contacts", "contact_ref"),
    Rule(t.ConsentTable, "addresses", "address"),
    Rule(t.SuppressionTable, "addresses", "address"),
    Rule(t.ShipmentEventTable, "shipments", "shipment_ref", SCAN),
    Rule(t.ShipmentTable, "shipments", "shipment_ref", SHIPMENT),
    Rule(t.ClaimTable, "shipments", "shipment_ref", {"contact_ref": None, "context": {}}),
    Rule(t.ClaimTable, "contacts", "contact_ref", {"contact_ref": None, "context": {}}),
    Rule(t.TicketTable, "shipments", "shipment_ref", {"shipment_ref": None, "context": {}}),
    Rule(t.ActionTable, "contacts", "contact_ref", {"what": ERASED, "contact_ref": None}),
    Rule(t.NoteTable, "contacts", "contact_ref"),
    Rule(t.ImportedTranscriptTable, "contacts", "contact_ref"),
)


class SqlPrivacy(Part, Privacy):
    """What is stored about one person."""

    def interviews_about(self, subject: Subject) -> list[str]:
        """Erased ones are nobody's."""
        table = t.InterviewTable
        mine = or_(
            col(table.address).in_(subject.addresses),
            col(table.contact_ref).in_(subject.contacts),
            col(table.shipment_ref).in_(subject.shipments),
        )
        with self._database.read() as connection:
            return list(connection.scalars(select(col(table.interview_id)).where(mine)))

    def held_about(self, subject: Subject) -> dict[str, list[dict[str, Any]]]:
        held: dict[str, list[dict[str, Any]]] = {}
        with self._database.read() as connection:
            for rule in RULES:
                name = str(rule.table.__tablename__)
                for row in _rows(connection, rule, subject):
                    plain = {key: value for key, value in row.items() if key not in HIDDEN}
                    if plain not in held.setdefault(name, []):
                        held[name].append(plain)
            for raw in _inbox(connection, subject):
                held.setdefault("inbox_event", []).append(raw)
        return {name: rows for name, rows in held.items() if rows}

    def erase(self, subject: Subject, now: datetime) -> dict[str, int]:
        with self._database.write() as connection:
            _end_what_waits(connection, subject, now)
            counts = {"analysis_run": _erase_from_runs(connection, subject)}
            for rule in RULES:
                name = str(rule.table.__tablename__)
                counts[name] = counts.get(name, 0) + _apply(connection, rule, subject)
            counts["inbox_event"] = _erase_raw(connection, subject, now)
            counts["notice"] = _erase_notices(connection, subject)
            _unsay(connection, subject.interviews)
        self._database.leave_nothing_behind()
        return {name: number for name, number in counts.items() if number}

    def purge(self, opened_before: datetime | None, came_before: datetime | None) -> dict[str, int]:
        with self._database.write() as connection:
            old = _old_interviews(connection, opened_before) if opened_before else []
            purged = Subject(interviews=frozenset(old))
            counts = {"interview": len(old), "analysis_run": _erase_from_runs(connection, purged)}
            for rule in RULES:
                if rule.of == "interviews" and old:
                    _apply(connection, rule, purged)
            if old:
                _unsay(connection, purged.interviews)
            if came_before:
                counts["inbox_event"] = _forget_raw(connection, came_before)
        return {name: number for name, number in counts.items() if number}


HIDDEN = frozenset({"token_hash", "jpeg", "identity"})  # is no data about a person, or no text


def _apply(connection: Connection, rule: Rule, subject: Subject) -> int:
    column, number = col(getattr(rule.table, rule.column)), 0
    for part in chunks(sorted(getattr(subject, rule.of))):
        mine = column.in_(part)
        if rule.instead is None:
            number += connection.execute(delete(rule.table).where(mine)).rowcount
        else:
            changed = update(rule.table).where(mine).values(rule.instead)
            number += connection.execute(changed).rowcount
    return number


def _rows(connection: Connection, rule: Rule, subject: Subject) -> Iterator[dict[str, Any]]:
    column = col(getattr(rule.table, rule.column))
    for part in chunks(sorted(getattr(subject, rule.of))):
        query = select(rule.table).where(column.in_(part))
        yield from (dict(row) for row in connection.execute(query).mappings())


def _end_what_waits(connection: Connection, subject: Subject, now: datetime) -> None:
    """Nothing goes out to them any more, no link opens, and no interview goes on."""
    keys: list[str] = []
    out, invitation, table = t.OutboundMessageTable, t.InvitationTable, t.InterviewTable
    for key, own, ids in (
        (out.message_key, out.interview_id, subject.interviews),
        (out.message_key, out.address, subject.addresses),
        (invitation.invitation_id, invitation.address, subject.addresses),
        (invitation.invitation_id, invitation.contact_ref, subject.contacts),
    ):
        for part in chunks(sorted(ids)):
            keys += connection.scalars(select(col(key)).where(col(own).in_(part)))
    for part in chunks(keys):
        connection.execute(delete(t.JobTable).where(col(t.JobTable.subject).in_(part)))
        waiting = update(out).where(col(out.message_key).in_(part), col(out.state) == "pending")
        connection.execute(waiting.values(state="refused", reason="erased"))
        due = col(invitation.state).in_(("due", "held"))
        planned = update(invitation).where(col(invitation.invitation_id).in_(part), due)
        connection.execute(planned.values(state="refused", reason="erased"))
    for part in chunks(sorted(subject.interviews)):
        mine = col(table.interview_id).in_(part)
        links = {"token_hash": "erased " + col(table.interview_id), "version": table.version + 1}
        connection.execute(update(table).where(mine).values(links))
        still_open = update(table).where(mine, col(table.status) == "open")
        ended = {"status": "closed", "close_reason": "erased", "closed_at": now}
        connection.execute(still_open.values(ended))


def _unsay(connection: Connection, interviews: Collection[str]) -> None:
    """Take what was said out of the full text, also out of the index's own pages."""
    if connection.dialect.name != "sqlite":
        return  # the index of Postgres follows the rows
    for part in chunks(sorted(interviews)):
        names = {f"i{place}": value for place, value in enumerate(part)}
        marks = ", ".join(f":{name}" for name in names)
        connection.execute(text(f"delete from said where interview_id in ({marks})"), names)
    connection.execute(text("insert into said (said) values ('optimize')"))


# reports and findings


def _erase_from_runs(connection: Connection, subject: Subject) -> int:
    """Quotes of these interviews, in every stored analysis and its report; how many changed."""
    if not subject.interviews:
        return 0
    said = list(_said(connection, subject.interviews))
    run, changed = t.AnalysisRunTable, 0
    for run_id in connection.scalars(select(col(run.run_id))).all():
        quotes = set[str]()
        for table in (t.ThemeTable, t.SignalTable, t.AccountRiskTable):
            quotes |= _erase_findings(connection, table, run_id, subject)
        own = col(run.run_id) == run_id
        before = connection.scalar(select(col(run.report)).where(own)) or ""
        after = _without(before, quotes, [*said, *quotes], subject)
        if quotes or after != before:
            connection.execute(update(run).where(own).values(report=after))
            changed += 1
    return changed


def _said(connection: Connection, interviews: Collection[str]) -> Iterator[str]:
    turn = t.TurnTable
    for part in chunks(sorted(interviews)):
        query = select(col(turn.text)).where(
            col(turn.interview_id).in_(part), col(turn.speaker) == "respondent"
        )
        yield from connection.scalars(query)


def _erase_findings(
    connection: Connection, table: type[t.FindingTable], run_id: str, subject: Subject
) -> set[str]:
    """Replace the person's quotes in the rows of a run; the words they were."""
    found, own = set[str](), col(table.run_id) == run_id
    for row in connection.execute(select(table).where(own)).mappings().all():
        quotes = set[str]()
        data = _unquoted(row["data"], subject, quotes)
        if data != row["data"]:
            place = col(table.place) == row["place"]
            connection.execute(update(table).where(own, place).values(data=data))
        found |= quotes
    return found


def _unquoted(part: Any, subject: Subject, quotes: set[str]) -> Any:
    if isinstance(part, Mapping):
        inner = {name: _unquoted(value, subject, quotes) for name, value in part.items()}
        if part.get("interview_id") in subject.interviews and "text" in part:
            quotes.add(str(part["text"]))
            inner["text"] = ERASED
        if part.get("contact_ref") in subject.contacts:
            inner["contact_ref"] = None
        return inner
    if isinstance(part, list | tuple):
        return [_unquoted(inner, subject, quotes) for inner in part]
    return part


def _without(report: str, quotes: Collection[str], said: Collection[str], subject: Subject) -> str:
    """The report without these quotes; a stub when it still has words of the person in a row."""
    for quote in sorted((q for q in quotes if q.strip()), key=len, reverse=True):
        for written in {html.escape(quote), html.escape(quote, quote=False), quote}:
            report = report.replace(written, ERASED)
    plain = " ".join(_words(html.unescape(re.sub(r"<[^>]*>", " ", report))))
    known = (*subject.addresses, *subject.names)
    if any(_repeats(plain, answer) for answer in said) or any(v in report for v in known if v):
        return STUB
    return report


def _repeats(plain: str, answer: str) -> bool:
    words = _words(answer)
    length = min(WORDS_OF_A_QUOTE, len(words))
    if length < 2:  # "Yes" is everybody's
        return False
    return any(
        f" {' '.join(words[at : at + length])} " in f" {plain} "
        for at in range(len(words) - length + 1)
    )


def _words(said: str) -> list[str]:
    return re.findall(r"\w+", said.lower())


# raw bodies


def _inbox(connection: Connection, subject: Subject) -> list[dict[str, Any]]:
    """Events as they came that name the person."""
    table, found = t.InboxEventTable, dict[tuple[str, str], dict[str, Any]]()
    for needle in _needles(subject):
        for column in (table.raw, table.mended):
            query = select(table).where(func.instr(col(column), needle) > 0)
            if connection.dialect.name != "sqlite":
                query = select(table).where(func.strpos(col(column), needle) > 0)
            for row in connection.execute(query).mappings():
                found[row["source"], row["event_id"]] = dict(row)
    return list(found.values())


def _needles(subject: Subject) -> set[str]:
    """Addresses and names wherever they are; ids as a JSON value of their own."""
    plain = {value for value in (*subject.addresses, *subject.names) if len(value) > 4}
    return plain | {f'"{value}"' for value in (*subject.contacts, *subject.shipments)}


def _erase_raw(connection: Connection, subject: Subject, now: datetime) -> int:
    table, found = t.InboxEventTable, _inbox(connection, subject)
    for row in found:
        own = (col(table.source) == row["source"], col(table.event_id) == row["event_id"])
        instead = {
            **{"raw": "{}", "mended": None, "error": None, "note": "erased"},
            "processed_at": row["processed_at"] or now,
        }
        connection.execute(update(table).where(*own).values(instead))
    return len(found)


def _forget_raw(connection: Connection, came_before: datetime) -> int:
    """Bodies of events that were worked on."""
    table = t.InboxEventTable
    old = update(table).where(
        col(table.received_at) < came_before,
        col(table.processed_at).is_not(None),
        col(table.raw) != "{}",
    )
    return connection.execute(old.values(raw="{}", mended=None)).rowcount


def _erase_notices(connection: Connection, subject: Subject) -> int:
    """What left for other systems about their interviews; what still waits does not go."""
    table, number = t.NoticeTable, 0
    for needle in (*subject.interviews, *subject.addresses, *subject.contacts):
        has = cast(col(table.body), String).contains(needle, autoescape=True)
        waiting = update(table).where(has, col(table.state) == "pending")
        connection.execute(waiting.values(state="dead", last_error="erased"))
        number += connection.execute(update(table).where(has).values(body={})).rowcount
    return number


def _old_interviews(connection: Connection, opened_before: datetime) -> list[str]:
    """Ended interviews whose words are stored still, a bounded part."""
    table, turn = t.InterviewTable, t.TurnTable
    has_words = (
        select(col(turn.seq))
        .where(col(turn.interview_id) == col(table.interview_id), col(turn.text) != ERASED)
        .exists()
    )
    query = select(col(table.interview_id)).where(
        col(table.status) != "open", col(table.opened_at) < opened_before, has_words
    )
    return list(connection.scalars(query.order_by(col(table.opened_at)).limit(1000)))

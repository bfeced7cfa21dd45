# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Everything that is stored about one person: found, given out, erased; and what is too old.

`RULES` says of every table with words or data of people by which column a row is somebody's, and
what of the row remains. A table that a respondent can reach and that is not there is a defect.
What names the person in rows of others, such as a colleague's note, is blackened wherever it is.
"""

import html
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import phonenumbers
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    String,
    and_,
    cast,
    delete,
    or_,
    select,
    text,
    update,
)
from sqlalchemy import Table as SqlTable
from sqlmodel import AutoString, col

from interviewer.adapters.sql import book_rows
from interviewer.adapters.sql import tables as t
from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.rows import chunks
from interviewer.core.book import Suppression
from interviewer.store import ERASED, Privacy, Subject

GONE = ""  # an address that nothing reaches
BLACK = "\u2588"  # for every character, so that quotes keep their places
LAST_DIGITS = 4  # of a number, which are written together
WORDS_OF_A_QUOTE = 4  # in a row: that many are recognized as somebody's
NAMED = ("title", "subtitle")  # of a theme, made of its `words`
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
MESSAGE = {"text": ERASED, **dict.fromkeys(("subject", "provider_id", "answers", "meant_for"))}
SENT = {"address": GONE, **MESSAGE}
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
    Rule(t.ActionRequestTable, "interviews", "interview_id", {"shipment_ref": GONE, "text": None}),
    Rule(t.OutboundMessageTable, "interviews", "interview_id", SENT),
    Rule(t.OutboundMessageTable, "addresses", "address", SENT),
    Rule(t.OutboundMessageTable, "addresses", "meant_for", MESSAGE),
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
        with self._database.read() as connection:
            return _interviews_about(connection, subject)

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

    def erase(
        self, subject: Subject, tombstones: Sequence[Suppression], now: datetime
    ) -> dict[str, int]:
        with self._database.write() as connection:
            book_rows.put(connection, tombstones)  # from here on nothing is sent meanwhile
            came = _interviews_about(connection, subject)
            subject = replace(subject, interviews=subject.interviews | set(came))
            _end_what_waits(connection, subject, now)
            counts = {"analysis_run": _erase_from_runs(connection, subject)}
            for rule in RULES:
                name = str(rule.table.__tablename__)
                counts[name] = counts.get(name, 0) + _apply(connection, rule, subject)
            counts["moment"] += _erase_moments(connection, subject)
            counts["inbox_event"] = _erase_raw(connection, subject, now)
            counts["notice"] = _erase_notices(connection, subject)
            _unsay(connection, subject.interviews)
            for name, number in _blacken(connection, subject).items():
                counts[name] = counts.get(name, 0) + number
        return {name: number for name, number in counts.items() if number}

    def leave_nothing_behind(self) -> None:
        self._database.leave_nothing_behind()

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
    keys += _unanswered(connection, subject)
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


def _unanswered(connection: Connection, subject: Subject) -> list[str]:
    """The jobs that would answer what the person wrote."""
    table = t.InboundMessageTable
    mine = or_(
        col(table.address).in_(subject.addresses), col(table.interview_id).in_(subject.interviews)
    )
    names = select(col(table.provider_id), col(table.channel)).where(mine)
    return [f"{provider_id}:{channel}" for provider_id, channel in connection.execute(names)]


def _interviews_about(connection: Connection, subject: Subject) -> list[str]:
    table = t.InterviewTable
    mine = or_(
        col(table.address).in_(subject.addresses),
        col(table.contact_ref).in_(subject.contacts),
        col(table.shipment_ref).in_(subject.shipments),
    )
    return list(connection.scalars(select(col(table.interview_id)).where(mine)))


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
    run, changed = t.AnalysisRunTable, 0
    run_ids = connection.scalars(select(col(run.run_id))).all()
    said = list(_said(connection, subject)) if run_ids else []
    theirs = _only_theirs(connection, subject, said) if run_ids else frozenset[str]()
    for run_id in run_ids:
        quotes, own = set[str](), col(run.run_id) == run_id
        for table in (t.ThemeTable, t.SignalTable, t.AccountRiskTable):
            quotes |= _erase_findings(connection, table, run_id, subject, theirs)
        before = connection.execute(
            select(col(run.report), col(run.memory), col(run.patterns)).where(own)
        ).one()
        after = (
            _without(before.report, quotes, [*said, *quotes], subject),
            _unquoted(before.memory, subject, theirs, quotes),
            _unquoted(before.patterns, subject, theirs, quotes),
        )
        if quotes or after != tuple(before):
            kept = dict(zip(("report", "memory", "patterns"), after, strict=True))
            connection.execute(update(run).where(own).values(kept))
            changed += 1
    return changed


def _said(connection: Connection, subject: Subject) -> Iterator[str]:
    """The person's answers, mails and the like; wherever they were given."""
    turn, note, imported = t.TurnTable, t.NoteTable, t.ImportedTranscriptTable
    for part in chunks(sorted(subject.interviews)):
        answers = col(turn.interview_id).in_(part), col(turn.speaker) == "respondent"
        yield from connection.scalars(select(col(turn.text)).where(*answers))
    for part in chunks(sorted(subject.contacts)):
        yield from connection.scalars(select(col(note.text)).where(col(note.contact_ref).in_(part)))
        own = select(col(imported.turns)).where(col(imported.contact_ref).in_(part))
        for turns in connection.scalars(own):
            yield from (str(each.get("text", "")) for each in turns)


def _only_theirs(connection: Connection, subject: Subject, said: Collection[str]) -> frozenset[str]:
    """Words that nobody else used: a theme's name with one of them tells of this person."""
    theirs = {word for answer in said for word in _words(answer)}
    turn, note, imported = t.TurnTable, t.NoteTable, t.ImportedTranscriptTable
    others = select(col(turn.interview_id), col(turn.text)).where(col(turn.speaker) == "respondent")
    for interview_id, answer in connection.execute(others):
        theirs -= set() if interview_id in subject.interviews else set(_words(answer))
    for contact_ref, written in connection.execute(select(col(note.contact_ref), col(note.text))):
        theirs -= set() if contact_ref in subject.contacts else set(_words(written))
    elsewhere = select(col(imported.contact_ref), col(imported.turns))
    for contact_ref, turns in connection.execute(elsewhere):
        if contact_ref not in subject.contacts:
            theirs -= {word for each in turns for word in _words(str(each.get("text", "")))}
    return frozenset(theirs)


def _erase_findings(
    connection: Connection,
    table: type[t.FindingTable],
    run_id: str,
    subject: Subject,
    theirs: frozenset[str],
) -> set[str]:
    """Replace the person's quotes in the rows of a run; the words they were."""
    found, own = set[str](), col(table.run_id) == run_id
    for row in connection.execute(select(table).where(own)).mappings().all():
        quotes = set[str]()
        data = _unquoted(row["data"], subject, theirs, quotes)
        if data != row["data"]:
            repeated = {name: data[name] for name in NAMED if name in row}
            place = col(table.place) == row["place"]
            connection.execute(update(table).where(own, place).values(data=data, **repeated))
        found |= quotes
    return found


def _unquoted(part: Any, subject: Subject, theirs: frozenset[str], quotes: set[str]) -> Any:
    """The part without the person's quotes and reference, and with no theme named by them."""
    if isinstance(part, Mapping):
        inner = {name: _unquoted(v, subject, theirs, quotes) for name, v in part.items()}
        if part.get("interview_id") in subject.interviews and "text" in part:
            quotes.add(str(part["text"]))
            inner["text"] = ERASED
        if part.get("contact_ref") in subject.contacts:
            inner["contact_ref"] = None
        if "theme_id" in part and "words" in part:
            inner |= _named_by_others(inner, theirs)
        return inner
    if isinstance(part, list | tuple):
        return [_unquoted(inner, subject, theirs, quotes) for inner in part]
    return part


def _named_by_others(theme: Mapping[str, Any], theirs: frozenset[str]) -> dict[str, Any]:
    words = [each for each in theme["words"] if not theirs & set(_words(str(each)))]
    title, subtitle = (str(theme.get(name) or "") for name in NAMED)
    if theirs & set(_words(title)):
        title = str(words[0]).capitalize() if words else ERASED
    return {
        "words": words,
        "title": title,
        "subtitle": "" if theirs & set(_words(subtitle)) else subtitle,
    }


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
    """Events as they came that name the person, however their source writes it."""
    table, names = t.InboxEventTable, _naming(subject)
    if names is None:
        return []
    whole = select(table).where(col(table.raw) != "{}")
    rows = connection.execute(whole.execution_options(yield_per=1000)).mappings()
    return [
        dict(row)
        for row in rows
        if names.search(_unescaped(row["raw"])) or names.search(_unescaped(row["mended"] or ""))
    ]


def _naming(subject: Subject) -> re.Pattern[str] | None:
    """Addresses and names wherever they are; ids as a JSON value of their own."""
    plain = [re.escape(name) for name in subject.names if len(name) > 4]
    ids = [f'"{re.escape(each)}"' for each in (*subject.contacts, *subject.shipments)]
    every = [*plain, *ids, *_written(subject.addresses)]
    return re.compile("|".join(every), re.IGNORECASE) if every else None


def _written(addresses: Collection[str]) -> list[str]:
    """Patterns of them; a number also in its own country's form, and with signs between digits."""
    return [
        _number(address) if address.startswith("+") else rf"(?<![\w.]){re.escape(address)}(?!\w)"
        for address in sorted(addresses)
        if address
    ]


def _number(address: str) -> str:
    try:
        number = phonenumbers.parse(address)
        code, digits = str(number.country_code), str(number.national_number)
    except phonenumbers.NumberParseException:
        code, digits = "", address.removeprefix("+")
    between = r"[\s().\-/]*"
    return rf"(?<!\d)(?:\+?{code}{between})?\(?{between.join(digits)}(?!\d)"


def _unescaped(raw: str) -> str:
    """JSON with its letters as they are read."""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False)
    except ValueError:
        return raw


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


def _erase_moments(connection: Connection, subject: Subject) -> int:
    """Those of an account or a claim that speak of the person."""
    table = t.MomentTable
    moments = connection.execute(select(col(table.moment_id), col(table.moment)))
    theirs = [
        moment_id
        for moment_id, moment in moments
        if moment.get("contact_ref") in subject.contacts
        or moment.get("shipment_ref") in subject.shipments
    ]
    for part in chunks(theirs):
        connection.execute(delete(table).where(col(table.moment_id).in_(part)))
    return len(theirs)


def _erase_notices(connection: Connection, subject: Subject) -> int:
    """What left for other systems about their interviews; what still waits does not go."""
    table, ids = t.NoticeTable, set[str]()
    for needle in (*subject.interviews, *subject.addresses, *subject.contacts):
        has = cast(col(table.body), String).contains(needle, autoescape=True)
        ids |= set(connection.scalars(select(col(table.notice_id)).where(has)))
    for part in chunks(sorted(ids)):
        mine, job = col(table.notice_id).in_(part), t.JobTable
        waiting = update(table).where(mine, col(table.state) == "due")
        connection.execute(waiting.values(state="dead", last_error="erased"))
        connection.execute(update(table).where(mine).values(body={}))
        due = delete(job).where(col(job.step) == "notify", col(job.subject).in_(part))
        connection.execute(due)
    return len(ids)


# rows of others


def _blacken(connection: Connection, subject: Subject) -> dict[str, int]:
    """What names the person in any other row of any table; how many rows, by table.

    An address, or a name of two words or more: a first name alone is of many.
    """
    names = {name.strip() for name in subject.names if " " in name.strip()}
    addresses = subject.addresses - _ours(connection)
    every = [*(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names), *_written(addresses)]
    if not every:
        return {}
    pattern = re.compile("|".join(every), re.IGNORECASE)
    known = {a[-LAST_DIGITS:] if a.startswith("+") else a for a in addresses}
    known |= {cased for name in names for cased in (name, name.upper(), name.lower())}
    counts = {}
    for table in t.Table.metadata.sorted_tables:
        if table.name != t.AuditEntryTable.__tablename__:  # a chain; nobody is named in it
            counts[table.name] = _blackened(connection, table, known, pattern)
    return {name: number for name, number in counts.items() if number}


def _blackened(
    connection: Connection, table: SqlTable, known: Collection[str], pattern: re.Pattern[str]
) -> int:
    columns = [
        column
        for column in table.columns
        if isinstance(column.type, AutoString | String | JSON)
        and not (column.primary_key or column.foreign_keys)
    ]
    if not columns:
        return 0
    any_of = or_(*(_holds(column, each) for column in columns for each in known))
    own, number = list(table.primary_key), 0
    for row in connection.execute(select(*own, *columns).where(any_of)).mappings().all():
        after = {column.name: _black(row[column.name], pattern) for column in columns}
        changed = {name: value for name, value in after.items() if value != row[name]}
        if changed:
            mine = and_(*(key == row[key.name] for key in own))
            connection.execute(update(table).where(mine).values(changed))
            if table.name == t.TurnTable.__tablename__:
                _say_again(connection, {**row, **changed})
            number += 1
    return number


def _holds(column: Column[Any], needle: str) -> ColumnElement[bool]:
    return cast(column, String).icontains(needle, autoescape=True)


def _ours(connection: Connection) -> set[str]:
    """Addresses of people on our side: by them they own accounts and log in."""
    account, user = t.AccountTable, t.UserTable
    columns = (account.owner_email, account.second_owner_email, user.login)
    return {each for column in columns for each in connection.scalars(select(col(column))) if each}


def _say_again(connection: Connection, turn: Mapping[str, Any]) -> None:
    """Bring the full text to what the turn says now."""
    if connection.dialect.name == "sqlite":
        now = "update said set text = :text where interview_id = :interview_id and seq = :seq"
        connection.execute(text(now), dict(turn))


def _black(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda found: BLACK * len(found[0]), value)
    if isinstance(value, Mapping):
        return {name: _black(inner, pattern) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_black(inner, pattern) for inner in value]
    return value


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

"""Reading import files, CSV and JSONL, one record at a time, in constant memory."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple, TextIO

from interviewer.core.book import ImportedTranscript, Kind, Row
from interviewer.core.errors import InvalidInput
from interviewer.events.import_rows import (
    TURN_COLUMNS,
    Plan,
    Record,
    RowReader,
    check_columns,
)

DELIMITERS = ",;\t|"
REJECTED = ("rejected_row", "rejected_column", "rejected_value", "rejected_reason")
"""The columns that a file of refused rows has beside the row's own; ignored when it is read."""

FIELD_LIMIT = 10_000_000  # characters in one field of a CSV file
_TURN = ("speaker", "text", "at")
_PER_TURN = (*TURN_COLUMNS, "at")


@dataclass(frozen=True, slots=True)
class Taken:
    """The rows of one record; none where all of it was ignored on purpose, as `remark` says."""

    row_number: int  # as a spreadsheet counts: the header is row 1; of JSONL, the line
    values: tuple[Row, ...]
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that breaks a rule, as it came."""

    row_number: int
    column: str
    value: object
    reason: str
    raw: Record


class _Numbered(NamedTuple):
    """A record in its place; with a fault it is refused unread."""

    number: int
    record: Record
    fault: tuple[str, object, str] | None = None  # column, value, reason


class ImportFile:
    """The records of a file; every one is either taken or refused.

    Reading raises InvalidInput when the file as a whole cannot be read: no such columns, no such
    encoding, no header.
    """

    def __init__(self, path: Path, kind: Kind, plan: Plan) -> None:
        self.path = path
        self.kind = kind
        self.plan = plan
        self.size = path.stat().st_size  # bytes
        self.position = 0  # bytes read so far, for a progress bar

    def __iter__(self) -> Iterator[Taken | Refused]:
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            try:
                yield from self._read(file)
            except UnicodeDecodeError:
                raise InvalidInput(self.path.name, "is not UTF-8; save it as UTF-8") from None
            except csv.Error as error:
                raise InvalidInput(self.path.name, f"is no readable CSV: {error}") from None

    def _read(self, file: TextIO) -> Iterator[Taken | Refused]:
        plan, records = self._records(file)
        reader = RowReader(self.kind, plan)
        for number, record, fault in records:
            if fault:
                yield Refused(number, *fault, raw=record)
                continue
            try:
                read = reader.read(record)
            except InvalidInput as error:
                reason = error.message.removeprefix(f"{error.field}: ")
                yield Refused(number, error.field, error.value, reason, record)
            else:
                yield Taken(number, read.rows, read.remark)

    def _records(self, file: TextIO) -> tuple[Plan, Iterator[_Numbered]]:
        """The records, and the plan that fits them."""
        if self.path.suffix.casefold() in (".jsonl", ".ndjson", ".json"):
            check_columns(self.kind, self.plan, None)
            return self.plan, _json_lines(self._counted(file))
        first = file.readline()
        if not first.strip():
            raise InvalidInput(self.path.name, "is empty; the first line names the columns")
        file.seek(0)
        csv.field_size_limit(FIELD_LIMIT)
        rows = csv.reader(self._counted(file), delimiter=_delimiter(first))
        header = tuple(name.strip() for name in next(rows))
        if doubled := [name for name in header if name and header.count(name) > 1]:
            raise InvalidInput(self.path.name, f"has the column {doubled[0]} twice")
        check_columns(self.kind, self.plan, header)
        records = _csv_records(rows, header)
        if self.kind is not ImportedTranscript or "turns" in header:
            return self.plan, records
        names = {own: self.plan.columns.get(own, own) for own in ("id", *_PER_TURN)}
        own = {o: theirs for o, theirs in self.plan.columns.items() if o not in _PER_TURN}
        return replace(self.plan, columns=own), _transcripts(records, names)

    def _counted(self, file: TextIO) -> Iterator[str]:
        for line in file:
            self.position += len(line)
            yield line


def _json_lines(lines: Iterator[str]) -> Iterator[_Numbered]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            yield _Numbered(number, record, _unstorable(record))
        else:
            fault = ("line", line[:200], "is no JSON object; write one object per line")
            yield _Numbered(number, {"line": line.rstrip("\r\n")}, fault)


def _csv_records(rows: Iterator[list[str]], header: tuple[str, ...]) -> Iterator[_Numbered]:
    for number, row in enumerate(rows, start=2):
        if not any(row):
            continue
        cells = zip(header, row, strict=False)
        record = {name: value for name, value in cells if name not in REJECTED}
        if len(row) != len(header):
            reason = f"has {len(row)} columns; the header has {len(header)}"
            yield _Numbered(number, record, ("row", None, reason))
        else:
            yield _Numbered(number, record, _unstorable(record))


def _delimiter(header: str) -> str:
    """The delimiter that makes the most columns of the header."""
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([header], delimiter=mark))))


def _unstorable(record: Record) -> tuple[str, object, str] | None:
    """A NUL byte or half a character: no database stores it."""
    for column, value in record.items():
        if any("\x00" in text or not _is_encodable(text) for text in _texts(value)):
            return column, value, "holds a NUL byte or half a character; remove it"
    return None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _transcripts(rows: Iterator[_Numbered], names: dict[str, str]) -> Iterator[_Numbered]:
    """One record per transcript, from rows that are one turn each and stand together.

    A transcript with a bad row is refused as a whole, row by row, so that it can be corrected.

    Args:
        rows: The turns.
        names: Our names of `id` and of the columns of a turn -> those of the file.
    """
    done: set[str] = set()
    for ref, group in groupby(rows, key=lambda row: str(row.record.get(names["id"], "")).strip()):
        turns = list(group)
        fault = _turns_fault(turns, names["seq"], is_apart=ref in done)
        done.add(ref)
        if fault:
            yield from (_Numbered(turn.number, turn.record, turn.fault or fault) for turn in turns)
        else:
            yield _joined(turns, names)


def _joined(turns: list[_Numbered], names: dict[str, str]) -> _Numbered:
    turns = sorted(turns, key=lambda turn: int(turn.record[names["seq"]]))
    said = [{own: turn.record.get(names[own]) or None for own in _TURN} for turn in turns]
    per_turn = {names[own] for own in _PER_TURN}
    record = {name: value for name, value in turns[0].record.items() if name not in per_turn}
    return _Numbered(turns[0].number, {**record, "at": said[0]["at"], "turns": said})


def _turns_fault(
    turns: list[_Numbered], seq: str, *, is_apart: bool
) -> tuple[str, object, str] | None:
    for turn in turns:
        number = str(turn.record.get(seq) or "").strip()
        if turn.fault:
            return turn.fault
        if not (number.isdecimal() and len(number) < 10):
            return "seq", number, f"is no number in row {turn.number}; count the turns"
    if is_apart:
        return "id", None, "stands apart from its transcript; sort the file by id"
    return None


class RejectedFile:
    """Refused rows as FILE.rejected.csv, which can be corrected and imported as it is.

    A context manager; the file is written at its end. Until then the rows wait in a temporary
    file, because only the last one completes the list of columns.
    Without a refused row there is no file, and one of an earlier import is removed.
    """

    def __init__(self, imported: Path) -> None:
        self.path = imported.with_name(imported.name + ".rejected.csv")
        self._columns: dict[str, None] = {}
        self._waiting = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by _write

    def __enter__(self) -> "RejectedFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._write()

    def add(self, refused: Refused) -> None:
        """Keep one row."""
        why = (refused.row_number, refused.column, refused.value, refused.reason)
        row = {**refused.raw, **dict(zip(REJECTED, why, strict=True))}
        self._columns |= dict.fromkeys(row)
        self._waiting.write(json.dumps(row) + "\n")

    def _write(self) -> None:
        with self._waiting as waiting:
            if not self._columns:
                self.path.unlink(missing_ok=True)
                return
            waiting.seek(0)
            columns = [*(name for name in self._columns if name not in REJECTED), *REJECTED]
            with self.path.open("w", encoding="utf-8", errors="replace", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                for line in waiting:
                    cells = json.loads(line).items()
                    writer.writerow({name: _cell(value) for name, value in cells})


def _cell(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)

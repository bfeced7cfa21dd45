"""Everything given back: JSONL that an import or an analysis reads again, and CSV for people."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from interviewer.core import book
from interviewer.core.interview import Interview
from interviewer.core.playback import read_back
from interviewer.ports import Services

ROWS = [kind for kind in book.KINDS.values() if kind is not book.ImportedTranscript]
# What a spreadsheet takes for a formula at the start of a cell, after spaces or quotes too (OWASP,
# "CSV Injection"), with the full-width forms that some programs fold into the plain ones.
FORMULA = re.compile(r"[\t\r\n]|[\s\"'\u200b\ufeff]*[=+\-@＝＋－＠]")


def export_all(services: Services, folder: Path) -> Iterator[tuple[str, int]]:
    """Write one JSONL and one CSV per kind; yields each file's name with its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ROWS:
        rows = [row.model_dump(mode="json", exclude_none=True) for row in services.store.find(kind)]
        yield from _write(folder, kind.kind, rows)
    interviews = services.store.interviews()
    imported = services.store.find(book.ImportedTranscript)
    transcripts = [transcript(interview) for interview in interviews]
    transcripts += [row.model_dump(mode="json", exclude_none=True) for row in imported]
    yield from _write_jsonl(folder, "transcripts", transcripts)
    yield from _write_csv(folder, "transcripts", (turn for t in transcripts for turn in _turns(t)))
    cases = [case.model_dump(mode="json", exclude_none=True) for case in services.store.cases()]
    yield from _write(folder, "cases", cases)
    yield from _write(folder, "photos", list(_photos(services, folder, interviews)))


def _photos(
    services: Services, folder: Path, interviews: Iterable[Interview]
) -> Iterator[dict[str, Any]]:
    """Each picture as a file of its own, and whose it is."""
    (folder / "photos").mkdir(exist_ok=True)
    for photo in services.store.photos([each.interview_id for each in interviews]):
        file = Path("photos", f"{photo.photo_id}.jpg")
        (folder / file).write_bytes(services.store.photo(photo.photo_id).jpeg)
        yield {
            "photo_id": photo.photo_id,
            "interview_id": photo.interview_id,
            "at": photo.at.isoformat(),
            "file": str(file),
        }


def transcript(interview: Interview) -> dict[str, Any]:
    """An interview with the columns of a transcript import."""
    turns: list[dict[str, Any]] = []
    asked: str | None = None
    for turn in interview.turns:
        asked = turn.topic if turn.asks else asked
        row: dict[str, Any] = {
            "turn_id": f"{interview.interview_id}:{turn.seq}",
            "speaker": turn.speaker,
            "text": turn.text,
            "at": turn.at.isoformat(),
            "topic": asked,
            "audience": turn.audience,
            **({"author": turn.author} if turn.author else {}),
        }
        if turn.decision and turn.decision.corrects:
            corrects = turn.decision.corrects
            noted = f"{interview.interview_id}:{corrects.turn_seq}"
            row["corrects"] = {"turn_id": noted, "line": corrects.line}
        if turn.reading:
            row["fields"] = {name: f.value for name, f in turn.reading.fields.items()}
        turns.append(row)
    return {
        "kind": "transcript",
        "id": interview.interview_id,
        "account_ref": interview.account_ref,
        "contact_ref": interview.contact_ref or interview.shipment_ref,
        "contact_role": interview.context.get("contact_role"),
        "study": interview.study,
        "channel": interview.channel,
        "language": interview.language,
        "at": interview.opened_at.isoformat(),
        "status": interview.status,
        "read_back": read_back(interview),
        "context": interview.context,
        "turns": turns,
    }


def _turns(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A transcript as one row per turn."""
    head = {k: row.get(k) for k in ("id", "account_ref", "contact_ref", "contact_role", "study")}
    for seq, turn in enumerate(row["turns"]):
        shown = {key: turn.get(key) for key in ("speaker", "text", "at", "topic")}
        yield {**head, "seq": seq, **shown}


def _write(folder: Path, name: str, rows: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    yield from _write_jsonl(folder, name, rows)
    yield from _write_csv(folder, name, rows)


def _write_jsonl(
    folder: Path, name: str, rows: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, int]]:
    count = 0
    with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    yield f"{name}.jsonl", count


def _write_csv(
    folder: Path, name: str, rows: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, int]]:
    listed = list(rows)
    columns = list(dict.fromkeys(column for row in listed for column in row))
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in listed:
            writer.writerow([cell(row.get(column)) for column in columns])
    yield f"{name}.csv", len(listed)


def cell(value: object) -> object:
    """A cell that no spreadsheet runs: numbers stay numbers, texts get a quote where they must."""
    if value is None or isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if FORMULA.match(text) else text

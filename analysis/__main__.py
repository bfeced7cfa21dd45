"""Analyze a file of transcripts: `python -m analysis FILE.jsonl --out DIR`.

`python -m analysis risk CASES.jsonl --out DIR` reads one account with its interviews per line, and
writes its renewal risk alone: `risk.jsonl` and the book of business as `book.html`.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from analysis.embed import Encoder, Vectors
from analysis.reading import Read, read_book
from analysis.tables import Findings

MOST_REFUSED = 10  # lines listed in the terminal
BATCH = 4096  # texts encoded between two lines of progress
TABLES = {
    "themes": "themes",
    "assignments": "assignments",
    "signals": "signals",
    "account_risk": "risks",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the file, run the analysis, write the tables and the report; 0 when it worked."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["risk"]:
        return _risk(given[1:])
    asked = _arguments(given)
    try:
        with asked.file.open(encoding="utf-8-sig", errors="replace") as lines:
            read = read_book(lines)
    except OSError as problem:
        return _fail(f"{asked.file}: cannot be read ({problem.strerror}); name a JSONL file")
    _tell_refused(read)
    if not read.taken:
        return _fail(f"{asked.file}: no usable record; each line must be one JSON object")
    try:
        asked.out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        return _fail(f"{asked.out}: cannot be made ({problem.strerror}); name another --out")
    try:
        findings = _analyze(read, asked)
    except (OSError, RuntimeError) as problem:
        return _fail(f"--model {asked.model or 'bundled'}: {problem}")
    _write(findings, read, asked)
    _summarize(findings, read, asked.out)
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Themes, signals and renewal risk from interview transcripts.",
        epilog="One JSON object per line: a transcript, or kind account, contact, score, claim,"
        " volume, invoice, review, code (name, description, examples: a theme to look for), coding"
        " (turn_id, code, coder: what a person found).",
    )
    parser.add_argument("file", type=Path, metavar="FILE.jsonl")
    parser.add_argument("--out", type=Path, default=Path("analysis-out"), help="folder to write")
    parser.add_argument(
        "--as-of", type=_day, default=datetime.now(UTC).date(), help="day of the reading (today)"
    )
    parser.add_argument(
        "--base-rate", type=_share, default=0.12, help="share of renewals lost (0.12)"
    )
    parser.add_argument("--model", help="another sentence-transformers model, by name or folder")
    return parser.parse_args(arguments)


def _risk(arguments: Sequence[str]) -> int:
    """Renewal risk of account cases; the same file gives the same bytes."""
    from analysis import cases, embed
    from analysis.report import render

    parser = argparse.ArgumentParser(
        prog="python -m analysis risk",
        description="Renewal risk of accounts without a database.",
        epilog="One JSON object per line: account, interviews, as_of.",
    )
    parser.add_argument("file", type=Path, metavar="CASES.jsonl")
    parser.add_argument("--out", type=Path, default=Path("analysis-out"), help="folder to write")
    parser.add_argument("--base-rate", type=_share, default=0.12, help="share of renewals lost")
    asked = parser.parse_args(arguments)
    try:
        with asked.file.open(encoding="utf-8-sig", errors="replace") as lines:
            held, refused = cases.read_cases(lines)
        asked.out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        return _fail(f"{problem.filename}: {problem.strerror}; name a JSONL file and a folder")
    for number, reason in refused[:MOST_REFUSED]:
        _tell(f"line {number} refused: {reason}")
    if not held:
        return _fail(f"{asked.file}: no usable line; each needs account, interviews and as_of")
    cache = embed.FileCache(asked.out / "embeddings.db", embed.BUNDLED_MODEL)
    encoder = _telling(embed.bundled_encoder())
    book, findings = cases.assess_cases(held, encoder, cache, asked.base_rate)
    with (asked.out / "risk.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(f"{_line(row)}\n" for row in cases.rows(findings.risks))
    day = datetime.combine(findings.as_of, datetime.min.time(), UTC)
    page = render(findings, book, brand=asked.file.stem, generated_at=day)
    (asked.out / "book.html").write_text(page, encoding="utf-8")
    for reading in findings.risks:
        name, why = reading.account_ref, reading.why_not or ""
        print(f"{reading.band:<20} {name} {why}".rstrip())  # noqa: T201
    print(f"\nNext: open {asked.out / 'book.html'} in a browser.")  # noqa: T201
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; use 2026-11-02") from problem


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1; use 0.12 for 12 %")
    return share


def _analyze(read: Read, asked: argparse.Namespace) -> Findings:
    from analysis import embed, pipeline

    model = asked.model or embed.BUNDLED_MODEL
    _tell(f"loading {model}")
    encoder = embed.sentence_encoder(asked.model) if asked.model else embed.bundled_encoder()
    cache = embed.FileCache(asked.out / "embeddings.db", model)
    findings = pipeline.run(
        read.book,
        _telling(encoder),
        as_of=asked.as_of,
        cache=cache,
        progress=_tell,
        base_rate=asked.base_rate,
    )
    return dataclasses.replace(findings, settings={"encoder": model, **findings.settings})


def _telling(encoder: Encoder) -> Encoder:
    """The encoder, telling how far it is when there is much to encode."""

    def encode(texts: Sequence[str]) -> Vectors:
        done = []
        for start in range(0, len(texts), BATCH):
            done.append(encoder(texts[start : start + BATCH]))
            if len(texts) > BATCH:
                _tell(f"  {min(start + BATCH, len(texts))} of {len(texts)} texts encoded")
        return np.concatenate(done)

    return encode


def _write(findings: Findings, read: Read, asked: argparse.Namespace) -> None:
    from analysis.report import render

    _tell("writing the report")
    rows = {name: getattr(findings, attribute) for name, attribute in TABLES.items()}
    rows["quotes"] = [
        {"theme_id": theme.theme_id, **dataclasses.asdict(quote)}
        for theme in findings.themes
        for quote in theme.quotes
    ]
    for name, listed in rows.items():
        with (asked.out / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(f"{_line(row)}\n" for row in listed)
    brands = {t.context.get("brand") for t in read.book.transcripts} - {None}
    brand = str(brands.pop()) if len(brands) == 1 else asked.file.stem
    page = render(findings, read.book, brand=brand, generated_at=datetime.now(UTC))
    (asked.out / "report.html").write_text(page, encoding="utf-8")


def _line(row: object) -> str:
    plain = dict(row) if isinstance(row, Mapping) else dataclasses.asdict(row)  # type: ignore[call-overload]
    return json.dumps(plain, default=str, ensure_ascii=False)


def _summarize(findings: Findings, read: Read, out: Path) -> None:
    taken = ", ".join(f"{n} {kind}s" for kind, n in sorted(read.taken.items()))
    print(f"\nRead       {taken}")  # noqa: T201
    bands = {b: sum(r.band == b for r in findings.risks) for b in ("high", "elevated", "low")}
    unheard = len(findings.risks) - sum(bands.values())
    shown = ", ".join(f"{n} {band}" for band, n in bands.items())
    print(f"Accounts   {shown}, {unheard} without enough evidence")  # noqa: T201
    for risk in [r for r in findings.risks if r.band in ("high", "elevated")][:5]:
        reason = risk.reasons[0].signal if risk.reasons else "nothing of weight"
        print(f"           {risk.band:<9} {risk.account_ref}: {reason}")  # noqa: T201
    print(f"Themes     {len(findings.themes)}")  # noqa: T201
    for theme in findings.themes[:5]:
        print(f"           {theme.respondents:>4} people: {theme.title}")  # noqa: T201
    print(f"Scores     {len(findings.score_moves)} drops")  # noqa: T201
    print(f"\nNext: open {out / 'report.html'} in a browser.")  # noqa: T201


def _tell_refused(read: Read) -> None:
    for number, reason in read.refused[:MOST_REFUSED]:
        _tell(f"line {number} refused: {reason}")
    if len(read.refused) > MOST_REFUSED:
        _tell(f"... {len(read.refused)} lines refused in all")
    for kind, n in read.unknown.items():
        _tell(
            f"{n} records of kind {kind!r} left aside; known: transcript, account, contact,"
            " score, claim, volume, invoice, review, code, coding"
        )


_STARTED = time.monotonic()


def _tell(what: str, rows: int = 0) -> None:
    size = f" ({rows})" if rows else ""
    print(f"[{time.monotonic() - _STARTED:6.1f} s] {what}{size}", file=sys.stderr)  # noqa: T201


def _fail(why: str) -> int:
    print(f"error: {why}", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main())

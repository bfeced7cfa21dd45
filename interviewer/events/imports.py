"""`interviewer import`: a file into the book of business, and what came of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from interviewer.core.book import KINDS, Kind, Row, Shipment, ShipmentEvent
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.shipment import fold, is_late
from interviewer.events import intake, settling
from interviewer.events.import_files import ImportFile, Refused, RejectedFile
from interviewer.events.import_rows import Plan
from interviewer.events.value_maps import ValueMap, load_value_map
from interviewer.ports import Services

BATCH = 1000  # records stored in one transaction
DELIVERIES = ("delivered", "late", "never delivered", "delivered, no time")


@dataclass(frozen=True, slots=True)
class Import:
    """What to take in, and how to read it."""

    kind: str
    file: Path
    columns: dict[str, str] = field(default_factory=dict)  # ours -> theirs
    values: Path | None = None
    timezone: str = "UTC"
    region: str | None = None
    dry_run: bool = False
    words: ValueMap = field(default_factory=dict)  # a value map that is read already


@dataclass(slots=True)
class ImportReport:
    """What came of an import, counted in records of the file."""

    read: int = 0
    taken: int = 0
    changed: int = 0
    known: int = 0
    ignored: int = 0
    refused: int = 0
    rejected_file: Path | None = None
    dry_run: bool = False
    reasons: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    moments: Counter[tuple[str, str]] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)

    def counts(self) -> dict[str, int]:
        """The counts as one row."""
        names = ("read", "taken", "changed", "known", "ignored", "refused")
        return {name: getattr(self, name) for name in names}

    def whole(self) -> dict[str, Any]:
        """The counts and everything else, for JSON."""
        return {
            **self.counts(),
            "dry_run": self.dry_run,
            "notes": self.notes,
            "reasons": self.reasons,
            "shipments": self.deliveries,
            "moments": {f"{kind}, {outcome}": n for (kind, outcome), n in self.moments.items()},
            "rejected_file": self.rejected_file and str(self.rejected_file),
        }

    def remarks(self) -> list[str]:
        """What else there is to say, and what to do next."""
        said = [f"{count:,} x {note}" for note, count in self.notes.most_common(10)]
        said += [f"{count:,} refused: {why}" for why, count in self.reasons.most_common(10)]
        if self.deliveries:
            told = ", ".join(f"{self.deliveries[name]:,} {name}" for name in DELIVERIES)
            said.append(f"shipments of the file: {told}")
        said += [
            f"moments: {count:,} {kind}, {outcome}"
            for (kind, outcome), count in sorted(self.moments.items())
        ]
        if self.rejected_file:
            said.append(f"Next: correct {self.rejected_file} and import it as it is")
        elif self.dry_run:
            said.append("Nothing was stored; leave out --dry-run to store it")
        return said


def import_file(
    services: Services, what: Import, progress: Callable[[int, int], None] = lambda done, of: None
) -> ImportReport:
    """Take in a file; running it twice changes nothing.

    Args:
        services: Where it goes.
        what: The file and how to read it.
        progress: Told the bytes read and their total.

    Raises:
        NotFound: There is no such file.
        InvalidInput: The kind, a mapped column or the file as a whole is not usable.
    """
    kind = KINDS.get(what.kind)
    if kind is None:
        raise InvalidInput("kind", f"is none of {', '.join(KINDS)}", what.kind)
    if not what.file.is_file():
        raise NotFound(f"no file {str(what.file)!r}{' (a folder)' * what.file.is_dir()}")
    check_zone(what.timezone)
    plan = Plan(
        now=services.clock.now(),
        columns=what.columns,
        values=load_value_map(what.values, kind) if what.values else what.words,
        timezone=what.timezone,
        region=what.region,
    )
    source = ImportFile(what.file, kind, plan)
    report = ImportReport(dry_run=what.dry_run)
    store = _Storing(services, report, dry_run=what.dry_run)
    with RejectedFile(what.file) as rejected:
        for record in source:
            report.read += 1
            if isinstance(record, Refused):
                report.refused += 1
                report.reasons[f"{record.column}: {record.reason}"] += 1
                rejected.add(record)
            else:
                if record.remark:
                    report.notes[record.remark] += 1
                store.add(record.values)
            progress(source.position, source.size)
        store.finish(kind)
    if report.refused:
        report.rejected_file = rejected.path
    return report


def check_zone(name: str) -> None:
    """Refuse what is no time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        fix = "is no time zone; write an IANA name such as America/New_York"
        raise InvalidInput("--timezone", fix, name) from None


class _Storing:
    """Stores records in batches and settles what they changed once, at the end."""

    def __init__(self, services: Services, report: ImportReport, *, dry_run: bool) -> None:
        self.services = services
        self.report = report
        self.dry_run = dry_run
        self.waiting: list[tuple[Row, ...]] = []
        self.affected = settling.Affected()
        self.shipments: set[str] = set()

    def add(self, rows: tuple[Row, ...]) -> None:
        """The rows of one record; none when it was ignored on purpose."""
        if not rows:
            self.report.ignored += 1
            return
        self.shipments.update(
            row.shipment_ref for row in rows if isinstance(row, Shipment | ShipmentEvent)
        )
        self.waiting.append(rows)
        if len(self.waiting) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        records, self.waiting = self.waiting, []
        if self.dry_run:
            self.report.taken += len(records)
            return
        puts, affected = intake.store(self.services, [row for rows in records for row in rows])
        self.affected.update(affected)
        outcomes = iter(puts)
        for rows in records:
            own = {next(outcomes) for _ in rows}
            if "added" in own:
                self.report.taken += 1
            elif "changed" in own:
                self.report.changed += 1
            else:
                self.report.known += 1

    def finish(self, kind: Kind) -> None:
        """Settle the moments, and count what became of the shipments of the file."""
        self._flush()
        if self.dry_run:
            return
        self.report.moments = settling.settle(self.services, self.affected)
        if kind in (Shipment, ShipmentEvent):
            self.report.deliveries = _deliveries(self.services, self.shipments)


def _deliveries(services: Services, refs: set[str]) -> Counter[str]:
    """What became of these shipments, by their folded state."""
    counts = Counter(dict.fromkeys(DELIVERIES, 0))
    for part in settling.chunks(refs):
        events = settling.events_of(services, part)
        shipments = services.store.find(Shipment, shipment_ref=part)
        stated = {one.shipment_ref for one in shipments if one.status == "delivered"}
        for ref in part:
            state = fold(events.get(ref, ()))
            counts["delivered" if state.delivered else "never delivered"] += 1
            counts["late"] += bool(is_late(state))
            counts["delivered, no time"] += ref in stated and not state.delivered
    return counts

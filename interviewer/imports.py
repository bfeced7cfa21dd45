"""`interviewer import`: a file into the book of business, and what came of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from interviewer import intake
from interviewer.adapters.import_files import ImportFile, Refused, RejectedFile
from interviewer.adapters.import_rows import Plan
from interviewer.adapters.value_maps import load_value_map
from interviewer.core.book import KINDS, Kind, Row, Shipment, ShipmentEvent
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.shipment import fold, is_late
from interviewer.ports import Services

BATCH = 1000  # rows stored in one transaction


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

    def remarks(self) -> list[str]:
        """What else there is to say, and what to do next."""
        said = [f"{count:,} x {note}" for note, count in self.notes.most_common(10)]
        said += [f"{count:,} refused: {why}" for why, count in self.reasons.most_common(10)]
        if self.deliveries:
            known = ("delivered", "late", "never delivered", "delivered, no time")
            told = [
                f"{self.deliveries[name]:,} {name}" for name in known if name in self.deliveries
            ]
            said.append(f"shipments of the file: {', '.join(told)}")
        for (kind, outcome), count in sorted(self.moments.items()):
            said.append(f"moments: {count:,} {kind}, {outcome}")
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
        raise NotFound(f"no file {str(what.file)!r}")
    plan = Plan(
        now=services.clock.now(),
        columns=what.columns,
        values=load_value_map(what.values, kind) if what.values else {},
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


class _Storing:
    """Stores records in batches and settles what they changed once, at the end."""

    def __init__(self, services: Services, report: ImportReport, *, dry_run: bool) -> None:
        self.services = services
        self.report = report
        self.dry_run = dry_run
        self.waiting: list[tuple[Row, ...]] = []
        self.affected = intake.Affected()
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
        self.affected.shipments |= affected.shipments
        self.affected.accounts |= affected.accounts
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
        self.report.moments = intake.settle(self.services, self.affected).moments
        if kind in (Shipment, ShipmentEvent):
            self.report.deliveries = _deliveries(self.services, self.shipments)


def _deliveries(services: Services, refs: set[str]) -> Counter[str]:
    """Delivered, late and never delivered among these shipments, by their folded state."""
    counts: Counter[str] = Counter({"delivered": 0, "late": 0, "never delivered": 0})
    for part in intake.chunks(refs):
        events: dict[str, list[ShipmentEvent]] = {ref: [] for ref in part}
        for event in services.store.find(ShipmentEvent, shipment_ref=part):
            events[event.shipment_ref].append(event)
        stated = {
            s.shipment_ref: s.status for s in services.store.find(Shipment, shipment_ref=part)
        }
        for ref, own in events.items():
            state = fold(own)
            counts["delivered" if state.delivered else "never delivered"] += 1
            counts["late"] += bool(is_late(state))
            if not state.delivered and stated.get(ref) == "delivered":
                counts["delivered, no time"] += 1
    return counts

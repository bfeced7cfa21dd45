"""Watched folders, for systems without webhooks: nightly files are taken by the worker.

A file that no longer grows is moved into `working/`, which one worker wins, imported, and moved to
`done/`, or with its refused rows to `failed/`. The same content again is only put away.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from interviewer.core.book import KINDS
from interviewer.core.errors import InterviewerError, InvalidInput, NotFound, Unavailable
from interviewer.core.notice import Occurrence
from interviewer.events import endpoints
from interviewer.events.imports import Import, check_zone, import_file
from interviewer.faults import log_fault
from interviewer.ports import Services
from interviewer.store import Endpoint, InboxEvent

log = logging.getLogger(__name__)

LOOK = timedelta(seconds=60)  # between two looks
GIVEN_UP = timedelta(hours=1)  # a file this long in `working/` was left by a worker that stopped
READY = ".done"  # NAME.done says that NAME is whole
SKIPPED = (READY, ".rejected.csv")
BLOCK = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class FileReading:
    """How the files of a folder are read."""

    kind: str
    columns: Mapping[str, str] = field(default_factory=dict)  # ours -> theirs
    timezone: str = "UTC"
    region: str | None = None
    due_by: str | None = None  # local hour by which the nightly file is due, as 06:30


def watch(
    services: Services,
    name: str,
    path: Path | None,
    how: FileReading,
    words: Mapping[str, Mapping[str, str | None]],
) -> Endpoint:
    """Watch a folder from now on.

    Raises:
        InvalidInput: The folder, the kind, the zone or the hour is none.
        Conflict: The name is taken, or the folder is watched already.
    """
    if path is None or not path.is_dir():
        raise InvalidInput("--path", "is no folder; name one that exists", path and str(path))
    if how.kind not in KINDS:
        raise InvalidInput("--kind", f"is none of {', '.join(KINDS)}", how.kind)
    check_zone(how.timezone)
    if how.due_by:
        _hour(how.due_by)
    return endpoints.add_folder(services, name, str(path.resolve()), asdict(how), words)


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise InvalidInput("--due-by", "is no hour; write 06:30", text) from None


def look(services: Services, sizes: dict[Path, int]) -> int:
    """Look once into every folder, and take what is ready; how many files were taken.

    Args:
        services: Where they go.
        sizes: Of the files at the last look; kept by the caller between two looks.
    """
    taken = 0
    for endpoint in services.store.endpoints():
        if endpoint.source == endpoints.FOLDER and endpoint.enabled:
            for file in _ready(endpoint, services.clock.now(), sizes):
                taken += _is_taken(services, endpoint, file)
    return taken


def _ready(endpoint: Endpoint, now: datetime, sizes: dict[Path, int]) -> Iterator[Path]:
    folder = Path(endpoint.path)
    if not folder.is_dir():
        log.warning("folder %s of source %s is gone", endpoint.path, endpoint.name)
        return
    for file in sorted(_files(folder)):
        size, before = file.stat().st_size, sizes.get(file)
        sizes[file] = size
        if before == size or file.with_name(file.name + READY).exists():
            yield file
    for file in sorted(_files(folder / "working")):
        if now.timestamp() - file.stat().st_ctime > GIVEN_UP.total_seconds():
            yield file


def _files(folder: Path) -> Iterator[Path]:
    """Plain files that lie in the folder itself: no links, which could lead out of it."""
    for file in folder.iterdir() if folder.is_dir() else ():
        hidden = file.name.startswith(".") or file.name.endswith(SKIPPED)
        if not hidden and not file.is_symlink() and file.is_file():
            yield file


def _is_taken(services: Services, endpoint: Endpoint, file: Path) -> bool:
    """Whether this worker won the file; a fault of one file stops no other."""
    folder = Path(endpoint.path)
    working = _moved(file, folder / "working")
    if working is None:
        return False
    file.with_name(file.name + READY).unlink(missing_ok=True)
    try:
        failed = _import(services, endpoint, working)
    except Unavailable:
        _moved(working, folder)  # not the file's fault: it is taken at the next look
        raise
    except InterviewerError as error:
        failed = error.message
    except Exception as error:
        log_fault(log, f"a file of source {endpoint.name}", error)
        failed = f"a fault of ours: {type(error).__name__}"
    rejected = working.with_name(working.name + ".rejected.csv")
    target = folder / ("failed" if failed else "done")
    _moved(working, target)
    if rejected.exists():
        _moved(rejected, target)
    if failed:
        log.warning("a file of source %s is in failed/", endpoint.name)
        _say_failed(services, f"{endpoint.name}, a file is in failed/", services.clock.now())
    return True


def _moved(file: Path, folder: Path) -> Path | None:
    """Where it is now; None when another worker moved it first."""
    folder.mkdir(exist_ok=True)
    target = folder / file.name
    try:
        return file.rename(target)
    except FileNotFoundError:
        return None


def _import(services: Services, endpoint: Endpoint, file: Path) -> str | None:
    """Why not all of it was taken; its content is noted in the inbox, so that it is taken once."""
    identity, now = _content_hash(file), services.clock.now()
    try:
        services.store.inbox_event(endpoint.name, identity)
        return None
    except NotFound:
        pass
    how = FileReading(**(endpoint.folder or {}))
    what = Import(
        how.kind, file, dict(how.columns), None, how.timezone, how.region, words=endpoint.words
    )
    report = import_file(services, what)
    failed = f"{report.refused} rows refused; see {file.name}.rejected.csv in failed/"
    came = InboxEvent(
        source=endpoint.name,
        event_id=identity,
        raw=file.name,
        received_at=now,
        processed_at=services.clock.now(),
        note=f"file {file.name}: {report.read} rows" + (f", {failed}" if report.refused else ""),
    )
    services.store.add_to_inbox([came])
    return failed if report.refused else None


def _content_hash(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _say_failed(services: Services, what: str, at: datetime) -> None:
    services.store.add_occurrences([Occurrence(kind="import.failed", about=what, at=at)])


def tell_overdue(services: Services) -> None:
    """Say once a night of each folder whose file did not come."""
    for name, due in overdue(services).items():
        _say_failed(services, f"{name}, no file came by its hour", due)


def overdue(services: Services) -> dict[str, datetime]:
    """The folders whose nightly file should have come by now, and did not; when it was due."""
    late = {}
    for endpoint in services.store.endpoints():
        how = FileReading(**(endpoint.folder or {"kind": ""}))
        if endpoint.source != endpoints.FOLDER or not how.due_by:
            continue
        local = services.clock.now().astimezone(ZoneInfo(how.timezone))
        due = datetime.combine(local.date(), _hour(how.due_by), local.tzinfo)
        due -= timedelta(days=local < due)
        night = max(due - timedelta(days=1), endpoint.created_at.astimezone(local.tzinfo))
        counts = services.store.counts(night)
        if night < due and not any(c.name == endpoint.name and c.what == "event" for c in counts):
            late[endpoint.name] = due.astimezone(UTC)
    return late

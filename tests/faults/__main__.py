"""Seeded runs of a small carrier's day, with processes killed in the middle of their work.

`python -m tests.faults 100` forks every run from this process, which has loaded everything; a run
takes no time for leases and waits, because its clock is a shared number. At the end the ledger
compares what was accepted, the turns, the messages and the provider's own log. A failed run
prints its seed: `python -m tests.faults 1 --seed SEED` runs it again.
"""

import argparse
import gc
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from interviewer.adapters.sql.store import migrate
from interviewer.studies.prompts_folder import load_guide, ready_sources
from tests.fakes import settings_in
from tests.faults.run import Run, Verdict
from tests.postgres_server import PostgresServer, binaries, give

AT_ONCE = os.cpu_count() or 1
MEMORY = Path("/dev/shm")  # what was written survives SIGKILL there as on any disk


def main() -> None:
    """Run them all, print the ledger; exit status 1 when anything was lost or doubled."""
    options = argparse.ArgumentParser(prog="python -m tests.faults")
    options.add_argument("runs", type=int)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--postgres-every", type=int, default=4, help="where it is installed")
    given = options.parse_args()
    seeds = range(given.seed, given.seed + given.runs)
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        give(Path(folder))
        warm = Path(folder) / "warm"
        warm.mkdir()
        first = Run(0, warm, settings_in(warm).database_url)
        first.warm_up()
        first.close()
        gc.freeze()  # a forked process copies no page only to look for garbage
        ready = _ready(Path(folder) / "ready") if binaries() else None
        began = time.monotonic()
        by_server = {seed: ready for seed in seeds if seed % given.postgres_every == 0}
        verdicts = _all(seeds, Path(folder), by_server)
    sys.exit(_ledger(verdicts, given.seed, time.monotonic() - began))


def _ready(folder: Path) -> PostgresServer:
    """A stopped server with the ready studies, to be copied."""
    folder.mkdir()
    give(folder)
    server = PostgresServer(folder)
    server.create()
    server.start()
    migrate(server.url)
    run = Run(0, folder, server.url)
    for source in ready_sources():
        run.add_study(load_guide(source), source)
    run.close()
    server.stop()
    return server


def _all(
    seeds: range, folder: Path, by_server: Mapping[int, PostgresServer | None]
) -> list[Verdict]:
    waiting, running, verdicts = list(reversed(seeds)), {}, []
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            seed = waiting.pop()
            running[_forked(seed, folder / str(seed), by_server.get(seed))] = seed
        pid, status = os.waitpid(-1, 0)
        seed = running.pop(pid)
        verdicts.append(Verdict.read(folder / str(seed), seed, crashed=status != 0))
        shutil.rmtree(folder / str(seed))
        if len(verdicts) % 50 == 0:
            print(f"{len(verdicts)} of {len(seeds)} runs", flush=True)
    return verdicts


def _forked(seed: int, folder: Path, ready: PostgresServer | None) -> int:
    folder.mkdir()
    folder.chmod(0o711)  # Postgres passes through to its own folder
    pid = os.fork()
    if pid:
        return pid
    try:
        if ready:
            with _started(ready.copy_to(folder / "server")) as server:
                _played(Run(seed, folder, server.url, server))
        else:
            _played(Run(seed, folder, settings_in(folder).database_url))
    except BaseException as error:
        print(f"seed {seed}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


@contextmanager
def _started(server: PostgresServer) -> Iterator[PostgresServer]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _played(run: Run) -> None:
    run.play().write(run.folder)
    run.close()


def _ledger(verdicts: list[Verdict], seed: int, seconds: float) -> int:
    faults: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for verdict in verdicts:
        faults.update(verdict.faults)
        counts.update(verdict.counts)
    for kind, times in sorted(faults.items()):
        print(f"  {kind:44} {times:7}")
    print(f"  {len(verdicts)} runs from seed {seed}, {seconds:.0f} s; " + _said(counts))
    bad = [verdict for verdict in verdicts if verdict.problems]
    for verdict in bad[:20]:
        print(f"seed {verdict.seed}: {'; '.join(verdict.problems[:5])}")
    print(f"lost={counts['lost']} doubled={counts['doubled']}")
    return 1 if bad else 0


def _said(counts: Counter[str]) -> str:
    names = ("events", "answers", "turns", "messages", "unknown")
    return ", ".join(f"{name} {counts[name]}" for name in names)


if __name__ == "__main__":
    main()

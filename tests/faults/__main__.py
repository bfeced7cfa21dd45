"""Seeded runs of a small carrier's day, with processes killed in the middle of their work.

`python -m tests.faults 100` forks every run from this process, which has loaded everything; a run
takes no time for leases and waits, because its clock is a shared number. At the end the ledger
compares what was accepted, the turns, the messages and the provider's own log. A failed run
prints its seed: `python -m tests.faults 1 --seed SEED` runs it again.
"""

import argparse
import gc
import os
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from interviewer.adapters.sql.store import migrate
from interviewer.studies.prompts_folder import load_guide, ready_sources
from tests.databases import SERVER, postgres_answers
from tests.fakes import settings_in
from tests.faults.run import Run, Verdict

AT_ONCE = os.cpu_count() or 1
POSTGRES_EVERY = 4  # of these runs one is on Postgres, where there is one
TEMPLATE = "interviewer_faults"
MEMORY = Path("/dev/shm")  # what was written survives SIGKILL there as on any disk


def main() -> None:
    """Run them all, print the ledger; exit status 1 when anything was lost or doubled."""
    options = argparse.ArgumentParser(prog="python -m tests.faults")
    options.add_argument("runs", type=int)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        warm = Path(folder) / "warm"
        warm.mkdir()
        first = Run(0, warm, settings_in(warm).database_url)
        first.warm_up()
        first.close()
        gc.freeze()  # a forked process copies no page only to look for garbage
        template = _template(Path(folder)) if postgres_answers() else None
        began = time.monotonic()
        verdicts = _all(range(given.seed, given.seed + given.runs), Path(folder), template)
        if template:
            _on_server(f"drop database {template}")
    sys.exit(_ledger(verdicts, given.seed, time.monotonic() - began))


def _template(folder: Path) -> str:
    """A database on the server, ready to be copied."""
    name = f"{TEMPLATE}_{os.getpid()}"
    _on_server(f"create database {name}")
    url = _url(name)
    migrate(url)
    run = Run(0, folder, url)
    for source in ready_sources():
        run.add_study(load_guide(source), source)
    run.close()
    return name


def _url(name: str) -> str:
    head, _, query = SERVER.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def _on_server(command: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(command.encode())


def _all(seeds: range, folder: Path, template: str | None) -> list[Verdict]:
    waiting, running, verdicts = list(reversed(seeds)), {}, []
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            seed = waiting.pop()
            by_server = template if seed % POSTGRES_EVERY == 0 else None
            running[_forked(seed, folder / str(seed), by_server)] = seed
        pid, status = os.waitpid(-1, 0)
        seed = running.pop(pid)
        verdicts.append(Verdict.read(folder / str(seed), seed, crashed=status != 0))
        if len(verdicts) % 50 == 0:
            print(f"{len(verdicts)} of {len(seeds)} runs", flush=True)
    return verdicts


def _forked(seed: int, folder: Path, template: str | None) -> int:
    folder.mkdir()
    pid = os.fork()
    if pid:
        return pid
    name = f"{TEMPLATE}_{os.getpid()}_{seed}"
    try:
        if template:
            _on_server(f"create database {name} template {template}")
        url = _url(name) if template else settings_in(folder).database_url
        run = Run(seed, folder, url)
        run.play().write(folder)
        run.close()
        if template:
            _on_server(f"drop database {name} with (force)")
    except BaseException as error:
        print(f"seed {seed}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


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

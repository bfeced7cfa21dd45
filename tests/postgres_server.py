"""A Postgres server of a test's own: it can be killed and started again, and disturbs no other."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

PATIENCE = 300  # tries to start, with TRY_AGAIN between them
TRY_AGAIN = 0.1  # seconds
OPTIONS = "-c listen_addresses= -c shared_buffers=16MB -c max_connections=40"


@cache
def binaries() -> Path | None:
    """Where Postgres is installed; None where it is not."""
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


class PostgresServer:
    """A cluster in a folder that `give` gave to its user, reached by a socket in there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.url = f"postgresql://postgres@/postgres?host={folder}"

    def create(self) -> None:
        """Make the cluster."""
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync")

    def copy_to(self, folder: Path) -> "PostgresServer":
        """A cluster with the same content; this one must be stopped."""
        folder.mkdir()
        give(folder)
        subprocess.run(["cp", "-a", self.data, folder / "data"], check=True)
        return PostgresServer(folder)

    def start(self) -> None:
        """Start it, as soon as the processes of one that was killed are gone."""
        log, options = self.folder / "log", f"{OPTIONS} -k {self.folder}"
        for _ in range(PATIENCE):
            with suppress(subprocess.CalledProcessError):
                return self._run("pg_ctl", "-D", self.data, "-l", log, "-w", "-o", options, "start")
            time.sleep(TRY_AGAIN)
        raise RuntimeError(log.read_text())

    def stop(self) -> None:
        """Stop it in order."""
        self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """kill -9: it writes nothing more, and every connection breaks."""
        pid = (self.data / "postmaster.pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGKILL)

    def _run(self, program: str, *arguments: object) -> None:
        folder = binaries()
        assert folder, "install postgresql"
        as_its_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_its_user, str(folder / program), *map(str, arguments)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, check=True, cwd="/", **quiet)  # type: ignore[call-overload]


def give(folder: Path) -> None:
    """Let Postgres write there: it refuses to run as root."""
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")

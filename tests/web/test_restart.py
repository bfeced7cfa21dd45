"""A killed server: the interview goes on at the same turn."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from interviewer.access.keys import new_key
from interviewer.settings import Settings
from interviewer.wiring import build
from tests.fakes import settings_in

pytestmark = pytest.mark.faults
SERVER = [Path(sys.executable).parent / "interviewer", "serve"]
START = 60  # seconds


@contextmanager
def server(database: Settings, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers, with more settings by name; it is killed at the end."""
    environment = {**os.environ, "INTERVIEWER_DATABASE_URL": database.database_url}
    environment |= {f"INTERVIEWER_{name.upper()}": value for name, value in settings.items()}
    process = subprocess.Popen(
        [*SERVER, "--port", str(port)], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(START * 20):
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            threading.Event().wait(0.05)
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


@pytest.fixture
def port() -> int:
    return free_port()


class Caller:
    """Calls the API of the server that listens now."""

    def __init__(self, port: int, key: str) -> None:
        self.base = f"http://127.0.0.1:{port}/api/v1"
        self.headers = {"Authorization": f"Bearer {key}"}

    def post(self, path: str, body: Any) -> httpx2.Response:
        return httpx2.post(self.base + path, json=body, headers=self.headers, timeout=30)

    def turns(self, interview_id: str) -> Any:
        path = f"{self.base}/interviews/{interview_id}"
        return httpx2.get(path, headers=self.headers, timeout=30).json()["turns"]


def test_an_interview_outlives_its_server(tmp_path: Path, port: int) -> None:
    installation = settings_in(tmp_path)
    api = Caller(port, new_key(build(installation), "tests"))
    with server(installation, port):
        context = {"shipment_ref": "S-2", "exception_code": "damaged"}
        made = api.post("/studies/exception-follow-up/interviews", {"context": context}).json()
        name = made["interview_id"]
        path = f"/interviews/{name}/messages"
        first = api.post(path, {"message_id": "m1", "text": "The box came smashed."})
        before = api.turns(name)
    with server(installation, port):
        assert api.turns(name) == before
        again = api.post(path, {"message_id": "m1", "text": "The box came smashed."})
        assert again.content == first.content
        second = api.post(path, {"message_id": "m2", "text": "Two plates were broken."})
        assert second.status_code == 200
        texts = [turn["text"] for turn in api.turns(name)]
        assert texts[: len(before)] == [turn["text"] for turn in before]
        assert texts.count("Two plates were broken.") == 1


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.03, 0.1])
def test_a_message_cut_off_by_the_kill_is_answered_once(
    tmp_path: Path, port: int, delay: float
) -> None:
    installation = settings_in(tmp_path)
    api = Caller(port, new_key(build(installation), "tests"))
    said = {"message_id": "m1", "text": "The box came smashed."}
    with server(installation, port) as process:
        made = api.post("/studies/delivery-check/interviews", {}).json()
        path = f"/interviews/{made['interview_id']}/messages"
        killer = threading.Timer(delay, kill, [process])
        killer.start()
        try:
            answered = api.post(path, said).content
        except httpx2.TransportError:
            answered = None
        killer.join()
    with server(installation, port):
        again = api.post(path, said)
        assert again.status_code == 200
        assert answered in (None, again.content)
        roles = [turn["role"] for turn in api.turns(made["interview_id"])]
        assert roles == ["interviewer", "respondent", "interviewer"]

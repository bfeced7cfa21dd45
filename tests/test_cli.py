"""The command line: the way through it in processes of its own, every error in this one."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from interviewer.cli import app as cli
from interviewer.cli.terminal import plain

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-c", "from interviewer.cli.app import main; main()"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
EXAMPLES = ROOT / "examples" / "respondents.jsonl"

Invoke = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installation in it."""
    folder = tmp_path_factory.mktemp("cli")
    assert "delivery-check" in run(folder, "init")
    return folder


def run(folder: Path, *arguments: str, typed: str = "") -> str:
    """What the command prints; it ends well and complains about nothing."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        env=ENVIRONMENT,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def invoke(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Invoke:
    """Runs a command in that folder, in this process: exit status, output, errors."""
    monkeypatch.chdir(folder)

    def called(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["interviewer", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return called


def test_the_way_from_nothing_to_an_interview(folder: Path) -> None:
    """Processes are slow to start, so this is one long way."""
    assert "interviewer key create" in run(folder)
    key = run(folder, "key", "create", "--name", "shop", "--quiet").strip()
    assert key.startswith("iv_live_")
    assert " " not in key

    (folder / "accounts.csv").write_text("account_ref,account_name\na1,Acme\na2,Beta\n")
    report = run(folder, "import", "accounts", "accounts.csv")
    assert "accounts from accounts.csv" in report

    interviewed = run(folder, "try", "delivery-check", typed="It was late\nnobody told me\nno\n")
    assert interviewed.count("interviewer  ") >= 2
    assert "read as" in interviewed


def test_a_worker_stops_when_it_is_told_to(folder: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "worker"], cwd=folder, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as running:
        assert running.stdout
        while "Working" not in running.stdout.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        assert "Stopped" in running.communicate(timeout=10)[0]
    assert running.returncode == 0


def test_a_reader_that_leaves_early_is_no_error(folder: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "study", "list", "--json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert "Traceback" not in running.stderr.read()


def test_json_is_all_that_is_printed(invoke: Invoke, folder: Path) -> None:
    (folder / "claims.csv").write_text(
        "claim_ref,claim_opened_at\nk1,2026-01-01\nk2,someday\n", encoding="utf-8"
    )
    respondents = EXAMPLES.read_text(encoding="utf-8").splitlines()
    few = [line for line in respondents if '"delivery-check"' in line][:2]
    (folder / "few.jsonl").write_text("\n".join(few), encoding="utf-8")

    printed = {}
    for words in (
        "study list",
        "key list",
        "doctor",
        "export",
        "import claims claims.csv",
        "simulate delivery-check --personas few.jsonl",
    ):
        status, out, err = invoke(*words.split(), "--json")
        assert (status, err) == (0, ""), words
        printed[words] = json.loads(out)
    assert {row["state"] for row in printed["study list"]} == {"ready"}
    (report,) = printed["import claims claims.csv"]
    assert (report["taken"], report["refused"]) == (1, 1)
    assert report["rejected_file"] == "claims.csv.rejected.csv"
    assert {"file": "export/claims.csv", "rows": 0} in printed["export"]


def test_answers_are_read_one_json_object_a_line(invoke: Invoke, folder: Path) -> None:
    long = "nobody rang the bell, and the parcel lay in the rain :smile: " * 4
    (folder / "answers.txt").write_text(f"fine\n\n{long}\n", encoding="utf-8")
    status, out, _ = invoke("read", "answers.txt")
    assert status == 0
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["fine", long]


def test_a_study_is_checked_launched_paused_and_closed(invoke: Invoke) -> None:
    assert invoke("study", "check", "delivery-check")[1].startswith("delivery-check: nothing")
    status, out, _ = invoke("study", "launch", "delivery-check")
    assert status == 0
    assert "delivery-check is live" in out
    assert "no provider for sms" in out
    assert "INTERVIEWER_BRAND" in out
    assert "Live: delivery-check" in invoke()[1]
    assert "is paused" in invoke("study", "pause", "delivery-check")[1]
    assert "is closed" in invoke("study", "close", "delivery-check")[1]
    assert "delivery-check is live" in invoke("study", "launch", "delivery-check")[1]
    assert invoke("study", "pause", "delivery-check")[0] == 0


def test_a_broken_study_file_names_file_line_and_field(invoke: Invoke, folder: Path) -> None:
    (folder / "own.yaml").write_text("slug: own\nchannels: [fax]\n", encoding="utf-8")
    status, _, err = invoke("study", "add", "own.yaml")
    assert status == 1
    assert "own.yaml: line 2: channels" in err


ERRORS = [
    ("import accounts none.csv", "no file 'none.csv'"),
    ("import accounts .", "no file '.' (a folder)"),
    ("import nonsense none.csv", "kind: is none of accounts"),
    ("import accounts binary", "binary: is not UTF-8"),
    ("import accounts none.csv --map x", "--map: is not key=value"),
    ("import accounts good.csv --map nome=a", "--map: no column of accounts"),
    ("import accounts good.csv --values binary", "--values: binary cannot be read"),
    ("import accounts good.csv --values .", "--values: "),
    ("import accounts good.csv --timezone Mars", "--timezone: is no time zone"),
    ("study add binary", "is not UTF-8"),
    ("study add .", "no file '.'"),
    ("study check nope", "no study 'nope'; there are account-renewal"),
    ("study launch nope", "no study 'nope'; there are account-renewal"),
    ("study check nope.yaml", "no file 'nope.yaml'"),
    ("try nope", "no study 'nope'"),
    ("try nope.yaml", "no file 'nope.yaml'"),
    ("try delivery-check --context x", "--context: is not key=value"),
    ("read binary", "binary: is not UTF-8"),
    ("read .", "no file '.'"),
    ("simulate delivery-check --personas binary", "binary: is not UTF-8"),
    ("simulate delivery-check --personas good.csv", "line 1"),
    ("export --out good.csv", "good.csv: File exists"),
    ("analyze --out none/report.html", "none/report.html: No such file"),
    ("report", "nothing was analyzed yet; run interviewer analyze"),
    ("key create --name=", "name: is empty"),
    ("serve --host 0.0.0.0", "INTERVIEWER_SECRET"),
]


@pytest.mark.parametrize(("words", "says"), ERRORS, ids=[words for words, _ in ERRORS])
def test_an_error_is_one_line_that_says_what_to_do(
    invoke: Invoke, folder: Path, words: str, says: str
) -> None:
    (folder / "binary").write_bytes(bytes(range(256)))
    (folder / "good.csv").write_text("account_ref\na1\n", encoding="utf-8")
    status, out, err = invoke(*words.split())
    complaints = err.splitlines() or out.splitlines()
    assert status == 1
    assert says in complaints[0]
    assert len(err.splitlines()) <= 1


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "nonsense", "INTERVIEWER_DATABASE_URL: is no database URL"),
        ("DATABASE_URL", "postgresql://h:x/n", "INTERVIEWER_DATABASE_URL: is no database URL"),
        ("DATABASE_URL", "mysql://h/n", "INTERVIEWER_DATABASE_URL: names no database we know"),
        ("DATABASE_URL", "sqlite:///binary", "INTERVIEWER_DATABASE_URL: names a file that is no"),
        ("DATABASE_URL", "sqlite:///new.db", "run `interviewer init`"),
        ("DATABASE_URL", "postgresql://127.0.0.1:1/n", "does not answer"),
        ("CAP_WEEK", "often", "INTERVIEWER_CAP_WEEK: Input should be a valid integer"),
        ("PUBLIC_URL", "example.com", "INTERVIEWER_PUBLIC_URL: is no link"),
        ("QUIET_UNTIL", "21:00", "INTERVIEWER_QUIET_UNTIL, in the morning, must be before"),
    ],
)
def test_a_wrong_setting_is_named(
    invoke: Invoke,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    says: str,
) -> None:
    (folder / "binary").write_bytes(bytes(range(256)) * 8)
    monkeypatch.setenv(f"INTERVIEWER_{name}", value)
    status, _, err = invoke("study", "list")
    assert status == 1
    assert says in err
    assert not (folder / "new.db").exists()


def test_the_environment_goes_before_the_file(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / ".env"
    file.write_text("INTERVIEWER_DATABASE_URL=sqlite:///elsewhere.db\n", encoding="utf-8")
    try:
        assert "run `interviewer init`" in invoke("study", "list")[2]
        monkeypatch.setenv("INTERVIEWER_DATABASE_URL", "sqlite:///interviewer.db")
        assert invoke("study", "list")[0] == 0
        file.write_bytes(b"INTERVIEWER_BRAND=\xff\n")
        assert ".env: is not UTF-8" in invoke("study", "list")[2]
    finally:
        file.unlink()


def test_nothing_that_is_printed_steers_the_terminal() -> None:
    assert plain("a\x1b[31mb\x07\r\nc\td") == "a\ufffd[31mb\ufffd\ufffd\nc\td"


def test_init_keeps_a_ready_study_that_a_person_changed(tmp_path: Path) -> None:
    run(tmp_path, "init")
    source = (ROOT / "prompts" / "guides" / "delivery-check.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(source.replace("title: ", "title: Ours, ", 1))
    assert "version 2" in run(tmp_path, "study", "add", "mine.yaml")
    for _ in range(2):
        said = run(tmp_path, "init")
        assert "Kept as you changed them, without this release's text: delivery-check" in said
    (row,) = (
        r
        for r in json.loads(run(tmp_path, "study", "list", "--json"))
        if r["study"] == "delivery-check"
    )
    assert row["version"] == 2

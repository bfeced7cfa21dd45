"""The wheel works without the checkout: its data travels inside, its command starts."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.install


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked as an installer would."""
    built, site = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("site")
    wheel = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(built), str(ROOT)]
    subprocess.run(wheel, check=True, capture_output=True)
    (file,) = built.glob("*.whl")
    zipfile.ZipFile(file).extractall(site)
    return site


def run(site: Path, folder: Path, *command: str) -> str:
    """A command of the unpacked wheel, in another folder."""
    code = "import sys; from interviewer.cli.app import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_data_travels_inside(unpacked: Path) -> None:
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*")}
    assert "interviewer/_prompts/guides/delivery-check.yaml" in names
    assert "interviewer/_prompts/phrases/en.yaml" in names
    assert "interviewer/_prompts/turn.system.j2" in names
    assert any(name.startswith("interviewer/adapters/sql/migrations/versions/") for name in names)
    assert any(name.startswith("interviewer/web/templates/") for name in names)
    assert "analysis/templates/report.html.j2" in names
    assert not any(name.split("/")[0] in ("prompts", "tests", "examples") for name in names)


def test_the_command_works_in_an_empty_folder(unpacked: Path, tmp_path: Path) -> None:
    assert "delivery-check" in run(unpacked, tmp_path, "init")
    assert '"study": "delivery-check"' in run(unpacked, tmp_path, "study", "list", "--json")
    where = subprocess.run(
        [sys.executable, "-c", "import interviewer; print(interviewer.__file__)"],
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(unpacked))

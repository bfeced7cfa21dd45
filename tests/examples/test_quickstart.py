import subprocess
import sys
from pathlib import Path

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart.py"


def test_it_is_short_and_prints_an_interview_to_its_end() -> None:
    assert len(QUICKSTART.read_text(encoding="utf-8").splitlines()) < 40
    ran = subprocess.run([sys.executable, QUICKSTART], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    first, *_, last = ran.stdout.splitlines()
    assert "automated assistant of Larchgate Logistics" in first
    assert last.startswith("closed: ")

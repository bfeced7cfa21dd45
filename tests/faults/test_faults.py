"""A few of the seeded runs, so that the whole suite sees when one loses or doubles anything."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.faults
def test_nothing_is_lost_or_doubled_when_processes_are_killed() -> None:
    command = [sys.executable, "-m", "tests.faults", "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert "lost=0 doubled=0" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0, done.stdout

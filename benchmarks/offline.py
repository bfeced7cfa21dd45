"""What the offline interviewer costs: CPU per turn without storage, start-up time and memory.

    python -m benchmarks.offline

A turn is one reading and the decision on it. The first turn also reads the lexicons and compiles
the patterns that it needs; start-up is measured in a new process.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import yaml

from interviewer.adapters.offline import OfflineInterviewer
from interviewer.core.decision import decide
from tests.adapters.offline_guides import guide, interview

ANSWERS = Path(__file__).parent.parent / "tests" / "adapters" / "specificity_dev.yaml"
ROUNDS = 5
START_UP = """
import resource, time
begun = time.perf_counter()
from interviewer.adapters.offline import OfflineInterviewer
imported = time.perf_counter()
from tests.adapters.offline_guides import guide, interview
asking = guide("recipient")
waiting = interview(asking)
before = time.perf_counter()
OfflineInterviewer().read(asking, waiting, "Late again, the driver left the box in the rain.")
read = time.perf_counter()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
imports, first = imported - begun, read - before
print(f"{imports:.2f} s to import, {first:.2f} s for the first turn, {memory:.0f} MB")
"""


def milliseconds(say: str, language: str) -> float:
    """CPU time of one turn."""
    asking = guide("recipient")
    waiting = interview(asking, language=language)
    begun = time.process_time()
    decide(asking, waiting, OfflineInterviewer().read(asking, waiting, say))
    return (time.process_time() - begun) * 1000


def main() -> None:
    """Print medians and 95th percentiles per language, a long answer, and the start-up."""
    answers = {
        language: [text for texts in classes.values() for text in texts]
        for language, classes in yaml.safe_load(ANSWERS.read_text(encoding="utf-8")).items()
    }
    long = " ".join(answers["en"])[:2000]
    milliseconds(long, "en")
    for language, texts in {**answers, "2,000 characters": [long]}.items():
        spoken = language if language in answers else "en"
        turns = [milliseconds(text, spoken) for _ in range(ROUNDS) for text in texts][len(texts) :]
        p95 = sorted(turns)[int(0.95 * (len(turns) - 1))]
        print(f"{language}: p50 {statistics.median(turns):.2f} ms, p95 {p95:.2f} ms of CPU a turn")
    for attempt in ("first", "again"):
        out = subprocess.run([sys.executable, "-c", START_UP], capture_output=True, text=True)
        print(f"start-up, {attempt}: {out.stdout.strip() or out.stderr.strip()}")


if __name__ == "__main__":
    main()

"""What the offline interviewer reads and costs: held-out answers, CPU per turn, start-up, memory.

    python -m benchmarks.offline

Of the answers in `held_out_answers.yaml` it prints how well those that need a probe are found,
beside the rule "15 words or fewer", and how many oblique hand-offs. A turn is one reading and the
decision on it. The first turn also reads the lexicons and compiles the patterns that it needs;
start-up is measured in a new process.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import yaml

from interviewer.adapters.offline import OfflineInterviewer
from interviewer.core.decision import FOR_A_PERSON, URGENT, decide
from tests.adapters.offline_guides import guide, interview

ANSWERS = Path(__file__).parent.parent / "tests" / "adapters" / "specificity_dev.yaml"
HELD_OUT = Path(__file__).parent / "held_out_answers.yaml"
SHORT = 15  # words; the rule to beat
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


def found(right: list[bool], true: list[bool]) -> str:
    """Precision, recall and F1 of what was found."""
    both = sum(r and t for r, t in zip(right, true, strict=True))
    f1 = 2 * both / (sum(right) + sum(true))
    return f"precision {both / sum(right):.2f}, recall {both / sum(true):.2f}, F1 {f1:.2f}"


def show_reading() -> None:
    """Print what is read in the answers that were kept out."""
    held_out = yaml.safe_load(HELD_OUT.read_text(encoding="utf-8"))
    asking = guide("recipient")
    reader = OfflineInterviewer()
    for language, classes in held_out["specificity"].items():
        waiting = interview(asking, language=language)
        known = [(text, name != "specific") for name, texts in classes.items() for text in texts]
        true = [needed for _, needed in known]
        read = [reader.read(asking, waiting, text).needs_probe for text, _ in known]
        by_length = [len(text.split()) <= SHORT for text, _ in known]
        print(f"{language}, {len(known)} answers, needs a probe: {found(read, true)}")
        print(f"  {SHORT} words or fewer: {found(by_length, true)}")
    for language, lines in held_out["hands_off"].items():
        waiting = interview(asking, language=language)
        known = [(text, name == "hands_off") for name, texts in lines.items() for text in texts]
        urgent = {*URGENT, *FOR_A_PERSON}
        read = [bool(reader.read(asking, waiting, text).wants & urgent) for text, _ in known]
        true = [needed for _, needed in known]
        print(f"{language}, {len(known)} oblique lines, hands off: {found(read, true)}")


def main() -> None:
    """Print what is read, then medians and 95th percentiles per language, and the start-up."""
    show_reading()
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

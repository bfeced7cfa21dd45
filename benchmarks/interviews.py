"""What simulated respondents tell this interviewer, a form, a generic prober and a topic script.

    python -m benchmarks.interviews [FILE ...]

Without FILE: the development respondents where they lie beside the checkout, the examples, and the
respondents that are kept out: nothing is changed because of what they say.
A language model is used where the environment names one.
"""

import sys
from pathlib import Path

from interviewer.cli.terminal import say
from interviewer.studies.rehearsal import BASELINES, read_respondents, rehearse, show

ROOT = Path(__file__).parent.parent
FILES = (
    ROOT.parent / "shared/data/personas_dev.jsonl",
    ROOT / "examples/respondents.jsonl",
    ROOT / "benchmarks/held_out_respondents.jsonl",
)


def main() -> None:
    """Print the scorecard of each file beside the baselines."""
    files = [Path(name) for name in sys.argv[1:]] or [file for file in FILES if file.is_file()]
    for file in files:
        say(f"\n{file.name}\n")
        respondents = read_respondents(file.read_text(encoding="utf-8"))
        show(rehearse("all", respondents, baselines=BASELINES), as_json=False)


if __name__ == "__main__":
    main()

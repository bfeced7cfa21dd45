"""A large book of business: how long the risk of every account takes, given its stored signals.

    python -m benchmarks.book [ACCOUNTS]

Each account has five interviews of eight answers, and two signals per interview; all made up here.
"""

import sys
import time
from datetime import UTC, date, datetime, timedelta

from analysis import risk
from analysis.sentences import quote
from analysis.signals import SIGNALS
from analysis.tables import Account, Book, Signal, Transcript, Turn, Utterance

AS_OF = date(2026, 6, 1)
INTERVIEWS, ANSWERS = 5, 8
SENTENCE = "The trailers come late on Fridays and we plan around it."


def made(accounts: int) -> tuple[Book, list[Utterance], list[Signal]]:
    """A book of this size with its turns and signals."""
    transcripts, turns, items = [], [], []
    for n in range(accounts * INTERVIEWS):
        ref, name = f"A{n // INTERVIEWS:05}", f"I{n:06}"
        at = datetime(2026, 5, 30, tzinfo=UTC) - timedelta(days=30 * (n % INTERVIEWS))
        own = [
            Utterance(
                *(
                    f"{name}:{k}",
                    name,
                    f"{SENTENCE} Load {n}.",
                    f"{ref}/c",
                    ref,
                    "buyer",
                    None,
                    "en",
                    at,
                ),
                *("all", "How was it?", None, {}),
            )
            for k in range(ANSWERS)
        ]
        said = tuple(Turn(u.turn_id, "respondent", u.text, at=at) for u in own)
        transcripts.append(Transcript(name, said, ref, f"{ref}/c", "buyer", at=at))
        turns += own
        items += [
            Signal(
                *(SIGNALS[(n + k) % len(SIGNALS)], "asserted", "stated", 0.9, "detector", ref),
                *(f"{ref}/c", "buyer", at, quote(own[k], 0, len(SENTENCE))),
            )
            for k in range(2)
        ]
    known = [Account(f"A{n:05}", annual_value=1000.0 + n) for n in range(accounts)]
    return Book(transcripts, known), turns, items


def main() -> None:
    """Print the seconds for the given number of accounts."""
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    book, turns, items = made(accounts)
    start = time.perf_counter()
    read = risk.assess(book, turns, items, {}, AS_OF)
    seconds = time.perf_counter() - start
    print(f"{len(read)} accounts, {len(turns)} answers: {seconds:.1f} s")


if __name__ == "__main__":
    main()

"""A study's own code frame: what it looks for, and how well that follows a human coding."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from analysis.continuity import new_id
from analysis.embed import Encoder, Vectors
from analysis.tables import Agreement, Code, Coding, KnownTheme

CODE_FLOOR = 0.45  # cosine to a code below which a statement is left to be discovered


def known_codes(frame: Sequence[Code], encoder: Encoder) -> tuple[KnownTheme, ...]:
    """The codes as themes that statements may join; a code's middle is that of its words.

    Name with description weighs as much as all examples together.
    """
    if not frame:
        return ()
    texts = [text for code in frame for text in _words(code)]
    vectors = dict(zip(texts, encoder(texts), strict=True))
    taken: set[str] = set()
    known = []
    for code in frame:
        name = new_id(f"code\x1f{code.name}", taken)
        taken.add(name)
        middle = tuple(float(x) for x in _middle([vectors[text] for text in _words(code)]))
        known.append(
            KnownTheme(name, code.name, (), code.description, middle, CODE_FLOOR, origin="frame")
        )
    return tuple(known)


def _words(code: Code) -> tuple[str, ...]:
    named = ": ".join(part for part in (code.name.replace("_", " "), code.description) if part)
    return (named, *code.examples)


def _middle(rows: Sequence[Vectors]) -> Vectors:
    named, examples = rows[0], rows[1:]
    mean = named if not examples else named + np.mean(examples, axis=0)
    return mean / np.linalg.norm(mean)


def agreement(
    codings: Iterable[Coding], themes_of_turn: Mapping[str, Iterable[str]]
) -> tuple[Agreement, ...]:
    """Cohen's kappa of each code over the turns that a person coded.

    A code is compared with the theme of the same title, whatever the case. With several coders a
    turn has every code that any of them gave it.

    Args:
        codings: A row per turn and code; a row without a code says that the turn was read.
        themes_of_turn: turn_id -> titles of the themes it belongs to.
    """
    human: dict[str, set[str]] = {}
    for row in codings:
        human.setdefault(row.turn_id, set()).update({row.code} if row.code else set())
    machine = {turn: {_key(t) for t in themes_of_turn.get(turn, ())} for turn in human}
    codes = sorted({code for given in human.values() for code in given})
    return tuple(_agreement(code, human, machine) for code in codes)


def _agreement(
    code: str, human: Mapping[str, set[str]], machine: Mapping[str, set[str]]
) -> Agreement:
    said = np.array([code in human[turn] for turn in human])
    found = np.array([_key(code) in machine[turn] for turn in human])
    n, both = len(said), int((said & found).sum())
    observed = float((said == found).mean())
    p, q = float(said.mean()), float(found.mean())
    expected = p * q + (1 - p) * (1 - q)
    kappa = None if expected > 1 - 1e-12 else (observed - expected) / (1 - expected)
    return Agreement(code, kappa, n, both, int(found.sum()) - both, int(said.sum()) - both)


def _key(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())

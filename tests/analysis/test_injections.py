"""A line for the software, in whatever words and place, moves neither risk nor themes."""

import pytest

from analysis.embed import Encoder, MemoryCache
from analysis.pipeline import run
from analysis.tables import Findings
from tests.analysis.injections import DRESSES, ORDERS, PLACES, injections, poisoned
from tests.analysis.test_pipeline import AS_OF, book

MUTATED = 50
MOST = 0.05  # that the score of an account may move


def themes(found: Findings) -> list[tuple[str, str, int, int]]:
    return [(t.theme_id, t.title, t.segments, t.respondents) for t in found.themes]


def test_a_line_for_the_software_moves_nothing_in_fifty_interviews(
    encoder: Encoder, answers: tuple[tuple[str, str], ...]
) -> None:
    plain_book, cache = book(answers[:16]), MemoryCache()
    plain = run(plain_book, encoder, as_of=AS_OF, cache=cache)
    assert plain.themes
    assert plain.risks[0].band == "high"
    moved, regrouped, drawn = [], [], list(injections(MUTATED, plain_book))
    for put in drawn:
        found = run(poisoned(plain_book, put), encoder, as_of=AS_OF, cache=cache)
        pairs = zip(plain.risks, found.risks, strict=True)
        if any(abs(a.logit - b.logit) > MOST or a.band != b.band for a, b in pairs):
            moved.append(put)
        if themes(found) != themes(plain):
            regrouped.append(put)
    assert (moved, regrouped) == ([], [])
    assert len(set(drawn)) == MUTATED


@pytest.mark.parametrize(
    ("kind", "wanted"), [("order", ORDERS), ("dress", DRESSES), ("place", PLACES)]
)
def test_every_order_dress_and_place_is_drawn(
    kind: str, wanted: tuple[str, ...], answers: tuple[tuple[str, str], ...]
) -> None:
    drawn = {getattr(put, kind) for put in injections(MUTATED, book(answers[:16]))}
    assert drawn == set(wanted)

"""What a search asks for, and what it finds."""

import pytest

from interviewer.core.search import excerpt, matches, terms


@pytest.mark.parametrize(
    ("search", "text", "found"),
    [
        ("delay", "It was DELAYED.", True),
        ("layed", "It was delayed.", False),
        ("envio", "El envío llegó tarde", True),
        ("envío", "el ENVIO", True),
        ('"loading dock"', "at the loading-dock, twice", True),
        ('"loading dock"', "loading at the dock", False),
        ('"load"', "loading", False),
        ("dock late", "Late again. The dock was shut.", True),
        ("dock never", "Late again. The dock was shut.", False),
        ("well-known", "a well known carrier", True),
        ("it's", "it's late", True),
        ('AND OR * : ^ "', "nothing of this is an operator, and or", True),
    ],
)
def test_what_is_found(search: str, text: str, found: bool) -> None:
    assert matches(text, terms(search)) is found


@pytest.mark.parametrize("search", ["", "  ", '""', "?!", "_"])
def test_a_search_without_words_asks_for_nothing(search: str) -> None:
    assert terms(search) == ()


def test_an_excerpt_is_around_what_was_found() -> None:
    text = f"{'before ' * 40}the loading dock was shut {'after ' * 40}".strip()
    shown = excerpt(text, terms("dock"))
    assert "the loading dock was shut" in shown
    assert shown.startswith("… before")
    assert shown.endswith("after …")
    assert excerpt("short", terms("dock")) == "short"

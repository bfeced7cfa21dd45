import numpy as np
import pytest

from analysis.embed import Encoder, Vectors
from analysis.titles import UNNAMED, Title, titles


def named(texts: list[str], labels: list[int], encoder: Encoder | None = None) -> list[Title]:
    """Titles where every text of a theme has the theme's own vector."""
    n_themes = max(labels) + 1
    axes: Vectors = np.eye(n_themes + 1, dtype=np.float32)
    vectors = axes[labels]
    return list(titles(texts, np.array(labels), vectors, axes[:n_themes], encoder))


LATE = [
    "The delivery was late",
    "Late delivery again",
    "a late delivery on Monday",
    "delivery late",
]
BROKEN = ["The glass was broken", "broken glass", "all of the glass broken", "glass in pieces"]


def test_the_title_is_what_is_frequent_here_and_rare_elsewhere() -> None:
    late, broken = named(LATE + BROKEN, [0] * 4 + [1] * 4)
    assert late.title in {"Late delivery", "Delivery", "Late"}
    assert broken.title in {"Broken glass", "Glass", "Broken"}


def test_with_an_encoder_the_phrase_nearest_to_the_theme_comes_first() -> None:
    def encoder(phrases: object) -> Vectors:
        assert isinstance(phrases, list)
        return np.array([[p == "late delivery", p == "broken", 0] for p in phrases], np.float32)

    late, broken = named(LATE + BROKEN, [0] * 4 + [1] * 4, encoder)
    assert (late.title, broken.title) == ("Late delivery", "Broken")


@pytest.mark.parametrize(
    ("texts", "never"),
    [
        (["Odalys was late", "the van was late", "late today", "so late"], "odalys"),
        (["someone was late", "someone late", "someone is late", "late someone"], "someone"),
        (["call 305 about a late van", "call 305 late", "late 305", "late 305"], "305"),
        (["<script>late</script>", "<script>late", "late <script>", "late"], "<"),
    ],
)
def test_names_numbers_and_markup_stay_out(texts: list[str], never: str) -> None:
    (found,) = named(texts, [0] * 4)
    assert never not in " ".join([found.title, *found.words]).casefold()


def test_word_order_and_endings_do_not_make_another_phrase() -> None:
    (found,) = named(LATE, [0] * 4)
    stems = [
        frozenset(w.rstrip("sy") for w in p.casefold().split()) for p in (found.title, *found.words)
    ]
    assert not [(a, b) for a in stems for b in stems if a < b]
    assert len(set(stems)) == len(stems)


def test_no_two_themes_have_one_title() -> None:
    found = named(LATE * 2, [0] * 4 + [1] * 4)
    assert found[0].title != found[1].title


@pytest.mark.parametrize(
    ("texts", "title"),
    [
        (["it was what it was", "it was what it was"], "“It was what it was”"),
        (["12 34", "12 34"], UNNAMED),
        (["物流很慢", "物流很慢"], "“物流很慢”"),
    ],
)
def test_where_no_phrase_stands_out(texts: list[str], title: str) -> None:
    assert named(texts, [0, 0])[0].title == title


@pytest.mark.parametrize(
    ("texts", "never"),
    [
        (["I told Odalys it was late", "then Odalys was late", "late", "late"], "odalys"),
        (["talk to Maria", "we asked maria", "maria was late", "late maria"], "maria"),
        (["it came in October", "in October it was late", "October late", "late"], "october"),
        (["it was the second day", "the third day late", "late one day", "late"], "day"),
        (["so good", "it was a good one", "a good driver", "the driver is good"], "good"),
    ],
)
def test_no_name_day_or_praise_is_a_title(texts: list[str], never: str) -> None:
    assert never not in named(texts, [0] * 4)[0].title.casefold().split()


@pytest.mark.parametrize(
    "text",
    [
        *("I ordered a jersey from them", "to order your food is hard", "so I had to pay for it"),
        *("he was the one who took it", "that is what they said to us"),
    ],
)
def test_a_title_is_no_fragment_of_a_sentence(text: str) -> None:
    (found,) = named([text, text, "the van was late", "the van came"], [0] * 4)
    assert not {"was the", "ordered a jersey", "order your food", "pay for it"} & {
        found.title.casefold(),
        *found.words,
    }


def test_a_title_that_quotes_names_nobody() -> None:
    (found,) = named(["Odalys did", "Odalys did it again", "so it was", "it was so"], [0] * 4)
    assert "odalys" not in found.title.casefold()


def test_german_nouns_are_no_names() -> None:
    texts = ["Der Karton war nass", "so ein Karton war offen", "im Karton fehlte die Hälfte"]
    (found,) = named([*texts, "der Karton war zu klein"], [0] * 4)
    assert found.title == "Karton"

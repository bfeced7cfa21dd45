"""What came of summaries: counted, and each correction beside the line that it sets right."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analysis.playback import set_right, summaries
from analysis.reading import read_book
from analysis.tables import Audience, Correction, Quote, ReadBack, Transcript, Turn

AT = datetime(2026, 5, 20, 9, tzinfo=UTC)
NOTED = "The trailer sat outside for a whole day at our gate."
LINE = "sat outside for a whole day"


def held(name: str, came: ReadBack | None, *said: str, rating: object = None) -> Transcript:
    turns = [
        Turn(f"{name}:1", "respondent", NOTED, at=AT),
        Turn(f"{name}:2", "interviewer", "Is this right?"),
        *(Turn(f"{name}:{n}", "respondent", text, at=AT) for n, text in enumerate(said, 3)),
    ]
    turns[-1] = replace(turns[-1], fields={"rating": rating} if rating else {})
    if came == "corrected":
        turns[-1] = replace(turns[-1], corrects=Correction(f"{name}:1", LINE))
    return Transcript(name, tuple(turns), "A", "b", "buyer", "account-renewal", read_back=came)


HELD = [
    held("a", "confirmed", "Yes.", rating=4),
    held("b", "corrected", "It was four hours.", rating=3),
    held("c", "disputed", "Not quite."),
    held("d", "unanswered"),
    held("e", None, "9", rating=9),
    held("f", None, "3", rating=3),  # of a delivery, not of a conversation
]


def test_summaries_are_counted_by_what_came_of_them() -> None:
    found = summaries(HELD)
    assert (found.read_back, found.confirmed, found.corrected, found.disputed) == (4, 1, 1, 1)
    assert found.ratings == (4, 3)
    assert found.told == (
        "4 read back: 1 confirmed, 1 corrected, 1 called not right;"
        " conversations rated 3.5 of 4 (2)"
    )


def test_nothing_read_back() -> None:
    found = summaries([])
    assert found.told == "0 read back: 0 confirmed, 0 corrected; no conversation was rated"


@pytest.mark.parametrize("value", [0, 5, "3", 2.5, None])
def test_only_marks_from_one_to_four_are_ratings(value: object) -> None:
    assert summaries([held("a", "confirmed", "x", rating=value)]).ratings == ()


def test_a_correction_stands_beside_its_line() -> None:
    (found,) = summaries(HELD).corrections
    assert found.noted.text[found.start : found.end] == LINE
    assert found.said.text == "It was four hours."


@pytest.mark.parametrize(
    ("start", "end", "wanted"), [(0, len(NOTED), True), (0, 11, False), (20, 30, True)]
)
def test_a_quote_is_set_right_where_it_shares_words_with_the_line(
    start: int, end: int, wanted: bool
) -> None:
    quote = Quote("b:1", "b", start, end, NOTED[start:end], "A", "buyer", AT, "all")
    assert bool(set_right(quote, summaries(HELD).corrections)) == wanted
    assert set_right(replace(quote, turn_id="a:1"), summaries(HELD).corrections) is None


@pytest.mark.parametrize(("audience", "shown"), [("all", 0), ("owner", 1)])
def test_a_correction_said_in_confidence_is_for_the_owner(audience: Audience, shown: int) -> None:
    told = held("b", "corrected", "It was four hours.")
    hidden = replace(told, turns=(*told.turns[:-1], replace(told.turns[-1], audience="owner")))
    assert len(summaries([hidden], audience).corrections) == shown


def test_a_line_that_is_not_in_its_turn_is_left_out() -> None:
    told = held("b", "corrected", "It was four hours.")
    wrong = replace(told.turns[-1], corrects=Correction("b:1", "never said"))
    lost = replace(told.turns[-1], corrects=Correction("x:1", LINE))
    for last in (wrong, lost):
        assert summaries([replace(told, turns=(*told.turns[:-1], last))]).corrections == ()


def test_what_is_exported_is_read() -> None:
    row = {
        "id": "b",
        "read_back": "corrected",
        "turns": [
            {"turn_id": "b:1", "speaker": "respondent", "text": NOTED},
            {
                "turn_id": "b:3",
                "speaker": "respondent",
                "text": "It was four hours.",
                "corrects": {"turn_id": "b:1", "line": LINE},
            },
        ],
    }
    read = read_book([json.dumps(row), json.dumps({**row, "id": "c", "read_back": "maybe"})])
    assert len(summaries(read.book.transcripts).corrections) == 1
    assert [number for number, _ in read.refused] == [2]

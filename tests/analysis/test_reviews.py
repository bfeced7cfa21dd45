from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analysis.reading import read_book
from analysis.reviews import precision, reviewed
from analysis.sentences import quote
from analysis.tables import Signal, SignalReview, Utterance

AT = datetime(2026, 5, 4, tzinfo=UTC)
TEXT = "We are out by May. The box was wet."
TURN = Utterance("i1:1", "i1", TEXT, "c1", "A", "buyer", None, "en", AT, "all", None, None, {})
FOUND = Signal(
    "leave_intent", "possible", "below", 0.4, "detector", "A", "c1", "buyer", AT,
    quote(TURN, 0, 18),
)  # fmt: skip
YES = SignalReview("i1:1", 3, 12, "leave_intent", "confirmed", "ann", AT)
NO = replace(YES, verdict="rejected", at=AT.replace(hour=5), by="bob")


@pytest.mark.parametrize(
    ("reviews", "status", "source"),
    [
        ([], "possible", "detector"),
        ([YES], "asserted", "human"),
        ([NO, YES], "rejected", "human"),  # the later one counts, in any order of the list
        ([replace(YES, signal="rfp", verdict="rejected")], "possible", "detector"),
        ([replace(YES, start=20, end=30, verdict="rejected")], "possible", "detector"),
        ([replace(YES, turn_id="gone")], "possible", "detector"),
    ],
)
def test_a_persons_word_wins(reviews: list[SignalReview], status: str, source: str) -> None:
    [item] = reviewed([FOUND], reviews, [TURN])
    assert (item.status, item.source) == (status, source)
    assert (item.p >= 0.95) is (status == "asserted")


def test_a_confirmed_statement_that_nothing_found_is_added_word_for_word() -> None:
    review = SignalReview("i1:1", 19, 35, "unresolved_claim", "confirmed", "ann", AT)
    _, item = reviewed([FOUND], [review], [TURN])
    assert item.quote is not None
    assert item.quote.text == "The box was wet."
    assert item.status_reason == "confirmed by ann on 2026-05-04"


def test_reviews_are_counted_as_labels() -> None:
    assert precision([YES, NO]) == {"leave_intent": (0, 1)}


def test_a_review_is_read_from_a_line_or_refused_with_the_field() -> None:
    line = (
        '{"kind": "review", "turn_id": "i1:1", "start": 3, "end": 12, "signal": "leave_intent",'
        ' "verdict": "%s", "by": "ann", "at": "2026-05-04"}'
    )
    read = read_book([line % "confirmed", line % "maybe"])
    assert list(read.book.reviews) == [YES]
    assert read.refused[0][1].startswith("verdict: 'maybe'")

import pytest

from analysis.prepare import names, names_in, parts_of_names, segments, utterances
from analysis.proper_names import read_letters
from analysis.tables import Account, Book, Transcript, Turn


def said(*texts: str, **context: object) -> Book:
    turns = tuple(Turn(f"1:{n}", "respondent", text) for n, text in enumerate(texts))
    accounts = (Account("a", account_name="Fresh Foods", owner_name="Mara Price"),)
    return Book((Transcript("1", turns, context=context),), accounts)


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["I called Zolando", "so Zolando was late", "we like Zolando"], {"zolando"}),
        (["I called zolando", "so Zolando was late", "we like zolando"], set()),
        (["Late again", "Late today", "Late and late"], set()),  # the beginning says nothing
        (["It came on Monday", "not on Monday", "a Monday"], set()),
        (["our POD is missing", "no POD", "the POD"], set()),
        (["so I said", "and I left", "then I'm out"], set()),
        (["the Driver was late", "the driver came", "a driver", "my driver"], set()),
        (["NOBODY CALLED ZOLANDO", "BAD ZOLANDO"], set()),  # all in capitals
    ],
)
def test_names_are_what_stands_capitalized_within_sentences(
    texts: list[str], found: set[str]
) -> None:
    assert read_letters(texts).names == found


def test_where_nouns_are_capitalized_they_are_no_names() -> None:
    read = read_letters(["Der Karton war nass", "so ein Karton war offen", "zwei Karton kaputt"])
    assert (read.names, read.nouns) == (frozenset(), {"karton"})


def test_people_of_the_book_are_masked_by_their_parts() -> None:
    book = said("Ask Mara about it please, mara knows all.", "Keep it from Mara Price.")
    turns = utterances(book)
    known = (*names(book), *names_in(turns, parts_of_names(book)))
    masked = " ".join(s.masked for s in segments(turns, known))
    assert "mara" not in masked.casefold()


def test_a_part_that_is_an_ordinary_word_stays() -> None:
    book = said("the price went up", "a fair price for us", "their price is too high")
    assert "price" not in names_in(utterances(book), parts_of_names(book))

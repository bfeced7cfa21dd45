"""From transcripts to the pieces that themes are made of."""

from collections.abc import Collection, Sequence

from analysis.tables import Book, Segment, Utterance


def utterances(book: Book) -> tuple[Utterance, ...]:
    """Every respondent turn, in order, with the question before it."""
    raise NotImplementedError


def names(book: Book) -> tuple[str, ...]:
    """The brands, carriers, accounts, people and places that the book itself knows by name."""
    raise NotImplementedError


def segments(utterances: Sequence[Utterance], names: Collection[str] = ()) -> tuple[Segment, ...]:
    """The points of each utterance, masked, and parked with a reason where they say nothing new.

    Args:
        utterances: Respondents' turns.
        names: Brand, carrier, person and place names that must not become themes; see `names`.
    """
    raise NotImplementedError


def addressed_to_software(text: str) -> bool:
    """Whether a sentence is an instruction to the machine and not an answer."""
    raise NotImplementedError

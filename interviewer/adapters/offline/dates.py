"""A day or a month out of an answer, as ISO 8601; the year is the one nearest to the interview."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from interviewer.adapters.offline.lexicon import Answers, Reads
from interviewer.adapters.offline.words import Utterance

ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
NUMERIC = re.compile(r"\b(\d{1,2})[./](\d{1,2})(?:[./](20\d\d|\d\d))?\b")
BETWEEN = ("th", "st", "nd", "rd", "of", "de", "den", "the")  # day and month


def date_of(
    said: Utterance, reads: Reads, answers: Answers, today: date, month_first: bool
) -> tuple[str, str] | None:
    """The value (`2026-11-14`, or `2026-12` for a month alone) and the words that say it."""
    found = (
        *_written(said, month_first, today),
        *_day_and_month(said, reads, today),
        *_by_name(said, reads, answers, today),
    )
    return found[0] if found else None


def _written(said: Utterance, month_first: bool, today: date) -> Iterator[tuple[str, str]]:
    for match in ISO.finditer(said.text):
        if day := _date(int(match[1]), int(match[2]), int(match[3])):
            yield day.isoformat(), match.group()
    for match in NUMERIC.finditer(said.text):
        one, two = int(match[1]), int(match[2])
        month, day_number = (one, two) if (month_first and one <= 12) or two > 12 else (two, one)
        year = int(match[3]) % 100 + 2000 if match[3] else None
        day = _date(year, month, day_number) if year else _nearest(month, day_number, today)
        if day:
            yield day.isoformat(), match.group()


def _day_and_month(said: Utterance, reads: Reads, today: date) -> Iterator[tuple[str, str]]:
    for place, word in enumerate(said.folded):
        if word not in reads.months:
            continue
        month = reads.months.index(word) + 1
        first, number = place, None
        back = place - 1
        while back >= 0 and said.folded[back] in BETWEEN:
            back -= 1
        if back >= 0 and _is_day(said.folded[back]):
            first, last, number = back, place, int(said.folded[back])
        elif place + 1 < len(said.words) and _is_day(said.folded[place + 1]):
            last, number = place + 1, int(said.folded[place + 1])
        if number is not None:
            if day := _nearest(month, number, today):
                yield day.isoformat(), said.span(first, last)
        elif day := _nearest(month, 1, today):
            yield f"{day:%Y-%m}", said.span(place, place)


def _by_name(
    said: Utterance, reads: Reads, answers: Answers, today: date
) -> Iterator[tuple[str, str]]:
    for words, back in ((answers.today, 0), (answers.yesterday, 1)):
        for text in words:
            match = re.search(rf"(?<!\S){re.escape(text)}(?!\S)", said.line)
            if match:
                places = said.words_at(match.start(), match.end())
                yield (today - timedelta(days=back)).isoformat(), said.span(*places)
    for place, word in enumerate(said.folded):
        if word in reads.weekdays:
            ago = (today.weekday() - reads.weekdays.index(word)) % 7 or 7
            yield (today - timedelta(days=ago)).isoformat(), said.span(place, place)


def _is_day(word: str) -> bool:
    return word.isascii() and word.isdigit() and 1 <= int(word[:4]) <= 31


def _nearest(month: int, day: int, today: date) -> date | None:
    near = [d for y in (-1, 0, 1) if (d := _date(today.year + y, month, day))]
    return min(near, key=lambda d: abs(d - today), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None

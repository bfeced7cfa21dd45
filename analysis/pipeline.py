"""The whole analysis on one screen: from a book to findings."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from analysis import prepare, risk, scores, sentences, signals, themes, tone, train_signals
from analysis.embed import Cache, Encoder, embed
from analysis.tables import Assignment, Book, Findings, Segment, Theme, Transcript

Progress = Callable[[str, int], None]  # the step that begins, and how many rows it has


def run(
    book: Book,
    encoder: Encoder,
    *,
    as_of: date,
    previous: Findings | None = None,
    cache: Cache | None = None,
    progress: Progress | None = None,
    base_rate: float = risk.DEFAULT_BASE_RATE,
    names: Collection[str] = (),
) -> Findings:
    """Everything that the interviews of a book say, the same for the same book in any order.

    Args:
        book: What was said, and what is known of the accounts.
        encoder: Texts to vectors.
        as_of: The day of the reading; nothing after it counts towards risk or scores.
        previous: The findings of the last run: its theme ids live on, and risk says what moved.
        cache: Keeps the vectors of this encoder.
        progress: Told when a step begins.
        base_rate: Share of renewals that are lost, between 0 and 1.
        names: Brands, carriers and people besides those of the book that must not become themes.
    """
    step = progress or (lambda _step, _rows: None)
    book = replace(book, transcripts=_once(book))
    step("reading the answers", len(book.transcripts))
    turns = prepare.utterances(book)
    points = prepare.segments(turns, (*prepare.names(book), *names))
    told = [point.masked for point in points if point.parked is None]
    spoken = [clause for turn in turns for clause in sentences.clauses(turn)]
    words = [signals.normalized(clause.text, _own_names(book)) for clause in spoken]

    step("embedding", len(told) + len(words))
    vectors = embed(told, encoder, cache)
    clause_vectors = embed(words, encoder, cache)
    detectors = train_signals.detectors(encoder, cache)

    step("finding themes", len(told))
    known = {} if previous is None else previous.centroids
    found = themes.find_themes(
        turns,
        points,
        vectors,
        previous={theme: np.array(row, dtype=np.float32) for theme, row in known.items()},
        encoder=lambda texts: embed(texts, encoder, cache),
    )
    step("finding signals", len(words))
    strength = detectors.strength(clause_vectors, words)
    items = signals.find_signals(turns, spoken, strength, detectors.thresholds)
    tones = tone.negative([clause.text for clause in spoken])
    shifts = tone.tone_shifts(spoken, tones, as_of)

    step("weighing risk", len(book.accounts))
    before = () if previous is None else previous.risks
    return Findings(
        as_of=as_of,
        settings={"base_rate": base_rate, "dimensions": int(clause_vectors.shape[1])},
        utterances=turns,
        segments=points,
        themes=_toned(found.themes, points, found.assignments),
        assignments=found.assignments,
        strength=found.strength,
        signals=items,
        risks=risk.assess(book, turns, items, shifts, as_of, base_rate, before),
        score_moves=scores.score_moves(book.scores, turns, points, found.assignments, as_of),
        dropped=_dropped(points),
        centroids={theme: tuple(map(float, row)) for theme, row in found.centroids.items()},
    )


def _once(book: Book) -> tuple[Transcript, ...]:
    """Each interview once, in the order of their ids; of two deliveries the longer one."""
    ordered = sorted(book.transcripts, key=lambda t: (t.interview_id, len(t.turns)))
    return tuple({t.interview_id: t for t in ordered}.values())


def _own_names(book: Book) -> tuple[str, ...]:
    """What the company that asks calls itself in these interviews."""
    brands = {t.context.get("brand") for t in book.transcripts}
    return tuple(sorted(b for b in brands if isinstance(b, str) and b.strip()))


def _toned(
    found: Sequence[Theme], points: Sequence[Segment], assignments: Sequence[Assignment]
) -> tuple[Theme, ...]:
    """The themes with the mean tone of what belongs to them."""
    theme_of = {a.segment_id: a.theme_id for a in assignments}
    said: dict[str | None, list[str]] = {}
    for point in points:
        said.setdefault(theme_of.get(point.segment_id), []).append(point.text)
    return tuple(
        replace(theme, negative=round(float(tone.negative(said[theme.theme_id]).mean()), 3))
        for theme in found
    )


def _dropped(points: Sequence[Segment]) -> dict[str, int]:
    """How many points took no part in the themes, by reason."""
    return dict(sorted(Counter(p.parked for p in points if p.parked).items()))

"""The whole analysis on one screen: from a book to findings."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date

from analysis import (
    frames,
    grouping,
    outcomes,
    prepare,
    reviews,
    risk,
    scores,
    sentences,
    signals,
    speakers,
    tone,
)
from analysis.embed import Cache, Encoder, MemoryCache, embed
from analysis.tables import Assignment, Book, Findings, Segment, Theme, Transcript, Utterance
from analysis.weights import DEFAULT_BASE_RATE

Progress = Callable[[str, int], None]  # the step that begins, and how many rows it has


def run(
    book: Book,
    encoder: Encoder,
    *,
    as_of: date,
    previous: Findings | None = None,
    cache: Cache | None = None,
    progress: Progress | None = None,
    base_rate: float = DEFAULT_BASE_RATE,
    names: Collection[str] = (),
    regroup: bool | None = None,
    number_of_quotes: int = grouping.QUOTES,
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
        regroup: Whether themes are found anew; see `grouping.find_themes`.
        number_of_quotes: Per theme, at most.
    """
    cache = cache or MemoryCache()  # a clause is read for its signals and for its tone
    step = progress or (lambda _step, _rows: None)
    book = replace(book, transcripts=_once(book))
    step("reading the answers", len(book.transcripts))
    turns = prepare.utterances(book)
    sources = {t.interview_id: t.source for t in book.transcripts}
    interviewed = tuple(t for t in turns if sources[t.interview_id] == "interview")
    points = prepare.segments(interviewed, _names(book, interviewed, names))
    told = [point.masked for point in points if point.parked is None]
    spoken = [clause for turn in turns for clause in sentences.clauses(turn)]

    step("embedding", len(told))
    vectors = embed(told, encoder, cache)

    step("finding themes", len(told))
    found = grouping.find_themes(
        interviewed,
        points,
        vectors,
        None if previous is None else previous.memory,
        encoder=lambda texts: embed(texts, encoder, cache),
        frame=book.frame,
        decided=book.decisions,
        regroup=regroup,
        number_of_quotes=number_of_quotes,
    )
    step("finding signals", len(spoken))
    detector = signals.SignalDetector(_own_names(book), encoder=encoder, cache=cache)
    items = reviews.reviewed(detector.find(turns), book.reviews, turns)
    tones = tone.ToneModel(encoder=encoder, cache=cache).negativity([c.text for c in spoken])
    shifts = tone.tone_shifts(spoken, tones, as_of, sources)

    step("weighing risk", len(book.accounts))
    before = () if previous is None else previous.risks
    model = outcomes.fitted_model(book, turns, items, as_of, base_rate)
    history = tone.tone_history(spoken, tones, sources, as_of)
    said = speakers.interviews(book, interviewed, points, found.assignments, as_of)
    return Findings(
        as_of=as_of,
        settings={
            "base_rate": round(model.base_rate, 4),
            "risk_model": model.name,
            **({"weights_not_fitted": model.refused} if model.refused else {}),
            "dimensions": int(vectors.shape[1]),
        },
        utterances=turns,
        segments=points,
        themes=_toned(found.themes, points, found.assignments),
        assignments=found.assignments,
        strength=found.strength,
        signals=items,
        risks=risk.assess(
            book, turns, items, shifts, as_of, model.base_rate, before, history, model.weights
        ),
        score_moves=scores.score_moves(book.scores, turns, points, found.assignments, as_of),
        dropped=_dropped(points),
        memory=found.memory,
        changes=found.changes,
        regrouped=found.regrouped,
        leanings=speakers.leanings(said, found.themes),
        periods=speakers.periods(said, found.themes),
        weeks=speakers.periods(said, found.themes, "week"),
        months=speakers.periods(said, found.themes, "month"),
        trends=speakers.trends(said, found.themes),
        reach=speakers.reach(book, said, as_of),
        agreement=frames.agreement(book.codings, _titles_of_turns(found, points)),
        model=model,
    )


def _once(book: Book) -> tuple[Transcript, ...]:
    """Each interview once, in the order of their ids; of two deliveries the longer one."""
    ordered = sorted(book.transcripts, key=lambda t: (t.interview_id, len(t.turns)))
    return tuple({t.interview_id: t for t in ordered}.values())


def _names(book: Book, turns: Sequence[Utterance], given: Collection[str]) -> tuple[str, ...]:
    """What must not become a theme: names of the book, their parts, and those the texts show."""
    shown = prepare.names_in(turns, prepare.parts_of_names(book))
    return (*prepare.names(book), *shown, *given)


def _own_names(book: Book) -> tuple[str, ...]:
    """What the company that asks calls itself in these interviews."""
    brands = {t.context.get("brand") for t in book.transcripts}
    return tuple(sorted(b for b in brands if isinstance(b, str) and b.strip()))


def _toned(
    found: Sequence[Theme], points: Sequence[Segment], assignments: Sequence[Assignment]
) -> tuple[Theme, ...]:
    """The themes with the mean tone of what belongs to them, where the lexicon can read it."""
    theme_of = {a.segment_id: a.theme_id for a in assignments}
    said: dict[str | None, list[str]] = {}
    for point in points:
        said.setdefault(theme_of.get(point.segment_id), []).append(point.text)
    return tuple(
        replace(theme, negative=round(float(tone.lexicon(own).mean()), 3))
        if (own := said.get(theme.theme_id)) and theme.language is None
        else theme
        for theme in found
    )


def _titles_of_turns(found: grouping.ThemeResult, points: Sequence[Segment]) -> dict[str, set[str]]:
    """turn_id -> titles of the themes that it speaks of."""
    title = {theme.theme_id: theme.title for theme in found.themes}
    titles: dict[str, set[str]] = {}
    for point, given in zip(points, found.assignments, strict=True):
        if given.theme_id is not None:
            titles.setdefault(point.turn_id, set()).add(title[given.theme_id])
    return titles


def _dropped(points: Sequence[Segment]) -> dict[str, int]:
    """How many points took no part in the themes, by reason."""
    return dict(sorted(Counter(p.parked for p in points if p.parked).items()))

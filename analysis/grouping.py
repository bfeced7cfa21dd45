"""The themes of a study: segments to themes with quotes, the same from week to week.

Statements are first given to themes that are fixed: the codes of a study's frame, what people hold
by a decision, and between two regroupings every known theme. What none of these takes is grouped
anew. Between regroupings that rest makes *emerging* themes where five or more people share one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis import continuity, decisions, frames, quotes
from analysis.embed import Encoder, Vectors
from analysis.languages import read_together
from analysis.prepare import alike
from analysis.sentences import language, quote
from analysis.tables import (
    Assignment,
    Code,
    KnownTheme,
    Segment,
    Theme,
    ThemeChange,
    ThemeDecision,
    ThemeMemory,
    Utterance,
)
from analysis.themes import ThemeModel, centroid, floor, nearest, stacked

QUOTES = 5  # per theme, where the caller does not say
EMERGING = 5  # people who share what is new before it is shown as an emerging theme
GROWTH = 0.25  # new points, as a share of those grouped last, after which themes are found anew
SMALL = 50  # statements below which a study is grouped anew every time and shows every quote
SAME_SPACE = 0.9  # cosine of a theme's stored middle and that of its statements as they are now


@dataclass(frozen=True, slots=True)
class ThemeResult:
    """What one run found."""

    themes: tuple[Theme, ...]  # most respondents first
    assignments: tuple[Assignment, ...]  # one per segment, in the order of the segments
    strength: float | None  # silhouette; below .1 is weak structure; None where too few to tell
    memory: ThemeMemory  # what the next run needs
    changes: tuple[ThemeChange, ...]  # since the last run
    regrouped: bool  # found anew; else new statements joined what was known


@dataclass(slots=True)
class Points:
    """Distinct wordings of one language, in the order of their text."""

    texts: list[str]
    vectors: Vectors  # (n, dim)
    voices: list[frozenset[str]]  # who said each
    segments: list[list[str]]  # where it stands
    place: list[str | None] = field(init=False)  # theme_id as it is found out

    def __post_init__(self) -> None:
        self.place = [None] * len(self.texts)

    def by_theme(self) -> dict[str, list[int]]:
        """The rows of each theme."""
        rows: dict[str, list[int]] = defaultdict(list)
        for i, theme in enumerate(self.place):
            if theme is not None:
                rows[theme].append(i)
        return rows

    def left(self) -> list[int]:
        """The rows without a theme."""
        return [i for i, theme in enumerate(self.place) if theme is None]


def find_themes(
    utterances: Sequence[Utterance],
    segments: Sequence[Segment],
    embeddings: Vectors,
    memory: ThemeMemory | None = None,
    *,
    encoder: Encoder | None = None,
    frame: Sequence[Code] = (),
    decided: Sequence[ThemeDecision] = (),
    regroup: bool | None = None,
    number_of_quotes: int = QUOTES,
) -> ThemeResult:
    """Themes of the segments, the same for any order of the rows.

    The same words from several respondents are one point for the grouping and as many voices in
    the counts. A parked duplicate goes where its respondent's first wording went.

    Args:
        utterances: What the segments point to.
        segments: All segments, parked ones as well.
        embeddings: One row per segment that is *not* parked, in their order:
            `embed([s.masked for s in segments if s.parked is None], encoder)`.
        memory: That of the last run: its themes take the new statements, or hand on their ids.
        encoder: Names are then the phrases nearest to each theme; without it, the most frequent,
            and neither a frame nor a language other than English is read.
        frame: Codes that are matched before anything is discovered.
        decided: Decisions of people, in their order.
        regroup: Whether themes are found anew. When not given, where there is no memory, the study
            is small, a quarter is new since the last time, or another encoder made the vectors.
        number_of_quotes: Per theme, at most; a small study shows all.

    Raises:
        ValueError: The number of embeddings is not that of the segments that are not parked.
    """
    heard = [segment for segment in segments if segment.parked is None]
    if len(heard) != len(embeddings):
        raise ValueError(
            f"{len(embeddings)} embeddings for {len(heard)} segments that are not parked:"
            " embed the masked text of each of them"
        )
    turns = {utterance.turn_id: utterance for utterance in utterances}
    in_force = decisions.standing(decided)
    before = decisions.applied(memory or ThemeMemory(), in_force)
    by_language = _points(heard, embeddings, turns, encoder)
    anew = _is_due(before, by_language.values()) if regroup is None else regroup
    run = _Run(before, in_force, frame, encoder, anew)
    strengths = [run.group(name, points) for name, points in by_language.items()]
    place = _placed(segments, turns, by_language.values())
    most = len(heard) if len(heard) < SMALL else number_of_quotes
    themes = _themes(run.known, segments, turns, by_language, place, in_force, most)
    near = _similarities(run.known, by_language.values())
    return ThemeResult(
        themes,
        tuple(
            Assignment(s.segment_id, place[s.segment_id], near.get((s.masked, place[s.segment_id])))
            for s in segments
        ),
        strengths[0] if strengths else None,
        _remembered(run, themes, {s.segment_id: place[s.segment_id] for s in heard}, by_language),
        continuity.changes(_as_shown(memory or ThemeMemory(), in_force), themes, place),
        anew,
    )


class _Run:
    """One grouping: the themes known so far, in the order in which they became known."""

    def __init__(
        self,
        before: ThemeMemory,
        in_force: decisions.Standing,
        frame: Sequence[Code],
        encoder: Encoder | None,
        anew: bool,
    ) -> None:
        self.before, self.in_force = before, in_force
        self.encoder, self.anew = encoder, anew
        self.codes = frames.known_codes(frame, encoder) if encoder else ()
        self.known: dict[str, KnownTheme] = {}
        self.taken = {theme.theme_id for theme in before.themes}
        self.areas = 0

    def group(self, name: str, points: Points) -> float | None:
        """Give every point of a language its theme; how strong the structure of the rest is."""
        if name == "en":
            self.join(points, self.codes, remember=False)
        fixed = [
            theme
            for theme in self.before.themes
            if theme.origin != "frame"
            and (theme.language or "en") == name
            and ((theme.alive and not self.anew) or theme.theme_id in self.in_force.held)
        ]
        self.join(points, self.with_middles(fixed, points), remember=True)
        return self.discover(name, points)

    def join(self, points: Points, fixed: Sequence[KnownTheme], *, remember: bool) -> None:
        """Points stay where they were, and new ones go to the nearest theme that is near enough."""
        if not fixed:
            return
        ids = [theme.theme_id for theme in fixed]
        if remember:
            here = set(ids)
            for i in points.left():
                was = self.place_before(points, i)
                points.place[i] = was if was in here else None
        rows = points.left()
        middles = stacked(np.asarray(theme.centroid, dtype=np.float32) for theme in fixed)
        similarity = points.vectors[rows] @ middles.T
        found = nearest(similarity, np.array([theme.floor for theme in fixed]))
        for i, k in zip(rows, found.tolist(), strict=True):
            points.place[i] = ids[k] if k >= 0 else None
        self.known.update((theme.theme_id, theme) for theme in fixed)
        self.areas = max([self.areas, *(theme.area + 1 for theme in fixed)])

    def place_before(self, points: Points, row: int) -> str | None:
        """The theme this wording had in the last run."""
        segments = points.segments[row]
        known = map(self.before.places.get, segments if len(segments) == 1 else sorted(segments))
        return next((theme for theme in known if theme), None)

    def with_middles(self, fixed: Sequence[KnownTheme], points: Points) -> list[KnownTheme]:
        """The themes with their centroids; a part that was split off draws what is nearer to it."""
        rows: dict[str, list[int]] = defaultdict(list)
        for i in points.left():
            rows[self.place_before(points, i) or ""].append(i)
        made = [
            theme if theme.centroid else _with_middle(theme, points, rows[theme.theme_id])
            for theme in fixed
            if theme.centroid or rows[theme.theme_id]
        ]
        by_id = {theme.theme_id: theme for theme in made}
        for split in self.in_force.splits:
            part, whole = by_id.get(decisions.part_id(split)), by_id.get(split.theme_id)
            if part and whole and part.theme_id not in self.taken:
                self.before = _drawn(self.before, part, whole, points, rows[whole.theme_id])
        return made

    def discover(self, name: str, points: Points) -> float | None:
        """Group what no fixed theme took."""
        rows = points.left()
        model = ThemeModel(self.encoder, park=False).fit(
            [points.texts[i] for i in rows],
            points.vectors[rows] if rows else np.zeros((0, 0), dtype=np.float32),
            groups=[points.voices[i] for i in rows],
        )
        members = [
            [rows[i] for i in np.flatnonzero(model.labels_ == k)] for k in range(len(model.themes_))
        ]
        kept = [
            k
            for k, own in enumerate(members)
            if self.anew or len(frozenset().union(*(points.voices[i] for i in own))) >= EMERGING
        ]
        ids = self.ids(
            points, [members[k] for k in kept], [model.themes_[k].centroid for k in kept]
        )
        titles = {theme.title.casefold() for theme in self.known.values()}
        for n, k in enumerate(kept):
            found = model.themes_[k]
            title = next(
                (t for t in (found.title, *found.words) if t.casefold() not in titles), found.title
            )
            titles.add(title.casefold())
            self.known[ids[n]] = KnownTheme(
                ids[n],
                title[:1].upper() + title[1:],
                found.words,
                found.subtitle,
                tuple(float(x) for x in found.centroid),
                found.floor,
                self.areas + int(model.hierarchy_[k]),
                "found" if self.anew else "emerging",
                None if name == "en" else name,
            )
            for i in members[k]:
                points.place[i] = ids[n]
        self.areas += 1 + max((int(model.hierarchy_[k]) for k in kept), default=-1)
        strength: float | None = model.strength_
        return strength

    def ids(
        self, points: Points, members: Sequence[Sequence[int]], middles: Sequence[Vectors]
    ) -> list[str]:
        """The id of each found theme: that of the old theme it carries on, or a new one."""
        held = {*self.known, *self.in_force.merged}
        old = [t for t in self.before.themes if t.theme_id not in held and t.origin != "frame"]
        came = [
            Counter(theme for i in own if (theme := self.place_before(points, i)))
            for own in members
        ]
        carried = continuity.heirs(came, stacked(middles), old)
        ids = []
        for k, own in enumerate(members):
            middle = points.vectors[list(own)] @ middles[k]
            name = carried.get(k) or continuity.new_id(
                points.texts[own[int(np.argmax(middle))]], self.taken
            )
            self.taken.add(name)
            ids.append(name)
        return ids


def _as_shown(memory: ThemeMemory, in_force: decisions.Standing) -> ThemeMemory:
    """The memory with the titles that people gave."""
    titles = in_force.titles
    themes = (replace(t, title=titles.get(t.theme_id, t.title)) for t in memory.themes)
    return replace(memory, themes=tuple(themes))


def _points(
    heard: Sequence[Segment],
    embeddings: Vectors,
    turns: Mapping[str, Utterance],
    encoder: Encoder | None,
) -> dict[str, Points]:
    """Distinct wordings by language; those that the encoder reads together are under `en`."""
    spoken = {turn_id: language(turn) for turn_id, turn in turns.items()}
    together = (
        read_together(encoder, set(spoken.values())) if encoder else frozenset(spoken.values())
    )
    rows: dict[str, dict[str, list[int]]] = {"en": {}}
    for n, segment in enumerate(heard):
        name = spoken[segment.turn_id]
        group = rows.setdefault("en" if name in together else name, {})
        group.setdefault(segment.masked, []).append(n)
    return {
        name: _of_wordings(sorted(group.items()), heard, embeddings, turns)
        for name, group in sorted(rows.items(), key=lambda row: (row[0] != "en", row[0]))
    }


def _of_wordings(
    wordings: Sequence[tuple[str, Sequence[int]]],
    heard: Sequence[Segment],
    embeddings: Vectors,
    turns: Mapping[str, Utterance],
) -> Points:
    """The points of wordings, each with its rows in `heard`."""
    first = [rows[0] for _, rows in wordings]
    said = [turns[segment.turn_id].respondent for segment in heard]
    alone = {name: frozenset({name}) for name in said}
    return Points(
        [text for text, _ in wordings],
        embeddings[first] if first else np.zeros((0, 0), dtype=np.float32),
        [
            alone[said[rows[0]]] if len(rows) == 1 else frozenset([said[n] for n in rows])
            for _, rows in wordings
        ],
        [[heard[n].segment_id for n in rows] for _, rows in wordings],
    )


def _is_due(before: ThemeMemory, by_language: Iterable[Points]) -> bool:
    """Whether themes should be found anew."""
    alive = [theme for theme in before.themes if theme.alive]
    points = list(by_language)
    fresh = sum(not any(s in before.places for s in where) for p in points for where in p.segments)
    if not alive or before.grouped < SMALL or fresh > GROWTH * before.grouped:
        return True
    return not _same_space(alive, before, points)


def _same_space(
    alive: Sequence[KnownTheme], before: ThemeMemory, by_language: Sequence[Points]
) -> bool:
    """Whether the vectors are of the encoder that the remembered middles are of."""
    middles = {theme.theme_id: np.asarray(theme.centroid, np.float32) for theme in alive}
    for points in by_language:
        own: dict[str, list[int]] = defaultdict(list)
        for i, segments in enumerate(points.segments):
            own[before.places.get(segments[0]) or ""].append(i)
        for theme_id, middle in middles.items():
            if not len(middle) or not own.get(theme_id):
                continue
            now = points.vectors[own[theme_id]].mean(axis=0)
            same_size = len(middle) == len(now)
            if not same_size or middle @ now < SAME_SPACE * np.linalg.norm(now):
                return False
    return True


def _with_middle(theme: KnownTheme, points: Points, rows: Sequence[int]) -> KnownTheme:
    vectors = points.vectors[list(rows)]
    said = [points.voices[i] for i in rows]
    middle = tuple(float(x) for x in centroid(vectors, said))
    return replace(theme, centroid=middle, floor=floor(vectors, said))


def _drawn(
    before: ThemeMemory, part: KnownTheme, whole: KnownTheme, points: Points, rows: Sequence[int]
) -> ThemeMemory:
    """The places with what is nearer to the part that was taken out than to the rest."""
    vectors = points.vectors[list(rows)]
    nearer = vectors @ np.asarray(part.centroid) > vectors @ np.asarray(whole.centroid)
    moved = [s for i, yes in zip(rows, nearer, strict=True) if yes for s in points.segments[i]]
    return replace(before, places={**before.places, **dict.fromkeys(moved, part.theme_id)})


def _placed(
    segments: Sequence[Segment], turns: Mapping[str, Utterance], by_language: Iterable[Points]
) -> dict[str, str | None]:
    """segment_id -> theme_id; a duplicate's is that of its twin."""
    where = {
        segment: theme
        for points in by_language
        for theme, own in zip(points.place, points.segments, strict=True)
        for segment in own
    }
    place = {segment.segment_id: where.get(segment.segment_id) for segment in segments}
    repeated = [segment for segment in segments if segment.parked == "duplicate"]
    heard: dict[str, list[Segment]] = {turns[s.turn_id].respondent: [] for s in repeated}
    for segment in segments:
        own = heard.get(turns[segment.turn_id].respondent)
        if own is not None and segment.parked is None:
            own.append(segment)
    for segment in repeated:
        said = sorted(heard[turns[segment.turn_id].respondent], key=lambda s: s.masked)
        twin = next((s for s in said if alike(s.masked, segment.masked)), segment)
        place[segment.segment_id] = where.get(twin.segment_id)
    return place


def _similarities(
    known: Mapping[str, KnownTheme], by_language: Iterable[Points]
) -> dict[tuple[str, str | None], float]:
    """How near each wording is to the middle of its theme."""
    near: dict[tuple[str, str | None], float] = {}
    for points in by_language:
        for theme_id, rows in points.by_theme().items():
            cosine = points.vectors[rows] @ np.asarray(known[theme_id].centroid, dtype=np.float32)
            near.update(
                ((points.texts[i], theme_id), round(float(c), 4))
                for i, c in zip(rows, cosine, strict=True)
            )
    return near


def _themes(
    known: Mapping[str, KnownTheme],
    segments: Sequence[Segment],
    turns: Mapping[str, Utterance],
    by_language: Mapping[str, Points],
    place: Mapping[str, str | None],
    in_force: decisions.Standing,
    number_of_quotes: int,
) -> tuple[Theme, ...]:
    """The themes that somebody speaks of, and those that a person keeps."""
    members: dict[str | None, list[Segment]] = defaultdict(list)
    for segment in sorted(segments, key=lambda s: s.segment_id):
        members[place[segment.segment_id]].append(segment)
    vector = {
        text: row
        for points in by_language.values()
        for text, row in zip(points.texts, points.vectors, strict=True)
    }
    shown = {
        theme_id: theme
        for theme_id, theme in known.items()
        if members[theme_id] or theme_id in in_force.pinned or theme.origin == "frame"
    }
    nearest_to = _nearest_to(shown)
    found = [
        replace(
            _theme(theme, members[name], turns),
            title=in_force.titles.get(name, theme.title),
            nearest=nearest_to.get(name),
            pinned=name in in_force.pinned,
            quotes=tuple(
                quote(turns[s.turn_id], s.start, s.end)
                for s in quotes.chosen(members[name], turns, vector, number_of_quotes)
            ),
        )
        for name, theme in shown.items()
    ]
    return tuple(sorted(found, key=lambda t: (-t.respondents, -t.segments, t.theme_id)))


def _nearest_to(known: Mapping[str, KnownTheme]) -> dict[str, str]:
    """For each theme the one whose middle is closest, where there is another."""
    if len(known) < 2:
        return {}
    names = list(known)
    rows = stacked(np.asarray(theme.centroid, dtype=np.float32) for theme in known.values())
    near = rows @ rows.T
    np.fill_diagonal(near, -np.inf)
    return {name: names[int(k)] for name, k in zip(names, near.argmax(axis=1), strict=True)}


def _theme(known: KnownTheme, members: Sequence[Segment], turns: Mapping[str, Utterance]) -> Theme:
    said = [turns[segment.turn_id] for segment in members]
    times = sorted(u.at for u in said if u.at is not None)
    return Theme(
        theme_id=known.theme_id,
        title=known.title,
        words=known.words,
        respondents=len({u.respondent for u in said}),
        segments=len(members),
        area=known.area,
        negative=None,
        quotes=(),
        studies=_voices((u.study, u.respondent) for u in said),
        accounts=_voices((u.account_ref, u.respondent) for u in said),
        subtitle=known.subtitle,
        origin=known.origin,
        language=known.language,
        first_seen=times[0] if times else None,
        last_seen=times[-1] if times else None,
    )


def _voices(said: Iterable[tuple[str | None, str]]) -> Mapping[str, int]:
    """Respondents per study, or per account, in the order of the names."""
    return dict(sorted(Counter(key for key, _ in set(said) if key is not None).items()))


def _remembered(
    run: _Run,
    themes: Sequence[Theme],
    places: Mapping[str, str | None],
    by_language: Mapping[str, Points],
) -> ThemeMemory:
    counts = {theme.theme_id: theme.segments for theme in themes}
    now = [
        replace(theme, alive=name in counts, statements=counts.get(name, 0))
        for name, theme in run.known.items()
    ]
    gone = [
        replace(theme, alive=False, statements=0)
        for theme in run.before.themes
        if theme.theme_id not in run.known
    ]
    points = sum(len(p.texts) for p in by_language.values())
    return ThemeMemory(
        tuple(sorted([*now, *gone], key=lambda theme: theme.theme_id)),
        dict(sorted(places.items())),
        points if run.anew else run.before.grouped,
    )

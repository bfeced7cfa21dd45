"""Themes: groups of segments that say the same thing, with names, quotes and lasting ids."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.base import BaseEstimator, ClusterMixin

from analysis.clusters import cluster
from analysis.embed import Encoder, Vectors, embed
from analysis.prepare import alike
from analysis.sentences import quote, words
from analysis.tables import Assignment, Quote, Segment, Theme, Utterance
from analysis.titles import titles

QUOTES = 5  # per theme
QUOTE_WORDS = range(6, 31)  # what reads well
QUOTE_LENGTH = 0.1  # similarity that a quote of another length gives up
QUOTE_DIVERSITY = 0.3  # weight of being unlike the quotes already picked
SAME_THEME = 0.85  # similarity of centroids above which a theme keeps the id of the last run


class FoundTheme(NamedTuple):
    """One row of `ThemeModel.themes_`."""

    title: str
    words: tuple[str, ...]
    size: int  # texts
    centroid: Vectors  # (dim,), length 1; every voice weighs one


class ThemeModel(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # untyped base
    """Themes of texts, found without being told how many; the same for any order of the rows.

    Args:
        encoder: Turns texts into vectors, where `fit` is not given them, and ranks names.
        random_state: Of the community detection and of the silhouette's sample.

    Attributes:
        labels_: int, (n_texts,): a row of `themes_`, or -1 for one of a kind.
        themes_: The themes, largest first.
        hierarchy_: int, (n_themes,): the area of each theme.
        strength_: Silhouette from -1 to 1, below .1 is weak structure; None where there are too
            few groups to tell.
    """

    def __init__(self, encoder: Encoder | None = None, random_state: int = 0) -> None:
        self.encoder = encoder
        self.random_state = random_state

    def fit(
        self,
        texts: Sequence[str],
        embeddings: Vectors | None = None,
        ids: Sequence[str] | None = None,
        groups: Sequence[Hashable] | None = None,
        sample_weight: Sequence[int] | None = None,
    ) -> Self:
        """Find the themes.

        Args:
            texts: n texts.
            embeddings: float32, (n, dim), rows of length 1; encoded here when not given.
            ids: One per text, all different. Rows are sorted by them, without them by text and
                vector, because the communities depend on the order of the rows.
            groups: Whose text it is; one voice moves a theme's centroid once, however often it
                speaks. Each text is a voice of its own when not given.
            sample_weight: How many times a text was said, 1 when not given: it makes a theme of
                what stands alone but was said by several.

        Raises:
            ValueError: Lengths differ, ids repeat, or there are neither vectors nor an encoder.
        """
        vectors = self._vectors(texts, embeddings)
        voices = list(range(len(texts)) if groups is None else groups)
        weights = np.ones(len(texts), np.int64) if sample_weight is None else sample_weight
        if not len(texts) == len(voices) == len(weights):
            raise ValueError(
                f"{len(texts)} texts, {len(voices)} groups, {len(weights)} weights: give one each"
            )
        order = _order(texts, vectors, ids)
        found = cluster(vectors[order], self.random_state, np.asarray(weights)[order])
        self.labels_ = np.empty(len(texts), dtype=np.int64)
        self.labels_[order] = found.labels
        self.hierarchy_ = found.areas
        self.strength_ = found.strength
        self.themes_ = self._named(texts, vectors, voices, order)
        return self

    def transform(self, texts: Sequence[str], embeddings: Vectors | None = None) -> Vectors:
        """Similarity of each text to each theme: float32, (n_texts, n_themes), cosine."""
        vectors = self._vectors(texts, embeddings)
        if not self.themes_:
            return np.zeros((len(texts), 0), dtype=np.float32)
        return vectors @ _stacked(theme.centroid for theme in self.themes_).T

    def _vectors(self, texts: Sequence[str], embeddings: Vectors | None) -> Vectors:
        if embeddings is None:
            if self.encoder is None:
                raise ValueError("embeddings are missing: give them, or an encoder to ThemeModel")
            return embed(texts, self.encoder)
        if len(embeddings) != len(texts):
            raise ValueError(f"{len(embeddings)} embeddings for {len(texts)} texts: give one each")
        return np.asarray(embeddings, dtype=np.float32)

    def _named(
        self,
        texts: Sequence[str],
        vectors: Vectors,
        voices: Sequence[Hashable],
        order: NDArray[np.int64],
    ) -> tuple[FoundTheme, ...]:
        n_themes = len(self.hierarchy_)
        members = [order[self.labels_[order] == theme] for theme in range(n_themes)]
        centroids = [_centroid(vectors[rows], [voices[int(i)] for i in rows]) for rows in members]
        named = titles(
            [texts[int(i)] for i in order],
            self.labels_[order],
            vectors[order],
            _stacked(centroids),
            self.encoder,
        )
        return tuple(
            FoundTheme(name.title, name.words, len(rows), centroid)
            for name, rows, centroid in zip(named, members, centroids, strict=True)
        )


@dataclass(frozen=True, slots=True)
class ThemeResult:
    """What one run found."""

    themes: tuple[Theme, ...]  # most respondents first
    assignments: tuple[Assignment, ...]  # one per segment, in the order of the segments
    strength: float | None  # silhouette; below .1 is weak structure; None where too few to tell
    centroids: Mapping[str, Vectors]  # theme_id -> (dim,): what the next run needs as `previous`


def find_themes(
    utterances: Sequence[Utterance],
    segments: Sequence[Segment],
    embeddings: Vectors,
    previous: Mapping[str, Vectors] | None = None,
    encoder: Encoder | None = None,
) -> ThemeResult:
    """Themes of the segments, the same for any order of the rows.

    The same words from several respondents are one point for the grouping and as many voices in
    the counts. A parked duplicate goes where its respondent's first wording went.

    Args:
        utterances: What the segments point to.
        segments: All segments, parked ones as well.
        embeddings: One row per segment that is *not* parked, in their order:
            `embed([s.masked for s in segments if s.parked is None], encoder)`.
        previous: `centroids` of the last run, so that its theme ids live on.
        encoder: Names are then the phrases nearest to each theme; without it, the most frequent.

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
    respondents = {utterance.turn_id: utterance.respondent for utterance in utterances}
    speakers: dict[str, set[str]] = defaultdict(set)
    vector: dict[str, Vectors] = {}
    for segment, row in zip(heard, embeddings, strict=True):
        speakers[segment.masked].add(respondents[segment.turn_id])
        vector[segment.masked] = row
    points = sorted(speakers)
    vectors = _stacked(vector[point] for point in points)
    model = ThemeModel(encoder).fit(
        points,
        vectors,
        groups=[frozenset(speakers[point]) for point in points],
        sample_weight=[len(speakers[point]) for point in points],
    )
    ids = _lasting_ids(model.themes_, points, vectors, previous or {})
    place = _placed(segments, respondents, dict(zip(points, model.labels_.tolist(), strict=True)))
    members: dict[int, list[Segment]] = defaultdict(list)
    for segment in segments:
        members[place[segment.segment_id]].append(segment)
    turns = {utterance.turn_id: utterance for utterance in utterances}
    themes = [
        _theme(ids[k], found, int(model.hierarchy_[k]), members[k], turns, vector)
        for k, found in enumerate(model.themes_)
    ]
    return ThemeResult(
        tuple(sorted(themes, key=lambda t: (-t.respondents, -t.segments, t.theme_id))),
        tuple(Assignment(s.segment_id, ids.get(place[s.segment_id])) for s in segments),
        model.strength_,
        {**(previous or {}), **{ids[k]: found.centroid for k, found in enumerate(model.themes_)}},
    )


def _placed(
    segments: Sequence[Segment], respondents: Mapping[str, str], labels: Mapping[str, int]
) -> dict[str, int]:
    """The row of its theme for each segment, -1 for none; a duplicate's is that of its twin."""
    heard: dict[str, list[str]] = defaultdict(list)
    for segment in segments:
        if segment.parked is None:
            heard[respondents[segment.turn_id]].append(segment.masked)
    place = {}
    for segment in segments:
        wordings = [segment.masked]
        if segment.parked == "duplicate":
            said = sorted(heard[respondents[segment.turn_id]])
            wordings = [text for text in said if alike(text, segment.masked)]
        known = segment.parked in (None, "duplicate") and wordings
        place[segment.segment_id] = labels[wordings[0]] if known else -1
    return place


def _theme(
    theme_id: str,
    found: FoundTheme,
    area: int,
    members: Sequence[Segment],
    turns: Mapping[str, Utterance],
    vector: Mapping[str, Vectors],
) -> Theme:
    said = [turns[segment.turn_id] for segment in members]
    return Theme(
        theme_id=theme_id,
        title=found.title,
        words=found.words,
        respondents=len({u.respondent for u in said}),
        segments=len(members),
        area=area,
        negative=None,
        quotes=_quotes(found.centroid, members, turns, vector),
        studies=_voices((u.study, u.respondent) for u in said),
        accounts=_voices((u.account_ref, u.respondent) for u in said),
    )


def _voices(said: Iterable[tuple[str | None, str]]) -> Mapping[str, int]:
    """Respondents per study, or per account, in the order of the names."""
    return dict(sorted(Counter(key for key, _ in set(said) if key is not None).items()))


def _quotes(
    centroid: Vectors,
    members: Sequence[Segment],
    turns: Mapping[str, Utterance],
    vector: Mapping[str, Vectors],
) -> tuple[Quote, ...]:
    """What is near the middle of the theme and unlike the quotes before it; new voices first."""
    left = sorted((s for s in members if s.parked is None), key=lambda s: s.segment_id)
    worth = {s.segment_id: _worth(s, float(vector[s.masked] @ centroid)) for s in left}
    picked: list[Segment] = []
    while left and len(picked) < QUOTES:
        heard = {turns[s.turn_id].respondent for s in picked}
        rest = [s for s in left if turns[s.turn_id].respondent not in heard] or left
        nearest = {
            s.segment_id: max(
                (float(vector[s.masked] @ vector[p.masked]) for p in picked), default=0
            )
            for s in rest
        }
        best = max(
            rest, key=lambda s: worth[s.segment_id] - QUOTE_DIVERSITY * nearest[s.segment_id]
        )
        picked.append(best)
        left = [s for s in left if s.masked != best.masked]
    return tuple(quote(turns[s.turn_id], s.start, s.end) for s in picked)


def _worth(segment: Segment, similarity: float) -> float:
    return similarity - (0 if len(words(segment.text)) in QUOTE_WORDS else QUOTE_LENGTH)


def _lasting_ids(
    themes: Sequence[FoundTheme],
    points: Sequence[str],
    vectors: Vectors,
    previous: Mapping[str, Vectors],
) -> dict[int, str]:
    """An id for each theme: that of the last run's theme most like it, or a new one.

    A theme is matched with one of the last run at most (Hungarian), by the similarity of their
    centroids; the ids of themes that are gone are not given to others.
    """
    comparable = {
        theme_id: row
        for theme_id, row in sorted(previous.items())
        if themes and row.shape == themes[0].centroid.shape
    }
    ids: dict[int, str] = {}
    if comparable:
        centroids = _stacked(theme.centroid for theme in themes)
        similarity = centroids @ _stacked(comparable.values()).T
        for k, i in zip(*linear_sum_assignment(similarity, maximize=True), strict=True):
            if similarity[k, i] >= SAME_THEME:
                ids[int(k)] = list(comparable)[int(i)]
    taken = set(previous)
    for k, theme in enumerate(themes):
        if k not in ids:
            ids[k] = _new_id(points[int(np.argmax(vectors @ theme.centroid))], taken)
            taken.add(ids[k])
    return ids


def _new_id(wording: str, taken: set[str]) -> str:
    """Out of the wording that stands for the theme, so that a first run repeats it."""
    digest = hashlib.sha256(wording.encode("utf-8", "replace")).hexdigest()
    return next(
        f"t-{digest[i : i + 8]}" for i in range(48) if f"t-{digest[i : i + 8]}" not in taken
    )


def _order(texts: Sequence[str], vectors: Vectors, ids: Sequence[str] | None) -> NDArray[np.int64]:
    """The rows in the order that does not depend on how they were given."""
    if ids is None:
        rows = sorted(range(len(texts)), key=lambda i: (texts[i], vectors[i].tobytes()))
    elif len(set(ids)) != len(texts):
        raise ValueError(f"{len(set(ids))} different ids for {len(texts)} texts: give each its own")
    else:
        rows = sorted(range(len(texts)), key=lambda i: ids[i])
    return np.array(rows, dtype=np.int64)


def _centroid(vectors: Vectors, voices: Sequence[Hashable]) -> Vectors:
    """The mean of the voices' own means, (dim,), length 1."""
    share = Counter(voices)
    weights = np.array([1 / share[voice] for voice in voices], dtype=np.float32)
    mean: Vectors = weights @ vectors
    return (mean / np.linalg.norm(mean)).astype(np.float32)


def _stacked(rows: Iterable[Vectors]) -> Vectors:
    listed = list(rows)
    return np.stack(listed) if listed else np.zeros((0, 0), dtype=np.float32)

"""Themes: groups of texts that say the same thing, as a scikit-learn estimator.

`ThemeModel` takes texts or ready-made vectors and knows nothing of interviews; `analysis.grouping`
makes of it the themes of a study, with quotes and ids that last from run to run.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin

from analysis.clusters import cluster
from analysis.embed import Encoder, Vectors, embed
from analysis.prepare import parked
from analysis.titles import titles

FARTHEST = 0.05  # share of a theme's own texts that lie below its floor
ALONE = 0.85  # floor of a theme that is one wording


class FoundTheme(NamedTuple):
    """One row of `ThemeModel.themes_`."""

    title: str
    words: tuple[str, ...]
    subtitle: str  # phrases that the theme nearest to it does not have
    size: int  # texts
    voices: int  # different groups among them
    centroid: Vectors  # (dim,), length 1; every voice weighs one
    floor: float  # cosine to the centroid below which a new text does not belong


class ThemeModel(ClusterMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """Themes of texts, found without being told how many; the same for any order of the rows.

    Args:
        encoder: Turns texts into vectors, where `fit` is not given them, and ranks names.
        random_state: Of the community detection and of the silhouette's sample.
        park: Whether non-answers and orders to the software stand aside; False for labeled sets.

    Attributes:
        labels_: int, (n_texts,): a row of `themes_`, or -1 for what is parked or one of a kind.
        parked_: (n_texts,): why a text takes no part ("non_answer", "instruction"), or None.
        one_of_a_kind_: int, (n,): the rows that are not parked and have no theme.
        themes_: The themes, largest first.
        hierarchy_: int, (n_themes,): the area of each theme, 0 to n_areas - 1.
        strength_: Silhouette from -1 to 1, below .1 is weak structure; None where there are too
            few groups to tell.
    """

    def __init__(
        self, encoder: Encoder | None = None, random_state: int = 0, park: bool = True
    ) -> None:
        self.encoder = encoder
        self.random_state = random_state
        self.park = park

    def fit(
        self,
        texts: Sequence[str],
        embeddings: Vectors | None = None,
        ids: Sequence[str] | None = None,
        groups: Sequence[Hashable] | None = None,
    ) -> Self:
        """Find the themes.

        Args:
            texts: n texts.
            embeddings: float32, (n, dim), rows of length 1; encoded here when not given.
            ids: One per text, all different. Rows are sorted by them, without them by text and
                vector, because the communities depend on the order of the rows.
            groups: Whose text it is; a voice weighs one, however often it speaks. A frozenset
                names several who said the same words. Each text is a voice of its own when not
                given.

        Raises:
            ValueError: Lengths differ, ids repeat, or there are neither vectors nor an encoder.
        """
        said = _voices(len(texts) if groups is None else groups)
        if len(said) != len(texts):
            raise ValueError(f"{len(texts)} texts, {len(said)} groups: give one each")
        vectors = self._vectors(texts, embeddings)
        self.parked_ = tuple(parked(text) if self.park else None for text in texts)
        heard = np.array([reason is None for reason in self.parked_], dtype=bool)
        order = _order(texts, vectors, ids)
        order = order[heard[order]]
        found = cluster(
            vectors[order],
            self.random_state,
            np.array([len(said[i]) for i in order], dtype=np.int64),
            _shares([said[i] for i in order]),
        )
        self.labels_ = np.full(len(texts), -1, dtype=np.int64)
        self.labels_[order] = found.labels
        self.one_of_a_kind_ = np.flatnonzero(heard & (self.labels_ < 0))
        self.hierarchy_ = found.areas
        self.strength_ = found.strength
        self.themes_ = self._named(texts, vectors, said, order)
        return self

    def fit_predict(
        self,
        texts: Sequence[str],
        embeddings: Vectors | None = None,
        ids: Sequence[str] | None = None,
        groups: Sequence[Hashable] | None = None,
    ) -> NDArray[np.int64]:
        """`labels_` of `fit`."""
        labels: NDArray[np.int64] = self.fit(texts, embeddings, ids, groups).labels_
        return labels

    def transform(self, texts: Sequence[str], embeddings: Vectors | None = None) -> Vectors:
        """Similarity of each text to each theme: float32, (n_texts, n_themes), cosine."""
        vectors = self._vectors(texts, embeddings)
        if not self.themes_:
            return np.zeros((len(texts), 0), dtype=np.float32)
        return vectors @ stacked(theme.centroid for theme in self.themes_).T

    def predict(self, texts: Sequence[str], embeddings: Vectors | None = None) -> NDArray[np.int64]:
        """The theme each new text joins, or -1 where none is near enough: int, (n_texts,)."""
        similarity = self.transform(texts, embeddings)
        heard = [not self.park or parked(text) is None for text in texts]
        joined = nearest(similarity, np.array([theme.floor for theme in self.themes_]))
        return np.where(heard, joined, -1)

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
        said: Sequence[frozenset[Hashable]],
        order: NDArray[np.int64],
    ) -> tuple[FoundTheme, ...]:
        n_themes = len(self.hierarchy_)
        members = [order[self.labels_[order] == theme] for theme in range(n_themes)]
        centroids = [centroid(vectors[rows], [said[i] for i in rows]) for rows in members]
        named = titles(
            [texts[int(i)] for i in order],
            self.labels_[order],
            vectors[order],
            stacked(centroids),
            self.encoder,
        )
        return tuple(
            FoundTheme(
                name.title,
                name.words,
                name.subtitle,
                len(rows),
                len(frozenset().union(*(said[i] for i in rows))),
                middle,
                floor(vectors[rows], [said[i] for i in rows]),
            )
            for name, rows, middle in zip(named, members, centroids, strict=True)
        )


def nearest(similarity: Vectors, floors: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each row the theme nearest to it among those that it is near enough to, or -1.

    Args:
        similarity: float32, (n, n_themes).
        floors: (n_themes,), what a row must at least reach.
    """
    if not similarity.size:
        return np.full(len(similarity), -1, dtype=np.int64)
    near = np.where(similarity >= floors, similarity, -np.inf)
    return np.where(np.isfinite(near.max(axis=1)), near.argmax(axis=1), -1)


def floor(vectors: Vectors, said: Sequence[frozenset[Hashable]]) -> float:
    """What all but the farthest twentieth of a theme's own texts reach: cosine, -1 to 1.

    Each text is compared with the middle of the others, so that a small theme is not too narrow.
    """
    weighted = _shares(said).astype(np.float32)[:, None] * vectors
    others = weighted.sum(axis=0) - weighted
    length = np.linalg.norm(others, axis=1)
    if len(vectors) < 2 or length.min() < 1e-6:
        return ALONE
    return float(np.quantile((vectors * others).sum(axis=1) / length, FARTHEST))


def centroid(vectors: Vectors, said: Sequence[frozenset[Hashable]]) -> Vectors:
    """The mean of the voices' own means, (dim,), length 1."""
    mean: Vectors = _shares(said).astype(np.float32) @ vectors
    return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)


def stacked(rows: Iterable[Vectors]) -> Vectors:
    """The rows as one array, (n, dim); (0, 0) for none."""
    listed = list(rows)
    return np.stack(listed) if listed else np.zeros((0, 0), dtype=np.float32)


def _voices(groups: int | Sequence[Hashable]) -> list[frozenset[Hashable]]:
    named = range(groups) if isinstance(groups, int) else groups
    return [group if isinstance(group, frozenset) else frozenset({group}) for group in named]


def _shares(said: Sequence[frozenset[Hashable]]) -> NDArray[np.float64]:
    """How much each row weighs, (n,), when every voice weighs one and divides it by its rows."""
    rows = Counter(voice for voices in said for voice in voices)
    return np.array([sum(1 / rows[voice] for voice in voices) for voices in said])


def _order(texts: Sequence[str], vectors: Vectors, ids: Sequence[str] | None) -> NDArray[np.int64]:
    """The rows in the order that does not depend on how they were given."""
    if ids is None:
        rows = sorted(range(len(texts)), key=lambda i: (texts[i], vectors[i].tobytes()))
    elif len(set(ids)) != len(texts):
        raise ValueError(f"{len(set(ids))} different ids for {len(texts)} texts: give each its own")
    else:
        rows = sorted(range(len(texts)), key=lambda i: ids[i])
    return np.array(rows, dtype=np.int64)

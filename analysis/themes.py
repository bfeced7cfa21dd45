"""Themes: groups of segments that say the same thing, with names, quotes and lasting ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.embed import Encoder, Vectors
from analysis.tables import Assignment, Segment, Theme, Utterance


@dataclass(frozen=True, slots=True)
class ThemeResult:
    """What one run found."""

    themes: tuple[Theme, ...]  # largest first
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

    Args:
        utterances: What the segments point to.
        segments: All segments, parked ones as well.
        embeddings: One row per segment that is *not* parked, in their order:
            `embed([s.masked for s in segments if s.parked is None], encoder)`.
        previous: `centroids` of the last run, so that its theme ids live on.
        encoder: Names are then the phrases nearest to each theme; without it, the most telling.
    """
    raise NotImplementedError

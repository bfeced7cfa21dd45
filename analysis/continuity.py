"""Themes from run to run: which one is which, and what became of the old ones.

Identity rests on statements that both runs hold. Where the two share none, as after old interviews
were deleted, on how close the middles of the themes are.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from analysis.embed import Vectors
from analysis.tables import KnownTheme, Theme, ThemeChange, ThemeMemory

SAME_THEME = 0.85  # cosine of two middles above which themes without common statements are one
MOST = 0.5  # share of a theme's statements that makes it the heir of an old one


def heirs(
    found: Sequence[Mapping[str, int]],
    middles: Vectors,
    old: Sequence[KnownTheme],
) -> dict[int, str]:
    """Which found theme carries on which old one: row -> theme_id, one to one.

    Args:
        found: Per found theme, how many of its statements were in each old theme.
        middles: float32, (n_found, dim).
        old: Themes of the last run, gone ones as well.
    """
    if not found or not old:
        return {}
    shared = np.array([[row.get(o.theme_id, 0) for o in old] for row in found], dtype=float)
    known = np.array([sum(row.values()) for row in found], dtype=float)[:, None]
    of_old = shared.sum(axis=0)[None, :]
    union = known + of_old - shared
    worth = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    heir = (shared > 0) & ((shared >= MOST * known) | (shared >= MOST * of_old))
    near = _near(middles, old) * ((known == 0) | (of_old == 0))
    worth = np.where(heir, 1 + worth, np.where(near >= SAME_THEME, near, 0))
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return {
        int(k): old[int(i)].theme_id for k, i in zip(rows, columns, strict=True) if worth[k, i] > 0
    }


def _near(middles: Vectors, old: Sequence[KnownTheme]) -> Vectors:
    """Cosines of the middles, (n_found, n_old); 0 where they are of different encoders."""
    near = np.zeros((len(middles), len(old)), dtype=np.float32)
    for i, theme in enumerate(old):
        if len(theme.centroid) == middles.shape[1]:
            near[:, i] = middles @ np.asarray(theme.centroid, dtype=np.float32)
    return near


def new_id(wording: str, taken: set[str]) -> str:
    """An id out of the wording that stands for the theme, so that a first run repeats it."""
    digest = hashlib.sha256(wording.encode("utf-8", "replace")).hexdigest()
    return next(
        f"t-{digest[i : i + 8]}" for i in range(48) if f"t-{digest[i : i + 8]}" not in taken
    )


def changes(
    before: ThemeMemory, themes: Sequence[Theme], places: Mapping[str, str | None]
) -> tuple[ThemeChange, ...]:
    """What became of every theme of the last run, and where the others come from.

    Args:
        before: What the last run passed on.
        themes: Of this run.
        places: segment_id -> theme_id of this run.
    """
    if not before.places:
        return ()
    came: dict[str, Counter[str]] = {}
    went: dict[str, Counter[str]] = {}
    for segment, old in before.places.items():
        now = places.get(segment)
        if old and now:
            came.setdefault(now, Counter())[old] += 1
            went.setdefault(old, Counter())[now] += 1
    known = {t.theme_id: t for t in before.themes if t.alive}
    rows = [_arrived(theme, known, came.get(theme.theme_id, Counter())) for theme in themes]
    here = {theme.theme_id for theme in themes}
    rows += [
        _left(theme, went.get(theme.theme_id, Counter()))
        for theme in known.values()
        if theme.theme_id not in here
    ]
    return tuple(rows)


def _arrived(theme: Theme, known: Mapping[str, KnownTheme], came: Mapping[str, int]) -> ThemeChange:
    old = known.get(theme.theme_id)
    if old is not None:
        earlier = old.title if old.title != theme.title else None
        counts = (old.statements, theme.segments)
        return ThemeChange("kept", theme.theme_id, theme.title, earlier, *counts)
    source = max(came, key=lambda name: (came[name], name), default=None)
    is_part = source is not None and came[source] >= MOST * sum(came.values())
    fresh = "emerging" if theme.origin == "emerging" else "new"
    return ThemeChange(
        "split" if is_part else fresh,  # type: ignore[arg-type]
        theme.theme_id,
        theme.title,
        None,
        0,
        theme.segments,
        (source,) if is_part and source else (),
    )


def _left(theme: KnownTheme, went: Mapping[str, int]) -> ThemeChange:
    into = max(went, key=lambda name: (went[name], name), default=None)
    merged = into is not None and went[into] >= MOST * sum(went.values())
    return ThemeChange(
        "merged" if merged else "gone",
        theme.theme_id,
        theme.title,
        None,
        theme.statements,
        0,
        (into,) if merged and into else tuple(sorted(went)),
    )

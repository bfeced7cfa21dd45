"""What people decided about themes, and how it holds in every later run.

A decision is an edit of the memory that one run passes to the next; the list of all decisions is
applied anew each time, so taking one back takes effect with the next run. Themes that were merged,
split or pinned are *held*: a regrouping leaves their statements where they are and finds the rest
around them. A rename follows the theme's id and is put on when themes are shown, so that the
memory keeps the title to go back to.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.tables import KnownTheme, ThemeDecision, ThemeMemory


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in force after all decisions, in their order."""

    titles: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)  # theme -> the one that remains
    splits: tuple[ThemeDecision, ...] = ()
    pinned: frozenset[str] = frozenset()

    @property
    def held(self) -> frozenset[str]:
        """The themes that no regrouping may take apart."""
        parts = {part_id(split) for split in self.splits} | {s.theme_id for s in self.splits}
        return frozenset(self.pinned | set(self.merged.values()) | parts)


def standing(decisions: Iterable[ThemeDecision]) -> Standing:
    """The decisions that are in force: a later one about the same theme counts over an earlier.

    `release` takes back everything decided about a theme, also that it was merged or split.
    """
    titles: dict[str, str] = {}
    merged: dict[str, str] = {}
    splits: dict[str, ThemeDecision] = {}
    pinned: set[str] = set()
    for made in decisions:
        theme = made.theme_id
        if made.action == "rename" and made.title:
            titles[theme] = made.title
        elif made.action == "merge" and made.into and not _closes_a_ring(made, merged):
            merged[theme] = made.into
        elif made.action == "split" and made.title and made.segments:
            splits[part_id(made)] = made
        elif made.action == "pin":
            pinned.add(theme)
        elif made.action == "release":
            titles.pop(theme, None)
            merged.pop(theme, None)
            pinned.discard(theme)
            splits = {p: s for p, s in splits.items() if theme not in (p, s.theme_id)}
    into = {theme: _remaining(theme, merged) for theme in merged}
    return Standing(titles, into, tuple(splits.values()), frozenset(pinned))


def part_id(split: ThemeDecision) -> str:
    """The id of what a split takes out: the same whenever the decision is applied."""
    told = f"{split.theme_id}\x1f{split.title}".encode("utf-8", "replace")
    return f"t-{hashlib.sha256(told).hexdigest()[:8]}"


def applied(memory: ThemeMemory, in_force: Standing) -> ThemeMemory:
    """The memory as if it had always been as people decided; applying it twice changes nothing.

    A theme that gained or lost statements gets its middle from them, so its centroid is emptied.
    """
    places = {
        segment: in_force.merged.get(theme, theme) if theme else theme
        for segment, theme in memory.places.items()
    }
    themes = {theme.theme_id: theme for theme in memory.themes}
    for gone, into in in_force.merged.items():
        if gone in themes and themes[gone].alive and into in themes:
            themes[gone] = replace(themes[gone], alive=False)
            themes[into] = replace(themes[into], centroid=(), alive=True)
    for split in in_force.splits:
        _take_out(split, themes, places)
    return replace(memory, themes=tuple(themes.values()), places=places)


def _take_out(
    split: ThemeDecision, themes: dict[str, KnownTheme], places: dict[str, str | None]
) -> None:
    part, whole = part_id(split), themes.get(split.theme_id)
    if whole is None or part in themes:
        return
    seeds = [segment for segment in split.segments if segment in places]
    if not seeds:
        return
    places.update(dict.fromkeys(seeds, part))
    themes[split.theme_id] = replace(whole, centroid=())
    themes[part] = replace(
        whole, theme_id=part, title=split.title or "", words=(), subtitle="", centroid=()
    )


def _closes_a_ring(made: ThemeDecision, merged: Mapping[str, str]) -> bool:
    return made.theme_id in (made.into, _remaining(made.into or "", merged))


def _remaining(theme: str, merged: Mapping[str, str]) -> str:
    """Where a chain of merges ends; a ring ends where it began."""
    seen: list[str] = []
    while theme in merged and theme not in seen:
        seen.append(theme)
        theme = merged[theme]
    return theme


def problem(made: ThemeDecision, memory: ThemeMemory) -> str | None:
    """Why a decision cannot hold for these themes, or None."""
    known = {theme.theme_id: theme.title for theme in memory.themes}
    for name in (made.theme_id, made.into):
        if name is not None and name not in known:
            return f"no theme {name!r}; there are {_listed(known)}"
    if made.action == "split":
        inside = [s for s in made.segments if memory.places.get(s) == made.theme_id]
        if not inside:
            return f"none of these statements belongs to {made.theme_id}"
    return None


def _listed(known: Mapping[str, str], most: int = 8) -> str:
    names: Sequence[str] = [f"{theme} ({title})" for theme, title in known.items()]
    return ", ".join(names[:most]) + (" ..." if len(names) > most else "")

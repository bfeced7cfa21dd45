"""The report's part about themes: what stands on it, in the order in which it is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from analysis import charts
from analysis.embed import Vectors
from analysis.grouping import SMALL
from analysis.speakers import wilson
from analysis.tables import (
    Agreement,
    Findings,
    KnownTheme,
    Leaning,
    Quote,
    Reach,
    Theme,
    ThemeChange,
    Trend,
)

WEAK = 0.1  # strength below which the themes are hints
ON_MAP = 24  # themes
QUOTES_ON_MAP = 8  # per theme
OVER_TIME = 8  # themes
IN_HEAT = 14  # themes, and groups of one dimension
LANGUAGES = {
    **{"de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch"},
    **{"pt": "Portuguese", "sv": "Swedish", "und": "a language that was not recognized"},
}


@dataclass(frozen=True, slots=True)
class Words:
    """A quote as it is shown: masked, with where it is from."""

    text: str
    source: str  # role, date, study
    anchor: str | None  # its turn in the appendix
    set_right: str | None = None  # what they said of it when it was read back


@dataclass(frozen=True, slots=True)
class ThemeCard:
    """A theme as it is shown."""

    anchor: str
    theme: Theme
    quotes: tuple[Words, ...]
    people: str  # how many of how many, with the interval where that says something
    nearest: str | None  # title of the theme most like it
    language: str | None
    leanings: tuple[Leaning, ...]  # over, then under
    trend: Trend | None


@dataclass(frozen=True, slots=True)
class ThemeSection:
    """All that the report says of themes."""

    small: bool  # groupings with every quote; no percentages
    heard: int
    asked: int | None
    statements: int
    one_of_a_kind: tuple[Words, ...]
    weak: float | None  # the strength, where it is weak
    cards: tuple[ThemeCard, ...]
    languages: tuple[str, ...]
    map: Markup | None
    over_time: Markup | None
    heats: tuple[tuple[str, Markup], ...]
    changes: tuple[ThemeChange, ...]
    titles: Mapping[str, str]  # theme_id -> title, of this run and the last
    anchors: Mapping[str, str]
    regrouped: bool
    reach: tuple[Reach, ...]
    agreement: tuple[Agreement, ...]


def section(
    findings: Findings,
    words: Callable[[Quote], Words | None],
    alone: Sequence[Quote],
    account_names: Mapping[str, str],
    asked: int | None,
) -> ThemeSection:
    """What the report says of the themes.

    Args:
        findings: Of a run.
        words: A quote as this reader may see it, or None.
        alone: The statements that are one of a kind.
        account_names: account_ref -> name.
        asked: How many people were invited, where that is known.
    """
    heard = len({u.respondent for u in findings.utterances})
    statements = sum(s.parked is None for s in findings.segments)
    small = statements < SMALL
    cards = tuple(_cards(findings, words, heard, small))
    titles = {c.theme_id: c.title for c in findings.changes}
    titles |= {t.theme_id: t.title for t in findings.themes}
    weak = findings.strength is not None and findings.strength < WEAK
    return ThemeSection(
        small=small,
        heard=heard,
        asked=asked,
        statements=statements,
        one_of_a_kind=tuple(w for q in alone if (w := words(q))),
        weak=findings.strength if weak else None,
        cards=cards,
        languages=tuple(sorted({card.language for card in cards if card.language})),
        map=_map(cards, findings.memory.themes),
        over_time=_over_time(findings, cards),
        heats=tuple(_heats(findings, cards, account_names, small)),
        changes=findings.changes,
        titles=titles,
        anchors={card.theme.theme_id: card.anchor for card in cards},
        regrouped=findings.regrouped,
        reach=findings.reach,
        agreement=findings.agreement,
    )


def share(k: int, n: int, small: bool = False) -> str:
    """How many of how many people, in a large study with percentage and interval."""
    told = f"{k} of {n} {'person' if n == 1 else 'people'}"
    if small or not n:
        return told
    low, high = wilson(k, n)
    return f"{told} ({100 * k / n:.0f} %, {100 * low:.0f} to {100 * high:.0f} %)"


def _cards(
    findings: Findings, words: Callable[[Quote], Words | None], heard: int, small: bool
) -> list[ThemeCard]:
    titles = {theme.theme_id: theme.title for theme in findings.themes}
    trends = {trend.theme_id: trend for trend in findings.trends}
    cards = []
    for n, theme in enumerate(findings.themes, start=1):
        leaning = (
            []
            if small
            else [
                own
                for own in findings.leanings
                if own.theme_id == theme.theme_id and own.leans != "none"
            ]
        )
        cards.append(
            ThemeCard(
                anchor=f"theme-{n}",
                theme=theme,
                quotes=tuple(w for q in theme.quotes if (w := words(q))),
                people=share(theme.respondents, heard, small),
                nearest=titles.get(theme.nearest or ""),
                language=LANGUAGES.get(theme.language or "", theme.language),
                leanings=tuple(sorted(leaning, key=lambda own: (own.leans != "over", own.p))),
                trend=None if small else trends.get(theme.theme_id),
            )
        )
    return cards


# pictures


def places(
    themes: Sequence[Theme], known: Sequence[KnownTheme]
) -> Mapping[str, tuple[float, float, float]]:
    """theme_id -> x, y and radius on a map of charts.MAP_WIDTH x MAP_HEIGHT; {} below three themes.

    Themes of which people say similar things are near each other; the area grows with people.
    """
    middles = {k.theme_id: np.asarray(k.centroid, dtype=np.float32) for k in known if k.centroid}
    shown = [t for t in themes if t.respondents and t.theme_id in middles and not t.language]
    shown = shown[:ON_MAP]
    if len(shown) < 3:
        return {}
    most = max(theme.respondents for theme in shown)
    radius = np.array([18 + 44 * (theme.respondents / most) ** 0.5 for theme in shown])
    at = _apart(_flat(np.stack([middles[theme.theme_id] for theme in shown])), radius)
    return {
        theme.theme_id: (float(x), float(y), float(r))
        for theme, (x, y), r in zip(shown, at, radius, strict=True)
    }


def _map(cards: Sequence[ThemeCard], known: Sequence[KnownTheme]) -> Markup | None:
    placed = places([card.theme for card in cards], known)
    shown = [card for card in cards if card.theme.theme_id in placed]
    if not shown:
        return None
    bubbles = [
        charts.Bubble(
            card.theme.title,
            f"{card.theme.title}: {card.people}",
            *placed[card.theme.theme_id],
            tuple(words.text for words in card.quotes[:QUOTES_ON_MAP]),
        )
        for card in shown
    ]
    told = "; ".join(f"{c.theme.title}, {c.theme.respondents}" for c in shown[:5])
    return charts.theme_map(bubbles, f"Map of the themes, by people: {told}")


def _flat(rows: Vectors) -> Vectors:
    """The two directions in which the themes differ most, each from 0 to 1: (n, 2)."""
    centered = rows - rows.mean(axis=0)
    left, scale, _ = np.linalg.svd(centered, full_matrices=False)
    flat = left[:, :2] * scale[:2]
    flat = flat * np.where(flat[np.abs(flat).argmax(axis=0), [0, 1]] < 0, -1, 1)  # sign is free
    low, high = flat.min(axis=0), flat.max(axis=0)
    placed: Vectors = (flat - low) / np.where(high - low > 1e-9, high - low, 1)
    return placed


def _apart(flat: Vectors, radius: Vectors, rounds: int = 300) -> Vectors:
    """Places on the map where no circle covers another or its name."""
    size = np.array([charts.MAP_WIDTH, charts.MAP_HEIGHT])
    edge = np.stack([radius + 60, radius + 22], axis=1)
    at = edge + flat * (size - 2 * edge)
    for _ in range(rounds):
        gap = at[:, None] - at[None]
        need = radius[:, None] + radius[None] + 26
        distance = np.maximum(np.linalg.norm(gap, axis=2), 1e-6)
        push = np.clip(need - distance, 0, None)
        np.fill_diagonal(push, 0)
        at = at + 0.5 * (gap / distance[..., None] * push[..., None]).sum(axis=1) / 2
        at = np.clip(at, edge, size - edge)
    return at.astype(np.float32)


def _over_time(findings: Findings, cards: Sequence[ThemeCard]) -> Markup | None:
    titles = {c.theme.theme_id: c.theme.title for c in cards[:OVER_TIME] if c.theme.respondents}
    if len({period.start for period in findings.periods}) < 2 or not titles:
        return None
    own = [period for period in findings.periods if period.theme_id in titles]
    return charts.over_time(
        own, titles, f"People per theme over time: {', '.join(titles.values())}"
    )


def _heats(
    findings: Findings,
    cards: Sequence[ThemeCard],
    account_names: Mapping[str, str],
    small: bool,
) -> list[tuple[str, Markup]]:
    shown = {c.theme.theme_id: c.theme.title for c in cards[:IN_HEAT] if c.theme.respondents}
    compared: dict[str, list[Leaning]] = {}
    for one in findings.leanings:
        if one.theme_id in shown:
            compared.setdefault(one.dimension, []).append(one)
    drawn = [
        (name, charts.heat([_cell(one, shown, small) for one in own], f"Themes by {name}"))
        for name, own in compared.items()
        if len({one.value for one in own}) > 1
    ]
    by_account = _counted({c.theme.title: c.theme.accounts for c in cards[:IN_HEAT]}, account_names)
    if by_account:
        drawn.append(("account", charts.heat(by_account, "Themes by account")))
    return drawn


def _cell(one: Leaning, titles: Mapping[str, str], small: bool) -> charts.Cell:
    mark = {"over": " ▲", "under": " ▼", "none": ""}[one.leans]
    own = share(one.speaking, one.heard, small)
    elsewhere = f"elsewhere {one.speaking_elsewhere} of {one.heard_elsewhere}"
    return charts.Cell(
        titles[one.theme_id],
        f"{one.value} ({one.heard})",
        one.speaking / one.heard,
        f"{one.speaking}{mark}",
        f"{titles[one.theme_id]}, {one.value}: {own}; {elsewhere}",
    )


def _counted(
    counts: Mapping[str, Mapping[str, int]], names: Mapping[str, str]
) -> list[charts.Cell]:
    total: dict[str, int] = {}
    for row in counts.values():
        for key, n in row.items():
            total[key] = total.get(key, 0) + n
    keys = sorted(total, key=lambda key: (-total[key], key))[:IN_HEAT]
    most = max((row.get(key, 0) for row in counts.values() for key in keys), default=0)
    return [
        charts.Cell(
            title,
            names.get(key, key),
            row.get(key, 0) / most,
            str(row.get(key, 0) or "·"),
            f"{title}, {names.get(key, key)}: {row.get(key, 0)} people",
        )
        for title, row in counts.items()
        for key in keys
        if most
    ]

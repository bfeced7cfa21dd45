"""Small charts as coordinates: the templates draw them as SVG in the page's own colors.

A page in dark mode cannot recolor a finished drawing, and vl-convert would be loaded by the web
process for a line of ten points; the report, which is one file for print, keeps its own charts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from analysis.charts import AccountPoint
from analysis.weights import ELEVATED, HIGH

WIDTH, HEIGHT, EDGE = 320, 110, 14  # of a line, in its own units


@dataclass(frozen=True, slots=True)
class Point:
    """A value at its place."""

    x: float
    y: float
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """A series as it is drawn."""

    points: tuple[Point, ...]
    low: float
    high: float
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def path(self) -> str:
        """For the attribute `points` of a polyline."""
        return " ".join(f"{point.x:g},{point.y:g}" for point in self.points)


BOOK_WIDTH, BOOK_HEIGHT, LEFT, RIGHT, BOTTOM = 900, 320, 76, 80, 40
LONGEST_NAME = 22  # letters
NEAR = 150, 16  # names closer than this would cover each other


@dataclass(frozen=True, slots=True)
class Spot:
    """An account on the chart of the book."""

    point: AccountPoint
    x: float
    y: float
    radius: float
    name: str | None  # None where it would cover another


@dataclass(frozen=True, slots=True)
class Book:
    """Strength of evidence by days to renewal; a larger circle is a larger value."""

    spots: tuple[Spot, ...]
    limits: tuple[tuple[str, float], ...]  # from where a band begins
    ticks: tuple[tuple[int, float], ...]  # days to renewal
    width: int = BOOK_WIDTH
    height: int = BOOK_HEIGHT
    left: int = LEFT
    floor: int = BOOK_HEIGHT - BOTTOM


def book(points: Sequence[AccountPoint]) -> Book:
    """The book as a chart, at least one account.

    Args:
        points: As the report draws them.
    """
    most_days = max(180, *(point.days_left for point in points))
    high = max(HIGH + 0.5, *(point.strength + 0.6 for point in points))
    low = min(-0.3, *(point.strength - 0.3 for point in points))
    largest = max(point.value for point in points) or 1.0
    floor = BOOK_HEIGHT - BOTTOM

    def across(days: float) -> float:
        return round(LEFT + (BOOK_WIDTH - LEFT - RIGHT) * days / most_days, 1)

    def up(strength: float) -> float:
        return round(floor - (floor - 20) * (strength - low) / (high - low), 1)

    spots: list[Spot] = []
    for point in sorted(points, key=lambda p: (-p.strength, p.name)):
        x, y = across(point.days_left), up(point.strength)
        is_free = all(
            abs(x - one.x) > NEAR[0] or abs(y - one.y) > NEAR[1] for one in spots if one.name
        )
        radius = round(5 + 13 * sqrt(point.value / largest), 1)
        spots.append(Spot(point, x, y, radius, _short(point.name) if is_free else None))
    step = 30 if most_days <= 200 else 90
    return Book(
        tuple(sorted(spots, key=lambda one: -one.radius)),
        (("elevated", up(ELEVATED)), ("high", up(HIGH))),
        tuple((days, across(days)) for days in range(0, most_days + 1, step)),
    )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


def line(series: Sequence[tuple[str, float]]) -> Line:
    """Values in their order, spread evenly; a flat series lies in the middle.

    Args:
        series: Name and value of each, at least one.
    """
    values = [value for _, value in series]
    low, high = min(values), max(values)
    step = (WIDTH - 2 * EDGE) / max(1, len(series) - 1)
    room = HEIGHT - 2 * EDGE
    return Line(
        tuple(
            Point(
                round(EDGE + place * step, 1),
                round(EDGE + room * (1 - (value - low) / (high - low) if high > low else 0.5), 1),
                name,
                value,
            )
            for place, (name, value) in enumerate(series)
        ),
        low,
        high,
    )

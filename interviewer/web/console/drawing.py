"""Small charts as coordinates: the templates draw them as SVG in the page's own colors.

A page in dark mode cannot recolor a finished drawing, and vl-convert would be loaded by the web
process for a line of ten points; the report, which is one file for print, keeps its own charts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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

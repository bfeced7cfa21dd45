"""Charts: Vega-Lite specs drawn to SVG on the server, safe to place in a page as they are.

This is the one module that marks text as markup, and only what it has drawn and checked itself.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from xml.etree import ElementTree

from markupsafe import Markup

from analysis.scores import days
from analysis.tables import Score

FAINT, RULE = "#5b6776", "#dfe4ea"
BAND_COLORS = {
    "high": "#b42318",
    "elevated": "#b25e09",
    "low": "#1d6fa5",
    "not_enough_evidence": "#8a94a3",
}
LONGEST_TEXT = 60  # characters of a label
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
_FORBIDDEN = frozenset({"script", "foreignObject", "style", "a", "image", "use", "iframe"})


class UnsafeChart(ValueError):
    """A drawn chart holds something that a page must not contain."""


class Share(NamedTuple):
    """One part of a whole, by band."""

    band: str
    label: str
    value: float
    shown: str


def label(text: str) -> str:
    """A text of somebody else's as a chart may show it: one line, not too long."""
    plain = " ".join(_CONTROL.sub(" ", text).split())
    return plain if len(plain) <= LONGEST_TEXT else f"{plain[: LONGEST_TEXT - 1]}…"


def shares(parts: Sequence[Share], title: str) -> Markup:
    """A single bar: how a whole divides into bands."""
    import altair as alt

    rows: list[dict[str, Any]] = [
        {"order": n, "part": label(p.label), "value": p.value, "shown": label(p.shown)}
        for n, p in enumerate(parts)
    ]
    color = alt.Color(
        "part:N",
        scale=alt.Scale(
            domain=[row["part"] for row in rows], range=[BAND_COLORS[p.band] for p in parts]
        ),
        legend=None,
    )
    bar = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(stroke="white", strokeWidth=2)
        .encode(
            x=alt.X("value:Q", stack="normalize", axis=None),
            color=color,
            order=alt.Order("order:Q"),
        )
        .properties(width=1100, height=30)
    )
    return drawn(bar, title)


def score_line(scores: Sequence[Score], drops: Sequence[str], title: str) -> Markup:
    """One metric of one account over time, with the periods in which it fell marked."""
    import altair as alt

    rows = [
        {
            "day": days(s.period)[0].isoformat(),
            "period": label(s.period),
            "value": s.value,
            "fell": s.period in drops,
        }
        for s in scores
    ]
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%b %y", tickCount=5, grid=False))
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False, nice=True))
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y)
    line = base.mark_line(color=FAINT, strokeWidth=2)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        color=alt.Color(
            "fell:N",
            scale=alt.Scale(domain=[False, True], range=[FAINT, BAND_COLORS["high"]]),
            legend=None,
        )
    )
    return drawn((line + points).properties(width=300, height=110), title)


def drawn(chart: Any, title: str) -> Markup:
    """An altair chart as SVG markup with a name for those who cannot see it.

    Raises:
        UnsafeChart: The drawing holds script, foreign objects, styles, handlers or references.
    """
    import vl_convert

    spec = chart.configure(font=_FONT, background="transparent").configure_view(stroke=None)
    spec = spec.configure_axis(
        labelColor=FAINT, labelFontSize=12, domainColor=RULE, tickColor=RULE, gridColor=RULE
    )
    svg = vl_convert.vegalite_to_svg(spec.to_json())
    check(svg)
    return Markup('<figure class="chart" role="img" aria-label="{}">{}</figure>').format(
        label(title), Markup(svg)
    )


def check(svg: str) -> None:
    """Refuse a drawing that could run, load or style anything.

    Raises:
        UnsafeChart: It could.
    """
    for element in ElementTree.fromstring(svg).iter():
        name = element.tag.rpartition("}")[2]
        if name in _FORBIDDEN:
            raise UnsafeChart(f"the chart holds a {name!r} element")
        for attribute, value in element.attrib.items():
            key = attribute.rpartition("}")[2].lower()
            loads = "url(" in value and not key.startswith("aria-")
            if key.startswith("on") or key in ("style", "href", "src") or loads:
                raise UnsafeChart(f"the chart holds the attribute {attribute!r}")

"""Charts: Vega-Lite specs drawn to SVG on the server, safe to place in a page as they are.

This is the one module that marks text as markup, and only what it has drawn and checked itself.
"""

import re
from collections.abc import Mapping, Sequence
from math import cos, pi, sin
from typing import Any, NamedTuple
from xml.etree import ElementTree

from markupsafe import Markup

from analysis.scores import days
from analysis.tables import Period, Score, Tone
from analysis.weights import ELEVATED, HIGH

FAINT, RULE = "#5b6776", "#dfe4ea"
BAND_COLORS = {
    "high": "#b42318",
    "elevated": "#b25e09",
    "low": "#1d6fa5",
    "not_enough_evidence": "#8a94a3",
}
NAMED = 12  # accounts with their name in a chart
LONGEST_TEXT = 60  # characters of a label
MAP_WIDTH, MAP_HEIGHT = 1100, 520  # pixels
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


class Bubble(NamedTuple):
    """One theme on the map."""

    title: str
    told: str  # how many people
    x: float  # 0 to MAP_WIDTH
    y: float  # 0 to MAP_HEIGHT
    radius: float
    quotes: tuple[str, ...]


class AccountPoint(NamedTuple):
    """One account by risk, renewal and value."""

    name: str
    band: str
    days_left: int
    strength: float
    value: float
    told: str  # on hover
    account_ref: str = ""


class Cell(NamedTuple):
    """One theme in one group of people."""

    theme: str
    group: str
    share: float  # 0 to 1, how dark
    shown: str
    told: str  # on hover


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


def tone_line(tones: Sequence[Tone], title: str) -> Markup:
    """The tone of an account's interviews over time; up is displeased."""
    import altair as alt

    rows = [
        {
            "day": t.at.isoformat(),
            "tone": t.mean,
            "told": label(f"{t.at.isoformat()}, {t.contact_role or 'unknown'}: {t.mean:.2f}"),
        }
        for t in tones
    ]
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%b %y", tickCount=5, grid=False))
    y = alt.Y("tone:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=3))
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y)
    points = base.mark_point(filled=True, size=70, opacity=1, color=FAINT)
    line = base.mark_line(color=RULE, strokeWidth=2)
    chart = line + points.encode(description="told:N")
    return drawn(chart.properties(width=560, height=130), title)


def risk_value(points: Sequence[AccountPoint], title: str) -> Markup:
    """Accounts by days to renewal and strength of evidence; the area is the annual value."""
    import altair as alt

    rows = [
        {
            "days": p.days_left,
            "strength": p.strength,
            "value": p.value,
            "band": p.band,
            "told": _sentence(p.told),
        }
        for p in points
    ]
    most = max(max(p.strength for p in points), HIGH)
    least = min(min(p.strength for p in points), 0.0)
    x = alt.X(
        "days:Q",
        title="days to renewal",
        scale=alt.Scale(domain=[0, max(180, *(p.days_left for p in points)) + 10], nice=False),
        axis=alt.Axis(grid=False),
    )
    y = alt.Y(
        "strength:Q",
        title="strength of evidence",
        scale=alt.Scale(domain=[least - 0.3, most + 0.5], nice=False),
        axis=alt.Axis(grid=False),
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y)
    circles = base.mark_point(shape="circle", filled=True, opacity=0.8).encode(
        size=alt.Size("value:Q", scale=alt.Scale(range=[60, 900]), legend=None),
        color=alt.Color(
            "band:N",
            scale=alt.Scale(domain=list(BAND_COLORS), range=list(BAND_COLORS.values())),
            legend=None,
        ),
        description="told:N",
    )
    strongest = sorted(points, key=lambda p: (-p.strength, p.name))[:NAMED]
    named = [
        {"days": p.days_left, "strength": p.strength, "name": label(p.name)} for p in strongest
    ]
    names = (
        alt.Chart(alt.InlineData(values=named))
        .mark_text(dy=-17, fontSize=11, color="#1b2733")
        .encode(x=x, y=y, text="name:N")
    )
    limits = (
        alt.Chart(alt.InlineData(values=[{"limit": ELEVATED}, {"limit": HIGH}]))
        .mark_rule(color=FAINT, strokeDash=[4, 4])
        .encode(y="limit:Q")
    )
    return drawn((limits + circles + names).properties(width=900, height=300), title)


def theme_map(bubbles: Sequence[Bubble], title: str) -> Markup:
    """Themes as circles, near each other where people say similar things; dots are quotes."""
    import altair as alt

    rows = [
        {"x": b.x, "y": b.y, "area": pi * b.radius**2, "told": _sentence(b.told)} for b in bubbles
    ]
    dots = [
        {"x": x, "y": y, "told": _sentence(f"{b.title}: “{text}”")}
        for b in bubbles
        for text, (x, y) in zip(b.quotes, _around(b), strict=True)
    ]
    scale = alt.Scale(domain=[0, MAP_WIDTH], nice=False)
    x = alt.X("x:Q", axis=None, scale=scale)
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, MAP_HEIGHT], nice=False))
    circles = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(shape="circle", filled=True, fill="#e7f1f8", stroke="#5f9fcb", opacity=1)
        .encode(x=x, y=y, size=alt.Size("area:Q", scale=None), description="told:N")
    )
    quotes = (
        alt.Chart(alt.InlineData(values=dots))
        .mark_point(shape="circle", filled=True, size=26, color="#174a6e", opacity=0.75)
        .encode(x=x, y=y, description="told:N")
    )
    names = [{"x": b.x, "y": b.y - b.radius - 9, "title": label(b.title)} for b in bubbles]
    text = (
        alt.Chart(alt.InlineData(values=names))
        .mark_text(fontSize=12, fontWeight=600, color="#1b2733")
        .encode(x=x, y=y, text="title:N")
    )
    size = {"width": MAP_WIDTH, "height": MAP_HEIGHT}
    return drawn((circles + quotes + text).properties(**size), title)


def _around(bubble: Bubble) -> list[tuple[float, float]]:
    """Places inside a circle, spread like the seeds of a sunflower."""
    most = max(1, len(bubble.quotes))
    return [
        (
            bubble.x + 0.82 * bubble.radius * ((n + 0.5) / most) ** 0.5 * cos(2.399963 * n),
            bubble.y + 0.82 * bubble.radius * ((n + 0.5) / most) ** 0.5 * sin(2.399963 * n),
        )
        for n in range(len(bubble.quotes))
    ]


def over_time(periods: Sequence[Period], titles: Mapping[str, str], title: str) -> Markup:
    """A small chart per theme: people who speak of it, before everybody who was heard."""
    import altair as alt

    rows = [
        {
            "day": p.start.isoformat(),
            "theme": label(titles[p.theme_id]),
            "speaking": p.speaking,
            "heard": p.heard,
            "told": label(f"{p.start.isoformat()}: {p.speaking} of {p.heard} people"),
        }
        for p in periods
        if p.theme_id in titles
    ]
    few = len({row["day"] for row in rows}) <= 8
    x = alt.X(
        "day:O",
        title=None,
        axis=alt.Axis(labelAngle=-45 if few else -90, labelExpr="slice(datum.label, 2)"),
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, description="told:N")
    heard = base.mark_bar(color="#e3e8ee").encode(y=alt.Y("heard:Q", title=None))
    speaking = base.mark_bar(color="#2f6f9f").encode(y="speaking:Q")
    numbers = base.mark_text(dy=-6, fontSize=11, color="#1b2733").encode(
        y="speaking:Q", text="speaking:Q"
    )
    charts = (heard + speaking + numbers).properties(width=215, height=90)
    header = alt.Header(title=None, labelFontSize=12, labelFontWeight=600, labelLimit=210)
    faceted = charts.facet(
        facet=alt.Facet("theme:N", sort=[label(t) for t in titles.values()], header=header),
        columns=4,
    )
    return drawn(faceted, title)


def heat(cells: Sequence[Cell], title: str) -> Markup:
    """Themes by groups of people; every cell says its number, an arrow where it stands out."""
    import altair as alt

    rows = [
        {
            "theme": label(c.theme),
            "group": label(c.group),
            "share": c.share,
            "shown": label(c.shown),
            "told": _sentence(c.told),
            "dark": c.share > 0.6,
        }
        for c in cells
    ]
    themes = list(dict.fromkeys(label(c.theme) for c in cells))
    groups = list(dict.fromkeys(label(c.group) for c in cells))
    x = alt.X(
        "group:N",
        sort=groups,
        title=None,
        axis=alt.Axis(orient="top", labelAngle=-30, labelLimit=170, domain=False, ticks=False),
    )
    y = alt.Y(
        "theme:N",
        sort=themes,
        title=None,
        axis=alt.Axis(labelLimit=260, domain=False, ticks=False),
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y, description="told:N")
    squares = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color(
            "share:Q",
            scale=alt.Scale(domain=[0, 1], range=["#f3f6f9", "#2f6f9f"]),
            legend=None,
        )
    )
    numbers = base.mark_text(fontSize=12).encode(
        text="shown:N",
        color=alt.condition("datum.dark", alt.value("white"), alt.value("#1b2733")),
    )
    width = max(62, min(110, 820 // len(groups)))
    room = {"left": 45, "right": 30, "top": 20, "bottom": 5}  # for fonts wider than those measured
    sized = (squares + numbers).properties(width=alt.Step(width), height=alt.Step(26), padding=room)
    return drawn(sized, title)


def _sentence(text: str) -> str:
    """A text of somebody else's as a mark may tell it on hover: one line, whole."""
    return " ".join(_CONTROL.sub(" ", text).split())


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

"""Themes: the map and the list, one theme with its quotes, comparisons, a spreadsheet."""

import csv
import io
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from interviewer.access import audit, viewing
from interviewer.core.access import User
from interviewer.core.book import ThemeAction
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.findings import theme_view, themes
from interviewer.findings.exports import cell
from interviewer.findings.theme_view import Difference
from interviewer.ports import Services
from interviewer.web.console import drawing
from interviewer.web.console.frame import after, show
from interviewer.web.doors import Actor, LoggedIn, Parts

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Form()]
SEPARATOR = "|"  # between a dimension and its value in an address


@router.get("/themes")
def show_themes(request: Request, services: Parts, user: LoggedIn) -> Response:
    """The themes of the newest analysis."""
    return show(request, "themes.html.j2", found=theme_view.overview(services, user))


@router.get("/themes.csv")
def download_themes(services: Parts, user: LoggedIn) -> Response:
    """The list as a spreadsheet."""
    found = theme_view.overview(services, user)
    rows = list(theme_view.spreadsheet(found)) if found else []
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows[0] if rows else ["theme_id", "title"])
    writer.writerows([cell(value) for value in row.values()] for row in rows)
    headers = {"Content-Disposition": 'attachment; filename="themes.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/themes/compare")
def compare_themes(
    request: Request,
    services: Parts,
    run: str = "",
    period: str = "",
    period_2: str = "",
    group: str = "",
    group_2: str = "",
) -> Response:
    """Two analyses, two periods or two groups of people, side by side."""
    newest = services.store.latest_run("themes", "patterns")
    if newest is None:
        raise NotFound("Nothing was analyzed yet.")
    periods, groups = theme_view.choices(newest)
    names, found = ("", ""), list[Difference]()
    if run:
        found = theme_view.with_run(services, run)
        names = ("analysis before", "newest analysis")
    elif period and period_2:
        found, names = theme_view.of_periods(newest, period, period_2), (period, period_2)
    elif group and group_2:
        pair = (_group(group), _group(group_2))
        found, names = theme_view.of_groups(newest, *pair), (": ".join(pair[0]), ": ".join(pair[1]))
    return show(
        request,
        "themes_compared.html.j2",
        runs=theme_view.older_runs(services),
        periods=[(start, start) for start in periods],
        groups=[(SEPARATOR.join(one), ": ".join(one)) for one in groups],
        chosen={
            "run": run,
            "period": period or next(iter(periods[-2:]), ""),
            "period_2": period_2 or next(iter(periods[-1:]), ""),
            "group": group,
            "group_2": group_2 or SEPARATOR.join(next(iter(groups[1:2]), ())),
        },
        names=names,
        found=found,
        small=newest.patterns.get("small", True),
    )


def _group(text: str) -> tuple[str, str]:
    dimension, _, value = text.partition(SEPARATOR)
    return dimension, value


@router.get("/themes/{theme_id}")
def show_theme(theme_id: str, request: Request, services: Parts, user: LoggedIn) -> Response:
    """One theme, with every stored quote and the way to its turn."""
    return _page(request, services, user, theme_id)


def _page(
    request: Request, services: Services, user: User, theme_id: str, error: str = ""
) -> Response:
    found = theme_view.page(services, user, theme_id)
    shares = [(start, 100 * speaking / heard) for start, speaking, heard in found.periods if heard]
    return show(
        request,
        "theme.html.j2",
        page=found,
        path=f"/themes/{quote(theme_id, safe='')}",
        line=drawing.line(shares) if found.row.share is not None and len(shares) > 1 else None,
        seen=viewing.account_refs(services, user),
        error=error,
    )


@router.post("/themes/{theme_id}/notes")
def note_theme(
    theme_id: str,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    owner: Text = "",
    text: Text = "",
) -> Response:
    """Who looks after it, or what was done."""
    try:
        theme_view.note(services, user, theme_id, {"owner": owner, "text": text}, actor=actor)
    except InvalidInput as error:
        return _page(request, services, user, theme_id, error.message)
    return after(f"/themes/{quote(theme_id, safe='')}", "theme.noted")


@router.post("/themes/{theme_id}/release")
def release_theme(theme_id: str, services: Parts, actor: Actor) -> RedirectResponse:
    """Take back everything decided about it; one that was merged has no page of its own."""
    themes.decide(services, "release", theme_id)
    audit.record(services, actor, "theme.release", f"theme:{theme_id}")
    is_there = any(row["theme"] == theme_id for row in themes.listed(services))
    return after(f"/themes/{quote(theme_id, safe='')}" if is_there else "/themes", "theme.released")


@router.post("/themes/{theme_id}/decide")
def decide_theme(
    theme_id: str,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    action: Annotated[ThemeAction, Form()],
    title: Text = "",
    into: Text = "",
    statement: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Rename, merge, split or pin; holds from the next analysis on."""
    try:
        themes.decide(
            services,
            action,
            theme_id,
            title=title.strip() or None,
            into=into or None,
            statements=statement or (),
        )
    except InvalidInput as error:
        return _page(request, services, user, theme_id, error.message)
    audit.record(services, actor, f"theme.{action}", f"theme:{theme_id}")
    return after(f"/themes/{quote(theme_id, safe='')}", "theme.decided", theme_id)

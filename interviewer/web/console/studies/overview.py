"""One study: its state, how its interviews go, its versions."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from interviewer.cli.next_steps import after_launch
from interviewer.studies import lifecycle
from interviewer.studies.figures import figures
from interviewer.web.console.frame import show
from interviewer.web.console.studies.said import MOMENTS, duration
from interviewer.web.doors import Parts

AROUND = 2  # unchanged lines shown beside a change

router = APIRouter(include_in_schema=False)


class Line(NamedTuple):
    """A line of the difference between two versions; `gap` stands for lines that are left out."""

    kind: Literal["same", "removed", "added", "gap"]
    number: int  # in the version it is from, the newer one if in both
    text: str


@router.get("/studies/{slug}")
def show_study(slug: str, request: Request, services: Parts) -> Response:
    """What the study asks, and how its interviews go."""
    study = lifecycle.named(services, slug)
    return show(
        request,
        "study.html.j2",
        study=study,
        figures=figures(services, study),
        moments=MOMENTS,
        duration=duration,
        missing=after_launch(services, study)[1:-1] if study.state == "live" else [],
    )


@router.get("/studies/{slug}/versions")
def show_versions(
    slug: str,
    request: Request,
    services: Parts,
    before: Annotated[int | None, Query(ge=1)] = None,
    now: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """The difference between two versions; the newest two when none are named."""
    newest = lifecycle.named(services, slug)
    now = now or newest.version
    before = before or max(now - 1, 1)
    texts = [services.store.study(slug, version).source for version in (before, now)]
    return show(
        request,
        "study_versions.html.j2",
        study=newest,
        before=before,
        now=now,
        lines=list(difference(*texts)),
    )


def difference(before: str, now: str) -> Iterator[Line]:
    """The changed lines of a text, each with those around it."""
    old, new = before.splitlines(), now.splitlines()
    groups = list(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND))
    for place, group in enumerate(groups):
        if place:
            yield Line("gap", 0, "")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (Line("same", j + 1, new[j]) for j in range(j1, j2))
            else:
                yield from (Line("removed", i + 1, old[i]) for i in range(i1, i2))
                yield from (Line("added", j + 1, new[j]) for j in range(j1, j2))

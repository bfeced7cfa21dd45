"""Interviews: the list with its search, transcripts, photos."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict

from interviewer.access import audit, viewing
from interviewer.core.errors import NotFound
from interviewer.core.interview import Interview
from interviewer.core.search import LONGEST, terms
from interviewer.findings import account_reports, accounts, exports
from interviewer.ports import Services
from interviewer.store import Wanted
from interviewer.web.console.frame import after, show
from interviewer.web.doors import Actor, LoggedIn, Parts, logged_in
from interviewer.web.throttle import address_of

PER_PAGE = 50
PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days"}
COLUMNS = ("interview_id", "opened_at", "study", "status", "channel", "language", "account_ref")

router = APIRouter(include_in_schema=False)


class Filters(BaseModel):
    """What the address of a list says; an empty value is none."""

    model_config = ConfigDict(frozen=True)

    q: Annotated[str, Query(max_length=LONGEST)] = ""
    study: str = ""
    status: str = ""
    channel: str = ""
    language: str = ""
    test: str = ""
    account: str = ""
    days: str = ""
    since: date | None = None
    until: date | None = None
    case: str = ""
    signal: str = ""
    theme: str = ""

    @property
    def given(self) -> dict[str, str]:
        """Those that limit the list, as in the address."""
        return {name: value for name, value in self.model_dump(mode="json").items() if value}

    def address(self, path: str, **changes: str | None) -> str:
        """The address of a page with these filters and changes."""
        given = {name: value for name, value in (self.given | changes).items() if value}
        return f"{path}?{urlencode(given)}" if given else path

    def wanted(self, now: datetime) -> Wanted:
        """What the store is asked for."""
        days = int(self.days) if self.days in PERIODS else None
        return Wanted(
            study=self.study or None,
            status=self.status or None,
            channel=self.channel or None,
            language=self.language or None,
            test={"True": True, "False": False}.get(self.test),
            account_ref=self.account or None,
            since=_day(self.since) or (now - timedelta(days=days) if days else None),
            until=_day(self.until and self.until + timedelta(days=1)),
            has_case=bool(self.case),
            signal=self.signal or None,
            theme=self.theme or None,
            terms=terms(self.q),
        )


def _filters(filters: Annotated[Filters, Query()]) -> Filters:
    return filters


Filtered = Annotated[Filters, Depends(_filters)]


def _day(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


@router.get("/interviews")
def show_interviews(
    request: Request,
    services: Parts,
    user: LoggedIn,
    filters: Filtered,
    before: str | None = None,
    after: str | None = None,
) -> Response:
    """Interviews, newest first; those of trials are marked."""
    wanted = filters.wanted(services.clock.now())
    page = viewing.page_of_interviews(
        services, user, wanted, before=before, after=after, limit=PER_PAGE
    )
    return show(
        request,
        "interviews.html.j2",
        page=page,
        filters=filters,
        periods=PERIODS,
        is_first=not (before or after),
        may_export=user.role != "viewer",
    )


@router.get("/interviews.csv")
def export_interviews(
    request: Request, services: Parts, user: LoggedIn, actor: Actor, filters: Filtered
) -> Response:
    """The list as a table for a spreadsheet, answers without personal data."""
    wanted = filters.wanted(services.clock.now())
    names = " ".join(sorted(filters.given))
    address = address_of(request)
    audit.record(services, actor, "interviews.export", "interviews", address=address, by=names)
    listed = viewing.every_interview(services, user, wanted)
    return StreamingResponse(
        _csv(one.interview for one in listed),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="interviews.csv"'},
    )


def _csv(interviews: Iterator[Interview]) -> Iterator[str]:
    """One row per interview, its answers in one cell."""
    yield _line([*COLUMNS, "contact_role", "trial", "answers", "said"])
    for interview in interviews:
        yield _line(
            [
                *(getattr(interview, column) for column in COLUMNS),
                interview.context.get("contact_role"),
                "trial" if interview.test else None,
                len(interview.answers),
                "\n".join(answer.text for answer in interview.answers),
            ]
        )


def _line(cells: list[Any]) -> str:
    written = io.StringIO()
    plain = [cell.isoformat() if isinstance(cell, datetime) else cell for cell in cells]
    csv.writer(written).writerow([exports.cell(cell) for cell in plain])
    return written.getvalue()


@router.get("/interviews/{interview_id}")
def show_transcript(
    interview_id: str, request: Request, services: Parts, user: LoggedIn, filters: Filtered
) -> Response:
    """One interview without personal data, with what was understood and decided at every turn."""
    interview = viewing.interview(services, user, interview_id)
    return _transcript(request, services, interview, filters, purpose=None)


@router.post("/interviews/{interview_id}/clear")
def show_in_clear(
    interview_id: str,
    request: Request,
    services: Parts,
    user: LoggedIn,
    filters: Filtered,
    purpose: Annotated[str, Form()] = "",
) -> Response:
    """The same with personal data, this once; the audit log says for what."""
    interview = viewing.interview_in_clear(
        services, user, interview_id, purpose, address=address_of(request)
    )
    return _transcript(request, services, interview, filters, purpose=purpose)


def _transcript(
    request: Request,
    services: Services,
    interview: Interview,
    filters: Filters,
    purpose: str | None,
) -> Response:
    user = logged_in(request)
    wanted = filters.wanted(services.clock.now())
    newer, older = viewing.neighbors(services, user, wanted, interview.interview_id)
    study = services.store.study(interview.study, interview.study_version)
    return show(
        request,
        "transcript.html.j2",
        interview=interview,
        guide=study.guide,
        photos=services.store.photos([interview.interview_id]),
        signals=account_reports.signals_in(services, interview),
        cases=viewing.cases_of(services, user, interview.interview_id),
        filters=filters,
        newer=newer,
        older=older,
        purpose=purpose,
        purposes=viewing.PURPOSES if user.role != "viewer" else {},
    )


@router.post("/interviews/{interview_id}/signals")
def review_signal(
    interview_id: str,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    filters: Filtered,
    evidence: Annotated[str, Form()] = "",
    verdict: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """A person's word on a piece of evidence, or that it is taken back."""
    accounts.review(services, user, evidence, verdict, by=user.login, actor=actor)
    return after(f"/interviews/{quote(interview_id)}", f"signal.{verdict}")


@router.get("/interviews/{interview_id}/photos/{photo_id}")
def show_photo(interview_id: str, photo_id: str, services: Parts, user: LoggedIn) -> Response:
    """A photo that the respondent of this interview added."""
    interview = viewing.interview(services, user, interview_id)
    photo = services.store.photo(photo_id)
    if photo.interview_id != interview.interview_id:
        raise NotFound("No such photo.")
    return Response(photo.jpeg, media_type="image/jpeg")

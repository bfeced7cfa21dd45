"""Errors as answers: one table from our errors to HTTP.

The API answers with problem details (RFC 9457), also for what the router and the validation
refuse; a browser that asked for a page gets a page.
"""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from interviewer.core.errors import (
    Conflict,
    InterviewerError,
    InvalidGuide,
    InvalidInput,
    NotAllowed,
    NotFound,
    Unavailable,
)
from interviewer.faults import log_fault
from interviewer.web.pages import page

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[InterviewerError], int], ...] = (
    (InvalidInput, 422),
    (InvalidGuide, 422),
    (NotFound, 404),
    (Conflict, 409),
    (NotAllowed, 403),
    (Unavailable, 503),
)
RETRY_AFTER = "5"  # seconds
BODY_REFUSED = (400, 413, 415)
MEDIA_TYPE = "application/problem+json"
OUR_FAULT = "Something went wrong on our side; nothing that was accepted is lost. Please try again."


class FieldProblem(BaseModel):
    """One field and what is wrong with it."""

    field: str
    message: str


class ProblemDetails(BaseModel):
    """An error of the API (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


def answer(
    request: Request,
    status: int,
    detail: str,
    *,
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """An error as a problem document, or as a page where a page was asked for."""
    title = HTTPStatus(status).phrase
    is_api = request.url.path.startswith("/api/")
    if not is_api and "text/html" in request.headers.get("accept", ""):
        return page("error.html.j2", status, headers, title=title, detail=detail)
    body = ProblemDetails(title=title, status=status, detail=detail, errors=list(errors))
    return JSONResponse(body.model_dump(), status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every expected error; `UnexpectedErrors` does the rest."""
    app.add_exception_handler(InterviewerError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def status_of(error: InterviewerError) -> int:
    """The status that says this error."""
    return next((code for kind, code in STATUS if isinstance(error, kind)), 500)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, InterviewerError)
    status = status_of(error)
    headers = {"Retry-After": RETRY_AFTER} if status == 503 else None
    errors = []
    if isinstance(error, InvalidInput):
        reason = error.message.removeprefix(f"{error.field}: ")
        errors = [FieldProblem(field=error.field, message=reason)]
    return answer(request, status, error.message, errors=errors, headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [_field_problem(each) for each in error.errors()]
    detail = "; ".join(f"{e.field}: {e.message}" for e in errors)
    return answer(request, 422, detail, errors=errors)


def _field_problem(error: dict[str, Any]) -> FieldProblem:
    """`body.respondent.name` as the caller knows it, and never the value."""
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "json_invalid":
        return FieldProblem(field="body", message=f"is no JSON: {error['ctx']['error']}")
    parts = [str(part) for part in error["loc"] if part not in ("body", "path", "query")]
    return FieldProblem(field=".".join(parts) or "body", message=message)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers) if error.headers else None
    status, detail = error.status_code, str(error.detail)
    errors = [FieldProblem(field="body", message=detail)] if status in BODY_REFUSED else []
    return answer(request, status, detail, errors=errors, headers=headers)


class UnexpectedErrors:
    """Answers 500 and logs where it happened, without the message: it may hold people's words."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http":
                raise
            route = getattr(scope.get("route"), "path", "unknown route")
            log_fault(log, f"{scope['method']} {route}", error)
            if not started:
                response = answer(Request(scope), 500, OUR_FAULT)
                await response(scope, receive, send)

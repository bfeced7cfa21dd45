"""Errors as problem details (RFC 9457): one table from our errors to HTTP."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from interviewer.core.errors import (
    Conflict,
    InterviewerError,
    InvalidGuide,
    InvalidInput,
    NotAllowed,
    NotFound,
    Unavailable,
)

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


def problem(
    status: int,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A problem document as a response."""
    title = HTTPStatus(status).phrase
    body = ProblemDetails(title=title, status=status, detail=detail, errors=list(errors))
    return JSONResponse(body.model_dump(), status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""
    app.add_exception_handler(InterviewerError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InterviewerError)
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
    headers = {"Retry-After": RETRY_AFTER} if status == 503 else None
    errors = []
    if isinstance(error, InvalidInput):
        reason = error.message.removeprefix(f"{error.field}: ")
        errors = [FieldProblem(field=error.field, message=reason)]
    return problem(status, error.message, errors, headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [FieldProblem(field=_path(e["loc"]), message=e["msg"]) for e in error.errors()]
    detail = "; ".join(f"{e.field}: {e.message}" for e in errors)
    return problem(422, detail, errors)


def _path(location: Sequence[Any]) -> str:
    """`body.respondent.name` as the caller knows it."""
    parts = [str(part) for part in location if part not in ("body", "path", "query")]
    return ".".join(parts) or "body"


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, str(error.detail), headers=headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    route = getattr(request.scope.get("route"), "path", "unknown route")
    log.exception("%s %s failed", request.method, route, exc_info=error)
    return problem(500, "Something went wrong on our side; nothing is lost. Please try again.")

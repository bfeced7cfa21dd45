"""The respondent's page: a conversation behind a link, with and without JavaScript.

The link's token is the credential. GET and HEAD change nothing; what is sent is answered through
`conversation.receive` like a message by any other door.
"""

import asyncio
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from interviewer import conversation
from interviewer.core.errors import Conflict, InterviewerError, InvalidInput, NotFound, Unavailable
from interviewer.core.interview import Interview
from interviewer.ports import Services
from interviewer.web.api import NAME_LIMIT, Parts
from interviewer.web.pages import page, words_for
from interviewer.web.problems import status_of
from interviewer.web.protection import from_our_pages

READABLE = timedelta(hours=24)  # after the end
STOP_WORD = "stop"  # an opt-out in every language

router = APIRouter(prefix="/i", include_in_schema=False)


@router.api_route("/{token}", methods=["GET", "HEAD"])
def show_chat(token: str, request: Request, services: Parts) -> HTMLResponse:
    """The conversation so far, and a form for the next answer."""
    try:
        interview = _reachable(services, token)
    except NotFound:
        return _no_such_page(request, services)
    return _chat(services, interview)


@router.post("/{token}", dependencies=[Depends(from_our_pages)])
async def answer_chat(
    token: str,
    request: Request,
    services: Parts,
    message_id: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    action: Annotated[str, Form()] = "send",
) -> Response:
    """Take an answer, Skip or Stop; then show the conversation with a GET."""
    try:
        interview = await asyncio.to_thread(_reachable, services, token)
    except NotFound:
        return _no_such_page(request, services)
    spoken = words_for(interview.language)[1]
    said = {"skip": spoken["skip_word"], "stop": STOP_WORD}.get(action, text)
    try:
        _check(message_id, said, spoken)
        await conversation.receive(services, interview.interview_id, message_id, said)
    except (InvalidInput, Conflict, Unavailable) as error:
        return _chat(services, interview, draft=text, message_id=message_id, error=error)
    return RedirectResponse(request.url.path, 303)


def _check(message_id: str, text: str, spoken: dict[str, str]) -> None:
    if not 0 < len(message_id) <= NAME_LIMIT or "\x00" in message_id:
        raise InvalidInput("message_id", spoken["try_again"])
    if not text.strip():
        raise InvalidInput("text", spoken["empty"])
    if len(text) > conversation.TEXT_LIMIT:
        raise InvalidInput("text", spoken["too_long"])
    conversation.check_text(text)


def _reachable(services: Services, token: str) -> Interview:
    """The interview of a link that still works.

    Raises:
        NotFound: The token is wrong, or its time is over.
    """
    interview = services.store.interview_by_token(conversation.token_hash(token))
    now = services.clock.now()
    if interview.closed_at is None:
        is_over = now >= interview.expires_at
    else:
        is_over = interview.close_reason == "expired" or now >= interview.closed_at + READABLE
    if is_over:
        raise NotFound
    return interview


def _chat(
    services: Services,
    interview: Interview,
    *,
    draft: str = "",
    message_id: str = "",
    error: InterviewerError | None = None,
) -> HTMLResponse:
    """The page; an answer that failed keeps its text, and its id, so that a retry is the same."""
    language, spoken = words_for(interview.language)
    return page(
        "chat.html.j2",
        status_of(error) if error else 200,
        words=spoken,
        language=language,
        interview=interview,
        message_id=message_id or services.new_token(),
        draft=draft,
        error=_told(error, spoken) if error else None,
        limit=conversation.TEXT_LIMIT,
        **_who(services, language, interview.context.get("brand")),
    )


def _told(error: InterviewerError, spoken: dict[str, str]) -> str:
    """An error in the respondent's language, without what only we understand."""
    if isinstance(error, InvalidInput):
        return error.message.removeprefix(f"{error.field}: ")
    return spoken["try_again"]


def _no_such_page(request: Request, services: Services) -> HTMLResponse:
    """The same for a wrong, an expired and a revoked link."""
    wanted = request.headers.get("accept-language", "").split(",")
    language, spoken = words_for(*(tag.partition(";")[0] for tag in wanted))
    who = _who(services, language)
    return page("no_link.html.j2", 404, words=spoken, language=language, **who)


def _who(services: Services, language: str, brand: object = None) -> dict[str, Any]:
    """Who asks, and the links to a person and to the privacy notice."""
    organization = services.organization
    contact, privacy = organization.human_contact, organization.privacy_url
    unnamed = services.phrases[language].unnamed_brand
    return {
        "brand": str(brand or organization.brand or unnamed),
        "contact": contact or None,
        "contact_link": _contact_link(contact),
        "privacy_link": privacy if urlsplit(privacy).scheme in ("http", "https") else None,
    }


def _contact_link(contact: str) -> str | None:
    if "@" in contact and " " not in contact:
        return f"mailto:{contact}"
    digits = "".join(c for c in contact if c in "+0123456789")
    return f"tel:{digits}" if len(digits) >= 7 and not any(map(str.isalpha, contact)) else None

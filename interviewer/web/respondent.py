"""The respondent's page: a conversation behind a link, with and without JavaScript.

The link's token is the credential. GET and HEAD change nothing; what is sent is answered through
`conversation.receive` like a message by any other door.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from interviewer.core.errors import (
    Conflict,
    InterviewerError,
    InvalidInput,
    NotAllowed,
    NotFound,
    Unavailable,
)
from interviewer.core.interview import Interview
from interviewer.followup import actions
from interviewer.interviews import conversation, links, photos
from interviewer.ports import Services
from interviewer.web import throttle
from interviewer.web.api import NAME_LIMIT, Text
from interviewer.web.chat_page import (
    Action,
    ChatState,
    chat,
    no_link,
    notice,
    said_by,
    state_of,
    told,
)
from interviewer.web.doors import Parts
from interviewer.web.pages import words_for
from interviewer.web.protection import from_our_pages
from interviewer.web.throttle import TooMany, address_of, throttle_of

READABLE = timedelta(hours=24)  # after the end

router = APIRouter(prefix="/i", include_in_schema=False)


async def linked(token: str, request: Request, services: Parts) -> Interview:
    """The interview behind a link that works; a wrong one is as slow as it is often tried.

    Raises:
        NotFound: The same for a wrong, an expired and a revoked link.
    """
    try:
        return await asyncio.to_thread(_reachable, services, token)
    except NotFound:
        try:
            throttle_of(request).take(throttle.WRONG_LINK, address_of(request))
        except TooMany:
            await asyncio.sleep(throttle.WRONG_LINK_DELAY)
        raise


Linked = Annotated[Interview, Depends(linked)]


def _reachable(services: Services, token: str) -> Interview:
    interview = services.store.interview_by_token(conversation.token_hash(token))
    now = services.clock.now()
    if interview.closed_at is None:
        is_over = now >= interview.expires_at
    else:
        is_over = interview.close_reason == "expired" or now >= interview.closed_at + READABLE
    if is_over:
        raise NotFound
    return interview


def _count_answer(request: Request, interview: Interview) -> None:
    doors = throttle_of(request)
    doors.take(throttle.ANSWER_FROM, address_of(request))
    doors.take(throttle.ANSWER, interview.interview_id)


def may_answer(request: Request, interview: Linked) -> None:
    """Count an answer that the script sends; too many at once are refused."""
    _count_answer(request, interview)


def may_look(request: Request) -> None:
    """Count a look at a conversation."""
    throttle_of(request).take(throttle.PAGE, address_of(request))


# the page, and its forms


@router.api_route("/{token}", methods=["GET", "HEAD"])
async def show_chat(token: str, request: Request, services: Parts) -> HTMLResponse:
    """The conversation so far, and a form for the next answer."""
    try:
        may_look(request)
        interview = await linked(token, request, services)
    except NotFound:
        return no_link(request, services)
    except TooMany as error:
        return _wait(notice(request, services, 429, "busy"), error)
    return await asyncio.to_thread(chat, services, interview, request.url.path)


@router.post("/{token}", dependencies=[Depends(from_our_pages)])
async def answer_chat(
    token: str,
    request: Request,
    services: Parts,
    message_id: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    action: Annotated[Action, Form()] = "send",
    reply: Annotated[str, Form()] = "",
) -> Response:
    """Take an answer or a button; then show the conversation with a GET."""
    try:
        interview = await linked(token, request, services)
    except NotFound:
        if action == "new_link":
            return await _send_new_link(token, request, services)
        return no_link(request, services)
    path = request.url.path
    draft: dict[str, Any] = {"draft": text, "message_id": message_id}
    spoken = words_for(interview.language)[1]
    said = reply or said_by(action, text, spoken)
    try:
        _check(message_id, said, spoken)
        _count_answer(request, interview)
        await conversation.receive_joined(services, interview.interview_id, message_id, said)
    except (InvalidInput, Conflict, Unavailable) as error:
        return chat(services, interview, path, error=error, **draft)
    except TooMany as error:
        busy = chat(services, interview, path, error=spoken["busy"], status=429, **draft)
        return _wait(busy, error)
    return RedirectResponse(path, 303)


async def _send_new_link(token: str, request: Request, services: Services) -> Response:
    """To the contact on file, if there is one; the answer is always the same."""
    try:
        throttle_of(request).take(throttle.NEW_LINK, token)
        may_look(request)
    except TooMany as error:
        return _wait(notice(request, services, 429, "busy"), error)
    await asyncio.to_thread(links.send_new_link, services, token)
    return notice(request, services, 200, "new_link_sent", "new_link_sent_why")


def _check(message_id: str, text: str, spoken: dict[str, str]) -> None:
    if not 0 < len(message_id) <= NAME_LIMIT or "\x00" in message_id:
        raise InvalidInput("message_id", spoken["try_again"])
    if not text.strip():
        raise InvalidInput("text", spoken["empty"])
    if len(text) > conversation.TEXT_LIMIT:
        raise InvalidInput("text", spoken["too_long"])
    conversation.check_text(text)


def _wait(response: HTMLResponse, error: TooMany) -> HTMLResponse:
    response.headers.update(error.headers or {})
    return response


# what the script asks


class Answer(BaseModel):
    """What was written, or the button; `after` is the last turn that the page shows."""

    message_id: Text = Field(min_length=1, max_length=NAME_LIMIT)
    text: Text = Field(default="", max_length=conversation.TEXT_LIMIT)
    action: Action = "send"
    after: int = -1


@router.get("/{token}/messages", dependencies=[Depends(may_look)])
def show_messages(interview: Linked, services: Parts, after: int = -1) -> ChatState:
    """What was said since, perhaps in another window or on another device."""
    return _state(services, interview, after)


@router.post(
    "/{token}/messages",
    response_class=EventSourceResponse,
    dependencies=[Depends(from_our_pages), Depends(may_answer)],
)
async def stream_answer(
    answer: Answer, interview: Linked, services: Parts
) -> AsyncIterator[ServerSentEvent]:
    """`writing` at once, then `state` with what is said; or `failed`, and it may be sent again.

    The message is one event: nothing of it is shown before it has passed every rule.
    """
    spoken = words_for(interview.language)[1]
    said = said_by(answer.action, answer.text, spoken)
    yield ServerSentEvent(event="writing", data=None)
    try:
        _check(answer.message_id, said, spoken)
        await conversation.receive_joined(services, interview.interview_id, answer.message_id, said)
        now = await asyncio.to_thread(services.store.interview, interview.interview_id)
        state = await asyncio.to_thread(_state, services, now, answer.after)
    except (InvalidInput, Conflict, Unavailable) as error:
        is_final = isinstance(error, InvalidInput)
        failed = {"message": told(error, spoken), "final": is_final}
        yield ServerSentEvent(event="failed", data=failed)
    else:
        yield ServerSentEvent(event="state", data=state)


def _state(services: Services, interview: Interview, after: int) -> ChatState:
    guide = services.store.study(interview.study, interview.study_version).guide
    return state_of(services, guide, interview, after)


# actions


@router.post("/{token}/actions", dependencies=[Depends(from_our_pages), Depends(may_answer)])
async def choose_action(
    token: str,
    request: Request,
    interview: Linked,
    services: Parts,
    action_id: Annotated[str, Form()],
) -> Response:
    """Ask the network for an action; the script gets the state, a form goes back to the page."""
    spoken, path = words_for(interview.language)[1], f"/i/{token}"
    is_form = "text/html" in request.headers.get("accept", "")
    try:
        await asyncio.to_thread(actions.choose, services, interview.interview_id, action_id)
    except NotAllowed:
        error = InvalidInput("action_id", spoken["action_gone"])
        if is_form:
            return await asyncio.to_thread(chat, services, interview, path, error=error)
        raise error from None
    if is_form:
        return RedirectResponse(path, 303)
    state = await asyncio.to_thread(_state, services, interview, len(interview.turns))
    return Response(state.model_dump_json(), 201, media_type="application/json")


# photos


class PhotoTaken(BaseModel):
    """Where the photo can be seen again."""

    path: str


@router.post("/{token}/photos", dependencies=[Depends(from_our_pages), Depends(may_answer)])
async def take_photo(
    token: str,
    request: Request,
    interview: Linked,
    services: Parts,
    photo: Annotated[UploadFile, File()],
) -> Response:
    """Keep a photo; the script gets its path, a form goes back to the page."""
    spoken, path = words_for(interview.language)[1], f"/i/{token}"
    error: InterviewerError
    try:
        upload = await photo.read(photos.UPLOAD_LIMIT + 1)
        taken = await asyncio.to_thread(photos.add, services, interview, upload)
    except InvalidInput:
        error = InvalidInput("photo", spoken["photo_unread"])
    except NotAllowed:
        error = InvalidInput("photo", spoken["photo_enough"])
    else:
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(path, 303)
        made = PhotoTaken(path=f"{path}/photos/{taken.photo_id}")
        return Response(made.model_dump_json(), 201, media_type="application/json")
    if "text/html" in request.headers.get("accept", ""):
        return chat(services, interview, path, error=error)
    raise error


@router.get("/{token}/photos/{photo_id}")
def show_photo(photo_id: str, interview: Linked, services: Parts) -> Response:
    """A photo of this very conversation."""
    photo = services.store.photo(photo_id)
    if photo.interview_id != interview.interview_id:
        raise NotFound
    return Response(photo.jpeg, media_type="image/jpeg")

"""The doors of sources: `POST /hooks/{source}/{endpoint}`.

A request is checked on its raw bytes, stored, committed and then answered; all work comes later.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from interviewer.core.errors import NotFound, Unavailable
from interviewer.events import endpoints
from interviewer.events.endpoints import Call, Opened
from interviewer.ports import Services
from interviewer.store import InboxEvent
from interviewer.web.doors import Parts
from interviewer.web.gathered import Gathered
from interviewer.web.throttle import HOOK, TooMany, throttle_of

log = logging.getLogger(__name__)

PER_MINUTE = "60000"  # `throttle.HOOK`, as the handshake of CloudEvents says it
LARGE = (
    64 * 1024
)  # bytes of a body above which it is read in a thread: reading it would hold up all others
ANSWERS: Mapping[int, str] = {
    200: "We have it already.",
    202: "Stored.",
    401: "Not accepted.",
    404: "Nothing is here.",
    429: "Too many at once; send it again.",
    503: "It could not be stored now; send it again.",
}
RETRY_AFTER = {429: "1", 503: "5"}  # seconds

router = APIRouter(prefix="/hooks", include_in_schema=False)


class Reception:
    """Checks and stores what sources send, for all requests of this process."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.endpoints = endpoints.Lookup(services)
        self.inbox = Gathered(services.store.add_to_inbox)

    async def take(self, call: Call) -> int:
        """The status to answer with; what came is committed when that is 202 or 200."""
        try:
            opened = await self._opened(call)
            if opened is None:
                return 401
            events = await self._events(opened, call)
            new = await self.inbox.add(events)
            if not all(new):
                await self._note(opened, "duplicate", new.count(False))
            return 202 if any(new) else 200
        except NotFound:
            return 404
        except Unavailable:
            log.warning("an event could not be stored")
            return 503

    async def _opened(self, call: Call) -> Opened | None:
        """The endpoint that this is meant for; None when the source did not send it.

        What does not fit the secrets of a moment ago may fit one that was made since.
        """
        recent = self.endpoints.recent(call)
        if recent and endpoints.is_theirs(self.services, recent, call):
            return recent
        opened = await asyncio.to_thread(self.endpoints.find, call)
        if endpoints.is_theirs(self.services, opened, call):
            return opened
        await self._note(opened, "refused")
        return None

    async def _events(self, opened: Opened, call: Call) -> list[InboxEvent]:
        if len(call.raw) <= LARGE:
            return endpoints.events_in(self.services, opened, call)
        return await asyncio.to_thread(endpoints.events_in, self.services, opened, call)

    async def _note(self, opened: Opened, what: str, n: int = 1) -> None:
        await asyncio.to_thread(endpoints.note, self.services, opened.endpoint, what, n)


@router.post("/{source}/{endpoint}")
async def take(
    request: Request, source: str, endpoint: str, token: str = "", test: bool = False
) -> Response:
    """Store what a source sends; only the signature decides, nothing of the body is read before."""
    raw = await request.body()
    try:
        throttle_of(request).take(HOOK, f"{source}/{endpoint}")
    except TooMany:
        return answer(429)
    reception: Reception = request.app.state.reception
    return answer(await reception.take(Call(source, endpoint, raw, request.headers, token, test)))


@router.options("/{source}/{endpoint}")
async def shake_hands(
    source: str,
    endpoint: str,
    services: Parts,
    origin: Annotated[str, Header(alias="WebHook-Request-Origin")] = "",
) -> Response:
    """The handshake by which a sender of CloudEvents asks whether it may deliver."""
    try:
        found = await asyncio.to_thread(endpoints.find, services, source, endpoint)
    except NotFound:
        return answer(404)
    if found.source != endpoints.CLOUD_EVENTS or not origin:
        return answer(404)
    headers = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": PER_MINUTE}
    return Response(status_code=204, headers={"Allow": "OPTIONS, POST", **headers})


def answer(status: int) -> Response:
    """The same words for everybody."""
    headers = {"Retry-After": RETRY_AFTER[status]} if status in RETRY_AFTER else None
    return JSONResponse({"detail": ANSWERS[status]}, status, headers)

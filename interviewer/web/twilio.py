"""The doors for Twilio: messages of people, and what became of ours.

Stored first, answered then; everything else is the worker's. What is not signed is refused
without a word.
"""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from interviewer.outreach import inbound, troubles
from interviewer.ports import Services, Webhooks
from interviewer.web.doors import Parts

router = APIRouter(prefix="/hooks/twilio", include_in_schema=False)


@router.post("/inbound")
async def take_message(request: Request, services: Parts) -> Response:
    """Store a message of a person."""

    def take(channel: Webhooks, raw: bytes, path: str) -> None:
        inbound.take(services, channel.received(raw))

    return await _handled(request, services, take)


@router.post("/status")
async def take_report(request: Request, services: Parts) -> Response:
    """Note what became of a message of ours."""

    def take(channel: Webhooks, raw: bytes, path: str) -> None:
        if report := channel.report(raw, path):
            troubles.take_report(services, report)

    return await _handled(request, services, take)


async def _handled(
    request: Request, services: Services, take: Callable[[Webhooks, bytes, str], None]
) -> Response:
    channel = services.channels.get("sms")
    if not isinstance(channel, Webhooks):
        raise HTTPException(404)
    raw = await request.body()
    query = request.url.query
    path = f"{request.url.path}?{query}" if query else request.url.path
    if not channel.is_genuine(raw, request.headers, path):
        raise HTTPException(401)
    try:
        await asyncio.to_thread(take, channel, raw, path)
    except KeyError as error:
        raise HTTPException(422, f"The field {error} is missing.") from None
    body, media_type = channel.webhook_answer
    return Response(body, media_type=media_type)

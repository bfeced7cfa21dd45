"""The widget: a study inside a shop's or a portal's page, in a frame from our origin.

The host's page loads `widget.js`, which opens the frame. Which origins may, the study's widget
says. What is known of the respondent comes as a JSON text that the host's *server* signed; without
a signature only facts about an event are taken, and none that says whose it is.
"""

import asyncio
import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, Field

from interviewer.core.errors import InvalidInput, NotAllowed, NotFound
from interviewer.core.study import Study
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.store import Widget
from interviewer.web import throttle
from interviewer.web.api import Text
from interviewer.web.chat_page import ChatState, blank_state, notice, render, state_of
from interviewer.web.doors import Parts
from interviewer.web.pages import words_for
from interviewer.web.protection import POLICY, from_our_pages
from interviewer.web.throttle import address_of, throttle_of

LOADER = Path(__file__).parent / "static" / "widget.js"
ACROSS = {"Cross-Origin-Resource-Policy": "cross-origin"}
SIGNED_LASTS = timedelta(hours=24)
SHORTEST_SECRET = 32
CONTEXT_LIMIT = 8000  # characters
UNSIGNED = frozenset(  # what a page may say of an event without its server's word
    (
        *("carrier", "service_level", "promised_from", "promised_at", "delivered_at", "late"),
        *("exception_code", "exception_at", "resolved_at", "notified_at", "option_chosen"),
    )
)
COLOR = re.compile(r"#?([0-9a-fA-F]{6})")

router = APIRouter(include_in_schema=False)


# who may embed a study: used by the command line


def allow(services: Services, study: str, origins: list[str]) -> Widget:
    """Let pages of these origins embed the study; an empty list lets none.

    Raises:
        NotFound: There is no such study.
        InvalidInput: One is no origin.
    """
    services.store.study(study)
    for origin in origins:
        check_origin(origin)
    widget = _known(services, study)
    widget = Widget(study, origins, widget.generation, widget.created_at)
    services.store.save_widget(widget)
    return widget


def rotate(services: Services, study: str) -> Widget:
    """The next secret; the one before it is taken until the next rotation."""
    widget = services.store.widget(study)
    widget = Widget(study, widget.origins, widget.generation + 1, widget.created_at)
    services.store.save_widget(widget)
    return widget


def _known(services: Services, study: str) -> Widget:
    try:
        return services.store.widget(study)
    except NotFound:
        return Widget(study, [], 1, services.clock.now())


def check_origin(origin: str) -> None:
    """Raise InvalidInput unless it is scheme and host, as a browser says them."""
    parts = urlsplit(origin)
    is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_local)
    if not is_safe or f"{parts.scheme}://{parts.netloc}" != origin or not parts.hostname:
        fix = "is no origin; write https://shop.example.com, without a path"
        raise InvalidInput("--origin", fix, origin)


def signing_secret(settings: Settings, study: str, generation: int) -> str:
    """What the host's server signs with: derived, so that the database holds no secret.

    Raises:
        InvalidInput: The installation has no secret of its own yet.
    """
    own = settings.secret.get_secret_value()
    if len(own) < SHORTEST_SECRET:
        fix = f"needs {SHORTEST_SECRET} characters or more before a context can be signed"
        raise InvalidInput("INTERVIEWER_SECRET", fix)
    about = f"widget:{study}:{generation}"
    return hmac.new(own.encode(), about.encode(), hashlib.sha256).hexdigest()


def sign(secret: str, context: str) -> str:
    """The signature of a context, as the host's server makes it: HMAC-SHA256 in hex."""
    return hmac.new(secret.encode(), context.encode(), hashlib.sha256).hexdigest()


# the doors


class Frame(NamedTuple):
    """What the host's page asked for, checked."""

    mode: Literal["bubble", "inline", "page"]
    theme: Literal["auto", "light", "dark"]
    color: str  # six hex digits, or nothing
    origin: str
    start: str  # where the interview begins


@router.get("/widget.js")
def show_loader() -> FileResponse:
    """The script that a host's page loads."""
    headers = {**ACROSS, "Cache-Control": "public, max-age=300"}
    return FileResponse(LOADER, media_type="text/javascript", headers=headers)


@router.get("/widget/{study}")
def show_frame(
    study: str,
    request: Request,
    services: Parts,
    origin: str = "",
    mode: Literal["bubble", "inline", "page"] = "bubble",
    theme: Literal["auto", "light", "dark"] = "auto",
    color: str = "",
    lang: str = "",
) -> HTMLResponse:
    """The chat page before its interview; it begins when the host's page opens it."""
    throttle_of(request).take(throttle.PAGE, address_of(request))
    try:
        widget, stored = services.store.widget(study), services.store.study(study)
    except NotFound:
        return notice(request, services, 404, "no_link", "no_link_why")
    if origin not in widget.origins:
        return notice(request, services, 404, "no_link", "no_link_why")
    language = stored.guide.speaks(lang or request.headers.get("accept-language", "")[:2])
    plain = COLOR.fullmatch(color)
    frame = Frame(mode, theme, plain[1].lower() if plain else "", origin, f"/widget/{study}")
    policy = POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {origin}")
    return render(
        services,
        words_for(language)[0],
        blank_state(services, language),
        stored.guide,
        headers={"Content-Security-Policy": policy, **ACROSS},
        layout="plain" if stored.guide.layout == "plain" else "chat",
        frame=frame,
    )


class Embedded(BaseModel):
    """What the host's page knows: the context as JSON text, and its server's signature of it."""

    context: Text = Field(default="", max_length=CONTEXT_LIMIT)
    signature: str = Field(default="", max_length=64)
    language: Text = Field(default="", max_length=35)


class Begun(BaseModel):
    """The interview's own path, and how it begins."""

    path: str
    state: ChatState


@router.post("/widget/{study}", status_code=201, dependencies=[Depends(from_our_pages)])
async def begin(study: str, opening: Embedded, request: Request, services: Parts) -> Begun:
    """Begin an interview for the frame."""
    throttle_of(request).take(throttle.EMBED, address_of(request))
    settings: Settings = request.app.state.settings
    widget = await asyncio.to_thread(services.store.widget, study)
    stored = await asyncio.to_thread(services.store.study, study)
    context = known(settings, widget, stored, opening, services.clock.now())
    started = await conversation.start(
        services,
        study,
        Opening(
            context=context,
            language=opening.language or None,
            name=_text(context, "contact_name"),
            contact_ref=_text(context, "contact_ref"),
        ),
    )
    state = state_of(services, stored.guide, started.interview)
    return Begun(path=f"/i/{started.token}", state=state)


def known(
    settings: Settings, widget: Widget, study: Study, opening: Embedded, now: datetime
) -> dict[str, Any]:
    """The context, when its signature or its harmlessness vouches for it.

    Raises:
        InvalidInput: It is no JSON object.
        NotAllowed: The signature is wrong or old, or one is missing.
    """
    context = _object(opening.context)
    if not opening.signature:
        needs = sorted(set(context) - UNSIGNED)
        if needs:
            raise NotAllowed(f"context.{needs[0]} needs the signature of your server")
        if study.guide.audience == "b2b":
            raise NotAllowed("this study needs a context signed by your server")
        return context
    generations = (widget.generation, widget.generation - 1)
    secrets = [signing_secret(settings, widget.study, g) for g in generations if g > 0]
    made = [sign(secret, opening.context) for secret in secrets]
    if not any(hmac.compare_digest(each.encode(), opening.signature.encode()) for each in made):
        raise NotAllowed("the signature of the context is wrong")
    if not _is_recent(context.pop("signed_at", None), now):
        raise NotAllowed("context.signed_at must be a time of the last 24 hours, with its offset")
    return context


def _object(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise InvalidInput("context", "is no JSON") from None
    if not isinstance(parsed, dict) or not all(_is_plain(value) for value in parsed.values()):
        raise InvalidInput("context", "is no JSON object of texts, numbers, yes and no")
    return parsed


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and value.isprintable()
    return value is None or isinstance(value, bool | int | float)


def _is_recent(signed_at: object, now: datetime) -> bool:
    try:
        at = datetime.fromisoformat(str(signed_at))
        return abs(now - at) <= SIGNED_LASTS
    except (ValueError, TypeError):  # no time, or one without an offset
        return False


def _text(context: dict[str, Any], key: str) -> str | None:
    return str(context[key]) if context.get(key) is not None else None

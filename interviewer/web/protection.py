"""What every answer carries, and what every request must keep to."""

import re
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from interviewer.interviews.photos import UPLOAD_LIMIT

KIB = 1024
BODY_LIMIT = 64 * KIB
BODY_LIMITS = (  # the first that fits the path
    (
        re.compile(r"/api/v1/events|/hooks/(?!twilio/).*|/studies/(save|check|[^/]+/try)"),
        1024 * KIB,
    ),
    (re.compile(r"/i/[^/]+/photos"), UPLOAD_LIMIT + KIB),
)
COMPRESSED = ("/static/", "/i/", "/widget")  # nothing there holds a secret beside foreign text

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex",
}
HSTS = "max-age=31536000"


class ProtectiveHeaders:
    """Adds the headers of `HEADERS` to every answer that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                is_static = scope["path"].startswith("/static/")
                headers.setdefault("Cache-Control", "no-cache" if is_static else "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        await self.app(scope, receive, with_headers)


class Compressed(GZipMiddleware):
    """Compresses what respondents load; a phone on a dock has a slow connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        wanted = scope["type"] == "http" and scope["path"].startswith(COMPRESSED)
        await (super().__call__ if wanted else self.app)(scope, receive, send)


class BodyLimit:
    """Stops reading a body that is too large, before anything parses it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limits = (limit for path, limit in BODY_LIMITS if path.fullmatch(scope["path"]))
        limit = next(limits, BODY_LIMIT)
        declared = Headers(scope=scope).get("content-length", "")
        read = 0

        async def counted() -> Message:
            nonlocal read
            if declared.isdecimal() and int(declared) > limit:
                raise too_large(limit)
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise too_large(limit)
            return message

        await self.app(scope, counted, send)


def too_large(limit: int) -> HTTPException:
    """The refusal of a body."""
    return HTTPException(413, f"The body is larger than {limit // KIB} KiB.")


def from_our_pages(request: Request) -> None:
    """Refuse a form that another site sent.

    Browsers say where a form comes from in `Sec-Fetch-Site`, on encrypted and loopback
    connections; elsewhere `Origin` counts, which `Referrer-Policy: no-referrer` makes `null` for
    our own forms. What is let in without either still needs a form's token or a link's.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "null")
    if site is not None:
        is_ours = site in ("same-origin", "none")
    else:
        is_ours = origin == "null" or urlsplit(origin).netloc == request.headers.get("host")
    if not is_ours:
        raise HTTPException(403, "This form was sent from another site; open the page and resend.")

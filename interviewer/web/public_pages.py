"""Pages for whoever got a message: is it ours, and no more of them.

They tell nothing about whom we write to: every answer is the same for everybody.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse

from interviewer.core.errors import NotFound
from interviewer.core.senders import is_ours
from interviewer.outreach import unsubscribing
from interviewer.outreach.mail_text import mail_of
from interviewer.web import throttle
from interviewer.web.chat_page import FormShown, notice
from interviewer.web.doors import Parts
from interviewer.web.throttle import address_of, throttle_of

router = APIRouter(include_in_schema=False)

SENDER_LIMIT = 200  # characters
ASK = FormShown(label="real_label", button="real_button")


def may_ask(request: Request) -> None:
    """Count a question about a sender."""
    throttle_of(request).take(throttle.PAGE, address_of(request))


@router.get("/is-this-real", dependencies=[Depends(may_ask)])
def ask_about_sender(request: Request, services: Parts) -> HTMLResponse:
    """A form for the number or address that wrote."""
    return notice(request, services, 200, "real_title", "real_why", ASK)


@router.post("/is-this-real", dependencies=[Depends(may_ask)])
def answer_about_sender(
    request: Request,
    services: Parts,
    sender: Annotated[str, Form(max_length=SENDER_LIMIT)] = "",
) -> HTMLResponse:
    """Whether it is one of ours; nothing is said, or kept, about who asks."""
    if not sender.strip():
        return notice(request, services, 422, "real_title", "real_why", ASK)
    if is_ours(sender, services.organization.senders):
        return notice(request, services, 200, "real_yes", "real_yes_why", ASK)
    return notice(request, services, 200, "real_no", "real_no_why", ASK)


@router.get("/unsubscribe/{token}", dependencies=[Depends(may_ask)])
def ask_to_unsubscribe(token: str, request: Request, services: Parts) -> HTMLResponse:
    """A button: a GET changes nothing, for scanners follow links."""
    try:
        mail_of(services, token)
    except NotFound:
        return notice(request, services, 404, "no_link", "no_link_why")
    form = FormShown(button="unsubscribe_button")
    return notice(request, services, 200, "unsubscribe_title", "unsubscribe_why", form)


@router.post("/unsubscribe/{token}")
def unsubscribe(token: str, request: Request, services: Parts) -> HTMLResponse:
    """Acts at once; a mail program posts here by itself, from wherever it is."""
    try:
        unsubscribing.unsubscribe(services, token)
    except NotFound:
        return notice(request, services, 404, "no_link", "no_link_why")
    return notice(request, services, 200, "unsubscribed", "unsubscribed_why")

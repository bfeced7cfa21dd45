"""The JSON API: interviews, events, studies, accounts."""

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.exceptions import HTTPException

from interviewer import conversation, intake
from interviewer.conversation import Opening, check_text
from interviewer.core.book import Account
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.interview import Channel, Interview, Move, Status, Turn
from interviewer.ports import Services
from interviewer.web.access import is_known_key
from interviewer.web.problems import ProblemDetails

EVENTS_AT_ONCE = 1000
NAME_LIMIT = 200  # characters
CONTEXT_LIMIT = 32_000  # characters of JSON

bearer = HTTPBearer(auto_error=False, description="A key from `interviewer key create`.")


def services_of(request: Request) -> Services:
    """The parts of this installation."""
    services: Services = request.app.state.services
    return services


def key_holder(
    request: Request,
    presented: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> None:
    """Let in who presents a key of ours."""
    if presented is None or not is_known_key(services_of(request), presented.credentials):
        raise HTTPException(
            401,
            "Send a key as 'Authorization: Bearer KEY'; make one with interviewer key create.",
            {"WWW-Authenticate": "Bearer"},
        )


ProblemResponses: dict[int | str, dict[str, Any]] = {
    code: {"model": ProblemDetails, "description": text}
    for code, text in (
        (401, "No key, or none of ours"),
        (404, "Not found"),
        (413, "The body is too large"),
        (422, "A field is wrong; `errors` names it"),
        (503, "Try again later"),
    )
}
router = APIRouter(prefix="/api/v1", dependencies=[Depends(key_holder)], responses=ProblemResponses)
Parts = Annotated[Services, Depends(services_of)]


class Respondent(BaseModel):
    """Whom the interview is with; everything may be null."""

    name: str | None = Field(default=None, max_length=NAME_LIMIT)
    language: str | None = Field(default=None, max_length=35, examples=["en"])
    channel: Channel | None = None


class NewInterview(BaseModel):
    """What is known before the first question."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "respondent": {"name": None, "language": "en"},
                    "context": {
                        "shipment_ref": "LOAD-501",
                        "delivered_at": "2026-11-20T14:05:00-05:00",
                    },
                }
            ]
        }
    )

    respondent: Respondent = Respondent()
    context: dict[str, Any] = Field(
        default_factory=dict,
        description="The context keys of the study; nulls and others are kept.",
    )

    @field_validator("context")
    @classmethod
    def _storable(cls, context: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(context)
        if len(text) > CONTEXT_LIMIT:
            raise ValueError(f"has {len(text)} characters; {CONTEXT_LIMIT} are the most")
        if "\\u0000" in text:
            raise ValueError("holds a NUL byte; remove it")
        return context


class Said(BaseModel):
    """One message to the respondent."""

    text: str


class Answered(Said):
    """One message, and what it does."""

    move: Move


class InterviewMade(BaseModel):
    """A new interview; `link` is the respondent's page."""

    interview_id: str
    link: str
    messages: list[Said]
    status: Status


class NewMessage(BaseModel):
    """One message of the respondent; `message_id` is the caller's own and makes it safe to retry."""

    message_id: str = Field(min_length=1, max_length=NAME_LIMIT)
    text: str = Field(examples=["It came two days late and nobody told me."])

    @field_validator("message_id")
    @classmethod
    def _no_nul(cls, value: str) -> str:
        if "\x00" in value:
            raise ValueError("holds a NUL byte; remove it")
        return value


class MessageAnswered(BaseModel):
    """What the interviewer says to it."""

    messages: list[Answered]
    status: Status


class StudyPin(BaseModel):
    """The study's version that an interview keeps to."""

    slug: str
    version: int


class Transcript(BaseModel):
    """An interview with what was read and decided at every turn."""

    interview_id: str
    study: StudyPin
    status: Status
    context: dict[str, Any]
    turns: list[dict[str, Any]]


@router.post("/studies/{slug}/interviews", status_code=201, tags=["interviews"])
async def start_interview(
    slug: str, body: NewInterview, request: Request, services: Parts
) -> InterviewMade:
    """Begin an interview; ready studies accept one right after `interviewer init`."""
    opening = Opening(
        context=body.context,
        name=_checked("respondent.name", body.respondent.name),
        language=body.respondent.language,
        channel=body.respondent.channel or "chat",
    )
    started = await conversation.start(services, slug, opening)
    return InterviewMade(
        interview_id=started.interview.interview_id,
        link=f"{base_url(request, services)}/i/{started.token}",
        messages=[Said(text=message.text) for message in started.reply.messages],
        status=started.interview.status,
    )


@router.post("/interviews/{interview_id}/messages", tags=["interviews"])
async def answer_message(interview_id: str, body: NewMessage, services: Parts) -> MessageAnswered:
    """Answer one message; the same `message_id` again returns the same answer."""
    text = check_text(body.text)
    reply = await conversation.receive(services, interview_id, body.message_id, text)
    said = [Answered(text=message.text, move=message.move) for message in reply.messages]
    return MessageAnswered(messages=said, status=reply.status)


@router.get("/interviews/{interview_id}", tags=["interviews"])
def show_interview(interview_id: str, services: Parts) -> Transcript:
    """The transcript with reading and decision per turn."""
    return transcript_of(services.store.interview(interview_id))


def transcript_of(interview: Interview) -> Transcript:
    """The wire form of an interview."""
    return Transcript(
        interview_id=interview.interview_id,
        study=StudyPin(slug=interview.study, version=interview.study_version),
        status=interview.status,
        context=interview.context,
        turns=[_turn(turn) for turn in interview.turns],
    )


def _turn(turn: Turn) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "seq": turn.seq,
        "role": turn.speaker,
        "text": turn.text,
        "at": turn.at.isoformat(),
    }
    if turn.speaker == "interviewer":
        trace = turn.trace.model_dump(mode="json") if turn.trace else None
        return {**shown, "move": turn.move, "topic": turn.topic, "trace": trace}
    return {
        **shown,
        "message_id": turn.message_id,
        "audience": turn.audience,
        "reading": turn.reading.model_dump(mode="json") if turn.reading else None,
        "decision": turn.decision.model_dump(mode="json") if turn.decision else None,
    }


def base_url(request: Request, services: Services) -> str:
    """Where respondents reach us: as configured, else as this request did."""
    return services.organization.public_url or str(request.base_url).rstrip("/")


def _checked(field: str, text: str | None) -> str | None:
    if text and "\x00" in text:
        raise InvalidInput(field, "holds a NUL byte; remove it")
    return text


class EventsTaken(BaseModel):
    """How many events were new."""

    accepted: int
    duplicates: int


@router.post(
    "/events",
    status_code=202,
    tags=["events"],
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "One CloudEvent (structured mode), or a list of them.",
            "content": {
                media: {"schema": {"type": "object"}}
                for media in ("application/cloudevents+json", "application/json")
            }
            | {
                "application/cloudevents-batch+json": {
                    "schema": {"type": "array", "items": {"type": "object"}}
                }
            },
        }
    },
)
async def take_events(request: Request, services: Parts) -> EventsTaken:
    """Take events into the inbox; they are worked on afterwards."""
    events = _events(await request.body())
    new = await asyncio.to_thread(intake.receive_events, services, "api", events)
    return EventsTaken(accepted=new, duplicates=len(events) - new)


def _events(body: bytes) -> list[str]:
    """The raw text of each event of the body."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput("body", "is no JSON") from None
    events = parsed if isinstance(parsed, list) else [parsed]
    if not events:
        raise InvalidInput("body", "is an empty batch")
    if len(events) > EVENTS_AT_ONCE:
        raise InvalidInput("body", f"has {len(events)} events; {EVENTS_AT_ONCE} are the most")
    raw = [json.dumps(event, ensure_ascii=False) for event in events]
    if any("\x00" in text or "\\u0000" in text for text in raw):
        raise InvalidInput("body", "holds a NUL byte; remove it")
    return raw


@router.get("/studies", tags=["studies"])
def list_studies(services: Parts) -> list[dict[str, Any]]:
    """Every study with its state and how far its interviews came."""
    funnel = services.store.funnel()
    return [
        {
            "slug": study.slug,
            "title": study.guide.title,
            "version": study.version,
            "state": study.state,
            "languages": list(study.guide.languages),
            "funnel": funnel.get(study.slug, {}),
        }
        for study in services.store.studies()
    ]


class Themes(BaseModel):
    """The themes of a study in the newest analysis."""

    analyzed_at: str | None
    themes: list[dict[str, Any]]
    next_step: str | None = None


@router.get("/studies/{slug}/themes", tags=["studies"])
def list_themes(slug: str, services: Parts) -> Themes:
    """What people told in this study, with the quotes that prove it."""
    services.store.study(slug)
    run = services.store.latest_run()
    if run is None:
        return Themes(
            analyzed_at=None, themes=[], next_step="Nothing was analyzed yet: interviewer analyze"
        )
    themes = [_for_everyone(theme) for theme in run.themes if slug in theme["studies"]]
    return Themes(analyzed_at=run.at.isoformat(), themes=themes)


def _for_everyone(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of findings without quotes that were kept from the account manager."""
    quotes = [quote for quote in row.get("quotes", ()) if quote.get("audience") != "owner"]
    return {**row, "quotes": quotes}


@router.get("/accounts", tags=["accounts"])
def list_accounts(services: Parts) -> list[dict[str, Any]]:
    """Every account with its band in the newest analysis."""
    run = services.store.latest_run()
    bands = {risk["account_ref"]: risk["band"] for risk in run.risks} if run else {}
    return [
        {
            **account.model_dump(mode="json", include=ACCOUNT_COLUMNS),
            "band": bands.get(account.account_ref, "not_enough_evidence"),
        }
        for account in services.store.find(Account)
    ]


ACCOUNT_COLUMNS = {
    "account_ref",
    "account_name",
    "owner_name",
    "annual_value",
    "currency",
    "renewal_date",
    "review_date",
}


class Risk(BaseModel):
    """What an account's evidence says about its renewal; never a probability here."""

    model_config = ConfigDict(extra="allow")

    account_ref: str
    band: Literal["high", "elevated", "low", "not_enough_evidence"]
    why_not: str | None = None
    reasons: list[dict[str, Any]] = []


@router.get("/accounts/{account_ref}/risk", tags=["accounts"])
def show_risk(account_ref: str, services: Parts) -> Risk:
    """The band of an account, and its reasons with quotes; or that there is not enough evidence."""
    if not services.store.find(Account, account_ref=account_ref):
        raise NotFound(f"no account {account_ref!r}")
    run = services.store.latest_run()
    found = [risk for risk in run.risks if risk["account_ref"] == account_ref] if run else []
    if not found:
        why = "Nothing was analyzed since this account is known: interviewer analyze"
        return Risk(account_ref=account_ref, band="not_enough_evidence", why_not=why)
    risk = dict(found[0])
    reasons = [_reason(reason) for reason in risk.pop("reasons")]
    shown = ("band", "why_not", "as_of", "contacts_heard", "contacts_known", "disagreements")
    return Risk(
        account_ref=account_ref, reasons=reasons, **{name: risk.get(name) for name in shown}
    )


def _reason(row: Mapping[str, Any]) -> dict[str, Any]:
    """A reason with its quotes; one whose words were kept back shows that it has some."""
    quotes = [item["quote"] for item in row["evidence"] if item["quote"]]
    return {
        "signal": row["signal"],
        "contribution": row["contribution"],
        "quotes": [quote for quote in quotes if quote["audience"] != "owner"],
        "kept_back": sum(quote["audience"] == "owner" for quote in quotes),
        "data": [item["data_row"] for item in row["evidence"] if item["data_row"]],
    }

"""The JSON API: interviews, events, studies, accounts."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Security
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from interviewer.core.book import Account
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.interview import Channel, Decision, Interview, Move, Status, Trace, Turn
from interviewer.core.reading import Reading
from interviewer.core.study import StudyState
from interviewer.events import intake
from interviewer.interviews import conversation, links
from interviewer.interviews.conversation import Opening, check_text
from interviewer.ports import Services
from interviewer.web.doors import Parts, bearer
from interviewer.web.problems import ProblemDetails

EVENTS_AT_ONCE = 1000
NAME_LIMIT = 200  # characters

ProblemResponses: dict[int | str, dict[str, Any]] = {
    code: {"model": ProblemDetails, "description": text}
    for code, text in (
        (401, "No key, or none of ours"),
        (403, "The study is closed"),
        (404, "Not found"),
        (409, "Changed by somebody else in the meantime; send it again"),
        (413, "The body is too large"),
        (422, "A field is wrong; `errors` names it"),
        (503, "Try again later"),
    )
}
router = APIRouter(prefix="/api/v1", dependencies=[Security(bearer)], responses=ProblemResponses)


def _storable(text: str) -> str:
    """Text that every database can hold."""
    if "\x00" in text:
        raise ValueError("holds a NUL byte; remove it")
    if not _is_unicode(text):
        raise ValueError("holds half a character (a lone surrogate); remove it")
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _storable_json(value: Any) -> Any:
    """JSON that can be stored and given back."""
    try:
        json.dumps(value, allow_nan=False)
        to_json(value)
        for text in _texts(value):
            _storable(text)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except ValueError as error:
        raise ValueError(str(error).replace("Out of range float values are", "NaN is")) from None
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


Text = Annotated[str, AfterValidator(_storable)]


class Respondent(BaseModel):
    """Whom the interview is with; everything may be null."""

    name: Text | None = Field(default=None, max_length=NAME_LIMIT)
    language: Text | None = Field(default=None, max_length=35, examples=["en"])
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

    respondent: Respondent | None = None
    context: Annotated[dict[str, Any], AfterValidator(_storable_json)] | None = Field(
        default=None, description="The context keys of the study; nulls and others are kept."
    )


class Said(BaseModel):
    """One message to the respondent."""

    text: str = Field(examples=["How did the delivery of Friday go?"])


class Answered(Said):
    """One message, and what it does."""

    move: Move


class InterviewMade(BaseModel):
    """A new interview; `link` is the respondent's page."""

    interview_id: str
    link: str = Field(examples=["https://feedback.example.com/i/TOKEN"])
    messages: list[Said]
    status: Status


class NewMessage(BaseModel):
    """One message of the respondent; its `message_id` is the caller's, and makes a retry safe."""

    message_id: Text = Field(min_length=1, max_length=NAME_LIMIT, examples=["m-1"])
    text: Text = Field(
        description=f"At most {conversation.TEXT_LIMIT} characters.",
        examples=["It came two days late and nobody told me."],
    )


class MessageAnswered(BaseModel):
    """What the interviewer says to it."""

    messages: list[Answered]
    status: Status


class StudyPin(BaseModel):
    """The study's version that an interview keeps to."""

    slug: str
    version: int


class InterviewerTurn(BaseModel):
    """What was said, and how it came to its words."""

    seq: int
    role: Literal["interviewer"] = "interviewer"
    text: str
    at: datetime
    move: Move | None
    topic: str | None
    trace: Trace | None


class RespondentTurn(BaseModel):
    """What was answered, how it was read, and what was decided."""

    seq: int
    role: Literal["respondent"] = "respondent"
    text: str
    at: datetime
    message_id: str | None
    audience: Literal["all", "owner"]
    reading: Reading | None
    decision: Decision | None


class AgentTurn(BaseModel):
    """What a person of ours wrote into it."""

    seq: int
    role: Literal["agent"] = "agent"
    text: str
    at: datetime
    author: str


class Transcript(BaseModel):
    """An interview with what was read and decided at every turn."""

    interview_id: str
    study: StudyPin
    status: Status
    context: dict[str, Any]
    turns: list[
        Annotated[InterviewerTurn | RespondentTurn | AgentTurn, Field(discriminator="role")]
    ]


@router.post("/studies/{slug}/interviews", status_code=201, tags=["interviews"])
async def start_interview(
    slug: str, body: NewInterview, request: Request, services: Parts
) -> InterviewMade:
    """Begin an interview; ready studies accept one right after `interviewer init`."""
    respondent = body.respondent or Respondent()
    opening = Opening(
        context=body.context or {},
        name=respondent.name,
        language=respondent.language,
        channel=respondent.channel or "chat",
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


class LinkMade(BaseModel):
    """A new link; the one before works no more."""

    link: str = Field(examples=["https://feedback.example.com/i/TOKEN"])


@router.post("/interviews/{interview_id}/link", status_code=201, tags=["interviews"])
def replace_link(interview_id: str, request: Request, services: Parts) -> LinkMade:
    """Make a new link for an interview; the one before works no more."""
    path = links.replace_link(services, interview_id)
    return LinkMade(link=base_url(request, services) + path)


@router.delete("/interviews/{interview_id}/link", status_code=204, tags=["interviews"])
def revoke_link(interview_id: str, services: Parts) -> None:
    """Let the link of an interview work no more; messages by this API still do."""
    links.revoke_link(services, interview_id)


def transcript_of(interview: Interview) -> Transcript:
    """The wire form of an interview."""
    return Transcript(
        interview_id=interview.interview_id,
        study=StudyPin(slug=interview.study, version=interview.study_version),
        status=interview.status,
        context=interview.context,
        turns=[_turn(turn) for turn in interview.turns],
    )


def _turn(turn: Turn) -> InterviewerTurn | RespondentTurn | AgentTurn:
    if turn.speaker == "agent":
        return AgentTurn.model_validate(turn, from_attributes=True)
    kind = InterviewerTurn if turn.speaker == "interviewer" else RespondentTurn
    return kind.model_validate(turn, from_attributes=True)


def base_url(request: Request, services: Services) -> str:
    """Where respondents reach us: as configured, else as this request did."""
    return services.organization.public_url or str(request.base_url).rstrip("/")


class EventsTaken(BaseModel):
    """How many events were new."""

    accepted: int
    duplicates: int


EVENT_EXAMPLE = {
    "specversion": "1.0",
    "id": "ev-1",
    "source": "tms",
    "type": "shipment.delivered",
    "time": "2026-09-04T14:05:00-05:00",
    "data": {
        "shipment_ref": "LOAD-501",
        "carrier": "Example Freight",
        "status": "delivered",
        "recipient": {"phone": "+14155550123", "timezone": "America/New_York"},
        "consent": {"sms": True, "source": "checkout", "at": "2026-09-01T09:00:00-05:00"},
    },
}
EVENT_SCHEMA = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "data"],
    "properties": {
        **{name: {"type": "string"} for name in ("specversion", "id", "source", "type", "time")},
        "data": {"type": "object"},
    },
}
EVENT_BODY: dict[str, Any] = {
    "required": True,
    "description": "One CloudEvent (structured mode), or a list of them.",
    "content": {
        "application/cloudevents+json": {"schema": EVENT_SCHEMA, "example": EVENT_EXAMPLE},
        "application/cloudevents-batch+json": {
            "schema": {"type": "array", "items": EVENT_SCHEMA, "maxItems": EVENTS_AT_ONCE},
            "example": [EVENT_EXAMPLE],
        },
        "application/json": {
            "schema": {"anyOf": [EVENT_SCHEMA, {"type": "array", "items": EVENT_SCHEMA}]},
            "example": EVENT_EXAMPLE,
        },
    },
}


@router.post("/events", status_code=202, tags=["events"], openapi_extra={"requestBody": EVENT_BODY})
async def take_events(request: Request, services: Parts) -> EventsTaken:
    """Take events into the inbox; they are worked on afterwards."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in EVENT_BODY["content"]:
        raise HTTPException(415, "Send 'Content-Type: application/cloudevents+json'.")
    events = _events(await request.body())
    new = await asyncio.to_thread(intake.receive_events, services, events)
    return EventsTaken(accepted=new, duplicates=len(events) - new)


def _events(body: bytes) -> list[str]:
    """The raw text of each event of the body."""
    try:
        parsed = json.loads(body)
        _storable_json(parsed)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("body", f"is no JSON that can be stored: {error}") from None
    events = parsed if isinstance(parsed, list) else [parsed]
    if not events:
        raise InvalidInput("body", "is an empty batch")
    if len(events) > EVENTS_AT_ONCE:
        raise InvalidInput("body", f"has {len(events)} events; {EVENTS_AT_ONCE} are the most")
    return [json.dumps(event, ensure_ascii=False) for event in events]


class StudyShown(BaseModel):
    """A study, its state, and how far its interviews came."""

    slug: str
    title: str
    version: int
    state: StudyState
    languages: list[str]
    funnel: dict[str, int] = Field(
        description="invited, opened, answered, closed, handed_off, opted_out, refused"
    )


@router.get("/studies", tags=["studies"])
def list_studies(services: Parts) -> list[StudyShown]:
    """Every study with its state and its funnel."""
    funnel = services.store.funnel()
    return [
        StudyShown(
            slug=study.slug,
            title=study.guide.title,
            version=study.version,
            state=study.state,
            languages=list(study.guide.languages),
            funnel=funnel.get(study.slug, {}),
        )
        for study in services.store.studies()
    ]


class QuoteShown(BaseModel):
    """Verbatim words, with the way back to them: `interview_id:seq`, and where in that turn."""

    text: str
    interview_id: str
    turn_id: str
    start: int
    end: int
    account_ref: str | None = None
    contact_role: str | None = None
    said_at: datetime | None = None


class ThemeShown(BaseModel):
    """A group of answers that say the same thing."""

    theme_id: str
    title: str
    words: list[str]
    respondents: int
    segments: int
    negative: float | None = Field(description="mean tone, 0 pleased to 1 displeased")
    studies: dict[str, int] = Field(description="respondents per study")
    accounts: dict[str, int] = Field(description="respondents per account")
    quotes: list[QuoteShown]


class Themes(BaseModel):
    """The themes of a study in the newest analysis."""

    analyzed_at: datetime | None
    themes: list[ThemeShown]
    next_step: str | None = None


@router.get("/studies/{slug}/themes", tags=["studies"])
def list_themes(slug: str, services: Parts) -> Themes:
    """What people told in this study, with the quotes that prove it."""
    services.store.study(slug)
    run = services.store.latest_run("themes")
    if run is None:
        return Themes(
            analyzed_at=None, themes=[], next_step="Nothing was analyzed yet: interviewer analyze"
        )
    themes = [
        ThemeShown.model_validate({**theme, "quotes": _for_everyone(theme["quotes"])})
        for theme in run.themes
        if slug in theme["studies"]
    ]
    return Themes(analyzed_at=run.at, themes=themes)


def _for_everyone(quotes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Quotes without those that were kept from the account manager."""
    return [quote for quote in quotes if quote["audience"] != "owner"]


Band = Literal["high", "elevated", "low", "not_enough_evidence"]


class AccountShown(BaseModel):
    """An account with its band in the newest analysis."""

    model_config = ConfigDict(from_attributes=True)

    account_ref: str
    account_name: str
    owner_name: str | None
    annual_value: float | None
    currency: str | None
    renewal_date: date | None
    review_date: date | None
    band: Band = "not_enough_evidence"


@router.get("/accounts", tags=["accounts"])
def list_accounts(services: Parts) -> list[AccountShown]:
    """Every account with its band."""
    run = services.store.latest_run("patterns")
    bands = services.store.bands(run.run_id) if run else {}
    shown = [AccountShown.model_validate(account) for account in services.store.find(Account)]
    return [
        account.model_copy(update={"band": bands.get(account.account_ref, account.band)})
        for account in shown
    ]


class ReasonShown(BaseModel):
    """One reason of a band; `kept_back` counts its words that only the owner may read."""

    signal: str
    contribution: float = Field(description="what it adds to the log-odds of a lost renewal")
    quotes: list[QuoteShown]
    kept_back: int
    data: list[str] = Field(description="rows of the book that it rests on")


class Risk(BaseModel):
    """What an account's evidence says about its renewal; never a probability here."""

    account_ref: str
    band: Band
    why_not: str | None = None
    as_of: date | None = None
    contacts_heard: int | None = None
    contacts_known: int | None = None
    disagreements: list[str] = []
    reasons: list[ReasonShown] = []


@router.get("/accounts/{account_ref:path}/risk", tags=["accounts"])
def show_risk(account_ref: str, services: Parts) -> Risk:
    """The band of an account, and its reasons with quotes; or that there is not enough evidence."""
    if not services.store.find(Account, account_ref=account_ref):
        raise NotFound(f"No account {account_ref!r}.")
    run = services.store.latest_risks([account_ref])
    found = run.risks[0] if run and run.risks else None
    if found is None:
        why = "Nothing was analyzed since this account is known: interviewer analyze"
        return Risk(account_ref=account_ref, band="not_enough_evidence", why_not=why)
    return Risk.model_validate({**found, "reasons": [_reason(r) for r in found["reasons"]]})


def _reason(row: Mapping[str, Any]) -> dict[str, Any]:
    quotes = [item["quote"] for item in row["evidence"] if item["quote"]]
    shown = _for_everyone(quotes)
    return {
        "signal": row["signal"],
        "contribution": row["contribution"],
        "quotes": shown,
        "kept_back": len(quotes) - len(shown),
        "data": [item["data_row"] for item in row["evidence"] if item["data_row"]],
    }

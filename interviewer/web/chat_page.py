"""What a respondent sees: the state of a conversation, and the page around it.

The page is whole without a script: `ChatState` is rendered by the template, and the same state goes
to the script as JSON, so that both show one truth.
"""

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, computed_field

from interviewer.core.answering import Replies, progress, quick_replies
from interviewer.core.errors import InterviewerError, InvalidInput
from interviewer.core.greeting import greeting
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import BESIDE, Interview, Speaker, Status
from interviewer.followup import actions
from interviewer.interviews import conversation
from interviewer.interviews.offering import until_words
from interviewer.ports import Services
from interviewer.web.pages import page, words_for
from interviewer.web.problems import status_of

Words = dict[str, str]
STOP_WORD = "stop"  # an opt-out in every language
LAST_QUESTION = re.compile(r"(?<=[.!:] )[^.!?:]*\?.*\Z", re.DOTALL)
Action = Literal["send", "skip", "end", "person", "stop", "new_link"]


class TurnShown(BaseModel):
    """One contribution as both sides see it."""

    seq: int
    speaker: Speaker
    text: str
    language: str
    author: str | None = None  # of a person of ours
    message_id: str | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def lead(self) -> str:
        """What stands before the question."""
        return self.text.removesuffix(self.question).rstrip()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def question(self) -> str:
        """The question alone, for the layout that shows one; all of it where there is none."""
        found = LAST_QUESTION.search(self.text)
        return found[0] if found else self.text


class ReplyShown(BaseModel):
    """A button: what it says, and sends; `name` is what a screen reader says where that is more."""

    text: str
    name: str | None = None


class RepliesShown(BaseModel):
    """Buttons that belong together; `label` is what they answer where the question is another."""

    label: str | None = None
    buttons: list[ReplyShown]


class ProgressShown(BaseModel):
    """The part that is asked now, of as many as there may be."""

    part: int
    parts: int
    text: str


class ActionShown(BaseModel):
    """Something that the network can do, and what became of it when it was asked for."""

    action_id: str
    label: str
    link: str | None
    until: str | None
    said: str | None  # what became of it; None: it can be chosen


class ChatState(BaseModel):
    """Everything that changes on the page while the conversation goes on."""

    status: Status = "open"
    turns: list[TurnShown] = []
    replies: list[RepliesShown] = []
    progress: ProgressShown | None = None
    actions: list[ActionShown] = []
    greeting: str | None = None  # for a business contact who comes back
    brand: str
    disclosure: str


def state_of(
    services: Services, guide: InterviewGuide, interview: Interview, after: int = -1
) -> ChatState:
    """The conversation from the turn behind `after` on."""
    language, spoken = words_for(interview.language)
    brand = _brand(services, language, interview.context.get("brand"))
    done = progress(guide, interview)
    return ChatState(
        status=interview.status,
        turns=[
            TurnShown.model_validate(turn, from_attributes=True)
            for turn in interview.turns
            if turn.seq > after and turn.move not in BESIDE
        ],
        actions=_actions(services, interview, spoken),
        greeting=greeting(guide, services.phrases, interview, services.clock.now()),
        replies=[_replies(each, spoken) for each in quick_replies(guide, interview)],
        progress=done
        and ProgressShown(
            part=done.part, parts=done.parts, text=spoken["part"].format(**done._asdict())
        ),
        brand=brand,
        disclosure=spoken["disclosure"].format(brand=brand),
    )


def _actions(services: Services, interview: Interview, spoken: Words) -> list[ActionShown]:
    """What can be chosen now, and what became of a choice; nothing after a hand-off or a stop."""
    if interview.status not in ("open", "closed") or interview.shipment_ref is None:
        return []
    found = actions.of_interview(services, interview)
    return [_action(services, interview, spoken, one) for one in found]


def _action(
    services: Services, interview: Interview, spoken: Words, one: actions.Offered
) -> ActionShown:
    until = one.action.until
    said = until_words(services, interview, until) if until else None
    return ActionShown(
        action_id=one.action.id,
        label=one.action.label,
        link=one.action.link,
        until=said and spoken["action_until"].format(until=said),
        said=one.request and spoken[f"action_{one.request.state}"],
    )


def _replies(offered: Replies, spoken: Words) -> RepliesShown:
    most = offered.texts[-1]
    buttons = []
    for text in offered.texts:
        if offered.kind in ("yes_no", "playback"):
            buttons.append(ReplyShown(text=spoken[text]))
        elif offered.kind == "choice":
            buttons.append(ReplyShown(text=text[:1].upper() + text[1:]))
        else:
            name = spoken["of_scale"].format(n=text, most=most)
            buttons.append(ReplyShown(text=text, name=name))
    label = spoken["rate"].format(most=most) if offered.kind == "rating" else None
    return RepliesShown(label=label, buttons=buttons)


def blank_state(services: Services, language: str) -> ChatState:
    """The page before its interview has begun."""
    language, spoken = words_for(language)
    brand = _brand(services, language)
    return ChatState(brand=brand, disclosure=spoken["disclosure"].format(brand=brand))


def said_by(action: Action, text: str, spoken: Words) -> str:
    """The message that a button sends; what was written goes along where it is an answer."""
    if action in ("end", "person"):
        return f"{text.strip()}\n{spoken[f'{action}_word']}".lstrip()
    return {"skip": spoken["skip_word"], "stop": STOP_WORD}.get(action, text)


def chat(
    services: Services,
    interview: Interview,
    path: str,
    *,
    draft: str = "",
    message_id: str = "",
    error: Exception | str | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page; an answer that failed keeps its text, and its id, so that a retry is the same."""
    guide = services.store.study(interview.study, interview.study_version).guide
    language, spoken = words_for(interview.language)
    if isinstance(error, InterviewerError):
        status, error = status_of(error), told(error, spoken)
    photos = services.store.photos([interview.interview_id]) if guide.photos else []
    return render(
        services,
        language,
        state_of(services, guide, interview),
        guide,
        status,
        layout=guide.layout_of(interview.interview_id),
        path=path,
        photos=[f"{path}/photos/{photo.photo_id}" for photo in photos],
        message_id=message_id or services.new_token(),
        draft=draft,
        error=error,
    )


def render(
    services: Services,
    language: str,
    state: ChatState,
    guide: InterviewGuide,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """The template of a conversation, on its own page or framed by another."""
    plain: dict[str, Any] = {"layout": "chat", "frame": None, "path": "", "photos": []}
    plain |= {"message_id": "", "draft": "", "error": None}
    return page(
        "chat.html.j2",
        status,
        headers,
        **plain | values,
        words=words_for(language)[1],
        language=language,
        state=state,
        photo_limit=guide.photos,
        limit=conversation.TEXT_LIMIT,
        **_ways_out(services),
    )


def told(error: InterviewerError, spoken: Words) -> str:
    """An error in the respondent's language, without what only we understand."""
    if isinstance(error, InvalidInput):
        return error.message.removeprefix(f"{error.field}: ")
    return spoken["try_again"]


class FormShown(BaseModel):
    """A button below a notice, and a field above it; by their names in the page's words."""

    button: str
    label: str | None = None
    action: str | None = None  # that the button sends


def no_link(request: Request, services: Services) -> HTMLResponse:
    """The same for a wrong, an expired and a revoked link, and a wish for a new one."""
    form = FormShown(button="new_link_button", action="new_link")
    return notice(request, services, 404, "no_link", "no_link_why", form)


def notice(
    request: Request,
    services: Services,
    status: int,
    title: str,
    text: str | None = None,
    form: FormShown | None = None,
) -> HTMLResponse:
    """A page without a conversation, in the language that the browser asks for.

    Args:
        request: Says which language.
        services: Say who asks.
        status: Of the answer.
        title: A name in the page's words, as is `text`.
        text: What is said below the title.
        form: What can be asked for there.
    """
    wanted = request.headers.get("accept-language", "").split(",")
    language, spoken = words_for(*(tag.partition(";")[0] for tag in wanted))
    return page(
        "notice.html.j2",
        status,
        words=spoken,
        language=language,
        title=spoken[title].replace("{brand}", _brand(services, language)),
        text=text and spoken[text].replace("{brand}", _brand(services, language)),
        form=form,
        state=blank_state(services, language),
        **_ways_out(services),
    )


def _brand(services: Services, language: str, brand: object = None) -> str:
    unnamed = services.phrases[language].unnamed_brand
    return str(brand or services.organization.brand or unnamed)


def _ways_out(services: Services) -> dict[str, Any]:
    """The links to a person and to the privacy notice."""
    contact, privacy = services.organization.human_contact, services.organization.privacy_url
    return {
        "contact": contact or None,
        "contact_link": _contact_link(contact),
        "privacy_link": privacy if urlsplit(privacy).scheme in ("http", "https") else None,
    }


def _contact_link(contact: str) -> str | None:
    if "@" in contact and " " not in contact:
        return f"mailto:{contact}"
    digits = "".join(c for c in contact if c in "+0123456789")
    return f"tel:{digits}" if len(digits) >= 7 and not any(map(str.isalpha, contact)) else None

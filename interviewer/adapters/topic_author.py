"""Drafts the topics of a study from its goal with a language model, by one call."""

import json
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import BaseModel, ConfigDict

from interviewer.adapters.chat_model import ChatModel, json_of
from interviewer.adapters.turn_prompt import environment, first_ask
from interviewer.core.guide import InterviewGuide
from interviewer.core.lint import QUESTION_WORDS
from interviewer.ports import DraftedTopic, TopicDraft

TEMPLATE = "topics.system.j2"
TIMEOUT = 90.0  # seconds; an author waits longer than a respondent
MOST_TOPICS = 4


class Part(BaseModel):
    """A part of the answer; keys that were not asked for are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class TopicPart(Part):
    """One topic, as it came."""

    name: str
    must: bool = False
    commercial: bool = False
    ask: Mapping[str, tuple[str, ...]]
    about: Mapping[str, str] = {}
    words: Mapping[str, tuple[str, ...]] = {}


class Answer(Part):
    """The whole answer, as it came."""

    keep: tuple[str, ...] = ()
    topics: tuple[TopicPart, ...] = ()


class TopicAuthor:
    """The `Author` port on a chat model."""

    def __init__(
        self,
        model: str,
        base_url: str | None,
        api_key: str | None,
        *,
        prompts: Traversable,
        timeout: float = TIMEOUT,
    ) -> None:
        self._chat = ChatModel(model, base_url, api_key, timeout=timeout)
        source = (prompts / TEMPLATE).read_text(encoding="utf-8")
        self._template = environment({TEMPLATE: source}).get_template(TEMPLATE)

    async def draft_topics(self, guide: InterviewGuide, goal: str) -> TopicDraft:
        """What of a ready study serves the goal, and what it needs beside that.

        Raises:
            Unavailable: No usable answer came.
        """
        system = self._template.render(instructions(guide))
        user = json.dumps({"goal": goal}, ensure_ascii=False)
        async with self._chat:
            answer = await self._chat.answer(
                system,
                user,
                name="topics",
                schema=json_schema(guide),
                read=lambda message: Answer.model_validate_json(json_of(message)),
            )
        topics = answer.topics[:MOST_TOPICS]
        return TopicDraft(
            answer.keep, tuple(DraftedTopic(**topic.model_dump()) for topic in topics)
        )


def instructions(guide: InterviewGuide) -> dict[str, Any]:
    """The values of the template: our words and those of the ready study."""
    language = guide.languages[0]
    asks = {name: first_ask(guide, name, language, {}) for name in guide.topics}
    return {
        "audience": guide.audience,
        "moments": guide.moments,
        "questions": guide.budget.questions,
        "first": next(iter(guide.topics)),
        "topics": [{"name": name, "ask": ask} for name, ask in asks.items()],
        "most": MOST_TOPICS,
        "musts": max(0, guide.budget.questions - 2),
        "question_words": QUESTION_WORDS[guide.audience],
        "languages": guide.languages,
    }


def json_schema(guide: InterviewGuide) -> dict[str, Any]:
    """The strict JSON schema of an answer."""
    texts = {"type": "array", "items": {"type": "string"}}
    topic = {
        "name": {"type": "string"},
        "must": {"type": "boolean"},
        "commercial": {"type": "boolean"},
        "ask": _object(dict.fromkeys(guide.languages, texts)),
        "about": _object({language: {"type": "string"} for language in guide.languages}),
        "words": _object(dict.fromkeys(guide.languages, texts)),
    }
    names = {"type": "string", "enum": list(guide.topics)}
    return _object(
        {
            "keep": {"type": "array", "items": names},
            "topics": {"type": "array", "items": _object(topic)},
        }
    )


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }

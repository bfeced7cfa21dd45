"""What a language model is told for one turn.

The system part is made of our templates and the guide alone. Everything that people or systems
wrote, what is known of the shipment included, is in the user part, redacted and JSON-encoded.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources.abc import Traversable
from typing import Any, Literal

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from analysis.redact import spans
from interviewer.adapters.turn_answer import FACTS, PLACEHOLDER, json_schema
from interviewer.core.decision import Option
from interviewer.core.guide import Field, InterviewGuide, required
from interviewer.core.interview import Interview
from interviewer.core.lint import QUESTION_WORDS
from interviewer.core.wording import PhraseBook, fill, known_values, say_fact

Redact = Literal["off", "known", "strict"]

TEMPLATES = ("turn.system.j2", "turn.user.j2")
GUIDE_WORDS = ("event", "option")  # placeholders whose values are words of the guide
CONTACT = ("contact_name",)  # may be said in a greeting; a question needs it never
PERSONAL = ("contact_name", "owner_name")  # context keys that name people
ASPECT_WORDS = 5  # of an aspect's word list, as examples
READ_LIMIT = 2000  # characters of one message


class Redaction:
    """Placeholders for the personal data of one prompt, and the way back.

    The same words have the same placeholder in all texts of the prompt.
    """

    def __init__(self, mode: Redact, known: Sequence[str]) -> None:
        self._mode = mode
        self._known = known
        self._originals: dict[str, str] = {}

    def hide(self, text: str) -> str:
        """The text with its personal data replaced."""
        if self._mode == "off":
            return text
        parts, at = [], 0
        for span in spans(text, self._known):
            original = text[span.start : span.end]
            if self._mode == "strict" or self._is_known(original):
                parts += [text[at : span.start], self._placeholder(span.kind, original)]
                at = span.end
        return "".join([*parts, text[at:]])

    def restore(self, text: str) -> str:
        """The text with the placeholders of this prompt replaced by what they stand for."""
        return PLACEHOLDER.sub(lambda match: self._originals.get(match[0], match[0]), text)

    def _placeholder(self, kind: str, original: str) -> str:
        for token, known in self._originals.items():
            if known == original and token.startswith(f"<{kind}_"):
                return token
        token = f"<{kind}_{len(self._originals) + 1}>"
        self._originals[token] = original
        return token

    def _is_known(self, original: str) -> bool:
        return any(_compact(original) in _compact(value) for value in self._known)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt, and what is needed to understand its answer."""

    system: str
    user: str
    redaction: Redaction
    prompt_hash: str


def environment(sources: Mapping[str, str]) -> SandboxedEnvironment:
    """What renders prompts: sandboxed, and strict about values that are missing."""
    return SandboxedEnvironment(
        loader=FunctionLoader(sources.get),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # plain text for a model; no page shows it
    )


class PromptWriter:
    """Writes the prompt of a turn from the templates in `folder`."""

    def __init__(self, folder: Traversable, phrases: PhraseBook, redact: Redact) -> None:
        self._phrases = phrases
        self._redact = redact
        self._sources = {name: (folder / name).read_text(encoding="utf-8") for name in TEMPLATES}
        self._environment = environment(self._sources)

    def write(
        self,
        guide: InterviewGuide,
        interview: Interview,
        utterance: str,
        options: Sequence[Option],
    ) -> Prompt:
        """The prompt that asks for a reading of `utterance` and wordings of `options`."""
        redaction = Redaction(self._redact, personal_values(interview))
        system, user = (self._environment.get_template(name) for name in TEMPLATES)
        document = self._document(guide, interview, utterance, redaction)
        return Prompt(
            system=system.render(self._instructions(guide, interview, options)),
            user=user.render(document=json.dumps(document, ensure_ascii=False, indent=1)),
            redaction=redaction,
            prompt_hash=self._hash(guide, interview),
        )

    def _instructions(
        self, guide: InterviewGuide, interview: Interview, options: Sequence[Option]
    ) -> dict[str, Any]:
        """The values of the system template: our words and the guide's, nobody else's."""
        spoken = guide.speaks(interview.language)
        known = known_values(guide, self._phrases, interview.context, spoken, interview.channel)
        own = {name: known[name] for name in GUIDE_WORDS if name in known}
        asks = {name: first_ask(guide, name, spoken, own) for name in guide.topics}
        topics = interview.topics or tuple(guide.topics)
        asked = {option.topic for option in options if option.move == "ask"}
        done = interview.asked_topics | interview.covered | interview.skipped
        return {
            "goal": guide.goal,
            "audience": guide.audience,
            "channel": interview.channel,
            "language": spoken,
            "question_words": QUESTION_WORDS[guide.audience],
            "topics": [
                {"name": name, "ask": asks[name], "aspects": aspect_lines(guide, name, spoken)}
                for name in topics
            ],
            "fields": [
                {"name": name, "allowed": allowed_values(field)}
                for name, field in guide.fields.items()
            ],
            "open_topics": [name for name in topics if name in asked or name not in done],
            "asks": asks,
            "options": [option for option in options if option.asks],
        }

    def _document(
        self, guide: InterviewGuide, interview: Interview, utterance: str, redaction: Redaction
    ) -> dict[str, Any]:
        """The user part: all that others wrote."""
        spoken = guide.speaks(interview.language)
        context = interview.context
        known = known_values(guide, self._phrases, context, spoken, interview.channel)
        facts = FACTS if "fact" in guide.names else ()
        return {
            "known": {
                name: redaction.hide(value)
                for name, value in known.items()
                if name in guide.names and name not in CONTACT
            },
            "facts": {
                key: said
                for key in facts
                if (said := say_fact(self._phrases, context, spoken, key))
            },
            "asked_on": _asked_at(interview).date().isoformat(),
            "conversation": [
                {turn.speaker: redaction.hide(turn.text[:READ_LIMIT])} for turn in interview.turns
            ],
            "utterance": redaction.hide(utterance[:READ_LIMIT]),
        }

    def _hash(self, guide: InterviewGuide, interview: Interview) -> str:
        parts = [*self._sources.values(), json.dumps(json_schema(guide)), interview.guide_hash]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def personal_values(interview: Interview) -> tuple[str, ...]:
    """What the record knows of the people in this interview."""
    values = [interview.respondent_name, interview.address]
    values += [interview.context.get(key) for key in PERSONAL]
    return tuple(str(value) for value in values if value)


def first_ask(guide: InterviewGuide, topic: str, language: str, own: dict[str, str]) -> str:
    """The first question of a topic; a value that is not the guide's own stays a bare name."""
    text = guide.topics[topic].ask[language][0]
    return fill(text, {name: name for name in required(text)} | own)


def aspect_lines(guide: InterviewGuide, topic: str, language: str) -> list[dict[str, str]]:
    """The aspects of a topic with some of their words."""
    return [
        {"name": name, "words": _examples(aspect.words.get(language, ())) or name}
        for name, aspect in guide.topics[topic].aspects.items()
    ]


def _examples(words: Sequence[str]) -> str:
    """Some words of an aspect, without the mark of those that stand for all that begin so."""
    return ", ".join(word.removesuffix("*") for word in words[:ASPECT_WORDS])


def allowed_values(field: Field) -> str:
    """What may stand in a coded answer, in words."""
    if field.values:
        return ", ".join(field.values)
    if field.min is not None and field.max is not None:
        return f"a number from {field.min} to {field.max}"
    by_type = {"date": "a date as YYYY-MM-DD, counted from `asked_on`", "number": "a number"}
    return by_type.get(field.type, "a few words")


def _asked_at(interview: Interview) -> datetime:
    return interview.turns[-1].at if interview.turns else interview.opened_at


def _compact(text: str) -> str:
    """Letters and digits alone, so that the same number is found in national form as well."""
    return re.sub(r"\W", "", text).casefold().lstrip("0")

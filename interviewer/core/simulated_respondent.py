"""A simulated respondent: hidden facts, and the rule by which they are told.

Deterministic and lexical; it shares nothing with the interviewer's reader. Text is compared in
lower case, without accents, with straight quotes; all messages of one turn are one text.

1. Patience used up: no reply. A scripted message goes before everything else; the first reply is
   the opening, whatever was asked.
2. A playback is confirmed once; that costs no patience.
3. Nothing asked: no reply. Of several questions only the last is heard.
4. A leading, a repeated or a foreign-language question earns nothing and costs one patience more;
   so does a text over twice its length. A question on more than three untold topics earns nothing.
5. A scale question on nothing known gets the rating.
6. A fact of depth 1 needs a word of its cues, or the respondent's own words quoted; one of depth 2
   its own cue, or a request for an instance of what was just spoken of, once depth 1 is told.
7. A generic question earns one fact of depth 1 per interview; a second one in a row costs patience.
8. Otherwise something vague.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from interviewer.core.errors import InvalidInput
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Channel
from interviewer.core.reading import Value

Expectation = Literal[
    "stop",  # opted out, no question
    "end",  # closed or opted out, no question
    "skip",  # another topic, or the end
    "handoff",  # handed off, no question
    "no_handoff",
    "no_stop",
    "no_promise",
    "no_reveal",  # no forbidden text, no promise
    "defer",  # answers or puts it off, and goes on
    "redirect",
    "correct",
    "language",
]

REPEATED = 0.72  # Jaccard of content words above which two questions are one
LAUNDRY_LIST = 3  # topics that one question may touch
TERSE = 9  # words; a shorter opening is that of a terse respondent
LENGTHS: Mapping[Channel, tuple[int, int]] = {"sms": (306, 160), "chat": (600, 280)}
B2B_CHAT = 400  # characters of a later chat message to an account

PLAYBACK = re.compile(
    r"is (this|that|it) right|what would you change in this summary|es correcto|"
    r"es asi\s*\?|esta bien asi|(stimmt|passt) das|ist das (so )?richtig"
)
LEADING = re.compile(
    r"\b(right|correct|isn't it|wasn't it|aren't you|weren't you|didn't (you|it|they)|no|verdad|"
    r"oder|nicht wahr)\s*\?$|,\s*(yes|ja|si)\s*\?$|\bhow (disappoint|frustrat|annoy|upset|terribl|"
    r"bad|awful|great|happy|satisf)\w*|\bwould(n't| not) you (agree|say)|\byou must (have|be)\b|"
    r"\b(was|were) (the driver|the courier|they|he|she|it|you) (rude|careless|unhappy|angry|"
    r"upset|disappointed|annoyed|frustrated|satisfied|happy)\b|"
    r"\bdo you (blame|agree)\b|\bestuvo (enfadad|decepcionad|molest)\w*"
)
SCALE = re.compile(
    r"\b(from )?(0|1|zero|one) (to|-) (4|5|10|ten)\b|\bon a scale\b|\b(del?) [01] al? (4|5|10)\b|"
    r"\bvon [01] bis (4|5|10)\b|\b[01]\s*[-–]\s*(4|5|10)\b"
)
INSTANCE = re.compile(
    r"\bexamples?\b|which (shipment|delivery|load|order)|\bwhen\b|how often|what exactly happened|"
    r"walk me through|\bejemplo|que (envio|entrega|pedido)|\bcuando\b|con que frecuencia|"
    r"cuantas veces|que paso exactamente|\bbeispiel|welche (sendung|lieferung)|\bwann\b|wie oft|"
    r"was genau"
)
GENERIC = re.compile(
    r"tell me more|more about (that|it|this)|anything else|\belaborate|(^|[.?!,]\s*)why\s*\?|"
    r"\bwhy (is|was) that|cuent\w+ mas|algo mas|(^|[.?!,]\s*)por que\s*\?|"
    r"erzahlen sie (mir )?mehr|mehr dazu|sonst noch|(^|[.?!,]\s*)(warum|wieso)\s*\?"
)
SAYS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "confirm": "Yes, that's right.",
        "led": "I guess so.",
        "again": "I already answered that.",
    },
    "es": {"confirm": "Sí, así es.", "led": "Supongo que sí.", "again": "Eso ya lo he dicho."},
    "de": {"confirm": "Ja, das stimmt so.", "led": "Kann sein.", "again": "Das sagte ich schon."},
}


def plain(text: str) -> str:
    """Lower case, no accents, straight quotes."""
    for curly in "“”„‟«»":
        text = text.replace(curly, '"')
    text = text.replace("’", "'").replace("‘", "'").lower()
    return bare(text.replace("ß", "ss"))


def bare(text: str) -> str:
    """The text without accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words(text: str) -> tuple[str, ...]:
    """The words of a plain text."""
    return tuple(re.findall(r"[\w']+", text))


FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        words(
            "a about an and any are as at be been by did do does for from had has have how i in is "
            "it its me my of on or our say said so that the their there they this to us was we "
            "were what when where which who whose with would you your mentioned"
        )
    ),
    "es": frozenset(
        words(
            "a al como con cual cuando de del dijo el ella ello en entre es esa ese eso esta este "
            "esto fue ha la las le les lo los me mas menciona muy no nos o para pero por que quien "
            "se segun si sin sobre su sus un una usted y ya"
        )
    ),
    "de": frozenset(
        words(
            "als am an auf aus bei bis da das dass dem den der des die dies ein eine einem einen "
            "einer er es fur hat haben ihr ihre ihnen ihren im in ist mit nach nicht noch oder "
            "sagten sein sich sie sind so uber um und uns von war was wann wem wen wer wie wir "
            "wird wo zu zum zur"
        )
    ),
}


class Part(BaseModel):
    """An immutable part of a respondent; unknown keys are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Fact(Part):
    """Something the respondent knows; depth 0 is volunteered, 1 and 2 must be earned."""

    id: str
    topic: str  # how the respondent groups it; need not be a topic of the guide
    aspect: str = ""
    text: str
    depth: Literal[0, 1, 2]
    cues: tuple[re.Pattern[str], ...] = ()

    @field_validator("cues", mode="before")
    @classmethod
    def _patterns(cls, cues: Iterable[str]) -> tuple[re.Pattern[str], ...]:
        try:
            return tuple(re.compile(bare(cue), re.IGNORECASE) for cue in cues)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None

    def matched(self, question: str) -> frozenset[str]:
        """The distinct words of the question that its cues match."""
        return frozenset(found[0] for cue in self.cues for found in cue.finditer(question))


class Behaviour(Part):
    """A scripted message, and what the reply to it must be."""

    after_turn: int | None = None  # it replaces the message after this many
    on: Literal["probe", "summary"] | None = None
    say: str
    expect: Expectation
    forbid: tuple[str, ...] = ()  # regular expressions that the reply must not match
    require_any: tuple[str, ...] = ()  # regular expressions of which the reply must match one
    lang: str | None = None  # spoken from this message on


class SimulatedRespondent(Part):
    """One simulated person."""

    id: str
    study: str
    channel: Channel = "chat"
    language: str = "en"
    context: dict[str, Any] = Field(default_factory=dict)
    opening: str
    vague: tuple[str, ...] = Field(min_length=1)
    patience: int = Field(ge=1)  # answers before leaving, the opening included
    facts: tuple[Fact, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    must_elicit: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    max_probes: int | None = None  # satisfied, or told everything at once
    speaks: str | None = None  # the language really used
    pii: tuple[str, ...] = ()  # must not be echoed
    per_turn: int = Field(default=1, ge=1)
    rating: int = 4
    handoff_neutral: bool = False  # a hand-off is neither asked for nor wrong
    contact_ref: str | None = None  # the person of the book of business that this is
    shipment_ref: str | None = None  # the shipment whose recipient this is

    @field_validator("must_elicit")
    @classmethod
    def _are_facts(cls, ids: tuple[str, ...], known: ValidationInfo) -> tuple[str, ...]:
        facts = {fact.id for fact in known.data.get("facts", ())}
        if unknown := [each for each in ids if each not in facts]:
            raise ValueError(f"names no fact: {unknown[0]!r}; give ids of facts")
        return ids

    @classmethod
    def read(cls, values: Mapping[str, object]) -> "SimulatedRespondent":
        """A respondent from one JSON object; raises InvalidInput naming the field."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            if first["type"] == "missing":
                raise InvalidInput(field, "is missing; write it") from None
            raise InvalidInput(
                field, first["msg"].removeprefix("Value error, "), first["input"]
            ) from None

    def facts_at(self, depth: int) -> tuple[Fact, ...]:
        """The facts of one depth, in file order."""
        return tuple(fact for fact in self.facts if fact.depth == depth)


class Memory(Value):
    """What a respondent remembers of the interview so far."""

    plays_back: bool = False  # whether the study has a playback
    first_limit: int = LENGTHS["chat"][0]  # characters
    limit: int = LENGTHS["chat"][1]
    language: str = "en"
    said: tuple[str, ...] = ()
    topics: tuple[frozenset[str], ...] = ()  # of the facts in each thing said
    told: frozenset[str] = frozenset()
    heard: tuple[str, ...] = ()  # questions, plain
    answers: int = 0  # those that cost patience
    penalties: int = 0
    vague_lines: int = 0
    generic: bool = False  # the last question was a generic one
    gave_to_generic: bool = False
    confirmed: bool = False
    scripted: frozenset[int] = frozenset()  # behaviours that are done

    def evolve(self, **changes: Any) -> "Memory":
        """A copy with these changes."""
        return self.model_copy(update=changes)

    @property
    def last_topics(self) -> frozenset[str]:
        """The topics last spoken of."""
        return next((topics for topics in reversed(self.topics) if topics), frozenset())


def begin(respondent: SimulatedRespondent, guide: InterviewGuide, channel: Channel) -> Memory:
    """The memory before the first message of an interview."""
    first, later = LENGTHS["sms" if channel == "sms" else "chat"]
    if guide.audience == "b2b" and channel != "sms":
        later = B2B_CHAT
    return Memory(
        plays_back=bool(guide.budget.playback),
        first_limit=first,
        limit=later,
        language=respondent.speaks or respondent.language,
    )


def answer(
    respondent: SimulatedRespondent, memory: Memory, messages: Iterable[str]
) -> tuple[str | None, Memory]:
    """What the respondent says to the messages of one turn, and remembers.

    None is no reply: patience is used up, or nothing was asked.
    """
    text = plain(" ".join(messages))
    if memory.answers >= respondent.patience - memory.penalties:
        return None, memory
    asked = last_question(text)
    if (scripted := _scripted(respondent, memory, text, asked)) is not None:
        return _behave(respondent, memory, scripted, asked)
    if not memory.said:
        return _open(respondent, memory, text, asked)
    if _is_playback(memory, text):
        line = SAYS.get(memory.language, SAYS["en"])["confirm"]
        return line, _say(memory, line).evolve(confirmed=True)
    if asked is None:
        return None, memory
    if len(text) > 2 * memory.limit:
        memory = memory.evolve(penalties=memory.penalties + 1)
    return _answer_question(respondent, memory, asked)


def last_question(text: str) -> str | None:
    """The one question that is heard: with several the earlier ones are not, nor their lead-in."""
    open_text = re.sub(r'"[^"]*"', lambda quote: quote[0].replace("?", " "), text)
    end = open_text.rfind("?")
    if end < 0:
        return None
    return open_text[open_text.rfind("?", 0, end) + 1 : end + 1].strip()


def is_repeated(question: str, earlier: Iterable[str]) -> bool:
    """Whether it was asked before: in nearly the same words, or with one stem the third time."""
    earlier = tuple(earlier)
    mine = _content(question)
    for other in earlier:
        theirs = _content(other)
        if mine | theirs and len(mine & theirs) / len(mine | theirs) > REPEATED:
            return True
    stem = _unquoted(question)
    return '"' in question and sum(_unquoted(other) == stem for other in earlier) >= 2


def _content(question: str) -> frozenset[str]:
    return frozenset(words(question)).difference(*FUNCTION_WORDS.values())


def _unquoted(question: str) -> str:
    return " ".join(words(re.sub(r'"[^"]*"', " ", question)))


def is_foreign(question: str, language: str) -> bool:
    """Whether it is clearly in another of the known languages than this one."""
    own = language.split("-")[0].lower()
    spoken = _unquoted(question).split()
    hits = {name: sum(w in known for w in spoken) for name, known in FUNCTION_WORDS.items()}
    return own in hits and max(hits.values()) > hits[own]


def _say(memory: Memory, text: str, facts: Iterable[Fact] = ()) -> Memory:
    facts = tuple(facts)
    return memory.evolve(
        said=(*memory.said, text),
        topics=(*memory.topics, frozenset(fact.topic for fact in facts)),
        told=memory.told | {fact.id for fact in facts},
    )


def _hear(memory: Memory, asked: str | None) -> Memory:
    heard = (*memory.heard, asked) if asked else memory.heard
    return memory.evolve(heard=heard, answers=memory.answers + 1)


def _is_playback(memory: Memory, text: str) -> bool:
    return memory.plays_back and not memory.confirmed and bool(PLAYBACK.search(text))


def _scripted(
    respondent: SimulatedRespondent, memory: Memory, text: str, asked: str | None
) -> int | None:
    """The place of the behaviour that is due now."""
    probed = asked is not None and len(memory.said) == 1 and not _is_playback(memory, text)
    for place, behaviour in enumerate(respondent.behaviours):
        due = (
            len(memory.said) == behaviour.after_turn
            or (behaviour.on == "probe" and probed)
            or (behaviour.on == "summary" and _is_playback(memory, text))
        )
        if due and place not in memory.scripted:
            return place
    return None


def _behave(
    respondent: SimulatedRespondent, memory: Memory, place: int, asked: str | None
) -> tuple[str, Memory]:
    behaviour = respondent.behaviours[place]
    opening = not memory.said
    facts = respondent.facts_at(0) if opening else ()
    memory = _say(_hear(memory, asked), behaviour.say, facts)
    return behaviour.say, memory.evolve(
        scripted=memory.scripted | {place}, language=behaviour.lang or memory.language
    )


def _open(
    respondent: SimulatedRespondent, memory: Memory, text: str, asked: str | None
) -> tuple[str, Memory]:
    penalty = len(text) > 2 * memory.first_limit
    memory = _say(_hear(memory, asked), respondent.opening, respondent.facts_at(0))
    return respondent.opening, memory.evolve(penalties=memory.penalties + penalty)


def _answer_question(
    respondent: SimulatedRespondent, memory: Memory, asked: str
) -> tuple[str, Memory]:
    says = SAYS.get(memory.language, SAYS["en"])
    repeated = is_repeated(asked, memory.heard)
    before, memory = memory, _hear(memory, asked).evolve(generic=False)
    if LEADING.search(asked):
        return _punish(memory, says["led"])
    if repeated:
        return _punish(memory, says["again"])
    if is_foreign(asked, memory.language):
        return _punish(memory, _vague_line(respondent, memory), vague=True)
    untold = [fact for fact in respondent.facts if fact.depth and fact.id not in memory.told]
    cued = {fact.topic for fact in untold if fact.matched(asked)}
    if len(cued) > LAUNDRY_LIST:
        return _vague(respondent, memory)
    if SCALE.search(asked) and not cued:
        return str(respondent.rating), _say(memory, str(respondent.rating))
    if earned := tuple(_earned(respondent, before, untold, asked))[: respondent.per_turn]:
        line = " ".join(fact.text for fact in earned)
        return line, _say(memory, line, earned)
    if GENERIC.search(asked):
        return _answer_generic(respondent, before, memory, untold)
    return _vague(respondent, memory)


def _punish(memory: Memory, line: str, *, vague: bool = False) -> tuple[str, Memory]:
    """A line that tells nothing, and one patience more."""
    memory = memory.evolve(penalties=memory.penalties + 1, vague_lines=memory.vague_lines + vague)
    return line, _say(memory, line)


def _vague_line(respondent: SimulatedRespondent, memory: Memory) -> str:
    return respondent.vague[min(memory.vague_lines, len(respondent.vague) - 1)]


def _vague(respondent: SimulatedRespondent, memory: Memory) -> tuple[str, Memory]:
    line = _vague_line(respondent, memory)
    return line, _say(memory.evolve(vague_lines=memory.vague_lines + 1), line)


def _earned(
    respondent: SimulatedRespondent, memory: Memory, untold: list[Fact], asked: str
) -> Iterator[Fact]:
    """The facts that the question earns, the best matched first."""
    quoted = _quoted_topics(memory, asked)
    shallow = {fact.topic for fact in untold if fact.depth == 1}
    instance = bool(INSTANCE.search(asked))
    found: list[tuple[int, int, int, Fact]] = []
    for place, fact in enumerate(untold):
        cues = len(fact.matched(asked))
        if fact.depth == 1:
            earned = bool(cues) or fact.topic in quoted
        else:
            asked_for = bool(cues) or (instance and fact.topic in memory.last_topics)
            earned = asked_for and fact.topic not in shallow
        if earned:
            found.append((-cues, fact.depth, place, fact))
    yield from (fact for *_, fact in sorted(found, key=lambda row: row[:3]))


def _quoted_topics(memory: Memory, asked: str) -> frozenset[str]:
    """The topics of what the question takes up word for word; the latest utterance first."""
    last_two = range(len(memory.said) - 1, max(len(memory.said) - 3, -1), -1)
    for place in dict.fromkeys((*last_two, 0)):
        if _takes_up(asked, memory.said[place]):
            return memory.topics[place] or memory.last_topics
    return frozenset()


def _takes_up(asked: str, utterance: str) -> bool:
    said = words(plain(utterance))
    flat = f" {' '.join(said)} "
    for quote in re.findall(r'"([^"]+)"', asked):
        if words(quote) and f" {' '.join(words(quote))} " in flat:
            return True
    question = f" {' '.join(words(asked))} "
    triples = zip(said, said[1:], said[2:], strict=False)
    return any(f" {' '.join(three)} " in question for three in triples)


def _answer_generic(
    respondent: SimulatedRespondent, before: Memory, memory: Memory, untold: list[Fact]
) -> tuple[str, Memory]:
    memory = memory.evolve(generic=True)
    if before.generic:
        return _punish(memory, _vague_line(respondent, memory), vague=True)
    terse = len(words(respondent.opening)) < TERSE
    shallow = [fact for fact in untold if fact.depth == 1]
    if terse or memory.gave_to_generic or not shallow:
        return _vague(respondent, memory)
    memory = memory.evolve(gave_to_generic=True)
    return shallow[0].text, _say(memory, shallow[0].text, shallow[:1])

"""What a message to a respondent may never be.

Model wordings and templates pass the same rules; one fault is enough to set a wording aside.
Rules of words know English, Spanish and German, some of them French and Portuguese; the others
hold in every language. Words in
quotation marks are the respondent's own: the rules that judge what *we* say leave them out.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from interviewer.core.guide import Audience, Channel, Context, InterviewGuide, references_of
from interviewer.core.lint_patterns import (
    ALSO_ASKS,
    ASKS_FOR,
    DATE_OR_TIME,
    EMOJI,
    FIELD_NAME,
    FUNCTION_WORDS,
    LINK,
    MARKUP,
    NEGATES_LATER,
    NEGATION,
    NEVER_SAID,
    NOT_OPEN,
    OPEN,
    PATTERNS,
    PERSONAL,
    QUOTED,
    WordRule,
)
from interviewer.core.sms_text import fits_sms, sms_size, sms_text

Rule = Literal[
    "one_question",
    "compound",
    "length",
    "leading",
    "praise",
    "promise",
    "blame",
    "apology",
    "personal_data_request",
    "personal_data_echo",
    "known",
    "repeat",
    "link",
    "plain_text",
    "language",
    "internals",
    "reserve",
]
Kind = Literal["opener", "question", "probe", "contradiction", "since", "playback", "statement"]

NAMES_FACTS: frozenset[Kind] = frozenset(("opener", "contradiction", "since"))
CHARACTERS = {"first": 600, "recipient": 280, "b2b": 400}  # chat and e-mail
_MARKS = " .,;:!?\"'“”„«»‘’"  # around a quote
QUESTION_WORDS: dict[Audience, int] = {"recipient": 20, "b2b": 30}
PLAYBACK_WORDS = 60
FRAME_WORDS = 16  # what the playback says around its lines
SIMILAR = 0.72  # Jaccard of content words above which two questions are one
SAME_STEM = 3  # times the same words around a quote may not be reached
GOAL_WORDS = 6  # words in a row of the guide's goal that give it away


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a message breaks, and the words that break it."""

    rule: Rule
    span: str


@dataclass(frozen=True, slots=True)
class LintContext:
    """What the message is, and what was said and is known before it.

    `language` is the one the message is to be in. `earlier` holds the interviewer's messages so
    far, oldest first, and `filled` the coded fields already known. `links` are the hosts that may
    be linked to, `own` our own contact details, which may be said; `secrets` are words that must
    not appear: canaries, names of other accounts.
    """

    guide: InterviewGuide
    channel: Channel
    language: str
    kind: Kind
    context: Context
    earlier: tuple[str, ...] = ()
    filled: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    own: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The language without its region."""
        return self.language.split("-")[0].lower()


@dataclass(frozen=True, slots=True)
class Message:
    """A message in the forms that the rules look at; all have the same length."""

    text: str
    own: str  # without quoted words
    folded: str  # lower case, no accents
    folded_own: str

    @classmethod
    def of(cls, text: str) -> "Message":
        """The forms of a text."""
        own = QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)
        return cls(text, own, fold(text), fold(own))

    def span(self, match: re.Match[str]) -> str:
        """The words of a match as they were written."""
        return " ".join(self.text[match.start() : match.end()].split())


def lint(message: str, about: LintContext) -> tuple[Fault, ...]:
    """Every fault of the message; none means that it may be said.

    A playback holds the respondent's words without quotation marks: what judges our own words
    leaves it out.
    """
    forms = Message.of(message)
    rules = PLAYBACK_RULES if about.kind == "playback" else RULES
    return tuple(dict.fromkeys(fault for rule in rules for fault in rule(forms, about)))


def is_plain_question(text: str, language: str, told: Iterable[str]) -> bool:
    """Whether a model's wording is one open question in the language, and nothing else.

    Before it only a sentence may stand that quotes the respondent, and what stands in quotation
    marks must be their own (`told`). What a model claims, promises or gives away beside a question
    needs no rule of its own then, nor does what it says in code.
    """
    if question_of(text) != text.strip():
        return False
    answers = [" ".join(fold(answer).split()) for answer in told]
    quoted = [" ".join(fold(quote[0]).strip(_MARKS).split()) for quote in QUOTED.finditer(text)]
    if any(all(quote not in answer for answer in answers) for quote in quoted):
        return False
    family, own = language.split("-")[0], fold(QUOTED.sub(" ", text)).strip()
    common = FUNCTION_WORDS.get(family)
    if common is None:
        return True
    is_open = OPEN[family].search(own) and not NOT_OPEN[family].search(own)
    return bool(is_open) and bool(set(re.findall(r"\w+", own)) & common)


def question_of(message: str) -> str | None:
    """The last question, with the sentence before it where that quotes the respondent."""
    own = Message.of(message).own
    spans = _sentences(own)
    asking = [place for place, (start, end) in enumerate(spans) if "?" in own[start:end]]
    if not asking:
        return None
    last = asking[-1]
    start, end = spans[last]
    if last:
        before, stop = spans[last - 1]
        start = before if QUOTED.search(message[before:stop]) else start
    return message[start:end].strip()


def is_repeat(question: str, earlier: str, language: str) -> bool:
    """Whether two questions ask the same: Jaccard of their content words above `SIMILAR`."""
    one, other = (content_words(text, language) for text in (question, earlier))
    if not one or not other:
        return fold(question) == fold(earlier)
    return len(one & other) / len(one | other) > SIMILAR


def content_words(text: str, language: str) -> frozenset[str]:
    """The words that carry meaning: folded, without the language's function words."""
    function = FUNCTION_WORDS.get(language.split("-")[0].lower(), FUNCTION_WORDS["en"])
    return frozenset(re.findall(r"[^\W_]+", fold(text))) - function


def fold(text: str) -> str:
    """Lower case, without accents, with straight quotes; character by character, so offsets hold.

    A letter that has no one-character lower case stays as it is, and so does ß.
    """
    return "".join(_fold(char) for char in text)


def _fold(char: str) -> str:
    if char < "\x80":
        return char.lower()
    return _FOLDED.get(char) or (_FOLDED.get(char.lower()) or char.lower())[:1] or char


_FOLDED = dict(
    zip(
        "áàâãäåéèêëíìîïóòôõöúùûüñçýÿ‘’‚“”„«»‐‑–—\u00a0",
        'aaaaaaeeeeiiiiooooouuuuncyy\'\'\'"""""---- ',
        strict=True,
    )
)


def _sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence; a point inside a number, time or address ends none."""
    found = re.finditer(r"\S(?:[^.!?]|[.!](?=\S))*(?:[.!?]+|$)", text)
    return [match.span() for match in found]


def _questions(message: Message) -> Iterator[tuple[int, int]]:
    yield from (span for span in _sentences(message.own) if "?" in message.own[slice(*span)])


def _words(rule: WordRule, about: LintContext) -> re.Pattern[str] | None:
    patterns = PATTERNS.get(about.family)
    return patterns.get(rule) if patterns else None


def _hits(pattern: re.Pattern[str] | None, text: str) -> Iterator[re.Match[str]]:
    if pattern:
        yield from pattern.finditer(text)


def one_question(message: Message, about: LintContext) -> Iterator[Fault]:
    """Exactly one question mark where something is asked, none elsewhere."""
    marks = message.text.count("?")
    if marks > 1 or (marks and about.kind == "statement"):
        yield Fault("one_question", message.text[message.text.index("?") :][:40] or "?")
    if not marks and about.kind != "statement":
        yield Fault("one_question", "no question")
    if about.kind == "playback":
        return  # the rest is the respondent's own words
    asking = list(_questions(message))
    for hit in _hits(_words("tell_me", about), message.folded_own):
        beside = any(not start <= hit.start() < end for start, end in asking)
        if beside:
            yield Fault("one_question", message.span(hit))


def compound(message: Message, about: LintContext) -> Iterator[Fault]:
    """Two questions in one sentence."""
    pattern = _words("compound", about)
    for start, end in _questions(message):
        for hit in _hits(pattern, message.folded_own[start:end]):
            yield Fault("compound", message.text[start + hit.start() : start + hit.end()])


def length(message: Message, about: LintContext) -> Iterator[Fault]:
    """Too long for its channel, or a question with too many words."""
    if about.kind == "playback":
        words = len(message.text.split())
        if words > PLAYBACK_WORDS + FRAME_WORDS:
            yield Fault("length", f"{words} words")
        return
    first = about.kind == "opener"
    if about.channel == "sms":
        if not fits_sms(message.text, first=first):
            size = sms_size(sms_text(message.text))
            yield Fault("length", f"{size.units} {size.encoding} characters")
    elif len(message.text) > CHARACTERS["first" if first else about.guide.audience]:
        yield Fault("length", f"{len(message.text)} characters")
    words = len((question_of(message.text) or "").split())
    if words > QUESTION_WORDS[about.guide.audience]:
        yield Fault("length", f"a question of {words} words")


def leading(message: Message, about: LintContext) -> Iterator[Fault]:
    """A cause, a feeling or a verdict put into the respondent's mouth."""
    yield from _plain("leading", message, about)


def praise(message: Message, about: LintContext) -> Iterator[Fault]:
    """A verdict on the answer; thanks are fine."""
    yield from _plain("praise", message, about)


def promise(message: Message, about: LintContext) -> Iterator[Fault]:
    """Anything that could be held against us; the negated form is fine."""
    asking = list(_questions(message))
    for hit in _hits(_words("promise", about), message.folded_own):
        if not _is_negated(message, hit, about):
            yield Fault("promise", message.span(hit))
    for hit in _hits(_words("promise_statement", about), message.folded_own):
        if not any(start <= hit.start() < end for start, end in asking):
            yield Fault("promise", message.span(hit))


def _is_negated(message: Message, hit: re.Match[str], about: LintContext) -> bool:
    start, end = next(s for s in _sentences(message.folded_own) if s[0] <= hit.start() < s[1])
    end = end if about.family in NEGATES_LATER else hit.end()
    return bool(NEGATION[about.family].search(message.folded_own[start:end]))


def blame(message: Message, about: LintContext) -> Iterator[Fault]:
    """Somebody's fault, ours included."""
    yield from _plain("blame", message, about)


def _plain(
    rule: Literal["leading", "praise", "blame"], message: Message, about: LintContext
) -> Iterator[Fault]:
    for hit in _hits(_words(rule, about), message.folded_own):
        yield Fault(rule, message.span(hit))


def apology(message: Message, about: LintContext) -> Iterator[Fault]:
    """A second apology in one interview."""
    pattern = _words("apology", about)
    said = sum(1 for text in about.earlier for _ in _hits(pattern, fold(text)))
    hits = list(_hits(pattern, message.folded_own))
    for hit in hits[max(0, 1 - said) :]:
        yield Fault("apology", message.span(hit))


def personal_data_request(message: Message, about: LintContext) -> Iterator[Fault]:
    """Asks for a name, a number, an address, a card."""
    for hit in _hits(_words("personal_data_request", about), message.folded_own):
        yield Fault("personal_data_request", message.span(hit))


def personal_data_echo(message: Message, about: LintContext) -> Iterator[Fault]:
    """Says something that looks like a contact or payment detail, even as a quote."""
    names = about.guide.names
    keys = ("brand", *(("reference", "shipment_ref") if "reference" in names else ()))
    named = (str(about.context.get(key) or "") for key in keys)
    shipments = references_of(about.context) if "references" in names else ()
    text = message.text
    for value in (*about.own, *named, *shipments):
        text = text.replace(value, " " * len(value)) if value else text
    text = DATE_OR_TIME.sub(lambda match: " " * len(match[0]), text)
    for hit in PERSONAL.finditer(text):
        yield Fault("personal_data_echo", hit[0])


def known(message: Message, about: LintContext) -> Iterator[Fault]:
    """Asks for what we know, or names what no message may name."""
    yield from _asks_for_known(message, about)
    yield from _names_known(message, about)
    for question in (question_of(message.text),) if about.filled else ():
        for field, text in _field_questions(about):
            if question and field in about.filled and is_repeat(question, text, about.language):
                yield Fault("known", question)


def _asks_for_known(message: Message, about: LintContext) -> Iterator[Fault]:
    if about.kind in NAMES_FACTS:
        return
    for key, pattern in ASKS_FOR.get(about.family, {}).items():
        if all(about.context.get(name) is None for name in ALSO_ASKS.get(key, (key,))):
            continue
        for start, end in _questions(message):
            for hit in _hits(pattern, message.folded_own[start:end].strip()):
                yield Fault("known", hit[0])


def _names_known(message: Message, about: LintContext) -> Iterator[Fault]:
    brand = fold(str(about.context.get("brand") or ""))
    for key in NEVER_SAID:
        value = fold(str(about.context.get(key) or "")).strip()
        if len(value) < 3 or value in brand:
            continue
        for hit in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", message.folded_own):
            yield Fault("known", message.span(hit))
    if about.kind not in NAMES_FACTS:
        for key in ("delivered_at", "exception_at", "promised_at"):
            time = re.search(r"T(\d{2}:\d{2})", str(about.context.get(key) or ""))
            if time and time[1] in message.own:
                yield Fault("known", time[1])


def _field_questions(about: LintContext) -> Iterator[tuple[str, str]]:
    for topic in about.guide.topics.values():
        for field, words in topic.field_ask.items():
            yield from ((field, text) for text in words.values())


def repeat(message: Message, about: LintContext) -> Iterator[Fault]:
    """A question that was asked before, or the same words around a quote for the third time."""
    question = question_of(message.text)
    if question is None or about.kind == "playback":
        return
    before = [asked for text in about.earlier if (asked := question_of(text))]
    if any(is_repeat(question, asked, about.language) for asked in before):
        yield Fault("repeat", question)
    elif QUOTED.search(question):
        same = sum(_stem(asked) == _stem(question) for asked in before)
        if same + 1 >= SAME_STEM:
            yield Fault("repeat", question)


def _stem(question: str) -> str:
    return " ".join(re.findall(r"\w+", fold(QUOTED.sub(" ", question))))


def link(message: Message, about: LintContext) -> Iterator[Fault]:
    """A link to a host that the study does not name."""
    for hit in LINK.finditer(message.text):
        host = (hit["url"] or hit["www"] or hit["bare"]).lower().rstrip(".,;:!")
        own = any(host == ours or host.endswith(f".{ours}") for ours in about.links)
        part_of_mail = message.text[: hit.start()].endswith("@")
        if not own and not part_of_mail:
            yield Fault("link", hit[0])


def plain_text(message: Message, about: LintContext) -> Iterator[Fault]:
    """Markup, lists, template braces, emoji."""
    for pattern in (MARKUP, EMOJI):
        for hit in pattern.finditer(message.text):
            yield Fault("plain_text", hit[0])


def language(message: Message, about: LintContext) -> Iterator[Fault]:
    """More words of another language than of the one it should be in."""
    if about.family not in PATTERNS:
        return
    words = re.findall(r"[^\W\d_]+", message.folded_own)
    counts = {name: sum(word in own for word in words) for name, own in FUNCTION_WORDS.items()}
    other = max((name for name in counts if name != about.family), key=lambda name: counts[name])
    if counts[other] >= 2 and counts[other] > counts[about.family] + 1:
        yield Fault("language", other)


def internals(message: Message, about: LintContext) -> Iterator[Fault]:
    """Our instructions, field names, canaries, other accounts."""
    for hit in _hits(_words("internals", about), message.folded_own):
        yield Fault("internals", message.span(hit))
    for hit in FIELD_NAME.finditer(message.text):
        yield Fault("internals", hit[0])
    for secret in about.secrets:
        if secret and fold(secret) in message.folded:
            yield Fault("internals", secret)
    goal = re.findall(r"\w+", fold(about.guide.goal))
    said = re.findall(r"\w+", message.folded_own)
    in_a_row = {tuple(goal[at : at + GOAL_WORDS]) for at in range(len(goal) - GOAL_WORDS + 1)}
    if in_a_row & {tuple(said[at : at + GOAL_WORDS]) for at in range(len(said))}:
        yield Fault("internals", "the goal of the study")


def reserve(message: Message, about: LintContext) -> Iterator[Fault]:
    """B2B: prices, terms, other customers, or what an answer may do for the renewal."""
    if about.guide.audience == "b2b":
        for hit in _hits(_words("reserve", about), message.folded_own):
            yield Fault("reserve", message.span(hit))


RULES: tuple[Callable[[Message, LintContext], Iterator[Fault]], ...] = (
    one_question,
    compound,
    length,
    leading,
    praise,
    promise,
    blame,
    apology,
    personal_data_request,
    personal_data_echo,
    known,
    repeat,
    link,
    plain_text,
    language,
    internals,
    reserve,
)
PLAYBACK_RULES = (one_question, length, personal_data_echo, link, plain_text, internals)

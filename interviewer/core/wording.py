"""The words of the templates: what is said when no model words it, and all that none may word.

Guides hold what is asked (`prompts/guides`), phrases hold everything else, one file per language
(`prompts/phrases`). A text is chosen by what is known: the first wording that was not used in the
interview yet and whose values are all there. Days are said as "Tuesday, 17 November", in an SMS
and as a fact of the record as "17 November": short, never ambiguous, and without the one Spanish
weekday that would turn an SMS to UCS-2.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from interviewer.core.guide import (
    OPTIONAL_PART,
    PLACEHOLDER,
    Audience,
    Channel,
    Context,
    InterviewGuide,
    Moment,
    Part,
    ProbeKind,
    Text,
    Texts,
    references_of,
    required,
)
from interviewer.core.lint import question_of
from interviewer.core.sms_text import fits_sms

Preface = Literal[
    "no_decision",
    "kept_back",
    "kept_back_earlier",
    "automated",
    "who_reads",
    "cannot_answer",
    "corrected",
    "sorry_once",
    "skipped",
    "back_to_topic",
    "acknowledge",
]
CloseReason = Literal[
    "budget",
    "complete",
    "respondent_ended",
    "confirmed",
    "corrected",
    "disputed",
    "unconfirmed",
    "expired",
    "saturated",
    "off_topic",
    "plain",  # of the static form that a simulation compares with
]
MailPart = Literal["subject", "answer", "privacy", "check", "unsubscribe"]
Urgency = Literal["urgent", "same_day"]
Fact = Literal["delivered_at", "photo", "signature", "code"]
Metric = Literal["otif", "nps", "csat"]
Outcome = Literal["confirmed", "refused"]

DAY_KEYS: Mapping[Moment, str] = {
    "Delivered": "delivered_at",
    "ExceptionRaised": "exception_at",
    "ExceptionResolved": "exception_at",
    "ClaimClosed": "claim_closed_at",
    "RenewalDecided": "decided_at",
}
"""The context key of the day that `{day}` says, by the moment a study starts on."""


class Calendar(Part):
    """How a language says a time and, of {weekday}, {day}, {month} or its {number}, a day."""

    weekdays: tuple[Text, Text, Text, Text, Text, Text, Text]  # Monday first
    months: tuple[Text, ...]
    long: Text
    short: Text
    time: Text = "{hour}:{minute}"
    decimal: Text = "."


class Phrases(Part):
    """Everything that is said in one language and is not part of a guide."""

    language: Text
    calendar: Calendar
    metrics: Mapping[Metric, Text]
    facts: Mapping[Fact, Text]
    unnamed_brand: Text  # where no brand is set
    aspect: Mapping[Audience, Text]  # what a probe asks about when nothing better is known
    introduction: Mapping[Audience, Mapping[Channel, Text]]  # for an opener that lacks a value
    probes: Mapping[ProbeKind, Texts]
    prefaces: Mapping[Preface, Text]
    playback: Text
    note: Text  # one line of it: what it is on, and the respondent's own words
    closings: Mapping[CloseReason, Text]
    hand_off: Mapping[Urgency, Text]
    mail: Mapping[MailPart, Text]
    opted_out: Text
    help: Text
    reminder: Text
    late_answer: Text
    offer: Text  # of actions, behind a closing; a choice among them is `choice`
    choice: Text
    action_asked_for: Text
    action_gone: Text
    action_outcome: Mapping[Outcome, Text]
    what_changed: Text  # the first question of a later checkpoint
    looked_at: Text
    welcome_back: Text
    stop_phrases: tuple[Text, ...]  # whole wishes to hear no more; single words are in `opt_out`
    help_words: tuple[Text, ...]


PhraseBook = Mapping[str, Phrases]  # language -> phrases


@dataclass(frozen=True, slots=True)
class Wording:
    """A text to say, and the id of the template that it was made from."""

    text: str
    template: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A template that may be used, before its values are filled in."""

    template: str
    text: str


def phrases_for(phrases: PhraseBook, language: str | None) -> Phrases:
    """The phrases of a language or of its family; English when there are none."""
    wanted = language or "en"
    family = wanted.split("-")[0].lower()
    return next((phrases[own] for own in (wanted, family) if own in phrases), phrases["en"])


def opener(
    guide: InterviewGuide, phrases: PhraseBook, context: Context, language: str, channel: Channel
) -> Wording:
    """The first message: who, why, how long, who reads it, how to stop, and the first question.

    Where the guide's own text needs a value that is not known, the plain introduction is said
    with the question of that text, or with the first topic's when that needs the value too.
    """
    spoken = guide.speaks(language)
    values = known_values(guide, phrases, context, spoken, channel)
    texts = guide.opener[spoken]
    place: Channel = channel if channel in texts else "chat" if "chat" in texts else "sms"
    template = f"{guide.slug}/opener/{spoken}/{place}"
    if required(texts[place]) <= values.keys():
        return Wording(fill(texts[place], values), template)
    introductions = phrases_for(phrases, spoken).introduction[guide.audience]
    text = introductions["sms" if channel == "sms" else "chat"]
    asks = question_of(texts[place])
    if asks and required(asks) <= values.keys():
        asked = Wording(fill(asks, values), template)
    else:
        first = guide.open_topics(context)[0]
        asked = question(guide, phrases, context, spoken, first, channel=channel)
    said = fill(text, {**values, "question": asked.text})
    return Wording(said, f"{asked.template}+phrases/introduction")


def opener_since(
    guide: InterviewGuide, phrases: PhraseBook, context: Context, language: str, channel: Channel
) -> Wording:
    """The first message of a later checkpoint: the plain introduction, and what has changed.

    The context holds the day of the earlier one as `since`.
    """
    spoken = phrases_for(phrases, guide.speaks(language))
    values = known_values(guide, phrases, context, spoken.language, channel)
    asked = fill(spoken.what_changed, values)
    introduction = spoken.introduction[guide.audience]["sms" if channel == "sms" else "chat"]
    text = fill(introduction, {**values, "question": asked})
    return Wording(text, f"phrases/{spoken.language}/what_changed")


def question(
    guide: InterviewGuide,
    phrases: PhraseBook,
    context: Context,
    language: str,
    topic: str,
    *,
    used: Collection[str] = (),
    channel: Channel = "chat",
) -> Wording:
    """The next unused wording of a topic; asked once more, it comes in other words."""
    spoken = guide.speaks(language)
    values = known_values(guide, phrases, context, spoken, channel)
    stem = f"{guide.slug}/topics/{topic}/ask/{spoken}"
    candidates = _numbered(stem, guide.topics[topic].ask[spoken])
    if any(template.startswith(f"{guide.slug}/opener/") for template in used):
        said = guide.opener[spoken].values()
        opened = [c.template for c in candidates if any(c.text in text for text in said)]
        used = {*used, *opened}
    return _choose(candidates, values, used)


def field_question(
    guide: InterviewGuide,
    phrases: PhraseBook,
    context: Context,
    language: str,
    field: str,
    *,
    channel: Channel = "chat",
) -> Wording:
    """The plain question for a coded field: the field's own, else that of the topic it is of.

    Raises:
        KeyError: No topic fills the field.
    """
    spoken = guide.speaks(language)
    values = known_values(guide, phrases, context, spoken, channel)
    topic = next((name for name, t in guide.topics.items() if field in t.field_ask), None)
    if topic is None:
        filling = (name for name, t in guide.topics.items() if field in t.fills)
        topic = next(filling, None)
        if topic is None:
            raise KeyError(field)
        return question(guide, phrases, context, spoken, topic, channel=channel)
    text = guide.topics[topic].field_ask[field][spoken]
    return Wording(fill(text, values), f"{guide.slug}/topics/{topic}/field_ask/{field}/{spoken}")


def since_question(
    guide: InterviewGuide,
    phrases: PhraseBook,
    context: Context,
    language: str,
    topic: str,
    point: str | None,
    *,
    used: Collection[str] = (),
    channel: Channel = "chat",
) -> Wording:
    """The question about a point that the same contact left open last time, or what changed."""
    spoken = guide.speaks(language)
    values = known_values(guide, phrases, context, spoken, channel)
    if point:
        values["point"] = _one_line(point)
    stem = f"{guide.slug}/topics/{topic}/since/{spoken}"
    return _choose(_numbered(stem, guide.topics[topic].since[spoken]), values, used)


def probe(
    guide: InterviewGuide,
    phrases: PhraseBook,
    context: Context,
    language: str,
    kind: ProbeKind,
    topic: str,
    *,
    quote: str | None = None,
    fact: str | None = None,
    used: Collection[str] = (),
    channel: Channel = "chat",
) -> Wording:
    """A probe on the last answer; without the quote or fact that its kind needs, `aspect` is used.

    `fact` is the context key that the answer contradicts: `delivered_at` or `proof`.
    """
    spoken = guide.speaks(language)
    values = known_values(guide, phrases, context, spoken, channel)
    values["aspect"] = aspect_of(guide, phrases, context, spoken, topic)
    if quote:
        values["quote"] = _one_line(quote)
    if fact and (said := say_fact(phrases, context, spoken, fact)):
        values["fact"] = said
    candidates = tuple(_probes(guide, phrases, spoken, kind))
    if not any(required(c.text) <= values.keys() for c in candidates):
        candidates = tuple(_probes(guide, phrases, spoken, "aspect"))
    return _choose(candidates, values, used)


def prefaced(before: Wording, said: Wording, channel: Channel) -> Wording:
    """A preface and a message as one text; in an SMS that has no room for it the preface goes."""
    text = f"{before.text} {said.text}"
    if channel == "sms" and not fits_sms(text, first=False):
        return said
    return Wording(text, said.template)


def playback(phrases: PhraseBook, language: str, notes: Sequence[str]) -> Wording:
    """The summary, read back as plain sentences."""
    spoken = phrases_for(phrases, language)
    lines = " ".join(_sentence(note) for note in notes)
    return Wording(fill(spoken.playback, {"notes": lines}), f"phrases/{spoken.language}/playback")


def preface(phrases: PhraseBook, language: str, name: Preface) -> Wording:
    """The short sentence before a message; never a question."""
    spoken = phrases_for(phrases, language)
    return Wording(spoken.prefaces[name], f"phrases/{spoken.language}/prefaces/{name}")


def closing(phrases: PhraseBook, language: str, reason: CloseReason) -> Wording:
    """The last message; asks nothing."""
    spoken = phrases_for(phrases, language)
    return Wording(spoken.closings[reason], f"phrases/{spoken.language}/closings/{reason}")


def hand_off(
    phrases: PhraseBook, language: str, urgency: Urgency, contact: str | None = None
) -> Wording:
    """Says that a person will read the conversation; no time, no promise, no question."""
    spoken = phrases_for(phrases, language)
    text = fill(spoken.hand_off[urgency], {"contact": _one_line(contact)} if contact else {})
    return Wording(text, f"phrases/{spoken.language}/hand_off/{urgency}")


def opted_out(phrases: PhraseBook, language: str, brand: str | None) -> Wording:
    """The one confirmation of an opt-out."""
    spoken = phrases_for(phrases, language)
    text = fill(spoken.opted_out, {"brand": brand or spoken.unnamed_brand})
    return Wording(text, f"phrases/{spoken.language}/opted_out")


def help_answer(
    phrases: PhraseBook,
    language: str,
    brand: str | None,
    contact: str | None = None,
    check: str | None = None,
) -> Wording:
    """The answer to HELP: who writes, that it is automated, whom to reach, how to stop.

    `check` is the page that says whether a message is ours.
    """
    spoken = phrases_for(phrases, language)
    values = {"brand": brand or spoken.unnamed_brand}
    if contact:
        values["contact"] = contact
    if check:
        values["check"] = check
    return Wording(fill(spoken.help, values), f"phrases/{spoken.language}/help")


def reminder(
    guide: InterviewGuide, phrases: PhraseBook, context: Context, language: str, channel: Channel
) -> str:
    """What reminds of an invitation that nobody answered; it asks nothing new."""
    spoken = phrases_for(phrases, language)
    return fill(spoken.reminder, known_values(guide, phrases, context, language, channel))


def offer(
    phrases: PhraseBook,
    language: str,
    actions: Sequence[tuple[str, str | None]],
    until: str | None,
) -> Wording:
    """What the network can do still: to be asked for by a number, or on a page of its own.

    `actions` are names as the transport system gave them, each with its link where it has one.
    """
    spoken = phrases_for(phrases, language)
    choices = [
        fill(spoken.choice, {"number": str(number), "label": label})
        if link is None
        else f"{label}: {link}"
        for number, (label, link) in enumerate(actions, 1)
    ]
    values = {"choices": ", ".join(choices), **({"until": until} if until else {})}
    return Wording(fill(spoken.offer, values), f"phrases/{spoken.language}/offer")


def action_asked_for(phrases: PhraseBook, language: str, label: str | None) -> Wording:
    """That an action was asked for, never that it will be done; None: it cannot be any more."""
    spoken = phrases_for(phrases, language)
    if label is None:
        return Wording(spoken.action_gone, f"phrases/{spoken.language}/action_gone")
    text = fill(spoken.action_asked_for, {"label": label})
    return Wording(text, f"phrases/{spoken.language}/action_asked_for")


def action_outcome(
    phrases: PhraseBook,
    language: str,
    *,
    brand: str | None,
    is_confirmed: bool,
    label: str,
    text: str | None,
) -> Wording:
    """What the network said to an action; `text` is what it adds."""
    spoken = phrases_for(phrases, language)
    outcome: Outcome = "confirmed" if is_confirmed else "refused"
    values = {"brand": brand or spoken.unnamed_brand, "label": label}
    if text:
        values["text"] = _one_line(text)
    said = fill(spoken.action_outcome[outcome], values)
    return Wording(said, f"phrases/{spoken.language}/action_outcome/{outcome}")


def late_answer(phrases: PhraseBook, language: str) -> Wording:
    """The one thank-you for an answer that came after the end."""
    spoken = phrases_for(phrases, language)
    return Wording(spoken.late_answer, f"phrases/{spoken.language}/late_answer")


def welcome_back(
    guide: InterviewGuide,
    phrases: PhraseBook,
    context: Context,
    language: str,
    topic: str,
    question: str,
) -> Wording:
    """For who returns: the part that was stopped at, and the open question."""
    spoken = phrases_for(phrases, guide.speaks(language))
    part = aspect_of(guide, phrases, context, spoken.language, topic)
    text = fill(spoken.welcome_back, {"part": part, "question": question})
    return Wording(text, f"phrases/{spoken.language}/welcome_back")


def looked_at(phrases: PhraseBook, language: str, what: str) -> Wording:
    """The question what became of something that the account team said it would look at."""
    spoken = phrases_for(phrases, language)
    text = fill(spoken.looked_at, {"what": _one_line(what).replace('"', "'")})
    return Wording(text, f"phrases/{spoken.language}/looked_at")


def say_fact(phrases: PhraseBook, context: Context, language: str, key: str) -> str | None:
    """What the record holds under a context key, as words for {fact}; None when it holds nothing.

    A time of day is said only where it is the respondent's own: a UTC time names the day alone.
    """
    spoken = phrases_for(phrases, language)
    values = {}
    if day := say_day(spoken, context.get("delivered_at"), short=True):
        values["day"] = day
    if time := _say_time(spoken, context.get("delivered_at")):
        values["time"] = time
    facts = {str(name): text for name, text in spoken.facts.items()}
    text = facts.get(str(context.get("proof")) if key == "proof" else key)
    return fill(text, values) if text and required(text) <= values.keys() else None


def say_day(phrases: Phrases, value: object, *, short: bool) -> str | None:
    """A day in words; None when the value is no ISO 8601 date or time."""
    day = _as_date(value)
    if day is None:
        return None
    calendar = phrases.calendar
    parts = {
        "weekday": calendar.weekdays[day.weekday()],
        "day": str(day.day),
        "month": calendar.months[day.month - 1],
        "number": f"{day.month:02d}",
    }
    return fill(calendar.short if short else calendar.long, parts)


def say_time(phrases: PhraseBook, language: str, local: datetime) -> str:
    """A day and a time on the clock that `local` is on."""
    spoken = phrases_for(phrases, language)
    day = say_day(spoken, local.isoformat(), short=True)
    parts = {"hour": f"{local:%H}", "minute": f"{local:%M}"}
    return f"{day}, {fill(spoken.calendar.time, parts)}"


def known_values(
    guide: InterviewGuide, phrases: PhraseBook, context: Context, language: str, channel: Channel
) -> dict[str, str]:
    """What each placeholder stands for in this interview; what is not known is not in it."""
    spoken = phrases_for(phrases, language)
    variant = guide.variant(context)
    day_key = next((DAY_KEYS[m] for m in guide.moments if m in DAY_KEYS), "delivered_at")
    short = channel == "sms"
    said = {
        "brand": _one_line(context.get("brand")) or spoken.unnamed_brand,
        "event": variant.event.get(language) if variant else None,
        "day": say_day(spoken, context.get(day_key), short=short),
        "option": guide.options.get(str(context.get("option_chosen")), {}).get(language),
        "renewal_date": say_day(spoken, context.get("renewal_date"), short=short),
        "review_date": say_day(spoken, context.get("review_date"), short=short),
        "since": say_day(spoken, context.get("since"), short=short),
        "metric": {str(k): v for k, v in spoken.metrics.items()}.get(str(context.get("metric"))),
        "reference": _one_line(context.get("reference") or context.get("shipment_ref")),
    }
    for key in ("account_name", "contact_name", "period"):
        said[key] = _one_line(context.get(key))
    for key in ("value", "value_before", "exception_count"):
        said[key] = _say_number(spoken, context.get(key))
    said["references"] = ", ".join(references_of(context))
    return {name: text for name, text in said.items() if text}


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its values; an optional part goes when one of its values is missing.

    Raises:
        KeyError: A value outside the optional parts is missing.
    """

    def part(match: re.Match[str]) -> str:
        inner = match[0][1:-1]
        return inner if set(PLACEHOLDER.findall(inner)) <= values.keys() else ""

    return PLACEHOLDER.sub(lambda match: values[match[1]], OPTIONAL_PART.sub(part, text))


def _numbered(stem: str, texts: Sequence[str]) -> tuple[Candidate, ...]:
    return tuple(Candidate(f"{stem}/{place}", text) for place, text in enumerate(texts))


def _probes(
    guide: InterviewGuide, phrases: PhraseBook, language: str, kind: ProbeKind
) -> Iterator[Candidate]:
    """The study's own probes first, then those of the language."""
    own = guide.probes.get(language, {}).get(kind, ())
    yield from _numbered(f"{guide.slug}/probes/{language}/{kind}", own)
    spoken = phrases_for(phrases, language)
    yield from _numbered(f"phrases/{spoken.language}/probes/{kind}", spoken.probes[kind])


def _choose(
    candidates: Sequence[Candidate], values: Mapping[str, str], used: Collection[str]
) -> Wording:
    """The first fresh one whose values are known; the last one when all were used."""
    usable = [c for c in candidates if required(c.text) <= values.keys()]
    fresh = [c for c in usable if c.template not in used]
    chosen = (fresh or usable[-1:])[0]
    return Wording(fill(chosen.text, values), chosen.template)


def aspect_of(
    guide: InterviewGuide, phrases: PhraseBook, context: Context, language: str, topic: str
) -> str:
    """What to name when there are no words to quote: the topic's, the variant's, the audience's."""
    if words := guide.topics[topic].aspect.get(language):
        return words
    variant = guide.variant(context)
    words = variant.aspect.get(language) if variant else None
    return words or phrases_for(phrases, language).aspect[guide.audience]


def _one_line(value: object) -> str:
    """A value from outside as one line of plain text."""
    return " ".join(str(value).split()) if value is not None else ""


def _sentence(note: str) -> str:
    """A note as a sentence that asks nothing: the one question is whether the notes are right."""
    text = _one_line(note).replace("?", "").replace("¿", "").rstrip(" .,;:!")
    return f"{text}."


def _as_datetime(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None


def _as_date(value: object) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    moment = _as_datetime(value)
    return moment.date() if moment else None


def _say_time(phrases: Phrases, value: object) -> str | None:
    moment = _as_datetime(value)
    if moment is None or (isinstance(value, str) and len(value) <= len("2026-11-14")):
        return None
    if moment.utcoffset() == timedelta(0):
        return None
    parts = {"hour": f"{moment:%H}", "minute": f"{moment:%M}"}
    return fill(phrases.calendar.time, parts)


def _say_number(phrases: Phrases, value: object) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(str(value))
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return f"{number:.10g}".replace(".", phrases.calendar.decimal)

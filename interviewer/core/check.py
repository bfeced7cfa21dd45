"""Whether a study file is a usable interview guide, and everything that is wrong when it is not."""

import difflib
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import combinations

from pydantic import ValidationError

from interviewer.core.errors import InvalidGuide, Problem
from interviewer.core.guide import (
    NAMEABLE,
    OPTIONAL_PART,
    PLACEHOLDER,
    PROBE_PLACEHOLDERS,
    Budget,
    Channel,
    Context,
    Field,
    InterviewGuide,
    Part,
    Sample,
    Topic,
    Variant,
    required,
)
from interviewer.core.lint import Kind, LintContext, Rule, is_repeat, lint, question_of
from interviewer.core.sms_text import sms_size
from interviewer.core.vocabulary import EXCEPTIONS
from interviewer.core.wording import (
    DAY_KEYS,
    PhraseBook,
    fill,
    known_values,
    opener,
    phrases_for,
    probe,
    say_day,
    say_fact,
)

TOPICS_PER_QUESTION = 3  # of an interview; with more, most of its topics are never asked
PLAYBACK_FIELD = "rating"  # filled by the answer to the playback, not by a topic
LONGEST: Context = {
    "brand": "Example Parcel and Freight Line",
    "account_name": "Example Industrial Components Ltd.",
    "contact_name": "Maximiliana Example-Montgomery",
    "reference": "PO 4500128837-001",
    "period": "2026-W42",
    "metric": "otif",
    "value": 90.25,
    "value_before": 97.25,
    "exception_count": 12,
    "exceptions": [
        {"shipment_ref": "PO 4500128837-001"},
        {"shipment_ref": "PO 4500128837-002"},
    ],
    "proof": "signature",
}
"""The longest values that a message is expected to hold; days are added per language."""
LONGEST_QUOTE = "something about the delivery window here"  # six words
YEAR = 2026

MEND: Mapping[Rule, str] = {
    "one_question": "ask one question and leave the other out",
    "compound": "ask one thing; make the other a wording or topic of its own",
    "length": "make it shorter; the longest values of the context have to fit as well",
    "leading": "ask what happened, without a cause, feeling or verdict",
    "praise": "leave the comment on the answer out",
    "promise": "leave out what sounds like a refund, a date or a promise",
    "blame": "say nobody's fault, ours included",
    "apology": "leave the apology out",
    "personal_data_request": "do not ask who or where they are",
    "personal_data_echo": "leave the contact or payment detail out",
    "known": "do not ask for what the context holds",
    "repeat": "ask for something else, or in other words",
    "link": "leave the link out",
    "plain_text": "plain words: no markup, list, braces or emoji",
    "language": "word it in the language it stands under",
    "internals": "leave out the goal, field names and how it works",
    "reserve": "say nothing of prices, terms, discounts or other customers",
}
"""What to do about a wording that breaks a rule."""

Path = tuple[str | int, ...]
Lines = Mapping[Path, int]  # where each key of the file stands; empty for a guide without a file
Found = Iterator[tuple[Path, str]]


def parse_guide(data: object, lines: Lines | None = None) -> InterviewGuide:
    """The guide that this mapping describes.

    Raises:
        InvalidGuide: With every problem, each with its line where `lines` knows it.
    """
    lines = lines or {}
    try:
        guide = InterviewGuide.model_validate(data)
    except ValidationError as error:
        problems = [
            _problem(_file_path(e["loc"]), _message(e["loc"], e["type"], e["msg"]), lines)
            for e in error.errors(include_url=False, include_context=False)
        ]
        raise InvalidGuide(list(dict.fromkeys(problems))) from None
    if problems := [_problem(path, message, lines) for path, message in _contradictions(guide)]:
        raise InvalidGuide(problems)
    return guide


def check(
    guide: InterviewGuide, phrases: PhraseBook, lines: Lines | None = None
) -> tuple[Problem, ...]:
    """Every fault of every wording, per language, channel and variant, with the longest values."""
    found = (
        *_faults(guide, phrases),
        *_repeats(guide),
        *_incomplete_openers(guide),
        *_beyond_the_budget(guide),
        *_never_asked(guide),
    )
    return tuple(_problem(path, message, lines or {}) for path, message in found)


def _faults(guide: InterviewGuide, phrases: PhraseBook) -> Found:
    """Each rule that a wording breaks, once, with the first text that breaks it."""
    told: set[tuple[Path, str]] = set()
    for path, rule, message in _every_fault(guide, phrases):
        if (path, rule) not in told:
            told.add((path, rule))
            yield path, message


def _every_fault(guide: InterviewGuide, phrases: PhraseBook) -> Iterator[tuple[Path, str, str]]:
    for language in guide.languages:
        for channel in guide.channels:
            for context in _contexts(guide, phrases, language, channel):
                for path, kind, text in _sayings(guide, phrases, language, channel, context):
                    about = LintContext(guide, channel, language, kind, context)
                    for fault in lint(text, about):
                        where = f"{fault.rule} ({channel})"
                        message = f"{where}: {fault.span!r} in {text!r}; {MEND[fault.rule]}"
                        yield path, fault.rule, message


def _contexts(
    guide: InterviewGuide, phrases: PhraseBook, language: str, channel: Channel
) -> Iterator[Context]:
    """The longest values under every variant and option, and an interview that knows nothing."""
    yield {}
    days = [date(YEAR, month, day) for month in range(1, 13) for day in range(22, 29)]

    def size(day: date) -> tuple[bool, int]:
        said = say_day(phrases_for(phrases, language), day, short=channel == "sms") or ""
        return sms_size(said).encoding == "UCS-2", len(said)

    longest = max(days, key=size).isoformat()
    keys = (*DAY_KEYS.values(), "renewal_date", "review_date", "since", "resolved_at")
    known = {**LONGEST, **{key: longest for key in keys}}
    yield from ({**known, **event} for event in _kinds_of_event(guide))
    yield from ({**known, "option_chosen": option} for option in guide.options)


def _sayings(
    guide: InterviewGuide,
    phrases: PhraseBook,
    language: str,
    channel: Channel,
    context: Context,
) -> Iterator[tuple[Path, Kind, str]]:
    """Every message that an interview with this context could hold."""
    first = opener(guide, phrases, context, language, channel)
    yield ("opener", language, channel), "opener", first.text
    values = known_values(guide, phrases, context, language, channel)
    values |= {"quote": LONGEST_QUOTE, "point": LONGEST_QUOTE}
    for path, text in texts(guide):
        if path[0] == "opener" or language not in path or not required(text) <= values.keys():
            continue
        kind: Kind = "since" if "since" in path else "probe" if path[0] == "probes" else "question"
        yield path, kind, fill(text, values)
    for name in guide.open_topics(context):
        said = probe(guide, phrases, context, language, "aspect", name, channel=channel)
        yield ("topics", name, "aspect", language), "probe", said.text
    if fact := say_fact(phrases, context, language, "delivered_at"):
        for place, text in enumerate(guide.probes.get(language, {}).get("contradiction", ())):
            path = ("probes", language, "contradiction", place)
            yield path, "contradiction", fill(text, {**values, "fact": fact})


def _repeats(guide: InterviewGuide) -> Found:
    """Wordings that one interview could hold and that ask the same."""
    for language in guide.languages:
        asked = [
            (path, text)
            for path, text in texts(guide)
            if language in path and (path[0] == "topics" and path[2] != "since")
        ]
        for (_, one), (path, other) in combinations(asked, 2):
            if is_repeat(one, other, language):
                yield path, f"repeat: asks the same as {one!r}; {MEND['repeat']}"
        for channel, text in guide.opener.get(language, {}).items():
            question = question_of(text) or ""
            for path, other in asked:
                if question not in other and is_repeat(question, other, language):
                    yield path, f"repeat: asks the same as the {channel} opener, {question!r}"


def _incomplete_openers(guide: InterviewGuide) -> Found:
    for language, by_channel in guide.opener.items():
        for channel, text in by_channel.items():
            if "brand" not in required(text):
                yield ("opener", language, channel), "must say who writes: {brand}"
            if channel == "sms" and "STOP" not in text:
                yield ("opener", language, channel), "must say how to opt out: STOP"


def _beyond_the_budget(guide: InterviewGuide) -> Found:
    """More topics than the questions can reach."""
    questions = guide.budget.questions
    for context in _kinds_of_event(guide):
        musts, topics = guide.must_topics(context), guide.open_topics(context)
        if guide.budget.probes_in_a_row and len(musts) == questions > 1:
            yield (
                ("budget", "questions"),
                f"{questions} questions for {len(musts)} must topics leave none for a probe",
            )
            return
        if len(topics) > TOPICS_PER_QUESTION * questions:
            yield (
                ("topics",),
                f"{len(topics)} topics for {questions} questions: most are never asked",
            )
            return


def _never_asked(guide: InterviewGuide) -> Found:
    """Optional topics that no interview comes to, as no variant has them in its `then`."""
    events = _kinds_of_event(guide)
    if not all(_orders_its_topics(guide, context) for context in events):
        return
    named = {topic for variant in guide.variants.values() for topic in variant.then}
    for name, topic in guide.topics.items():
        if not topic.must and name not in named:
            yield ("topics", name), "is never asked: no variant has it in `then`"


def _orders_its_topics(guide: InterviewGuide, context: Context) -> bool:
    variant = guide.variant(context)
    return variant is not None and bool(variant.then)


def _kinds_of_event(guide: InterviewGuide) -> list[Context]:
    """No code, and one exception code for each variant of the guide."""
    codes = {exception.guide: code for code, exception in EXCEPTIONS.items()}
    own = [codes[variant] for variant in guide.variants if variant in codes]
    return [{}, *({"exception_code": code} for code in own)]


def texts(guide: InterviewGuide) -> Found:
    """Every wording of the guide with its path; words for one placeholder are not among them."""
    for language, by_channel in guide.opener.items():
        for channel, text in by_channel.items():
            yield ("opener", language, channel), text
    for name, topic in guide.topics.items():
        yield from _topic_texts(name, topic)
    for language, kinds in guide.probes.items():
        for kind, several in kinds.items():
            for place, text in enumerate(several):
                yield ("probes", language, kind, place), text


def _topic_texts(name: str, topic: Topic) -> Found:
    for kind, wordings in (("ask", topic.ask), ("since", topic.since)):
        for language, several in wordings.items():
            for place, text in enumerate(several):
                yield ("topics", name, kind, language, place), text
    for field, words in topic.field_ask.items():
        for language, text in words.items():
            yield ("topics", name, "field_ask", field, language), text


def _problem(path: Path, message: str, lines: Lines) -> Problem:
    """A problem with the line of the nearest key above it that the file has."""
    known = (path[:depth] for depth in range(len(path), 0, -1))
    line = next((lines[part] for part in known if part in lines), lines.get(()))
    return Problem(".".join(str(part) for part in path) or "file", message, line)


def _file_path(loc: Path) -> Path:
    """A pydantic location as the path in the file: without the names of our own wrapping."""
    return tuple(part for part in loc if part not in ("words", "[key]"))


def _message(loc: Path, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        known = _known_keys(loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.5)
        return f"unknown key; did you mean {near[0]!r}?" if near else "unknown key"
    if kind == "missing":
        return "is missing"
    return message.removeprefix("Value error, ")


def _known_keys(parent: Path) -> tuple[str, ...]:
    parts: dict[tuple[str, int], type[Part]] = {
        ("budget", 1): Budget,
        ("sample", 1): Sample,
        ("fields", 2): Field,
        ("topics", 2): Topic,
        ("variants", 2): Variant,
    }
    part = parts.get((str(parent[0]), len(parent))) if parent else InterviewGuide
    return tuple(part.model_fields) if part else ()


def _contradictions(guide: InterviewGuide) -> Found:
    yield from _undeclared_names(guide)
    yield from _unknown_references(guide)
    yield from _missing_wordings(guide)
    musts = [name for name, topic in guide.topics.items() if topic.must]
    if len(musts) > guide.budget.questions:
        yield (
            ("budget", "questions"),
            f"{guide.budget.questions} questions cannot cover {len(musts)} must topics",
        )


def _undeclared_names(guide: InterviewGuide) -> Found:
    for place, name in enumerate(guide.names):
        if name not in NAMEABLE:
            known = ", ".join(sorted(NAMEABLE))
            yield ("names", place), f"{name!r} may not be said to a respondent; may be: {known}"
    for path, text in texts(guide):
        allowed = {*guide.names, *(PROBE_PLACEHOLDERS if path[0] == "probes" else ())}
        for name in PLACEHOLDER.findall(text):
            if name not in allowed:
                yield path, f"placeholder {{{name}}} is not in names"
        parts = OPTIONAL_PART.findall(text)
        if any(not PLACEHOLDER.search(part) for part in parts):
            yield path, "a part in square brackets needs a placeholder that may be missing"
        if set("{}[]") & set(PLACEHOLDER.sub("", OPTIONAL_PART.sub("", text))):
            yield path, "a brace or bracket without its partner"


def _unknown_references(guide: InterviewGuide) -> Found:
    for name, topic in guide.topics.items():
        for key, message in _unknown_in_topic(guide, topic):
            yield ("topics", name, *key), message
    filled = {field for topic in guide.topics.values() for field in topic.fills}
    if guide.budget.playback:
        filled.add(PLAYBACK_FIELD)
    for field in guide.fields:
        if field not in filled:
            yield ("fields", field), "no topic fills this field"
    for variant_name, variant in guide.variants.items():
        for topic_name in variant.then:
            if topic_name not in guide.topics:
                yield ("variants", variant_name, "then"), f"{topic_name!r} is no topic"


def _unknown_in_topic(guide: InterviewGuide, topic: Topic) -> Found:
    for field in topic.fills:
        if field not in guide.fields:
            yield ("fills",), f"{field!r} is not in fields"
    for field in topic.field_ask:
        if field not in topic.fills:
            yield ("field_ask", field), "is asked here, and is not in fills"
    if topic.instead_of and topic.instead_of not in guide.topics:
        yield ("instead_of",), f"{topic.instead_of!r} is no topic"
    if topic.instead_of and not topic.roles:
        yield ("instead_of",), "needs `roles`: those for whom it takes the place"


def _missing_wordings(guide: InterviewGuide) -> Found:
    for language in guide.languages:
        for path, wordings in _translated(guide):
            if not wordings.get(language):
                yield path, f"has no wording in {language!r}"


def _translated(guide: InterviewGuide) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """Everything that every declared language needs."""
    yield ("opener",), guide.opener
    for name, topic in guide.topics.items():
        yield ("topics", name, "ask"), topic.ask
        for key, wordings in (("since", topic.since), ("aspect", topic.aspect)):
            if wordings:
                yield ("topics", name, key), wordings
        for field, words in topic.field_ask.items():
            yield ("topics", name, "field_ask", field), words
    for field_name, coded in guide.fields.items():
        if coded.label or (guide.budget.playback == "fields" and field_name != PLAYBACK_FIELD):
            yield ("fields", field_name, "label"), coded.label
    for option, words in guide.options.items():
        yield ("options", option), words
    for variant_name, variant in guide.variants.items():
        yield ("variants", variant_name, "event"), variant.event
        yield ("variants", variant_name, "aspect"), variant.aspect

"""What a study wants to learn, and its limits: the interview guide.

A guide is a YAML file (`prompts/guides/*.yaml`); this module knows its form, not its file, and
`interviewer.core.check` says everything that is wrong with one. Texts hold placeholders in braces
(`{brand}`); a part in square brackets is left out when one of its placeholders has no value:
`about {event}[ of {day}]`.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)
from pydantic import Field as Limited

from interviewer.core.book import ContactRole, Metric, RenewalSignal
from interviewer.core.vocabulary import EXCEPTIONS, ExceptionCode, GuideVariant

Context = Mapping[str, Any]

Audience = Literal["recipient", "b2b"]
Channel = Literal["sms", "chat", "email"]
ProbeKind = Literal[
    "incident", "aspect", "consequence", "instance", "frequency", "contradiction", "scale_word"
]
Moment = Literal[
    "Delivered",
    "ExceptionRaised",
    "ExceptionResolved",
    "ClaimClosed",
    "RenewalDue",
    "ReviewDue",
    "ScoreDropped",
    "AccountDisrupted",
    "RenewalDecided",
]

NO_COMMERCE: frozenset[ContactRole] = frozenset(("operations", "warehouse"))
"""Roles that commercial topics are never asked of."""

NAMEABLE = frozenset(
    (
        "brand",
        "event",
        "day",
        "option",
        "fact",
        "reference",
        "account_name",
        "contact_name",
        "renewal_date",
        "review_date",
        "period",
        "metric",
        "value",
        "value_before",
        "exception_count",
        "references",
        "since",
        "point",
    )
)
"""What a guide may put in `names`: all that a message may say of what is known."""

REFERENCES = 2  # shipments that a message names
PROBE_PLACEHOLDERS = frozenset(("quote", "aspect"))
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
OPTIONAL_PART = re.compile(r"\[[^\[\]]*\]")
DURATION = re.compile(r"(\d+)\s*([mhd])")


def _as_duration(value: object) -> object:
    """`48h`, `14d` or `30m`; anything else is left to pydantic."""
    match = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        return value
    unit = {"m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})


def _as_list(value: object) -> object:
    """A single text stands for a list of one."""
    return (value,) if isinstance(value, str) else value


Layout = Literal["chat", "plain"]
Duration = Annotated[timedelta, BeforeValidator(_as_duration), Limited(gt=timedelta())]
Language = Annotated[str, Limited(pattern=r"^[a-z]{2}(-[A-Za-z0-9]{2,8})?$")]
Name = Annotated[str, Limited(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Limited(min_length=1, max_length=1000)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]
Words = Mapping[Language, Text]  # language -> words
Known = str | int | float | bool
Wordings = Mapping[Language, Texts]  # language -> the first wording, then the same in other words


class Part(BaseModel):
    """An immutable part of a guide; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Budget(Part):
    """Hard limits; the core keeps them whatever is said.

    `questions` counts the opener and the probes, not the playback. A playback reads back what was
    told; with `fields` it reads back the coded answers, each with its label.
    """

    questions: PositiveInt
    probes_in_a_row: NonNegativeInt
    playback: bool | Literal["fields"] = False


class Sample(Part):
    """Share of moments that earn an interview, by severity of the exception.

    One that is not named: 0.25 of severity 1, all of the others.
    """

    severity: Mapping[
        Annotated[int, Limited(ge=1, le=3)], Annotated[float, Limited(ge=0, le=1)]
    ] = {}


class Field(Part):
    """A coded answer.

    `of` lists the values of a choice, or maps each value to the words that mean it, by language:
    the first of them stand on its button, where all values have some without a `*`;
    a `yes_no` field may give such words for "yes" and "no". `signal` is the renewal-risk signal
    that the values in `asserts` prove and those in `denies` rule out (a range for a scale).
    `label` names the answer where a playback reads back fields.
    """

    type: Literal["yes_no", "number", "choice", "scale", "date", "text"]
    of: Mapping[str, Wordings] = {}
    min: int | None = None
    max: int | None = None
    label: Words = {}
    signal: RenewalSignal | None = None
    asserts: tuple[str | int, ...] = ()
    denies: tuple[str | int, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _list_of_values(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        listed = [data.get(key) or () for key in ("of", "asserts", "denies")]
        if any(isinstance(v, bool) for several in listed for v in several):
            raise ValueError('put "yes" and "no" in quotes; YAML reads them as true and false')
        if isinstance(data.get("of"), list | tuple):
            return {**data, "of": {value: {} for value in data["of"]}}
        return data

    @model_validator(mode="after")
    def _fits_its_type(self) -> "Field":
        if self.type == "choice" and not self.of:
            raise ValueError("a choice needs `of`, the list of its values")
        if self.type == "yes_no" and not set(self.of) <= {"yes", "no"}:
            raise ValueError('the values of a yes_no field are "yes" and "no", in quotes')
        if self.of and self.type not in ("choice", "yes_no"):
            raise ValueError(f"`of` is for choice and yes_no, not for {self.type}")
        if self.type == "scale" and (self.min is None or self.max is None or self.min >= self.max):
            raise ValueError("a scale needs `min` below `max`")
        if (self.asserts or self.denies) and not self.signal:
            raise ValueError("`asserts` and `denies` need the `signal` that they speak for")
        if wrong := [v for v in (*self.asserts, *self.denies) if not self.accepts(v)]:
            raise ValueError(f"{wrong[0]!r} is no value of this field")
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """The values an answer may have; empty where any value of the type will do."""
        return ("yes", "no") if self.type == "yes_no" else tuple(self.of)

    def accepts(self, value: object) -> bool:
        """Whether `value` is one this field can hold: a scale and a number want a number."""
        if self.values:
            return value in self.values
        if self.type in ("scale", "number"):
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            low = self.min is None or value >= self.min
            return low and (self.max is None or value <= self.max)
        return isinstance(value, str) and bool(value.strip())


class Aspect(Part):
    """Words that show what an answer is about; the offline reader's lexicon.

    A word matches whole, in any case and without accents; several words match in a row, and a
    final `*` matches any ending (`wait*`: waiting, waited). `case` opens a case of that kind.
    """

    case: str | None = None
    words: Wordings

    @model_validator(mode="before")
    @classmethod
    def _languages_beside_case(cls, data: object) -> object:
        if isinstance(data, Mapping) and "words" not in data:
            words = {key: value for key, value in data.items() if key != "case"}
            return {"case": data.get("case"), "words": words}
        return data


class Topic(Part):
    """Something the study wants to learn.

    `needs` and `moot` drop it by context, `moot` also by a coded answer (one value, or any of a
    list), `roles` by who answers; `instead_of` names the topic
    whose place, and must, it takes for its roles. `field_ask` holds the plain question for a
    coded field that the answers left open. `aspect` is what a probe asks about when there are no
    words to quote; without it the words of the variant are used.
    """

    must: bool = False
    needs: tuple[Name, ...] = ()
    moot: Mapping[Name, Known | tuple[Known, ...]] = {}
    roles: tuple[ContactRole, ...] = ()
    instead_of: Name | None = None
    consequence: bool = False
    fills: tuple[Name, ...] = ()
    ask: Wordings
    since: Wordings = {}
    field_ask: Mapping[Name, Words] = {}
    aspects: Mapping[Name, Aspect] = {}
    aspect: Words = {}

    @property
    def commercial(self) -> bool:
        """Whether it is kept from those who do not decide on the business."""
        return bool(self.roles) and not NO_COMMERCE & set(self.roles)


class Variant(Part):
    """The words for one kind of event, and the optional topics in the order they are asked."""

    event: Words
    aspect: Words
    then: tuple[Name, ...] = ()


class Outreach(Part):
    """How the study writes to people; what is not named is not limited.

    `quota` counts invitations of the whole study, `per_day` those of a local day. With
    `remind_after` who has not answered by then is reminded once. With `sms_link` an SMS may carry
    a link: the first one to the page, where it has room for it.
    """

    quota: PositiveInt | None = None
    per_day: PositiveInt | None = None
    skip_holidays: bool = False
    remind_after: Duration | None = None
    sms_link: bool = False


class Code(Part):
    """One theme that a study looks for before others are discovered; `examples` are statements."""

    name: Text
    description: str = ""
    examples: tuple[Text, ...] = ()


class InterviewGuide(Part):
    """A whole study: ordered topics, limits, and every wording of its own.

    `layout` is how the page looks: a chat, one plain question at a time, or half of the interviews
    each, to compare. `photos` is how many pictures a respondent may add. `roles` are the contacts
    of an account that are asked; none means all. `falls` is the fall of a score that counts, in
    points of its own scale, in place of the usual one. What happened longer ago than `stale_after`
    when it is first seen is history (5 days where recipients are asked, 30 for accounts). `frame`
    is the study's own code frame.
    """

    slug: Annotated[str, Limited(pattern=r"^[a-z][a-z0-9-]{1,60}$")]
    title: Text
    goal: Text
    audience: Audience
    moments: tuple[Moment, ...] = ()
    sample: Sample = Sample()
    roles: tuple[ContactRole, ...] = ()
    falls: Mapping[Metric, Annotated[float, Limited(gt=0)]] = {}
    channels: Annotated[tuple[Channel, ...], Limited(min_length=1)] = ("chat",)
    languages: Annotated[tuple[Language, ...], Limited(min_length=1)]
    expires: Duration
    stale_after: Duration | None = None
    outreach: Outreach = Outreach()
    budget: Budget
    layout: Layout | Literal["compare"] = "chat"
    photos: Annotated[int, Limited(ge=0, le=10)] = 0
    names: tuple[str, ...] = ()
    fields: Mapping[Name, Field] = {}
    frame: tuple[Code, ...] = ()
    topics: Annotated[Mapping[Name, Topic], Limited(min_length=1)]
    opener: Mapping[Language, Mapping[Channel, Text]]
    options: Mapping[Name, Words] = {}
    probes: Mapping[Language, Mapping[ProbeKind, Texts]] = {}
    variants: Mapping[GuideVariant, Variant] = {}

    def layout_of(self, interview_id: str) -> Layout:
        """How the page of this interview looks; a comparison draws by the hash of its id."""
        if self.layout != "compare":
            return self.layout
        return "plain" if hashlib.sha256(interview_id.encode()).digest()[0] % 2 else "chat"

    def speaks(self, language: str | None) -> str:
        """The declared language nearest to the one wanted; the first one when none is near."""
        wanted = (language or "").replace("_", "-")
        family = wanted.split("-")[0].lower()
        for own in (wanted, family):
            if own in self.languages:
                return own
        return next(
            (own for own in self.languages if own.startswith(family + "-")), self.languages[0]
        )

    def variant(self, context: Context) -> Variant | None:
        """The words for what happened: by exception code, else by whether the delivery was late.

        A code that is unknown or has no variant here takes `generic_exception`.
        """
        code = context.get("exception_code")
        known = EXCEPTIONS.get(cast(ExceptionCode, code)) if isinstance(code, str) else None
        if known:
            wanted: tuple[str, ...] = (known.guide, "generic_exception")
        elif code:
            wanted = ("generic_exception",)
        elif context.get("late") is True:
            wanted = ("late_delivery", "delivered_ok", "generic_exception")
        else:
            wanted = ("delivered_ok", "renewal_b2b", "generic_exception")
        named = {str(name): variant for name, variant in self.variants.items()}
        return next((named[name] for name in wanted if name in named), None)

    def open_topics(self, context: Context) -> tuple[str, ...]:
        """The topics that an interview with this context starts with, in the order asked.

        In the order of the guide; where the variant has an order of its own (`then`), the must
        topics come first, then exactly the optional topics it names. What is not in the context,
        or null there, is unknown: a topic that needs it is dropped, a topic it would make moot
        is asked.
        """
        role = _role(context)
        fitting = [name for name, topic in self.topics.items() if self._fits(topic, context, role)]
        replaced = self._replaced(role, fitting)
        order = list(dict.fromkeys(replaced.get(name, name) for name in self.topics))
        order = [name for name in order if name in fitting]
        variant = self.variant(context)
        if variant is None or not variant.then:
            return tuple(order)
        musts = self._musts(order, replaced)
        return (*musts, *(name for name in variant.then if name in order and name not in musts))

    def must_topics(self, context: Context) -> tuple[str, ...]:
        """Those of `open_topics` that every interview with this context should cover."""
        names = self.open_topics(context)
        return self._musts(names, self._replaced(_role(context), names))

    def _replaced(self, role: str | None, names: Sequence[str]) -> dict[str, str]:
        """Topic -> the one of `names` that takes its place for this role."""
        topics = ((name, self.topics[name]) for name in names)
        return {t.instead_of: name for name, t in topics if t.instead_of and role in t.roles}

    def _musts(self, names: Sequence[str], replaced: Mapping[str, str]) -> tuple[str, ...]:
        inherited = {new for old, new in replaced.items() if self.topics[old].must}
        return tuple(name for name in names if self.topics[name].must or name in inherited)

    def _fits(self, topic: Topic, context: Context, role: str | None) -> bool:
        if role and topic.roles and role not in topic.roles:
            return False
        if any(context.get(key) is None for key in topic.needs):
            return False
        if self.is_moot(topic, context):
            return False
        return self._can_name_option(topic, context)

    def is_moot(self, topic: Topic, known: Context) -> bool:
        """Whether context or coded answers make the topic pointless; unknown is not moot."""
        return bool(topic.moot) and all(
            any(_same(known.get(key), value) for value in _several(values))
            for key, values in topic.moot.items()
        )

    def _can_name_option(self, topic: Topic, context: Context) -> bool:
        """Whether the chosen option has words here, where every wording says it."""
        says = all("option" in required(text) for texts in topic.ask.values() for text in texts)
        return not says or str(context.get("option_chosen")) in self.options


def required(text: str) -> frozenset[str]:
    """The placeholders without which a text cannot be said: those outside optional parts."""
    return frozenset(PLACEHOLDER.findall(OPTIONAL_PART.sub("", text)))


def references_of(context: Context) -> tuple[str, ...]:
    """The first two shipments of an account's exceptions; more of them no message names."""
    exceptions = context.get("exceptions")
    listed = exceptions if isinstance(exceptions, list | tuple) else ()
    rows = (row for row in listed if isinstance(row, Mapping))
    said = dict.fromkeys(" ".join(str(row.get("shipment_ref") or "").split()) for row in rows)
    return tuple(text for text in said if text)[:REFERENCES]


def guide_hash(guide: InterviewGuide) -> str:
    """A name for exactly this content: SHA-256 of its canonical JSON, in hex."""
    content = json.dumps(guide.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _role(context: Context) -> str | None:
    """The contact's role, where the account names one of the five; no role opens every topic."""
    role = str(context.get("contact_role") or "").strip().lower()
    return role if role in get_args(ContactRole) else None


def _several(values: Known | tuple[Known, ...]) -> tuple[Known, ...]:
    return values if isinstance(values, tuple) else (values,)


def _same(known: object, value: object) -> bool:
    """Whether a context value is the one of the guide; imports may deliver numbers as text."""
    return known is not None and (known == value or str(known) == str(value))

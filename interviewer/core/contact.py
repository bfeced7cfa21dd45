"""Whether a message may go out: the send gate that nothing passes around.

Asked twice: when an invitation is planned, to find its time, and inside the transaction that
sends it. The rules are numbered as in the audit; the first that refuses gives the reason.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from interviewer.core.book import E164, EMAIL, Consent, ContactChannel, Suppression
from interviewer.core.guide import Audience
from interviewer.core.quiet_hours import QuietHours
from interviewer.core.reading import Value
from interviewer.core.sms_text import sms_size
from interviewer.core.study import StudyState

IntentKind = Literal[
    "initiated",  # an invitation or a reminder: we begin
    "reply",  # answers a message of this person
    "confirmation",  # of an opt-out
    "help",  # answers HELP
    "answer",  # the outcome of what this person asked for
]

RULE_SET = "2026-11"  # kept with every decision; changed with the rules

REPLY_AT_ANY_HOUR = timedelta(minutes=15)
CONFIRM_WITHIN = timedelta(minutes=5)

# What says that a machine writes: a word that starts like this, or one of these in capitals.
AUTOMATED_STEM = "automat"
AUTOMATED_WORDS: Mapping[str, frozenset[str]] = {
    "en": frozenset({"AI"}),
    "es": frozenset({"IA"}),
    "de": frozenset({"KI"}),
    "fr": frozenset({"IA"}),
    "pt": frozenset({"IA"}),
}

SMS_FIRST = {"GSM-7": 306, "UCS-2": 134}  # two parts
SMS_LATER = {"GSM-7": 160, "UCS-2": 134}
CHAT_FIRST = 600
CHAT_LATER: Mapping[Audience, int] = {"recipient": 280, "b2b": 400}
SUBJECT = 78

# A scheme, `www.`, or a host that phones turn into a link by themselves; not a mail address.
LINK = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*:)//(?P<authority>[^\s/?#]*)"
    r"|(?<![\w@.-])(?:www\.[\w-]|(?:\d{1,3}\.){3}\d{1,3}(?=[/:]\S)|(?:[\w-]+\.)+(?:[a-z]{2,24}(?=[/?#:]\S)|"
    r"(?:com|net|org|info|biz|io|co|ly|gl|me|app|link|site|xyz|gd|us|uk|de|es|fr|pt|eu)\b))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Permit:
    """It may go out now."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """It may not; with `retry_at` it may be asked again then."""

    reason: str  # the rule, G01 to G16
    detail: str
    retry_at: datetime | None = None
    held: bool = False  # a person lets it go on: the study is paused, or has braked


class SendIntent(Value):
    """The one message that would be sent."""

    kind: IntentKind
    channel: ContactChannel
    address: str
    text: str | None = None  # None only while it is planned: rules about the text wait
    subject: str | None = None
    language: str = "en"
    audience: Audience = "recipient"
    is_first: bool = False  # the first message of the interview on this channel
    is_reminder: bool = False
    is_thanks: bool = False  # the one thank-you for a late answer
    names: tuple[str, ...] = ()  # what a first message must name: the event and the day
    hides: tuple[str, ...] = ()  # what its first line must not show: item, address, price
    ends_at: datetime | None = None  # after this it is not worth sending
    faults: tuple[str, ...] = ()  # what the text guard found in words of a model


class ContactFacts(Value):
    """What is known of the person and of the conversation, read when it is asked."""

    braked: bool = False
    unreachable: bool = False  # a landline, a number known to be bad
    barred: bool = False  # a minor, deceased, erased, or under a legal hold
    consents: tuple[Consent, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    opted_out_at: datetime | None = None
    confirmed: bool = False  # the opt-out was confirmed already
    study_state: StudyState = "live"
    quota_used: bool = False  # the study has asked as many as it may
    volume_free_at: datetime | None = None  # when it may ask more; None: now
    sender_stopped_until: datetime | None = None  # the provider takes none for this country
    sender_free_at: datetime | None = None  # when the sender may write again; None: now
    is_stale: bool = False
    expires_at: datetime | None = None  # of the interview, or of the invitation
    zones: frozenset[str] = frozenset()  # IANA names the person may be in
    regions: frozenset[str] = frozenset()  # such as US-TX
    holidays: frozenset[date] = frozenset()  # where they are, when the study asks
    last_inbound_at: datetime | None = None
    invited_at: tuple[datetime, ...] = ()  # invitations to this person, over all studies
    initiated_at: tuple[datetime, ...] = ()  # these and reminders
    reminders: int = 0  # of this invitation
    live_until: datetime | None = None  # when this person's live interview ends at the latest
    is_closed: bool = False  # the interview
    has_answered: bool = False  # this person, in this interview
    thanked: bool = False
    answered: bool = False  # the one answer to what they asked for went out


class ContactPolicy(Value):
    """The rules that are settings; a study may tighten them."""

    brand: str
    quiet_hours: QuietHours = QuietHours()
    per_week: int = 1  # invitations per person in 7 days, over all studies
    per_month: int = 2  # in 30 days
    per_day: int = 3  # initiated messages in 24 hours
    reminders: int = 1  # per invitation
    per_minute: Mapping[ContactChannel, int] = {}  # messages of one sender
    brake_opt_outs: float = 0.03  # share of the last first messages above which a study brakes
    brake_complaints: float = 0.003
    switched_off: bool = False  # nothing leaves this installation
    link_hosts: frozenset[str] = frozenset()  # host or host:port, lower case
    sms_links: bool = False


def has_consent(
    consents: Sequence[Consent], address: str, channel: ContactChannel, now: datetime
) -> bool:
    """Whether the newest entry of the ledger for this address and channel is a grant.

    A withdrawal wins over any earlier or equal-time grant; a grant counts from its time on.
    """
    rows = [
        row
        for row in consents
        if row.address == address
        and row.channel == channel
        and (row.at <= now or row.status == "withdrawn")
    ]
    newest = max(rows, key=lambda row: (row.at, row.status == "withdrawn"), default=None)
    return newest is not None and newest.status == "granted"


def is_suppressed(
    suppressions: Sequence[Suppression], address: str, channel: ContactChannel
) -> bool:
    """Whether this address must not be contacted on this channel, or on any.

    Lifting a channel does not lift `all`; lifting `all` lifts every channel.
    """
    own = [row for row in suppressions if row.address == address]
    return any(
        _newest_is_stop([row for row in own if _is_about(row, scope)]) for scope in (channel, "all")
    )


def _is_about(row: Suppression, scope: str) -> bool:
    return row.channel == scope or (row.channel == "all" and row.status == "lifted")


def _newest_is_stop(rows: Sequence[Suppression]) -> bool:
    newest = max(rows, key=lambda row: (row.at, row.status == "suppressed"), default=None)
    return newest is not None and newest.status == "suppressed"


def may_contact(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Permit | Refusal:
    """Whether this message may go out at this moment.

    What passes by waiting sets `retry_at`: quiet hours, a holiday, a live interview, the volume of
    the day, the pace of the sender. When it would pass too late, the refusal is for good.

    Args:
        intent: The message.
        facts: Everything that is known, read in the same transaction.
        policy: The settings.
        now: Aware UTC; quiet hours are read in the person's own zones.
    """
    for rule in RULES:
        if refusal := rule(intent, facts, policy, now):
            return refusal
    return Permit()


Rule = Callable[[SendIntent, ContactFacts, ContactPolicy, datetime], Refusal | None]


def _g01_switches(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if policy.switched_off:
        return Refusal("G01", "sending is switched off")
    if facts.braked and intent.kind == "initiated":
        return Refusal("G01", "the study has braked", held=True)
    if facts.sender_stopped_until and facts.sender_stopped_until > now:
        why = "the provider takes no message of this sender to the United States"
        return _later("G01", why, facts.sender_stopped_until, intent, facts)
    return None


def _g02_address(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    pattern = {"sms": E164, "email": EMAIL}.get(intent.channel)
    if facts.unreachable or (pattern and not pattern.fullmatch(intent.address)):
        return Refusal("G02", f"the address does not do for {intent.channel}")
    return None


def _g03_suppression(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.kind == "help":
        return None
    if intent.kind == "confirmation":
        late = facts.opted_out_at is None or now - facts.opted_out_at > CONFIRM_WITHIN
        return (
            Refusal("G03", "one confirmation, within 5 minutes")
            if late or facts.confirmed
            else None
        )
    if is_suppressed(facts.suppressions, intent.address, intent.channel):
        return Refusal("G03", "on the suppression list")
    return None


def _g04_consent(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.kind not in ("initiated", "reply", "answer"):
        return None
    if intent.kind != "initiated" and intent.channel == "chat":
        return None  # the person's own page, open in front of them
    if has_consent(facts.consents, intent.address, intent.channel, now):
        return None
    return Refusal("G04", f"no consent for {intent.channel}")


def _g05_barred(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    return Refusal("G05", "this person is never contacted") if facts.barred else None


def _g06_study(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.kind not in ("initiated", "reply") or intent.is_thanks:
        return None
    if facts.expires_at and now >= facts.expires_at:
        return Refusal("G06", "the interview has expired")
    return _g06_asks(intent, facts) if intent.kind == "initiated" else None


def _g06_asks(intent: SendIntent, facts: ContactFacts) -> Refusal | None:
    if facts.study_state != "live":
        paused = facts.study_state == "paused"
        return Refusal("G06", f"the study is {facts.study_state}", held=paused)
    if facts.is_stale:
        return Refusal("G06", "what happened is too long ago")
    if intent.is_reminder:
        done = facts.has_answered or facts.is_closed
        return Refusal("G06", "nothing is left to remind of") if done else None
    if facts.quota_used:
        return Refusal("G06", "the study has asked as many as it may")
    if facts.volume_free_at:
        return _later("G06", "the study's volume of the day", facts.volume_free_at, intent, facts)
    return None


def _later(
    rule: str, why: str, retry_at: datetime, intent: SendIntent, facts: ContactFacts
) -> Refusal:
    """To be asked again then, unless it is not worth sending by then."""
    ends_at = min((end for end in (intent.ends_at, facts.expires_at) if end), default=None)
    if ends_at and retry_at >= ends_at:
        return Refusal(rule, f"{why} until it is no longer worth sending")
    return Refusal(rule, why, retry_at)


def _g07_quiet_hours(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.kind not in ("initiated", "reply", "answer"):
        return None
    if intent.kind != "initiated" and intent.channel == "chat":
        return None  # it waits on their page until they look
    asked_at = facts.last_inbound_at
    if intent.kind != "initiated" and asked_at and now - asked_at <= REPLY_AT_ANY_HOUR:
        return None
    if not facts.zones:
        return Refusal("G07", "no time zone is known")
    opening = policy.quiet_hours.next_open(now, facts.zones, facts.regions)
    if opening == now:
        return None
    if opening is None:
        return Refusal("G07", "quiet hours until it is no longer worth sending")
    return _later("G07", "quiet hours", opening, intent, facts)


def _g08_holidays(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.kind != "initiated" or not facts.holidays:
        return None
    hours = policy.quiet_hours
    opening = hours.next_open(now, facts.zones, facts.regions, facts.holidays)
    if opening == now:
        return None
    if opening is None:
        return Refusal("G08", "holidays until it is no longer worth sending")
    return _later("G08", "a public holiday", opening, intent, facts)


def _g09_caps(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.kind != "initiated":
        return None
    if intent.is_reminder:
        if facts.reminders >= policy.reminders:
            return Refusal("G09", "reminded already")
    elif _within(facts.invited_at, now, days=7) >= policy.per_week:
        return Refusal("G09", "invited within 7 days")
    elif _within(facts.invited_at, now, days=30) >= policy.per_month:
        return Refusal("G09", "invited often within 30 days")
    if _within(facts.initiated_at, now, days=1) >= policy.per_day:
        return Refusal("G09", "written to often within 24 hours")
    return None


def _within(times: Collection[datetime], now: datetime, days: int) -> int:
    return sum(now - at < timedelta(days=days) for at in times)


def _g10_live(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.kind != "initiated" or intent.is_reminder:
        return None
    if facts.live_until and facts.live_until > now:
        return _later("G10", "in another interview", facts.live_until, intent, facts)
    return None


def _g11_disclosure(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.text is None or not intent.is_first:
        return None
    said, first_line = _plain(intent.text), _plain(intent.text.strip().split("\n")[0])
    missing = [name for name in (policy.brand, *intent.names) if _plain(name) not in said]
    if not _says_automated(intent.text, intent.language):
        missing.append("that it is automated")
    if intent.channel == "sms" and not re.search(r"\bSTOP\b", intent.text):
        missing.append("STOP")
    if missing:
        return Refusal("G11", f"the first message does not say: {', '.join(missing)}")
    if any(_plain(hidden) in first_line for hidden in intent.hides if hidden.strip()):
        return Refusal("G11", "the first line shows what a lock screen must not")
    return None


def _says_automated(text: str, language: str) -> bool:
    words = re.findall(r"\w+", text)
    own = AUTOMATED_WORDS.get(language.split("-")[0], frozenset())
    return any(word in own or _plain(word).startswith(AUTOMATED_STEM) for word in words)


def _plain(text: str) -> str:
    """Lower case, no accents, single spaces."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).split())


def _g12_lengths(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.text is None:
        return None
    if intent.channel == "sms":
        size = sms_size(intent.text)
        limit = (SMS_FIRST if intent.is_first else SMS_LATER)[size.encoding]
        if size.units > limit:
            return Refusal("G12", f"{size.units} of {limit} {size.encoding} characters")
    elif intent.channel == "chat":
        limit = CHAT_FIRST if intent.is_first else CHAT_LATER[intent.audience]
        if len(intent.text) > limit:
            return Refusal("G12", f"{len(intent.text)} of {limit} characters")
    elif len(intent.subject or "") > SUBJECT:
        return Refusal(
            "G12", f"the subject has {len(intent.subject or '')} of {SUBJECT} characters"
        )
    return None


def _g13_links(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    for link in LINK.finditer(intent.text or ""):
        if intent.channel == "sms" and not policy.sms_links and intent.kind != "help":
            return Refusal("G13", "an SMS has no link unless the study wants one")
        secure = (link["scheme"] or "").casefold() == "https:"
        if not secure or link["authority"].casefold().rstrip(".,;:!)") not in policy.link_hosts:
            return Refusal("G13", f"no allowed link: {link[0]}")
    return None


def _g14_text_guard(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.faults:
        return Refusal("G14", f"a model's words broke: {', '.join(intent.faults)}")
    return None


def _g15_sender(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.ends_at and now >= intent.ends_at:
        return Refusal("G15", "it is no longer worth sending")
    if facts.sender_free_at:
        return _later("G15", "the sender's pace", facts.sender_free_at, intent, facts)
    return None


def _g16_after_close(
    intent: SendIntent, facts: ContactFacts, policy: ContactPolicy, now: datetime
) -> Refusal | None:
    if intent.kind == "answer" and facts.answered:
        return Refusal("G16", "it was answered already")
    if intent.kind != "reply" or not facts.is_closed:
        return None
    if intent.is_thanks and not facts.thanked:
        return None
    return Refusal("G16", "the interview is closed")


RULES: tuple[Rule, ...] = (
    _g01_switches,
    _g02_address,
    _g03_suppression,
    _g04_consent,
    _g05_barred,
    _g06_study,
    _g07_quiet_hours,
    _g08_holidays,
    _g09_caps,
    _g10_live,
    _g11_disclosure,
    _g12_lengths,
    _g13_links,
    _g14_text_guard,
    _g16_after_close,
    _g15_sender,  # last: a slot of the sender is used by what goes out
)

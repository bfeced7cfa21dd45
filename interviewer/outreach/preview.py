"""Before a study is launched: who would be asked, when and how, and who would not and why.

It asks the same questions as a launch, of the same code, and writes nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from statistics import mean
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from interviewer.core.book import Contact
from interviewer.core.interview import Channel
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.moments import Moment, stale_after
from interviewer.core.sms_text import sms_size
from interviewer.core.study import Study
from interviewer.events import settling
from interviewer.outreach import inviting, launch
from interviewer.outreach.people import Person, addresses_of_person, whom_to_ask
from interviewer.ports import Services
from interviewer.store import MomentRecord
from interviewer.studies import lifecycle

EXAMPLES = 3  # first messages shown per channel and language
MEASURED = 200  # first messages per channel and language whose length is taken
CAP = timedelta(days=7)

Why = Literal[
    "no consent on any channel",
    "address missing or wrong",
    "no provider for a channel that reaches them",
    "no contact in the roles asked for",
    "no time zone",
    "waits for the window",
    "asked recently, or in another interview",
    "said no",
    "too old",
    "not in the sample",
    "another study, or an open claim, has it",
    "the study's limits",
    "not known",
]
RULES: dict[str, Why] = {
    "G02": "address missing or wrong",
    "G03": "said no",
    "G04": "no consent on any channel",
    "G05": "said no",
    "G06": "the study's limits",
    "G07": "no time zone",
    "G08": "waits for the window",
    "G09": "asked recently, or in another interview",
    "G10": "asked recently, or in another interview",
}
ORDER: tuple[Why, ...] = Why.__args__  # type: ignore[attr-defined]


class Example(NamedTuple):
    """A first message as it would go."""

    channel: Channel
    language: str
    to: str  # contact or shipment
    at: datetime
    local: str
    subject: str | None
    text: str
    segments: int  # of an SMS; else 0


@dataclass(slots=True)
class Group:
    """People of one channel and language who would be asked."""

    channel: Channel
    language: str
    people: int = 0
    first: datetime | None = None
    last: datetime | None = None
    first_local: str = ""
    last_local: str = ""
    segments: int = 0  # of all first messages
    cost: float | None = None  # None: no price is set


@dataclass(slots=True)
class NotAsked:
    """People who would not be asked, with what would change that."""

    why: Why
    refs: list[str] = field(default_factory=list)  # contacts, shipments or accounts
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a launch would do."""

    study: str
    subjects: int  # moments, or lines of the list
    asked: Sequence[Group]
    not_asked: Sequence[NotAsked]
    later: Sequence[NotAsked]  # asked, but not at once
    examples: Sequence[Example]
    messages: int
    segments: int
    cost: float | None
    reminders: int  # at most
    days: int  # until everybody was asked

    @property
    def people(self) -> int:
        """How many would be asked."""
        return sum(group.people for group in self.asked)


def preview(services: Services, slug: str, chosen: launch.ByHand | None = None) -> Preview:
    """What launching the study would do now, by its moments or by hand. Raises NotFound."""
    study = lifecycle.named(services, slug)
    begins = study.launched_at if study.invites else services.clock.now()
    running = {"state": "live", "brake": None, "launched_at": begins}
    study = study.model_copy(update=running)
    seen = _Preview(services, study)
    if chosen:
        seen.by_hand(chosen)
    else:
        seen.by_moments()
    return seen.result()


class _Preview:
    """Collects the answers, person by person."""

    def __init__(self, services: Services, study: Study) -> None:
        self.services, self.study = services, study
        self.wanted: list[tuple[Invitation, Moment]] = []
        self.refused: defaultdict[Why, list[str]] = defaultdict(list)
        self.waiting: defaultdict[Why, list[tuple[str, datetime]]] = defaultdict(list)
        self.free: list[datetime] = []  # when those who were asked recently are free again
        self.persons: set[str] = set()
        self.subjects = 0

    def by_moments(self) -> None:
        """Everything that is known to have happened, as if the study ran."""
        for verdict, record in settling.verdicts_if_live(self.services, self.study.slug):
            if record.outcome in settling.SETTLED:
                continue
            self.subjects += 1
            reasons: dict[str, Why] = {
                "stale": "too old",
                "not_sampled": "not in the sample",
                "superseded": "another study, or an open claim, has it",
            }
            if verdict.outcome == "planned":
                self._ask(record)
            else:
                self.refused[reasons[verdict.outcome]].append(verdict.moment.subject)

    def by_hand(self, chosen: launch.ByHand) -> None:
        """Everybody on a list."""
        drawn = launch.sampled(self.study, chosen)
        self.subjects = len(chosen.subjects)
        left_out = set(chosen.subjects) - set(drawn)
        self.refused["not in the sample"] += sorted(subject.ref for subject in left_out)
        records = launch.records_of(self.services, self.study, chosen.name, drawn)
        self.refused["not known"] += [s.ref for s in drawn if s not in records]
        for record in records.values():
            self._ask(record)

    def _ask(self, record: MomentRecord) -> None:
        moment = record.moment
        people = whom_to_ask(self.services.store, moment, self.study.guide)
        if not people:
            b2b = self.study.guide.audience == "b2b"
            nobody: Why = "no contact in the roles asked for" if b2b else "address missing or wrong"
            self.refused[nobody].append(moment.subject)
        for person in people:
            invitation = inviting.planned_for(self.services, record, self.study, person)
            if invitation is None:
                self.refused[self._unreached(person)].append(person.ref)
            else:
                self._take(person, invitation, moment)

    def _unreached(self, person: Person) -> Why:
        channels = (c for c in self.study.guide.channels if c not in self.services.channels)
        if any(person.address(channel) for channel in channels):
            return "no provider for a channel that reaches them"
        return "address missing or wrong"

    def _take(self, person: Person, invitation: Invitation, moment: Moment) -> None:
        rule = (invitation.reason or "")[:3]
        if invitation.state == "expired":
            self.refused["too old"].append(person.ref)
        elif invitation.state != "due":
            why = RULES.get(rule, "the study's limits")
            self.refused[why].append(person.ref)
            if rule == "G09":
                self.free += self._free_again(invitation.address)
        elif self._is_taken(invitation.address):
            self.refused["asked recently, or in another interview"].append(person.ref)
        else:
            if rule:
                why = "waits for the window" if rule in ("G07", "G08") else RULES[rule]
                self.waiting[why].append((person.ref, invitation.due_at))
            self.wanted.append((invitation, moment))

    def _is_taken(self, address: str) -> bool:
        """Whether this launch asks the person already, by whatever address."""
        own = set(addresses_of_person(self.services.store, address))
        taken = bool(own & self.persons)
        self.persons |= own
        return taken

    def _free_again(self, address: str) -> Iterator[datetime]:
        store = self.services.store
        known = addresses_of_person(store, address)
        since = self.services.clock.now() - CAP
        asked = [
            m.gated_at for m in store.messages(addresses=known, gated_since=since) if m.gated_at
        ]
        if asked:
            yield max(asked) + CAP

    def result(self) -> Preview:
        """All of it, counted."""
        grouped: defaultdict[tuple[Channel, str], list[tuple[Invitation, Moment]]]
        grouped = defaultdict(list)
        for invitation, moment in sorted(self.wanted, key=lambda pair: pair[0].due_at):
            grouped[invitation.channel, invitation.language].append((invitation, moment))
        groups, examples = [], []
        for (channel, language), own in sorted(grouped.items()):
            drafted = [
                (i, inviting.draft(self.services, self.study, i, m)[1]) for i, m in own[:MEASURED]
            ]
            groups.append(self._group(channel, language, [i for i, _ in own], drafted))
            examples += [_example(i, message) for i, message in drafted[:EXAMPLES]]
        costs = [group.cost for group in groups]
        reminds = self.study.guide.outreach.remind_after is not None
        return Preview(
            study=self.study.slug,
            subjects=self.subjects,
            asked=groups,
            not_asked=[
                NotAsked(why, self.refused[why], self._fix(why))
                for why in ORDER
                if self.refused[why]
            ],
            later=[
                NotAsked(why, [r for r, _ in late], f"{_span([at for _, at in late])} UTC")
                for why in ORDER
                if (late := self.waiting[why])
            ],
            examples=examples,
            messages=len(self.wanted),
            segments=sum(group.segments for group in groups),
            cost=sum(c for c in costs if c is not None)
            if any(c is not None for c in costs)
            else None,
            reminders=len(self.wanted) if reminds else 0,
            days=self._days(),
        )

    def _group(
        self,
        channel: Channel,
        language: str,
        own: Sequence[Invitation],
        drafted: Sequence[tuple[Invitation, OutboundMessage]],
    ) -> Group:
        segments = [_segments(message) for _, message in drafted]
        parts = round(mean(segments) * len(own))
        price = self.services.prices
        costs = {"sms": parts * price.segment, "email": len(own) * price.mail}
        return Group(
            channel=channel,
            language=language,
            people=len(own),
            first=own[0].due_at,
            last=own[-1].due_at,
            first_local=_local(own[0]),
            last_local=_local(own[-1]),
            segments=parts,
            cost=costs.get(channel) or None,
        )

    def _days(self) -> int:
        """Calendar days until the last one was asked, by the volume of a day."""
        if not self.wanted:
            return 0
        times = [invitation.due_at for invitation, _ in self.wanted]
        spread = (max(times).date() - min(times).date()).days + 1
        per_day = self.study.guide.outreach.per_day
        return max(spread, ceil(len(times) / per_day)) if per_day else spread

    def _fix(self, why: Why) -> str:
        guide = self.study.guide
        days = stale_after(guide) / timedelta(days=1)
        roles = ", ".join(guide.roles) or "any role"
        free = f"free again {_span(self.free)} UTC" if self.free else "7 days after the last one"
        lines: dict[Why, str] = {
            "no consent on any channel": "interviewer import consents FILE, with the columns "
            "address, channel, status, source, evidence, at (national numbers: --region US)",
            "address missing or wrong": "phone or email, to fill in: add --json; then interviewer "
            f"import {'contacts' if guide.audience == 'b2b' else 'shipments'} FILE",
            "no provider for a channel that reaches them": "set up "
            + " or ".join(c for c in guide.channels if c not in ("chat", *self.services.channels))
            + ": interviewer doctor says what is missing",
            "no contact in the roles asked for": f"interviewer import contacts FILE ({roles}): "
            + self._accounts(),
            "no time zone": "add timezone or region to their contact, account or shipment",
            "waits for the window": "quiet hours or holidays last until it is no longer worth it",
            "asked recently, or in another interview": free,
            "said no": "nothing to fix: they are never offered again",
            "too old": f"more than {days:g} days when it was first seen (stale_after)",
            "not in the sample": "the study asks a share of these, always the same ones",
            "another study, or an open claim, has it": "one delivery, one interview",
            "the study's limits": "quota and volume of the study: interviewer study show",
            "not known": "nothing of that reference was imported",
        }
        return lines[why]

    def _accounts(self) -> str:
        """The first accounts without anybody to ask, with the roles that they do have."""
        shown = []
        for ref in self.refused["no contact in the roles asked for"][:EXAMPLES]:
            contacts = self.services.store.find(Contact, account_ref=ref, active=True)
            roles = sorted({str(contact.contact_role or "no role") for contact in contacts})
            shown.append(f"{ref} has {', '.join(roles) or 'no contact'}")
        return "; ".join(shown)


def _segments(message: OutboundMessage) -> int:
    return sms_size(message.text).segments if message.channel == "sms" else 0


def _example(invitation: Invitation, message: OutboundMessage) -> Example:
    return Example(
        channel=invitation.channel,
        language=invitation.language,
        to=invitation.contact_ref or invitation.shipment_ref or invitation.account_ref or "",
        at=invitation.due_at,
        local=_local(invitation),
        subject=message.subject,
        text=message.text,
        segments=_segments(message),
    )


def _local(invitation: Invitation) -> str:
    """When it goes, as the clock of the person shows it."""
    zone = invitation.zones[0] if invitation.zones else "UTC"
    return f"{invitation.due_at.astimezone(ZoneInfo(zone)):%a %d %b %H:%M} {zone}"


def _span(times: Sequence[datetime]) -> str:
    first, last = f"{min(times):%d %b %H:%M}", f"{max(times):%d %b %H:%M}"
    return first if first == last else f"{first} to {last}"

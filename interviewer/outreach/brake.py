"""The brake: a study that annoys people stops asking by itself, and only a person lets it go on."""

from collections.abc import Sequence
from dataclasses import dataclass

from interviewer.core.book import Suppression
from interviewer.core.invitation import OutboundMessage
from interviewer.core.notice import Occurrence
from interviewer.core.study import Study
from interviewer.ports import Services

LAST = 200  # first messages that are looked at, since the study was launched
LEAST = 100  # fewer say nothing
COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Reception:
    """How the last first messages of a study were taken."""

    messages: int
    opt_outs: int
    complaints: int

    def share(self, number: int) -> float:
        """Of the messages."""
        return number / self.messages if self.messages else 0.0


def look(services: Services) -> list[str]:
    """Brake every study that runs and is received badly; their names."""
    braked = []
    for study in services.store.studies():
        if study.state == "live" and not study.brake:
            why = reason(services, reception(services, study))
            if why:
                apply(services, study.slug, why)
                braked.append(study.slug)
    return braked


def reception(services: Services, study: Study) -> Reception:
    """The last messages that began an interview, and what came back."""
    firsts = services.store.first_messages(study.slug, LAST, study.launched_at)
    complaints = [message for message in firsts if message.error_code == COMPLAINT]
    stopped = _stopped(services, firsts) - {message.message_key for message in complaints}
    return Reception(len(firsts), len(stopped), len(complaints))


def _stopped(services: Services, firsts: Sequence[OutboundMessage]) -> set[str]:
    """The messages whose person asked for no more of them, by whatever way."""
    stops: dict[str, list[Suppression]] = {}
    for row in services.store.find(Suppression, address=[one.address for one in firsts]):
        if row.status == "suppressed" and not row.source.startswith("error "):
            stops.setdefault(row.address, []).append(row)
    return {
        message.message_key
        for message in firsts
        if message.gated_at
        and any(row.at >= message.gated_at for row in stops.get(message.address, ()))
    }


def reason(services: Services, found: Reception) -> str | None:
    """Why it has to stop, if it has to."""
    if found.messages < LEAST:
        return None
    limits = services.policy
    for what, number, limit in (
        ("opted out", found.opt_outs, limits.brake_opt_outs),
        ("complained", found.complaints, limits.brake_complaints),
    ):
        if found.share(number) > limit:
            share = f"{found.share(number):.1%} of the last {found.messages} people"
            return f"{share} {what}; the limit is {limit:.1%}"
    return None


def apply(services: Services, slug: str, why: str) -> None:
    """Let the study invite nobody until a person launches it again, and say so to its owner."""
    now = services.clock.now()
    with services.store.transaction() as store:
        store.brake_study(slug, why)
        store.add_occurrences([Occurrence(kind="study.braked", about=slug, at=now)])

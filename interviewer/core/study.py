"""A study: a guide at one of its immutable versions, and whether its outreach runs."""

from datetime import datetime
from typing import Literal

from interviewer.core.guide import InterviewGuide
from interviewer.core.reading import Value

StudyState = Literal[
    "ready",  # accepts interviews by API, link and `try`; invites nobody
    "live",  # its moments invite people
    "shadow",  # as live, but what would go is kept and not sent, or sent to ourselves
    "paused",  # as ready, and what waits is not sent
    "closed",  # accepts no new interview
]


class Study(Value):
    """What `slug` means at `version`; interviews are pinned to it."""

    slug: str
    version: int
    guide: InterviewGuide
    guide_hash: str
    source: str  # the YAML it was read from
    state: StudyState = "ready"
    launched_at: datetime | None = None
    brake: str | None = None  # why it invites nobody until a person launches it again
    redirect_to: tuple[str, ...] = ()  # in shadow: our own number and mail address, to read along

    @property
    def invites(self) -> bool:
        """Whether its moments earn invitations."""
        return self.state in ("live", "shadow")

    @property
    def as_live(self) -> "Study":
        """The study as the gate sees it where it asks what would be."""
        return self.model_copy(update={"state": "live"}) if self.state == "shadow" else self

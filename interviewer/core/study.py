"""A study: a guide at one of its immutable versions, and whether its outreach runs."""

from datetime import datetime
from typing import Literal

from interviewer.core.guide import InterviewGuide
from interviewer.core.reading import Value

StudyState = Literal[
    "ready",  # accepts interviews by API, link and `try`; invites nobody
    "live",  # its moments invite people
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

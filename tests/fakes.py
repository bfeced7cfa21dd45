"""Small stand-ins for what a test must hold still."""

import itertools
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from interviewer.clock import StoryClock
from interviewer.core.decision import Option
from interviewer.core.errors import Unavailable
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.invitation import OutboundMessage
from interviewer.core.reading import Reading
from interviewer.ports import ReadAndWorded, Services
from interviewer.settings import Settings
from interviewer.wiring import build, initialize

NOW = datetime(2026, 9, 15, 14, tzinfo=UTC)


@dataclass
class RecordingChannel:
    """Keeps what it was to send; refuses while it is `down`."""

    sent: list[OutboundMessage] = field(default_factory=list)
    down: bool = False

    async def send(self, message: OutboundMessage) -> str:
        if self.down:
            raise Unavailable
        self.sent.append(message)
        return f"id-{len(self.sent)}"

    async def lookup(self, message: OutboundMessage) -> str | None:
        places = [
            n for n, sent in enumerate(self.sent, 1) if sent.message_key == message.message_key
        ]
        return f"id-{places[0]}" if places else None


@dataclass
class ScriptedModel:
    """Answers with the same reading and wordings, or fails."""

    reading: Reading
    wordings: Mapping[str, str] = field(default_factory=dict)
    failure: Exception | None = None
    calls: int = 0

    async def read_and_word(
        self,
        guide: InterviewGuide,
        interview: Interview,
        utterance: str,
        options: Sequence[Option],
    ) -> ReadAndWorded:
        self.calls += 1
        if self.failure:
            raise self.failure
        return ReadAndWorded(self.reading, self.wordings, "scripted", "model-1", "hash", 10, 5)


@cache
def initialized() -> bytes:
    """A database with the ready studies, made once and copied for every test."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "ready.db"
        initialize(Settings(database_url=f"sqlite:///{file}"))
        with closing(sqlite3.connect(file)) as connection:
            return connection.serialize()


def settings_in(folder: Path) -> Settings:
    """The settings of an installation in this folder, its database ready."""
    file = folder / "test.db"
    file.write_bytes(initialized())
    return Settings(
        database_url=f"sqlite:///{file}",
        brand="Harbor Parcel",
        human_contact="help@harbor.example.com",
        privacy_url="https://harbor.example.com/privacy",
        public_url="https://feedback.harbor.example.com",
        secret=SecretStr("of-the-tests" * 3),
    )


def services_in(folder: Path, **changes: object) -> Services:
    """A real installation on SQLite in this folder, with a clock and channels held still."""
    settings = settings_in(folder)
    ids = itertools.count(1)
    built = build(settings, clock=StoryClock(NOW), channels={})
    return replace(
        built,
        channels={"sms": RecordingChannel(), "email": RecordingChannel()},
        new_id=lambda: f"id-{next(ids)}",
        **changes,  # type: ignore[arg-type]
    )

"""The one module that asks what time it is."""

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)


class ServerClock:
    """The clock of a server, as it was heard last and carried on by a counter that never jumps.

    Who shares the server shares its time: a clock of one machine that is wrong moves nothing.
    """

    def __init__(self) -> None:
        self._heard: tuple[datetime, float] | None = None

    @property
    def is_heard(self) -> bool:
        """Whether the server told its time yet."""
        return self._heard is not None

    def hear(self, at: datetime) -> None:
        """The server told its time just now."""
        self._heard = at.astimezone(UTC), time.monotonic()

    def now(self) -> datetime:
        """Aware UTC."""
        assert self._heard
        at, heard = self._heard
        return at + timedelta(seconds=time.monotonic() - heard)


class StoryClock:
    """A clock that stands still until it is moved: for replays of past events, and for tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Aware UTC."""
        return self.at

    def move_to(self, at: datetime) -> None:
        """Forward only: what has happened stays in the past."""
        self.at = max(self.at, at.astimezone(UTC))

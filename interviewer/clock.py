"""The one module that asks what time it is."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)


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

"""A carrier's adapter as a source of events: its scans become rows of the book."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from interviewer.adapters.carriers.scans import scan_rows
from interviewer.core.book import Row
from interviewer.core.scan import Scan
from interviewer.ports import Circumstances


class Carrier(Protocol):
    """One file per source with these functions: pure, no clock, no database, no network."""

    def verify(self, raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
        """Whether the source sent this body; never raises."""
        ...

    def sign(self, raw: bytes, secret: str, now: datetime) -> dict[str, str]:
        """The headers that the source would send."""
        ...

    def event_id(self, raw: bytes, headers: Mapping[str, str]) -> str:
        """What makes the event the same when it is sent again; never raises."""
        ...

    def parse(self, raw: bytes) -> list[Scan]:
        """Every scan that the body carries, newest last.

        Raises:
            InvalidInput: The path of the part, its value and the fix.
        """
        ...


@dataclass(frozen=True, slots=True)
class Feed:
    """A carrier as a `Source`."""

    carrier: Carrier

    def verify(self, raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
        """As the carrier does."""
        return self.carrier.verify(raw, headers, secret, now)

    def sign(self, raw: bytes, secret: str, now: datetime) -> dict[str, str]:
        """As the carrier does."""
        return self.carrier.sign(raw, secret, now)

    def event_id(self, raw: bytes, headers: Mapping[str, str]) -> str:
        """As the carrier says."""
        return self.carrier.event_id(raw, headers)

    def check(self, raw: bytes) -> None:
        """Whether it can be read."""
        self.carrier.parse(raw)

    def unpack(self, raw: bytes, headers: Mapping[str, str]) -> list[bytes]:
        """The one event of a request."""
        return [raw]

    def rows(self, raw: bytes, circumstances: Circumstances) -> list[Row]:
        """Every scan as a row."""
        return [row for scan in self.carrier.parse(raw) for row in scan_rows(scan, circumstances)]

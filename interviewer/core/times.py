"""Times as sources write them: how well each is known, and in which zone its day counts."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from interviewer.core.book import Time, TimeQuality, Zone
from interviewer.core.errors import InvalidInput
from interviewer.core.reading import Value

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
SATURDAY = 5
AHEAD = timedelta(hours=24)  # how far ahead of now a scan may lie: clocks and zones differ


def local_day(at: datetime, timezone: str) -> date:
    """The calendar day of an instant in an IANA zone."""
    return at.astimezone(ZoneInfo(timezone)).date()


def start_of_day(day: date, timezone: str) -> datetime:
    """The instant at which a local day starts, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


class When(Value):
    """A time, with how well it is known and the zone in which its day counts.

    For quality `date`, `at` is the start of the local day.
    """

    at: Time
    quality: TimeQuality = "exact"
    timezone: Zone = "UTC"

    @property
    def day(self) -> date:
        """The local calendar day."""
        return local_day(self.at, self.timezone)

    @property
    def end(self) -> datetime:
        """The instant itself; for a date, the end of that local day."""
        if self.quality != "date":
            return self.at
        return start_of_day(self.day + timedelta(days=1), self.timezone)

    def text(self, timezone: str | None = None) -> str:
        """ISO 8601: a date alone, or a time with the offset of `timezone`, else its own."""
        if self.quality == "date":
            return self.day.isoformat()
        return self.at.astimezone(ZoneInfo(timezone or self.timezone)).isoformat()


def parse_time(
    text: str, timezone: str, now: datetime | None, field: str = "occurred_at"
) -> tuple[datetime, TimeQuality]:
    """A time as sources write it, in UTC, with its quality.

    Midnight without an offset is a date: that is how systems export a day.

    Args:
        text: ISO 8601; without an offset it is local in `timezone`; a date alone is allowed.
        timezone: IANA name.
        now: The clock; a time more than 24 hours ahead of it is refused. None for times that lie
            ahead by nature, such as a promise.
        field: The column that an error names.

    Raises:
        InvalidInput: not ISO 8601, before the year 2000, or too far ahead.
    """
    try:
        written = datetime.fromisoformat(text.strip())
    except ValueError:
        fix = "is no time; write ISO 8601 such as 2026-11-20T14:03:00Z or 2026-11-20"
        raise InvalidInput(field, fix, text) from None
    quality: TimeQuality = "exact"
    if written.tzinfo is None:
        quality = "local" if written.time() > time() else "date"
        written = written.replace(tzinfo=ZoneInfo(timezone))
    if not EARLIEST.year <= written.year < 9999:
        raise InvalidInput(field, "is before the year 2000 or out of range; correct it", text)
    at = written.astimezone(UTC)
    if now is not None and at > now + AHEAD:
        raise InvalidInput(field, "is more than 24 hours in the future; correct it", text)
    return at, quality


def after_business_days(at: datetime, days: int, timezone: str) -> datetime:
    """The same local hour `days` business days later; Saturday and Sunday are none."""
    local = at.astimezone(ZoneInfo(timezone))
    while days:
        local += timedelta(days=1)
        days -= local.weekday() < SATURDAY
    return local.astimezone(UTC)


def after_business_hours(at: datetime, hours: int, timezone: str) -> datetime:
    """`hours` of business time later; business time is Monday to Friday, 09:00 to 17:00 local."""
    local = at.astimezone(ZoneInfo(timezone))
    left = timedelta(hours=hours)
    while True:
        opens, closes = (local.replace(hour=h, minute=0, second=0, microsecond=0) for h in (9, 17))
        start = max(local, opens)
        if local.weekday() < SATURDAY and start + left <= closes:
            return (start + left).astimezone(UTC)
        if local.weekday() < SATURDAY:
            left -= max(closes - start, timedelta())
        local = opens.replace(hour=0) + timedelta(days=1)

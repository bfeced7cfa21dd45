"""The hours in which a person may be written to, in every zone they may be in."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from interviewer.core.reading import Value

Window = tuple[time, time] | None  # from, until (not included); None: closed all day

DAYS_AHEAD = 15  # how far the next opening is looked for; a region closed for longer has none


def _week(*windows: Window) -> tuple[Window, ...]:
    """Monday to Sunday; the last window given stands for the days that follow."""
    return (*windows, *(windows[-1],) * (7 - len(windows)))


_NINE, _EIGHT_PM, _NINE_PM = time(9), time(20), time(21)
REGION_HOURS: Mapping[str, tuple[Window, ...]] = {
    **dict.fromkeys(("US-FL", "US-MD", "US-MS", "US-NJ", "US-OK"), _week((time(8), _EIGHT_PM))),
    "US-CT": _week((_NINE, _EIGHT_PM)),
    "US-RI": _week(*((_NINE, time(18)),) * 5, None),
    "US-TX": _week(*((_NINE, _NINE_PM),) * 6, (time(12), _NINE_PM)),
}
"""Hours of US states for texts, by weekday, from vendors' compliance tables: not legal advice."""


class QuietHours(Value):
    """The usual window, narrowed by the table of the regions.

    All candidate zones and all regions must be open: where a person is, is never assumed.
    """

    opens: time = _NINE
    closes: time = _EIGHT_PM
    regions: Mapping[str, tuple[Window, ...]] = REGION_HOURS

    def is_open(
        self,
        at: datetime,
        zones: Collection[str],
        regions: Collection[str] = (),
        closed: Collection[date] = (),
    ) -> bool:
        """Whether a message may arrive now; never without a zone, nor on a `closed` local day."""
        locals_ = [at.astimezone(ZoneInfo(zone)) for zone in zones]
        if any(local.date() in closed for local in locals_):
            return False
        return bool(locals_) and all(self._covers(local, regions) for local in locals_)

    def next_open(
        self,
        at: datetime,
        zones: Collection[str],
        regions: Collection[str] = (),
        closed: Collection[date] = (),
    ) -> datetime | None:
        """The first instant from `at` on at which all zones are open; None when there is none.

        All zones open together when the last of them opens, so only openings are looked at.
        """
        if self.is_open(at, zones, regions, closed):
            return at
        openings = sorted(
            opening
            for zone in zones
            for opening in self._openings(at, ZoneInfo(zone), regions)
            if opening > at
        )
        return next((o for o in openings if self.is_open(o, zones, regions, closed)), None)

    def _openings(self, at: datetime, zone: ZoneInfo, regions: Collection[str]) -> list[datetime]:
        today = at.astimezone(zone).date()
        days = [today + timedelta(days=n) for n in range(DAYS_AHEAD)]
        windows = [(day, self._window(day, regions)) for day in days]
        return [
            datetime.combine(day, window[0], zone).astimezone(at.tzinfo)
            for day, window in windows
            if window
        ]

    def _covers(self, local: datetime, regions: Collection[str]) -> bool:
        window = self._window(local.date(), regions)
        return window is not None and window[0] <= local.time() < window[1]

    def _window(self, day: date, regions: Collection[str]) -> Window:
        opens, closes = self.opens, self.closes
        for region in regions:
            hours = self.regions.get(region)
            if hours is None:
                continue
            window = hours[day.weekday()]
            if window is None:
                return None
            opens, closes = max(opens, window[0]), min(closes, window[1])
        return (opens, closes) if opens < closes else None

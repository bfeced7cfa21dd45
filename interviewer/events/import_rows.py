"""From one record of a file to the rows of the book of business."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from interviewer.core.book import (
    Claim,
    ImportedTranscript,
    Kind,
    Row,
    Shipment,
    ShipmentEvent,
    TimeQuality,
)
from interviewer.core.errors import InvalidInput
from interviewer.core.times import parse_time
from interviewer.events.value_maps import PROMISE_DUE, ValueMap, nearest, vocabulary
from interviewer.outreach.zones import normalize_email, normalize_phone

Record = Mapping[str, Any]  # column -> text, or a JSON value

IGNORED = "ignored on purpose"
NO_TIME = "delivered, no time"

SHIPMENT_TIMES = ("shipped_at", "exception_at", "delivered_at", "promised_at", "resolved_at")
SHIPMENT_COLUMNS = (*SHIPMENT_TIMES, "promised_from", "promised_source")
TURN_COLUMNS = ("seq", "speaker", "text")  # of a transcript with one row per turn

_TIMES = {
    "last_contact_at",
    "at",
    "notified_at",
    "occurred_at",
    "reported_at",
    "claim_opened_at",
    "claim_closed_at",
    *SHIPMENT_TIMES,
}
_TIMES_AHEAD = {"promised_at", "promised_from", "estimated_at", "estimate_before"}
_DATES = {"renewal_date", "notice_date", "review_date", "decided_at", "date", "due_date"}
_PHONES, _EMAILS = {"phone"}, {"email", "owner_email", "second_owner_email"}
_JSON = {"available_actions", "raw_codes", "turns", "segments", "context"}


@dataclass(frozen=True, slots=True)
class Plan:
    """How the columns and words of a file are to be read.

    `columns` maps our column names to those of the file; `region` is the country of national
    phone numbers; times without an offset are local in `timezone`. With `unknown`, a word that is
    none of ours is counted there, as `column=word`, and stands for not known; else it is refused.
    """

    now: datetime
    columns: Mapping[str, str] = field(default_factory=dict)
    values: ValueMap = field(default_factory=dict)
    timezone: str = "UTC"
    region: str | None = None
    source: str = "import"
    unknown: Counter[str] | None = None


_MORE_COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    Shipment: SHIPMENT_COLUMNS,
    ImportedTranscript: TURN_COLUMNS,
}


NOT_KNOWN = {"status": "unknown", "exception_code": "unspecified"}
"""What stands for a word that is none of ours; of other columns nothing does."""

QUALITIES = {
    "occurred_at": "time_quality",
    "estimated_at": "estimated_quality",
    "promised_at": "promised_quality",
}
"""A time of an event -> the column that says how well it is known."""


class Read(NamedTuple):
    """The rows of one record; a remark says what was left out, for the report."""

    rows: tuple[Row, ...]
    remark: str | None = None


def columns_of(kind: Kind) -> tuple[str, ...]:
    """The columns that an import file of this kind may have."""
    own = [name for name in kind.model_fields if name != "context"]
    return (*own, *_MORE_COLUMNS.get(kind, ()))


def check_columns(kind: Kind, plan: Plan, header: tuple[str, ...] | None) -> None:
    """Refuse a mapping that cannot work; `header` is None for a file without one.

    Raises:
        InvalidInput: A name is none of ours, or not in the file, or a required one is missing.
    """
    ours = columns_of(kind)
    for own, theirs in plan.columns.items():
        if own not in ours:
            raise InvalidInput("--map", f"no column of {kind.kind}{nearest(own, ours)}", own)
        if header is not None and theirs not in header:
            raise InvalidInput("--map", f"not in the file{nearest(theirs, header)}", theirs)
    if header is None:
        return
    for name in ours:
        field_ = kind.model_fields.get(name)
        known = name in header or name in plan.columns or name in ("account_name", "turns")
        if field_ is not None and field_.is_required() and not known:
            has = ", ".join(header)
            raise InvalidInput(name, f"is no column; add --map {name}=THEIRS. The file has: {has}")


class RowReader:
    """Reads records of one kind."""

    def __init__(self, kind: Kind, plan: Plan) -> None:
        self.kind = kind
        self.plan = plan
        self.columns = frozenset(columns_of(kind))
        self.vocabulary = vocabulary(kind)
        self.build: Callable[[dict[str, Any], str], Read] = {
            Shipment: self._shipment,
            ShipmentEvent: self._event,
            Claim: self._claim,
        }.get(kind, self._plain)

    def read(self, record: Record) -> Read:
        """The rows of a record.

        Raises:
            InvalidInput: The first column that breaks a rule, its value and the fix.
        """
        values = self._ours(record)
        zone = self._zone(values)
        ignored = self._translate(values)
        self._addresses(values)
        self._dates(values)
        if ignored and self.kind is ShipmentEvent and not values.get("exception_code"):
            return Read((), f"{IGNORED}: {ignored}")
        read = self.build(values, zone)
        return Read(read.rows, f"{IGNORED}: {ignored}") if ignored else read

    def _ours(self, record: Record) -> dict[str, Any]:
        """Our columns with their values; columns that are not ours go to `context`."""
        taken = set(self.plan.columns.values())
        values = {own: record.get(theirs) for own, theirs in self.plan.columns.items()}
        context = {}
        for name, value in record.items():
            if name in self.columns and name not in self.plan.columns:
                values[name] = value
            elif name not in taken and value not in (None, ""):
                context[name] = value
        known = {
            name: known for name in values if (known := _value(name, values[name])) is not None
        }
        if isinstance(inner := _value("context", context.get("context")), dict):
            context = {**context, **inner}
            del context["context"]
        return {**known, "context": context}

    def _zone(self, values: Mapping[str, Any]) -> str:
        zone = str(values.get("timezone") or self.plan.timezone)
        try:
            return ZoneInfo(zone).key
        except (KeyError, OSError, ValueError):
            fix = "is no time zone; write an IANA name such as America/New_York"
            raise InvalidInput("timezone", fix, zone) from None

    def _translate(self, values: dict[str, Any]) -> str | None:
        """Put our words for theirs; the word that was ignored on purpose, if one was."""
        ignored = None
        for column, words in self.vocabulary.items():
            if column not in values:
                continue
            word = str(values[column])
            key = word.strip().casefold()
            mapped = self.plan.values.get(column, {})
            if key in mapped:
                ours = mapped[key]
            elif key in words:
                ours = key
            elif self.plan.unknown is not None:
                self.plan.unknown[f"{column}={word}"] += 1
                ours = NOT_KNOWN.get(column)
            else:
                fix = f"is no word of ours; map it with --values{nearest(word, words)}"
                raise InvalidInput(column, fix, word)
            if ours is None:
                ignored = word if key in mapped else ignored
                del values[column]
            else:
                values[column] = ours
        return ignored

    def _addresses(self, values: dict[str, Any]) -> None:
        region = values.get("region") or self.plan.region
        for name in values.keys() & _EMAILS:
            values[name] = _named(name, normalize_email, values[name])
        for name in values.keys() & _PHONES:
            values[name] = _named(name, normalize_phone, values[name], region)
        if address := values.get("address"):
            if "@" in address:
                values["address"] = _named("address", normalize_email, address)
            else:
                values["address"] = _named("address", normalize_phone, address, region)

    def _dates(self, values: dict[str, Any]) -> None:
        for name in values.keys() & _DATES & self.kind.model_fields.keys():
            values[name] = read_date(name, values[name])

    def _time(self, name: str, text: str, zone: str) -> tuple[datetime, TimeQuality]:
        now = None if name in _TIMES_AHEAD else self.plan.now
        return parse_time(text, zone, now, name)

    def _times(self, values: dict[str, Any], zone: str) -> dict[str, TimeQuality]:
        """Replace each time by its instant; column -> how well it is known."""
        qualities = {}
        for name in [n for n in values if n in _TIMES or n in _TIMES_AHEAD]:
            values[name], qualities[name] = self._time(name, values[name], zone)
        return qualities

    def _plain(self, values: dict[str, Any], zone: str) -> Read:
        quality = self._times(values, zone).get("at")
        if quality and "time_quality" in self.kind.model_fields:
            values["time_quality"] = _quality(values, "time_quality", quality)
        if self.kind is ImportedTranscript:
            values["turns"] = [self._turn(turn, zone) for turn in values.get("turns", ())]
        return Read((self.kind.read(values),))

    def _turn(self, turn: Any, zone: str) -> Any:
        if isinstance(turn, dict) and isinstance(turn.get("at"), str):
            return {**turn, "at": self._time("at", turn["at"], zone)[0]}
        return turn

    def _claim(self, values: dict[str, Any], zone: str) -> Read:
        qualities = self._times(values, zone).values()
        coarse: tuple[TimeQuality, ...] = ("date", "local")
        seen: TimeQuality = next((quality for quality in coarse if quality in qualities), "exact")
        values["time_quality"] = _quality(values, "time_quality", seen)
        return Read((self.kind.read(values),))

    def _event(self, values: dict[str, Any], zone: str) -> Read:
        is_promise = values.get("status") == PROMISE_DUE or values.get("event_kind") == "promise"
        if is_promise and "occurred_at" in values:
            values["promised_at"] = values.pop("occurred_at")
        qualities = self._times(values, zone)
        values = {"source": self.plan.source, **values, "timezone": zone}
        for column, quality in QUALITIES.items():
            values[quality] = _quality(values, quality, qualities.get(column, "exact"))
        if is_promise:
            values |= {
                "status": None,
                "event_kind": "promise",
                "occurred_at": values.get("promised_at"),
                "time_quality": values["promised_quality"],
            }
        return Read((ShipmentEvent.read(values),))

    def _shipment(self, values: dict[str, Any], zone: str) -> Read:
        """The shipment, and one event per time: status words without a time make none."""
        qualities = self._times(values, zone)
        times = {name: values.pop(name) for name in SHIPMENT_COLUMNS if name in values}
        shipment = Shipment.read(values)
        events = [
            self._shipment_event(shipment, name, times, qualities[name], zone)
            for name in SHIPMENT_TIMES
            if name in times
        ]
        no_time = shipment.status == "delivered" and "delivered_at" not in times
        return Read((shipment, *events), NO_TIME if no_time else None)

    def _shipment_event(
        self,
        shipment: Shipment,
        column: str,
        times: Mapping[str, Any],
        quality: TimeQuality,
        zone: str,
    ) -> ShipmentEvent:
        says: dict[str, dict[str, Any]] = {
            "shipped_at": {"status": "in_transit"},
            "delivered_at": {"status": "delivered"},
            "exception_at": {
                "exception_code": shipment.exception_code or "unspecified",
                "exception_text": shipment.exception_text,
            },
            "resolved_at": {"event_kind": "resolution"},
            "promised_at": {
                "event_kind": "promise",
                "promised_at": times[column],
                "promised_quality": quality,
                "promised_from": times.get("promised_from"),
                "promised_source": times.get("promised_source"),
            },
        }
        return ShipmentEvent.read(
            {
                "shipment_ref": shipment.shipment_ref,
                "source": self.plan.source,
                "carrier": shipment.carrier,
                "account_ref": shipment.account_ref,
                "order_ref": shipment.order_ref,
                "occurred_at": times[column],
                "time_quality": quality,
                "timezone": zone,
                **says[column],
            }
        )


def read_date(column: str, text: str) -> date:
    """A calendar day; a time of day after it is left out.

    Raises:
        InvalidInput: It is no ISO date, or before the year 2000.
    """
    try:
        day = datetime.fromisoformat(text.strip()).date()
    except ValueError:
        raise InvalidInput(column, "is no date; write 2026-11-20", text) from None
    if day.year < 2000:
        raise InvalidInput(column, "is before the year 2000; correct it", text)
    return day


def _quality(values: Mapping[str, Any], column: str, seen: TimeQuality) -> TimeQuality:
    """What the file itself says of a time with an offset, as an export does; else what is seen."""
    given: TimeQuality | None = values.get(column)
    return given if given and seen == "exact" else seen


def _value(column: str, value: object) -> Any:
    """Text without outer spaces, a number as text, JSON where the column has it; empty is None."""
    if isinstance(value, str):
        value = value.strip() or None
        return _json(column, value) if value and column in _JSON else value
    if value is None or column in _JSON or (isinstance(value, bool) and column == "active"):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise InvalidInput(column, "is no text", value)


def _json(column: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(column, "is no JSON; leave it empty or correct it", text) from None


def _named(column: str, normalize: Callable[..., str], *args: object) -> str:
    """Normalize, and let an error name the column it is in."""
    try:
        return normalize(*args)
    except InvalidInput as error:
        message = error.message.partition(": ")[2]
        raise InvalidInput(column, message, error.value) from None

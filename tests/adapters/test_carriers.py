"""Every source as its adapter reads and checks it: payloads of our own, and those beside us."""

import base64
import hashlib
import hmac
import importlib
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.adapters.carriers import aftership, cloudevents, easypost, shippo, shopify
from interviewer.adapters.carriers.feed import Carrier, Feed
from interviewer.adapters.carriers.samples import sample
from interviewer.core.book import ShipmentEvent
from interviewer.core.errors import InvalidInput
from interviewer.core.scan import Scan
from interviewer.core.shipment import fold, is_late
from interviewer.ports import Circumstances

PAYLOADS = Path(__file__).parents[3] / "shared/data/payloads"
beside = pytest.mark.skipif(not PAYLOADS.exists(), reason="the payloads are not beside us")

CARRIERS: dict[str, Carrier] = {
    "aftership": aftership,
    "cloudevents": cloudevents,
    "easypost": easypost,
    "shippo": shippo,
    "shopify": shopify,
}
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()


def tracking(**more: Any) -> bytes:
    """An AfterShip tracking that was damaged in Miami after it was late in Atlanta."""
    points = [
        {
            "checkpoint_time": "2026-11-19T18:10:00",
            "tag": "InTransit",
            "subtag": "InTransit_003",
            "city": "Atlanta",
        },
        {
            "checkpoint_time": "2026-11-20T09:15:00",
            "tag": "Exception",
            "subtag": "Exception_012",
            "message": "Carton crushed",
            "state": "FL",
            "country_iso3": "USA",
        },
    ]
    message = {
        "tracking_number": "N1",
        "slug": "northway",
        "tag": "Exception",
        "subtag": "Exception_012",
        "checkpoints": points,
    }
    return json.dumps(
        {"event": "tracking_update", "event_id": "e1", "msg": message | more}
    ).encode()


def test_the_newest_scan_comes_last_with_the_tag_of_the_tracking() -> None:
    earlier, newest = aftership.parse(tracking())
    assert (earlier.status, earlier.exception_code, earlier.city) == ("in_transit", None, "Atlanta")
    assert (newest.status, newest.exception_code) == ("exception", "damaged")
    assert (newest.carrier, newest.code, newest.carrier_text) == (
        *("northway", "N1", "Carton crushed"),
    )
    assert (newest.occurred_at, newest.time_quality) == (datetime(2026, 11, 20, 9, 15), "local")  # noqa: DTZ001 - as it came


def test_a_word_on_no_map_means_what_its_parent_means_and_is_named() -> None:
    *_, newest = aftership.parse(tracking(subtag="Exception_099"))
    assert (newest.status, newest.exception_code) == ("exception", "unspecified")
    assert newest.unknown == ("detail",)
    assert newest.raw_codes["detail"] == "Exception_099"
    *_, newest = aftership.parse(tracking(tag="Teleported", subtag=None))
    assert (newest.status, newest.unknown) == ("unknown", ("status",))


def test_a_revised_date_is_told_with_the_one_before() -> None:
    *_, newest = aftership.parse(
        tracking(
            first_estimated_delivery={"datetime": "2026-11-21"},
            latest_estimated_delivery={"datetime": "2026-11-24", "revise_reason": "weather"},
        )
    )
    assert newest.estimated_at == date(2026, 11, 24)
    assert newest.estimate_before == date(2026, 11, 21)
    assert newest.raw_codes["revise_reason"] == "weather"
    assert (
        "date_changed"
        in fold(
            rows(
                "aftership",
                tracking(
                    first_estimated_delivery={"datetime": "2026-11-21"},
                    latest_estimated_delivery={"datetime": "2026-11-24"},
                ),
            )
        ).exception_codes
    )


def rows(name: str, raw: bytes, **known: Any) -> list[ShipmentEvent]:
    found = Feed(CARRIERS[name]).rows(raw, Circumstances(NOW, **known))
    return [row for row in found if isinstance(row, ShipmentEvent)]


def test_a_time_without_a_zone_is_local_where_it_was_scanned_else_at_the_destination() -> None:
    earlier, newest = rows("aftership", tracking(), zone_of={"N1": "America/Chicago"}.get)
    assert earlier.timezone == "America/Chicago"
    assert newest.timezone in ("America/Chicago", "America/New_York")  # Florida has both
    assert newest.time_quality == "local"


def test_a_scan_of_tomorrow_is_believed_and_one_of_next_week_is_not() -> None:
    soon = {"checkpoint_time": "2026-11-21T14:00:00Z", "tag": "Delivered"}
    assert rows("aftership", tracking(tag="Delivered", subtag=None, checkpoints=[soon]))
    late = soon | {"checkpoint_time": "2026-11-28T14:00:00Z"}
    with pytest.raises(InvalidInput, match="more than 24 hours in the future"):
        rows("aftership", tracking(checkpoints=[late]))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"tracking_number": None}, "msg.tracking_number"),
        ({"tag": ""}, "msg.tag"),
        ({"checkpoints": []}, "msg.checkpoints.0.checkpoint_time"),
        ({"checkpoints": [{"tag": "Delivered"}]}, "msg.checkpoints.0.checkpoint_time"),
        (
            {"checkpoints": [{"checkpoint_time": "20/11/2026"}]},
            "msg.checkpoints.0.checkpoint_time",
        ),
    ],
)
def test_what_cannot_be_read_is_named_by_its_path(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        aftership.parse(tracking(**change))
    assert caught.value.field == path


def test_a_tracking_of_which_nothing_is_known_yet_says_nothing() -> None:
    assert aftership.parse(tracking(tag="Pending", subtag="Pending_001", checkpoints=[])) == []
    assert aftership.parse(tracking(signed_by=None, customer_name=None))


def test_a_value_map_of_the_endpoint_goes_before_ours() -> None:
    unknown = Circumstances(NOW)
    Feed(aftership).rows(tracking(subtag="Exception_099"), unknown)
    assert unknown.unknown == {"detail=Exception_099": 1}
    words = {"exception_code": {"exception_099": "carrier_rejected"}, "status": {"intransit": None}}
    mapped = Circumstances(NOW, words=words)
    (newest,) = Feed(aftership).rows(tracking(subtag="Exception_099"), mapped)
    assert isinstance(newest, ShipmentEvent)
    assert newest.exception_code == "carrier_rejected"
    assert not mapped.unknown


def test_a_carrier_s_midnight_in_utc_is_a_day() -> None:
    body = json.loads(sample("shippo", NOW))
    body["data"] |= {"eta": "2026-11-20T00:00:00Z", "original_eta": "2026-11-20T00:00:00Z"}
    body["data"]["tracking_status"] |= {"status": "DELIVERED", "substatus": None}
    body["data"]["tracking_status"]["status_date"] = "2026-11-20T14:03:00Z"
    body["data"]["tracking_history"] = []
    state = fold(rows("shippo", json.dumps(body).encode()))
    assert (state.promised_source, is_late(state)) == ("original_eta", False)


@pytest.mark.parametrize("name", CARRIERS)
def test_a_sample_is_signed_as_the_provider_would_and_read(name: str) -> None:
    carrier, raw = CARRIERS[name], sample(name, NOW)
    headers = carrier.sign(raw, SECRET, NOW)
    assert carrier.verify(raw, headers, SECRET, NOW)
    assert carrier.verify(raw, {key.upper(): value for key, value in headers.items()}, SECRET, NOW)
    assert not carrier.verify(raw, headers, SECRET + "x", NOW)
    assert not carrier.verify(raw, headers, "", NOW)
    assert not carrier.verify(raw, {}, SECRET, NOW)
    assert carrier.parse(raw)[-1].occurred_at
    assert carrier.event_id(raw, headers) == carrier.event_id(raw, headers)


@pytest.mark.parametrize("name", CARRIERS)
def test_every_change_of_one_byte_is_refused(name: str) -> None:
    carrier, raw = CARRIERS[name], sample(name, NOW)
    headers = carrier.sign(raw, SECRET, NOW)
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert not carrier.verify(changed, headers, SECRET, NOW)
    assert not carrier.verify(raw + b"\n", headers, SECRET, NOW)


@pytest.mark.parametrize("name", ["shippo", "cloudevents"])
@pytest.mark.parametrize(("seconds", "accepted"), [(-301, False), (-300, True), (301, False)])
def test_a_signed_time_may_be_five_minutes_off(name: str, seconds: int, accepted: bool) -> None:
    carrier, raw = CARRIERS[name], sample(name, NOW)
    headers = carrier.sign(raw, SECRET, NOW)
    assert carrier.verify(raw, headers, SECRET, NOW + timedelta(seconds=seconds)) is accepted


def test_one_of_several_signatures_is_enough() -> None:
    raw = sample("cloudevents", NOW)
    headers = cloudevents.sign(raw, SECRET, NOW)
    two = headers | {"webhook-signature": f"v1,AAAA {headers['webhook-signature']}"}
    assert cloudevents.verify(raw, two, SECRET, NOW)
    assert not cloudevents.verify(raw, two | {"webhook-id": "other"}, SECRET, NOW)


def test_the_secret_of_easypost_is_composed_as_its_library_does() -> None:
    raw = b"{}"
    key = "se\u0301cret".encode()
    signature = f"hmac-sha256-hex={hmac.new(key, raw, hashlib.sha256).hexdigest()}"
    assert easypost.verify(raw, {"X-Hmac-Signature": signature}, "s\u00e9cret", NOW)
    assert not easypost.verify(raw, {"X-Hmac-Signature": signature[-64:]}, "s\u00e9cret", NOW)


Headers = st.dictionaries(
    st.sampled_from(
        [
            *("aftership-hmac-sha256", "X-Hmac-Signature", "Shippo-Auth-Signature", "webhook-id"),
            *("X-Shopify-Hmac-SHA256", "webhook-timestamp", "webhook-signature"),
        ]
    ),
    st.text(max_size=20) | st.sampled_from(["t=1795183380,v1=é", "9" * 5000, "v1,", "\ud800"]),
)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(CARRIERS)), st.binary(max_size=40), Headers, st.text(max_size=20))
def test_nothing_that_a_stranger_sends_raises(
    name: str, raw: bytes, headers: Mapping[str, str], secret: str
) -> None:
    carrier = CARRIERS[name]
    assert carrier.verify(raw, headers, secret, NOW) is False
    assert carrier.event_id(raw, headers)


Leaves = st.none() | st.integers() | st.text(max_size=8) | st.just([]) | st.just({})


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CARRIERS)), st.data())
def test_a_body_with_any_part_changed_is_read_or_refused(name: str, data: st.DataObject) -> None:
    body = json.loads(sample(name, NOW))
    places = [body, *(value for value in body.values() if isinstance(value, dict))]
    where = data.draw(st.sampled_from(places))
    where[data.draw(st.sampled_from(sorted(where)))] = data.draw(Leaves)
    with suppress(InvalidInput):
        found = Feed(CARRIERS[name]).rows(json.dumps(body).encode(), Circumstances(NOW))
        assert all(row.occurred_at for row in found if isinstance(row, ShipmentEvent))


@cache
def beside_us(file: str) -> Any:
    return json.loads((PAYLOADS / file).read_text(encoding="utf-8"))


def as_written(value: Any) -> Any:
    """A time as the payloads write it, whatever the offset."""
    if isinstance(value, str) and value[:2] == "20" and "T" in value:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else at
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value
    return value.isoformat() if isinstance(value, date) else value


@beside
def test_the_payloads_beside_us_are_read_as_expected() -> None:
    seen = 0
    for file, expected in beside_us("expected.json").items():
        name = file.partition("_")[0]
        if name not in CARRIERS:
            continue
        newest: Scan = CARRIERS[name].parse((PAYLOADS / file).read_bytes())[-1]
        for field, value in expected[-1].items():
            assert as_written(getattr(newest, field)) == as_written(value), (file, field)
        seen += 1
    assert seen > 20


@beside
def test_the_signature_vectors_beside_us_are_answered_as_expected() -> None:
    seen = 0
    for vector in beside_us("signature_vectors.json"):
        name = vector["source"].replace("standard_webhooks", "cloudevents")
        if name not in CARRIERS or vector.get("when") == "later":
            continue
        module = importlib.import_module(f"interviewer.adapters.carriers.{name}")
        raw, now = (
            (PAYLOADS / vector["file"]).read_bytes(),
            datetime.fromtimestamp(vector["now"], UTC),
        )
        check = (vector["headers"], vector["secret"], now)
        assert module.verify(raw, *check) is (vector["expect"] == "accept"), vector["note"]
        if vector["expect"] == "accept":
            places = range(0, len(raw), 7)
            assert not any(
                module.verify(raw[:n] + bytes([raw[n] ^ 1]) + raw[n + 1 :], *check) for n in places
            )
        seen += 1
    assert seen > 15

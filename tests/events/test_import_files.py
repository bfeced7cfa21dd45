import csv
import json
import tracemalloc
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.book import (
    KINDS,
    Account,
    Claim,
    Consent,
    Contact,
    ImportedTranscript,
    Kind,
    Score,
    Shipment,
    ShipmentEvent,
)
from interviewer.core.errors import InvalidInput
from interviewer.core.shipment import fold, is_late
from interviewer.events.import_files import ImportFile, Refused, RejectedFile, Taken
from interviewer.events.import_rows import Plan, columns_of
from interviewer.events.value_maps import load_value_map

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DATA = Path(__file__).parents[3] / "shared/data"
given_files = pytest.mark.skipif(not DATA.exists(), reason="the data is not beside this checkout")


def read(
    path: Path, kind: Kind, content: str | bytes | None = None, **plan: Any
) -> list[Taken | Refused]:
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(ImportFile(path, kind, Plan(now=NOW, **plan)))


def taken(path: Path, kind: Kind, content: str | bytes, **plan: Any) -> list[Any]:
    found = read(path, kind, content, **plan)
    assert not [one for one in found if isinstance(one, Refused)]
    return [row for one in found if isinstance(one, Taken) for row in one.values]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


ACCOUNTS = """account_ref,account_name,renewal_date,annual_value,floor
A1,Harbor Foods,2027-02-01,120000,3
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_of_any_delimiter_with_or_without_a_mark(
    path: Path, encoding: str, delimiter: str
) -> None:
    (account,) = taken(path, Account, ACCOUNTS.replace(",", delimiter).encode(encoding))
    assert account == Account(
        account_ref="A1",
        account_name="Harbor Foods",
        renewal_date=date(2027, 2, 1),
        annual_value=120000,
        context={"floor": "3"},
    )


def test_jsonl_says_the_same_as_csv(tmp_path: Path) -> None:
    row = {"account_ref": "A1", "account_name": "Harbor Foods", "renewal_date": "2027-02-01"}
    content = json.dumps({**row, "annual_value": 120000, "floor": "3"}) + "\n\n"
    assert taken(tmp_path / "a.jsonl", Account, content) == taken(
        tmp_path / "a.csv", Account, ACCOUNTS
    )


def test_columns_are_mapped_and_what_is_not_ours_is_context(path: Path) -> None:
    content = "load,shipment_id,status,event\nL1,S1,open,delivered\n"
    (shipment,) = taken(
        path,
        Shipment,
        content,
        columns={"shipment_ref": "shipment_id", "status": "event", "reference": "load"},
    )
    assert (shipment.shipment_ref, shipment.status, shipment.reference) == ("S1", "delivered", "L1")
    assert shipment.context == {"status": "open"}


def test_each_time_of_a_shipment_is_an_event(path: Path) -> None:
    content = (
        "shipment_ref,account_ref,timezone,shipped_at,exception_at,exception_code,resolved_at,"
        "promised_from,promised_at,delivered_at,proof,available_actions\n"
        "S1,A1,America/New_York,2026-11-16T08:00,2026-11-17T09:00,damaged,2026-11-18T10:00Z,"
        "2026-11-18T08:00,2026-11-18,2026-11-19 07:30,photo,"
        '"[{""id"": ""r"", ""label"": ""Call""}]"\n'
    )
    shipment, *events = taken(path, Shipment, content)
    assert shipment.available_actions[0].label == "Call"
    assert [(e.event_kind, e.status, e.exception_code, e.time_quality) for e in events] == [
        ("scan", "in_transit", None, "local"),
        ("scan", None, "damaged", "local"),
        ("scan", "delivered", None, "local"),
        ("promise", None, None, "date"),
        ("resolution", None, None, "exact"),
    ]
    state = fold(events)
    assert state.delivered
    assert state.delivered.at == datetime(2026, 11, 19, 12, 30, tzinfo=UTC)
    assert (is_late(state), state.exception_codes) == (True, ("damaged",))
    assert state.promised_from == datetime(2026, 11, 18, 13, tzinfo=UTC)


def test_a_delivery_without_a_time_is_taken_and_counted(path: Path) -> None:
    (one,) = read(path, Shipment, "shipment_ref,status\nS1,Delivered\n")
    assert isinstance(one, Taken)
    assert one.remark == "delivered, no time"
    assert [row.kind for row in one.values] == ["shipments"]


def test_events_promises_and_words_ignored_on_purpose(path: Path) -> None:
    content = (
        "shipment_ref,status,exception_code,occurred_at\n"
        "S1,DLVD,,2026-11-19T10:00Z\nS1,promise_due,,2027-01-01\nS1,printed,,2026-11-19\n"
        "S1,printed,WX,2026-11-19\n"
    )
    words = {
        "status": {"dlvd": "delivered", "printed": None},
        "exception_code": {"wx": "delay_weather"},
    }
    found = read(path, ShipmentEvent, content, values=words, source="tms")
    assert [one.remark for one in found if isinstance(one, Taken)] == [
        None,
        None,
        "ignored on purpose: printed",
        "ignored on purpose: printed",
    ]
    events = [row for one in found if isinstance(one, Taken) for row in one.values]
    assert [(e.event_kind, e.status, e.exception_code) for e in events] == [  # type: ignore[attr-defined]
        ("scan", "delivered", None),
        ("promise", None, None),
        ("scan", None, "delay_weather"),
    ]


def test_addresses_come_in_one_form(path: Path) -> None:
    consents = taken(
        path,
        Consent,
        "address,channel,status,source,at\n415-555-0123,sms,granted,checkout,2026-11-01\n"
        "Ana@Example.com,email,withdrawn,mail,2026-11-02T10:00:00+01:00\n",
        region="US",
    )
    assert [(c.address, c.status, c.time_quality) for c in consents] == [
        ("+14155550123", "granted", "date"),
        ("ana@example.com", "withdrawn", "exact"),
    ]
    (contact,) = taken(
        path, Contact, "contact_ref,account_ref,phone,region,active\nK1,A1,0171 5550123,DE,no\n"
    )
    assert (contact.phone, contact.active) == ("+491715550123", False)


def test_a_claim_knows_how_well_its_times_are_known(path: Path) -> None:
    content = "claim_ref,claim_opened_at,claim_closed_at\nC1,2026-11-01T10:00Z,2026-11-05\n"
    (claim,) = taken(path, Claim, content)
    assert claim.time_quality == "date"


SCORE = "account_ref,metric,period,value\n"
SHIPMENT = "shipment_ref,delivered_at,status,phone,timezone\n"


@pytest.mark.parametrize(
    ("kind", "content", "column", "value", "reason"),
    [
        (Shipment, SHIPMENT + "S1,19.11.2026,,,\n", "delivered_at", "19.11.2026", "is no time"),
        (Shipment, SHIPMENT + "S1,2027-01-01,,,\n", "delivered_at", "2027-01-01", "in the future"),
        (Shipment, SHIPMENT + "S1,1997-01-01,,,\n", "delivered_at", "1997-01-01", "year 2000"),
        (Shipment, SHIPMENT + "S1,,deliverd,,\n", "status", "deliverd", "ours is delivered"),
        (Shipment, SHIPMENT + "S1,,,0415 555,\n", "phone", "0415 555", "--region"),
        (Shipment, SHIPMENT + "S1,,,,Mars/Base\n", "timezone", "Mars/Base", "IANA"),
        (Shipment, SHIPMENT + ",,,,Asia/Tokyo\n", "shipment_ref", None, "is missing"),
        (Shipment, SHIPMENT + "S1,,\n", "row", None, "has 3 columns; the header has 5"),
        (Shipment, SHIPMENT + "S1\x00,,,,\n", "shipment_ref", "S1\x00", "NUL"),
        (ShipmentEvent, "shipment_ref,occurred_at\nS1,2026-11-01\n", "status", None, "is missing"),
        (Account, "account_ref,annual_value\nA1,-5\n", "annual_value", "-5", "greater than"),
        (Account, "account_ref,annual_value\nA1,inf\n", "annual_value", "inf", "finite"),
        (Account, "account_ref,renewal_date\nA1,soon\n", "renewal_date", "soon", "is no date"),
        (Score, SCORE + "A1,otif,2026-13,9\n", "period", "2026-13", "month"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_column_value_and_fix(
    path: Path, kind: Kind, content: str, column: str, value: str | None, reason: str
) -> None:
    good = content.splitlines()[0] + "\n"
    (refused,) = read(path, kind, content)
    assert isinstance(refused, Refused)
    assert (refused.row_number, refused.column, refused.value) == (2, column, value)
    assert reason in refused.reason
    assert read(path, kind, good) == []


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        "[" * 100_000,
        '{"account_ref": ["A1"]}',
        '{"account_ref": "A\\ud800"}',
        '{"account_ref": "A1", "note": {"x": ["\\u0000"]}}',
        '{"account_ref": "A1", "annual_value": 1e999}',
        '{"account_ref": "A1", "renewal_date": {}}',
        '{"account_ref": true}',
    ],
)
def test_bad_json_is_refused_without_a_traceback(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    good = '{"account_ref": "A2"}'
    bad, fine = read(path, Account, f"{line}\n{good}\n")
    assert isinstance(bad, Refused)
    assert isinstance(fine, Taken)
    with RejectedFile(path) as rejected:
        rejected.add(bad)
    assert rejected.path.exists()


@pytest.mark.parametrize(
    ("content", "plan", "why"),
    [
        ("", {}, "is empty"),
        (b"account_ref\n\xff\n", {}, "is not UTF-8"),
        ("account_ref,account_ref\n", {}, "twice"),
        ("id,name\n", {}, "add --map account_ref=THEIRS. The file has: id, name"),
        (
            "id\n",
            {"columns": {"account_ref": "ident"}},
            "not in the file; the nearest of ours is id",
        ),
        ("id\n", {"columns": {"acount_ref": "id"}}, "the nearest of ours is account_ref"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    path: Path, content: str | bytes, plan: dict[str, Any], why: str
) -> None:
    with pytest.raises(InvalidInput, match=why):
        read(path, Account, content, **plan)


def test_refused_rows_can_be_corrected_and_imported_as_they_are(path: Path) -> None:
    header = "account_ref,account_name,renewal_date,floor\n"
    content = header + 'A1,"Harbor, Foods",soon,3\nA2,Quay,2027-01-01,4\nA3,Pier,never,"5\n6"\n'
    refused = [one for one in read(path, Account, content) if isinstance(one, Refused)]
    with RejectedFile(path) as rejected:
        for one in refused:
            rejected.add(one)
    assert rejected.path.name == "file.csv.rejected.csv"
    with rejected.path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["rejected_row"] for row in rows] == ["2", "4"]
    assert rows[0]["rejected_column"] == "renewal_date"
    text = rejected.path.read_text(encoding="utf-8")
    text = text.replace(",soon,", ",2027-02-01,", 1).replace(",never,", ",2027-03-01,", 1)
    accounts = taken(path, Account, text)
    assert [(a.account_ref, a.context) for a in accounts] == [
        ("A1", {"floor": "3"}),
        ("A3", {"floor": "5\n6"}),
    ]
    with RejectedFile(path) as nothing:
        pass
    assert not nothing.path.exists()


TRANSCRIPT = """id,seq,speaker,text,at,role
T1,2,customer,It was late.,2026-11-01T10:01Z,buyer
T1,1,bot,How was it?,2026-11-01T10:00Z,buyer
T2,1,agent,How was it?,,
"""


def test_transcripts_one_row_per_turn(path: Path) -> None:
    first, second = taken(path, ImportedTranscript, TRANSCRIPT)
    assert [(t.speaker, t.text) for t in first.turns] == [
        ("interviewer", "How was it?"),
        ("respondent", "It was late."),
    ]
    assert first.at == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert first.context == {"role": "buyer"}
    assert (second.id, second.at) == ("T2", None)


def test_a_transcript_with_a_bad_row_is_refused_as_a_whole(path: Path) -> None:
    content = TRANSCRIPT.replace("T1,1", "T1,x") + "T1,3,bot,Bye,,\n"
    found = read(path, ImportedTranscript, content)
    assert [(one.row_number, type(one).__name__) for one in found] == [
        (2, "Refused"),
        (3, "Refused"),
        (4, "Taken"),
        (5, "Refused"),
    ]
    assert isinstance(found[-1], Refused)
    assert "stands apart" in found[-1].reason


def test_transcripts_as_jsonl(tmp_path: Path) -> None:
    row = {
        "id": "T1",
        "contact_role": "buyer",
        "context": {"shipment_ref": "S1"},
        "wave": 2,
        "turns": [{"speaker": "assistant", "text": "How?", "at": "2026-11-01T10:00"}],
    }
    (transcript,) = taken(tmp_path / "t.jsonl", ImportedTranscript, json.dumps(row))
    assert transcript.context == {"shipment_ref": "S1", "wave": 2}
    assert transcript.turns[0].at == datetime(2026, 11, 1, 10, tzinfo=UTC)
    (refused,) = read(tmp_path / "t.jsonl", ImportedTranscript, '{"id": "T1", "turns": []}')
    assert isinstance(refused, Refused)


VALUES = """
status: {DLVD: delivered, "IN TRN": in_transit, NO: null}
exception_code:
  "Refused by CNEE": refused
"""


def test_a_value_map_keeps_their_words_and_checks_ours(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(VALUES, encoding="utf-8")
    assert load_value_map(path, ShipmentEvent) == {
        "status": {"dlvd": "delivered", "in trn": "in_transit", "no": None},
        "exception_code": {"refused by cnee": "refused"},
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "status:\n  DLVD: deliverd\n",
            "values.yaml, line 2: 'deliverd' is no status; .* delivered",
        ),
        ("statuss: {A: delivered}\n", "line 1: no column statuss .* status"),
        ("status:\n  A: delivered\n  ' a': unknown\n", "line 3: ' a' is mapped twice"),
        ("status: [delivered]\n", "line 1: write"),
        ("status: {A: [delivered]}\n", "line 1: write one word"),
        ("status: {A: granted}\n", "'granted' is no status"),
        ("status: {\n", "cannot be read"),
        ("? [a]\n: b\n", "a key is one word"),
    ],
)
def test_a_wrong_value_map_names_file_line_and_nearest(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=why):
        load_value_map(path, ShipmentEvent)


CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["2026-11-20", "0001-01-01", "9999-12-31T23:59:59-14:00", "{", "[]", "1e999"]),
)


@given(st.data())
def test_no_cell_gives_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    kind = data.draw(st.sampled_from(list(KINDS.values())))
    row = {name: data.draw(CELL) for name in columns_of(kind)}
    path = tmp_path_factory.getbasetemp() / "fuzz.jsonl"
    (one,) = read(path, kind, json.dumps(row))
    assert isinstance(one, Taken) or one.reason


def test_a_large_file_is_read_in_constant_memory(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("account_ref,account_name\n")
        file.writelines(f"A{n},{'Harbor Foods ' * 100}\n" for n in range(8_000))
    assert path.stat().st_size > 10_000_000
    tracemalloc.start()
    assert sum(1 for _ in ImportFile(path, Account, Plan(now=NOW))) == 8_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


OLIST = {
    "columns": {
        "shipment_ref": "order_id",
        "delivered_at": "delivered",
        "promised_at": "promised",
        "shipped_at": "handed_to_carrier",
    },
    "values": {
        "status": {
            **dict.fromkeys(("created", "approved", "invoiced", "processing"), "pre_transit"),
            "shipped": "in_transit",
            **dict.fromkeys(("canceled", "unavailable"), "cancelled"),
        }
    },
}
SCMS = {
    "columns": {
        "shipment_ref": "line_id",
        "order_ref": "shipment_id",
        "account_ref": "account_id",
        "promised_at": "promised",
        "delivered_at": "delivered",
    }
}
REPLAY = {
    "columns": {
        "shipment_ref": "shipment_id",
        "account_ref": "account_id",
        "occurred_at": "ts",
        "status": "event",
    },
    "values": {
        "status": {
            **dict.fromkeys(("order_created", "order_approved"), "pre_transit"),
            "handed_to_carrier": "in_transit",
            **dict.fromkeys(("recorded", "survey_sent", "survey_answered")),
        }
    },
}


@given_files
@pytest.mark.parametrize(
    ("name", "kind", "plan", "delivered", "late", "never", "ignored", "no_time"),
    [
        ("shipments_olist.csv", Shipment, OLIST, 3839, 283, 2453, 0, 2),
        ("shipments_scms.csv", Shipment, SCMS, 10324, 1186, 0, 0, 0),
        ("events_replay.csv", ShipmentEvent, REPLAY, 14163, 1469, 2453, 22908, 0),
    ],
)
def test_the_counts_of_the_given_files(
    name: str,
    kind: Kind,
    plan: dict[str, Any],
    delivered: int,
    late: int,
    never: int,
    ignored: int,
    no_time: int,
) -> None:
    events: dict[str, list[ShipmentEvent]] = defaultdict(list)
    remarks: Counter[str] = Counter()
    for one in read(DATA / name, kind, **plan):
        assert isinstance(one, Taken), one
        remarks[(one.remark or "").partition(":")[0]] += 1
        for row in one.values:
            if isinstance(row, ShipmentEvent):
                events[row.shipment_ref].append(row)
    states = [fold(of_one) for of_one in events.values()]
    assert sum(state.delivered is not None for state in states) == delivered
    assert sum(is_late(state) is True for state in states) == late
    assert sum(state.delivered is None for state in states) == never
    assert remarks["ignored on purpose"] == ignored
    assert remarks["delivered, no time"] == no_time


@given_files
def test_the_shipments_of_one_file_are_those_of_the_replay() -> None:
    """Importing both changes nothing: every event of the one is an event of the other."""
    shipments = read(DATA / "shipments_scms.csv", Shipment, **SCMS)
    replay = read(DATA / "events_replay.csv", ShipmentEvent, **REPLAY)
    own, replayed = (
        {
            row.identity
            for one in found
            if isinstance(one, Taken)
            for row in one.values
            if isinstance(row, ShipmentEvent)
        }
        for found in (shipments, replay)
    )
    assert len(own) == 2 * 10_324
    assert own <= replayed


@given_files
def test_accounts_and_public_transcripts_are_taken_whole() -> None:
    accounts = read(DATA / "accounts_scms.csv", Account, columns={"account_ref": "account_id"})
    transcripts = read(DATA / "ai_interviews.jsonl", ImportedTranscript)
    assert Counter(type(one) for one in accounts) == {Taken: 142}
    assert Counter(type(one) for one in transcripts) == {Taken: 998}

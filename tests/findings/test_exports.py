"""Everything given back: nothing that a spreadsheet runs, and rows that an import takes again."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from interviewer.core import book
from interviewer.events.imports import Import, import_file
from interviewer.findings.exports import cell, export_all
from interviewer.interviews import photos
from interviewer.ports import Services
from tests.fakes import NOW, services_in
from tests.interviews.test_photos import begun, picture

EARLIER = datetime(2026, 9, 1, 4, tzinfo=UTC)
ROWS: list[book.Row] = [
    book.Account(
        account_ref="a1",
        account_name='=HYPERLINK("http://x")',
        annual_value=-0.0,
        renewal_date=date(2027, 1, 31),
        context={"note": "@SUM(A1)", "list": [1, {"é": None}]},
    ),
    book.Contact(contact_ref="c1", account_ref="a1", phone="+14155550123", active=False),
    book.Consent(
        address="+14155550123",
        channel="sms",
        status="granted",
        source="checkout",
        at=EARLIER,
        time_quality="date",
    ),
    book.Suppression(
        address="b@example.com", channel="all", status="suppressed", source="mail", at=EARLIER
    ),
    book.Shipment(
        shipment_ref="s1",
        account_ref="a1",
        status="delivered",
        available_actions=(book.AvailableAction(id="r", label="Refund", until=NOW),),
    ),
    book.ShipmentEvent(
        shipment_ref="s1",
        status="delivered",
        occurred_at=EARLIER,
        time_quality="date",
        timezone="America/New_York",
        source="acme",
        raw_codes={"code": "DL"},
    ),
    book.ShipmentEvent(
        shipment_ref="s1",
        event_kind="promise",
        occurred_at=EARLIER,
        promised_at=EARLIER,
        time_quality="local",
        promised_quality="local",
    ),
    book.ShipmentEvent(shipment_ref="s1", event_kind="resolution", occurred_at=NOW),
    book.Score(account_ref="a1", metric="nps", period="2026-Q3", value=-12.5, n=40),
    book.Claim(
        claim_ref="k1",
        shipment_ref="s1",
        claim_opened_at=EARLIER,
        claim_closed_at=NOW,
        time_quality="date",
        amount=12.5,
    ),
    book.Outcome(account_ref="a1", decided_at=date(2026, 8, 1), outcome="shrunk"),
    book.Action(account_ref="a1", what="the late Fridays", said_at=date(2026, 8, 1)),
    book.Note(account_ref="a1", at=EARLIER, text="=1 is what she wrote", note_kind="mail"),
    book.Volume(account_ref="a1", period="2026-08", units=1200),
    book.Invoice(
        invoice_ref="i1", account_ref="a1", date=date(2026, 8, 1), amount=-9.5, disputed="yes"
    ),
    book.Rating(account_ref="a1", at=EARLIER, by="ana", rating="high"),
    book.ThemeNote(at=EARLIER, by="ana", theme_id="t-1", owner="ben"),
    book.SignalReview(
        at=EARLIER, by="ana", turn_id="t1:0", signal="rfp", start=0, end=2, verdict="confirmed"
    ),
    book.ImportedTranscript(
        id="t1",
        turns=(book.ImportedTurn(speaker="respondent", text="-1 for the dock", at=EARLIER),),
        context={"k": "v"},
    ),
    book.ThemeDecision(at=EARLIER, theme_id="t-1", action="rename", title="Late, again"),
    book.Coding(turn_id="t1:0", code="dock"),
]
KINDS = list(book.KINDS.values())


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-2 degrees", "'-2 degrees"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("  =1", "'  =1"),
        ('"=1"', '\'"=1"'),
        ("'=1", "''=1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\u200b@x", "'\u200b@x"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("a=1", "a=1"),
        ("late - very", "late - very"),
        ("", ""),
        (-5, -5),
        (-5.5, -5.5),
        (None, None),
        (["=1"], '["=1"]'),
    ],
)
def test_no_cell_is_a_formula(text: object, written: object) -> None:
    assert cell(text) == written


def test_a_csv_reader_gets_every_cell_back_without_a_formula(
    services: Services, tmp_path: Path
) -> None:
    services.store.put(ROWS)
    counts = dict(export_all(services, tmp_path / "out"))

    assert set(counts) == {f"{k.kind}.{e}" for k in KINDS for e in ("csv", "jsonl")} | {
        "cases.csv",
        "cases.jsonl",
        "photos.csv",
        "photos.jsonl",
    }
    for name in counts:
        if name.endswith(".csv"):
            with (tmp_path / "out" / name).open(encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))
            assert len(rows) == counts[name] + 1
            cells = [each for row in rows for each in row]
            assert not [c for c in cells if c.startswith(("=", "+", "@", "＝")) or c == "-"]
    accounts = (tmp_path / "out" / "accounts.csv").read_text(encoding="utf-8")
    assert "\"'=HYPERLINK" in accounts


def test_an_import_of_the_export_gives_the_same_rows(services: Services, tmp_path: Path) -> None:
    services.store.put(ROWS)
    list(export_all(services, tmp_path / "out"))
    (tmp_path / "again").mkdir()
    again = services_in(tmp_path / "again")

    for kind in KINDS:
        report = import_file(again, Import(kind.kind, tmp_path / "out" / f"{kind.kind}.jsonl"))
        assert (report.taken, report.refused) == (sum(type(row) is kind for row in ROWS), 0)
        assert again.store.find(kind) == services.store.find(kind)
        report = import_file(services, Import(kind.kind, tmp_path / "out" / f"{kind.kind}.jsonl"))
        assert report.known == report.read


def test_photos_are_given_back_as_they_are_kept(services: Services, tmp_path: Path) -> None:
    interview = begun(services)
    kept = photos.add(services, interview, picture(size=(30, 20)))
    assert dict(export_all(services, tmp_path / "out"))["photos.jsonl"] == 1
    row = json.loads((tmp_path / "out" / "photos.jsonl").read_text(encoding="utf-8"))
    assert (row["photo_id"], row["interview_id"]) == (kept.photo_id, interview.interview_id)
    assert (tmp_path / "out" / row["file"]).read_bytes() == kept.jpeg


def test_an_empty_installation_exports_empty_files(services: Services, tmp_path: Path) -> None:
    assert set(dict(export_all(services, tmp_path / "out")).values()) == {0}
    assert json.loads("[" + (tmp_path / "out" / "claims.jsonl").read_text() + "]") == []

"""A file into the book: the report, corrected rows, nothing twice, and the moments it makes."""

import os
from pathlib import Path

import pytest

from interviewer.core.book import Account, Consent, Shipment, ShipmentEvent
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.events.imports import Import, ImportReport, import_file
from interviewer.findings.exports import export_all
from interviewer.ports import Services
from tests.fakes import NOW, services_in
from tests.story import invitation, launch, outcomes

SHARED = Path(os.environ.get("INTERVIEWER_TEST_DATA", "../shared/data"))
LONG_AGO = """\
order,came,due,state,depot
S-1,2026-01-05 10:00,2026-01-04,DLVD,north
S-2,2026-01-03,2026-01-04,DLVD,
S-3,,2026-01-04,LOST,
S-4,,2026-01-04,DLVD,
"""
MAPPED = {
    "shipment_ref": "order",
    "delivered_at": "came",
    "promised_at": "due",
    "status": "state",
}
VALUES = "status: {dlvd: delivered, lost: exception}\n"


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


def file(folder: Path, text: str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def shipments(services: Services, folder: Path, *, dry_run: bool = False) -> ImportReport:
    values = file(folder, VALUES, "values.yaml")
    source = file(folder, LONG_AGO)
    return import_file(services, Import("shipments", source, MAPPED, values, dry_run=dry_run))


def test_the_report_counts_rows_shipments_and_moments(services: Services, tmp_path: Path) -> None:
    launch(services, "delivery-check")
    report = shipments(services, tmp_path)
    assert report.counts() == {
        "read": 4,
        "taken": 4,
        "changed": 0,
        "known": 0,
        "ignored": 0,
        "refused": 0,
    }
    assert report.deliveries == {
        "delivered": 2,
        "late": 1,
        "never delivered": 2,
        "delivered, no time": 1,
    }
    assert report.moments == {("Delivered", "stale"): 2}
    assert services.store.invitations() == []
    assert services.store.find(Shipment, shipment_ref="S-1")[0].context == {"depot": "north"}
    assert "shipments of the file: 2 delivered, 1 late, 2 never delivered" in report.remarks()[1]


def test_the_same_file_again_changes_nothing(services: Services, tmp_path: Path) -> None:
    shipments(services, tmp_path)
    before = (services.store.find(Shipment), services.store.find(ShipmentEvent))
    report = shipments(services, tmp_path)
    assert (report.known, report.taken, report.changed) == (4, 0, 0)
    assert report.moments == {}
    assert (services.store.find(Shipment), services.store.find(ShipmentEvent)) == before


def test_a_dry_run_reports_and_stores_nothing(services: Services, tmp_path: Path) -> None:
    report = shipments(services, tmp_path, dry_run=True)
    assert report.taken == 4
    assert services.store.find(Shipment) == []
    assert outcomes(services) == {}
    assert "Nothing was stored" in report.remarks()[-1]


def test_a_file_with_fewer_columns_erases_nothing(services: Services, tmp_path: Path) -> None:
    whole = "account_ref,account_name,tier,renewal_date,note\na,Acme,gold,2027-01-31,n\n"
    import_file(services, Import("accounts", file(tmp_path, whole)))
    (before,) = services.store.find(Account)
    report = import_file(services, Import("accounts", file(tmp_path, "account_ref\na\n")))
    assert report.known == 1
    named = "account_ref,tier,depot\na,,north\n"
    report = import_file(services, Import("accounts", file(tmp_path, named)))
    assert report.changed == 1
    (after,) = services.store.find(Account)
    assert after == before.model_copy(update={"context": {"note": "n", "depot": "north"}})


def test_refused_rows_can_be_corrected_and_imported_as_they_are(
    services: Services, tmp_path: Path
) -> None:
    consents = """\
address,channel,status,source,at
+14155550123,sms,granted,checkout,2026-09-01
nobody,sms,granted,checkout,2026-09-01
b@example.com,email,agreed,checkout,2026-09-01
"""
    source = file(tmp_path, consents)
    report = import_file(services, Import("consents", source))
    assert (report.taken, report.refused) == (1, 2)
    assert report.rejected_file
    rejected = report.rejected_file.read_text(encoding="utf-8")
    assert "nobody" in rejected
    assert f"Next: correct {report.rejected_file}" in report.remarks()[-1]

    mended = rejected.replace("nobody", "+14155550124", 1).replace("agreed", "granted", 1)
    report.rejected_file.write_text(mended, encoding="utf-8")
    again = import_file(services, Import("consents", report.rejected_file))
    assert (again.taken, again.refused, again.rejected_file) == (2, 0, None)
    assert len(services.store.find(Consent)) == 3


def test_fresh_rows_make_an_invitation(services: Services, tmp_path: Path) -> None:
    launch(services, "delivery-check")
    consent = "address,channel,status,source,at\n+12125550142,sms,granted,checkout,2026-09-01\n"
    import_file(services, Import("consents", file(tmp_path, consent)))
    at = NOW.isoformat()
    fresh = f"shipment_ref,delivered_at,phone,region\nS-1,{at},212 555 0142,US-NY\n"
    report = import_file(services, Import("shipments", file(tmp_path, fresh)))
    assert report.moments == {("Delivered", "planned"): 1}
    assert invitation(services).address == "+12125550142"


def test_progress_ends_with_the_file(services: Services, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    source = file(tmp_path, "account_ref\na\nb\n")
    import_file(services, Import("accounts", source), lambda done, of: told.append((done, of)))
    assert told[-1] == (source.stat().st_size, source.stat().st_size)


@pytest.mark.parametrize(
    ("kind", "name", "error", "names"),
    [
        ("orders", "file.csv", InvalidInput, "none of accounts"),
        ("accounts", "none.csv", NotFound, "none.csv"),
        ("accounts", ".", NotFound, "a folder"),
        ("accounts", "empty.csv", InvalidInput, "is empty"),
        ("accounts", "binary.csv", InvalidInput, "UTF-8"),
        ("claims", "file.csv", InvalidInput, "claim_ref"),
    ],
)
def test_what_is_no_such_file_is_said(
    services: Services,
    tmp_path: Path,
    kind: str,
    name: str,
    error: type[Exception],
    names: str,
) -> None:
    file(tmp_path, "account_ref\na\n")
    file(tmp_path, "", "empty.csv")
    (tmp_path / "binary.csv").write_bytes(b"account_ref\n\xff\xfe\x00\n")
    with pytest.raises(error, match=names):
        import_file(services, Import(kind, tmp_path / name))
    assert services.store.find(Account) == []


# The public files, where they are there. Their counts were computed without this project.

OLIST = {
    "shipment_ref": "order_id",
    "delivered_at": "delivered",
    "promised_at": "promised",
    "shipped_at": "handed_to_carrier",
}
OLIST_VALUES = """\
status: {created: pre_transit, approved: pre_transit, invoiced: pre_transit,
  processing: pre_transit, shipped: in_transit, canceled: cancelled, unavailable: cancelled}
"""
SCMS = {
    "shipment_ref": "line_id",
    "order_ref": "shipment_id",
    "account_ref": "account_id",
    "promised_at": "promised",
    "delivered_at": "delivered",
}
REPLAY = {
    "shipment_ref": "shipment_id",
    "account_ref": "account_id",
    "occurred_at": "ts",
    "status": "event",
}
REPLAY_VALUES = """\
status: {order_created: pre_transit, order_approved: pre_transit, handed_to_carrier: in_transit,
  recorded: null, survey_sent: null, survey_answered: null}
"""
needs_data = pytest.mark.skipif(
    not SHARED.is_dir(), reason="public files: set INTERVIEWER_TEST_DATA to their folder"
)


def counted(report: ImportReport) -> tuple[int, int, int]:
    made = report.deliveries
    return made["delivered"], made["late"], made["never delivered"]


@needs_data
def test_the_public_shipments(services: Services, tmp_path: Path) -> None:
    launch(services, "delivery-check", "exception-follow-up")
    values = file(tmp_path, OLIST_VALUES, "values.yaml")
    what = Import("shipments", SHARED / "shipments_olist.csv", OLIST, values)
    report = import_file(services, what)
    assert (report.read, report.taken, report.refused) == (6292, 6292, 0)
    assert counted(report) == (3839, 283, 2453)
    assert report.moments == {("Delivered", "stale"): 3839}
    assert services.store.invitations() == []
    assert import_file(services, what).known == 6292


@needs_data
def test_the_public_events_are_the_same_shipments(services: Services, tmp_path: Path) -> None:
    lines = import_file(services, Import("shipments", SHARED / "shipments_scms.csv", SCMS))
    assert (lines.taken, lines.refused) == (10324, 0)
    assert counted(lines) == (10324, 1186, 0)
    assert lines.moments == {("Delivered", "stale"): 10324}

    values = file(tmp_path, REPLAY_VALUES, "values.yaml")
    report = import_file(services, Import("events", SHARED / "events_replay.csv", REPLAY, values))
    assert (report.read, report.ignored, report.refused) == (71010, 22908, 0)
    assert counted(report) == (14163, 1469, 2453)
    assert report.moments == {("Delivered", "stale"): 3839}


@needs_data
def test_the_public_accounts_and_transcripts(services: Services) -> None:
    accounts = Import("accounts", SHARED / "accounts_scms.csv", {"account_ref": "account_id"})
    assert import_file(services, accounts).taken == 142
    transcripts = Import("transcripts", SHARED / "ai_interviews.jsonl")
    assert import_file(services, transcripts).taken == 998
    assert import_file(services, transcripts).known == 998


BESIDE_THE_INTERVIEWS = [
    (
        "notes",
        "account_ref,at,text,contact_ref,note_kind,system\n"
        "A-1,2026-01-02T09:00:00Z,The Friday truck was late again.,C-1,E-MAIL,crm\n"
        "A-1,2026-01-03,Called Dana about the claim.,,call,crm\n"
        "A-1,2026-01-04,,,call,crm\n",
        "note_kind: {e-mail: mail}\n",
        "text: is missing",
    ),
    (
        "volumes",
        "account_ref,period,units,market_index\nA-1,2025-12,1200,101.5\nA-1,2026-10,900,\n"
        "A-1,October,1,\n",
        "",
        "period: is no period",
    ),
    (
        "invoices",
        "invoice_ref,account_ref,date,amount,disputed,invoice_kind\nI-1,A-1,2026-01-01,500,Y,\n"
        "I-2,A-1,2026-01-02,-20,,credit_note\nI-3,A-1,2.10.2026,10,,\n",
        "disputed: {y: 'yes'}\n",
        "date: is no date",
    ),
]


@pytest.mark.parametrize(("kind", "text", "words", "why"), BESIDE_THE_INTERVIEWS)
def test_what_stands_beside_the_interviews_comes_in_once_and_goes_out(
    services: Services, tmp_path: Path, kind: str, text: str, words: str, why: str
) -> None:
    values = file(tmp_path, words, "values.yaml")
    first, again = (
        import_file(services, Import(kind, file(tmp_path, text), values=values)) for _ in range(2)
    )
    assert (first.taken, first.refused, again.known, again.refused) == (2, 1, 2, 1)
    assert next(iter(first.reasons)).startswith(why)
    assert first.rejected_file
    assert first.rejected_file.read_text(encoding="utf-8").count("\n") == 2
    exported = dict(export_all(services, tmp_path / "out"))
    assert exported[f"{kind}.jsonl"] == 2
    assert import_file(services, Import(kind, tmp_path / "out" / f"{kind}.jsonl")).known == 2

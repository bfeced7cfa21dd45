"""What a person may ask of us, on a real installation: after an erasure nothing is found."""

import asyncio
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from analysis.tables import AccountRisk, Quote, Reason, Signal, Theme
from interviewer.access import privacy
from interviewer.clock import StoryClock
from interviewer.core.book import Account, Consent, Contact, Note, Shipment
from interviewer.core.contact import is_suppressed
from interviewer.core.errors import NotFound
from interviewer.core.inbound import ChatPart, InboundMessage
from interviewer.core.invitation import OutboundMessage
from interviewer.findings import exports
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from interviewer.store import AnalysisRun, InboxEvent
from tests.fakes import NOW, services_in

PLANTED = ("Zanzibarita", "Quuxworth", "+14155550123", "zq@plant.example.com", "GATE-7Q7Q")
NAME, STREET, PHONE, MAIL, CODE = PLANTED
WORDS = f"I am {NAME} of {STREET} lane, {PHONE}, {MAIL}; {CODE} opens. The box was smashed."


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


def plant(services: Services) -> str:
    """Everything that a respondent can reach, with all five strings; the interview."""
    store = services.store
    store.put(
        [
            Account(account_ref="A-1", account_name="Acme"),
            Contact(
                account_ref="A-1", contact_ref="C-1", contact_name=NAME, email=MAIL, phone=PHONE
            ),
            Consent(address=MAIL, channel="email", status="granted", source=CODE, at=NOW),
            Shipment(shipment_ref="S-9", phone=PHONE, recipient_name=NAME, reference=STREET),
            Note(account_ref="A-1", contact_ref="C-1", text=WORDS, at=NOW),
        ]
    )
    opening = Opening(
        context={"shipment_ref": "S-9", "contact_name": NAME, "free": WORDS},
        contact_ref="C-1",
        account_ref="A-1",
        name=NAME,
        address=PHONE,
    )
    started = asyncio.run(conversation.start(services, "exception-follow-up", opening))
    own = started.interview.interview_id
    asyncio.run(conversation.receive(services, own, f"m-{CODE}", WORDS))
    store.add_part(ChatPart(interview_id=own, message_id="m2", text=WORDS, at=NOW))
    store.take_message(
        InboundMessage(channel="sms", provider_id="p1", address=PHONE, text=WORDS, received_at=NOW),
        NOW,
    )
    store.add_messages(
        [
            OutboundMessage(
                interview_id=own,
                seq=99,
                kind="reply",
                channel="sms",
                address=PHONE,
                text=f"You said {WORDS}",
                message_key=f"{own}:99",
            )
        ]
    )
    raw = f'{{"ref": "S-9", "to": "{NAME} {STREET} {CODE} {MAIL} {PHONE}"}}'
    store.add_to_inbox([InboxEvent("api", "e1", raw, NOW, error=f"{CODE} is no code")])
    analyzed(services, own)
    return own


def analyzed(services: Services, own: str) -> None:
    quote = Quote(f"{own}:1", own, 0, 60, WORDS, "A-1", None, NOW)
    theme = Theme("t1", "Box", ("box",), 2, 2, 2, 0.8, (quote,), {}, {})
    signal = Signal("leaving", "asserted", "", 1.0, "text", "A-1", "C-1", None, NOW, quote)
    risk = AccountRisk(
        *("A-1", date(2026, 9, 15), "elevated", None, 0.12, -2.0, 0.3),
        *((Reason("leaving", 1.0, 1.0, 1.0, (signal,)),), (), (), "no reliable change", 1, 2),
    )
    for run_id, report in (("quoted", f"<h1>R</h1><q>{WORDS}</q>"), ("mixed", f"<b>{WORDS[:40]}")):
        services.store.save_run(
            AnalysisRun(
                run_id,
                NOW,
                {},
                [asdict(theme)],
                [asdict(signal)],
                [asdict(risk)],
                {},
                report,
            )
        )


def found_in(folder: Path) -> list[tuple[str, str]]:
    """Which planted strings are anywhere in the files, in any case."""
    return [
        (file.name, planted)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        for planted in PLANTED
        if planted.lower().encode() in file.read_bytes().lower()
    ]


@pytest.mark.parametrize("person", ["C-1", PHONE, MAIL])
def test_after_an_erasure_nothing_is_found(services: Services, tmp_path: Path, person: str) -> None:
    own = plant(services)
    before = {planted for _, planted in found_in(tmp_path)}
    assert before == set(PLANTED)
    vectors = tmp_path / "vectors.db"
    vectors.write_text("made from words")

    counts = privacy.erase(services, person, actor="cli", forget_vectors=vectors.unlink)

    assert counts["turn"] >= 3
    list(exports.export_all(services, tmp_path / "export"))
    (tmp_path / "held.txt").write_text(str(services.store.audit()))
    assert found_in(tmp_path) == []
    interview = services.store.interview(own)
    assert {turn.text for turn in interview.turns} == {"[erased]"}
    assert interview.status == "closed"
    assert not vectors.exists()
    assert services.store.run("quoted").report == "<h1>R</h1><q>[erased]</q>"
    assert "Make a new one" in services.store.run("mixed").report
    with pytest.raises(NotFound):
        privacy.who(services, person)


def test_who_was_erased_is_never_written_to_again(services: Services) -> None:
    plant(services)
    privacy.erase(services, "C-1", actor="cli", forget_vectors=lambda: None)
    services.store.put([Contact(account_ref="A-1", contact_ref="C-1", phone=PHONE)])
    found = privacy.suppressions_of(services, PHONE)
    assert is_suppressed(found, PHONE, "sms")
    assert not is_suppressed(privacy.suppressions_of(services, "+14155550199"), PHONE, "sms")
    assert all(job.step != "send" for job in services.store.claim(NOW, 99, timedelta(hours=1)))


def test_others_keep_their_words(services: Services) -> None:
    plant(services)
    opening = Opening(context={"shipment_ref": "S-8"})
    other = asyncio.run(conversation.start(services, "exception-follow-up", opening)).interview
    asyncio.run(conversation.receive(services, other.interview_id, "m1", "The box was wet."))
    before = services.store.interview(other.interview_id)
    privacy.erase(services, PHONE, actor="cli", forget_vectors=lambda: None)
    assert services.store.interview(other.interview_id) == before


def test_an_access_request_gives_out_everything_that_is_held(services: Services) -> None:
    plant(services)
    held = privacy.access_request(services, MAIL, actor="cli")
    assert {
        *("interview", "turn", "chat_part", "outbound_message", "inbound_message", "contact"),
        *("consent", "shipment", "note", "inbox_event"),
    } <= held.keys()
    written = str(held)
    assert all(planted in written for planted in PLANTED)
    assert "token_hash" not in written
    (entry,) = [e for e in services.store.audit() if e.what == "person.access"]
    assert MAIL not in str(entry)


def test_what_is_too_old_loses_its_words_once(services: Services) -> None:
    own = plant(services)
    clock = services.clock
    assert isinstance(clock, StoryClock)
    store = services.store
    store.save_inbox([replace(event, processed_at=NOW, error=None) for event in store.inbox()])
    assert privacy.purge(services) == {}
    clock.move_to(NOW + timedelta(days=31))
    assert privacy.purge(services) == {"inbox_event": 1}
    clock.move_to(NOW + timedelta(days=181))
    assert privacy.purge(services) == {}  # the interview is open
    store.save_interview(store.interview(own).evolve(status="closed"))
    assert privacy.purge(services) == {"interview": 1, "analysis_run": 2}
    assert privacy.purge(services) == {}
    purged = store.interview(own)
    assert {turn.text for turn in purged.turns} == {"[erased]"}
    assert purged.account_ref == "A-1"

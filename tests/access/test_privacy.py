"""What a person may ask of us, on a real installation: after an erasure nothing is found."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, text

from analysis.tables import (
    AccountRisk,
    KnownTheme,
    Quote,
    Reason,
    Signal,
    Theme,
    ThemeMemory,
)
from interviewer.access import privacy
from interviewer.adapters.sql.privacy import RULES
from interviewer.adapters.sql.store import SqlStore
from interviewer.adapters.sql.tables import Table
from interviewer.clock import StoryClock
from interviewer.core.book import (
    Account,
    Action,
    Claim,
    Consent,
    Contact,
    ImportedTranscript,
    Note,
    Rating,
    Shipment,
)
from interviewer.core.case import Case, CaseNote
from interviewer.core.contact import is_suppressed
from interviewer.core.errors import NotFound, Unavailable
from interviewer.core.inbound import ChatPart, InboundMessage
from interviewer.core.invitation import OutboundMessage
from interviewer.core.moments import Moment
from interviewer.core.notice import Notice, Occurrence
from interviewer.core.search import terms
from interviewer.findings import exports, notes
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from interviewer.store import AnalysisRun, InboxEvent, MomentRecord, Photo, Wanted
from interviewer.wiring import build, initialize
from tests.databases import DATABASES, empty_database
from tests.fakes import NOW, RecordingChannel, services_in, settings_in


@dataclass(frozen=True)
class Person:
    """Somebody with five strings that are nobody else's."""

    name: str = "Zanzibarita Oyelaran"
    word: str = "Quuxworth"
    phone: str = "+14155550123"
    mail: str = "zq@plant.example.com"
    code: str = "GATE-7Q7Q"

    @property
    def planted(self) -> tuple[str, ...]:
        return self.name, self.word, self.phone, self.mail, self.code

    @property
    def words(self) -> str:
        return f"{self.name} of {self.word} lane, {self.phone}, {self.mail}; {self.code}. Wet box."

    @property
    def national(self) -> str:
        """The number as somebody writes it who lives there."""
        digits = self.phone.removeprefix("+1")
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


SHE = Person()


@pytest.fixture(params=DATABASES)
def services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    if request.param == "sqlite":
        yield services_in(tmp_path)
        return
    with empty_database("postgres", tmp_path) as url:
        settings = settings_in(tmp_path).model_copy(update={"database_url": url})
        initialize(settings)
        made = build(settings, clock=StoryClock(NOW), channels={})
        yield replace(made, channels={"sms": RecordingChannel(), "email": RecordingChannel()})
        made.store.close()


def plant(services: Services, she: Person = SHE) -> str:
    """Everything that a respondent can reach, with all five strings; the interview."""
    store, words = services.store, she.words
    store.put(
        [
            Account(account_ref="A-1", account_name="Acme", owner_email="ana@ours.example.com"),
            Contact(
                account_ref="A-1",
                contact_ref="C-1",
                contact_name=she.name,
                email=she.mail,
                phone=she.phone,
            ),
            Consent(address=she.mail, channel="email", status="granted", source=she.code, at=NOW),
            Shipment(
                shipment_ref="S-9", phone=she.phone, recipient_name=she.name, reference=she.word
            ),
            Claim(claim_ref="K-1", contact_ref="C-1", claim_opened_at=NOW, context={"said": words}),
            Action(account_ref="A-1", contact_ref="C-1", what=words, said_at=NOW.date()),
            Note(account_ref="A-1", contact_ref="C-1", text=words, at=NOW, note_kind="mail"),
            ImportedTranscript(
                id="T-1",
                account_ref="A-1",
                contact_ref="C-1",
                turns=({"speaker": "respondent", "text": words},),
            ),
        ]
    )
    opening = Opening(
        context={"shipment_ref": "S-9", "contact_name": she.name, "free": words},
        contact_ref="C-1",
        account_ref="A-1",
        name=she.name,
        address=she.phone,
    )
    started = asyncio.run(conversation.start(services, "exception-follow-up", opening))
    own = started.interview.interview_id
    asyncio.run(conversation.receive(services, own, f"m-{she.code}", words))
    store.add_part(ChatPart(interview_id=own, message_id="m2", text=words, at=NOW))
    store.add_photo(Photo("photo", own, NOW, 1, 1, words.encode()), 3)
    inbound = InboundMessage(
        channel="sms", provider_id=she.code, address=she.phone, text=words, received_at=NOW
    )
    store.take_message(inbound, NOW)
    store.add_messages([_message(she, own), _message(she, None)])
    raw = f'{{"ref": "S-9", "to": "{she.name} {she.word} {she.code} {she.mail} {she.phone}"}}'
    store.add_to_inbox(
        [
            InboxEvent("api", "e1", raw, NOW, error=f"{she.code} is no code"),
            InboxEvent("api", "e2", json.dumps({"to": f"{she.name} {she.code}"}), NOW),
            InboxEvent("api", "e3", f'{{"tel": "{she.national}", "no": "{she.code}"}}', NOW),
        ]
    )
    store.save_moments([_moment("K-1", words)])
    _case_and_notice(services, own, she)
    analyzed(services, own, she)
    return own


def _message(she: Person, own: str | None) -> OutboundMessage:
    """One to the person; one of a rehearsal, to somebody who tries the study."""
    return OutboundMessage(
        interview_id=own,
        seq=99,
        kind="reply" if own else "help",
        channel="sms",
        address=she.phone if own else "+12125550100",
        meant_for=None if own else she.phone,
        text=f"You said {she.words}",
        message_key=f"{own}:99" if own else "rehearsal",
    )


def _moment(subject: str, words: str) -> MomentRecord:
    moment = Moment(
        kind="ClaimClosed",
        moment_id="ClaimClosed/K-1",
        subject=subject,
        rival=subject,
        occurred_at=NOW,
        due_at=NOW,
        contact_ref="C-1",
        context={"said": words},
    )
    return MomentRecord(moment, "asked", "claim-closed", NOW, NOW)


def _case_and_notice(services: Services, own: str, she: Person) -> None:
    case = Case(
        interview_id=own,
        reason="damage",
        case_class="same_day",
        hands_off=False,
        opened_at=NOW,
        turn_seqs=(1,),
        quotes=(she.words,),
        study="exception-follow-up",
        outcome=she.words,
        notes=(CaseNote(at=NOW, author="ana", text=she.words),),
    )
    services.store.save_interview(services.store.interview(own), case=case)
    opened = Occurrence(kind="case.opened", about=f"{own}.damage", at=NOW)
    body = {"interview_id": own, "quotes": [she.words]}
    notice = Notice(notice_id="n1", destination="slack", kind="case.opened", at=NOW, body=body)
    services.store.spread(opened, [notice], NOW)


def analyzed(services: Services, own: str, she: Person) -> None:
    words, last = she.words, she.word  # a word of theirs alone names the theme

    def quote(name: str) -> Quote:
        return Quote(f"{name}:1", name, 0, 60, words, "A-1", None, NOW)

    (note,) = services.store.find(Note, contact_ref="C-1")
    (heard,) = notes.as_transcripts([note], [])
    quotes = tuple(quote(name) for name in (own, "T-1", heard.interview_id))
    theme = Theme("t1", f"{last} box", (last, "box"), 2, 2, 2, 0.8, quotes, {}, {})
    known = KnownTheme("t1", f"{last} box", (last, "box"), last, (0.1,), 0.5)
    signal = Signal("leaving", "asserted", "", 1.0, "text", "A-1", "C-1", None, NOW, quotes[0])
    risk = AccountRisk(
        *("A-1", date(2026, 9, 15), "elevated", None, 0.12, -2.0, 0.3),
        *((Reason("leaving", 1.0, 1.0, 1.0, (signal,)),), (), (), "no reliable change", 1, 2),
    )
    memory = {"as_of": "2026-09-15", "themes": asdict(ThemeMemory((known,)))}
    for run_id, report in (("quoted", f"<h1>R</h1><q>{words}</q>"), ("mixed", f"<b>{words[:40]}")):
        found = [asdict(theme)], [asdict(signal)], [asdict(risk)]
        services.store.save_run(AnalysisRun(run_id, NOW, {}, *found, memory, report))


def found_in(services: Services, folder: Path, she: Person = SHE) -> list[tuple[str, str]]:
    """Which planted strings are in any column of any table, or in the files; in any case."""
    assert isinstance(services.store, SqlStore)
    contents = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    with services.store._database.read() as connection:
        for name in inspect(connection).get_table_names():
            rows = connection.execute(text(f'select * from "{name}"')).all()
            cells = (cell for row in rows for cell in row)
            whole = (c if isinstance(c, bytes) else str(c).encode() for c in cells)
            contents[name] = b"\n".join(whole)
    return [
        (name, planted)
        for name, content in sorted(contents.items())
        for planted in (*she.planted, she.national)
        if planted.casefold() in content.decode("utf-8", "ignore").casefold()
    ]


@pytest.mark.parametrize("person", ["C-1", SHE.phone, SHE.mail])
def test_after_an_erasure_nothing_is_found(services: Services, tmp_path: Path, person: str) -> None:
    own = plant(services)
    assert {planted for _, planted in found_in(services, tmp_path)} >= set(SHE.planted)
    another_says(services, "The box was wet.")
    vectors = tmp_path / "vectors.db"
    vectors.write_text("made from words")

    counts = privacy.erase(services, person, actor="cli", forget_vectors=vectors.unlink)

    assert counts["turn"] >= 3
    list(exports.export_all(services, tmp_path / "export"))
    assert found_in(services, tmp_path) == []
    interview = services.store.interview(own)
    assert {turn.text for turn in interview.turns} == {"[erased]"}
    assert interview.status == "closed"
    assert not vectors.exists()
    assert services.store.run("quoted").report == "<h1>R</h1><q>[erased]</q>"
    assert "Make a new one" in services.store.run("mixed").report
    (theme,) = services.store.run("quoted").themes
    assert (theme["title"], theme["words"]) == ("Box", ["box"])
    assert services.store.notice("n1").state == "dead"
    waiting = services.store.claim(NOW + timedelta(days=1), 99, timedelta(hours=1))
    assert {job.step for job in waiting} <= {"send"}  # the rehearsal's, which is not theirs
    assert {job.subject for job in waiting} <= {"rehearsal"}
    with pytest.raises(NotFound):
        privacy.who(services, person)


def test_who_was_erased_is_never_written_to_again(services: Services) -> None:
    plant(services)
    privacy.erase(services, "C-1", actor="cli", forget_vectors=lambda: None)
    services.store.put([Contact(account_ref="A-1", contact_ref="C-1", phone=SHE.phone)])
    found = privacy.suppressions_of(services, SHE.phone)
    assert is_suppressed(found, SHE.phone, "sms")
    assert not is_suppressed(privacy.suppressions_of(services, "+14155550199"), SHE.phone, "sms")
    waiting = services.store.claim(NOW, 99, timedelta(hours=1))
    assert [job.subject for job in waiting if job.step == "send"] == ["rehearsal"]


def another_says(services: Services, words: str) -> str:
    """The interview of somebody else."""
    opening = Opening(context={"shipment_ref": "S-8"})
    other = asyncio.run(conversation.start(services, "exception-follow-up", opening)).interview
    asyncio.run(conversation.receive(services, other.interview_id, "m1", words))
    return other.interview_id


def test_others_keep_their_words(services: Services) -> None:
    plant(services)
    other = another_says(services, "The box was wet.")
    before = services.store.interview(other)
    privacy.erase(services, SHE.phone, actor="cli", forget_vectors=lambda: None)
    assert services.store.interview(other) == before


def test_whoever_speaks_of_her_keeps_the_rest_of_the_words(services: Services) -> None:
    plant(services)
    said = f"{SHE.name} at {SHE.national} promised it. The crate stood outside."
    other = another_says(services, said)
    services.store.put([Rating(account_ref="A-1", at=NOW, by="ana", rating="high", why=said)])
    privacy.erase(services, "C-1", actor="cli", forget_vectors=lambda: None)

    blackened = said.replace(SHE.name, "█" * len(SHE.name))
    blackened = blackened.replace(SHE.national, "█" * len(SHE.national))
    assert services.store.interview(other).turns[1].text == blackened
    (rating,) = services.store.find(Rating)
    assert (rating.why, rating.by) == (blackened, "ana")
    assert _found_by(services, "crate stood") == [other]
    assert _found_by(services, SHE.name) == []


def _found_by(services: Services, words: str) -> list[str]:
    found = services.store.page_of_interviews(Wanted(terms=terms(words)), limit=9)
    return [interview.interview_id for interview in found]


def test_who_works_for_us_still_owns_an_account(services: Services) -> None:
    """An owner who tried a study is erased as a respondent only."""
    plant(services)
    ours = "ana@ours.example.com"
    services.store.put([Contact(account_ref="A-1", contact_ref="C-2", email=ours)])
    privacy.erase(services, "C-2", actor="cli", forget_vectors=lambda: None)
    (account,) = services.store.find(Account)
    assert account.owner_email == ours


def test_what_a_reader_held_in_the_file_goes_the_second_time(tmp_path: Path) -> None:
    services = services_in(tmp_path)
    plant(services)
    assert isinstance(services.store, SqlStore)
    with services.store._database.read() as reader:
        reader.execute(text("select count(*) from turn")).scalar()
        with pytest.raises(Unavailable):
            privacy.erase(services, "C-1", actor="cli", forget_vectors=lambda: None)
    assert is_suppressed(privacy.suppressions_of(services, SHE.phone), SHE.phone, "sms")
    assert privacy.erase(services, "C-1", actor="cli", forget_vectors=lambda: None) == {}
    assert found_in(services, tmp_path) == []
    erased = [e for e in services.store.audit() if e.what == "person.erase"]
    assert len(erased) == 1


def people() -> st.SearchStrategy[Person]:
    """Names and words in any letters; numbers and addresses that may be."""
    word = st.text(st.characters(categories=["L"]), min_size=6, max_size=9).filter(str.isalpha)
    digits = st.from_regex(r"[2-9]0[1-9]555[0-9]{4}", fullmatch=True)
    return st.builds(
        Person,
        name=st.tuples(word, word).map(" ".join),
        word=word.map("Xq{}".format),  # a word of no page of ours
        phone=digits.map("+1{}".format),
        mail=st.from_regex(r"[a-z]{6}[.][a-z0-9]{6}@plant[.]example[.]com", fullmatch=True),
        code=st.from_regex(r"GATE-[0-9A-Z]{6}", fullmatch=True),
    )


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(she=people(), by=st.sampled_from(["C-1", "phone", "mail"]))
def test_whoever_it_is_no_column_of_any_table_keeps_a_trace(she: Person, by: str) -> None:
    with TemporaryDirectory() as folder:
        services = services_in(Path(folder))
        plant(services, she)
        person = getattr(she, by, by)
        privacy.erase(services, person, actor="cli", forget_vectors=lambda: None)
        services.store.close()
        assert found_in(services, Path(folder), she) == []
        services.store.close()


BY_CONTENT = {  # found by what is in them, not by a column
    *("analysis_run", "theme", "signal", "account_risk", "inbox_event", "notice", "job")
}
OF_NOBODY = {  # ours, or of an account; who is named there all the same is blackened
    *("account", "alert_rule", "api_key", "audit_entry", "coding", "cost_assumption"),
    *("destination", "endpoint", "endpoint_count", "gate_decision", "invoice", "occurrence"),
    *("outcome", "rating", "score", "session", "signal_review", "study", "theme_decision"),
    *("theme_note", "user", "volume", "widget"),
}


def test_of_every_table_it_is_said_what_an_erasure_does_there() -> None:
    ruled = {str(rule.table.__tablename__) for rule in RULES}
    assert set(Table.metadata.tables) == ruled | BY_CONTENT | OF_NOBODY
    assert not OF_NOBODY & (ruled | BY_CONTENT)


def test_an_access_request_gives_out_everything_that_is_held(services: Services) -> None:
    plant(services)
    held = privacy.access_request(services, SHE.mail, actor="cli")
    assert {
        *("interview", "turn", "chat_part", "outbound_message", "inbound_message", "contact"),
        *("consent", "shipment", "note", "inbox_event", "case", "imported_transcript", "action"),
    } <= held.keys()
    written = str(held)
    assert all(planted in written for planted in SHE.planted)
    assert "token_hash" not in written
    (entry,) = [e for e in services.store.audit() if e.what == "person.access"]
    assert SHE.mail not in str(entry)


def test_what_is_too_old_loses_its_words_once(services: Services) -> None:
    own = plant(services)
    clock = services.clock
    assert isinstance(clock, StoryClock)
    store = services.store
    store.save_inbox([replace(event, processed_at=NOW, error=None) for event in store.inbox()])
    assert privacy.purge(services) == {}
    clock.move_to(NOW + timedelta(days=31))
    assert privacy.purge(services) == {"inbox_event": 3}
    clock.move_to(NOW + timedelta(days=181))
    assert privacy.purge(services) == {}  # the interview is open
    store.save_interview(store.interview(own).evolve(status="closed"))
    assert privacy.purge(services) == {"interview": 1, "analysis_run": 2}
    assert privacy.purge(services) == {}
    purged = store.interview(own)
    assert {turn.text for turn in purged.turns} == {"[erased]"}
    assert purged.account_ref == "A-1"

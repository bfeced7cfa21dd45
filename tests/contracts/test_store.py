"""What every store does, on SQLite and on Postgres; times are passed, nothing sleeps."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from threading import Barrier
from typing import Any, Self, TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from interviewer.adapters.sql.engine import Database
from interviewer.adapters.sql.store import SqlStore, migrate, open_store
from interviewer.clock import SystemClock
from interviewer.core.access import ApiKey, AuditEntry, Session, User, first_broken
from interviewer.core.book import (
    KINDS,
    Account,
    Action,
    Claim,
    Coding,
    Consent,
    Contact,
    CostAssumption,
    ImportedTranscript,
    Invoice,
    Note,
    Outcome,
    Rating,
    Row,
    Score,
    Shipment,
    ShipmentEvent,
    SignalReview,
    Suppression,
    ThemeDecision,
    ThemeNote,
    Ticket,
    Volume,
)
from interviewer.core.case import Case
from interviewer.core.errors import Conflict, InvalidInput, NotFound
from interviewer.core.guide import guide_hash
from interviewer.core.inbound import ChatPart, InboundMessage
from interviewer.core.interview import Decision, Interview, Trace, Turn
from interviewer.core.invitation import GateDecision, Invitation, Job, OutboundMessage
from interviewer.core.moments import Moment
from interviewer.core.operations import Passage
from interviewer.core.reading import FieldReading, IntentReading, Reading, TopicReading
from interviewer.core.study import Study
from interviewer.store import (
    AnalysisRun,
    Endpoint,
    EndpointCount,
    InboxEvent,
    MomentRecord,
    Photo,
    Widget,
)
from interviewer.studies.prompts_folder import load_guide
from tests.databases import DATABASES, empty_database

T = TypeVar("T")

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)

GUIDE = """\
slug: parcel
title: A parcel
goal: Learn how the delivery went.
audience: recipient
languages: [en]
expires: 24h
budget: {questions: 3, probes_in_a_row: 1}
names: [brand]
topics:
  what_happened: {must: true, ask: {en: "What happened?"}, aspect: {en: "the delivery"}}
opener: {en: {chat: "{brand}, automated. How did it go?"}}
probes:
  en:
    aspect: "What was it about {aspect} that stood out?"
    incident: 'You said "{quote}". What happened?'
"""


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as url:
        migrate(url)
        yield url


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    store = open_store(url)
    yield store
    store.close()


def study(source: str = GUIDE) -> Study:
    guide = load_guide(source)
    return Study(
        slug=guide.slug, version=0, guide=guide, guide_hash=guide_hash(guide), source=source
    )


def opener(text: str = "How did it go?", at: datetime = NOW) -> Turn:
    return Turn(
        seq=0,
        speaker="interviewer",
        text=text,
        at=at,
        language="en",
        move="ask",
        topic="what_happened",
        trace=Trace(template="opener", latency_ms=1.5),
    )


def answer(seq: int, message_id: str, text: str = "It came late.") -> Turn:
    return Turn(
        seq=seq,
        speaker="respondent",
        text=text,
        at=NOW + seq * HOUR,
        language="en",
        message_id=message_id,
        audience="owner",
        reading=Reading(
            source="rules",
            sentiment="mixed",
            topics={"what_happened": TopicReading(covered="yes", evidence="late")},
            fields={"days": FieldReading(value=2, evidence="late", confidence=0.5)},
            intents=(IntentReading(intent="skip", evidence="It"),),
        ),
        decision=Decision(move="probe", reason="vague", marks=("case",), options=("a", "b")),
    )


def interview(interview_id: str = "i1", **more: Any) -> Interview:
    known: dict[str, Any] = {
        "study": "parcel",
        "study_version": 1,
        "guide_hash": "h",
        "context": {"item": "desk", "unknown": None, "nested": [1, {"é": 2.5}]},
        "account_ref": "acme",
        "address": "+14155550123",
        "topics": ("what_happened",),
        "turns": (opener(),),
        "opened_at": NOW,
        "expires_at": NOW + 24 * HOUR,
    }
    return Interview(interview_id=interview_id, **(known | more))


@pytest.fixture
def started(store: SqlStore) -> Interview:
    store.save_study(study())
    store.add_interview(interview(), "token")
    return interview()


def together(number: int, work: Callable[[int], T]) -> list[T]:
    """The results of `work` in so many threads that start at once."""
    start = Barrier(number)

    def run(place: int) -> T:
        start.wait()
        return work(place)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


# studies


def test_a_study_keeps_every_version(store: SqlStore) -> None:
    first = store.save_study(study())
    assert (first.version, first.state) == (1, "ready")
    assert store.save_study(study()) == first

    store.set_study_state("parcel", "live", NOW)
    second = store.save_study(study(GUIDE.replace("A parcel", "The parcel")))

    assert (second.version, second.state, second.launched_at) == (2, "live", NOW)
    assert store.study("parcel") == second
    assert store.study("parcel", 1).guide == first.guide
    assert store.study("parcel", 1).source == GUIDE
    assert store.study("parcel").guide is store.study("parcel").guide


def test_studies_are_listed_by_slug_at_their_newest_version(store: SqlStore) -> None:
    for source in (GUIDE, GUIDE.replace("3", "4"), GUIDE.replace("slug: parcel", "slug: alpha")):
        store.save_study(study(source))
    assert [(s.slug, s.version) for s in store.studies()] == [("alpha", 1), ("parcel", 2)]


def test_launch_time_is_when_outreach_began(store: SqlStore) -> None:
    store.save_study(study())
    assert store.set_study_state("parcel", "live", NOW).launched_at == NOW
    assert store.set_study_state("parcel", "live", NOW + HOUR).launched_at == NOW
    assert store.set_study_state("parcel", "paused", NOW + HOUR).launched_at == NOW
    assert store.study("parcel").state == "paused"
    assert store.set_study_state("parcel", "live", NOW + 2 * HOUR).launched_at == NOW + 2 * HOUR


def test_unknown_names_are_not_found(store: SqlStore) -> None:
    store.save_study(study())
    asked: list[Callable[[], object]] = [
        lambda: store.study("nothing"),
        lambda: store.study("parcel", 7),
        lambda: store.set_study_state("nothing", "live", NOW),
        lambda: store.interview("nothing"),
        lambda: store.interview_by_token("nothing"),
        lambda: store.save_interview(interview("nothing")),
        lambda: store.add_interview(interview(study="nothing"), "t"),
        lambda: store.moment("nothing"),
        lambda: store.save_invitation(invitation("nothing")),
        lambda: store.add_messages([message(1)]),  # its interview
        lambda: store.invitation("nothing"),
        lambda: store.job("send", "nothing"),
        lambda: store.message("i1:6"),
        lambda: store.key("nothing"),
        lambda: store.run("nothing"),
    ]
    for ask in asked:
        with pytest.raises(NotFound):
            ask()


# interviews


def test_an_interview_comes_back_equal(store: SqlStore, started: Interview) -> None:
    assert store.interview("i1") == started
    assert store.interview_by_token("token") == started

    saved = store.save_interview(started.add(answer(1, "m1")))

    assert saved.version == 1
    assert store.interview("i1") == saved
    assert store.interview("i1").turns[1].reading == answer(1, "m1").reading


def test_a_time_with_an_offset_comes_back_equal_and_in_utc(store: SqlStore) -> None:
    store.save_study(study())
    there = timezone(timedelta(hours=2))
    local = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=there)
    store.add_interview(interview(opened_at=local, turns=(opener(at=local),)), "token")
    found = store.interview("i1")
    assert found.opened_at == found.turns[0].at == local
    assert found.opened_at.tzinfo is UTC


def test_a_naive_time_is_refused(store: SqlStore) -> None:
    store.save_study(study())
    with pytest.raises(StatementError, match="timezone"):
        store.add_interview(interview(opened_at=datetime(2026, 1, 1)), "token")  # noqa: DTZ001
    assert store.interviews() == []


def test_an_interview_is_added_once(store: SqlStore, started: Interview) -> None:
    for again, token in ((started, "other"), (interview("i2"), "token")):
        with pytest.raises(Conflict):
            store.add_interview(again, token)


def test_a_stale_save_writes_nothing(store: SqlStore, started: Interview) -> None:
    first = store.save_interview(started.add(answer(1, "m1")))
    with pytest.raises(Conflict):
        store.save_interview(
            started.add(answer(1, "m2")),
            case=case(),
            outbox=[message(2)],
            book=[Account(account_ref="acme", account_name="Acme")],
        )
    assert store.interview("i1") == first
    assert store.cases() == store.messages() == store.find(Account) == []


def test_a_message_id_is_stored_once(store: SqlStore, started: Interview) -> None:
    saved = store.save_interview(started.add(answer(1, "m1")))
    with pytest.raises(Conflict):
        store.save_interview(saved.add(answer(2, "m1")))
    assert store.interview("i1") == saved

    store.add_interview(interview("i2"), "token2")
    store.save_interview(interview("i2").add(answer(1, "m1")))


def test_what_goes_with_a_turn_is_saved_with_it(store: SqlStore, started: Interview) -> None:
    stop = Suppression(
        address="+14155550123", channel="sms", status="suppressed", source="reply", at=NOW
    )
    store.save_interview(
        started.add(answer(1, "m1")), case=case(), outbox=[message(2), message(1)], book=[stop]
    )
    assert store.cases() == [case()]
    assert store.messages() == [message(2), message(1)]
    assert store.find(Suppression) == [stop]


def test_of_two_savers_of_one_version_one_conflicts(store: SqlStore, started: Interview) -> None:
    def save(place: int) -> str:
        try:
            store.save_interview(started.add(answer(1, f"m{place}")))
        except Conflict:
            return "conflict"
        return "saved"

    assert sorted(together(2, save)) == ["conflict", "saved"]
    assert len(store.interview("i1").turns) == 2


def test_no_change_is_lost_among_eight_threads(store: SqlStore, started: Interview) -> None:
    def count_one() -> bool:
        read = store.interview("i1")
        counted = {"count": read.context.get("count", 0) + 1}
        try:
            store.save_interview(read.evolve(context=counted))
        except Conflict:
            return False
        return True

    def count_fifty(_: int) -> int:
        counted = 0
        while counted < 50:
            counted += count_one()
        return counted

    assert sum(together(8, count_fifty)) == 400
    found = store.interview("i1")
    assert (found.version, found.context) == (400, {"count": 400})


def test_interviews_are_found_newest_first(store: SqlStore) -> None:
    store.save_study(study())
    store.save_study(study(GUIDE.replace("slug: parcel", "slug: other")))
    rows: list[dict[str, Any]] = [
        {"interview_id": "a"},
        {"interview_id": "b", "status": "closed", "opened_at": NOW + HOUR},
        {"interview_id": "c", "study": "other", "account_ref": None, "expires_at": NOW - HOUR},
        {"interview_id": "d", "test": True, "address": None, "expires_at": NOW},
    ]
    for row in rows:
        store.add_interview(interview(**row), row["interview_id"])

    def ids(found: list[Interview]) -> str:
        return "".join(one.interview_id for one in found)

    assert ids(store.interviews()) == "bac"
    assert ids(store.interviews(include_test=True)) == "bacd"
    assert ids(store.interviews(limit=1)) == "b"
    assert ids(store.interviews("other")) == "c"
    assert ids(store.interviews(account_ref="acme", status=["open", "handed_off"])) == "a"
    assert ids(store.live_interviews("+14155550123")) == "ac"
    assert ids(store.overdue(NOW, 9)) == "cd"
    assert ids(store.overdue(NOW, 1)) == "c"
    assert all(len(one.turns) == 1 for one in store.interviews())


def test_the_funnel_counts_each_step_and_no_tests(store: SqlStore) -> None:
    store.save_study(study())
    store.save_study(study(GUIDE.replace("slug: parcel", "slug: idle")))
    for place, status in enumerate(("open", "closed", "closed", "handed_off", "opted_out")):
        turns = (opener(), answer(1, "m")) if status != "open" else (opener(),)
        store.add_interview(interview(f"i{place}", status=status, turns=turns), f"t{place}")
    store.add_interview(interview("trial", status="closed", test=True), "trial")
    for place, state in enumerate(("sent", "sent", "refused", "due", "cancelled")):
        store.plan(invitation(f"n{place}", state=state, interview_id=f"i{place}"))
    store.plan(invitation("n9", state="sent", interview_id="trial"))

    assert store.funnel() == {
        "idle": {
            "invited": 0,
            "opened": 0,
            "answered": 0,
            "closed": 0,
            "handed_off": 0,
            "opted_out": 0,
            "refused": 0,
        },
        "parcel": {
            "invited": 2,
            "opened": 5,
            "answered": 4,
            "closed": 2,
            "handed_off": 1,
            "opted_out": 1,
            "refused": 1,
        },
    }


def part(name: str) -> ChatPart:
    return ChatPart(interview_id="i1", message_id=name, text=name, at=NOW)


def test_parts_wait_in_order_until_a_turn_has_them(store: SqlStore, started: Interview) -> None:
    assert [store.add_part(part(name)) for name in "bab"] == [True, True, False]
    assert store.waiting_parts("i1") == [part("b"), part("a")]
    store.add_part(part("c"))
    store.save_interview(started.add(answer(1, "b").model_copy(update={"joined": ("a",)})))
    assert store.waiting_parts("i1") == [part("c")]
    assert store.interview("i1").turns[1].joined == ("a",)


def test_a_turn_that_is_kept_back_later_stays_so(store: SqlStore, started: Interview) -> None:
    told = answer(1, "m1").model_copy(update={"audience": "all"})
    saved = store.save_interview(started.add(told))
    kept = told.model_copy(update={"audience": "owner"})
    store.save_interview(saved.evolve(turns=(saved.turns[0], kept)))
    assert [turn.audience for turn in store.interview("i1").turns] == ["all", "owner"]


def case(**more: Any) -> Case:
    known: dict[str, Any] = {
        "interview_id": "i1",
        "reason": "damage",
        "case_class": "same_day",
        "hands_off": False,
        "opened_at": NOW,
        "turn_seqs": (1,),
        "quotes": ("It came late.",),
        "study": "parcel",
    }
    return Case(**(known | more))


def test_a_repeat_adds_its_turn_to_the_case(store: SqlStore, started: Interview) -> None:
    saved = store.save_interview(started.add(answer(1, "m1")), case=case())
    saved = store.save_interview(saved, case=case(reason="anger", opened_at=NOW + HOUR))
    again = case(turn_seqs=(3,), quotes=("Broken!",), case_class="urgent", hands_off=True)
    store.save_interview(saved, case=again)

    other, whole = store.cases("open")
    assert other.reason == "anger"
    assert whole == case(
        turn_seqs=(1, 3),
        quotes=("It came late.", "Broken!"),
        case_class="urgent",
        hands_off=True,
        audience="owner",  # as the turn that opened it
        to_second_owner=True,
    )
    assert store.cases("closed") == []


# the book of business

ACCOUNT = Account(account_ref="acme", account_name="Acme", annual_value=1e6, context={"x": "1"})
ROWS: list[Row] = [
    ACCOUNT.model_copy(update={"renewal_date": date(2027, 3, 1), "last_contact_at": NOW}),
    Contact(contact_ref="c1", account_ref="acme", contact_role="buyer", email="a@example.com"),
    Consent(address="a@example.com", channel="email", status="granted", source="contract", at=NOW),
    Suppression(address="+14155550123", channel="all", status="suppressed", source="call", at=NOW),
    Shipment.read(
        {
            "shipment_ref": "s1",
            "account_ref": "acme",
            "available_actions": [
                {"id": "r", "label": "Reschedule", "until": "2026-11-03T12:00:00+02:00"}
            ],
        }
    ),
    ShipmentEvent(
        shipment_ref="s1",
        status="delivered",
        occurred_at=NOW,
        raw_codes={"code": "DL"},
        context={"scan": "front door"},
    ),
    Score(account_ref="acme", metric="nps", period="2026-Q3", value=-12.5, n=40),
    Claim(claim_ref="k1", account_ref="acme", claim_opened_at=NOW, amount=99.5),
    Outcome(account_ref="acme", decided_at=date(2026, 10, 1), outcome="shrunk"),
    Action(account_ref="acme", what="the Friday slots", said_at=date(2026, 9, 1), topic="incident"),
    Note(account_ref="acme", at=NOW, text="Called.", author="Ana", note_kind="call"),
    Volume(account_ref="acme", period="2026-09", units=120, market_index=101.5),
    Invoice(invoice_ref="i1", account_ref="acme", date=date(2026, 9, 1), amount=9.5, disputed="no"),
    Ticket(ticket_ref="h1", at=NOW, shipment_ref="s1"),
    CostAssumption(at=NOW, by="ana", contact=6.5, currency="USD"),
    Rating(account_ref="acme", at=NOW, by="ana", rating="low", why="a good quarter"),
    ThemeNote(at=NOW, by="ana", theme_id="t-1", text="Moved the Friday slots."),
    SignalReview(
        at=NOW, by="ana", turn_id="t1:0", signal="commit", start=0, end=2, verdict="rejected"
    ),
    ImportedTranscript.read(
        {"id": "t1", "at": NOW, "turns": [{"speaker": "user", "text": "Hi", "at": NOW}]}
    ),
    ThemeDecision(at=NOW, theme_id="t-1", action="split", title="Dock", segments=("t1:0",)),
    Coding(turn_id="t1:0", code="dock", coder="Ana"),
]


def test_rows_of_every_kind_come_back_equal(store: SqlStore) -> None:
    assert {type(row) for row in ROWS} == set(KINDS.values())
    assert store.put(ROWS) == ["added"] * len(ROWS)
    for row in ROWS:
        assert store.find(type(row)) == [row]
    assert store.put(ROWS) == ["known"] * len(ROWS)


def test_put_says_what_became_of_each_value(store: SqlStore) -> None:
    store.put([ACCOUNT])
    renamed = ACCOUNT.model_copy(update={"account_name": "Acme Inc"})
    other = Account(account_ref="beta", account_name="Beta")
    changed = other.model_copy(update={"tier": "gold"})

    outcomes = store.put([other, renamed, ACCOUNT, renamed, other, changed, ROWS[1]])

    assert outcomes == ["added", "changed", "changed", "changed", "known", "changed", "added"]
    assert store.find(Account) == [renamed, changed]
    assert store.put([]) == []


def test_what_a_later_row_does_not_say_stays_known(store: SqlStore) -> None:
    whole = Account(
        account_ref="a", account_name="Acme", tier="gold", annual_value=5, context={"x": "1"}
    )
    store.put([whole])

    said_less = [
        Account.read({"account_ref": "a"}),
        Account(account_ref="a", account_name="Acme", tier=None),
        Account(account_ref="a", account_name="a", annual_value=5, context={"x": "1"}),
    ]
    assert store.put(said_less) == ["known"] * 3
    assert store.find(Account) == [whole]

    said_more = Account.read({"account_ref": "a", "tier": "silver", "context": {"y": "2"}})
    assert store.put([said_more, said_more]) == ["changed", "known"]
    together = {"tier": "silver", "context": {"x": "1", "y": "2"}}
    assert store.find(Account) == [whole.model_copy(update=together)]


def test_a_row_that_what_is_known_would_break_counts_alone(store: SqlStore) -> None:
    closed = Claim(claim_ref="c", claim_opened_at=NOW, claim_closed_at=NOW + HOUR, amount=9)
    opened_anew = Claim(claim_ref="c", claim_opened_at=NOW + 2 * HOUR)
    assert store.put([closed, opened_anew]) == ["added", "changed"]
    assert store.find(Claim) == [opened_anew]


def test_a_ledger_entry_stays_as_it_is(store: SqlStore) -> None:
    entry = ROWS[3].model_copy(update={"evidence": "said so"})
    assert store.put([entry]) == ["added"]
    assert store.put([ROWS[3]]) == ["known"]
    lifted = entry.model_copy(update={"status": "lifted"})
    assert store.put([lifted]) == ["added"]
    assert store.find(Suppression) == [lifted, entry]


def test_a_put_is_all_or_nothing(store: SqlStore) -> None:
    bad = ACCOUNT.model_copy(update={"account_ref": "z", "last_contact_at": datetime(2026, 1, 1)})  # noqa: DTZ001
    with pytest.raises(StatementError):
        store.put([ROWS[1], ACCOUNT, bad])
    assert store.find(Account) == store.find(Contact) == []


def test_find_takes_columns_and_long_lists(store: SqlStore) -> None:
    events = [
        ShipmentEvent(shipment_ref=f"s{place:04}", status=status, occurred_at=NOW, carrier=carrier)
        for place in range(1200)
        for status, carrier in (("delivered", None), ("in_transit", "ups"))
    ]
    assert set(store.put(events)) == {"added"}
    refs = [f"s{place:04}" for place in range(1199, -1, -1)]

    assert store.find(ShipmentEvent, shipment_ref=refs, carrier=None) == events[::2]
    assert store.find(ShipmentEvent, shipment_ref=("s0001", "s0001"), carrier="ups") == [events[3]]
    assert store.find(ShipmentEvent, shipment_ref=[]) == []
    assert store.find(ShipmentEvent) == events
    with pytest.raises(InvalidInput, match="no_column"):
        store.find(ShipmentEvent, no_column=1)


def test_threads_that_put_the_same_rows_add_each_once(store: SqlStore) -> None:
    events = [
        ShipmentEvent(shipment_ref=f"s{place}", status="delivered", occurred_at=NOW)
        for place in range(40)
    ]
    outcomes = together(4, lambda place: store.put(events if place % 2 else events[::-1]))
    assert sum(outcome == "added" for own in outcomes for outcome in own) == 40
    assert len(store.find(ShipmentEvent)) == 40


# moments and invitations


def record(name: str, subject: str = "s1", **more: Any) -> MomentRecord:
    moment = Moment(
        kind="Delivered",
        moment_id=name,
        subject=subject,
        rival=f"Shipment/{subject}",
        occurred_at=NOW,
        due_at=NOW + HOUR,
        context={"late": True},
    )
    known: dict[str, Any] = {"outcome": "planned", "study": "parcel", "due_at": NOW + HOUR}
    return MomentRecord(moment=moment, **({"seen_at": NOW} | known | more))


def test_moments_are_kept_with_the_time_they_were_first_seen(store: SqlStore) -> None:
    first, second = record("m1"), record("m2", "s2", seen_at=NOW - HOUR, outcome="stale")
    store.save_moments([first, second])
    store.save_moments([replace(first, outcome="superseded", study=None, seen_at=NOW + HOUR)])
    store.save_moments([])

    superseded = replace(first, outcome="superseded", study=None)
    assert store.moments() == [second, superseded]
    assert store.moments(["s1", "s3"]) == [superseded]
    assert store.moments(outcome="stale") == [second]
    assert store.moments([]) == []
    assert store.moment("m2") == second


def invitation(name: str = "n1", **more: Any) -> Invitation:
    known: dict[str, Any] = {
        "study": "parcel",
        "moment_id": "m1",
        "channel": "sms",
        "address": "+14155550123",
        "zones": ("America/New_York", "America/Chicago"),
        "due_at": NOW,
        "expires_at": NOW + 24 * HOUR,
    }
    return Invitation(invitation_id=name, **(known | more))


def test_an_invitation_is_planned_once(store: SqlStore) -> None:
    assert store.plan(invitation())
    assert not store.plan(invitation(due_at=NOW + HOUR))
    assert store.invitations() == [invitation()]


def test_invitations_are_found_by_due_time(store: SqlStore) -> None:
    later = invitation("a", due_at=NOW + HOUR, study="other", moment_id="m2")
    sent = invitation("b", state="sent", address="a@example.com", due_at=NOW - HOUR)
    for one in (later, sent, invitation()):
        store.plan(one)
    assert store.invitations() == [sent, invitation(), later]
    assert store.invitations(study="other") == [later]
    assert store.invitations(state="sent", address="a@example.com") == [sent]
    assert store.invitations(moment_id="m2") == [later]


def invite(name: str, due_at: datetime | None = NOW, **more: Any) -> Job:
    return Job(step="invite", subject=name, due_at=due_at, **more)


def test_an_invitation_waits_with_a_job_while_it_is_due(store: SqlStore) -> None:
    store.plan(invitation())
    store.plan(invitation("n2", state="refused"))
    assert store.job("invite", "n1") == invite("n1")
    assert store.next_due_at() == NOW

    later = store.save_invitation(invitation(due_at=NOW + HOUR))
    assert later == invitation(due_at=NOW + HOUR, version=1)
    assert store.next_due_at() == NOW + HOUR
    with pytest.raises(Conflict):
        store.save_invitation(invitation())

    store.save_invitation(later.model_copy(update={"state": "cancelled"}))
    assert store.next_due_at() is None


def test_what_waits_for_a_study_is_held(store: SqlStore) -> None:
    for one in (
        invitation(),
        invitation("n2", study="other"),
        invitation("n3", state="sent"),
    ):
        store.plan(one)
    assert store.hold_invitations("parcel", "held", "G06: paused") == 1
    assert store.invitation("n1").state == "held"
    assert store.invitation("n3").state == "sent"
    assert [job.subject for job in store.claim(NOW, 9, HOUR)] == ["n2"]


def test_jobs_are_leased_in_order(store: SqlStore) -> None:
    jobs = [invite("a"), invite("b", NOW - HOUR), invite("c", NOW + HOUR), invite("d", None)]
    store.schedule(jobs)
    assert store.next_due_at() == NOW - HOUR
    assert store.dead_letters() == [invite("d", None)]
    assert store.backlog(NOW) == 2

    (first,) = store.claim(NOW, 1, HOUR)
    assert first == invite("b", NOW + HOUR, claims=1)
    assert store.claim(NOW, 9, HOUR, besides=("invite",)) == []
    assert [job.subject for job in store.claim(NOW, 9, HOUR)] == ["a"]
    assert store.claim(NOW, 9, HOUR) == []


def test_a_lease_that_ran_out_fences_off_who_had_it(store: SqlStore) -> None:
    store.schedule([invite("a")])
    (first,) = store.claim(NOW, 9, HOUR)
    store.renew([first], NOW + 2 * HOUR)
    assert store.claim(NOW + HOUR, 9, HOUR) == []
    (second,) = store.claim(NOW + 2 * HOUR, 9, HOUR)

    store.renew([first], NOW + 9 * HOUR)
    for late in (store.end, store.again):
        with pytest.raises(Conflict):
            late(first)
    store.again(second.model_copy(update={"due_at": NOW, "attempt": 1, "error": "Unavailable"}))
    (third,) = store.claim(NOW, 9, HOUR)
    assert (third.attempt, third.error, third.claims) == (1, "Unavailable", 3)
    store.end(third)
    with pytest.raises(NotFound):
        store.job("invite", "a")


def test_a_job_that_is_scheduled_again_begins_anew(store: SqlStore) -> None:
    store.schedule([invite("a")])
    (claimed,) = store.claim(NOW, 9, HOUR)
    store.schedule([invite("a", NOW + HOUR)])
    with pytest.raises(Conflict):
        store.end(claimed)
    assert store.job("invite", "a").due_at == NOW + HOUR
    store.cancel("invite", ["a", "b"])
    assert store.next_due_at() is None


def test_two_workers_never_get_the_same_job(store: SqlStore) -> None:
    store.schedule([invite(f"n{place:02}") for place in range(60)])

    def claim(_: int) -> list[str]:
        found: list[str] = []
        while claimed := store.claim(NOW, 7, HOUR):
            found += [job.subject for job in claimed]
        return found

    claimed = [name for own in together(4, claim) for name in own]
    assert sorted(claimed) == [f"n{place:02}" for place in range(60)]


def test_a_transaction_is_done_whole_or_not_at_all(store: SqlStore) -> None:
    def fail() -> None:
        with store.transaction("person/x") as inside:
            inside.plan(invitation())
            assert inside.next_due_at() == NOW
            raise PermissionError

    with pytest.raises(PermissionError):
        fail()
    assert store.invitations() == []
    with store.transaction("person/x") as inside:
        inside.plan(invitation())
    assert store.next_due_at() == NOW


def test_who_takes_the_same_lock_waits(store: SqlStore) -> None:
    def count_one(_: int) -> None:
        with store.transaction("person/a", "person/b") as inside:
            seen = len(inside.invitations())
            inside.plan(invitation(f"n{seen}"))

    together(6, count_one)
    assert len(store.invitations()) == 6


def test_the_audit_of_the_gate_keeps_its_order(store: SqlStore) -> None:
    refused = GateDecision(intent_id="i", at=NOW, rule="G07", retry_at=NOW + HOUR, rule_set="1")
    permit = GateDecision(intent_id="i", at=NOW + HOUR, rule_set="1")
    for decision in (refused, permit):
        store.add_decision(decision)
    assert store.decisions("i") == [refused, permit]
    assert store.decisions("j") == []


# events in, messages out


def test_the_inbox_takes_an_event_once(store: SqlStore) -> None:
    first = InboxEvent("carrier", "e1", '{"a": 1}', NOW)
    second = InboxEvent("carrier", "e2", "{}", NOW - HOUR)
    other = InboxEvent("wms", "e1", "{}", NOW + HOUR)
    assert store.add_to_inbox([first, second]) == [True, True]
    again = [replace(first, raw="{}"), other, replace(other, raw="[]")]
    assert store.add_to_inbox(again) == [False, True, False]
    assert store.add_to_inbox([]) == []
    assert store.unprocessed(9) == [second, first, other]
    assert store.unprocessed(1) == [second]

    store.save_inbox(
        [
            replace(second, processed_at=NOW),
            replace(first, processed_at=NOW, error="occurred_at: is missing"),
        ]
    )

    held_back = replace(first, processed_at=NOW, error="occurred_at: is missing")
    assert store.unprocessed(9) == [other]
    assert store.inbox(held_back=True) == [held_back]
    assert store.inbox() == [replace(second, processed_at=NOW), held_back, other]
    assert store.inbox(limit=2) == [held_back, other]
    assert store.inbox_event("wms", "e1") == other
    with pytest.raises(NotFound):
        store.inbox_event("wms", "e2")


def test_a_test_is_kept_and_never_worked_on(store: SqlStore) -> None:
    sample = InboxEvent("carrier", "e1", "{}", NOW, test=True)
    store.add_to_inbox([sample])
    assert store.unprocessed(9) == []
    assert store.inbox() == [sample]


class WrongClock(datetime):
    """A machine whose clock is three hours fast."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(hours=3)


@pytest.mark.postgres
def test_a_machine_with_a_wrong_clock_takes_no_job_that_another_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty_database("postgres", tmp_path) as url:
        migrate(url)
        right = open_store(url)
        monkeypatch.setattr("interviewer.clock.datetime", WrongClock)
        wrong, lease = open_store(url), timedelta(seconds=20)
        assert SystemClock().now() > right.now() + timedelta(hours=2)

        right.schedule([invite("held", right.now()), invite("later", right.now() + HOUR)])
        (job,) = right.claim(right.now(), 9, lease)
        assert job.subject == "held"
        assert wrong.claim(wrong.now(), 9, lease) == []
        right.schedule([invite("due", right.now())])
        assert [job.subject for job in wrong.claim(wrong.now(), 9, lease)] == ["due"]
        assert right.claim(right.now(), 9, lease) == []
        right.close()
        wrong.close()


@pytest.mark.postgres
def test_an_import_waits_for_no_send_and_a_stop_waits_for_it(tmp_path: Path) -> None:
    with empty_database("postgres", tmp_path) as url:
        migrate(url)
        store, order = open_store(url), list[str]()

        def put(row: Shipment | Suppression) -> None:
            store.put([row])
            order.append(row.kind)

        stop = Suppression(
            address="+14155550123", channel="sms", status="suppressed", source="STOP", at=NOW
        )
        with ThreadPoolExecutor(2) as threads:
            with store.transaction() as inside:
                later = threads.submit(put, stop)
                threads.submit(put, Shipment(shipment_ref="S1")).result(timeout=30)
                assert inside.find(Suppression) == []
                order.append("sent")
            later.result(timeout=30)
        assert order == ["shipments", "sent", "suppressions"]
        store.close()


def test_the_zone_of_a_shipment_is_known_by_its_reference_and_by_its_tracking_code(
    store: SqlStore,
) -> None:
    store.put(
        [
            Shipment(shipment_ref="S1", tracking_code="T1", timezone="Europe/Lisbon"),
            Shipment(shipment_ref="T1", timezone="Asia/Tokyo"),
            Shipment(shipment_ref="S2", tracking_code="T2"),
        ]
    )
    zones = [store.zone_of(code) for code in ("S1", "T1", "S2", "T2", "none")]
    assert zones == ["Europe/Lisbon", "Asia/Tokyo", None, None, None]


def test_endpoints_are_found_by_name_and_by_url(store: SqlStore) -> None:
    shop = Endpoint("shop", "shopify", "p1", [{"sealed": "x", "until": None}], {}, None, True, NOW)
    files = Endpoint("files", "folder", "/in", [], {"status": {"x": None}}, {"k": 1}, True, NOW)
    store.save_endpoint(shop)
    store.save_endpoint(files)
    assert store.endpoints() == [files, shop]
    assert store.endpoint("shop") == store.endpoint_at("shopify", "p1") == shop
    store.save_endpoint(replace(shop, enabled=False))
    assert not store.endpoint("shop").enabled
    for absent in (("easypost", "p1"), ("shopify", "p2")):
        with pytest.raises(NotFound):
            store.endpoint_at(*absent)
    with pytest.raises(NotFound):
        store.endpoint("other")
    with pytest.raises(Conflict):
        store.save_endpoint(replace(shop, name="shop2"))


def test_what_happens_at_an_endpoint_is_counted_by_the_hour(store: SqlStore) -> None:
    refused = EndpointCount("shop", NOW, "refused")
    word = EndpointCount("shop", NOW, "unknown", "status=XYZ", 2)
    store.count([refused, word])
    store.count([refused])
    store.count([replace(refused, hour=NOW - HOUR)])
    store.count([])
    store.add_to_inbox([InboxEvent("shop", name, "{}", NOW) for name in ("a", "b")])
    found = sorted(store.counts(NOW), key=lambda one: one.what)
    assert found == [EndpointCount("shop", NOW, "event", "", 2), replace(refused, n=2), word]


def test_an_event_that_comes_fifty_times_at_once_is_new_once(store: SqlStore) -> None:
    event = InboxEvent("carrier", "e1", "{}", NOW)
    assert sum(together(10, lambda _: sum(store.add_to_inbox([event])[0] for _ in range(5)))) == 1


def message(seq: int, **more: Any) -> OutboundMessage:
    known: dict[str, Any] = {"channel": "sms", "address": "+14155550123", "text": "Hello?"}
    known["kind"] = "reply" if seq else "initiated"
    return OutboundMessage(message_key=f"i1:{seq}", interview_id="i1", seq=seq, **(known | more))


def test_a_message_that_is_pending_waits_with_a_job(store: SqlStore, started: Interview) -> None:
    sent = message(5, state="sending", gated_at=NOW)
    store.save_interview(started, outbox=[message(3, due_at=NOW + HOUR), sent])
    store.add_messages([message(4)])
    assert store.messages(interview_id="i1") == [message(3, due_at=NOW + HOUR), sent, message(4)]
    assert [job.subject for job in store.claim(NOW, 9, HOUR)] == ["i1:4"]
    assert [job.subject for job in store.claim(NOW + HOUR, 1, HOUR)] == ["i1:3"]


def test_messages_are_found_by_person_and_time(store: SqlStore, started: Interview) -> None:
    early, late = (message(n, state="sent", gated_at=NOW + n * HOUR) for n in (1, 2))
    failed = message(3, state="failed", gated_at=NOW + 3 * HOUR)
    other = message(4, address="ann@example.com", channel="email", state="unknown", gated_at=NOW)
    store.add_messages([early, late, failed, other])
    assert store.messages(addresses=["+14155550123"], gated_since=NOW + 2 * HOUR) == [late]
    assert store.messages(channel="email", gated_since=NOW) == [other]
    assert store.messages(state="failed") == [failed]


def test_invitations_of_a_study_are_counted(store: SqlStore, started: Interview) -> None:
    store.add_messages([message(0, state="sent", gated_at=NOW), message(1, gated_at=NOW)])
    assert store.invited(started.study) == store.invited(started.study, NOW) == 1
    assert store.invited(started.study, NOW + HOUR) == store.invited("other") == 0


def test_a_message_moves_once(store: SqlStore, started: Interview) -> None:
    store.save_interview(started, outbox=[message(1)])

    def send(_: int) -> bool:
        try:
            store.move_message(message(1, state="sending"), "pending")
        except Conflict:
            return False
        return True

    assert sum(together(4, send)) == 1
    assert store.message("i1:1") == message(1, state="sending")


def test_an_invited_interview_is_stored_with_its_message_or_not_at_all(store: SqlStore) -> None:
    store.save_study(study())
    store.plan(invitation())
    asks = invitation(state="sending", interview_id="i1")

    with pytest.raises(Conflict):
        store.add_interview(
            interview(), "t", outbox=[message(0)], invitation=asks.model_copy(update={"version": 7})
        )
    for nothing in (lambda: store.interview("i1"), lambda: store.message("i1:0")):
        with pytest.raises(NotFound):
            nothing()

    store.add_interview(interview(), "t", outbox=[message(0)], invitation=asks)
    assert store.interview("i1").turns == (opener(),)
    assert store.message("i1:0") == message(0)
    assert store.invitations() == [asks.model_copy(update={"version": 1})]


def test_a_message_is_stored_once(store: SqlStore, started: Interview) -> None:
    saved = store.save_interview(started, outbox=[message(1)])
    with pytest.raises(Conflict):
        store.save_interview(saved, outbox=[message(1)])
    assert store.interview("i1").version == 1


def photo(photo_id: str, **more: Any) -> Photo:
    given = {"interview_id": "i1", "at": NOW, "width": 4, "height": 3, "jpeg": b"\xff\xd8"}
    return Photo(**{"photo_id": photo_id, **given, **more})


def test_photos_come_back_and_are_listed_without_their_pictures(
    store: SqlStore, started: Interview
) -> None:
    late, early = photo("p1", at=NOW + HOUR), photo("p2")
    for each in (late, early):
        store.add_photo(each, limit=2)
    assert store.photo("p1") == late
    assert store.photos(["i1", "i2"]) == [replace(p, jpeg=b"") for p in (early, late)]
    assert store.photos([]) == []
    with pytest.raises(NotFound):
        store.photo("p3")
    with pytest.raises(NotFound):
        store.add_photo(photo("p3", interview_id="nobody"), limit=2)


def test_of_two_photos_at_once_only_one_takes_the_last_place(
    url: str, store: SqlStore, started: Interview
) -> None:
    together = Barrier(2)

    def add(photo_id: str) -> bool:
        together.wait()
        try:
            store.add_photo(photo(photo_id), limit=1)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(add, ["p1", "p2"])) == [False, True]


# access and analysis


def test_a_study_is_embedded_where_its_widget_says(store: SqlStore) -> None:
    with pytest.raises(NotFound):
        store.widget("parcel")
    first = Widget("parcel", ["https://shop.example.com"], 1, NOW)
    other = Widget("claims", [], 3, NOW + HOUR)
    store.save_widget(replace(first, origins=[]))
    store.save_widget(first)
    store.save_widget(other)
    assert store.widget("parcel") == first
    assert store.widgets() == [other, first]


def test_keys(store: SqlStore) -> None:
    first = ApiKey(key_id="k1", name="shop", sha256="hash", created_at=NOW + HOUR)
    second = ApiKey(
        key_id="k2",
        name="erp",
        sha256="hash2",
        scopes=("events",),
        created_at=NOW,
        expires_at=NOW + 9 * HOUR,
        last_used_at=NOW + HOUR,
    )
    store.save_key(first)
    store.save_key(second)
    assert store.keys() == [second, first]
    revoked = first.model_copy(update={"revoked_at": NOW})
    store.save_key(revoked)
    store.note_use("k1", NOW + HOUR)
    assert store.key("k1") == revoked.model_copy(update={"last_used_at": NOW + HOUR})
    with pytest.raises(NotFound):
        store.key("k3")


def test_a_changed_user_is_logged_out_everywhere(store: SqlStore) -> None:
    ann = User(login="ann", role="owner", password_hash="hash1", created_at=NOW)
    bob = User(login="bob", role="viewer", name="Bob", password_hash="hash2", created_at=NOW)
    store.save_user(bob)
    store.save_user(ann)
    assert store.users() == [ann, bob]
    first, second, third = (
        Session(session_hash=name, login=login, began_at=NOW, seen_at=NOW)
        for name, login in (("s1", "ann"), ("s2", "ann"), ("s3", "bob"))
    )
    for session in (first, second, third):
        store.add_session(session)
    store.end_session("s2")
    for gone in ("s2", "s4"):
        store.note_seen(gone, NOW + HOUR)  # does not bring it back
        with pytest.raises(NotFound):
            store.session(gone)
    store.note_seen("s1", NOW + HOUR)
    assert store.session("s1") == first.model_copy(update={"seen_at": NOW + HOUR})

    store.save_user(ann.model_copy(update={"password_hash": "hash3"}))
    assert store.user("ann").password_hash == "hash3"
    with pytest.raises(NotFound):
        store.session("s1")
    assert store.session("s3") == third
    with pytest.raises(NotFound):
        store.user("eve")


def test_the_audit_log_is_one_chain_also_for_writers_side_by_side(store: SqlStore) -> None:
    def append(number: int) -> None:
        what = AuditEntry(at=NOW, actor=f"key:{number}", what="export", about="study:parcel")
        store.add_to_audit(what)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(append, range(20)))
    entries = store.audit()
    assert len({entry.actor for entry in entries}) == 20
    assert first_broken(entries) is None
    assert store.audit(newest=2) == [entries[-1], entries[-2]]


def test_findings_come_back_as_they_were(store: SqlStore) -> None:
    assert store.latest_run() is None
    first = AnalysisRun(
        run_id="r1",
        at=NOW,
        settings={"encoder": "minilm", "n": 3},
        themes=[
            {"theme_id": "t2", "title": "Late", "quotes": [{"text": "late"}]},
            {"theme_id": "t1"},
        ],
        signals=[{"signal": "leave_intent", "status": "asserted", "account_ref": None, "p": 0.5}],
        risks=[{"account_ref": "acme", "band": "high", "reasons": [{"value": 1.0}]}],
        memory={"t1": [0.25, 0.5]},
        report="<html>é</html>",
    )
    second = replace(first, run_id="r2", at=NOW + HOUR, themes=[], signals=[], risks=[])
    store.save_run(first)
    store.save_run(second)
    assert store.run("r1") == first
    assert store.latest_run() == second
    empty: dict[str, Any] = {"themes": (), "signals": (), "risks": (), "memory": {}, "report": ""}
    assert store.runs() == [replace(second, **empty), replace(first, **empty)]
    parts = replace(first, **{**empty, "themes": first.themes, "memory": first.memory})
    assert store.run("r1", "themes", "memory") == parts
    assert store.latest_run("report") == replace(second, **{**empty, "report": second.report})
    assert (store.bands("r1"), store.bands("r2")) == ({"acme": "high"}, {})


def test_a_shipment_is_summed_up_by_its_scans(store: SqlStore) -> None:
    def scan(ref: str, hours: int, status: str, **more: Any) -> ShipmentEvent:
        at = NOW + hours * HOUR
        return ShipmentEvent(shipment_ref=ref, occurred_at=at, status=status, **more)

    store.put(
        [
            scan("s1", -9, "in_transit"),
            scan("s1", 2, "delivered", timezone="America/New_York"),
            scan("s1", 1, "delivered", timezone="America/New_York"),
            scan("s2", 1, "attempt_failed"),
            scan("s3", -9, "delivered"),
            ShipmentEvent(shipment_ref="s4", event_kind="resolution", occurred_at=NOW),
        ]
    )
    found = {passage.shipment_ref: passage for passage in store.passages(NOW)}
    zone = "America/New_York"
    assert found == {
        "s1": Passage("s1", NOW - 9 * HOUR, NOW + HOUR, zone, False),
        "s2": Passage("s2", NOW + HOUR, None, "UTC", True),
    }
    store.put([Ticket(ticket_ref=str(n), at=NOW + n * HOUR) for n in (-1, 0, 3)])
    assert sorted(store.times_of(Ticket, "at", NOW)) == [NOW, NOW + 3 * HOUR]


def test_what_a_run_says_of_some_accounts(store: SqlStore) -> None:
    assert store.latest_risks() is None
    risks = [{"account_ref": ref, "band": "high"} for ref in ("b", "a", "c")]
    signals = [{"signal": "rfp", "account_ref": ref} for ref in ("a", None, "b")]
    memory = {"as_of": "2026-09-15", "themes": {"places": {"t1": "x"}}}
    run = AnalysisRun("r1", NOW, {"n": 3}, [], signals, risks, memory, "<p>")
    store.save_run(run)
    head = replace(run, themes=(), signals=(), memory={"as_of": "2026-09-15"}, report="")
    assert store.latest_risks() == head
    assert store.latest_risks(["c", "b", "z"]) == replace(head, risks=[risks[0], risks[2]])
    assert store.signals("r1", "b") == [signals[2]]


def test_interviews_by_name_and_those_with_a_contact(store: SqlStore, started: Interview) -> None:
    known = started.evolve(interview_id="with-contact", contact_ref="c1")
    store.add_interview(known, "other-token")
    both = {started.interview_id, "with-contact"}
    assert {i.interview_id for i in store.interviews_named([*both, "none"])} == both
    assert [i.interview_id for i in store.interviews(with_contact=True)] == ["with-contact"]


# the database itself


def test_sql_can_count_what_matters(url: str, store: SqlStore, started: Interview) -> None:
    store.save_interview(started.add(answer(1, "m1")))
    query = text("select decided, reason, audience, language from turn where speaker='respondent'")
    database = Database(url)
    with database.read() as connection:
        assert connection.execute(query).all() == [("probe", "vague", "owner", "en")]
    database.close()


def test_a_reader_waits_for_no_writer_and_sees_one_state(url: str, store: SqlStore) -> None:
    store.put([ACCOUNT])
    database = Database(url)
    with database.read() as reading:
        names = text("select account_name from account")
        assert reading.scalar(names) == "Acme"
        with database.write() as writing:
            writing.execute(text("update account set account_name = 'Other'"))
            assert store.find(Account) == [ACCOUNT]
        assert reading.scalar(names) == "Acme"
    assert store.find(Account)[0].account_name == "Other"
    database.close()


# messages of people, and links


def came(provider_id: str, seconds: float = 0, **more: Any) -> InboundMessage:
    at = NOW + timedelta(seconds=seconds)
    known: dict[str, Any] = {"channel": "sms", "address": "+14155550123", "text": provider_id}
    return InboundMessage(provider_id=provider_id, received_at=at, **(known | more))


def take(store: SqlStore, message: InboundMessage) -> bool:
    return store.take_message(message, message.received_at + timedelta(seconds=4))


def batches(store: SqlStore, now: datetime) -> dict[Job, list[str]]:
    """What is due then, job by job, as their worker gets it."""
    jobs = store.claim(now, 99, HOUR)
    return {job: [part.provider_id for part in store.take_batch(job)] for job in jobs}


def test_a_message_of_a_person_is_taken_once_with_what_it_changes(store: SqlStore) -> None:
    stop = Suppression(
        address="+14155550123", channel="sms", status="suppressed", source="STOP", at=NOW
    )
    taken = together(10, lambda _: store.take_message(came("SM1", wish="stop"), NOW, book=[stop]))
    assert sum(taken) == 1
    assert store.find(Suppression) == [stop]
    assert [message.provider_id for message in store.inbound_messages()] == ["SM1"]


def test_parts_wait_for_each_other_and_stay_together(store: SqlStore) -> None:
    second = timedelta(seconds=1)
    for message in (came("SM1"), came("SM2", 3), came("SM3", 3, address="+14155550124")):
        take(store, message)
    assert batches(store, NOW + 6 * second) == {}
    (one, parts), (other, alone) = batches(store, NOW + 7 * second).items()
    assert (parts, alone) == (["SM1", "SM2"], ["SM3"])
    store.settle_batch(other, [came("SM3")], "answered", None)
    with pytest.raises(Conflict):
        store.settle_batch(other, [came("SM3")], "answered", None)

    take(store, came("SM4", 8))
    assert list(batches(store, NOW + 12 * second).values()) == [["SM4"]]
    again = batches(store, NOW + 2 * HOUR)  # their worker stopped
    assert list(again.values()) == [["SM1", "SM2"], ["SM4"]]
    with pytest.raises(Conflict):
        store.take_batch(one)  # it lost its lease
    first = next(iter(again))
    store.settle_batch(first, store.take_batch(first), "answered", None)
    told = {message.provider_id: message.outcome for message in store.inbound_messages()}
    assert told == dict.fromkeys(("SM1", "SM2", "SM3"), "answered") | {"SM4": None}
    assert store.next_due_at() == NOW + 3 * HOUR


def test_who_writes_more_before_the_answer_begins_waits_again(store: SqlStore) -> None:
    take(store, came("SM1"))
    (job,) = store.claim(NOW + timedelta(seconds=5), 9, HOUR)
    take(store, came("SM2", 5))
    with pytest.raises(Conflict):
        store.take_batch(job)
    assert batches(store, NOW + timedelta(seconds=8)) == {}
    assert list(batches(store, NOW + timedelta(seconds=9)).values()) == [["SM1", "SM2"]]


def test_what_is_no_text_is_answered_alone_and_what_is_answered_not_again(
    store: SqlStore,
) -> None:
    take(store, came("SM1"))
    take(store, came("SM2", 1, wish="help"))
    take(store, came("SM3", 2, wish="start", outcome="the provider answered"))
    found = sorted(batches(store, NOW + HOUR).values())
    assert found == [["SM1"], ["SM2"]]


def test_a_replaced_link_is_known_and_a_revoked_one_is_not(
    store: SqlStore, started: Interview
) -> None:
    store.replace_link("i1", "second", "replaced", NOW)
    store.replace_link("i1", "third", "revoked", NOW)
    assert store.interview_by_token("third").interview_id == "i1"
    assert store.interview_by_former_link("token").interview_id == "i1"
    for gone in ("second", "nobodys"):
        with pytest.raises(NotFound):
            store.interview_by_former_link(gone)
        with pytest.raises(NotFound):
            store.interview_by_token(gone)
    with pytest.raises(NotFound):
        store.replace_link("nobodys", "fourth", "replaced", NOW)


def test_a_report_never_goes_back(store: SqlStore, started: Interview) -> None:
    store.save_interview(started, outbox=[message(1, state="sending")])
    told = [
        store.report_delivery("i1:1", "SM1", delivery, None, NOW)
        for delivery in ("delivered", "accepted", "delivered")
    ]
    assert [bool(one) for one in told] == [True, False, False]
    found = store.message("i1:1")
    assert (found.state, found.provider_id, found.delivery) == ("sent", "SM1", "delivered")
    assert store.messages_to("+14155550123", NOW - HOUR) == [found]

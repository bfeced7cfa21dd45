"""What every store does, on SQLite and on Postgres; times are passed, nothing sleeps."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from interviewer.adapters.sql_engine import Database
from interviewer.adapters.sql_store import SqlStore, migrate, open_store
from interviewer.core.book import (
    KINDS,
    Account,
    Claim,
    Consent,
    Contact,
    ImportedTranscript,
    Outcome,
    Row,
    Score,
    Shipment,
    ShipmentEvent,
    Suppression,
)
from interviewer.core.case import Case
from interviewer.core.errors import Conflict, InvalidInput, NotFound
from interviewer.core.guide import guide_hash
from interviewer.core.interview import Decision, Interview, Trace, Turn
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.moments import Moment
from interviewer.core.reading import FieldReading, IntentReading, Reading, TopicReading
from interviewer.core.study import Study
from interviewer.ports import AnalysisRun, ApiKey, InboxEvent, MomentRecord
from interviewer.prompts_folder import load_guide
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
        lambda: store.save_message(message(1)),  # its interview
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
    assert store.cases() == store.due_replies(NOW, 9) == store.find(Account) == []


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
    assert store.due_replies(NOW, 9) == [message(2), message(1)]
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
    ImportedTranscript.read(
        {"id": "t1", "at": NOW, "turns": [{"speaker": "user", "text": "Hi", "at": NOW}]}
    ),
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


def test_due_invitations_are_leased_in_order(store: SqlStore) -> None:
    for name, due_at, state in (
        ("a", NOW, "due"),
        ("b", NOW - HOUR, "due"),
        ("c", NOW + HOUR, "due"),
        ("d", NOW - HOUR, "cancelled"),
    ):
        store.plan(invitation(name, due_at=due_at, state=state))
    assert store.next_due_at() == NOW - HOUR

    (first,) = store.claim_due(NOW, 1, HOUR)
    assert first == invitation("b", due_at=NOW - HOUR, state="leased", lease_until=NOW + HOUR)
    assert [one.invitation_id for one in store.claim_due(NOW, 9, HOUR)] == ["a"]
    assert store.claim_due(NOW, 9, HOUR) == []
    assert store.next_due_at() == NOW + HOUR


def test_an_expired_lease_is_handed_out_again_and_fences_off_the_first(store: SqlStore) -> None:
    store.plan(invitation())
    (first,) = store.claim_due(NOW, 9, HOUR)
    assert store.claim_due(NOW + HOUR - timedelta(seconds=1), 9, HOUR) == []
    (second,) = store.claim_due(NOW + HOUR, 9, HOUR)
    assert second == first.model_copy(update={"lease_until": NOW + 2 * HOUR})

    late = first.model_copy(update={"state": "refused"})
    with pytest.raises(Conflict):
        store.save_invitation(late)
    sent = second.model_copy(update={"state": "sent", "sent_at": NOW})
    store.save_invitation(sent)
    with pytest.raises(Conflict):
        store.save_invitation(late)
    assert store.invitations() == [sent]
    assert store.next_due_at() is None


def test_an_invitation_that_waits_again_can_be_planned_anew(store: SqlStore) -> None:
    store.plan(invitation())
    (claimed,) = store.claim_due(NOW, 9, HOUR)
    put_off = {"state": "due", "due_at": NOW + HOUR, "attempt": claimed.attempt + 1}
    store.save_invitation(claimed.model_copy(update=put_off))
    (waits,) = store.invitations()
    anew = waits.model_copy(update={"due_at": NOW + 2 * HOUR})
    store.save_invitation(anew)
    assert store.invitations() == [anew]

    store.claim_due(NOW + 2 * HOUR, 9, HOUR)
    with pytest.raises(Conflict):
        store.save_invitation(anew)


def test_two_workers_never_get_the_same_invitation(store: SqlStore) -> None:
    for place in range(60):
        store.plan(invitation(f"n{place:02}"))

    def claim(_: int) -> list[str]:
        found: list[str] = []
        while claimed := store.claim_due(NOW, 7, HOUR):
            found += [one.invitation_id for one in claimed]
        return found

    claimed = [name for own in together(4, claim) for name in own]
    assert sorted(claimed) == [f"n{place:02}" for place in range(60)]


# events in, messages out


def test_the_inbox_takes_an_event_once(store: SqlStore) -> None:
    first = InboxEvent("carrier", "e1", '{"a": 1}', NOW)
    second = InboxEvent("carrier", "e2", "{}", NOW - HOUR)
    other = InboxEvent("wms", "e1", "{}", NOW + HOUR)
    assert store.add_to_inbox([first, second]) == 2
    assert store.add_to_inbox([replace(first, raw="{}"), other, other]) == 1
    assert store.add_to_inbox([]) == 0
    assert store.unprocessed(9) == [second, first, other]
    assert store.unprocessed(1) == [second]

    store.settle_inbox(second, NOW)
    store.settle_inbox(first, NOW, "occurred_at: is missing")

    held_back = replace(first, processed_at=NOW, error="occurred_at: is missing")
    assert store.unprocessed(9) == [other]
    assert store.inbox(held_back=True) == [held_back]
    assert store.inbox() == [replace(second, processed_at=NOW), held_back, other]


def test_an_event_that_comes_fifty_times_at_once_is_new_once(store: SqlStore) -> None:
    event = InboxEvent("carrier", "e1", "{}", NOW)
    assert sum(together(10, lambda _: sum(store.add_to_inbox([event]) for _ in range(5)))) == 1


def message(seq: int, **more: Any) -> OutboundMessage:
    known: dict[str, Any] = {"channel": "sms", "address": "+14155550123", "text": "Hello?"}
    return OutboundMessage(message_key=f"i1:{seq}", interview_id="i1", seq=seq, **(known | more))


def test_messages_leave_in_the_order_they_came(store: SqlStore, started: Interview) -> None:
    store.save_interview(started, outbox=[message(5), message(3)])
    assert store.due_replies(NOW, 1) == [message(5)]
    store.save_message(message(5, state="sent", provider_id="p", sent_at=NOW))
    store.save_message(message(4))
    store.save_message(message(0))  # the first one waits with its invitation
    assert store.due_replies(NOW, 9) == [message(3), message(4)]
    assert store.message("i1:5") == message(5, state="sent", provider_id="p", sent_at=NOW)


def test_a_message_waits_until_it_is_due(store: SqlStore, started: Interview) -> None:
    later = message(1, due_at=NOW + HOUR, attempt=2)
    store.save_interview(started, outbox=[later])
    assert store.due_replies(NOW, 9) == []
    assert store.due_replies(NOW + HOUR, 9) == [later]


def test_a_message_is_claimed_once_and_shows_up_again_when_its_sender_stopped(
    store: SqlStore, started: Interview
) -> None:
    store.save_interview(started, outbox=[message(1)])

    def claim(_: int) -> bool:
        try:
            store.claim_message("i1:1", NOW + HOUR)
        except Conflict:
            return False
        return True

    assert sum(together(4, claim)) == 1
    assert store.due_replies(NOW, 9) == []
    assert store.due_replies(NOW + HOUR, 9) == [message(1, state="sending", due_at=NOW + HOUR)]


def test_an_invited_interview_is_stored_with_its_message_or_not_at_all(store: SqlStore) -> None:
    store.save_study(study())
    store.plan(invitation())
    (first,) = store.claim_due(NOW, 9, HOUR)
    (second,) = store.claim_due(NOW + HOUR, 9, HOUR)
    asked = {"interview_id": "i1"}

    with pytest.raises(Conflict):
        store.add_interview(
            interview(), "t", outbox=[message(0)], invitation=first.model_copy(update=asked)
        )
    for nothing in (lambda: store.interview("i1"), lambda: store.message("i1:0")):
        with pytest.raises(NotFound):
            nothing()

    asks = second.model_copy(update=asked)
    store.add_interview(interview(), "t", outbox=[message(0)], invitation=asks)
    assert store.interview("i1").turns == (opener(),)
    assert store.message("i1:0") == message(0)
    assert store.invitations() == [asks]


def test_a_message_is_stored_once(store: SqlStore, started: Interview) -> None:
    saved = store.save_interview(started, outbox=[message(1)])
    with pytest.raises(Conflict):
        store.save_interview(saved, outbox=[message(1)])
    assert store.interview("i1").version == 1


# access and analysis


def test_keys(store: SqlStore) -> None:
    first = ApiKey("k1", "shop", "hash", NOW + HOUR, None)
    second = ApiKey("k2", "erp", "hash2", NOW, NOW + HOUR)
    store.add_key(first)
    store.add_key(second)
    with pytest.raises(Conflict):
        store.add_key(first)
    assert store.key("k1") == first
    assert store.keys() == [second, first]


def test_a_new_password_ends_every_session(store: SqlStore) -> None:
    assert store.owner_password() is None
    store.set_owner_password("hash1")
    store.add_session("s1", NOW + HOUR)
    store.add_session("s2", NOW + HOUR)
    assert store.has_session("s1", NOW)
    assert not store.has_session("s1", NOW + HOUR)
    assert not store.has_session("s3", NOW)
    store.end_session("s2")
    assert not store.has_session("s2", NOW)

    store.set_owner_password("hash2")
    assert store.owner_password() == "hash2"
    assert not store.has_session("s1", NOW)


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

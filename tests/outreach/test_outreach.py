"""From a moment to a sent invitation and back: once, at a decent hour, only to who agreed."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, current_thread

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from interviewer import worker
from interviewer.adapters.sql.engine import Database
from interviewer.adapters.sql.store import SqlStore, migrate, open_store
from interviewer.clock import StoryClock
from interviewer.core.book import Account, Consent, Contact, Outcome, Score, Suppression
from interviewer.core.errors import NotAllowed, NotFound
from interviewer.core.invitation import GateDecision, OutboundMessage
from interviewer.core.moments import Moment
from interviewer.events import intake
from interviewer.interviews import conversation, links
from interviewer.outreach import delivery, inbound, inviting
from interviewer.ports import Received, Services
from interviewer.store import MomentRecord
from interviewer.studies import lifecycle
from interviewer.studies.prompts_folder import load_guide
from tests.databases import DATABASES, empty_database
from tests.fakes import NOW, services_in
from tests.story import (
    EMAIL,
    HOUR,
    PHONE,
    channel,
    invitation,
    launch,
    only,
    outcomes,
    shipment,
    tell,
    wait,
    work,
)

DAY = timedelta(days=1)
SETTLED = timedelta(minutes=30)  # after which the delivery of `shipment` is due
STUDIES = ("delivery-check", "exception-follow-up", "account-renewal", "score-drop", "win-loss")


@pytest.fixture
def services(tmp_path: Path) -> Services:
    services = services_in(tmp_path)
    launch(services, *STUDIES)
    return services


def asked(services: Services) -> Services:
    """With one delivery whose invitation went out."""
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)
    work(services)
    return services


def answer(services: Services, text: str, message_id: str = "m1") -> None:
    (interview,) = services.store.interviews()
    asyncio.run(conversation.receive(services, interview.interview_id, message_id, text))


def suppress(services: Services, address: str = PHONE) -> None:
    stop = Suppression(
        address=address, channel="all", status="suppressed", source="x", at=NOW - DAY
    )
    services.store.put([stop])


# planning


def test_an_invitation_waits_for_its_settle_time_then_goes_out_once(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    work(services)
    assert channel(services).sent == []

    wait(services, SETTLED)
    work(services)
    work(services)
    (message,) = channel(services).sent
    assert message.address == PHONE
    assert "Harbor Parcel" in message.text
    assert "STOP" in message.text
    assert "http" not in message.text
    assert invitation(services).state == "sent"
    assert outcomes(services) == {"Delivered/S-1": "asked"}
    (interview,) = services.store.interviews()
    assert interview.turns[0].text == message.text


def test_in_quiet_hours_it_is_due_when_they_end(tmp_path: Path) -> None:
    services = services_in(tmp_path)
    launch(services, "delivery-check")
    wait(services, 10 * HOUR)  # 20:00 in New York
    tell(services, shipment("1", "delivered", NOW + 9 * HOUR))
    planned = invitation(services)
    assert planned.due_at == datetime(2026, 9, 16, 13, tzinfo=UTC)
    assert planned.reason == "G07: quiet hours"

    wait(services, 12 * HOUR)
    work(services)
    assert channel(services).sent == []
    wait(services, HOUR)
    work(services)
    assert len(channel(services).sent) == 1


@pytest.mark.parametrize(
    ("consent", "goes_by"),
    [
        ({"sms": True, "email": True}, "sms"),
        ({"sms": False, "email": True}, "email"),
        ({"sms": False, "email": False}, None),
        (None, None),
    ],
)
def test_it_goes_by_the_first_way_they_agreed_to(
    services: Services, consent: dict[str, bool] | None, goes_by: str | None
) -> None:
    said = consent and {**consent, "source": "checkout", "at": "2026-01-01T00:00:00Z"}
    tell(services, shipment("1", "delivered", consent=said))
    planned = invitation(services)
    if goes_by is None:
        assert planned.state == "refused"
        assert planned.reason == f"G04: no consent for {planned.channel}"
    else:
        assert (planned.state, planned.channel) == ("due", goes_by)


def test_without_a_time_zone_nobody_is_written_to(services: Services) -> None:
    tell(services, shipment("1", "delivered", recipient={"email": EMAIL}))
    planned = invitation(services)
    assert (planned.state, planned.reason) == ("refused", "G07: no time zone is known")


def test_a_mail_has_the_link_and_the_foot_and_an_sms_has_none(services: Services) -> None:
    services = replace(
        only(services, "email"),
        organization=replace(services.organization, postal_address="1 Quay, Boston"),
    )
    asked(services)
    (message,) = channel(services, "email").sent
    assert message.subject == "Harbor Parcel: a short question (your delivery, 15 September)"
    head, _, foot = message.text.partition("\n\n-- \n")
    token = head.rpartition("https://feedback.harbor.example.com/i/")[2]
    opened = services.store.interview_by_token(conversation.token_hash(token))
    assert opened.turns[0].text in head
    assert foot.splitlines()[:4] == [
        "Harbor Parcel",
        "1 Quay, Boston",
        "Privacy notice: https://harbor.example.com/privacy",
        "Check that this mail is ours: https://feedback.harbor.example.com/is-this-real",
    ]
    assert foot.splitlines()[4].startswith("No more of these mails: https://feedback.harbor.")


def test_the_gate_sees_the_link_that_goes_out(services: Services) -> None:
    insecure = replace(services.organization, public_url="http://feedback.harbor.example.com")
    services = replace(only(services, "email"), organization=insecure)
    asked(services)
    assert channel(services, "email").sent == []
    assert "G13: no allowed link" in (invitation(services).reason or "")
    assert services.store.interviews() == []


def test_without_a_brand_no_first_message_goes_out(services: Services) -> None:
    nameless = replace(services.organization, brand="")
    asked(replace(services, organization=nameless))
    assert channel(services).sent == []
    assert invitation(services).reason == "G11: no brand is named; set INTERVIEWER_BRAND"


# between planning and sending


def test_who_says_stop_in_between_hears_nothing(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    suppress(services)
    wait(services, SETTLED)
    work(services)
    assert channel(services).sent == []
    assert invitation(services).reason == "G03: on the suppression list"


def test_a_paused_study_sends_nothing(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    lifecycle.set_state(services, "delivery-check", "paused")
    wait(services, SETTLED)
    work(services)
    assert channel(services).sent == []
    assert invitation(services).reason == "G06: the study is paused"


def test_an_exception_resolved_before_it_was_asked_is_asked_as_resolved(
    services: Services,
) -> None:
    tell(services, shipment("1", "exception", exception_code="damaged"))
    raised = invitation(services)
    assert outcomes(services) == {"Exception/S-1/0": "planned"}

    tell(services, shipment("2", "out_for_delivery", NOW - SETTLED))
    resolved = invitation(services)
    assert resolved.invitation_id == raised.invitation_id
    assert resolved.due_at == NOW + HOUR

    wait(services, HOUR)
    work(services)
    assert len(channel(services).sent) == 1
    assert services.store.interviews()[0].context["resolved_at"] is not None


def test_a_new_number_is_where_it_goes(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    other = {"phone": "+12125550177", "timezone": "America/New_York"}
    tell(services, shipment("2", "delivered", recipient=other))
    wait(services, SETTLED)
    work(services)
    (message,) = channel(services).sent
    assert message.address == "+12125550177"


def test_an_invitation_past_its_window_is_not_sent(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    wait(services, 5 * DAY)
    work(services)
    assert channel(services).sent == []
    assert invitation(services).state == "expired"


# caps


def test_a_person_is_asked_once_a_week_over_all_studies_and_addresses(services: Services) -> None:
    asked(services)
    answer(services, "fine, thanks")  # that interview is over
    later = services.clock.now() + HOUR
    by_mail = {"email": EMAIL, "timezone": "America/New_York"}
    tell(services, shipment("2", "delivered", later - HOUR, ref="S-2", recipient=by_mail))
    tell(services, shipment("3", "exception", later - HOUR, ref="S-3", exception_code="damaged"))
    wait(services, 2 * HOUR)
    work(services)
    reasons = {one.moment_id: one.reason for one in services.store.invitations(state="refused")}
    assert reasons == {
        "Delivered/S-2": "G09: invited within 7 days",
        "Exception/S-3/0": "G09: invited within 7 days",
    }
    assert [message.seq for message in channel(services).sent] == [0, 2]  # and what answers them
    assert channel(services, "email").sent == []


def test_two_planned_at_once_compete_for_the_last_slot(services: Services) -> None:
    tell(services, shipment("1", "delivered"), shipment("2", "delivered", ref="S-2"))
    wait(services, SETTLED)
    work(services)
    assert len(channel(services).sent) == 1
    states = sorted(one.state for one in services.store.invitations())
    assert states == ["refused", "sent"]


# channels that fail, workers that stop


def test_a_channel_that_is_down_gets_it_later_once(services: Services) -> None:
    channel(services).down = True
    asked(services)
    (waits,) = services.store.messages()
    assert (waits.state, waits.reason, waits.gated_at) == ("pending", "the channel is down", None)
    assert services.store.next_due_at() == NOW + SETTLED + timedelta(minutes=1)

    channel(services).down = False
    work(services)
    assert channel(services).sent == []
    wait(services, timedelta(minutes=1))
    work(services)
    work(services)
    assert len(channel(services).sent) == 1
    assert invitation(services).state == "sent"
    assert len(services.store.interviews()) == 1


def test_the_gate_is_asked_again_for_every_try(services: Services) -> None:
    channel(services).down = True
    asked(services)
    suppress(services)
    channel(services).down = False
    wait(services, HOUR)
    work(services)
    assert channel(services).sent == []
    assert invitation(services).reason == "G03: on the suppression list"


def given_up(services: Services) -> Services:
    """With a message that its channel did not take in all tries."""
    channel(services).down = True
    asked(services)
    while due_at := services.store.next_due_at():
        wait(services, due_at - services.clock.now())
        work(services)
    channel(services).down = False
    return services


def test_a_channel_that_stays_down_makes_a_dead_letter_that_a_person_replays_once(
    services: Services,
) -> None:
    given_up(services)
    (dead,) = services.store.dead_letters()
    assert (dead.step, dead.attempt, dead.error) == ("send", delivery.TRIES, "Unavailable")

    work(services)
    assert channel(services).sent == []
    delivery.replay(services, dead.subject)
    work(services)
    assert len(channel(services).sent) == 1
    assert services.store.dead_letters() == []
    with pytest.raises(NotFound):
        delivery.replay(services, dead.subject)


def test_a_dead_letter_is_replayed_once_only(services: Services) -> None:
    (dead,) = given_up(services).store.dead_letters()
    channel(services).down = True
    delivery.replay(services, dead.subject)
    work(services)
    with pytest.raises(NotAllowed, match="tried again already"):
        delivery.replay(services, dead.subject)


class PowerCut(BaseException):
    """The process ends here."""


class DyingChannel:
    """Takes the message, and the process ends before anybody notes it."""

    def __init__(self) -> None:
        self.sent: list[OutboundMessage] = []

    async def send(self, message: OutboundMessage) -> str:
        self.sent.append(message)
        raise PowerCut

    async def lookup(self, message: OutboundMessage) -> str | None:
        return None


def cut(services: Services) -> None:
    with pytest.raises(PowerCut):
        work(services)


def test_a_worker_that_stops_while_sending_never_sends_twice(services: Services) -> None:
    dying = DyingChannel()
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)
    cut(replace(services, channels={"sms": dying}))

    work(services)  # the lease still runs
    assert len(dying.sent) == 1
    wait(services, inviting.LEASE)
    work(services)
    assert services.store.message(dying.sent[0].message_key).state == "unknown"
    while due_at := services.store.next_due_at():
        wait(services, due_at - services.clock.now())
        work(services)
    assert (len(dying.sent), channel(services).sent) == (1, [])
    assert (invitation(services).state, invitation(services).reason) == (
        "sent",
        "it may not have gone",
    )


def test_one_that_went_is_found_with_the_provider(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)
    dying = DyingChannel()
    cut(replace(services, channels={"sms": dying}))
    channel(services).sent = dying.sent  # the provider knows of it
    wait(services, inviting.LEASE)
    work(services)
    (message,) = services.store.messages()
    assert (message.state, message.provider_id) == ("sent", "id-1")
    assert (invitation(services).state, invitation(services).reason) == ("sent", None)
    assert services.store.next_due_at() is None


def database_in(folder: Path) -> Database:
    """The test's own, opened by another process."""
    return Database(f"sqlite:///{folder / 'test.db'}")


class DyingStore(SqlStore):
    """The process ends in the middle of the transaction that lets a message out."""

    def add_decision(self, decision: GateDecision) -> None:
        raise PowerCut


def test_a_worker_that_stops_before_sending_leaves_it_to_the_next(
    services: Services, tmp_path: Path
) -> None:
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)
    dying = DyingStore(database_in(tmp_path))
    cut(replace(services, store=dying))
    dying.close()
    assert services.store.interviews() == []

    wait(services, inviting.LEASE)
    work(services)
    (message,) = channel(services).sent
    (interview,) = services.store.interviews()
    assert message.interview_id == interview.interview_id
    assert invitation(services).state == "sent"


class SlowStore(SqlStore):
    """Looks a moment up so slowly that another worker claims everything meanwhile."""

    clock: StoryClock

    def moment(self, moment_id: str) -> MomentRecord:
        self.clock.move_to(self.clock.at + inviting.LEASE)
        assert self.claim(self.clock.at, 9, inviting.LEASE)
        return super().moment(moment_id)


def test_a_worker_that_lost_its_lease_writes_nothing(services: Services, tmp_path: Path) -> None:
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)
    before = services.store.invitations()
    slow = SlowStore(database_in(tmp_path))
    assert isinstance(services.clock, StoryClock)
    slow.clock = services.clock
    assert asyncio.run(worker.sweep(replace(services, store=slow))) == 1
    slow.close()

    assert channel(services).sent == []
    assert services.store.interviews() == []
    assert services.store.invitations() == before

    wait(services, inviting.LEASE)
    work(services)
    assert len(channel(services).sent) == 1


def test_one_that_cannot_be_sent_never_stops_the_others(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    lost = Moment(
        kind="Delivered",
        moment_id="lost",
        subject="S-0",
        rival="S-0",
        occurred_at=NOW,
        due_at=NOW,
    )
    services.store.save_moments([MomentRecord(lost, "planned", "no-such-study", NOW, NOW)])
    broken = invitation(services).model_copy(
        update={"invitation_id": "lost", "study": "no-such-study", "moment_id": "lost"}
    )
    services.store.plan(broken)
    wait(services, SETTLED)
    work(services)
    assert len(channel(services).sent) == 1
    failed = services.store.job("invite", "lost")
    assert (failed.attempt, failed.error) == (1, "NotFound")


# replies


def test_a_reply_goes_out_by_sms_once(services: Services) -> None:
    asked(services)
    answer(services, "The driver left it in the rain and I had to drive home to save it")
    work(services)
    work(services)
    first, reply = channel(services).sent
    assert reply.seq == 2
    assert reply.text == services.store.interviews()[0].turns[2].text
    assert first.seq == 0


def test_an_opt_out_is_confirmed_once_though_it_suppresses(services: Services) -> None:
    asked(services)
    answer(services, "STOP")
    work(services)
    (_, confirmation) = channel(services).sent
    assert services.store.interviews()[0].status == "opted_out"
    answer(services, "STOP", "m2")
    work(services)
    assert channel(services).sent[1:] == [confirmation]


def test_a_confirmation_that_comes_too_late_is_left_out(services: Services) -> None:
    asked(services)
    answer(services, "STOP")
    wait(services, timedelta(minutes=6))
    work(services)
    assert len(channel(services).sent) == 1
    assert services.store.message(f"{invitation(services).interview_id}:2").state == "failed"


def test_a_reply_that_is_late_waits_for_the_morning_and_blocks_nobody(services: Services) -> None:
    asked(services)
    wait(services, 9 * HOUR)  # 19:30 in New York
    answer(services, "It came too late and nobody told me anything about it before")
    wait(services, HOUR)
    work(services)
    assert len(channel(services).sent) == 1
    assert services.store.next_due_at() == datetime(2026, 9, 16, 13, tzinfo=UTC)

    wait(services, 13 * HOUR)
    work(services)
    assert len(channel(services).sent) == 2


def test_a_reply_is_tried_again_when_the_channel_is_back(services: Services) -> None:
    asked(services)
    channel(services).down = True
    answer(services, "It came too late and nobody told me anything about it before")
    work(services)
    channel(services).down = False
    work(services)
    assert len(channel(services).sent) == 1
    wait(services, timedelta(minutes=1))
    work(services)
    assert len(channel(services).sent) == 2


def test_a_reply_that_may_have_gone_is_never_sent_again(services: Services) -> None:
    asked(services)
    answer(services, "It came too late and nobody told me anything about it before")
    dying = DyingChannel()
    cut(replace(services, channels={"sms": dying}))
    wait(services, inviting.LEASE)
    work(services)
    work(services)
    assert len(channel(services).sent) == 1
    assert services.store.message(dying.sent[0].message_key).state == "unknown"


# accounts


def contacts(*names: str) -> list[Contact | Consent]:
    rows: list[Contact | Consent] = []
    for name in names:
        rows.append(
            Contact(
                contact_ref=name,
                account_ref="a1",
                contact_name=name.title(),
                contact_role="buyer",
                email=f"{name}@acme.example.com",
            )
        )
        rows.append(
            Consent(
                address=f"{name}@acme.example.com",
                channel="email",
                status="granted",
                source="contract",
                at=NOW - 90 * DAY,
            )
        )
    return rows


ACCOUNT = Account(
    account_ref="a1",
    account_name="Acme",
    timezone="America/New_York",
    renewal_date=(NOW + 80 * DAY).date(),
)


def test_every_active_contact_of_an_account_is_asked(services: Services) -> None:
    gone = contacts("gus")[0].model_copy(update={"active": False})
    intake.take(services, [ACCOUNT, *contacts("ann", "bob"), gone])
    work(services)
    sent = channel(services, "email").sent
    assert sorted(m.address for m in sent) == ["ann@acme.example.com", "bob@acme.example.com"]
    names = {one.context["contact_name"] for one in services.store.interviews()}
    assert names == {"Ann", "Bob"}


def test_a_contact_who_left_is_not_asked_any_more(services: Services) -> None:
    wait(services, 12 * HOUR)  # at night: it waits
    intake.take(services, [ACCOUNT, *contacts("ann")])
    assert invitation(services).state == "due"
    intake.take(services, [contacts("ann")[0].model_copy(update={"active": False})])
    assert invitation(services).state == "cancelled"


def test_a_correction_takes_back_what_waits(services: Services) -> None:
    scores = [
        Score(account_ref="a1", metric="otif", period=f"2026-0{month}", value=value)
        for month, value in ((7, 96), (8, 90))
    ]
    plain = ACCOUNT.model_copy(update={"renewal_date": None})
    wait(services, 12 * HOUR)
    intake.take(services, [plain, *contacts("ann"), *scores])
    assert invitation(services).state == "due"
    intake.take(services, [scores[1].model_copy(update={"value": 95.5})])
    assert (invitation(services).state, invitation(services).reason) == ("cancelled", "withdrawn")


def test_a_lost_renewal_is_asked_about_five_business_days_later(services: Services) -> None:
    plain = ACCOUNT.model_copy(update={"renewal_date": None})
    decided = Outcome(account_ref="a1", decided_at=NOW.date(), outcome="churned")
    intake.take(services, [plain, *contacts("ann"), decided])
    assert invitation(services).study == "win-loss"
    assert invitation(services).due_at >= NOW + 5 * DAY


# the gate in its transaction


def test_every_decision_has_an_audit_row(services: Services) -> None:
    asked(services)
    (sent,) = services.store.decisions(invitation(services).invitation_id)
    assert (sent.rule, sent.at) == (None, services.clock.now())
    answer(services, "It came too late and nobody told me anything about it before")
    suppress(services)
    work(services)
    (_, reply) = services.store.messages()
    (refused,) = services.store.decisions(reply.message_key)
    assert refused.rule == "G03"
    assert (reply.state, reply.reason) == ("failed", "G03: on the suppression list")


class StoppedStore(SqlStore):
    """Somebody says stop after the message was made, and before the gate is asked."""

    first: SqlStore
    said = False

    @contextmanager
    def transaction(self, *locks: str) -> Iterator[SqlStore]:
        stop = Suppression(address=PHONE, channel="sms", status="suppressed", source="STOP", at=NOW)
        if not self.said:
            self.said = True
            self.first.put([stop])
        with super().transaction(*locks) as inside:
            yield inside


def test_a_stop_before_the_transaction_that_sends_means_zero_sends(
    services: Services, tmp_path: Path
) -> None:
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)
    store = StoppedStore(database_in(tmp_path))
    assert isinstance(services.store, SqlStore)
    store.first = services.store
    work(replace(services, store=store))
    store.close()
    assert channel(services).sent == []
    assert invitation(services).reason == "G03: on the suppression list"


def test_what_waits_for_a_paused_study_goes_on_when_it_is_launched_again(
    services: Services,
) -> None:
    tell(services, shipment("1", "delivered"))
    lifecycle.set_state(services, "delivery-check", "paused")
    assert invitation(services).state == "held"
    wait(services, HOUR)
    work(services)
    assert channel(services).sent == []
    lifecycle.set_state(services, "delivery-check", "live")
    assert invitation(services).state == "due"
    work(services)
    assert len(channel(services).sent) == 1


def test_a_study_that_brakes_holds_what_comes_due(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    services.store.brake_study("delivery-check", "too many opt-outs")
    wait(services, SETTLED)
    work(services)
    assert (channel(services).sent, invitation(services).state) == ([], "held")
    lifecycle.set_state(services, "delivery-check", "live")
    work(services)
    assert len(channel(services).sent) == 1


def test_a_closed_study_takes_back_what_waits(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    lifecycle.set_state(services, "delivery-check", "closed")
    assert invitation(services).state == "cancelled"
    assert services.store.next_due_at() is None


def test_a_consent_that_comes_later_lets_a_refused_invitation_go(services: Services) -> None:
    tell(services, shipment("1", "delivered", consent=None))
    assert invitation(services).state == "refused"
    agreed = Consent(address=PHONE, channel="sms", status="granted", source="x", at=NOW - DAY)
    intake.take(services, [agreed])
    assert invitation(services).state == "due"


def with_outreach(services: Services, **limits: object) -> None:
    """Delivery-check with these limits."""
    study = services.store.study("delivery-check")
    lines = "".join(f"  {name}: {value}\n" for name, value in limits.items())
    source = f"{study.source}\noutreach:\n{lines}"
    lifecycle.add(services, load_guide(source), source)


def test_who_has_not_answered_is_reminded_once(services: Services) -> None:
    with_outreach(services, remind_after="4h")
    asked(services)
    wait(services, 4 * HOUR)
    work(services)
    work(services)
    (_, reminder) = channel(services).sent
    assert "still open" in reminder.text
    assert len(reminder.text) <= 160
    wait(services, 4 * HOUR)
    work(services)
    assert len(channel(services).sent) == 2

    (interview,) = services.store.interviews()  # it is in the record, beside the conversation
    assert [turn.text for turn in interview.turns] == [m.text for m in channel(services).sent]
    assert interview.turns[-1].move == "remind"
    assert [turn.seq for turn in interview.said] == [0]
    answer(services, "It came on time.")
    (interview,) = services.store.interviews()
    assert [turn.speaker for turn in interview.turns[2:]] == ["respondent", "interviewer"]


def test_a_reminder_waits_while_its_study_is_paused(services: Services) -> None:
    with_outreach(services, remind_after="4h")
    asked(services)
    lifecycle.set_state(services, "delivery-check", "paused")
    wait(services, 4 * HOUR)
    work(services)
    work(services)
    assert len(channel(services).sent) == 1
    lifecycle.set_state(services, "delivery-check", "live")
    wait(services, 19 * HOUR)  # at a decent hour again
    work(services)
    assert ["still open" in message.text for message in channel(services).sent] == [False, True]


@pytest.mark.parametrize("change", [links.replace_link, links.revoke_link])
def test_a_reminder_by_mail_carries_a_link_that_works(
    services: Services, change: Callable[[Services, str], object]
) -> None:
    by_mail = only(services, "email")
    with_outreach(by_mail, remind_after="4h")
    asked(by_mail)
    (interview,) = services.store.interviews()
    change(services, interview.interview_id)
    wait(services, 4 * HOUR)
    for _ in range(2):
        work(by_mail)
    _, *reminders = channel(services, "email").sent
    assert len(reminders) == (change is links.replace_link)
    for reminder in reminders:
        token = reminder.text.rpartition("/i/")[2].split()[0]
        found = services.store.interview_by_token(conversation.token_hash(token))
        assert found.interview_id == interview.interview_id


def test_who_has_answered_is_not_reminded(services: Services) -> None:
    with_outreach(services, remind_after="4h")
    asked(services)
    answer(services, "fine, thanks")
    wait(services, 4 * HOUR)
    work(services)
    assert not [m for m in services.store.messages() if m.seq < 0]


def others(*numbers: int) -> list[dict[str, object]]:
    """Deliveries to different people."""
    return [
        shipment(
            f"o{n}",
            "delivered",
            ref=f"O-{n}",
            recipient={"phone": f"+1212555010{n}", "timezone": "America/New_York"},
        )
        for n in numbers
    ]


@pytest.mark.parametrize(("limit", "waits"), [("quota", "refused"), ("per_day", "due")])
def test_a_study_asks_no_more_than_its_limits(services: Services, limit: str, waits: str) -> None:
    with_outreach(services, **{limit: 2})
    tell(services, *others(1, 2, 3, 4))
    wait(services, SETTLED)
    work(services)
    assert len(channel(services).sent) == 2
    states = sorted(one.state for one in services.store.invitations())
    assert states == sorted([waits, waits, "sent", "sent"])


def test_a_sender_keeps_its_pace(services: Services) -> None:
    slow = replace(services, policy=services.policy.model_copy(update={"per_minute": {"sms": 2}}))
    tell(slow, *others(1, 2, 3, 4))
    wait(slow, SETTLED)
    work(slow)
    assert len(channel(slow).sent) == 2
    for _ in range(20):
        wait(slow, timedelta(seconds=30))
        work(slow)
    assert len(channel(slow).sent) == 4


@pytest.mark.postgres
def test_two_studies_that_race_for_the_last_slot_on_postgres(
    services: Services, tmp_path: Path
) -> None:
    """Both gates are asked at once, each in its own worker; the person hears once."""
    with empty_database("postgres", tmp_path) as url:
        migrate(url)
        stores = [open_store(url), open_store(url)]
        racing = [replace(services, store=store) for store in stores]
        for slug in ("delivery-check", "exception-follow-up"):
            study = services.store.study(slug)
            lifecycle.add(racing[0], study.guide, study.source)
            launch(racing[0], slug)
        later = [
            shipment("1", "delivered"),
            shipment("2", "exception", ref="S-2", exception_code="damaged"),
        ]
        tell(racing[0], *later)
        wait(services, HOUR)
        jobs = stores[0].claim(services.clock.now(), 9, inviting.LEASE)
        assert len(jobs) == 2
        with ThreadPoolExecutor(2) as threads:
            pairs = zip(racing, jobs, strict=True)
            list(threads.map(lambda pair: asyncio.run(inviting.invite(*pair)), pairs))
        assert len(channel(services).sent) == 1
        for store in stores:
            store.close()


@pytest.mark.parametrize("kind", DATABASES)
def test_a_stop_that_is_committed_first_means_that_nothing_goes(kind: str, tmp_path: Path) -> None:
    services, people = services_in(tmp_path), range(8)
    with empty_database(kind, tmp_path) as url:
        migrate(url)
        stores = [open_store(url), open_store(url)]
        sender, listener = (replace(services, store=store) for store in stores)
        study = services.store.study("delivery-check")
        lifecycle.add(sender, study.guide, study.source)
        launch(sender, "delivery-check")
        tell(sender, *others(*people))
        wait(services, SETTLED)
        jobs = sender.store.claim(services.clock.now(), 99, inviting.LEASE)
        assert len(jobs) == len(people)
        for job in jobs:
            address = sender.store.invitation(job.subject).address
            stop = Received("sms", f"stop {address}", address, "STOP")
            first = _committed_first(
                lambda job=job: asyncio.run(inviting.invite(sender, job)),
                lambda stop=stop: inbound.take(listener, stop),
            )
            sent = [one for one in channel(services).sent if one.address == address]
            assert len(sent) == (first == "send")
        for store in stores:
            store.close()


def _committed_first(send: Callable[[], object], stop: Callable[[], object]) -> str:
    """Which of two threads that begin together commits first."""
    barrier, order = Barrier(2), list[str]()

    def run(name: str, what: Callable[[], object]) -> None:
        current_thread().name = name  # a use case of ours goes on in a thread of another name
        barrier.wait()
        what()

    def note(_: object) -> None:
        order.append("stop" if current_thread().name == "stop" else "send")

    event.listen(Engine, "commit", note)
    try:
        with ThreadPoolExecutor(2) as threads:
            both = [threads.submit(run, "send", send), threads.submit(run, "stop", stop)]
            for one in both:
                one.result()
    finally:
        event.remove(Engine, "commit", note)
    return order[0]

"""From a moment to a sent invitation and back: once, at a decent hour, only to who agreed."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from interviewer import conversation, delivery, intake, outreach, studies
from interviewer.adapters.sql_engine import Database
from interviewer.adapters.sql_store import SqlStore
from interviewer.clock import StoryClock
from interviewer.core.book import Account, Consent, Contact, Outcome, Score, Suppression
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.moments import Moment
from interviewer.ports import MomentRecord, Services
from tests.fakes import NOW, services_in
from tests.flows.story import (
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
    assert message.subject == "Harbor Parcel"
    head, _, foot = message.text.partition("\n\n-- \n")
    token = head.rpartition("https://feedback.harbor.example.com/i/")[2]
    opened = services.store.interview_by_token(conversation.token_hash(token))
    assert opened.turns[0].text in head
    assert foot.splitlines() == [
        "Harbor Parcel",
        "1 Quay, Boston",
        "https://harbor.example.com/privacy",
    ]


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
    studies.set_state(services, "delivery-check", "paused")
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
    waits = invitation(services)
    assert (waits.state, waits.reason) == ("due", "the channel is down")
    assert waits.due_at == NOW + SETTLED + timedelta(minutes=1)

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


def test_a_channel_that_stays_down_is_given_up(services: Services) -> None:
    channel(services).down = True
    asked(services)
    for _ in range(delivery.TRIES - 1):
        wait(services, invitation(services).due_at - services.clock.now())
        work(services)
    assert (invitation(services).state, invitation(services).reason) == (
        "refused",
        "the channel failed",
    )


class PowerCut(BaseException):
    """The process ends here."""


class DyingChannel:
    """Takes the message, and the process ends before anybody notes it."""

    def __init__(self) -> None:
        self.sent: list[OutboundMessage] = []

    async def send(self, message: OutboundMessage) -> str:
        self.sent.append(message)
        raise PowerCut


def cut(services: Services) -> None:
    with pytest.raises(PowerCut):
        work(services)


def test_a_worker_that_stops_while_sending_never_sends_twice(services: Services) -> None:
    dying = DyingChannel()
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)
    cut(replace(services, channels={"sms": dying}))

    work(services)  # the lease still runs
    wait(services, outreach.LEASE)
    work(services)
    assert len(dying.sent) == 1
    assert channel(services).sent == []
    assert (invitation(services).state, invitation(services).reason) == (
        "sent",
        "it may not have gone",
    )
    assert services.store.message(dying.sent[0].message_key).state == "unknown"


def database_in(folder: Path) -> Database:
    """The test's own, opened by another process."""
    return Database(f"sqlite:///{folder / 'test.db'}")


class DyingStore(SqlStore):
    """Stores the interview, and the process ends before the message is sent."""

    def claim_message(self, message_key: str, until: datetime) -> None:
        raise PowerCut


def test_a_worker_that_stops_before_sending_leaves_it_to_the_next(
    services: Services, tmp_path: Path
) -> None:
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)
    dying = DyingStore(database_in(tmp_path))
    cut(replace(services, store=dying))
    dying.close()

    wait(services, outreach.LEASE)
    work(services)
    (message,) = channel(services).sent
    (interview,) = services.store.interviews()
    assert message.interview_id == interview.interview_id
    assert invitation(services).state == "sent"


class SlowStore(SqlStore):
    """Looks a moment up so slowly that another worker claims everything meanwhile."""

    clock: StoryClock
    claimed: list[Invitation]

    def moment(self, moment_id: str) -> MomentRecord:
        self.clock.move_to(self.clock.at + outreach.LEASE)
        self.claimed = self.claim_due(self.clock.at, 9, outreach.LEASE)
        return super().moment(moment_id)


def test_a_worker_that_lost_its_lease_writes_nothing(services: Services, tmp_path: Path) -> None:
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)
    slow = SlowStore(database_in(tmp_path))
    assert isinstance(services.clock, StoryClock)
    slow.clock = services.clock
    assert asyncio.run(outreach.send_due(replace(services, store=slow))) == 1
    slow.close()

    assert channel(services).sent == []
    assert services.store.interviews() == []
    assert [invitation(services)] == slow.claimed

    wait(services, outreach.LEASE)
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
    (failed,) = services.store.invitations(moment_id="lost")
    assert (failed.state, failed.attempt) == ("due", 1)


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
    assert services.store.due_replies(services.clock.now(), 9) == []

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
    wait(services, delivery.SENDING)
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

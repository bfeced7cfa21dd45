from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.book import Consent, Suppression
from interviewer.core.contact import (
    ContactChannel,
    ContactFacts,
    ContactPolicy,
    Permit,
    Refusal,
    SendIntent,
    has_consent,
    is_suppressed,
    may_contact,
)

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)  # in New York
NIGHT = NOON + timedelta(hours=10)
PHONE, MAIL = "+14155550123", "ana@example.com"
OPENERS = {
    "en": "Acme, automated message about your delivery on Friday. How was it? STOP to opt out.",
    "es": "Acme, mensaje automático sobre su delivery on Friday. ¿Qué tal? Responda STOP.",
    "de": "Acme, automatische Nachricht zu delivery on Friday. Wie war es? STOP beendet.",
    "fr": "Acme, message automatisé, delivery on Friday. Comment ça va ? STOP pour arrêter.",
    "pt": "Acme, mensagem automática, delivery on Friday. Como foi? Responda STOP.",
}
POLICY = ContactPolicy(brand="Acme", link_hosts=frozenset({"feedback.acme.example"}))


def consent(status: str, at: datetime = NOON, **more: Any) -> Consent:
    values = {"address": PHONE, "channel": "sms", "source": "checkout", **more}
    return Consent.read({**values, "status": status, "at": at})


def suppression(status: str, at: datetime = NOON, **more: Any) -> Suppression:
    values = {"address": PHONE, "channel": "sms", "source": "reply", **more}
    return Suppression.read({**values, "status": status, "at": at})


GRANTED = (consent("granted", NOON - timedelta(days=90)),)
FACTS = ContactFacts(
    consents=GRANTED,
    zones=frozenset({"America/New_York"}),
    expires_at=NOON + timedelta(hours=24),
)
INVITATION = SendIntent(
    kind="initiated",
    channel="sms",
    address=PHONE,
    text=OPENERS["en"],
    is_first=True,
    names=("delivery", "Friday"),
    hides=("garden chair", "12 Elm Street"),
)
REPLY = SendIntent(kind="reply", channel="sms", address=PHONE, text="What happened at the door?")


def ask(
    intent: SendIntent = INVITATION, now: datetime = NOON, **facts: Any
) -> tuple[str, datetime | None]:
    """The rule that refuses and when to retry; ("", None) for a permit."""
    answer = may_contact(intent, FACTS.model_copy(update=facts), POLICY, now)
    return (answer.reason, answer.retry_at) if isinstance(answer, Refusal) else ("", None)


def intent(of: SendIntent = INVITATION, **changes: Any) -> SendIntent:
    return of.model_copy(update=changes)


def test_a_good_invitation_may_go() -> None:
    assert may_contact(INVITATION, FACTS, POLICY, NOON) == Permit()
    assert ask(REPLY, last_inbound_at=NOON) == ("", None)


BY_MAIL = {"address": MAIL, "channel": "email"}
MAIL_CONSENT = (consent("granted", **BY_MAIL),)


@pytest.mark.parametrize(
    ("rule", "sent", "facts"),
    [
        ("G01", INVITATION, {"braked": True}),
        ("", REPLY, {"braked": True}),
        ("G02", intent(address="0415 555 0123"), {}),
        ("G02", intent(channel="email"), {"consents": MAIL_CONSENT}),
        ("G02", INVITATION, {"unreachable": True}),
        ("G03", INVITATION, {"suppressions": (suppression("suppressed"),)}),
        ("G03", REPLY, {"suppressions": (suppression("suppressed", channel="all"),)}),
        ("", intent(REPLY, kind="help"), {"suppressions": (suppression("suppressed"),)}),
        ("", intent(REPLY, kind="confirmation"), {"opted_out_at": NOON - timedelta(minutes=5)}),
        ("G03", intent(REPLY, kind="confirmation"), {"opted_out_at": NOON - timedelta(minutes=6)}),
        ("G03", intent(REPLY, kind="confirmation"), {"opted_out_at": NOON, "confirmed": True}),
        ("G03", intent(REPLY, kind="confirmation"), {}),
        ("G04", INVITATION, {"consents": ()}),
        ("G04", REPLY, {"consents": (*GRANTED, consent("withdrawn"))}),
        ("G04", intent(channel="email", address=MAIL), {}),
        ("", intent(REPLY, channel="chat", address="S1"), {"consents": ()}),
        ("G05", INVITATION, {"barred": True}),
        ("G05", intent(REPLY, kind="help"), {"barred": True}),
        ("G06", INVITATION, {"study_state": "ready"}),
        ("G06", INVITATION, {"study_state": "paused"}),
        ("", REPLY, {"study_state": "paused"}),
        ("G06", INVITATION, {"is_stale": True}),
        ("G06", INVITATION, {"expires_at": NOON}),
        ("G06", REPLY, {"expires_at": NOON}),
        ("G07", INVITATION, {"zones": frozenset()}),
        ("G09", INVITATION, {"invited_at": (NOON - timedelta(days=6, hours=23),)}),
        ("", INVITATION, {"invited_at": (NOON - timedelta(days=7),)}),
        ("G09", INVITATION, {"invited_at": tuple(NOON - timedelta(days=d) for d in (8, 16))}),
        ("G09", INVITATION, {"initiated_at": (NOON,) * 3}),
        ("G09", intent(is_reminder=True), {"reminders": 1}),
        ("", intent(is_reminder=True), {"invited_at": (NOON,), "live_until": NIGHT}),
        ("", REPLY, {"invited_at": (NOON,), "live_until": NIGHT}),
        ("G11", intent(text=OPENERS["en"].replace("Acme", "Us")), {}),
        ("G11", intent(text=OPENERS["en"].replace("automated ", "")), {}),
        ("G11", intent(text=OPENERS["en"].replace("STOP", "no")), {}),
        ("G11", intent(text=OPENERS["en"].replace("Friday", "a day")), {}),
        ("G11", intent(text=OPENERS["en"] + " Your Garden Chair"), {}),
        ("", intent(text=OPENERS["en"] + "\nYour garden chair"), {}),
        ("", intent(text=OPENERS["en"].replace("automated", "AI")), {}),
        ("", intent(text=None), {}),
        ("G12", intent(text=OPENERS["en"] + "." * 306), {}),
        ("G12", intent(REPLY, text="." * 161), {}),
        ("", intent(REPLY, text="." * 160), {}),
        ("G12", intent(REPLY, text="ó" * 135), {}),
        ("G12", intent(REPLY, channel="chat", text="." * 281), {}),
        ("", intent(REPLY, channel="chat", text="." * 281, audience="b2b"), {}),
        ("G16", REPLY, {"is_closed": True}),
        ("", intent(REPLY, is_thanks=True), {"is_closed": True}),
        ("G16", intent(REPLY, is_thanks=True), {"is_closed": True, "thanked": True}),
    ],
)
def test_each_rule(rule: str, sent: SendIntent, facts: dict[str, Any]) -> None:
    assert ask(sent, **{"last_inbound_at": NOON, **facts}) == (rule, None)


def test_nothing_leaves_while_sending_is_switched_off() -> None:
    off = POLICY.model_copy(update={"switched_off": True})
    for sent in (INVITATION, REPLY, intent(REPLY, kind="help")):
        answer = may_contact(sent, FACTS, off, NOON)
        assert isinstance(answer, Refusal)
        assert answer.reason == "G01"


def test_a_subject_has_78_characters() -> None:
    mail = intent(**BY_MAIL, subject="." * 79)
    assert ask(mail, consents=MAIL_CONSENT)[0] == "G12"
    assert ask(intent(mail, subject="." * 78), consents=MAIL_CONSENT)[0] == ""


@pytest.mark.parametrize("language", OPENERS)
def test_an_opener_discloses_in_every_language(language: str) -> None:
    assert ask(intent(text=OPENERS[language], language=language)) == ("", None)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("Answer at https://feedback.acme.example/i/x", True),
        ("Answer at https://feedback.acme.example.", True),
        ("No. It came late.Really?", True),
        ("Write to help@acme.com", True),
        ("http://feedback.acme.example/i/x", False),
        ("https://feedback.acme.example@evil.example/", False),
        ("https://feedback.acme.example.evil.example/", False),
        ("https://FEEDBACK.ACME.EXAMPLE/", True),
        ("https://feedback.acme.example:8443/", False),
        ("bit.ly/x", False),
        ("go to evil.com now", False),
        ("www.evil.example", False),
        ("https://10.0.0.1/x", False),
        ("10.0.0.1/x", False),
        ("https://xn--acme-feedback.example/", False),
        ("javascript://feedback.acme.example/%0a", False),
    ],
)
def test_links(text: str, allowed: bool) -> None:
    by_chat = intent(REPLY, channel="chat", text=text)
    assert (ask(by_chat, last_inbound_at=NOON)[0] != "G13") is allowed


def test_an_sms_has_no_link_unless_the_study_wants_one() -> None:
    sent = intent(REPLY, text="https://feedback.acme.example/i/x")
    assert ask(sent, last_inbound_at=NOON)[0] == "G13"
    wants = POLICY.model_copy(update={"sms_links": True})
    facts = FACTS.model_copy(update={"last_inbound_at": NOON})
    assert may_contact(sent, facts, wants, NOON) == Permit()


MORNING = datetime(2026, 11, 21, 14, tzinfo=UTC)


def test_waiting_helps_against_quiet_hours_and_a_live_interview() -> None:
    far = {"expires_at": NOON + timedelta(days=3)}
    assert ask(now=NIGHT, **far) == ("G07", MORNING)
    assert ask(now=NIGHT, expires_at=MORNING) == ("G07", None)
    assert ask(intent(ends_at=MORNING), now=NIGHT, **far) == ("G07", None)
    assert ask(live_until=NIGHT) == ("G10", NIGHT)


@pytest.mark.parametrize(("minutes", "rule"), [(0, ""), (15, ""), (16, "G07")])
def test_a_reply_may_go_at_any_hour_for_15_minutes(minutes: int, rule: str) -> None:
    asked_at = NIGHT - timedelta(minutes=minutes)
    assert ask(REPLY, now=NIGHT, last_inbound_at=asked_at)[0] == rule


@pytest.mark.parametrize(
    ("rows", "granted"),
    [
        ([], False),
        ([consent("granted")], True),
        ([consent("granted"), consent("withdrawn")], False),
        ([consent("withdrawn"), consent("granted", NOON + timedelta(seconds=1))], True),
        ([consent("granted", NOON + timedelta(days=2))], False),
        ([consent("granted"), consent("withdrawn", NOON + timedelta(days=2))], False),
        ([consent("granted", channel="email")], False),
        ([consent("granted", address="+14155550199")], False),
    ],
)
def test_the_consent_ledger(rows: list[Consent], granted: bool) -> None:
    assert has_consent(rows, PHONE, "sms", NOON + timedelta(days=1)) is granted


LATER = NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("rows", "channels"),
    [
        ([], ""),
        ([suppression("suppressed")], "sms"),
        ([suppression("suppressed", channel="all")], "sms email chat"),
        ([suppression("suppressed"), suppression("lifted")], "sms"),
        ([suppression("suppressed"), suppression("lifted", LATER)], ""),
        (
            [suppression("suppressed", channel="all"), suppression("lifted", LATER)],
            "sms email chat",
        ),
        ([suppression("suppressed"), suppression("lifted", LATER, channel="all")], ""),
        ([suppression("suppressed", address="+14155550199")], ""),
    ],
)
def test_the_suppression_list(rows: list[Suppression], channels: str) -> None:
    stopped = [c for c in ("sms", "email", "chat") if is_suppressed(rows, PHONE, c)]  # type: ignore[arg-type]
    assert stopped == channels.split()


TIMES = st.integers(-60, 60).map(lambda days: NOON + timedelta(days=days))
CONSENTS = st.lists(
    st.builds(consent, st.sampled_from(["granted", "withdrawn"]), TIMES), max_size=5
)
STOPS = st.lists(
    st.builds(
        lambda status, at, channel: suppression(status, at, channel=channel),
        st.sampled_from(["suppressed", "lifted"]),
        TIMES,
        st.sampled_from(["sms", "email", "all"]),
    ),
    max_size=5,
)
INTENTS = st.builds(
    lambda kind, first, text: intent(kind=kind, is_first=first, text=text),
    st.sampled_from(["initiated", "reply", "confirmation", "help"]),
    st.booleans(),
    st.sampled_from([OPENERS["en"], "What happened?", "See bit.ly/x", "." * 200]),
)
FACTS_SEEN = st.builds(
    lambda consents, stops, zones, inbound, invited, closed: FACTS.model_copy(
        update={
            "consents": tuple(consents),
            "suppressions": tuple(stops),
            "zones": frozenset(zones),
            "last_inbound_at": inbound,
            "invited_at": tuple(invited),
            "is_closed": closed,
            "opted_out_at": NOON,
        }
    ),
    CONSENTS,
    STOPS,
    st.sets(st.sampled_from(["America/New_York", "America/Los_Angeles", "UTC"])),
    st.none() | TIMES,
    st.lists(TIMES, max_size=3),
    st.booleans(),
)
CLOCK = st.integers(0, 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes))


@given(INTENTS, FACTS_SEEN, CLOCK)
def test_no_permit_breaks_a_promise(sent: SendIntent, facts: ContactFacts, now: datetime) -> None:
    answer = may_contact(sent, facts, POLICY, now)
    assert answer == may_contact(sent, facts, POLICY, now)
    if isinstance(answer, Refusal):
        assert answer.retry_at is None or answer.retry_at > now
        return
    assert "bit.ly" not in (sent.text or "")
    if sent.kind in ("initiated", "reply"):
        assert has_consent(facts.consents, PHONE, "sms", now)
        assert not is_suppressed(facts.suppressions, PHONE, "sms")
        assert not (facts.is_closed and sent.kind == "reply")
        fresh = facts.last_inbound_at and now - facts.last_inbound_at <= timedelta(minutes=15)
        assert POLICY.quiet_hours.is_open(now, facts.zones) or (sent.kind == "reply" and fresh)
    if sent.kind == "initiated":
        assert not any(now - at < timedelta(days=7) for at in facts.invited_at)
    if sent.is_first:
        assert all(word in (sent.text or "") for word in ("Acme", "automated", "STOP"))


@given(st.lists(st.integers(0, 40 * 24), max_size=40))
def test_the_caps_hold_for_any_interleaving_of_studies(hours: list[int]) -> None:
    sent: list[datetime] = []
    for hour in sorted(hours):
        now = NOON + timedelta(hours=hour)
        facts = FACTS.model_copy(
            update={"invited_at": tuple(sent), "initiated_at": tuple(sent), "expires_at": None}
        )
        if may_contact(INVITATION, facts, POLICY, now) == Permit():
            sent.append(now)
    for at in sent:
        assert sum(timedelta() <= at - other < timedelta(days=7) for other in sent) <= 1
        assert sum(timedelta() <= at - other < timedelta(days=30) for other in sent) <= 2


@given(st.permutations([consent("granted"), consent("withdrawn"), consent("granted", LATER)]))
def test_the_ledger_does_not_depend_on_the_order_of_its_rows(rows: list[Consent]) -> None:
    assert not has_consent(rows, PHONE, "sms", NOON)
    assert has_consent(rows, PHONE, "sms", LATER)


@given(
    st.permutations(range(5)),
    st.sampled_from([("sms", PHONE, "email", MAIL), ("email", MAIL, "sms", PHONE)]),
)
def test_start_opens_only_the_channel_that_said_it_in_any_order(
    order: list[int], said: tuple[ContactChannel, str, ContactChannel, str]
) -> None:
    own, address, other, elsewhere = said
    rows = [
        suppression("suppressed", channel=own, address=address),
        suppression("suppressed", channel=other, address=elsewhere),
        suppression("lifted", LATER, channel=own, address=address),
        suppression("suppressed", channel=other, address=address),
        suppression("lifted", LATER, channel=own, address=elsewhere),
    ]
    ledger = [rows[place] for place in order]
    assert not is_suppressed(ledger, address, own)
    assert is_suppressed(ledger, elsewhere, other)
    assert is_suppressed(ledger, address, other)


AI_WORDS = {
    "en": "automated",
    "es": "automático",
    "de": "automatische",
    "fr": "automatisé",
    "pt": "automática",
}


@given(st.sampled_from(sorted(OPENERS)), st.sets(st.sampled_from(["brand", "machine", "stop"])))
def test_an_opener_names_the_brand_the_machine_and_the_way_out(
    language: str, missing: set[str]
) -> None:
    words = {"brand": "Acme", "machine": AI_WORDS[language], "stop": "STOP"}
    text = OPENERS[language]
    for name in missing:
        text = text.replace(words[name], "-")
    rule, _ = ask(intent(language=language, text=text))
    assert rule == ("G11" if missing else "")


@given(FACTS_SEEN, CLOCK)
def test_help_is_answered_also_to_who_opted_out(f: ContactFacts, now: datetime) -> None:
    gone = (suppression("suppressed"), suppression("suppressed", channel="all"))
    stopped = f.model_copy(update={"suppressions": gone, "consents": ()})
    asked = SendIntent(kind="help", channel="sms", address=PHONE, text="Harbor Parcel. STOP ends.")
    answer = may_contact(asked, stopped, POLICY, now)
    if isinstance(answer, Refusal):
        assert answer.reason not in ("G03", "G04", "G07")


def test_start_opens_only_the_channel_that_said_it() -> None:
    stops = [suppression("suppressed"), suppression("suppressed", channel="email", address=MAIL)]
    assert not is_suppressed([*stops, suppression("lifted", LATER)], PHONE, "sms")
    assert is_suppressed([*stops, suppression("lifted", LATER)], MAIL, "email")


# one property a line of the design


@given(INTENTS, FACTS_SEEN, CLOCK)
def test_nothing_begins_without_consent(s: SendIntent, f: ContactFacts, now: datetime) -> None:
    bare = f.model_copy(update={"consents": ()})
    if s.kind in ("initiated", "reply", "answer"):
        assert isinstance(may_contact(s, bare, POLICY, now), Refusal)


@given(INTENTS, FACTS_SEEN, CLOCK)
def test_who_is_suppressed_gets_help_and_one_confirmation_alone(
    s: SendIntent, f: ContactFacts, now: datetime
) -> None:
    stop = (suppression("suppressed", NOON + timedelta(days=99)),)
    answer = may_contact(s, f.model_copy(update={"suppressions": stop}), POLICY, now)
    if answer == Permit():
        assert s.kind in ("help", "confirmation")


@given(INTENTS, FACTS_SEEN, CLOCK)
def test_nothing_begins_outside_the_hours_of_any_zone(
    s: SendIntent, f: ContactFacts, now: datetime
) -> None:
    if s.kind == "initiated" and may_contact(s, f, POLICY, now) == Permit():
        assert all(POLICY.quiet_hours.is_open(now, [zone]) for zone in f.zones)


@given(INTENTS, FACTS_SEEN, CLOCK)
def test_the_answer_depends_on_its_inputs_alone(
    s: SendIntent, f: ContactFacts, now: datetime
) -> None:
    again = ContactFacts.model_validate_json(f.model_dump_json())
    assert may_contact(s, f, POLICY, now) == may_contact(s, again, POLICY, now)


@given(FACTS_SEEN, CLOCK, st.booleans(), st.booleans())
def test_after_the_end_one_thank_you_and_one_answer(
    f: ContactFacts, now: datetime, thanked: bool, answered: bool
) -> None:
    over = f.model_copy(update={"is_closed": True, "thanked": thanked, "answered": answered})
    sent = {
        "reply": may_contact(REPLY, over, POLICY, now),
        "thanks": may_contact(intent(REPLY, is_thanks=True), over, POLICY, now),
        "answer": may_contact(intent(REPLY, kind="answer"), over, POLICY, now),
    }
    assert sent["reply"] != Permit()
    assert not (thanked and sent["thanks"] == Permit())
    assert not (answered and sent["answer"] == Permit())


LATER_TODAY = NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    ("rule", "sent", "facts", "retry_at"),
    [
        ("G06", INVITATION, {"quota_used": True}, None),
        ("G06", INVITATION, {"volume_free_at": LATER_TODAY}, LATER_TODAY),
        ("G06", intent(ends_at=LATER_TODAY), {"volume_free_at": LATER_TODAY}, None),
        ("", intent(is_reminder=True), {"quota_used": True}, None),
        ("G06", intent(is_reminder=True), {"has_answered": True}, None),
        ("G14", intent(REPLY, faults=("promise",)), {}, None),
        ("G15", INVITATION, {"sender_free_at": LATER_TODAY}, LATER_TODAY),
        ("G15", REPLY, {"sender_free_at": LATER_TODAY}, LATER_TODAY),
        ("G15", intent(REPLY, ends_at=NOON), {}, None),
        ("G16", intent(REPLY, kind="answer"), {"answered": True}, None),
    ],
)
def test_volume_guard_and_pace(
    rule: str, sent: SendIntent, facts: dict[str, Any], retry_at: datetime | None
) -> None:
    assert ask(sent, **{"last_inbound_at": NOON, **facts}) == (rule, retry_at)


def test_a_public_holiday_is_waited_out() -> None:
    today, far = NOON.date(), {"expires_at": NOON + timedelta(days=3)}
    assert ask(holidays=frozenset({today}), **far) == ("G08", MORNING)
    assert ask(holidays=frozenset({today}), expires_at=MORNING) == ("G08", None)
    assert ask(REPLY, last_inbound_at=NOON, holidays=frozenset({today})) == ("", None)


@pytest.mark.parametrize("facts", [{"braked": True}, {"study_state": "paused"}])
def test_what_a_person_has_stopped_waits_for_a_person(facts: dict[str, Any]) -> None:
    answer = may_contact(INVITATION, FACTS.model_copy(update=facts), POLICY, NOON)
    assert isinstance(answer, Refusal)
    assert answer.held

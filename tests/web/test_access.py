"""Sessions, form tokens, and what a server needs before it faces others."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from interviewer.access import users
from interviewer.access.users import add_user
from interviewer.clock import StoryClock
from interviewer.core.access import SESSION_IDLE, SESSION_LASTS
from interviewer.core.errors import InvalidInput
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web import access
from interviewer.web.serving import check_host, is_loopback
from interviewer.web.throttle import LOGIN, Throttle, TooMany

PASSWORD = "correct horse"


def later(services: Services, by: timedelta) -> None:
    assert isinstance(services.clock, StoryClock)
    services.clock.move_to(services.clock.now() + by)


def test_a_session_ends_when_idle_and_after_a_week_in_any_case(services: Services) -> None:
    ann = add_user(services, "ann", "owner", PASSWORD)
    idle = access.begin_session(services, ann)
    later(services, SESSION_IDLE - timedelta(seconds=1))
    assert access.user_of(services, idle) == ann  # and is seen again
    later(services, SESSION_IDLE - timedelta(seconds=1))
    assert access.user_of(services, idle) == ann
    later(services, SESSION_IDLE)
    assert access.user_of(services, idle) is None

    busy = access.begin_session(services, ann)
    for _ in range(int(SESSION_LASTS / timedelta(hours=8)) - 1):
        later(services, timedelta(hours=8))
        assert access.user_of(services, busy) == ann
    later(services, timedelta(hours=8))
    assert access.user_of(services, busy) is None


def test_a_session_ends_with_the_user_and_with_a_changed_role_or_password(
    services: Services,
) -> None:
    add_user(services, "boss", "owner", PASSWORD)
    ann = add_user(services, "ann", "owner", PASSWORD)
    changes = (
        lambda: access.end_session(services, token),
        lambda: users.set_password(services, "ann", "another one"),
        lambda: users.set_role(services, "ann", "viewer"),
        lambda: users.disable(services, "ann"),
    )
    for change in changes:
        token = access.begin_session(services, ann)
        assert access.user_of(services, token)
        change()
        assert access.user_of(services, token) is None
    assert access.user_of(services, "") is None


def test_a_form_token_is_bound_to_session_and_secret() -> None:
    token = access.form_token("secret", "session")
    assert access.is_form_token("secret", "session", token)
    for secret, session, presented in (
        ("other", "session", token),
        ("secret", "other", token),
        ("secret", "session", ""),
        ("secret", "session", "é"),
    ):
        assert not access.is_form_token(secret, session, presented)


def test_tries_are_counted_per_address_and_a_right_password_clears_them() -> None:
    throttle = Throttle()
    for _ in range(3):
        for _ in range(LOGIN.limits[0].amount):
            throttle.take(LOGIN, "a")
        with pytest.raises(TooMany):
            throttle.take(LOGIN, "a")
        throttle.take(LOGIN, "b")
        throttle.forget(LOGIN, "a")


# --- before a server faces others

COMPLETE = {
    "secret": SecretStr("k" * 32),
    "brand": "Harbor Parcel",
    "human_contact": "help@harbor.example.com",
    "privacy_url": "https://harbor.example.com/privacy",
    "public_url": "https://feedback.harbor.example.com",
}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "::1", "localhost"])
def test_loopback_needs_nothing(host: str) -> None:
    assert is_loopback(host)
    check_host(host, Settings())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "feedback.example.com", ""])
def test_elsewhere_everything_is_needed(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(InvalidInput, match="INTERVIEWER_SECRET"):
        check_host(host, Settings())
    check_host(host, Settings(**COMPLETE))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"secret": SecretStr("")}, "INTERVIEWER_SECRET"),
        ({"secret": SecretStr("k" * 31)}, "INTERVIEWER_SECRET"),
        ({"secret": SecretStr("change-me-" * 4)}, "INTERVIEWER_SECRET"),
        ({"brand": ""}, "INTERVIEWER_BRAND"),
        ({"human_contact": ""}, "INTERVIEWER_HUMAN_CONTACT"),
        ({"privacy_url": ""}, "INTERVIEWER_PRIVACY_URL"),
        ({"public_url": ""}, "INTERVIEWER_PUBLIC_URL"),
    ],
)
def test_what_is_missing_is_named_and_never_shown(changes: dict[str, Any], variable: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_host("0.0.0.0", Settings(**{**COMPLETE, **changes}))
    assert caught.value.field == variable
    assert "kkkk" not in caught.value.message

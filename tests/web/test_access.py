"""Keys, password, sessions and what a server needs before it faces others."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from interviewer.clock import StoryClock
from interviewer.core.errors import InvalidInput
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web import access
from interviewer.web.access import LOGIN_TRIES, LOGIN_WINDOW, LoginThrottle
from interviewer.web.serving import check_host, is_loopback
from tests.fakes import NOW


def test_a_key_has_its_form_and_only_its_hash_is_stored(services: Services) -> None:
    key = access.new_key(services, " the shop ")
    assert key[:8] == "iv_live_"
    key_id, _, secret = key[8:].partition("_")
    assert (len(key_id), len(secret)) == (8, 32)
    (stored,) = services.store.keys()
    assert (stored.key_id, stored.name, len(stored.sha256)) == (key_id, "the shop", 64)
    assert secret not in repr(stored)


def test_only_the_whole_key_is_known(services: Services) -> None:
    key, other = access.new_key(services, "a"), access.new_key(services, "b")
    assert access.is_known_key(services, key)
    mixed = key[: key.rindex("_")] + other[other.index("_", 9) :]
    for wrong in (key[:-1], key + "x", key.removeprefix("iv_live_"), key.upper(), mixed, "", "_"):
        assert not access.is_known_key(services, wrong)


def test_a_key_needs_a_name(services: Services) -> None:
    with pytest.raises(InvalidInput, match="name"):
        access.new_key(services, "  ")


def test_the_password_is_stored_as_argon2id(services: Services) -> None:
    assert not access.is_owner_password(services, "")
    access.set_owner_password(services, "correct horse")
    stored = services.store.owner_password()
    assert stored is not None
    assert stored.startswith("$argon2id$")
    assert access.is_owner_password(services, "correct horse")
    assert not access.is_owner_password(services, "correct horse ")


def test_a_short_password_is_refused(services: Services) -> None:
    with pytest.raises(InvalidInput, match="password"):
        access.set_owner_password(services, "1234567")
    assert services.store.owner_password() is None


def test_a_session_lasts_until_it_is_over_ended_or_the_password_changes(
    services: Services,
) -> None:
    clock = services.clock
    assert isinstance(clock, StoryClock)
    ended, replaced = access.begin_session(services), access.begin_session(services)
    access.end_session(services, ended)
    assert not access.has_session(services, ended)
    assert access.has_session(services, replaced)
    access.set_owner_password(services, "another one")
    assert not access.has_session(services, replaced)
    over = access.begin_session(services)
    clock.move_to(clock.now() + access.SESSION_LASTS - timedelta(seconds=1))
    assert access.has_session(services, over)
    clock.move_to(clock.now() + timedelta(seconds=1))
    assert not access.has_session(services, over)


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


def test_tries_are_counted_per_address_and_forgotten_with_time() -> None:
    throttle = LoginThrottle()
    assert all(throttle.take("a", NOW) for _ in range(LOGIN_TRIES))
    assert not throttle.take("a", NOW)
    assert throttle.take("b", NOW)
    assert not throttle.take("a", NOW + LOGIN_WINDOW - timedelta(seconds=1))
    assert throttle.take("a", NOW + LOGIN_WINDOW)
    assert throttle.tries.keys() == {"a"}


def test_a_right_password_clears_the_count() -> None:
    throttle = LoginThrottle()
    for _ in range(3 * LOGIN_TRIES):
        assert throttle.take("a", NOW)
        throttle.forget("a")


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

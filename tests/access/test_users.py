"""Users and keys: who is let in, who may be changed, what the audit log keeps of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from interviewer.access import audit, keys, users
from interviewer.clock import StoryClock
from interviewer.core.access import ORDINARY_SCOPES
from interviewer.core.errors import Conflict, InvalidInput, NotFound
from interviewer.ports import Services
from tests.fakes import services_in

PASSWORD = "correct horse"


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


def test_a_login_is_known_in_any_case_and_its_password_as_argon2id(services: Services) -> None:
    ann = users.add_user(services, " Ann@Example.com ", "researcher", PASSWORD)
    assert ann.login == "ann@example.com"
    assert ann.password_hash.startswith("$argon2id$")
    assert PASSWORD not in repr(ann)
    assert ann.password_hash not in repr(ann)
    assert users.let_in(services, "ANN@example.com", PASSWORD) == ann
    for login, password in (("ann@example.com", PASSWORD + " "), ("nobody", PASSWORD), ("", "")):
        assert users.let_in(services, login, password) is None


@pytest.mark.parametrize(
    ("login", "role", "password", "field"),
    [
        ("", "owner", PASSWORD, "login"),
        ("two words", "owner", PASSWORD, "login"),
        ("a\x00b", "owner", PASSWORD, "login"),
        ("a" * 300, "owner", PASSWORD, "login"),
        ("ann", "king", PASSWORD, "role"),
        ("ann", "owner", "1234567", "password"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(
    services: Services, login: str, role: str, password: str, field: str
) -> None:
    with pytest.raises(InvalidInput, match=field):
        users.add_user(services, login, role, password)  # type: ignore[arg-type]
    assert services.store.users() == []


def test_there_is_always_an_owner(services: Services) -> None:
    users.add_user(services, "ann", "owner", PASSWORD)
    for change in (
        lambda: users.set_role(services, "ann", "viewer"),
        lambda: users.disable(services, "ann"),
    ):
        with pytest.raises(Conflict, match="only owner"):
            change()
    users.add_user(services, "bob", "owner", PASSWORD)
    users.disable(services, "ann")
    assert users.let_in(services, "ann", PASSWORD) is None
    with pytest.raises(Conflict, match="only owner"):
        users.disable(services, "bob")
    with pytest.raises(Conflict, match="already"):
        users.add_user(services, "Bob", "viewer", PASSWORD)
    with pytest.raises(NotFound):
        users.set_password(services, "nobody", PASSWORD)


def test_a_key_has_its_form_and_only_its_hash_is_stored(services: Services) -> None:
    key = keys.new_key(services, " the shop ")
    key_id, _, secret = key.removeprefix(keys.PREFIX).partition("_")
    assert (len(key_id), len(secret)) == (8, 32)
    (stored,) = services.store.keys()
    assert (stored.key_id, stored.name, stored.scopes) == (key_id, "the shop", ORDINARY_SCOPES)
    assert secret not in stored.model_dump_json()
    for name, scopes in (("  ", ORDINARY_SCOPES), ("a", ("everything",))):
        with pytest.raises(InvalidInput):
            keys.new_key(services, name, scopes)  # type: ignore[arg-type]


def test_only_the_whole_key_opens_until_it_ends(services: Services) -> None:
    key, other = keys.new_key(services, "a", days=2), keys.new_key(services, "b")
    mixed = key[: key.rindex("_")] + other[other.index("_", 9) :]
    for wrong in (key[:-1], key + "x", key.removeprefix("iv_live_"), key.upper(), mixed, "", "_"):
        assert keys.holder(services, wrong) is None
    held = keys.holder(services, key)
    assert held
    assert services.store.key(held.key_id).last_used_at == services.clock.now()
    assert isinstance(services.clock, StoryClock)
    services.clock.move_to(services.clock.now() + timedelta(days=2))
    assert keys.holder(services, key) is None
    kept = keys.holder(services, other)
    assert kept
    keys.revoke(services, kept.key_id)
    assert keys.holder(services, other) is None
    assert services.store.key(kept.key_id).revoked_at == services.clock.now()


def test_every_change_is_in_the_audit_log_without_secrets(services: Services) -> None:
    users.add_user(services, "ann", "owner", PASSWORD)
    users.set_password(services, "ann", "another one", actor="user:ann")
    key = keys.new_key(services, "shop")
    keys.revoke(services, services.store.keys()[0].key_id)
    entries = services.store.audit()
    assert [(e.actor, e.what) for e in entries] == [
        ("cli", "user.add"),
        ("user:ann", "user.set_password"),
        ("cli", "key.create"),
        ("cli", "key.revoke"),
    ]
    text = " ".join(entry.model_dump_json() for entry in entries)
    assert not any(secret in text for secret in (PASSWORD, "another one", key, "argon2"))
    assert audit.verify(services) == (4, None)
    assert services.store.audit(newest=1) == entries[-1:]

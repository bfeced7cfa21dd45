"""Who works with an installation, in which role, and what was done: users, keys, the audit log."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from interviewer.core.book import Account

Role = Literal["owner", "researcher", "account_manager", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)

Scope = Literal["interviews", "events", "studies", "findings", "people", "cases", "erasure"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
ORDINARY_SCOPES = tuple(scope for scope in SCOPES if scope != "erasure")

SESSION_IDLE = timedelta(hours=12)
SESSION_LASTS = timedelta(days=7)

NOTHING_BEFORE = ""  # the hash before the first entry


class User(BaseModel):
    """A person who may log in; `login` is an e-mail address or a name, in lower case."""

    model_config = ConfigDict(frozen=True)

    login: str
    role: Role
    name: str | None = None
    password_hash: str = Field(repr=False)
    created_at: datetime
    disabled_at: datetime | None = None

    def sees(self, account: Account) -> bool:
        """Whether it is one of this user's accounts, as its owner or second owner.

        Other roles than account managers see all.
        """
        if self.role != "account_manager":
            return True
        owners = (account.owner_email, account.second_owner_email)
        return self.login in [(address or "").casefold() for address in owners]

    @property
    def reads_what_is_kept_back(self) -> bool:
        """Whether turns with audience `owner` are for this user."""
        return self.role == "owner"


class Session(BaseModel):
    """A browser in which a user is logged in; ends when idle, and after a week in any case."""

    model_config = ConfigDict(frozen=True)

    session_hash: str
    login: str
    began_at: datetime
    seen_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether it counts no more."""
        return now >= min(self.seen_at + SESSION_IDLE, self.began_at + SESSION_LASTS)


class ApiKey(BaseModel):
    """A key of the JSON API; only the hash of its secret is kept."""

    model_config = ConfigDict(frozen=True)

    key_id: str
    name: str
    sha256: str = Field(repr=False)
    scopes: tuple[Scope, ...] = ORDINARY_SCOPES
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class AuditEntry(BaseModel):
    """Something that a person or a key did; never the text of a message.

    `entry_hash` covers everything else and the hash before, so that a changed or missing row shows.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    actor: str  # user:LOGIN, key:ID, cli
    what: str  # such as user.add, transcript.read_in_clear
    about: str  # kind:id of what it was done to
    detail: Mapping[str, str] = {}
    address: str | None = None
    previous_hash: str = NOTHING_BEFORE
    entry_hash: str = ""

    def sealed(self, previous_hash: str) -> "AuditEntry":
        """This entry, after the one with that hash."""
        linked = self.model_copy(update={"previous_hash": previous_hash})
        return linked.model_copy(update={"entry_hash": linked.digest()})

    def digest(self) -> str:
        """The SHA-256 that `entry_hash` must be."""
        content = self.model_dump(mode="json", exclude={"entry_hash"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def first_broken(entries: Iterable[AuditEntry]) -> int | None:
    """The place (from 0) of the first entry that was changed, added or follows a removed one.

    Entries that were cut off at the end are not seen: keep the newest hash elsewhere for that.
    """
    previous = NOTHING_BEFORE
    for place, entry in enumerate(entries):
        if entry.previous_hash != previous or entry.entry_hash != entry.digest():
            return place
        previous = entry.entry_hash
    return None

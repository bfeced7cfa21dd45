"""A whole book launched in one go: every contact of 2,000 accounts through planning and the gate.

Beside it a bare insert of the same invitations, each in a transaction of its own.

    python -m benchmarks.launch [postgresql://...]    (a new, empty database; else SQLite)
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from interviewer.clock import StoryClock
from interviewer.core.book import Account, Consent, Contact
from interviewer.outreach import launch
from interviewer.settings import Settings
from interviewer.studies import lifecycle
from interviewer.wiring import build, initialize

ACCOUNTS = 2_000
CONTACTS = 3
NOW = datetime(2026, 9, 15, 14, tzinfo=UTC)


class Silent:
    """A channel that is set up and never asked."""


def book() -> list[Account | Contact | Consent]:
    """The accounts with their contacts, all of whom agreed to mails."""
    rows: list[Account | Contact | Consent] = []
    agreed = {"channel": "email", "status": "granted", "source": "contract", "at": NOW}
    for n in range(ACCOUNTS):
        ref, zone = f"A-{n:04}", "America/New_York"
        rows.append(Account(account_ref=ref, account_name=f"Account {n}", timezone=zone))
        for k in range(CONTACTS):
            mail = f"person.{k}@account{n}.example.com"
            rows.append(Contact(contact_ref=f"C-{n:04}-{k}", account_ref=ref, email=mail))
            rows.append(Consent(address=mail, **{**agreed, "at": NOW - timedelta(days=9)}))
    return rows


def main(url: str) -> None:
    settings = Settings(
        database_url=url,
        brand="Harbor Parcel",
        public_url="https://feedback.harbor.example.com",
        secret=SecretStr("of-the-benchmark" * 2),
    )
    initialize(settings)
    services = build(settings, clock=StoryClock(NOW), channels={"email": Silent()})  # type: ignore[dict-item]
    services.store.put(book())
    study = lifecycle.set_state(services, "account-review", "live")
    chosen = launch.whole_book(services)
    began = time.perf_counter()
    done = launch.by_hand(services, study, chosen)
    took = time.perf_counter() - began
    planned = done.invitations.total()
    print(
        f"{done.listed:,} accounts, {planned:,} invitations: {took:.1f} s, {planned / took:,.0f}/s"
    )
    again = time.perf_counter()
    assert len(launch.by_hand(services, study, chosen).before) == ACCOUNTS
    print(f"launched again, nothing new: {time.perf_counter() - again:.1f} s")
    bare = [
        one.model_copy(update={"invitation_id": f"bare-{n}"})
        for n, one in enumerate(services.store.invitations(study=study.slug))
    ]
    began = time.perf_counter()
    for one in bare:
        services.store.plan(one)
    alone = time.perf_counter() - began
    print(
        f"bare inserts of the same, one by one: {alone:.1f} s; "
        f"planning takes {took / alone:.1f} times that"
    )
    services.store.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(f"sqlite:///{folder}/launch.db")

"""The audit log: who did what to what, as a chain in which a changed row shows."""

from interviewer.core.access import AuditEntry, first_broken
from interviewer.ports import Services

COMMAND_LINE = "cli"


def record(
    services: Services,
    actor: str,
    what: str,
    about: str,
    *,
    address: str | None = None,
    **detail: str,
) -> None:
    """Append an entry; `detail` holds names and numbers, never what somebody wrote."""
    services.store.add_to_audit(
        AuditEntry(
            at=services.clock.now(),
            actor=actor,
            what=what,
            about=about,
            detail=detail,
            address=address,
        )
    )


def verify(services: Services) -> tuple[int, int | None]:
    """How many entries there are, and the place (from 1) of the first that does not fit."""
    entries = services.store.audit()
    broken = first_broken(entries)
    return len(entries), None if broken is None else broken + 1

"""The audit log's chain: whatever is changed in it shows."""

import pytest

from interviewer.core.access import NOTHING_BEFORE, AuditEntry, first_broken
from tests.fakes import NOW


def chain(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(length):
        entry = AuditEntry(at=NOW, actor="cli", what="key.create", about=f"key:{number}")
        entries.append(entry.sealed(entries[-1].entry_hash if entries else NOTHING_BEFORE))
    return entries


def test_an_untouched_chain_holds() -> None:
    assert first_broken(chain(0)) is None
    assert first_broken(chain(5)) is None


@pytest.mark.parametrize(
    "change",
    [{"actor": "user:eve"}, {"about": "key:9"}, {"detail": {"a": "b"}}, {"address": "::1"}],
)
def test_a_changed_entry_shows_also_when_its_own_hash_was_made_to_fit(
    change: dict[str, object],
) -> None:
    entries = chain(4)
    forged = entries[1].model_copy(update=change)
    assert first_broken([entries[0], forged, *entries[2:]]) == 1
    resealed = forged.sealed(forged.previous_hash)
    assert first_broken([entries[0], resealed, *entries[2:]]) == 2


def test_a_removed_or_moved_entry_shows() -> None:
    entries = chain(4)
    assert first_broken(entries[1:]) == 0
    assert first_broken([entries[0], *entries[2:]]) == 1
    assert first_broken([entries[1], entries[0], *entries[2:]]) == 0

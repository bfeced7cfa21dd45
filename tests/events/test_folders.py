"""Watched folders: a file is taken once it is whole, once, and its refused rows come back."""

from pathlib import Path

import pytest

from interviewer.core.book import Account
from interviewer.core.errors import Conflict, InvalidInput, Unavailable
from interviewer.events import folders
from interviewer.events.folders import FileReading
from interviewer.ports import Services
from tests.fakes import services_in

FILE = "account_ref,account_name\nA1,Acme\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def services(tmp_path: Path, folder: Path) -> Services:
    services = services_in(tmp_path)
    folders.watch(services, "nightly", folder, FileReading("accounts"), {})
    return services


def names(services: Services) -> list[str]:
    return [account.account_name for account in services.store.find(Account)]


def test_a_file_is_taken_when_it_grows_no_more(services: Services, folder: Path) -> None:
    sizes: dict[Path, int] = {}
    (folder / "a.csv").write_text(FILE[:-4])
    assert folders.look(services, sizes) == 0
    (folder / "a.csv").write_text(FILE)
    assert folders.look(services, sizes) == 0
    assert folders.look(services, sizes) == 1
    assert names(services) == ["Acme"]
    assert (folder / "done" / "a.csv").read_text() == FILE


def test_a_file_that_is_said_to_be_whole_is_taken_at_once_and_once(
    services: Services, folder: Path
) -> None:
    for name in ("a.csv", "again.csv"):
        (folder / name).write_text(FILE)
        (folder / f"{name}.done").touch()
        assert folders.look(services, {}) == 1
    assert names(services) == ["Acme"]
    assert [event.raw for event in services.store.inbox()] == ["a.csv"]
    assert sorted(each.name for each in folder.iterdir()) == ["done", "working"]


def test_refused_rows_lie_beside_the_failed_file(services: Services, folder: Path) -> None:
    (folder / "a.csv").write_text(FILE + ",Nobody\n")
    (folder / "a.csv.done").touch()
    folders.look(services, {})
    assert names(services) == ["Acme"]
    failed = sorted(each.name for each in (folder / "failed").iterdir())
    assert failed == ["a.csv", "a.csv.rejected.csv"]


@pytest.mark.parametrize("fault", [KeyError("x"), Unavailable()])
def test_a_fault_of_ours_puts_the_file_aside_and_a_silent_database_does_not(
    services: Services, folder: Path, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise fault

    (folder / "a.csv").write_text(FILE)
    (folder / "b.csv").write_text(FILE.replace("Acme", "Birch"))
    for name in ("a.csv", "b.csv"):
        (folder / f"{name}.done").touch()
    with monkeypatch.context() as patched:
        patched.setattr(folders, "import_file", broken)
        if isinstance(fault, Unavailable):
            with pytest.raises(Unavailable):
                folders.look(services, {})
        else:
            assert folders.look(services, {}) == 2
    if isinstance(fault, Unavailable):
        (folder / "a.csv.done").touch()
        assert folders.look(services, {}) == 2
        assert (folder / "done" / "a.csv").exists()
    else:
        assert (folder / "failed" / "a.csv").exists()
        assert names(services) == []


def test_a_link_out_of_the_folder_is_left_alone(
    services: Services, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.csv").write_text(FILE)
    (folder / "a.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "a.csv.done").touch()
    assert folders.look(services, {}) == 0
    assert names(services) == []


def test_a_folder_is_watched_once_and_must_be_one(services: Services, folder: Path) -> None:
    with pytest.raises(Conflict):
        folders.watch(services, "twice", folder, FileReading("accounts"), {})
    with pytest.raises(InvalidInput, match="--path"):
        folders.watch(services, "none", folder / "none", FileReading("accounts"), {})
    with pytest.raises(InvalidInput, match="--kind"):
        folders.watch(services, "none", folder, FileReading("parcels"), {})

"""Many requests in one transaction: each gets its own answer, and fails for itself alone."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from interviewer.core.errors import InvalidInput, Unavailable
from interviewer.store import InboxEvent
from interviewer.web.gathered import Gathered
from tests.fakes import NOW, services_in


def events(*names: str) -> list[InboxEvent]:
    return [InboxEvent("shop", name, "{}", NOW) for name in names]


def test_what_comes_together_is_stored_together_and_each_learns_its_own(tmp_path: Path) -> None:
    store, sizes = services_in(tmp_path).store, []

    def add(together: Sequence[InboxEvent]) -> list[bool]:
        sizes.append(len(together))
        return store.add_to_inbox(together)

    async def requests() -> list[list[bool]]:
        gathered = Gathered(add)
        return await asyncio.gather(
            *map(gathered.add, (events("a"), events("b", "c"), events("c", "d"), events("a")))
        )

    assert asyncio.run(requests()) == [[True], [True, True], [False, True], [False]]
    assert sizes == [6]
    assert [one.event_id for one in store.inbox()] == ["a", "b", "c", "d"]


def test_one_that_cannot_be_stored_fails_alone(tmp_path: Path) -> None:
    store = services_in(tmp_path).store

    def add(together: Sequence[InboxEvent]) -> list[bool]:
        if "bad" in {one.event_id for one in together}:
            raise InvalidInput("value", "cannot be stored")
        return store.add_to_inbox(together)

    async def requests() -> list[object]:
        gathered = Gathered(add)
        given_up = asyncio.create_task(gathered.add(events("left")))
        asked = [asyncio.create_task(gathered.add(events(name))) for name in ("a", "bad", "b")]
        await asyncio.sleep(0)
        given_up.cancel()
        return [*await asyncio.gather(*asked, return_exceptions=True)]

    first, bad, second = asyncio.run(requests())
    assert (first, type(bad), second) == ([True], InvalidInput, [True])
    assert [one.event_id for one in store.inbox()] == ["a", "b", "left"]


def test_nobody_is_told_that_it_is_stored_when_the_database_is_away() -> None:
    def add(together: Sequence[InboxEvent]) -> list[bool]:
        raise Unavailable

    async def requests() -> list[object]:
        gathered = Gathered(add)
        asked = (gathered.add(events(name)) for name in "ab")
        return [*await asyncio.gather(*asked, return_exceptions=True)]

    assert {type(each) for each in asyncio.run(requests())} == {Unavailable}


def test_a_fault_of_ours_leaves_nobody_waiting() -> None:
    def add(together: Sequence[InboxEvent]) -> list[bool]:
        raise KeyError("x")

    async def requests() -> list[object]:
        gathered = Gathered(add)
        asked = (gathered.add(events(name)) for name in "ab")
        return [*await asyncio.gather(*asked, return_exceptions=True)]

    assert [type(each) for each in asyncio.run(requests())] == [KeyError, KeyError]

"""Many small writes as few transactions: what comes while one commits goes into the next."""

import asyncio
from collections.abc import Callable, Sequence

from interviewer.core.errors import Unavailable
from interviewer.store import InboxEvent

Waiting = tuple[Sequence[InboxEvent], asyncio.Future[list[bool]]]


class Gathered:
    """Stores the events of many requests together, each answered when its own are committed."""

    def __init__(self, store: Callable[[Sequence[InboxEvent]], list[bool]]) -> None:
        self._store = store
        self._waiting: list[Waiting] = []
        self._storing: asyncio.Task[None] | None = None

    async def add(self, events: Sequence[InboxEvent]) -> list[bool]:
        """Of each event whether it was new; all of them are committed by then.

        Raises:
            Unavailable: They could not be stored.
        """
        done: asyncio.Future[list[bool]] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, done))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._empty())
        return await done

    async def _empty(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting, []
            await self._store_all(together)

    async def _store_all(self, together: Sequence[Waiting]) -> None:
        """Whatever happens, everybody who waits is told; what cannot be stored fails alone."""
        try:
            await self._commit(together)
        except Exception as error:
            if isinstance(error, Unavailable) or len(together) == 1:
                _fail(together, error)
                return
            for one in together:
                await self._store_all([one])

    async def _commit(self, together: Sequence[Waiting]) -> None:
        events = [event for own, _ in together for event in own]
        new = iter(await asyncio.to_thread(self._store, events))
        for own, done in together:
            outcome = [next(new) for _ in own]
            if not done.done():  # its request may have been given up
                done.set_result(outcome)


def _fail(together: Sequence[Waiting], error: Exception) -> None:
    for _, done in together:
        if not done.done():
            done.set_exception(error)

"""Time that only a test moves: everything that waits on it wakes in order, at exactly its moment."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

SETTLE_ROUNDS = 30
"""Turns of the event loop in which all that can go on without time passing has gone on."""

WAKINGS_MAX = 10_000


class VirtualClock:
    """A clock in the sense of `devices.announcer.Clock`."""

    def __init__(self) -> None:
        self.start = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
        self._now = self.start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        return self._now

    @property
    def elapsed_s(self) -> float:
        return (self._now - self.start).total_seconds()

    def at(self, seconds: float) -> datetime:
        """Return the moment so many seconds after the start."""
        return self.start + timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), sleeper))
        await sleeper

    async def settle(self) -> None:
        for _ in range(SETTLE_ROUNDS):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, and everything happen in it."""
        await self._until(self._now + timedelta(seconds=seconds))

    async def run_out(self) -> None:
        """Let time pass until nobody waits for it any more."""
        await self.settle()
        for _ in range(WAKINGS_MAX):
            if not self._sleepers:
                return
            await self._until(self._sleepers[0][0])
        raise AssertionError(f"still somebody sleeping after {WAKINGS_MAX} wakings")

    async def _until(self, moment: datetime) -> None:
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= moment:
            self._now, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)
            await self.settle()
        self._now = moment

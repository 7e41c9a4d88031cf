"""A log in memory with the real one's semantics, shared by controllers, that fails whenever chance wants it to."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from controller.runtime.errors import LogConflict, LogUnavailable
from controller.runtime.journal import Row

TURNS_MAX = 4
"""Turns of the event loop that a step of the log may take."""


@dataclass(frozen=True)
class Faults:
    """How often what fails.

    Attributes:
        unmade: share of calls that fail and do nothing.
        unacknowledged: share of writes that are made and then said to have failed.
    """

    unmade: float = 0.0
    unacknowledged: float = 0.0


class Disk:
    """What has been written; it outlives every controller."""

    def __init__(self) -> None:
        self.streams: dict[str, list[Row]] = defaultdict(list)
        self.plans: dict[str, list[tuple[str, str, datetime]]] = defaultdict(list)
        self.seen: Counter[str] = Counter()


class FaultyJournal:
    """One controller's access to the disk, in the place of `controller.runtime.journal.Journal`.

    Attributes:
        faults: may be changed at any time.
        is_dead: the controller is; a write that it began may still be made, or not.
    """

    def __init__(self, disk: Disk, random: Random, faults: Faults) -> None:
        self.faults = faults
        self.is_dead = False
        self._disk = disk
        self._random = random
        self._writing: set[asyncio.Task[Any]] = set()

    async def append(self, stream: str, rows: Sequence[Row]) -> None:
        """Append as the real journal does: whole or not at all, at the stream's end or not at all."""
        await self._as_thread(self._append(stream, rows))

    async def read(self, stream: str, after: int = 0) -> list[Row]:
        """Return what one moment showed."""
        await self._step()
        rows = list(self._disk.streams.get(stream, [])[after:])
        await self._turns()
        return rows

    async def save_plan(self, hall: str, plan: str, by: str, at: datetime) -> int:
        """Store a plan; the same one by the same hand at the same time is one version."""
        version: int = await self._as_thread(self._save_plan(hall, (plan, by, at)))
        return version

    async def plan(self, hall: str) -> tuple[int, str] | None:
        """Return a hall's newest plan."""
        await self._step()
        versions = self._disk.plans.get(hall)
        return (len(versions), versions[-1][0]) if versions else None

    async def plans(self) -> dict[str, tuple[int, str]]:
        """Return every hall's newest plan."""
        await self._step()
        return {hall: (len(versions), versions[-1][0]) for hall, versions in self._disk.plans.items()}

    async def settle(self) -> None:
        """Wait until everything begun is made or failed."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _append(self, stream: str, rows: Sequence[Row]) -> None:
        await self._step()
        self._die_or_write()
        written = self._disk.streams[stream]
        if rows[0].seq != len(written) + 1:
            self._disk.seen["conflict"] += 1
            raise LogConflict(stream)
        written.extend(rows)
        await self._acknowledge()

    async def _save_plan(self, hall: str, version: tuple[str, str, datetime]) -> int:
        await self._step()
        self._die_or_write()
        versions = self._disk.plans[hall]
        if not versions or versions[-1] != version:
            versions.append(version)
        await self._acknowledge()
        return len(versions)

    async def _as_thread(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do it like the writing thread, which goes on when its caller has given up or died."""
        task = asyncio.ensure_future(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    async def _step(self) -> None:
        await self._turns()
        if self._random.random() < self.faults.unmade:
            self._disk.seen["unmade"] += 1
            raise LogUnavailable("chance wants it so")

    def _die_or_write(self) -> None:
        if self.is_dead:
            outcome = self._random.choice(["written by the dead", "lost by the dead"])
            self._disk.seen[outcome] += 1
            if outcome == "lost by the dead":
                raise LogUnavailable("it died before it wrote")

    async def _acknowledge(self) -> None:
        await self._turns()
        if self._random.random() < self.faults.unacknowledged:
            self._disk.seen["unacknowledged"] += 1
            raise LogUnavailable("written, and chance keeps it to itself")

    async def _turns(self) -> None:
        for _ in range(self._random.randrange(TURNS_MAX)):
            await asyncio.sleep(0)

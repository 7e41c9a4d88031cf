"""A hub under test: its figures are kept, and its hall is the pure core's."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.plan import Plan
from displays.board import DisplayKind
from displays.hub import Counts, HallNow, Hub
from displays.latency import Latency
from displays.session import Ending
from tests.support.display_floor import Floor
from tests.support.display_port import DisplayPort
from tests.support.mosquitto import until

HALL = "demo"


class DisplayHall:
    """A hub and the one hall that it knows.

    Attributes:
        floor: moves by commands; `publish` tells the hub.
        connected: displays by hall, as it was told last.
        dropped: sessions that the hub ended, by reason.
        malformed: senseless messages by hall.
        glass: (hall, seconds) of each press on a glass.
        asked: halls that the hub didn't know and asked for.
    """

    def __init__(self, plan: Plan | None = None) -> None:
        self.floor = Floor(plan)
        self.connected: dict[str, int] = {}
        self.dropped: Counter[str] = Counter()
        self.malformed: Counter[str] = Counter()
        self.glass: list[tuple[str, float]] = []
        self.asked: list[str] = []
        self.now = datetime.now(UTC)
        self.latency = Latency(lambda hall, seconds: self.glass.append((hall, seconds)))
        counts = Counts(
            connected=self.connected.__setitem__,
            dropped=lambda reason: self.dropped.update([reason]),
            malformed=lambda hall: self.malformed.update([hall]),
        )
        self.hub = Hub(self.find, self.latency, counts, now=lambda: self.now)

    async def find(self, hall: str) -> HallNow | None:
        """Return the hall where it is asked for."""
        self.asked.append(hall)
        return HallNow(self.floor.board(), self.floor.plan) if hall == HALL else None

    def publish(self) -> int:
        """Tell the hub of the floor as it is; return the seq."""
        self.hub.publish(HALL, self.floor.board(), self.floor.plan)
        return self.floor.seq

    def call(self, window: str) -> int:
        """Call a ticket to a window and tell the hub; return the seq."""
        self.floor.call(window)
        return self.publish()

    def announce(self, name: str, zone: str | None = None, **members: Any) -> None:
        """Announce something that lives for a minute."""
        expires_at = (self.now + timedelta(seconds=60)).isoformat()
        message = {"type": "announcement", "id": name, "seq": self.floor.seq, "text": name, "audio": None}
        self.hub.announce(HALL, zone, {**message, "repeat": 2, "expires_at": expires_at, **members})


class Display:
    """A display at a hub, without a network."""

    def __init__(self, port: DisplayPort, session: asyncio.Task[Ending]) -> None:
        self.port = port
        self.session = session

    async def has(self, seq: int) -> None:
        """Wait until it has been sent the board of a seq."""
        await until(lambda: self.port.boards and self.port.boards[-1]["seq"] == seq, f"the board of {seq}")

    async def hears(self, name: str) -> None:
        """Wait until it has been sent an announcement."""
        await until(lambda: name in dict(self.port.heard), f"{name} is heard")

    async def leave(self) -> Ending:
        """Go, or find that the hub has ended it; return why it ended."""
        self.port.leave()
        return await self.ended()

    async def ended(self) -> Ending:
        """Wait for the end."""
        return await asyncio.wait_for(self.session, 30)


class Lobby:
    """Where displays without a network come to a hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.displays: list[Display] = []

    def enter(
        self, name: str, kind: DisplayKind = DisplayKind.TV, *, hall: str = HALL, after: int | None = None
    ) -> Display:
        """Let a display come; a sign is called as its window."""
        port = DisplayPort()
        window = name if kind is DisplayKind.LED else None
        serving = self._hub.serve(hall, name, kind, port, window=window, after=after)
        display = Display(port, asyncio.create_task(serving, name=f"serve[{name}]"))
        self.displays.append(display)
        return display

    async def seat(self, name: str, kind: DisplayKind = DisplayKind.TV, *, after: int | None = None) -> Display:
        """Let a display come and wait until it has its board."""
        display = self.enter(name, kind, after=after)
        await until(lambda: display.port.boards, f"{name} has its board")
        return display


@asynccontextmanager
async def lobby(hub: Hub) -> AsyncIterator[Lobby]:
    """Let displays come meanwhile; those that are still there at the end leave."""
    place = Lobby(hub)
    try:
        yield place
    finally:
        for display in place.displays:
            display.port.reads.set()
            display.port.leave()
        await asyncio.gather(*(display.session for display in place.displays), return_exceptions=True)

"""A display without a network: what it is sent is kept, what it says comes from the test."""

import asyncio
from typing import Any

import orjson

from displays.session import Gone


class DisplayPort:
    """The hub's side of a display, in memory.

    Attributes:
        sent: messages that it was sent, oldest first, heartbeats included.
        closed: the code that it was closed with.
        reads: while it is clear the display takes nothing.
    """

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed: int | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self.broken: Exception | None = None
        self._said: asyncio.Queue[str | None] = asyncio.Queue()

    # -- the hub's side

    async def send_text(self, text: str) -> None:
        await self.reads.wait()
        if self.broken is not None:
            raise self.broken
        self.sent.append(orjson.loads(text))

    async def receive_text(self) -> str | None:
        return await self._said.get()

    async def close(self, code: int) -> None:
        await self.reads.wait()
        self.closed = code

    # -- the test's side

    @property
    def boards(self) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == "board"]

    @property
    def heard(self) -> list[tuple[str, bool]]:
        """Return (id, speak) of the announcements that it was sent."""
        return [(each["id"], each["speak"]) for each in self.sent if each["type"] == "announcement"]

    def say(self, text: str) -> None:
        """Let the display say something."""
        self._said.put_nowait(text)

    def shown(self, seq: int) -> None:
        """Let the display report what is on its glass."""
        self.say(f'{{"type":"shown","seq":{seq}}}')

    def leave(self) -> None:
        """Let the display go."""
        self._said.put_nowait(None)

    def tear(self) -> None:
        """Let the next send find that the display is gone."""
        self.broken = Gone()

"""One connected display: what it still has to be sent, and what it says.

Rules of this file. A board is whole state, so one slot is enough: a newer board takes the place of one not yet sent.
Announcements can't be replaced and queue, up to a bound. Nobody ever waits for a display: whoever has news for it
leaves them here, one task a session sends them, and a display that can't keep up is closed and heals when it comes
back.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import orjson
import structlog

from displays.board import SpeakerRank, View

log = structlog.get_logger(__name__)

ANNOUNCEMENTS_MAX = 16
"""Announcements that may wait for one display; each takes seconds to say, so more than these would be stale anyway."""
SEND_S_MAX = 5.0
"""How long the network may take a message off our hands; a display behind this is closed."""
CLOSE_S_MAX = 1.0
"""How long a display may take to hear that it is closed."""
SHOWN_MAX = 64
"""Boards sent whose ``shown`` may still come; older ones are forgotten and not measured."""
MESSAGE_CHARS_MAX = 1_024
"""Longest message of a display; a ``shown`` has thirty."""
ORDER_CHARS_MAX = 64
"""Longest id of what a display was told to do."""
MESSAGES_MAX, MESSAGES_S = 512, 5.0
"""A display may say so much in so many seconds; a browser that paints 60 boards a second stays below."""

HEARTBEAT = '{"type":"heartbeat"}'
"""Sent in silence, for a browser can't see that its connection is dead otherwise."""


class Gone(Exception):
    """The display's connection is over."""


class Port(Protocol):
    """A WebSocket that has been accepted, as the hub needs it."""

    async def send_text(self, text: str) -> None:
        """Send a message; return when the network has room for another.

        Raises:
            Gone: the connection is over.
        """
        ...

    async def receive_text(self) -> str | None:
        """Return the next message, an empty text for one that is not text, or ``None`` when the display has left."""
        ...

    async def close(self, code: int) -> None:
        """Close the connection; one that is over already is none of our trouble."""
        ...


class Ending(StrEnum):
    """Why a session ended; all but the first are ours."""

    LEFT = "left"
    SLOW = "slow"
    FULL = "full"
    NOT_READY = "not_ready"
    FLOODING = "flooding"
    FAILED = "failed"
    STOPPING = "stopping"
    UNKNOWN = "unknown"


CLOSE_CODES = {
    Ending.SLOW: 1013,
    Ending.FULL: 1013,
    Ending.NOT_READY: 1013,
    Ending.FLOODING: 1008,
    Ending.FAILED: 1011,
    Ending.STOPPING: 1012,
    Ending.UNKNOWN: 4404,
}
"""What the display is told: 1013 and 1012 come back later, 4404 there is no such hall or window."""


@dataclass(eq=False, slots=True)
class Announcement:
    """A call-out on its way to the displays of its zone; ``told`` are the displays that were sent it."""

    message: dict[str, Any]
    zone: str | None
    seq: int
    expires_at: datetime
    speaker: str | None = None
    told: set[str] = field(default_factory=set)
    _encoded: dict[bool, str] = field(default_factory=dict)

    def text(self, *, speak: bool) -> str:
        """Return the message as it is sent, encoded once for all who speak it or don't."""
        if speak not in self._encoded:
            self._encoded[speak] = orjson.dumps({**self.message, "speak": speak}).decode()
        return self._encoded[speak]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a session tells of: boards on its glass, messages that make no sense, what it has done as it was told."""

    shown: Callable[[int, int, float], None]
    malformed: Callable[[], None]
    done: Callable[[str], None] = lambda _order: None


class Session:
    """A display while it is connected.

    ``number`` counts connections, so that the first one can be told. ``reports`` turns true when the display says what
    is on its glass. ``zone`` and ``queued`` (it will be woken) are the hub's notes.
    """

    def __init__(self, port: Port, *, display: str, number: int, view: View, rank: SpeakerRank, sight: Sight) -> None:
        self.display = display
        self.number = number
        self.view = view
        self.rank = rank
        self.zone: str | None = None
        self.reports = False
        self.queued = False
        self._port = port
        self._sight = sight
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[Ending] = self._loop.create_future()
        self._idle: asyncio.Future[None] | None = None
        self._board: tuple[str, int, int] | None = None
        self._announcements: deque[tuple[Announcement, bool]] = deque()
        self._order: str | None = None
        self._beat = False
        self._sending_since: float | None = None
        self._sent_at = time.monotonic()
        self._unshown: deque[tuple[int, int]] = deque(maxlen=SHOWN_MAX)
        self._heard = 0
        self._hearing_since = self._sent_at

    @property
    def ended(self) -> bool:
        """Whether the session is over, although its connection may still be closing."""
        return self._over.done()

    def show(self, text: str, seq: int, behind: int) -> None:
        """Put a board in the slot; :meth:`wake` sends it.

        Args:
            text: the board as it is sent.
            seq: of the board.
            behind: the seq up to which the glass was right without it.
        """
        if self._board is not None:
            behind = self._board[2]
        self._board = (text, seq, behind)

    def order(self, text: str) -> None:
        """Put something to do in the slot, for now or never; :meth:`wake` sends it."""
        self._order = text

    def tell(self, announcement: Announcement, *, speak: bool) -> None:
        """Queue an announcement; :meth:`wake` sends it. A display with too many of them is closed."""
        if len(self._announcements) >= ANNOUNCEMENTS_MAX:
            self.end(Ending.SLOW)
            return
        self._announcements.append((announcement, speak))

    def wake(self) -> None:
        """Let the session's task send what there is."""
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def end(self, ending: Ending) -> None:
        """End the session; the first reason stands."""
        if not self._over.done():
            self._over.set_result(ending)

    def look_after(self, now: float, silence_s_max: float) -> bool:
        """End a session that can't keep up; tell whether a heartbeat is due, which :meth:`wake` then sends.

        Args:
            now: monotonic time in seconds.
            silence_s_max: seconds without a message after which a display is sent a heartbeat.
        """
        if self._sending_since is not None:
            if now - self._sending_since > SEND_S_MAX:
                self.end(Ending.SLOW)
            return False
        self._beat = now - self._sent_at >= silence_s_max
        return self._beat

    async def run(self) -> Ending:
        """Serve the display until it leaves or is ended, and close its connection; return why."""
        tasks = [
            self._loop.create_task(self._send_forever(), name=f"display[{self.display}].send"),
            self._loop.create_task(self._receive_forever(), name=f"display[{self.display}].receive"),
        ]
        try:
            ending = await self._over
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await close(self._port, ending)
        return ending

    async def _send_forever(self) -> None:
        try:
            while True:
                text = self._next()
                if text is None:
                    self._idle = self._loop.create_future()
                    await self._idle
                    continue
                self._sending_since = time.monotonic()
                await self._port.send_text(text)
                self._sent_at = time.monotonic()
                self._sending_since = None
        except Gone:
            self.end(Ending.LEFT)
        except Exception:  # whatever a connection breaks with ends this display's session and nobody else's
            log.exception("display.send_failed", display=self.display)
            self.end(Ending.FAILED)

    def _next(self) -> str | None:
        """Take the next message: the board before what is said about it."""
        if self._board is not None:
            text, seq, behind = self._board
            self._board = None
            self._unshown.append((behind, seq))
            return text
        if self._announcements:
            announcement, speak = self._announcements.popleft()
            announcement.told.add(self.display)
            return announcement.text(speak=speak)
        if self._order is not None:
            text, self._order = self._order, None
            return text
        if self._beat:
            self._beat = False
            return HEARTBEAT
        return None

    async def _receive_forever(self) -> None:
        try:
            while (text := await self._port.receive_text()) is not None:
                self._received(text)
            self.end(Ending.LEFT)
        except Exception:  # as above: the display comes back by itself, and the log has why it left
            log.exception("display.receive_failed", display=self.display)
            self.end(Ending.FAILED)

    def _received(self, text: str) -> None:
        now = time.monotonic()  # the loop's own time moves by the millisecond, and only between its turns
        if now - self._hearing_since >= MESSAGES_S:
            self._hearing_since, self._heard = now, 0
        self._heard += 1
        if self._heard > MESSAGES_MAX:
            self.end(Ending.FLOODING)
            return
        seq = shown_seq(text)
        if seq is None:
            order = done_order(text)
            if order is None:
                self._sight.malformed()
            else:
                self._sight.done(order)
            return
        self.reports = True
        self._shown(seq, now)

    def _shown(self, seq: int, now: float) -> None:
        """Tell of the board of ``seq`` and of those before it that this one has replaced on the glass."""
        if all(sent != seq for _, sent in self._unshown):
            return  # said before, or so long ago that it is forgotten
        while self._unshown:
            behind, sent = self._unshown.popleft()
            self._sight.shown(behind, sent, now)
            if sent == seq:
                return


def shown_seq(text: str) -> int | None:
    """Return the seq of a ``shown`` message, or ``None`` where a message is none."""
    seq = _message(text, "shown").get("seq")
    return seq if isinstance(seq, int) and not isinstance(seq, bool) and seq >= 0 else None


def done_order(text: str) -> str | None:
    """Return the id of what a ``done`` message says is done, or ``None`` where a message is none."""
    order = _message(text, "done").get("id")
    return order if isinstance(order, str) and 1 <= len(order) <= ORDER_CHARS_MAX else None


def _message(text: str, type_: str) -> dict[str, Any]:
    """Return a message of a type; empty where it is none such."""
    if len(text) > MESSAGE_CHARS_MAX:
        return {}
    try:
        message = orjson.loads(text)
    except json.JSONDecodeError:
        return {}
    return message if isinstance(message, dict) and message.get("type") == type_ else {}


async def close(port: Port, ending: Ending) -> None:
    """Close a port with the code of an ending, in bounded time: a display that reads nothing hears no goodbye either.

    The connection itself is then closed by the server when the ASGI call returns.
    """
    code = CLOSE_CODES.get(ending)
    if code is None:
        return
    try:
        async with asyncio.timeout(CLOSE_S_MAX):
            await port.close(code)
    except TimeoutError:
        log.info("display.closed_unheard", reason=ending.value)

"""What the controller has to say to devices, kept until the broker has it: commands in order, states as the last word.

Rules of this file. Putting something in never waits. Commands stand in a bounded line whose oldest gives way: paper is
offered again by the floor, and the older a call-out the less it is worth. Of a device's states only the newest counts;
each new connection gets them all again, for a broker may have forgotten what it kept.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from devices.connection import NotConnected, Session

log = structlog.get_logger(__name__)

COMMANDS_MAX = 1_000
"""Commands that may wait for the broker."""

STATES_MAX = 10_000
"""Devices whose state is kept; a province of halls has fewer in one process."""

MESSAGE_BYTES_MAX = 12 * 1024 * 1024
"""Largest command: a minute of speech in base64, and less than the managed broker takes."""

SENDING_MAX = 64
"""Messages handed to the broker at once."""

TRIES_MAX = 5
"""Connections that may be lost while a command is being handed over; then it is held to be the cause, e.g. too large
for a broker that isn't ours."""


@dataclass(slots=True, eq=False)
class _Command:
    topic: str
    payload: bytes
    expires_at: datetime | None
    tries: int = 0
    sent: bool = False


class Outbox:
    """Messages on their way to the broker.

    Attributes:
        dropped: commands that were never handed over: too many, too old, or too often tried.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._commands: deque[_Command] = deque()
        self._states: dict[str, bytes] = {}
        self._unsent: dict[str, None] = {}
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def put_command(self, topic: str, payload: bytes, expires_at: datetime | None) -> None:
        """Put a command at the end of the line.

        Args:
            topic: where to.
            payload: what.
            expires_at: when it is of no use any more; ``None``: it always is.

        Raises:
            ValueError: it is too large for any broker.
        """
        if len(payload) > MESSAGE_BYTES_MAX:
            raise ValueError(f"a command of {len(payload)} bytes is too large, the most is {MESSAGE_BYTES_MAX}")
        if len(self._commands) >= COMMANDS_MAX:
            self._drop(self._commands.popleft(), "too_many")
        self._commands.append(_Command(topic, payload, expires_at))
        self._wake()

    def put_state(self, topic: str, payload: bytes) -> None:
        """Replace what the broker keeps at a topic; an empty payload takes it away. The same again is left out.

        Raises:
            ValueError: there are states of too many devices.
        """
        if self._states.get(topic) == payload:
            return
        if topic not in self._states and len(self._states) >= STATES_MAX:
            raise ValueError(f"states of more than {STATES_MAX} devices")
        self._states[topic] = payload
        self._unsent[topic] = None
        self._wake()

    def begin(self) -> None:
        """Begin on a new connection: all states are to be sent again."""
        self._unsent = dict.fromkeys(self._states)
        self._wake()

    async def drain(self, within_s: float) -> None:
        """Wait until the broker has everything, but no longer than that."""
        with suppress(TimeoutError):  # what is left is dropped with the program: the floor offers it again
            await asyncio.wait_for(self._idle.wait(), within_s)

    async def run(self, session: Callable[[], Session | None]) -> None:
        """Send until cancelled.

        Args:
            session: gives the connection that is up now, if any.
        """
        while True:
            await self._work.wait()
            self._work.clear()
            while self._commands or self._unsent:
                current = session()
                if current is None or not current.alive:
                    break
                await self._send_some(current)
            else:
                self._idle.set()

    def _wake(self) -> None:
        self._idle.clear()
        self._work.set()

    async def _send_some(self, session: Session) -> None:
        topics = list(self._unsent)[:SENDING_MAX]
        room = SENDING_MAX - len(topics)
        if self._commands and self._commands[0].tries:
            room = min(room, 1)  # a connection was lost over it: what else is lost over it shan't be others'
        commands = [self._commands.popleft() for _ in range(min(room, len(self._commands)))]
        try:
            await asyncio.gather(
                *(self._send_state(session, topic) for topic in topics),
                *(self._send_command(session, command) for command in commands),
            )
        finally:
            self._commands.extendleft(command for command in reversed(commands) if not command.sent)

    async def _send_state(self, session: Session, topic: str) -> None:
        payload = self._states[topic]
        try:
            await session.publish(topic, payload, retain=True)
        except NotConnected:
            return  # it stays unsent; the next connection gets it
        if self._states.get(topic) == payload:
            self._unsent.pop(topic, None)
            if not payload:
                del self._states[topic]

    async def _send_command(self, session: Session, command: _Command) -> None:
        expires_s = None
        if command.expires_at is not None:
            expires_s = (command.expires_at - datetime.now(UTC)).total_seconds()
            if expires_s <= 0:
                self._give_up(command, "too_old")
                return
        command.tries += 1
        try:
            await session.publish(command.topic, command.payload, expires_s=expires_s)
            command.sent = True
        except NotConnected:
            if command.tries >= TRIES_MAX:
                self._give_up(command, "too_often_tried")

    def _give_up(self, command: _Command, reason: str) -> None:
        command.sent = True
        self._drop(command, reason)

    def _drop(self, command: _Command, reason: str) -> None:
        self.dropped += 1
        log.warning("command_dropped", topic=command.topic, size=len(command.payload), reason=reason)

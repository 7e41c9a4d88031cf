"""The MQTT gateway: devices' events in, replies, commands and states out, over one connection to any MQTT 5 broker."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from controller.runtime.catalogue import DEFAULT_LANGUAGE
from devices.agent.wire import Broker
from devices.broker_accounts import CONTROLLER
from devices.connection import Connection, Subscription
from devices.delivery import Delivery
from devices.intake import RATE, Floor, Intake, OnPresence, Result, ignore
from devices.messages import Command, InviteReview, Show, State
from devices.outbox import Outbox
from devices.rates import Allowance
from devices.topics import Leaf, build, of_all

__all__ = ["Floor", "Gateway", "Result"]

CLIENT_ID = CONTROLLER
"""Name of a lone controller's session at its broker."""

GROUP = "controllers"
"""Name of the shared subscription of several controllers."""

GOODBYE_S_MAX = 2.0
"""How long what is in hand may take when the gateway stops; the rest is done by the next run."""


class Gateway:
    """Joins the floor and its devices; use it as an async context manager.

    It serves whether or not there is a broker: without one it tries again, keeps the newest state of each device and a
    bounded line of commands (see `devices.outbox`).
    """

    def __init__(
        self,
        broker: Broker,
        floor: Floor,
        *,
        client_id: str = CLIENT_ID,
        shared: bool = False,
        on_presence: OnPresence,
        count: Callable[[str], None],
        language: Callable[[str], str] = lambda _hall: DEFAULT_LANGUAGE,
        on_malformed: Callable[[str, str], None] = ignore,
        rate: Allowance | None = RATE,
        on_limited: Callable[[str, str], None] = ignore,
    ) -> None:
        """Prepare a gateway.

        Args:
            broker: where devices speak.
            floor: carries events out.
            client_id: name of the session at the broker; the same over restarts, another for each controller.
            shared: it is one of several controllers at one broker, who share the events among them.
            on_presence: is told (hall, device, status) at once for all that the broker knows, then for each change;
                must not block.
            count: is told what became of each event, one of `Result`.
            language: of a hall, by its id, for texts in replies.
            on_malformed: is told (hall, device) of each message that can't be read; must not block.
            rate: how much a device may say; ``None``: as much as it likes.
            on_limited: is told (hall, device) of each event that was too much; must not block.

        Raises:
            OSError: the broker's file of trusted certificates can't be read.
        """
        self._outbox = Outbox()
        alone, in_group = of_all(Leaf.EVENT), of_all(Leaf.EVENT, group=GROUP)
        events, unwanted = (in_group, alone) if shared else (alone, in_group)
        # Presence isn't shared: every controller must know it, and brokers send no retained messages to a group.
        self._connection = Connection(
            broker,
            client_id,
            [Subscription(events), Subscription(of_all(Leaf.STATUS), retained=True)],
            unwanted=[unwanted],
            on_delivery=self._receive,
            on_session=self._begin,
        )
        self._intake = Intake(
            floor,
            self._connection.send_ahead,
            on_presence=on_presence,
            on_room=self._ask_again,
            count=count,
            language=language,
            on_malformed=on_malformed,
            rate=rate,
            on_limited=on_limited,
        )
        self._leaving = False
        self._heard = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin to connect; returns at once, whether or not there is a broker."""
        self._tasks = [
            asyncio.create_task(self._connection.run(), name="gateway.connection"),
            asyncio.create_task(self._outbox.run(lambda: self._connection.session), name="gateway.outbox"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take nothing new, finish what is in hand, and leave; within a bounded time.

        Raises:
            Exception: what ended the gateway's own work before its time.
        """
        self._leaving = True
        await self._intake.drain(GOODBYE_S_MAX)
        await self._outbox.drain(GOODBYE_S_MAX if self.connected else 0)
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The gateway's own tasks: they end before it is left only when something is wrong."""
        return self._tasks

    @property
    def connected(self) -> bool:
        """Whether events and commands flow just now."""
        return self._connection.session is not None

    async def hears(self, within_s: float) -> bool:
        """Wait until devices have been heard once; tell whether they are, or the broker is away."""
        try:
            async with asyncio.timeout(within_s):
                await self._heard.wait()
        except TimeoutError:
            return False
        return True

    @property
    def commands_dropped(self) -> int:
        """Commands that were never handed to the broker."""
        return self._outbox.dropped

    def _begin(self) -> None:
        self._outbox.begin()
        self._heard.set()

    def _receive(self, delivery: Delivery) -> None:
        if not self._leaving:  # what comes while we leave stays with the broker
            self._intake.receive(delivery)

    def _ask_again(self) -> None:
        """Let the broker deliver again, on a new connection, what wasn't taken on this one."""
        session = self._connection.line
        if session is not None:
            session.give_up("there is room again for events that were left to the broker")

    def publish_command(self, hall: str, device: str, command: Command) -> None:
        """Send a command to a device, now or when the broker is back; returns as soon as it stands in the line.

        Raises:
            BadTopic: there can be no such hall or device.
            ValueError: the command is too large.
        """
        expires_at = None if isinstance(command, Show | InviteReview) else command.expires_at
        self._outbox.put_command(build(hall, device, Leaf.COMMAND), command.to_payload(), expires_at)

    def forget_status(self, hall: str, device: str) -> None:
        """Take away what a device that may not speak any more has said last of itself.

        Raises:
            BadTopic: there can be no such hall or device.
            ValueError: there are states of too many devices.
        """
        self._outbox.put_state(build(hall, device, Leaf.STATUS), b"")

    def publish_state(self, hall: str, device: str, state: State | None) -> None:
        """Replace what a device shows, now or when the broker is back; the same as before isn't sent again.

        Args:
            hall: the hall's id.
            device: the device's id.
            state: what it shows; ``None`` for a device that there isn't any more.

        Raises:
            BadTopic: there can be no such hall or device.
            ValueError: there are states of too many devices.
        """
        self._outbox.put_state(build(hall, device, Leaf.STATE), b"" if state is None else state.to_payload())

    def publish_retained(self, topic: str, payload: bytes) -> None:
        """Replace what the broker keeps at another topic than a device's, now or when it is back; b"" takes it away.

        Raises:
            ValueError: there are too many.
        """
        self._outbox.put_state(topic, payload)

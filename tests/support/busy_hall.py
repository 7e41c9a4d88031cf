"""A busy hall: kiosks over MQTT, browsers and clerks over HTTP, each keeping what it was promised.

Everyone behaves as the contract asks: a kiosk's program repeats an event by its id, an HTTP client a write by its key,
until there is an answer. What counts is what they were answered.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from devices.agent.link import Link, NoReplyError
from devices.agent.memory import Memory
from devices.agent.ticket_machine import TicketMachine
from devices.agent.wire import Broker, Command
from devices.printer import open_printer
from tests.support.hall_client import HallClient, Problem
from tests.support.hall_plan import HALL, INSURANCE, PENSION, SUBSIDY
from tests.support.printer9100 import TcpPrinter

SERVICES = (INSURANCE, PENSION, SUBSIDY)
RETRY_S = 0.05
PACE_S = (0.02, 0.12)
"""How long a citizen or a clerk takes: the hall is busy, and the day's stream stays of a size that a hall can have."""


class CountingMachine(TicketMachine):
    """A ticket machine that counts how often each print job was offered to it.

    Attributes:
        offers: by job.
    """

    def __init__(self, link: Link, printer: str, offers: Counter[str]) -> None:
        super().__init__(link, open_printer(printer))
        self.offers = offers

    async def carry_out(self, command: Command) -> None:
        """Count a job and take it."""
        if command.type == "print":
            self.offers[command.text("job")] += 1
        await super().carry_out(command)


@dataclass
class Kiosk:
    """A ticket machine with a printer and a memory that outlives its program.

    Attributes:
        promised: answers that it got.
        unanswered: how often nobody answered in time.
        offers: how often each job came.
    """

    device: str
    mqtt: str
    memory: Path
    printer: TcpPrinter = field(default_factory=TcpPrinter)
    promised: list[dict[str, Any]] = field(default_factory=list)
    unanswered: int = 0
    offers: Counter[str] = field(default_factory=Counter)

    @contextlib.asynccontextmanager
    async def program(self) -> AsyncIterator[CountingMachine]:
        """Run its program meanwhile."""
        with Memory(self.memory) as memory:
            link = Link(HALL, self.device, Broker.parse(self.mqtt), memory=memory)
            async with CountingMachine(link, self.printer.address, self.offers) as machine:
                yield machine

    async def serve(self, chance: random.Random, reboot: asyncio.Event, stop: asyncio.Event) -> None:
        """Give tickets to citizens until told to stop; go on printing until told to start anew."""
        async with self.program() as machine:
            while not (stop.is_set() or reboot.is_set()):
                try:
                    reply = await machine.take_ticket([chance.choice(SERVICES)])
                except NoReplyError:
                    self.unanswered += 1
                else:
                    assert reply.ok, reply.body
                    self.promised.append(dict(reply.body))
                await asyncio.sleep(chance.uniform(*PACE_S))
            await reboot.wait()


@dataclass
class HttpUser:
    """Somebody who asks over HTTP until there is an answer."""

    hall: HallClient
    retries: int = 0

    async def insist(self, ask: Callable[[str], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """Ask under one key until somebody answers; a 503 is no answer, another refusal is one."""
        key = uuid4().hex
        while True:
            try:
                return await ask(key)
            except httpx.TransportError:
                self.retries += 1
            except Problem as problem:
                if problem.status != httpx.codes.SERVICE_UNAVAILABLE:
                    raise
                self.retries += 1
            await asyncio.sleep(RETRY_S)


@dataclass
class Browser(HttpUser):
    """A kiosk page without a printer.

    Attributes:
        promised: answers that it got.
    """

    promised: list[dict[str, Any]] = field(default_factory=list)

    async def serve(self, chance: random.Random, stop: asyncio.Event) -> None:
        """Take tickets until told to stop."""
        while not stop.is_set():
            service = chance.choice(SERVICES)
            self.promised.append(await self.insist(lambda key, code=service: self.hall.ticket(code, key=key)))
            await asyncio.sleep(chance.uniform(*PACE_S))


@dataclass
class Clerk(HttpUser):
    """A clerk at a window.

    Attributes:
        called: (ticket, number) of each call that was answered.
    """

    window: str = "1"
    called: list[tuple[str, str]] = field(default_factory=list)

    async def serve(self, chance: random.Random, stop: asyncio.Event) -> None:
        """Call, serve and finish until told to stop."""
        while not stop.is_set():
            form = await self._press("next")
            if form["ticket"] is not None:
                self.called.append((form["ticket"], form["number"]))
                await self._press("start")
                await asyncio.sleep(chance.uniform(*PACE_S))
                await self._press("finish")
            await asyncio.sleep(chance.uniform(*PACE_S))

    async def _press(self, action: str) -> dict[str, Any]:
        return await self.insist(lambda key: self.hall.at_window(self.window, action, key=key))


@dataclass
class BusyHall:
    """Everybody in it.

    Attributes:
        kiosks: with their printers.
        browsers: over HTTP.
        clerks: one a window.
    """

    kiosks: list[Kiosk]
    browsers: list[Browser]
    clerks: list[Clerk]
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _left: bool = False
    _reboots: dict[str, asyncio.Event] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def promised(self) -> list[dict[str, Any]]:
        """Every ticket that somebody was promised."""
        return [ticket for one in (*self.kiosks, *self.browsers) for ticket in one.promised]

    def begin(self, seed: int) -> None:
        """Let everybody work; the seed drives what they want and how long they take."""
        for number, one in enumerate((*self.browsers, *self.clerks)):
            self._run(one.serve(random.Random(f"{seed}/{number}"), self._stop), f"http[{number}]")
        for kiosk in self.kiosks:
            self._run(self._keep_running(kiosk, random.Random(f"{seed}/{kiosk.device}")), kiosk.device)

    def reboot(self, kiosk: Kiosk) -> None:
        """Have a kiosk's program end and start again with what it remembers."""
        self._reboots[kiosk.device].set()

    async def end(self, within_s: float) -> None:
        """Let nobody new in, and everybody finish what they are doing; the kiosks stay for what is to be printed."""
        self._stop.set()
        async with asyncio.timeout(within_s):
            await asyncio.gather(*(task for task in self._tasks if task.get_name().startswith("http")))

    async def leave(self, within_s: float) -> None:
        """Switch the kiosks off."""
        self._left = True
        for reboot in self._reboots.values():
            reboot.set()
        async with asyncio.timeout(within_s):
            await asyncio.gather(*self._tasks)

    async def abandon(self) -> None:
        """Send everybody home."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def check(self) -> None:
        """Raise what has ended somebody's work before its time."""
        for task in self._tasks:
            if task.done():
                task.result()

    def _run(self, work: Any, name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    async def _keep_running(self, kiosk: Kiosk, chance: random.Random) -> None:
        while not self._left:
            reboot = self._reboots[kiosk.device] = asyncio.Event()
            await kiosk.serve(chance, reboot, self._stop)


@contextlib.asynccontextmanager
async def busy_hall(
    http: str, mqtt: str, folder: Path, *, kiosks: int, browsers: int, windows: tuple[str, ...]
) -> AsyncIterator[BusyHall]:
    """Fill a hall; nobody works before `BusyHall.begin`."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(HallClient(http)) for _ in range(browsers + len(windows))]
        hall = BusyHall(
            [Kiosk(f"kiosk-{number}", mqtt, folder / f"kiosk-{number}.sqlite3") for number in range(1, kiosks + 1)],
            [Browser(client) for client in clients[:browsers]],
            [Clerk(client, window=window) for client, window in zip(clients[browsers:], windows, strict=True)],
        )
        for kiosk in hall.kiosks:
            kiosk.printer.switch_on()
            stack.push_async_callback(asyncio.to_thread, kiosk.printer.switch_off)
        stack.push_async_callback(hall.abandon)
        yield hall

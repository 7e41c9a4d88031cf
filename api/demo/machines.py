"""The hall's devices: one real device program over MQTT for each device of the plan that isn't a browser."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from api.demo.paper import PaperPrinter
from controller.plan import Device, DeviceId, DeviceKind, Plan, WindowId
from devices.agent.call_pad import CallPad
from devices.agent.led import LedSign
from devices.agent.link import Link
from devices.agent.memory import Memory
from devices.agent.program import Program
from devices.agent.review_pad import ReviewPad
from devices.agent.speaker import Speaker
from devices.agent.ticket_machine import TicketMachine
from devices.agent.wire import Broker
from devices.printer import open_printer

log = structlog.get_logger(__name__)

REMEMBERING = frozenset({DeviceKind.TICKET_MACHINE, DeviceKind.REVIEW_PAD})
"""What must survive a power cut has a memory on disk."""


class Machines:
    """All device programs of a hall; use it as an async context manager.

    Attributes:
        ticket_machines: where tickets are taken.
        call_pads: by window.
        review_pads: by window.
        on_invitation: is told the ticket and the window of each invitation on a review pad.
    """

    def __init__(self, plan: Plan, broker: Broker, folder: Path) -> None:
        """Prepare the devices.

        Args:
            plan: says which there are.
            broker: where they speak.
            folder: of their memories and their paper.
        """
        self.ticket_machines: list[TicketMachine] = []
        self.call_pads: dict[WindowId, CallPad] = {}
        self.review_pads: dict[WindowId, ReviewPad] = {}
        self.on_invitation: Callable[[str, WindowId], None] = lambda _ticket, _window: None
        self._plan = plan
        self._broker = broker
        self._folder = folder
        self._stop = asyncio.Event()
        self._files = ExitStack()
        self._printers = AsyncExitStack()
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Switch everything on; a device without a broker waits for one.

        Raises:
            OSError: the folder can't be written.
        """
        try:
            for device in self._plan.devices:
                program = await self._program(device)
                if program is not None:
                    self._running.append(asyncio.create_task(self._run(program), name=f"device[{device.id}]"))
        except BaseException:
            await self._switch_off()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Switch everything off, all at once: each device says goodbye within a bounded time."""
        await self._switch_off()

    async def connected(self) -> None:
        """Wait until every device is connected."""
        programs = [*self.ticket_machines, *self.call_pads.values(), *self.review_pads.values()]
        await asyncio.gather(*(program.link.connected() for program in programs))

    async def _switch_off(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._running)
        await self._printers.aclose()
        self._files.close()

    async def _run(self, program: Program) -> None:
        """Run a device until all are switched off; one that fails is told, and the hall goes on without it."""
        try:
            async with program:
                stopped = asyncio.create_task(self._stop.wait())
                ended = asyncio.create_task(program.ended())
                await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
                stopped.cancel()
                ended.cancel()
        except Exception:  # told whole; a hall goes on while a device is broken, and so does the demo
            log.exception("device_failed", device=program.link.device)

    async def _program(self, device: Device) -> Program | None:
        """Return the program of a device; a TV is a browser, and a printer has none."""
        link = Link(self._plan.hall.id, device.id, self._broker, memory=self._memory(device))
        match device.kind:
            case DeviceKind.TICKET_MACHINE:
                return await self._ticket_machine(link)
            case DeviceKind.CALL_PAD if device.window is not None:
                pad = self.call_pads[device.window] = CallPad(link)
                return pad
            case DeviceKind.REVIEW_PAD if device.window is not None:
                review_pad = self.review_pads[device.window] = ReviewPad(link, tell=self._teller(device.window))
                return review_pad
            case DeviceKind.LED:
                return LedSign(link)
            case DeviceKind.SPEAKER:
                return Speaker(link)
        return None

    async def _ticket_machine(self, link: Link) -> TicketMachine:
        printer = await self._printers.enter_async_context(PaperPrinter(self._folder / "receipts" / link.device))
        machine = TicketMachine(link, open_printer(printer.address))
        self.ticket_machines.append(machine)
        return machine

    def _memory(self, device: Device) -> Memory | None:
        if device.kind not in REMEMBERING:
            return None
        return self._files.enter_context(Memory(self._folder / "devices" / f"{DeviceId(device.id)}.sqlite3"))

    def _teller(self, window: WindowId) -> Callable[[Mapping[str, Any]], None]:
        def tell(happening: Mapping[str, Any]) -> None:
            if "invited" in happening:
                self.on_invitation(str(happening["invited"]), window)

        return tell

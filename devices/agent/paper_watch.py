"""What a machine with a printer knows of its paper, and remembers over a power cut: `devices.paper_left`, kept."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog

from devices.agent.memory import Memory
from devices.escpos_decoder import UnknownCommand, decode_all
from devices.paper_left import PaperLeft
from devices.printer import Printer

log = structlog.get_logger(__name__)

SHEET_MM = 150.0
"""Length of a paper that can't be measured: about a ticket's."""

READY = "ready"


class PaperWatch:
    """Follows the paper of a printer.

    Attributes:
        paper: how much is left.
        printer_is: ``ready``, or why the printer didn't take what was sent last (`PrinterUnavailable.reason`);
            ``None``: not known yet.
    """

    def __init__(self, printer: Printer, memory: Memory, roll_mm: float | None) -> None:
        """Go on from where the last run ended.

        Args:
            printer: whose paper.
            memory: where it is remembered.
            roll_mm: length of a whole roll, where it is known.
        """
        self._printer = printer
        self._memory = memory
        self.paper = replace(memory.paper(), roll_mm=roll_mm)
        self.printer_is: str | None = None
        self._changing = asyncio.Lock()  # a job and a look at the printer end at the same time

    async def printed(self, data: bytes, remember: Callable[[PaperLeft], None]) -> None:
        """Take off what a job took.

        Args:
            data: the job.
            remember: keeps what is left, in one with the job; it blocks, and raises what `Memory` raises.
        """
        async with self._changing:
            paper = self.paper.printed(_length_mm(data))
            await asyncio.to_thread(remember, paper)
            self.paper = paper

    async def note(self, obstacle: str | None) -> bool:
        """Take what the printer says of itself now; tell whether that is news.

        Args:
            obstacle: why it can't print, if it can't.

        Raises:
            sqlite3.Error: it can't be remembered.
        """
        before = self.readings()
        # One that can't be reached has said nothing new; one that was never asked has neither.
        if self._printer.status is not None and obstacle not in {"unreachable", "timed_out", "interrupted"}:
            told = self._printer.status.paper
            await self._take(lambda paper: paper.told(told))
        self.printer_is = obstacle or READY
        return _states(before) != _states(self.readings())

    async def put_in(self) -> None:
        """Count from a whole roll again: somebody says that it was put in.

        Raises:
            sqlite3.Error: it can't be remembered.
        """
        await self._take(PaperLeft.new_roll)

    async def _take(self, change: Callable[[PaperLeft], PaperLeft]) -> None:
        async with self._changing:
            paper = change(self.paper)
            if paper != self.paper:
                await asyncio.to_thread(self._memory.keep_paper, paper)
                self.paper = paper

    def readings(self) -> dict[str, Any]:
        """Return what telemetry says: of the paper, and as ``printer`` whether it prints."""
        known = self.paper.readings()
        return known if self.printer_is is None else {**known, "printer": self.printer_is}


def _states(readings: dict[str, Any]) -> tuple[Any, ...]:
    """Return what is worth a message of its own; millimetres and sheets change with every paper."""
    return tuple(readings.get(name) for name in ("paper", "paper_reason", "printer"))


def _length_mm(data: bytes) -> float:
    try:
        return sum(receipt.length_mm for receipt in decode_all(data))
    except (UnknownCommand, UnicodeDecodeError) as error:
        log.info("paper_not_measured", error=str(error), taken_for_mm=SHEET_MM)
        return SHEET_MM

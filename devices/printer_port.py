"""A printer as the rest of the program knows it, whatever line it hangs on: jobs in, and how it is."""

import asyncio
import math
import termios
import time
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Protocol

from devices.escpos_library import library
from devices.printer_status import ANSWER_BYTES, QUERY, PrinterStatus, read_status

JOB_BYTES_MAX = 1_000_000
"""Largest job; a receipt is a few kilobytes."""

STATUS_AGAIN_S = 600.0
"""A printer that said nothing is asked again after so long: it may have been another one's turn at its only line."""


class PrinterUnavailable(Exception):
    """The printer didn't take the whole job; its message says which printer and why.

    Attributes:
        reason: short stable name of the cause: ``unreachable``, ``timed_out``, ``interrupted``, or what the printer
            itself says: ``cover_open``, ``paper_out``, ``printer_fault``.
    """

    def __init__(self, address: str, reason: str, detail: str) -> None:
        super().__init__(f"printer {address}: {detail}")
        self.reason = reason


class Line(Protocol):
    """An open connection to a printer; both raise as `Printer._line` does."""

    def deliver(self, data: bytes) -> None:
        """Send a job; return when its bytes have left."""
        ...

    def exchange(self, question: bytes, answer_bytes: int) -> bytes:
        """Send a question and return what is answered to it in a short time; nothing, where nothing is."""
        ...


class Printer(ABC):
    """A printer at an address; takes one job at a time.

    Attributes:
        address: as it was configured.
        status: what it said of itself last; ``None``: nothing.
    """

    def __init__(self, address: str, *, asks: bool = True) -> None:
        self.address = address
        self.status: PrinterStatus | None = None
        self._asks_from = 0.0 if asks else math.inf
        self._busy = asyncio.Lock()

    async def send(self, data: bytes) -> None:
        """Print a job; return when all its bytes have left for the printer.

        Raises:
            PrinterUnavailable: they haven't; part of the job may be on paper.
            ValueError: the job is empty or larger than `JOB_BYTES_MAX`.
        """
        if not 0 < len(data) <= JOB_BYTES_MAX:
            raise ValueError(f"a print job has 1 to {JOB_BYTES_MAX} bytes, not {len(data)}")
        async with self._busy:
            await asyncio.to_thread(self._print, data)

    async def ask(self) -> None:
        """Ask the printer how it is, between jobs; `status` has the answer of one that gives any.

        Raises:
            PrinterUnavailable: it isn't there, or says that it can't print.
        """
        async with self._busy:
            await asyncio.to_thread(self._look)

    def _print(self, data: bytes) -> None:
        try:
            self._use(data)
        except PrinterUnavailable as error:
            if error.reason in {"timed_out", "interrupted"} and self.status is not None:
                self._look()  # one that stopped within a job says why: its cover, its paper
            raise

    def _look(self) -> None:
        if time.monotonic() >= self._asks_from:
            self._use(None)

    def _use(self, data: bytes | None) -> None:
        """Ask the printer how it is, and send it a job, if there is one."""
        reason, what = "unreachable", "not there"
        try:
            with self._line() as line:
                reason, what = "interrupted", "broke off within a job"
                self._ask(line)
                if data is not None:
                    line.deliver(data)
        except TimeoutError as error:
            raise PrinterUnavailable(self.address, "timed_out", f"took too long ({error})") from error
        except (OSError, library().Error, termios.error) as error:
            raise PrinterUnavailable(self.address, reason, f"{what} ({error})") from error

    def _ask(self, line: Line) -> None:
        if time.monotonic() < self._asks_from:
            return
        self.status = read_status(line.exchange(QUERY, ANSWER_BYTES))
        if self.status is None:
            self._asks_from = time.monotonic() + STATUS_AGAIN_S
        elif (obstacle := self.status.obstacle) is not None:
            raise PrinterUnavailable(self.address, obstacle, f"says {obstacle}")

    @abstractmethod
    def _line(self) -> AbstractContextManager[Line]:
        """Open a connection for one job, and close it.

        It and what it gives raise `OSError`, `termios.error` or the library's own error, within a bounded time.
        """

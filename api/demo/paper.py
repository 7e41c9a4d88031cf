"""A receipt printer of the demo's own: takes jobs on a TCP port as a network printer does, and files the paper."""

import asyncio
import socket
import struct
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from devices.printer import JOB_BYTES_MAX
from devices.printer_status import QUERY, READY

log = structlog.get_logger(__name__)

PAPERS_MAX = 200
"""Receipts kept; the oldest goes when one more comes."""

JOB_S_MAX = 30.0
"""How long a job may take to arrive."""


class PaperPrinter:
    """A printer on loopback; use it as an async context manager.

    Attributes:
        printed: how many receipts came out.
    """

    def __init__(self, folder: Path) -> None:
        """Prepare a printer that files each receipt in a folder, as the bytes of ESC/POS."""
        self.printed = 0
        self._folder = folder
        self._last = 0
        self._kept: deque[Path] = deque()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Switch the printer on.

        Raises:
            OSError: the folder can't be made.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._kept.extend(sorted(self._folder.glob("*.escpos")))
        self._last = int(self._kept[-1].stem) if self._kept else 0
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Switch it off."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    @property
    def address(self) -> str:
        """Where ticket machines find it."""
        if self._server is None:
            raise AssertionError("the printer is switched off")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"tcp://{host}:{port}"

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one job: all bytes until the machine closes its direction; closing ours says that the paper is out.

        A machine that asks first how the printer is gets an answer; its question is no part of the paper.
        """
        try:
            async with asyncio.timeout(JOB_S_MAX):
                job, asked = await reader.read(JOB_BYTES_MAX + 1), False
                while not reader.at_eof() and len(job) <= JOB_BYTES_MAX:
                    if not asked and job.startswith(QUERY):
                        job, asked = job.removeprefix(QUERY), True
                        writer.write(READY)
                    job += await reader.read(JOB_BYTES_MAX + 1 - len(job))
            if job and len(job) <= JOB_BYTES_MAX:
                self._last += 1
                await asyncio.to_thread(self._file, self._folder / f"{self._last:06d}.escpos", job)
        except (OSError, TimeoutError) as error:
            log.warning("paper_jam", error=str(error))
            # A connection that breaks tells the machine that nothing was printed; one that closes would say it was.
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            writer.close()

    def _file(self, path: Path, job: bytes) -> None:
        path.write_bytes(job)
        self.printed += 1
        self._kept.append(path)
        while len(self._kept) > PAPERS_MAX:
            self._kept.popleft().unlink(missing_ok=True)

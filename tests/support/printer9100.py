"""A receipt printer on the network, for tests: a real TCP server on loopback that keeps what each connection sent.

Like the cheap ones it serves one connection at a time. It can be switched off and on again at the same address, stop
reading in the middle of a job (paper jam), drop the connection after some bytes (cable pulled), or say by its status
that its cover is open or its paper out.
"""

import contextlib
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Self

from devices.escpos_decoder import Receipt, decode
from devices.printer_status import QUERY

READ_BYTES_MAX = 65536
CONNECTIONS_MAX = 8
WINDOW_BYTES = 8192  # a printer has little memory: a sender soon feels that it doesn't read
STOP_S_MAX = 10.0
POLL_S = 0.02


class TcpPrinter:
    """A printer at ``address``; use it as a context manager.

    Attributes:
        jobs: the bytes of each connection that was closed in order by its sender, oldest first.
        torn: the bytes of each connection that broke off.
        drop_after_bytes: break the next connections off after so many bytes; None for never.
        status: the two bytes that ``DLE EOT`` 2 and 4 are answered with; ``None`` for a printer that never answers.
        stops_with: stop reading within the next job, and answer with this from then on; ``None`` for never.
        keeps_open: never close a connection from this side, as printers do that ignore a half-closed one.
    """

    def __init__(self) -> None:
        self.jobs: list[bytes] = []
        self.torn: list[bytes] = []
        self.connections = 0
        self.asked = 0
        self.drop_after_bytes: int | None = None
        self.status: bytes | None = None
        self.stops_with: bytes | None = None
        self.keeps_open = False
        self._off = False
        self._reads = threading.Event()
        self._reads.set()
        self._port = 0
        self._listener: socket.socket | None = None
        self._connection: socket.socket | None = None
        self._kept: list[socket.socket] = []
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self._port}"

    @property
    def receipts(self) -> list[Receipt]:
        return [decode(job) for job in self.jobs]

    def switch_on(self) -> None:
        """Listen; after the first time at the same port again."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
        listener.bind(("127.0.0.1", self._port))
        listener.listen(CONNECTIONS_MAX)
        self._port = listener.getsockname()[1]
        self._listener = listener
        self._off = False
        self._thread = threading.Thread(target=self._serve, args=(listener,), name="printer9100", daemon=True)
        self._thread.start()

    def switch_off(self) -> None:
        """Vanish from the network; a connection being served breaks off."""
        if self._listener is None or self._thread is None:
            return
        self._off = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._reads.set()
        if (connection := self._connection) is not None:
            with contextlib.suppress(OSError):  # its thread may be closing it just now
                connection.shutdown(socket.SHUT_RD)
        self._thread.join(STOP_S_MAX)
        assert not self._thread.is_alive(), "the test's printer doesn't stop"
        for kept in self._kept:
            kept.close()
        self._kept.clear()
        self._listener = self._thread = None

    def jam(self) -> None:
        """Stop reading; connections are still accepted."""
        self._reads.clear()

    def unjam(self) -> None:
        """Go on reading."""
        self._reads.set()

    def wait_for_jobs(self, count: int, within_s: float = 20.0) -> None:
        """Block until so many jobs came in whole; not for use in an event loop.

        Raises:
            TimeoutError: they didn't.
        """
        deadline = time.monotonic() + within_s
        while len(self.jobs) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.jobs)} of {count} jobs after {within_s} s, {len(self.torn)} torn")
            time.sleep(POLL_S)

    def __enter__(self) -> Self:
        self.switch_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.switch_off()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._connection = connection
            self._receive(connection)
            self._connection = None

    def _receive(self, connection: socket.socket) -> None:
        data = bytearray()
        try:
            while True:
                self._reads.wait()
                part = connection.recv(READ_BYTES_MAX)
                data += part
                if data[: len(QUERY)] == QUERY:
                    del data[: len(QUERY)]
                    self.asked += 1
                    if self.status is not None:
                        connection.sendall(self.status)
                if self.stops_with is not None and data:
                    self.status, self.stops_with = self.stops_with, None
                    self.jam()
                pulled = self.drop_after_bytes is not None and len(data) >= self.drop_after_bytes
                if self._off or (part and pulled):
                    self.torn.append(bytes(data))
                    _reset(connection)
                    return
                if not part:
                    break
        except OSError:
            self.torn.append(bytes(data))
            connection.close()
            return
        if data:
            self.jobs.append(bytes(data))
        if self.keeps_open:
            self._kept.append(connection)
        else:
            connection.close()


def _reset(connection: socket.socket) -> None:
    """Break a connection off the hard way: RST, no FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()

"""Printers on a serial line and on USB, for tests: what is at the far end of a real pseudo-terminal, and of pyusb."""

import os
import threading
import tty
from typing import Self

import pytest
import usb.core

from devices.printer_status import QUERY

COVER_OPEN = b"\x16\x12"
STOP_S_MAX = 30.0


class AskedUsb:
    """A USB printer that says how it is, a byte a packet, as pyusb gives it; one without words times out."""

    def __init__(self, status: bytes | None) -> None:
        self.status = status
        self.received = bytearray()
        self.said = bytearray()
        self.takes_nothing = False
        self.backend = type("libusb1", (), {"__module__": "usb.backend.other"})()

    def set_configuration(self) -> None:
        """Asked for on opening."""

    def reset(self) -> None:
        """Asked for on closing."""

    def finalize(self) -> None:
        """Asked for when its resources are disposed of."""

    def write(self, _endpoint: int, data: bytes, _timeout_ms: int) -> int:
        if data == QUERY:
            self.said += self.status or b""
        elif self.takes_nothing:
            raise usb.core.USBTimeoutError("it takes nothing")
        else:
            self.received += data
        return len(data)

    def read(self, endpoint: int, _size: int, _timeout_ms: int) -> bytes:
        assert endpoint == 0x82
        if not self.said:
            raise usb.core.USBTimeoutError("it says nothing")
        return bytes([self.said.pop(0)])


def plugged_in(monkeypatch: pytest.MonkeyPatch, status: bytes | None) -> AskedUsb:
    port = AskedUsb(status)
    monkeypatch.setattr("usb.core.find", lambda **_: port)
    monkeypatch.setattr("usb.util.dispose_resources", lambda _: None)
    return port


class SerialPaper:
    """A printer at the far end of a real pseudo-terminal: answers `QUERY`, and may stop reading within a job.

    Attributes:
        status: what it answers; ``None``: nothing.
        stops_after: it reads no more after so many bytes, with its cover open, until `reads` is set again.
    """

    def __init__(self, status: bytes | None) -> None:
        self.status = status
        self.stops_after: int | None = None
        self.reads = threading.Event()
        self._raw = bytearray()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.address = f"serial://{os.ttyname(self._slave)}?baud=4000000"
        self._thread = threading.Thread(target=self._serve, name="serial-printer", daemon=True)

    @property
    def received(self) -> bytes:
        return bytes(self._raw).replace(QUERY, b"")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.reads.set()
        os.close(self._slave)
        self._thread.join(STOP_S_MAX)
        assert not self._thread.is_alive(), "the test's printer doesn't stop"
        os.close(self._master)

    def _serve(self) -> None:
        asked = 0
        while True:
            try:
                self._raw += os.read(self._master, 256)
            except OSError:  # nobody holds the other end any more
                return
            while self._raw.count(QUERY) > asked:
                asked += 1
                if self.status is not None:
                    os.write(self._master, self.status)
            if self.stops_after is not None and len(self._raw) >= self.stops_after:
                self.stops_after, self.status = None, COVER_OPEN
                self.reads.wait(STOP_S_MAX)

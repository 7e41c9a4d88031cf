"""Where receipts come out: network, serial, USB and file printers, named by one address string.

=============================  ==========================================================================
``tcp://HOST[:9100]``          a printer on the network (raw port 9100, "JetDirect")
``serial:///dev/ttyUSB0``      a serial one; ``?baud=9600``
``usb://0416:5011``            a USB one by vendor and product id; ``?out=0x01&in=0x82`` for its end points
``file:///dev/usb/lp0``        a device file, or an ordinary file that grows like a paper roll
=============================  ==========================================================================

The connection is opened for each job: a printer that was switched off in between is simply there again. Every step has
a time limit. A job's bytes have all left, as far as its kind of line can tell, or `PrinterUnavailable` says why not.

A printer on TCP, a serial line or USB is asked first whether it can print (`devices.printer_status`): with an open
cover or without paper it gets nothing, for it would print all that it was sent when the paper is back. One that doesn't
answer is printed on all the same, and not asked again for a while; ``?status=off`` at the address's end never asks.
"""

import fcntl
import os
import select
import socket
import stat
import struct
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

import serial
import usb.core

from devices.escpos_library import library
from devices.printer_port import JOB_BYTES_MAX, Line, Printer, PrinterUnavailable

__all__ = ["JOB_BYTES_MAX", "Printer", "PrinterUnavailable", "open_printer"]

CONNECT_S_MAX = 5.0
"""Longest wait for a printer to answer at all."""

SEND_S_MAX = 20.0
"""Longest time for a receipt (3–5 kB) to be taken; a serial line gets its own transmission time on top."""

CLOSE_S_MAX = 2.0
"""How long a network printer may take to close its side; one that never does is believed by its acknowledgements."""

PORT_DEFAULT = 9100
BAUD_DEFAULT = 9600
SERIAL_BITS_PER_BYTE = 10
USB_CHUNK_BYTES = 4096
USB_ANSWER_BYTES = 64
"""A packet of full-speed USB; asking for less than a printer sends would be an overflow."""

DRAIN_POLL_S = 0.05
ANSWER_BYTES_MAX = 4096

STATUS_S_MAX = 1.0
"""Longest wait for a printer to say how it is; one that does says so within milliseconds."""


class NetworkPrinter(Printer):
    """A printer that takes raw bytes on a TCP port."""

    def __init__(self, address: str, host: str, port: int, *, asks: bool = True) -> None:
        super().__init__(address, asks=asks)
        self._peer = (host, port)

    @contextmanager
    def _line(self) -> Iterator[Line]:
        printer = library().Network(*self._peer, timeout=SEND_S_MAX)
        # Opened here: the library's own open() leaks its socket when nobody answers, and knows no IPv6.
        connection = socket.create_connection(self._peer, timeout=CONNECT_S_MAX)
        printer.device = connection
        try:
            yield _NetworkLine(printer, connection)
        finally:
            printer.close()


class _NetworkLine:
    def __init__(self, printer: Any, connection: socket.socket) -> None:
        self._printer = printer
        self._connection = connection

    def deliver(self, data: bytes) -> None:
        self._connection.settimeout(SEND_S_MAX)
        self._printer._raw(data)  # noqa: SLF001 - the library's way of sending bytes as they are
        _wait_until_taken(self._connection)

    def exchange(self, question: bytes, answer_bytes: int) -> bytes:
        line = self._connection
        line.settimeout(STATUS_S_MAX)
        line.sendall(question)
        deadline, answer = time.monotonic() + STATUS_S_MAX, b""
        with suppress(TimeoutError):
            while len(answer) < answer_bytes and (left_s := deadline - time.monotonic()) > 0:
                line.settimeout(left_s)
                part = line.recv(answer_bytes - len(answer))
                if not part:
                    break
                answer += part
        return answer


def _wait_until_taken(line: socket.socket) -> None:
    """End a job on a TCP connection and wait until the printer has it.

    Closing at once could lose the tail: bytes still on their way are dropped when the printer has sent anything back
    that nobody read. So close our direction and read until the printer closes its own. One that keeps the line open
    has the job when its system acknowledged every byte.
    """
    line.shutdown(socket.SHUT_WR)
    deadline = time.monotonic() + CLOSE_S_MAX
    with suppress(TimeoutError):
        while (left_s := deadline - time.monotonic()) > 0:
            line.settimeout(left_s)
            if not line.recv(ANSWER_BYTES_MAX):
                return
    unacknowledged = struct.unpack("i", fcntl.ioctl(line, termios.TIOCOUTQ, bytes(4)))[0]
    if unacknowledged:
        raise TimeoutError(f"{unacknowledged} bytes not acknowledged")


class SerialPrinter(Printer):
    """A printer on a serial line, 8N1."""

    def __init__(self, address: str, path: str, baud: int, *, asks: bool = True) -> None:
        super().__init__(address, asks=asks)
        self._path = path
        self._baud = baud

    @contextmanager
    def _line(self) -> Iterator[Line]:
        printer = library().Serial(devfile=self._path, baudrate=self._baud, timeout=CONNECT_S_MAX)
        printer.open()
        try:
            yield _SerialLine(printer, self._baud)
        except OSError:
            # Flushing unsent bytes on closing would block for ever on a printer that is off. Where the line itself
            # is gone this fails too, and the first error is the one to report.
            with suppress(OSError, termios.error):
                printer.device.reset_output_buffer()
            raise
        finally:
            printer.close()


class _SerialLine:
    def __init__(self, printer: Any, baud: int) -> None:
        self._printer = printer
        self._port = printer.device
        self._baud = baud

    def deliver(self, data: bytes) -> None:
        self._port.write_timeout = SEND_S_MAX + len(data) * SERIAL_BITS_PER_BYTE / self._baud
        deadline = time.monotonic() + self._port.write_timeout
        try:
            self._printer._raw(data)  # noqa: SLF001 - the library's way of sending bytes as they are
        except serial.SerialTimeoutException as error:
            raise TimeoutError(str(error)) from error
        while self._port.out_waiting:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._port.out_waiting} bytes still waiting")
            time.sleep(DRAIN_POLL_S)

    def exchange(self, question: bytes, answer_bytes: int) -> bytes:
        self._port.reset_input_buffer()  # what it said unasked, or to a question given up
        self._port.timeout = self._port.write_timeout = STATUS_S_MAX
        try:
            self._port.write(question)
        except serial.SerialTimeoutException as error:
            raise TimeoutError(str(error)) from error
        answer: bytes = self._port.read(answer_bytes)
        return answer


class UsbPrinter(Printer):
    """A printer on USB."""

    def __init__(
        self, address: str, vendor: int, product: int, *, out_endpoint: int, in_endpoint: int, asks: bool = True
    ) -> None:
        super().__init__(address, asks=asks)
        self._ids = (vendor, product)
        self._endpoints = (out_endpoint, in_endpoint)

    @contextmanager
    def _line(self) -> Iterator[Line]:
        out_endpoint, in_endpoint = self._endpoints
        printer = library().Usb(*self._ids, in_ep=in_endpoint, out_ep=out_endpoint)
        try:
            printer.open()
        except ValueError as error:  # what pyusb raises without its C library
            raise OSError(f"{error}; install libusb-1.0-0") from error
        try:
            yield _UsbLine(printer.device, out_endpoint, in_endpoint)
        finally:
            printer.close()


class _UsbLine:
    def __init__(self, device: Any, out_endpoint: int, in_endpoint: int) -> None:
        self._device = device
        self._out_endpoint = out_endpoint
        self._in_endpoint = in_endpoint

    def deliver(self, data: bytes) -> None:
        self._write(data, SEND_S_MAX)

    def exchange(self, question: bytes, answer_bytes: int) -> bytes:
        self._write(question, STATUS_S_MAX)
        deadline, answer = time.monotonic() + STATUS_S_MAX, b""
        # One that is silent, or can't say anything at all, is printed on all the same. One that is gone is told by the
        # write that follows.
        with suppress(usb.core.USBError, ValueError):
            while len(answer) < answer_bytes and (left_ms := int((deadline - time.monotonic()) * 1000)) > 0:
                answer += bytes(self._device.read(self._in_endpoint, USB_ANSWER_BYTES, left_ms))
        return answer[:answer_bytes]

    def _write(self, data: bytes, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        sent = 0
        while sent < len(data):
            left_ms = int((deadline - time.monotonic()) * 1000)
            if left_ms <= 0:
                raise TimeoutError(f"{len(data) - sent} bytes not taken")
            # Not by the library's _raw(): it ignores how much of a write the printer took.
            try:
                sent += self._device.write(self._out_endpoint, data[sent : sent + USB_CHUNK_BYTES], left_ms)
            except usb.core.USBTimeoutError as error:
                raise TimeoutError(str(error)) from error


class FilePrinter(Printer):
    """A printer behind a device file, or an ordinary file that receipts are appended to; never asked how it is."""

    def __init__(self, address: str, path: str) -> None:
        super().__init__(address, asks=False)
        self._path = path

    @contextmanager
    def _line(self) -> Iterator[Line]:
        # Opened here: the library truncates the file for each job, and blocks for ever on a device that is off line.
        # A missing device must not become an ordinary file, hence no creating below /dev.
        create = 0 if self._path.startswith("/dev/") else os.O_CREAT
        flags = os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC | create
        writer = _BoundedWriter(os.open(self._path, flags, 0o644))
        printer = library().File(devfile=self._path, auto_flush=False)
        printer.device = writer
        try:
            yield _FileLine(printer, writer)
        finally:
            printer.close()


class _FileLine:
    def __init__(self, printer: Any, writer: "_BoundedWriter") -> None:
        self._printer = printer
        self._writer = writer

    def deliver(self, data: bytes) -> None:
        self._printer._raw(data)  # noqa: SLF001 - the library's way of sending bytes as they are
        self._writer.sync()

    def exchange(self, _question: bytes, _answer_bytes: int) -> bytes:
        return b""


class _BoundedWriter:
    """An open file whose writes end within `SEND_S_MAX`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._deadline = time.monotonic() + SEND_S_MAX

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            left_s = self._deadline - time.monotonic()
            if left_s <= 0 or not select.select([], [self._descriptor], [], left_s)[1]:
                raise TimeoutError(f"{len(rest)} bytes not taken")
            with suppress(BlockingIOError):  # ready for fewer bytes than offered; the deadline bounds the loop
                rest = rest[os.write(self._descriptor, rest) :]

    def sync(self) -> None:
        """Make an ordinary file durable; a device has nothing to sync."""
        if stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            os.fsync(self._descriptor)

    def flush(self) -> None:
        """Do nothing: nothing is buffered here; the library asks for it on closing."""

    def close(self) -> None:
        os.close(self._descriptor)


def open_printer(address: str) -> Printer:
    """Return the printer at an address; it is not contacted before its first job.

    Raises:
        ValueError: the address names no printer; the message says what it should look like.
    """
    parts = urlsplit(address)
    make = _MAKERS.get(parts.scheme)
    if make is None:
        raise ValueError(
            f"printer address {address!r}: begin with one of {', '.join(f'{name}://' for name in _MAKERS)}"
        )
    try:
        return make(address, parts)
    except (ValueError, KeyError) as error:
        raise ValueError(f"printer address {address!r}: {error}") from error


def _network(address: str, parts: SplitResult) -> Printer:
    if not parts.hostname:
        raise ValueError("a host is missing: tcp://HOST:9100")
    return NetworkPrinter(address, parts.hostname, parts.port or PORT_DEFAULT, asks=_asks(parts))


def _serial(address: str, parts: SplitResult) -> Printer:
    return SerialPrinter(address, _path(parts), int(_option(parts, "baud", str(BAUD_DEFAULT))), asks=_asks(parts))


def _usb(address: str, parts: SplitResult) -> Printer:
    vendor, _, product = parts.netloc.partition(":")
    if not vendor or not product:
        raise ValueError("vendor and product id are missing: usb://0416:5011")
    return UsbPrinter(
        address,
        int(vendor, 16),
        int(product, 16),
        out_endpoint=int(_option(parts, "out", "0x01"), 0),
        in_endpoint=int(_option(parts, "in", "0x82"), 0),
        asks=_asks(parts),
    )


def _file(address: str, parts: SplitResult) -> Printer:
    return FilePrinter(address, _path(parts))


def _path(parts: SplitResult) -> str:
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError(f"an absolute path is missing: {parts.scheme}:///path")
    return parts.path


def _asks(parts: SplitResult) -> bool:
    return _option(parts, "status", "on") != "off"


def _option(parts: SplitResult, name: str, default: str) -> str:
    return parse_qs(parts.query).get(name, [default])[-1]


_MAKERS: dict[str, Callable[[str, SplitResult], Printer]] = {
    "tcp": _network,
    "serial": _serial,
    "usb": _usb,
    "file": _file,
}

"""Printers by their address: a real TCP server, a real pseudo-terminal, real files, and an empty USB port."""

import asyncio
import os
import socket
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import usb.core

from devices import printer as printers
from devices.escpos_decoder import decode, decode_all
from devices.printer import JOB_BYTES_MAX, PrinterUnavailable, open_printer
from devices.receipts import TicketReceipt, render_ticket
from tests.support.looks import ticket_look
from tests.support.printer9100 import TcpPrinter

JOB = render_ticket(
    TicketReceipt(
        hall_name="示例镇便民服务中心",
        number="A003",
        services=("养老待遇资格认证",),
        ahead=4,
        wait_p50_s=540,
        wait_p90_s=900,
        issued_at=datetime(2026, 3, 2, 1, 5, tzinfo=UTC),
        zone="",
        ticket_url="http://127.0.0.1:8000/t/demo.0123456789abcdef0123456789abcdef",
        reprint=False,
    ),
    ticket_look(58),
    "zh-CN",
)

LARGE_JOB = JOB * 200


@pytest.fixture
async def paper() -> AsyncIterator[TcpPrinter]:
    printer = TcpPrinter()
    printer.switch_on()
    yield printer
    await asyncio.to_thread(printer.switch_off)


async def arrives(printer: TcpPrinter, count: int) -> list[bytes]:
    await asyncio.to_thread(printer.wait_for_jobs, count)
    return printer.jobs


async def test_a_network_printer_gets_every_byte_in_a_connection_of_its_own(paper: TcpPrinter) -> None:
    printer = open_printer(paper.address)
    await printer.send(JOB)
    await printer.send(JOB)
    assert await arrives(paper, 2) == [JOB, JOB]
    assert decode(paper.jobs[0]).cuts == 1


async def test_jobs_at_once_come_out_one_after_another(paper: TcpPrinter) -> None:
    printer = open_printer(paper.address)
    await asyncio.gather(*(printer.send(JOB + b"%d\n" % n) for n in range(8)))
    assert await arrives(paper, 8) == [JOB + b"%d\n" % n for n in range(8)]


async def test_a_printer_that_never_closes_is_believed_by_its_acknowledgements(
    paper: TcpPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printers, "CLOSE_S_MAX", 0.1)
    paper.keeps_open = True
    await open_printer(paper.address).send(JOB)
    assert await arrives(paper, 1) == [JOB]


async def test_a_printer_that_is_off_is_named_and_works_again_when_it_is_back(paper: TcpPrinter) -> None:
    printer = open_printer(paper.address)
    await asyncio.to_thread(paper.switch_off)
    with pytest.raises(PrinterUnavailable, match=f"printer {paper.address}: not there") as caught:
        await printer.send(JOB)
    assert caught.value.reason == "unreachable"
    paper.switch_on()
    await printer.send(JOB)
    assert await arrives(paper, 1) == [JOB]


async def test_a_cable_pulled_within_a_job_is_an_error(paper: TcpPrinter) -> None:
    paper.drop_after_bytes = 100
    printer = open_printer(paper.address)
    with pytest.raises(PrinterUnavailable, match="broke off") as caught:
        await printer.send(LARGE_JOB)
    assert caught.value.reason == "interrupted"
    assert paper.jobs == []
    paper.drop_after_bytes = None
    await printer.send(LARGE_JOB)
    assert await arrives(paper, 1) == [LARGE_JOB]


async def test_a_paper_jam_ends_in_bounded_time(paper: TcpPrinter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "SEND_S_MAX", 0.3)
    monkeypatch.setattr(printers, "CLOSE_S_MAX", 0.3)
    paper.jam()
    with pytest.raises(PrinterUnavailable, match="took too long") as caught:
        await open_printer(paper.address).send(LARGE_JOB)
    assert caught.value.reason == "timed_out"
    paper.unjam()


async def test_a_host_that_swallows_connections_ends_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "CONNECT_S_MAX", 0.3)
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.connect(listener.getsockname())  # fills the backlog: the next connection gets no answer
        with pytest.raises(PrinterUnavailable, match="took too long"):
            await open_printer(f"tcp://127.0.0.1:{listener.getsockname()[1]}").send(JOB)


@contextmanager
def pseudo_terminal() -> Iterator[tuple[int, str]]:
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        yield master, os.ttyname(slave)
    finally:
        os.close(master)
        os.close(slave)


async def test_a_serial_printer_gets_every_byte() -> None:
    with pseudo_terminal() as (master, path):
        received = bytearray()

        def read() -> None:
            while len(received) < len(JOB):
                received.extend(os.read(master, 4096))

        reader = asyncio.create_task(asyncio.to_thread(read))
        await open_printer(f"serial://{path}?baud=115200&status=off").send(JOB)
        await asyncio.wait_for(reader, 10)
        assert bytes(received) == JOB


async def test_a_serial_printer_that_takes_nothing_ends_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "SEND_S_MAX", 0.2)
    with pseudo_terminal() as (_, path):
        with pytest.raises(PrinterUnavailable, match="took too long") as caught:
            await open_printer(f"serial://{path}?baud=4000000").send(JOB * 10)
        assert caught.value.reason == "timed_out"


async def test_a_serial_printer_that_is_unplugged_is_named() -> None:
    with pytest.raises(PrinterUnavailable, match=r"not there.*ttyNONE"):
        await open_printer("serial:///dev/ttyNONE").send(JOB)


async def test_a_file_grows_like_a_paper_roll(tmp_path: Path) -> None:
    roll = tmp_path / "roll.bin"
    printer = open_printer(f"file://{roll}")
    await printer.send(JOB)
    await printer.send(JOB)
    assert roll.read_bytes() == JOB * 2
    assert [receipt.cuts for receipt in decode_all(roll.read_bytes())] == [1, 1]


async def test_a_device_file_that_is_missing_or_off_line_is_an_error_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(PrinterUnavailable, match="not there"):
        await open_printer("file:///dev/usb-none-lp0").send(JOB)
    assert await asyncio.to_thread(Path("/dev/usb-none-lp0").exists) is False
    fifo = tmp_path / "lp0"
    os.mkfifo(fifo)
    with pytest.raises(PrinterUnavailable, match="not there"):  # nobody reads it
        await open_printer(f"file://{fifo}").send(JOB)


async def test_a_device_file_that_stops_taking_ends_in_bounded_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printers, "SEND_S_MAX", 0.2)
    fifo = tmp_path / "lp0"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(PrinterUnavailable, match="took too long"):
            await open_printer(f"file://{fifo}").send(LARGE_JOB)
    finally:
        os.close(reader)


async def test_a_full_disk_is_an_error() -> None:
    with pytest.raises(PrinterUnavailable, match="No space left"):
        await open_printer("file:///dev/full").send(JOB)


async def test_a_usb_printer_that_is_not_plugged_in_is_named() -> None:
    with pytest.raises(PrinterUnavailable, match="usb://0416:5011") as caught:
        await open_printer("usb://0416:5011").send(JOB)
    assert caught.value.reason == "unreachable"


class UsbPort:
    """A USB device as pyusb gives it; takes at most ``takes`` bytes of a write."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.received = bytearray()
        self.endpoints: set[int] = set()
        self.backend = type("libusb1", (), {"__module__": "usb.backend.other"})()

    def set_configuration(self) -> None:
        self.received.clear()

    def reset(self) -> None:
        self.received.clear()

    def write(self, endpoint: int, data: bytes, timeout_ms: int) -> int:
        assert timeout_ms > 0
        self.endpoints.add(endpoint)
        self.received += data[: self.takes]
        return min(len(data), self.takes)

    def read(self, _endpoint: int, _size: int, timeout_ms: int) -> bytes:
        raise usb.core.USBTimeoutError(f"nothing within {timeout_ms} ms")

    def finalize(self) -> None:
        """Asked for when its resources are disposed of."""


@pytest.mark.parametrize("takes", [64, 1000, 10_000])
async def test_a_usb_printer_that_takes_parts_gets_every_byte(takes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    port = UsbPort(takes)
    monkeypatch.setattr("usb.core.find", lambda **_: port)
    monkeypatch.setattr("usb.util.dispose_resources", lambda _: None)
    await open_printer("usb://0416:5011?out=0x03&status=off").send(JOB)
    assert bytes(port.received) == JOB
    assert port.endpoints == {0x03}


async def test_a_usb_printer_that_takes_nothing_ends_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "SEND_S_MAX", 0.1)
    monkeypatch.setattr("usb.core.find", lambda **_: UsbPort(takes=0))
    monkeypatch.setattr("usb.util.dispose_resources", lambda _: None)
    with pytest.raises(PrinterUnavailable, match="took too long"):
        await open_printer("usb://0416:5011").send(JOB)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("192.168.1.9:9100", "begin with one of tcp://, serial://, usb://, file://"),
        ("lpt://1", "begin with one of"),
        ("tcp://", "a host is missing"),
        ("tcp://host:notaport", "notaport"),
        ("serial://ttyUSB0", "an absolute path is missing: serial:///path"),
        ("serial:///dev/ttyUSB0?baud=fast", "fast"),
        ("usb://0416", "vendor and product id"),
        ("usb://zz:5011", "zz"),
        ("file://roll.bin", "an absolute path is missing"),
    ],
)
def test_an_address_that_names_no_printer_says_what_it_should_be(address: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_printer(address)


@pytest.mark.parametrize("data", [b"", bytes(JOB_BYTES_MAX + 1)], ids=["empty", "too large"])
async def test_a_job_that_cannot_be_a_receipt_is_refused(data: bytes, paper: TcpPrinter) -> None:
    with pytest.raises(ValueError, match="print job"):
        await open_printer(paper.address).send(data)
    assert paper.connections == 0

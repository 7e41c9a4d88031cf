"""Printers that say how they are: a network printer and a ticket machine before one, with an open cover or no paper."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import usb.core

from devices import printer as printers
from devices.agent import ticket_machine as machines
from devices.agent.memory import Memory
from devices.agent.ticket_machine import TicketMachine
from devices.escpos_decoder import decode
from devices.printer import PrinterUnavailable, open_printer
from devices.printer_status import Paper, PrinterStatus
from tests.integration.test_printer import JOB, arrives
from tests.support.asked_printers import COVER_OPEN, SerialPaper, plugged_in
from tests.support.mosquitto import mosquitto, until
from tests.support.printer9100 import TcpPrinter
from tests.support.scripted_controller import controller, line, paper_of, shorten_pauses

FINE, LOW, OUT = b"\x12\x12", b"\x12\x1e", b"\x32\x72"
DEVICE = "machine-1"
WITHIN_S = 30.0


@pytest.fixture
async def paper() -> AsyncIterator[TcpPrinter]:
    printer = TcpPrinter()
    printer.switch_on()
    yield printer
    await asyncio.to_thread(printer.switch_off)


@pytest.mark.parametrize(
    ("status", "reason"), [(OUT, "paper_out"), (COVER_OPEN, "cover_open"), (b"\x52\x12", "printer_fault")]
)
async def test_a_printer_that_cannot_print_gets_nothing_until_it_can(
    paper: TcpPrinter, status: bytes, reason: str
) -> None:
    printer = open_printer(paper.address)
    paper.status = status
    with pytest.raises(PrinterUnavailable, match=reason) as caught:
        await printer.send(JOB)
    assert caught.value.reason == reason
    paper.status = FINE
    await printer.send(JOB)
    assert await arrives(paper, 1) == [JOB]
    assert printer.status == PrinterStatus()


async def test_a_printer_whose_paper_is_nearly_out_prints_and_says_so(paper: TcpPrinter) -> None:
    printer = open_printer(paper.address)
    paper.status = LOW
    await printer.send(JOB)
    assert await arrives(paper, 1) == [JOB]
    assert printer.status == PrinterStatus(Paper.LOW)


async def test_a_printer_that_never_answers_is_asked_once_and_printed_on(
    paper: TcpPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printers, "STATUS_S_MAX", 0.1)
    printer = open_printer(paper.address)
    for _ in range(3):
        await printer.send(JOB)
    assert await arrives(paper, 3) == [JOB] * 3
    assert (paper.asked, printer.status) == (1, None)


async def test_a_printer_can_be_left_unasked(paper: TcpPrinter) -> None:
    await open_printer(f"{paper.address}?status=off").send(JOB)
    assert await arrives(paper, 1) == [JOB]
    assert paper.asked == 0


async def test_paper_that_comes_back_late_prints_what_is_fresh_and_nothing_old(
    paper: TcpPrinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The floor is told of each job why it isn't printed; a roll put in later doesn't spit out an hour of tickets."""
    shorten_pauses(monkeypatch)
    paper.status = OUT
    async with (
        mosquitto(tmp_path / "broker") as broker,
        controller(broker) as floor,
        TicketMachine(line(broker, DEVICE), open_printer(paper.address)) as program,
    ):
        await floor.online(DEVICE)
        old = ["r1", "r2", "r3"]
        for job in old:
            await floor.print_job(DEVICE, job, paper_of("A001"), lives_s=3)
        await until(lambda: [job for job, _ in floor.failed()] == old, "the floor knows of every job")
        assert {reason for _, reason in floor.failed()} == {"paper_out"}
        await asyncio.wait_for(program.idle(), WITHIN_S)
        await floor.print_job(DEVICE, "fresh", paper_of("A002"))
        await until(lambda: ("fresh", "paper_out") in floor.failed(), "of the fresh one too")
        paper.status = LOW
        await until(lambda: floor.confirmed() == ["fresh"], "what is fresh is printed")
        await until(lambda: [one["paper"] for one in floor.of_type("telemetry")] == ["out", "low"], "how much is left")
    assert paper.jobs == [paper_of("A002")]


@pytest.mark.parametrize(
    ("status", "reason"), [(OUT, "paper_out"), (COVER_OPEN, "cover_open"), (b"\x52\x12", "printer_fault")]
)
async def test_a_usb_printer_that_cannot_print_gets_nothing_until_it_can(
    status: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = plugged_in(monkeypatch, status)
    printer = open_printer("usb://0416:5011")
    with pytest.raises(PrinterUnavailable, match=reason):
        await printer.send(JOB)
    with pytest.raises(PrinterUnavailable, match=reason):
        await printer.ask()
    assert port.received == b""
    port.status = LOW
    await printer.send(JOB)
    assert (bytes(port.received), printer.status) == (JOB, PrinterStatus(Paper.LOW))


async def test_a_usb_printer_that_stops_within_a_job_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    port = plugged_in(monkeypatch, FINE)
    port.takes_nothing = True
    written = port.write

    def opens(endpoint: int, data: bytes, timeout_ms: int) -> int:
        try:
            return written(endpoint, data, timeout_ms)
        except usb.core.USBTimeoutError:
            port.status = COVER_OPEN
            raise

    monkeypatch.setattr(port, "write", opens)
    with pytest.raises(PrinterUnavailable) as caught:
        await open_printer("usb://0416:5011").send(JOB)
    assert caught.value.reason == "cover_open"


async def test_a_silent_usb_printer_is_printed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    port = plugged_in(monkeypatch, None)
    printer = open_printer("usb://0416:5011")
    await printer.send(JOB)
    assert (bytes(port.received), printer.status) == (JOB, None)


@pytest.mark.parametrize(
    ("status", "reason"), [(OUT, "paper_out"), (COVER_OPEN, "cover_open"), (b"\x52\x12", "printer_fault")]
)
async def test_a_serial_printer_that_cannot_print_gets_nothing_until_it_can(status: bytes, reason: str) -> None:
    with SerialPaper(status) as port:
        printer = open_printer(port.address)
        with pytest.raises(PrinterUnavailable, match=reason):
            await printer.send(JOB)
        with pytest.raises(PrinterUnavailable, match=reason):
            await printer.ask()
        assert port.received == b""
        port.status = LOW
        await printer.send(JOB)
        await until(lambda: port.received == JOB, "the job came over the line")
        assert printer.status == PrinterStatus(Paper.LOW)


async def test_a_serial_printer_that_stops_within_a_job_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "SEND_S_MAX", 0.3)
    with SerialPaper(FINE) as port:
        port.stops_after = 1000
        printer = open_printer(port.address)
        looks = printer._look

        def look() -> None:
            port.reads.set()
            looks()

        monkeypatch.setattr(printer, "_look", look)
        with pytest.raises(PrinterUnavailable) as caught:
            await printer.send(JOB * 20)
    assert caught.value.reason == "cover_open"


async def test_a_silent_serial_printer_is_printed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "STATUS_S_MAX", 0.1)
    with SerialPaper(None) as port:
        printer = open_printer(port.address)
        await printer.send(JOB)
        await until(lambda: port.received == JOB, "the job came over the line")
        assert printer.status is None


async def test_a_network_printer_that_stops_within_a_job_says_why(
    paper: TcpPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printers, "SEND_S_MAX", 0.3)
    monkeypatch.setattr(printers, "CLOSE_S_MAX", 0.3)
    printer = open_printer(paper.address)
    paper.status = FINE
    await printer.send(JOB)
    paper.stops_with = COVER_OPEN
    looks = printer._look

    def look() -> None:
        paper.unjam()
        looks()

    monkeypatch.setattr(printer, "_look", look)
    with pytest.raises(PrinterUnavailable) as caught:
        await printer.send(JOB * 200)
    assert caught.value.reason == "cover_open"


async def test_an_idle_machine_tells_the_floor_of_paper_cover_and_a_new_roll(
    paper: TcpPrinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anybody takes a number: nothing is printed here but one ticket."""
    shorten_pauses(monkeypatch)
    monkeypatch.setattr(machines, "LOOK_S", 0.05)
    paper.status = FINE

    def told(*names: str) -> list[tuple[object, ...]]:
        return [tuple(one.get(name) for name in names) for one in floor.of_type("telemetry")]

    async with (
        mosquitto(tmp_path / "broker") as broker,
        controller(broker) as floor,
        TicketMachine(line(broker, DEVICE), open_printer(paper.address), roll_mm=30_000) as program,
    ):
        await floor.online(DEVICE)
        await until(lambda: told("paper", "paper_reason", "printer") == [("ok", "sensor", "ready")], "all is well")
        await floor.print_job(DEVICE, "r1", paper_of("A001"))
        await until(lambda: floor.confirmed() == ["r1"], "a ticket")
        assert program.readings()["paper_sheets"] == 1
        paper.status = COVER_OPEN
        await until(lambda: told("paper", "printer")[-1] == ("ok", "cover_open"), "its cover is open")
        paper.status = OUT
        await until(lambda: told("paper", "printer")[-1] == ("out", "paper_out"), "its paper is out")
        paper.status = FINE
        await until(lambda: told("paper", "paper_left_mm")[-1] == ("ok", 30_000), "a new roll is a whole one")
        await asyncio.to_thread(paper.switch_off)
        await until(lambda: told("printer")[-1] == ("unreachable",), "it is switched off")
        paper.switch_on()
        await until(lambda: told("printer")[-1] == ("ready",), "and on again")


async def test_a_counted_roll_is_remembered_gets_low_and_is_whole_by_a_command(
    paper: TcpPrinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_pauses(monkeypatch)
    file = tmp_path / "memory.sqlite3"
    sheet_mm = decode(paper_of("A001")).length_mm
    async with mosquitto(tmp_path / "broker") as broker, controller(broker) as floor:

        def machine(memory: Memory) -> TicketMachine:
            printer = open_printer(f"{paper.address}?status=off")
            return TicketMachine(line(broker, DEVICE, memory), printer, roll_mm=2 * sheet_mm)

        with Memory(file) as memory:
            async with machine(memory):
                await floor.online(DEVICE)
                await floor.print_job(DEVICE, "r1", paper_of("A001"))
                await until(lambda: floor.of_type("telemetry"), "the first paper is counted")
        assert floor.of_type("telemetry")[0].items() >= {"paper": "ok", "paper_reason": "counted"}.items()
        with Memory(file) as memory:
            async with machine(memory) as program:
                assert program.readings()["paper_sheets"] == 1, "over a restart"
                await floor.online(DEVICE)
                await floor.print_job(DEVICE, "r2", paper_of("A001"))
                await until(lambda: floor.of_type("telemetry")[-1]["paper"] == "low", "the roll is nearly used up")
                await floor.command(DEVICE, "new_roll")
                await until(lambda: floor.of_type("telemetry")[-1]["paper"] == "ok", "somebody put in a new one")
                await program.new_roll()
    assert floor.of_type("telemetry")[-1]["paper_sheets"] == 0

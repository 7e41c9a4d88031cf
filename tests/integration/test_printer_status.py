"""Printers that say how they are: a network printer and a ticket machine before one, with an open cover or no paper."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices import printer as printers
from devices.agent.ticket_machine import TicketMachine
from devices.printer import PrinterUnavailable, open_printer
from devices.printer_status import Paper, PrinterStatus
from tests.integration.test_printer import JOB, arrives
from tests.support.mosquitto import mosquitto, until
from tests.support.printer9100 import TcpPrinter
from tests.support.scripted_controller import controller, line, paper_of, shorten_pauses

FINE, LOW, OUT, COVER_OPEN = b"\x12\x12", b"\x12\x1e", b"\x32\x72", b"\x16\x12"
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

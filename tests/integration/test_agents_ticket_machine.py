"""The ticket machine against a real Mosquitto, a scripted controller and a real TCP printer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.agent import ticket_machine as machines
from devices.agent.memory import JobState, Memory
from devices.agent.ticket_machine import TicketMachine
from devices.printer import Printer, open_printer
from tests.support.mosquitto import Mosquitto, mosquitto, until
from tests.support.printer9100 import TcpPrinter
from tests.support.scripted_controller import Controller, always, controller, line, paper_of, shorten_pauses

DEVICE = "ticket-machine-1"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path / "broker") as started:
        yield started


@pytest.fixture
async def floor(broker: Mosquitto) -> AsyncIterator[Controller]:
    async with controller(broker) as side:
        yield side


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_pauses(monkeypatch)


@pytest.fixture
async def paper() -> AsyncIterator[TcpPrinter]:
    printer = TcpPrinter()
    printer.switch_on()
    yield printer
    await asyncio.to_thread(printer.switch_off)


def machine(broker: Mosquitto, paper: TcpPrinter, memory: Memory | None = None) -> TicketMachine:
    return TicketMachine(line(broker, DEVICE, memory), open_printer(paper.address))


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\xfe", b"[1]", b'"text"', b"null", b'{"event": 7, "ok": 1}'])
async def test_garbage_is_survived(garbage: bytes, broker: Mosquitto, floor: Controller, paper: TcpPrinter) -> None:
    async with machine(broker, paper) as program:
        await floor.online(DEVICE)
        for name in ("reply", "command", "state"):
            await floor.publish(DEVICE, name, garbage)
        assert (await program.take_ticket(["pension"])).ok


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"job": 7, "escpos": ""},
        {"job": "r1", "escpos": "not base64!"},
        {"job": "r1", "escpos": "§"},
        {"job": "r1", "escpos": ""},
        {"job": "", "escpos": "aGk="},
        {"job": "r1", "escpos": "aGk=", "expires_at": "soon"},
        {"job": "r1", "escpos": "aGk=", "expires_at": "2026-03-02T09:00:00"},
    ],
)
async def test_a_malformed_job_is_dropped_and_the_next_one_printed(
    members: dict[str, object], broker: Mosquitto, floor: Controller, paper: TcpPrinter
) -> None:
    async with machine(broker, paper):
        await floor.online(DEVICE)
        await floor.command(DEVICE, "print", **members)
        await floor.command(DEVICE, "dance")
        await floor.print_job(DEVICE, "r2", paper_of("A002"))
        await until(lambda: floor.confirmed() == ["r2"], "the sound job is printed")
    assert paper.jobs == [paper_of("A002")]


async def test_a_ticket_and_its_paper(broker: Mosquitto, floor: Controller, paper: TcpPrinter) -> None:
    floor.answer = always(number="A003")
    async with machine(broker, paper) as program:
        reply = await program.take_ticket(["pension", "medical"], "green")
        assert reply.body["number"] == "A003"
        await floor.print_job(DEVICE, "r1", paper_of("A003"))
        await asyncio.wait_for(program.idle(), 30)
        await until(lambda: floor.confirmed() == ["r1"], "the paper is confirmed")
    (asked,) = {(event["type"], tuple(event["services"]), event["lane"]) for event in floor.of_type("ticket_requested")}
    assert asked == ("ticket_requested", ("pension", "medical"), "green")
    (receipt,) = paper.receipts
    assert "A003" in receipt.text
    assert receipt.qr_texts(32) == ["http://127.0.0.1:8000/t/demo.A003"]
    assert floor.failed() == []


async def test_a_booking_is_checked_in_once_on_paper(broker: Mosquitto, floor: Controller, paper: TcpPrinter) -> None:
    floor.answer = always(number="A003", receipt="requested")
    async with machine(broker, paper) as program:
        assert (await program.check_in("01234567")).body["number"] == "A003"
        await floor.print_job(DEVICE, "r1", paper_of("A003"))
        await asyncio.wait_for(program.idle(), 30)
        floor.answer = always(number="A003", receipt="printed")
        assert (await program.check_in("01234567")).ok
        await asyncio.wait_for(program.idle(), 30)
    assert {event["appointment"] for event in floor.of_type("appointment_checked_in")} == {"01234567"}
    assert len(paper.receipts) == 1


async def test_a_job_offered_again_is_confirmed_not_printed_again(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter
) -> None:
    async with machine(broker, paper):
        await floor.online(DEVICE)
        for _ in range(5):
            await floor.print_job(DEVICE, "r1", paper_of("A001"))
        await until(lambda: floor.confirmed() == ["r1"], "the paper is confirmed")
        confirmations = len(floor.of_type("receipt_printed"))
        await floor.print_job(DEVICE, "r1", paper_of("A001"))
        await until(lambda: len(floor.of_type("receipt_printed")) > confirmations, "it is confirmed once more")
        await floor.print_job(DEVICE, "r2", paper_of("A002"))
        await until(lambda: floor.confirmed() == ["r1", "r2"], "the next one is printed")
    assert paper.jobs == [paper_of("A001"), paper_of("A002")]
    assert len({event["id"] for event in floor.of_type("receipt_printed")}) == 2


async def test_a_printer_gone_and_back(broker: Mosquitto, floor: Controller, paper: TcpPrinter) -> None:
    await asyncio.to_thread(paper.switch_off)
    async with machine(broker, paper):
        await floor.online(DEVICE)
        for number in (1, 2, 3):
            await floor.print_job(DEVICE, f"r{number}", paper_of(f"A00{number}"))
        await until(lambda: len(floor.failed()) == 3, "the floor knows of every job")
        assert {reason for _, reason in floor.failed()} == {"unreachable"}
        assert floor.confirmed() == []
        paper.switch_on()
        await until(lambda: len(floor.confirmed()) == 3, "the paper comes when the printer is back")
    assert paper.jobs == [paper_of(f"A00{number}") for number in (1, 2, 3)]
    assert len(floor.failed()) == 3


async def test_a_job_torn_by_a_pulled_cable_is_printed_whole(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter
) -> None:
    paper.drop_after_bytes = 1
    async with machine(broker, paper):
        await floor.online(DEVICE)
        await floor.print_job(DEVICE, "r1", paper_of("A001"))
        await until(floor.failed, "the floor knows")
        paper.drop_after_bytes = None
        await until(lambda: floor.confirmed() == ["r1"], "printed")
    assert paper.jobs == [paper_of("A001")]
    assert floor.failed()[0][0] == "r1"


async def test_a_job_too_old_is_not_printed_and_reported_once(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter
) -> None:
    async with machine(broker, paper):
        await floor.online(DEVICE)
        await floor.print_job(DEVICE, "old", paper_of("A001"), lives_s=-1)
        await until(lambda: floor.failed() == [("old", "expired")], "the floor knows")
        await floor.print_job(DEVICE, "new", paper_of("A002"))
        await until(lambda: floor.confirmed() == ["new"], "the new one is printed")
    assert paper.jobs == [paper_of("A002")]


async def test_a_job_grows_too_old_while_the_printer_is_away(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter
) -> None:
    await asyncio.to_thread(paper.switch_off)
    async with machine(broker, paper) as program:
        await floor.online(DEVICE)
        await floor.print_job(DEVICE, "r1", paper_of("A001"), lives_s=3)
        await until(lambda: floor.failed() == [("r1", "unreachable")], "the floor knows")
        await asyncio.wait_for(program.idle(), 30)
        paper.switch_on()
        await floor.print_job(DEVICE, "r2", paper_of("A002"))
        await until(lambda: floor.confirmed() == ["r2"], "the next one is printed")
    assert paper.jobs == [paper_of("A002")]
    assert floor.failed() == [("r1", "unreachable")]


async def test_too_many_jobs_are_not_hoarded(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "WAITING_MAX", 3)
    await asyncio.to_thread(paper.switch_off)
    async with machine(broker, paper):
        await floor.online(DEVICE)
        for number in range(6):
            await floor.print_job(DEVICE, f"r{number}", paper_of(f"A00{number}"))
        await until(lambda: len(floor.failed()) == 3, "the first ones are known")
        paper.switch_on()
        await until(lambda: len(floor.confirmed()) == 3, "and printed")
        await floor.print_job(DEVICE, "r5", paper_of("A005"))
        await until(lambda: len(floor.confirmed()) == 4, "one offered again is taken then")
    assert floor.confirmed() == ["r0", "r1", "r2", "r5"]


class WritesRefused:
    """A memory whose disk refuses writes meanwhile."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def start(self) -> None:
        self.memory._connection.execute("PRAGMA query_only = ON")

    def end(self) -> None:
        self.memory._connection.execute("PRAGMA query_only = OFF")


async def test_a_machine_that_cannot_remember_does_not_print_until_it_can(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter
) -> None:
    with Memory(None) as memory:
        async with machine(broker, paper, memory):
            refused = WritesRefused(memory)
            refused.start()
            await floor.online(DEVICE)
            await floor.print_job(DEVICE, "r1", paper_of("A001"))
            await until(lambda: floor.failed() == [("r1", "memory_unavailable")], "the floor knows")
            assert paper.jobs == []
            refused.end()
            await until(lambda: floor.confirmed() == ["r1"], "printed")
    assert paper.jobs == [paper_of("A001")]


async def test_paper_that_could_not_be_remembered_is_not_printed_again(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Memory(None) as memory:
        refused = WritesRefused(memory)
        sent = Printer.send

        async def send_and_fill_the_disk(self: Printer, data: bytes) -> None:
            await sent(self, data)
            refused.start()

        monkeypatch.setattr(Printer, "send", send_and_fill_the_disk)
        monkeypatch.setattr(machines, "RETRY_S_MAX", 0.05)
        async with machine(broker, paper, memory) as program:
            await floor.online(DEVICE)
            await floor.print_job(DEVICE, "r1", paper_of("A001"))
            await until(lambda: paper.jobs, "printed")
            await until(lambda: program._jobs and program._jobs["r1"].on_paper, "not remembered")
            await asyncio.to_thread(refused.end)
            await until(lambda: floor.confirmed() == ["r1"], "remembered when the disk is back")
            assert memory.state("r1") is JobState.PRINTED
    assert paper.jobs == [paper_of("A001")]
    assert floor.failed() == []


async def test_a_stopping_machine_finishes_the_job_at_the_printer(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter, tmp_path: Path
) -> None:
    with Memory(tmp_path / "memory.sqlite3") as memory:
        paper.jam()
        async with machine(broker, paper, memory):
            await floor.online(DEVICE)
            await floor.print_job(DEVICE, "r1", paper_of("A001") * 20)
            await until(lambda: memory.state("r1") is JobState.PRINTING, "at the printer")
            paper.unjam()
        assert memory.state("r1") is JobState.PRINTED
        await until(lambda: floor.confirmed() == ["r1"], "confirmed before leaving")


async def test_a_ticket_can_be_returned_and_reprinted(broker: Mosquitto, floor: Controller, paper: TcpPrinter) -> None:
    async with machine(broker, paper) as program:
        await program.return_ticket("0123456789abcdef")
        await program.reprint("0123456789abcdef")
    kinds = [(event["type"], event["ticket"]) for _, event in floor.events]
    assert kinds == [("return_requested", "0123456789abcdef"), ("reprint_requested", "0123456789abcdef")]


async def test_a_machine_with_nothing_left_in_doubt_goes_on_working(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter
) -> None:
    """The report of what an earlier run left is a duty that ends: the machine doesn't end with it."""
    async with machine(broker, paper) as program:
        ended = asyncio.create_task(program.ended())
        await floor.online(DEVICE)
        assert (await program.take_ticket(["pension_certification"])).ok
        assert not ended.done()
        await floor.command(DEVICE, "reboot")
        await asyncio.wait_for(ended, 30)

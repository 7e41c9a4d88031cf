"""What a hall depends on goes away and comes back: clear errors, nothing acknowledged is lost, no restart needed."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from devices.agent import link as links
from devices.agent.link import Link
from devices.agent.ticket_machine import TicketMachine
from devices.agent.wire import Broker
from devices.printer import open_printer
from tests.support.controller_process import ControllerProcess, controller_process
from tests.support.device_program import device_program
from tests.support.disk import NoDisk, SmallDisk
from tests.support.hall_client import HallClient, Problem
from tests.support.hall_plan import HALL, INSURANCE, PENSION, write_plan
from tests.support.mosquitto import until
from tests.support.printer9100 import TcpPrinter
from tests.support.scripted_controller import worth
from tests.support.stream_checker import assert_sound
from tests.support.wall_display import WallDisplay, board_path, wall_display

MACHINE = "kiosk-1"
BROKER_KILLS = 3
DISK_MB = 64
TICKETS_MAX = 3000
VOICE_WORKER = "devices.voice_worker"
ENGINE_FILES = ("libespeak-ng.so.1", "libespeak.so.1")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the devices' pauses: what they are for doesn't change with their length."""
    for name, seconds in (
        ("REPEAT_S_MIN", 0.2),
        ("REPEAT_S_MAX", 1.0),
        ("RECONNECT_S_MIN", 0.05),
        ("RECONNECT_S_MAX", 0.3),
    ):
        monkeypatch.setattr(links, name, seconds)
    worth(monkeypatch, "ticket_requested", 60.0)


@contextlib.asynccontextmanager
async def machine(mqtt: str, printer: TcpPrinter) -> AsyncIterator[TicketMachine]:
    """Run a ticket machine in this process."""
    async with TicketMachine(Link(HALL, MACHINE, Broker.parse(mqtt)), open_printer(printer.address)) as running:
        yield running


# --- the broker -----------------------------------------------------------------------------------------------------


async def test_the_broker_killed_and_back(controller: ControllerProcess, hall: HallClient) -> None:
    numbers: list[str] = []
    with TcpPrinter() as printer:
        async with machine(controller.mqtt, printer) as kiosk:
            for _ in range(BROKER_KILLS):
                asked = [asyncio.create_task(kiosk.take_ticket([INSURANCE])) for _ in range(4)]
                await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
                killed = controller.broker()
                assert killed is not None
                killed.send_signal(signal.SIGKILL)
                numbers.append((await hall.ticket(PENSION))["number"])
                numbers += [reply.body["number"] for reply in await asyncio.gather(*asked)]
                await until(lambda pid=killed.pid: is_other(controller.broker(), pid), "another broker runs")
                await hall.until_metric_is("broker_up", 1)
                await hall.until_ready()
            await kiosk.idle()
            await hall.until_event("ReceiptPrinted", 4 * BROKER_KILLS)
        assert len(printer.jobs) == 4 * BROKER_KILLS
    rows = await hall.stream()
    assert_sound(rows)
    assert sorted(numbers) == [f"A{serial:03d}" for serial in range(1, 5 * BROKER_KILLS + 1)]


def is_other(process: psutil.Process | None, pid: int) -> bool:
    return process is not None and process.pid != pid


# --- the printer ----------------------------------------------------------------------------------------------------


async def test_the_printer_gone_and_back(controller: ControllerProcess, hall: HallClient, tmp_path: Path) -> None:
    with TcpPrinter() as printer:
        await asyncio.to_thread(printer.switch_off)
        options = ("--printer", printer.address)
        async with device_program(
            "ticket-machine", MACHINE, controller.mqtt, *options, memory=tmp_path / "kiosk.sqlite3"
        ) as kiosk:
            reply = await kiosk.type(INSURANCE)
            assert reply["ok"] is True
            failed = await kiosk.happening("not_printed")
            assert failed["reason"] == "unreachable"
            (event,) = await hall.until_event("ReceiptFailed", job=failed["not_printed"])
            assert event["reason"] == "unreachable"
            ticket = await hall.ask("GET", f"/tickets/{reply['ticket']}")
            assert (ticket["state"], ticket["receipt"], ticket["number"]) == ("waiting", "failed", "A001")
            assert await hall.metric("receipt_jobs", state="failed") == 1
            printer.switch_on()
            await kiosk.happening("printed")
            assert (await kiosk.type(f"reprint {reply['ticket']}"))["ok"] is True
            await kiosk.happening("printed", 2)
        late, again = printer.receipts
        assert late.text.split("\n").count("A001") == again.text.split("\n").count("A001") == 1
        assert "(补打)" not in late.text
        assert "(补打)" in again.text
        await hall.until_event("ReceiptPrinted", 2)
        assert (await hall.ask("GET", f"/tickets/{reply['ticket']}"))["receipt"] == "printed"
        await hall.open_windows("1")
        assert (await hall.at_window("1", "next"))["ticket"] == reply["ticket"]


# --- the disk -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Disk:
    """Where the controller keeps its data, and how that is filled and freed."""

    data: Path
    fill: Callable[[int], None]
    free: Callable[[int], None]


@pytest.fixture(params=["full disk", "file limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """A disk of its own that can be filled; or, and wherever none may be mounted, a limit on the size of files."""
    with contextlib.ExitStack() as stack:
        if request.param == "full disk":
            with contextlib.suppress(NoDisk):
                small = SmallDisk(DISK_MB)
                stack.callback(small.remove)
                yield Disk(small.folder / "data", lambda _: small.fill(), lambda _: small.free())
                return
        yield Disk(tmp_path / "data", lambda pid: limit_files(pid, 1), lambda pid: limit_files(pid, None))


def limit_files(pid: int, size: int | None) -> None:
    """Let a process and what it starts write no file beyond a size; ``None`` takes the limit away."""
    _, hard = psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE)
    psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE, (hard if size is None else size, hard))


async def test_a_disk_that_refuses_writes(disk: Disk, tmp_path: Path) -> None:
    with TcpPrinter() as printer:
        async with (
            controller_process(tmp_path, write_plan(tmp_path), data=disk.data) as controller,
            HallClient(controller.http) as hall,
            machine(controller.mqtt, printer) as kiosk,
            wall_display(controller.http, board_path("tv-1")) as wall,
        ):
            await hall.open_windows("1")
            first = await kiosk.take_ticket([INSURANCE])
            await kiosk.idle()
            disk.fill(controller.pid)
            promised = [first.body, *await until_refused(hall)]
            await hall.until_ready(ready=False)
            before = await hall.state()
            for path, body in (("/tickets", {"services": [PENSION]}), ("/windows/1/next", {})):
                with pytest.raises(Problem) as caught:
                    await hall.ask("POST", path, body)
                assert (caught.value.status, caught.value.code) == (503, "log_unavailable")
            await hall.until_metric_is("log_up", 0)
            asked = asyncio.create_task(kiosk.take_ticket([PENSION]))
            await hall.until_metric("mqtt_events_total", 1, result="unavailable")
            assert not asked.done()
            state = await hall.state()
            assert {name: state[name] for name in ("seq", "waiting")} == {
                name: before[name] for name in ("seq", "waiting")
            }
            pid = controller.pid
            disk.free(pid)
            promised.append((await asked).body)
            promised.append(await hall.ticket(PENSION))
            await hall.until_ready()
            await hall.until_metric_is("log_up", 1)
            await kiosk.idle()
            assert controller.pid == pid
            assert_sound(rows := await hall.stream())
            kept = {row["data"]["ticket"]: row["data"]["number"] for row in rows if row["type"] == "TicketIssued"}
            assert kept == {ticket["ticket"]: ticket["number"] for ticket in promised}
            await until(lambda: wall.board["waiting"] == len(promised), "the wall knows them")
            assert (await hall.at_window("1", "next"))["ticket"] == promised[0]["ticket"]
            await controller.kill()
            await controller.start()
            assert (await hall.stream())[: len(rows)] == rows


async def until_refused(hall: HallClient) -> list[dict[str, Any]]:
    """Take tickets until one can't be saved; the log has room of its own for a few."""
    promised: list[dict[str, Any]] = []
    while len(promised) < TICKETS_MAX:
        try:
            promised.append(await hall.ticket(PENSION))
        except Problem as problem:
            if problem.code == "log_unavailable":
                return promised
            raise
    raise AssertionError(f"a full disk took {TICKETS_MAX} tickets")


# --- the voice ------------------------------------------------------------------------------------------------------


async def test_a_hall_without_a_voice_calls_all_the_same(tmp_path: Path) -> None:
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    for name in ENGINE_FILES:  # no libraries, though of that name: the loader gives up
        (libraries / name).write_bytes(b"")
    async with (
        controller_process(
            tmp_path, write_plan(tmp_path), environment={"LD_LIBRARY_PATH": str(libraries)}
        ) as controller,
        HallClient(controller.http) as hall,
        wall_display(controller.http, board_path("tv-1")) as wall,
    ):
        await call(hall, wall, "A001")
        await until(lambda: wall.announcements, "it is announced to be read")
        said = wall.announcements[0]
        assert (said["text"], said["audio"]) == ("请A零零一号到一号窗口", None)
        await hall.until_metric_is("voice_up", 0)
        await hall.until_metric("voice_failures_total", 1)
        await hall.until_ready()
        for name in ENGINE_FILES:
            (libraries / name).unlink()
        await until_heard(hall, wall.announcements)
        await hall.until_metric_is("voice_up", 1)


async def test_an_engine_that_hangs_holds_up_nothing(controller: ControllerProcess, hall: HallClient) -> None:
    async with wall_display(controller.http, board_path("tv-1")) as wall:
        await call(hall, wall, "A001")
        await until(lambda: wall.announcements, "the first call is announced")
        assert wall.announcements[0]["audio"] is not None
        (worker,) = controller.children(VOICE_WORKER)
        worker.send_signal(signal.SIGSTOP)
        await hall.at_window("1", "finish")
        await call(hall, wall, "A002")
        await until(lambda: len(wall.announcements) == 2, "the second call is announced to be read")
        assert (wall.announcements[1]["text"], wall.announcements[1]["audio"]) == ("请A零零二号到一号窗口", None)
        await hall.until_metric_is("voice_up", 0)
        await hall.until_ready()
        await until_heard(hall, wall.announcements)
        await hall.until_metric_is("voice_up", 1)


async def call(hall: HallClient, wall: WallDisplay, number: str) -> None:
    """Call a new ticket to window 1, and see it on the wall."""
    await hall.ticket(INSURANCE)
    if (await hall.state())["windows"][0]["status"] == "closed":
        await hall.open_windows("1")
    assert (await hall.at_window("1", "next"))["number"] == number
    await until(lambda: wall.live and [each["number"] for each in wall.board["calls"][:1]] == [number], "shown")


async def until_heard(hall: HallClient, announcements: list[dict[str, Any]]) -> None:
    """Repeat the call at window 1, as a clerk does, until it is heard again."""
    while announcements[-1]["audio"] is None:
        count = len(announcements)
        await hall.at_window("1", "recall")
        await until(lambda seen=count: len(announcements) > seen, "the call is announced once more")

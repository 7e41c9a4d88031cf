"""The controller killed at random moments, under load: what was promised is kept, and nothing happens twice."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from devices.agent import link as links
from devices.agent import ticket_machine as machines
from devices.printer import Printer
from tests.support.busy_hall import BusyHall, Kiosk, busy_hall
from tests.support.controller_process import ControllerProcess, controller_process
from tests.support.hall_client import HallClient
from tests.support.hall_plan import INSURANCE, WINDOWS, write_plan
from tests.support.mosquitto import mosquitto, until
from tests.support.scripted_controller import worth
from tests.support.stream_checker import Row, StreamFloor, assert_sound, data_of, twice
from tests.support.wall_display import WallDisplay, board_path, led_path, wall_display

SEED = 20260302
KIOSKS, BROWSERS = 8, 2
MOMENT_S_MAX = 1.0
END_S_MAX = 60.0
REBOOT_EVERY = 5


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the devices' pauses: what they are for doesn't change with their length."""
    for module, name, seconds in (
        (links, "REPEAT_S_MIN", 0.2),
        (links, "REPEAT_S_MAX", 1.0),
        (links, "RECONNECT_S_MIN", 0.05),
        (links, "RECONNECT_S_MAX", 0.3),
        (machines, "RETRY_S_MIN", 0.05),
        (machines, "RETRY_S_MAX", 0.2),
    ):
        monkeypatch.setattr(module, name, seconds)
    worth(monkeypatch, "ticket_requested", 60.0)


class Witness:
    """Reads the stream as it grows, and compares what displays show with it.

    Attributes:
        rows: the day so far.
    """

    def __init__(self, hall: HallClient, displays: list[WallDisplay], signs: list[WallDisplay]) -> None:
        self._hall = hall
        self._displays = displays
        self._seen = [(display, StreamFloor()) for display in (*displays, *signs)]
        self._numbers: dict[str, str] = {}
        self.rows: list[Row] = []

    async def look(self) -> None:
        """See that every display has come back, and shows the floor as it was at the event that it names."""
        for display, _ in self._seen:
            await until(lambda one=display: one.live, "the display has come back")
        boards = [display.board for display, _ in self._seen]
        news = await self._hall.stream(after=len(self.rows))
        self.rows += news
        self._numbers |= {data["ticket"]: data["number"] for data in data_of(news, "TicketIssued")}
        for (_, floor), board in zip(self._seen, boards, strict=True):
            floor.advance(self.rows, board["seq"])
            if "bitmap" in board:
                floor.assert_shown_on_sign(board, self._numbers)
            else:
                floor.assert_shown(board)

    async def look_at_last(self) -> None:
        """See that the displays show the floor as it is now that nobody moves any more."""
        state = await self._hall.state()
        for display in self._displays:
            await until(lambda one=display: one.board["waiting"] == state["waiting"], "the last board")
            shown = {name: display.board[name] for name in ("waiting", "waiting_by_service", "windows", "calls")}
            assert shown == {name: state[name] for name in shown}
        before = self.rows
        self.rows = await self._hall.stream()
        assert self.rows[: len(before)] == before, "what had happened has changed"


@contextlib.asynccontextmanager
async def started(kind: str, folder: Path) -> AsyncIterator[ControllerProcess]:
    """Run a controller with a broker of its own, or with one that outlives it."""
    async with AsyncExitStack() as stack:
        broker = None
        if kind == "broker that stays":
            outside = await stack.enter_async_context(mosquitto(folder / "broker"))
            broker = f"mqtt://127.0.0.1:{outside.port}"
        yield await stack.enter_async_context(controller_process(folder, write_plan(folder), broker=broker))


@pytest.mark.timeout(900)  # for a machine that has much else to do
@pytest.mark.parametrize(("kind", "rounds"), [("managed broker", 50), ("broker that stays", 10)])
async def test_killed_at_random_moments_under_load(kind: str, rounds: int, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    async with AsyncExitStack() as stack:
        controller = await stack.enter_async_context(started(kind, tmp_path))
        hall = await stack.enter_async_context(HallClient(controller.http))
        busy = await stack.enter_async_context(
            busy_hall(controller.http, controller.mqtt, tmp_path, kiosks=KIOSKS, browsers=BROWSERS, windows=WINDOWS)
        )
        await hall.open_windows(*WINDOWS)
        paths = [board_path("tv-1"), board_path("tv-9"), led_path("1")]
        tv, other, sign = [await stack.enter_async_context(wall_display(controller.http, path)) for path in paths]
        witness = Witness(hall, [tv, other], [sign])
        busy.begin(SEED)
        for number in range(rounds):
            await asyncio.sleep(chance.uniform(0, MOMENT_S_MAX))
            busy.check()
            await controller.kill()
            if number % REBOOT_EVERY == 0:
                busy.reboot(chance.choice(busy.kiosks))
            await controller.start()
            await witness.look()
        await busy.end(END_S_MAX)
        await all_receipts_done(hall)
        await busy.leave(END_S_MAX)
        await witness.look_at_last()
    assert_kept(busy, witness.rows)
    assert min(display.connections for display in (tv, other, sign)) >= rounds


async def all_receipts_done(hall: HallClient) -> None:
    """Wait until every receipt that was asked for is confirmed."""
    await hall.until_metric_is("receipt_jobs", 0, within_s=END_S_MAX, state="requested")
    assert await hall.metric("receipt_jobs", state="failed") == 0


def assert_kept(busy: BusyHall, rows: list[Row]) -> None:
    """Compare what everybody was promised with the day's stream, and both with the paper."""
    assert_sound(rows)
    issued = {data["ticket"]: data for data in data_of(rows, "TicketIssued")}
    promised = busy.promised
    assert all(one.promised for one in (*busy.kiosks, *busy.browsers)), "somebody got no ticket at all"
    assert twice(ticket["ticket"] for ticket in promised) == []
    for ticket in promised:
        kept = issued[ticket["ticket"]]
        assert {name: kept[name] for name in ("number", "token", "ahead")} == {
            name: ticket[name] for name in ("number", "token", "ahead")
        }
    called = {data["ticket"]: data["window"] for data in data_of(rows, "TicketCalled")}
    for clerk in busy.clerks:
        assert clerk.called, f"nobody was called at window {clerk.window}"
        assert all(called[ticket] == clerk.window for ticket, _ in clerk.called)
        assert all(issued[ticket]["number"] == number for ticket, number in clerk.called)
    assert_paper(busy, rows, issued)


def assert_paper(busy: BusyHall, rows: list[Row], issued: dict[str, Any]) -> None:
    """Every receipt asked for came out of its own machine, once."""
    requested = data_of(rows, "ReceiptRequested")
    wanted = {device: [] for device in (kiosk.device for kiosk in busy.kiosks)}
    for data in requested:
        wanted[data["device"]].append(issued[data["ticket"]]["number"])
    for kiosk in busy.kiosks:
        on_paper = [number_on(receipt.text, issued) for receipt in kiosk.printer.receipts]
        assert kiosk.printer.torn == []
        assert twice(on_paper) == [], f"{kiosk.device} printed a receipt twice"
        assert Counter(on_paper) == Counter(wanted[kiosk.device])
    assert {data["job"] for data in data_of(rows, "ReceiptPrinted")} == {data["job"] for data in requested}
    offers = sum((kiosk.offers for kiosk in busy.kiosks), Counter[str]())
    assert max(offers.values()) > 1, "no job was ever offered again: the kills came at no bad moment"


def number_on(paper: str, issued: dict[str, Any]) -> str:
    """Return the ticket number on a receipt."""
    numbers = {data["number"] for data in issued.values()}
    (found,) = numbers & set(paper.split("\n"))
    return found


async def test_an_unconfirmed_receipt_is_offered_again_and_printed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, at_the_printer, go_on = Printer.send, asyncio.Event(), asyncio.Event()

    async def send_when_allowed(self: Printer, data: bytes) -> None:
        at_the_printer.set()
        await go_on.wait()
        await sent(self, data)

    monkeypatch.setattr(Printer, "send", send_when_allowed)
    async with (
        controller_process(tmp_path, write_plan(tmp_path)) as controller,
        HallClient(controller.http) as hall,
    ):
        kiosk = Kiosk("kiosk-1", controller.mqtt, tmp_path / "kiosk-1.sqlite3")
        issued = await hall.ticket(INSURANCE, device=kiosk.device)
        await controller.kill()
        await controller.start()
        with kiosk.printer as paper:
            async with kiosk.program():
                await until(lambda: kiosk.offers.total() == 1, "the job is offered though the device came late")
                await at_the_printer.wait()
                await controller.kill()
                await controller.start()
                await until(lambda: kiosk.offers.total() == 2, "it is offered again, for nobody has confirmed it")
                await controller.kill()
                go_on.set()
                await until(lambda: len(paper.jobs) == 1, "it is printed while nobody is there to be told")
                await controller.start()
                await hall.until_event("ReceiptPrinted")
            await controller.kill()
            await controller.start()
            async with kiosk.program():
                await hall.until_metric_is("device_online", 1, device=kiosk.device)
                await hall.ticket(INSURANCE, device=kiosk.device)
                await until(lambda: len(paper.jobs) == 2, "the next one is printed")
        assert [receipt.text.split("\n").count("A001") for receipt in paper.receipts] == [1, 0]
    assert issued["receipt"] == "requested"
    assert len(kiosk.offers) == 2, "a job is offered under its own id each time"

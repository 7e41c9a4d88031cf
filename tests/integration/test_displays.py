"""Displays over real uvicorn and real WebSocket clients: the contract of ``/ws/v1/halls/…`` from outside."""

import asyncio
import contextlib
import resource
import time
from base64 import b64decode
from collections.abc import AsyncIterator

import pytest

from displays import hub as hubs
from displays import session as sessions
from displays.hub import HallNow, NoBoardYet
from displays.session import Ending
from tests.support.display_floor import MAIN, display_plan
from tests.support.display_hall import HALL, DisplayHall
from tests.support.display_server import DisplayServer, Screen, serving
from tests.support.mosquitto import until

CROWD = 1_000
CONNECTS_AT_ONCE = 50
OPEN_FILES = 4_096
LARGE_CHARS = 100_000


@pytest.fixture
def hall() -> DisplayHall:
    return DisplayHall()


@pytest.fixture
async def server(hall: DisplayHall) -> AsyncIterator[DisplayServer]:
    async with serving(hall.hub) as started:
        yield started


async def test_the_whole_board_comes_at_once_and_after_each_change_that_is_seen(
    hall: DisplayHall, server: DisplayServer
) -> None:
    async with server.display("tv-hall") as tv, server.display("2", kind="leds") as sign:
        first = await tv.has(hall.floor.seq)
        assert (first["type"], first["hall"], first["calls"], len(first["windows"])) == ("board", HALL, [], 4)
        await sign.has(hall.floor.seq)
        seq = hall.call("2")
        board, dots = await tv.has(seq), await sign.has(seq)
        assert [(call["number"], call["window"]) for call in board["calls"]] == [("A001", "2")]
        assert (dots["number"], dots["width"], dots["height"]) == ("A001", 128, 16)
        assert len(b64decode(dots["bitmap"])) == 128 * 16 // 8
        last = hall.call("1")
        await tv.has(last)
        assert [each["seq"] for each in sign.boards] == [first["seq"], seq]
    await until(lambda: hall.connected == {HALL: 0}, "both have left")
    assert server.endings == [Ending.LEFT] * 2
    assert not hall.dropped


@pytest.mark.parametrize(("place", "kind", "name"), [("elsewhere", "boards", "tv-1"), (HALL, "leds", "9")])
async def test_where_there_is_nothing_to_see_the_connection_is_closed_for_good(
    place: str, kind: str, name: str, server: DisplayServer
) -> None:
    async with server.display(name, kind=kind, hall=place) as screen:
        await screen.closed(4404)
        assert screen.got == []


async def test_without_a_board_the_display_is_asked_to_come_later(
    hall: DisplayHall, server: DisplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find(hall_id: str) -> HallNow | None:
        raise NoBoardYet

    with monkeypatch.context() as patch:
        patch.setattr(hall.hub, "_find", find)
        async with server.display("tv-1") as screen:
            await screen.closed(1013)
            assert screen.got == []
    async with server.display("tv-1") as screen:
        await screen.has(hall.floor.seq)


async def test_a_display_that_comes_back_hears_what_it_missed_once_and_one_alone_speaks(
    hall: DisplayHall, server: DisplayServer
) -> None:
    async with server.display("tv-main") as main, server.display("2", kind="leds") as sign:
        async with server.display("tv-loud") as loud:
            seq = hall.call("1")
            await loud.has(seq)
            hall.announce("c1-1", MAIN, audio="/audio/1.wav", gap_s=0.8)
            for screen in (main, sign, loud):
                await until(lambda screen=screen: screen.heard, "the first is heard")
        await until(lambda: hall.connected[HALL] == 2, "it is away")
        hall.announce("c2-1", MAIN)
        await until(lambda: len(main.heard) == 2, "the second is heard")
        async with server.display("tv-loud", after=seq) as back:
            await until(lambda: back.heard, "what it missed")
        async with server.display("tv-loud", after=seq) as again:
            hall.announce("c3-1", MAIN)
            await until(lambda: again.heard, "what is new")
    assert main.heard == [("c1-1", False), ("c2-1", True), ("c3-1", False)]
    assert {speak for _, speak in sign.heard} == {False}
    assert (loud.heard, back.heard, again.heard) == ([("c1-1", True)], [("c2-1", False)], [("c3-1", True)])
    first = next(message for message in loud.got if message["type"] == "announcement")
    wanted = {"seq": seq, "text": "c1-1", "audio": "/audio/1.wav", "repeat": 2, "gap_s": 0.8}
    assert {name: first[name] for name in wanted} == wanted


@contextlib.asynccontextmanager
async def crowd(server: DisplayServer, count: int) -> AsyncIterator[list[Screen]]:
    """Let many displays come."""
    async with contextlib.AsyncExitStack() as stack:
        screens: list[Screen] = []
        for first in range(0, count, CONNECTS_AT_ONCE):
            numbers = range(first, min(count, first + CONNECTS_AT_ONCE))
            coming = (stack.enter_async_context(server.display(f"tv-{number}")) for number in numbers)
            screens += await asyncio.gather(*coming)
        yield screens


async def test_a_thousand_displays_get_the_newest_board_and_no_call_waits_for_them(
    hall: DisplayHall, server: DisplayServer
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard), hard))
    try:
        async with crowd(server, CROWD) as screens:
            first = hall.floor.seq
            await until(lambda: all(screen.boards for screen in screens), "each has its board")
            assert hall.connected == {HALL: CROWD}
            for _ in range(10):
                last = hall.call("1")
            # Ten calls are published, and could be answered, before one display has heard of any.
            assert all(screen.boards[-1]["seq"] == first for screen in screens)
            await until(lambda: all(screen.boards[-1]["seq"] == last for screen in screens), "each has the newest")
            assert {len(screen.boards) for screen in screens} == {2}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    await until(lambda: len(hall.hub.displays(HALL)) == 0, "all have left")
    assert not hall.dropped


async def test_a_display_that_does_not_read_is_dropped_and_heals_while_the_others_get_everything(
    hall: DisplayHall, server: DisplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "LOOK_S", 0.05)
    monkeypatch.setattr(sessions, "SEND_S_MAX", 1.0)
    monkeypatch.setattr(sessions, "CLOSE_S_MAX", 0.2)
    board = hall.floor.board()
    sent = 0

    def publish_large() -> int:
        nonlocal sent
        sent += 1
        large = {**board, "seq": board["seq"] + sent, "notices": [{"text": f"{sent}" + "暂" * LARGE_CHARS}]}
        hall.hub.publish(HALL, large, hall.floor.plan)
        return int(large["seq"])

    async with server.display("tv-main") as quick, server.connection("tv-hall", max_queue=1) as slow:
        await quick.has(board["seq"])
        while Ending.SLOW not in server.endings:
            seq = publish_large()
            await quick.has(seq)
        assert [each["seq"] for each in quick.boards] == list(range(board["seq"], seq + 1))
        assert hall.dropped == {"slow": 1}
        late = Screen(slow)
        await asyncio.wait_for(late.read(), 30)
    held_bytes = len(late.boards) * LARGE_CHARS * 3
    assert late.code in {1013, 1006}  # a wire that was full until the end has no room for the goodbye
    assert held_bytes < 8_000_000, f"{len(late.boards)} of {sent} boards were held for a display that doesn't read"
    async with server.display("tv-hall", after=late.boards[-1]["seq"]) as healed:
        await healed.has(seq)
        assert len(healed.boards) == 1


async def test_a_display_that_floods_is_closed(hall: DisplayHall, server: DisplayServer) -> None:
    async with server.display("tv-hall") as other, server.display("tv-main") as flood:
        for _ in range(sessions.MESSAGES_MAX + 1):
            await flood.say("{")
        await flood.closed(1008)
        await other.has(hall.call("1"))
    assert hall.dropped == {"flooding": 1}


async def test_garbage_is_counted_and_survived(hall: DisplayHall, server: DisplayServer) -> None:
    garbage: list[str | bytes] = ["", "{", "null", '{"type":"shown","seq":"1"}', b"\x00\xff", "x" * 10_000]
    async with server.display("tv-hall") as tv:
        for each in garbage:
            await tv.say(each)
        await until(lambda: hall.malformed[HALL] == len(garbage), "all are counted")
        await tv.has(hall.call("1"))
    assert not hall.dropped


async def test_what_a_display_reports_is_measured_once_a_press(hall: DisplayHall, server: DisplayServer) -> None:
    async with server.display("tv-hall") as tv, server.display("1", kind="leds") as sign:
        await tv.has(hall.floor.seq)
        await sign.has(hall.floor.seq)
        for presses in (1, 2):
            at = time.monotonic()
            hall.floor.call("1")
            hall.latency.pressed(HALL, hall.floor.seq, at)
            seq = hall.publish()
            for screen in (tv, sign):
                await screen.has(seq)
                await screen.shown(seq)
                await screen.shown(seq)
            await until(lambda presses=presses: len(hall.glass) >= 2 * presses, "both glasses are told")
        await tv.say("the end")
        await sign.say("the end")
        await until(lambda: hall.malformed[HALL] == 2, "all that was said is heard")
    assert len(hall.glass) == 4
    assert all(seconds > 0 for _, seconds in hall.glass)


async def test_silence_is_broken_by_heartbeats(
    hall: DisplayHall, server: DisplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "LOOK_S", 0.02)
    monkeypatch.setattr(hubs, "SILENCE_S_MAX", 0.1)
    async with server.display("tv-hall") as tv:
        await until(lambda: tv.got.count({"type": "heartbeat"}) >= 2, "two heartbeats")
        assert tv.got[0]["type"] == "board"


async def test_a_new_plan_moves_displays_between_zones(hall: DisplayHall, server: DisplayServer) -> None:
    async with server.display("tv-up") as tv, server.display("4", kind="leds") as sign:
        assert {form["zone"] for form in (await tv.has(hall.floor.seq))["windows"]} == {"upstairs"}
        await sign.has(hall.floor.seq)
        moved = tuple(device for device in display_plan().devices if device.id != "tv-up")
        hall.floor.change_plan(windows=hall.floor.plan.windows[:3], devices=moved)
        board = await tv.has(hall.publish())
        assert ([form["window"] for form in board["windows"]], board["zone"]) == (["1", "2", "3"], None)
        await sign.closed(4404)


async def test_a_controller_that_stops_sends_everybody_to_the_next(hall: DisplayHall) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with serving(hall.hub) as server:
            tv = await stack.enter_async_context(server.display("tv-hall"))
            sign = await stack.enter_async_context(server.display("1", kind="leds"))
            await tv.has(hall.floor.seq)
            await sign.has(hall.floor.seq)
        for screen in (tv, sign):
            await screen.closed(1012)
    assert hall.dropped == {"stopping": 2}
    assert len(hall.hub.displays(HALL)) == 0

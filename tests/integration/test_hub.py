"""The hub over the pure core, with displays in memory: who is sent what, and that nobody waits for them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.plan import Device, DeviceId, DeviceKind
from displays import hub as hubs
from displays.board import DisplayKind
from displays.hub import HallNow, NoBoardYet
from displays.session import Ending
from tests.support.display_floor import MAIN, UPSTAIRS, display_plan
from tests.support.display_hall import HALL, DisplayHall, Lobby, lobby
from tests.support.mosquitto import until

LED = DisplayKind.LED


@pytest.fixture
def hall() -> DisplayHall:
    return DisplayHall()


@pytest.fixture
async def place(hall: DisplayHall) -> AsyncIterator[Lobby]:
    async with lobby(hall.hub) as entered:
        yield entered


# --- boards ---------------------------------------------------------------------------------------------------------


async def test_a_display_gets_its_board_at_once_and_after_each_change_that_it_sees(
    hall: DisplayHall, place: Lobby
) -> None:
    whole, upstairs, sign = await place.seat("tv-hall"), await place.seat("tv-up"), await place.seat("1", LED)
    first = hall.floor.seq
    at_one = hall.call("1")
    await whole.has(at_one)
    await sign.has(at_one)
    assert whole.port.boards[-1]["calls"][0]["number"] == sign.port.boards[-1]["number"] == "A001"
    at_three = hall.call("3")
    await whole.has(at_three)
    await upstairs.has(at_three)
    assert [call["window"] for call in upstairs.port.boards[-1]["calls"]] == ["3"]
    hall.floor.ticket()
    waiting = hall.publish()
    for display in (whole, upstairs):
        await display.has(waiting)
        assert display.port.boards[-1]["waiting"] == 1
    seqs = [[board["seq"] for board in display.port.boards] for display in (whole, upstairs, sign)]
    assert seqs == [[first, at_one, at_three, waiting], [first, at_three, waiting], [first, at_one]]
    assert hall.asked == [HALL]
    assert hall.connected == {HALL: 3}


async def test_a_change_that_nobody_sees_sends_nothing(hall: DisplayHall, place: Lobby) -> None:
    tv = await place.seat("tv-hall")
    board = hall.floor.board()
    hall.hub.publish(HALL, {**board, "seq": board["seq"] + 1, "at": "2026-03-02T12:00:00.000+08:00"}, hall.floor.plan)
    last = hall.call("1")
    await tv.has(last)
    assert [board["seq"] for board in tv.port.boards] == [board["seq"], last]


async def test_publishing_only_leaves_the_news_behind(
    hall: DisplayHall, place: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    board_for = hubs.board_for

    def counted(board: dict[str, Any], *of: Any) -> dict[str, Any] | None:
        made.append(board["seq"])
        return board_for(board, *of)

    tvs = [await place.seat(f"tv-{number}") for number in range(5)]
    monkeypatch.setattr(hubs, "board_for", counted)
    first = len(tvs[0].port.boards)
    for _ in range(20):
        last = hall.call("1")
    assert made == []
    assert all(len(tv.port.boards) == first for tv in tvs)
    for tv in tvs:
        await tv.has(last)
        assert len(tv.port.boards) == first + 1
    assert made == [last]


async def test_displays_are_woken_a_few_at_a_time_and_others_have_their_turn_between(
    hall: DisplayHall, place: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "WAKES_AT_ONCE", 2)
    tvs = [await place.seat(f"tv-{number}") for number in range(10)]
    last = hall.call("1")
    reached: list[int] = []
    while not reached or reached[-1] < len(tvs):
        await asyncio.sleep(0)
        reached.append(sum(tv.port.boards[-1]["seq"] == last for tv in tvs))
    steps = [after - before for before, after in zip([0, *reached], reached, strict=False)]
    assert max(steps) <= 4


async def test_a_hall_unknown_and_a_window_unknown_are_refused_for_good(hall: DisplayHall, place: Lobby) -> None:
    for display in (place.enter("tv-1", hall="elsewhere"), place.enter("9", LED)):
        assert await display.ended() is Ending.UNKNOWN
        assert (display.port.closed, display.port.sent) == (4404, [])
    assert hall.dropped == {"unknown": 2}
    assert len(hall.hub.displays(HALL)) == 0


async def test_a_hall_whose_board_cannot_be_had_now_is_asked_for_again_later(
    hall: DisplayHall, place: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(hall_id: str) -> HallNow | None:
        raise NoBoardYet

    async def hangs(hall_id: str) -> HallNow | None:
        await asyncio.Event().wait()
        return None

    monkeypatch.setattr(hubs, "FIND_S_MAX", 0.05)
    for find in (away, hangs):
        monkeypatch.setattr(hall.hub, "_find", find)
        display = place.enter("tv-1")
        assert await display.ended() is Ending.NOT_READY
        assert display.port.closed == 1013
    monkeypatch.setattr(hall.hub, "_find", hall.find)
    await place.seat("tv-1")
    assert hall.dropped == {"not_ready": 2}


async def test_a_commit_while_the_hall_is_read_is_newer(hall: DisplayHall, place: Lobby) -> None:
    old = HallNow(hall.floor.board(), hall.floor.plan)
    read = asyncio.Event()

    async def find(hall_id: str) -> HallNow | None:
        await read.wait()
        return old

    hall.hub._find = find
    display = place.enter("tv-1")
    await asyncio.sleep(0)
    last = hall.call("1")
    read.set()
    await display.has(last)
    assert [board["seq"] for board in display.port.boards] == [last]


async def test_a_full_hall_asks_the_next_display_to_come_later(
    hall: DisplayHall, place: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "SESSIONS_MAX", 2)
    first, _ = await place.seat("tv-1"), await place.seat("tv-2")
    third = place.enter("tv-3")
    assert await third.ended() is Ending.FULL
    assert third.port.closed == 1013
    await first.leave()
    await place.seat("tv-3")
    assert len(hall.hub.displays(HALL)) == hall.connected[HALL] == 2


async def test_a_view_that_cannot_be_made_leaves_the_others_alone(
    hall: DisplayHall, place: Lobby, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tv, sign = await place.seat("tv-hall"), await place.seat("1", LED)
    board_for = hubs.board_for

    def fails_for_signs(board: Any, plan: Any, view: Any) -> Any:
        if view.kind is LED:
            raise ZeroDivisionError
        return board_for(board, plan, view)

    with monkeypatch.context() as patch:
        patch.setattr(hubs, "board_for", fails_for_signs)
        await tv.has(hall.call("1"))
    assert "display.board_failed" in capsys.readouterr().out
    assert len(sign.port.boards) == 1
    await sign.has(hall.call("1"))


# --- announcements --------------------------------------------------------------------------------------------------


async def test_one_display_of_a_zone_speaks_the_one_that_the_plan_chose(hall: DisplayHall, place: Lobby) -> None:
    names = ("walk-in", "tv-main", "tv-hall", "tv-up", "pad-1", "tv-loud")
    tvs = {name: await place.seat(name) for name in names}
    signs = {window: await place.seat(window, LED) for window in ("1", "3")}
    hall.announce("c1-1", MAIN)
    hearers = [tvs[name] for name in names if name != "tv-up"] + [signs["1"]]
    for display in hearers:
        await display.hears("c1-1")
    speaking = {name for name, tv in tvs.items() if tv.port.heard == [("c1-1", True)]}
    assert speaking == {"tv-loud"}
    assert tvs["tv-up"].port.heard == signs["3"].port.heard == []
    assert signs["1"].port.heard == [("c1-1", False)]


@pytest.mark.parametrize(
    ("present", "speaker"),
    [
        (("tv-hall", "tv-main", "tv-loud"), "tv-loud"),
        (("walk-in", "tv-hall", "tv-main"), "tv-main"),
        (("walk-in", "tv-hall"), "tv-hall"),
        (("pad-1", "walk-in", "other"), "walk-in"),
        (("pad-1",), None),
    ],
)
async def test_where_the_plans_choice_is_away_the_next_best_speaks(
    present: tuple[str, ...], speaker: str | None, hall: DisplayHall, place: Lobby
) -> None:
    tvs = {name: await place.seat(name) for name in present}
    hall.announce("c1-1", MAIN)
    for tv in tvs.values():
        await tv.hears("c1-1")
    assert [name for name, tv in tvs.items() if tv.port.heard == [("c1-1", True)]] == ([speaker] if speaker else [])


async def test_a_screen_that_reports_what_it_shows_speaks_before_one_that_may_be_none(
    hall: DisplayHall, place: Lobby
) -> None:
    kiosk, screen = await place.seat("kiosk"), await place.seat("screen")
    screen.port.shown(hall.floor.seq)
    await until(lambda: any(session.reports for session in hall.hub._halls[HALL].sessions), "it has reported")
    hall.announce("c1-1", MAIN)
    await kiosk.hears("c1-1")
    await screen.hears("c1-1")
    assert (kiosk.port.heard, screen.port.heard) == ([("c1-1", False)], [("c1-1", True)])


async def test_an_announcement_to_the_hall_is_heard_in_every_zone_and_spoken_once(
    hall: DisplayHall, place: Lobby
) -> None:
    tvs = [await place.seat(name) for name in ("tv-main", "tv-up", "tv-hall")]
    hall.announce("closing", None)
    for tv in tvs:
        await tv.hears("closing")
    assert sum(tv.port.heard == [("closing", True)] for tv in tvs) == 1


async def test_a_display_that_was_away_hears_what_it_missed_once(hall: DisplayHall, place: Lobby) -> None:
    loud, main = await place.seat("tv-loud"), await place.seat("tv-main")
    seq = hall.call("1")
    await loud.has(seq)
    await loud.leave()
    hall.announce("c1-1", MAIN)
    await main.hears("c1-1")
    assert main.port.heard == [("c1-1", True)]
    hall.announce("over", MAIN, expires_at=(hall.now - timedelta(seconds=1)).isoformat())
    hall.announce("elsewhere", UPSTAIRS)
    back = await place.seat("tv-loud", after=seq)
    await back.hears("c1-1")
    await back.leave()
    assert back.port.heard == [("c1-1", False)]
    third = await place.seat("tv-loud", after=seq)
    hall.announce("c2-1", MAIN)
    await third.hears("c2-1")
    assert third.port.heard == [("c2-1", True)]
    first_time = await place.seat("tv-hall")
    hall.announce("c3-1", MAIN)
    await first_time.hears("c3-1")
    assert first_time.port.heard == [("c3-1", False)]


async def test_what_nobody_could_speak_is_spoken_by_the_first_that_comes_back(hall: DisplayHall, place: Lobby) -> None:
    sign = await place.seat("1", LED)
    seq = hall.call("1")
    hall.announce("c1-1", MAIN)
    await sign.hears("c1-1")
    loud = await place.seat("tv-loud", after=seq)
    other = await place.seat("tv-main", after=seq)
    await loud.hears("c1-1")
    await other.hears("c1-1")
    assert (loud.port.heard, other.port.heard) == ([("c1-1", True)], [("c1-1", False)])


async def test_only_announcements_after_what_it_shows_are_repeated(hall: DisplayHall, place: Lobby) -> None:
    await place.seat("tv-main")
    hall.call("1")
    hall.announce("old", MAIN)
    hall.call("1")
    seq = hall.call("1")
    hall.announce("new", MAIN)
    back = await place.seat("tv-loud", after=seq)
    await back.hears("new")
    assert dict(back.port.heard) == {"new": False}


async def test_an_announcement_of_a_hall_that_nobody_looks_at_is_nobodys(hall: DisplayHall) -> None:
    hall.announce("c1-1", MAIN)
    assert len(hall.hub.displays(HALL)) == 0


# --- plans, silence, the end ----------------------------------------------------------------------------------------


async def test_a_new_plan_moves_displays_from_zone_to_zone(hall: DisplayHall, place: Lobby) -> None:
    loud, main, sign = await place.seat("tv-loud"), await place.seat("tv-main"), await place.seat("4", LED)
    plan = display_plan(
        Device(DeviceId("tv-loud"), DeviceKind.TV, zone=UPSTAIRS),
        Device(DeviceId("tv-main"), DeviceKind.TV, zone=MAIN, speaks=True),
    )
    hall.floor.change_plan(windows=plan.windows[:3], devices=plan.devices)
    await loud.has(hall.publish())
    assert loud.port.boards[-1]["zone"] == "upstairs"
    assert {form["window"] for form in loud.port.boards[-1]["windows"]} == {"3"}
    assert await sign.ended() is Ending.UNKNOWN
    assert sign.port.closed == 4404
    hall.announce("c1-1", MAIN)
    await main.hears("c1-1")
    hall.announce("c2-1", UPSTAIRS)
    await loud.hears("c2-1")
    assert (main.port.heard, loud.port.heard) == ([("c1-1", True)], [("c2-1", True)])
    assert {view.zone for view in hall.hub._halls[HALL].views} == {"main", "upstairs"}


async def test_a_new_plan_gives_the_voice_of_a_zone_to_another(hall: DisplayHall, place: Lobby) -> None:
    loud, main = await place.seat("tv-loud"), await place.seat("tv-main")
    hall.floor.change_plan(
        devices=tuple(replace(device, speaks=device.id == "tv-main") for device in hall.floor.plan.devices)
    )
    hall.floor.ticket()
    await main.has(hall.publish())
    hall.announce("c1-1", MAIN)
    await main.hears("c1-1")
    await loud.hears("c1-1")
    assert (loud.port.heard, main.port.heard) == ([("c1-1", False)], [("c1-1", True)])


async def test_a_plan_that_changed_while_nobody_looked_counts_for_the_next_display(
    hall: DisplayHall, place: Lobby
) -> None:
    await (await place.seat("tv-loud")).leave()
    moved = tuple(replace(device, zone=UPSTAIRS) for device in hall.floor.plan.devices if device.id == "tv-loud")
    hall.floor.change_plan(devices=moved)
    hall.publish()
    tv = await place.seat("tv-loud")
    assert tv.port.boards[-1]["zone"] == "upstairs"
    await tv.has(hall.call("3"))
    assert [call["window"] for call in tv.port.boards[-1]["calls"]] == ["3"]


async def test_silence_is_broken_and_a_display_that_takes_nothing_is_dropped(
    hall: DisplayHall, place: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "LOOK_S", 0.01)
    monkeypatch.setattr(hubs, "SILENCE_S_MAX", 0.1)
    monkeypatch.setattr("displays.session.SEND_S_MAX", 0.2)
    monkeypatch.setattr("displays.session.CLOSE_S_MAX", 0.05)
    looking = asyncio.create_task(hall.hub.run())
    try:
        quick, slow = await place.seat("tv-1"), await place.seat("tv-2")
        await until(lambda: {"type": "heartbeat"} in quick.port.sent, "a heartbeat")
        slow.port.reads.clear()
        last = hall.call("1")
        await quick.has(last)
        assert await slow.ended() is Ending.SLOW
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    assert hall.dropped == {"slow": 1}
    assert len(hall.hub.displays(HALL)) == 1
    healed = await place.seat("tv-2", after=1)
    assert healed.port.boards[0]["seq"] == last


async def test_press_to_glass_is_told_once_a_display_and_press(hall: DisplayHall, place: Lobby) -> None:
    tv, sign = await place.seat("tv-hall"), await place.seat("1", LED)
    at = asyncio.get_running_loop().time()
    hall.floor.call("1")
    hall.latency.pressed(HALL, hall.floor.seq, at)
    seq = hall.publish()
    for display in (tv, sign):
        await display.has(seq)
        display.port.shown(seq)
        display.port.shown(seq)
    await until(lambda: len(hall.glass) >= 2, "both are told")
    later = hall.call("3")
    await tv.has(later)
    tv.port.shown(later)
    tv.port.say("nonsense")
    await until(lambda: hall.malformed == {HALL: 1}, "all that was said is heard")
    assert [of for of, _ in hall.glass] == [HALL, HALL]


async def test_stopping_ends_everybody(hall: DisplayHall, place: Lobby) -> None:
    displays = [await place.seat("tv-1"), await place.seat("1", LED)]
    hall.hub.stop()
    for display in displays:
        assert await display.ended() is Ending.STOPPING
        assert display.port.closed == 1012
    assert hall.connected == {HALL: 0}
    assert hall.dropped == {"stopping": 2}
    assert hall.hub._halls[HALL].views == {}
    late = place.enter("tv-1", after=1)
    assert await late.ended() is Ending.STOPPING
    assert (late.port.closed, late.port.sent) == (1012, [])

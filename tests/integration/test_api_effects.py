"""What follows a commit: boards, call-outs, paper, states, invitations; in order, and one hall apart from another."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from api import device_states, paper
from controller import commands as c
from controller.model import JobId, ReceiptState
from controller.plan import (
    Device,
    DeviceId,
    DeviceKind,
    Lane,
    LedSize,
    Plan,
    Selector,
    Speech,
    Window,
    WindowId,
    WindowKind,
    Zone,
    ZoneId,
)
from controller.runtime.errors import LogUnavailable
from controller.speaking import Sound, SpeechHours
from controller.views import board_form
from devices.escpos_decoder import decode
from devices.look import Look
from devices.messages import InviteReview
from displays.board import DisplayKind
from tests.support.api_hall import ONLINE, PUBLIC_URL, ApiHall, api_parts
from tests.support.display_port import DisplayPort
from tests.support.engines import HALL, INSURANCE, MIDNIGHT, PENSION, HandClock, call_next, open_window, small_plan
from tests.support.mosquitto import until

WIDE, NARROW = (
    Device(DeviceId("wide"), DeviceKind.TICKET_MACHINE, paper_mm=80),
    Device(DeviceId("narrow"), DeviceKind.TICKET_MACHINE, paper_mm=58),
)
LED, PAD = (
    Device(DeviceId("led-1"), DeviceKind.LED, window=WindowId("1")),
    Device(DeviceId("pad-1"), DeviceKind.REVIEW_PAD, window=WindowId("1")),
)
OTHER_PAD = Device(DeviceId("pad-2"), DeviceKind.REVIEW_PAD, window=WindowId("2"))
TV = Device(DeviceId("tv-1"), DeviceKind.TV)
DEVICES = (WIDE, NARROW, LED, PAD, OTHER_PAD, TV)


def plan(**policies: Any) -> Plan:
    small = small_plan()
    return replace(small, devices=DEVICES, policies=replace(small.policies, **policies))


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_parts(tmp_path, plan()) as parts:
        yield parts


async def call(hall: ApiHall) -> None:
    """Let one ticket be called to window 1."""
    await hall.floors.done(open_window())
    await hall.floors.ticket()
    await hall.floors.window(call_next())


# -- order -------------------------------------------------------------------------------------------------------------


async def test_nothing_is_shown_said_or_printed_that_isnt_in_the_log(hall: ApiHall) -> None:
    await call(hall)
    before = (len(hall.gateway.sent), len(hall.announcer.said))
    async with hall.log_away():
        for command in (c.Recall(WindowId("1")), c.IssueTicket((PENSION,), device=DeviceId("wide"))):
            with pytest.raises(LogUnavailable):
                await hall.floors.ask(command)
        assert (len(hall.gateway.sent), len(hall.announcer.said)) == before
    await hall.floors.window(c.Recall(WindowId("1")))
    assert len(hall.announcer.said) == before[1] + 1


async def test_what_follows_is_on_its_way_when_the_caller_is_answered(hall: ApiHall) -> None:
    await call(hall)
    assert hall.gateway.states("led-1")[-1].number == "A001"
    assert [said["text"] for said in hall.announcer.said]


async def test_a_board_follows_in_the_next_turn_and_many_commits_make_one(hall: ApiHall) -> None:
    port = DisplayPort()
    serving = asyncio.create_task(hall.hub.serve(HALL, "tv", DisplayKind.TV, port))
    await until(lambda: port.boards, "it has its board")
    await asyncio.gather(*(hall.floors.ticket() for _ in range(20)))
    day = await hall.floors.day()
    await until(lambda: port.boards[-1]["seq"] == day.seq, "it has the newest board")
    assert port.boards[-1]["waiting"] == 20
    assert len(port.boards) < 20
    port.leave()
    await serving


# -- call-outs ---------------------------------------------------------------------------------------------------------


async def test_a_call_is_said_in_its_zone_and_each_recall_again(hall: ApiHall) -> None:
    await call(hall)
    await hall.floors.window(c.Recall(WindowId("1")))
    first, again = hall.announcer.said
    assert (first["hall"], first["zone"], first["language"], first["repeat"]) == (HALL, "main", "zh-CN", 2)
    assert first["text"] == again["text"] == "请A零零一号到一号窗口"
    (shown,) = board_form(await hall.floors.day(), hall.clock.now())["calls"]
    assert [first["id"], again["id"]] == [f"{shown['call']}-{times}" for times in (1, shown["times"])]
    assert first["expires_at"] - first["since"] == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("changes", "language", "text"),
    [({"spoken_one": "幺"}, "zh-CN", "请A零零幺号到一号窗口"), ({"announce_repeat": 3}, "en", None)],
)
async def test_it_is_said_as_the_hall_wants_it(
    tmp_path: Path, changes: dict[str, Any], language: str, text: str | None
) -> None:
    wanted = plan(**changes)
    async with api_parts(tmp_path, replace(wanted, hall=replace(wanted.hall, language=language))) as hall:
        await call(hall)
    (said,) = hall.announcer.said
    assert (said["language"], said["repeat"]) == (language, changes.get("announce_repeat", 2))
    assert said["text"] == text if text else said["text"].isascii()


async def test_the_green_channel_is_called_slower_and_once_more(hall: ApiHall) -> None:
    await hall.floors.done(open_window())
    await hall.floors.ask(c.IssueTicket((PENSION,), lane=Lane.GREEN))
    await hall.floors.window(call_next())
    (said,) = hall.announcer.said
    assert (said["manner"].rate_wpm, said["repeat"]) == (120, 3)


async def test_quiet_hours_are_for_the_eyes_alone(tmp_path: Path) -> None:
    quiet = Speech(hours=(SpeechHours(time(0), time(23, 59), Sound.SILENT),))
    async with api_parts(tmp_path, replace(plan(), speech=quiet)) as hall:
        await call(hall)
        (said,) = hall.announcer.said
    assert said["manner"] is None


async def test_a_notice_of_the_manager_is_said_in_every_zone_or_in_one(hall: ApiHall) -> None:
    await hall.floors.done(c.MakeNotice("请保持安静", urgent=True))
    everywhere = list(hall.announcer.said)
    zones = [zone.id for zone in (await hall.floors.day()).plan.zones]
    assert [said["zone"] for said in everywhere] == zones
    assert {(said["text"], said["urgent"], said["repeat"]) for said in everywhere} == {("请保持安静", True, 2)}
    assert len({said["id"] for said in everywhere}) == len(zones)
    await hall.floors.done(c.MakeNotice("请到前台", zones[0]))
    (one,) = hall.announcer.said[len(everywhere) :]
    assert (one["zone"], one["urgent"], one["manner"].rate_wpm) == (zones[0], False, 150)
    assert one["expires_at"] - one["since"] == timedelta(seconds=300)


async def test_the_pad_of_the_window_asks_for_a_review(hall: ApiHall) -> None:
    await call(hall)
    for command in (c.StartService(WindowId("1")), c.FinishService(WindowId("1"))):
        await hall.floors.done(command)
    (invitation,) = hall.gateway.commands("pad-1")
    assert isinstance(invitation, InviteReview)
    assert (invitation.number, invitation.window, invitation.seconds) == ("A001", "1", 180)
    assert hall.gateway.commands("pad-2") == []


# -- after midnight ----------------------------------------------------------------------------------------------------


async def test_paper_of_yesterday_brings_no_old_board_back(tmp_path: Path) -> None:
    clock = HandClock(MIDNIGHT - timedelta(minutes=1))
    async with api_parts(tmp_path, plan(), clock=clock) as hall:
        ticket = await hall.floors.ticket(device=DeviceId("wide"))
        (job,) = (await hall.floors.day()).receipts
        port = DisplayPort()
        serving = asyncio.create_task(hall.hub.serve(HALL, "tv", DisplayKind.TV, port))
        clock.advance(120)
        await hall.floors.ticket()
        await until(lambda: port.boards and port.boards[-1]["day"] == "2026-03-03", "it shows the new day")
        states, boards = len(hall.gateway.sent), len(port.boards)
        await hall.floors.done(c.ConfirmReceipt(job))
        late = hall.floors.commits[-1]
        assert (late.day.day.isoformat(), late.day.receipts[job].state) == ("2026-03-02", ReceiptState.PRINTED)
        await hall.floors.ticket()
        day = await hall.floors.day()
        await until(lambda: port.boards[-1]["seq"] == day.seq and port.boards[-1]["waiting"] == 2, "the next board")
        assert all(board["day"] == "2026-03-03" for board in port.boards[boards:])
        assert len(hall.gateway.sent) == states
        assert ticket.receipt is ReceiptState.REQUESTED
        port.leave()
        await serving


# -- paper -------------------------------------------------------------------------------------------------------------


async def test_paper_is_offered_when_it_is_asked_for(hall: ApiHall) -> None:
    async with hall.running(hall.paper.run()):
        ticket = await hall.floors.ticket(device=DeviceId("wide"))
        await until(lambda: hall.gateway.prints, "it is offered")
    ((device, command),) = hall.gateway.prints
    (job,) = (await hall.floors.day()).receipts
    assert (device, command.id, command.job) == ("wide", f"print-{job}", job)
    assert command.expires_at - hall.clock.now() == timedelta(seconds=900)
    text = decode(command.escpos).text
    assert ticket.number in text
    assert "示例镇便民服务中心" in text


@pytest.mark.parametrize(("device", "dots"), [("wide", 576), ("narrow", 384), ("stranger", 576)])
async def test_it_is_as_wide_as_the_plan_says(hall: ApiHall, device: str, dots: int) -> None:
    widths = []

    def note(content: Any, look: Look, _language: str) -> bytes:
        widths.append((content.ticket_url.startswith(f"{PUBLIC_URL}/t/demo."), look.paper_mm))
        return b"x"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper, "render_ticket", note)
        async with hall.running(hall.paper.run()):
            await hall.floors.ticket(device=DeviceId(device))
            await until(lambda: hall.gateway.prints, "it is offered")
    assert widths == [(True, {576: 80, 384: 58}[dots])]


async def test_paper_is_offered_when_its_device_comes(hall: ApiHall) -> None:
    async with hall.running(hall.paper.run(), hall.presence.run(hall.states, hall.paper)):
        await hall.floors.ticket(device=DeviceId("wide"))
        await hall.floors.ticket(device=DeviceId("narrow"))
        await until(lambda: len(hall.gateway.prints) == 2, "both are offered")
        hall.presence.note(HALL, "wide", ONLINE)
        await until(lambda: len(hall.gateway.prints) == 3, "it is offered again")
        first, _, again = hall.gateway.prints
        assert first == again, "the same job"
        assert hall.presence.is_online(HALL, "wide")
        await hall.floors.done(c.ConfirmReceipt(JobId(first[1].job)))
        hall.presence.note(HALL, "wide", ONLINE)
        hall.presence.note(HALL, "narrow", ONLINE)
        await until(lambda: len(hall.gateway.prints) == 4, "the other's is offered again")
    assert [device for device, _ in hall.gateway.prints] == ["wide", "narrow", "wide", "narrow"]


async def test_paper_is_offered_again_after_a_while(hall: ApiHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "REOFFER_S", 0.05)

    async def some_rounds() -> None:
        seen = hall.gateway.looks
        await until(lambda: hall.gateway.looks >= seen + 3, "it was looked for")

    async with hall.running(hall.paper.run(), hall.paper.reoffer(hall.engine.loaded_days, hall.now)):
        await hall.floors.ticket(device=DeviceId("wide"))
        await until(lambda: hall.gateway.prints, "it is offered")
        await some_rounds()
        assert len(hall.gateway.prints) == 1, "nobody is there to print"
        hall.presence.note(HALL, "wide", ONLINE)
        await some_rounds()
        assert len(hall.gateway.prints) == 1, "it was asked for just now"
        hall.clock.advance(1)
        await until(lambda: len(hall.gateway.prints) >= 3, "it is offered again and again")
        hall.gateway.has_broker = False
        await some_rounds()
        before = len(hall.gateway.prints)
        await some_rounds()
        assert len(hall.gateway.prints) == before, "the broker is away, and what was offered waits for it"
        hall.gateway.has_broker = True
        await until(lambda: len(hall.gateway.prints) > before, "the broker is back")
        hall.clock.advance(900)
        await some_rounds()
        before = len(hall.gateway.prints)
        await some_rounds()
        assert len(hall.gateway.prints) == before, "it is too old"


async def test_one_paper_that_cant_be_sent_doesnt_stop_the_others(hall: ApiHall) -> None:
    hall.gateway.breaks_on = {"wide"}
    async with hall.running(hall.paper.run()):
        await hall.floors.ticket(device=DeviceId("wide"))
        await hall.floors.ticket(device=DeviceId("narrow"))
        await until(lambda: hall.gateway.prints, "the other is offered")
    assert [device for device, _ in hall.gateway.prints] == ["narrow"]


async def test_papers_that_wait_have_a_bound(hall: ApiHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "WAITING_MAX", 3)
    tickets = [await hall.floors.ticket(device=DeviceId("wide")) for _ in range(5)]
    async with hall.running(hall.paper.run()):
        await until(lambda: len(hall.gateway.prints) == 3, "the newest are offered")
    day = await hall.floors.day()
    offered = [day.receipts[JobId(command.job)].ticket for _, command in hall.gateway.prints]
    assert offered == [ticket.id for ticket in tickets[2:]]


@pytest.mark.parametrize(
    ("zones", "windows", "said"),
    [(("main",), ("main", "main"), ""), (("main", "up"), ("up", "up"), "二楼"), (("main", "up"), ("main", "up"), "")],
)
async def test_paper_says_where_to_wait_in_a_hall_of_several_zones(
    tmp_path: Path, zones: tuple[str, ...], windows: tuple[str, ...], said: str
) -> None:
    names = {"main": "一楼", "up": "二楼"}
    small = plan()
    made = tuple(
        Window(WindowId(str(n)), f"{n}号", n, WindowKind.COMPREHENSIVE, (Selector(code="*"),), ZoneId(zone), LedSize())
        for n, zone in enumerate(windows, start=1)
    )
    zoned = replace(small, zones=tuple(Zone(ZoneId(zone), names[zone]) for zone in zones), windows=made)
    async with api_parts(tmp_path, zoned) as hall:
        await hall.floors.ticket(device=DeviceId("wide"))
        day = await hall.floors.day()
        (receipt,) = day.receipts.values()
        assert paper.ticket_receipt(day, receipt, PUBLIC_URL).zone == said


# -- states ------------------------------------------------------------------------------------------------------------


async def test_a_call_is_told_at_once_and_a_count_a_moment_late(hall: ApiHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_states, "COUNTS_S", 0.05)
    await hall.floors.done(open_window())
    before = len(hall.gateway.states("led-1"))
    await hall.floors.ticket()
    await hall.floors.ticket()
    assert len(hall.gateway.states("led-1")) == before, "a ticket alone moves only counts"
    async with hall.running(hall.states.run()):
        await until(lambda: len(hall.gateway.states("led-1")) > before, "the count is told")
    assert hall.gateway.states("led-1")[-1].waiting == 2
    await hall.floors.window(call_next())
    state = hall.gateway.states("led-1")[-1]
    assert (state.number, state.stage, state.waiting) == ("A001", "called", 1)
    assert "A001" in state.text
    assert hall.gateway.states("tv-1") == [], "a TV has its board"


async def test_the_same_state_isnt_told_again(hall: ApiHall) -> None:
    await hall.floors.done(open_window())
    told = len(hall.gateway.states("led-1"))
    other = len(hall.gateway.states("pad-2"))
    await hall.floors.done(open_window("2"))
    assert len(hall.gateway.states("led-1")) == told
    assert len(hall.gateway.states("pad-2")) == other + 1
    hall.states.tell(await hall.floors.day())
    assert len(hall.gateway.states("led-1")) == told


async def test_a_device_that_left_the_plan_is_told_nothing_any_more(hall: ApiHall) -> None:
    await hall.floors.done(open_window())
    smaller = replace(plan(), devices=(WIDE, Device(LED.id, DeviceKind.TV)))
    assert await hall.engine.put_plan(smaller, command_id="p", actor="manager") is None
    assert hall.gateway.states("pad-1")[-1] is None
    assert hall.gateway.states("led-1")[-1] is None, "it is a TV now"
    count = len(hall.gateway.sent)
    hall.states.tell(await hall.floors.day())
    assert len(hall.gateway.sent) == count


async def test_one_halls_trouble_leaves_the_others_their_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_states, "COUNTS_S", 0.05)
    bad = replace(plan(), hall=replace(plan().hall, id="bad"), devices=(replace(LED, id=DeviceId("broken")),))
    async with api_parts(tmp_path, bad, plan()) as hall:
        hall.gateway.breaks_on = {"broken"}
        async with hall.running(hall.states.run()):
            await hall.floors.ticket(hall="bad")
            await hall.floors.ticket()
            await until(lambda: hall.gateway.states("led-1")[-1].waiting == 1, "the count is told")


async def test_tickets_of_another_service_are_told_apart(hall: ApiHall) -> None:
    await hall.floors.done(c.IssueTicket((INSURANCE,), device=DeviceId("wide")))
    day = await hall.floors.day()
    (receipt,) = day.receipts.values()
    assert paper.ticket_receipt(day, receipt, PUBLIC_URL).services == ("城乡居民医保参保",)

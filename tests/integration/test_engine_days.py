"""The engine around midnight: a day ends, another begins, whoever races, repeats himself or sets the clock back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from controller import commands as c
from controller.model import HallDay, JobId, ReceiptState, TicketState, WindowStatus
from controller.plan import DeviceId, HallId, WindowId
from controller.refusals import CommandIdReused, ReceiptUnknown, TicketUnknown, WindowNotOpen
from controller.runtime import hall_days
from controller.runtime.errors import LogUnavailable
from controller.runtime.hall_actor import CoreFailed, Result
from controller.runtime.stream_forms import save_plan
from tests.support.engines import (
    HALL,
    MIDNIGHT,
    MORNING,
    OFFICE_HOURS,
    TODAY,
    Floors,
    HandClock,
    call_next,
    floors_at,
    floors_on,
    open_window,
    small_plan,
)
from tests.support.journals import until

TOMORROW = TODAY + timedelta(days=1)
BEFORE, AFTER = MIDNIGHT - timedelta(seconds=5), MIDNIGHT + timedelta(seconds=5)
W1, KIOSK = WindowId("1"), DeviceId("kiosk-1")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(BEFORE)


@pytest.fixture
async def floors(url: str, clock: HandClock) -> AsyncIterator[Floors]:
    async with floors_at(url, clock, small_plan()) as running:
        yield running


def kinds(floors: Floors) -> list[str]:
    return [type(entry.event).__name__ for commit in floors.commits for entry in commit.events]


async def test_a_hall_open_round_the_clock_changes_its_day_with_its_windows_staffed(
    floors: Floors, clock: HandClock
) -> None:
    for window in ("1", "2", "3"):
        await floors.window(open_window(window))
    await floors.window(c.CloseWindow(WindowId("3")))
    await floors.window(c.StepAway(WindowId("2"), "lunch"))
    waiting = await floors.ticket()
    clock.at = AFTER
    await floors.engine.tick()
    day = await floors.day()
    assert day.day == TOMORROW
    assert day.at == AFTER
    assert [state.status for state in day.windows.values()] == ["open", "open", "closed"]
    assert [state.clerk for state in day.windows.values()] == ["wang", "wang", None]
    assert kinds(floors)[-2:] == ["DayClosed", "DayOpened"]
    assert floors.commits[-2].events[0].event.unserved == (waiting.id,)
    assert (await floors.logged(day=TODAY)).closed
    assert await floors.logged() == day
    assert (await floors.ticket()).number == "A001"


async def test_a_hall_with_hours_begins_its_day_with_closed_windows(url: str, clock: HandClock) -> None:
    clock.at = MORNING
    async with floors_at(url, clock, small_plan(hours=OFFICE_HOURS)) as floors:
        await floors.window(open_window())
        clock.at = AFTER
        await floors.engine.tick()
        day = await floors.day()
        assert {state.status for state in day.windows.values()} == {WindowStatus.CLOSED}
        refusal = await floors.ask(c.IssueTicket(("pension",)))
        assert getattr(refusal, "code", None) == "hall_not_open"


async def test_midnight_is_the_halls_own(url: str, clock: HandClock) -> None:
    west = small_plan("west", zone="America/Los_Angeles")
    async with floors_at(url, clock, small_plan(), west) as floors:
        assert [(await floors.day(hall)).day for hall in (HALL, "west")] == [TODAY, TODAY]
        clock.at = AFTER
        await floors.engine.tick()
        assert [(await floors.day(hall)).day for hall in (HALL, "west")] == [TOMORROW, TODAY]
        assert str((await floors.day("west")).at.tzinfo) == "America/Los_Angeles"


async def test_the_first_command_after_midnight_changes_the_day_before_it_is_decided(
    floors: Floors, clock: HandClock
) -> None:
    await floors.ticket()
    clock.at = AFTER
    assert (await floors.ticket()).number == "A001"
    assert kinds(floors) == ["DayOpened", "TicketIssued", "DayClosed", "DayOpened", "TicketIssued"]


async def test_yesterdays_ids_are_known_for_an_hour(floors: Floors, clock: HandClock) -> None:
    first = await floors.ask(c.IssueTicket(("pension",)), "t")
    refused = await floors.ask(call_next(), "n")
    assert isinstance(first, Result)
    clock.at = AFTER
    await floors.window(open_window())
    again = await floors.ask(c.IssueTicket(("pension",)), "t")
    assert isinstance(again, Result)
    assert (again.answer, again.day.day) == (first.answer, TODAY)
    assert await floors.ask(call_next(), "n") == refused
    assert await floors.ask(open_window(), "t") == CommandIdReused("t")
    assert await floors.ask(open_window(), "n") == CommandIdReused("n")
    assert (await floors.day()).seq == 2
    clock.at = MIDNIGHT + hall_days.OVERLAP + timedelta(seconds=1)
    assert (await floors.ticket("t")).number == "A001"
    assert isinstance(await floors.ask(call_next(), "n"), Result)


async def test_yesterdays_ids_are_known_to_one_that_started_since(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as floors:
        first = await floors.ticket("t")
        await floors.window(open_window(), "o")
        clock.at = AFTER
        await floors.day()
    async with floors_at(url, clock) as floors:
        assert await floors.ticket("t") == first
    clock.at = MIDNIGHT + timedelta(hours=9)
    async with floors_at(url, clock) as floors:
        assert await floors.ticket("t") != first


async def test_a_start_after_midnight_closes_the_day_that_was_left_open(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as floors:
        await floors.window(open_window())
    clock.at = MIDNIGHT + timedelta(hours=9)
    async with floors_at(url, clock) as floors:
        day = await floors.day()
        assert (day.day, day.windows[W1].status) == (TOMORROW, WindowStatus.OPEN)
        assert (await floors.logged(day=TODAY)).closed


@pytest.mark.parametrize("cut", ["before it closed", "between"])
async def test_a_midnight_cut_in_two_is_finished_later(
    url: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    async with floors_at(url, clock, small_plan()) as floors:
        await floors.window(open_window())
        clock.at = AFTER
        really, spared = floors.journal.append, 0 if cut == "before it closed" else 1

        async def append(stream: str, rows: Any) -> None:
            nonlocal spared
            spared -= 1
            if spared < 0:
                raise LogUnavailable("no disk")
            await really(stream, rows)

        with monkeypatch.context() as broken:
            broken.setattr(floors.journal, "append", append)
            with pytest.raises(LogUnavailable):
                await floors.ticket()
            await floors.engine.tick()  # nor does the clock's second bring anything down
        assert (await floors.logged(day=TODAY)).closed == (cut == "between")
    async with floors_at(url, clock) as floors:
        assert (await floors.ticket()).number == "A001"
        day = await floors.day()
        assert (day.day, day.windows[W1].status) == (TOMORROW, WindowStatus.OPEN)


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_midnight_whose_answer_was_lost_goes_on_without_a_restart(
    floors: Floors, clock: HandClock, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    await floors.window(open_window())
    clock.at = AFTER
    really, count = floors.journal.append, 0

    async def append(stream: str, rows: Any) -> None:
        nonlocal count
        count += 1
        await really(stream, rows)
        if count == lost:
            raise LogUnavailable("the connection is lost")

    monkeypatch.setattr(floors.journal, "append", append)
    with pytest.raises(LogUnavailable):
        await floors.ticket()
    assert (await floors.ticket()).number == "A001"
    day = await floors.day()
    assert (day.day, day.windows[W1].status) == (TOMORROW, WindowStatus.OPEN)
    assert kinds(floors) == ["DayOpened", "WindowOpened", "DayClosed", "DayOpened", "TicketIssued"]


async def test_two_controllers_change_the_day_at_once(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as one, floors_at(url, clock) as two:
        await one.window(open_window())
        late = await two.ticket("late")  # the other one doesn't know of it yet
        clock.at = AFTER
        given = await asyncio.gather(*(floors.ticket() for floors in (one, two) for _ in range(3)))
        assert sorted(ticket.number for ticket in given) == [f"A{serial:03d}" for serial in range(1, 7)]
        for floors in (one, two):
            await floors.ask(c.CancelTicket("none"))
            assert await floors.day() == await one.logged()
            assert kinds(floors).count("DayClosed") == 1
            assert (await floors.ticket("late")) == late
        assert (await one.day()).windows[W1].status is WindowStatus.OPEN
        assert len((await one.logged(day=TODAY)).tickets) == 1


async def test_a_controller_whose_clock_is_behind_follows_into_the_next_day(url: str, clock: HandClock) -> None:
    behind = HandClock(BEFORE)
    async with floors_at(url, clock, small_plan()) as one, floors_at(url, behind) as two:
        await two.ticket()
        await one.ticket()
        clock.at = AFTER
        assert (await one.ticket()).number == "A001"
        assert (await two.ticket()).number == "A002"
        assert (await two.day()).day == TOMORROW
        assert await two.day() == await two.logged()
    async with floors_at(url, behind) as two:
        assert (await two.ticket()).number == "A003"
        assert len((await two.logged(day=TODAY)).tickets) == 2


async def test_a_clock_set_back_over_midnight_opens_no_second_day(floors: Floors, clock: HandClock) -> None:
    clock.at = AFTER
    first = await floors.ticket()
    clock.at = BEFORE
    second = await floors.ticket()
    assert (second.number, second.arrived_at) == ("A002", first.arrived_at)
    await floors.engine.tick()
    assert (await floors.day()).day == TOMORROW
    clock.at = AFTER + timedelta(seconds=1)
    assert (await floors.ticket()).arrived_at == clock.at


async def test_a_hall_whose_clock_went_a_month_ahead_and_back_is_told_so(
    url: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hall_days, "DAYS_AHEAD_MAX", 3)
    async with floors_at(url, clock, small_plan()) as floors:
        for _ in range(5):
            await floors.ticket()
            clock.at += timedelta(days=1)
    clock.at = BEFORE
    async with floors_at(url, clock) as floors:
        with pytest.raises(CoreFailed, match="closed"):
            await floors.ticket()


async def test_a_plan_put_since_midnights_day_began_opens_the_next(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as floors:
        await floors.ticket()
        four = small_plan(windows=4)
        await save_plan(floors.journal, four, "li", clock.now())  # by another controller, which died there
        clock.at = AFTER
        await floors.ticket()
        assert (await floors.day()).plan == four == floors.engine.plans[HallId(HALL)]


# -- what comes late for the day before -------------------------------------------------------------------------------


async def late_floor(floors: Floors) -> tuple[HallDay, JobId]:
    """Serve one citizen, with paper, until just before midnight."""
    ticket = await floors.ticket(device=KIOSK)
    await floors.window(open_window())
    await floors.window(call_next())
    await floors.window(c.FinishService(W1))
    day = await floors.day()
    assert day.tickets[ticket.id].state is TicketState.FINISHED
    assert ticket.job is not None
    return day, ticket.job


async def test_paper_that_comes_out_after_midnight_is_yesterdays(floors: Floors, clock: HandClock) -> None:
    day, job = await late_floor(floors)
    clock.at = AFTER
    await floors.ticket()
    receipt = await floors.done(c.ConfirmReceipt(job), "printed")
    assert receipt.state is ReceiptState.PRINTED
    assert await floors.done(c.ConfirmReceipt(job), "printed") == receipt
    yesterday = await floors.logged(day=day.day)
    assert (yesterday.receipts[job], yesterday.seq) == (receipt, day.seq + 2)
    assert kinds(floors)[-1] == "ReceiptPrinted"
    assert await floors.day() == await floors.logged()
    assert await floors.ask(c.ConfirmReceipt(JobId("none"))) == ReceiptUnknown("none")
    await floors.ticket("today")
    assert await floors.ask(c.FailReceipt(job, "no paper"), "today") == CommandIdReused("today")


@pytest.mark.parametrize("by", ["ticket", "window"])
async def test_a_review_after_midnight_is_yesterdays(floors: Floors, clock: HandClock, by: str) -> None:
    day, _ = await late_floor(floors)
    ticket = next(iter(day.tickets))
    clock.at = AFTER
    review = await floors.done(c.SubmitReview(5, **({"ticket": ticket} if by == "ticket" else {"window": W1})))
    assert review.ticket == ticket
    again = await floors.ask(c.SubmitReview(1, ("slow",), ticket=ticket))
    assert getattr(again, "code", None) == "already_reviewed"
    assert list((await floors.logged(day=TODAY)).reviews) == [review.id]
    clock.at = MIDNIGHT + hall_days.OVERLAP + timedelta(seconds=1)
    assert await floors.ask(c.SubmitReview(5, ticket=ticket)) == TicketUnknown(ticket)


async def test_two_controllers_and_a_lost_answer_agree_on_late_paper(
    url: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with floors_at(url, clock, small_plan()) as one, floors_at(url, clock) as two:
        _, job = await late_floor(one)
        clock.at = AFTER
        await asyncio.gather(one.ticket(), two.ticket())
        really = two.journal.append

        async def append(stream: str, rows: Any) -> None:
            await really(stream, rows)
            raise LogUnavailable("the connection is lost")

        with monkeypatch.context() as broken:
            broken.setattr(two.journal, "append", append)
            with pytest.raises(LogUnavailable):
                await two.done(c.FailReceipt(job, "paper out"), "failed")
        assert (await two.done(c.FailReceipt(job, "paper out"), "failed")).state is ReceiptState.FAILED
        assert (await one.done(c.ConfirmReceipt(job), "printed")).state is ReceiptState.PRINTED
        assert (await one.logged(day=TODAY)).receipts[job].state is ReceiptState.PRINTED


async def test_paper_grows_too_old_today_and_yesterday(floors: Floors, clock: HandClock) -> None:
    _, job = await late_floor(floors)
    clock.at = AFTER
    today = await floors.ticket(device=KIOSK)
    await floors.engine.tick()
    assert (await floors.day()).pending_receipts == (today.job,)
    clock.advance(small_plan().policies.receipt_ttl_s)
    await floors.engine.tick()
    clock.advance(1)
    await floors.engine.tick()
    assert (await floors.day()).pending_receipts == ()
    assert (await floors.logged()).receipts[today.job].reason == "expired"
    assert (await floors.logged(day=TODAY)).receipts[job].reason == "expired"
    seq = (await floors.day()).seq
    await floors.engine.tick()
    assert (await floors.day()).seq == seq


async def test_the_engines_own_ticker_changes_the_day(
    url: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.runtime.engine.TICK_S", 0.001)
    async with floors_at(url, clock, small_plan()) as floors:
        await floors.ticket()
        clock.at = AFTER
        await until(lambda: kinds(floors)[-1] == "DayOpened" and len(floors.commits) > 2)


async def test_a_zone_that_moves_does_not_bring_a_day_back(floors: Floors, clock: HandClock) -> None:
    clock.at = AFTER
    await floors.ticket()
    west = replace(small_plan(), hall=replace(small_plan().hall, timezone="America/Los_Angeles"))
    assert await floors.engine.put_plan(west, command_id="p", actor="li") is None
    assert (await floors.ticket()).number == "A002"
    assert (await floors.day()).day == TOMORROW
    assert isinstance(await floors.ask(call_next()), WindowNotOpen)


async def test_an_engine_may_start_again_after_its_stop(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as floors:
        await floors.ticket()
        await floors.engine.stop()
        with pytest.raises(LogUnavailable, match="stops"):
            await floors.ticket()
        async with floors_on(floors.journal, clock) as others:
            assert (await others.ticket()).number == "A002"
        await floors.engine.start()
        assert (await floors.ticket()).number == "A003"


async def test_clocks_on_both_sides_of_midnight_open_no_two_days_of_a_hall_that_was_asleep(
    url: str, clock: HandClock
) -> None:
    async with floors_at(url, HandClock(AFTER), small_plan()) as ahead, floors_at(url, clock) as behind:
        given = await asyncio.gather(ahead.ticket(), behind.ticket())
        assert sorted(ticket.number for ticket in given) == ["A001", "A002"]
        assert [(await floors.day()).day for floors in (ahead, behind)] == [TOMORROW, TOMORROW]
        assert (await ahead.logged(day=TODAY)).closed

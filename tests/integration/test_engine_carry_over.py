"""Whoever was not served waits on the next day, where the hall wants that, even one that was switched off meanwhile."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller import commands as c
from controller.plan import Plan, WindowId
from tests.support.engines import MIDNIGHT, MORNING, Floors, HandClock, call_next, floors_at, open_window, small_plan

AFTER = MIDNIGHT + timedelta(seconds=5)


def carrying(**changes: object) -> Plan:
    plan = small_plan()
    return replace(plan, policies=replace(plan.policies, carry_over=True, **changes))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(MORNING)


@pytest.fixture
async def floors(url: str, clock: HandClock) -> AsyncIterator[Floors]:
    async with floors_at(url, clock, carrying()) as running:
        yield running


async def test_a_place_is_kept_over_midnight(floors: Floors, clock: HandClock) -> None:
    await floors.window(open_window())
    called, waiting = await floors.ticket(), await floors.ticket()
    await floors.window(call_next())
    clock.at = AFTER
    new = await floors.ticket()
    day = await floors.day()
    assert [day.tickets[one].number for one in day.waiting] == ["A001", "A002", "A003"]
    assert day.waiting == (called.id, waiting.id, new.id)
    assert day.tickets[waiting.id].arrived_at == waiting.arrived_at
    assert day.tokens[waiting.token] == waiting.id
    assert (await floors.window(call_next())).ticket == called.id
    assert await floors.logged() == await floors.day()


async def test_a_place_is_kept_over_days_on_which_nothing_ran(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, carrying()) as floors:
        ticket = await floors.ticket()
    clock.at = MORNING + timedelta(days=3)
    async with floors_at(url, clock) as floors:
        day = await floors.day()
        assert day.day == clock.at.date()
        assert day.waiting == (ticket.id,)
        assert day.tickets[ticket.id].carried
        await floors.window(open_window())
        assert (await floors.window(call_next())).ticket == ticket.id


async def test_a_hall_that_does_not_want_it_begins_anew(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as floors:
        await floors.ticket()
    clock.at = MORNING + timedelta(days=3)
    async with floors_at(url, clock) as floors:
        assert not (await floors.day()).tickets


async def test_two_controllers_carry_a_ticket_once(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, carrying()) as one, floors_at(url, clock) as other:
        ticket = await one.ticket()
        await other.day()
        clock.at = AFTER
        await one.engine.tick()
        await other.engine.tick()
        assert (await one.day()).waiting == (await other.day()).waiting == (ticket.id,)
        assert await one.logged() == await other.logged()
        await other.done(c.CancelTicket(ticket.id))
        await one.window(open_window())
        assert (await one.window(c.CallNext(WindowId("1")))).ticket is None

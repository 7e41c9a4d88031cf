"""The engine on real databases: many halls, many controllers, restarts, repeated commands."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from controller import commands as c
from controller.events import PlanChanged, TicketIssued
from controller.model import TicketState, WindowStatus
from controller.plan import HallId, WindowId
from controller.refusals import CommandIdReused, HallUnknown, ServiceUnknown, WindowNotClosed, WindowNotOpen
from controller.runtime.errors import LogUnavailable
from controller.runtime.hall_actor import Commit, Result
from controller.runtime.stream_forms import save_plan, stream_name
from tests.support.engines import (
    HALL,
    MORNING,
    PENSION,
    TODAY,
    Floors,
    HandClock,
    call_next,
    floors_at,
    floors_on,
    open_window,
    read_stream,
    small_plan,
)
from tests.support.journals import DATABASES, bare_connection, database_url, writer_held

HALLS = [f"h{number}" for number in range(20)]
W1 = WindowId("1")


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def floors(url: str, clock: HandClock) -> AsyncIterator[Floors]:
    async with floors_at(url, clock, small_plan()) as running:
        yield running


async def test_commands_of_many_halls_are_one_transaction(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, *(small_plan(hall) for hall in HALLS)) as floors:
        await asyncio.gather(*(floors.day(hall) for hall in HALLS))
        groups: list[tuple[int, int]] = []
        floors.journal.on_commit = lambda _s, appends, rows: groups.append((appends, rows))
        async with writer_held(floors.journal):
            # The first command of a hall is appended alone; what comes meanwhile is the hall's next batch.
            asked = [asyncio.ensure_future(floors.ticket(hall=hall)) for hall in HALLS for _ in range(3)]
            for _ in range(5):
                await asyncio.sleep(0)
        tickets = await asyncio.gather(*asked)
        assert groups[0] == (len(HALLS), 3 * len(HALLS))
        assert sum(rows for _, rows in groups) == 3 * len(HALLS)
        assert [ticket.number for ticket in tickets] == ["A001", "A002", "A003"] * len(HALLS)
        for hall in HALLS:
            assert await floors.logged(hall) == await floors.day(hall)


async def test_a_restart_reads_today_and_is_where_it_was(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as floors:
        await floors.done(open_window())
        first = await floors.ticket("t1", channel="mqtt")
        for _ in range(3):
            clock.advance(0.000_7)
            await floors.ticket()
        called = await floors.window(call_next(), "n1")
        before = await floors.day()
    async with floors_at(url, clock) as floors:
        assert floors.engine.plans == {HALL: small_plan()}
        assert floors.engine.loaded_days() == []
        assert await floors.day() == before == await floors.logged()
        assert floors.commits == [], "what happened before is nobody's news"
        assert await floors.ticket("t1", channel="mqtt") == first
        assert await floors.window(call_next(), "n1") == called
        assert await floors.ask(open_window(), "t1") == CommandIdReused("t1")
        assert await floors.day() == before
        assert (await floors.ticket()).number == "A005"
        assert [len(commit.events) for commit in floors.commits] == [1]


async def test_a_repeated_id_is_answered_alike_whatever_happened_since(floors: Floors) -> None:
    first = await floors.ask(open_window(), "open")
    assert isinstance(first, Result)
    await floors.window(c.CloseWindow(W1))
    seq = (await floors.day()).seq
    again = await floors.ask(open_window(), "open")
    assert isinstance(again, Result)
    assert again.answer == first.answer
    refused = await floors.ask(call_next(), "next")
    assert refused == WindowNotOpen("1", WindowStatus.CLOSED)
    await floors.window(open_window())
    assert await floors.ask(call_next(), "next") == refused, "the first result, though it would be accepted by now"
    assert (await floors.day()).seq == seq + 1


async def test_an_id_used_for_another_command_is_found_out_and_spoils_nothing(floors: Floors) -> None:
    unknown = await floors.ask(c.IssueTicket(("none",)), "i1")
    assert unknown == ServiceUnknown("none")
    ticket = await floors.ticket("i2")
    before = await floors.day()
    assert await floors.ask(open_window(), "i1") == CommandIdReused("i1")
    assert await floors.ask(c.IssueTicket((PENSION,)), "i1") == CommandIdReused("i1")
    assert await floors.ask(open_window(), "i2") == CommandIdReused("i2")
    assert await floors.ask(c.IssueTicket(("none",)), "i1") == unknown
    assert await floors.ticket("i2") == ticket
    assert await floors.day() == before


async def test_an_id_twice_in_one_batch_has_one_outcome(floors: Floors) -> None:
    commands = [("n", call_next()), ("o", open_window()), ("n", call_next()), ("t", c.IssueTicket((PENSION,)))] * 2
    outcomes = await asyncio.gather(*(floors.ask(command, key) for key, command in commands))
    assert outcomes[0] == outcomes[2] == outcomes[4] == WindowNotOpen("1", WindowStatus.CLOSED)
    assert [type(outcome) for outcome in outcomes] == [type(outcome) for outcome in outcomes[:4]] * 2
    day = await floors.logged()
    assert (len(day.tickets), day.calls_total) == (1, 0)


async def test_refusals_are_remembered_up_to_a_bound(floors: Floors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.runtime.hall_actor.REFUSALS_KEPT", 4)
    for number in range(8):
        await floors.ask(call_next(), f"n{number}")
    await floors.window(open_window())
    kept = [isinstance(await floors.ask(call_next(), f"n{number}"), WindowNotOpen) for number in range(7, -1, -1)]
    assert kept == [True] * 4 + [False] * 4


async def test_sinks_hear_in_order_of_what_is_on_disk_already(url: str, floors: Floors) -> None:
    heard: list[int] = []

    def sink(commit: Commit) -> None:
        with bare_connection(url) as looking:
            key = {"stream": stream_name(commit.day.hall, commit.day.day)}
            count = looking.execute(text("SELECT max(seq) FROM event WHERE stream = :stream"), key).scalar_one()
        assert count >= commit.events[-1].seq == commit.day.seq
        heard.extend(entry.seq for entry in commit.events)

    def broken(commit: Commit) -> None:
        raise OSError("the display is gone")

    floors.engine.subscribe(broken)
    floors.engine.subscribe(sink)
    await asyncio.gather(floors.done(open_window()), *(floors.ticket() for _ in range(20)))
    await floors.window(call_next())
    assert heard == list(range(1, 24))
    assert floors.engine.sink_failures == len(floors.commits)
    received = [seq for commit in floors.commits for seq in commit.received]
    assert received == heard[1:], "but for the opening of the day somebody asked"


async def test_two_controllers_serve_one_hall_at_once(url: str, clock: HandClock) -> None:
    plans = [small_plan(), small_plan("other")]
    async with floors_at(url, clock, *plans) as one, floors_at(url, clock) as two:
        for each, window in ((one, "1"), (two, "2")):
            await each.done(open_window(window))
        rounds = 15

        async def serve(floors: Floors, window: str) -> list[str]:
            numbers = []
            for _ in range(rounds):
                given = await asyncio.gather(floors.ticket(), floors.ticket(hall="other"), floors.ticket())
                numbers += [given[0].number, given[2].number]
                state = await floors.window(call_next(window))
                assert state.stage is TicketState.CALLED
                await floors.window(c.FinishService(WindowId(window)))
            return numbers

        numbers = [*await serve_both(serve(one, "1"), serve(two, "2"))]
        assert sorted(numbers) == [f"A{serial:03d}" for serial in range(1, 4 * rounds + 1)]
        assert one.engine.conflicts + two.engine.conflicts > 0
        for hall in (HALL, "other"):
            logged = await one.logged(hall)
            for floors in (one, two):
                await floors.ask(c.CancelTicket("none"), hall=hall)  # a refusal is given on the newest state
                assert await floors.day(hall) == logged
                assert heard(floors, hall) == list(range(heard(floors, hall)[0], logged.seq + 1))
        finished = [ticket for ticket in (await one.logged()).tickets.values() if ticket.state is TicketState.FINISHED]
        assert len(finished) == 2 * rounds
        assert [issued_by(floors) for floors in (one, two)] == [3 * rounds] * 2


async def serve_both(*serving: Any) -> list[str]:
    return [number for numbers in await asyncio.gather(*serving) for number in numbers]


def issued_by(floors: Floors) -> int:
    own = [entry.event for commit in floors.commits if not commit.foreign for entry in commit.events]
    return sum(isinstance(event, TicketIssued) for event in own)


def heard(floors: Floors, hall: str) -> list[int]:
    return [entry.seq for commit in floors.commits if commit.day.hall == hall for entry in commit.events]


async def test_a_controller_refuses_and_repeats_on_what_the_other_wrote(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as one, floors_at(url, clock) as two:
        ticket = await one.ticket()
        assert (await two.day()).seq == 2
        opened = await one.window(open_window(), "open")
        called = await one.window(call_next(), "next")
        # The other has read nothing since: for all it knows the window is closed.
        assert await two.window(call_next(), "next") == called
        assert await two.window(open_window(), "open") == opened
        assert await two.ask(open_window()) == WindowNotClosed("1")
        await two.window(c.FinishService(W1))
        assert (await one.ask(c.CancelTicket(ticket.id))) is not None
        assert await one.day() == await two.day() == await two.logged()
        assert [commit.foreign for commit in two.commits] == [True, False]


async def test_an_id_refused_here_and_accepted_there_is_accepted_from_then_on(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as one, floors_at(url, clock) as two:
        await one.ticket()
        assert isinstance(await two.ask(call_next(), "x"), WindowNotOpen)
        await one.window(open_window())
        called = await one.window(call_next(), "x")
        assert await two.window(call_next(), "x") == called


async def test_a_controller_that_follows_hears_of_others_at_its_tick(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as one, floors_at(url, clock, follows_others=True) as two:
        await two.day()
        await one.ticket()
        await two.engine.tick()
        assert (await two.day()).waiting == (await one.day()).waiting != ()
        assert [commit.foreign for commit in two.commits if commit.events[-1].seq > 1] == [True]


async def test_a_plan_is_stored_and_in_force_under_the_callers_name(floors: Floors) -> None:
    await floors.ticket()
    larger = small_plan(windows=4)
    assert await floors.engine.put_plan(larger, command_id="p1", actor="li") is None
    assert floors.engine.plans[HallId(HALL)] == larger
    day = await floors.day()
    assert (day.plan, len(day.windows), len(day.waiting)) == (larger, 4, 1)
    changes = [
        entry for entry in await read_stream(floors.journal, HALL, TODAY) if isinstance(entry.event, PlanChanged)
    ]
    assert [(entry.actor, entry.command) for entry in changes] == [("li", "p1")]
    assert (await floors.journal.plan(HALL) or (0, ""))[0] == 2


async def test_a_repeated_put_of_an_older_plan_does_not_bring_it_back(floors: Floors) -> None:
    two, four = small_plan(windows=2), small_plan(windows=4)
    for plan, key in ((two, "p2"), (four, "p4"), (two, "p2")):
        assert await floors.engine.put_plan(plan, command_id=key, actor="li") is None
    await floors.ticket()
    assert (await floors.day()).plan == four == floors.engine.plans[HallId(HALL)]
    assert (await floors.journal.plan(HALL) or (0, ""))[0] == 3


async def test_a_plan_that_the_floor_refuses_is_not_stored(floors: Floors) -> None:
    await floors.ticket()
    await floors.window(open_window("2"))
    await floors.window(call_next("2"))
    before = await floors.day()
    refusal = await floors.engine.put_plan(small_plan(windows=1), command_id="p", actor="li")
    assert refusal is not None
    assert refusal.code == "window_busy"
    assert await floors.day() == before
    assert floors.engine.plans[HallId(HALL)] == small_plan()
    assert (await floors.journal.plan(HALL) or (0, ""))[0] == 1
    await floors.ticket()
    assert (await floors.day()).plan == small_plan()


async def test_a_plan_that_was_stored_and_not_put_in_force_is_so_at_once_or_at_the_next_start(
    url: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    four, five = small_plan(windows=4), small_plan(windows=5)
    async with floors_at(url, clock, small_plan()) as floors:
        await floors.day()
        with monkeypatch.context() as broken:

            async def append(stream: str, rows: Any) -> None:
                raise LogUnavailable("no disk")

            broken.setattr(floors.journal, "append", append)
            with pytest.raises(LogUnavailable):
                await floors.engine.put_plan(four, command_id="p4", actor="li")
        await floors.ticket()
        assert (await floors.day()).plan == four
        assert await floors.engine.put_plan(four, command_id="p4", actor="li") is None
        await save_plan(floors.journal, five, "li", clock.now())  # and there it was killed
    async with floors_at(url, clock) as floors:
        day = await floors.day()
        assert (day.plan, len(day.waiting)) == (five, 1)
        assert await floors.logged() == day


async def test_controllers_follow_each_others_plans_and_do_not_fight(url: str, clock: HandClock) -> None:
    async with (
        floors_at(url, clock, small_plan()) as one,
        floors_at(url, clock) as two,
        floors_at(url, clock) as late,
    ):
        await asyncio.gather(one.ticket(), two.ticket())
        four = small_plan(windows=4)
        assert await one.engine.put_plan(four, command_id="p4", actor="li") is None
        for _ in range(2):
            for floors in (one, two, late):
                await floors.ticket()
                assert (await floors.day()).plan == four == floors.engine.plans[HallId(HALL)]
        stream = await read_stream(one.journal, HALL, TODAY)
        assert sum(isinstance(entry.event, PlanChanged) for entry in stream) == 1


async def test_a_new_hall_is_served_at_once(floors: Floors) -> None:
    assert await floors.ask(open_window(), hall="new") == HallUnknown("new")
    assert await floors.engine.day("new") == HallUnknown("new")
    assert await floors.engine.stream("new", 0) == HallUnknown("new")
    first, second = small_plan("new"), small_plan("new", windows=1)
    put = [floors.engine.put_plan(plan, command_id=f"p{plan}", actor="li") for plan in (first, second)]
    assert await asyncio.gather(*put) == [None, None]
    assert (await floors.day("new")).plan == second
    assert (await floors.ticket(hall="new")).number == "A001"
    with pytest.raises(ValueError, match="time zone"):
        await floors.engine.put_plan(small_plan("moon", zone="Moon/Crater"), command_id="p", actor="li")
    with pytest.raises(ValueError, match="time zone"):
        await floors.engine.put_plan(small_plan(zone="Moon/Crater"), command_id="p", actor="li")
    assert (await floors.ticket()).number == "A001"


async def test_the_stream_is_given_in_the_contracts_form(floors: Floors) -> None:
    ticket = await floors.ticket("t1", channel="app")
    await floors.window(open_window(), "o1")
    entries = await floors.engine.stream(HALL, 1)
    assert isinstance(entries, list)
    assert [(entry["seq"], entry["type"], entry["command"], entry["actor"]) for entry in entries] == [
        (2, "TicketIssued", "t1", "test"),
        (3, "WindowOpened", "o1", "test"),
    ]
    assert entries[0]["data"]["ticket"] == ticket.id
    assert entries[0]["at"] == "2026-03-02T01:00:00.000+00:00"
    assert await floors.engine.stream(HALL, 3) == []
    assert await floors.engine.stream(HALL, 0, TODAY.replace(day=1)) == []
    assert await floors.engine.stream("none", 0, TODAY) == HallUnknown("none")


async def test_time_in_a_stream_never_runs_back(floors: Floors, clock: HandClock) -> None:
    await floors.ticket()
    clock.advance(-3600)
    ticket = await floors.ticket()
    assert ticket.arrived_at == MORNING
    changed = replace(small_plan(), hall=replace(small_plan().hall, timezone="Asia/Urumqi"))
    assert await floors.engine.put_plan(changed, command_id="p", actor="li") is None
    assert (await floors.ticket()).arrived_at == MORNING
    assert await floors.logged() == await floors.day()


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

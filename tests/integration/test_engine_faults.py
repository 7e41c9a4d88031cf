"""The engine when the disk fails, or the core, a text, a plan, a caller: each costs what it must and no more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from controller import commands as c
from controller.decide import decide
from controller.evolve import evolve
from controller.model import TicketState
from controller.plan import HallId
from controller.runtime import engine as engine_module
from controller.runtime import hall_actor, stream_forms
from controller.runtime.errors import LogUnavailable
from controller.runtime.hall_actor import CoreFailed, Overloaded, Result
from controller.runtime.stream_forms import stream_name
from tests.support.engines import (
    HALL,
    MIDNIGHT,
    TODAY,
    Floors,
    HandClock,
    call_next,
    floors_at,
    floors_on,
    open_window,
    small_plan,
)
from tests.support.journals import DATABASES, bare_connection, database_url, journal_at, until, writer_held
from tests.support.log_faults import Space, bounded_space

OTHER = "other"
LONG = "数据" * 1_000
TICKETS_MAX = 2_000


@pytest.fixture(params=DATABASES)
def space(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Space]:
    with bounded_space(request, tmp_path) as bounded:
        yield bounded


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def floors(url: str, clock: HandClock) -> AsyncIterator[Floors]:
    async with floors_at(url, clock, small_plan(), small_plan(OTHER)) as running:
        yield running


async def same_everywhere(floors: Floors, hall: str = HALL) -> None:
    """See that the engine, the log and the sinks tell of the same day."""
    await floors.ask(c.CancelTicket("none"), hall=hall)
    day = await floors.day(hall)
    assert day == await floors.logged(hall)
    commits = [commit for commit in floors.commits if commit.day.hall == hall]
    assert [entry.seq for commit in commits for entry in commit.events] == list(range(1, day.seq + 1))


async def tickets_until_refused(floors: Floors, given: list[Any]) -> tuple[int, LogUnavailable]:
    """Take tickets with a long text; a little room is left in pages that are begun."""
    for number in range(TICKETS_MAX):
        try:
            given.append(await floors.ticket(f"t{number}", channel=LONG))
        except LogUnavailable as error:
            return number, error
    raise AssertionError("the disk takes everything")


async def test_a_full_disk_refuses_what_it_must_and_the_floor_goes_on_without_a_restart(
    space: Space, clock: HandClock
) -> None:
    async with floors_at(space.url, clock, small_plan(), small_plan(OTHER)) as floors:
        given = [await floors.ticket(), await floors.ticket(hall=OTHER)]
        space.fill()
        with capture_logs():
            number, error = await tickets_until_refused(floors, given)
            assert "full" in str(error) or "No space" in str(error)
            before = await floors.day()
            for _ in range(2):
                with pytest.raises(LogUnavailable):
                    await floors.ticket(f"t{number}", channel=LONG)
            await floors.engine.tick()
            assert await floors.day() == before
            assert len(before.tickets) == len(given) - 1
            space.free()
            again = await floors.ticket(f"t{number}", channel=LONG)
        assert again.number == f"A{len(given):03d}"
        assert (await floors.ticket(hall=OTHER)).number == "A002"
        for hall in (HALL, OTHER):
            await same_everywhere(floors, hall)
    async with floors_at(space.url, clock) as floors:
        assert len((await floors.day()).tickets) == len(given)


async def test_an_append_that_nobody_can_vouch_for_is_found_and_told(
    floors: Floors, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floors.ticket()
    await floors.ticket(hall=OTHER)
    really, is_lost = floors.journal.append, False

    async def append(stream: str, rows: Any) -> None:
        nonlocal is_lost
        await really(stream, rows)
        if is_lost:
            is_lost = False
            raise LogUnavailable("the connection is lost")

    monkeypatch.setattr(floors.journal, "append", append)
    for key, next_key in (("a", "a"), ("b", "c")):
        before = len((await floors.day()).tickets)
        is_lost = True
        with pytest.raises(LogUnavailable):
            await floors.ticket(key)
        assert len((await floors.logged()).tickets) == before + 1, "it is there all the same"
        await floors.ticket(next_key)
    numbers = [(await floors.ticket(key)).number for key in ("a", "b", "c", "d")]
    assert numbers == ["A002", "A003", "A004", "A005"]
    await same_everywhere(floors)
    assert [commit.foreign for commit in floors.commits] == [False] * len(floors.commits), "it was ours"
    received = [seq for commit in floors.commits if commit.day.hall == HALL for seq in commit.received]
    assert received == list(range(2, (await floors.day()).seq + 1))


@pytest.mark.parametrize("where", ["decide", "evolve"])
async def test_a_command_that_crashes_the_core_fails_alone(
    floors: Floors, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    await floors.ticket()
    before = await floors.day()

    def crash_decide(day: Any, request: c.Request) -> Any:
        if request.id == "poison":
            raise ZeroDivisionError("a bug")
        return decide(day, request)

    def crash_evolve(day: Any, recorded: Any) -> Any:
        if recorded.command == "poison":
            raise ZeroDivisionError("a bug")
        return evolve(day, recorded)

    with monkeypatch.context() as broken, capture_logs() as logs:
        if where == "decide":
            broken.setattr(hall_actor, "decide", crash_decide)
        else:
            broken.setattr(stream_forms, "evolve", crash_evolve)
        outcomes = await asyncio.gather(
            floors.ticket("a"), floors.ticket("poison"), floors.ticket("b"), return_exceptions=True
        )
        with pytest.raises(CoreFailed, match="IssueTicket: a bug"):
            await floors.ticket("poison")
    assert [type(outcome).__name__ for outcome in outcomes] == ["Ticket", "CoreFailed", "Ticket"]
    assert [entry["event"] for entry in logs] == ["core.failed"] * 2
    day = await floors.day()
    assert (len(day.tickets), day.seq) == (len(before.tickets) + 2, before.seq + 2)
    assert (await floors.ticket("poison")).number == "A004"
    await same_everywhere(floors)


@pytest.mark.parametrize("poison", ["\ud800", "text"])
async def test_a_text_that_the_log_can_not_store_fails_alone(
    floors: Floors, monkeypatch: pytest.MonkeyPatch, poison: str
) -> None:
    if poison == "text":
        really = floors.journal.append

        async def append(stream: str, rows: Any) -> None:
            if any("poison" in row.data for row in rows):
                raise ValueError("it can't be stored")
            await really(stream, rows)

        monkeypatch.setattr(floors.journal, "append", append)
    await floors.ticket()
    channels = ["kiosk", f"poison{poison}", "kiosk", f"poison{poison}", "kiosk"]
    with capture_logs():
        asked = (floors.ticket(channel=channel) for channel in channels)
        outcomes = await asyncio.gather(*asked, floors.ticket(hall=OTHER), return_exceptions=True)
    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds == ["Ticket", "CoreFailed", "Ticket", "CoreFailed", "Ticket", "Ticket"]
    assert [outcome.number for outcome in outcomes[:5:2]] == ["A002", "A003", "A004"]
    await same_everywhere(floors)


def spoil(url: str, hall: str = HALL) -> None:
    """Write an event that no program can read into a hall's stream."""
    with bare_connection(url) as meddling:
        meddling.execute(
            text(
                "INSERT INTO event SELECT stream, seq + 1, 'Nonsense', 1, at, actor, command, data, 'x' FROM event "
                "WHERE stream = :stream AND seq = (SELECT max(seq) FROM event WHERE stream = :stream)"
            ),
            {"stream": stream_name(HallId(hall), TODAY)},
        )


def mend(url: str) -> None:
    with bare_connection(url) as mending:
        mending.exec_driver_sql("DELETE FROM event WHERE type = 'Nonsense'")


async def test_a_stream_that_can_not_be_read_closes_its_hall_alone_and_for_a_while(
    url: str, floors: Floors, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floors.ticket()
    spoil(url)
    async with floors_at(url, clock) as started:
        reads: list[str] = []
        really = started.journal.read

        async def read(stream: str, after: int = 0) -> Any:
            reads.append(stream)
            return await really(stream, after)

        monkeypatch.setattr(started.journal, "read", read)
        with capture_logs() as logs:
            for _ in range(5):
                with pytest.raises(CoreFailed, match="/type"):
                    await started.ticket()
                with pytest.raises(CoreFailed):
                    await started.engine.day(HALL)
                await started.engine.tick()
                assert (await started.ticket(hall=OTHER)).number
        assert len([stream for stream in reads if HALL in stream]) == 1, "a broken stream isn't read again and again"
        assert [entry["event"] for entry in logs] == ["hall.quarantined", "engine.tick_failed"]
        mend(url)
        later = asyncio.get_running_loop().time() + 2 * hall_actor.QUARANTINE_S_MIN
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: later)
        assert (await started.ticket()).number == "A002"
        monkeypatch.undo()
        await same_everywhere(started, OTHER)


async def test_an_event_of_another_kind_from_another_controller_closes_the_hall_until_it_is_gone(
    url: str, floors: Floors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hall_actor, "QUARANTINE_S_MIN", 0.0)
    monkeypatch.setattr(hall_actor, "QUARANTINE_S_MAX", 0.0)
    await floors.ticket()
    before = await floors.day()
    spoil(url)
    with capture_logs():
        for _ in range(2):
            with pytest.raises(CoreFailed):
                await floors.ticket()
    assert await floors.day() == before
    mend(url)
    assert (await floors.ticket()).number == "A002"
    await same_everywhere(floors)


async def test_a_log_that_is_shorter_than_remembered_is_read_anew(url: str, floors: Floors) -> None:
    for _ in range(3):
        await floors.ticket()
    with bare_connection(url) as meddling:  # a backup was put back under the running controller
        meddling.exec_driver_sql("DELETE FROM event WHERE seq > 2")
    floors.journal._opened_writer()._group_commit._tails.clear()
    assert (await floors.ticket()).number == "A002"
    assert await floors.day() == await floors.logged()


async def test_a_plan_that_can_not_be_read_costs_its_own_hall(url: str, floors: Floors, clock: HandClock) -> None:
    await floors.journal.save_plan(HALL, '{"from": "the future"}', "li", clock.now())
    async with journal_at(url) as journal:
        with capture_logs() as logs:
            async with floors_on(journal, clock) as started:
                assert set(started.engine.plans) == {OTHER}
                assert (await started.ticket(hall=OTHER)).number == "A001"
        assert [(entry["event"], entry["hall"]) for entry in logs] == [("plan.unreadable", HALL)]


async def test_a_caller_who_gives_up_disturbs_nobody(floors: Floors) -> None:
    await floors.ticket()
    async with writer_held(floors.journal):
        first = asyncio.ensure_future(floors.ticket("a"))
        for _ in range(5):
            await asyncio.sleep(0)
        behind = [asyncio.ensure_future(floors.ticket(key)) for key in ("b", "c")]
        await asyncio.sleep(0)
        first.cancel()
        behind[0].cancel()
    outcomes = await asyncio.gather(first, *behind, return_exceptions=True)
    assert [type(outcome).__name__ for outcome in outcomes] == ["CancelledError", "CancelledError", "Ticket"]
    assert outcomes[2].number == "A003", "what was under way is done, what nobody waits for any more is not begun"
    assert (await floors.ticket("a")).number == "A002"
    assert (await floors.ticket("b")).number == "A004"
    await same_everywhere(floors)


async def test_an_inbox_that_is_full_says_so_at_once(floors: Floors, monkeypatch: pytest.MonkeyPatch) -> None:
    await floors.ticket()
    actor = floors.engine._actors[small_plan().hall.id]
    monkeypatch.setattr(actor, "_inbox", asyncio.Queue(3))
    # The run loop still waits at the old one: nothing leaves the new one.
    waiting = [asyncio.ensure_future(floors.ticket()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await floors.ticket()
    assert (await floors.ticket(hall=OTHER)).number == "A001"
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_stop_writes_what_is_under_way_and_tells_the_rest(url: str, clock: HandClock) -> None:
    async with floors_at(url, clock, small_plan()) as floors:
        await floors.ticket()
        async with writer_held(floors.journal):
            under_way = asyncio.ensure_future(floors.ticket())
            for _ in range(5):
                await asyncio.sleep(0)
            behind = [asyncio.ensure_future(floors.ticket()) for _ in range(3)]
            await asyncio.sleep(0)
            stopping = asyncio.ensure_future(floors.engine.stop())
            for _ in range(5):
                await asyncio.sleep(0)
            with pytest.raises(LogUnavailable, match="stops"):
                await floors.ticket()
        await stopping
        outcomes = await asyncio.gather(under_way, *behind, return_exceptions=True)
        assert [type(outcome).__name__ for outcome in outcomes] == ["Ticket", *["LogUnavailable"] * 3]
        assert len(floors.commits[-1].events) == 1
    async with floors_at(url, clock) as floors:
        assert len((await floors.day()).tickets) == 2


async def test_a_stop_does_not_wait_for_ever(floors: Floors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "STOP_S", 0.01)
    await floors.ticket()
    async with writer_held(floors.journal):
        asked = [asyncio.ensure_future(floors.ticket(hall=hall)) for hall in (HALL, OTHER)]
        for _ in range(5):
            await asyncio.sleep(0)
        await floors.engine.stop()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LogUnavailable] * 2


async def test_a_hall_that_hangs_holds_up_no_other_halls_tick(
    floors: Floors, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floors.ticket()
    await floors.ticket(hall=OTHER)
    really, go_on = floors.journal.append, asyncio.Event()

    async def append(stream: str, rows: Any) -> None:
        if f":{HALL}/" in stream:
            await go_on.wait()
        await really(stream, rows)

    monkeypatch.setattr(floors.journal, "append", append)
    monkeypatch.setattr(engine_module, "TICK_S", 0.001)
    await floors.engine.stop()
    await floors.engine.start()
    hanging = asyncio.ensure_future(floors.ticket())
    await floors.day(OTHER)
    for days in range(1, 3):
        clock.at = MIDNIGHT + timedelta(days=days, seconds=1)
        await until(lambda: floors.commits[-1].day.day == clock.at.date() and floors.commits[-1].day.hall == OTHER)
    assert not hanging.done()
    go_on.set()
    assert (await hanging).state is TicketState.WAITING


async def test_a_tick_that_crashes_is_told_and_the_next_one_comes(
    floors: Floors, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floors.ticket(device="kiosk-1")
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(floors.engine, "_expire_receipts", lambda _actor, _day: 1 / 0)
        await floors.engine.tick()
    assert [entry["event"] for entry in logs] == ["engine.tick_crashed"]
    await floors.engine.tick()
    assert isinstance(await floors.ask(open_window()), Result)
    assert (await floors.window(call_next())).ticket is not None

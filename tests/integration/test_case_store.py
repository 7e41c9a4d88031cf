"""Cases on real databases: a step is whole or not there, none is lost to another one, and an id means one thing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from controller import cases as c
from controller.case_model import Case, CaseEvent, CaseId, CaseState
from controller.case_refusals import CaseChanged, CaseNotInState, CaseUnknown
from controller.cases import decide_case, fold_case, open_case
from controller.ids import HallId, WindowId
from controller.refusals import CommandIdReused, Refusal
from controller.runtime.case_store import Asked, CaseStore, Wanted, Written
from controller.runtime.errors import LogUnavailable
from controller.runtime.journal import Journal
from tests.support.cases import FRIDAY, MORNING, NOTICE, PHOTO, RELIEF, TODAY, situation
from tests.support.journals import DATABASES, bare_connection, database_url, journal_at

HALL = "demo"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
async def journal(url: str) -> AsyncIterator[Journal]:
    async with journal_at(url) as opened:
        yield opened


def asked(command: str, digest: str = "", minutes: int = 0) -> Asked:
    return Asked(command, digest or f"digest of {command}", "window:1", MORNING + timedelta(minutes=minutes))


def opening(hall: str = HALL, ticket: str | None = None) -> Callable[[CaseId], CaseEvent]:
    return lambda case: open_case(
        case, RELIEF, hall=HallId(hall), window=WindowId("1"), clerk="王芳", ticket=ticket, received=True
    )


def deciding(command: c.CaseCommand, today: date = TODAY) -> Callable[[Case], CaseEvent | Refusal]:
    return lambda case: decide_case(case, command, situation(today))


async def opened(store: CaseStore, command: str, hall: str = HALL, ticket: str | None = None) -> Case:
    written = await store.open(hall, TODAY, asked(command), opening(hall, ticket))
    assert isinstance(written, Written)
    return written.case


async def step(store: CaseStore, case: str, command: c.CaseCommand, command_id: str) -> Case:
    written = await store.act(HALL, case, None, asked(command_id), deciding(command))
    assert isinstance(written, Written), written
    return written.case


async def test_a_case_is_there_after_a_restart_with_its_history(url: str) -> None:
    async with journal_at(url) as journal:
        store = CaseStore(journal)
        case = await opened(store, "k-1", ticket="t-1")
        assert (case.id, case.version, case.state) == ("20260302-0001", 1, CaseState.RECEIVED)
        await step(store, case.id, NOTICE, "k-2")
        last = await step(store, case.id, c.AcceptCase((PHOTO,), date(2026, 3, 4)), "k-3")
    async with journal_at(url) as journal:
        store = CaseStore(journal)
        history = await store.history(HALL, case.id)
        assert [entry.seq for entry in history] == [1, 2, 3]
        assert [entry.command for entry in history] == ["k-1", "k-2", "k-3"]
        assert {entry.actor for entry in history} == {"window:1"}
        assert fold_case(history) == last
        assert await store.cases(HALL, Wanted()) == [last]
        assert await store.history("other", case.id) == ()
        assert await store.history(HALL, "20260302-0002") == ()


async def test_numbers_count_the_cases_of_a_hall_s_day(journal: Journal) -> None:
    store = CaseStore(journal)
    assert [(await opened(store, f"k-{number}")).id[-4:] for number in range(3)] == ["0001", "0002", "0003"]
    assert (await opened(store, "k-1", "other")).id == "20260302-0001"
    tomorrow = await store.open(HALL, TODAY + timedelta(days=1), asked("k-9"), opening())
    assert isinstance(tomorrow, Written)
    assert tomorrow.case.id == "20260303-0001"


async def test_an_id_is_carried_out_once_and_answers_with_what_it_brought_about(journal: Journal) -> None:
    store = CaseStore(journal)
    first = await opened(store, "k-1")
    await step(store, first.id, NOTICE, "k-2")
    again = await store.open(HALL, TODAY, asked("k-1", minutes=9), opening())
    assert isinstance(again, Written)
    assert (again.again, again.case) == (True, first)
    noticed = await store.act(HALL, first.id, 1, asked("k-2"), deciding(NOTICE))
    assert isinstance(noticed, Written)
    assert (noticed.again, noticed.case.version) == (True, 2)
    assert await store.repeated(HALL, asked("k-3")) is None
    assert len(await store.history(HALL, first.id)) == 2


async def test_an_id_of_another_command_is_refused(journal: Journal) -> None:
    store = CaseStore(journal)
    case = await opened(store, "k-1")
    refusal = await store.act(HALL, case.id, None, asked("k-1", "another"), deciding(NOTICE))
    assert refusal == CommandIdReused("k-1")
    assert await store.repeated(HALL, asked("k-1", "another")) == CommandIdReused("k-1")
    assert await store.cases(HALL, Wanted()) == [case]


async def test_who_looked_at_an_older_version_is_told_so(journal: Journal) -> None:
    store = CaseStore(journal)
    case = await opened(store, "k-1")
    moved = await step(store, case.id, NOTICE, "k-2")
    refusal = await store.act(HALL, case.id, 1, asked("k-3"), deciding(c.AcceptCase()))
    assert refusal == CaseChanged(case.id, 2, 1)
    assert await store.cases(HALL, Wanted()) == [moved]


async def test_a_refused_step_leaves_nothing(journal: Journal) -> None:
    store = CaseStore(journal)
    case = await opened(store, "k-1")
    refusal = await store.act(HALL, case.id, None, asked("k-2"), deciding(c.CompleteCase()))
    assert refusal == CaseNotInState(case.id, CaseState.RECEIVED)
    assert await store.act(HALL, "20260302-0007", None, asked("k-3"), deciding(NOTICE)) == CaseUnknown("20260302-0007")
    assert await store.cases(HALL, Wanted()) == [case]
    await step(store, case.id, NOTICE, "k-2")  # the id of a refused step is free


async def test_a_step_that_fails_half_way_leaves_nothing(journal: Journal, url: str) -> None:
    store = CaseStore(journal)
    case = await opened(store, "k-1")
    with bare_connection(url) as connection:
        connection.exec_driver_sql("ALTER TABLE case_event RENAME TO case_event_gone")
        connection.exec_driver_sql("ALTER TABLE case_event_gone RENAME COLUMN data TO gone")
        connection.exec_driver_sql("ALTER TABLE case_event_gone RENAME TO case_event")
    with pytest.raises(LogUnavailable):
        await store.open(HALL, TODAY, asked("k-2"), opening())
    with bare_connection(url) as connection:
        connection.exec_driver_sql("ALTER TABLE case_event RENAME COLUMN gone TO data")
    assert await store.cases(HALL, Wanted()) == [case]


async def test_of_many_at_once_each_gets_its_own_number_and_one_takes_the_step(url: str) -> None:
    async with journal_at(url) as one, journal_at(url) as two:
        stores = [CaseStore(one), CaseStore(two)]
        cases = await asyncio.gather(*(opened(stores[number % 2], f"k-{number}") for number in range(20)))
        assert len({case.id for case in cases}) == 20
        attempts = [
            store.act(HALL, cases[0].id, 1, asked(f"a-{number}"), deciding(c.AcceptCase()))
            for number, store in enumerate(stores * 4)
        ]
        results = await asyncio.gather(*attempts)
        assert [isinstance(result, Written) for result in results].count(True) == 1
        assert all(isinstance(result, Written) or result == CaseChanged(cases[0].id, 2, 1) for result in results)
        assert len(await stores[1].history(HALL, cases[0].id)) == 2


async def test_the_same_write_to_two_controllers_happens_once(url: str) -> None:
    async with journal_at(url) as one, journal_at(url) as two:
        cases = await asyncio.gather(*(opened(CaseStore(journal), "k-1") for journal in (one, two, one, two)))
        assert {case.id for case in cases} == {"20260302-0001"}
        assert len(await CaseStore(one).cases(HALL, Wanted())) == 1


async def test_cases_are_found_by_what_they_are(journal: Journal) -> None:
    store = CaseStore(journal)
    ids = [(await opened(store, f"k-{number}", ticket=f"t-{number}")).id for number in range(5)]
    await opened(store, "k-0", "other")
    await step(store, ids[1], c.AcceptCase(), "a-1")
    await step(store, ids[2], c.AcceptCase((PHOTO,), TODAY + timedelta(days=1)), "a-2")
    await step(store, ids[3], c.WithdrawCase(), "a-3")
    await step(store, ids[4], NOTICE, "a-4")

    async def found(**wanted: object) -> list[str]:
        return [case.id for case in await store.cases(HALL, Wanted(**wanted))]  # type: ignore[arg-type]

    assert await found() == [ids[2], ids[1], ids[0], ids[3], ids[4]]  # first whose day comes first
    assert await found(limit=2) == [ids[2], ids[1]]
    assert await found(is_open=True) == [ids[2], ids[1], ids[0], ids[4]]
    assert await found(is_open=False) == [ids[3]]
    assert await found(states=[CaseState.ACCEPTED]) == [ids[2], ids[1]]
    assert await found(states=[CaseState.NOTIFIED, CaseState.WITHDRAWN]) == [ids[3], ids[4]]
    assert await found(due_before=TODAY + timedelta(days=2)) == [ids[2]]
    assert await found(due_before=FRIDAY + timedelta(days=1)) == [ids[2], ids[1]]
    assert await found(ticket="t-4") == [ids[4]]
    assert await found(service=RELIEF.code, is_open=False) == [ids[3]]
    assert await found(service="other") == []


async def test_promises_to_keep_are_counted_by_their_days(journal: Journal) -> None:
    store = CaseStore(journal)
    assert await store.promised() == {}
    ids = [(await opened(store, f"k-{number}")).id for number in range(4)]
    for number in (0, 1):
        await step(store, ids[number], c.AcceptCase(), f"a-{number}")
    late = TODAY + timedelta(days=20)
    await step(store, ids[2], c.AcceptCase((PHOTO,), late), "a-2")
    assert await store.promised() == {HALL: {FRIDAY: 2, late: 1}}
    await step(store, ids[0], c.CompleteCase(), "c-0")
    await step(store, ids[2], c.WithdrawCase(), "w-2")
    assert await store.promised() == {HALL: {FRIDAY: 1}}


async def test_time_in_a_history_never_runs_back(journal: Journal) -> None:
    store = CaseStore(journal)
    case = await opened(store, "k-1")
    earlier = Asked("k-2", "d", "window:1", MORNING - timedelta(hours=1))
    written = await store.act(HALL, case.id, None, earlier, deciding(NOTICE))
    assert isinstance(written, Written)
    assert written.case.changed_at == case.changed_at

"""Appointments on real databases: no place twice, an id books once, and what was missed is noted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from api.appointment_watch import AppointmentWatch
from controller.appointments import (
    Appointment,
    AppointmentCode,
    AppointmentNotInState,
    AppointmentState,
    AppointmentUnknown,
    BookedOut,
    HalfDay,
)
from controller.plan import ServiceCode
from controller.refusals import CommandIdReused
from controller.runtime.appointment_store import AppointmentStore, Write
from tests.support.core_floor import MORNING, ZONE
from tests.support.engines import HandClock, small_plan
from tests.support.journals import DATABASES, database_url, journal_at

PENSION, INSURANCE = ServiceCode("pension"), ServiceCode("insurance")
DAY = MORNING.date() + timedelta(days=1)
QUOTAS = {PENSION: 2}


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
async def stores(url: str) -> AsyncIterator[tuple[AppointmentStore, AppointmentStore]]:
    """Return the stores of two controllers."""
    async with journal_at(url) as one, journal_at(url) as other:
        yield AppointmentStore(one, "demo", ZONE), AppointmentStore(other, "demo", ZONE)


def wanted(number: int, *services: ServiceCode) -> Appointment:
    code = AppointmentCode(f"{number:08}")
    return Appointment(code, services or (PENSION,), DAY, HalfDay.MORNING, MORNING + timedelta(days=1))


def write(request: str = "") -> Write:
    return Write(request, "citizen", MORNING)


async def test_it_is_there_after_a_restart(url: str) -> None:
    async with journal_at(url) as journal:
        store = AppointmentStore(journal, "demo", ZONE)
        booked = await store.book(replace(wanted(1), person="p-1"), QUOTAS, write("k-1"))
    async with journal_at(url) as journal:
        store = AppointmentStore(journal, "demo", ZONE)
        assert await store.one(AppointmentCode("00000001")) == booked
        assert await store.of_day(DAY) == [booked]
        assert await store.taken(DAY) == {(DAY, HalfDay.MORNING, PENSION): 1}
        other = AppointmentStore(journal, "other", ZONE)
        assert await other.one(AppointmentCode("00000001")) is None
        assert await other.of_day(DAY) == []


async def test_two_controllers_give_no_place_twice(stores: tuple[AppointmentStore, AppointmentStore]) -> None:
    results = await asyncio.gather(
        *(stores[number % 2].book(wanted(number), {PENSION: 5}, write(f"k-{number}")) for number in range(16))
    )
    booked = [result for result in results if isinstance(result, Appointment)]
    assert len(booked) == 5
    assert {result for result in results if not isinstance(result, Appointment)} == {BookedOut(PENSION, f"{DAY}")}
    assert sorted(one.code for one in await stores[0].of_day(DAY)) == sorted(one.code for one in booked)


async def test_where_one_of_several_services_is_booked_out_no_place_is_taken(
    stores: tuple[AppointmentStore, AppointmentStore],
) -> None:
    store, _ = stores
    await store.book(wanted(1), {PENSION: 1}, write("k-1"))
    refusal = await store.book(wanted(2, INSURANCE, PENSION), {INSURANCE: 1, PENSION: 1}, write("k-2"))
    assert refusal == BookedOut(PENSION, f"{DAY}")
    assert await store.taken(DAY) == {(DAY, HalfDay.MORNING, PENSION): 1}
    assert isinstance(await store.book(wanted(2, INSURANCE), {INSURANCE: 1}, write("k-2")), Appointment)


async def test_an_id_books_once(stores: tuple[AppointmentStore, AppointmentStore]) -> None:
    first = await stores[0].book(wanted(1), QUOTAS, write("k-1"))
    assert await stores[1].book(wanted(2), QUOTAS, write("k-1")) == first
    assert await stores[1].book(wanted(3, INSURANCE), {}, write("k-1")) == CommandIdReused("k-1")
    assert len(await stores[0].of_day(DAY)) == 1


async def test_a_cancelled_one_frees_its_place(stores: tuple[AppointmentStore, AppointmentStore]) -> None:
    store, _ = stores
    await store.book(wanted(1), {PENSION: 1}, write("k-1"))
    code = AppointmentCode("00000001")
    cancelled = await store.change(code, write(), lambda _now: None, AppointmentState.CANCELLED)
    assert isinstance(cancelled, Appointment)
    assert cancelled.state is AppointmentState.CANCELLED
    assert isinstance(await store.book(wanted(2), {PENSION: 1}, write("k-2")), Appointment)
    refusal = AppointmentNotInState(code, "cancelled")
    assert await store.change(code, write(), lambda _now: refusal, AppointmentState.BOOKED) == refusal
    assert await store.one(code) == cancelled
    nobody = AppointmentCode("99999999")
    unknown = await store.change(nobody, write(), lambda _now: None, AppointmentState.CANCELLED)
    assert unknown == AppointmentUnknown(nobody)


async def test_a_check_in_that_was_refused_leaves_it_booked(
    stores: tuple[AppointmentStore, AppointmentStore],
) -> None:
    store, _ = stores
    booked = await store.book(wanted(1), QUOTAS, write("k-1"))
    assert isinstance(booked, Appointment)
    await store.change(booked.code, write(), lambda _now: None, AppointmentState.CHECKED_IN)
    again = await store.change(booked.code, write(), lambda _now: None, AppointmentState.BOOKED)
    assert again == replace(booked, refused=1)


async def test_who_did_not_come_is_noted_once(stores: tuple[AppointmentStore, AppointmentStore]) -> None:
    store, _ = stores
    for number in (1, 2):
        await store.book(wanted(number), QUOTAS, write(f"k-{number}"))
    came = AppointmentCode("00000001")
    await store.change(came, write(), lambda _now: None, AppointmentState.CHECKED_IN, "t-1")
    assert await store.miss(DAY, write()) == []
    assert await store.miss(DAY + timedelta(days=1), write()) == ["00000002"]
    assert await store.miss(DAY + timedelta(days=1), write()) == []
    assert [(one.state, one.ticket) for one in await store.of_day(DAY)] == [
        (AppointmentState.CHECKED_IN, "t-1"),
        (AppointmentState.MISSED, None),
    ]


async def test_who_did_not_come_is_noted_though_nobody_looks(url: str) -> None:
    """Each hall by its own midnight; one whose plan is gone is left as it is."""
    clock = HandClock(MORNING + timedelta(days=1))
    here = small_plan()
    east = small_plan("east", zone="Asia/Tokyo")
    async with journal_at(url) as journal:
        stores = {hall: AppointmentStore(journal, hall, ZONE) for hall in ("demo", "east", "gone")}
        for store in stores.values():
            await store.book(wanted(1), {}, write("k-1"))
        watch = AppointmentWatch(journal, {here.hall.id: here, east.hall.id: east}, clock)

        async def states() -> list[str]:
            await watch.look()
            return [(await store.of_day(DAY))[0].state for store in stores.values()]

        assert await states() == ["booked"] * 3
        clock.at = datetime.combine(DAY, time(23, 30), ZONE)
        assert await states() == ["booked", "missed", "booked"]
        clock.advance(3_600)
        assert await states() == ["missed", "missed", "booked"]

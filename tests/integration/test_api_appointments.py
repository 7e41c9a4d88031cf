"""Appointments over HTTP: booked, looked at, cancelled, and checked in to a place at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import INSURANCE, MORNING, OFFICE_HOURS, PENSION, HandClock, small_plan
from tests.support.hall_client import Problem

TOMORROW = (MORNING + timedelta(days=1)).date().isoformat()


@pytest.fixture
def clock() -> HandClock:
    return HandClock(MORNING)


@pytest.fixture
async def hall(tmp_path: Path, clock: HandClock) -> AsyncIterator[ApiHall]:
    plan = small_plan(hours=OFFICE_HOURS)
    services = tuple(replace(one, quota=2) if one.code == PENSION else one for one in plan.services)
    async with api_hall(tmp_path, replace(plan, services=services), clock=clock) as running:
        yield running


async def book(hall: ApiHall, *services: str, key: str | None = None, **members: Any) -> dict[str, Any]:
    body = {"services": list(services or (PENSION,)), "day": TOMORROW, "half": "morning", **members}
    booked: dict[str, Any] = await hall.client.ask("POST", "/appointments", body, key=key)
    return booked


async def refused(hall: ApiHall, method: str, path: str, body: object = None) -> str:
    with pytest.raises(Problem) as caught:
        await hall.client.ask(method, path, body)
    return caught.value.code


async def test_who_booked_is_given_a_place_at_once_before_who_came_later(hall: ApiHall, clock: HandClock) -> None:
    booked = await book(hall)
    assert (booked["state"], booked["ticket"], len(booked["appointment"])) == ("booked", None, 8)
    clock.at = MORNING + timedelta(days=1, hours=1)
    await hall.client.at_window("1", "open", {"clerk": "王"})
    others = [await hall.client.ticket(INSURANCE) for _ in range(3)]
    clock.advance(60)
    path = f"/appointments/{booked['appointment']}/check-in"
    issued = await hall.client.ask("POST", path, {})
    assert (issued["lane"], issued["issued_at"]) == ("appointment", booked["starts_at"])
    assert (await hall.client.at_window("1", "next"))["ticket"] == issued["ticket"]
    assert await hall.client.ask("POST", path, {}) == {**issued, "receipt": "none"}, "asked again, it is the same"
    now = await hall.client.ask("GET", f"/appointments/{booked['appointment']}")
    assert (now["state"], now["ticket"]) == ("checked_in", issued["ticket"])
    assert len(await hall.client.events("TicketIssued")) == len(others) + 1


async def test_a_half_day_has_as_many_places_as_the_quota(hall: ApiHall) -> None:
    first = await book(hall, key="k-1")
    assert await book(hall, key="k-1") == first
    await book(hall)
    assert await refused(hall, "POST", "/appointments", {**_wish(), "half": "morning"}) == "booked_out"
    places = await hall.client.ask("GET", f"/appointment-places?service={PENSION}")
    assert [(one["half"], one["left"]) for one in places if one["day"] == TOMORROW] == [
        ("morning", 0),
        ("afternoon", 2),
    ]
    free = await hall.client.ask("GET", f"/appointment-places?service={INSURANCE}")
    assert {one["left"] for one in free} == {None}
    assert len({one["day"] for one in free}) == 5
    cancelled = await hall.client.ask("DELETE", f"/appointments/{first['appointment']}")
    assert cancelled["state"] == "cancelled"
    assert await hall.client.ask("DELETE", f"/appointments/{first['appointment']}") == cancelled
    assert (await book(hall))["appointment"] != first["appointment"]


async def test_the_rules_are_kept(hall: ApiHall, clock: HandClock) -> None:
    today = MORNING.date().isoformat()
    assert await refused(hall, "POST", "/appointments", {**_wish(), "day": today}) == "booked_too_late"
    assert await refused(hall, "POST", "/appointments", {**_wish(), "day": "2099-01-01"}) == "booked_too_early"
    assert await refused(hall, "POST", "/appointments", {**_wish(), "services": ["nothing"]}) == "service_unknown"
    assert await refused(hall, "GET", "/appointments/00000000") == "appointment_unknown"
    booked = await book(hall)
    path = f"/appointments/{booked['appointment']}"
    assert await refused(hall, "POST", f"{path}/check-in", {}) == "appointment_not_today"
    clock.at = MORNING + timedelta(days=1)
    assert await refused(hall, "DELETE", path) == "cancelled_too_late"


async def test_before_the_doors_open_nobody_is_checked_in_and_nothing_is_lost(hall: ApiHall, clock: HandClock) -> None:
    booked = await book(hall)
    path = f"/appointments/{booked['appointment']}"
    clock.at = (MORNING + timedelta(days=1)).replace(hour=6)
    assert await refused(hall, "POST", f"{path}/check-in", {}) == "hall_not_open"
    assert (await hall.client.ask("GET", path))["state"] == "booked"
    clock.at = MORNING + timedelta(days=1)
    assert (await hall.client.ask("POST", f"{path}/check-in", {}))["lane"] == "appointment"


async def test_who_does_not_come_is_noted(hall: ApiHall, clock: HandClock) -> None:
    booked = await book(hall)
    assert [one["state"] for one in await hall.client.ask("GET", f"/appointments?day={TOMORROW}")] == ["booked"]
    clock.at = MORNING + timedelta(days=2)
    assert [one["state"] for one in await hall.client.ask("GET", f"/appointments?day={TOMORROW}")] == ["missed"]
    assert await hall.client.ask("GET", "/appointments") == []
    path = f"/appointments/{booked['appointment']}/check-in"
    assert await refused(hall, "POST", path, {}) == "appointment_not_in_state"


async def test_two_check_ins_at_once_are_one_ticket(hall: ApiHall, clock: HandClock) -> None:
    booked = await book(hall)
    clock.at = MORNING + timedelta(days=1)
    path = f"/appointments/{booked['appointment']}/check-in"
    one, other = await asyncio.gather(*(hall.client.ask("POST", path, {}) for _ in range(2)))
    assert one["ticket"] == other["ticket"]
    assert len(await hall.client.events("TicketIssued")) == 1


def _wish() -> dict[str, Any]:
    return {"services": [PENSION], "day": TOMORROW, "half": "morning"}

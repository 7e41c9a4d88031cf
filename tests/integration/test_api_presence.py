"""Which devices are there: known, measured, greeted when they come, and bounded in number."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller.plan import Device, DeviceId, DeviceKind, Plan, WindowId
from tests.support.api_hall import OFFLINE, ONLINE, ApiHall, api_parts
from tests.support.engines import HALL, small_plan
from tests.support.mosquitto import until

MACHINE = Device(DeviceId("wide"), DeviceKind.TICKET_MACHINE)
LED = Device(DeviceId("led-1"), DeviceKind.LED, window=WindowId("1"))


def plan() -> Plan:
    return replace(small_plan(), devices=(MACHINE, LED))


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_parts(tmp_path, plan()) as parts:
        yield parts


def online(hall: ApiHall, device: str, kind: str = "ticket_machine") -> float | None:
    labels = {"hall": HALL, "device": device, "kind": kind}
    return hall.metrics.registry.get_sample_value("yichuang_device_online", labels)


async def test_who_is_there_is_known_and_measured(hall: ApiHall) -> None:
    hall.presence.note(HALL, "wide", ONLINE)
    hall.presence.note(HALL, "stranger", ONLINE)
    hall.presence.note("nowhere", "wide", ONLINE)
    assert hall.presence.is_online(HALL, "wide")
    assert hall.presence.is_online(HALL, "stranger")
    assert not hall.presence.is_online("nowhere", "wide")
    assert (online(hall, "wide"), online(hall, "stranger")) == (1, None)
    hall.presence.note(HALL, "wide", OFFLINE)
    assert not hall.presence.is_online(HALL, "wide")
    assert online(hall, "wide") == 0


async def test_since_when_somebody_is_there_or_gone_is_known(hall: ApiHall) -> None:
    start = hall.clock.now()
    hall.presence.note(HALL, "wide", OFFLINE)
    assert hall.presence.since(HALL, "wide") is None, "it may have gone long before"
    hall.presence.note(HALL, "wide", ONLINE)
    hall.clock.advance(60)
    hall.presence.note(HALL, "wide", ONLINE)
    assert hall.presence.since(HALL, "wide") == start
    hall.presence.note(HALL, "wide", OFFLINE)
    hall.clock.advance(60)
    hall.presence.note(HALL, "wide", OFFLINE)
    assert hall.presence.since(HALL, "wide") == start + timedelta(seconds=60)
    hall.presence.note(HALL, "stranger", ONLINE)
    assert hall.presence.since(HALL, "stranger") is None
    assert await hall.engine.put_plan(small_plan(), command_id="p", actor="manager") is None
    assert hall.presence.since(HALL, "wide") is None, "there is no end of names"


async def test_who_left_the_plan_is_missed_no_more(hall: ApiHall) -> None:
    for device in ("wide", "led-1", "stranger"):
        hall.presence.note(HALL, device, ONLINE)
    hall.presence.note(HALL, "wide", OFFLINE)
    await hall.floors.day()
    devices = (Device(LED.id, DeviceKind.TV), Device(DeviceId("stranger"), DeviceKind.PRINTER))
    assert await hall.engine.put_plan(replace(plan(), devices=devices), command_id="p", actor="manager") is None
    assert (online(hall, "wide"), online(hall, "led-1", "led")) == (None, None)
    assert (online(hall, "led-1", "tv"), online(hall, "stranger", "printer")) == (1, 1)


async def test_strangers_have_no_end_but_we_have(hall: ApiHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.presence.STRANGERS_MAX", 2)
    for number in range(5):
        hall.presence.note(HALL, f"stranger-{number}", ONLINE)
    hall.presence.note(HALL, "wide", ONLINE)
    assert [hall.presence.is_online(HALL, f"stranger-{number}") for number in range(5)] == [True] * 2 + [False] * 3
    assert hall.presence.is_online(HALL, "wide")


async def test_devices_are_greeted_later_where_the_hall_cant_be_read(
    hall: ApiHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.presence.AGAIN_S", 0.02)
    async with hall.running(hall.paper.run(), hall.presence.run(hall.states, hall.paper)):
        actor = hall.engine._actor(HALL)
        assert actor is not None
        await hall.floors.day()
        actor.days.today, actor._quarantined_until = None, asyncio.get_running_loop().time() + 1000
        hall.presence.note(HALL, "led-1", ONLINE)
        await until(lambda: HALL in hall.presence._came, "it is put off")
        actor._quarantined_until = 0.0
        hall.gateway.sent.clear()
        hall.states._told.clear()
        await until(lambda: hall.gateway.states("led-1"), "it is told its state")

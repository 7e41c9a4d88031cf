"""Chaos day: sixty devices of all kinds but TVs misbehave by a seed on a real broker; the floor serves every ticket.

What is told of devices is the truth, compared with the seed's own record.

A longer day: ``CHAOS_ROUNDS=200 CHAOS_SEED=7 python -m pytest tests/integration/test_chaos_day.py``.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from random import Random

import pytest

from api.check_ins import CheckIns
from api.device_floor import DeviceFloor
from api.health_watch import Health
from controller import commands as c
from controller.health import PATIENCE, Fault
from controller.model import TicketState
from controller.plan import Device, DeviceId, DeviceKind, HallId, WindowId
from devices.agent.wire import new_event
from devices.gateway import Gateway
from tests.support.api_hall import ApiHall, api_parts
from tests.support.chaos import LIES_S, ChaosDevice, misbehave
from tests.support.engines import HALL, PENSION, open_window, small_plan
from tests.support.mosquitto import Mosquitto, mosquitto, until

SEED = int(os.environ.get("CHAOS_SEED", "20260302"))
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "10"))
DEVICES = int(os.environ.get("CHAOS_DEVICES", "60"))
ROUND_S = 60.0
KINDS = [kind for kind in DeviceKind if kind is not DeviceKind.TV]  # a TV is a page, and has no line to the broker
PLAN = replace(
    small_plan(),
    devices=tuple(
        Device(DeviceId(f"{kind}-{number}"), kind, window=WindowId("1") if kind is DeviceKind.CALL_PAD else None)
        for number, kind in enumerate(islice(cycle(KINDS), DEVICES))
    ),
)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path / "broker") as started:
        yield started


@pytest.fixture
async def hall(tmp_path: Path, broker: Mosquitto) -> AsyncIterator[ApiHall]:
    async with api_parts(tmp_path, PLAN) as parts:
        floor = DeviceFloor(
            parts.engine,
            CheckIns(parts.engine, parts.journal, parts.clock),
            parts.directory,
            parts.orders,
            lambda _code: None,
            on_telemetry=parts.conditions.telemetry,
        )
        async with Gateway(
            broker.address,
            floor,
            on_presence=parts.presence.note,
            count=lambda result: parts.metrics.mqtt_events.labels(result).inc(),
            on_malformed=parts.conditions.nonsense,
        ) as gateway:
            await until(lambda: gateway.connected, "the gateway is connected")
            yield parts


async def heard(hall: ApiHall, devices: list[ChaosDevice], number: int, lies: dict[DeviceId, float]) -> None:
    """Let every device that works say how it is, and wait until all that was said is known."""
    for one in devices:
        if one.works:
            await one.beat(number, lies[one.device.id])

    def all_known() -> bool:
        def said(one: ChaosDevice) -> object:
            reading = hall.conditions.readings(HALL, one.device.id).get("uptime_s")
            return None if reading is None else reading.value

        return all(
            said(one) == number if one.works else hall.presence.is_online(HALL, one.device.id) == one.record.there
            for one in devices
        )

    await until(all_known, f"round {number} is known")


def judge(hall: ApiHall, devices: list[ChaosDevice], bad: dict[tuple[str, Fault], int], number: int) -> Health:
    """Compare what the controller says of each device with what it did; and whether it told people in time."""
    health = hall.parts.health.look(HallId(HALL))
    now = hall.clock.now()
    truth = {(str(one.device.id), fault) for one in devices for fault in one.record.faults(one.device.kind, now)}
    said = {(str(one.device.id), one.finding.fault) for one in health.troubles if one.alarm.well_since is None}
    assert said == truth, f"seed {SEED}, round {number}"
    for gone in set(bad) - truth:
        del bad[gone]
    for one in truth:
        bad.setdefault(one, number)
    raised = {(str(one.device.id), one.finding.fault) for one in health.troubles if one.alarm.raised}
    late = {one for one, since in bad.items() if (number - since) * ROUND_S >= PATIENCE[one[1]].raise_s} - raised
    assert late == set(), f"seed {SEED}, round {number}: nobody was told"
    return health


async def serve(hall: ApiHall, devices: list[ChaosDevice]) -> None:
    """Let a ticket be taken at every machine that works, and one be served by the pads or at a window's page."""
    for machine in devices:
        if machine.device.kind is DeviceKind.TICKET_MACHINE and machine.works:
            assert (await machine.ask(new_event("ticket_requested", services=[PENSION])))["ok"]
    pad = next((one for one in devices if one.device.kind is DeviceKind.CALL_PAD and one.works), None)
    for action, command in (
        ("next", c.CallNext(WindowId("1"))),
        ("start", c.StartService(WindowId("1"))),
        ("finish", c.FinishService(WindowId("1"))),
    ):
        if pad is not None:
            reply = await pad.ask(new_event("call_pressed", action=action))
            assert reply["ok"] or action != "next", reply
        else:
            await hall.floors.ask(command)


async def test_sixty_devices_misbehave_and_the_floor_and_the_health_hold(hall: ApiHall, broker: Mosquitto) -> None:
    chance = Random(SEED)
    devices = [ChaosDevice(device, HALL, broker.address, hall.clock.now) for device in PLAN.devices]
    lies = {one.device.id: 0.0 for one in devices}
    bad: dict[tuple[str, Fault], int] = {}
    await hall.floors.done(open_window())
    try:
        for one in devices:
            await one.connect()
        for number in range(ROUNDS):
            for one in devices:
                await misbehave(one, chance)
                if chance.random() < 0.1:
                    lies[one.device.id] = chance.choice((0.0, *LIES_S))
            await heard(hall, devices, number, lies)
            judge(hall, devices, bad, number)
            await serve(hall, devices)
            hall.clock.advance(ROUND_S)
        lies = dict.fromkeys(lies, 0.0)
        for one in devices:
            if not one.works:
                await one.connect()
        for number in range(ROUNDS, ROUNDS + 20):  # everything is mended, and stays so for longer than any patience
            await heard(hall, devices, number, lies)
            health = judge(hall, devices, bad, number)
            hall.clock.advance(ROUND_S)
        assert (health.troubles, health.well) == ((), len(devices))
        while (await hall.floors.day()).waiting:
            for command in (c.CallNext, c.StartService, c.FinishService):
                await hall.floors.ask(command(WindowId("1")))
        tickets = (await hall.floors.day()).tickets.values()
        assert tickets
        assert {ticket.state for ticket in tickets} == {TicketState.FINISHED}
        assert hall.metrics.registry.get_sample_value("yichuang_mqtt_events_total", {"result": "error"}) in {None, 0.0}
    finally:
        for one in devices:
            if one.record.there:
                await one.die()

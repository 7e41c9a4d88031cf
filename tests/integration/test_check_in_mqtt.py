"""Who booked checks in at a ticket machine: over a real broker, through the gateway, into the real engine and log."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.check_ins import CheckIns
from api.device_floor import DeviceFloor
from controller.runtime.catalogue import text
from devices.messages import AppointmentCheckedIn
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import INSURANCE, MORNING, OFFICE_HOURS, PENSION, HandClock, small_plan
from tests.support.mosquitto import mosquitto
from tests.support.mqtt_device import Device, RecordingFloor, device, serving

MACHINE = "ticket-machine-1"
TOMORROW = MORNING + timedelta(days=1)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(MORNING)


@pytest.fixture
async def hall(tmp_path: Path, clock: HandClock) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, small_plan(hours=OFFICE_HOURS), clock=clock) as running:
        yield running


@pytest.fixture
async def machine(tmp_path: Path, hall: ApiHall) -> AsyncIterator[Device]:
    check_ins = CheckIns(hall.engine, hall.journal, hall.clock)
    floor = DeviceFloor(
        hall.engine, check_ins, hall.directory, hall.orders, lambda code: hall.metrics.refusals.labels(code).inc()
    )
    async with (
        mosquitto(tmp_path / "broker") as broker,
        serving(broker.address, RecordingFloor(floor.handle)),
        device(broker.address, MACHINE, on_a_floor=True) as one,
    ):
        yield one


async def booked(hall: ApiHall) -> str:
    wish = {"services": [PENSION], "day": TOMORROW.date().isoformat(), "half": "morning"}
    code: str = (await hall.client.ask("POST", "/appointments", wish))["appointment"]
    return code


async def checked_in(machine: Device, event_id: str, code: str) -> dict[str, Any]:
    await machine.send(AppointmentCheckedIn(id=event_id, appointment=code))
    return await machine.answered(event_id)


async def test_a_booking_becomes_a_place_before_those_who_came_later_and_one_receipt(
    hall: ApiHall, machine: Device, clock: HandClock
) -> None:
    code = await booked(hall)
    clock.at = TOMORROW
    await hall.client.at_window("1", "open", {"clerk": "王"})
    for _ in range(3):
        await hall.client.ticket(INSURANCE)
    clock.advance(60)
    reply = await checked_in(machine, "e-1", code)
    assert (reply["ok"], reply["lane"], reply["ahead"], reply["state"]) == (True, "appointment", 0, "waiting")
    assert await checked_in(machine, "e-1", code) == reply, "repeated, it is answered again"
    again = await checked_in(machine, "e-2", code)
    assert (again["ticket"], again["number"], again["token"]) == (reply["ticket"], reply["number"], reply["token"])
    assert (await hall.client.at_window("1", "next"))["ticket"] == reply["ticket"]
    assert [one["device"] for one in await hall.client.events("ReceiptRequested")] == [MACHINE]
    assert (await hall.client.ask("GET", f"/appointments/{code}"))["ticket"] == reply["ticket"]


async def test_what_cannot_be_checked_in_is_answered_with_the_reason_and_changes_nothing(
    hall: ApiHall, machine: Device
) -> None:
    code = await booked(hall)
    before = await hall.client.ask("GET", f"/appointments/{code}")
    early = await checked_in(machine, "e-1", code)
    assert (early["ok"], early["code"]) == (False, "appointment_not_today")
    assert early["message"] == text(
        "refusal.appointment_not_today", "zh-CN", appointment=code, day=TOMORROW.date().isoformat()
    )
    assert (await checked_in(machine, "e-2", "00000000"))["code"] == "appointment_unknown"
    assert await hall.client.ask("GET", f"/appointments/{code}") == before
    assert await hall.client.events("TicketIssued") == []

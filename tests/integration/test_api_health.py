"""The health of devices over HTTP and in metrics: what is wrong, since when, whom it hits; told with patience."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api import health_watch
from controller.health import PATIENCE, Fault, Severity
from controller.lifeline import Status, Word
from controller.plan import Card, Device, DeviceId, DeviceKind, HallId, SignDriver, WindowId
from controller.vitals import FRESH_S
from devices.messages import Telemetry
from tests.support.api_hall import OFFLINE, ONLINE, ApiHall, api_hall
from tests.support.engines import HALL, small_plan
from tests.support.mosquitto import until

MACHINE = Device(DeviceId("machine-1"), DeviceKind.TICKET_MACHINE)
OTHER = Device(DeviceId("machine-2"), DeviceKind.TICKET_MACHINE)
PAD = Device(DeviceId("pad-1"), DeviceKind.REVIEW_PAD, window=WindowId("1"))
TV = Device(DeviceId("tv-1"), DeviceKind.TV)
PLAN = replace(small_plan(), devices=(MACHINE, OTHER, PAD, TV))


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, PLAN) as served:
        for device in PLAN.devices[:3]:
            served.presence.note(HALL, device.id, ONLINE)
        served.presence.shown(HALL, TV.id, online=True)
        yield served


async def health(hall: ApiHall) -> dict[str, Any]:
    found: dict[str, Any] = await hall.client.ask("GET", "/health")
    return found


async def troubles(hall: ApiHall) -> list[tuple[str, str, str, str]]:
    return [(one["device"], one["fault"], one["severity"], one["state"]) for one in (await health(hall))["troubles"]]


def says(hall: ApiHall, device: Device, **values: Any) -> None:
    hall.conditions.telemetry(HALL, device.id, Telemetry(id="t", values=values))


def alerts(hall: ApiHall, fault: Fault, severity: Severity) -> float | None:
    labels = {"hall": HALL, "fault": fault.value, "severity": severity.value}
    return hall.metrics.registry.get_sample_value("yichuang_device_alerts", labels)


async def test_a_hall_that_is_well_says_so(hall: ApiHall) -> None:
    found = await health(hall)
    assert (found["devices"], found["well"], found["troubles"]) == (4, 4, [])
    assert [one["online"] for one in found["vitals"]] == [True] * 4


async def test_what_is_wrong_is_seen_at_once_and_told_with_patience(hall: ApiHall) -> None:
    hall.presence.note(HALL, PAD.id, OFFLINE)
    gone_at = hall.clock.now()
    assert await troubles(hall) == [("pad-1", "offline", "warning", "noticed")]
    hall.clock.advance(PATIENCE[Fault.OFFLINE].raise_s)
    (trouble,) = (await health(hall))["troubles"]
    assert trouble["state"] == "raised"
    assert datetime.fromisoformat(trouble["since"]) == gone_at
    assert datetime.fromisoformat(trouble["raised_at"]) == hall.clock.now()
    assert (trouble["window"], trouble["zone"], trouble["alone"]) == ("1", None, True)
    assert trouble["services"]
    assert alerts(hall, Fault.OFFLINE, Severity.WARNING) == 1
    hall.presence.note(HALL, PAD.id, ONLINE)
    assert await troubles(hall) == [("pad-1", "offline", "warning", "recovering")]
    hall.clock.advance(PATIENCE[Fault.OFFLINE].clear_s)
    assert await troubles(hall) == []
    assert alerts(hall, Fault.OFFLINE, Severity.WARNING) == 0
    raised = hall.metrics.registry.get_sample_value("yichuang_device_alerts_raised_total", {"fault": "offline"})
    assert raised == 1


async def test_the_worst_comes_first_and_one_machine_does_for_the_other(hall: ApiHall) -> None:
    says(hall, MACHINE, paper="out", battery_pct=50)
    says(hall, PAD, battery_pct=7, wifi_dbm=-90)
    assert await troubles(hall) == [
        ("pad-1", "battery_low", "warning", "noticed"),
        ("machine-1", "paper_out", "warning", "noticed"),
        ("pad-1", "signal_weak", "notice", "noticed"),
    ]
    hall.presence.note(HALL, OTHER.id, OFFLINE)
    found = (await health(hall))["troubles"]
    assert [(one["device"], one["severity"]) for one in found[:2]] == [
        ("machine-1", "critical"),
        ("machine-2", "critical"),
    ], "neither gives tickets"
    assert set(found[0]["services"]) == set(PLAN.service_by_code)
    assert found[2]["params"] == {"battery_pct": 7}


async def test_a_device_that_beats_and_falls_silent_is_missed(hall: ApiHall) -> None:
    hall.presence.note(HALL, MACHINE.id, ONLINE)
    hall.clock.advance(FRESH_S[MACHINE.kind] + 1)
    assert await troubles(hall) == [("machine-1", "silent", "warning", "raised")], "the others never beat"
    hall.presence.note(HALL, MACHINE.id, ONLINE)
    assert await troubles(hall) == [("machine-1", "silent", "warning", "recovering")]


async def test_what_was_never_heard_is_unknown_and_no_more(hall: ApiHall) -> None:
    new = Device(DeviceId("pad-9"), DeviceKind.REVIEW_PAD)
    plan = replace(PLAN, devices=(*PLAN.devices, new))
    assert await hall.engine.put_plan(plan, command_id="p", actor="manager") is None
    assert await troubles(hall) == [("pad-9", "never_seen", "warning", "noticed")]
    found = await health(hall)
    assert [one["online"] for one in found["vitals"] if one["device"] == "pad-9"] == [None]
    assert [one["since"] for one in found["troubles"]] == [None]
    assert await hall.engine.put_plan(PLAN, command_id="q", actor="manager") is None
    assert await troubles(hall) == []


async def test_screens_are_there_while_they_are_connected(hall: ApiHall, monkeypatch: pytest.MonkeyPatch) -> None:
    connected: tuple[str, ...] = ("tv-1", "tv-1", "unplanned")
    monkeypatch.setattr(hall.hub, "displays", lambda _hall: connected)
    assert await troubles(hall) == []
    connected = ()
    hall.clock.advance(10)
    (trouble,) = (await health(hall))["troubles"]
    assert (trouble["device"], trouble["fault"]) == ("tv-1", "offline")
    assert datetime.fromisoformat(trouble["since"]) == hall.clock.now()


async def test_a_pad_that_is_a_page_is_there_while_its_page_is_connected(
    hall: ApiHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    tablet = Device(DeviceId("tablet"), DeviceKind.REVIEW_PAD, window=WindowId("2"))
    plan = replace(PLAN, devices=(*PLAN.devices, tablet))
    assert await hall.engine.put_plan(plan, command_id="p", actor="manager") is None
    connected: tuple[str, ...] = ("tv-1", "pad-2", "pad-3")
    monkeypatch.setattr(hall.hub, "displays", lambda _hall: connected)
    await hall.parts.joining.add("other", DeviceKind.SENSOR, HALL, "tests")
    found = await troubles(hall)
    assert not [one for one in found if one[0] == "tablet"], "a page needs no account"
    connected = ("tv-1",)
    assert ("tablet", "offline", "warning", "noticed") in await troubles(hall)


async def test_a_sign_that_is_a_page_is_there_while_its_page_is_connected(
    hall: ApiHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = Device(DeviceId("led-9"), DeviceKind.LED, window=WindowId("2"))
    plan = replace(PLAN, devices=(*PLAN.devices, sign))
    assert await hall.engine.put_plan(plan, command_id="p", actor="manager") is None
    connected: tuple[str, ...] = ("tv-1", "2")  # /ws/v1/halls/{hall}/leds/{window}
    monkeypatch.setattr(hall.hub, "displays", lambda _hall: connected)
    assert not [one for one in await troubles(hall) if one[0] == "led-9"]
    connected = ("tv-1",)
    assert ("led-9", "offline", "warning", "noticed") in await troubles(hall)


async def test_a_page_beside_a_board_that_speaks_is_not_the_board(
    hall: ApiHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: tuple[str, ...] = ("tv-1", "pad-1")
    monkeypatch.setattr(hall.hub, "displays", lambda _hall: connected)
    assert await troubles(hall) == []
    hall.presence.note(HALL, PAD.id, ONLINE)
    connected = ("tv-1",)
    assert await troubles(hall) == []


async def test_a_sign_with_a_card_is_never_missed(hall: ApiHall) -> None:
    sign = Device(
        DeviceId("led-c"), DeviceKind.LED, window=WindowId("1"), driver=SignDriver.CX_H, card=Card("127.0.0.1")
    )
    plan = replace(PLAN, devices=(*PLAN.devices, sign))
    assert await hall.engine.put_plan(plan, command_id="p", actor="manager") is None
    assert await troubles(hall) == []


async def test_devices_without_an_account_are_shut_out_where_others_have_one(hall: ApiHall) -> None:
    await hall.parts.joining.add("pad-1", DeviceKind.REVIEW_PAD, HALL, "tests", window="1")
    found = await troubles(hall)
    assert {(device, fault) for device, fault, _, _ in found} == {
        ("machine-1", "shut_out"),
        ("machine-2", "shut_out"),
    }


async def test_flapping_and_nonsense_are_told(hall: ApiHall) -> None:
    for number in range(6):
        hall.presence.note(HALL, PAD.id, Status(Word.ONLINE, number))
        hall.conditions.nonsense(HALL, PAD.id)
        hall.clock.advance(20)
    assert {fault for _, fault, _, _ in await troubles(hall)} == {"flapping", "nonsense"}


async def test_the_watch_looks_by_itself_and_survives_a_hall_that_cant_be_judged(
    hall: ApiHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_watch, "LOOK_S", 0.02)
    broken = True
    real = hall.parts.health.look

    def look(name: HallId) -> Any:
        return 1 / 0 if broken else real(name)

    monkeypatch.setattr(hall.parts.health, "look", look)
    async with hall.running(hall.parts.health.run()):
        hall.presence.note(HALL, PAD.id, OFFLINE)
        broken = False
        await until(lambda: hall.parts.health._alarms, "it looks again")
        hall.clock.advance(PATIENCE[Fault.OFFLINE].raise_s)
        await until(lambda: alerts(hall, Fault.OFFLINE, Severity.WARNING) == 1, "it is told")


async def test_readings_of_yesterday_are_no_fault_today(hall: ApiHall) -> None:
    says(hall, PAD, battery_pct=7)
    hall.clock.advance(timedelta(days=1).total_seconds())
    hall.presence.note(HALL, PAD.id, ONLINE)
    assert await troubles(hall) == [], "it was noticed, never raised, and is unknown now"


async def test_the_inspection_list_fills_itself(hall: ApiHall) -> None:
    async def found() -> dict[str, Any]:
        answer = await hall.client.ask("GET", "/health/inspection")
        return {line["item"]: line for line in answer["lines"]}

    before = await found()
    assert before["ticket_machines"]["found"] == before["screens"]["found"] == "present"
    assert before["desks"]["found"] == "by_hand"
    assert before["wheelchair"]["found"] == "missing"
    assert "1" not in before["review_pads"]["missing"]
    hall.presence.note(HALL, PAD.id, OFFLINE)
    await hall.client.ask("PUT", "/aids/轮椅", {"count": 2})
    after = await found()
    assert after["review_pads"]["broken"] == ["pad-1"]
    assert (after["wheelchair"]["found"], after["wheelchair"]["working"]) == ("present", 2)

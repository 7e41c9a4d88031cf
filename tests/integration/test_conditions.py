"""The condition of devices on a real log: readings, signs of life, nonsense; kept over restarts and shared."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api import conditions as conditions_module
from api.conditions import Conditions
from controller.lifeline import Status, Word
from controller.plan import Device, DeviceId, DeviceKind, WindowId
from controller.runtime.reading_store import ReadingStore
from controller.vitals import CLOCK_SKEW
from devices.messages import Telemetry
from tests.support.api_hall import OFFLINE, ApiHall, api_parts
from tests.support.engines import HALL, small_plan
from tests.support.mosquitto import until

PAD = Device(DeviceId("pad-1"), DeviceKind.REVIEW_PAD, window=WindowId("1"))


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_parts(tmp_path, replace(small_plan(), devices=(PAD,))) as parts:
        yield parts


def says(hall: ApiHall, device: str = "pad-1", *, ahead_s: float | None = None, **values: Any) -> None:
    at = None if ahead_s is None else hall.clock.now() + timedelta(seconds=ahead_s)
    hall.conditions.telemetry(HALL, device, Telemetry(id="t-1", at=at, values=values))


def known(hall: ApiHall, device: str = "pad-1") -> dict[str, Any]:
    return {name: reading.value for name, reading in hall.conditions.readings(HALL, device).items()}


def another(hall: ApiHall) -> Conditions:
    return Conditions(ReadingStore(hall.journal), hall.clock, lambda *_: True, shared=True)


async def test_readings_are_known_and_those_that_cant_be_are_noted(hall: ApiHall) -> None:
    says(hall, battery_pct=80, wifi_dbm=-61, ahead_s=900)
    says(hall, battery_pct=900, temperature_c=30)
    assert known(hall) == {"battery_pct": 80, "signal_dbm": -61, "temperature_c": 30, CLOCK_SKEW: 900}
    vitals = hall.conditions.vitals(HALL, "pad-1", online=True, since=None)
    assert vitals.nonsense == (hall.clock.now(),)
    assert (vitals.heard_at, vitals.beats) == (hall.clock.now(), False)


async def test_of_strangers_nothing_is_kept(hall: ApiHall) -> None:
    says(hall, "stranger", battery_pct=80)
    hall.conditions.nonsense(HALL, "stranger")
    hall.conditions.beat("nowhere", "pad-1")
    assert hall.conditions._conditions == {}


async def test_what_was_heard_outlives_the_controller(hall: ApiHall) -> None:
    says(hall, battery_pct=80)
    hall.conditions.beat(HALL, "pad-1")
    await hall.conditions.save()
    later = another(hall)
    await later.load()
    before = hall.conditions.vitals(HALL, "pad-1", online=None, since=None)
    assert later.vitals(HALL, "pad-1", online=None, since=None) == replace(before, comings=(), nonsense=())
    assert before.beats


async def test_controllers_hear_for_each_other(hall: ApiHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions_module, "SAVE_S", 0.02)
    other = another(hall)
    async with hall.running(hall.conditions.run(), other.run()):
        says(hall, battery_pct=80)
        await until(lambda: "battery_pct" in other.readings(HALL, "pad-1"), "the other knows it")
        hall.clock.advance(60)
        says(hall, battery_pct=79)
        await until(lambda: other.readings(HALL, "pad-1")["battery_pct"].value == 79, "and the next")


async def test_readings_wait_while_the_log_is_away(hall: ApiHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions_module, "SAVE_S", 0.02)
    monkeypatch.setattr(conditions_module, "ROWS_MAX", 3)
    async with hall.running(hall.conditions.run()):
        async with hall.log_away():
            says(hall, battery_pct=80)
            says(hall, battery_pct=78, temperature_c=30, wifi_dbm=-61)
            assert len(known(hall)) == 3
        later = another(hall)

        async def loaded() -> None:
            await later.load()

        for _ in range(500):
            await loaded()
            if later.readings(HALL, "pad-1"):
                break
            await hall.journal.ping()
        assert {name: one.value for name, one in later.readings(HALL, "pad-1").items()} == {
            "battery_pct": 78,
            "temperature_c": 30,
        }


async def test_comings_are_counted_and_beats_are_none(hall: ApiHall) -> None:
    births = [Status(Word.ONLINE, 1, live=False), *(Status(Word.ONLINE, number) for number in (1, 1, 2, 2, 3))]
    for status in births:
        hall.presence.note(HALL, "pad-1", status)
        hall.clock.advance(1)
    vitals = hall.conditions.vitals(HALL, "pad-1", online=True, since=None)
    assert len(vitals.comings) == 2, "what the broker kept from before is no coming, nor is a birth said again"
    assert vitals.beats


async def test_a_late_will_changes_nothing_but_its_own_session(hall: ApiHall) -> None:
    hall.presence.note(HALL, "pad-1", Status(Word.ONLINE, 7))
    hall.presence.note(HALL, "pad-1", Status(Word.OFFLINE, 6))
    hall.presence.note(HALL, "pad-1", OFFLINE)
    assert hall.presence.is_online(HALL, "pad-1")
    hall.presence.note(HALL, "pad-1", Status(Word.OFFLINE, 7))
    assert not hall.presence.is_online(HALL, "pad-1")

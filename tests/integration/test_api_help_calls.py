"""A help button's way: the press, what the button and the staff are told, and who goes there."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.check_ins import CheckIns
from api.device_floor import DeviceFloor
from controller.plan import Device, DeviceId, DeviceKind, WindowId
from devices.messages import HelpPressed, PeopleCounted
from tests.support.api_hall import api_hall
from tests.support.engines import HALL, small_plan
from tests.support.hall_client import Problem
from tests.support.mosquitto import until

BUTTON = "help-1"


async def test_a_press_lights_the_button_until_somebody_answers(tmp_path: Path) -> None:
    plan = replace(small_plan(), devices=(Device(DeviceId(BUTTON), DeviceKind.HELP_BUTTON, window=WindowId("1")),))
    async with api_hall(tmp_path, plan) as hall:
        check_ins = CheckIns(hall.engine, hall.journal, hall.clock)
        floor = DeviceFloor(hall.engine, check_ins, hall.directory, hall.orders, lambda _code: None)
        outcome = await floor.handle(HALL, BUTTON, HelpPressed(id="h-1"))
        assert isinstance(outcome, dict)
        assert (outcome["window"], outcome["times"]) == ("1", 1)
        assert await floor.handle(HALL, BUTTON, HelpPressed(id="h-1")) == outcome
        assert (await hall.client.ask("GET", ""))["help_calls"] == [outcome]
        path = f"/help-calls/{outcome['help']}/answer"
        await hall.client.ask("POST", path, key="once")
        await hall.client.ask("POST", path, key="once")
        with pytest.raises(Problem) as caught:
            await hall.client.ask("POST", path)
        assert (caught.value.status, caught.value.code) == (409, "help_not_asked")
        assert (await hall.client.ask("GET", ""))["help_calls"] == []
        states = hall.gateway.states
        await until(lambda: len(states(BUTTON)) > 1 and states(BUTTON)[-1].help is None, "the button is told")
        assert [state.help for state in states(BUTTON) if state.help] == [outcome["help"]]
        rows = await hall.client.ask("GET", "/stream")
        assert [row["actor"] for row in rows if row["type"].startswith("Help")] == ["device:help-1", "token:tests"]


async def test_people_counted_stand_in_the_report_and_in_the_metrics(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        check_ins = CheckIns(hall.engine, hall.journal, hall.clock)
        floor = DeviceFloor(hall.engine, check_ins, hall.directory, hall.orders, lambda _code: None)
        for _ in range(2):
            assert await floor.handle(HALL, "counter-1", PeopleCounted(id="n-1", entered=5, left=2)) == {}
        report = await hall.client.ask("GET", "/report")
        assert report["total"]["entered"] == 5

"""The demo's hall lives as fast as its people."""

from typing import Any

import pytest

from api.demo.run import _in_step
from controller.codec import from_json
from controller.plan import Plan
from tests.support.core_floor import floor_plan


class Desk:
    """A contract that keeps what plan was put."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []

    async def put_plan(self, plan: dict[str, Any]) -> None:
        self.plans.append(from_json(Plan, plan))


@pytest.mark.parametrize(("speed", "gap_s"), [(4.0, 5), (60.0, 0)])
async def test_the_pause_between_two_calls_is_as_fast_as_people_are(speed: float, gap_s: int) -> None:
    desk: Any = Desk()
    plan = await _in_step(desk, floor_plan(recall_gap_s=20), speed)
    assert plan == floor_plan(recall_gap_s=gap_s)
    assert desk.plans == [plan]


async def test_at_the_speed_of_life_the_plan_stays() -> None:
    desk: Any = Desk()
    assert await _in_step(desk, floor_plan(recall_gap_s=20), 1.0) == floor_plan(recall_gap_s=20)
    assert desk.plans == []

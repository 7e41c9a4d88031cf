"""Which plans are in force when a controller starts: those of its log, of its files, or the sample hall."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.halls import FILE, SAMPLE, import_plans, read_plans
from api.plan_file import BadPlan, sample_plan
from controller.codec import to_json
from controller.plan import HallId, Plan
from controller.runtime.errors import LogUnavailable
from controller.runtime.stream_forms import save_plan
from tests.support.engines import HALL, MORNING, Floors, HandClock, call_next, floors_at, open_window, small_plan
from tests.support.hall_plan import write_plan


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
async def floors(url: str) -> AsyncIterator[Floors]:
    """An engine that knows no hall."""
    async with floors_at(url, HandClock()) as running:
        yield running


def named(plan: Plan, name: str) -> Plan:
    return replace(plan, hall=replace(plan.hall, name=f"{name}镇便民服务中心"))


async def imported(floors: Floors, *plans: Plan) -> dict[str, str]:
    """Import plans as a start does; return the halls' names by id."""
    await import_plans(floors.engine, floors.journal, plans)
    return {hall: plan.hall.name.removesuffix("镇便民服务中心") for hall, plan in floors.engine.plans.items()}


# -- files -------------------------------------------------------------------------------------------------------------


async def test_a_file_wins_where_it_has_changed_since_it_was_imported(floors: Floors) -> None:
    first, second = named(small_plan(), "甲"), named(small_plan(), "乙")
    assert await imported(floors, first) == {HALL: "甲"}
    manager = named(small_plan(), "丙")
    assert await floors.engine.put_plan(manager, command_id="m", actor="manager") is None
    assert await imported(floors, first) == {HALL: "丙"}, "what the manager made of it stays"
    assert await imported(floors, second) == {HALL: "乙"}
    assert await imported(floors, first) == {HALL: "甲"}, "the file was changed back"


async def test_nothing_is_stored_for_a_file_that_says_what_is_in_force(floors: Floors) -> None:
    await imported(floors, small_plan())
    version = await floors.journal.plan(HALL)
    await imported(floors, small_plan())
    assert await floors.journal.plan(HALL) == version
    assert [commit for commit in floors.commits if commit.day.plan != small_plan()] == []


async def test_a_file_that_the_floor_refuses_now_leaves_the_rest_alone(floors: Floors) -> None:
    await imported(floors, small_plan())
    await floors.done(open_window("2"))
    await floors.ticket()
    await floors.window(call_next("2"))
    smaller = replace(small_plan(), windows=small_plan().windows[:1])
    names = await imported(floors, smaller, named(small_plan("other"), "他"))
    assert names["other"] == "他"
    assert floors.engine.plans[HallId(HALL)] == small_plan(), "somebody is still at a window that the file hasn't"


async def test_a_hall_that_cant_be_served_doesnt_keep_the_others_from_starting(floors: Floors) -> None:
    await imported(floors, small_plan())
    actor = floors.engine._actor(HALL)
    assert actor is not None
    actor._quarantined_until = asyncio.get_running_loop().time() + 1000
    names = await imported(floors, named(small_plan(), "甲"), named(small_plan("other"), "他"))
    assert names == {HALL: "示例", "other": "他"}


async def test_a_plan_that_only_another_program_can_read_gives_way_to_the_file(url: str) -> None:
    async with floors_at(url, HandClock()) as floors:
        await save_plan(floors.journal, small_plan(), FILE, MORNING)
        await floors.journal.save_plan(HALL, json.dumps({"of": "the future"}), FILE, MORNING)
    async with floors_at(url, HandClock()) as floors:
        assert dict(floors.engine.plans) == {}
        assert await imported(floors, named(small_plan(), "甲")) == {HALL: "甲"}


async def test_without_its_log_nothing_is_imported(floors: Floors) -> None:
    await floors.journal.close()
    with pytest.raises(LogUnavailable):
        await imported(floors, small_plan())
    await floors.journal.open()
    assert dict(floors.engine.plans) == {}


def test_files_are_read_before_anything_is_changed(tmp_path: Path) -> None:
    good = write_plan(tmp_path, small_plan())
    assert read_plans([]) == []
    assert read_plans([good]) == [small_plan()]
    bad = tmp_path / "bad.yaml"
    bad.write_text("hall: 7", "utf-8")
    with pytest.raises(BadPlan) as caught:
        read_plans([good, bad])
    assert caught.value.__notes__ == [str(bad)]
    with pytest.raises(BadPlan) as twice:
        read_plans([good, good])
    assert [fault.code for fault in twice.value.faults] == ["hall_twice"]
    with pytest.raises(FileNotFoundError):
        read_plans([tmp_path / "none.yaml"])


# -- the sample hall ---------------------------------------------------------------------------------------------------


async def test_the_sample_hall_comes_where_there_is_none(floors: Floors) -> None:
    assert await imported(floors) == {"demo": "示例"}
    assert floors.engine.plans["demo"] == sample_plan()
    stored = await floors.journal.newest_saved_by("demo", SAMPLE)
    assert stored is not None
    assert json.loads(stored) == to_json(sample_plan())


async def test_it_doesnt_come_to_other_halls(floors: Floors) -> None:
    await imported(floors, small_plan("other"))
    assert list(await imported(floors)) == ["other"]


async def test_it_stays_as_its_manager_made_it(floors: Floors) -> None:
    await imported(floors)
    changed = named(sample_plan(), "甲")
    assert await floors.engine.put_plan(changed, command_id="m", actor="manager") is None
    assert await imported(floors) == {"demo": "甲"}


async def test_somebodys_own_hall_of_the_same_name_stays(floors: Floors) -> None:
    await imported(floors, named(small_plan("demo"), "甲"))
    assert await imported(floors) == {"demo": "甲"}


async def test_a_hall_that_cant_be_read_is_one_all_the_same(url: str) -> None:
    async with floors_at(url, HandClock()) as floors:
        await floors.journal.save_plan("other", json.dumps({"of": "the future"}), "manager", MORNING)
    async with floors_at(url, HandClock()) as floors:
        assert await imported(floors) == {}

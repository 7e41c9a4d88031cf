"""What users of other systems wished of priority, each tried on the running program."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.codec import to_json
from controller.plan import Plan
from tests.support.controller_process import controller_process
from tests.support.hall_client import HallClient, Problem
from tests.support.hall_plan import INSURANCE, PENSION, SUBSIDY, WINDOWS, hall_plan, write_plan

RUSH = 120


def plan_with(**policies: Any) -> Plan:
    """Return the hall's plan under other policies."""
    plan = hall_plan()
    return replace(plan, policies=replace(plan.policies, **policies))


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[HallClient]:
    async with (
        controller_process(tmp_path, write_plan(tmp_path)) as controller,
        HallClient(controller.http) as client,
    ):
        yield client


async def explained(hall: HallClient, ticket: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = await hall.ask("GET", f"/tickets/{ticket['ticket']}/explain")
    return told


async def until_first(hall: HallClient, ticket: dict[str, Any]) -> None:
    """Wait until a ticket has gathered more points than all others."""
    deadline = asyncio.get_running_loop().time() + 20
    while (await explained(hall, ticket))["windows"][0]["place"] != 1:
        assert asyncio.get_running_loop().time() < deadline, "it never comes first"
        await asyncio.sleep(0.05)


async def served_next(hall: HallClient, window: str = "1") -> str:
    """Call the next ticket at a window and serve it; return its number."""
    called = await hall.at_window(window, "next")
    await hall.at_window(window, "finish")
    return str(called["number"])


async def test_the_ratio_is_a_setting_that_takes_effect_at_once(hall: HallClient) -> None:
    await hall.open_windows("1")
    await hall.ask("PUT", "/plan", to_json(plan_with(green_rate=100.0)))
    normal, green = await hall.ticket(PENSION), await hall.ticket(PENSION, lane="green")
    await until_first(hall, green)
    assert [await served_next(hall) for _ in range(2)] == [green["number"], normal["number"]]
    await hall.ask("PUT", "/plan", to_json(plan_with(green_rate=1.0)))
    normal, green = await hall.ticket(PENSION), await hall.ticket(PENSION, lane="green")
    assert [await served_next(hall) for _ in range(2)] == [normal["number"], green["number"]]


async def test_priority_does_not_always_jump_everybody(hall: HallClient) -> None:
    """A green ticket that has only just come stands behind who has waited longer than its ratio makes up for."""
    await hall.open_windows("1")
    normal = await hall.ticket(PENSION)
    await until_points(hall, normal, 2)
    green = await hall.ticket(PENSION, lane="green")
    (place, *_) = (await explained(hall, green))["windows"]
    assert (place["place"], place["ahead"][0]["number"]) == (2, normal["number"])
    assert [await served_next(hall) for _ in range(2)] == [normal["number"], green["number"]]


async def until_points(hall: HallClient, ticket: dict[str, Any], least: int) -> None:
    """Wait until a ticket has gathered so many points."""
    deadline = asyncio.get_running_loop().time() + 20
    while (await explained(hall, ticket))["points"] < least:
        assert asyncio.get_running_loop().time() < deadline, "it gathers no points"
        await asyncio.sleep(0.05)


async def test_a_normal_ticket_never_starves(hall: HallClient) -> None:
    """However fast the green lane is and however many keep coming, only so many go first."""
    await hall.open_windows("1")
    await hall.ask("PUT", "/plan", to_json(plan_with(green_rate=100.0, overtakes_max=2)))
    normal = await hall.ticket(PENSION)
    for _ in range(2):
        green = await hall.ticket(PENSION, lane="green")
        await until_first(hall, green)
        assert await served_next(hall) == green["number"]
    last = await hall.ticket(PENSION, lane="green")
    told = await explained(hall, normal)
    assert (told["overtaken"], told["due"], told["windows"][0]["place"]) == (2, True, 1)
    assert "bound_reached" in [reason["code"] for reason in told["reasons"]]
    assert [await served_next(hall) for _ in range(2)] == [normal["number"], last["number"]]


async def test_one_ticket_for_several_windows_goes_to_the_first_that_is_free(hall: HallClient) -> None:
    await hall.open_windows("1", "2", "3")
    for window in ("1", "2", "3"):
        await hall.ticket(PENSION)
        await hall.at_window(window, "next")
        await hall.at_window(window, "start")
    waiting = await hall.ticket(INSURANCE)
    places = {place["window"]: place["place"] for place in (await explained(hall, waiting))["windows"]}
    assert places == dict.fromkeys(WINDOWS, 1)
    await hall.at_window("2", "finish")
    assert (await hall.at_window("2", "next"))["ticket"] == waiting["ticket"]
    assert (await hall.state())["waiting"] == 0


async def test_the_floor_gives_it_to_the_first_that_is_free_by_itself(hall: HallClient) -> None:
    await hall.ask("PUT", "/plan", to_json(plan_with(auto_call=True)))
    await hall.open_windows("1", "2")
    first, second, third = [await hall.ticket(PENSION) for _ in range(3)]
    state = {window["window"]: window["ticket"] for window in (await hall.state())["windows"]}
    assert (state["1"], state["2"]) == (first["ticket"], second["ticket"])
    await hall.at_window("2", "start")
    assert (await hall.at_window("2", "finish"))["ticket"] == third["ticket"]
    with pytest.raises(Problem) as caught:
        await hall.at_window("2", "finish")
    assert (caught.value.status, caught.value.code) == (409, "pressed_twice")


async def test_a_recall_does_not_restart_the_wait(hall: HallClient) -> None:
    await hall.ask("PUT", "/plan", to_json(plan_with(recall_gap_s=20)))
    await hall.open_windows("1")
    first, second = await hall.ticket(PENSION), await hall.ticket(SUBSIDY)
    await hall.at_window("1", "next")
    with pytest.raises(Problem) as caught:
        await hall.at_window("1", "recall")
    assert (caught.value.status, caught.value.code) == (409, "recall_too_soon")
    assert 0 < caught.value.document["params"]["seconds"] <= 20
    await hall.ask("PUT", "/plan", to_json(plan_with(recall_gap_s=0)))
    before = await hall.ask("GET", f"/tickets/{first['ticket']}")
    assert (await hall.at_window("1", "recall"))["times"] == 2
    after = await hall.ask("GET", f"/tickets/{first['ticket']}")
    times = ("issued_at", "called_at", "state", "window")
    assert [after[name] for name in times] == [before[name] for name in times]
    assert (await explained(hall, second))["windows"][0]["place"] == 1


async def test_clerks_who_press_next_in_the_same_instant_call_different_tickets(hall: HallClient) -> None:
    await hall.open_windows(*WINDOWS)
    called: list[str] = []
    tickets = [await hall.ticket(PENSION) for _ in range(3 * len(WINDOWS))]
    for _ in range(3):
        forms = await asyncio.gather(*(hall.at_window(window, "next") for window in WINDOWS))
        called += [form["ticket"] for form in forms]
        await asyncio.gather(*(hall.at_window(window, "finish") for window in WINDOWS))
    assert sorted(called) == sorted(ticket["ticket"] for ticket in tickets)


async def test_no_number_is_issued_twice_at_rush(hall: HallClient) -> None:
    issued = await asyncio.gather(*(hall.ticket((PENSION, SUBSIDY)[number % 2]) for number in range(RUSH)))
    numbers = sorted(ticket["number"] for ticket in issued)
    assert numbers == [f"{letter}{serial:03d}" for letter in "AC" for serial in range(1, RUSH // 2 + 1)]
    assert (await hall.state())["waiting"] == RUSH

"""Over HTTP and from devices: packages, cover, tickets sent elsewhere, and the list of who was not served."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.check_ins import CheckIns
from api.device_floor import DeviceFloor
from controller.plan import Field, Package, PostId, Selector, ServiceCode, Window, WindowId, WindowKind
from controller.plan import Post as PlannedPost
from devices.messages import parse_event
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import HALL, INSURANCE, MORNING, PENSION, SUBSIDY, HandClock, small_plan
from tests.support.hall_client import Problem

RURAL = Window(WindowId("9"), "9号窗口", 9, WindowKind.FIELD, (Selector(field=Field.RURAL),))
SOCIAL = Window(WindowId("8"), "8号窗口", 8, WindowKind.FIELD, (Selector(field=Field.SOCIAL),))
FARM = Package(ServiceCode("farm"), "种粮一件事", (ServiceCode(SUBSIDY), ServiceCode(PENSION)))


@pytest.fixture
def clock() -> HandClock:
    return HandClock(MORNING)


@pytest.fixture
async def hall(tmp_path: Path, clock: HandClock) -> AsyncIterator[ApiHall]:
    plan = small_plan()
    posts = (PlannedPost(PostId("rural"), RURAL.id, "wang", ("li",), "农业岗"),)
    plan = replace(
        plan,
        windows=(RURAL, SOCIAL),
        packages=(FARM,),
        posts=posts,
        policies=replace(plan.policies, carry_over=True),
    )
    async with api_hall(tmp_path, plan, clock=clock) as running:
        yield running


async def opened(hall: ApiHall) -> None:
    await hall.client.at_window("9", "open", {"clerk": "wang"})
    await hall.client.at_window("8", "open", {"clerk": "li"})


async def ticket_now(hall: ApiHall, ticket: str) -> dict[str, Any]:
    found: dict[str, Any] = await hall.client.ask("GET", f"/tickets/{ticket}")
    return found


async def test_a_package_goes_from_window_to_window(hall: ApiHall) -> None:
    await opened(hall)
    issued = await hall.client.ticket("farm")
    assert issued["services"] == [SUBSIDY, PENSION]
    assert (await hall.client.at_window("8", "next"))["ticket"] is None
    assert (await hall.client.at_window("9", "next"))["ticket"] == issued["ticket"]
    window = await hall.client.at_window("9", "finish")
    assert window["ticket"] is None
    assert window["review"]["ticket"] == issued["ticket"]
    now = await ticket_now(hall, issued["ticket"])
    assert (now["state"], now["done"], now["package"], now["number"]) == (
        "waiting",
        [SUBSIDY],
        "farm",
        issued["number"],
    )
    first = await hall.client.ask("POST", "/reviews", {"window": "9", "level": 5})
    assert first["window"] == "9"
    assert (await hall.client.at_window("8", "next"))["ticket"] == issued["ticket"]
    await hall.client.at_window("8", "finish")
    assert (await ticket_now(hall, issued["ticket"]))["state"] == "finished"
    second = await hall.client.ask("POST", "/reviews", {"ticket": issued["ticket"], "window": "8", "level": 4})
    assert second["window"] == "8"
    assert (await ticket_now(hall, issued["ticket"]))["reviewed"]


async def test_a_ticket_machine_asks_for_a_package_too(hall: ApiHall) -> None:
    floor = DeviceFloor(
        hall.engine, CheckIns(hall.engine, hall.journal, hall.clock), hall.directory, hall.orders, lambda _code: None
    )
    event = parse_event(b'{"id": "e-1", "type": "ticket_requested", "services": ["farm"]}')
    reply = await floor.handle(HALL, "machine-1", event)
    assert isinstance(reply, dict)
    assert reply["services"] == [SUBSIDY, PENSION]


async def test_a_window_that_is_away_is_covered_by_whom_it_names_or_by_its_b_post(hall: ApiHall) -> None:
    await opened(hall)
    issued = await hall.client.ticket(SUBSIDY)
    away = await hall.client.at_window("9", "away", {"reason": "开会"})
    assert (away["substitute"], away["post"], away["role"]) == ("8", "农业岗", "a")
    assert (await ticket_now(hall, issued["ticket"]))["ahead"] == 0
    assert (await hall.client.at_window("8", "next"))["ticket"] == issued["ticket"]
    await hall.client.at_window("9", "back")
    floor = DeviceFloor(
        hall.engine, CheckIns(hall.engine, hall.journal, hall.clock), hall.directory, hall.orders, lambda _code: None
    )
    event = parse_event(b'{"id": "e-2", "type": "call_pressed", "action": "away", "window": "9", "cover": "8"}')
    reply = await floor.handle(HALL, "pad-1", event)
    assert isinstance(reply, dict)
    assert reply["substitute"] == "8"
    await hall.client.at_window("9", "back")
    assert (await hall.client.at_window("9", "away", {"cover": "8"}))["substitute"] == "8"
    windows = {window["window"]: window for window in (await hall.client.state())["windows"]}
    assert windows["8"]["covers"] == ["9"]


async def test_a_ticket_whose_service_is_withdrawn_is_moved_or_given_back_with_a_word(hall: ApiHall) -> None:
    await opened(hall)
    moved, gone = await hall.client.ticket(SUBSIDY), await hall.client.ticket(SUBSIDY)
    plan = await hall.client.ask("GET", "/plan")
    plan["windows"] = [window for window in plan["windows"] if window["id"] != "9"]
    plan |= {"services": [one for one in plan["services"] if one["code"] != SUBSIDY], "packages": [], "posts": []}
    await hall.client.ask("PUT", "/plan", plan)
    (change,) = await hall.client.events("PlanChanged")
    assert set(change["stranded"]) == {moved["ticket"], gone["ticket"]}
    now = await hall.client.ask(
        "POST", f"/tickets/{moved['ticket']}/transfer", {"services": [INSURANCE], "note": "停办"}
    )
    assert (now["services"], now["state"]) == ([INSURANCE], "waiting")
    assert now["issued_at"] == (await ticket_now(hall, moved["ticket"]))["issued_at"]
    assert (await hall.client.at_window("8", "next"))["ticket"] == moved["ticket"]
    await hall.client.ask("DELETE", f"/tickets/{gone['ticket']}?reason=service+withdrawn")
    (cancelled,) = await hall.client.events("TicketCancelled")
    assert cancelled["reason"] == "service withdrawn"
    with pytest.raises(Problem) as caught:
        await hall.client.ask("POST", f"/tickets/{moved['ticket']}/transfer", {"services": [PENSION]})
    assert caught.value.code == "ticket_not_in_state"


async def test_the_closing_tells_who_was_not_served(hall: ApiHall, clock: HandClock) -> None:
    await opened(hall)
    waiting, served = await hall.client.ticket(PENSION), await hall.client.ticket(SUBSIDY)
    await hall.client.at_window("9", "next")
    await hall.client.at_window("9", "finish")
    closing = await hall.client.ask("GET", "/closing")
    assert [ticket["ticket"] for ticket in closing["unserved"]] == [waiting["ticket"]]
    assert (closing["closed"], closing["carry_over"]) == (False, True)
    yesterday = closing["day"]
    clock.at = MORNING + timedelta(days=1)
    today = await hall.client.state()
    assert today["day"] != yesterday
    closing = await hall.client.ask("GET", f"/closing?day={yesterday}")
    assert closing["closed"]
    assert [ticket["number"] for ticket in closing["unserved"]] == [waiting["number"]]
    assert (await ticket_now(hall, waiting["ticket"]))["carried"]
    with pytest.raises(Problem) as caught:
        await ticket_now(hall, served["ticket"])
    assert caught.value.code == "ticket_unknown"
    with pytest.raises(Problem) as caught:
        await hall.client.ask("GET", "/closing?day=2020-01-01")
    assert caught.value.code == "day_unknown"

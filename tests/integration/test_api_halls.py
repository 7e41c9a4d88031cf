"""Halls, plans, streams and windows over HTTP: the forms of the contract, and what each says no to."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from controller.codec import to_json
from controller.opening import Opening, WeekHours
from controller.plan import (
    Device,
    DeviceId,
    DeviceKind,
    Field,
    Guide,
    Hall,
    HallId,
    Layout,
    Plan,
    Selector,
    WindowId,
    WindowKind,
)
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import HALL, INSURANCE, OFFICE_HOURS, PENSION, SUBSIDY, ZONE, HandClock, small_plan
from tests.support.hall_client import PREFIX, Problem
from tests.support.mosquitto import until
from tests.support.wall_display import board_path, wall_display

HALL_FORM = {"hall", "name", "day", "seq", "open", "waiting", "waiting_by_service", "windows", "calls"} | {
    "opens_at",
    "stranded",
}
WINDOW_FORM = {"window", "label", "kind", "status", "ticket", "number", "stage", "notice", "substitute"}
CALL_FORM = {"call", "ticket", "number", "window", "at", "times"}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path) as running:
        yield running


async def refusal(hall: ApiHall, method: str, path: str, body: object = None, **more: Any) -> tuple[int, str]:
    """Return status and code of a refusal, and see that it changed nothing."""
    before = await hall.client.stream()
    with pytest.raises(Problem) as caught:
        await hall.client.ask(method, path, body, **more)
    assert await hall.client.stream() == before
    return caught.value.status, caught.value.code


async def put(hall: ApiHall, plan: Any, name: str = HALL, **headers: str) -> tuple[int, Any]:
    """Put a plan; return status and document."""
    form = to_json(plan) if isinstance(plan, Plan) else plan
    answer = await hall.client.http.put(
        f"{PREFIX}/halls/{name}/plan", content=json.dumps(form), headers={"Content-Type": "application/json", **headers}
    )
    return answer.status_code, answer.json()


# -- forms -------------------------------------------------------------------------------------------------------------


async def test_a_hall_has_the_members_of_the_contract(hall: ApiHall) -> None:
    await hall.client.open_windows("1", "2")
    first, _, _ = [await hall.client.ticket(code) for code in (PENSION, PENSION, INSURANCE)]
    await hall.client.at_window("1", "next")
    await hall.client.at_window("1", "recall")
    state = await hall.client.state()
    assert state.keys() >= HALL_FORM
    assert (state["hall"], state["name"], state["day"], state["open"]) == (
        HALL,
        "示例镇便民服务中心",
        "2026-03-02",
        True,
    )
    assert (state["waiting"], state["waiting_by_service"]) == (2, {PENSION: 1, INSURANCE: 1})
    assert state["seq"] == (await hall.client.stream())[-1]["seq"]
    assert all(window.keys() >= WINDOW_FORM for window in state["windows"])
    (call,) = state["calls"]
    assert call.keys() >= CALL_FORM
    assert (call["ticket"], call["number"], call["window"], call["times"]) == (first["ticket"], "A001", "1", 2)
    (listed,) = (await hall.client.http.get(f"{PREFIX}/halls")).json()
    assert {**listed, "at": None} == {**state, "at": None}


async def test_a_window_has_the_members_of_the_contract(hall: ApiHall) -> None:
    opened = await hall.client.at_window("1", "open", {"clerk": "王"})
    assert opened.keys() >= WINDOW_FORM
    assert (opened["status"], opened["ticket"], opened["number"], opened["stage"]) == ("open", None, None, None)
    nobody = await hall.client.http.post(f"{PREFIX}/halls/{HALL}/windows/1/next")
    assert (nobody.status_code, nobody.json()["ticket"], nobody.json()["number"]) == (200, None, None)
    issued = await hall.client.ticket(PENSION)
    called = await hall.client.at_window("1", "next")
    assert (called["ticket"], called["number"], called["stage"]) == (issued["ticket"], "A001", "called")
    assert (await hall.client.at_window("1", "start"))["stage"] == "serving"
    console = await hall.client.ask("GET", "/windows/1")
    assert console.keys() >= {"window", "current", "held", "next", "eligible", "seq"}
    assert console["current"]["ticket"] == issued["ticket"]
    done = await hall.client.at_window("1", "finish")
    assert (done["ticket"], done["stage"]) == (None, None)
    assert (await hall.client.at_window("1", "close"))["status"] == "closed"


async def test_a_window_is_opened_without_a_clerk_or_a_body(hall: ApiHall) -> None:
    path = f"{PREFIX}/halls/{HALL}/windows"
    for window, body in (("1", b""), ("2", b"null"), ("3", b"{}")):
        answer = await hall.client.http.post(
            f"{path}/{window}/open", content=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["status"]) == (200, "open"), answer.text


async def test_every_action_of_a_window(hall: ApiHall) -> None:
    await hall.client.open_windows("1", "2")
    first, second = [await hall.client.ticket(PENSION) for _ in range(2)]
    await hall.client.at_window("1", "next")
    assert (await hall.client.at_window("1", "recall"))["number"] == "A001"
    assert (await hall.client.at_window("1", "hold"))["ticket"] is None
    assert (await hall.client.at_window("1", "resume", {"ticket": first["ticket"]}))["ticket"] == first["ticket"]
    sent = await hall.client.at_window("1", "transfer", {"window": "2", "note": "缺原件"})
    assert sent["ticket"] is None
    assert (await hall.client.ask("GET", f"/tickets/{first['ticket']}"))["state"] == "waiting"
    assert (await hall.client.at_window("1", "next"))["ticket"] == second["ticket"]
    assert (await hall.client.at_window("1", "no-show"))["ticket"] is None
    assert (await hall.client.ask("GET", f"/tickets/{second['ticket']}"))["state"] == "no_show"
    back = await hall.client.ask("POST", f"/tickets/{second['ticket']}/return")
    assert back["state"] == "waiting"
    away = await hall.client.at_window(
        "1", "away", {"reason": "开会", "substitute": "2", "until": "2026-03-02T10:00:00+08:00"}
    )
    assert (away["status"], away["notice"], away["substitute"]) == ("away", "开会", "2")
    assert (await hall.client.at_window("1", "back"))["status"] == "open"


async def test_what_a_window_says_no_to(hall: ApiHall) -> None:
    for action in ("next", "recall", "start", "finish", "no-show", "hold", "resume", "transfer", "away", "back"):
        status, code = await refusal(hall, "POST", f"/windows/1/{action}", {"reason": "x", "window": "2"})
        assert status == 409, f"{action}: {code}"
    await hall.client.open_windows("1")
    assert await refusal(hall, "POST", "/windows/1/open", {}) == (409, "window_not_closed")
    assert await refusal(hall, "POST", "/windows/1/away", {"reason": "x", "substitute": "1"}) == (
        409,
        "substitute_not_open",
    )
    await hall.client.ticket(PENSION)
    await hall.client.at_window("1", "next")
    assert await refusal(hall, "POST", "/windows/1/next", {}) == (409, "window_busy")
    for path in ("/windows/9/next", "/windows/%20/next", "/windows/%00/open"):
        assert await refusal(hall, "POST", path, {}) == (404, "window_unknown")
    assert await refusal(hall, "GET", "/windows/9") == (404, "window_unknown")
    assert (await refusal(hall, "POST", "/windows/1/dance", {}))[0] == 422
    for body in (
        {"wish": 1},
        {"until": "2026-03-02T10:00:00"},
        {"until": 7e30},
        {"note": "x" * 501},
        {"ticket": "a b"},
    ):
        assert await refusal(hall, "POST", "/windows/1/finish", body) == (422, "request_invalid")


async def test_a_hall_that_isnt_there(hall: ApiHall) -> None:
    for method, path in (
        ("GET", "/halls/nowhere"),
        ("GET", "/halls/nowhere/plan"),
        ("GET", "/halls/nowhere/stream"),
        ("GET", "/halls/nowhere/windows/1"),
        ("POST", "/halls/nowhere/windows/1/next"),
    ):
        answer = await hall.client.http.request(method, PREFIX + path)
        assert (answer.status_code, answer.json()["code"]) == (404, "hall_unknown"), path


# -- the stream --------------------------------------------------------------------------------------------------------


async def test_the_stream_is_given_from_where_it_is_asked_for(hall: ApiHall) -> None:
    await hall.client.ticket(PENSION, key="k")
    rows = await hall.client.stream()
    assert [row["seq"] for row in rows] == [1, 2]
    assert [row["type"] for row in rows] == ["DayOpened", "TicketIssued"]
    assert all(row.keys() >= {"seq", "type", "at", "actor", "data"} for row in rows)
    assert (rows[1]["actor"], rows[1]["command"]) == ("token:tests", "http/k")
    assert rows[1]["at"].startswith("2026-03-02T")
    assert await hall.client.stream(after=1) == rows[1:]
    assert await hall.client.stream(after=2) == await hall.client.stream(after=2**31 - 1) == []
    for wrong in ("-1", "x", str(2**31), "9" * 40, "1.5", ""):
        assert await refusal(hall, "GET", f"/stream?after={wrong}") == (422, "request_invalid")


# -- plans -------------------------------------------------------------------------------------------------------------


async def test_a_plan_is_what_was_put(hall: ApiHall) -> None:
    assert await hall.client.ask("GET", "/plan") == to_json(small_plan())
    plan = to_json(small_plan(windows=4))
    plan["windows"][3]["serves"] = ["*"]
    plan["windows"][2]["serves"] = [PENSION, {"field": "rural"}, {"department": "医保"}]
    status, answer = await put(hall, plan)
    assert (status, answer) == (200, {**plan, "warnings": [], "stranded": []})
    assert await hall.client.ask("GET", "/plan") == plan
    assert [window["window"] for window in (await hall.client.state())["windows"]] == ["1", "2", "3", "4"]


async def test_a_plan_takes_effect_while_people_wait(hall: ApiHall) -> None:
    await hall.client.open_windows("1")
    waiting = await hall.client.ticket(PENSION)
    plan = small_plan()
    named = replace(plan.windows[0], label="一号窗口")
    async with wall_display(hall.url, board_path("tv")) as wall:
        await until(lambda: wall.live, "the display is there")
        status, _ = await put(hall, replace(plan, windows=(named, *plan.windows[1:])))
        assert status == 200
        await until(lambda: wall.board["windows"][0]["label"] == "一号窗口", "the new plan is on the wall")
    called = await hall.client.at_window("1", "next")
    assert (called["ticket"], called["label"]) == (waiting["ticket"], "一号窗口")


async def test_a_window_leaves_with_its_plan(hall: ApiHall) -> None:
    smaller = replace(small_plan(), windows=(replace(small_plan().windows[0], serves=(Selector(code="*"),)),))
    await hall.client.open_windows("1", "2")
    await hall.client.ticket(PENSION)
    await hall.client.at_window("2", "next")
    status, problem = await put(hall, smaller)
    assert (status, problem["code"]) == (409, "window_busy")
    assert await hall.client.ask("GET", "/plan") == to_json(small_plan())
    await hall.client.at_window("2", "finish")
    assert (await put(hall, smaller))[0] == 200
    assert await refusal(hall, "POST", "/windows/2/next", {}) == (404, "window_unknown")


async def test_who_waits_for_a_service_that_is_withdrawn_is_named(hall: ApiHall) -> None:
    """The manager is told with the plan's acceptance and as long as it lasts; no place is lost."""
    ticket = await hall.client.ticket(SUBSIDY)
    await hall.client.ticket(PENSION)
    services = tuple(service for service in small_plan().services if service.code != SUBSIDY)
    smaller = replace(small_plan(windows=1), services=services)
    named = [{"ticket": ticket["ticket"], "number": ticket["number"], "services": [SUBSIDY], "lane": "normal"}]
    assert (await hall.client.state())["stranded"] == []
    status, put_answer = await put(hall, smaller)
    assert (status, put_answer["stranded"], put_answer["warnings"]) == (200, named, [])
    assert (await hall.client.state())["stranded"] == named
    old = tuple(replace(service, guide=Guide("1", None, date(2020, 12, 31))) for service in small_plan().services[:1])
    status, put_answer = await put(hall, replace(small_plan(), services=(*old, *small_plan().services[1:])))
    assert (status, put_answer["stranded"]) == (200, [])
    assert [(one["path"], one["code"]) for one in put_answer["warnings"]] == [("/services/0/guide", "guide_expired")]
    assert (await hall.client.state())["stranded"] == []
    await hall.client.open_windows("1")
    assert (await hall.client.at_window("1", "next"))["ticket"] == ticket["ticket"]


async def test_the_same_plan_under_the_same_key_is_put_once(hall: ApiHall) -> None:
    plan = replace(small_plan(), windows=small_plan(windows=5).windows)
    answers = [await put(hall, plan, **{"Idempotency-Key": "p"}) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(await hall.client.events("PlanChanged")) == 1
    status, problem = await put(hall, small_plan(), **{"Idempotency-Key": "p"})
    assert (status, problem["code"]) == (422, "command_id_reused")
    assert await hall.client.ask("GET", "/plan") == to_json(plan)
    assert (await put(hall, small_plan()))[0] == 200
    assert await put(hall, plan, **{"Idempotency-Key": "p"}) == answers[0]
    assert await hall.client.ask("GET", "/plan") == to_json(small_plan())


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_all_faults_of_a_plan_are_named(hall: ApiHall, language: str) -> None:
    before = await hall.client.stream()
    form = to_json(small_plan())
    form["hall"]["timezone"] = "Mars"
    form["windows"][1]["number"] = 1
    form["services"][0]["name"] = "a\ud800\x00"
    status, problem = await put(hall, form, **{"Accept-Language": language})
    assert (status, problem["code"]) == (422, "plan_invalid")
    found = {(fault["path"], fault["code"]) for fault in problem["errors"]}
    assert found == {
        ("/hall/timezone", "bad_timezone"),
        ("/windows", "number_twice"),
        ("/services/0/name", "bad_text"),
    }
    chinese = [any("\u4e00" <= char <= "\u9fff" for char in fault["message"]) for fault in problem["errors"]]
    assert all(chinese) is (language == "zh-CN")
    assert await hall.client.stream() == before


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"7", b'{"hall": 7}', b'{"\\ud800": 1}', b"\xff", b"[" * 100_000]
)
async def test_what_is_no_plan(hall: ApiHall, content: bytes) -> None:
    path, headers = f"{PREFIX}/halls/{HALL}/plan", {"Content-Type": "application/json"}
    answer = await hall.client.http.put(path, content=content, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"request_invalid", "plan_invalid"}
    assert await hall.client.ask("GET", "/plan") == to_json(small_plan())


async def test_a_plan_is_for_the_hall_of_its_address(hall: ApiHall) -> None:
    status, problem = await put(hall, small_plan("other"))
    assert (status, problem["code"]) == (422, "hall_mismatch")
    assert [form["hall"] for form in (await hall.client.http.get(f"{PREFIX}/halls")).json()] == [HALL]


async def test_a_hall_comes_to_be_with_its_plan(hall: ApiHall) -> None:
    plan = replace(small_plan("other"), hall=Hall(HallId("other"), "另一镇便民服务中心"))
    assert (await put(hall, plan, "other"))[0] == 200
    state = (await hall.client.http.get(f"{PREFIX}/halls/other")).json()
    assert (state["name"], state["waiting"]) == ("另一镇便民服务中心", 0)
    answer = await hall.client.http.post(f"{PREFIX}/halls/other/tickets", json={"services": [SUBSIDY]})
    assert (answer.status_code, answer.json()["number"]) == (201, "C001")
    assert answer.json()["token"].startswith("other.")
    assert (await hall.client.state())["waiting"] == 0


async def test_a_hall_is_closed_outside_its_hours(tmp_path: Path) -> None:
    clock = HandClock()
    async with api_hall(tmp_path, small_plan(hours=OFFICE_HOURS), clock=clock) as hall:
        clock.advance(9 * 3600)
        assert (await hall.client.state())["open"] is False
        with pytest.raises(Problem) as caught:
            await hall.client.ticket(PENSION)
        assert (caught.value.status, caught.value.code) == (409, "hall_not_open")
        assert caught.value.document["params"] == {"opens": "08:30", "closes": "17:00", "date": "2026-03-03"}
        assert datetime.fromisoformat((await hall.client.state())["opens_at"]) == datetime(
            2026, 3, 3, 8, 30, tzinfo=ZONE
        )


async def test_a_hall_keeps_chinas_holidays_and_works_in_exchange_for_them(tmp_path: Path) -> None:
    """The day's first event carries what the core needs of the calendar, so the refusal can tell the next opening."""
    opening = Opening((WeekHours(time(8, 30), time(12)), WeekHours(time(14, 30), time(17, 30))))
    clock = HandClock(datetime(2026, 2, 14, 9, 0, tzinfo=ZONE))  # a Saturday, worked for Spring Festival
    async with api_hall(tmp_path, replace(small_plan(), opening=opening), clock=clock) as hall:
        await hall.client.ticket(PENSION)
        clock.at = datetime(2026, 2, 17, 9, 0, tzinfo=ZONE)
        with pytest.raises(Problem) as caught:
            await hall.client.ticket(PENSION)
        assert caught.value.code == "hall_not_open"
        assert caught.value.document["params"] == {"opens": "08:30", "closes": "12:00", "date": "2026-02-24"}
        opened = (await hall.client.stream())[0]["data"]["calendar"]
        assert {"date": "2026-02-17", "is_working": False} in opened
        assert {"date": "2026-02-28", "is_working": True} in opened
        clock.at = datetime(2026, 2, 24, 13, 0, tzinfo=ZONE)
        assert (await hall.client.state())["opens_at"].startswith("2026-02-24T14:30:00")


async def test_a_layout_is_switched_while_people_wait_with_windows_guides_and_queues_at_once(tmp_path: Path) -> None:
    fields = (Selector(field=Field.SOCIAL),), (Selector(field=Field.RURAL),)
    windows = [
        replace(window, kind=WindowKind.FIELD, serves=serves)
        for window, serves in zip(small_plan(windows=2).windows, fields, strict=True)
    ]
    plan = replace(small_plan(), windows=tuple(windows))
    async with api_hall(tmp_path, plan) as hall:
        await hall.client.open_windows("1", "2")
        first, second = [await hall.client.ticket(PENSION) for _ in range(2)]
        assert (await hall.client.at_window("2", "next"))["ticket"] is None
        guide = Guide("2026-2")
        services = tuple(replace(service, guide=guide) for service in plan.services)
        switched = replace(plan, services=services, layout=Layout.UNDIFFERENTIATED)
        assert (await put(hall, switched))[0] == 200
        shown = (await hall.client.ask("GET", "/plan"))["services"]
        assert {service["guide"]["version"] for service in shown} == {"2026-2"}
        assert (await hall.client.at_window("2", "next"))["ticket"] == first["ticket"]
        assert (await hall.client.at_window("1", "next"))["ticket"] == second["ticket"]
        assert len(await hall.client.events("PlanChanged")) == 1


async def test_a_hall_that_cant_be_read_is_left_out_of_the_list(tmp_path: Path) -> None:
    async with api_hall(tmp_path, small_plan(), small_plan("other")) as hall:
        broken = hall.engine._actor("other")
        assert broken is not None
        broken._quarantined_until = asyncio.get_running_loop().time() + 1000
        broken.days.today = None
        listed = await hall.client.http.get(f"{PREFIX}/halls")
        assert (listed.status_code, [form["hall"] for form in listed.json()]) == (200, [HALL])
        assert (await hall.client.ticket(PENSION))["number"] == "A001"


async def test_devices_of_a_plan_keep_their_places(hall: ApiHall) -> None:
    devices = (Device(DeviceId("led-1"), DeviceKind.LED, window=WindowId("1")),)
    assert (await put(hall, replace(small_plan(), devices=devices)))[0] == 200
    assert hall.gateway.states("led-1")[-1].window == "1"
    assert (await put(hall, small_plan()))[0] == 200
    assert hall.gateway.states("led-1")[-1] is None

"""The HTTP interface of the running program: repeated writes, plans that change, refusals, the sample hall."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from controller.codec import to_json
from tests.support.controller_process import ControllerProcess, controller_process
from tests.support.hall_client import HallClient, Problem, document_of
from tests.support.hall_plan import HALL, HALL_NAME, INSURANCE, PENSION, hall_plan, with_service
from tests.support.mosquitto import until
from tests.support.wall_display import board_path, wall_display


async def refused(hall: HallClient, method: str, path: str, body: object = None) -> tuple[int, str]:
    """Return status and code of a refusal, and see that it changed nothing."""
    before = await hall.stream()
    with pytest.raises(Problem) as caught:
        await hall.ask(method, path, body)
    assert await hall.stream() == before
    return caught.value.status, caught.value.code


async def test_a_repeated_key_is_the_same_ticket(hall: HallClient) -> None:
    key = uuid4().hex
    first = await hall.ticket(PENSION, key=key)
    again = await asyncio.gather(*(hall.ticket(PENSION, key=key) for _ in range(8)))
    assert {json.dumps(answer, sort_keys=True) for answer in (first, *again)} == {json.dumps(first, sort_keys=True)}
    assert first.keys() >= {"ticket", "number", "ahead", "wait", "token"}
    other = await hall.ticket(PENSION)
    assert (first["number"], other["number"], other["ahead"]) == ("A001", "A002", 1)
    assert [data["number"] for data in await hall.events("TicketIssued")] == ["A001", "A002"]
    with pytest.raises(Problem) as caught:
        await hall.at_window("1", "open", {"clerk": "clerk"}, key=key)
    assert (caught.value.status, caught.value.code) == (422, "command_id_reused")


async def test_a_ticket_can_be_given_back(hall: HallClient) -> None:
    issued = await hall.ticket(PENSION)
    assert (await hall.state())["waiting_by_service"] == {PENSION: 1}
    await hall.ask("DELETE", f"/tickets/{issued['ticket']}?token={issued['token']}")
    assert (await hall.ask("GET", f"/tickets/{issued['ticket']}"))["state"] == "cancelled"
    assert (await hall.state())["waiting"] == 0


async def test_a_plan_takes_effect_at_once_while_people_wait(controller: ControllerProcess, hall: HallClient) -> None:
    waiting = await hall.ticket(INSURANCE)
    code = "temporary_relief"
    assert await refused(hall, "POST", "/tickets", {"services": [code]}) == (422, "service_unknown")
    plan = with_service(hall_plan(), code, "临时救助")
    renamed = replace(plan.windows[0], label="一号综合窗口")
    plan = replace(plan, windows=(renamed, *plan.windows[1:]))
    async with wall_display(controller.http, board_path("tv-1")) as wall:
        await until(lambda: wall.live, "the display is there")
        await hall.ask("PUT", "/plan", to_json(plan))
        await until(lambda: wall.board["windows"][0]["label"] == "一号综合窗口", "the new plan is on the wall")
    assert await hall.ask("GET", "/plan") == to_json(plan)
    assert (await hall.ticket(code))["number"] == "B001"
    await hall.open_windows("1")
    assert (await hall.at_window("1", "next"))["ticket"] == waiting["ticket"]
    await hall.at_window("1", "start")
    assert (await hall.at_window("1", "next"))["number"] == "B001"
    assert len(await hall.events("PlanChanged")) == 1


async def test_a_wrong_plan_changes_nothing(hall: HallClient) -> None:
    before = await hall.ask("GET", "/plan")
    wrong = json.loads(json.dumps(before))
    wrong["windows"][0]["serves"], wrong["windows"][1]["number"] = ["nothing"], 1
    status, _ = await refused(hall, "PUT", "/plan", wrong)
    assert status == 422
    assert (await refused(hall, "PUT", "/plan", {"hall": 7}))[0] == 422
    assert await hall.ask("GET", "/plan") == before


async def test_a_window_with_somebody_at_it_stays_in_the_plan(hall: HallClient) -> None:
    await hall.open_windows("4")
    await hall.ticket(INSURANCE)
    await hall.at_window("4", "next")
    plan = hall_plan()
    kept = tuple(device for device in plan.devices if device.window != "4")
    smaller = to_json(replace(plan, windows=plan.windows[:3], devices=kept))
    assert await refused(hall, "PUT", "/plan", smaller) == (409, "window_busy")
    await hall.at_window("4", "finish")
    await hall.ask("PUT", "/plan", smaller)
    assert [window["window"] for window in (await hall.state())["windows"]] == ["1", "2", "3"]


@pytest.mark.parametrize(("language", "said"), [("zh-CN", "窗口 1"), ("en", "indow 1")])
async def test_a_refusal_is_told_in_the_language_asked_for(hall: HallClient, language: str, said: str) -> None:
    answer = await hall.http.post(
        f"/api/v1/halls/{HALL}/windows/1/next", json={}, headers={"Accept-Language": language}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "window_not_open")
    assert said in answer.json()["detail"]


REFUSED: tuple[tuple[str, str, object, int, str | None], ...] = (
    ("POST", "/tickets", {"services": ["nonesuch"]}, 422, "service_unknown"),
    ("POST", "/tickets", {"services": []}, 422, None),
    ("POST", "/tickets", {"services": "pension"}, 422, None),
    ("POST", "/tickets", {"services": [PENSION], "lane": "fast"}, 422, None),
    ("GET", "/tickets/nonesuch", None, 404, "ticket_unknown"),
    ("DELETE", "/tickets/nonesuch", None, 404, "ticket_unknown"),
    ("POST", "/windows/1/next", {}, 409, "window_not_open"),
    ("POST", "/windows/99/next", {}, 404, "window_unknown"),
    ("POST", "/windows/1/dance", {}, 422, None),
    ("POST", "/reviews", {"ticket": "nonesuch", "level": 5}, 404, "ticket_unknown"),
    ("POST", "/reviews", {"ticket": "nonesuch", "level": 9}, 422, None),
    ("GET", "/nonesuch", None, 404, None),
    ("PATCH", "/tickets", {}, 405, None),
    ("GET", "/stream?after=-1", None, 422, None),
    ("GET", "/stream?after=x", None, 422, None),
)


async def test_every_refusal_is_a_problem_with_a_code(hall: HallClient) -> None:
    for method, path, body, status, code in REFUSED:
        answered = await refused(hall, method, path, body)
        assert answered == (status, code or answered[1]), f"{method} {path} {body}"


async def test_other_errors_are_problems_too(hall: HallClient) -> None:
    for method, path, content in (
        ("GET", "/api/v1/halls/nonesuch", b""),
        ("GET", "/api/v1/nonesuch", b""),
        ("GET", "/nonesuch", b""),
        ("POST", "/healthz", b""),
        ("POST", f"/api/v1/halls/{HALL}/tickets", b"{"),
        ("POST", f"/api/v1/halls/{HALL}/tickets", b"\xff\xfe"),
        ("POST", f"/api/v1/halls/{HALL}/tickets", b""),
    ):
        answer = await hall.http.request(method, path, content=content, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500, f"{method} {path}: {answer.status_code}"
        with pytest.raises(Problem):
            document_of(answer)


async def test_nobody_waiting_is_no_error(hall: HallClient) -> None:
    await hall.open_windows("1")
    form = await hall.at_window("1", "next")
    assert (form["ticket"], form["number"], form["status"]) == (None, None, "open")


async def test_the_sample_hall_runs_without_a_plan(tmp_path: Path) -> None:
    async with controller_process(tmp_path, by_command=True) as controller, HallClient(controller.http) as hall:
        state = await hall.state()
        assert (state["hall"], state["name"], state["open"]) == (HALL, HALL_NAME, True)
        (listed,) = (await hall.http.get("/api/v1/halls")).json()
        assert listed["hall"] == HALL
        assert (await hall.http.get("/healthz")).status_code == 200
        await hall.until_ready()
        service = (await hall.ask("GET", "/plan"))["services"][0]["code"]
        assert (await hall.ticket(service))["number"]


async def test_what_was_given_out_is_there_after_a_restart(controller: ControllerProcess, hall: HallClient) -> None:
    await hall.open_windows("1")
    tickets = [await hall.ticket(PENSION) for _ in range(3)]
    called = await hall.at_window("1", "next")
    await hall.at_window("1", "start")
    before = await hall.stream()
    assert await controller.stop() == 0
    await controller.start()
    assert await hall.stream() == before
    state = await hall.state()
    assert (state["waiting"], state["calls"][0]["number"]) == (2, called["number"])
    assert (await hall.at_window("1", "next"))["ticket"] == tickets[1]["ticket"]
    assert (await hall.ticket(PENSION))["number"] == "A004"

"""What a manager is told over HTTP: the floor, the day in figures, the plan's text and what a changed one would do."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.day_reports import INLINE_ROWS_MAX
from api.plan_text import plan_text
from controller.codec import to_json
from controller.plan import Plan, Policies
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import INSURANCE, MORNING, PENSION, SUBSIDY, HandClock, small_plan
from tests.support.hall_client import Problem


def without(plan: Plan, service: str) -> Plan:
    """Return a plan in which a service was withdrawn, and a window names no longer."""
    kept = tuple(one for one in plan.services if one.code != service)
    windows = tuple(window for window in plan.windows if window.serves[0].code == "*")
    return replace(plan, services=kept, windows=windows)


async def check(hall: ApiHall, text: str) -> Any:
    return await hall.client.ask("POST", "/plan/text", {"text": text})


async def test_the_floor_shows_windows_and_who_waits_longest(tmp_path: Path) -> None:
    clock = HandClock(MORNING)
    async with api_hall(tmp_path, replace(small_plan(), policies=Policies(long_wait_s=600)), clock=clock) as hall:
        first = await hall.client.ticket(PENSION)
        clock.advance(60)
        await hall.client.ticket(SUBSIDY)
        await hall.client.ticket(PENSION)
        await hall.client.at_window("3", "open", {"clerk": "王芳"})
        clock.advance(30)
        floor = await hall.client.ask("GET", "/floor")
        assert (floor["waiting"], floor["long_wait_s"], floor["unserved"]) == (3, 600, [])
        assert [(one["number"], one["manned"]) for one in floor["longest"]] == [
            ("A001", False),
            ("C001", True),
            ("A002", False),
        ]
        assert [(one["service"], one["waiting"]) for one in floor["services"]] == [(PENSION, 2), (SUBSIDY, 1)]
        assert floor["services"][0]["first"] == floor["longest"][0]["arrived_at"] == first["issued_at"]
        window = floor["windows"][2]
        assert (window["status"], window["clerk"], window["eligible"]) == ("open", "王芳", 1)
        assert window["since"] == (MORNING + timedelta(seconds=60)).isoformat(timespec="milliseconds")
        with pytest.raises(Problem) as caught:
            await hall.client.ask("GET", "/../nowhere/floor")
        assert caught.value.code == "hall_unknown"


async def test_a_day_in_figures_grows_and_stays_after_it(tmp_path: Path) -> None:
    clock = HandClock(MORNING)
    async with api_hall(tmp_path, clock=clock) as hall:
        await hall.client.ticket(PENSION)
        clock.advance(600)
        await hall.client.at_window("1", "open", {"clerk": "王芳"})
        await hall.client.at_window("1", "next")
        clock.advance(3_600)
        await hall.client.at_window("1", "finish")
        clock.advance(60)
        told = await hall.client.ask("GET", "/report")
        assert [row["hour"][11:16] for row in told["hours"]] == ["09:00", "10:00"]
        assert (told["total"]["tickets"], told["total"]["called"], told["total"]["served"]) == (1, 1, 1)
        assert told["total"]["mean_wait_s"] == 600
        assert told["total"]["people_wait_min"] == told["hours"][0]["people_wait_min"] == 10
        assert told["total"]["windows_wait_min"] == {"1": 1}
        assert told["curve"][0] == {
            "at": MORNING.isoformat(timespec="seconds"),
            "waiting": 1,
            "people_wait": 1,
            "windows_wait": 0,
            "manned": 0,
            "entered": 0,
        }
        half = told["half_hours"][0]
        assert (half["called"], half["p50_s"], half["p90_s"]) == (1, 600, 600)
        for _ in range(INLINE_ROWS_MAX + 1):
            await hall.client.ticket(INSURANCE)
        again = await hall.client.ask("GET", "/report")
        assert again["total"]["tickets"] == INLINE_ROWS_MAX + 2
        assert again["seq"] == (await hall.client.state())["seq"]
        clock.advance(86_400)
        earlier = await hall.client.ask("GET", f"/report?day={MORNING.date()}")
        assert earlier["total"]["tickets"] == INLINE_ROWS_MAX + 2
        assert earlier["until"][:10] == "2026-03-03"
        fresh = await hall.client.ask("GET", "/report")
        assert (fresh["day"], fresh["total"]["tickets"]) == ("2026-03-03", 0)
        with pytest.raises(Problem) as caught:
            await hall.client.ask("GET", "/report?day=2025-01-05")
        assert (caught.value.status, caught.value.code) == (404, "day_unknown")


async def test_the_week_is_the_mean_of_the_days_that_are_over(tmp_path: Path) -> None:
    clock = HandClock(MORNING)
    async with api_hall(tmp_path, clock=clock) as hall:
        for _ in range(2):
            await hall.client.ticket(PENSION)
        told = await hall.client.ask("GET", "/report/week")
        assert (told["days"], told["cells"]) == (0, []), "today isn't over"
        clock.advance(7 * 86_400)
        await hall.client.ticket(PENSION)
        for _ in range(2):
            told = await hall.client.ask("GET", "/report/week?weeks=2")
            first = next(cell for cell in told["cells"] if cell["tickets"])
            slot = (first["weekday"], first["hour"])
            assert (told["days"], slot, first["tickets"]) == (1, (MORNING.isoweekday(), MORNING.hour), 2.0)
        clock.advance(86_400)
        told = await hall.client.ask("GET", "/report/week")
        first = next(cell for cell in told["cells"] if cell["tickets"])
        assert (told["days"], first["days"], first["tickets"]) == (2, 2, 1.5)
        told = await hall.client.ask("GET", "/report/week?weeks=1")
        since, until = (MORNING.date() + timedelta(days=after) for after in (1, 7))
        assert (told["days"], told["since"], told["until"]) == (1, since.isoformat(), until.isoformat())
        with pytest.raises(Problem) as caught:
            await hall.client.ask("GET", "/report/week?weeks=13")
        assert caught.value.status == 422


async def test_a_plan_is_read_as_text_and_a_changed_text_says_what_it_would_do(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        text = (await hall.client.ask("GET", "/plan/text"))["text"]
        assert text == plan_text(small_plan())
        await hall.client.ticket(SUBSIDY)
        good = await check(hall, text)
        assert (good["faults"], good["refusal"], good["stranded"]) == ([], None, [])
        assert good["plan"] == to_json(small_plan())
        fewer = without(small_plan(), SUBSIDY)
        told = await check(hall, plan_text(fewer))
        assert [one["number"] for one in told["stranded"]] == ["C001"]
        assert told["plan"] == to_json(fewer)
        assert (await hall.client.ask("GET", "/plan")) == to_json(small_plan()), "nothing has changed"
        await hall.client.ask("PUT", "/plan", told["plan"])
        floor = await hall.client.ask("GET", "/floor")
        assert (floor["unserved"], floor["longest"][0]["served"]) == (["C001"], False)


async def test_faults_of_a_text_stand_at_their_lines(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        text = (await hall.client.ask("GET", "/plan/text"))["text"]
        wrong = text.replace("便民服务中心", "大厅").replace("number: 2", "number: 1")
        told = await check(hall, wrong)
        assert told["plan"] is None
        lines = wrong.splitlines()
        assert {(fault["path"], fault["line"]) for fault in told["faults"]} == {
            ("/hall/name", next(at for at, line in enumerate(lines, start=1) if "name:" in line)),
            ("/windows", lines.index("windows:") + 1),
        }
        assert all(fault["message"] for fault in told["faults"])
        assert (await check(hall, "hall: {"))["faults"][0]["code"] == "not_yaml"
        other = await check(hall, json.dumps({**to_json(small_plan("other"))}, ensure_ascii=False))
        assert [(fault["path"], fault["code"]) for fault in other["faults"]] == [("/hall/id", "hall_mismatch")]


async def test_a_text_that_takes_away_a_busy_window_is_refused_in_words(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        await hall.client.ticket(PENSION)
        await hall.client.at_window("1", "open", {"clerk": "王芳"})
        await hall.client.at_window("1", "next")
        plan = small_plan()
        told = await check(hall, plan_text(replace(plan, windows=plan.windows[1:])))
        assert told["faults"] == []
        assert "A001" in told["refusal"]

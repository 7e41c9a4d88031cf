"""Cases over HTTP: from the question at a window to the result in the citizen's hand, its papers and refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from api.case_desk import CALENDAR
from api.case_watch import CaseWatch
from api.check_ins import CheckIns
from api.device_floor import DeviceFloor
from controller.refusals import ReceiptUnknown
from controller.runtime.case_store import CaseStore
from devices.escpos_decoder import decode
from devices.messages import ReceiptFailed, ReceiptPrinted
from tests.support.api_hall import ApiHall, api_hall
from tests.support.case_hall import MONDAY, RESULT, case_plan
from tests.support.cases import CARD, PHOTO, PROOF, RELIEF
from tests.support.engines import HALL, ZONE, HandClock
from tests.support.hall_client import Problem

DAY_S = 24 * 3600
CHECKED: dict[str, Any] = {"missing": [PHOTO], "present": [CARD, PROOF]}


@asynccontextmanager
async def hall_with(folder: Path, *, clock: HandClock | None = None, **policies: Any) -> AsyncIterator[ApiHall]:
    async with api_hall(folder, case_plan(**policies), clock=clock or HandClock(MONDAY)) as hall:
        await hall.client.ask("POST", "/windows/1/open", {"clerk": "王芳"})
        yield hall


async def opened(hall: ApiHall, **more: Any) -> dict[str, Any]:
    body = {"service": RELIEF.code, "received": True, **more}
    case: dict[str, Any] = await hall.client.ask("POST", "/windows/1/cases", body)
    return case


async def step(hall: ApiHall, case: str, action: str, key: str | None = None, **body: Any) -> dict[str, Any]:
    form: dict[str, Any] = await hall.client.ask("POST", f"/cases/{case}/{action}", body, key=key)
    return form


async def refused(
    hall: ApiHall, method: str, path: str, body: object = None, key: str | None = None
) -> tuple[int, str]:
    """Ask for what must be refused, and see that no case moves; return status and code."""
    before = await hall.client.ask("GET", "/cases")
    with pytest.raises(Problem) as caught:
        await hall.client.ask(method, path, body, key=key)
    assert await hall.client.ask("GET", "/cases") == before
    return caught.value.status, caught.value.code


def count(hall: ApiHall, state: str) -> float:
    return hall.metrics.registry.get_sample_value("yichuang_cases_total", {"hall": HALL, "state": state}) or 0.0


async def test_a_case_goes_its_whole_way(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        ticket = (await hall.client.ask("POST", "/tickets", {"services": [RELIEF.code]}))["ticket"]
        case = await hall.client.ask("POST", "/windows/1/cases", {"service": RELIEF.code, "ticket": ticket})
        assert case["case"] == "20260302-0001"
        assert (case["state"], case["first_asked"], case["ticket"]) == ("consulting", "王芳", ticket)
        assert case["actions"] == ["receive", "withdraw"]
        assert case["materials"][0] == {"name": CARD, "secondary": False, "note": ""}
        number = case["case"]
        assert (await step(hall, number, "receive", window="1"))["state"] == "received"
        noticed = await step(hall, number, "notice", window="1", **CHECKED)
        assert [notice["missing"] for notice in noticed["notices"]] == [[PHOTO]]
        accepted = await step(hall, number, "accept", window="1")
        assert (accepted["state"], accepted["promised"], accepted["pace"]) == ("accepted", "2026-03-06", "on_time")
        assert (accepted["legal"], accepted["actions"]) == ("2026-03-30", ["complete", "withdraw"])
        assert (await step(hall, number, "complete"))["completed_on"] == "2026-03-02"
        called = await step(hall, number, "call-output", call=True)
        assert (called["state"], called["number"]) == ("output_called", "R001")
        assert (await hall.client.ask("GET", f"/tickets/{called['output_ticket']}"))["services"] == [RESULT]
        assert (await step(hall, number, "pick-up"))["actions"] == []
        told = await hall.client.ask("GET", f"/cases/{number}")
        assert [event["type"] for event in told["history"]] == [
            "CaseOpened",
            "CaseReceived",
            "NoticeIssued",
            "CaseAccepted",
            "CaseCompleted",
            "OutputCalled",
            "CasePickedUp",
        ]
        assert [event["actor"] for event in told["history"]] == ["token:tests"] * 7
        assert told["state"] == "picked_up"
        assert (count(hall, "accepted"), count(hall, "picked_up"), count(hall, "sent")) == (1, 1, 0)


async def test_a_case_outlives_its_day_and_warns_before_its_deadline(tmp_path: Path) -> None:
    clock = HandClock(MONDAY)
    async with hall_with(tmp_path, clock=clock) as hall:
        number = (await opened(hall))["case"]
        await step(hall, number, "accept")
        watch = CaseWatch(CaseStore(hall.journal), hall.engine.plans, CALENDAR, clock, hall.metrics)
        seen = []
        for _ in range(6):  # Monday to Saturday; promised for Friday
            await watch.look()
            pace = (await hall.client.ask("GET", f"/cases/{number}"))["pace"]
            value = hall.metrics.registry.get_sample_value
            near, late = (value(f"yichuang_cases_{name}", {"hall": HALL}) for name in ("near_deadline", "overdue"))
            seen.append((pace, near, late))
            clock.advance(DAY_S)
        assert seen == [("on_time", 0, 0)] * 3 + [("warning", 1, 0)] * 2 + [("overdue", 0, 1)]
        done = await step(hall, number, "complete")
        assert (done["pace"], done["completed_on"]) == ("overdue", "2026-03-08")


async def test_the_promise_knows_china_s_holidays(tmp_path: Path) -> None:
    async with hall_with(tmp_path, clock=HandClock(datetime(2026, 2, 13, 9, 0, tzinfo=ZONE))) as hall:
        accepted = await step(hall, (await opened(hall))["case"], "accept")
        # Saturday the 14th is worked in exchange; the Spring Festival lasts from the 15th to the 23rd.
        assert accepted["promised"] == "2026-02-26"


async def test_a_second_notice_needs_a_reason_and_every_notice_is_complete(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        path = f"/cases/{(await opened(hall))['case']}/notice"
        assert await refused(hall, "POST", path, {"missing": [PHOTO]}) == (422, "notice_not_complete")
        assert await refused(hall, "POST", path, {**CHECKED, "missing": []}) == (422, "nothing_missing")
        assert await refused(hall, "POST", path, {**CHECKED, "missing": ["户口本"]}) == (422, "material_not_asked")
        await hall.client.ask("POST", path, CHECKED)
        assert await refused(hall, "POST", path, CHECKED) == (409, "notice_needs_reason")
        again = await hall.client.ask("POST", path, {**CHECKED, "reason": "照片不合规格"})
        assert [notice["reason"] for notice in again["notices"]] == ["", "照片不合规格"]


async def test_deferred_materials_are_a_policy_of_the_hall(tmp_path: Path) -> None:
    deferral: dict[str, Any] = {"deferred": [PHOTO], "due": "2026-03-04"}
    async with hall_with(tmp_path / "off") as hall:
        number = (await opened(hall))["case"]
        assert await refused(hall, "POST", f"/cases/{number}/accept", deferral) == (409, "deferred_not_allowed")
    async with hall_with(tmp_path / "on", deferred_materials=True) as hall:
        number = (await opened(hall))["case"]
        path = f"/cases/{number}"
        main = {**deferral, "deferred": [CARD]}
        assert await refused(hall, "POST", f"{path}/accept", main) == (422, "material_not_secondary")
        accepted = await step(hall, number, "accept", **deferral)
        assert accepted["deferred"] == [{"material": PHOTO, "due": "2026-03-04", "supplied_at": None}]
        assert (accepted["due"], accepted["reminders"]) == ("2026-03-04", [])
        assert "supply" in accepted["actions"]
        hall.clock.advance(DAY_S)
        assert [one["material"] for one in (await hall.client.ask("GET", path))["reminders"]] == [PHOTO]
        assert await refused(hall, "POST", f"{path}/complete") == (409, "materials_owed")
        assert await refused(hall, "POST", f"{path}/supply", {"material": PROOF}) == (409, "material_not_owed")
        assert (await step(hall, number, "supply", material=PHOTO))["due"] == "2026-03-06"
        assert (await step(hall, number, "complete"))["state"] == "completed"


async def test_a_result_goes_by_post(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        number = (await opened(hall))["case"]
        await step(hall, number, "accept")
        await step(hall, number, "complete")
        assert await refused(hall, "POST", f"/cases/{number}/send", {"courier": "邮政"}) == (422, "tracking_missing")
        sent = await step(hall, number, "send", window="1", courier="邮政", tracking="EMS123456789CN")
        assert (sent["printed"], sent["delivery"]["tracking"]) == ("printer-1", "EMS123456789CN")
        arrived = await step(hall, number, "deliver")
        assert arrived["state"] == "delivered"
        assert arrived["delivery"]["received_at"] is not None


async def test_papers_come_out_at_the_window(tmp_path: Path) -> None:
    async with hall_with(tmp_path, deferred_materials=True) as hall:
        number = (await opened(hall))["case"]
        assert (await step(hall, number, "notice", window="1", **CHECKED))["printed"] == "printer-1"
        await step(hall, number, "accept", window="1", deferred=[PHOTO], due="2026-03-04")
        papers = [decode(command.escpos).text for device, command in hall.gateway.prints if device == "printer-1"]
        assert [
            next(title for title in ("一次性告知单", "容缺承诺书", "受理回执") if title in paper) for paper in papers
        ] == [
            "一次性告知单",
            "容缺承诺书",
            "受理回执",
        ]
        assert all(number in paper for paper in papers)
        assert f"1. {PHOTO}" in papers[0]
        jobs = [command.job for _, command in hall.gateway.prints]
        assert len(set(jobs)) == len(jobs) == 3
        again = await hall.client.ask("POST", f"/cases/{number}/slips/acceptance", {"window": "1"})
        assert (again["device"], again["job"]) == ("printer-1", hall.gateway.prints[-1][1].job)
        delivery = f"/cases/{number}/slips/delivery"
        assert await refused(hall, "POST", delivery, {"window": "1"}) == (409, "slip_not_due")
        assert await refused(hall, "POST", delivery, {"window": "2"}) == (409, "no_printer_at_window")
        assert await refused(hall, "POST", delivery, {"window": "7"}) == (404, "window_unknown")
        assert len(hall.gateway.prints) == 4


async def test_without_a_printer_or_a_wish_nothing_is_printed(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        await hall.client.ask("POST", "/windows/2/open", {"clerk": "李明"})
        numbers = [(await opened(hall))["case"] for _ in range(3)]
        assert (await step(hall, numbers[0], "accept", window="2"))["printed"] is None
        assert (await step(hall, numbers[1], "accept", window="1", print=False))["printed"] is None
        assert (await step(hall, numbers[2], "accept"))["printed"] is None
        assert hall.gateway.prints == []


async def test_a_printer_s_word_about_a_slip_is_no_word_about_a_receipt(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        floor = DeviceFloor(
            hall.engine,
            CheckIns(hall.engine, hall.journal, hall.clock),
            hall.directory,
            hall.orders,
            lambda code: hall.metrics.refusals.labels(code).inc(),
        )
        assert await floor.handle(HALL, "printer-1", ReceiptPrinted(id="1", job="slip-20260302-0001-notice-a")) == {}
        assert await floor.handle(HALL, "printer-1", ReceiptFailed(id="2", job="slip-x", reason="paper_out")) == {}
        refusal = await floor.handle(HALL, "printer-1", ReceiptPrinted(id="3", job="other"))
        assert refusal == ReceiptUnknown("other")


async def test_a_write_happens_once_and_prints_once(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        body = {"service": RELIEF.code, "received": True}
        cases = await asyncio.gather(
            *(hall.client.ask("POST", "/windows/1/cases", body, key="open-1") for _ in range(4))
        )
        assert {case["case"] for case in cases} == {"20260302-0001"}
        assert await refused(hall, "POST", "/windows/1/cases", {**body, "received": False}, key="open-1") == (
            422,
            "command_id_reused",
        )
        number = cases[0]["case"]
        first = await step(hall, number, "accept", "accept-1", window="1")
        await step(hall, number, "complete")
        again = await step(hall, number, "accept", "accept-1", window="1")
        assert (again["version"], again["state"], again["printed"]) == (first["version"], "accepted", None)
        assert len(hall.gateway.prints) == 1
        assert (count(hall, "received"), count(hall, "accepted")) == (1, 1)
        called = [await step(hall, number, "call-output", "call-1", call=True) for _ in range(2)]
        assert called[0]["number"] == called[1]["number"] == "R001"
        await hall.client.ask("POST", "/windows/1/close")
        assert (await hall.client.ask("POST", "/windows/1/cases", body, key="open-1"))["case"] == number
        assert (await step(hall, number, "accept", "accept-1", window="1"))["version"] == first["version"]


async def test_of_two_clerks_the_second_is_told(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        number = (await opened(hall))["case"]
        await step(hall, number, "accept", version=1)
        assert await refused(hall, "POST", f"/cases/{number}/withdraw", {"version": 1}) == (409, "case_changed")
        await step(hall, number, "complete", version=2)
        stale = {"call": True, "version": 2}
        assert await refused(hall, "POST", f"/cases/{number}/call-output", stale) == (409, "case_changed")
        tickets = (await hall.engine.day(HALL)).tickets.values()  # type: ignore[union-attr]
        assert [ticket.state for ticket in tickets] == ["cancelled"]
        assert (await step(hall, number, "call-output", call=True, version=3))["number"] == "R002"


async def test_nobody_is_called_for_what_is_not_ready(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        number = (await opened(hall))["case"]
        path = f"/cases/{number}/call-output"
        assert await refused(hall, "POST", path, {"call": True}) == (409, "case_not_in_state")
        assert (await hall.client.state())["waiting"] == 0


async def test_without_an_output_service_the_result_is_marked_ready(tmp_path: Path) -> None:
    async with api_hall(tmp_path, replace(case_plan(), services=(RELIEF,)), clock=HandClock(MONDAY)) as hall:
        await hall.client.ask("POST", "/windows/1/open", {"clerk": "王芳"})
        number = (await opened(hall))["case"]
        await step(hall, number, "accept")
        await step(hall, number, "complete")
        path = f"/cases/{number}/call-output"
        assert await refused(hall, "POST", path, {"call": True}) == (409, "no_output_service")
        ready = await step(hall, number, "call-output")
        assert (ready["state"], ready["number"]) == ("output_called", None)


async def test_cases_are_listed_by_what_is_asked(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        numbers = [(await opened(hall))["case"] for _ in range(4)]
        await step(hall, numbers[1], "accept")
        await step(hall, numbers[2], "withdraw", reason="不办了")

        async def listed(query: str) -> list[str]:
            return [case["case"] for case in await hall.client.ask("GET", f"/cases{query}")]

        assert await listed("") == [numbers[1], numbers[0], numbers[2], numbers[3]]
        assert await listed("?open=true") == [numbers[1], numbers[0], numbers[3]]
        assert await listed("?open=false") == [numbers[2]]
        assert await listed("?state=accepted&state=withdrawn") == [numbers[1], numbers[2]]
        assert await listed("?due_before=2026-03-07") == [numbers[1]]
        assert await listed("?due_before=2026-03-06") == []
        assert await listed("?service=pension") == []
        assert await listed("?limit=1") == [numbers[1]]
        with pytest.raises(Problem) as caught:
            await hall.client.ask("GET", "/cases?state=lost")
        assert (caught.value.status, caught.value.code) == (422, "request_invalid")


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/windows/7/cases", {"service": "pension"}, (404, "window_unknown")),
        ("/windows/2/cases", {"service": "pension"}, (409, "window_not_open")),
        ("/windows/1/cases", {"service": "other"}, (422, "service_unknown")),
        ("/windows/1/cases", {"service": "pension", "ticket": "t-0"}, (404, "ticket_unknown")),
        ("/windows/1/cases", {"service": "pension", "name": "张三"}, (422, "request_invalid")),
        ("/cases/20260302-0009/accept", {}, (404, "case_unknown")),
        ("/cases/20260302-0001/steal", {}, (422, "request_invalid")),
        ("/cases/20260302-0001/complete", {}, (409, "case_not_in_state")),
        ("/cases/20260302-0001/accept", {"window": "2"}, (409, "window_not_open")),
        ("/cases/20260302-0001/accept", {"window": "7"}, (404, "window_unknown")),
        ("/cases/20260302-0001/accept", {"due": "soon"}, (422, "request_invalid")),
        ("/cases/20260302-0001/slips/photo", {"window": "1"}, (422, "request_invalid")),
    ],
)
async def test_what_can_not_be_is_refused_and_changes_nothing(
    tmp_path: Path, path: str, body: object, expected: tuple[int, str]
) -> None:
    async with hall_with(tmp_path) as hall:
        await opened(hall)
        assert await refused(hall, "POST", path, body) == expected


async def test_a_case_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        assert await refused(hall, "GET", "/cases/20260302-0001") == (404, "case_unknown")


async def test_while_the_log_is_away_nothing_happens(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        number = (await opened(hall))["case"]
        async with hall.log_away():
            with pytest.raises(Problem) as caught:
                await step(hall, number, "accept", window="1")
            assert (caught.value.status, caught.value.code) == (503, "log_unavailable")
            assert hall.gateway.prints == []
        assert (await step(hall, number, "accept"))["version"] == 2


async def test_the_description_names_the_forms(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        described = (await hall.client.http.get("/openapi.json")).json()
        paths = described["paths"]
        opening = paths["/api/v1/halls/{hall}/windows/{window}/cases"]["post"]
        assert opening["responses"]["201"]["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/CaseForm"
        }
        taking = paths["/api/v1/halls/{hall}/cases/{case}/{action}"]["post"]
        assert set(taking["responses"]) >= {"200", "404", "409", "422", "503"}
        form = described["components"]["schemas"]["CaseForm"]["properties"]
        number = await opened(hall)
        assert set(form) == set(number)

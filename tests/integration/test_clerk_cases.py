"""The clerk's cases in a real browser, by keyboard alone, on a real controller."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from devices.escpos_decoder import decode
from tests.support.api_hall import ApiHall, api_hall
from tests.support.axe import violations
from tests.support.case_hall import MONDAY, case_plan
from tests.support.cases import PHOTO, PROOF, RELIEF
from tests.support.engines import HandClock
from tests.support.hall_browser import hall_browser

pytestmark = pytest.mark.browser


@asynccontextmanager
async def console(folder: Path, **policies: Any) -> AsyncIterator[tuple[ApiHall, Page]]:
    """Open the console of window 1, where a ticket for temporary relief is being served."""
    async with api_hall(folder, case_plan(**policies), clock=HandClock(MONDAY)) as hall:
        await hall.client.ask("POST", "/windows/1/open", {"clerk": "王芳"})
        await hall.client.ask("POST", "/tickets", {"services": [RELIEF.code]})
        await hall.client.ask("POST", "/windows/1/next")
        await hall.client.ask("POST", "/windows/1/start")
        async with hall_browser(hall.url) as browser:
            page = await browser.open("/clerk/demo/1")
            await expect(page.locator(".case-step")).to_have_count(2)
            yield hall, page


def step(page: Page, name: str) -> Any:
    return page.locator(f'.case-step[data-step="{name}"]')


async def the_case(hall: ApiHall) -> dict[str, Any]:
    (case,) = await hall.client.ask("GET", "/cases")
    told: dict[str, Any] = case
    return told


def titles(hall: ApiHall) -> list[str]:
    return [decode(command.escpos).lines[1].text for _, command in hall.gateway.prints]


async def test_a_clerk_works_a_case_by_keyboard_alone(tmp_path: Path) -> None:
    async with console(tmp_path) as (hall, page):
        await page.keyboard.press("c")
        await expect(step(page, "open")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(".case-state")).to_have_text("已收件")
        case = await the_case(hall)
        assert (case["state"], case["first_asked"]) == ("received", "王芳")
        await expect(step(page, "notice")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.press("1")  # the card is there, photo and proof are not
        await page.keyboard.press("3")
        await page.keyboard.press("3")
        await page.keyboard.press("Enter")
        await expect(page.locator(".case-state")).to_have_text("已告知补正")
        await expect(page.locator(".case")).to_contain_text(f"{PHOTO}、{PROOF}")
        assert [notice["missing"] for notice in (await the_case(hall))["notices"]] == [[PHOTO, PROOF]]
        await expect(page.locator(".case-message")).to_contain_text("正在打印")
        assert titles(hall) == ["一次性告知单"]
        await page.keyboard.press("c")
        await page.keyboard.press("Tab")
        await expect(step(page, "accept")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("case-dialog dialog")).to_contain_text("材料齐全")
        await page.keyboard.press("Enter")
        await expect(page.locator(".case")).to_contain_text("承诺2026-03-06前办结")
        await expect(page.locator(".pace")).to_have_text("时限内")
        await expect(step(page, "complete")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(".case-state")).to_have_text("已办结")
        await page.keyboard.press("Enter")
        await expect(page.locator("case-dialog .option span")).to_have_count(2)  # is the citizen here, or not?
        await page.keyboard.press("Enter")
        await expect(page.locator(".case-message")).to_contain_text("已叫R001号到出件窗口")
        assert (await the_case(hall))["state"] == "output_called"
        await page.keyboard.press("f")  # the console's own keys go on
        await expect(page.locator(".current-number")).to_have_count(0)
        await expect(page.locator(".case")).to_have_count(0)


async def test_a_paper_that_was_lost_is_printed_again(tmp_path: Path) -> None:
    async with console(tmp_path) as (hall, page):
        await step(page, "open").press("Enter")
        await expect(step(page, "notice")).to_be_focused()
        await expect(page.locator(".case-slip")).to_have_count(0)
        await page.keyboard.press("Enter")
        for key in ("1", "3", "3", "Enter"):
            await page.keyboard.press(key)
        again = page.get_by_role("button", name="再打印 一次性告知单")
        await expect(again).to_be_enabled()
        await again.press("Enter")
        await expect(page.locator(".case-message .said")).to_have_text("正在打印一次性告知单")
        assert titles(hall) == ["一次性告知单"] * 2
        assert (await the_case(hall))["state"] == "notified", "a paper is no step"
        assert await violations(page, "case-panel") == []
        await hall.engine.put_plan(replace(case_plan(), devices=()), command_id="p", actor="manager")
        await again.press("Enter")
        await expect(page.locator(".case-message .refused")).to_have_text("1号窗口没有打印机")
        assert len(titles(hall)) == 2


async def test_a_second_notice_asks_why_and_a_complete_one_is_none(tmp_path: Path) -> None:
    async with console(tmp_path) as (hall, page):
        await step(page, "open").click()
        await step(page, "notice").click()
        for digit in "123":
            await page.keyboard.press(digit)
        await page.keyboard.press("Enter")
        await expect(page.locator("case-dialog [role=alert]")).to_contain_text("可以直接受理")
        await page.keyboard.press("2")
        await page.keyboard.press("Enter")
        await expect(page.locator(".case-state")).to_have_text("已告知补正")
        await step(page, "notice").click()
        await page.keyboard.press("1")
        await page.keyboard.press("3")
        await page.locator('case-dialog input[name="reason"]').fill("照片不合规格")
        await page.keyboard.press("Enter")
        await expect(page.locator("case-dialog")).to_have_count(0)
        await expect(page.locator(".case-step:disabled")).to_have_count(0)
        notices = (await the_case(hall))["notices"]
        assert [(notice["missing"], notice["reason"]) for notice in notices] == [
            ([PHOTO], ""),
            ([PHOTO], "照片不合规格"),
        ]


async def test_materials_that_come_later_are_asked_for_only_where_the_hall_allows_it(tmp_path: Path) -> None:
    async with console(tmp_path, deferred_materials=True) as (hall, page):
        await step(page, "open").click()
        await step(page, "accept").click()
        await expect(page.locator("case-dialog .option span")).to_have_text([PHOTO, PROOF])
        await page.keyboard.press("1")
        await page.keyboard.press("Enter")
        await expect(page.locator("case-dialog [role=alert]")).to_contain_text("补交期限")
        await page.locator('case-dialog input[name="due"]').fill("2026-03-04")
        await page.keyboard.press("Enter")
        await expect(page.locator(".case")).to_contain_text(f"{PHOTO}须在2026-03-04前补交")
        assert titles(hall) == ["容缺承诺书", "受理回执"]
        await step(page, "complete").click()
        await expect(page.locator(".case-message")).to_contain_text("不能办结")
        await step(page, "supply").click()
        await page.keyboard.press("Enter")
        await expect(page.locator(".case .hint")).to_have_count(0)
        await step(page, "complete").click()
        await expect(page.locator(".case-state")).to_have_text("已办结")


async def test_a_case_of_another_day_is_found_by_its_number_and_another_clerk_s_step_is_seen(tmp_path: Path) -> None:
    async with console(tmp_path) as (hall, page):
        body = {"service": "pension", "received": True}
        number = (await hall.client.ask("POST", "/windows/1/cases", body))["case"]
        await page.locator('input[name="case"]').fill(number)
        await page.keyboard.press("Enter")
        case = page.locator(f'[data-case="{number}"]')
        await expect(case.locator(".case-state")).to_have_text("已收件")
        await hall.client.ask("POST", f"/cases/{number}/accept")
        await case.locator('[data-step="accept"]').click()
        await page.keyboard.press("Enter")
        await expect(page.locator(".case-message")).to_contain_text("刚被别人办理过")
        await expect(case.locator(".case-state")).to_have_text("已受理")
        await case.locator('[data-step="complete"]').click()
        await case.locator('[data-step="call-output"]').click()
        await page.keyboard.press("2")  # nobody is called who isn't here
        await page.keyboard.press("Enter")
        await expect(case.locator(".case-state")).to_have_text("待领取")
        assert (await hall.client.state())["waiting"] == 0
        await case.locator('[data-step="send"]').click()
        await page.keyboard.type("邮政")
        await page.keyboard.press("Tab")
        await page.keyboard.type("EMS123456789CN")
        await page.keyboard.press("Enter")
        await expect(case.locator(".case-state")).to_have_text("已寄出")
        assert titles(hall) == ["寄递凭单"]
        await page.locator('input[name="case"]').fill("20260302-0999")
        await page.keyboard.press("Enter")
        await expect(page.locator(".case-message")).to_contain_text("没有这个办件")


async def test_escape_leaves_the_case_as_it_is(tmp_path: Path) -> None:
    async with console(tmp_path) as (hall, page):
        await step(page, "open").click()
        await step(page, "withdraw").click()
        await page.keyboard.press("Escape")
        await expect(page.locator("case-dialog")).to_have_count(0)
        assert (await the_case(hall))["version"] == 1


async def test_the_manager_sees_what_is_late_and_whom_to_remind(tmp_path: Path) -> None:
    async with api_hall(tmp_path, case_plan(deferred_materials=True), clock=HandClock(MONDAY)) as hall:
        await hall.client.ask("POST", "/windows/1/open", {"clerk": "王芳"})
        body = {"service": RELIEF.code, "received": True}
        numbers = [(await hall.client.ask("POST", "/windows/1/cases", body))["case"] for _ in range(3)]
        await hall.client.ask("POST", f"/cases/{numbers[1]}/accept")
        later = {"deferred": [PHOTO], "due": "2026-03-16"}
        await hall.client.ask("POST", f"/cases/{numbers[2]}/accept", later)
        hall.clock.advance(11 * 24 * 3600)  # Friday of the next week
        async with hall_browser(hall.url) as browser:
            page = await browser.open("/manager/demo#cases")
            rows = page.locator(".due-cases tbody tr")
            await expect(rows).to_have_count(3)
            assert [await row.get_attribute("data-case") for row in await rows.all()] == [
                numbers[1],
                numbers[2],
                numbers[0],
            ]
            await expect(rows.nth(0)).to_contain_text("已超期")
            await expect(rows.nth(0)).to_contain_text("王芳")
            await expect(rows.nth(1)).to_contain_text("临期")
            await expect(rows.nth(1)).to_contain_text(f"{PHOTO}须在2026-03-16前补交")
            await expect(rows.nth(2)).to_contain_text("已收件")


async def test_a_clerk_serves_a_citizen_from_the_first_key_to_the_last_without_a_mouse(tmp_path: Path) -> None:
    """From the closed window to the finished ticket: no click, and the page is without fault for readers meanwhile."""
    async with api_hall(tmp_path, case_plan(), clock=HandClock(MONDAY)) as hall:
        await hall.client.ask("POST", "/tickets", {"services": [RELIEF.code]})
        async with hall_browser(hall.url) as browser:
            page = await browser.open("/clerk/demo/1")
            await expect(page.locator(".console")).to_be_visible()
            await page.keyboard.press("o")
            await page.keyboard.type("王芳")
            await page.keyboard.press("Enter")
            await expect(page.locator(".first .why li").first).to_have_text("普通号：每等 1 秒积 1 分")
            assert await violations(page) == []
            await page.keyboard.press("n")
            await expect(page.locator(".current-number")).to_have_text("B001")
            await page.keyboard.press("s")
            await expect(step(page, "open")).to_be_visible()
            await page.keyboard.press("c")
            await page.keyboard.press("Enter")
            await expect(page.locator(".case-state")).to_have_text("已收件")
            await page.keyboard.press("Tab")
            await expect(step(page, "accept")).to_be_focused()
            await page.keyboard.press("Enter")
            await expect(page.locator("dialog[open]")).to_be_visible()
            assert await violations(page) == []
            await page.keyboard.press("Enter")
            await expect(page.locator(".case-state")).to_have_text("已受理")
            assert await violations(page) == []
            await page.keyboard.press("f")
            await expect(page.locator(".idle h2")).to_have_text("没有等候的人")
            assert (await the_case(hall))["state"] == "accepted"
            await page.keyboard.press("?")
            await expect(page.locator("dialog[open] .keys")).to_be_visible()
            assert await violations(page) == []
            await page.keyboard.press("Escape")
            await page.keyboard.press("x")
            await page.keyboard.press("Enter")
            await expect(page.locator(".status")).to_have_text("未开窗")
            await page.get_by_role("button", name="English").press("Enter")
            await expect(page.locator(".status")).to_have_text("Closed")
            assert await violations(page) == []

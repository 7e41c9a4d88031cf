"""The manager's editor of the plan in a real browser, on the rules of the real core."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Page, expect

from api.plan_text import plan_text
from controller.plan import Policies
from tests.support.manager_floor import ManagerFloor, manager
from tests.support.screen_pages import INSURANCE, RESIDENCE

pytestmark = pytest.mark.browser


def editor(page: Page) -> Any:
    return page.locator(".text textarea")


async def test_faults_of_a_plan_lead_to_their_lines() -> None:
    floor = ManagerFloor()
    async with manager(floor, "plan") as (_, page):
        await expect(editor(page)).to_have_value(plan_text(floor.plan))
        wrong = plan_text(floor.plan).replace("department: 人社", "department: 人社, colour: red")
        await editor(page).fill(wrong)
        await expect(page.locator(".put")).to_be_disabled()
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".verdict")).to_have_text("有1处要改，方案不能生效")
        await expect(page.locator(".verdict")).to_have_attribute("role", "alert")
        line = next(at for at, text in enumerate(wrong.splitlines(), start=1) if "colour" in text)
        await expect(page.locator(".line-numbers .faulty")).to_have_text(str(line))
        await page.get_by_role("button", name=f"第{line}行").press("Enter")
        selected = await editor(page).evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
        assert "colour: red" in selected
        await expect(page.locator(".put")).to_be_disabled()
        assert floor.day.plan == floor.plan


async def test_a_plan_says_whom_it_strands_before_and_after_it_is_put_in_force() -> None:
    floor = ManagerFloor()
    waiting = floor.ticket(RESIDENCE)
    floor.ticket(INSURANCE)
    fewer = replace(floor.plan, services=tuple(one for one in floor.plan.services if one.code != RESIDENCE))
    async with manager(floor, "plan") as (_, page):
        await expect(editor(page)).to_have_value(plan_text(floor.plan))
        await editor(page).fill(plan_text(fewer))
        await page.get_by_role("button", name="检查").click()
        await expect(page.locator(".stranded li")).to_have_text([re.compile(f"{waiting}\\s+居住证办理")])
        await expect(page.locator(".put")).to_have_text(re.compile("仍然生效"))
        assert floor.day.plan != fewer
        await page.locator(".put").click()
        await expect(page.locator(".verdict.said")).to_contain_text(f"请当面说明：{waiting}")
        assert floor.day.plan == fewer
        assert len(floor.day.waiting) == 2
        await page.locator("#tab-floor").click()
        await expect(page.locator(".unserved")).to_contain_text(f"没有窗口可办的号：{waiting}")


async def test_a_plan_that_somebody_else_changed_meanwhile_is_not_lost() -> None:
    floor = ManagerFloor()
    async with manager(floor, "plan") as (_, page):
        await expect(editor(page)).to_have_value(plan_text(floor.plan))
        mine = replace(floor.plan, policies=Policies(return_after=7))
        theirs = replace(floor.plan, policies=Policies(return_after=5))
        await editor(page).fill(plan_text(mine))
        floor.put(theirs)
        await page.get_by_role("button", name="检查").click()
        await expect(page.locator(".verdict.said")).to_have_text("没有错误，可以生效")
        await page.locator(".put").click()
        await expect(page.locator(".verdict.refused")).to_contain_text("方案已被别人改过")
        assert floor.day.plan == theirs
        await page.get_by_role("button", name="重新载入").click()
        await expect(editor(page)).to_have_value(plan_text(mine))
        await page.get_by_role("button", name="放弃修改，重新载入").click()
        await expect(editor(page)).to_have_value(plan_text(theirs))
        await expect(page.get_by_role("button", name="重新载入", exact=True)).to_be_visible()


async def test_what_is_being_edited_outlives_a_look_at_another_part() -> None:
    floor = ManagerFloor()
    async with manager(floor, "plan") as (_, page):
        await expect(editor(page)).to_have_value(plan_text(floor.plan))
        await editor(page).fill("half a thought")
        await page.locator("#tab-floor").click()
        await expect(page.locator(".plot canvas")).to_be_visible()
        await page.locator("#tab-day").click()
        await page.locator("#tab-floor").click()
        await expect(page.locator(".plot canvas")).to_be_visible()
        await page.locator("#tab-plan").click()
        await expect(editor(page)).to_have_value("half a thought")


async def test_edits_are_not_lost_with_the_page_unless_somebody_says_so() -> None:
    floor = ManagerFloor()
    async with manager(floor, "plan") as (_, page):
        await expect(editor(page)).to_have_value(plan_text(floor.plan))
        await page.reload()  # nothing is asked: a dialog that nobody answers would hold the page
        await expect(editor(page)).to_have_value(plan_text(floor.plan))
        await editor(page).press_sequentially("x")
        await expect(page.locator("#tab-plan .unsaved")).to_have_text("未生效")
        async with page.expect_event("dialog") as asked:
            leaving = asyncio.create_task(page.close(run_before_unload=True))
        dialog = await asked.value
        assert dialog.type == "beforeunload"
        await dialog.dismiss()
        await leaving
        await expect(page.locator("#tab-plan .unsaved")).to_be_visible()
        await page.locator(".again").click()
        await page.locator(".again.danger").click()
        await expect(page.locator("#tab-plan .unsaved")).to_have_count(0)
        await expect(editor(page)).to_have_value(plan_text(floor.plan))

"""The manager's roster editor in a real browser: posts with A and B clerks, and turns, on the real checks of a plan."""

from dataclasses import replace
from datetime import date

import pytest
from playwright.async_api import Page, expect

from controller.ids import PostId
from controller.plan import Plan, Policies, Post, Shift, WindowId
from tests.support.manager_floor import ManagerFloor, manager

pytestmark = pytest.mark.browser

ONE, TWO = WindowId("1"), WindowId("2")
FIRST = Post(PostId("first"), ONE, "王芳", ("李强",), "综合一岗")


def floor_with(*shifts: Shift) -> ManagerFloor:
    floor = ManagerFloor()
    floor.put(replace(floor.plan, posts=(FIRST,), roster=shifts))
    return floor


async def type_into(page: Page, path: str, text: str) -> None:
    await page.locator(f'[data-path="{path}"]').fill(text)


async def saved(page: Page) -> None:
    await page.get_by_role("button", name="检查并立即生效").click()
    await expect(page.locator(".verdict.said")).to_have_text("新的岗位和排班已经生效")


async def test_posts_and_turns_are_checked_and_take_effect_at_once() -> None:
    floor = floor_with()
    before = floor.plan
    async with manager(floor, "roster") as (_, page):
        save = page.get_by_role("button", name="检查并立即生效")
        await expect(save).to_be_disabled()
        await page.get_by_role("button", name="加岗位").press("Enter")
        await page.keyboard.type("综合二岗")
        await save.click()
        wrong = page.locator('[data-path="/posts/1/primary"]')
        await expect(wrong).to_be_focused()
        await expect(wrong).to_have_attribute("aria-invalid", "true")
        await expect(page.locator(".save .verdict")).to_have_text("有1处要改，方案不能生效")
        assert floor.day.plan == before
        await type_into(page, "/posts/1/primary", "赵敏")
        await type_into(page, "/posts/1/backups/0", "王芳")
        await page.locator('[data-post="post-2"] .add-shift').press("Enter")
        await expect(page.locator('[data-path="/roster/0/clerk"]')).to_be_focused()
        await page.locator('[data-shift="0"] .weekdays label').nth(5).click()
        await type_into(page, "/roster/0/last", "2099-12-31")
        await saved(page)
        shift = Shift(PostId("post-2"), "赵敏", (1, 2, 3, 4, 5, 6), None, date(2099, 12, 31))
        second = Post(PostId("post-2"), TWO, "赵敏", ("王芳",), "综合二岗")
        assert floor.day.plan == replace(before, posts=(FIRST, second), roster=(shift,)), "and nothing else"
        await expect(save).to_be_disabled()
        await page.get_by_role("button", name="删除岗位 综合二岗").click()
        await saved(page)
        assert floor.day.plan == before


async def test_the_week_shows_who_is_on_and_what_is_doubtful_is_told() -> None:
    floor = floor_with()
    today = floor.day.day
    async with manager(floor, "roster") as (_, page):
        here = page.locator(".week td.today")
        await expect(here).to_have_text("王芳")
        await expect(here.locator(".own")).to_have_count(1)
        await page.locator('[data-post="first"] .add-shift').click()
        await type_into(page, "/roster/0/clerk", "钱进")
        for weekday in range(7):
            box = page.locator('[data-shift="0"] .weekdays input').nth(weekday)
            await box.set_checked(weekday + 1 == today.isoweekday())
        await expect(here.locator("strong")).to_have_text("钱进")
        await saved(page)
        assert floor.day.plan.roster[0].weekdays == (today.isoweekday(),)
        await expect(page.locator(".doubts li")).to_contain_text("/roster/0/clerk")


async def test_a_plan_that_somebody_else_changed_is_not_overwritten() -> None:
    floor = floor_with()
    async with manager(floor, "roster") as (_, page):
        await type_into(page, "/posts/0/primary", "赵敏")
        theirs: Plan = replace(floor.plan, policies=Policies(return_after=5))
        floor.put(theirs)
        await page.get_by_role("button", name="检查并立即生效").click()
        await expect(page.locator(".verdict.refused")).to_contain_text("方案已被别人改过")
        assert floor.day.plan == theirs
        await expect(page.locator("#tab-roster .unsaved")).to_be_visible()
        await page.get_by_role("button", name="重新载入").click()
        await page.get_by_role("button", name="放弃修改，重新载入").click()
        await expect(page.locator('[data-path="/posts/0/primary"]')).to_have_value("王芳")

"""The manager's page on the running program: what happens on the floor is seen there, and the plan is changed there."""

import pytest
from playwright.async_api import expect

from api.settings import database_in
from api.user_commands import on_database
from controller.runtime.accounts import Role
from tests.support.controller_process import ControllerProcess
from tests.support.hall_browser import hall_browser
from tests.support.hall_client import HallClient
from tests.support.hall_plan import HALL, INSURANCE, PENSION, SUBSIDY

pytestmark = pytest.mark.browser

ROUNDED_MIN = 0.001


async def test_a_manager_sees_the_floor_and_changes_the_plan(controller: ControllerProcess, hall: HallClient) -> None:
    async with hall_browser(controller.http) as browser:
        portal = await browser.open("/")
        await portal.click(f'a[href="/manager/{HALL}"]')
        page = portal
        await expect(page.locator(".queues .nobody")).to_have_text("现在没有人等候")
        numbers = [(await hall.ticket(service))["number"] for service in (INSURANCE, PENSION, SUBSIDY)]
        await expect(page.locator(".longest tbody th")).to_have_text(numbers)
        window = page.locator('.window[data-window="1"]')
        await window.get_by_role("button", name="开窗").click()
        await page.fill("dialog [name=clerk]", "王芳")
        await page.keyboard.press("Enter")
        await expect(window.locator(".clerk")).to_have_text("王芳")
        await hall.at_window("1", "next")
        await expect(window.locator(".number")).to_have_text(numbers[0])
        await hall.at_window("1", "start")
        await hall.at_window("1", "finish")
        await page.locator("#tab-day").click()
        await expect(page.locator(".hours tfoot td").nth(0)).to_have_text("3")
        await expect(page.locator(".hours tfoot td").nth(2)).to_have_text("1")
        await expect(page.locator(".plot canvas")).to_have_count(2)
        before = await hall.ask("GET", "/report")
        metric_s = await hall.metric("people_wait_seconds_total", hall=HALL)
        after = await hall.ask("GET", "/report")
        lowest, highest = (told["total"]["people_wait_min"] for told in (before, after))
        assert lowest - ROUNDED_MIN <= metric_s / 60 <= highest + ROUNDED_MIN
        await page.locator("#tab-plan").click()
        area = page.locator(".text textarea")
        await expect(area).to_have_value(await _text(hall))
        await area.fill((await area.input_value()).replace("long_wait_s: 900", "long_wait_s: 60"))
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".verdict.said")).to_have_text("没有错误，可以生效")
        await page.locator(".put").click()
        await expect(page.locator(".verdict.said")).to_contain_text("新方案已经生效")
        assert (await hall.ask("GET", "/plan"))["policies"]["long_wait_s"] == 60
        await page.locator("#tab-floor").click()
        await expect(page.locator(".queues")).to_contain_text("等候满1分钟标为久等")
        assert [event["stranded"] for event in await hall.events("PlanChanged")] == [[]]


async def test_an_aid_is_lent_and_comes_back(controller: ControllerProcess, hall: HallClient) -> None:
    async with hall_browser(controller.http) as browser:
        page = await browser.open(f"/manager/{HALL}#aids")
        await page.fill("[name=name]", "轮椅")
        await page.fill("[name=count]", "1")
        await page.keyboard.press("Enter")
        chair = page.locator('.stock [data-aid="轮椅"]')
        await expect(chair.locator("span")).to_have_text("可借1，共1")
        await chair.locator("[name=borrower]").fill("A001")
        await page.keyboard.press("Enter")
        await expect(chair.locator("span")).to_have_text("可借0，共1")
        await expect(chair.locator("button")).to_be_disabled()
        loan = page.locator(".loans [data-loan]")
        await expect(loan).to_contain_text("A001")
        await page.fill("[name=name]", "轮椅")
        await page.fill("[name=count]", "0")
        await page.keyboard.press("Enter")
        await expect(page.locator("aid-register .alert")).to_contain_text("还有1件“轮椅”没有归还")
        assert [one["lent"] for one in (await hall.ask("GET", "/aids"))["aids"]] == [1]
        await loan.get_by_role("button", name="轮椅归还（A001）").press("Enter")
        await expect(page.locator(".loans.back li")).to_contain_text("A001")
        await expect(chair.locator("span")).to_have_text("可借1，共1")


async def test_a_clerk_is_told_that_the_page_is_not_for_clerks(controller: ControllerProcess) -> None:
    password = await on_database(database_in(controller.data), lambda users: users.guest("王芳", Role.CLERK, "tests"))
    async with hall_browser(controller.http, has_token=False) as browser:
        page = await browser.open(f"/manager/{HALL}")
        await page.wait_for_url(f"**/signin?next=%2Fmanager%2F{HALL}")
        await page.fill("[name=name]", "王芳")
        await page.fill("[name=password]", password)
        await page.keyboard.press("Enter")
        await expect(page.locator(".preparing h1")).to_contain_text("您的权限")
        await expect(page.locator(".signed-in a")).to_have_text("王芳")
        await page.locator(".sign-out").click()
        await page.wait_for_url(f"**/signin?next=%2Fmanager%2F{HALL}")


async def _text(hall: HallClient) -> str:
    told: dict[str, str] = await hall.ask("GET", "/plan/text")
    return told["text"]

"""Reviews on paper in a real browser: two clerks type a pile, and settle together what they read differently."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from controller.runtime.accounts import Role
from tests.support.access import bearer
from tests.support.api_hall import ApiHall, api_hall
from tests.support.axe import violations
from tests.support.engines import HALL
from tests.support.hall_browser import HallBrowser, hall_browser

pytestmark = pytest.mark.browser


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def clerk(hall: ApiHall, browser: HallBrowser, name: str) -> AsyncIterator[Page]:
    """Open the page as somebody, in the browser that all share."""
    token = await hall.parts.sign_in.add_token(name, Role.CLERK, None, "tests")
    page = await browser.open(f"/paper-reviews/{HALL}")
    await page.set_extra_http_headers(bearer(token))
    await page.reload()
    await expect(page.locator(".opening")).to_be_visible()
    yield page
    await page.close()


async def type_sheets(page: Page, second_level: str) -> None:
    await page.get_by_label("第 1 张 等级").select_option("5")
    await page.get_by_label("第 2 张 等级").select_option(second_level)
    await page.get_by_label("第 2 张 标签编号").fill("113，115")
    await page.get_by_label("第 2 张 文字意见").fill("跑了三次")
    await page.get_by_role("button", name="全部录完，提交").click()


async def test_two_type_and_settle_together(hall: ApiHall) -> None:
    async with hall_browser(hall.url) as browser:
        async with clerk(hall, browser, "张强") as page:
            await page.get_by_label("张数").fill("3")
            await page.get_by_label("窗口").select_option("1")
            await page.get_by_role("button", name="新建一批").click()
            await expect(page.locator(".typed h2")).to_have_text("第一遍录入")
            assert await violations(page) == []
            await type_sheets(page, "1")
            await expect(page.locator(".wait")).to_contain_text("另一个人录第二遍")
        async with clerk(hall, browser, "陈静") as page:
            await page.locator(".batches button").click()
            await expect(page.locator(".typed h2")).to_have_text("第二遍录入")
            await expect(page.locator(".paper")).not_to_contain_text("跑了三次")
            await type_sheets(page, "2")
            await expect(page.locator(".typed h2")).to_have_text("核对不一致的评价")
            await expect(page.locator(".said")).to_contain_text(["非常不满意"])
            await page.get_by_label("第 2 张 等级").select_option("1")
            assert await violations(page) == []
            await page.get_by_role("button", name="核对完毕，提交").click()
            await expect(page.locator(".wait")).to_contain_text("另一位录入人或第三人")
        async with clerk(hall, browser, "李主任") as page:
            await page.get_by_role("button", name="English").click()
            await page.locator(".batches button").click()
            await page.get_by_role("button", name="Settled: submit").click()
            await expect(page.locator(".settled")).to_contain_text("Unrated 1")
            assert await violations(page) == []
    (batch,) = await hall.client.ask("GET", "/paper-reviews")
    assert (batch["state"], batch["levels"]) == ("settled", {"1": 1, "5": 1, "unrated": 1})
    (opened,) = await hall.client.ask("GET", "/rectifications")
    assert (opened["channel"], opened["tags"], opened["window_label"]) == ("paper", ["113", "115"], "1号窗口")

"""Bad reviews at the clerk's console in a real browser: put right by who they were assigned to, appealed by who they
are about.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from controller.runtime.accounts import Role
from tests.support.access import bearer
from tests.support.api_hall import ApiHall, api_hall
from tests.support.axe import violations
from tests.support.engines import HALL
from tests.support.hall_browser import HallBrowser, hall_browser
from tests.support.rectified_hall import CLERK, SAID, SUBJECT, two_bad_reviews

pytestmark = pytest.mark.browser

VERIFIED = {"reached": "reached", "handling": "simple", "words": "情况属实"}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    """Return a hall with two bad reviews, the first of which is assigned."""
    async with api_hall(tmp_path) as served:
        first, _ = await two_bad_reviews(served)
        await served.client.ask("POST", f"/rectifications/{first}/verify", VERIFIED)
        await served.client.ask("POST", f"/rectifications/{first}/assign", {"to": CLERK, "words": "今天办完"})
        yield served


@pytest.fixture
async def browser(hall: ApiHall) -> AsyncIterator[HallBrowser]:
    async with hall_browser(hall.url, has_token=False) as opened:
        yield opened


async def console(hall: ApiHall, browser: HallBrowser, name: str, window: str, language: str = "zh-CN") -> Page:
    """Open the console of a window as a clerk."""
    token = await hall.parts.sign_in.add_token(name, Role.CLERK, None, "tests")
    await browser.context.set_extra_http_headers(bearer(token))
    page = await browser.open(f"/clerk/{HALL}/{window}?lang={language}")
    await expect(page.locator(".console")).to_be_visible()
    return page


def rows(page: Page) -> Locator:
    return page.locator("dialog .rectify-rows li")


async def test_who_it_was_assigned_to_reports_the_correction_by_keyboard(hall: ApiHall, browser: HallBrowser) -> None:
    page = await console(hall, browser, CLERK, "2")
    mark = page.locator(".rectify-mark")
    await expect(mark).to_contain_text("差评整改 1")
    await page.keyboard.press("z")
    await expect(rows(page)).to_have_count(1)
    card = page.locator(".rectify-card")
    await expect(card.locator("blockquote")).to_have_text(SAID)
    await expect(card.locator(".rectify-history")).to_contain_text("今天办完")
    assert await violations(page) == []
    await card.get_by_role("button", name="报告整改").focus()
    await page.keyboard.press("Enter")
    await card.get_by_label("做了哪些整改").focus()
    await page.keyboard.type("已调整窗口分工")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(card.locator(".rectify-form")).to_have_count(0)
    await expect(rows(page)).to_contain_text("已整改")
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_have_count(0)
    (now,) = await hall.client.ask("GET", "/rectifications?state=corrected")
    assert (now["measures"], now["clerk"]) == ("已调整窗口分工", SUBJECT)
    body = {"answer": "satisfied", "words": ""}
    await hall.client.ask("POST", f"/rectifications/{now['rectification']}/call-back", body)
    await hall.client.ask("POST", f"/rectifications/{now['rectification']}/close", {"words": "已整改"})
    await page.keyboard.press("z")
    await expect(page.locator("dialog [role=status]")).to_have_text("现在没有交办给您的或关于您的差评。")
    await expect(mark).to_have_count(0)


async def test_who_a_review_is_about_appeals_and_does_nothing_else(hall: ApiHall, browser: HallBrowser) -> None:
    page = await console(hall, browser, SUBJECT, "1", "en")
    await page.get_by_role("button", name="Bad reviews 2").click()
    await expect(rows(page)).to_have_count(2)
    await rows(page).filter(has_text=SAID).get_by_role("button").click()
    card = page.locator(".rectify-card")
    await expect(card.locator("blockquote")).to_have_text(SAID)
    await expect(card.locator(".rectify-steps button")).to_have_text(["Appeal"])
    await expect(card.locator(".contact button")).to_have_count(0)
    await card.get_by_role("button", name="Appeal").click()
    await card.get_by_label("Claim").select_option(label="Given by mistake")
    await card.get_by_label("Reason").fill("他点错了")
    assert await violations(page) == []
    await card.locator(".rectify-form").get_by_role("button", name="Appeal").click()
    await expect(card.locator(".rectify-form")).to_have_count(0)
    await expect(rows(page).filter(has_text=SAID)).to_contain_text("Appealed")
    (now,) = await hall.client.ask("GET", "/rectifications?state=appealed")
    assert (now["claim"], now["appellant"]) == ("mistaken", SUBJECT)


async def test_a_clerk_who_has_none_sees_no_mark(hall: ApiHall, browser: HallBrowser) -> None:
    page = await console(hall, browser, "李娜", "2")
    async with page.expect_response("**/rectifications?*") as told:
        await page.keyboard.press("z")
    assert await (await told.value).json() == []
    await expect(page.locator("dialog [role=status]")).to_be_visible()
    await expect(page.locator(".rectify-mark")).to_have_count(0)

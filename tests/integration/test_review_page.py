"""A window's code on a citizen's phone: which number, how it was, and a call back only for who offers it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect

from tests.support.api_hall import PUBLIC_URL, ApiHall, api_hall
from tests.support.axe import narrow_targets, small_texts, violations
from tests.support.engines import HALL, PENSION
from tests.support.hall_browser import HallBrowser, hall_browser

pytestmark = pytest.mark.browser

PHONE_SCREEN = {"width": 390, "height": 844}
TEXT_PX_MIN, TARGET_PX_MIN = 14, 44


async def served(hall: ApiHall) -> dict[str, Any]:
    ticket = await hall.client.ticket(PENSION)
    await hall.client.at_window("1", "next")
    await hall.client.at_window("1", "finish")
    return ticket


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path) as opened:
        await opened.client.ask("POST", "/windows/1/open", {"clerk": "王芳"})
        yield opened


@pytest.fixture
async def browser(hall: ApiHall) -> AsyncIterator[HallBrowser]:
    async with hall_browser(hall.url, has_token=False) as opened:
        yield opened


async def opened(browser: HallBrowser, path: str) -> Page:
    page = await browser.open(path)
    await page.set_viewport_size(PHONE_SCREEN)
    return page


async def judged(page: Page) -> None:
    """Let axe look at the page in the other language and in this one, and measure its texts and targets."""
    for language in ("English", "中文"):
        await page.get_by_role("button", name=language, exact=True).click()
        await expect(page.get_by_role("button", name=language, exact=True)).to_have_count(0)
        assert await violations(page) == [], language
        assert await small_texts(page, TEXT_PX_MIN) == [], language
        assert await narrow_targets(page, TARGET_PX_MIN) == [], language


async def test_who_scans_the_sign_chooses_the_own_number_and_may_leave_a_phone_number(
    hall: ApiHall, browser: HallBrowser
) -> None:
    first, second = await served(hall), await served(hall)
    page = await opened(browser, f"/review/{HALL}/1")
    choices = page.locator(".which button")
    await expect(choices).to_have_count(2)
    await expect(choices.first).to_contain_text(second["number"])
    await judged(page)
    await choices.filter(has_text=first["number"]).click()
    await expect(page.locator(".for")).to_contain_text(first["number"])
    await page.get_by_label("满意", exact=True).check()
    await expect(page.locator(".call-me")).to_have_count(0)
    await page.get_by_label("不满意", exact=True).check()
    await page.locator(".words textarea").fill("等了很久")
    await page.locator(".call-me summary").click()
    await page.get_by_label("电话").fill("0564-1234567")
    await page.get_by_label("称呼").fill("刘阿姨")
    await judged(page)
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("heading", name="谢谢您的评价")).to_be_visible()
    (given,) = await hall.client.events("ReviewGiven")
    assert (given["ticket"], given["window"], given["level"]) == (first["ticket"], "1", 2)
    word = await hall.client.ask("GET", f"/rectification-contacts/{given['review']}")
    assert word == {"name": "刘阿姨", "phone": "0564-1234567"}


async def test_the_pad_shows_a_code_of_its_ticket_and_the_phone_asks_for_that_one(
    hall: ApiHall, browser: HallBrowser, tmp_path: Path
) -> None:
    await served(hall)
    ticket = await served(hall)
    pad = await browser.open(f"/pad/{HALL}/1")
    code = pad.locator(".by-phone img")
    await expect(code).to_be_visible()
    await code.evaluate("picture => picture.decode()")
    picture = tmp_path / "code.png"
    await code.screenshot(path=picture)
    (read,) = zxingcpp.read_barcodes(Image.open(picture))
    assert read.text == f"{PUBLIC_URL}/review/{HALL}/1?ticket={ticket['ticket']}"
    page = await opened(browser, read.text.removeprefix(PUBLIC_URL))
    await expect(page.locator(".for")).to_contain_text(ticket["number"])
    await page.get_by_label("非常满意", exact=True).check()
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("heading", name="谢谢您的评价")).to_be_visible()
    await expect(pad.locator(".invite")).to_have_count(0)


async def test_with_nothing_to_rate_it_says_so_in_both_languages(hall: ApiHall, browser: HallBrowser) -> None:
    page = await opened(browser, f"/review/{HALL}/1")
    await expect(page.get_by_role("status")).to_contain_text("办完事以后再扫这个码")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("status")).to_contain_text("Scan the code again")
    assert await violations(page) == []
    wrong = await opened(browser, f"/review/{HALL}/99")
    await expect(wrong.get_by_role("status")).to_contain_text("99")

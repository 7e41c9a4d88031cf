"""axe-core on the pages of screens, pads and phones, in both languages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.api_hall import ApiHall, api_hall
from tests.support.axe import violations
from tests.support.engines import PENSION
from tests.support.hall_browser import HallBrowser, hall_browser

pytestmark = pytest.mark.browser


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path) as running:
        await running.client.open_windows("1", "2")
        yield running


@pytest.fixture
async def browser(hall: ApiHall) -> AsyncIterator[HallBrowser]:
    async with hall_browser(hall.url, has_token=False) as running:
        yield running


async def judged(browser: HallBrowser, path: str, language: str, ready: str) -> Page:
    page = await browser.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
    await expect(page.locator(ready).first).to_be_visible()
    assert await violations(page) == [], path
    return page


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_axe_finds_nothing(hall: ApiHall, browser: HallBrowser, language: str) -> None:
    ticket = await hall.client.ticket(PENSION)
    await judged(browser, f"/t/{ticket['token']}", language, ".bell")
    await judged(browser, f"/t/demo.{'0' * 32}", language, ".plain h2")
    await judged(browser, "/tv/demo", language, ".quiet")
    await judged(browser, "/tv/nowhere", language, ".no-board.lost")
    await judged(browser, "/pad/demo/1", language, ".say")

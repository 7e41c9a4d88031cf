"""axe-core on the pages of screens, pads and phones and on what leads to the others, in both languages and schemes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.api_hall import ApiHall, api_hall
from tests.support.axe import narrow_targets, small_texts, violations
from tests.support.engines import PENSION
from tests.support.hall_browser import SCREEN, HallBrowser, hall_browser

pytestmark = pytest.mark.browser

TEXT_PX_MIN, TARGET_PX_MIN = 14, 44
PHONE = {"width": 360, "height": 740}
TABLET_UPRIGHT = {"width": 800, "height": 1280}
LANGUAGES = pytest.mark.parametrize("language", ["zh-CN", "en"])


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path) as running:
        await running.client.open_windows("1", "2")
        yield running


@pytest.fixture
async def browser(hall: ApiHall) -> AsyncIterator[HallBrowser]:
    async with hall_browser(hall.url, has_token=False) as running:
        yield running


async def judged(browser: HallBrowser, path: str, language: str, ready: str, *, dark: bool = False) -> Page:
    """Open a page and let axe look at it; where it follows the browser's scheme, in the dark too."""
    page = await browser.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
    await expect(page.locator(ready).first).to_be_visible()
    assert await violations(page) == [], path
    if dark:
        await page.emulate_media(color_scheme="dark")
        assert await violations(page) == [], f"{path} in the dark"
    return page


async def lost(browser: HallBrowser, page: Page, seen: str) -> None:
    """Let axe look at what a page says while its connection is lost."""
    await browser.context.set_offline(offline=True)
    await expect(page.locator(seen)).to_be_visible()
    assert await violations(page) == [], f"{page.url} without a connection"
    await browser.context.set_offline(offline=False)


@LANGUAGES
async def test_axe_finds_nothing_on_phones_and_pads(hall: ApiHall, browser: HallBrowser, language: str) -> None:
    ticket = await hall.client.ticket(PENSION)
    phone = await judged(browser, f"/t/{ticket['token']}", language, ".bell", dark=True)
    await phone.locator(".give-back").click()
    await expect(phone.locator(".sure")).to_be_visible()
    assert await violations(phone) == []
    await judged(browser, f"/t/demo.{'0' * 32}", language, ".plain h2", dark=True)
    pad = await judged(browser, "/pad/demo/1", language, ".say")
    await hall.client.at_window("1", "next")
    await expect(phone.locator(".state-called")).to_be_visible()
    assert await violations(phone) == []
    await hall.client.at_window("1", "start")
    await hall.client.at_window("1", "finish")
    await pad.locator("review-form .level-1").click()
    await pad.locator("review-form .button").click()
    await expect(pad.locator("review-form .alert")).to_be_visible()
    assert await violations(pad) == []
    for size in (TABLET_UPRIGHT, SCREEN):
        await pad.set_viewport_size(size)
        await pad.evaluate("scrollTo(0, 0)")
        for told in (".alert", ".button"):
            await expect(pad.locator(f"review-form {told}")).to_be_in_viewport(ratio=1)
    await expect(phone.locator("review-form")).to_be_visible()
    assert await violations(phone) == []
    for page, size in ((phone, PHONE), (pad, SCREEN)):
        await page.set_viewport_size(size)
        assert await small_texts(page, TEXT_PX_MIN) == []
        assert await narrow_targets(page, TARGET_PX_MIN) == []
    await lost(browser, phone, ".stale")


@LANGUAGES
async def test_axe_finds_nothing_on_screens_and_signs(hall: ApiHall, browser: HallBrowser, language: str) -> None:
    await judged(browser, "/tv/demo", language, ".quiet")
    await judged(browser, "/tv/nowhere", language, ".no-board.lost")
    await hall.client.ticket(PENSION)
    await hall.client.at_window("1", "next")
    await hall.client.at_window("2", "away", {"reason": "开会", "substitute": "1"})
    for theme in ("light", "dark"):
        tv = await judged(browser, f"/tv/demo?theme={theme}", language, ".call-number")
        await expect(tv.locator(".tile-away")).to_be_visible()
    await lost(browser, tv, ".no-board.lost")
    sign = await judged(browser, "/led/demo/1", language, "canvas")
    await lost(browser, sign, ".stale-sign")
    await judged(browser, "/led/demo/9", language, ".sign-head p")
    await judged(browser, "/led/demo", language, "canvas")
    await judged(browser, "/sign/demo/9", language, "h1")


@LANGUAGES
async def test_axe_finds_nothing_on_the_way_to_the_other_pages(browser: HallBrowser, language: str) -> None:
    await judged(browser, "/", language, ".windows", dark=True)
    await judged(browser, "/docs/mqtt", language, "main h2")
    missing = await browser.open(f"/nowhere?lang={language}", status=404)
    await expect(missing.locator(".missing h1")).to_be_visible()
    assert await violations(missing) == []
    page = await judged(browser, "/signin", language, "form.sign-in", dark=True)
    await page.locator("input[name=name]").fill("nobody")
    await page.locator("input[name=password]").fill("wrong-password")
    await page.locator("form.sign-in button").click()
    await expect(page.locator(".alert")).to_be_visible()
    assert await violations(page) == []

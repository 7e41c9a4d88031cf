"""The ticket machine's page as tests open it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Page, expect

from tests.support.kiosk_floor import KioskFloor, board
from tests.support.page_host import ORIGIN, PageHost

MACHINE = "/kiosk/demo?device=ticket-machine-1"
PORTRAIT, LANDSCAPE = {"width": 1080, "height": 1920}, {"width": 1280, "height": 800}


@asynccontextmanager
async def anew(browser: PageHost) -> AsyncIterator[PageHost]:
    """Give a test a floor of its own in a browser that a module shares; it must leave no complaint behind."""
    browser.handler, browser.greeting = KioskFloor(), [board()]
    browser.complaints.clear()
    yield browser
    for page in browser.context.pages:
        await page.close()
    browser.sockets.clear()
    assert browser.complaints == []


async def opened(host: PageHost, path: str = MACHINE, size: Any = LANDSCAPE) -> Page:
    """Open the machine; its clock is the test's, and runs until it is told to jump."""
    page = await host.open("/static/base/icon.svg")
    await page.set_viewport_size(size)
    await page.clock.install()
    await page.goto(ORIGIN + path)
    await expect(page.locator(".lane-bar, .closed").first).to_be_visible()
    return page


async def take(page: Page, name: str = "医保参保") -> None:
    await page.locator(".service", has_text=name).first.click()
    await page.get_by_role("button", name="取号", exact=True).click()

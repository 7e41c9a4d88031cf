"""The ticket machine's page as tests open it."""

from typing import Any

from playwright.async_api import Page, expect

from tests.support.page_host import ORIGIN, PageHost

MACHINE = "/kiosk/demo?device=ticket-machine-1"
PORTRAIT, LANDSCAPE = {"width": 1080, "height": 1920}, {"width": 1280, "height": 800}


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

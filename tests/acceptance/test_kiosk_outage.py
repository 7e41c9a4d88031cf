"""The controller killed under an open ticket machine's page, and started again: a tap is one number, none is lost."""

import pytest
from playwright.async_api import Page, expect

from tests.support.controller_process import ControllerProcess
from tests.support.hall_browser import hall_browser
from tests.support.hall_client import HallClient
from tests.support.hall_plan import HALL
from tests.support.stream_checker import assert_sound

pytestmark = pytest.mark.browser

BACK_MS = 60_000
"""By then a controller that starts has started, and the page has asked again."""


async def choose(page: Page) -> None:
    await page.locator(".service").first.click()
    await expect(page.locator(".matter .choices .take")).to_be_visible()


async def number_on(page: Page) -> str:
    shown = page.locator(".issued .number")
    await expect(shown).to_be_visible(timeout=BACK_MS)
    return await shown.inner_text()


async def issued(hall: HallClient) -> list[str]:
    return [str(event["number"]) for event in await hall.events("TicketIssued")]


async def test_a_tap_while_the_controller_is_dead_becomes_one_number_when_it_is_back(
    controller: ControllerProcess, hall: HallClient
) -> None:
    async with hall_browser(controller.http) as browser:
        page = await browser.open(f"/kiosk/{HALL}")
        await choose(page)
        await controller.kill()
        await expect(page.locator(".stale")).to_be_visible()
        await page.locator(".matter .choices .take").click()
        await expect(page.get_by_role("heading", name="暂时取不了号")).to_be_visible()
        await controller.start()
        first = await number_on(page)
        assert await issued(hall) == [first]
        await expect(page.locator(".stale")).to_have_count(0, timeout=BACK_MS)

        await controller.kill()
        await expect(page.locator(".stale")).to_be_visible()
        await expect(page.locator(".issued .number")).to_have_text(first)
        await controller.start()
        await expect(page.locator(".stale")).to_have_count(0, timeout=BACK_MS)
        await page.get_by_role("button", name="好了").click()
        await choose(page)
        await page.locator(".matter .choices .take").click()
        second = await number_on(page)
        assert await issued(hall) == [first, second]
        assert first != second
        assert browser.complaints == []
    assert_sound(await hall.stream())

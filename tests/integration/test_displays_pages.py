"""The pages' live line in a real browser: a connection that dies without a word is noticed and replaced."""

import pytest
from playwright.async_api import expect

from tests.support.mosquitto import until
from tests.support.page_host import page_host
from tests.support.screen_pages import ScreenFloor, serve_screens

pytestmark = pytest.mark.browser

SILENCE_MS = 16_000
"""Longer than a page bears it."""


async def test_a_line_that_had_heartbeats_is_given_up_in_silence_also_after_it_came_back() -> None:
    floor = ScreenFloor()
    floor.open("1")
    async with page_host(floor, [floor.board()]) as host:
        await serve_screens(host)
        await host.context.clock.install()
        page = await host.open("/tv/demo")
        await expect(page.locator(".quiet h2")).to_be_visible()
        host.send({"type": "heartbeat"})
        await page.clock.fast_forward(SILENCE_MS)
        await until(lambda: len(host.sockets) == 2, "a second connection")
        await expect(page.locator(".quiet h2")).to_be_visible()
        await page.clock.fast_forward(SILENCE_MS)
        await until(lambda: len(host.sockets) == 3, "a third, though nothing was heard on the second")
        await expect(page.locator(".quiet h2")).to_be_visible()

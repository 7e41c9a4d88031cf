"""The pages' live line in a real browser: a connection that dies without a word is noticed and replaced."""

import pytest
from playwright.async_api import expect

from tests.support.page_host import PageHost, page_host
from tests.support.page_time import passing
from tests.support.screen_pages import ScreenFloor, serve_screens

pytestmark = pytest.mark.browser

SECOND_MS = 1000


async def test_a_line_that_had_heartbeats_is_given_up_in_silence_also_after_it_came_back() -> None:
    floor = ScreenFloor()
    floor.open("1")
    async with page_host(floor, [floor.board()]) as host:
        await serve_screens(host)
        await host.context.clock.install()
        page = await host.open("/tv/demo")
        await expect(page.locator(".quiet h2")).to_be_visible()
        host.send({"type": "heartbeat"})
        await passing(page, lambda: _are(host, 2), SECOND_MS)
        await expect(page.locator(".quiet h2")).to_be_visible()
        await passing(page, lambda: _are(host, 3), SECOND_MS)  # though nothing was heard on the second
        await expect(page.locator(".quiet h2")).to_be_visible()


async def _are(host: PageHost, lines: int) -> bool:
    return len(host.sockets) == lines

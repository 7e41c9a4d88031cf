"""A browser that opens the pages of a running demo as people have them before them, and takes their pictures."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, Page, Playwright

from tests.support.demo_process import DemoProcess
from tests.support.hall_client import PREFIX
from tests.support.page_host import DEADLINE_MS, browser_path

SOUND = "--autoplay-policy=no-user-gesture-required"
"""A screen in a hall is set up to play sound without anybody touching it."""

Size = tuple[int, int]
"""Width and height of a window in CSS pixels."""
Scheme = Literal["light", "dark"]


async def open_browser(playwright: Playwright) -> Browser:
    """Start a browser as the hall's screens have it."""
    return await playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox", SOUND])


class Photographer:
    """Opens pages of a demo.

    Attributes:
        demo: whose pages.
    """

    def __init__(self, browser: Browser, demo: DemoProcess) -> None:
        self.demo = demo
        self._browser = browser

    @asynccontextmanager
    async def page(
        self, path: str, size: Size, *, signed_in: bool = False, scheme: Scheme = "light"
    ) -> AsyncIterator[Page]:
        """Open a page in a window of some size, as anybody or as the demo's visitor who signed in."""
        async with self.blank(size, signed_in=signed_in, scheme=scheme) as page:
            await page.goto(self.demo.http + path)
            yield page

    @asynccontextmanager
    async def blank(self, size: Size, *, signed_in: bool = False, scheme: Scheme = "light") -> AsyncIterator[Page]:
        """Open a window of some size with no page in it yet."""
        width, height = size
        context = await self._browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce", color_scheme=scheme
        )
        context.set_default_timeout(DEADLINE_MS)
        try:
            if signed_in:
                answer = await context.request.post(f"{self.demo.http}{PREFIX}/session", data=self.demo.account)
                assert answer.ok, await answer.text()
            yield await context.new_page()
        finally:
            await context.close()


async def picture(page: Page, *, whole: bool = False) -> Image.Image:
    """Return a picture of a page as it is.

    Args:
        page: what to take.
        whole: what is below the window's edge too.
    """
    await page.evaluate("document.fonts.ready")
    return Image.open(io.BytesIO(await page.screenshot(full_page=whole))).convert("RGB")

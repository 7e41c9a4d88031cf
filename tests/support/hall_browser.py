"""Chromium on the pages of a running controller; it notes what pages complain of and where they would load from."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect

from tests.support.access import access_headers
from tests.support.page_host import DEADLINE_MS, browser_path

SCREEN = {"width": 1280, "height": 800}
HALL_NAME = "hall.example"
"""A name of this machine that browsers trust no more than any other: plain http, as in a hall's network."""


@dataclass
class HallBrowser:
    """A browser in the hall.

    Attributes:
        http: the controller's address.
        complaints: errors of pages, breaches of the Content-Security-Policy, and requests to elsewhere.
    """

    http: str
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str, status: int = 200) -> Page:
        """Open a page by its path, or by its whole address; it must come under a status."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        page.on("console", lambda line: self._note(path, line))
        page.on("request", lambda request: self._note_elsewhere(path, request))
        answer = await page.goto(path if "://" in path else self.http + path)
        assert answer is not None, path
        assert answer.status == status, f"{path}: {answer.status}"
        return page

    def _note(self, path: str, line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            self.complaints.append(f"{path}: {line.text}")

    def _note_elsewhere(self, path: str, request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme in {"http", "https", "ws", "wss"} and place.netloc != urlsplit(self.http).netloc:
            self.complaints.append(f"{path}: asks {request.url}")


@contextlib.asynccontextmanager
async def hall_browser(http: str, *, has_token: bool = True) -> AsyncIterator[HallBrowser]:
    """Run a browser meanwhile; at the end no page may have complained.

    Args:
        http: the controller's address.
        has_token: whether it brings the manager's token that the tests have, so that nobody need sign in.
    """
    headers = access_headers(http) if has_token else {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox", f"--host-resolver-rules=MAP {HALL_NAME} 127.0.0.1"]
        )
        context = await browser.new_context(viewport=SCREEN, extra_http_headers=headers)
        context.set_default_timeout(DEADLINE_MS)
        expect.set_options(timeout=DEADLINE_MS)
        hall = HallBrowser(http, context)
        try:
            yield hall
        finally:
            await context.close()
            await browser.close()
    assert hall.complaints == []


async def words(page: Page, selector: str) -> str:
    """Return the words of an element, with single spaces between them."""
    return " ".join((await page.inner_text(selector)).split())

"""A browser with the pages, on an origin without TLS as in a hall; the test itself answers for the controller.

Files come from the trees that the controller serves, under a Content-Security-Policy that allows one inline script.
"""

import base64
import hashlib
import json
import mimetypes
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, Route, WebSocketRoute, async_playwright, expect

ROOT = Path(__file__).parents[2]
WEB = ROOT / "api" / "web"
ORIGIN = "http://hall.example"
TREES = {"static": WEB, "vendor": WEB / "node_modules", "display-static": ROOT / "displays" / "web"}
PAGES = {
    "kiosk": "kiosk",
    "t": "phone",
    "pad": "pad",
    "review": "review",
    "manager": "manager",
    "signin": "signin",
    "": "portal",
    "tv": "../../displays/web/tv",
}
DEADLINE_MS = 40_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

Answer = tuple[int, Any]
Handler = Callable[[str, str, dict[str, str], Any], Answer | None]


@cache
def missing_packages() -> list[str]:
    """Return the browser's packages that aren't installed as the lock file has them; one not installed breaks pages."""
    wanted = json.loads((WEB / "package.json").read_text("utf-8"))["dependencies"]
    installed = {
        name: json.loads(path.read_text("utf-8"))["version"]
        for name in wanted
        if (path := WEB / "node_modules" / name / "package.json").is_file()
    }
    return [f"{name} {version}" for name, version in wanted.items() if installed.get(name) != version]


def browser_path() -> str:
    """Return the path of a Chromium, for pages whose packages are all there."""
    if missing_packages():
        pytest.fail(f"run `bash deploy/setup.sh dev`: {', '.join(missing_packages())} not in api/web/node_modules")
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    pytest.fail("Chromium is not there: apt-get install chromium")


def content_security_policy() -> str:
    """Return the strictest policy that the pages are made for."""
    digest = hashlib.sha256((WEB / "base" / "importmap.json").read_bytes()).digest()
    return (
        f"default-src 'self'; script-src 'self' 'sha256-{base64.b64encode(digest).decode()}'; style-src 'self'; "
        "connect-src 'self' ws:; object-src 'none'; base-uri 'none'"
    )


@dataclass
class PageHost:
    """The controller as a page sees it.

    ``handler(method, path, headers, body)`` answers ``/api/…`` with a status and a document, or ``None`` for a broken
    connection. ``sockets`` are the live connections; each new one is sent the messages of ``greeting``.
    """

    context: BrowserContext
    handler: Handler
    greeting: list[dict[str, Any]]
    sockets: list[WebSocketRoute] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to every page that is connected."""
        for socket in self.sockets:
            socket.send(json.dumps(message))

    async def drop(self) -> None:
        """Break every live connection."""
        while self.sockets:
            await self.sockets.pop().close(code=1011)

    async def open(self, path: str) -> Page:
        """Open a page and note what it complains of."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: self.complaints.append(line.text) if "Content Security Policy" in line.text else None,
        )
        await page.goto(ORIGIN + path)
        return page

    def _accept(self, socket: WebSocketRoute) -> None:
        socket.on_message(lambda text: self.received.append(json.loads(text)))
        self.sockets.append(socket)
        for message in self.greeting:
            socket.send(json.dumps(message))

    async def _answer(self, route: Route) -> None:
        path = unquote(urlsplit(route.request.url).path)
        first, _, rest = path.removeprefix("/").partition("/")
        if first == "api":
            await self._answer_api(route, path)
        elif first in TREES:
            file = TREES[first] / rest
            kind = "text/javascript" if file.suffix == ".js" else mimetypes.guess_type(file.name)[0]
            if file.is_file():
                await route.fulfill(body=file.read_bytes(), content_type=kind or "application/octet-stream")
            else:
                await route.fulfill(status=404)
        else:
            html = (WEB / PAGES[first] / "index.html").read_text("utf-8")
            policy = {"Content-Security-Policy": content_security_policy(), "Content-Type": "text/html; charset=utf-8"}
            await route.fulfill(body=html, headers=policy)

    async def _answer_api(self, route: Route, path: str) -> None:
        request = route.request
        body = json.loads(request.post_data) if request.post_data else None
        answer = self.handler(request.method, path.removeprefix("/api/v1"), request.headers, body)
        if answer is None:
            await route.abort()
        else:
            status, document = answer
            kind = "application/json" if status < 400 else "application/problem+json"
            await route.fulfill(status=status, body=json.dumps(document), content_type=kind)


@asynccontextmanager
async def page_host(handler: Handler, greeting: list[dict[str, Any]]) -> AsyncIterator[PageHost]:
    """Start a browser whose every request ends in the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(DEADLINE_MS)
        expect.set_options(timeout=DEADLINE_MS)
        host = PageHost(context, handler, greeting)
        await context.route("**/*", host._answer)
        await context.route_web_socket("**/ws/**", host._accept)
        try:
            yield host
        finally:
            await context.close()
            await browser.close()

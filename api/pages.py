"""Pages and their files: static trees, the same page for every hall, nothing loaded from outside."""

import base64
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path
from typing import cast

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from api.access import PREFIX, Guarded
from api.parts import Ours
from api.problems import Problem
from controller.screens import FILE_PATTERN

WEB = Path(__file__).with_name("web")
SCREENS = Path(__file__).parents[1] / "displays" / "web"
VENDOR = WEB / "node_modules"
LIBRARIES = ("lit", "lit-html", "lit-element", "@lit/reactive-element", "swagger-ui-dist", "uplot", "lucide")
"""Packages of the browser that pages may load; what else npm brought is for checks."""

PAGES = {
    "/": WEB / "portal",
    "/signin": WEB / "signin",
    "/kiosk/{hall}": WEB / "kiosk",
    "/clerk/{hall}/{window}": WEB / "clerk",
    "/manager/{hall}": WEB / "manager",
    "/paper-reviews/{hall}": WEB / "paper",
    "/pad/{hall}/{window}": WEB / "pad",
    "/review/{hall}/{window}": WEB / "review",
    "/t/{token}": WEB / "phone",
    "/docs": WEB / "docs",
    "/docs/mqtt": WEB / "mqtt",
    "/tv/{hall}": SCREENS / "tv",
    "/led/{hall}": SCREENS / "led",
    "/led/{hall}/{window}": SCREENS / "led",
    "/sign/{hall}/{window}": WEB / "sign",
}

NOT_FOUND = 404
PHONE = "/t/{token}"
WORKER = "phone/worker.js"
"""Keeps the phone page's files on the phone; the page lies elsewhere than its files."""
RECORDING = re.compile(r"[0-9a-f]{40}\.wav")

router = APIRouter(include_in_schema=False, route_class=Guarded)


@cache
def content_security_policy() -> str:
    """Return what a page may load: our own files, and the one inline script that they share, the import map."""
    digest = base64.b64encode(hashlib.sha256((WEB / "base" / "importmap.json").read_bytes()).digest()).decode()
    return (
        f"default-src 'self'; script-src 'self' 'sha256-{digest}'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )


def docs_policy() -> str:
    """Return the policy of the page of the interface: its library sets styles by itself."""
    return content_security_policy().replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


@router.get("/audio/{name}")
async def recording(name: str, parts: Ours) -> Response:
    """Return a call-out's recording, which is named by its content and so never changes."""
    path = parts.recordings / name
    if RECORDING.fullmatch(name) is None or not path.is_file():
        raise Problem(404, "recording_unknown")
    return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "public, max-age=86400, immutable"})


@router.get("/media/{name}")
async def media(name: str, parts: Ours) -> Response:
    """Return a picture or video that the hall put into its folder; browsers may ask for a part of a video."""
    path = parts.media / name
    if FILE_PATTERN.fullmatch(name) is None or not path.is_file():
        raise Problem(404, "not_found")
    return FileResponse(path, headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"})


def languages() -> list[str]:
    """Return the languages that the pages have a catalogue of, Chinese first; another one is one more file."""
    found = (path.stem for path in (WEB / "messages").glob("*.json"))
    return sorted(found, key=lambda tag: (not tag.startswith("zh"), tag))


def add_pages(app: FastAPI) -> None:
    """Add the pages and their files to an application."""
    mimetypes.add_type("application/manifest+json", ".webmanifest")
    mimetypes.add_type("text/javascript", ".js")  # some machines' registries say otherwise, and modules need it
    app.include_router(router)
    for address, folder in PAGES.items():
        page = _Page(folder / "index.html", docs=address == "/docs", has_plain=address == PHONE)
        app.router.routes.append(Route(address, page, methods=["GET"]))
    app.mount("/static", _Tree(WEB, hidden="node_modules"), name="static")
    app.mount("/display-static", _Tree(SCREENS), name="display-static")
    for library in LIBRARIES:
        app.mount(f"/vendor/{library}", _Tree(VENDOR / library), name=library)


def add_missing(app: FastAPI) -> None:
    """Let a browser that is led to an address at which there is nothing show a page; programs get the problem.

    To be called when the application has its handlers of errors.
    """
    usual = app.exception_handlers[HTTPException]
    page = _Page(WEB / "missing" / "index.html", docs=False)

    def answer(request: Request, error: Exception) -> Response:
        reads_pages = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(PREFIX)
        if reads_pages and isinstance(error, HTTPException) and error.status_code == NOT_FOUND:
            return page.answer(NOT_FOUND)
        return cast("Response", usual(request, error))

    app.add_exception_handler(HTTPException, answer)


class _Page:
    """One page, whatever hall its address names; the page itself asks for what it shows."""

    def __init__(self, path: Path, *, docs: bool, has_plain: bool = False) -> None:
        self._path = path
        self._docs = docs
        self._root = f'<html data-languages="{" ".join(languages())}"'.encode()
        self._has_plain = has_plain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page; browsers that say they can't run it are sent to the plain one beside it."""
        if self._has_plain and scope["query_string"] == b"plain":
            await RedirectResponse(f"{scope['path']}/plain", 303)(scope, receive, send)
            return
        await self.answer()(scope, receive, send)

    def answer(self, status: int = 200) -> Response:
        """Return the page under a status."""
        headers = {
            "Content-Security-Policy": docs_policy() if self._docs else content_security_policy(),
            "Cache-Control": "no-cache",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return HTMLResponse(self._path.read_bytes().replace(b"<html", self._root, 1), status, headers=headers)


class _Tree(StaticFiles):
    """A folder of files that browsers ask about again each time: a hall's screens run for months."""

    def __init__(self, folder: Path, hidden: str | None = None) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._hidden = hidden

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or 404."""
        if self._hidden is not None and path.split("/", 1)[0] == self._hidden:
            raise Problem(404, "not_found")
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if path == WORKER:
            response.headers["Service-Worker-Allowed"] = "/t/"
        return response

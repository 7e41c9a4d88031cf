"""The demo's tray: a page that shows the paper which came out of the ticket machines' printers, newest first.

What it shows is decoded from the bytes that the printers were sent, so it is what a citizen would hold.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from api.demo.console import both
from api.http_server import serving
from api.paper_picture import paper_png
from controller.plan import DeviceKind, Plan
from devices.escpos_decoder import decode

SHOWN_MAX = 8
"""Papers on the page: the last ones."""

NAME = re.compile(r"[0-9]{6,9}")
SCRIPT = Path(__file__).with_name("tray.js")

_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{http}/static/base/tokens.css">
<link rel="stylesheet" href="{http}/static/base/page.css">
<style>
body {{ padding: var(--space-6); }}
main {{ display: flex; flex-wrap: wrap; align-items: flex-start; gap: var(--space-6); margin-top: var(--space-5); }}
figcaption {{ margin-bottom: var(--space-2); color: var(--ink-soft); }}
img {{ display: block; max-width: 100%; height: auto; zoom: 0.6; box-shadow: 0 0.25rem 1rem rgb(0 0 0 / 40%); }}
</style>
<script type="module" src="/tray.js"></script>
</head>
<body><h1>{title}</h1><main id="papers" aria-live="polite">{papers}</main></body>
</html>
"""


class Tray:
    """The papers of a hall's ticket machines, as HTML and as pictures."""

    def __init__(self, plan: Plan, folder: Path, http: str) -> None:
        """Look into a folder that need not be there yet.

        Args:
            plan: says how wide each machine's paper is.
            folder: holds a folder of ``.escpos`` files by device.
            http: address of the controller, whose look the page shares.
        """
        self._widths_mm = {
            str(device.id): device.paper_mm for device in plan.devices if device.kind is DeviceKind.TICKET_MACHINE
        }
        self._folder = folder
        self._http = http
        self.app = Starlette(
            routes=[
                Route("/", self._page),
                Route("/papers", self._papers),
                Route("/papers/{device}/{name}.png", self._picture),
                Route("/tray.js", _script),
            ]
        )

    async def _page(self, _: Request) -> Response:
        return HTMLResponse(
            _PAGE.format(title=escape(both("demo.page_paper")), http=self._http, papers=await self._listed())
        )

    async def _papers(self, _: Request) -> Response:
        return HTMLResponse(await self._listed(), headers={"Cache-Control": "no-store"})

    async def _picture(self, request: Request) -> Response:
        device, name = request.path_params["device"], request.path_params["name"]
        if device not in self._widths_mm or NAME.fullmatch(name) is None:
            raise HTTPException(404)
        path = self._folder / device / f"{name}.escpos"
        try:
            picture = await asyncio.to_thread(_drawn, path, self._widths_mm[device])
        except FileNotFoundError as error:
            raise HTTPException(404) from error
        return Response(picture, media_type="image/png")

    async def _listed(self) -> str:
        papers = await asyncio.to_thread(newest, self._folder, self._widths_mm)
        if not papers:
            return f"<p>{escape(both('demo.no_paper'))}</p>"
        return "".join(
            f"<figure><figcaption>{escape(device)} · {path.stem}</figcaption>"
            f'<img src="/papers/{escape(device)}/{path.stem}.png" alt="{escape(device)} {path.stem}"></figure>'
            for device, path in papers
        )


def newest(folder: Path, devices: Mapping[str, int]) -> list[tuple[str, Path]]:
    """Return the last papers of some devices, newest first, as device and file; at most :data:`SHOWN_MAX`."""
    papers = [
        (path.stat().st_mtime_ns, device, path)
        for device in devices
        for path in sorted((folder / device).glob("*.escpos"))[-SHOWN_MAX:]
    ]
    return [(device, path) for _, device, path in sorted(papers, reverse=True)[:SHOWN_MAX]]


def _drawn(path: Path, width_mm: int) -> bytes:
    return paper_png(decode(path.read_bytes()), width_mm)


async def _script(_: Request) -> Response:
    return FileResponse(SCRIPT, media_type="text/javascript")


@asynccontextmanager
async def tray_open(plan: Plan, folder: Path, http: str) -> AsyncIterator[str]:
    """Serve a hall's tray meanwhile, on a free port beside the controller; give its address.

    Raises:
        OSError: there is no free port.
    """
    host = urlsplit(http).hostname or "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family)
    place = f"[{host}]" if family is socket.AF_INET6 else host
    async with serving(Tray(plan, folder, http).app, listener, lambda: None):
        yield f"http://{place}:{listener.getsockname()[1]}/"

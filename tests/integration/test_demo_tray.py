"""The demo's tray: what came out of the printers, as pictures."""

import os
from io import BytesIO
from pathlib import Path

import httpx
from PIL import Image

from api.demo.console import both
from api.demo.tray import SHOWN_MAX, tray_open
from api.plan_file import sample_plan

HTTP = "http://127.0.0.1:8000"
NARROW_DOTS, WIDE_DOTS = 58 * 8, 80 * 8


def paper(folder: Path, device: str, number: int) -> None:
    """Put a paper into a machine's folder; each is a second younger than the one before."""
    path = folder / device / f"{number:06d}.escpos"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\x1b@A%03d\n" % number)
    os.utime(path, (number, number))


async def test_the_last_papers_of_all_machines_are_shown_newest_first(tmp_path: Path) -> None:
    async with tray_open(sample_plan(), tmp_path, HTTP) as address, httpx.AsyncClient(base_url=address) as browser:
        page = await browser.get("/")
        assert both("demo.no_paper") in page.text
        assert f"{HTTP}/static/base/tokens.css" in page.text
        assert (await browser.get("/tray.js")).headers["content-type"].startswith("text/javascript")
        for number in range(1, SHOWN_MAX + 3):
            paper(tmp_path, f"ticket-machine-{2 - number % 2}", number)
        shown = (await browser.get("/papers")).text
        numbers = [int(each.partition(".png")[0].rpartition("/")[2]) for each in shown.split('src="')[1:]]
        assert numbers == list(range(SHOWN_MAX + 2, 2, -1))
        assert shown in (await browser.get("/")).text
        for device, dots in ("ticket-machine-1", WIDE_DOTS), ("ticket-machine-2", NARROW_DOTS):
            number = 9 if device == "ticket-machine-1" else 10
            picture = await browser.get(f"/papers/{device}/{number:06d}.png")
            assert Image.open(BytesIO(picture.content)).width == dots


async def test_nothing_else_than_papers_can_be_asked_for(tmp_path: Path) -> None:
    paper(tmp_path, "ticket-machine-1", 1)
    (tmp_path / "secret.escpos").write_bytes(b"\x1b@secret\n")
    async with tray_open(sample_plan(), tmp_path, HTTP) as address, httpx.AsyncClient(base_url=address) as browser:
        for path in (
            "ticket-machine-1/000002.png",
            "speaker-main/000001.png",
            "ticket-machine-1/..%2F000001.png",
            "..%2Fticket-machine-1/000001.png",
            "ticket-machine-1/%2E%2E%2Fsecret.png",
        ):
            assert (await browser.get(f"/papers/{path}")).status_code == httpx.codes.NOT_FOUND, path

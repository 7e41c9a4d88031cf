"""Takes the README's pictures from the running demo: ``python -m tests.support.pictures [FOLDER]``.

The visitor's own window is worked by hand, through the contract, so that each page shows something worth seeing.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from PIL import Image
from playwright.async_api import Page, async_playwright

from tests.support.demo_process import DemoProcess, demo_process
from tests.support.hall_client import PREFIX, HallClient
from tests.support.photographer import Photographer, Size, open_browser, picture

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
BYTES_MAX = 150_000
COLOURS = 128
BUSY_S_MAX = 240.0
POLL_S = 0.5
OPTIONS = ("--speed", "15", "--seed", "20")
OWN = "2"
"""The window that the demo leaves to its visitor."""

WIDE = (1440, 900)
MANAGER = {"floor": ".floor", "day": ".hours", "roster": ".roster"}
"""Parts of the manager's page, and what is there when one is."""
TV, PORTRAIT, DESK, PHONE, SIGN = (1920, 1080), (1080, 1920), (1280, 800), (390, 844), (1440, 320)


class Camera:
    """Takes the README's pictures."""

    def __init__(self, photographer: Photographer, folder: Path) -> None:
        self.page = photographer.page
        self._folder = folder

    async def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """Take a picture of a page as it is, in few colours: the pages are flat."""
        shot = await picture(page, whole=whole)
        path = self._folder / f"{name}.png"
        shot.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        size = path.stat().st_size
        print(f"{path.name}: {shot.width} × {shot.height}, {size // 1000} kB")  # noqa: T201 - a program's output
        assert size <= BYTES_MAX, f"{path} has {size} bytes"

    async def shoot(
        self, name: str, path: str, size: Size, ready: str, *, whole: bool = False, signed_in: bool = False
    ) -> None:
        """Open a page, wait for an element, and take its picture."""
        async with self.page(path, size, signed_in=signed_in) as page:
            await page.locator(ready).first.wait_for()
            await self.take(page, name, whole=whole)


async def hold(condition: Callable[[], Awaitable[object]], what: str) -> None:
    """Wait until something is so in the hall."""
    deadline = asyncio.get_running_loop().time() + BUSY_S_MAX
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, what
        await asyncio.sleep(POLL_S)


async def busy(hall: HallClient) -> bool:
    """Whether there is enough to see: people wait, are called and served."""
    state = await hall.state()
    stages = {window["stage"] for window in state["windows"]}
    return state["waiting"] >= 4 and len(state["calls"]) >= 6 and stages >= {"called", "serving"}


async def take_all(demo: DemoProcess, folder: Path) -> None:
    """Take every picture."""
    async with HallClient(demo.http, token="") as hall, async_playwright() as playwright:
        hall.http.headers["Origin"] = demo.http
        (await hall.http.post(f"{PREFIX}/session", json=demo.account)).raise_for_status()
        browser = await open_browser(playwright)
        camera = Camera(Photographer(browser, demo), folder)
        try:
            await camera.shoot("portal", "/", DESK, ".windows", whole=True)
            await _kiosk(camera)
            async with camera.page("/tv/demo?display=tv-main", TV) as tv:
                await hold(lambda: busy(hall), "a busy hall")
                await tv.locator(".call-number").first.wait_for()
                await camera.take(tv, "tv")
            await _own_window(camera, hall)
            await camera.shoot("sign", f"/sign/demo/{OWN}", DESK, ".sign")
            for part, ready in MANAGER.items():
                await camera.shoot(f"manager-{part}", f"/manager/demo#{part}", WIDE, ready, signed_in=True)
        finally:
            await browser.close()


async def _kiosk(camera: Camera) -> None:
    machine = "/kiosk/demo?device=ticket-machine-1"
    await camera.shoot("kiosk", machine, PORTRAIT, ".lane-bar")
    async with camera.page(machine, DESK) as page:
        await page.locator(".lane-bar").wait_for()
        await camera.take(page, "kiosk-landscape")
        await page.locator(".service", has_text="高龄津贴").click()
        await page.locator(".fact-wait").wait_for()
        await camera.take(page, "kiosk-matter")
        await page.locator(".take").click()
        await page.get_by_text("请取走小票").first.wait_for()
        await camera.take(page, "kiosk-issued")
    await camera.shoot("kiosk-elder", f"{machine}&version=elder", DESK, ".groups")


async def _own_window(camera: Camera, hall: HallClient) -> None:
    """Open the visitor's window and serve there, with pictures on the way."""
    await hall.at_window(OWN, "open", {"clerk": "2号岗"})
    phone_ticket = await hall.ticket("house_renovation", channel="phone")
    async with camera.page(f"/t/{phone_ticket['token']}", PHONE) as phone:
        await phone.locator(".now-number").wait_for()
        await camera.take(phone, "phone")
    async with camera.page(f"/clerk/demo/{OWN}", DESK, signed_in=True) as clerk:

        async def called() -> bool:
            return (await hall.at_window(OWN, "next"))["ticket"] is not None

        await hold(called, "somebody to call")
        await camera.shoot("led-called", f"/led/demo/{OWN}", SIGN, "canvas")
        await hall.at_window(OWN, "start")
        await clerk.get_by_text("正在办理").first.wait_for()
        await camera.take(clerk, "clerk")
    await camera.shoot("led-serving", f"/led/demo/{OWN}", SIGN, "canvas")
    await hall.at_window(OWN, "finish")
    await camera.shoot("pad", f"/pad/demo/{OWN}", DESK, "review-form")


async def main(folder: Path) -> None:
    """Open the demo and take every picture of it."""
    with tempfile.TemporaryDirectory(prefix="yichuang-pictures-") as temporary:
        async with demo_process(Path(temporary), *OPTIONS) as demo:
            await demo.opened()
            await take_all(demo, folder)


if __name__ == "__main__":
    pictures = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    pictures.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(pictures))

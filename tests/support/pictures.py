"""Takes the README's pictures from the running demo: ``python -m tests.support.pictures [FOLDER]``.

The visitor's own window is worked by hand, through the contract, so that each page shows something worth seeing.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from tests.support.demo_process import DemoProcess, demo_process
from tests.support.hall_client import PREFIX, HallClient
from tests.support.page_host import DEADLINE_MS, browser_path

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


class Photographer:
    """Opens pages and takes their pictures."""

    def __init__(self, browser: Browser, demo: DemoProcess, folder: Path) -> None:
        self._browser = browser
        self._demo = demo
        self._folder = folder

    @asynccontextmanager
    async def page(self, path: str, size: tuple[int, int], *, signed_in: bool = False) -> AsyncIterator[Page]:
        """Open a page in a window of some size, as anybody or as the demo's visitor who signed in."""
        width, height = size
        context = await self._browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce"
        )
        context.set_default_timeout(DEADLINE_MS)
        try:
            if signed_in:
                answer = await context.request.post(f"{self._demo.http}{PREFIX}/session", data=self._demo.account)
                assert answer.ok, await answer.text()
            page = await context.new_page()
            await page.goto(self._demo.http + path)
            yield page
        finally:
            await context.close()

    async def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """Take a picture of a page as it is, in few colours: the pages are flat.

        Args:
            page: what to take.
            name: of the file.
            whole: what is below the window's edge too.
        """
        await page.evaluate("document.fonts.ready")
        shot = Image.open(io.BytesIO(await page.screenshot(full_page=whole))).convert("RGB")
        path = self._folder / f"{name}.png"
        shot.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        size = path.stat().st_size
        print(f"{path.name}: {shot.width} × {shot.height}, {size // 1000} kB")  # noqa: T201 - a program's output
        assert size <= BYTES_MAX, f"{path} has {size} bytes"

    async def shoot(
        self,
        name: str,
        path: str,
        size: tuple[int, int],
        ready: str,
        *,
        whole: bool = False,
        signed_in: bool = False,
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
        # A screen in a hall is set up to play sound without anybody touching it.
        sound = "--autoplay-policy=no-user-gesture-required"
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox", sound])
        photographer = Photographer(browser, demo, folder)
        try:
            await photographer.shoot("portal", "/", DESK, ".windows", whole=True)
            await _kiosk(photographer)
            async with photographer.page("/tv/demo?display=tv-main", TV) as tv:
                await hold(lambda: busy(hall), "a busy hall")
                await tv.locator(".call-number").first.wait_for()
                await photographer.take(tv, "tv")
            await _own_window(photographer, hall)
            await photographer.shoot("sign", f"/sign/demo/{OWN}", DESK, ".sign")
            for part, ready in MANAGER.items():
                await photographer.shoot(f"manager-{part}", f"/manager/demo#{part}", WIDE, ready, signed_in=True)
        finally:
            await browser.close()


async def _kiosk(photographer: Photographer) -> None:
    machine = "/kiosk/demo?device=ticket-machine-1"
    await photographer.shoot("kiosk", machine, PORTRAIT, ".lane-bar")
    async with photographer.page(machine, DESK) as page:
        await page.locator(".lane-bar").wait_for()
        await photographer.take(page, "kiosk-landscape")
        await page.locator(".service", has_text="高龄津贴").click()
        await page.locator(".fact-wait").wait_for()
        await photographer.take(page, "kiosk-matter")
        await page.locator(".take").click()
        await page.get_by_text("请取走小票").first.wait_for()
        await photographer.take(page, "kiosk-issued")
    await photographer.shoot("kiosk-elder", f"{machine}&version=elder", DESK, ".groups")


async def _own_window(photographer: Photographer, hall: HallClient) -> None:
    """Open the visitor's window and serve there, with pictures on the way."""
    await hall.at_window(OWN, "open", {"clerk": "2号岗"})
    phone_ticket = await hall.ticket("house_renovation", channel="phone")
    async with photographer.page(f"/t/{phone_ticket['token']}", PHONE) as phone:
        await phone.locator(".now-number").wait_for()
        await photographer.take(phone, "phone")
    async with photographer.page(f"/clerk/demo/{OWN}", DESK, signed_in=True) as clerk:

        async def called() -> bool:
            return (await hall.at_window(OWN, "next"))["ticket"] is not None

        await hold(called, "somebody to call")
        await photographer.shoot("led-called", f"/led/demo/{OWN}", SIGN, "canvas")
        await hall.at_window(OWN, "start")
        await clerk.get_by_text("正在办理").first.wait_for()
        await photographer.take(clerk, "clerk")
    await photographer.shoot("led-serving", f"/led/demo/{OWN}", SIGN, "canvas")
    await hall.at_window(OWN, "finish")
    await photographer.shoot("pad", f"/pad/demo/{OWN}", DESK, "review-form")


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

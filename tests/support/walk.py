"""A new user's walk through the demo, with a picture of each step: ``python -m tests.support.walk [FOLDER]``.

It does what `docs/walk.md` tells, by the pages alone: a ticket is taken, printed, called, spoken, served and rated.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from tests.support.demo_process import DemoProcess, demo_process
from tests.support.page_host import DEADLINE_MS, browser_path
from tests.support.screen_pages import LISTEN

FOLDER = Path(__file__).parents[2] / "docs" / "pictures" / "walk"
LANGUAGES = ("zh-CN", "en")
OPTIONS = ("--alone",)
"""Of the demo, as the document tells: nobody else takes a number or calls one."""
WINDOW = "2"
CLERK = "2号窗口A岗"
SERVICE = "高龄津贴"
DESK, TV, PHONE = (1280, 800), (1920, 1080), (390, 844)
WIDE_MAX = 1280
QUALITY = 72
SPOKEN_MS_MAX = 60_000
"""A call-out is made by the voice's process first; a machine with other work to do takes its time."""


class Walker:
    """Somebody who walks through a demo, page by page.

    Attributes:
        pictures: names of the pictures taken, in their order.
        number: of the ticket.
    """

    def __init__(self, demo: DemoProcess, context: BrowserContext, folder: Path) -> None:
        self.pictures: list[str] = []
        self.number = ""
        self._demo = demo
        self._context = context
        self._folder = folder
        self._phone = ""

    async def walk(self) -> None:
        """Take all steps."""
        await self._portal()
        tv = await self._open(self._address("/tv/"), TV)
        await expect(tv.locator(".now.quiet")).to_be_visible()
        pad = await self._open(self._address(f"/pad/demo/{WINDOW}"))
        await self._ticket()
        await self._paper()
        phone = await self._open(self._phone, PHONE)
        await expect(phone.locator(".now-number")).to_have_text(self.number)
        clerk = await self._console()
        await self._press(clerk, "next", ".current.called")
        await self._spoken(tv)
        await expect(phone.locator(".now-call")).to_be_visible()
        await self._take(phone, "phone")
        await self._press(clerk, "start", ".current.serving")
        await self._take(clerk, "served")
        await self._press(clerk, "finish", ".current.idle")
        await self._review(pad)
        await self._figures(clerk)

    def _address(self, part: str) -> str:
        return next(address for address in self._demo.addresses if part in address)

    async def _open(self, address: str, size: tuple[int, int] = DESK) -> Page:
        page = await self._context.new_page()
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await page.goto(address)
        return page

    async def _take(self, page: Page, name: str) -> None:
        """Take a picture of a page as it is."""
        await page.evaluate("document.fonts.ready")
        shot = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
        if shot.width > WIDE_MAX:
            shot = shot.resize((WIDE_MAX, shot.height * WIDE_MAX // shot.width), Image.Resampling.LANCZOS)
        self.pictures.append(f"{len(self.pictures) + 1:02d}-{name}.webp")
        await asyncio.to_thread(shot.save, self._folder / self.pictures[-1], "WEBP", quality=QUALITY, method=6)

    async def _portal(self) -> None:
        portal = await self._open(self._demo.http)
        await portal.locator(".windows").first.wait_for()
        await self._take(portal, "portal")
        await portal.close()

    async def _ticket(self) -> None:
        kiosk = await self._open(self._address("/kiosk/"))
        await kiosk.locator(".service", has_text=SERVICE).first.click()
        await kiosk.locator(".fact-wait").wait_for()
        await self._take(kiosk, "matter")
        await kiosk.locator(".take").click()
        await expect(kiosk.locator(".issued.paper-printed")).to_be_visible()
        self.number = (await kiosk.locator(".issued-number .number").inner_text()).strip()
        code = await kiosk.locator(".issued-code img").get_attribute("src")
        assert code is not None
        self._phone = f"{self._demo.http}/t/{code.split('/')[-2]}"
        await self._take(kiosk, "ticket")
        await kiosk.locator(".choices .button").first.click()
        await kiosk.close()

    async def _paper(self) -> None:
        """Look at what the ticket machine's printer put on its paper."""
        own = urlsplit(self._demo.http).netloc
        tray = await self._open(next(each for each in self._demo.addresses if urlsplit(each).netloc != own))
        paper = tray.locator("#papers img").first
        await expect(paper).to_be_visible()
        drawn = await paper.evaluate("async (image) => { await image.decode(); return image.naturalHeight; }")
        assert drawn > 0
        await self._take(tray, "paper")
        await tray.close()

    async def _console(self) -> Page:
        """Sign in by the account that the demo names, and open the window."""
        clerk = await self._open(self._address(f"/clerk/demo/{WINDOW}"))
        await clerk.locator("form.sign-in input[name=name]").fill(self._demo.account["name"])
        await clerk.locator("form.sign-in input[name=password]").fill(self._demo.account["password"])
        await self._take(clerk, "sign-in")
        await clerk.locator("form.sign-in button").click()
        await clerk.locator("input[name=clerk]").fill(CLERK)
        await clerk.locator(".current.sign-in button").click()
        await expect(clerk.locator(".queue .tickets .number").first).to_have_text(self.number)
        await self._take(clerk, "window")
        return clerk

    @staticmethod
    async def _press(clerk: Page, action: str, brings: str) -> None:
        await clerk.locator(f'[data-action="{action}"]').click()
        await expect(clerk.locator(brings)).to_be_visible()

    async def _spoken(self, tv: Page) -> None:
        """See the call on the screen, and hear it to its end."""
        await expect(tv.locator(".call-number")).to_have_text(self.number)
        await tv.locator(".foot.cue").wait_for(timeout=SPOKEN_MS_MAX)
        await tv.wait_for_function("() => window.heard.length > 0", timeout=SPOKEN_MS_MAX)
        await self._take(tv, "called")
        await tv.wait_for_function("() => window.heard.some((each) => each.startsWith('end'))", timeout=SPOKEN_MS_MAX)

    async def _review(self, pad: Page) -> None:
        await pad.locator("review-form .level-5").click()
        await pad.locator("review-form .tag").nth(1).click()
        await self._take(pad, "review")
        await pad.locator("review-form .button.large").click()
        await expect(pad.locator(".say")).to_be_visible()
        await expect(pad.locator("review-form")).to_have_count(0)

    async def _figures(self, page: Page) -> None:
        """See the ticket in the day's figures: taken, called, served, nobody missing, rated."""
        await page.goto(f"{self._demo.http}/manager/demo#day")
        sums = page.locator(".hours tfoot td")
        await expect(sums.nth(4)).to_have_text("1")
        assert (await sums.all_inner_texts())[:5] == ["1", "1", "1", "0", "1"]
        await self._take(page, "figures")


@asynccontextmanager
async def walker(demo: DemoProcess, folder: Path, language: str) -> AsyncIterator[Walker]:
    """Open a browser in a language meanwhile; pictures go into a folder, which is made."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        # A screen in a hall is set up to play sound without anybody touching it.
        sound = "--autoplay-policy=no-user-gesture-required"
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox", sound])
        context = await browser.new_context(reduced_motion="reduce")
        context.set_default_timeout(DEADLINE_MS)
        expect.set_options(timeout=DEADLINE_MS)
        await context.add_init_script(LISTEN)
        await context.add_init_script(f"localStorage.setItem('yichuang.language', '{language}');")
        try:
            yield Walker(demo, context, folder)
        finally:
            await context.close()
            await browser.close()


async def main(folder: Path) -> None:
    """Take the walk once in each language."""
    for language in LANGUAGES:
        own = folder / language
        with tempfile.TemporaryDirectory(prefix="yichuang-walk-") as temporary:
            async with demo_process(Path(temporary), *OPTIONS) as demo, walker(demo, own, language) as visitor:
                await demo.opened()
                await visitor.walk()
        sizes = [(own / name).stat().st_size for name in visitor.pictures]
        print(f"{own}: {len(sizes)} pictures, {sum(sizes) // 1000} kB")  # noqa: T201 - a program's output


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))

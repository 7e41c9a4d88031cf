"""Every page of a running demo at its real sizes, in both languages: ``python -m tests.support.gallery FOLDER WORD…``.

With words only pictures are taken whose names hold one of them. They, and an index to leaf through them, are for who
changes a page: to look at, not to keep. What the demo's people don't bring about by themselves is worked by hand
through the contract, or put into a board on its way to a page.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from html import escape
from itertools import product
from pathlib import Path
from typing import Any

from playwright.async_api import Error, Page, Route, WebSocketRoute, async_playwright

from controller.papers import PaperKind
from tests.support import gallery_scenes as scenes
from tests.support.demo_process import DemoProcess, demo_process
from tests.support.gallery_scenes import LANGUAGES, Scene
from tests.support.hall_client import PREFIX, HallClient
from tests.support.photographer import Photographer, Size, open_browser, picture
from tests.support.pictures import OWN, busy, hold

FOLDER = Path(__file__).parents[2] / "dist" / "gallery"
OPTIONS = ("--speed", "15", "--seed", "20")
QUALITY = 80
PAGES_AT_ONCE = 2
INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{count} pictures</title><style>
body {{ margin: 1rem; background: #444; color: #fff; font: 14px sans-serif; }}
main {{ display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-end; }}
figure {{ margin: 0; }} img {{ max-width: 30rem; max-height: 26rem; border: 1px solid #000; }}
</style></head><body><h1>{count} pictures</h1><main>{figures}</main></body></html>
"""
WAIT_MS = 20_000
"""For what a click brings: a page that needs longer is noted as trouble, and the others go on."""
SERVED_MAX = 40
"""Tickets that are called and finished until the one that is followed is called."""
BAD = {"tags": ["213"], "text": "跑了三个窗口才办成", "contact": {"name": "刘阿姨", "phone": "0564-1234567"}}


class Gallery:
    """The pictures of a demo.

    Attributes:
        troubles: pictures that could not be taken, and why.
    """

    def __init__(self, photographer: Photographer, folder: Path, words: Sequence[str] = ()) -> None:
        self.troubles: list[str] = []
        self._photographer = photographer
        self._folder = folder
        self._words = words
        self._names: list[str] = []
        self._pages = asyncio.Semaphore(PAGES_AT_ONCE)

    async def hang(self, scenes: Iterable[Scene], languages: Iterable[str] = LANGUAGES) -> None:
        """Take the pictures of some scenes, at all their sizes and in the languages."""
        wanted = [
            (scene, language, size)
            for scene, language in product(scenes, languages)
            for size in scene.sizes
            if self._is_wanted(scene.name)
        ]
        await asyncio.gather(*(self._take(*each) for each in wanted))

    def _is_wanted(self, name: str) -> bool:
        return not self._words or any(word in name for word in self._words)

    async def _take(self, scene: Scene, language: str, size: Size) -> None:
        name = f"{scene.name}-{size[0]}x{size[1]}-{language}.webp"
        async with self._pages:
            try:
                async with self._photographer.blank(size, signed_in=scene.signed_in, scheme=scene.scheme) as page:
                    page.set_default_timeout(WAIT_MS)
                    await self._arrange(page, scene, language)
                    shot = await picture(page, whole=scene.whole)
            except (Error, AssertionError) as error:
                self.troubles.append(f"{name}: {str(error).splitlines()[0]}")
                return
        await asyncio.to_thread(shot.save, self._folder / name, "WEBP", quality=QUALITY)
        self._names.append(name)

    async def _arrange(self, page: Page, scene: Scene, language: str) -> None:
        """Bring a page into the state that is shown."""
        if scene.board:
            await page.route_web_socket("**/ws/**", lambda socket: _differ(socket, dict(scene.board)))
        for pattern, answer in scene.answers.items():
            await page.route(pattern, partial(_answer, answer))
        if scene.later_s:
            await page.clock.install()
        path, mark, fragment = scene.path.partition("#")
        question = "&" if "?" in path else "?"
        await page.goto(f"{self._photographer.demo.http}{path}{question}lang={language}{mark}{fragment}")
        await page.locator(scene.ready).first.wait_for()
        for step in scene.steps:
            if isinstance(step, str):
                await page.locator(step).first.click()
            else:
                await page.locator(step[0]).fill(step[1])
        if scene.later_s:
            await page.clock.run_for(scene.later_s * 1000)
        if scene.cut:
            await page.context.set_offline(True)
        if scene.then:
            await page.locator(scene.then).first.wait_for()

    async def papers(self, hall: HallClient) -> None:
        """Take the papers as they come out of the printer, in the hall's own language."""
        for paper, width_mm in product(PaperKind, (58, 80)):
            name = f"paper-{paper}-{width_mm}mm.png"
            if not self._is_wanted(name):
                continue
            where = f"{PREFIX}/halls/{hall.hall}/papers/{paper}/preview"
            answer = await hall.http.post(where, json={"paper_mm": width_mm}, headers={"Idempotency-Key": name})
            answer.raise_for_status()
            (self._folder / name).write_bytes(answer.content)
            self._names.append(name)

    def index(self) -> Path:
        """Write the page that shows all pictures by name, those of both languages side by side."""
        figures = "".join(
            f'<figure><a href="{escape(name)}"><img src="{escape(name)}" alt="" loading="lazy"></a>'
            f"<figcaption>{escape(name)}</figcaption></figure>"
            for name in sorted(self._names)
        )
        place = self._folder / "index.html"
        place.write_text(INDEX.format(count=len(self._names), figures=figures), "utf-8")
        return place


def _differ(socket: WebSocketRoute, members: dict[str, Any]) -> None:
    """Let a page's connection through, with some members of each board replaced."""
    server = socket.connect_to_server()

    def pass_on(text: str | bytes) -> None:
        message = json.loads(text)
        socket.send(json.dumps({**message, **members} if message.get("type") == "board" else message))

    server.on_message(pass_on)


async def _answer(answer: scenes.Answer, route: Route) -> None:
    """Let something else come of a request than the controller's answer."""
    if answer is None:
        await route.abort()
    elif isinstance(answer, Path):
        await route.fulfill(path=answer)
    else:
        response = await route.fetch()
        await route.fulfill(response=response, json=answer(await response.json()))


async def hang_all(demo: DemoProcess, hall: HallClient, gallery: Gallery) -> None:
    """Go through a day at the visitor's window, and take every picture on the way."""
    await hold(lambda: busy(hall), "a busy hall")
    await gallery.hang(scenes.first())
    await hall.at_window(OWN, "open", {"clerk": f"{OWN}号窗口A岗"})
    ticket = await hall.ticket("minimum_allowance", channel="phone")
    await gallery.hang(scenes.phone(ticket["token"], "waiting"))
    await _call(hall, ticket["ticket"])
    await gallery.hang([*scenes.phone(ticket["token"], "called"), *scenes.at_window("called")])
    await hall.at_window(OWN, "start")
    await gallery.hang([*scenes.phone(ticket["token"], "serving"), *scenes.at_window("serving")])
    await hall.ask(
        "POST", f"/windows/{OWN}/cases", {"service": "minimum_allowance", "ticket": ticket["ticket"], "received": True}
    )
    await gallery.hang(scenes.dialogs())
    await hall.at_window(OWN, "finish")
    await gallery.hang([*scenes.review(ticket["ticket"]), *scenes.phone(ticket["token"], "finished"), *scenes.idle()])
    windows = (await hall.state())["windows"]
    substitute = next(each["window"] for each in windows if each["status"] == "open" and each["window"] != OWN)
    await hall.at_window(OWN, "away", {"reason": "开会", "substitute": substitute})
    await gallery.hang(scenes.at_window("away"))
    await gallery.papers(hall)
    await hall.ask("POST", "/reviews", {"ticket": ticket["ticket"], "level": 1, **BAD})
    await hall.ask("POST", "/paper-reviews", {"count": 3, "window": OWN})
    await hold(partial(_rectifies, hall), "the bad review is to be answered")
    await gallery.hang(scenes.paper_reviews())
    await gallery.hang(scenes.manager())
    for at, language in enumerate(LANGUAGES):
        await gallery.hang([scenes.sheet(f"review-pad-{at}", first_one=at == 0)], [language])


async def _rectifies(hall: HallClient) -> bool:
    found: list[object] = await hall.ask("GET", "/rectifications")
    return bool(found)


async def _call(hall: HallClient, ticket: str) -> None:
    """Call tickets to the visitor's window until the one that is followed comes."""
    for _ in range(SERVED_MAX):
        called = (await hall.at_window(OWN, "next"))["ticket"]
        if called == ticket:
            return
        if called is not None:
            await hall.at_window(OWN, "start")
            await hall.at_window(OWN, "finish")
    raise AssertionError(f"{ticket} was not called")


async def main(folder: Path, words: Sequence[str]) -> int:
    """Open the demo, take every picture of it and write the index."""
    with tempfile.TemporaryDirectory(prefix="yichuang-gallery-") as temporary:
        async with demo_process(Path(temporary), *OPTIONS) as demo:
            await demo.opened()
            async with HallClient(demo.http, token="") as hall, async_playwright() as playwright:
                hall.http.headers["Origin"] = demo.http
                (await hall.http.post(f"{PREFIX}/session", json=demo.account)).raise_for_status()
                browser = await open_browser(playwright)
                gallery = Gallery(Photographer(browser, demo), folder, words)
                try:
                    await hang_all(demo, hall, gallery)
                finally:
                    await browser.close()
                    print(gallery.index())  # noqa: T201 - a program's output
    for trouble in gallery.troubles:
        print(trouble, file=sys.stderr)  # noqa: T201 - a program's output
    return 1 if gallery.troubles else 0


if __name__ == "__main__":
    pictures = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    pictures.mkdir(parents=True, exist_ok=True)
    sys.exit(asyncio.run(main(pictures, sys.argv[2:])))

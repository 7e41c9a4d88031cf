"""The TV through a long day: whatever is written, light and dark, a wrong clock, a reload, twelve hours of calls."""

import asyncio
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import CDPSession, Page, Route, WebSocket, expect

from controller import commands as c
from controller.plan import Plan, Screens, WindowId
from controller.screens import Media, ScreenNotice
from tests.support.api_hall import api_hall
from tests.support.contrast import contrast
from tests.support.hall_browser import hall_browser
from tests.support.mosquitto import POLL_S, WITHIN_S
from tests.support.screen_pages import INSURANCE, LISTEN, MEASURE, SERVICES, ScreenFloor, screen_hall, tone

pytestmark = pytest.mark.browser

CONTRAST_MIN = 4.5
SIZES = ((1920, 1080), (3840, 2160), (1080, 1920), (1366, 768))
GROUNDS = """() => {
  const number = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      layers.push(number(getComputedStyle(each).backgroundColor));
    }
    return layers.reverse().reduce(
      (under, [r, g, b, a = 1]) => under.map((one, at) => Math.round(one * (1 - a) + [r, g, b][at] * a)),
      [255, 255, 255]);
  };
  const hex = (colour) => '#' + colour.slice(0, 3).map((each) => each.toString(16).padStart(2, '0')).join('');
  return [...document.querySelectorAll('body *')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
    .map((element) => [`${element.className} ${element.textContent.trim()}`,
      hex(number(getComputedStyle(element).color)), hex(ground(element))]);
}"""
"""Each text with its colour and what it stands on."""
THREE_DAYS_AHEAD = """
  const Right = Date;
  const wrong = () => Right.now() + 3 * 86_400_000;
  window.Date = class extends Right {
    constructor(...given) { if (given.length) super(...given); else super(wrong()); }
    static now() { return wrong(); }
  };
"""
PARTS_S = 5
"""How long the page shows each part of a long text."""
LONG = "因系统升级，".join(
    ("本中心定于本周五下午暂停办理医保和社保业务，", "请错峰前来，", "给您带来不便敬请谅解。" * 12)
)
WATCH_CUES = """
  window.cues = [];
  new MutationObserver(() => {
    const cue = document.querySelector('.foot.cue')?.dataset.announcement;
    if (cue !== undefined && cue !== window.cues.at(-1)) window.cues.push(cue);
  }).observe(document, { subtree: true, childList: true, attributes: true });
"""
"""Notes which announcements' cues a page has shown."""
RENDERED = """() => {
  const tv = document.querySelector('tv-page');
  tv.requestUpdate();
  return tv.updateComplete;
}"""
CALLS, CALLS_BEFORE = 720, 120
"""A call each minute for twelve hours; the first two hours fill the browser's caches."""
HEAP_GROWTH_BYTES_MAX = 600_000
SOUND = f"{'0' * 40}.wav"


def with_screens(floor: ScreenFloor, **changes: Any) -> None:
    put(floor, replace(floor.plan, screens=Screens(**changes)))


def put(floor: ScreenFloor, plan: Plan) -> None:
    floor.plan = plan
    floor.do(c.ChangePlan(plan))


def busy_floor() -> ScreenFloor:
    """Return a floor with a call, a service, an absence and a closed window."""
    floor = ScreenFloor()
    floor.open("1", "2", "3")
    for _ in range(4):
        floor.ticket(INSURANCE)
    floor.call("1")
    floor.call("2")
    floor.do(c.StartService(WindowId("2")), c.StepAway(WindowId("3"), "参加培训", WindowId("1")))
    return floor


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_text_stands_out_from_its_ground(theme: str) -> None:
    floor = busy_floor()
    async with screen_hall(floor) as host:
        page = await host.open(f"/tv/demo?theme={theme}")
        await expect(page.locator(".call.fresh")).not_to_have_count(0)
        for state in ("fresh", "standing", "cue"):
            if state == "standing":
                await expect(page.locator(".call.fresh")).to_have_count(0)
            if state == "cue":
                host.send(floor.announcement(None))
                await expect(page.locator(".foot.cue")).to_be_visible()
            texts = await page.evaluate(GROUNDS)
            assert len(texts) > 15
            weak = [text for text in texts if contrast(text[1], text[2]) < CONTRAST_MIN]
            assert weak == [], state


async def test_texts_of_any_length_are_shown_whole_part_by_part() -> None:
    floor = ScreenFloor(windows=6, labels={5: "5号帮办代办与跨省通办综合服务窗口"})
    name = "示例开发区高新技术产业园区和平新村西北片区街道便民服务中心"
    services = (
        replace(SERVICES[0], short_name="", name="城乡居民基本养老保险待遇领取资格认证及异地协查"),
        *SERVICES[1:],
    )
    notices = (ScreenNotice(LONG),)
    hall = replace(floor.plan.hall, name=name)
    put(floor, replace(floor.plan, hall=hall, services=services, screens=Screens(notices=notices)))
    floor.open("1", "5")
    floor.ticket()
    floor.do(c.StepAway(WindowId("1"), "到" + "高庙村刘庄组走访" * 6, WindowId("5")))
    async with screen_hall(floor) as host:
        await host.context.clock.install()
        page = await host.open("/tv/demo")
        await expect(page.locator(".head h1")).to_have_text(name)
        shown: dict[str, list[str]] = {"foot": [], "away": [], "service": []}
        places = {"foot": ".foot span", "away": '[data-window="1"] .tile-state', "service": ".waiting li span"}
        for turn in range(12):
            await page.clock.fast_forward(PARTS_S * 1000)
            for width, height in SIZES[2], SIZES[0]:
                await page.set_viewport_size({"width": width, "height": height})
                await page.evaluate(RENDERED)
                assert (await page.evaluate(MEASURE))["spilt"] == [], (turn, width)
            for place, selector in places.items():
                shown[place].append(await page.locator(selector).first.inner_text())
        whole = re.sub(r"\s", "", "".join(dict.fromkeys(shown["service"])))
        assert set(services[0].name) <= set(whole)
        assert set(LONG) <= set("".join(shown["foot"]))
        assert set("高庙村刘庄组走访") <= set("".join(shown["away"]))


async def test_the_parts_of_a_text_are_the_text() -> None:
    floor = ScreenFloor()
    async with screen_hall(floor) as host:
        page = await host.open("/tv/demo")
        found = await page.evaluate(
            "async ([text, ems]) => (await import('/display-static/tv/turns.js')).parts(text, ems)", [LONG, 26]
        )
        assert "".join(found) == LONG
        assert max(map(len, found)) <= 26
        assert all(part[-1] in "，。" for part in found[:-1]), "a part ends at a mark where there is one"
        one = "async () => (await import('/display-static/tv/turns.js')).parts('', 5)"
        assert await page.evaluate(one) == [""]


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (320, 180), "#1c6b3c").save(content, "PNG")
    return content.getvalue()


async def test_the_halls_own_pictures_fill_the_place_until_somebody_is_called() -> None:
    floor = ScreenFloor()
    floor.open("1")
    with_screens(floor, media=(Media("guide.png", seconds=3600), Media("gone.mp4", seconds=3600)))

    async def media(route: Route) -> None:
        if route.request.url.endswith("guide.png"):
            await route.fulfill(body=picture(), content_type="image/png")
        else:
            await route.fulfill(status=404)

    async with screen_hall(floor) as host:
        await host.context.route(re.compile(r"/media/"), media)
        page = await host.open("/tv/demo")
        await expect(page.locator('.media[data-file="guide.png"] img')).to_be_visible()
        assert (await page.evaluate("() => document.querySelector('.media img').naturalWidth")) == 320
        floor.ticket()
        number = floor.call("1")
        await expect(page.locator(".call-number")).to_have_text(number)
        await expect(page.locator(".media")).to_have_count(0)
        with_screens(floor, media=(Media("gone.mp4"),))
        floor.do(c.StartService(WindowId("1")), c.FinishService(WindowId("1")))
        page = await host.open("/tv/demo")
        await expect(page.locator(".quiet h2")).to_have_text("请留意叫号")
        assert host.complaints == []


async def test_two_calls_in_one_second_are_both_shown_and_spoken_in_order() -> None:
    floor = ScreenFloor()
    floor.open("1", "2")
    floor.ticket()
    floor.ticket()
    async with screen_hall(floor, {"one.wav": tone(0.4), "two.wav": tone(0.2)}) as host:
        page = await host.open("/tv/demo")
        await expect(page.locator(".quiet")).to_be_visible()
        at = floor.now()
        numbers = []
        for window, sound in (("1", "one.wav"), ("2", "two.wav")):
            numbers.append(floor.call(window, at))
            host.send(floor.announcement(sound, repeat=1))
        await expect(page.locator(".call.fresh .call-number")).to_have_text(numbers[::-1])
        await expect(page.locator(".recent-number")).to_have_text(numbers[::-1])
        await page.wait_for_function("() => window.heard.length >= 4")
        assert await page.evaluate("() => window.heard") == ["start 0.4", "end 0.4", "start 0.2", "end 0.2"]


async def test_a_page_loaded_anew_in_the_middle_of_a_call_out_says_it_again_and_what_waited() -> None:
    floor = ScreenFloor()
    floor.open("1", "2")
    floor.ticket()
    floor.ticket()
    async with screen_hall(floor, {"one.wav": tone(3), "two.wav": tone(0.2)}) as host:
        await host.context.add_init_script(WATCH_CUES)
        page = await host.open("/tv/demo")
        await expect(page.locator(".quiet")).to_be_visible()
        number = floor.call("1")
        first = floor.announcement("one.wav", repeat=1)
        host.send(first)
        floor.call("2")
        second = floor.announcement("two.wav", repeat=1)
        host.send(second)
        await page.wait_for_function("() => window.heard.includes('start 3.0')")
        host.greeting = [floor.board()]
        await page.reload()
        await expect(page.locator(".call-number")).to_have_count(2)
        await expect(page.locator(".call-number").last).to_have_text(number)
        said = ["start 3.0", "end 3.0", "start 0.2", "end 0.2"]
        await page.wait_for_function(f"() => window.heard.length >= {len(said)}")
        assert await page.evaluate("() => window.heard") == said
        assert await page.evaluate("() => window.cues") == [first["id"], second["id"]], "each sound has its cue"
        host.greeting = [floor.board()]
        await page.reload()
        await expect(page.locator(".call-number")).to_have_count(2)
        await page.wait_for_function("() => sessionStorage.getItem('tv.unsaid') === '[]'")
        assert await page.evaluate("() => window.heard") == []


async def test_a_device_with_a_wrong_clock_shows_the_halls_time_and_speaks_what_is_new() -> None:
    floor = ScreenFloor()
    floor.open("1")
    floor.ticket()
    async with screen_hall(floor, {"one.wav": tone(0.2)}) as host:
        await host.context.add_init_script(THREE_DAYS_AHEAD)
        page = await host.open("/tv/demo")
        now = floor.now()
        await expect(page.locator(".head-time time")).to_have_attribute("datetime", re.compile(now.strftime("^20%y")))
        shown = await page.eval_on_selector(".head-time time", "time => Date.parse(time.dateTime)")
        assert abs(shown / 1000 - now.timestamp()) < 30
        floor.call("1")
        host.send(floor.announcement("one.wav", repeat=1))
        await page.wait_for_function("() => window.heard.includes('end 0.2')")
        await expect(page.locator(".call.fresh")).to_have_count(1)
        host.send(floor.announcement("one.wav", id="late", lives_s=-1))
        await expect(page.locator(".call.fresh")).to_have_count(0)
        assert await page.evaluate("() => window.heard.length") == 2


class Frames:
    """Counts what a page's live connection brings."""

    def __init__(self, page: Page) -> None:
        self.count = 0
        self._came = asyncio.Event()
        page.on("websocket", self._follow)

    def _follow(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda _: self._note())

    def _note(self) -> None:
        self.count += 1
        self._came.set()

    async def after(self, count: int) -> None:
        async with asyncio.timeout(WITHIN_S):
            while self.count <= count:
                self._came.clear()
                await self._came.wait()


async def footprint(page: Page, devtools: CDPSession) -> tuple[int, int, int]:
    """Return the bytes of a page's heap, its DOM nodes and its listeners, after the garbage is gone."""
    for _ in range(3):
        await devtools.send("HeapProfiler.collectGarbage")
    usage = await devtools.send("Runtime.getHeapUsage")
    counters = await devtools.send("Memory.getDOMCounters")
    return int(usage["usedSize"]), counters["nodes"], counters["jsEventListeners"]


def flat(before: tuple[int, int, int], after: tuple[int, int, int]) -> bool:
    """Whether a page holds hardly more than it did."""
    return after[0] - before[0] < HEAP_GROWTH_BYTES_MAX and after[1] <= before[1] * 1.5 and after[2] <= before[2] * 1.5


async def test_twelve_hours_of_calls_leave_the_memory_flat(tmp_path: Path) -> None:
    floor = ScreenFloor()
    floor.open("1", "2", "3", "4")
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / SOUND).write_bytes(tone(0.05))
    async with api_hall(tmp_path, floor.plan) as hall, hall_browser(hall.url) as browser:
        page = await browser.context.new_page()
        frames = Frames(page)
        await page.add_init_script(LISTEN)
        devtools = await browser.context.new_cdp_session(page)

        async def publish() -> None:
            seen = frames.count
            hall.hub.publish("demo", floor.board(), floor.plan)
            await frames.after(seen)

        async def one_call(index: int) -> None:
            window = str(index % 4 + 1)
            floor.ticket(INSURANCE if window == "2" else SERVICES[index % 3].code)
            await publish()
            floor.call(window)
            await publish()
            hall.hub.announce("demo", "main", floor.announcement(SOUND, repeat=1, gap_s=0))
            floor.do(c.StartService(WindowId(window)), c.FinishService(WindowId(window)))
            await publish()

        hall.hub.publish("demo", floor.board(), floor.plan)
        await page.goto(f"{hall.url}/tv/demo?display=tv-1")
        await expect(page.locator(".quiet")).to_be_visible()
        for index in range(CALLS_BEFORE):
            await one_call(index)
        before = await footprint(page, devtools)
        for index in range(CALLS_BEFORE, CALLS):
            await one_call(index)
        await expect(page.locator(".recent-number").first).to_have_text(floor.day.calls[0].number)
        deadline = asyncio.get_running_loop().time() + WITHIN_S
        # What a busy page has yet to draw is held until then.
        while not flat(before, after := await footprint(page, devtools)):
            assert asyncio.get_running_loop().time() < deadline, (before, after)
            await asyncio.sleep(POLL_S)

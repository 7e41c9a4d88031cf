"""The TV and LED pages in a real browser, on boards of the real core."""

import json
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from controller import commands as c
from controller.plan import Lane, LedSize, Signs, WindowId
from displays.led import render
from displays.sign import led_board
from tests.support.axe import violations
from tests.support.page_host import page_host
from tests.support.screen_pages import (
    INSURANCE,
    LEAST_SHARE,
    MEASURE,
    RESIDENCE,
    ScreenFloor,
    screen_hall,
    serve_screens,
    tone,
)

pytestmark = pytest.mark.browser

SILENT_UNTIL_TOUCHED = """
  let touched = false;
  addEventListener('pointerdown', () => { touched = true; }, true);
  const resume = AudioContext.prototype.resume;
  AudioContext.prototype.resume = function () {
    return touched ? resume.call(this) : new Promise(() => {});
  };
  window.AudioContext = class extends AudioContext {
    constructor() {
      super();
      if (!touched) this.suspend();
    }
  };
"""
"""A browser that nobody has touched; the automation's own commands count as touches and would unlock it."""


async def words(page: Page, selector: str) -> str:
    return " ".join((await page.inner_text(selector)).split())


def ago(floor: ScreenFloor, seconds: float) -> Any:
    return floor.now() - timedelta(seconds=seconds)


async def test_the_tv_shows_who_is_called_who_waits_and_what_each_window_does() -> None:
    floor = ScreenFloor()
    floor.open("1", "2", "3", "4")
    for service in (INSURANCE, RESIDENCE, RESIDENCE):
        floor.ticket(service)
    green = floor.ticket(RESIDENCE, Lane.GREEN, minutes_ago=20)
    floor.do(c.StepAway(WindowId("4"), "参加培训", WindowId("1")), c.CloseWindow(WindowId("3")))
    async with screen_hall(floor) as host:
        page = await host.open("/tv/demo?display=tv-1")
        await expect(page.locator(".quiet h2")).to_have_text("请留意叫号")
        assert floor.call("1") == green
        await expect(page.locator(".call-number")).to_have_text(green)
        assert await words(page, ".call-where") == "请到 1号窗口 绿色通道"
        floor.do(c.Recall(WindowId("1")))
        await expect(page.locator(".call-marks")).to_contain_text("第2次叫号")
        assert (await words(page, ".recent li")).startswith(f"{green} 1号窗口")
        assert await words(page, ".waiting") == "等候 3 人 居住证办理 2 城乡居民医保参保 1"
        assert await words(page, '[data-window="1"]') == f"1号窗口 {green} 请到窗口"
        assert await words(page, '[data-window="2"]') == "2号窗口 等待叫号"
        assert await words(page, '[data-window="3"]') == "3号窗口 未开放"
        assert await words(page, '[data-window="4"]') == "“办不成事”反映窗口 暂停服务：参加培训 请到1号窗口"
        await expect(page.locator(".head h1")).to_have_text("示例镇便民服务中心")
        await expect(page.locator(".head-time time")).to_have_text(f"{floor.now():%H:%M}")
        assert host.received[-1] == {"type": "shown", "seq": floor.day.seq}
        assert host.complaints == []


async def test_a_call_that_is_over_is_not_followed_any_more() -> None:
    floor = ScreenFloor()
    floor.open("1", "2", "3")
    numbers = [floor.ticket() for _ in range(3)]
    for window in "123":
        floor.call(window, ago(floor, 40))
    floor.do(c.StartService(WindowId("2")), c.PassTicket(WindowId("3")))
    async with screen_hall(floor) as host:
        page = await host.open("/tv/demo")
        await expect(page.locator(".call-number")).to_have_text([numbers[0]])
        await expect(page.locator(".call.fresh")).to_have_count(0)
        await expect(page.locator(".recent-number")).to_have_text(numbers[::-1])
        await expect(page.locator(".recent .standing")).to_have_count(1)
        floor.do(c.Recall(WindowId("1")))
        await expect(page.locator(".call.fresh")).to_have_count(1)
        flashes = await page.eval_on_selector(
            ".call.fresh",
            "card => { const style = getComputedStyle(card);"
            " return [parseFloat(style.animationDuration), Number(style.animationIterationCount)]; }",
        )
        assert flashes[0] >= 1 / 3
        assert flashes[1] < 10
        await expect(page.locator(".call.fresh")).to_have_count(0)
        floor.do(c.FinishService(WindowId("1")))
        await expect(page.locator(".call-number")).to_have_count(0)


async def test_without_a_connection_no_board_is_on_the_glass() -> None:
    floor = ScreenFloor()
    floor.open("1")
    number = floor.ticket()
    floor.call("1")
    async with screen_hall(floor) as host:
        greeting, host.greeting = host.greeting, []
        page = await host.open("/tv/demo")
        await expect(page.locator(".no-board h2")).to_have_text("正在连接……")
        host.send(floor.board())
        await expect(page.locator(".call-number")).to_have_text(number)
        await host.drop()
        await expect(page.locator(".no-board h2")).to_have_text("连接已断开")
        assert number not in await page.inner_text("body")
        assert "人" not in (await page.inner_text("main")).replace("工作人员", "")
        host.greeting = greeting
        await host.drop()
        await expect(page.locator(".call-number")).to_have_text(number)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(("calls", "number_share"), [(1, 0.3), (2, 0.17), (3, 0.15), (5, 0.085), (8, 0.085)])
async def test_letters_are_as_large_as_the_screen_allows(calls: int, number_share: float, language: str) -> None:
    floor = ScreenFloor(windows=9)
    for window in range(1, calls + 1):
        floor.open(str(window))
        floor.ticket(INSURANCE)
        floor.call(str(window))
        if window % 2:
            floor.do(c.Recall(WindowId(str(window))))
    async with screen_hall(floor) as host:
        page = await host.open(f"/tv/demo?lang={language}")
        await expect(page.locator(".call")).to_have_count(min(calls, 6))
        for width, height in ((1920, 1080), (3840, 2160), (1080, 1920), (1366, 768)):
            await page.set_viewport_size({"width": width, "height": height})
            measured = await page.evaluate(MEASURE)
            assert measured["spilt"] == [], (width, height)
            assert not measured["scrolls"]
            assert measured["number"] >= number_share * min(width, height), (width, height)
            assert measured["least"] >= LEAST_SHARE * min(width, height), (width, height)


async def test_where_to_go_instead_is_never_cut_off() -> None:
    floor = ScreenFloor(windows=6, labels={5: "5号帮办代办窗口"})
    floor.open("1", "5")
    floor.do(c.StepAway(WindowId("1"), "开会", WindowId("5")))
    async with screen_hall(floor) as host:
        page = await host.open("/tv/demo")
        await expect(page.locator('[data-window="1"]')).to_contain_text("请到5号帮办代办窗口")
        for width, height in ((1920, 1080), (1080, 1920), (1366, 768)):
            await page.set_viewport_size({"width": width, "height": height})
            assert (await page.evaluate(MEASURE))["spilt"] == [], (width, height)


async def test_announcements_sound_one_after_another_and_none_too_late() -> None:
    floor = ScreenFloor()
    floor.open("1", "2", "3")
    for _ in range(3):
        floor.ticket()
    sounds = {"one.wav": tone(1.2), "two.wav": tone(0.3)}
    async with screen_hall(floor, sounds) as host:
        await host.context.add_init_script(SILENT_UNTIL_TOUCHED)
        page = await host.open("/tv/demo")
        await expect(page.locator(".quiet")).to_be_visible()
        number = floor.call("1")
        host.send(floor.announcement("one.wav"))
        await expect(page.locator(".foot.cue")).to_have_text(f"请 {number} 号到 1号窗口")
        await page.click("text=点此开启声音")
        await page.wait_for_function("() => window.heard.includes('start 1.2')")
        await expect(page.locator(".sound")).to_have_count(0)
        floor.call("2")
        host.send(floor.announcement("two.wav", lives_s=-1, id="late"))
        host.send(floor.announcement("two.wav", lives_s=0.5, id="late-at-its-turn"))
        host.send(floor.announcement("missing.wav", id="lost"))
        host.send(floor.announcement(None, id="mute"))
        host.send(floor.announcement("two.wav", speak=False, id="other-tv"))
        host.send(floor.announcement("two.wav"))
        host.send(floor.announcement("two.wav"))
        floor.call("3")
        host.send(floor.announcement("one.wav", repeat=1))
        said = ["start 1.2", "end 1.2"] * 2 + ["start 0.3", "end 0.3"] * 2 + ["start 1.2", "end 1.2"]
        await page.wait_for_function(f"() => window.heard.length >= {len(said)}")
        assert await page.evaluate("() => window.heard") == said
        assert host.complaints == []


async def test_a_hall_that_is_not_there_is_told_and_asked_for_again() -> None:
    floor = ScreenFloor()
    refusals = 2

    async def answer(socket: WebSocketRoute) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            await socket.close(code=4404)
        else:
            socket.send(json.dumps(floor.board()))

    async with screen_hall(floor) as host:
        await host.context.clock.install()
        await host.context.route_web_socket("**/ws/**", answer)
        sign = await host.open("/led/demo/9")
        await expect(sign.locator(".sign-head p")).to_have_text("没有这个窗口：9")
        page = await host.open("/tv/demo")
        await expect(page.locator(".no-board h2")).to_have_text("没有这个大厅：demo")
        assert refusals == 0
        await host.context.clock.fast_forward(31_000)
        await expect(page.locator(".quiet")).to_be_visible()


DOT_SIZES = """() => {
  const sizes = [...document.querySelectorAll('led-sign')].map((sign) => sign.cell_px);
  return [...new Set(sizes.map((size) => size / sizes[0]))];
}"""
LIT_COLOURS = """() => {
  const canvas = document.querySelector('canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let at = 0; at < data.length; at += 4) colours.add(data.slice(at, at + 3).join());
  return [...colours];
}"""


def sign_board(floor: ScreenFloor, window: str, width: int, height: int) -> dict[str, Any]:
    form = led_board(floor.board(), window, LedSize(width, height), "zh-CN")
    assert form is not None
    assert form["bitmap"] is not None, "the package unifont is not there"
    return form


@pytest.mark.parametrize(("width", "height"), [(64, 16), (128, 16), (192, 32), (100, 24)])
async def test_a_sign_shows_exactly_the_dots_it_was_sent(width: int, height: int) -> None:
    floor = ScreenFloor()
    floor.open("1")
    number = floor.ticket()
    floor.call("1")
    form = sign_board(floor, "1", width, height)
    picture = render(((form["text"],),), width, height)
    assert picture.bitmap is not None
    assert number in form["text"]
    row_bytes = (width + 7) // 8
    rows = [
        f"{int.from_bytes(picture.bitmap[at : at + row_bytes], 'big'):0{row_bytes * 8}b}"[:width]
        for at in range(0, len(picture.bitmap), row_bytes)
    ]
    async with page_host(floor, [form]) as host:
        await serve_screens(host)
        page = await host.open("/led/demo/1")
        for size in ((1920, 360), (800, 480), (333, 200)):
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            await expect(page.locator("canvas")).to_have_attribute("data-seq", str(form["seq"]))
            pixels = await page.evaluate("() => window.ledPixels()")
            assert pixels == {"seq": form["seq"], "width": width, "height": height, "rows": rows, "stale": False}
        await expect(page.locator("canvas")).to_have_attribute("aria-label", form["text"])
        assert host.received[-1] == {"type": "shown", "seq": form["seq"]}
        host.greeting = []
        await host.drop()
        await expect(page.locator(".sign-head p")).to_have_text("连接已断开，正在重新连接")
        assert float(await page.eval_on_selector("canvas", "canvas => getComputedStyle(canvas).opacity")) < 0.5
        assert (await page.evaluate("() => window.ledPixels()"))["stale"]
        assert host.complaints == []


async def test_a_sign_flashes_in_its_colour_and_a_long_text_runs_through() -> None:
    floor = ScreenFloor()
    floor.open("1")
    floor.ticket()
    floor.call("1")
    flash = {"until": (floor.now() + timedelta(seconds=3)).isoformat(), "hz": 9}
    signs = Signs(idle=("一窗受理 集成服务 温暖每一位办事群众",), scroll_dots_s=200)
    async with page_host(floor, [{**sign_board(floor, "1", 128, 16), "colour": "yellow", "flash": flash}]) as host:
        await serve_screens(host)
        page = await host.open("/led/demo/1")
        await expect(page.locator("canvas.flashing")).to_have_count(1)
        period = await page.eval_on_selector("canvas", "canvas => getComputedStyle(canvas).animationDuration")
        assert float(period.removesuffix("s")) >= 1 / 3.01, "whatever the board says, at most three flashes a second"
        colours = await page.evaluate(LIT_COLOURS)
        assert "255,194,26" in colours
        await expect(page.locator("canvas.flashing")).to_have_count(0)
        floor.open("2")
        running = led_board(floor.board(), "2", LedSize(64, 16), "zh-CN", signs)
        assert running is not None
        host.send(running)
        shown = await page.wait_for_function(
            "() => { const shown = window.ledPixels(); return shown?.width === 64 && shown.rows; }"
        )
        rows = await shown.json_value()
        await page.wait_for_function("(rows) => window.ledPixels().rows.join() !== rows.join()", arg=rows)
        await expect(page.locator("canvas")).to_have_attribute("aria-label", running["scroll"]["text"])
        assert host.complaints == []


@pytest.mark.parametrize(("bitmap", "said"), [(None, "没有点阵字库"), ("AAAA", "收到的点阵有误")])
async def test_a_sign_without_dots_shows_its_text(bitmap: str | None, said: str) -> None:
    floor = ScreenFloor()
    floor.open("1")
    form = {**sign_board(floor, "1", 128, 16), "bitmap": bitmap}
    async with page_host(floor, [form]) as host:
        await serve_screens(host)
        page = await host.open("/led/demo/1")
        await expect(page.locator(".sign-text")).to_have_text(form["text"])
        await expect(page.locator(".sign-head p")).to_contain_text(said)
        assert await page.evaluate("() => window.ledPixels()") is None


async def test_all_signs_of_a_hall_stand_on_one_page_each_with_its_own_dots() -> None:
    floor = ScreenFloor()
    floor.open("1", "2")
    number = floor.ticket()
    floor.call("2")
    sizes = {"1": (64, 16), "2": (192, 32), "3": (128, 16), "4": (128, 16)}

    async def greet(socket: WebSocketRoute) -> None:
        window = socket.url.rpartition("/")[2]
        socket.send(json.dumps(sign_board(floor, window, *sizes[window])))

    async with page_host(floor, [floor.board()]) as host:
        await serve_screens(host)
        await host.context.route_web_socket("**/leds/*", greet)
        page = await host.open("/led/demo?lang=en")
        await expect(page.locator(".wall h1")).to_have_text("示例镇便民服务中心")
        await expect(page.locator("led-sign h2")).to_have_text([window.label for window in floor.plan.windows])
        await expect(page.locator("canvas")).to_have_count(4)
        for window, (width, height) in sizes.items():
            pixels = await page.evaluate("(name) => window.ledPixels(name)", window)
            assert (pixels["width"], pixels["height"]) == (width, height)
        await expect(page.get_by_role("img", name=number)).to_have_count(1)
        assert await page.evaluate("() => window.ledPixels()") is None, "which one?"
        assert await violations(page) == []
        assert await page.evaluate(DOT_SIZES) == [1], "a dot is of one size everywhere"
        assert host.complaints == []

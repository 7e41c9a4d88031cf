"""The manager's page in a real browser, on the rules of the real core: the floor, and the day in figures."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from api.plan_text import plan_text
from controller import commands as c
from controller.day_report import report
from controller.ids import PostId
from controller.model import WindowStatus
from controller.plan import Lane, Policies, Post, WindowId
from controller.report_form import report_form
from tests.support.axe import violations
from tests.support.core_day import Day
from tests.support.engines import MORNING
from tests.support.engines import PENSION as CERTIFICATION
from tests.support.manager_floor import ManagerFloor, manager
from tests.support.page_host import Answer, page_host
from tests.support.screen_pages import INSURANCE, PENSION, RESIDENCE, SESSION

pytestmark = pytest.mark.browser

ONE, TWO, THREE = (WindowId(each) for each in "123")
UNKNOWN_DAY = {"code": "day_unknown", "detail": "没有这一天的记录", "status": 404}
SIGN_IN_NEEDED = {"code": "sign_in_needed", "detail": "请先登录", "status": 401}
CHANGE_NEEDED = {"code": "password_change_needed", "detail": "请先修改密码", "status": 403}
FORBIDDEN = {"code": "role_forbidden", "detail": "您的权限（clerk）不能这样做", "status": 403}


def card(page: Page, window: str) -> Any:
    return page.locator(f'.window[data-window="{window}"]')


async def words(page: Page, selector: str) -> str:
    return " ".join((await page.inner_text(selector)).split())


async def test_the_map_shows_every_window_and_follows_the_floor() -> None:
    floor = ManagerFloor()
    floor.open("1", "2", "3")
    floor.ticket(PENSION, minutes_ago=12)
    floor.call("1")
    floor.do(c.StepAway(TWO, "用餐", THREE, floor.now() + timedelta(minutes=20)))
    floor.ticket(RESIDENCE)
    async with manager(floor) as (_, page):
        await expect(card(page, "1")).to_contain_text("A001")
        await expect(card(page, "1")).to_contain_text("已叫号")
        await expect(card(page, "1")).to_contain_text("王芳")
        await expect(card(page, "2").locator(".there")).to_have_text(
            re.compile(r"用餐\s+预计\d\d:\d\d回来\s+由3号窗口替岗")
        )
        await expect(card(page, "3").locator(".there")).to_have_text("1人可叫")
        await expect(card(page, "4").locator(".there")).to_have_text("无人值守，有1人在等")
        await expect(page.locator(".sums dd").nth(2)).to_have_text(re.compile(r"2/4\s+1个离岗"))
        floor.do(c.StartService(ONE))
        await expect(card(page, "1").locator(".stage")).to_contain_text("办理中")
        floor.call("3")
        floor.do(c.FinishService(ONE))
        await expect(card(page, "1").locator(".there")).to_have_text("空闲，没有人可叫")
        floor.do(c.ComeBack(TWO), c.CloseWindow(TWO))
        await expect(card(page, "2").locator(".there")).to_have_text("无人值守")


async def test_an_absence_that_lasts_too_long_is_marked() -> None:
    floor = ManagerFloor()
    floor.open("1")
    floor.do(c.StepAway(ONE, "用餐", None, floor.now() - timedelta(minutes=4)), floor.now() - timedelta(minutes=9))
    async with manager(floor) as (_, page):
        await expect(card(page, "1").locator(".late")).to_contain_text("已超时")
        await expect(card(page, "1").locator(".there")).to_contain_text("没有替岗窗口")
        await expect(card(page, "1").locator(".status")).to_have_text(re.compile(r"离岗\s+9分钟"))


async def test_queues_name_numbers_alone_and_mark_who_waits_too_long() -> None:
    floor = ManagerFloor()
    floor.put(replace(floor.plan, policies=Policies(long_wait_s=600)))
    floor.ticket(PENSION, minutes_ago=25)
    floor.ticket(INSURANCE, Lane.GREEN, minutes_ago=9.5)
    floor.ticket(PENSION)
    async with manager(floor) as (_, page):
        rows = page.locator(".longest tbody tr")
        await expect(rows.locator("th")).to_have_text(["A001", "A002", "A003"])
        await expect(page.locator(".longest tr.long th")).to_have_text(["A001"])
        await expect(rows.nth(0)).to_contain_text("久等")
        await expect(rows.nth(0)).to_contain_text("窗口无人")
        await expect(rows.nth(1)).to_contain_text("绿色通道")
        await expect(page.locator(".by-service li.long")).to_have_text(re.compile(r"养老认证\s+2\s+25分钟"))
        await expect(page.locator(".sums .long")).to_have_text(re.compile(r"最久等候\s+25分钟"))
        await expect(page.locator(".queues")).to_contain_text("等候满10分钟标为久等")
        for _ in range(12):
            floor.ticket(INSURANCE)
        await expect(rows).to_have_count(12)
        await expect(page.locator(".more")).to_have_text("后面还有3人")


async def test_windows_are_opened_left_and_closed_by_keyboard_alone() -> None:
    floor = ManagerFloor()
    async with manager(floor) as (_, page):
        await card(page, "1").get_by_role("button", name="开窗").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("dialog h2")).to_have_text("在1号窗口开窗")
        await page.keyboard.type("赵敏")
        await page.keyboard.press("Enter")
        await expect(card(page, "1").locator(".clerk")).to_have_text("赵敏")
        assert floor.writes[-1][:2] == ("open", {"clerk": "赵敏"})
        await card(page, "1").get_by_role("button", name="离岗").press("Enter")
        await expect(page.locator("dialog h2")).to_have_text("在1号窗口离岗")
        await page.keyboard.press("2")
        await page.keyboard.press("Enter")
        await expect(card(page, "1").locator(".reason")).to_have_text("开会")
        await card(page, "1").get_by_role("button", name="回岗").press("Enter")
        await expect(card(page, "1").locator(".status")).to_contain_text("开放")
        await card(page, "1").get_by_role("button", name="关窗").press("Enter")
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)
        assert floor.day.windows[ONE].status is WindowStatus.OPEN
        await card(page, "1").get_by_role("button", name="关窗").press("Enter")
        await page.keyboard.press("Enter")
        await expect(card(page, "1").locator(".status")).to_contain_text("未开窗")
        assert [write[0] for write in floor.writes] == ["open", "away", "back", "close"]


async def test_a_refusal_is_told_in_words() -> None:
    floor = ManagerFloor()
    floor.open("1")
    floor.ticket()
    floor.call("1")
    async with manager(floor) as (_, page):
        await card(page, "1").get_by_role("button", name="关窗").click()
        await page.keyboard.press("Enter")
        await expect(page.locator(".manager > .alert")).to_contain_text("A001")
        assert floor.day.windows[ONE].status is WindowStatus.OPEN


async def test_the_day_has_curves_and_an_hourly_table_of_both_wastes() -> None:
    floor = ManagerFloor()
    floor.ticket(minutes_ago=20)
    floor.do(c.OpenWindow(ONE, "王芳"), floor.now() - timedelta(minutes=10))
    floor.call("1", floor.now() - timedelta(minutes=5))
    floor.do(c.FinishService(ONE), floor.now() - timedelta(minutes=3))
    async with manager(floor) as (_, page):
        await expect(page.locator(".plot canvas")).to_be_visible()
        await page.locator("#tab-floor").press("ArrowDown")
        await expect(page.locator("#tab-day")).to_have_attribute("aria-selected", "true")
        await expect(page.locator("#tab-day")).to_be_focused()
        told = report_form(report(floor.events, floor.now()))
        await expect(page.locator(".hours tbody tr")).to_have_count(len(told["hours"]))
        cells = await page.locator(".hours tfoot td").all_inner_texts()
        assert cells[:6] == ["1", "1", "1", "0", "0", "15.0"]
        assert float(cells[6]) == pytest.approx(15.0, abs=0.2), "three windows stood unmanned"
        by_window, _, idle_min = (await words(page, ".idle-by-window")).rpartition(" ")
        assert by_window == "各窗口的事等人（分钟）： 1号窗口"
        after = report_form(report(floor.events, floor.now()))["total"]["windows_wait_min"]["1"]
        for told_min in (cells[7], idle_min):
            assert 2.9 <= float(told_min) <= after + 0.1, "it is idle still"
        heat = page.locator(".heat tbody td:not(.heat-0)")
        await expect(page.locator(".heat tbody .heat-5")).not_to_have_count(0)
        shown = sum(float(text) for text in await heat.all_inner_texts())
        assert shown == pytest.approx(15.0, abs=0.6), "people wait, as the hourly table has it"
        await page.get_by_role("button", name="取号数").press("Enter")
        await expect(heat).to_have_text(["1"])
        drawn = await page.evaluate(INK_OF_PLOT, ["waste-chart", CALL])
        assert drawn > 100, "the curve of people waiting is drawn in its colour"


class QuietMorning(ManagerFloor):
    """A floor whose day is over: three were called at nine after 10, 20 and 60 minutes, and nobody since."""

    def _report(self) -> Answer:
        day = Day(at=MORNING - timedelta(hours=1))
        for at_min in (0, 40, 50):
            day.now = MORNING + timedelta(minutes=at_min - 60)
            day.do(c.IssueTicket((CERTIFICATION,)))
        day.do(c.OpenWindow(ONE), c.OpenWindow(TWO), after_s=600)
        for _ in range(3):
            day.do(c.CallNext(ONE), c.StartService(ONE), c.FinishService(ONE))
        return 200, self.told(day.report(5_400))


async def test_waits_are_drawn_by_the_half_hour_and_stand_in_a_table() -> None:
    async with manager(QuietMorning(), "day") as (_, page):
        plot = page.locator("waits-chart .plot")
        await expect(plot.locator("canvas")).to_be_visible()
        await expect(plot).to_have_attribute("aria-label", re.compile("等候时间"))
        for colour in (PRIMARY, CALL, GREEN):
            assert await page.evaluate(INK_OF_PLOT, ["waits-chart", colour]) > 50, colour
        await page.get_by_text("用表格看").press("Enter")
        rows = page.locator(".waits tbody tr")
        told = [" ".join(row.split()) for row in await rows.all_inner_texts()]
        assert told[:3] == [
            "08:00 0 — — 1.0 0.0 1.0 0.0",
            "08:30 0 — — 2.0 0.0 2.0 0.0",
            "09:00 3 20.0 60.0 0.0 2.0 0.0 2.0",
        ]
        assert len(told) == 5
        assert await violations(page, ".waits") == []


PRIMARY, CALL, GREEN = "0b5674", "b3261e", "1c6b3c"
INK_OF_PLOT = """([chart, colour]) => {
  const canvas = document.querySelector(`${chart} .plot canvas`);
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const [red, green, blue] = [0, 2, 4].map((at) => parseInt(colour.slice(at, at + 2), 16));
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count += 1;
  }
  return count;
}"""


async def test_a_day_without_records_is_told() -> None:
    class Forgetful(ManagerFloor):
        days = 0

        def _report(self) -> Answer:
            self.days += 1
            return super()._report() if self.days <= 2 else (404, UNKNOWN_DAY)

    async with manager(Forgetful(), "day") as (_, page):
        await expect(page.locator(".hours")).to_be_visible()
        await page.fill(".which-day input", "2025-01-05")
        await page.fill(".which-day input", "2025-01-06")
        await expect(page.locator(".day > .alert")).to_have_text("没有这一天的记录")


async def test_the_floor_fits_the_screens_of_offices_in_both_languages() -> None:
    floor = ManagerFloor(6)
    floor.open("1", "2", "3")
    for _ in range(4):
        floor.ticket()
    async with manager(floor) as (_, page):
        for language in ("zh-CN", "en"):
            for width, height in ((1280, 800), (1366, 768), (1920, 1080)):
                await page.set_viewport_size({"width": width, "height": height})
                await expect(page.locator(".plot canvas")).to_be_visible()
                room = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
                assert await page.evaluate(room) == [width, height], (language, width)
                assert await page.evaluate(CUT_SHORT) == [], (language, width)
            await page.get_by_role("button", name="English").or_(page.get_by_role("button", name="中文")).click()


CUT_SHORT = """() => [...document.querySelectorAll('.head h1, .head button, .head a, .tabs button, .sums dt, .window')]
  .filter((each) => each.scrollWidth > each.clientWidth + 1 || each.getClientRects().length > 1)
  .map((each) => each.textContent.trim())"""


async def test_a_lost_connection_is_told_and_the_page_speaks_english_too() -> None:
    floor = ManagerFloor()
    async with manager(floor) as (host, page):
        host.greeting = []
        await host.drop()
        await expect(page.locator(".stale")).to_contain_text("连接已断开")
        host.greeting = [floor.board()]
        await host.drop()
        await expect(page.locator(".stale")).to_have_count(0)
        await page.get_by_role("button", name="English").click()
        await expect(page.locator(".sums dt").first).to_have_text("Waiting now")
        await expect(page.locator(".legend li").first).to_contain_text("People wait")


class GuardedFloor(ManagerFloor):
    """A floor that answers some paths in its own way."""

    def __init__(self) -> None:
        super().__init__()
        self.guarded: dict[str, Answer] = {}

    def _answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        return self.guarded.get(path) or super()._answer(method, path, headers, body)


@pytest.mark.parametrize("problem", [SIGN_IN_NEEDED, CHANGE_NEEDED])
async def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(problem: dict[str, Any]) -> None:
    floor = GuardedFloor()
    floor.session = (problem["status"], problem)
    async with page_host(floor, [floor.board()]) as host:
        page = await host.open("/manager/demo?lang=en")
        await page.wait_for_url("**/signin?next=%2Fmanager%2Fdemo%3Flang%3Den")
        assert host.complaints == []


@pytest.mark.parametrize(
    ("tab", "press", "path"),
    [
        ("floor", "", "/floor"),
        ("floor", '.window[data-window="1"] button:has-text("回岗")', "/windows/1/back"),
        ("floor", "#tab-day", "/report"),
        ("floor", "#tab-plan", "/plan/text"),
        ("floor", "#tab-cases", "/cases"),
        ("floor", "#tab-aids", "/aids"),
        ("floor", "#tab-devices", "/devices"),
        ("plan", ".check", "/plan/text"),
    ],
)
async def test_whose_session_ends_is_sent_to_the_sign_in_page(tab: str, press: str, path: str) -> None:
    floor = GuardedFloor()
    floor.open("1")
    floor.do(c.StepAway(ONE, "用餐", None, None))
    async with manager(floor, tab) as (_, page):
        await expect(page.locator(".signed-in a")).to_have_text("主任")
        if tab == "plan":
            await expect(page.locator(".text textarea")).to_have_value(plan_text(floor.plan))
        floor.session = floor.guarded[f"/halls/demo{path}"] = (401, SIGN_IN_NEEDED)
        at = press.removeprefix("#tab-") if press.startswith("#tab-") else tab
        if press:
            await page.click(press)
        else:
            floor.ticket()  # the board tells the page to read the floor
        await page.wait_for_url(f"**/signin?next=%2Fmanager%2Fdemo%23{at}")


async def test_whose_role_may_not_see_the_floor_is_told_so_and_may_sign_out() -> None:
    floor = GuardedFloor()
    floor.guarded["/halls/demo/floor"] = (403, FORBIDDEN)
    floor.session = (200, {**SESSION, "name": "王芳", "role": "clerk", "hall": "demo"})
    async with page_host(floor, [floor.board()]) as host:
        page = await host.open("/manager/demo")
        await expect(page.locator(".preparing h1")).to_have_text("您的权限（clerk）不能这样做")
        await expect(page.locator(".signed-in a")).to_have_text("王芳")
        async with page.expect_request(lambda request: request.method == "DELETE") as left:
            await page.locator(".sign-out").click()
        assert (await left.value).url.endswith("/api/v1/session")
        await page.wait_for_url("**/signin?next=%2Fmanager%2Fdemo")
        assert host.complaints == []


async def test_every_part_is_without_fault_for_readers_in_both_languages() -> None:
    floor = ManagerFloor(6)
    floor.put(replace(floor.plan, posts=(Post(PostId("first"), ONE, "王芳", ("李强",)),)))
    floor.ticket(PENSION, minutes_ago=25)
    floor.open("1", "2")
    floor.ticket(RESIDENCE, Lane.GREEN)
    floor.do(c.StepAway(TWO, "用餐", ONE, floor.now()))
    async with manager(floor) as (_, page):
        for language in ("English", "中文"):
            for tab in await page.locator("[role=tab]").all():
                await tab.click()
                await expect(page.locator("#panel > :visible").first).to_be_visible()
                assert await violations(page) == [], (language, await tab.inner_text())
            await page.get_by_role("button", name=language).click()

"""The manager's page in a real browser, on the rules of the real core: the floor, the day in figures, the plan."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from api.plan_file import BadPlan, check_text, read_plan
from api.plan_text import plan_text
from controller import commands as c
from controller.assignment import stranded
from controller.codec import to_json
from controller.day_report import report
from controller.floor_view import floor_form
from controller.model import WindowStatus
from controller.plan import Lane, Plan, Policies, WindowId
from controller.report_form import report_form
from controller.views import stranded_form
from tests.support.page_host import Answer, PageHost, page_host
from tests.support.screen_pages import INSURANCE, PENSION, RESIDENCE, SESSION, ScreenFloor

pytestmark = pytest.mark.browser

ONE, TWO, THREE = (WindowId(each) for each in "123")
UNKNOWN_DAY = {"code": "day_unknown", "detail": "没有这一天的记录", "status": 404}
SIGN_IN_NEEDED = {"code": "sign_in_needed", "detail": "请先登录", "status": 401}
CHANGE_NEEDED = {"code": "password_change_needed", "detail": "请先修改密码", "status": 403}
FORBIDDEN = {"code": "role_forbidden", "detail": "您的权限（clerk）不能这样做", "status": 403}


class ManagerFloor(ScreenFloor):
    """A floor that also answers what the manager's page asks; ``plan`` is the one in force."""

    def put(self, plan: Plan) -> None:
        self.do(c.ChangePlan(plan))
        self.plan = plan

    def _answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        match method, path.removeprefix("/halls/demo/"):
            case "GET", "floor":
                return 200, floor_form(self.day, self.now())
            case "GET", "report":
                return self._report()
            case "GET", "plan/text":
                return 200, {"text": plan_text(self.plan)}
            case "POST", "plan/text":
                return 200, self._checked(body["text"])
            case "PUT", "plan":
                self.put(read_plan(body, "zh-CN"))
                left = [stranded_form(self.day.tickets[ticket]) for ticket in stranded(self.day)]
                return 200, {**to_json(self.plan), "warnings": [], "stranded": left}
        return super()._answer(method, path, headers, body)

    def _report(self) -> Answer:
        return 200, report_form(report(self.events, self.now()))

    def _checked(self, text: str) -> dict[str, Any]:
        nothing: dict[str, Any] = {"faults": [], "warnings": [], "plan": None, "refusal": None, "stranded": []}
        try:
            plan, doubts = check_text(text.encode(), "zh-CN", date(2026, 1, 5))
        except BadPlan as error:
            return {**nothing, "faults": [asdict(fault) for fault in error.faults]}
        left = [stranded_form(self.day.tickets[ticket]) for ticket in stranded(self.day.changed(plan=plan))]
        return {**nothing, "warnings": [asdict(one) for one in doubts], "plan": to_json(plan), "stranded": left}


@asynccontextmanager
async def manager(floor: ManagerFloor, tab: str = "floor") -> AsyncIterator[tuple[PageHost, Page]]:
    async with page_host(floor, [floor.board()]) as host:
        floor.host = host
        page = await host.open(f"/manager/demo#{tab}")
        await expect(page.locator("#panel > *").first).to_be_visible()
        yield host, page
        floor.host = None
        assert host.complaints == []


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
        await page.locator("#tab-floor").press("ArrowRight")
        await expect(page.locator("#tab-day")).to_have_attribute("aria-selected", "true")
        await expect(page.locator("#tab-day")).to_be_focused()
        told = report_form(report(floor.events, floor.now()))
        await expect(page.locator(".hours tbody tr")).to_have_count(len(told["hours"]))
        cells = await page.locator(".hours tfoot td").all_inner_texts()
        assert cells[:6] == ["1", "1", "1", "0", "0", "15.0"]
        assert float(cells[6]) == pytest.approx(15.0, abs=0.2), "three windows stood unmanned"
        assert float(cells[7]) == pytest.approx(3.0, abs=0.2)
        assert (await words(page, ".idle-by-window")).startswith("各窗口的事等人（分钟）： 1号窗口 3.")
        drawn = await page.evaluate(INK_OF_PLOT)
        assert drawn > 100, "the curve of people waiting is drawn in its colour"


INK_OF_PLOT = """() => {
  const canvas = document.querySelector('.plot canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] === 0xb3 && data[at + 1] === 0x26 && data[at + 2] === 0x1e) count += 1;
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


def editor(page: Page) -> Any:
    return page.locator(".text textarea")


async def test_faults_of_a_plan_lead_to_their_lines() -> None:
    floor = ManagerFloor()
    async with manager(floor, "plan") as (_, page):
        await expect(editor(page)).to_have_value(plan_text(floor.plan))
        wrong = plan_text(floor.plan).replace("department: 人社", "department: 人社, colour: red")
        await editor(page).fill(wrong)
        await expect(page.locator(".put")).to_be_disabled()
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".verdict")).to_have_text("有1处要改，方案不能生效")
        await expect(page.locator(".verdict")).to_have_attribute("role", "alert")
        line = next(at for at, text in enumerate(wrong.splitlines(), start=1) if "colour" in text)
        await expect(page.locator(".line-numbers .faulty")).to_have_text(str(line))
        await page.get_by_role("button", name=f"第{line}行").press("Enter")
        selected = await editor(page).evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
        assert "colour: red" in selected
        await expect(page.locator(".put")).to_be_disabled()
        assert floor.day.plan == floor.plan


async def test_a_plan_says_whom_it_strands_before_and_after_it_is_put_in_force() -> None:
    floor = ManagerFloor()
    waiting = floor.ticket(RESIDENCE)
    floor.ticket(INSURANCE)
    fewer = replace(floor.plan, services=tuple(one for one in floor.plan.services if one.code != RESIDENCE))
    async with manager(floor, "plan") as (_, page):
        await expect(editor(page)).to_have_value(plan_text(floor.plan))
        await editor(page).fill(plan_text(fewer))
        await page.get_by_role("button", name="检查").click()
        await expect(page.locator(".stranded li")).to_have_text([re.compile(f"{waiting}\\s+居住证办理")])
        await expect(page.locator(".put")).to_have_text(re.compile("仍然生效"))
        assert floor.day.plan != fewer
        await page.locator(".put").click()
        await expect(page.locator(".verdict.said")).to_contain_text(f"请当面说明：{waiting}")
        assert floor.day.plan == fewer
        assert len(floor.day.waiting) == 2
        await page.locator("#tab-floor").click()
        await expect(page.locator(".unserved")).to_contain_text(f"没有窗口可办的号：{waiting}")


async def test_a_plan_that_somebody_else_changed_meanwhile_is_not_lost() -> None:
    floor = ManagerFloor()
    async with manager(floor, "plan") as (_, page):
        await expect(editor(page)).to_have_value(plan_text(floor.plan))
        mine = replace(floor.plan, policies=Policies(return_after=7))
        theirs = replace(floor.plan, policies=Policies(return_after=5))
        await editor(page).fill(plan_text(mine))
        floor.put(theirs)
        await page.get_by_role("button", name="检查").click()
        await expect(page.locator(".verdict.said")).to_have_text("没有错误，可以生效")
        await page.locator(".put").click()
        await expect(page.locator(".verdict.refused")).to_contain_text("方案已被别人改过")
        assert floor.day.plan == theirs
        await page.get_by_role("button", name="重新载入").click()
        await expect(editor(page)).to_have_value(plan_text(theirs))


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
async def test_the_floor_fits_the_screens_of_offices(width: int, height: int) -> None:
    floor = ManagerFloor(6)
    floor.open("1", "2", "3")
    for _ in range(4):
        floor.ticket()
    async with manager(floor) as (_, page):
        await page.set_viewport_size({"width": width, "height": height})
        await expect(page.locator(".plot canvas")).to_be_visible()
        room = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        assert await page.evaluate(room) == [width, height]


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
            await expect(editor(page)).to_have_value(plan_text(floor.plan))
        floor.session = floor.guarded[f"/halls/demo{path}"] = (401, SIGN_IN_NEEDED)
        if press:
            await page.click(press)
        else:
            floor.ticket()  # the board tells the page to read the floor
        await page.wait_for_url("**/signin?next=%2Fmanager%2Fdemo")


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

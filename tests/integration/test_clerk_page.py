"""The clerk's console in a real browser, by keyboard alone, on the rules of the real core."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from controller import commands as c
from controller.model import TicketState, WindowStatus
from controller.plan import Lane, WindowId
from tests.support.page_host import Answer, PageHost, page_host
from tests.support.screen_pages import INSURANCE, RESIDENCE, ScreenFloor, serve_screens

pytestmark = pytest.mark.browser

ONE, TWO, THREE = (WindowId(each) for each in "123")


@asynccontextmanager
async def console(floor: ScreenFloor, window: str = "1") -> AsyncIterator[tuple[PageHost, Page]]:
    async with page_host(floor, [floor.board()]) as host:
        await serve_screens(host)
        floor.host = host
        page = await host.open(f"/clerk/demo/{window}")
        await expect(page.locator(".console")).to_be_visible()
        yield host, page
        floor.host = None
        assert host.complaints == []


async def words(page: Page, selector: str) -> str:
    return " ".join((await page.inner_text(selector)).split())


async def ready(page: Page) -> None:
    await expect(page.locator(".act.busy")).to_have_count(0)


async def may(page: Page) -> set[str]:
    await ready(page)
    actions = await page.eval_on_selector_all(".act:enabled", "all => all.map((each) => each.dataset.action)")
    return set(actions)


async def test_a_clerk_works_a_ticket_by_one_key_each() -> None:
    floor = ScreenFloor()
    number = floor.ticket(RESIDENCE, Lane.GREEN, minutes_ago=12)
    floor.ticket(INSURANCE)
    async with console(floor) as (host, page):
        assert await may(page) == {"open"}
        await page.keyboard.press("o")
        await page.keyboard.type("王芳")
        await page.keyboard.press("Enter")
        await expect(page.locator(".who")).to_have_text("王芳")
        await expect(page.locator(".idle h2")).to_have_text("2人可叫")
        assert await may(page) == {"next", "away", "close"}
        await page.keyboard.press("n")
        await expect(page.locator(".current-number")).to_have_text(number)
        await expect(page.locator(".stage .lane")).to_have_text("绿色通道")  # the ticket is read after its number
        assert await words(page, ".stage") == "已叫号，等人到窗口 绿色通道"
        assert (await words(page, ".current-about")).startswith("居住证办理 取号")
        assert "等候 12分钟" in await words(page, ".facts")
        assert await may(page) == {"recall", "start", "finish", "no_show", "hold", "transfer"}
        await page.keyboard.press("r")
        await expect(page.locator(".facts")).to_contain_text("第2次")
        await page.keyboard.press("s")
        await expect(page.locator(".stage")).to_contain_text("正在办理")
        assert await may(page) == {"next", "finish", "hold", "transfer"}
        await page.keyboard.press("F2")
        await expect(page.locator(".current-number")).to_have_text("A001")
        await page.keyboard.press("m")
        await expect(page.locator(".idle h2")).to_have_text("没有等候的人")
        await page.keyboard.press("n")
        await expect(page.locator(".message")).to_have_text("没有可叫的号")
        await page.get_by_role("button", name="English").click()
        await expect(page.locator(".message")).to_have_text("Nobody to call")
        assert [write[0] for write in floor.writes] == ["open", "next", "recall", "start", "next", "no-show", "next"]
        keys = {key for *_, key in floor.writes}
        assert len(keys) == len(floor.writes)
        assert floor.day.windows[ONE].clerk == "王芳"
        states = {ticket.number: ticket.state for ticket in floor.day.tickets.values()}
        assert states == {number: TicketState.FINISHED, "A001": TicketState.NO_SHOW}
        assert all(message["type"] != "shown" for message in host.received)


PRESS_TWICE = """(code) => {
  for (const repeat of [false, true, false]) {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Process', code, repeat, bubbles: true }));
  }
}"""


async def test_a_double_press_is_one_press_whatever_the_input_method() -> None:
    floor = ScreenFloor()
    floor.open("1")
    floor.ticket()
    floor.ticket()
    async with console(floor) as (_, page):
        await page.evaluate(PRESS_TWICE, "KeyN")
        await expect(page.locator(".current-number")).to_have_text("A001")
        await page.keyboard.press("n")
        await expect(page.locator(".message")).to_have_text("现在不能“叫号”")
        await page.evaluate(PRESS_TWICE, "KeyR")
        await expect(page.locator(".facts")).to_contain_text("第2次")
        assert [write[0] for write in floor.writes] == ["next", "recall"]


async def test_a_refusal_says_what_to_do_and_the_picture_is_true_again() -> None:
    floor = ScreenFloor()
    floor.open("1")
    number = floor.ticket()
    async with console(floor) as (host, page):
        await expect(page.locator(".idle h2")).to_have_text("1人可叫")
        floor.host = None

        async def called_meanwhile(route: Route) -> None:
            """The number is called by other means while the press is under way: the page can't know yet."""
            floor.call("1")
            await route.fallback()

        await page.route("**/windows/1/next", called_meanwhile)
        await page.keyboard.press("n")
        await expect(page.locator(".message .refused")).to_contain_text(f"{number} 号还在窗口 1")
        await expect(page.locator(".message")).to_have_attribute("role", "alert")
        await expect(page.locator(".current-number")).to_have_text(number)
        floor.host = host


async def test_a_press_without_an_answer_happens_once() -> None:
    floor = ScreenFloor()
    floor.open("1")
    floor.ticket()
    floor.call("1")
    async with console(floor) as (host, page):
        await expect(page.locator(".facts")).to_contain_text("第1次")
        floor.host = None
        floor.answers_lost = True
        for _ in range(2):
            await page.keyboard.press("r")
            await expect(page.locator(".act.busy")).to_have_count(1)
            assert await may(page) != set()
            await expect(page.locator(".message .refused")).to_contain_text("没有得到应答")
        assert len(floor.writes) == 8
        assert len({key for *_, key in floor.writes}) == 1
        floor.answers_lost = False
        floor.host = host
        host.send(floor.board())
        await expect(page.locator(".facts")).to_contain_text("第2次")
        await page.keyboard.press("r")
        await expect(page.locator(".facts")).to_contain_text("第3次")
        assert len({key for *_, key in floor.writes}) == 2


async def test_a_ticket_is_sent_on_to_a_window_or_for_another_matter() -> None:
    floor = ScreenFloor()
    floor.open("1", "2", "3")
    floor.ticket(INSURANCE)
    async with console(floor) as (_, page):
        await page.keyboard.press("n")
        await expect(page.locator(".current-number")).to_have_text("A001")
        await page.keyboard.press("t")
        await page.keyboard.press("Enter")
        await expect(page.locator("dialog [role=alert]")).to_have_text("请选一个窗口，或另一个事项")
        await page.keyboard.press("2")
        floor.do(c.CloseWindow(TWO))
        await expect(page.locator("dialog [name=window]")).to_have_count(2)
        await page.keyboard.press("Enter")
        await expect(page.locator(".current.idle")).to_be_visible()
        assert floor.writes[-1][:2] == ("transfer", {"window": "3"})
        floor.ticket(INSURANCE)
        await page.keyboard.press("n")
        await expect(page.locator(".current-number")).to_have_text("A002")
        await page.keyboard.press("t")
        await page.fill(".narrow", "公安")
        assert await words(page, ".options") == "不变：城乡居民医保参保 居住证办理 公安"
        await page.get_by_label("居住证办理").check()
        await page.fill(".narrow", "人社")
        await page.fill("[name=note]", "户口本未带")
        await page.keyboard.press("Enter")
        await expect(page.locator(".current.idle")).to_be_visible()
        assert floor.writes[-1][:2] == ("transfer", {"services": [RESIDENCE], "note": "户口本未带"})
        assert [ticket.services for ticket in floor.day.tickets.values()] == [(INSURANCE,), (RESIDENCE,)]


async def test_tickets_on_hold_are_taken_up_again() -> None:
    floor = ScreenFloor()
    floor.open("1")
    for service in (INSURANCE, RESIDENCE):
        floor.ticket(service)
    async with console(floor) as (_, page):
        for count in (1, 2):
            for action, key in (("next", "n"), ("hold", "h")):  # a key pressed while one is under way is none
                await expect(page.locator(f".act[data-action={action}]")).to_be_enabled()
                await page.keyboard.press(key)
            await expect(page.locator(".held li")).to_have_count(count)
        assert await may(page) == {"next", "resume", "away", "close"}
        await page.keyboard.press("u")
        await page.keyboard.press("2")
        await page.keyboard.press("Enter")
        await expect(page.locator(".current-number")).to_have_text("B001")
        for action, key in (("finish", "f"), ("resume", "u")):
            await expect(page.locator(f".act[data-action={action}]")).to_be_enabled()
            await page.keyboard.press(key)
        await expect(page.locator(".current-number")).to_have_text("A001")
        await expect(page.locator(".held")).to_have_count(0)


async def test_stepping_away_names_reason_and_substitute_and_closing_asks() -> None:
    floor = ScreenFloor()
    floor.open("1", "3")
    async with console(floor) as (_, page):
        await page.keyboard.press("w")
        await page.keyboard.press("2")
        await page.locator("dialog").get_by_label("3号窗口").check()
        await page.get_by_label("30分钟").check()
        before = floor.now()
        await page.keyboard.press("Enter")
        await expect(page.locator(".current.away h2")).to_have_text("开会")
        await expect(page.locator(".current.away")).to_contain_text("群众请到3号窗口")
        state = floor.day.windows[ONE]
        assert (state.status, state.notice, state.substitute) == (WindowStatus.AWAY, "开会", THREE)
        assert state.until is not None
        assert 1_700 < (state.until - before).total_seconds() < 1_900
        assert await may(page) == {"back", "close"}
        await page.keyboard.press("w")
        await expect(page.locator(".status")).to_have_text("开放")
        await page.keyboard.press("x")
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)
        assert floor.day.windows[ONE].status is WindowStatus.OPEN
        await page.keyboard.press("x")
        await page.keyboard.press("Enter")
        await expect(page.locator(".status")).to_have_text("未开窗")
        await page.keyboard.press("?")
        await expect(page.locator("dialog h2")).to_have_text("按键说明")


def chips(counts: Any) -> list[str]:
    return [" ".join(each.split()) for each in counts]


async def test_the_queue_is_that_of_this_window_and_follows_the_floor() -> None:
    floor = ScreenFloor()
    floor.open("1", "2")
    for service in (INSURANCE, RESIDENCE, INSURANCE):
        floor.ticket(service)
    async with console(floor, "2") as (host, page):
        await expect(page.locator(".queue h2 strong")).to_have_text("2人")
        assert chips(await page.locator(".counts li").all_inner_texts()) == ["城乡居民医保参保 2"]
        await expect(page.locator(".queue .tickets .number")).to_have_text(["A001", "A002"])
        floor.call("1")
        await expect(page.locator(".queue .tickets .number")).to_have_text(["A002"])
        for _ in range(6):
            floor.ticket(INSURANCE)
        await expect(page.locator(".queue .tickets li")).to_have_count(5)
        await expect(page.locator(".queue")).to_contain_text("后面还有2人")
        host.greeting = []
        await host.drop()
        await expect(page.locator(".stale")).to_contain_text("连接已断开")
        host.greeting = [floor.board()]
        await host.drop()
        await expect(page.locator(".stale")).to_have_count(0)


async def test_a_window_that_is_not_there_is_told() -> None:
    floor = ScreenFloor()
    async with page_host(floor, []) as host:
        await serve_screens(host)
        page = await host.open("/clerk/demo/9")
        await expect(page.locator("h1")).to_have_text("没有这个窗口")


async def test_whose_session_ends_while_cases_are_looked_for_is_sent_to_the_sign_in_page() -> None:
    class Guarded(ScreenFloor):
        def _answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
            told = super()._answer(method, path, headers, body)
            return self.session if path.startswith("/halls/demo/cases") else told

    floor = Guarded()
    async with console(floor) as (_, page):
        floor.session = (401, {"code": "sign_in_needed", "detail": "请先登录", "status": 401})
        await page.keyboard.press("c")
        await page.keyboard.type("20260105-1")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/signin?next=%2Fclerk%2Fdemo%2F1")

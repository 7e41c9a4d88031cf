"""Phone, pad and portal in a real browser; the test plays the controller and misbehaves on purpose."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.support.page_host import Answer, PageHost, page_host

pytestmark = pytest.mark.browser

PLAN: dict[str, Any] = {
    "hall": {"id": "demo", "name": "示例镇便民服务中心", "timezone": "Asia/Shanghai", "hours": None},
    "services": [
        {"code": "medical_insurance", "name": "城乡居民医保参保", "field": "social", "department": "医保"},
        {"code": "residence_certificate", "name": "居住证办理", "field": "livelihood", "department": "公安"},
    ],
    "windows": [{"id": "2", "label": "2号窗口", "number": 2, "kind": "comprehensive"}],
    "devices": [{"id": "tv-1", "kind": "tv"}],
}
TICKET = {
    "ticket": "00000000000000a1",
    "number": "A003",
    "services": ["medical_insurance"],
    "lane": "normal",
    "state": "waiting",
    "window": None,
    "ahead": 4,
    "wait": {"p50_s": 540, "p90_s": 900},
    "receipt": "none",
    "issued_at": "2026-01-05T09:00:00+08:00",
    "hall": "demo",
    "hall_name": "示例镇便民服务中心",
    "call": None,
    "unrated": [],
    "token": "demo.0123",
}
VISIT = {"window": "2", "label": "2号窗口", "services": ["medical_insurance"], "ended_at": "2026-01-05T09:20:00+08:00"}
WINDOW = {
    "window": "2",
    "label": "2号窗口",
    "kind": "comprehensive",
    "status": "open",
    "ticket": None,
    "number": None,
    "stage": None,
    "notice": None,
    "substitute": None,
    "review": None,
}


def board(seq: int = 1, *, is_open: bool = True, **window: Any) -> dict[str, Any]:
    return {
        "type": "board",
        "hall": "demo",
        "hall_name": "示例镇便民服务中心",
        "seq": seq,
        "open": is_open,
        "waiting": 4,
        "waiting_by_service": {"medical_insurance": 4},
        "calls": [],
        "windows": [{**WINDOW, **window}],
        "notices": [],
        "at": "2026-01-05T09:00:00+08:00",
    }


class Floor:
    """Answers for the controller; ``trouble`` holds what the next writes meet instead of success."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, str, str, Any]] = []
        self.trouble: list[Answer | None] = []
        self.plan = PLAN

    def __call__(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer | None:
        if method != "GET":
            self.writes.append((method, path, headers.get("idempotency-key", ""), body))
            if self.trouble:
                return self.trouble.pop(0)
            issued = {key: TICKET[key] for key in ("ticket", "number", "ahead", "wait", "token")}
            return (201, issued) if path.endswith("/tickets") else (200, {})
        if path == "/halls":
            return 200, [{**board(), "name": "示例镇便民服务中心"}]
        if path == "/halls/demo/plan":
            return 200, self.plan
        if path == "/halls/demo":
            return 200, board()
        if path == "/tickets/demo.0123":
            return 200, TICKET
        return 404, {"code": "unknown", "detail": "没有这个大厅", "status": 404}


async def text_of(page: Page, selector: str) -> str:
    return " ".join((await page.inner_text(selector)).split())


async def test_a_closed_hall_says_when_it_opens_next() -> None:
    closed = {**board(is_open=False), "opens_at": "2026-02-24T08:30:00+08:00"}
    async with page_host(Floor(), [closed]) as host:
        page = await host.open("/tv/demo")
        await expect(page.locator(".quiet p")).to_have_text("下次开放：2026年2月24日星期二 08:30")


async def test_the_phone_follows_its_ticket_to_the_review() -> None:
    floor = Floor()
    async with page_host(floor, [{"type": "ticket", **TICKET}]) as host:
        page = await host.open("/t/demo.0123")
        assert await text_of(page, ".now") == "您的号码 A003 等候中 不用守在大厅，叫到您时这里会提醒"
        host.send({"type": "ticket", **TICKET, "state": "called", "window": "2", "call": "2号窗口"})
        await expect(page.locator(".now-call")).to_have_text("请到2号窗口")
        await expect(page).to_have_title("A003 2号窗口")
        host.send({"type": "ticket", **TICKET, "state": "finished", "window": "2", "unrated": [VISIT]})
        await page.get_by_label("非常满意", exact=True).check()
        await page.get_by_label("一窗受理一次办结").check()
        await page.click("text=提交评价")
        await expect(page.locator(".thanks")).to_be_visible()
        assert floor.writes[-1][1] == "/halls/demo/reviews"
        assert floor.writes[-1][3] == {"token": "demo.0123", "window": "2", "level": 5, "tags": ["510"], "text": ""}
        assert host.complaints == []


async def test_a_ticket_is_given_back_only_after_a_second_word() -> None:
    floor = Floor()
    async with page_host(floor, [{"type": "ticket", **TICKET}]) as host:
        page = await host.open("/t/demo.0123")
        await page.click(".give-back")
        assert floor.writes == []
        await page.click(".sure .danger")
        await expect(page.locator(".now-state")).to_have_text("已退号")
        assert [write[:2] for write in floor.writes] == [("DELETE", "/halls/demo/tickets/00000000000000a1")]


async def test_an_unknown_ticket_is_told_in_both_languages() -> None:
    async with page_host(Floor(), []) as host:
        page = await host.open("/t/demo.ffff")
        await expect(page.locator("h2")).to_have_text("没有找到这张号")
        await page.click(".language")
        await expect(page.locator("h2")).to_have_text("This ticket was not found")
        assert await page.get_attribute("html", "lang") == "en"


def invited(ticket: str, number: str) -> dict[str, Any]:
    return board(2, review={"ticket": ticket, "number": number, "until": "2026-01-05T09:03:00+08:00"})


async def bad_review(page: Page, host: PageHost) -> None:
    host.send(invited("t1", "A001"))
    await page.get_by_label("非常不满意").check()
    await page.click("text=提交评价")
    await expect(page.locator(".alert")).to_have_text("请至少选一项原因，或写几句话")
    await page.fill("textarea", "跑了三趟")
    await page.click("text=提交评价")


async def test_the_pad_asks_once_and_a_bad_review_needs_a_reason() -> None:
    floor = Floor()
    async with page_host(floor, [board()]) as host:
        page = await host.open("/pad/demo/2")
        await expect(page.locator(".say h2")).to_have_text("您好，欢迎光临")
        await bad_review(page, host)
        await expect(page.locator(".say h2")).to_have_text("感谢您的评价")
        assert [body for *_, body in floor.writes] == [{"ticket": "t1", "level": 1, "tags": [], "text": "跑了三趟"}]
        host.send(invited("t2", "A002"))
        await expect(page.locator(".invite-for")).to_have_text("A002号")
        assert await page.locator("input:checked").count() == 0
        await page.click("text=这次不评价")
        await expect(page.locator(".say h2")).to_have_text("您好，欢迎光临")
        host.send(invited("t2", "A002"))
        host.send(board(3, stage="serving", number="A004"))
        await expect(page.locator(".say h2")).to_have_text("正在为A004办理")
        assert len(floor.writes) == 1
        assert host.complaints == []


async def test_an_invitation_that_is_over_is_not_shown() -> None:
    late = board(
        2, review={"ticket": "t1", "number": "A001", "until": "2026-01-05T08:59:00+08:00"}, stage="serving", number="A9"
    )
    async with page_host(Floor(), [late]) as host:
        page = await host.open("/pad/demo/2")
        await expect(page.locator(".say h2")).to_have_text("正在为A9办理")


async def test_the_portal_leads_to_every_page_of_the_hall() -> None:
    async with page_host(Floor(), []) as host:
        page = await host.open("/")
        await page.wait_for_selector(".hall a.page")
        links = await page.eval_on_selector_all("a", "links => links.map((link) => link.getAttribute('href'))")
        at_window = {f"/{name}/demo/2" for name in ("clerk", "led", "sign", "pad")}
        assert {"/kiosk/demo", "/docs", "/metrics", "/healthz", *at_window} <= set(links)
        assert any(link.startswith("/tv/demo") for link in links)
        assert host.complaints == []

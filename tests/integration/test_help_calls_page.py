"""Help that is wanted, on the clerk's console and the manager's page, in a real browser on the real core."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from controller import commands as c
from controller.help_events import HelpId
from controller.plan import DeviceId, WindowId, ZoneId
from controller.refusals import Refusal
from controller.runtime.catalogue import text
from tests.support.axe import violations
from tests.support.manager_floor import ManagerFloor, manager
from tests.support.page_host import Answer, page_host
from tests.support.screen_pages import serve_screens

pytestmark = pytest.mark.browser


class HelpFloor(ManagerFloor):
    """A floor whose help calls can be answered."""

    def _answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        match method, path.removeprefix("/halls/demo/").split("/"):
            case "POST", ["help-calls", help_call, "answer"]:
                refusal = self.attempt(c.AnswerHelp(HelpId(help_call)))
                return (204, None) if refusal is None else _refused(refusal)
        return super()._answer(method, path, headers, body)


def _refused(refusal: Refusal) -> Answer:
    detail = text(f"refusal.{refusal.code}", "zh-CN", **refusal.params)
    return 409, {"code": refusal.code, "detail": detail, "status": 409}


async def calls(page: Page) -> list[str]:
    return [" ".join(one.split()) for one in await page.locator(".help-list li").all_inner_texts()]


async def test_a_clerk_sees_who_wants_help_and_goes_there() -> None:
    floor = HelpFloor()
    floor.open("1")
    floor.do(c.AskHelp(DeviceId("help-1"), WindowId("2")))
    floor.do(c.AskHelp(DeviceId("help-2"), zone=ZoneId("main")), c.AskHelp(DeviceId("help-2"), zone=ZoneId("main")))
    async with page_host(floor, [floor.board()]) as host:
        await serve_screens(host)
        floor.host = host
        page = await host.open("/clerk/demo/1")
        await expect(page.locator(".help-list li")).to_have_count(2)
        first, second = await calls(page)
        assert first.startswith("有人求助 2号窗口的按钮 help-1 ")
        assert "按了2次" in second
        assert await violations(page) == []
        await page.get_by_role("button", name="我去").first.click()
        await expect(page.locator(".help-list li")).to_have_count(1)
        assert [call.device for call in floor.day.help_calls] == ["help-2"]
        floor.host = None
        assert host.complaints == []


async def test_two_who_go_at_once_are_told() -> None:
    floor = HelpFloor()
    floor.do(c.AskHelp(DeviceId("help-1"), zone=ZoneId("main")))
    async with manager(floor) as (host, page):
        await expect(page.locator(".help-list li")).to_have_count(1)
        floor.host = None  # this page's board is late
        floor.do(c.AnswerHelp(floor.day.help_calls[0].id))
        await page.get_by_role("button", name="我去").click()
        await expect(page.locator(".help-refused")).to_have_text("已经有人去帮忙了")
        host.send(floor.board())
        await expect(page.locator(".help-list li")).to_have_count(0)

"""The manager's notices in a real browser, on the rules of the real core."""

from typing import Any

import pytest
from playwright.async_api import expect

from controller import commands as c
from controller import events as e
from controller.plan import ZoneId
from tests.support.manager_floor import ManagerFloor, manager
from tests.support.page_host import Answer

pytestmark = pytest.mark.browser


class NoticeFloor(ManagerFloor):
    """A floor that takes notices, after it has refused one."""

    refuses = True

    def _answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        if (method, path.removeprefix("/halls/demo/")) != ("POST", "notices"):
            return super()._answer(method, path, headers, body)
        if self.refuses:
            self.refuses = False
            return 409, {"code": "day_not_open", "detail": "今天已结束"}
        self.do(c.MakeNotice(body["text"], ZoneId(body["zone"]) if body["zone"] else None, body["urgent"]))
        return 201, body


async def test_a_notice_is_said_and_stays_in_the_field_until_it_is() -> None:
    floor = NoticeFloor()
    async with manager(floor, "notices") as (_, page):
        field = page.locator(".notices textarea")
        await page.get_by_role("button", name="请丢失物品的群众到咨询台认领。").click()
        await expect(field).to_have_value("请丢失物品的群众到咨询台认领。")
        await expect(field).to_be_focused()
        await page.get_by_label("紧急：排在其他播报之前").check()
        say = page.locator(".notices button.button")
        await say.click()
        await expect(page.locator(".notices .alert")).to_have_text("今天已结束")
        await expect(field).to_have_value("请丢失物品的群众到咨询台认领。")
        await say.click()
        await expect(page.locator(".notices .said li")).to_contain_text(["请丢失物品的群众到咨询台认领。"])
        await expect(field).to_have_value("")
        await expect(page.locator(".notices .alert")).to_have_count(0)
    made = [recorded.event for recorded in floor.events if isinstance(recorded.event, e.NoticeMade)]
    assert [(notice.text, notice.urgent) for notice in made] == [("请丢失物品的群众到咨询台认领。", True)]

"""The manager's papers in a real browser: which paper, which width, and what a draft makes of it."""

import base64
from typing import Any

import pytest
from playwright.async_api import Route, expect

from api.plan_text import plan_text
from tests.support.manager_floor import ManagerFloor, manager

pytestmark = pytest.mark.browser

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


async def test_papers_are_shown_by_kind_and_width_and_by_the_draft_in_the_editor() -> None:
    floor = ManagerFloor()
    asked: list[tuple[str, Any]] = []

    async def draw(route: Route) -> None:
        asked.append((route.request.url.rpartition("/papers/")[2], route.request.post_data_json))
        await route.fulfill(status=200, body=PICTURE, content_type="image/png")

    async with manager(floor, "plan") as (_, page):
        await page.route("**/papers/*/preview", draw)
        editor = page.locator(".text textarea")
        await expect(editor).to_have_value(plan_text(floor.plan))
        await page.locator("#tab-papers").click()
        await expect(page.get_by_role("img", name="号票，80毫米纸")).to_be_visible()
        await page.get_by_role("button", name="一次性告知单").click()
        await page.get_by_role("button", name="58毫米").click()
        await expect(page.get_by_role("img", name="一次性告知单，58毫米纸")).to_be_visible()
        await expect(page.locator(".papers .draft")).to_have_count(0)
        assert asked[-1] == ("notice/preview", {"text": None, "paper_mm": 58})
        await page.locator("#tab-plan").click()
        draft = plan_text(floor.plan) + "papers: {tickets: false}\n"
        await editor.fill(draft)
        await page.locator("#tab-papers").click()
        await expect(page.locator(".papers .draft")).to_be_visible()
        assert asked[-1][1]["text"] == draft

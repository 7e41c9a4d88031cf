"""Rectifications in a real browser on a served hall: found, worked to their end, called by who handles them alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.api_hall import ApiHall, api_hall
from tests.support.axe import violations
from tests.support.engines import HALL
from tests.support.hall_browser import hall_browser
from tests.support.rectified_hall import PHONE, SAID, two_bad_reviews

pytestmark = pytest.mark.browser


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path) as served:
        await two_bad_reviews(served)
        yield served


@pytest.fixture
async def page(hall: ApiHall) -> AsyncIterator[Page]:
    async with hall_browser(hall.url) as browser:
        page = await browser.open(f"/manager/{HALL}#rectifications")
        await expect(rows(page)).to_have_count(2)
        yield page


def rows(page: Page) -> Locator:
    return page.locator(".rectify-rows li")


async def step(page: Page, name: str, words: str = "", **choices: str) -> None:
    """Take a step on the card, and wait until it is taken."""
    await page.get_by_role("group", name="下一步").get_by_role("button", name=name, exact=True).click()
    form = page.locator(".rectify-form")
    for label, choice in choices.items():
        await form.get_by_label(label).select_option(label=choice)
    await form.locator("textarea").fill(words)
    await form.get_by_role("button", name=name, exact=True).click()
    await expect(form).to_have_count(0)


async def test_a_manager_works_a_bad_review_to_its_end(hall: ApiHall, page: Page) -> None:
    await rows(page).filter(has_text=SAID).get_by_role("button").click()
    card = page.locator(".rectify-card")
    await expect(card.locator("blockquote")).to_have_text(SAID)
    await expect(card).not_to_contain_text(PHONE)
    await card.get_by_role("button", name="查看（会留下记录）").click()
    await expect(card.locator(".contact")).to_contain_text(PHONE)
    assert await violations(page) == []
    await step(page, "核实", "情况属实", 是否联系上本人="已联系上", 怎样办理="立行立改")
    await page.get_by_role("group", name="下一步").get_by_role("button", name="交办").click()
    await card.get_by_label("交办给谁（不能是被评价人）").fill("王芳")
    await card.locator(".rectify-form").get_by_role("button", name="交办").click()
    await expect(card.get_by_role("alert")).to_have_text("王芳不能办理对自己的评价，请换一个人")
    await card.get_by_label("交办给谁（不能是被评价人）").fill("张强")
    await card.locator(".rectify-form").get_by_role("button", name="交办").click()
    await expect(card.locator(".rectify-form")).to_have_count(0)
    await step(page, "报告整改", "已调整窗口分工")
    await step(page, "回访", 群众是否满意="满意")
    await step(page, "办结", "已整改，群众满意")
    await expect(rows(page)).to_have_count(1)
    await page.get_by_role("group", name="显示哪些").get_by_role("button", name="已结束").click()
    await expect(rows(page)).to_have_count(1)
    await rows(page).get_by_role("button").click()
    await expect(card.locator(".rectify-history li")).to_have_count(8)
    await expect(card).to_contain_text("联系方式已删除")
    await expect(page.locator(".rectify-sums")).to_contain_text("整改率 50%")
    told = await hall.client.ask("GET", "/rectifications?open=false")
    assert [one["result"] for one in told] == ["已整改，群众满意"]


async def test_the_list_is_saved_as_a_table_and_read_in_english(hall: ApiHall, page: Page) -> None:
    table = await page.get_by_role("link", name="导出表格").get_attribute("href")
    assert table is not None
    assert SAID in (await hall.client.http.get(table)).text
    await page.get_by_role("button", name="English").click()
    await rows(page).filter(has_not_text=SAID).get_by_role("button").click()
    await expect(page.locator(".rectify-card .hint-line")).to_have_text("The citizen left no contact.")
    assert await violations(page) == []

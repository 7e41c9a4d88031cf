"""A ticket's page for old phones, in a browser without JavaScript: by links and forms alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.support.api_hall import ApiHall, api_hall
from tests.support.axe import violations
from tests.support.case_hall import MONDAY, case_plan, two_window_plan
from tests.support.cases import CARD, PHOTO, PROOF, RELIEF
from tests.support.engines import PENSION, SUBSIDY, HandClock
from tests.support.hall_browser import hall_browser
from tests.support.page_host import DEADLINE_MS, browser_path

PHONE: Any = {"width": 360, "height": 740}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, case_plan(), clock=HandClock(MONDAY)) as running:
        await running.client.open_windows("1")
        yield running


@asynccontextmanager
async def old_phone(hall: ApiHall, token: str) -> AsyncIterator[Page]:
    """Scan a ticket's code with a phone that runs no scripts."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
        context.set_default_timeout(DEADLINE_MS)
        expect.set_options(timeout=DEADLINE_MS)
        page = await context.new_page()
        await page.goto(f"{hall.url}/t/{token}")
        await page.wait_for_url("**/plain*")
        yield page
        await browser.close()


async def served(hall: ApiHall, *actions: str) -> None:
    for action in actions:
        await hall.client.at_window("1", action)


@pytest.mark.browser
async def test_a_ticket_is_followed_to_its_review_without_scripts(hall: ApiHall) -> None:
    first, ticket = [await hall.client.ticket(RELIEF.code) for _ in range(2)]
    async with old_phone(hall, ticket["token"]) as page:
        await expect(page.locator(".now-number")).to_have_text(ticket["number"])
        await expect(page.locator(".facts .fact-large").first).to_have_text("前面还有1人")
        await expect(page.locator(".facts")).to_contain_text(RELIEF.name)
        await served(hall, "next", "start", "finish", "next")
        await page.get_by_text("看看现在到哪了").click()
        await expect(page.locator(".now-call")).to_have_text("请到1号窗口")
        await served(hall, "start")
        body = {"service": RELIEF.code, "received": True, "ticket": ticket["ticket"]}
        case = await hall.client.ask("POST", "/windows/1/cases", body)
        await hall.client.ask("POST", f"/cases/{case['case']}/notice", {"missing": [PHOTO], "present": [CARD, PROOF]})
        await served(hall, "finish")
        await page.get_by_text("看看现在到哪了").click()
        await expect(page.locator(".case li")).to_have_text(PHOTO)
        await page.get_by_role("link", name="不满意", exact=True).click()
        await page.get_by_role("button", name="提交评价").click()
        await expect(page.locator(".alert")).to_be_visible()
        await page.get_by_label("窗口人员业务不熟练").check()
        await page.locator("textarea").fill("讲得<不>清楚")
        await page.get_by_role("button", name="提交评价").click()
        await expect(page.locator(".thanks")).to_have_text("感谢您的评价")
    (review,) = [row["data"] for row in await hall.client.stream() if row["type"] == "ReviewGiven"]
    assert (review["ticket"], review["level"], review["tags"]) == (ticket["ticket"], 2, ["213"])
    assert review["text"] == "讲得<不>清楚"
    assert first["ticket"] != review["ticket"]


@pytest.mark.browser
async def test_a_ticket_is_given_back_after_a_question_in_english_too(hall: ApiHall) -> None:
    ticket = await hall.client.ticket(RELIEF.code)
    async with old_phone(hall, ticket["token"]) as page:
        await page.get_by_role("link", name="English").click()
        await page.get_by_role("link", name="Give this ticket back").click()
        assert (await hall.client.ask("GET", f"/tickets/{ticket['ticket']}"))["state"] == "waiting"
        await page.locator(".sure button").click()
        await expect(page.locator("main.state-cancelled")).to_be_visible()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
    assert (await hall.client.ask("GET", f"/tickets/{ticket['ticket']}"))["state"] == "cancelled"


@pytest.mark.browser
async def test_browsers_without_import_maps_get_it_and_it_is_without_fault_for_readers(hall: ApiHall) -> None:
    ticket = await hall.client.ticket(RELIEF.code)
    async with hall_browser(hall.url, has_token=False) as browser:
        await browser.context.add_init_script("delete HTMLScriptElement.supports;")
        page = await browser.open(f"/t/{ticket['token']}")
        await page.wait_for_url("**/plain")
        await page.set_viewport_size(PHONE)
        for query in ("", "?lang=en&returning=1"):
            await page.goto(f"{hall.url}/t/{ticket['token']}/plain{query}")
            assert await violations(page) == []
        await served(hall, "next", "start", "finish")
        await page.goto(f"{hall.url}/t/{ticket['token']}/plain?level=1")
        assert await violations(page) == []
        room = "() => document.documentElement.scrollWidth <= innerWidth"
        assert await page.evaluate(room)


async def test_only_a_page_whose_ticket_moves_asks_again_by_itself(hall: ApiHall) -> None:
    ticket = await hall.client.ticket(RELIEF.code)
    address = f"/t/{ticket['token']}/plain"
    first = await hall.client.http.get(address)
    assert first.headers["refresh"] == "20"
    assert "script-src" not in first.headers["content-security-policy"]
    assert "refresh" not in (await hall.client.http.get(f"{address}?returning=1")).headers
    await served(hall, "next", "start", "finish")
    assert "refresh" not in (await hall.client.http.get(address)).headers


async def test_what_ended_is_rated_on_the_plain_page_while_the_ticket_goes_on(tmp_path: Path) -> None:
    async with api_hall(tmp_path, two_window_plan(), clock=HandClock(MONDAY)) as hall:
        await hall.client.open_windows("1", "2")
        ticket = await hall.client.ticket(PENSION, SUBSIDY)
        address = f"/t/{ticket['token']}/plain"
        await served(hall, "next", "start", "finish")
        page = await hall.client.http.get(f"{address}?level=5")
        assert "refresh" not in page.headers, "a page may not be changed under somebody who is about to answer it"
        assert "在1号窗口办理：养老待遇资格认证" in page.text
        assert 'name="window" value="1"' in page.text
        for action in ("next", "start", "finish"):
            await hall.client.at_window("2", action)
        for window in ("1", "2"):
            review = {"does": "review", "level": "5", "window": window, "key": f"key-{window}"}
            assert (await hall.client.http.post(address, data=review)).status_code == 303
            shown = (await hall.client.http.get(address)).text
            assert ("在2号窗口办理：惠农补贴" in shown) == (window == "1")
        assert "感谢您的评价" in shown
        reviews = [row["data"]["window"] for row in await hall.client.stream() if row["type"] == "ReviewGiven"]
        assert reviews == ["1", "2"]


async def test_what_cannot_be_is_told_on_the_page_and_a_second_sending_is_harmless(hall: ApiHall) -> None:
    unknown = await hall.client.http.get("/t/demo.nonesuch/plain")
    assert (unknown.status_code, "没有找到这张号" in unknown.text) == (404, True)
    assert (await hall.client.http.post("/t/demo.nonesuch/plain", data={"does": "give_back"})).status_code == 404
    ticket = await hall.client.ticket(RELIEF.code)
    address = f"/t/{ticket['token']}/plain"
    for _ in range(2):
        sent = await hall.client.http.post(address, data={"does": "give_back", "key": "once"})
        assert (sent.status_code, sent.headers["location"]) == (303, "plain?lang=zh-CN")
    before = await hall.client.stream()
    again = await hall.client.http.post(f"{address}?lang=en", data={"does": "give_back", "key": "another"})
    assert again.status_code == 409
    assert 'role="alert"' in again.text
    assert '<html lang="en"' in again.text
    assert (await hall.client.http.post(address, data={"does": "review", "level": "9"})).status_code == 303
    assert await hall.client.stream() == before

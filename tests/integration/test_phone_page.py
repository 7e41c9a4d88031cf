"""The phone page on the real edge: kept on the phone, ringing in time, and what came of the ticket."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.support.api_hall import ApiHall, api_hall
from tests.support.case_hall import MONDAY, case_plan, two_window_plan
from tests.support.cases import CARD, PHOTO, PROOF, RELIEF
from tests.support.engines import PENSION, SUBSIDY, HandClock
from tests.support.hall_browser import HallBrowser, hall_browser
from tests.support.hall_client import PREFIX

pytestmark = pytest.mark.browser

COUNT_TONES = """
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...given) { window.tones += 1; return start.apply(this, given); };
"""
PHONE = {"width": 390, "height": 844}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, case_plan(), clock=HandClock(MONDAY)) as running:
        await running.client.open_windows("1")
        yield running


@pytest.fixture
async def browser(hall: ApiHall) -> AsyncIterator[HallBrowser]:
    async with hall_browser(hall.url, has_token=False) as running:
        yield running


async def follow(browser: HallBrowser, token: str) -> Page:
    page = await browser.open(f"/t/{token}")
    await page.set_viewport_size(PHONE)
    await expect(page.locator(".now-number")).to_be_visible()
    return page


async def test_the_bell_rings_when_it_is_time_to_come_back_and_when_called(hall: ApiHall, browser: HallBrowser) -> None:
    await browser.context.add_init_script(COUNT_TONES)
    tickets = [await hall.client.ticket(RELIEF.code) for _ in range(4)]
    page = await follow(browser, tickets[-1]["token"])
    await expect(page.locator(".now-hint")).to_have_text("不用守在大厅，叫到您时这里会提醒")
    await page.click("text=快到时响铃提醒我")
    await expect(page.locator(".bell button")).to_have_attribute("aria-pressed", "true")
    assert await page.evaluate("() => window.tones") == 1, "it is heard at once that it works"
    await hall.client.at_window("1", "next")
    await expect(page.locator(".now-hint")).to_have_text("快到您了，请回到大厅等候")
    assert await page.evaluate("() => window.tones") == 1 + 6
    for action in ("start", "finish", "next", "start", "finish", "next", "start", "finish"):
        await hall.client.at_window("1", action)
    await expect(page.locator(".now-hint")).to_have_text("下一位就是您，请到等候区")
    assert await page.evaluate("() => window.tones") == 1 + 6, "for one reason it rings once"
    await hall.client.at_window("1", "next")
    await expect(page.locator(".now-call")).to_contain_text("请到")
    assert await page.evaluate("() => window.tones") == 1 + 6 + 6


async def test_what_is_missing_and_what_was_promised_stand_on_the_phone(hall: ApiHall, browser: HallBrowser) -> None:
    ticket = await hall.client.ticket(RELIEF.code)
    page = await follow(browser, ticket["token"])
    await hall.client.at_window("1", "next")
    await hall.client.at_window("1", "start")
    body = {"service": RELIEF.code, "received": True, "ticket": ticket["ticket"]}
    case = await hall.client.ask("POST", "/windows/1/cases", body)
    checked: dict[str, Any] = {"missing": [PHOTO], "present": [CARD, PROOF]}
    await hall.client.ask("POST", f"/cases/{case['case']}/notice", checked)
    await hall.client.at_window("1", "finish")
    await expect(page.locator(".case li")).to_have_text([PHOTO])
    await expect(page.locator(".case h2")).to_have_text(RELIEF.name)
    path = f"{PREFIX}/tickets/{ticket['token']}/cases"
    (form,) = (await hall.client.http.get(path)).json()
    assert (form["missing"], form["promised"]) == ([PHOTO], None)
    await hall.client.ask("POST", f"/cases/{case['case']}/accept", {"missing": [], "present": [CARD, PROOF, PHOTO]})
    (form,) = (await hall.client.http.get(path)).json()
    assert (form["state"], form["missing"]) == ("accepted", [])
    assert form["promised"] is not None
    await page.reload()
    await expect(page.locator(".case strong")).to_contain_text("承诺在")
    unknown = await hall.client.http.get(f"{PREFIX}/tickets/demo.{'0' * 32}/cases")
    assert unknown.status_code == 404


async def test_the_page_is_kept_on_the_phone_and_opens_without_a_network(hall: ApiHall, browser: HallBrowser) -> None:
    ticket = await hall.client.ticket(RELIEF.code)
    page = await follow(browser, ticket["token"])
    await page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    await page.reload()
    await expect(page.locator(".now-number")).to_have_text(ticket["number"])
    await page.wait_for_function(
        "async () => (await (await caches.open('phone-shell-1')).keys()).some((one) => one.url.endsWith('/review.js'))"
    )
    await browser.context.set_offline(offline=True)
    await page.goto(f"{hall.url}/t/last", wait_until="commit")
    await expect(page.locator(".plain h2")).to_have_text("暂时连不上，请稍后再试")
    assert ticket["number"] not in await page.inner_text("body"), "a place that may be old is not shown"
    await browser.context.set_offline(offline=False)
    await expect(page.locator(".now-number")).to_have_text(ticket["number"])


async def test_the_page_can_be_installed(hall: ApiHall, browser: HallBrowser) -> None:
    ticket = await hall.client.ticket(RELIEF.code)
    page = await follow(browser, ticket["token"])
    client = await browser.context.new_cdp_session(page)
    found = await client.send("Page.getAppManifest")
    assert found["errors"] == []
    against = (await client.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    assert {one["errorId"] for one in against} <= {"in-incognito"}, "nothing but the tests' own kind of window"
    for side in (192, 512):
        icon = await hall.client.http.get(f"/static/phone/icon-{side}.png")
        assert Image.open(io.BytesIO(icon.content)).size == (side, side)
    worker = await hall.client.http.get("/static/phone/worker.js")
    assert worker.headers["service-worker-allowed"] == "/t/"


async def test_each_service_is_asked_about_once_as_soon_as_it_has_ended(tmp_path: Path) -> None:
    async with (
        api_hall(tmp_path, two_window_plan(), clock=HandClock(MONDAY)) as hall,
        hall_browser(hall.url, has_token=False) as browser,
    ):
        await hall.client.open_windows("1", "2")
        ticket = await hall.client.ticket(PENSION, SUBSIDY)
        page = await follow(browser, ticket["token"])
        await expect(page.locator("review-form")).to_have_count(0)
        for action in ("next", "start", "finish"):
            await hall.client.at_window("1", action)
        await expect(page.locator("main")).to_have_class("ticket state-waiting")
        await expect(page.locator(".after-what")).to_have_text("在1号窗口办理：养老待遇资格认证")
        await page.locator(".level-5").click()
        for action in ("next", "start", "finish"):
            await hall.client.at_window("2", action)
        await expect(page.locator("main")).to_have_class("ticket state-finished")
        await expect(page.locator(".level-5 input")).to_be_checked()
        await page.get_by_role("button", name="提交评价").click()
        await expect(page.locator(".after-what")).to_have_text("在2号窗口办理：惠农补贴")
        await expect(page.locator("review-form input:checked")).to_have_count(0)
        await page.locator(".level-4").click()
        await page.get_by_role("button", name="提交评价").click()
        await expect(page.locator(".thanks")).to_be_visible()
        await expect(page.locator("review-form")).to_have_count(0)
        given = [row["data"] for row in await hall.client.stream() if row["type"] == "ReviewGiven"]
        assert [(one["window"], one["level"]) for one in given] == [("1", 5), ("2", 4)]

"""The health of devices on the manager's page, in a real browser on a served hall: the worst first, in plain words."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from controller.plan import Device, DeviceId, DeviceKind, WindowId
from devices.messages import Telemetry
from tests.support.api_hall import OFFLINE, ONLINE, ApiHall, api_hall
from tests.support.axe import violations
from tests.support.engines import HALL, small_plan
from tests.support.hall_browser import hall_browser

pytestmark = pytest.mark.browser

MACHINE = Device(DeviceId("machine-1"), DeviceKind.TICKET_MACHINE)
PAD = Device(DeviceId("pad-1"), DeviceKind.REVIEW_PAD, window=WindowId("1"))
PLAN = replace(small_plan(), devices=(PAD, MACHINE))


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, PLAN) as served:
        for device in PLAN.devices:
            served.presence.note(HALL, device.id, ONLINE)
        yield served


@pytest.fixture
async def page(hall: ApiHall) -> AsyncIterator[Page]:
    async with hall_browser(hall.url) as browser:
        page = await browser.open(f"/manager/{HALL}#devices")
        await expect(page.locator("device-health .nobody")).to_have_text("没有发现问题")
        yield page


def troubles(page: Page) -> Locator:
    return page.locator(".trouble")


async def test_what_is_wrong_is_told_the_worst_first_in_both_languages(hall: ApiHall, page: Page) -> None:
    assert await violations(page) == []
    hall.presence.note(HALL, PAD.id, OFFLINE)
    paper = Telemetry(id="t", values={"paper": "ok", "printer": "cover_open", "wifi_dbm": -90})
    hall.conditions.telemetry(HALL, MACHINE.id, paper)
    await expect(troubles(page)).to_have_count(3)
    first = troubles(page).first
    await expect(first.locator(".what")).to_have_text("取号机 machine-1 打印机停了：盖子开着")
    await expect(first.locator(".grade")).to_contain_text("紧急")
    await expect(first.locator(".whom")).to_contain_text("影响：整个大厅")
    await expect(first.locator(".do")).to_contain_text("合上打印机盖")
    await expect(troubles(page).nth(1).locator(".what")).to_have_text("评价器 pad-1 离线")
    await expect(troubles(page).nth(1).locator("time")).to_have_text("09:00起")
    await expect(troubles(page).nth(1).locator(".whom")).to_contain_text("1号窗口")
    await expect(troubles(page).nth(2)).to_contain_text("无线信号弱（-90 dBm）")
    assert await violations(page) == []
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(first.locator(".what")).to_have_text("Ticket machine machine-1 doesn't print: its cover is open")
    assert await violations(page) == []


async def test_the_inspection_list_is_made_and_printed_alone(page: Page) -> None:
    await page.get_by_role("button", name="生成检查表").click()
    pads = page.locator('[data-item="review_pads"]')
    await expect(pads).to_contain_text("没有：")
    await expect(page.locator('[data-item="ticket_machines"] em')).to_have_text("齐全")
    await expect(page.locator('[data-item="desks"] em')).to_have_text("看现场")
    assert await violations(page) == []
    await page.emulate_media(media="print")
    for hidden in (".rail", "device-health", "device-list", ".inspection-acts"):
        await expect(page.locator(hidden)).to_be_hidden()
    await expect(page.locator(".inspection-sign")).to_be_visible()

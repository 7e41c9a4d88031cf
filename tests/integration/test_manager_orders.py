"""A manager tells devices to do something, in a real browser, and sees what they say of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from controller.device_orders import OrderResult
from controller.lifeline import Status, Word
from controller.plan import Device, DeviceId, DeviceKind, WindowId
from devices.messages import CommandDone
from tests.support.api_hall import ApiHall, api_hall
from tests.support.axe import violations
from tests.support.engines import HALL, small_plan
from tests.support.hall_browser import hall_browser
from tests.support.mosquitto import until

pytestmark = pytest.mark.browser

LED = Device(DeviceId("led-1"), DeviceKind.LED, window=WindowId("1"))


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, replace(small_plan(), devices=(LED,))) as served:
        yield served


@pytest.fixture
async def page(hall: ApiHall) -> AsyncIterator[Page]:
    async with hall_browser(hall.url) as browser:
        page = await browser.open(f"/manager/{HALL}#devices")
        await expect(page.locator('tr[data-device="led-1"]')).to_be_visible()
        yield page


async def answered(hall: ApiHall, result: OrderResult, reason: str = "") -> None:
    """Let the sign say what became of what it was told last."""
    command = hall.gateway.commands("led-1")[-1].id
    await hall.orders.heard("led-1", CommandDone(id=f"{command}-done", command=command, result=result, reason=reason))


async def test_a_manager_tells_a_sign_and_sees_its_word(hall: ApiHall, page: Page) -> None:
    await page.get_by_role("button", name="操作… led-1").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("还没有发过指令")
    await expect(dialog.locator(".order-away")).to_be_visible()
    hall.presence.note(HALL, "led-1", Status(Word.ONLINE))
    await expect(dialog.locator(".order-away")).to_have_count(0)
    assert await dialog.locator(".order-keys button").all_inner_texts() == ["定位提示", "重启", "设亮度"]
    rows = dialog.locator(".order-rows tbody tr")

    await dialog.get_by_role("button", name="定位提示").click()
    await expect(rows.first.locator(".order-state")).to_have_text("已发出")
    await until(lambda: len(hall.gateway.commands("led-1")) == 1, "it is sent")
    await answered(hall, OrderResult.OK)
    await expect(rows.first.locator(".order-state")).to_have_text("已执行")

    hall.clock.advance(1)
    await dialog.get_by_label("亮度").fill("20")
    await dialog.get_by_role("button", name="设亮度").click()
    await until(lambda: len(hall.gateway.commands("led-1")) == 2, "it is sent")
    assert hall.gateway.commands("led-1")[-1].percent == 20
    await answered(hall, OrderResult.REFUSED, "sign_unavailable")
    await expect(rows.first).to_contain_text("设亮度 20 %")
    await expect(rows.first.locator(".order-state")).to_contain_text("未执行")
    await expect(rows.first.locator("small").last).to_have_text("写不了屏的文件")
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await page.get_by_role("button", name="English", exact=True).click()
    await page.get_by_role("button", name="Tell it … led-1").click()
    await expect(rows.first).to_contain_text("Not done")
    assert await violations(page) == []

"""The manager's devices in a real browser on a served hall: added, cut off, told once what they need, and revoked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from controller.plan import Device, DeviceId, DeviceKind, WindowId, Zone, ZoneId
from tests.support.api_hall import OFFLINE, ONLINE, ApiHall, api_hall
from tests.support.axe import violations
from tests.support.engines import HALL, small_plan
from tests.support.hall_browser import hall_browser

pytestmark = pytest.mark.browser

LED = Device(DeviceId("led-1"), DeviceKind.LED, window=WindowId("1"))
PLAN = replace(small_plan(), devices=(LED,), zones=(Zone(ZoneId("main"), "一楼等候区"),))


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, PLAN) as served:
        served.directory.subscribe(served.presence.registered)
        yield served


@pytest.fixture
async def page(hall: ApiHall) -> AsyncIterator[Page]:
    async with hall_browser(hall.url) as browser:
        page = await browser.open(f"/manager/{HALL}#devices")
        await expect(row(page, "led-1")).to_be_visible()
        yield page


def row(page: Page, device: str) -> Locator:
    return page.locator(f'tr[data-device="{device}"]')


def sheet(page: Page) -> Locator:
    return page.locator(".join-sheet")


def content(path: Path) -> str:
    return path.read_text("utf-8")


async def fill(page: Page, device: str, kind: str, place: str) -> None:
    await page.get_by_label("设备编号").fill(device)
    await page.get_by_label("类型").select_option(kind)
    await page.get_by_label("位置").select_option(label=place)
    await page.get_by_label("位置").press("Tab")
    await page.keyboard.press("Enter")


async def confirm(page: Page, button: str) -> None:
    await page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()


async def test_a_device_is_added_and_its_sheet_is_told_once(hall: ApiHall, page: Page) -> None:
    await expect(page.locator("device-list .panel-head p").first).to_contain_text("现在任何设备都能连接")
    await fill(page, "tv-9", "tv", "一楼等候区")
    await expect(page.get_by_role("dialog")).to_contain_text("登记第一台设备：tv-9")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert not hall.devices.closed
    await page.get_by_role("button", name="登记并出接入单").click()
    await confirm(page, "登记")
    password = await sheet(page).locator(".sheet-password").inner_text()
    assert len(password) >= 32
    await expect(sheet(page).locator("pre")).to_contain_text(f'password = "{password}"')
    await expect(sheet(page).locator("dd")).to_have_text(
        ["电视屏", "一楼等候区", HALL, "mqtt://127.0.0.1:1883", "tv-9", password]
    )
    box = await sheet(page).locator(".code svg").bounding_box()
    assert box is not None
    assert box["width"] == box["height"] >= 200
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="保存文件").click()
    download = await saved.value
    assert download.suggested_filename == "device.toml"
    assert f'password = "{password}"' in content(await download.path())
    await page.emulate_media(media="print")
    await expect(page.locator(".rail")).to_be_hidden()
    await expect(sheet(page).locator("pre")).to_be_visible()
    await page.emulate_media(media="screen")
    await page.get_by_role("button", name="收好了").click()
    await expect(sheet(page)).to_have_count(0)
    assert password not in await page.content()
    await expect(row(page, "tv-9")).to_contain_text("一楼等候区")
    await expect(row(page, "tv-9").locator(".account")).to_contain_text("已登记")
    await expect(row(page, "led-1").locator(".account")).to_have_text("未登记，不能连接")
    await expect(page.get_by_label("设备编号")).to_have_value("")
    assert hall.devices.registered["tv-9"].zone == "main"
    await fill(page, "tv-9", "tv", "1号窗口")
    await expect(page.locator("device-list > .alert")).to_contain_text("“tv-9”已经登记")
    await expect(page.get_by_label("设备编号")).to_have_value("tv-9")


async def test_who_is_there_is_seen_and_passwords_are_renewed_and_revoked(hall: ApiHall, page: Page) -> None:
    await row(page, "led-1").get_by_role("button", name="登记 led-1").click()
    await confirm(page, "登记")
    first = await sheet(page).locator(".sheet-password").inner_text()
    await expect(sheet(page).locator(".sheet-place")).to_have_text("1号窗口")
    await page.get_by_role("button", name="收好了").click()
    there = row(page, "led-1").locator(".link")
    await expect(there).to_have_text("离线")
    hall.presence.note(HALL, "led-1", ONLINE)
    await expect(there).to_have_text("在线 09:00起")
    hall.clock.advance(300)
    hall.presence.note(HALL, "led-1", OFFLINE)
    await row(page, "led-1").get_by_role("button", name="新接入单").click()
    await confirm(page, "新接入单")
    await expect(there).to_have_text("离线 09:05起")
    assert await sheet(page).locator(".sheet-password").inner_text() != first
    await page.get_by_role("button", name="收好了").click()
    revoke = row(page, "led-1").get_by_role("button", name="停用")
    await revoke.click()
    await expect(page.get_by_role("button", name="返回 Esc")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert hall.devices.may_speak(HALL, "led-1")
    await revoke.click()
    await confirm(page, "停用")
    await expect(row(page, "led-1").locator(".account")).to_contain_text("已停用")
    assert not hall.devices.may_speak(HALL, "led-1")
    await expect(row(page, "led-1").get_by_role("button", name="登记")).to_be_visible()


async def test_each_kind_may_be_added_and_readers_find_no_fault_in_both_languages(page: Page) -> None:
    kinds = await page.locator("[name=kind] option").evaluate_all("all => all.map(one => [one.value, one.text])")
    assert {kind for kind, _ in kinds} == set(DeviceKind)
    assert all(text not in ("", kind) for kind, text in kinds)
    for language in ("English", "中文"):
        assert await violations(page) == []
        await row(page, "led-1").locator("[data-wish=first], [data-wish=renew]").click()
        assert await violations(page) == []
        await page.locator("dialog .button:not(.quiet)").click()
        await expect(sheet(page)).to_be_visible()
        assert await violations(page) == []
        await page.keyboard.press("Escape")
        await expect(sheet(page)).to_have_count(0)
        await page.get_by_role("button", name=language, exact=True).click()
    await expect(page.locator("device-list .panel-head h2").first).to_have_text("大厅设备")


async def test_a_boards_configuration_and_its_secrets_are_saved_apart(page: Page, tmp_path: Path) -> None:
    await fill(page, "pad-9", "review_pad", "1号窗口")
    await confirm(page, "登记")
    async with page.expect_download() as saving:
        await sheet(page).get_by_role("button", name="保存板子密钥").click()
    await (await saving.value).save_as(tmp_path / "secrets.yaml")
    told = await sheet(page).locator(".sheet-password").inner_text()
    assert f'mqtt_password: "{told}"' in content(tmp_path / "secrets.yaml")
    await sheet(page).get_by_role("button", name="收好了").click()
    await row(page, "pad-9").get_by_role("button", name="固件").click()
    dialog = page.locator(".firmware")
    await expect(dialog.locator("pre")).to_contain_text('device: "pad-9"')
    assert await violations(page) == []
    await dialog.get_by_label("评价器，用电池").check()
    await expect(dialog.locator("pre")).to_contain_text("deep_sleep:")
    async with page.expect_download() as saving:
        await dialog.get_by_role("button", name="保存文件").click()
    assert (await saving.value).suggested_filename == "pad-9.yaml"
    await (await saving.value).save_as(tmp_path / "pad-9.yaml")
    assert content(tmp_path / "pad-9.yaml") == await dialog.locator("pre").text_content()
    assert told not in content(tmp_path / "pad-9.yaml")

"""The sign at a window (公示牌) in a real browser, on a real controller: who is there, what is done, where to go."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from controller.ids import PostId
from controller.plan import Plan, Post, WindowId
from tests.support.api_hall import ApiHall, api_hall
from tests.support.axe import violations
from tests.support.engines import small_plan
from tests.support.hall_browser import hall_browser

pytestmark = pytest.mark.browser

PHONE = "12345"


def plan_with_posts() -> Plan:
    plan = small_plan()
    posts = (Post(PostId("first"), WindowId("1"), "王芳", ("李强",), "综合一岗"),)
    return replace(plan, hall=replace(plan.hall, supervision_phone=PHONE), posts=posts)


def photo(folder: Path, name: str) -> None:
    """Put a photo into the data folder, as a hall does."""
    own = folder / "photos" / "demo"
    own.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (30, 40), "teal").save(own / f"{name}.png")


async def told(hall: ApiHall) -> Any:
    return await hall.client.ask("GET", "/signs/1")


async def raw(page: Page, address: str) -> tuple[int, bytes]:
    answer = await page.request.get(address)
    return answer.status, await answer.body()


async def test_the_sign_follows_its_window(tmp_path: Path) -> None:
    photo(tmp_path, "王芳")
    async with api_hall(tmp_path, plan_with_posts()) as hall, hall_browser(hall.url, has_token=False) as browser:
        page = await browser.open("/sign/demo/1")
        await expect(page.locator(".head .status")).to_have_text("未开窗")
        await expect(page.locator(".name")).to_have_text("现在没有人在岗")
        await expect(page.locator(".post")).to_have_text("综合一岗")
        await expect(page.locator(".phone strong")).to_have_text(PHONE)
        names = [service.short_name or service.name for service in small_plan().services]
        assert sorted(await page.locator(".work li").all_inner_texts()) == sorted(names)
        await hall.client.at_window("1", "open", {"clerk": "王芳"})
        await expect(page.locator(".name")).to_have_text("王芳")
        await expect(page.locator(".role")).to_have_text("A岗")
        await expect(page.locator(".photo img")).to_have_attribute("alt", "王芳的照片")
        width = "image => image.decode().then(() => image.naturalWidth)"
        assert await page.locator(".photo img").evaluate(width) == 30
        assert await page.locator(".code").evaluate(width) > 0
        assert await violations(page) == []
        await hall.client.at_window("2", "open", {"clerk": "李强"})
        away = {"reason": "用餐", "substitute": "2", "until": "2026-03-02T13:30:00+08:00"}
        await hall.client.at_window("1", "away", away)
        await expect(page.locator(".head .status")).to_have_text("离岗")
        await expect(page.locator(".away h2")).to_have_text("用餐")
        await expect(page.locator(".away")).to_contain_text("预计13:30回来")
        await expect(page.locator(".go")).to_have_text(f"请到{small_plan().windows[1].label}办理")
        assert await violations(page) == []
        await hall.client.at_window("1", "back")
        await hall.client.at_window("1", "close")
        await hall.client.at_window("2", "close")
        await hall.client.at_window("1", "open", {"clerk": "李强"})
        await expect(page.locator(".role")).to_have_text("B岗")
        await expect(page.locator(".photo img")).to_have_count(0)
        await page.goto(f"{hall.url}/sign/demo/1?lang=en")
        await expect(page.locator(".head .status")).to_have_text("On duty")
        assert await violations(page) == []
        for size in ({"width": 800, "height": 480}, {"width": 800, "height": 1280}, {"width": 1920, "height": 1080}):
            await page.set_viewport_size(size)
            room = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            assert await page.evaluate(room) == [size["width"], size["height"]]
        await page.goto(f"{hall.url}/sign/demo/9")
        await expect(page.locator(".preparing h1")).to_contain_text("9")


async def test_a_photo_is_of_who_is_there_and_no_name_leads_elsewhere(tmp_path: Path) -> None:
    photo(tmp_path, "王芳")
    Image.new("RGB", (9, 9)).save(tmp_path / "secret.png")
    async with api_hall(tmp_path, plan_with_posts()) as hall, hall_browser(hall.url, has_token=False) as browser:
        page = await browser.open("/sign/demo/1")
        address = f"{hall.url}/api/v1/halls/demo/signs/1/photo"
        assert (await raw(page, address))[0] == 404
        await hall.client.at_window("1", "open", {"clerk": "../../secret"})
        assert (await told(hall))["photo"] is None
        assert (await raw(page, address))[0] == 404
        await hall.client.at_window("1", "close")
        await hall.client.at_window("1", "open", {"clerk": "王芳"})
        first = (await told(hall))["photo"]
        assert first.startswith("/api/v1/halls/demo/signs/1/photo?of=")
        status, content = await raw(page, hall.url + first)
        assert (status, Image.open(io.BytesIO(content)).size) == (200, (30, 40))


async def test_a_sign_says_when_it_is_not_live(tmp_path: Path) -> None:
    async with api_hall(tmp_path, plan_with_posts()) as hall, hall_browser(hall.url, has_token=False) as browser:
        page = await browser.open("/sign/demo/1")
        await expect(page.locator(".head .status")).to_be_visible()
        hall.hub.stop()
        await expect(page.locator(".stale")).to_be_visible()

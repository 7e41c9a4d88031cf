"""The ticket machine's page in a real browser: both versions and languages, old and slow people, and weeks alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.support.axe import narrow_targets, small_texts, violations
from tests.support.kiosk_floor import CODE, KioskFloor, board
from tests.support.kiosk_page import LANDSCAPE, MACHINE, PORTRAIT, anew, opened, take
from tests.support.page_host import PageHost, page_host

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TEXT_PX_MIN, TARGET_PX_MIN = 18, 60
IDLE_S, ELDER_IDLE_S, ANSWER_S = 60, 120, 30


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[PageHost]:
    async with page_host(KioskFloor(), []) as host:
        yield host


@pytest_asyncio.fixture(loop_scope="module")
async def host(browser: PageHost) -> AsyncIterator[PageHost]:
    async with anew(browser) as fresh:
        yield fresh


@pytest.fixture
def floor(host: PageHost) -> KioskFloor:
    assert isinstance(host.handler, KioskFloor)
    return host.handler


# -- who stands before it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "idle_s"), [("standard", IDLE_S), ("elder", ELDER_IDLE_S)])
async def test_somebody_who_reads_slowly_is_asked_and_may_go_on(host: PageHost, version: str, idle_s: int) -> None:
    page = await opened(host, f"{MACHINE}&version={version}")
    await page.get_by_role("button", name="拼音查找").click()
    await page.keyboard.type("y")
    await page.clock.run_for((idle_s - 5) * 1000)
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_have_count(0)
    await page.clock.run_for(8_000)
    await expect(dialog.get_by_role("heading")).to_have_text("还需要时间吗？")
    assert await violations(page) == []
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".typed-letters")).to_have_text("Y")
    await page.clock.run_for((idle_s + 5) * 1000)
    await dialog.get_by_role("button", name="还要时间").click()
    await expect(page.locator(".typed-letters")).to_have_text("Y")
    await page.clock.run_for((idle_s + 5) * 1000)
    await dialog.get_by_role("button", name="不用了").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".search")).to_have_count(0)


async def test_the_next_person_finds_the_page_as_it_was(host: PageHost) -> None:
    page = await opened(host)
    await page.get_by_role("button", name="长辈版").click()
    await page.get_by_role("button", name="English").click()
    await page.get_by_role("button", name="Priority lane").click()
    await page.clock.run_for((ELDER_IDLE_S + ANSWER_S + 5) * 1000)
    await expect(page.get_by_role("button", name="长辈版")).to_be_visible()
    await expect(page.locator(".lane-button")).to_have_attribute("aria-pressed", "false")


async def test_the_keyboard_alone_takes_a_number_and_gives_it_back(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)

    async def press(name: str) -> None:
        for _ in range(60):
            await page.keyboard.press("Tab")
            if name in await page.evaluate("() => document.activeElement.innerText ?? ''"):
                await page.keyboard.press("Enter")
                return
        pytest.fail(f"{name} can't be reached by Tab")

    await press("医保参保")
    await expect(page.locator(".matter-name")).to_be_focused()
    await press("取号")
    await expect(page.locator(".issued .number")).to_have_text("A003")
    await press("取错了")
    await expect(page.locator(".notice h2")).to_have_text("A003已退号")
    assert [write[0] for write in floor.writes] == ["POST", "DELETE"]


# -- how it is for old people ------------------------------------------------------------------------------------------


async def screens(page: Page, elder: bool) -> AsyncIterator[str]:
    """Yield the name of each screen while it stands there."""
    yield "home"
    if elder:
        await page.locator(".group-tile").first.click()
        yield "group"
    await page.locator(".service").first.click()
    yield "matter"
    await page.locator(".matter .button").nth(1).click()
    await expect(page.locator(".place")).to_have_count(2)
    yield "places"
    await page.locator(".place").nth(1).click()
    await expect(page.locator(".booked")).to_be_visible()
    yield "booked"
    await page.keyboard.press("Escape")
    await page.locator(".action:not(.back)").nth(1).click()
    await page.keyboard.type("y")
    yield "search"
    await page.keyboard.press("Escape")
    await page.locator(".action").nth(2).click()
    await page.keyboard.type(CODE[:4])
    yield "check-in"
    await page.locator(".head .staff").click()
    yield "staff"
    await page.locator(".take").click()
    await expect(page.locator(".issued")).to_be_visible()
    yield "issued"


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("version", ["standard", "elder"])
async def test_axe_finds_nothing_and_texts_and_targets_are_large(
    host: PageHost, version: str, language: str, size: dict[str, int]
) -> None:
    page = await opened(host, f"{MACHINE}&version={version}&lang={language}", size)
    is_elder = version == "elder"
    found: dict[str, list[str]] = {}
    async for name in screens(page, is_elder):
        found[name] = await violations(page) if size is LANDSCAPE else []
        found[name] += await narrow_targets(page, TARGET_PX_MIN)
        if is_elder:
            found[name] += await small_texts(page, TEXT_PX_MIN)
        if await page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            found[name].append("it is wider than the screen")
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert len(found) == 8 + is_elder


async def test_axe_does_look(host: PageHost) -> None:
    page = await opened(host)
    await page.evaluate("() => document.querySelector('main').append(new Image())")
    assert [line.partition(":")[0] for line in await violations(page)] == ["image-alt"]


async def test_the_elder_version_speaks_each_choice_and_the_other_is_silent(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    await take(page)
    await expect(page.locator(".issued .number")).to_be_visible()
    assert floor.said == []
    await page.get_by_role("button", name="好了").click()
    await page.get_by_role("button", name="长辈版").click()
    await page.click(".lane-button")
    await page.locator(".group-tile").first.click()
    await take(page)
    await expect(page.locator(".issued .number")).to_be_visible()
    assert floor.said == ["welcome", "green", "list", "matter", "issued"]


async def test_it_runs_for_weeks_on_what_it_has(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")

    async def measured() -> dict[str, float]:
        await session.send("HeapProfiler.collectGarbage")
        metrics = (await session.send("Performance.getMetrics"))["metrics"]
        return {one["name"]: one["value"] for one in metrics}

    async def visit(times: int) -> None:
        for _ in range(times):
            await take(page)
            await page.get_by_role("button", name="好了").click()
            await page.get_by_role("button", name="拼音查找").click()
            await page.keyboard.type("yb")
            await page.keyboard.press("Escape")
            host.send(board(2))

    await visit(5)
    before = await measured()
    await visit(40)
    after = await measured()
    assert floor.issued == 45
    assert after["Nodes"] < before["Nodes"] + 200
    assert after["JSEventListeners"] < before["JSEventListeners"] + 40
    assert after["JSHeapUsedSize"] < before["JSHeapUsedSize"] * 1.5

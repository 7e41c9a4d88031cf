"""The ticket machine's page in a real browser: numbers, appointments, every hand-off; the test answers."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.kiosk_floor import CODE, KioskFloor, board
from tests.support.kiosk_page import anew, opened, take
from tests.support.page_host import PageHost, page_host
from tests.support.page_time import passing

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


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


# -- a number ----------------------------------------------------------------------------------------------------------


async def test_what_to_bring_and_the_wait_are_read_before_a_number_is_taken(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    await expect(page.locator(".group-social .service-waiting").first).to_have_text("等候4人")
    await page.get_by_role("button", name="医保参保").first.click()
    await expect(page.locator(".materials li")).to_have_text(["身份证", "户口簿 可后补 五个工作日内补交"])
    await expect(page.locator(".fact-wait dd")).to_have_text("9～15分钟")
    await expect(page.locator(".online")).to_contain_text("皖事通可参保缴费")
    assert floor.taken == []
    await page.get_by_role("button", name="取号", exact=True).click()
    await expect(page.locator(".issued .number")).to_have_text("A003")
    assert floor.taken == [
        {"services": ["medical_insurance"], "lane": "normal", "channel": "kiosk", "device": "ticket-machine-1"}
    ]


async def test_people_find_a_service_by_what_they_call_it_and_a_package_is_one_ticket(
    host: PageHost, floor: KioskFloor
) -> None:
    page = await opened(host)
    await expect(page.locator(".group-social .service").first).to_contain_text("也叫：新农合、合作医疗")
    await expect(page.locator(".group-packages .service")).to_contain_text("出生落户、医保参保")
    await take(page, "新生儿出生一件事")
    await expect(page.locator(".issued .number")).to_have_text("A003")
    assert [body["services"] for body in floor.taken] == [["newborn"]]


async def test_a_service_is_found_by_its_first_letters(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    await page.get_by_role("button", name="拼音查找").click()
    for letter in "YB":
        await page.get_by_role("button", name=letter, exact=True).click()
    names = page.locator(".search .service strong")
    await expect(names).to_have_text(["医保参保"])
    await page.get_by_role("button", name="删除").click()
    await expect(names).to_have_text(["医保参保", "养老待遇资格认证", "新生儿出生一件事"])
    await page.keyboard.type("L")
    await expect(names).to_have_text(["养老待遇资格认证", "医保参保"])
    await page.keyboard.press("Escape")
    await expect(page.locator(".group-rural")).to_be_visible()


async def test_the_green_channel_is_one_tap_without_a_reason(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    await page.click(".lane-button")
    await expect(page.locator(".lane-button")).to_have_attribute("aria-pressed", "true")
    await take(page)
    await expect(page.locator(".issued .lane-tag")).to_have_text("绿色通道")
    assert [body["lane"] for body in floor.taken] == ["green"]
    await page.get_by_role("button", name="好了").click()
    await expect(page.locator(".lane-button")).to_have_attribute("aria-pressed", "false")


async def test_help_from_a_person_is_always_there_and_may_give_a_number(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    help_ = page.get_by_role("button", name="人工取号")
    for way in (".service", ".action:nth-of-type(2)", ".action:nth-of-type(3)"):
        await page.locator(way).first.click()
        await expect(help_).to_be_visible()
        await page.keyboard.press("Escape")
    await help_.click()
    await expect(page.locator(".notice h2")).to_have_text("请到导办台，工作人员帮您取号")
    await page.get_by_role("button", name="取一个帮办号").click()
    await expect(page.locator(".issued .number")).to_have_text("A003")
    assert [(body["services"], body["lane"]) for body in floor.taken] == [(["assisted_errand"], "assisted")]


# -- appointments ------------------------------------------------------------------------------------------------------


async def test_who_booked_types_the_code_and_has_a_place_at_once(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    await page.get_by_role("button", name="预约签到").click()
    do = page.get_by_role("button", name="签到取号")
    await page.keyboard.type("99999999")
    await do.click()
    await expect(page.locator(".alert")).to_have_text("没有这个预约")
    for _ in range(8):
        await page.keyboard.press("Backspace")
    await expect(do).to_be_disabled()
    for digit in CODE:
        await page.get_by_role("button", name=digit, exact=True).click()
    await do.click()
    await expect(page.locator(".issued .number")).to_have_text("A003")
    await expect(page.locator(".issued .lane-tag")).to_have_text("预约")
    await expect(page.locator(".issued-service")).to_contain_text("城乡居民医保参保登记")
    assert floor.taken == [], "no second number, no second queue"
    assert floor.writes[-1][1:2] == (f"/halls/demo/appointments/{CODE}/check-in",)
    assert floor.writes[-1][3] == {"device": "ticket-machine-1"}


async def test_a_later_time_is_booked_without_a_phone_number(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    await page.get_by_role("button", name="低保申请").click()
    await expect(page.locator(".alert")).to_have_text("本时段的号已取完。 2026年1月5日星期一 14:00起可再取号。")
    await expect(page.get_by_role("button", name="取号", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="预约以后的时间").click()
    places = page.locator(".place")
    await expect(places).to_have_count(2)
    await expect(places.nth(0)).to_be_disabled()
    await places.nth(1).click()
    await expect(page.locator(".booked-code")).to_have_text("0123 4567")
    assert floor.writes[-1][3] == {"services": ["low_income"], "day": "2026-01-06", "half": "afternoon"}


# -- trouble -----------------------------------------------------------------------------------------------------------


async def test_a_controller_that_is_away_is_asked_again_until_it_gives_the_one_number(
    host: PageHost, floor: KioskFloor
) -> None:
    page = await opened(host)
    await page.get_by_role("button", name="医保参保").first.click()
    floor.away = True
    await page.get_by_role("button", name="取号", exact=True).click()
    await expect(page.locator(".notice h2")).to_have_text("暂时取不了号")
    await expect(page.locator(".notice p")).to_contain_text("不会重复取号")
    tried = len(floor.taken)
    async with page.expect_request("**/halls/demo/tickets"):
        await page.clock.run_for(3_000)
    await page.get_by_role("button", name="再试一次").click()
    floor.away = False
    await expect(page.locator(".issued .number")).to_have_text("A003")
    assert len(floor.taken) > tried, "without a touch"
    assert len({key for _, path, key, _ in floor.writes if path.endswith("/tickets")}) == 1
    assert floor.issued == 1, "nor twice, though it was asked for by hand too"


async def test_a_number_that_comes_when_its_person_has_left_is_given_back(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    await page.get_by_role("button", name="医保参保").first.click()
    await page.clock.pause_at(await page.evaluate("() => (Date.now() + 1000) / 1000"))
    floor.away = True
    await page.get_by_role("button", name="取号", exact=True).click()
    refused = page.get_by_role("heading", name="暂时取不了号")
    await passing(page, refused.is_visible)
    tried = len(floor.taken)
    await passing(page, lambda: _soon(len(floor.taken) > tried))
    await page.get_by_role("button", name="返回").click()
    floor.away = False
    await passing(page, lambda: _soon(floor.writes[-1][0] == "DELETE"))
    assert floor.issued == 1
    assert floor.writes[-1][1] == "/halls/demo/tickets/00000000000000a1"
    await expect(page.locator(".group-rural")).to_be_visible()


async def _soon(found: bool) -> bool:
    return found


async def test_a_refusal_is_told_in_words_and_another_time_is_offered(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    floor.trouble = [(409, {"code": "quota_full", "detail": "本时段的号已取完,下午两点起可再取号", "status": 409})]
    await take(page)
    await expect(page.locator(".notice h2")).to_have_text("本时段的号已取完,下午两点起可再取号")
    await page.get_by_role("button", name="预约以后的时间").click()
    await expect(page.locator(".place")).to_have_count(2)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(page.locator(".group-rural")).to_be_visible()


async def test_a_closed_hall_says_when_it_opens_and_what_is_done_without_it(host: PageHost, floor: KioskFloor) -> None:
    floor.is_open, floor.opens_at = False, "2026-01-06T08:30:00+08:00"
    host.greeting = [board(is_open=False, opens_at=floor.opens_at)]
    page = await opened(host)
    await expect(page.locator(".opens")).to_have_text("下次开放：2026年1月6日星期二 08:30")
    await expect(page.locator(".online-list dd")).to_have_text(["皖事通可参保缴费"])
    await page.locator(".book-list").get_by_role("button", name="耕地补贴").click()
    await expect(page.locator(".place")).to_have_count(2)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(page.locator(".opens")).to_be_visible()
    await page.get_by_role("button", name="人工取号").click()
    await expect(page.get_by_role("heading", name="现在没有工作人员在岗")).to_be_visible()
    await expect(page.locator(".opens")).to_have_text("下次开放：2026年1月6日星期二 08:30")
    await page.get_by_role("button", name="返回，可以先预约").click()
    await expect(page.locator(".book-list")).to_be_visible()
    assert floor.taken == [], "no number is offered that would be refused"
    floor.is_open = True
    host.send(board(2))
    await expect(page.locator(".group-rural")).to_be_visible()


async def test_without_paper_the_number_is_valid_and_on_the_screen(host: PageHost, floor: KioskFloor) -> None:
    page = await opened(host)
    await take(page)
    await expect(page.locator(".issued-hint")).to_have_text("正在打印小票……")
    floor.receipt = "failed"
    await passing(page, page.locator(".issued .alert").is_visible)
    await expect(page.locator(".issued .alert")).to_contain_text("号码照样有效")
    await expect(page.locator(".issued-code img")).to_be_visible()
    left_s = re.findall(r"\d+", await page.locator(".issued-left").inner_text())
    assert int(left_s[0]) > 30, "longer than with paper"
    await page.get_by_role("button", name="好了").click()
    await expect(page.locator(".alert")).to_contain_text("现在可能打不出小票")
    floor.receipt = "printed"
    await take(page)
    await expect(page.locator(".issued")).to_be_visible()
    await passing(page, page.locator(".issued-hint", has_text="请取走小票，听到叫号再到窗口").is_visible)
    await page.get_by_role("button", name="好了").click()
    await expect(page.locator(".alert")).to_have_count(0)


async def test_a_machine_without_paper_says_so_before_a_number_is_taken(host: PageHost, floor: KioskFloor) -> None:
    """By what its printer says; the number is taken all the same, and shown with its code at once."""
    floor.paper = "out"
    page = await opened(host)
    await expect(page.locator(".alert")).to_contain_text("现在可能打不出小票")
    await page.locator(".service", has_text="医保参保").first.click()
    await expect(page.locator(".matter .alert")).to_contain_text("照样可以取号")
    floor.receipt = "failed"
    await page.get_by_role("button", name="取号", exact=True).click()
    await expect(page.locator(".issued .alert")).to_contain_text("号码照样有效")
    await expect(page.locator(".issued-code img")).to_be_visible()
    floor.paper = "ok"
    await page.get_by_role("button", name="好了").click()
    await page.locator(".service", has_text="医保参保").first.click()
    await expect(page.locator(".matter .alert")).to_have_count(0)
    assert len(floor.taken) == 1


async def test_a_lost_connection_is_shown_and_old_counts_are_not() -> None:
    async with page_host(KioskFloor(), [board()]) as host:
        page = await host.open("/kiosk/demo")
        counts = page.locator(".service-waiting")
        await expect(counts).to_have_count(6)
        await page.evaluate(
            """() => {
              window.seen = [];
              const note = () => window.seen.push([
                document.querySelector('.stale') !== null, document.querySelectorAll('.service-waiting').length]);
              new MutationObserver(note).observe(document.body, {subtree: true, childList: true, characterData: true});
            }"""
        )
        await host.drop()
        await page.wait_for_function("() => window.seen.some(([stale]) => stale) && !window.seen.at(-1)[0]")
        seen = await page.evaluate("() => window.seen")
        assert [True, 0] in seen
        assert [True, 6] not in seen
        await expect(counts).to_have_count(6)

"""A TV on the wall while the network is cut and the controller is killed: nothing old is ever shown as live."""

import pytest
from playwright.async_api import expect

from tests.support.controller_process import ControllerProcess
from tests.support.hall_browser import hall_browser
from tests.support.hall_client import HallClient
from tests.support.hall_plan import HALL, PENSION

pytestmark = pytest.mark.browser

LOST = "连接已断开"


async def test_a_cut_and_a_kill_leave_no_old_call_on_the_glass(controller: ControllerProcess, hall: HallClient) -> None:
    numbers = [(await hall.ticket(PENSION))["number"] for _ in range(3)]
    await hall.open_windows("1", "2")
    await hall.at_window("1", "next")
    async with hall_browser(controller.http) as browser:
        tv = await browser.open(f"/tv/{HALL}?display=tv-1")
        await expect(tv.locator(".call-number")).to_have_text(numbers[:1])

        await browser.context.set_offline(offline=True)
        await expect(tv.locator(".no-board h2")).to_have_text(LOST)
        assert numbers[0] not in await tv.inner_text("body")
        await hall.at_window("2", "next")
        await browser.context.set_offline(offline=False)
        await expect(tv.locator(".call-number")).to_have_text(numbers[1::-1])

        await controller.kill()
        await expect(tv.locator(".no-board h2")).to_have_text(LOST)
        await controller.start()
        await expect(tv.locator(".call-number")).to_have_text(numbers[1::-1])
        await hall.at_window("1", "start")
        await hall.at_window("1", "finish")
        await hall.at_window("1", "next")
        await expect(tv.locator(".call-number").first).to_have_text(numbers[2])

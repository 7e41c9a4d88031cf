"""Screens that are pages are told to make themselves known, or to begin anew, over WebSocket, and say that they did."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import expect

from controller.plan import Device, DeviceId, DeviceKind, WindowId
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import HALL, small_plan
from tests.support.hall_browser import hall_browser
from tests.support.mosquitto import POLL_S, until

pytestmark = pytest.mark.browser

DEVICES = (
    Device(DeviceId("tv-1"), DeviceKind.TV),
    Device(DeviceId("machine-1"), DeviceKind.TICKET_MACHINE),
    Device(DeviceId("pad-7"), DeviceKind.REVIEW_PAD, window=WindowId("1")),
    Device(DeviceId("led-1"), DeviceKind.LED, window=WindowId("1")),
)
PAGES = {
    "tv-1": f"/tv/{HALL}?display=tv-1",
    "machine-1": f"/kiosk/{HALL}?device=machine-1",
    "pad-7": f"/pad/{HALL}/1",
    "led-1": f"/led/{HALL}/1",
}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, replace(small_plan(), devices=DEVICES)) as served:
        yield served


async def told(hall: ApiHall, device: str, type_: str) -> None:
    """Tell a device to do something and wait until it says that it has."""
    order = await hall.client.ask("POST", f"/devices/{device}/commands", {"type": type_})
    async with asyncio.timeout(30):
        while True:
            listed = await hall.client.ask("GET", f"/devices/{device}/commands")
            (state,) = [one["state"] for one in listed["commands"] if one["command"] == order["command"]]
            if state != "sent":
                break
            await asyncio.sleep(POLL_S)
    assert state == "ok"


async def test_each_screen_shows_its_id_and_says_so(hall: ApiHall) -> None:
    async with hall_browser(hall.url) as browser:
        for number, (device, address) in enumerate(PAGES.items(), start=1):
            page = await browser.open(address)
            await until(lambda wanted=number: len(hall.hub.displays(HALL)) == wanted, f"{device} is connected")
            hall.clock.advance(1)
            await told(hall, device, "identify")
            await expect(page.locator(".identify")).to_have_text(device)


async def test_a_tv_begins_anew(hall: ApiHall) -> None:
    async with hall_browser(hall.url) as browser:
        page = await browser.open(PAGES["tv-1"])
        await until(lambda: len(hall.hub.displays(HALL)) == 1, "it is connected")
        async with page.expect_navigation():
            await told(hall, "tv-1", "reboot")

"""The TVs of a hall with two zones, on the real controller's boards and announcements: each shows what is its own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import expect

from controller import commands as c
from controller.plan import WindowId
from devices.announcer import Announcement
from tests.support.api_hall import ApiHall, api_hall
from tests.support.display_floor import CODE, MAIN, UPSTAIRS, display_plan
from tests.support.engines import HandClock, call_next, open_window
from tests.support.hall_browser import hall_browser

pytestmark = pytest.mark.browser


async def call(hall: ApiHall, window: str) -> str:
    """Issue a ticket and call it to a window; return its number."""
    await hall.floors.done(c.IssueTicket((CODE,)))
    state = await hall.floors.window(call_next(window))
    assert state.ticket is not None
    return (await hall.floors.day()).tickets[state.ticket].number


def say_the_last(hall: ApiHall) -> None:
    """Send what was announced last to the screens, as the loudspeakers do when its turn comes."""
    said = hall.announcer.said[-1]
    announcement = Announcement(
        said["id"], said["hall"], said["zone"], said["seq"], said["text"], None, said["repeat"], said["expires_at"]
    )
    hall.hub.announce(announcement.hall, announcement.zone, announcement.to_message(speak=False))


async def test_each_zone_has_its_calls_and_sends_people_to_the_other(tmp_path: Path) -> None:
    clock = HandClock(datetime.now(UTC))
    async with api_hall(tmp_path, display_plan(), clock=clock) as hall, hall_browser(hall.url) as browser:
        for window in "134":
            await hall.floors.done(open_window(window))
        downstairs = await browser.open("/tv/demo?display=tv-main")
        upstairs = await browser.open("/tv/demo?display=tv-up&lang=en")
        for page, zone in ((downstairs, MAIN), (upstairs, UPSTAIRS)):
            name = next(one.name for one in display_plan().zones if one.id == zone)
            await expect(page.locator(".head-zone")).to_have_text(name)
        below = await call(hall, "1")
        say_the_last(hall)
        await expect(downstairs.locator(".foot.cue")).to_have_text(f"请 {below} 号到 1号窗口")
        above = await call(hall, "3")
        say_the_last(hall)
        await expect(upstairs.locator(".foot.cue")).to_have_text(f"{above}, please go to 3号窗口")
        await expect(downstairs.locator(".call-number")).to_have_text([below])
        await expect(upstairs.locator(".call-number")).to_have_text([above])
        await hall.floors.window(c.Recall(WindowId("3")))
        await expect(upstairs.locator(".call-marks")).to_have_count(1)
        say_the_last(hall)
        again = hall.announcer.said[-1]["id"]
        await expect(upstairs.locator(".foot.cue")).to_have_attribute("data-announcement", again)
        await expect(upstairs.locator(f'.call.fresh[data-call="{again}"]')).to_have_count(1)
        await hall.floors.done(c.StepAway(WindowId("4"), "开会", WindowId("1")))
        await expect(upstairs.locator('.tile[data-window="4"] .tile-elsewhere')).to_contain_text("1号窗口")
        await expect(downstairs.locator('.tile[data-window="4"]')).to_have_count(0)

"""The manager's print jobs in a real browser on a served hall: where each is, why, and once more."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import expect

from controller import commands as c
from controller.model import JobId
from controller.plan import Device, DeviceId, DeviceKind
from tests.support.api_hall import ONLINE, api_hall
from tests.support.axe import violations
from tests.support.engines import HALL, small_plan
from tests.support.hall_browser import hall_browser
from tests.support.mosquitto import until

pytestmark = pytest.mark.browser

MACHINE = Device(DeviceId("machine-1"), DeviceKind.TICKET_MACHINE)


async def test_a_paper_that_did_not_come_out_is_seen_with_the_reason_and_printed_again(tmp_path: Path) -> None:
    async with api_hall(tmp_path, replace(small_plan(), devices=(MACHINE,))) as hall, hall_browser(hall.url) as browser:
        hall.presence.note(HALL, MACHINE.id, ONLINE)
        printed = await hall.floors.ticket(device=MACHINE.id)
        failed = await hall.floors.ticket(device=MACHINE.id)
        await hall.floors.done(c.ConfirmReceipt(JobId(str(printed.job))))
        await hall.floors.done(c.FailReceipt(JobId(str(failed.job)), "paper_out"))
        page = await browser.open(f"/manager/{HALL}#papers")
        rows = page.locator(".job-rows tbody tr")
        await expect(rows).to_have_count(2)
        await expect(rows.first).to_contain_text(failed.number)
        await expect(rows.first.locator(".job-state")).to_have_text("未打印")
        await expect(rows.first).to_contain_text("缺纸")
        await expect(rows.last.locator(".job-state")).to_have_text("已打印")
        assert await violations(page) == []
        await page.get_by_role("button", name=f"重印 号票 {failed.number}").press("Enter")
        await expect(rows).to_have_count(3)
        await expect(page.locator(".print-jobs [role=status]")).to_have_text(f"已送往{MACHINE.id}打印")
        again = page.locator(".job-rows tr", has_text="补打")
        await expect(again.locator(".job-state")).to_have_text("正在打印")
        await until(lambda: len({job.job for _, job in hall.gateway.prints}) == 3, "it is sent")

"""What the real floor answers to each kind of event is what the published contract says, and so are the addresses."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.async_api import expect

from api.check_ins import CheckIns
from api.contract.asyncapi import document
from api.contract.schemas import standalone
from api.device_floor import DeviceFloor
from controller.device_orders import OrderResult
from controller.refusals import Refusal
from devices.messages import (
    EVENTS,
    CallPressed,
    CommandDone,
    DeviceEvent,
    HelpPressed,
    PeopleCounted,
    ReceiptFailed,
    ReceiptPrinted,
    ReprintRequested,
    ReturnRequested,
    ReviewSubmitted,
    Telemetry,
    TicketRequested,
    parse_event,
)
from devices.outgoing import Reply
from tests.support.api_hall import ApiHall, api_hall
from tests.support.axe import violations
from tests.support.contract import wrong_reply
from tests.support.engines import HALL, PENSION
from tests.support.hall_browser import hall_browser
from tests.support.page_host import DEADLINE_MS

MACHINE = "ticket-machine-1"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path) as running:
        yield running


async def test_every_accepted_event_is_answered_as_the_contract_says(hall: ApiHall) -> None:
    check_ins = CheckIns(hall.engine, hall.journal, hall.clock)
    floor = DeviceFloor(hall.engine, check_ins, hall.directory, hall.orders, lambda _code: None)
    seen: set[str] = set()

    async def answered(event: DeviceEvent) -> dict[str, Any]:
        sent = event.to_payload()
        outcome = await floor.handle(HALL, MACHINE, parse_event(sent))
        assert not isinstance(outcome, Refusal), outcome
        reply: dict[str, Any] = orjson.loads(Reply.accepted(event.id, outcome).to_payload())
        assert wrong_reply(reply, orjson.loads(sent)) == []
        seen.add(event.type)
        return reply

    async def press(number: int, action: str) -> None:
        await answered(CallPressed(id=f"p-{number}", window="1", action=action, clerk="王"))

    ticket = (await answered(TicketRequested(id="t-1", services=(PENSION,))))["ticket"]
    (job,) = [one["job"] for one in await hall.client.events("ReceiptRequested")]
    await answered(ReceiptFailed(id="f-1", job=job, reason="paper_out"))
    await answered(ReprintRequested(id="r-1", ticket=ticket))
    job = (await hall.client.events("ReceiptRequested"))[-1]["job"]
    await answered(ReceiptPrinted(id="d-1", job=job))
    await answered(ReceiptPrinted(id="d-2", job="slip-1"))
    await press(1, "open")
    await press(2, "next")
    hall.clock.advance(3600)
    await press(3, "no-show")
    await answered(ReturnRequested(id="b-1", ticket=ticket))
    for number, action in enumerate(("next", "start", "finish"), start=4):
        hall.clock.advance(60)
        await press(number, action)
    await answered(ReviewSubmitted(id="v-1", level=5, ticket=ticket))
    await answered(PeopleCounted(id="n-1", entered=3))
    await answered(HelpPressed(id="h-1"))
    await answered(Telemetry(id="m-1", values={"wifi_dbm": -61}))
    await answered(CommandDone(id="c-1", command="nonesuch", result=OrderResult.OK))
    await answered(ReceiptPrinted(id="d-3", job="test-nonesuch"))
    # test_check_in_mqtt.py holds the remaining one to the contract.
    assert seen == set(EVENTS) - {"appointment_checked_in"}


async def test_document_and_schemas_are_served(hall: ApiHall) -> None:
    http = hall.client.http
    assert (await http.get("/asyncapi.json")).json() == document()
    assert (await http.get("/schemas/event.review_submitted.json")).json() == standalone("event.review_submitted")
    missing = await http.get("/schemas/nonesuch.json")
    assert (missing.status_code, missing.json()["code"]) == (404, "schema_unknown")


@pytest.mark.browser
async def test_the_page_shows_every_message_with_its_members(hall: ApiHall) -> None:
    async with hall_browser(hall.url) as browser:
        page = await browser.open("/docs/mqtt?lang=en")
        for name, message in document()["components"]["messages"].items():
            article = page.locator(f"[id='{name}']")
            await expect(article.get_by_role("heading")).to_contain_text(message["name"], timeout=DEADLINE_MS)
            members = standalone(name).get("properties", {})
            assert await article.locator("tbody th code").all_inner_texts() == list(members)
        await expect(page.locator("[id='event.review_submitted'] tbody")).to_contain_text("1…5")
        assert await violations(page) == []
        for width in (1280, 390):
            await page.set_viewport_size({"width": width, "height": 800})
            wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide == 0, f"at {width} pixels the page is {wide} too wide"

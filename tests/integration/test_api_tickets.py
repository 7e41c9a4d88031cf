"""Tickets and reviews over HTTP: taken, followed, given back, printed again, rated; and what goes wrong."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import async_playwright

from controller.plan import Device, DeviceId, DeviceKind
from tests.support.api_hall import PUBLIC_URL, ApiHall, api_hall
from tests.support.engines import HALL, INSURANCE, PENSION, SUBSIDY, small_plan
from tests.support.hall_client import PREFIX, Problem
from tests.support.mosquitto import until
from tests.support.page_host import browser_path

MACHINE = Device(DeviceId("machine-1"), DeviceKind.TICKET_MACHINE)
ISSUED = {"ticket", "number", "ahead", "wait", "token", "services", "lane", "receipt", "issued_at"}
TICKET = {"ticket", "number", "services", "lane", "state", "window", "ahead", "wait", "receipt", "issued_at"}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, replace(small_plan(), devices=(MACHINE,))) as running:
        yield running


async def refusal(hall: ApiHall, method: str, path: str, body: object = None, **more: Any) -> tuple[int, str]:
    """Return status and code of a refusal, and see that it changed nothing."""
    before = await hall.client.stream()
    with pytest.raises(Problem) as caught:
        await hall.client.ask(method, path, body, **more)
    assert await hall.client.stream() == before
    assert caught.value.document.keys() >= {"type", "title", "status", "code", "detail", "instance"}
    return caught.value.status, caught.value.code


async def served(hall: ApiHall, window: str = "1") -> dict[str, Any]:
    """Serve a ticket from its issue to its end; return it."""
    issued = await hall.client.ticket(PENSION)
    await hall.client.at_window(window, "open", {"clerk": "王"})
    for action in ("next", "start", "finish"):
        await hall.client.at_window(window, action)
    return issued


# -- taking ------------------------------------------------------------------------------------------------------------


async def test_a_ticket_has_the_members_of_the_contract(hall: ApiHall) -> None:
    answer = await hall.client.http.post(f"{PREFIX}/halls/{HALL}/tickets", json={"services": [PENSION, SUBSIDY]})
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    issued = answer.json()
    assert issued.keys() >= ISSUED
    assert (issued["number"], issued["ahead"], issued["lane"], issued["receipt"]) == ("A001", 0, "normal", "none")
    assert issued["wait"].keys() == {"p50_s", "p90_s"}
    assert issued["issued_at"] == "2026-03-02T09:00:00.000+08:00"
    ticket = await hall.client.ask("GET", f"/tickets/{issued['ticket']}")
    assert ticket.keys() >= TICKET
    assert ticket["state"] == "waiting"
    assert "token" not in ticket
    second = await hall.client.ticket(INSURANCE, lane="green", channel="phone")
    assert (second["number"], second["ahead"], second["lane"]) == ("A002", 1, "green")


async def test_a_receipt_is_asked_for_with_the_ticket(hall: ApiHall) -> None:
    issued = await hall.client.ticket(PENSION, device="machine-1")
    assert issued["receipt"] == "requested"
    await until(lambda: hall.gateway.prints, "the paper is offered")
    ((device, job),) = hall.gateway.prints
    assert (device, job.id) == ("machine-1", f"print-{job.job}")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"services": ["nonesuch"]}, "service_unknown"),
        ({"services": []}, "request_invalid"),
        ({"services": [PENSION] * 21}, "request_invalid"),
        ({"services": PENSION}, "request_invalid"),
        ({"services": [7]}, "request_invalid"),
        ({"services": ["a b"]}, "request_invalid"),
        ({"services": ["\ud800"]}, "request_invalid"),
        ({"services": [PENSION], "lane": "fast"}, "request_invalid"),
        ({"services": [PENSION], "channel": "pigeon"}, "request_invalid"),
        ({"services": [PENSION], "device": "a/b"}, "request_invalid"),
        ({"services": [PENSION], "device": "a\n"}, "request_invalid"),
        ({"services": [PENSION], "wish": 1}, "request_invalid"),
        ({"services": [PENSION], "\ud800": 1}, "request_invalid"),
        ([], "request_invalid"),
        (None, "request_invalid"),
        (7, "request_invalid"),
    ],
)
async def test_a_wrong_request_takes_nothing(hall: ApiHall, body: object, code: str) -> None:
    before = await hall.client.stream()
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    answer = await hall.client.http.post(f"{PREFIX}/halls/{HALL}/tickets", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await hall.client.stream() == before


async def test_what_is_unknown_is_404(hall: ApiHall) -> None:
    for method, path, body, code in (
        ("POST", f"{PREFIX}/halls/nowhere/tickets", {"services": [PENSION]}, "hall_unknown"),
        ("GET", f"{PREFIX}/halls/nowhere/tickets/t", None, "hall_unknown"),
        ("DELETE", f"{PREFIX}/halls/nowhere/tickets/t", None, "hall_unknown"),
        ("DELETE", f"{PREFIX}/halls/nowhere/tickets/t?token=x", None, "hall_unknown"),
        ("POST", f"{PREFIX}/halls/nowhere/reviews", {"level": 5, "ticket": "t"}, "hall_unknown"),
        ("GET", f"{PREFIX}/halls/{HALL}/tickets/t", None, "ticket_unknown"),
        ("DELETE", f"{PREFIX}/halls/{HALL}/tickets/t", None, "ticket_unknown"),
        ("DELETE", f"{PREFIX}/halls/{HALL}/tickets/t?token=x", None, "ticket_unknown"),
        ("POST", f"{PREFIX}/halls/{HALL}/tickets/t/return", None, "ticket_unknown"),
        ("POST", f"{PREFIX}/halls/{HALL}/tickets/t/reprint", {"device": "machine-1"}, "ticket_unknown"),
        ("POST", f"{PREFIX}/halls/{HALL}/reviews", {"level": 5, "ticket": "t"}, "ticket_unknown"),
        ("POST", f"{PREFIX}/halls/{HALL}/reviews", {"level": 5, "window": "9"}, "window_unknown"),
        ("POST", f"{PREFIX}/halls/{HALL}/reviews", {"level": 5, "token": "demo.x"}, "token_unknown"),
        ("GET", f"{PREFIX}/tickets/demo.x", None, "token_unknown"),
        ("GET", f"{PREFIX}/tickets/x", None, "token_unknown"),
        ("GET", f"{PREFIX}/tickets/nowhere.x/qr.svg", None, "token_unknown"),
    ):
        answer = await hall.client.http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, code), f"{method} {path}"
        assert answer.headers["content-type"] == "application/problem+json"


# -- the same key ------------------------------------------------------------------------------------------------------


async def test_the_same_key_is_the_same_answer(hall: ApiHall) -> None:
    headers = {"Idempotency-Key": "once"}
    ask = [
        hall.client.http.post(f"{PREFIX}/halls/{HALL}/tickets", json={"services": [PENSION]}, headers=headers)
        for _ in range(5)
    ]
    answers = [await ask[0], *await asyncio.gather(*ask[1:])]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(await hall.client.events("TicketIssued")) == 1


async def test_a_refused_request_is_refused_again_under_its_key(hall: ApiHall) -> None:
    assert await refusal(hall, "POST", "/windows/1/next", {}, key="k") == (409, "window_not_open")
    await hall.client.open_windows("1")
    assert await refusal(hall, "POST", "/windows/1/next", {}, key="k") == (409, "window_not_open")
    assert (await hall.client.at_window("1", "next"))["status"] == "open"


async def test_a_key_is_for_one_command(hall: ApiHall) -> None:
    await hall.client.ticket(PENSION, key="k")
    assert await refusal(hall, "POST", "/windows/1/open", {"clerk": "王"}, key="k") == (422, "command_id_reused")
    assert await refusal(hall, "POST", "/windows/1/next", {}, key="n") == (409, "window_not_open")
    assert await refusal(hall, "POST", "/windows/2/next", {}, key="n") == (422, "command_id_reused")


@pytest.mark.parametrize("key", [b"", b"x" * 129, b"a\tb", b"a\xa0b"])
async def test_a_key_is_short_and_printable(hall: ApiHall, key: bytes) -> None:
    path, body = f"{PREFIX}/halls/{HALL}/tickets", {"services": [PENSION]}
    answer = await hall.client.http.post(path, json=body, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["code"] in {"key_invalid", "request_invalid"}
    assert await hall.client.events("TicketIssued") == []


async def test_a_repeated_return_is_answered_though_the_ticket_went_on(hall: ApiHall) -> None:
    issued = await hall.client.ticket(PENSION)
    await hall.client.open_windows("1")
    await hall.client.at_window("1", "next")
    await hall.client.at_window("1", "no-show")
    path = f"/tickets/{issued['ticket']}/return"
    first = await hall.client.ask("POST", path, key="back")
    assert first["state"] == "waiting"
    assert (await hall.client.at_window("1", "next"))["ticket"] == issued["ticket"]
    again = await hall.client.ask("POST", path, key="back")
    assert (again["ticket"], again["state"]) == (issued["ticket"], "waiting")
    assert await refusal(hall, "POST", path) == (409, "ticket_not_in_state")


# -- what its holder may do --------------------------------------------------------------------------------------------


async def test_a_ticket_is_given_back_once_with_its_own_token(hall: ApiHall) -> None:
    issued, other = await hall.client.ticket(PENSION), await hall.client.ticket(PENSION)
    path = f"/tickets/{issued['ticket']}"
    for wrong in (other["token"], "", "demo.", "中"):
        assert await refusal(hall, "DELETE", f"{path}?token={wrong}") == (403, "token_wrong")
    cancelled = await hall.client.ask("DELETE", f"{path}?token={issued['token']}", key="away")
    assert (cancelled["state"], cancelled["ahead"]) == ("cancelled", 0)
    assert await hall.client.ask("DELETE", f"{path}?token={issued['token']}", key="away") == cancelled
    assert await refusal(hall, "DELETE", path) == (409, "ticket_not_in_state")
    assert await refusal(hall, "DELETE", f"{path}?token={'x' * 129}") == (422, "request_invalid")


async def test_a_phone_sees_its_ticket(hall: ApiHall) -> None:
    issued = await hall.client.ticket(PENSION)
    address = f"{PREFIX}/tickets/{issued['token']}"
    seen = (await hall.client.http.get(address)).json()
    assert seen.keys() >= TICKET | {"hall", "hall_name", "call", "token"}
    assert (seen["hall"], seen["hall_name"], seen["call"]) == (HALL, "示例镇便民服务中心", None)
    assert (seen["token"], seen["state"]) == (issued["token"], "waiting")
    await hall.client.open_windows("2")
    await hall.client.at_window("2", "next")
    seen = (await hall.client.http.get(address)).json()
    assert (seen["state"], seen["call"], seen["window"]) == ("called", "2号窗口", "2")


async def test_the_code_leads_to_the_phone_page(hall: ApiHall, tmp_path: Path) -> None:
    issued = await hall.client.ticket(PENSION)
    answer = await hall.client.http.get(f"{PREFIX}/tickets/{issued['token']}/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-control"].startswith("private")
    picture = tmp_path / "code.png"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 400, "height": 400})
        await page.set_content(f"<body style='margin:30px'>{answer.text}</body>")
        await page.screenshot(path=picture)
        await browser.close()
    with Image.open(picture) as image:
        (code,) = zxingcpp.read_barcodes(image)
    assert code.text == f"{PUBLIC_URL}/t/{issued['token']}"


async def test_a_receipt_is_printed_again(hall: ApiHall) -> None:
    issued = await hall.client.ticket(PENSION)
    path = f"/tickets/{issued['ticket']}/reprint"
    again = await hall.client.ask("POST", path, {"device": "machine-1"}, key="p")
    assert again["receipt"] == "requested"
    assert await hall.client.ask("POST", path, {"device": "machine-1"}, key="p") == again
    await until(lambda: hall.gateway.prints, "the paper is offered")
    assert len(hall.gateway.prints) == 1
    for body in ({}, {"device": ""}, {"device": "a b"}, {"device": 7}):
        assert await refusal(hall, "POST", path, body) == (422, "request_invalid")


# -- reviews -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["ticket", "token", "window", "both"])
async def test_a_service_given_is_rated_once(hall: ApiHall, by: str) -> None:
    issued = await served(hall)
    named = {
        "ticket": {"ticket": issued["ticket"]},
        "token": {"token": issued["token"]},
        "window": {"window": "1"},
        "both": {"ticket": issued["ticket"], "token": issued["token"]},
    }[by]
    review = {"level": 5, "tags": ["热情"], "text": "很好", **named}
    path = f"{PREFIX}/halls/{HALL}/reviews"
    answer = await hall.client.http.post(path, json=review, headers={"Idempotency-Key": "r"})
    assert answer.status_code == 201
    given = answer.json()
    assert (given["ticket"], given["window"], given["level"], given["tags"]) == (issued["ticket"], "1", 5, ["热情"])
    again = await hall.client.http.post(path, json=review, headers={"Idempotency-Key": "r"})
    assert (again.status_code, again.json()) == (201, given)
    assert await refusal(hall, "POST", "/reviews", {"level": 4, "ticket": issued["ticket"]}) == (
        409,
        "already_reviewed",
    )


async def test_what_cant_be_rated(hall: ApiHall) -> None:
    waiting = await hall.client.ticket(PENSION)
    assert await refusal(hall, "POST", "/reviews", {"level": 5, "ticket": waiting["ticket"]}) == (
        409,
        "service_not_given",
    )
    mine = {"ticket": waiting["ticket"]}
    for wrong in ({"level": 0}, {"level": 6}, {"level": True}, {"level": "5"}, {"level": 4.5}, {}):
        assert await refusal(hall, "POST", "/reviews", {**mine, **wrong}) == (422, "request_invalid")
    for wrong in ({"text": "x" * 501}, {"text": "\x00"}, {"tags": [""]}, {"tags": ["x"] * 21}, {"tags": ["a\nb"]}):
        assert await refusal(hall, "POST", "/reviews", {"level": 5, **mine, **wrong}) == (422, "request_invalid")
    status, _ = await refusal(hall, "POST", "/reviews", {"level": 5})
    assert status in {404, 409, 422}


async def test_a_bad_review_has_a_reason(hall: ApiHall) -> None:
    issued = await served(hall)
    assert await refusal(hall, "POST", "/reviews", {"level": 1, "ticket": issued["ticket"]}) == (
        422,
        "bad_review_needs_reason",
    )
    given = await hall.client.ask("POST", "/reviews", {"level": 1, "ticket": issued["ticket"], "text": "等了很久"})
    assert given["level"] == 1


async def test_a_token_is_for_its_own_ticket(hall: ApiHall) -> None:
    issued, other = await served(hall), await hall.client.ticket(PENSION)
    body = {"level": 5, "token": issued["token"], "ticket": other["ticket"]}
    assert await refusal(hall, "POST", "/reviews", body) == (404, "token_unknown")


async def test_a_phone_reviews_by_its_token_just_after_midnight_what_was_given_before(hall: ApiHall) -> None:
    call = hall.client
    hall.clock.at = hall.clock.at.replace(hour=23, minute=50)
    served, waiting = await call.ticket(PENSION), await call.ticket(PENSION)
    await call.open_windows("1")
    for action in ("next", "start", "finish"):
        await call.at_window("1", action)
    hall.clock.advance(20 * 60)
    shown = await call.http.get(f"{PREFIX}/tickets/{served['token']}")
    assert (shown.json()["state"], shown.json()["reviewed"]) == ("finished", False)
    assert (await call.http.get(f"{PREFIX}/tickets/{waiting['token']}")).status_code == 404
    review = {"token": served["token"], "level": 5}
    assert (await call.ask("POST", "/reviews", review))["level"] == 5
    assert (await call.http.get(f"{PREFIX}/tickets/{served['token']}")).json()["reviewed"]
    hall.clock.advance(60 * 60)
    assert (await call.http.get(f"{PREFIX}/tickets/{served['token']}")).status_code == 404

"""The whole chain through the running program: broker, HTTP, WebSocket, Chromium, paper and sound."""

import base64
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from devices.escpos_decoder import Receipt
from devices.speech import call_out, duration_bounds_s
from devices.voice import RATE_WPM
from tests.support.controller_process import ControllerProcess
from tests.support.device_program import DeviceProgram, device_program
from tests.support.glyph_reader import read_sign
from tests.support.hall_browser import HallBrowser, hall_browser, words
from tests.support.hall_client import HallClient, Problem
from tests.support.hall_plan import HALL, HALL_NAME, INSURANCE, PENSION, SERVICE_NAMES, SUBSIDY
from tests.support.mosquitto import until
from tests.support.printer9100 import TcpPrinter
from tests.support.sound import heard_of
from tests.support.wall_display import WallDisplay, board_path, led_path, wall_display

pytestmark = pytest.mark.browser

COLUMNS_80_MM = 48
MACHINE, PAD, SPEAKER = "kiosk-1", "pad-1", "speaker-1"
AUDIBLE_RMS = 0.01
CHIME_AND_SILENCE_S = 4.0


@dataclass
class Floor:
    """Everything that stands in the hall."""

    hall: HallClient
    printer: TcpPrinter
    machine: DeviceProgram
    pad: DeviceProgram
    speaker: DeviceProgram
    tv: Page
    led: Page
    wall: WallDisplay
    sign: WallDisplay


@pytest.fixture
async def floor(controller: ControllerProcess, hall: HallClient, tmp_path: Path) -> AsyncIterator[Floor]:
    mqtt, sounds = controller.mqtt, tmp_path / "sounds"
    async with AsyncExitStack() as stack:
        printer = stack.enter_context(TcpPrinter())
        machine = await stack.enter_async_context(
            device_program(
                "ticket-machine", MACHINE, mqtt, "--printer", printer.address, memory=tmp_path / "kiosk.sqlite3"
            )
        )
        pad = await stack.enter_async_context(device_program("review-pad", PAD, mqtt, memory=tmp_path / "pad.sqlite3"))
        speaker = await stack.enter_async_context(device_program("speaker", SPEAKER, mqtt, "--out", str(sounds)))
        browser = await stack.enter_async_context(hall_browser(controller.http))
        for device in (MACHINE, PAD, SPEAKER):
            await hall.until_metric_is("device_online", 1, device=device)
        yield Floor(
            hall,
            printer,
            machine,
            pad,
            speaker,
            await browser.open(f"/tv/{HALL}?display=tv-1"),
            await browser.open(f"/led/{HALL}/1"),
            await stack.enter_async_context(wall_display(controller.http, board_path("tv-9"))),
            await stack.enter_async_context(wall_display(controller.http, led_path("1"))),
        )


async def test_from_the_ticket_machine_to_the_review(
    floor: Floor, controller: ControllerProcess, tmp_path: Path
) -> None:
    hall = floor.hall
    await hall.open_windows("1")
    ticket = await take_ticket(floor, controller.http)
    await call_to_window(floor, ticket)
    await hear_the_call(floor, ticket, tmp_path)
    await serve_and_review(floor, ticket)
    await read_the_metrics(hall)
    await read_the_stream(hall, ticket)


async def take_ticket(floor: Floor, http: str) -> dict[str, Any]:
    """A citizen takes a ticket at the machine; the paper holds what the answer said."""
    reply = await floor.machine.type(f"{INSURANCE},{PENSION} green")
    assert reply["ok"] is True
    assert (reply["number"], reply["ahead"]) == ("A001", 0)
    await floor.machine.happening("printed")
    (receipt,) = floor.printer.receipts
    assert_receipt(receipt, reply, f"{http}/t/{reply['token']}")
    await floor.hall.until_event("ReceiptPrinted", 1)
    kept = await floor.hall.ask("GET", f"/tickets/{reply['ticket']}")
    assert (kept["number"], kept["state"], kept["receipt"]) == ("A001", "waiting", "printed")
    return reply


def assert_receipt(receipt: Receipt, reply: dict[str, Any], phone_page: str) -> None:
    paper = receipt.text
    for said in (HALL_NAME, reply["number"], SERVICE_NAMES[INSURANCE], SERVICE_NAMES[PENSION], "前面没有人等候"):
        assert said in paper, paper
    assert "分钟" in paper
    assert all(line.columns <= COLUMNS_80_MM for line in receipt.lines)
    number = next(line for line in receipt.lines if line.text == reply["number"])
    assert number.high >= 5
    assert receipt.qr_texts(COLUMNS_80_MM) == [phone_page]
    assert receipt.cuts == 1


async def call_to_window(floor: Floor, ticket: dict[str, Any]) -> None:
    """A clerk presses next; the TV and the sign show it."""
    await expect(floor.tv.locator(".quiet h2")).to_be_visible()
    form = await floor.hall.at_window("1", "next")
    assert (form["window"], form["ticket"], form["number"]) == ("1", ticket["ticket"], "A001")
    assert (form["status"], form["stage"]) == ("open", "called")
    await expect(floor.tv.locator(".call-number")).to_have_text("A001")
    assert "1号窗口" in await words(floor.tv, ".call-where")
    await until(lambda: floor.sign.live and floor.sign.board["number"] == "A001", "the sign has the call")
    sign = floor.sign.board
    await floor.led.wait_for_function("seq => window.ledPixels()?.seq === seq", arg=sign["seq"])
    pixels = await floor.led.evaluate("() => window.ledPixels()")
    assert (pixels["width"], pixels["height"], pixels["stale"]) == (128, 16, False)
    assert pixels["rows"] == dots_of(sign)
    assert read_sign(pixels["rows"]) == sign["text"] == "请A001号到本窗口"
    call = floor.wall.board["calls"][0]
    assert (call["number"], call["window"], call["times"]) == ("A001", "1", 1)


def dots_of(sign: dict[str, Any]) -> list[str]:
    """Return the rows of a sign's bitmap: 1 bit a dot, rows padded to bytes, most significant bit left."""
    data, row_bytes = base64.b64decode(sign["bitmap"], validate=True), (sign["width"] + 7) // 8
    assert len(data) == row_bytes * sign["height"]
    rows = [data[start : start + row_bytes] for start in range(0, len(data), row_bytes)]
    return ["".join(f"{byte:08b}" for byte in row)[: sign["width"]] for row in rows]


async def hear_the_call(floor: Floor, ticket: dict[str, Any], tmp_path: Path) -> None:
    """The announcement is audible speech of plausible length, and the loudspeaker plays the same."""
    await until(lambda: floor.wall.announcements, "the call is announced")
    announcement = floor.wall.announcements[0]
    assert announcement["text"] == call_out(ticket["number"], 1) == "请A零零一号到一号窗口"
    assert announcement["repeat"] == 3  # once more than others: the ticket is of the green channel
    answer = await floor.hall.http.get(announcement["audio"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    wav = tmp_path / "announcement.wav"
    wav.write_bytes(answer.content)
    sound = await heard_of(wav)
    shortest_s, longest_s = duration_bounds_s(announcement["text"], RATE_WPM)
    assert shortest_s < sound.duration_s < longest_s + CHIME_AND_SILENCE_S
    assert AUDIBLE_RMS < sound.rms < sound.peak <= 1
    second_half = await heard_of(wav, sound.duration_s / 2)
    assert second_half.rms > AUDIBLE_RMS, "nothing but a chime"
    played = await floor.speaker.happening("played")
    assert (played["played"], played["text"]) == (announcement["id"], announcement["text"])
    assert (tmp_path / "sounds" / f"{announcement['id']}.wav").read_bytes() == answer.content


async def serve_and_review(floor: Floor, ticket: dict[str, Any]) -> None:
    """The citizen is served, invited, and gives the best mark."""
    assert (await floor.hall.at_window("1", "start"))["stage"] == "serving"
    await until(lambda: floor.sign.board["stage"] == "serving", "the sign says so")
    assert (await floor.hall.at_window("1", "finish"))["ticket"] is None
    invitation = await floor.pad.happening("invited")
    assert (invitation["invited"], invitation["number"]) == (ticket["ticket"], "A001")
    reply = await floor.pad.type("5 510,517 办得很快")
    assert reply["ok"] is True
    kept = await floor.hall.ask("GET", f"/tickets/{ticket['ticket']}")
    assert (kept["state"], kept["reviewed"]) == ("finished", True)
    again = await floor.pad.type("4")
    assert (again["ok"], again["code"]) == (False, "service_not_given"), "a second review, of nothing"
    with pytest.raises(Problem) as caught:
        await floor.hall.ask("POST", "/reviews", {"token": ticket["token"], "level": 1, "tags": ["115"]})
    assert caught.value.code == "already_reviewed"


async def read_the_metrics(hall: HallClient) -> None:
    """What happened is in the metrics, once."""
    assert await hall.metric("tickets_total", hall=HALL, lane="green") == 1
    assert await hall.metric("calls_total", hall=HALL, window="1") == 1
    assert await hall.metric("reviews_total", hall=HALL, level="5") == 1
    assert await hall.metric("reviews_total") == 1
    assert await hall.metric("wait_seconds_count", hall=HALL, lane="green") == 1
    assert await hall.metric("service_seconds_count", hall=HALL, window="1") == 1
    assert await hall.metric("receipt_jobs", hall=HALL, state="printed") == 1
    assert await hall.metric("waiting_tickets", hall=HALL) == 0
    assert await hall.metric("mqtt_events_total", result="ok") >= 3
    assert await hall.metric("mqtt_events_total", result="refused") == 1
    assert await hall.metric("commit_seconds_count") > 0
    assert await hall.metric("displays_connected", hall=HALL) == 4
    await hall.until_metric("press_to_glass_seconds_count", 1, hall=HALL)
    await hall.until_metric("announcement_lag_seconds_count", 1, hall=HALL)
    for device in (MACHINE, PAD, SPEAKER):
        assert await hall.metric("device_online", device=device) == 1
    assert await hall.metric("windows_wait_seconds_total", hall=HALL, window="1") > 0
    assert (await hall.metric("voice_up"), await hall.metric("broker_up"), await hall.metric("log_up")) == (1, 1, 1)


async def read_the_stream(hall: HallClient, ticket: dict[str, Any]) -> None:
    """The day's stream says who did what, in order and without a gap."""
    rows = await hall.stream()
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    actors = {row["type"]: row["actor"] for row in rows}
    assert set(actors) == {
        *("DayOpened", "WindowOpened", "TicketIssued", "ReceiptRequested", "ReceiptPrinted"),
        *("TicketCalled", "ServiceStarted", "ServiceFinished", "ReviewGiven"),
    }
    for type_ in ("TicketIssued", "ReceiptRequested", "ReceiptPrinted"):
        assert MACHINE in actors[type_]
    assert PAD in actors["ReviewGiven"]
    assert all(row["actor"] for row in rows)
    issued = next(row["data"] for row in rows if row["type"] == "TicketIssued")
    assert (issued["ticket"], issued["number"], issued["lane"]) == (ticket["ticket"], "A001", "green")
    review = next(row["data"] for row in rows if row["type"] == "ReviewGiven")
    assert (review["level"], review["tags"], review["text"]) == (5, ["510", "517"], "办得很快")
    assert await hall.stream(after=rows[-2]["seq"]) == rows[-1:]


@contextlib.asynccontextmanager
async def pages(controller: ControllerProcess) -> AsyncIterator[HallBrowser]:
    async with hall_browser(controller.http) as browser:
        yield browser


async def test_the_phone_page_follows_its_ticket(controller: ControllerProcess, hall: HallClient) -> None:
    await hall.open_windows("1", "3")
    first, mine = await hall.ticket(PENSION), await hall.ticket(INSURANCE)
    async with pages(controller) as browser:
        phone = await browser.open(f"/t/{mine['token']}")
        await expect(phone.locator(".now-number")).to_have_text("A002")
        await expect(phone.locator(".facts")).to_contain_text("1人")
        assert SERVICE_NAMES[INSURANCE] in await words(phone, ".facts")
        assert (await hall.at_window("1", "next"))["ticket"] == first["ticket"]
        await expect(phone.locator(".facts")).to_contain_text("0人")
        assert (await hall.at_window("3", "next"))["ticket"] == mine["ticket"]
        await expect(phone.locator(".now-call")).to_contain_text("3号窗口")
        await hall.at_window("3", "finish")
        await expect(phone.locator("review-form")).to_be_visible()
        unknown = await browser.open(f"/t/{HALL}.{'0' * 32}")
        await expect(unknown.locator("h2")).to_be_visible()


async def test_two_taps_on_the_kiosk_take_a_ticket(controller: ControllerProcess, hall: HallClient) -> None:
    async with pages(controller) as browser:
        kiosk = await browser.open(f"/kiosk/{HALL}")
        await kiosk.get_by_role("button", name=SERVICE_NAMES[SUBSIDY]).click()
        await expect(kiosk.locator(".fact-wait dd")).to_be_visible()
        await kiosk.get_by_role("button", name="取号", exact=True).click()
        await expect(kiosk.locator(".issued-number .number")).to_have_text("C001")
        code = kiosk.locator(".issued-code img")
        await expect(code).to_be_visible()
        assert await code.evaluate("image => image.complete && image.naturalWidth > 0")
        (issued,) = await hall.events("TicketIssued")
        assert (issued["number"], issued["services"], issued["channel"]) == ("C001", [SUBSIDY], "kiosk")
        await kiosk.get_by_role("button", name="取错了").click()
        await expect(kiosk.locator(".notice h2")).to_contain_text("C001")
        assert [entry["ticket"] for entry in await hall.events("TicketCancelled")] == [issued["ticket"]]
        assert (await hall.state())["waiting"] == 0


async def test_a_clerk_calls_by_keyboard(controller: ControllerProcess, hall: HallClient) -> None:
    ticket = await hall.ticket(INSURANCE)
    async with pages(controller) as browser:
        clerk = await browser.open(f"/clerk/{HALL}/2")
        await expect(clerk.locator(".console")).to_be_visible()
        await clerk.keyboard.press("o")
        await clerk.keyboard.type("王芳")
        await clerk.keyboard.press("Enter")
        await expect(clerk.locator(".who")).to_have_text("王芳")
        await clerk.keyboard.press("n")
        await expect(clerk.locator(".current-number")).to_have_text("A001")
        calls = await hall.events("TicketCalled")
        assert [(call["ticket"], call["window"]) for call in calls] == [(ticket["ticket"], "2")]
        await clerk.keyboard.press("s")
        await expect(clerk.locator(".stage")).to_contain_text("正在办理")
        await clerk.keyboard.press("f")
        await expect(clerk.locator(".idle h2")).to_be_visible()
        pad = await browser.open(f"/pad/{HALL}/2")
        await expect(pad.locator("review-form")).to_be_visible()


async def test_the_portal_lists_every_page(controller: ControllerProcess, hall: HallClient) -> None:
    async with pages(controller) as browser:
        portal = await browser.open("/")
        await expect(portal.locator(".hall h2").first).to_have_text(HALL_NAME)
        links = set(await portal.eval_on_selector_all("a[href]", "all => all.map((each) => each.getAttribute('href'))"))
        wanted = {f"/tv/{HALL}?display=tv-1", f"/kiosk/{HALL}?device=kiosk-1"}
        wanted |= {f"/{page}/{HALL}/{window}" for page in ("clerk", "led", "pad") for window in "1234"}
        assert links >= wanted | {"/openapi.json", "/metrics", "/healthz", "/readyz"}
        for link in sorted(links):
            answer = await hall.http.get(link)
            assert answer.status_code == 200, f"{link}: {answer.status_code}"

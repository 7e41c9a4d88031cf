"""Call pads, help buttons, door counters and ticket boxes on ESP32 boards: what they do, by their own code."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices.messages import (
    CallPressed,
    HelpPressed,
    PeopleCounted,
    ReceiptFailed,
    ReceiptPrinted,
    Telemetry,
    TicketRequested,
)
from devices.outgoing import HelpState, Print, Reply, WindowState
from tests.support import firmware
from tests.support.firmware_words import Device, running

STATE = WindowState(window="1", label="1号窗口", status="open", number=None, stage=None, text="", waiting=0, seq=1)
NO_CALL = HelpState(hall="demo", name="示例镇便民服务中心", help=None, asked_at=None, seq=1)
LATER = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PAPER_THERE, PAPER_LOW, PAPER_OUT = "18", "30", "126"
"""Answers of a printer to DLE EOT 4."""
Switch = Callable[[str], Device]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = firmware.prepared(tmp_path_factory.mktemp("firmware"))
    programs: dict[str, Path] = {}

    def built(device: str) -> Path:
        if device not in programs:
            programs[device] = firmware.build(firmware.valid(folder, device), tmp_path_factory.mktemp(device))
        return programs[device]

    return built


@pytest.fixture
def switch_on(build: Callable[[str], Path]) -> Iterator[Switch]:
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(running(name, build(name)))


@pytest.fixture
def calls(switch_on: Switch) -> Device:
    return switch_on("call-pad-1")


@pytest.fixture
def button(switch_on: Switch) -> Device:
    return switch_on("help-1")


@pytest.fixture
def counter(switch_on: Switch) -> Device:
    return switch_on("counter-1")


@pytest.fixture
def box(switch_on: Switch) -> Device:
    return switch_on("ticket-box-1")


def test_a_call_pads_keys_are_presses(calls: Device) -> None:
    calls.do("utc", "2026-03-04T01:02:03Z")
    for number, action in enumerate(("next", "recall", "start", "finish"), start=1):
        (event,) = calls.events(f"press key_{number}")
        assert isinstance(event, CallPressed)
        assert (event.action, event.window) == (action, None)
        assert event.at is not None
        calls.accept(event)
        assert calls.events("every 2s") == []


def test_a_press_is_repeated_for_eight_seconds_and_then_given_up(calls: Device) -> None:
    calls.do("millis", "1000")
    calls.do("connected", "0")
    assert calls.events("press key_1") == []
    calls.do("millis", "9000")
    (event,) = calls.events("connected", "1")
    assert calls.events("every 2s") == [event]
    calls.do("millis", "9001")
    assert calls.events("every 2s") == []
    assert calls.lamps() == "01", "flickering"
    calls.do("millis", "9100")
    assert calls.lamps() == "00"
    calls.do("millis", "10100")
    assert calls.lamps() == "00"


def test_a_call_pad_shows_who_waits(calls: Device) -> None:
    dim = ["bright", "2"]
    assert calls.do("draw") == [dim, ["text", "   0"]]
    assert calls.lamps() == "00"
    state = replace(STATE, waiting=12)
    calls.hear(state)
    assert calls.do("draw") == [dim, ["text", "  12"]]
    assert calls.lamps() == "10"
    calls.hear(replace(state, number="A003", stage="called"))
    assert calls.lamps() == "00", "somebody is at the window"
    calls.do("connected", "0")
    assert calls.do("draw") == [dim, ["text", "----"]]


def test_a_call_pad_tells_whether_a_press_was_accepted(calls: Device) -> None:
    calls.do("millis", "1100")
    (event,) = calls.events("press key_1")
    calls.accept(event)
    assert calls.lamps() == "01"
    calls.do("millis", "2100")
    assert calls.lamps() == "00"
    (event,) = calls.events("press key_1")
    calls.hear(Reply.refused(event.id, "window_not_open", ""))
    assert calls.lamps() == "00", "flickering"
    calls.do("millis", "2200")
    assert calls.lamps() == "01"


def test_a_help_buttons_lamp_tells_that_somebody_comes(button: Device) -> None:
    button.do("millis", "500")
    button.hear(NO_CALL)
    assert button.lamps() == "0"
    (event,) = button.events("press key_1")
    assert isinstance(event, HelpPressed)
    assert button.events("press key_1") == [], "one on its way is enough"
    assert button.lamps() == "1"
    button.do("millis", "750")
    assert button.lamps() == "0", "blinking: it is on its way"
    button.hear(replace(NO_CALL, help="h1", asked_at=LATER.isoformat()))
    button.accept(event)
    for moment in ("800", "1050"):
        button.do("millis", moment)
        assert button.lamps() == "1", "the staff know"
    (again,) = button.events("press key_1")
    assert again.id != event.id
    button.accept(again)
    button.hear(NO_CALL)
    for moment, lit in (("2000", "1"), ("3000", "0"), ("10800", "1"), ("12900", "0")):
        button.do("millis", moment)
        assert button.lamps() == lit, "somebody is coming, for ten seconds"


def test_a_press_for_help_is_repeated_for_a_minute(button: Device) -> None:
    button.do("connected", "0")
    assert button.events("press key_1") == []
    button.do("millis", "60000")
    (event,) = button.events("connected", "1")
    button.do("millis", "61100")
    assert button.events("every 2s") == []
    assert button.lamps() == "0", "flickering"
    button.do("millis", "61250")
    assert button.lamps() == "1"
    (later,) = button.events("press key_1")
    assert later.id != event.id


def test_a_counter_tells_who_comes_in_from_who_goes_out(counter: Device) -> None:
    at_ms = 10_000

    def through(*beams: str, pause_ms: int = 200) -> None:
        nonlocal at_ms
        at_ms += 10_000
        for beam in beams:
            at_ms += pause_ms
            counter.do("millis", str(at_ms))
            assert counter.events(f"press beam_{beam}") == []

    assert counter.events("every 60s") == [], "nobody came"
    for _ in range(3):
        through("outer", "inner")
    through("inner", "outer")
    assert counter.lamps() == "1"
    through("outer")
    through("inner", "inner", "outer", "inner")
    through("outer", "inner", pause_ms=2_100)
    (event,) = counter.events("every 60s")
    assert isinstance(event, PeopleCounted)
    assert (event.entered, event.left) == (3, 2)
    through("outer", "inner")
    assert counter.events("every 60s") == [], "the first is still on its way"
    assert counter.events("every 5s") == [event]
    counter.accept(event)
    (more,) = counter.events("every 60s")
    assert isinstance(more, PeopleCounted)
    assert (more.entered, more.left) == (1, 0)
    counter.hear(Reply.refused(more.id, "day_not_open", ""))
    assert counter.events("every 60s") == []
    through("outer", "inner")
    (old,) = counter.events("every 60s")
    assert counter.events("every 5s") == [old]
    counter.do("millis", str(at_ms + 3_600_001))
    assert counter.events("every 5s") == [], "an hour later the day's curve is past"


def order(box: Device, job: str, escpos: bytes = b"\x1b@A003\n") -> list[list[str]]:
    return box.hear(Print(id=f"c-{job}", job=job, escpos=escpos, expires_at=LATER))


def printed(box: Device) -> bytes:
    """Let a box print what it has; return what the printer got, up to the question how it was."""
    got = b""
    for _ in range(2000):
        for kind, *content in box.do("every 50ms"):
            assert kind == "uart"
            got += bytes.fromhex(content[0])
        if got.endswith(QUESTION):
            return got.removesuffix(QUESTION)
    raise AssertionError(f"it didn't end: {got[-80:]!r}")


QUESTION = b"\x10\x04\x04"


def test_a_boxs_key_asks_for_a_ticket_once(box: Device) -> None:
    (event,) = box.events("press key_3")
    assert isinstance(event, TicketRequested)
    assert (event.services, event.lane) == (("residence_certificate",), "normal")
    assert box.events("press key_1") == [], "one at a time"
    assert box.lamps() == "1"
    box.accept(event)
    assert box.lamps() == "0"
    assert box.events("press key_6") == [], "it has no service"
    (other,) = box.events("press key_1")
    box.hear(Reply.refused(other.id, "hall_not_open", ""))
    box.do("millis", "1200")
    assert box.lamps() == "1", "flickering"
    box.do("millis", "1300")
    assert box.lamps() == "0"


def test_a_ticket_is_printed_as_the_controller_wrote_it_and_told(box: Device) -> None:
    receipt = b"\x1b@\x1c&" + "您的号码 A003".encode("gb18030") + b"\x1c.\n" + bytes(range(256)) * 8
    assert order(box, "r-1", receipt) == []
    assert printed(box) == receipt
    box.do("uart", PAPER_THERE)
    (event,) = box.events("every 50ms")
    assert isinstance(event, ReceiptPrinted)
    assert event.job == "r-1"
    box.accept(event)
    told = box.said(order(box, "r-1", receipt))
    assert [(one.type, getattr(one, "job", "")) for one in told] == [("receipt_printed", "r-1")], "not a second time"
    assert box.do("every 50ms") == []


def test_a_long_paper_never_holds_up_the_board(box: Device) -> None:
    order(box, "r-1", b"x" * 6000)
    (line,) = box.do("every 50ms")
    assert len(bytes.fromhex(line[1])) <= 48, "what 9600 baud carry in 50 ms"


def test_paper_that_is_out_is_told_and_nothing_is_printed(box: Device) -> None:
    assert box.do("every 5s") == [["uart", QUESTION.hex()]]
    box.do("uart", PAPER_OUT)
    assert box.do("every 50ms") == []
    (condition,) = box.of_itself("every 5s")
    assert isinstance(condition, Telemetry)
    assert condition.values["paper"] == "out"
    assert box.of_itself("every 5s") == [], "told once"
    (event,) = box.said(order(box, "r-1"))
    assert isinstance(event, ReceiptFailed)
    assert (event.job, event.reason) == ("r-1", "paper_out")
    box.accept(event)
    assert box.events("press key_1") == [], "nobody gets a number without its paper"
    box.do("uart", PAPER_LOW)
    box.do("every 50ms")
    (condition,) = box.of_itself("every 5s")
    assert isinstance(condition, Telemetry)
    assert condition.values["paper"] == "low"
    order(box, "r-1")
    assert printed(box) == b"\x1b@A003\n"


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [(None, None, None), (PAPER_THERE, None, "printer_silent"), (PAPER_THERE, PAPER_OUT, "paper_out")],
)
def test_what_became_of_a_paper_is_what_the_printer_says(
    box: Device, before: str | None, after: str | None, outcome: str | None
) -> None:
    if before is not None:
        box.do("uart", before)
        box.do("every 50ms")
    order(box, "r-1")
    printed(box)
    if after is not None:
        box.do("uart", after)
    else:
        assert box.events("every 50ms") == []
        box.do("millis", "4100")
    (event,) = box.events("every 50ms")
    if outcome is None:
        assert isinstance(event, ReceiptPrinted), "a printer without a line back never says anything"
    else:
        assert isinstance(event, ReceiptFailed)
        assert event.reason == outcome


@pytest.mark.parametrize("job", ["", "a" * 40, 'r"1'])
def test_a_job_whose_name_is_none_is_left_alone(box: Device, job: str) -> None:
    assert order(box, job) == []
    assert box.do("every 50ms") == []


def test_a_paper_that_is_too_long_is_told(box: Device) -> None:
    (event,) = box.said(order(box, "r-1", b"x" * 20_000))
    assert isinstance(event, ReceiptFailed)
    assert event.reason == "too_large"
    assert len(b64encode(b"x" * 18_432)) == 24_576


def test_after_a_power_cut_only_what_became_of_paper_is_told(box: Device) -> None:
    (ticket,) = box.events("press key_1")
    order(box, "r-1")
    printed(box)
    box.do("uart", PAPER_THERE)
    *_, event = box.events("every 50ms")
    assert ticket in box.events("every 5s")
    box.do("boot")
    assert box.events("every 5s") == [event]

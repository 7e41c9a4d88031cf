"""Wired call pads on a pseudo-terminal, against a real Mosquitto and a scripted controller."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from devices.agent import pad_bus
from devices.agent.config import Config, WiredPadKeys, WiredPadsPart
from devices.agent.pad_frames import Frame
from devices.agent.parts import make_parts
from devices.agent.wired_pads import CONFIRM, EVALUATE, NEXT, PAUSE, RECALL
from tests.support.mosquitto import Mosquitto, mosquitto, until
from tests.support.pad_line import PRESS, PadLine, pad_line
from tests.support.scripted_controller import HALL, Controller, always, controller, shorten_pauses, silence, worth


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path / "broker") as started:
        yield started


@pytest.fixture
async def floor(broker: Mosquitto) -> AsyncIterator[Controller]:
    async with controller(broker) as side:
        yield side


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_pauses(monkeypatch)
    monkeypatch.setattr(pad_bus, "REOPEN_S_MIN", 0.05)
    monkeypatch.setattr(pad_bus, "OWN_ECHO_S", 0.1)


@pytest.fixture
async def line(broker: Mosquitto, floor: Controller, tmp_path: Path) -> AsyncIterator[PadLine]:
    """Two pads on one line, online."""
    with pad_line() as laid:
        async with pads_at(laid, broker, tmp_path):
            for device in ("call-pad-1", "call-pad-2"):
                await floor.online(device)
            yield laid


@contextlib.asynccontextmanager
async def pads_at(laid: PadLine, broker: Mosquitto, folder: Path) -> AsyncIterator[list[dict[str, Any]]]:
    pads = tuple(WiredPadKeys(device=f"call-pad-{address}", address=address) for address in (1, 2))
    config = Config(
        broker=f"mqtt://127.0.0.1:{broker.port}", hall=HALL, parts=(WiredPadsPart(port=laid.port, pads=pads),)
    )
    said: list[dict[str, Any]] = []
    async with contextlib.AsyncExitStack() as stack:
        with contextlib.ExitStack() as files:
            for part in make_parts(config, folder, said.append, files):  # type: ignore[arg-type]
                await stack.enter_async_context(part.program)
            yield said


def pressed(floor: Controller) -> list[tuple[str, str]]:
    """Return (device, action) of each press, repetitions of an event left out."""
    seen = {event["id"]: (device, event["action"]) for device, event in floor.events}
    return list(seen.values())


async def show(floor: Controller, device: str, **state: object) -> None:
    await floor.publish(
        device, "state", {"status": "open", "stage": None, "number": None, "waiting": 0, **state}, retain=True
    )


async def test_keys_of_several_pads_are_acknowledged_and_pressed(line: PadLine, floor: Controller) -> None:
    sent = [line.press(1, NEXT), line.press(2, RECALL), line.press(9, NEXT)]  # nobody knows the third
    await until(lambda: len(pressed(floor)) == 2, "both are pressed")
    assert sorted(pressed(floor)) == [("call-pad-1", "next"), ("call-pad-2", "recall")]
    assert [line.acknowledged(frame) for frame in sent] == [1, 1, 0]


async def test_displays_follow_the_state_of_their_windows(line: PadLine, floor: Controller) -> None:
    await show(floor, "call-pad-1", waiting=4, number="A003")
    await show(floor, "call-pad-2", waiting=12)
    await line.shown(1, bytes.fromhex("0a0a04000003"))
    await line.shown(2, bytes.fromhex("0a01020a0a0a"))


async def test_a_key_means_what_goes_on_at_the_window(line: PadLine, floor: Controller) -> None:
    await show(floor, "call-pad-1", stage="called", number="A001")
    await line.shown(1, bytes.fromhex("0a0a00000001"))
    line.press(1, EVALUATE)
    await until(lambda: len(pressed(floor)) == 2, "two steps")
    await show(floor, "call-pad-1", status="away", number="A002")
    await line.shown(1, bytes.fromhex("0a0a00000002"))
    line.press(1, PAUSE)
    await until(lambda: len(pressed(floor)) == 3, "and one")
    assert [action for _, action in pressed(floor)] == ["start", "finish", "back"]


async def test_noise_and_frames_with_a_wrong_sum_are_no_presses_and_hide_none(line: PadLine, floor: Controller) -> None:
    wrong = bytearray(bytes(Frame(1, PRESS, RECALL)))
    wrong[-2] ^= 1
    line.write(b"\x00\x68\x68\xff" + bytes(wrong) + b"\x68\x03\x03" + bytes(Frame(1, PRESS, NEXT)) + b"\x68")
    await until(lambda: pressed(floor), "the good one is pressed")
    line.press(2, NEXT)
    await until(lambda: len(pressed(floor)) == 2, "and the one after it")
    assert pressed(floor) == [("call-pad-1", "next"), ("call-pad-2", "next")]


async def test_a_pad_that_answers_late_presses_once_and_holds_up_nobody(
    line: PadLine, floor: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = bytes(Frame(1, PRESS, NEXT))
    line.write(late[:5])  # and nothing more for too long
    other = line.press(2, RECALL)
    await until(lambda: line.acknowledged(other), "the other pad is heard")
    line.write(late[5:])  # the rest alone says nothing
    line.write(late)  # so the pad begins again
    await until(lambda: line.acknowledged(Frame(1, PRESS, NEXT)), "it is heard")
    await until(lambda: len(pressed(floor)) == 2, "both are pressed")
    monkeypatch.setattr(pad_bus, "OWN_ECHO_S", 0.0)
    line.write(late)  # it missed the acknowledgement, and says it again
    await until(lambda: line.acknowledged(Frame(1, PRESS, NEXT)) == 2, "it is heard again")
    line.press(2, CONFIRM)
    await until(lambda: len(pressed(floor)) == 3, "the next press")
    *first, last = pressed(floor)  # each pad has a connection of its own, and they don't wait for each other
    assert sorted(first) == [("call-pad-1", "next"), ("call-pad-2", "recall")]
    assert last == ("call-pad-2", "start")


async def test_a_converter_that_hears_itself_presses_nothing(
    line: PadLine, floor: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pad_bus, "OWN_ECHO_S", 30.0)
    line.echoes = True
    sent = line.press(1, NEXT)
    await show(floor, "call-pad-1", waiting=1)
    await line.shown(1, bytes.fromhex("0a0a010a0a0a"))
    line.press(2, RECALL)
    await until(lambda: len(pressed(floor)) == 2, "both are pressed")
    assert sorted(pressed(floor)) == [("call-pad-1", "next"), ("call-pad-2", "recall")]
    assert line.acknowledged(sent) == 1


async def test_a_refusal_and_a_silence_beep(line: PadLine, floor: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    floor.answer = always(ok=False, code="window_not_open", message="…")
    line.press(1, NEXT)
    await until(lambda: line.beeps(1) == 1, "a beep")
    line.press(1, b"\x55")  # no key that anybody knows
    await until(lambda: line.beeps(1) == 2, "another")
    worth(monkeypatch, "call_pressed", 0.3)
    floor.answer = silence
    line.press(2, NEXT)
    await until(lambda: line.beeps(2) == 1, "and one at the other pad")


async def test_a_line_that_is_not_there_yet_is_opened_when_it_is(
    broker: Mosquitto, floor: Controller, tmp_path: Path
) -> None:
    port = tmp_path / "port"
    with pad_line() as laid:
        real, laid.port = laid.port, str(port)
        async with pads_at(laid, broker, tmp_path):
            await floor.online("call-pad-1")
            await show(floor, "call-pad-1", waiting=3)
            await asyncio.to_thread(port.symlink_to, real)
            await laid.shown(1, bytes.fromhex("0a0a030a0a0a"))
            laid.press(1, NEXT)
            await until(lambda: pressed(floor), "it is pressed")

"""What device programs do when they are told to by hand, and what they say of it, on a real Mosquitto."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devices.agent.call_pad import CallPad
from devices.agent.led import LedSign
from devices.agent.program import Program
from devices.agent.review_pad import ReviewPad
from devices.agent.speaker import Speaker
from devices.agent.ticket_machine import TicketMachine
from devices.agent.wire import Command
from devices.printer import open_printer
from tests.support.mosquitto import Mosquitto, mosquitto, until
from tests.support.scripted_controller import Controller, controller, line, shorten_pauses

NAME = "device-1"
LINE = base64.b64encode("本机：device-1\n".encode("gb18030")).decode()


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


async def told(floor: Controller, type_: str, command: str = "c-1", **members: object) -> dict[str, Any]:
    """Tell the device to do something and return what it says of it."""
    before = len(floor.of_type("command_done"))
    await floor.publish(NAME, "command", {"id": command, "type": type_, "ack": True, **members})
    await until(lambda: len(floor.of_type("command_done")) > before, f"a word on {type_}")
    done = floor.of_type("command_done")[-1]
    assert done["command"] == command
    return {name: done[name] for name in ("result", "reason") if name in done}


OK = {"result": "ok"}


async def test_a_sign_blinks_its_id_and_shows_what_came_meanwhile(
    broker: Mosquitto, floor: Controller, tmp_path: Path
) -> None:
    out, brightness = tmp_path / "sign.txt", tmp_path / "brightness"
    async with LedSign(line(broker, NAME), out=out, brightness_out=brightness) as sign:
        await floor.online(NAME)
        await floor.publish(NAME, "state", {"text": "2号窗口"}, retain=True)
        await until(lambda: out.exists() and out.read_text("utf-8") == "2号窗口\n", "its text")
        assert await told(floor, "identify", seconds=1) == OK
        await until(lambda: out.read_text("utf-8") == f"{NAME}\n", "its id")
        await floor.publish(NAME, "state", {"text": "请A003号"}, retain=True)
        await until(lambda: sign.text == "请A003号", "the news")
        await until(lambda: out.read_text("utf-8") == "请A003号\n", "the news on the glass")
        assert await told(floor, "set_brightness", "c-2", percent=40) == OK
        assert await asyncio.to_thread(brightness.read_text) == "40\n"
        assert (await told(floor, "set_brightness", "c-3", percent=101))["result"] == "refused"
        await asyncio.to_thread(brightness.unlink)
        await asyncio.to_thread(brightness.mkdir)
        assert await told(floor, "set_brightness", "c-4", percent=5) == {
            "result": "refused",
            "reason": "sign_unavailable",
        }


async def test_a_printer_prints_its_line_once_however_often_it_is_told(
    broker: Mosquitto, floor: Controller, tmp_path: Path
) -> None:
    roll = tmp_path / "roll"
    async with TicketMachine(line(broker, NAME), open_printer(f"file://{roll}")):
        await floor.online(NAME)
        assert await told(floor, "identify", seconds=5, escpos=LINE) == OK
        assert await told(floor, "identify", seconds=5, escpos=LINE) == OK
        assert await asyncio.to_thread(roll.read_bytes) == base64.b64decode(LINE)
        first, second = floor.of_type("command_done")
        assert first == second
        assert (await told(floor, "identify", "c-2", seconds=5))["result"] == "refused", "there is nothing to print"
        assert await told(floor, "set_brightness", "c-3", percent=5) == {"result": "unsupported"}


async def test_a_printer_that_can_t_says_why(broker: Mosquitto, floor: Controller, tmp_path: Path) -> None:
    async with TicketMachine(line(broker, NAME), open_printer(f"file://{tmp_path}/missing/roll")):
        await floor.online(NAME)
        assert await told(floor, "identify", seconds=5, escpos=LINE) == {"result": "refused", "reason": "unreachable"}


async def test_a_speaker_chimes_and_says_when_it_has_spoken(
    broker: Mosquitto, floor: Controller, tmp_path: Path
) -> None:
    sounds = tmp_path / "sounds"
    async with Speaker(line(broker, NAME), out=sounds):
        await floor.online(NAME)
        assert await told(floor, "identify", seconds=4) == OK
        assert (sounds / "identify-c-1.wav").stat().st_size > 1000
        voice = {"text": "测试", "wav": base64.b64encode(b"RIFF").decode(), "repeat": 1}
        assert await told(floor, "play", "c-2", **voice) == OK
        assert (sounds / "c-2.wav").is_file()
        late = {**voice, "expires_at": datetime(2026, 3, 2, tzinfo=UTC).isoformat()}
        assert await told(floor, "play", "c-3", **late) == {"result": "refused", "reason": "expired"}


async def test_a_speaker_without_a_player_is_not_taken_for_one_that_spoke(broker: Mosquitto, floor: Controller) -> None:
    async with Speaker(line(broker, NAME)):
        await floor.online(NAME)
        assert await told(floor, "identify", seconds=4) == {"result": "refused", "reason": "no_player"}


@pytest.mark.parametrize("kind", [ReviewPad, CallPad])
async def test_whoever_minds_a_pad_is_told(kind: type[Program], broker: Mosquitto, floor: Controller) -> None:
    happenings: list[Any] = []
    async with kind(line(broker, NAME), tell=happenings.append):
        await floor.online(NAME)
        assert await told(floor, "identify", seconds=7) == OK
        assert {"identify": 7} in happenings
        assert await told(floor, "explode", "c-2") == {"result": "unsupported"}
        assert (await told(floor, "identify", "c-3", seconds=0))["result"] == "refused"


async def test_what_lay_too_long_is_not_done(broker: Mosquitto, floor: Controller) -> None:
    happenings: list[Any] = []
    async with CallPad(line(broker, NAME), tell=happenings.append) as pad:
        await floor.online(NAME)
        body = {"id": "c-1", "type": "identify", "ack": True, "seconds": 7}
        pad.link.commands.put_nowait(Command("identify", body, asyncio.get_running_loop().time()))
        await until(lambda: floor.of_type("command_done"), "a word on it")
    (done,) = floor.of_type("command_done")
    assert (done["result"], done["reason"]) == ("refused", "expired")
    assert {"identify": 7} not in happenings


async def test_a_device_says_that_it_restarts_before_it_does(broker: Mosquitto, floor: Controller) -> None:
    running = asyncio.create_task(CallPad(line(broker, NAME)).run())
    await floor.online(NAME)
    assert await told(floor, "reboot") == OK
    await asyncio.wait_for(running, 30)
    await until(lambda: floor.statuses[NAME][-1] == "offline", "offline")


async def test_who_wants_no_word_gets_none(broker: Mosquitto, floor: Controller) -> None:
    happenings: list[Any] = []
    async with CallPad(line(broker, NAME), tell=happenings.append):
        await floor.online(NAME)
        await floor.publish(NAME, "command", {"id": "c-1", "type": "identify", "seconds": 3})
        assert await told(floor, "identify", "c-2", seconds=7) == OK
    assert happenings == [{"identify": 3}, {"identify": 7}]

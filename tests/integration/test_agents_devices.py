"""Pads, sign and speaker against a real Mosquitto and a scripted controller; what every program does."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devices.agent import speaker as speakers
from devices.agent.call_pad import CallPad
from devices.agent.led import LedSign
from devices.agent.link import NoReplyError
from devices.agent.program import Program
from devices.agent.review_pad import ReviewPad
from devices.agent.speaker import Speaker
from tests.support.mosquitto import Mosquitto, mosquitto, until
from tests.support.scripted_controller import Controller, always, controller, line, shorten_pauses, silence, worth


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


async def test_a_review_names_the_invited_ticket(broker: Mosquitto, floor: Controller) -> None:
    async with ReviewPad(line(broker, "review-pad-1")) as pad:
        await floor.online("review-pad-1")
        await floor.command("review-pad-1", "invite_review", ticket="t1", number="A003", window="1", seconds=60)
        invitation = await asyncio.wait_for(pad.invited(), 30)
        assert (invitation.ticket, invitation.number) == ("t1", "A003")
        assert (await pad.submit(2, ["213"], "等太久")).ok
        assert pad.invitation is None
        assert (await pad.submit(5)).ok
    first, second = floor.of_type("review_submitted")
    assert {name: first[name] for name in ("level", "tags", "text", "ticket")} == {
        "level": 2,
        "tags": ["213"],
        "text": "等太久",
        "ticket": "t1",
    }
    assert (second["level"], second["tags"], second.get("ticket"), second.get("text")) == (5, [], None, None)


@pytest.mark.parametrize("seconds", [0, -1, 3601, "60", True, None])
async def test_an_invitation_without_a_sensible_end_is_dropped(
    seconds: object, broker: Mosquitto, floor: Controller
) -> None:
    async with ReviewPad(line(broker, "review-pad-1")) as pad:
        await floor.online("review-pad-1")
        await floor.command("review-pad-1", "invite_review", ticket="wrong", seconds=seconds)
        await floor.command("review-pad-1", "invite_review", ticket="right", seconds=30)
        assert (await asyncio.wait_for(pad.invited(), 30)).ticket == "right"


async def test_a_press_and_its_answer(broker: Mosquitto, floor: Controller) -> None:
    floor.answer = always(window={"window": "1", "number": "A003"})
    async with CallPad(line(broker, "call-pad-1")) as pad:
        reply = await pad.press("away", {"reason": "开会", "substitute": "2"})
    assert reply.body["window"]["number"] == "A003"
    (event,) = floor.of_type("call_pressed")
    assert (event["action"], event["reason"], event["substitute"]) == ("away", "开会", "2")


async def test_a_press_nobody_answers_ends_soon(
    broker: Mosquitto, floor: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    worth(monkeypatch, "call_pressed", 0.5)
    floor.answer = silence
    async with CallPad(line(broker, "call-pad-1")) as pad:
        with pytest.raises(NoReplyError):
            await pad.press("next")


async def test_a_sign_shows_the_retained_state_and_what_follows(
    broker: Mosquitto, floor: Controller, tmp_path: Path
) -> None:
    told: list[Any] = []
    out = tmp_path / "sign.txt"
    await floor.publish("led-1", "state", {"text": "请A003号到2号窗口", "seq": 7}, retain=True)
    async with LedSign(line(broker, "led-1"), out=out, tell=told.append) as sign:
        await until(lambda: sign.text == "请A003号到2号窗口", "the retained state")
        await until(out.exists, "its file")
        await floor.publish("led-1", "state", {"text": "", "number": None, "label": "2号窗口", "seq": 8}, retain=True)
        await until(lambda: sign.text == "2号窗口", "the next state")
        await floor.command("led-1", "show", text="测试")
        await until(lambda: sign.text == "测试", "a text shown by command")
    assert await asyncio.to_thread(out.read_text, "utf-8") == "测试\n"
    assert {"shown": "请A003号到2号窗口", "seq": 7} in told


async def test_a_sign_whose_file_cannot_be_written_goes_on(
    broker: Mosquitto, floor: Controller, tmp_path: Path
) -> None:
    async with LedSign(line(broker, "led-1"), out=tmp_path / "missing" / "sign.txt") as sign:
        await floor.publish("led-1", "state", {"text": "一"}, retain=True)
        await until(lambda: sign.text == "一", "the first text")
        await floor.publish("led-1", "state", {"text": "二"}, retain=True)
        await until(lambda: sign.text == "二", "the second text")


PLAYER = """#!/bin/sh
echo "begin $(wc -c < "$1")" >> "{log}"
sleep 0.05
echo end >> "{log}"
"""


def player(folder: Path, script: str = PLAYER) -> tuple[str, Path]:
    log, path = folder / "player.log", folder / "player.sh"
    path.write_text(script.replace("{log}", str(log)), encoding="utf-8")
    path.chmod(0o755)
    return str(path), log


def announcement(name: str, *, size: int = 10, lives_s: float = 60, repeat: int = 1) -> dict[str, object]:
    expires_at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + lives_s, UTC).isoformat()
    wav = base64.b64encode(bytes(size)).decode()
    return {"id": name, "text": f"请{name}", "wav": wav, "repeat": repeat, "expires_at": expires_at}


async def say(floor: Controller, body: dict[str, object]) -> None:
    await floor.publish("speaker-1", "command", {"type": "play", **body})


async def test_announcements_are_played_once_each_one_after_another_never_late(
    broker: Mosquitto, floor: Controller, tmp_path: Path
) -> None:
    told: list[Any] = []
    command, log = player(tmp_path)
    link = line(broker, "speaker-1")
    async with Speaker(link, player=command, out=tmp_path / "wav", tell=told.append):
        await floor.online("speaker-1")
        await say(floor, announcement("c1-1", size=11, repeat=2))
        await say(floor, announcement("c1-1", size=11, repeat=2))
        await say(floor, announcement("late", size=12, lives_s=-1))
        await say(floor, announcement("c2-1", size=13))
        await until(lambda: any(one.get("played") == "c2-1" for one in told), "both are played")
    assert (await asyncio.to_thread(log.read_text)).split("\n") == [
        *["begin 11", "end"] * 2,
        "begin 13",
        "end",
        "",
    ]
    assert [next(iter(one.items())) for one in told] == [("played", "c1-1"), ("dropped", "late"), ("played", "c2-1")]
    assert (tmp_path / "wav" / "c1-1.wav").stat().st_size == 11


async def test_a_player_that_hangs_or_fails_does_not_stop_the_next_announcement(
    broker: Mosquitto, floor: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speakers, "PLAY_S_MAX", 0.3)
    told: list[Any] = []
    command, _ = player(
        tmp_path, '#!/bin/sh\ncase $(wc -c < "$1") in 1) exec sleep 60;; 2) exit 3;; *) exit 0;; esac\n'
    )
    async with Speaker(line(broker, "speaker-1"), player=command, tell=told.append):
        await floor.online("speaker-1")
        for size in (1, 2, 3):
            await say(floor, announcement(f"c{size}", size=size))
        await until(lambda: len(told) == 3, "all three are dealt with")
    assert [next(iter(one.items())) for one in told] == [("not_played", "c1"), ("not_played", "c2"), ("played", "c3")]
    assert "didn't end within 0.3 s" in told[0]["reason"]
    assert "status 3" in told[1]["reason"]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../evil"},
        {"id": None},
        {"wav": "§"},
        {"wav": "a"},
        {"wav": 7},
        {"repeat": 0},
        {"repeat": "2"},
        {"expires_at": "soon"},
    ],
)
async def test_a_malformed_announcement_is_dropped(
    change: dict[str, object], broker: Mosquitto, floor: Controller, tmp_path: Path
) -> None:
    told: list[Any] = []
    async with Speaker(line(broker, "speaker-1"), out=tmp_path, tell=told.append):
        await floor.online("speaker-1")
        await say(floor, {**announcement("c1"), **change})
        await say(floor, announcement("c2"))
        await until(lambda: told, "the sound one is played")
    assert [one["played"] for one in told] == ["c2"]


async def test_a_restart_wanted_ends_the_run(broker: Mosquitto, floor: Controller) -> None:
    program: Program = LedSign(line(broker, "led-1"))
    running = asyncio.create_task(program.run())
    await floor.online("led-1")
    await floor.command("led-1", "reboot")
    await asyncio.wait_for(running, 30)
    await until(lambda: floor.statuses["led-1"][-1] == "offline", "offline")


async def test_a_fault_of_its_own_ends_the_run_loudly(broker: Mosquitto, floor: Controller) -> None:
    class Broken(LedSign):
        async def show(self, state: object) -> None:
            raise ZeroDivisionError(state)

    program = Broken(line(broker, "led-1"))
    running = asyncio.create_task(program.run())
    await floor.publish("led-1", "state", {"text": "x"}, retain=True)
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(running, 30)


async def test_many_devices_share_a_process(broker: Mosquitto, floor: Controller) -> None:
    async with contextlib.AsyncExitStack() as stack:
        pads = [await stack.enter_async_context(CallPad(line(broker, f"call-pad-{n}"))) for n in range(20)]
        replies = await asyncio.gather(*(pad.press("next") for pad in pads))
    assert all(reply.ok for reply in replies)
    assert {device for device, _ in floor.events} == {f"call-pad-{n}" for n in range(20)}

"""Orders to devices over HTTP: written down, sent as the contract has it, answered, dropped where nobody hears."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.check_ins import CheckIns
from api.device_floor import DeviceFloor
from api.orders import JOB_PREFIX
from controller.device_orders import ANSWER_S, LIVES_S, OrderResult, OrderType
from controller.plan import Device, DeviceId, DeviceKind, SignDriver, WindowId
from controller.signs import Card
from devices.clip_cache import Clip
from devices.escpos_decoder import decode
from devices.messages import (
    CommandDone,
    Identify,
    NewRoll,
    Play,
    Print,
    Reboot,
    ReceiptFailed,
    ReceiptPrinted,
    SetBrightness,
)
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import HALL, small_plan
from tests.support.hall_client import Problem
from tests.support.mosquitto import POLL_S, WITHIN_S, until

DEVICES = (
    Device(DeviceId("led-1"), DeviceKind.LED, window=WindowId("1")),
    Device(DeviceId("machine-1"), DeviceKind.TICKET_MACHINE),
    Device(DeviceId("speaker-1"), DeviceKind.SPEAKER),
    Device(
        DeviceId("card-1"), DeviceKind.LED, window=WindowId("1"), driver=SignDriver.CX_H, card=Card("127.0.0.1:5005")
    ),
)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, replace(small_plan(), devices=DEVICES)) as served:
        yield served


@pytest.fixture
def floor(hall: ApiHall) -> DeviceFloor:
    check_ins = CheckIns(hall.engine, hall.journal, hall.clock)
    return DeviceFloor(hall.engine, check_ins, hall.directory, hall.orders, lambda _code: None)


def path(device: str) -> str:
    return f"/devices/{device}/commands"


async def given(hall: ApiHall, device: str, type_: str, amount: int | None = None) -> tuple[dict[str, Any], Any]:
    """Give an order and return it, and what its device was sent."""
    before = len(hall.gateway.commands(device))
    form: dict[str, Any] = await hall.client.ask("POST", path(device), {"type": type_, "amount": amount})
    assert form["state"] == "sent"
    await until(lambda: len(hall.gateway.commands(device)) > before, f"{type_} is sent")
    return form, hall.gateway.commands(device)[-1]


async def states(hall: ApiHall, device: str) -> list[tuple[str, str, str]]:
    listed = await hall.client.ask("GET", path(device))
    return [(one["type"], one["state"], one["reason"]) for one in listed["commands"]]


async def test_an_order_is_sent_answered_and_kept(hall: ApiHall, floor: DeviceFloor) -> None:
    form, sent = await given(hall, "led-1", "identify", 20)
    assert isinstance(sent, Identify)
    assert (sent.id, sent.seconds, sent.ack, sent.escpos) == (form["command"], 20, True, None)
    assert (sent.expires_at - hall.clock.now()).total_seconds() == LIVES_S[OrderType.IDENTIFY]
    hall.clock.advance(1)
    bright, dimmed = await given(hall, "led-1", "set_brightness", 0)
    assert isinstance(dimmed, SetBrightness)
    assert (dimmed.id, dimmed.percent) == (bright["command"], 0)
    done = CommandDone(id="e-1", command=form["command"], result=OrderResult.OK)
    assert await floor.handle(HALL, "led-1", done) == {}
    refusal = CommandDone(id="e-2", command=dimmed.id, result=OrderResult.UNSUPPORTED, reason="no lamp")
    assert await floor.handle(HALL, "led-1", refusal) == {}
    listed = await hall.client.ask("GET", path("led-1"))
    assert listed["fit"] == ["identify", "reboot", "set_brightness"]
    assert not listed["online"]
    assert await states(hall, "led-1") == [("set_brightness", "unsupported", "no lamp"), ("identify", "ok", "")]
    counted = hall.metrics.registry.get_sample_value
    assert counted("yichuang_device_orders_total", {"result": "ok"}) == 1


async def test_a_printer_s_word_on_the_job_is_its_word_on_the_order(hall: ApiHall, floor: DeviceFloor) -> None:
    _, sent = await given(hall, "machine-1", "identify")
    assert "machine-1" in decode(sent.escpos).text
    hall.clock.advance(1)
    form, page = await given(hall, "machine-1", "test_print")
    assert isinstance(page, Print)
    assert page.job == JOB_PREFIX + form["command"]
    assert "测试页" in decode(page.escpos).text
    assert await floor.handle(HALL, "machine-1", ReceiptFailed(id="e-1", job=page.job, reason="paper_out")) == {}
    hall.clock.advance(1)
    _, page = await given(hall, "machine-1", "test_print")
    assert await floor.handle(HALL, "machine-1", ReceiptPrinted(id="e-2", job=page.job)) == {}
    assert (await states(hall, "machine-1"))[:2] == [("test_print", "ok", ""), ("test_print", "refused", "paper_out")]


async def test_a_machine_is_told_of_a_new_roll(hall: ApiHall, floor: DeviceFloor) -> None:
    form, sent = await given(hall, "machine-1", "new_roll")
    assert isinstance(sent, NewRoll)
    assert (sent.id, sent.ack) == (form["command"], True)
    assert await floor.handle(HALL, "machine-1", CommandDone(id="e-1", command=sent.id, result=OrderResult.OK)) == {}
    assert await states(hall, "machine-1") == [("new_roll", "ok", "")]


async def test_a_speaker_is_sent_a_voice_or_the_order_says_that_there_is_none(
    hall: ApiHall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = tmp_path / "said.wav"
    sound.write_bytes(b"RIFF")

    async def clip(text: str, *_more: object) -> Clip:
        return Clip(sound, sound.name, 2.0)

    with monkeypatch.context() as patched:
        patched.setattr(hall.voice, "clip", clip)
        _, sent = await given(hall, "speaker-1", "test_voice")
    assert isinstance(sent, Play)
    assert (sent.text, sent.wav, sent.repeat, sent.ack) == ("这是语音测试。", b"RIFF", 1, True)
    hall.clock.advance(1)
    hall.voice.fails = True
    await hall.client.ask("POST", path("speaker-1"), {"type": "test_voice"})

    async with asyncio.timeout(30):
        while True:
            newest, *_ = await states(hall, "speaker-1")
            if newest[1] != "sent":
                break
            await asyncio.sleep(POLL_S)
    assert newest == ("test_voice", "refused", "voice_unavailable")


async def test_what_a_device_can_t_be_told_is_refused_and_changes_nothing(hall: ApiHall) -> None:
    for device, body, expected in (
        ("led-1", {"type": "test_print"}, (422, "order_unfit")),
        ("machine-1", {"type": "set_brightness", "amount": 5}, (422, "order_unfit")),
        ("card-1", {"type": "identify"}, (422, "order_unfit")),
        ("led-1", {"type": "set_brightness"}, (422, "order_amount_invalid")),
        ("led-1", {"type": "identify", "amount": 61}, (422, "order_amount_invalid")),
        ("led-1", {"type": "explode"}, (422, "request_invalid")),
        ("nonesuch", {"type": "identify"}, (404, "device_unknown")),
    ):
        with pytest.raises(Problem) as refused:
            await hall.client.ask("POST", path(device), body)
        assert (refused.value.status, refused.value.code) == expected, body
    assert await states(hall, "led-1") == []
    assert (await hall.client.ask("GET", path("card-1")))["fit"] == []


async def test_a_device_that_says_nothing_lets_its_order_expire(hall: ApiHall, floor: DeviceFloor) -> None:
    form, sent = await given(hall, "led-1", "reboot")
    assert isinstance(sent, Reboot)
    assert sent.ack
    hall.clock.advance(LIVES_S[OrderType.REBOOT] + ANSWER_S)
    assert await states(hall, "led-1") == [("reboot", "expired", "")]
    await floor.handle(HALL, "led-1", CommandDone(id="e-1", command=form["command"], result=OrderResult.OK))
    assert await states(hall, "led-1") == [("reboot", "ok", "")], "what it says late is true all the same"


async def test_the_same_request_again_is_the_same_order(hall: ApiHall) -> None:
    headers = {"Idempotency-Key": "once"}
    url, body = f"/api/v1/halls/{HALL}{path('led-1')}", {"type": "identify"}
    first, second = [(await hall.client.http.post(url, json=body, headers=headers)).json() for _ in range(2)]
    assert first == second
    await until(lambda: hall.gateway.commands("led-1"), "it is sent")
    assert len(await states(hall, "led-1")) == len(hall.gateway.commands("led-1")) == 1


async def test_one_that_can_t_be_sent_keeps_nobody_else_s_back(hall: ApiHall) -> None:
    hall.gateway.breaks_on.add("led-1")
    await hall.client.ask("POST", path("led-1"), {"type": "identify"})
    await given(hall, "machine-1", "reboot")
    deadline = asyncio.get_running_loop().time() + WITHIN_S
    while await states(hall, "led-1") != [("identify", "refused", "internal_error")]:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(POLL_S)

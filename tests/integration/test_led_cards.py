"""The CX-H card of a sign: its datagram, by the worked example of its maker's page, and what arrives at a socket."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api import led_cards
from api.led_cards import LedCards
from controller import commands as c
from controller.plan import Card, Device, DeviceId, DeviceKind, LedColours, LedSize, Plan, SignDriver, Signs, WindowId
from displays.cx_h import TEXT_BYTES_MAX, CxhCard, datagram
from displays.sign import Colour, Effect, face_of
from tests.support.mosquitto import WITHIN_S
from tests.support.screen_pages import ScreenFloor

EXAMPLE = bytes.fromhex("212155aa 00 01 03 08 10000000 0400 b0a1b0a2")
"""啊阿 in red, scrolling to the left, standing for 1.6 s."""
IDLE = {"window": "1", "label": "1号窗口", "status": "open", "stage": None, "number": None}
CARD_TRIES = 3


@pytest.fixture
def sign() -> Iterator[socket.socket]:
    """A card's socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.setblocking(False)
        yield listener


def address(sign: socket.socket) -> str:
    host, port = sign.getsockname()
    return f"{host}:{port}"


async def heard(sign: socket.socket) -> bytes:
    async with asyncio.timeout(WITHIN_S):
        return await asyncio.get_running_loop().sock_recv(sign, 2_000)


def test_the_makers_worked_example() -> None:
    assert datagram("啊阿", Card("192.168.1.9"), Colour.RED, Effect.SCROLL) == EXAMPLE


def test_colours_and_effects_are_the_plans_codes() -> None:
    card = Card("card", zone=2, green=7, yellow=9, steady=4, speed=1, hold_ds=300)
    assert datagram("A", card, Colour.GREEN, Effect.STEADY) == bytes.fromhex("212155aa 02070401 2c010000 0100 41")
    assert datagram("A", card, Colour.YELLOW, Effect.FLASH)[5:7] == bytes((9, 4)), "no code of a flash: it stands"
    assert datagram("A", replace(card, flash=8), Colour.WHITE, Effect.FLASH)[5:7] == bytes((1, 8))


def test_a_text_is_bounded_after_a_whole_character() -> None:
    content = datagram("窗" * 2_000, Card("card"), Colour.RED, Effect.STEADY)
    assert content[14:].decode("gb18030") == "窗" * (TEXT_BYTES_MAX // 2)


async def test_a_picture_is_sent_as_often_as_the_plan_says(sign: socket.socket) -> None:
    card = Card(address(sign), tries=CARD_TRIES)
    await CxhCard(card).show(face_of(IDLE, LedSize(), "zh-CN"), Effect.STEADY)
    told = [await heard(sign) for _ in range(CARD_TRIES)]
    assert set(told) == {datagram("热情为您服务", card, Colour.RED, Effect.STEADY)}
    with pytest.raises(BlockingIOError):
        sign.recv(1)


async def test_a_card_that_is_not_there_is_told_of_in_bounded_time(sign: socket.socket) -> None:
    where = address(sign)
    sign.close()
    async with asyncio.timeout(WITHIN_S):
        with pytest.raises(OSError, match=where):
            await CxhCard(Card(where)).show(face_of(IDLE, LedSize(), "zh-CN"), Effect.STEADY)


class CardFloor(ScreenFloor):
    """A hall whose first window has a sign with a card."""

    def __init__(self, card: Card, signs: Signs) -> None:
        self.cards: LedCards | None = None
        super().__init__()
        device = Device(DeviceId("led-1"), DeviceKind.LED, window=WindowId("1"), driver=SignDriver.CX_H, card=card)
        window = replace(self.plan.windows[0], led=LedSize(128, 16, LedColours.RED_GREEN))
        windows = (window, *self.plan.windows[1:])
        self.put(replace(self.plan, devices=(device,), windows=windows, signs=signs))

    def put(self, plan: Plan) -> None:
        self.plan = plan
        self.do(c.ChangePlan(plan))

    def do(self, *given: c.Command | datetime) -> None:
        super().do(*given)
        if self.cards is not None:
            self.cards.changed(cast("Any", SimpleNamespace(day=self.day)))


@contextlib.asynccontextmanager
async def running(floor: CardFloor) -> Any:
    floor.cards = LedCards(lambda: [floor.day], lambda _day: floor.now())
    task = asyncio.create_task(floor.cards.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_card_follows_the_floor_and_a_new_controller_tells_it_again(sign: socket.socket) -> None:
    card = Card(address(sign), tries=1, flash=5)
    floor = CardFloor(card, Signs(flash_s=1))
    floor.open("1")
    number = floor.ticket()
    idle = datagram("热情为您服务", card, Colour.GREEN, Effect.STEADY)
    calls = [datagram(f"请{number}号到本窗口", card, Colour.RED, effect) for effect in (Effect.FLASH, Effect.STEADY)]
    async with running(floor):
        assert await heard(sign) == idle
        floor.call("1")
        assert [await heard(sign), await heard(sign)] == calls, "it flashes, and then it stands"
        floor.do(c.StartService(WindowId("1")))
        assert await heard(sign) == datagram(f"{number}号办理中", card, Colour.GREEN, Effect.STEADY)
        floor.do(c.FinishService(WindowId("1")))
        assert await heard(sign) == idle
        floor.do(c.StepAway(WindowId("1"), "开会", None))
        assert await heard(sign) == datagram("暂停服务 开会", card, Colour.YELLOW, Effect.STEADY)
    async with running(floor):
        assert await heard(sign) == datagram("暂停服务 开会", card, Colour.YELLOW, Effect.STEADY)


async def test_a_card_that_was_without_power_is_told_again(
    sign: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(led_cards, "REFRESH_S", 0.2)
    floor = CardFloor(Card(address(sign), tries=1), Signs())
    async with running(floor):
        assert len({await heard(sign) for _ in range(3)}) == 1


async def test_a_sign_that_moved_is_spoken_to_at_its_new_address_alone(sign: socket.socket) -> None:
    floor = CardFloor(Card(address(sign), tries=1), Signs())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.setblocking(False)
        async with running(floor):
            closed = await heard(sign)
            (device,) = floor.plan.devices
            floor.put(replace(floor.plan, devices=(replace(device, card=Card(address(other), tries=1)),)))
            assert await heard(other) == closed
            floor.open("1")
            assert await heard(other) != closed
        with pytest.raises(BlockingIOError):
            sign.recv(1)


def test_a_call_that_was_made_long_ago_does_not_flash_again_after_a_restart() -> None:
    floor = ScreenFloor()
    floor.open("1")
    floor.ticket()
    floor.call("1", floor.now() - timedelta(seconds=30))
    form = next(form for form in floor.board()["windows"] if form["window"] == "1")
    assert face_of(form, LedSize(), "zh-CN").effect(floor.now()) is Effect.STEADY

"""What a sign shows, in which colour, and how: the same for every way to speak to it."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.plan import LedColours, LedSize, Signs
from displays.sign import Colour, Effect, face_of, led_board
from tests.support.contrast import contrast

AT = datetime.fromisoformat("2026-01-05T09:30:00+08:00")
CALLED = {
    "window": "2",
    "label": "2号窗口",
    "status": "open",
    "stage": "called",
    "number": "A003",
    "call_at": AT.isoformat(),
}
SERVING = {**CALLED, "stage": "serving"}
IDLE = {**CALLED, "stage": None, "number": None, "call_at": None}
AWAY = {**IDLE, "status": "away"}
CLOSED = {**IDLE, "status": "closed"}
TWO = LedSize(128, 16, LedColours.RED_GREEN)
COLOURS = Path(__file__).parents[2] / "displays" / "web" / "led" / "colours.js"
CONTRAST_MIN = 4.5


@pytest.mark.parametrize(
    ("window", "colour"),
    [
        (CALLED, Colour.RED),
        (SERVING, Colour.GREEN),
        (IDLE, Colour.GREEN),
        (AWAY, Colour.YELLOW),
        (CLOSED, Colour.RED),
    ],
)
def test_a_sign_of_two_colours_tells_states_apart_and_one_of_one_colour_cannot(
    window: dict[str, Any], colour: Colour
) -> None:
    assert face_of(window, TWO, "zh-CN").colour is colour
    for single in (LedColours.RED, LedColours.GREEN, LedColours.WHITE):
        assert face_of(window, LedSize(128, 16, single), "zh-CN").colour.value == single.value


def test_a_new_call_flashes_and_then_stands() -> None:
    face = face_of(CALLED, TWO, "zh-CN", signs=Signs(flash_s=4))
    assert face.effect(AT) is Effect.FLASH
    assert face.effect(AT + timedelta(seconds=3.9)) is Effect.FLASH
    assert face.effect(AT + timedelta(seconds=4)) is Effect.STEADY
    for window in (SERVING, IDLE, AWAY, CLOSED):
        assert face_of(window, TWO, "zh-CN").effect(AT) is Effect.STEADY
    assert face_of(CALLED, TWO, "zh-CN", signs=Signs(flash_s=0)).effect(AT) is Effect.STEADY


def test_what_fits_no_sign_scrolls_and_its_board_carries_it_whole() -> None:
    signs = Signs(idle=("一窗受理 集成服务",), scroll_dots_s=30)
    face = face_of(IDLE, LedSize(64, 16), "zh-CN", signs=signs)
    assert (face.effect(AT), face.text) == (Effect.SCROLL, "一窗受理 集成服务")
    board = led_board({"hall": "demo", "seq": 4, "open": True, "windows": [IDLE]}, "2", LedSize(64, 16), "zh-CN", signs)
    assert board is not None
    assert (board["text"], board["clipped"]) == ("一窗受理", True)
    assert {**board["scroll"], "bitmap": len(board["scroll"]["bitmap"])} == {
        "text": "一窗受理 集成服务",
        "width": 136,
        "bitmap": 364,  # 17 bytes × 16 rows in base64
        "dots_s": 30,
    }


def test_lit_dots_stand_out_from_dark_ones_and_from_the_ground() -> None:
    palette = re.findall(r"(\w+): \{ lit: '(#\w+)', dark: '(#\w+)', ground: GROUND", COLOURS.read_text("utf-8"))
    (ground,) = re.findall(r"GROUND = '(#\w+)'", COLOURS.read_text("utf-8"))
    assert {name for name, *_ in palette} == set(Colour)
    for name, lit, dark in palette:
        assert contrast(lit, dark) >= CONTRAST_MIN, name
        assert contrast(lit, ground) >= CONTRAST_MIN, name

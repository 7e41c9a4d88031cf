"""Signs are judged by their dots: a decoder here finds the font's glyphs in the bitmap again."""

import base64
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from controller.plan import LedSize, Signs
from controller.runtime.catalogue import messages
from displays import led
from displays.font import FontMissing, default_font, load
from displays.led import LedPicture, render, wordings
from displays.sign import led_board

HEX = Path("/usr/share/unifont/unifont.hex")
LABELS = {"2": "2号窗口", "3": "3号窗口"}
CALLED = {"window": "2", "label": "2号窗口", "status": "open", "stage": "called", "number": "A003"}
AWAY = {**CALLED, "status": "away", "stage": None, "number": None}


@cache
def glyph_dots(character: str) -> list[str]:
    wanted = f"{ord(character):04X}:"
    digits = next(line for line in HEX.read_text("ascii").splitlines() if line.startswith(wanted)).split(":")[1]
    step = len(digits) // 16
    return [f"{int(digits[at : at + step], 16):0{step * 4}b}" for at in range(0, len(digits), step)]


def text_dots(text: str) -> list[str]:
    return ["".join(glyph_dots(character)[row] for character in text) for row in range(16)]


def dots_of(picture: LedPicture) -> list[str]:
    assert picture.bitmap is not None
    stride = (picture.width + 7) // 8
    assert len(picture.bitmap) == stride * picture.height
    rows = [picture.bitmap[at : at + stride] for at in range(0, len(picture.bitmap), stride)]
    bits = ["".join(f"{byte:08b}" for byte in row) for row in rows]
    assert all(set(row[picture.width :]) <= {"0"} for row in bits), "the padding is dark"
    return [row[: picture.width] for row in bits]


def framed(block: list[str], width: int, height: int) -> list[str]:
    """Put a block of dots in the middle of a dark sign."""
    left = (width - len(block[0])) // 2
    top = (height - len(block)) // 2
    rows = ["0" * left + row + "0" * (width - left - len(row)) for row in block]
    return ["0" * width] * top + rows + ["0" * width] * (height - top - len(rows))


def enlarged(block: list[str], scale: int) -> list[str]:
    return [wide for row in block for wide in ["".join(dot * scale for dot in row)] * scale]


def said(window: dict[str, Any], width: int, height: int = 16, language: str = "zh-CN") -> LedPicture:
    return render(wordings(window, language, LABELS), width, height)


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (192, "请A003号到2号窗口"),
        (136, "请A003号到2号窗口"),
        (135, "请A003号到本窗口"),
        (128, "请A003号到本窗口"),
        (127, "请A003号"),
        (64, "请A003号"),
        (63, "A003"),
        (32, "A003"),
    ],
)
def test_a_call_takes_the_longest_wording_that_fits_and_its_dots_are_the_fonts(width: int, text: str) -> None:
    picture = said(CALLED, width)
    assert (picture.text, picture.clipped) == (text, False)
    assert dots_of(picture) == framed(text_dots(text), width, 16)


def test_a_sign_of_32_dots_shows_a_call_in_doubled_glyphs() -> None:
    picture = said(CALLED, 192, 32)
    assert picture.text == "请A003号"
    assert dots_of(picture) == framed(enlarged(text_dots("请A003号"), 2), 192, 32)


def test_two_rows_where_doubled_glyphs_would_lose_the_window() -> None:
    picture = said(CALLED, 96, 32)
    first, second = text_dots("请A003号"), text_dots("到2号窗口")
    expected = framed(first, 96, 16) + framed(second, 96, 16)
    assert picture.text == "请A003号到2号窗口"
    assert dots_of(picture) == expected


@pytest.mark.parametrize(
    ("window", "size", "text"),
    [
        ({**CALLED, "stage": "serving"}, (128, 16), "A003号办理中"),
        ({**CALLED, "stage": "serving"}, (64, 16), "A003号"),
        ({**CALLED, "stage": "serving"}, (40, 16), "A003"),
        ({**CALLED, "stage": None, "number": None}, (128, 16), "热情为您服务"),
        ({**CALLED, "stage": None, "number": None}, (192, 32), "热情为您服务"),
        ({**CALLED, "stage": None, "number": None}, (64, 16), "欢迎光临"),
        (AWAY, (128, 16), "暂停服务"),
        (AWAY, (64, 16), "暂停服务"),
        (AWAY, (48, 16), "暂停"),
        ({**AWAY, "substitute": "3"}, (64, 16), "暂停服务"),
        ({**AWAY, "substitute": "3"}, (128, 16), "暂停 请到3号窗口"),
        ({**AWAY, "substitute": "3"}, (192, 32), "暂停服务 请到3号窗口"),
        ({**AWAY, "notice": "开会"}, (192, 32), "暂停服务 开会"),
        ({**AWAY, "notice": "到村里走访群众了解情况请大家下午再来办理业务"}, (192, 32), "暂停服务"),
        ({**AWAY, "substitute": "3", "notice": "开会"}, (192, 32), "暂停服务 请到3号窗口"),
        ({**CALLED, "status": "closed", "stage": None}, (128, 16), "本窗口未开放"),
        ({**CALLED, "status": "closed", "stage": None}, (64, 16), "未开放"),
    ],
)
def test_wordings_of_every_state(window: dict[str, Any], size: tuple[int, int], text: str) -> None:
    picture = said(window, *size)
    assert (picture.text, picture.clipped) == (text, False)
    assert any("1" in row for row in dots_of(picture))


def test_the_substitute_stands_in_the_second_row() -> None:
    rows = dots_of(said({**AWAY, "substitute": "3"}, 192, 32))
    assert rows == framed(text_dots("暂停服务"), 192, 16) + framed(text_dots("请到3号窗口"), 192, 16)


@pytest.mark.parametrize("size", [(64, 16), (128, 16), (192, 32), (100, 20), (321, 48), (512, 128)])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("window", [CALLED, {**CALLED, "stage": "serving"}, AWAY, {**AWAY, "status": "closed"}])
def test_every_usual_size_shows_a_whole_wording(size: tuple[int, int], language: str, window: dict[str, Any]) -> None:
    picture = said(window, *size, language)
    assert not picture.clipped
    assert (picture.width, picture.height) == size
    assert any("1" in row for row in dots_of(picture))


def test_a_called_number_is_on_every_sign_that_can_hold_it() -> None:
    for language in ("zh-CN", "en"):
        for width in range(32, 520, 8):
            for height in (16, 32, 48, 64):
                assert "A003" in said(CALLED, width, height, language).text


def test_what_does_not_fit_is_cut_after_a_whole_glyph_and_says_so() -> None:
    picture = render([["暂停服务"], ["暂停"]], 30, 16)
    assert (picture.text, picture.clipped) == ("暂", True)
    assert dots_of(picture) == framed(text_dots("暂"), 30, 16)
    nothing = render([["暂停"]], 8, 16)
    assert (nothing.text, nothing.clipped) == ("", True)
    assert not any("1" in row for row in dots_of(nothing))


def test_a_sign_lower_than_a_glyph_has_its_text_and_no_bitmap() -> None:
    assert render([["请A003号"], ["A003"]], 64, 8) == LedPicture(64, 8, "A003", None, clipped=True)


@pytest.mark.parametrize("size", [(0, 16), (128, 0), (-8, 16), (4097, 16), (64, 4097)])
def test_a_size_that_is_none_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a sign of"):
        render([["A003"]], *size)
    with pytest.raises(ValueError, match="wording"):
        render([], 64, 16)


def test_a_notice_is_one_plain_line_whatever_was_typed() -> None:
    picture = said({**AWAY, "notice": "开\n会\x00\u202e {number}"}, 192, 32)
    assert picture.text == "暂停服务 开 会 {number}"


def test_without_a_font_the_text_is_chosen_the_same_and_the_bitmap_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise FontMissing("no LED font")

    monkeypatch.setattr("displays.font.load", missing)
    default_font.cache_clear()
    led._render.cache_clear()
    try:
        for width in (32, 64, 128, 136, 192):
            picture = said(CALLED, width)
            assert picture.bitmap is None
            assert picture.text == render(wordings(CALLED, "zh-CN"), width, 16, load(HEX)).text
        board = led_board({"hall": "demo", "seq": 4, "open": True, "windows": [CALLED]}, "2", LedSize(128, 16), "zh-CN")
        assert board is not None
        assert (board["text"], board["bitmap"]) == ("请A003号到本窗口", None)
    finally:
        default_font.cache_clear()
        led._render.cache_clear()


def test_the_board_of_a_sign_is_the_contracts() -> None:
    called = {**CALLED, "call_at": "2026-01-05T09:30:00+08:00"}
    board = {"hall": "demo", "hall_name": "示例镇便民服务中心", "seq": 41, "open": True, "windows": [called], "at": "t"}
    shown = led_board(board, "2", LedSize(128, 16), "zh-CN")
    assert shown is not None
    picture = said(CALLED, 128)
    assert picture.bitmap is not None
    assert base64.b64decode(shown.pop("bitmap")) == picture.bitmap
    assert len(picture.bitmap) == 128 // 8 * 16
    assert shown == {
        "type": "board",
        "hall": "demo",
        "hall_name": "示例镇便民服务中心",
        "seq": 41,
        "at": "t",
        "open": True,
        "zone": None,
        "window": "2",
        "label": "2号窗口",
        "status": "open",
        "stage": "called",
        "number": "A003",
        "times": None,
        "notice": None,
        "width": 128,
        "height": 16,
        "text": "请A003号到本窗口",
        "clipped": False,
        "colour": "red",
        "flash": {"until": "2026-01-05T09:30:03+08:00", "hz": 1.0},
        "scroll": None,
    }
    assert led_board(board, "9", LedSize(128, 16), "zh-CN") is None


def test_a_hall_s_own_wordings_take_the_place_of_ours_by_the_same_measure() -> None:
    signs = Signs(idle=("一窗受理 集成服务", "便民为民"), pause=("暂离 稍候",), closed=("下午两点见",))
    idle = {**CALLED, "stage": None, "number": None}
    wide, narrow = (render(wordings(idle, "zh-CN", LABELS, signs), width, 16) for width in (144, 128))
    assert (wide.text, narrow.text) == ("一窗受理 集成服务", "便民为民")
    assert render(wordings(AWAY, "zh-CN", LABELS, signs), 128, 16).text == "暂离 稍候"
    substituted = {**AWAY, "substitute": "3"}
    assert render(wordings(substituted, "zh-CN", LABELS, signs), 128, 16).text == "暂停 请到3号窗口"
    assert render(wordings({**AWAY, "status": "closed"}, "zh-CN", LABELS, signs), 128, 16).text == "下午两点见"


def test_what_fits_no_other_way_runs_through_the_sign_whole() -> None:
    picture = render([["一窗受理 集成服务", "便民为民"]], 60, 40)
    assert (picture.text, picture.clipped) == ("便民为", True)
    strip = picture.strip
    assert strip is not None
    assert (strip.text, strip.width) == ("一窗受理 集成服务", 2 * 136)
    dots = dots_of(LedPicture(strip.width, 40, strip.text, strip.bitmap))
    assert dots == framed(enlarged(text_dots("一窗受理 集成服务"), 2), 272, 40)
    assert render([["一窗受理 集成服务", "便民为民"]], 64, 16).strip is None


def test_a_picture_is_drawn_once() -> None:
    led._render.cache_clear()
    first = said(CALLED, 128)
    assert said(dict(CALLED), 128) is first


def test_both_languages_have_the_same_wordings_with_the_same_places() -> None:
    chinese, english = messages("zh-CN"), messages("en")
    keys = {key for key in chinese if key.startswith("led.")}
    assert keys == {key for key in english if key.startswith("led.")}
    for key in keys:
        for place in ("{number}", "{label}", "{notice}"):
            assert (place in chinese[key]) == (place in english[key])

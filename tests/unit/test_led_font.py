"""Glyphs against the lines of the font's own file, read here without the code under test."""

import gzip
from pathlib import Path

import pytest

from displays import font as fonts
from displays.font import Font, FontDamaged, FontMissing, load, text_width

HEX = Path("/usr/share/unifont/unifont.hex")
GETA = "3013:" + "F" * 64


def hex_line(character: str) -> str:
    wanted = f"{ord(character):04X}:"
    return next(line for line in HEX.read_text("ascii").splitlines() if line.startswith(wanted)).split(":")[1]


@pytest.mark.parametrize("character", ["A", "0", "9", " ", "请", "号", "到", "窗", "口", "龘", "〓", ",", "\uffee"])
def test_a_glyph_has_the_rows_of_its_line(character: str) -> None:
    glyph = load(HEX).glyph(character)
    digits = hex_line(character)
    assert glyph.width == len(digits) * 4 // 16
    assert "".join(f"{row:0{glyph.width // 4}X}" for row in glyph.rows) == digits
    assert len(glyph.rows) == 16


def test_every_hanzi_of_gb2312_is_there_16_dots_wide() -> None:
    font = load(HEX)
    hanzi = [bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)]
    hanzi = [character for character in hanzi if character]
    assert len(hanzi) == 6763
    assert all(character in font and font.glyph(character).width == 16 for character in hanzi)
    assert all(font.glyph(chr(code)).width == 8 for code in range(0x20, 0x7F))


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("请A003号到2号窗口", 136),
        ("请A003号到本窗口", 128),
        ("请A003号", 64),
        ("A003", 32),
        ("热情为您服务", 96),
        ("暂停服务", 64),
        ("", 0),
    ],
)
def test_widths_with_the_font_and_by_the_rule_of_the_grid(text: str, width: int) -> None:
    assert load(HEX).width(text) == width
    assert text_width(text) == width


def test_a_character_that_the_font_lacks_is_drawn_as_a_geta_mark() -> None:
    font = load(HEX)
    assert "\U00020000" not in font
    assert font.glyph("\U00020000") == font.glyph("〓")


def test_the_setting_names_another_file_and_gzip_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.hex.gz"
    own.write_bytes(gzip.compress(f"0041:{'18' * 16}\n{GETA}\n".encode()))
    monkeypatch.setenv(fonts.SETTING, str(own))
    font = load()
    assert len(font) == 2
    assert font.glyph("A").rows == (0x18,) * 16


def test_a_missing_font_is_one_line_that_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(fonts.SETTING, str(tmp_path / "none.hex"))
    with pytest.raises(FontMissing) as caught:
        load()
    message = str(caught.value)
    assert "apt-get install unifont" in message
    assert "none.hex" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"not a font\n" + GETA.encode(), "not a hex font, it holds b'n'"),
        (f"0041:{'XY' * 16}\n{GETA}\n".encode(), "not a hex font, it holds b'X'"),
        (b":" + b"1" * 32 + b"\n" + GETA.encode(), ":1: not a glyph"),
        (b"0041:" + b"1" * 15 + b":" + b"1" * 16 + b"\n" + GETA.encode(), ":1: not a glyph"),
        (b"0041\n" + GETA.encode(), ":1: not a glyph"),
        (b"0041:1818\n" + GETA.encode(), ":1: not a glyph"),
        (f"3013:{'F' * 64}\n0041:{'18' * 16}\n".encode(), ":2: code points must ascend"),
        (f"0041:{'18' * 16}\n".encode(), "no glyph of 〓"),
        (b"", "no glyph of 〓"),
    ],
)
def test_a_damaged_font_names_the_line(content: bytes, place: str) -> None:
    with pytest.raises(FontDamaged, match=place):
        Font(content, "font.hex")


@pytest.mark.parametrize("suffix", [".hex", ".hex.gz"])
def test_a_file_that_cannot_be_read_is_a_missing_font(tmp_path: Path, suffix: str) -> None:
    place = tmp_path / f"font{suffix}"
    if suffix == ".hex":
        place.mkdir()
    else:
        place.write_bytes(b"this is not gzip")
    with pytest.raises(FontMissing, match="can't be read"):
        load(place)

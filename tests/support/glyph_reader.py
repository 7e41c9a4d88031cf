"""Reads an LED sign as a passer-by does: from its dots back to the text, by the shapes of the pixel font's glyphs."""

from collections.abc import Sequence
from functools import cache

from displays.font import CELL_HEIGHT, FULL_WIDTH, HALF_WIDTH, default_font

HANZI = range(0x4E00, 0x9FA6)
ASCII = range(0x21, 0x7F)


class Unreadable(Exception):
    """The dots are no row of known glyphs."""


def read_sign(rows: Sequence[str]) -> str:
    """Return what a sign of one row of text says.

    Args:
        rows: ``1`` for a lit dot and ``0`` for a dark one, a text a row of dots.

    Raises:
        Unreadable: it isn't text of the font in one row, at its own size.
    """
    if len(rows) != CELL_HEIGHT or not any("1" in row for row in rows):
        raise Unreadable(f"{len(rows)} rows of dots")
    width = len(rows[0])
    for left in range(min(row.find("1") for row in rows if "1" in row) + 1):
        text = _read_from(rows, left, width)
        if text is not None:
            return text
    raise Unreadable("\n".join(rows))


def _read_from(rows: Sequence[str], left: int, width: int) -> str | None:
    if not any("1" in row[left:] for row in rows):
        return ""
    for cell in (FULL_WIDTH, HALF_WIDTH):
        character = _glyphs().get(tuple(row[left : left + cell] for row in rows))
        if left + cell <= width and character is not None:
            rest = _read_from(rows, left + cell, width)
            if rest is not None:
                return character + rest
    return None


@cache
def _glyphs() -> dict[tuple[str, ...], str]:
    font = default_font()
    assert font is not None, "the package unifont is missing"
    found = {}
    for code in (*HANZI, *ASCII):
        glyph = font.glyph(chr(code))
        found[tuple(f"{bits:0{glyph.width}b}" for bits in glyph.rows)] = chr(code)
    return found

"""Column arithmetic of Chinese receipt printers: how wide a text prints, and where it may be broken.

A printer's line is a row of equal columns, 12 dots each: 32 of them on 58 mm paper, 48 on 80 mm. In Chinese mode
a character of one GB18030 byte takes one column and a character of two bytes takes two, whatever Unicode thinks of
its width ("–" and "é" are two columns wide here).

Which characters print: the font ROMs of common printers hold GBK, the two-byte part of GB18030. The four-byte part
(rare hanzi of village and family names, most other scripts) would come out as garbage, four columns of it. Of it hanzi
and other wide characters, and letters of alphabets that are written letter by letter, are drawn as dots
(`devices.rare_glyphs`), in two columns or one. What no font has, and all else, is replaced in as many columns: by "〓",
the printers' sign for a missing hanzi, or by "?". Control characters never reach the paper: a name from a plan can't
smuggle in a printer command.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

PRINTABLE = "gbk"
"""The part of GB18030 that the printers' font ROMs hold; both encode it in the same bytes."""

WIDE_REPLACEMENT = "〓"
NARROW_REPLACEMENT = "?"

COLUMNS_MIN = 2
"""Narrowest line that can hold every character."""

_INVISIBLE = frozenset({"Mn", "Me", "Cf"})
"""Unicode categories that take no place of their own: combining marks and format characters."""

_WIDE = frozenset({"W", "F"})

_SHAPELESS = frozenset({"Cn", "Co", "Cs"})
"""Categories of code points that no font of ours has a say in: not assigned, private, surrogates."""

_LETTER_BY_LETTER = ("LATIN ", "GREEK ", "CYRILLIC ")
"""Alphabets whose letters stand side by side; of others (Arabic, Tibetan) a letter alone would be another word."""

_CHARACTERS_REMEMBERED_MAX = 8192
"""A receipt measures each of its characters several times; a hall's texts use a few hundred different ones."""

_NEVER_FIRST = frozenset("，。、；：？！）》」』】〉〕”’…％℃,.;:?!)]}%")
"""Punctuation that belongs to what stands before it and may not open a line (GB/T 15834)."""

_NEVER_LAST = frozenset("（《「『【〈〔“‘￥([{$")
"""Punctuation that belongs to what follows it and may not close a line (GB/T 15834)."""


def printable(text: str) -> str:
    """Return the text with only characters that can be printed or drawn, each run of white space one space.

    Args:
        text: any text, also one with control characters or characters outside GBK.
    """
    seen = (_printable_character(character) for character in unicodedata.normalize("NFC", text))
    return " ".join("".join(seen).split())


@lru_cache(maxsize=_CHARACTERS_REMEMBERED_MAX)
def _printable_character(character: str) -> str:
    """Return what prints in a character's place: itself, a replacement, a space or nothing."""
    category = unicodedata.category(character)
    if category in _INVISIBLE:
        return ""
    if category[0] == "Z" or category == "Cc":
        return " "
    return character if has_rom_glyph(character) or _may_be_drawn(character, category) else replacement(character)


def _may_be_drawn(character: str, category: str) -> bool:
    if category in _SHAPELESS:
        return False
    return _is_wide(character) or unicodedata.name(character, "").startswith(_LETTER_BY_LETTER)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in _WIDE


@lru_cache(maxsize=_CHARACTERS_REMEMBERED_MAX)
def has_rom_glyph(character: str) -> bool:
    """Tell whether printers' own fonts have a character."""
    return bool(character.encode(PRINTABLE, errors="ignore"))


def replacement(character: str) -> str:
    """Return what stands for a character that can't be printed, in as many columns."""
    return WIDE_REPLACEMENT if _is_wide(character) else NARROW_REPLACEMENT


def encode(text: str) -> bytes:
    """Return the bytes of a text that went through `printable`; what printers' own fonts lack is replaced."""
    return "".join(each if has_rom_glyph(each) else replacement(each) for each in text).encode(PRINTABLE)


def width(text: str) -> int:
    """Return the columns that a text takes, counted as it would print (see `printable`), spaces as they stand."""
    return sum(map(_character_width, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=_CHARACTERS_REMEMBERED_MAX)
def _character_width(character: str) -> int:
    shown = _printable_character(character)
    return len(encode(shown)) if shown else 0


def wrap(text: str, columns: int) -> list[str]:
    """Break a text into lines of at most so many columns.

    Lines break at spaces and between hanzi; a Latin word stays whole where it fits on a line; closing punctuation
    stays with what it closes, opening punctuation with what it opens. A space at a break is dropped. No text gives
    no lines.

    Args:
        text: any text; it is made `printable` first.
        columns: width of the paper in columns, at least `COLUMNS_MIN`.

    Raises:
        ValueError: the paper is too narrow for one hanzi.
    """
    if columns < COLUMNS_MIN:
        raise ValueError(f"a line needs at least {COLUMNS_MIN} columns, not {columns}")
    lines: list[str] = []
    line = ""
    for piece in _pieces(printable(text), columns):
        if width(line) + width(piece) <= columns:
            line += piece
        elif piece != " ":
            lines.append(line.rstrip(" "))
            line = piece
        else:
            lines.append(line.rstrip(" "))
            line = ""
    if line.strip(" "):
        lines.append(line.rstrip(" "))
    return lines


def _pieces(text: str, columns: int) -> Iterator[str]:
    """Yield the parts of a printable text that a line break leaves whole, none wider than a line."""
    piece = ""
    for character in text:
        if piece and not _holds_together(piece[-1], character):
            yield piece
            piece = ""
        if piece and width(piece) + width(character) > columns:
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _holds_together(before: str, after: str) -> bool:
    """Tell whether no line may break between two neighbouring characters."""
    if " " in {before, after}:
        return False
    return before in _NEVER_LAST or after in _NEVER_FIRST or (before.isascii() and after.isascii())


def spread(left: str, right: str, columns: int) -> list[str]:
    """Set a label at the left margin and its value at the right one.

    Where both don't fit on a line with a space between them, the value follows on lines of its own, still at the right.

    Args:
        left: the label.
        right: its value.
        columns: width of the paper in columns, at least `COLUMNS_MIN`.

    Raises:
        ValueError: the paper is too narrow for one hanzi.
    """
    label, value = printable(left), printable(right)
    gap = columns - width(label) - width(value)
    if gap >= 1:
        return [label + " " * gap + value]
    return [*wrap(label, columns), *(" " * (columns - width(line)) + line for line in wrap(value, columns))]


def table_row(cells: Sequence[str], widths: Sequence[int], columns: int) -> list[str]:
    """Set a row of a table: each cell at the left of its column, one column free between two of them.

    A cell that is longer is broken within its column, so a row takes as many lines as its longest cell.

    Args:
        cells: their texts.
        widths: columns of paper for each; one of them may be 0 and takes what the others leave.
        columns: width of the paper in columns.

    Raises:
        ValueError: there are more or fewer cells than widths, or a column is too narrow for one hanzi.
    """
    rest = columns - sum(widths) - (len(widths) - 1)
    exact = [wide or rest for wide in widths]
    parts = [wrap(cell, wide) for cell, wide in zip(cells, exact, strict=True)]
    rows = max((len(part) for part in parts), default=0)
    lines = []
    for at in range(rows):
        shown = [part[at] if at < len(part) else "" for part in parts]
        lines.append(
            " ".join(text + " " * (wide - width(text)) for text, wide in zip(shown, exact, strict=True)).rstrip()
        )
    return lines

r"""What a window's LED sign shows: the wording that fits, measured in dots, and its bitmap.

A sign is one row of 16 dots or several. Wordings come in groups: those of one group say the same to somebody who
stands before the sign, so the largest glyphs that fit win and, among equals, the longest wording; only when none of a
group fits the next group, which says less, has its turn. A ``\n`` in a wording is where it may become two rows; on one
row it vanishes. Scrolling is the last resort, for a passer-by must read the number at one glance: where not even the
shortest wording fits, the picture holds as much of it as there is room for, whole glyphs (``clipped`` says so), and
``strip`` the most telling wording whole, to run through the sign.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias
from unicodedata import category

from controller.plan import Signs
from controller.runtime.catalogue import text as catalogue_text
from displays.font import CELL_HEIGHT, Font, default_font, text_width

Wordings: TypeAlias = tuple[tuple[str, ...], ...]

PICTURES_KEPT = 512
"""Rendered pictures that are remembered; a hall shows some dozens an hour, each at one or two sizes."""
SIDE_MAX = 4096
"""Dots of a side beyond which a size is taken for a mistake."""
TEXT_MAX = 64
"""Characters of a name or notice that are looked at; no sign shows more."""
SIGNS = Signs()
"""What a hall's signs say that says nothing of them."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A text that is wider than its sign: ``width`` dots of it, as high as the sign, in ``bitmap`` as in a picture."""

    text: str
    width: int
    bitmap: bytes | None


@dataclass(frozen=True, slots=True)
class LedPicture:
    """What a sign of ``width`` by ``height`` dots shows.

    ``bitmap`` holds the rows from top to bottom, each padded to whole bytes, 1 bit a dot, the most significant bit
    left. It is ``None`` where no font is installed or the sign is lower than a glyph. ``text`` is what stands there as
    one line; ``clipped`` tells that it had to be cut, and ``strip`` what then runs through signs that can do so.
    """

    width: int
    height: int
    text: str
    bitmap: bytes | None
    clipped: bool = False
    strip: Strip | None = None


def wordings(
    window: Mapping[str, Any], language: str, labels: Mapping[str, str] | None = None, signs: Signs = SIGNS
) -> Wordings:
    """Return what a window's sign may say, in groups, the most telling group first.

    Args:
        window: the contract's ``window`` form.
        language: of the hall.
        labels: the windows' labels by id, for the substitute of a window that is away.
        signs: what the hall's signs say instead of our own texts.
    """

    def say(key: str, **params: str) -> str:
        return catalogue_text(f"led.{key}", language, **params)

    number = _plain(window.get("number"))
    match window.get("status"), window.get("stage"):
        case "open", "called" if number:
            label = _plain(window.get("label"))
            longest = say("called_to_label", number=number, label=label)
            return (longest, say("called_here", number=number), say("called", number=number)), (number,)
        case "open", "serving" if number:
            return ((say("serving", number=number), say("serving_number", number=number), number),)
        case "open", _:
            return (_own(signs.idle) or tuple(say(key) for key in ("idle", "idle_short", "idle_shortest")),)
        case "away", _:
            return *_away(window, labels or {}, say), _own(signs.pause) or (say("away"), say("away_short"))
    return (_own(signs.closed) or (say("closed"), say("closed_short")),)


def _own(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the hall's own wordings as a sign can show them."""
    return tuple(plain for text in texts if (plain := _plain(text)))


def _away(window: Mapping[str, Any], labels: Mapping[str, str], say: Callable[..., str]) -> Wordings:
    """Where to go instead comes first, then why nobody is here (policy task 3: 离岗告知)."""
    groups: Wordings = ()
    substitute, notice = window.get("substitute"), _plain(window.get("notice"))
    if substitute:
        label = _plain(labels.get(substitute, substitute))
        groups += ((say("away_go_to", label=label), say("away_go_to_short", label=label)),)
    if notice:
        groups += ((say("away_notice", notice=notice),),)
    return groups


def _plain(value: Any) -> str:
    """Return one line of text without control characters, of bounded length."""
    text = "".join(" " if category(one)[0] in "CZ" else one for one in str(value or "")[:TEXT_MAX])
    return " ".join(text.split())


def render(choices: Sequence[Sequence[str]], width: int, height: int, font: Font | None = None) -> LedPicture:
    """Draw the best wording that fits, in the middle of the sign.

    Args:
        choices: groups of wordings, the most telling group first (see the module).
        width: dots from left to right.
        height: dots from top to bottom.
        font: the glyphs; without one the process's own font.

    Raises:
        ValueError: no wording, or a side that is not 1 to 4096.
    """
    if not choices or not all(choices):
        raise ValueError("a sign needs a wording")
    if not (1 <= width <= SIDE_MAX and 1 <= height <= SIDE_MAX):
        raise ValueError(f"a sign of {width} by {height} dots")
    return _render(tuple(tuple(group) for group in choices), width, height, font or default_font())


@lru_cache(maxsize=PICTURES_KEPT)
def _render(choices: Wordings, width: int, height: int, font: Font | None) -> LedPicture:
    measure = font.width if font else text_width
    for group in choices:
        if fitting := [fit for wording in group for fit in _fits(wording, width, height, measure)]:
            best = max(fitting, key=lambda fit: (fit.scale, measure(fit.text), len(fit.rows)))
            return LedPicture(width, height, best.text, _draw(best, width, height, font))
    shortest = min((_one_row(wording) for group in choices for wording in group), key=measure)
    if height < CELL_HEIGHT:
        return LedPicture(width, height, shortest, None, clipped=True)
    kept = shortest
    while measure(kept) > width:
        kept = kept[:-1]
    bitmap = _draw(_Fit(kept, (kept,), 1), width, height, font)
    return LedPicture(width, height, kept, bitmap, clipped=True, strip=_strip(choices[0][0], height, measure, font))


def _strip(wording: str, height: int, measure: Callable[[str], int], font: Font | None) -> Strip:
    """Draw a wording as wide as it is, in glyphs as high as the sign allows."""
    text = _one_row(wording)
    scale = height // CELL_HEIGHT
    width = measure(text) * scale
    return Strip(text, width, _draw(_Fit(text, (text,), scale), width, height, font))


@dataclass(frozen=True, slots=True)
class _Fit:
    """A wording in rows that fit, each dot of a glyph ``scale`` dots of the sign in both directions."""

    text: str
    rows: tuple[str, ...]
    scale: int


def _fits(wording: str, width: int, height: int, measure: Callable[[str], int]) -> Iterator[_Fit]:
    """Give the ways in which a wording fits: on one row and, where it may be broken, on several."""
    text = _one_row(wording)
    for rows in dict.fromkeys(((text,), tuple(row.strip() for row in wording.split("\n")))):
        widest = max(1, *map(measure, rows), 0)
        if scale := min(width // widest, height // (CELL_HEIGHT * len(rows))):
            yield _Fit(text, rows, scale)


def _one_row(wording: str) -> str:
    return wording.replace("\n", "")


def _draw(fit: _Fit, width: int, height: int, font: Font | None) -> bytes | None:
    if font is None:
        return None
    dots = [0] * height
    scale = fit.scale
    top = (height - CELL_HEIGHT * scale * len(fit.rows)) // 2
    for place, row in enumerate(fit.rows):
        used = font.width(row) * scale
        left = (width - used) // 2
        for line, bits in enumerate(_line_rows(row, font)):
            first = top + (place * CELL_HEIGHT + line) * scale
            dots[first : first + scale] = [_stretch(bits, font.width(row), scale) << (width - used - left)] * scale
    padding = -width % 8
    return b"".join((bits << padding).to_bytes((width + 7) // 8, "big") for bits in dots)


def _line_rows(line: str, font: Font) -> list[int]:
    """Return the 16 rows of a line, each as a number of as many bits as the line is wide."""
    rows = [0] * CELL_HEIGHT
    for character in line:
        glyph = font.glyph(character)
        rows = [(row << glyph.width) | bits for row, bits in zip(rows, glyph.rows, strict=True)]
    return rows


def _stretch(bits: int, width: int, scale: int) -> int:
    """Repeat each of ``width`` bits ``scale`` times."""
    if scale == 1:
        return bits
    return int("".join(bit * scale for bit in f"{bits:0{width}b}"), 2) if width else 0

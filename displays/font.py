"""Glyphs of a pixel font, read at run time from GNU Unifont's hex file (docs/decisions/0004-led-font.md).

A line of the file is ``8BF7:0040404027FC…``: the code point, then the rows from top to bottom, 8 or 16 dots wide and
16 high, the most significant bit left. The file stays in memory as it is, with an index of two arrays, because a dict
of 57,000 glyphs would take three times the room for the hundred that a hall shows.
"""

import gzip
import os
import string
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unicodedata import east_asian_width

import structlog

log = structlog.get_logger(__name__)

CELL_HEIGHT = 16
"""Dots from the top of a line of text to its bottom."""
HALF_WIDTH, FULL_WIDTH = 8, 16
"""Dots of a letter and of a hanzi."""
HEX_FILE_BYTES = (string.hexdigits + ":\r\n").encode()
HEX_LENGTHS = (HALF_WIDTH * CELL_HEIGHT // 4, FULL_WIDTH * CELL_HEIGHT // 4)
SETTING = "YICHUANG_LED_FONT"
PATHS = (Path("/usr/share/unifont/unifont.hex"), Path("/usr/share/unifont/unifont.hex.gz"))
"""Where Debian's and Ubuntu's package ``unifont`` puts the glyphs."""
FILE_BYTES_MAX = 64 * 1024 * 1024
SUBSTITUTE = "〓"
"""Stands for a character that the font lacks: the mark that Chinese typesetters use for a sort not at hand."""


class FontMissing(Exception):
    """There is no pixel font; the message is one line that says what to install."""


class FontDamaged(FontMissing):
    """The font's file is not what it should be; the message names the place."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character's dots: ``rows`` from top to bottom, in each the leftmost dot is the highest of ``width`` bits."""

    width: int
    rows: tuple[int, ...]


def text_width(text: str) -> int:
    """Return how many dots wide a text is by the rule of the grid, without a font: hanzi 16, letters 8."""
    return sum(FULL_WIDTH if east_asian_width(character) in "WF" else HALF_WIDTH for character in text)


class Font:
    """A pixel font in memory. Glyphs are found by bisection and kept once found."""

    def __init__(self, content: bytes, name: str = "font") -> None:
        """Index the lines of a hex file.

        Args:
            content: the file.
            name: how errors call it.

        Raises:
            FontDamaged: a line is not of the form, or the lines are not in ascending order.
        """
        self.name = name
        if strange := content.translate(None, HEX_FILE_BYTES):
            raise FontDamaged(f"{name}: not a hex font, it holds {bytes(strange[:1])!r}")
        self._content = content
        self._codes = array("I")
        self._offsets = array("I")
        self._found: dict[str, Glyph] = {}
        offset = 0
        for number, line in enumerate(content.split(b"\n"), start=1):
            if line:
                self._index(line, offset, number)
            offset += len(line) + 1
        if SUBSTITUTE not in self:
            raise FontDamaged(f"{name}: no glyph of {SUBSTITUTE}; is it unifont.hex of the package unifont?")

    def _index(self, line: bytes, offset: int, number: int) -> None:
        code, colon, _ = line.partition(b":")
        value = int(code, 16) if code else -1
        if not colon or value < 0 or line.count(b":") > 1 or len(line.rstrip()) - len(code) - 1 not in HEX_LENGTHS:
            raise FontDamaged(f"{self.name}:{number}: not a glyph of 8 or 16 by {CELL_HEIGHT} dots")
        if self._codes and value <= self._codes[-1]:
            raise FontDamaged(f"{self.name}:{number}: code points must ascend")
        self._codes.append(value)
        self._offsets.append(offset)

    def __contains__(self, character: str) -> bool:
        place = bisect_left(self._codes, ord(character))
        return place < len(self._codes) and self._codes[place] == ord(character)

    def __len__(self) -> int:
        return len(self._codes)

    def glyph(self, character: str) -> Glyph:
        """Return the glyph of one character, or that of ``〓`` where the font has none."""
        found = self._found.get(character)
        if found is None:
            found = self._found[character] = self._read(character if character in self else SUBSTITUTE)
        return found

    def _read(self, character: str) -> Glyph:
        offset = self._offsets[bisect_left(self._codes, ord(character))]
        end = self._content.find(b"\n", offset)
        line = self._content[offset : end if end >= 0 else None].decode("ascii").strip()
        digits = line.partition(":")[2]
        step = len(digits) // CELL_HEIGHT
        rows = tuple(int(digits[at : at + step], 16) for at in range(0, len(digits), step))
        return Glyph(width=step * 4, rows=rows)

    def width(self, text: str) -> int:
        """Return how many dots wide a text is."""
        return sum(self.glyph(character).width for character in text)


def load(path: Path | None = None) -> Font:
    """Read the font.

    Args:
        path: a hex file, plain or gzipped; without one the setting ``YICHUANG_LED_FONT`` or the package's own place.

    Raises:
        FontMissing: there is no such file, or it can't be read.
        FontDamaged: it is not a font in the hex form.
    """
    chosen = path or (Path(os.environ[SETTING]) if os.environ.get(SETTING) else None)
    places = (chosen,) if chosen else PATHS
    for place in places:
        try:
            with gzip.open(place) if place.suffix == ".gz" else place.open("rb") as file:
                content = file.read(FILE_BYTES_MAX + 1)
        except FileNotFoundError:
            continue
        except (OSError, EOFError) as error:
            raise FontMissing(f"the LED font {place} can't be read: {error}") from error
        if len(content) > FILE_BYTES_MAX:
            raise FontDamaged(f"{place}: larger than {FILE_BYTES_MAX} bytes")
        return Font(content, str(place))
    tried = ", ".join(map(str, places))
    raise FontMissing(
        f"no LED font at {tried}: install the package unifont (apt-get install unifont) or set {SETTING} to a hex file"
    )


@cache
def default_font() -> Font | None:
    """Return the font of this process, read once; ``None`` with one line in the log where there is none.

    Without a font a hall still runs: LED boards then carry their text and no bitmap.
    """
    try:
        return load()
    except FontMissing as error:
        log.error("led.font_missing", error=str(error))  # noqa: TRY400  one line for the operator, not a traceback
        return None

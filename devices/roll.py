"""A strip of receipt paper being printed: lines measured in columns, tables, pictures and codes, as ESC/POS bytes.

Pure: the same calls give the same bytes. Every line is measured before it is sent (32 columns on 58 mm, 48 on 80 mm
paper), so the printer never breaks one. A line with a character that printers' fonts lack is sent as dots, by the fonts
of this machine. Nothing here opens a cash drawer, and no name from a plan can, either.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any, Literal, NamedTuple

import zxingcpp
from PIL import Image

from devices.columns import encode, has_rom_glyph, printable, spread, table_row, width, wrap
from devices.escpos_library import library
from devices.rare_glyphs import COLUMN_DOTS, paper_font

CHINESE_ON = b"\x1c&"
CHINESE_OFF = b"\x1c."

COLUMNS_OF_PAPER = {58: 32, 80: 48}
"""Columns by paper width in millimetres."""

DOTS_PER_MM = 8
"""203 dpi, the density of practically every receipt printer in this field."""

DIGIT_HEIGHT_DOTS = 15
"""A capital or a digit of font A fills at least this much of its 24 dots."""

NUMBER_HEIGHT_MM_MIN = 10
"""The printed ticket number: readable for old people (domain notes §4)."""

NUMBER_SCALE = ceil(NUMBER_HEIGHT_MM_MIN * DOTS_PER_MM / DIGIT_HEIGHT_DOTS)
"""By how much ``GS !`` enlarges the number; the command goes up to 8."""

QR_URL_BYTES_MAX = 213
"""What a version 10 code holds at level M; a longer address would print too fine for old phones."""

QR_QUIET_MODULES = 4
"""White that the standard (ISO/IEC 18004) asks for around a code; on paper the margins already give it."""

QR_DOTS_MIN, QR_DOTS_MAX = 3, 6
"""Dots of one module: 3 (0.375 mm) is the finest that phones read well off thermal paper."""

QR_RASTER_BYTES_MAX = 4096
"""Cap of the image: at 9600 baud more than this would hold up the paper for over four seconds."""

QR_NATIVE_DOTS = 5
"""Module size of a native code, 0.625 mm."""

FEED_LINES = 6
"""From the print head to the edge that one tears at."""

Align = Literal["left", "center"]


class _Shape(NamedTuple):
    wide: int
    high: int
    bold: bool


class Roll:
    """Paper of a known width, with something being printed on it."""

    def __init__(self, paper_mm: int) -> None:
        """Begin at its upper end.

        Raises:
            KeyError: there is no paper of that width.
        """
        self.columns = COLUMNS_OF_PAPER[paper_mm]
        profile = library().Profile(columns=self.columns, features={"paperPartCut": True})
        profile.profile_data = {
            **profile.profile_data,
            "media": {"dpi": 203, "width": {"mm": paper_mm, "pixels": self.columns * COLUMN_DOTS}},
        }
        self._printer = library().Dummy(profile=profile)
        self._printer.hw("INIT")
        self._shape = _Shape(1, 1, bold=False)

    def line(self, content: str, *, align: Align = "left", bold: bool = False, tall: bool = False) -> None:
        """Print a text, broken where needed; ``tall`` doubles its height and, where it fits, its width."""
        shown = printable(content)
        wide = 2 if tall and 2 * width(shown) <= self.columns else 1
        self._style(align, wide, 2 if tall else 1, bold=bold)
        for part in wrap(shown, self.columns // wide):
            self._put(part)

    def large(self, content: str) -> None:
        """Print a short text at the height of a ticket number, as wide as the paper allows up to the same scale."""
        shown = printable(content)
        wide = max(1, min(NUMBER_SCALE, self.columns // max(1, width(shown))))
        self._style("center", wide, NUMBER_SCALE, bold=True)
        for part in wrap(shown, self.columns // wide):
            self._put(part)

    def pair(self, label: str, value: str) -> None:
        """Print a label at the left margin and its value at the right one."""
        self._style("left", 1, 1, bold=False)
        for part in spread(label, value, self.columns):
            self._put(part)

    def rule(self) -> None:
        """Print a line across the paper."""
        self._style("left", 1, 1, bold=False)
        self._put("-" * self.columns)

    def blank(self) -> None:
        """Leave an empty line."""
        self._style("left", 1, 1, bold=False)
        self._put("")

    def row(self, cells: Sequence[str], widths: Sequence[int], *, bold: bool = False) -> None:
        """Print a row of a table, each cell within its column and broken there where it is longer.

        Args:
            cells: their texts.
            widths: columns of paper for each; the one that is 0 takes what the others leave.
            bold: it is a head.
        """
        self._style("left", 1, 1, bold=bold)
        for part in table_row(cells, widths, self.columns):
            self._put(part)

    def picture(self, picture: Image.Image) -> None:
        """Print a picture in the middle, black dots for black ones."""
        self._style("center", 1, 1, bold=False)
        self._printer.image(picture)

    def qr(self, url: str, *, native: bool) -> None:
        """Print a QR code in the middle, with an empty line above and below it for its quiet zone."""
        self._style("center", 1, 1, bold=False)
        self._put("")
        if native:
            self._printer.qr(url, ec=library().QR_ECLEVEL_M, size=QR_NATIVE_DOTS, native=True)
        else:
            self._printer.image(qr_image(url))
        self._put("")

    def cut(self, *, cuts: bool = True) -> bytes:
        """Feed past the edge, cut where there is a cutter, and return the whole receipt."""
        self._style("left", 1, 1, bold=False)
        if cuts:
            self._printer.cut(mode="PART")
        else:
            self._printer.print_and_feed(FEED_LINES)
        output: bytes = self._printer.output
        return output

    def _style(self, align: Align, wide: int, high: int, *, bold: bool) -> None:
        self._printer.set(align=align, bold=bold, custom_size=True, width=wide, height=high)
        self._shape = _Shape(wide, high, bold)

    def _put(self, line: str) -> None:
        if not all(map(has_rom_glyph, line)):
            drawn = paper_font().line(line, wide=self._shape.wide, high=self._shape.high, bold=self._shape.bold)
            if drawn is not None:
                self._printer.image(drawn)
                return
        data = encode(line)
        framed = data if line.isascii() else CHINESE_ON + data + CHINESE_OFF
        self._printer._raw(framed + b"\n")  # noqa: SLF001 - the library's way of sending bytes as they are


def qr_image(url: str) -> Image.Image:
    """Return a QR code of level M as a black-on-white picture without a margin, within `QR_RASTER_BYTES_MAX`.

    Args:
        url: at most `QR_URL_BYTES_MAX` bytes.
    """
    code = zxingcpp.create_barcode(url, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    matrix: Any = code.to_image(scale=1, add_quiet_zones=False)  # a buffer, which its types don't say
    modules = matrix.shape[0]
    fitting = [
        dots for dots in range(QR_DOTS_MIN, QR_DOTS_MAX + 1) if _raster_bytes(modules * dots) <= QR_RASTER_BYTES_MAX
    ]
    dots = max(fitting)
    picture = Image.frombytes("L", (modules, modules), bytes(memoryview(matrix)))
    return picture.resize((modules * dots,) * 2, Image.Resampling.NEAREST)


def _raster_bytes(side_dots: int) -> int:
    return ceil(side_dots / 8) * side_dots

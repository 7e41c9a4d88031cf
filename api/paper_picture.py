"""A picture of a paper, drawn from the very bytes that go to the printer.

Letters are those of the LED signs' pixel font, half as large again, so a hanzi takes the 24 dots that it takes on
paper; a printer's own font is finer. Without that font lines of text are grey bars of the right size.
"""

from functools import lru_cache
from io import BytesIO
from typing import Any

import zxingcpp
from PIL import Image, ImageDraw

from devices.escpos_decoder import Line, NativeQr, Raster, Receipt
from devices.rare_glyphs import COLUMN_DOTS
from devices.roll import COLUMNS_OF_PAPER, DOTS_PER_MM, QR_NATIVE_DOTS
from displays.font import CELL_HEIGHT, Font, default_font

GLYPH_DOTS = 24
LINE_DOTS = 30
EDGE_DOTS = 24
"""White above and below what is printed, so that the picture looks like paper."""

HEIGHT_DOTS_MAX = 20_000
"""Two and a half metres; what is longer is cut off in the picture."""

GLYPHS_REMEMBERED_MAX = 2048
HALF = 128


def paper_png(receipt: Receipt, paper_mm: int) -> bytes:
    """Return what a printer would put on its paper, as a PNG.

    Args:
        receipt: the decoded bytes.
        paper_mm: width of the paper, 58 or 80.
    """
    sink = BytesIO()
    paper_picture(receipt, paper_mm).convert("1").save(sink, "PNG", optimize=True)
    return sink.getvalue()


def paper_picture(receipt: Receipt, paper_mm: int) -> Image.Image:
    """Return the same as a picture of grey values, a pixel a dot."""
    columns = COLUMNS_OF_PAPER[paper_mm]
    drawn = [_drawn(item, columns) for item in receipt.items]
    height = min(sum(part.height for part in drawn) + 2 * EDGE_DOTS, HEIGHT_DOTS_MAX)
    paper = Image.new("L", (paper_mm * DOTS_PER_MM, height), 255)
    left = (paper.width - columns * COLUMN_DOTS) // 2
    top = EDGE_DOTS
    for part in drawn:
        paper.paste(part, (left, top))
        top += part.height
    if receipt.cuts:
        edge = ImageDraw.Draw(paper)
        for start in range(0, paper.width, 16):
            edge.line((start, height - 1, start + 8, height - 1), fill=0)
    return paper


def _drawn(item: Line | Raster | NativeQr, columns: int) -> Image.Image:
    """Return a strip of paper with one item on it."""
    match item:
        case Line():
            content = _text(item)
            height = LINE_DOTS + GLYPH_DOTS * (item.high - 1)
        case Raster():
            content, height = item.image, item.image.height
        case NativeQr():
            content = _code(item.data)
            height = content.height
    strip = Image.new("L", (columns * COLUMN_DOTS, height), 255)
    free = strip.width - content.width
    strip.paste(content, ({"left": 0, "center": free // 2, "right": free}[item.align], 0))
    return strip


def _text(line: Line) -> Image.Image:
    font = default_font()
    cells = [GLYPH_DOTS if len(character.encode("gb18030")) > 1 else COLUMN_DOTS for character in line.text]
    row = Image.new("L", (max(sum(cells), 1), GLYPH_DOTS), 255)
    at = 0
    for character, cell in zip(line.text, cells, strict=True):
        row.paste(_glyph(font, character, cell), (at, 0))
        at += cell
    large = row.resize((row.width * line.wide, row.height * line.high), Image.Resampling.NEAREST)
    if line.bold:
        large.paste(0, (1, 0), large.point(lambda value: 255 - value))
    return large


def _code(data: str) -> Image.Image:
    code = zxingcpp.create_barcode(data, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    matrix: Any = code.to_image(scale=QR_NATIVE_DOTS, add_quiet_zones=False)  # a buffer, which its types don't say
    return Image.frombytes("L", (matrix.shape[1], matrix.shape[0]), bytes(memoryview(matrix)))


@lru_cache(maxsize=GLYPHS_REMEMBERED_MAX)
def _glyph(font: Font | None, character: str, cell_dots: int) -> Image.Image:
    size = (cell_dots, GLYPH_DOTS)
    if font is None:
        return Image.new("L", size, 255 if character == " " else 190)
    glyph = font.glyph(character)
    bits = b"".join(row.to_bytes(glyph.width // 8, "big") for row in glyph.rows)
    dots = Image.frombytes("1", (glyph.width, CELL_HEIGHT), bits).convert("L")
    large = dots.resize(size, Image.Resampling.BICUBIC)
    return large.point(lambda value: 0 if value >= HALF else 255)

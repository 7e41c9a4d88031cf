"""What an ESC/POS printer would put on paper: a decoder of the commands that receipts may use, strict about all others.

An unknown command is an error, not skipped: a printer would print its bytes as rubbish or open a cash drawer. The
manager's page shows papers through it as they come out, and tests read them.
"""

from dataclasses import dataclass, field
from typing import Any

import zxingcpp
from PIL import Image

LF, ESC, FS, GS = 0x0A, 0x1B, 0x1C, 0x1D
ASCII = range(0x20, 0x7F)
LEAD_BYTES = range(0x81, 0xFF)
"""First bytes of a double-byte character."""
FOUR_BYTE_SECONDS = range(0x30, 0x3A)
"""Second bytes of a four-byte character of GB18030."""
COLUMN_DOTS = 12
LINE_DOTS = 30
DOTS_PER_MM = 8
NATIVE_QR_DOTS = 200
"""About as high as printers draw our codes themselves; they tell nobody."""
QR_FUNCTION_STORE, QR_FUNCTION_PRINT = 80, 81


@dataclass(frozen=True)
class Line:
    """A printed line of text, with the style that it began with."""

    text: str
    wide: int
    high: int
    align: str
    bold: bool

    @property
    def columns(self) -> int:
        """Paper columns that the line takes; a double-byte character is two columns of its size."""
        return self.wide * len(self.text.encode("gb18030"))


@dataclass(frozen=True)
class Raster:
    """A printed bit image, dark on white."""

    image: Image.Image
    align: str


@dataclass(frozen=True)
class NativeQr:
    """A QR code that the printer draws itself."""

    data: str
    align: str


@dataclass
class Receipt:
    """Everything between power-on and the end of the bytes."""

    items: list[Line | Raster | NativeQr] = field(default_factory=list)
    cuts: int = 0
    initialised: int = 0

    @property
    def lines(self) -> list[Line]:
        """Its lines of text."""
        return [item for item in self.items if isinstance(item, Line)]

    @property
    def text(self) -> str:
        """Its text, line by line."""
        return "\n".join(line.text for line in self.lines)

    @property
    def rasters(self) -> list[Raster]:
        """Its bit images."""
        return [item for item in self.items if isinstance(item, Raster)]

    @property
    def native_qr(self) -> list[NativeQr]:
        """The QR codes that the printer draws."""
        return [item for item in self.items if isinstance(item, NativeQr)]

    @property
    def length_mm(self) -> float:
        """How much paper it takes, the feed before a cut among it."""
        natives = len(self.native_qr) * NATIVE_QR_DOTS
        return (sum(map(self._height, self.items)) + natives) / DOTS_PER_MM

    def paper(self, columns: int) -> Image.Image:
        """Return the strip of paper with its images where they come out; text lines are left white."""
        width = columns * COLUMN_DOTS
        heights = [self._height(item) for item in self.items]
        strip = Image.new("L", (width, sum(heights)), 255)
        top = 0
        for item, height in zip(self.items, heights, strict=True):
            if isinstance(item, Raster):
                left = (width - item.image.width) // 2 if item.align == "center" else 0
                strip.paste(item.image, (left, top))
            top += height
        return strip

    def qr_texts(self, columns: int) -> list[str]:
        """Return what a phone reads off the paper, and what native codes hold."""
        strip = self.paper(columns) if self.rasters else None
        wanted: Any = zxingcpp.BarcodeFormat.QRCode  # one is a set of one, which its types don't say
        found = zxingcpp.read_barcodes(strip, formats=wanted) if strip else []
        return [*(code.text for code in found), *(code.data for code in self.native_qr)]

    @staticmethod
    def _height(item: Line | Raster | NativeQr) -> int:
        if isinstance(item, Raster):
            return item.image.height
        return LINE_DOTS * item.high if isinstance(item, Line) else 0


class UnknownCommand(Exception):
    """The bytes hold something that this decoder (and many a printer) doesn't know."""


class _Printer:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.receipt = Receipt()
        self.receipts = [self.receipt]
        self.pending = ""
        self.stored_qr = b""
        self._reset()

    def _reset(self) -> None:
        self.align, self.bold, self.wide, self.high, self.chinese = "left", False, 1, 1, False

    def take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) != count:
            raise UnknownCommand(f"the bytes end within a command, {count - len(part)} short")
        self.at += count
        return part

    def run(self) -> list[Receipt]:
        while self.at < len(self.data):
            first = self.take(1)[0]
            if first == LF:
                self._line_feed()
            elif first == ESC:
                self._esc()
            elif first == FS:
                self._fs()
            elif first == GS:
                self._gs()
            else:
                self._character(first)
        if self.pending:
            raise UnknownCommand(f"text without an end of line stays in the printer: {self.pending!r}")
        return self.receipts

    def _line_feed(self) -> None:
        self.receipt.items.append(Line(self.pending, self.wide, self.high, self.align, self.bold))
        self.pending = ""

    def _character(self, first: int) -> None:
        if first in ASCII:
            self.pending += chr(first)
        elif first in LEAD_BYTES and self.chinese:
            second = self.take(1)
            if second[0] in FOUR_BYTE_SECONDS:
                raise UnknownCommand("a four-byte GB18030 character: no printer font has it")
            self.pending += (bytes([first]) + second).decode("gbk")
        else:
            raise UnknownCommand(f"byte 0x{first:02x} at {self.at - 1} outside of Chinese mode")

    def _esc(self) -> None:
        command = self.take(1)
        if command == b"@":
            self._reset()
            if self.receipt.items:
                self.receipt = Receipt()
                self.receipts.append(self.receipt)
            self.receipt.initialised += 1
        elif command == b"a":
            self.align = {0: "left", 1: "center", 2: "right"}[self.take(1)[0] & 0x0F]
        elif command == b"E":
            self.bold = bool(self.take(1)[0] & 1)
        elif command == b"d":
            for _ in range(self.take(1)[0]):
                self._line_feed()
        else:
            raise UnknownCommand(f"ESC {command!r} at {self.at - 2}")

    def _fs(self) -> None:
        command = self.take(1)
        if command not in {b"&", b"."}:
            raise UnknownCommand(f"FS {command!r} at {self.at - 2}")
        self.chinese = command == b"&"

    def _gs(self) -> None:
        command = self.take(1)
        if command == b"!":
            size = self.take(1)[0]
            self.wide, self.high = (size >> 4) + 1, (size & 0x0F) + 1
        elif command == b"V":
            if self.take(1)[0] not in {0, 1, 48, 49}:
                raise UnknownCommand("a cut with a feed of its own")
            self.receipt.cuts += 1
        elif command == b"v":
            self._raster()
        elif command == b"(":
            self._symbol()
        else:
            raise UnknownCommand(f"GS {command!r} at {self.at - 2}")

    def _raster(self) -> None:
        if self.take(2) != b"0\x00":
            raise UnknownCommand("a raster image of another density")
        width_bytes, height = (int.from_bytes(self.take(2), "little") for _ in range(2))
        bits = self.take(width_bytes * height)
        dark = Image.frombytes("1", (width_bytes * 8, height), bits).convert("L")
        self.receipt.items.append(Raster(dark.point(lambda value: 255 - value), self.align))

    def _symbol(self) -> None:
        if self.take(1) != b"k":
            raise UnknownCommand("a function of GS ( other than codes")
        body = self.take(int.from_bytes(self.take(2), "little"))
        if body[:1] != b"1":
            raise UnknownCommand("a code other than QR")
        if body[1] == QR_FUNCTION_STORE:
            self.stored_qr = body[3:]
        elif body[1] == QR_FUNCTION_PRINT:
            self.receipt.items.append(NativeQr(self.stored_qr.decode(), self.align))


def decode_all(data: bytes) -> list[Receipt]:
    """Return the receipts on a printer's roll; each begins where the printer is reset.

    Raises:
        UnknownCommand: a command, byte or length that receipts may not use.
    """
    return _Printer(data).run()


def decode(data: bytes) -> Receipt:
    """Return the one receipt that the bytes print.

    Raises:
        UnknownCommand: as `decode_all`, or the bytes hold several receipts.
    """
    receipts = decode_all(data)
    if len(receipts) != 1:
        raise UnknownCommand(f"{len(receipts)} receipts instead of one")
    return receipts[0]

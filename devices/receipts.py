"""Receipts as the bytes that a Chinese ESC/POS printer understands. Pure: the same content gives the same bytes.

What is on the paper and how it is set:

* Chinese goes out as ``FS &`` + GBK bytes + ``FS .``: python-escpos' own ``text()`` guesses a code page, prints "?".
  Characters that printers' fonts lack are replaced first; which ones, and by what, says `devices.columns`.
* Every line is measured in columns before it is sent (32 on 58 mm, 48 on 80 mm paper), so the printer never breaks one.
* The number is at least 10 mm high, to be read at arm's length without glasses.
* The QR code is sent as a raster image: every printer draws one, while native codes are missing from cheap clones and
  come out too small on others. A printer known to be good at it may be given native codes.
* The paper is cut at the end. Nothing here opens a cash drawer, and no name from a plan can, either.
"""

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, Literal
from zoneinfo import ZoneInfo

import zxingcpp
from PIL import Image

from controller.runtime.catalogue import text
from devices.columns import encode, printable, spread, width, wrap
from devices.escpos_library import library

CHINESE_ON = b"\x1c&"
CHINESE_OFF = b"\x1c."

COLUMN_DOTS = 12
"""Width of a column: font A of the command set, half a 24-dot hanzi."""

COLUMNS_OF_PAPER = {58: 32, 80: 48}
"""Columns by paper width in millimetres."""

DOTS_PER_MM = 8
"""203 dpi, the density of practically every receipt printer in this field."""

DIGIT_HEIGHT_DOTS = 16
"""A capital or a digit of font A fills at least this much of its 24 dots."""

NUMBER_HEIGHT_MM_MIN = 10
"""The printed ticket number: readable for old people (domain notes §4)."""

NUMBER_SCALE = ceil(NUMBER_HEIGHT_MM_MIN * DOTS_PER_MM / DIGIT_HEIGHT_DOTS)
"""By how much ``GS !`` enlarges the number; the command goes up to 8."""

SERVICES_PRINTED_MAX = 10
"""More are counted, not listed: a receipt stays shorter than a forearm."""

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

Align = Literal["left", "center"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReceipt:
    """What a ticket's receipt says.

    Attributes:
        hall_name: the hall's full name.
        number: the ticket's number, e.g. ``A003``.
        services: the services' names in the order they were asked for, at least one.
        ahead: people who will be called before.
        wait_p50_s: median of the expected wait.
        wait_p90_s: its ninth decile.
        issued_at: aware; printed in the hall's local time.
        zone: name of the waiting area, "" for a hall with one only.
        ticket_url: full address of the ticket's phone page, printed as QR code; at most `QR_URL_BYTES_MAX` bytes.
        reprint: the paper says that it is a reprint.
        timezone: IANA name of the hall's time zone; all of China has one.
    """

    hall_name: str
    number: str
    services: tuple[str, ...]
    ahead: int
    wait_p50_s: int
    wait_p90_s: int
    issued_at: datetime
    zone: str
    ticket_url: str
    reprint: bool
    timezone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        """Refuse what can't be printed.

        Raises:
            ValueError: a naive time, a negative count or wait, no service, or an address too long for the QR code.
        """
        if self.issued_at.tzinfo is None:
            raise ValueError("issued_at needs a time zone")
        if min(self.ahead, self.wait_p50_s, self.wait_p90_s) < 0:
            raise ValueError("people ahead and expected wait can't be negative")
        if not self.services:
            raise ValueError("a receipt names at least one service")
        if not 1 <= len(self.ticket_url.encode()) <= QR_URL_BYTES_MAX:
            raise ValueError(f"ticket_url must have 1 to {QR_URL_BYTES_MAX} bytes, not {len(self.ticket_url.encode())}")


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

    def qr(self, url: str, *, native: bool) -> None:
        """Print a QR code in the middle, with an empty line above and below it for its quiet zone."""
        self._style("center", 1, 1, bold=False)
        self._put("")
        if native:
            self._printer.qr(url, ec=library().QR_ECLEVEL_M, size=QR_NATIVE_DOTS, native=True)
        else:
            self._printer.image(qr_image(url))
        self._put("")

    def cut(self) -> bytes:
        """Feed, cut, and return the whole receipt."""
        self._style("left", 1, 1, bold=False)
        self._printer.cut(mode="PART")
        output: bytes = self._printer.output
        return output

    def _style(self, align: Align, wide: int, high: int, *, bold: bool) -> None:
        self._printer.set(align=align, bold=bold, custom_size=True, width=wide, height=high)

    def _put(self, line: str) -> None:
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


def wait_text(wait_p50_s: int, wait_p90_s: int, language: str) -> str:
    """Return an expected wait as a range of minutes; even good estimates err by a third, so the range is rounded.

    Up to 20 minutes to whole minutes, up to an hour to 5, beyond to 10; the lower end down and the upper one up.

    Args:
        wait_p50_s: median of the wait.
        wait_p90_s: its ninth decile.
        language: of the catalogue.
    """
    low_s, high_s = sorted((wait_p50_s, wait_p90_s))
    high = max(1, ceil(high_s / 60))
    step = next(step for limit, step in ((20, 1), (60, 5), (high, 10)) if high <= limit)
    low, high = low_s // 60 // step * step, ceil(high / step) * step
    if low == 0:
        return text("receipt.wait_within", language, minutes=high)
    if low == high:
        return text("receipt.wait_about", language, minutes=high)
    return text("receipt.wait_range", language, low=low, high=high)


def render_ticket(receipt: TicketReceipt, paper_mm: int, language: str, *, native_qr: bool = False) -> bytes:
    """Return a ticket's receipt as ESC/POS.

    Args:
        receipt: what it says.
        paper_mm: width of the paper, 58 or 80.
        language: of the catalogue; names from the plan stay as they are.
        native_qr: let the printer draw the QR code; only for printers known to do it well.

    Raises:
        KeyError: no such paper.
    """
    paper = Roll(paper_mm)
    paper.line(receipt.hall_name, align="center", bold=True, tall=True)
    paper.rule()
    paper.line(text("receipt.number", language), align="center")
    paper.large(receipt.number)
    if receipt.reprint:
        paper.line(text("receipt.reprint", language), align="center")
    paper.line(_ahead_text(receipt.ahead, language), align="center", tall=True)
    paper.line(wait_text(receipt.wait_p50_s, receipt.wait_p90_s, language), align="center", tall=True)
    paper.rule()
    paper.line(text("receipt.services", language))
    for service in receipt.services[:SERVICES_PRINTED_MAX]:
        paper.line(f"· {service}", bold=True)
    if len(receipt.services) > SERVICES_PRINTED_MAX:
        paper.line(text("receipt.more_services", language, count=len(receipt.services)))
    if receipt.zone:
        paper.pair(text("receipt.zone", language), receipt.zone)
    issued_at = receipt.issued_at.astimezone(ZoneInfo(receipt.timezone))
    paper.pair(text("receipt.issued_at", language), issued_at.strftime("%Y-%m-%d %H:%M"))
    paper.rule()
    paper.qr(receipt.ticket_url, native=native_qr)
    paper.line(text("receipt.scan", language), align="center")
    paper.line(text("receipt.advice", language))
    return paper.cut()


def _ahead_text(ahead: int, language: str) -> str:
    return text("receipt.ahead", language, ahead=ahead) if ahead else text("receipt.ahead_none", language)

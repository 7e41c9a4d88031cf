"""Receipts as the bytes that a Chinese ESC/POS printer understands. Pure: the same content gives the same bytes.

What is on the paper and how it is set:

* Chinese goes out as ``FS &`` + GBK bytes + ``FS .``: python-escpos' own ``text()`` guesses a code page, prints "?".
  Lines with characters that printers' fonts lack go out as dots; which ones, and how wide, says `devices.columns`.
* Every line is measured in columns before it is sent, so the printer never breaks one (`devices.roll`).
* The number is at least 10 mm high, to be read at arm's length without glasses.
* The QR code is sent as a raster image: every printer draws one, while native codes are missing from cheap clones and
  come out too small on others. A printer known to be good at it may be given native codes.
* A plan may set it otherwise, piece by piece (`controller.papers`).
"""

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

from controller.runtime.catalogue import text
from devices.look import Look, set_paper
from devices.roll import QR_URL_BYTES_MAX, Roll

SERVICES_PRINTED_MAX = 10
"""More are counted, not listed: a receipt stays shorter than a forearm."""


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


def render_ticket(receipt: TicketReceipt, look: Look, language: str) -> bytes:
    """Return a ticket's receipt as ESC/POS.

    Args:
        receipt: what it says.
        look: how it is set.
        language: of the catalogue; names from the plan stay as they are.

    Raises:
        KeyError: no such paper.
    """
    paper = Roll(look.paper_mm)
    issued_at = receipt.issued_at.astimezone(ZoneInfo(receipt.timezone)).strftime("%Y-%m-%d %H:%M")
    wait = wait_text(receipt.wait_p50_s, receipt.wait_p90_s, language)
    parts = {
        "hall": lambda: paper.line(receipt.hall_name, align="center", bold=True, tall=True),
        "number": lambda: _number(paper, receipt, language),
        "ahead": lambda: paper.line(_ahead_text(receipt.ahead, language), align="center", tall=True),
        "wait": lambda: paper.line(wait, align="center", tall=True),
        "services": lambda: _services(paper, receipt, language),
        "issued_at": lambda: paper.pair(text("receipt.issued_at", language), issued_at),
        "qr": lambda: _qr(paper, receipt, look, language),
        "advice": lambda: paper.line(text("receipt.advice", language)),
    }
    if receipt.zone:
        parts["zone"] = lambda: paper.pair(text("receipt.zone", language), receipt.zone)
    words = {
        "hall": receipt.hall_name,
        "number": receipt.number,
        "service": receipt.services[0],
        "date": issued_at[:10],
    }
    return set_paper(look, parts, paper, words)


def _number(paper: Roll, receipt: TicketReceipt, language: str) -> None:
    paper.line(text("receipt.number", language), align="center")
    paper.large(receipt.number)
    if receipt.reprint:
        paper.line(text("receipt.reprint", language), align="center")


def _services(paper: Roll, receipt: TicketReceipt, language: str) -> None:
    paper.line(text("receipt.services", language))
    for service in receipt.services[:SERVICES_PRINTED_MAX]:
        paper.line(f"· {service}", bold=True)
    if len(receipt.services) > SERVICES_PRINTED_MAX:
        paper.line(text("receipt.more_services", language, count=len(receipt.services)))


def _qr(paper: Roll, receipt: TicketReceipt, look: Look, language: str) -> None:
    paper.qr(receipt.ticket_url, native=look.native_qr)
    paper.line(text("receipt.scan", language), align="center")


def _ahead_text(ahead: int, language: str) -> str:
    return text("receipt.ahead", language, ahead=ahead) if ahead else text("receipt.ahead_none", language)

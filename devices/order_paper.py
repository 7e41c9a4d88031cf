"""What comes out of a printer that is told to make itself known, or to show that it prints well."""

from datetime import datetime

from controller.plan import Hall
from controller.runtime.catalogue import text
from devices.look import Look
from devices.roll import Roll

LETTERS = "0123456789 ABCDEFGHIJKLM"
"""Figures and letters, for a look at the dots of each column."""

DIGITS = "88"
"""As large as a ticket's number, with every dot of a digit; no number that anybody could wait with."""


def render_identity(device: str, look: Look, language: str) -> bytes:
    """Return the line by which a printer makes itself known.

    Args:
        device: its id.
        look: how its paper is set.
        language: of the hall.

    Raises:
        KeyError: no such paper width.
    """
    roll = Roll(look.paper_mm)
    roll.line(text("order.paper_identity", language, device=device), align="center", bold=True, tall=True)
    return roll.cut(cuts=look.cuts)


def render_test(device: str, hall: Hall, at: datetime, look: Look, url: str) -> bytes:
    """Return a test page: hanzi, figures, widths, a large number, a code.

    Args:
        device: the printer's id.
        hall: whose it is.
        at: the hall's time now.
        look: how its paper is set.
        url: what the code holds: how phones reach the hall.

    Raises:
        KeyError: no such paper width.
    """
    roll, language = Roll(look.paper_mm), hall.language
    roll.line(hall.name, align="center", bold=True)
    roll.line(text("order.paper_title", language), align="center", bold=True, tall=True)
    roll.pair(device, at.strftime("%Y-%m-%d %H:%M"))
    roll.rule()
    roll.line(text("order.paper_sample", language))
    roll.line(LETTERS)
    roll.large(DIGITS)
    roll.qr(url, native=look.native_qr)
    roll.rule()
    roll.line(text("order.paper_end", language), align="center")
    return roll.cut(cuts=look.cuts)

"""What a printer says of itself: cover, paper and faults, by the status bytes of ``DLE EOT``. Pure.

A printer answers ``DLE EOT 2`` (why it is off line) and ``DLE EOT 4`` (its paper sensors) with a byte each, at once, in
the middle of whatever it does. Cheap ones never answer; of them nothing is known, and they are printed on all the same.
"""

from dataclasses import dataclass
from enum import StrEnum

OFFLINE_ASKED = b"\x10\x04\x02"
PAPER_ASKED = b"\x10\x04\x04"
QUERY = OFFLINE_ASKED + PAPER_ASKED
ANSWER_BYTES = 2
"""A byte for each of both."""

_FIXED_BITS, _FIXED = 0x93, 0x12
"""In every status byte bits 1 and 4 are set, 0 and 7 are not."""

_COVER_OPEN, _STOPPED_WITHOUT_PAPER, _FAULT = 0x04, 0x20, 0x40
_PAPER_NEAR_END, _PAPER_END = 0x0C, 0x60

READY = bytes((_FIXED,) * ANSWER_BYTES)
"""What a printer answers that has all it needs."""


class Paper(StrEnum):
    """How much paper is left."""

    OK = "ok"
    LOW = "low"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What a printer said.

    Attributes:
        paper: how much is left.
        cover_open: its cover is open.
        fault: something else keeps it from printing: its cutter, its head.
    """

    paper: Paper = Paper.OK
    cover_open: bool = False
    fault: bool = False

    @property
    def obstacle(self) -> str | None:
        """Stable name of what keeps it from printing: ``cover_open``, ``paper_out``, ``printer_fault``; or nothing."""
        if self.cover_open:
            return "cover_open"
        if self.paper is Paper.OUT:
            return "paper_out"
        return "printer_fault" if self.fault else None


def read_status(answer: bytes) -> PrinterStatus | None:
    """Return what the answer to `QUERY` says; ``None`` where it is none: too short, or not of the form."""
    if len(answer) != ANSWER_BYTES or any(byte & _FIXED_BITS != _FIXED for byte in answer):
        return None
    offline, paper = answer
    if offline & _STOPPED_WITHOUT_PAPER or paper & _PAPER_END:
        left = Paper.OUT
    else:
        left = Paper.LOW if paper & _PAPER_NEAR_END else Paper.OK
    return PrinterStatus(left, bool(offline & _COVER_OPEN), bool(offline & _FAULT))

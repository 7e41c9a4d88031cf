"""How much paper a printer has left: by what its sensors say, and by what it has printed off its roll. Pure.

Many cheap printers have no sensor for the roll's end, and those that have one speak up a few metres before it. So both
count: the sensor, and the millimetres printed since the roll was put in, where its length is known (``roll_m`` in the
machine's file). A count is a guess: it makes the paper *low*, never *out*. Only the printer knows that it is out.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

from devices.printer_status import Paper

LOW_SHARE = 0.1
"""A roll with less than this share left is low …"""

LOW_MM_MAX = 5_000.0
"""… but not before this much is left: some 30 tickets, and time to fetch a roll."""


@dataclass(frozen=True, slots=True)
class PaperLeft:
    """A printer's paper.

    Attributes:
        roll_mm: length of a whole roll; ``None``: unknown.
        used_mm: printed since the roll was put in.
        sheets: papers printed since.
        sensed: what the printer said last; ``None``: it says nothing.
    """

    roll_mm: float | None = None
    used_mm: float = 0.0
    sheets: int = 0
    sensed: Paper | None = None

    def printed(self, length_mm: float) -> Self:
        """Return the paper after a sheet of a length."""
        return replace(self, used_mm=self.used_mm + length_mm, sheets=self.sheets + 1)

    def told(self, paper: Paper) -> Self:
        """Return the paper after the printer said how much there is.

        From *low* or *out* to *ok* is a new roll. From *out* to *low* isn't: somebody put the old one in again.
        """
        whole = self.new_roll() if paper is Paper.OK and self.sensed in {Paper.LOW, Paper.OUT} else self
        return replace(whole, sensed=paper)

    def new_roll(self) -> Self:
        """Return the paper after a whole roll was put in."""
        return replace(self, used_mm=0.0, sheets=0)

    @property
    def left_mm(self) -> float | None:
        """What should be left of the roll; ``None`` where its length isn't known."""
        return None if self.roll_mm is None else max(0.0, self.roll_mm - self.used_mm)

    @property
    def paper(self) -> Paper | None:
        """How much paper there is, by sensor and count; ``None``: nobody knows."""
        if self.sensed in {Paper.LOW, Paper.OUT}:
            return self.sensed
        if self.roll_mm is not None and self.roll_mm - self.used_mm < min(LOW_MM_MAX, LOW_SHARE * self.roll_mm):
            return Paper.LOW
        return self.sensed if self.roll_mm is None else Paper.OK

    @property
    def reason(self) -> str | None:
        """Whose word `paper` is: ``sensor`` or ``counted``."""
        if self.paper is None:
            return None
        return "sensor" if self.paper is self.sensed else "counted"

    def readings(self) -> dict[str, Any]:
        """Return what is known, as members of telemetry."""
        known: dict[str, Any] = {}
        if self.paper is not None:
            known = {"paper": self.paper.value, "paper_reason": self.reason}
        if self.left_mm is not None:
            known["paper_left_mm"] = round(self.left_mm)
        return {**known, "paper_sheets": self.sheets}

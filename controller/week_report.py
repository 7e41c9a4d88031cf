"""When a hall is busy: the figures of many days by weekday and hour, as means of a day.

An hour of a weekday counts the days on which the hall was open in it or something happened: a holiday doesn't make a
Monday look quiet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from controller.day_report import DayReport, Figures


class Slot(NamedTuple):
    """An hour of the week: ``weekday`` 1 is Monday, ``hour`` 0 to 23 in the hall's zone."""

    weekday: int
    hour: int


@dataclass(slots=True)
class Cell:
    """What happened in an hour of the week, on ``days`` days together."""

    days: int = 0
    sums: Figures = field(default_factory=Figures)

    def per_day(self, value: float) -> float:
        """Return the mean of one of its sums over its days."""
        return value / self.days if self.days else 0.0


def by_weekday(reports: Iterable[DayReport]) -> Mapping[Slot, Cell]:
    """Sum the hours of days by weekday and hour, in the order of the week."""
    cells: dict[Slot, Cell] = {}
    for report in reports:
        for begin, figures in report.hours.items():
            cell = cells.setdefault(Slot(begin.isoweekday(), begin.hour), Cell())
            cell.days += 1
            cell.sums.add(figures)
    return dict(sorted(cells.items()))

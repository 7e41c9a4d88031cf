"""China's calendar: public holidays, and the weekend days that are worked in exchange (调休).

The library ``holidays`` knows both for every year that the State Council has announced. For a year that it has not
announced yet it still knows the holidays that the law fixes, but no exchanges; :meth:`WorkingCalendar.is_announced`
tells the two apart. A hall can always say better in its plan: the days of its opening go before this calendar.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache

from holidays import HolidayBase
from holidays.countries.china import China

from controller.opening import DAYS_AHEAD, CalendarDay

CHINA: Callable[..., HolidayBase] = China
"""The class itself, so that the library is loaded when the program starts and not in the middle of a day."""

DAY = timedelta(days=1)
SATURDAY = 6
"""The first day of the weekend, as :meth:`datetime.date.isoweekday` counts."""


class WorkingCalendar:
    """Tells working days from others, and counts them: for promised dates and for opening hours."""

    def is_holiday(self, day: date) -> bool:
        """Tell whether a day belongs to a public holiday: also the weekend that lies in it or next to it."""
        if self.is_working_day(day):
            return False
        if day.isoweekday() < SATURDAY:
            return True
        return any(_is_named(other) for step in (DAY, -DAY) for other in self._free_days(day, step))

    def _free_days(self, day: date, step: timedelta) -> Iterator[date]:
        """Yield a day and those behind or before it as far as all are free."""
        while not self.is_working_day(day):
            yield day
            day += step

    def is_make_up(self, day: date) -> bool:
        """Tell whether a day of the weekend is worked in exchange for another."""
        return day in _year(day.year).weekend_workdays

    def is_working_day(self, day: date) -> bool:
        """Tell whether offices work on a day."""
        return self.is_make_up(day) or (day.isoweekday() < SATURDAY and not _is_named(day))

    def is_announced(self, year: int) -> bool:
        """Tell whether the exchanges of a year are known; before that its holidays are those of the law alone."""
        return any(day.year == year for day in _year(year).weekend_workdays)

    def after(self, day: date, working_days: int) -> date:
        """Return the working day that is so many working days after a day, which itself isn't counted.

        Args:
            day: any day, a working one or not.
            working_days: how many; with 0 the day itself is returned, as it is.

        Raises:
            ValueError: ``working_days`` is negative.
        """
        if working_days < 0:
            raise ValueError(f"{working_days} working days after a day lie before it")
        for _ in range(working_days):
            day = next(later for later in _days_after(day) if self.is_working_day(later))
        return day

    def ahead(self, first: date) -> tuple[CalendarDay, ...]:
        """Return the holidays and the weekend days worked in exchange, from a day on as far as a timetable looks."""
        days = [first + DAY * offset for offset in range(DAYS_AHEAD + 1)]
        unlike = (day for day in days if self.is_holiday(day) or self.is_make_up(day))
        return tuple(CalendarDay(day, self.is_make_up(day)) for day in unlike)

    def between(self, first: date, last: date) -> int:
        """Return how many working days follow ``first`` up to ``last``; negative where ``last`` is the earlier one."""
        if last < first:
            return -self.between(last, first)
        return sum(self.is_working_day(first + DAY * offset) for offset in range(1, (last - first).days + 1))


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += DAY
        yield day


def _is_named(day: date) -> bool:
    """Tell whether a day is free by name: a public holiday, or one that a weekend day is worked for."""
    return day in _year(day.year)


@cache
def _year(year: int) -> HolidayBase:
    """Return the holidays of one year. One object a year: asked for another year, one would grow under the reader."""
    return CHINA(years=year, expand=False)

"""When a hall is open: hours, breaks, holidays, and the days on which everything is otherwise.

The core knows no calendar: which days are public holidays, and which weekend days are worked in exchange (调休), stands
in the first event of a day for as far ahead as anybody asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

DAYS_AHEAD = 31
"""How far ahead the next opening is looked for: further than any holiday lasts."""
MONDAY = 1


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours in the hall's own time.

    Attributes:
        opens: the first minute that is open.
        closes: the first minute that is closed again.
    """

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class WeekHours:
    """Hours on some days of the week. Two entries for one day leave a break between them.

    Attributes:
        opens: the first minute that is open.
        closes: the first minute that is closed again.
        weekdays: days of the week, 1 is Monday.
    """

    opens: time
    closes: time
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class ExceptionalDay:
    """A date on which the hall keeps other hours.

    Attributes:
        date: which day.
        hours: when it is open; without any it is closed.
        note: why.
    """

    date: date
    hours: tuple[Hours, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """When a hall is open.

    Attributes:
        week: hours by the days of the week; without any the hall's own ``hours`` hold on every day.
        public_holidays: with hours by the week, keep public holidays, and on a weekend day that is worked in exchange
            (调休) the hours of Monday.
        days: dates on which it is otherwise; they go before all else.
    """

    week: tuple[WeekHours, ...] = ()
    public_holidays: bool = True
    days: tuple[ExceptionalDay, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that differs from its weekday: a public holiday, or one of the weekend that is worked in exchange."""

    date: date
    is_working: bool


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a hall is open, day by day, by its plan and the public calendar."""

    hours: Hours | None
    opening: Opening
    calendar: tuple[CalendarDay, ...] = ()

    @property
    def never_closes(self) -> bool:
        """Whether the hall is open round the clock."""
        return self.hours is None and not self.opening.week and not self.opening.days

    def on(self, day: date) -> tuple[Hours, ...] | None:
        """Return the hours of a day, the first ones first: none where it is closed, ``None`` for round the clock."""
        for other in self.opening.days:
            if other.date == day:
                return tuple(sorted(other.hours, key=lambda hours: hours.opens))
        if not self.opening.week:
            return None if self.hours is None else (self.hours,)
        weekday = self._weekday(day)
        found = (Hours(entry.opens, entry.closes) for entry in self.opening.week if weekday in entry.weekdays)
        return tuple(sorted(found, key=lambda hours: hours.opens))

    def _weekday(self, day: date) -> int | None:
        """Return the weekday whose hours a day keeps, ``None`` for a holiday."""
        if self.opening.public_holidays:
            for entry in self.calendar:
                if entry.date == day:
                    return MONDAY if entry.is_working else None
        return day.isoweekday()

    def is_open(self, local: datetime) -> bool:
        """Tell whether the hall is open at a time in its own zone."""
        hours = self.on(local.date())
        return hours is None or any(stretch.opens <= local.time() < stretch.closes for stretch in hours)

    def stretches(self, local: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield when the hall opens and closes, from the stretch that isn't over at ``local`` on, for a month."""
        for offset in range(DAYS_AHEAD + 1):
            day = local.date() + timedelta(days=offset)
            hours = self.on(day)
            if hours is None:
                midnight = datetime.combine(day, time(), local.tzinfo)
                yield midnight, midnight + timedelta(days=1)
                continue
            for stretch in hours:
                closes = datetime.combine(day, stretch.closes, local.tzinfo)
                if local < closes:
                    yield datetime.combine(day, stretch.opens, local.tzinfo), closes

    def next_opening(self, local: datetime) -> tuple[datetime, datetime] | None:
        """Return when the hall opens next and closes then, or the stretch that it is in; ``None``: not for a month."""
        return next(self.stretches(local), None)

    def open_s(self, since: datetime, until: datetime) -> float:
        """Return for how many seconds of a stretch within one day the hall was open; both in its own zone."""
        hours = self.on(since.date())
        if hours is None:
            return max((until - since).total_seconds(), 0.0)
        total_s = 0.0
        for stretch in hours:
            opens = max(since, datetime.combine(since.date(), stretch.opens, since.tzinfo))
            closes = min(until, datetime.combine(since.date(), stretch.closes, since.tzinfo))
            total_s += max((closes - opens).total_seconds(), 0.0)
        return total_s

"""A hall's hours: by the week with breaks, on holidays and in exchange for them, and on days of its own."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller import commands as c
from controller.opening import CalendarDay, ExceptionalDay, Hours, Opening, Timetable, WeekHours
from controller.runtime.calendar import WorkingCalendar
from tests.support.core_floor import MORNING, PENSION, ZONE, Floor, floor_plan

FORENOON, AFTERNOON = Hours(time(8, 30), time(12)), Hours(time(14, 30), time(17, 30))
WEEK = (
    WeekHours(AFTERNOON.opens, AFTERNOON.closes),
    WeekHours(FORENOON.opens, FORENOON.closes),
    WeekHours(time(9), time(11), weekdays=(6,)),
)
CLOSED = date(2026, 2, 25)
"""A Wednesday on which the hall moves."""
LONGER = date(2026, 2, 26)
OPENING = Opening(
    week=WEEK, days=(ExceptionalDay(CLOSED, note="moving"), ExceptionalDay(LONGER, (Hours(time(8), time(20)),)))
)


def timetable(day: date, opening: Opening = OPENING, hours: Hours | None = None) -> Timetable:
    return Timetable(hours, opening, WorkingCalendar().ahead(day))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), ZONE)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 2, 12), (FORENOON, AFTERNOON)),  # a Thursday
        (date(2026, 2, 7), (Hours(time(9), time(11)),)),  # a Saturday as others
        (date(2026, 2, 8), ()),  # a Sunday
        (date(2026, 2, 14), (FORENOON, AFTERNOON)),  # a Saturday that is worked in exchange
        (date(2026, 2, 17), ()),  # Spring Festival
        (date(2026, 2, 21), ()),  # the Saturday in it
        (date(2026, 2, 23), ()),  # free in exchange
        (CLOSED, ()),
        (LONGER, (Hours(time(8), time(20)),)),
        (date(2026, 2, 28), (FORENOON, AFTERNOON)),  # the other Saturday worked in exchange
    ],
)
def test_the_hours_of_a_day(day: date, hours: tuple[Hours, ...]) -> None:
    assert timetable(day).on(day) == hours


def test_a_hall_that_keeps_no_public_holidays() -> None:
    open_always = Opening(week=WEEK, public_holidays=False)
    day = date(2026, 2, 17)
    assert timetable(day, open_always).on(day) == (FORENOON, AFTERNOON)
    assert timetable(day, open_always).on(date(2026, 2, 14)) == (Hours(time(9), time(11)),)


def test_hours_that_hold_on_every_day_hold_on_holidays_too_but_for_the_halls_own_days() -> None:
    own = Opening(days=(ExceptionalDay(CLOSED),))
    always = Timetable(FORENOON, own, WorkingCalendar().ahead(CLOSED))
    assert always.on(date(2026, 2, 17)) == (FORENOON,)
    assert always.on(CLOSED) == ()


def test_a_hall_without_any_hours_never_closes() -> None:
    always = Timetable(None, Opening())
    assert always.never_closes
    assert always.on(CLOSED) is None
    assert always.is_open(at(CLOSED, 3))
    assert not timetable(CLOSED).never_closes
    assert not Timetable(FORENOON, Opening()).never_closes
    assert not Timetable(None, Opening(days=(ExceptionalDay(CLOSED),))).never_closes


@pytest.mark.parametrize(
    ("now", "opens", "closes"),
    [
        (at(date(2026, 2, 12), 7), at(date(2026, 2, 12), 8, 30), at(date(2026, 2, 12), 12)),
        (at(date(2026, 2, 12), 9), at(date(2026, 2, 12), 8, 30), at(date(2026, 2, 12), 12)),  # it is open now
        (at(date(2026, 2, 12), 12), at(date(2026, 2, 12), 14, 30), at(date(2026, 2, 12), 17, 30)),  # the break
        (at(date(2026, 2, 13), 18), at(date(2026, 2, 14), 8, 30), at(date(2026, 2, 14), 12)),
        (at(date(2026, 2, 14), 18), at(date(2026, 2, 24), 8, 30), at(date(2026, 2, 24), 12)),  # over Spring Festival
        (at(CLOSED, 9), at(LONGER, 8), at(LONGER, 20)),
    ],
)
def test_the_next_opening(now: datetime, opens: datetime, closes: datetime) -> None:
    assert timetable(now.date()).next_opening(now) == (opens, closes)


def test_no_opening_within_a_month() -> None:
    days = tuple(ExceptionalDay(CLOSED + timedelta(days=offset)) for offset in range(32))
    assert timetable(CLOSED, Opening(week=WEEK, days=days)).next_opening(at(CLOSED, 9)) is None


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001 - the zone is put on below
    minutes=st.integers(0, 24 * 60),
)
def test_the_seconds_of_opening_are_those_in_which_it_is_open(start: datetime, minutes: int) -> None:
    since = start.replace(tzinfo=ZONE, second=0, microsecond=0)
    until = min(since + timedelta(minutes=minutes), at(since.date(), 23, 59))
    times = timetable(since.date())
    count = max(int((until - since).total_seconds() // 60), 0)
    open_minutes = sum(times.is_open(since + timedelta(minutes=minute)) for minute in range(count))
    assert times.open_s(since, max(until, since)) == open_minutes * 60


@given(now=st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 20)))  # noqa: DTZ001 - the zone is put on below
def test_it_is_open_exactly_in_its_next_opening(now: datetime) -> None:
    local = now.replace(tzinfo=ZONE)
    times = timetable(local.date())
    stretch = times.next_opening(local)
    assert stretch is not None
    opens, closes = stretch
    assert local < closes
    assert times.is_open(local) is (opens <= local)
    assert times.is_open(max(opens, local))
    assert not times.is_open(closes)


def test_a_day_remembers_its_calendar_and_a_new_plan_is_read_by_it() -> None:
    """The stream alone tells when a hall was open: no library is asked again when it is read."""
    calendar = (CalendarDay(MORNING.date(), is_working=False),)
    plan = floor_plan()
    floor = Floor(plan, calendar=calendar)
    assert floor.day.calendar == calendar
    assert floor.day.is_open(MORNING)
    by_week = floor_plan(opening=Opening(week=WEEK))
    floor.do(c.ChangePlan(by_week))
    refusal = floor.refused(c.IssueTicket((PENSION,)))
    assert refusal.params == {"opens": "08:30", "closes": "12:00", "date": "2026-03-03"}
    floor.do(c.ChangePlan(floor_plan(opening=Opening(week=WEEK, public_holidays=False))))
    floor.issue()

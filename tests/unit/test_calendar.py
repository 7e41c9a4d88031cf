"""Working days are those of the State Council's notices, the weekend days worked in exchange among them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.runtime.calendar import WorkingCalendar

CALENDAR = WorkingCalendar()
DAYS = st.dates(date(2020, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        ("2026-01-01", False),  # New Year
        ("2026-01-02", False),  # free in exchange for the Sunday after it
        ("2026-01-04", True),  # that Sunday
        ("2026-02-14", True),  # a Saturday before Spring Festival
        ("2026-02-16", False),
        ("2026-02-23", False),  # the ninth day of Spring Festival, in exchange for 28 February
        ("2026-02-24", True),
        ("2026-02-28", True),
        ("2026-03-01", False),  # an ordinary Sunday
        ("2026-05-09", True),
        ("2026-09-20", True),
        ("2026-10-07", False),
        ("2026-10-08", True),
        ("2026-10-10", True),
    ],
)
def test_the_year_2026_is_as_announced(day: str, *, is_working: bool) -> None:
    """The General Office of the State Council announced these days in November 2025."""
    assert CALENDAR.is_working_day(date.fromisoformat(day)) is is_working


def test_make_up_days_are_no_holidays() -> None:
    saturday, monday = date(2026, 2, 14), date(2026, 2, 23)
    assert CALENDAR.is_make_up(saturday)
    assert not CALENDAR.is_holiday(saturday)
    assert CALENDAR.is_holiday(monday)
    assert not CALENDAR.is_make_up(monday)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-01-01", "2026-01-03"),
        ("2026-02-15", "2026-02-23"),
        ("2026-04-04", "2026-04-06"),
        ("2026-05-01", "2026-05-05"),
        ("2026-06-19", "2026-06-21"),
        ("2026-09-25", "2026-09-27"),
        ("2026-10-01", "2026-10-07"),
    ],
)
def test_the_holidays_of_2026_with_their_weekends(first: str, last: str) -> None:
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    days = [begins + timedelta(days=offset) for offset in range(-1, (ends - begins).days + 2)]
    assert [CALENDAR.is_holiday(day) for day in days] == [False, *[True] * (len(days) - 2), False]


def test_a_year_that_is_not_announced_has_the_holidays_of_the_law_and_no_exchanges() -> None:
    assert CALENDAR.is_announced(2026)
    assert not CALENDAR.is_announced(2060)
    assert not CALENDAR.is_working_day(date(2060, 10, 1))
    assert not any(CALENDAR.is_make_up(date(2060, month, day)) for month in range(1, 13) for day in range(1, 29))


@pytest.mark.parametrize(
    ("accepted", "working_days", "due"),
    [
        ("2026-03-02", 0, "2026-03-02"),
        ("2026-03-02", 1, "2026-03-03"),
        ("2026-03-02", 5, "2026-03-09"),  # a weekend lies between
        ("2026-02-13", 1, "2026-02-14"),  # Friday, and the Saturday after it is worked
        ("2026-02-13", 3, "2026-02-25"),  # then Spring Festival
        ("2026-02-18", 1, "2026-02-24"),  # asked for on a holiday
        ("2026-12-31", 1, "2027-01-04"),  # into the next year
    ],
)
def test_a_promised_date_is_counted_in_working_days(accepted: str, working_days: int, due: str) -> None:
    assert CALENDAR.after(date.fromisoformat(accepted), working_days) == date.fromisoformat(due)


def test_no_date_is_promised_into_the_past() -> None:
    with pytest.raises(ValueError, match="-1 working days"):
        CALENDAR.after(date(2026, 3, 2), -1)


@given(day=DAYS, working_days=st.integers(1, 60))
def test_a_promise_ends_on_a_working_day_and_is_counted_back(day: date, working_days: int) -> None:
    due = CALENDAR.after(day, working_days)
    assert CALENDAR.is_working_day(due)
    assert CALENDAR.between(day, due) == working_days
    assert CALENDAR.between(due, day) == -working_days


@given(day=DAYS)
def test_a_day_is_a_holiday_or_made_up_for_but_not_both(day: date) -> None:
    assert not (CALENDAR.is_holiday(day) and CALENDAR.is_make_up(day))

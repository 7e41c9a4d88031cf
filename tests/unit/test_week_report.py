"""The week in figures: hours of many days by weekday, as means of the days on which the hall was open."""

from datetime import date, datetime, timedelta

from controller.day_report import DayReport, Figures
from controller.plan import HallId, WindowId
from controller.report_form import week_form
from controller.week_report import Slot, by_weekday
from tests.support.engines import MORNING

MONDAY = MORNING - timedelta(days=MORNING.weekday())
W1, W2 = WindowId("1"), WindowId("2")


def day(begin: datetime, *hours: Figures) -> DayReport:
    """Return the report of a day whose hours, from ``begin`` on, are given."""
    told = {begin + timedelta(hours=at): figures for at, figures in enumerate(hours)}
    return DayReport(HallId("demo"), begin.date(), 9, begin, {}, {}, told, Figures())


def test_hours_of_the_same_weekday_are_summed_and_a_day_without_them_counts_for_nothing() -> None:
    busy = Figures(open_s=3600, tickets=10, called=4, waits=4, waited_s=2400, people_wait_s=600)
    calm = Figures(open_s=3600, tickets=2, waits=1, waited_s=100, windows_wait_s={W1: 1200, W2: 600})
    reports = [
        day(MONDAY, busy, calm),
        day(MONDAY + timedelta(days=7), calm),
        day(MONDAY + timedelta(days=1), calm),
    ]
    cells = by_weekday(reports)
    hour = MONDAY.hour
    assert list(cells) == [Slot(1, hour), Slot(1, hour + 1), Slot(2, hour)]
    first = cells[Slot(1, hour)]
    assert (first.days, first.sums.tickets, first.per_day(first.sums.tickets)) == (2, 12, 6)
    assert first.sums.mean_wait_s == 500, "of everybody who was called, not the mean of two means"
    assert cells[Slot(1, hour + 1)].days == 1, "the second Monday closed an hour earlier"
    assert busy.tickets == 10, "a report stays what it was"
    form = week_form(date(2026, 1, 1), date(2026, 1, 28), reports)
    assert (form["days"], form["since"], form["until"]) == (3, "2026-01-01", "2026-01-28")
    assert form["cells"][0] == {
        "weekday": 1,
        "hour": hour,
        "days": 2,
        "tickets": 6.0,
        "mean_wait_s": 500.0,
        "people_wait_min": 5.0,
        "windows_wait_min": 15.0,
    }
    assert form["cells"][2]["mean_wait_s"] == 100.0


def test_nothing_is_made_of_no_days() -> None:
    assert by_weekday([]) == {}
    assert by_weekday([day(MONDAY, Figures(open_s=60))])[Slot(1, MONDAY.hour)].sums.mean_wait_s is None

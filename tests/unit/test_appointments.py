"""Appointments: what may be booked when, cancelled until when, and what a check-in is worth."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from controller import appointments as a
from controller import commands as c
from controller import events as e
from controller.appointments import Appointment, AppointmentCode, AppointmentState, HalfDay
from controller.assignment import queue
from controller.decide_tickets import arrival_of
from controller.estimates import wait_range_s
from controller.opening import CalendarDay, ExceptionalDay, Opening, WeekHours
from controller.plan import Lane, Package, ServiceCode
from controller.refusals import ServiceUnknown
from controller.runtime.catalogue import languages, text
from tests.support.core_floor import ALL, INSURANCE, MORNING, PENSION, ZONE, Floor, floor_plan

WEEK = Opening((WeekHours(time(8, 30), time(11, 30)), WeekHours(time(14), time(17))))
MONDAY = MORNING.date()
TUESDAY = MONDAY + timedelta(days=1)
CODE = AppointmentCode("12345678")


def hall(**changes: Any) -> Floor:
    calendar = changes.pop("calendar", ())
    return Floor(floor_plan(opening=WEEK, **changes), calendar=calendar)


def booked(day: date, half: HalfDay = HalfDay.MORNING, floor: Floor | None = None) -> Any:
    floor = floor or hall()
    return a.book(floor.day, floor.at, (PENSION,), day, half)


def appointment(**changes: Any) -> Appointment:
    starts = datetime(2026, 3, 2, 8, 30, tzinfo=ZONE)
    return replace(Appointment(CODE, (PENSION,), MONDAY, HalfDay.MORNING, starts), **changes)


def test_a_half_day_begins_when_the_hall_opens_in_it() -> None:
    assert booked(TUESDAY) == ((PENSION,), datetime(2026, 3, 3, 8, 30, tzinfo=ZONE))
    assert booked(TUESDAY, HalfDay.AFTERNOON) == ((PENSION,), datetime(2026, 3, 3, 14, 0, tzinfo=ZONE))


def test_a_day_is_booked_ahead_and_not_too_far() -> None:
    assert booked(MONDAY) == a.BookedTooLate("2026-03-02", 1)
    assert isinstance(booked(date(2026, 3, 9)), tuple), "the fifth working day"
    assert booked(date(2026, 3, 10)) == a.BookedTooEarly("2026-03-10", 5)
    assert booked(date(2026, 3, 7)) == a.ClosedThen("2026-03-07")
    assert booked(date(2027, 3, 6)) == a.BookedTooEarly("2027-03-06", 5)
    assert booked(TUESDAY, floor=hall(booking_ahead_days=2)) == a.BookedTooLate("2026-03-03", 2)
    assert booked(TUESDAY, floor=hall(booking_within_days=0)) == a.BookedTooEarly("2026-03-03", 0)


def test_holidays_are_not_counted_and_not_booked() -> None:
    floor = hall(calendar=(CalendarDay(TUESDAY, is_working=False),))
    assert booked(TUESDAY, floor=floor) == a.ClosedThen("2026-03-03")
    assert isinstance(booked(date(2026, 3, 10), floor=floor), tuple)


def test_a_half_day_without_hours_is_not_booked() -> None:
    opening = replace(WEEK, days=(ExceptionalDay(TUESDAY, hours=(), note="培训"),))
    assert booked(TUESDAY, floor=Floor(floor_plan(opening=opening))) == a.ClosedThen("2026-03-03")
    mornings = Opening((WeekHours(time(8, 30), time(11, 30)),))
    assert booked(TUESDAY, HalfDay.AFTERNOON, Floor(floor_plan(opening=mornings))) == a.ClosedThen("2026-03-03")


def test_a_hall_that_never_closes_takes_both_halves_of_every_day() -> None:
    floor = Floor()
    assert booked(TUESDAY, floor=floor) == ((PENSION,), datetime(2026, 3, 3, tzinfo=ZONE))
    assert booked(TUESDAY, HalfDay.AFTERNOON, floor) == ((PENSION,), datetime(2026, 3, 3, 12, tzinfo=ZONE))


def test_a_package_is_booked_by_its_code() -> None:
    package = Package(ServiceCode("both"), "两件事", (INSURANCE, PENSION))
    floor = hall(packages=(package,))
    found = a.book(floor.day, floor.at, (package.code, package.code), TUESDAY, HalfDay.MORNING)
    assert found == ((package.code,), datetime(2026, 3, 3, 8, 30, tzinfo=ZONE))
    unheard = ServiceCode("unheard_of")
    assert a.book(floor.day, floor.at, (unheard,), TUESDAY, HalfDay.MORNING) == ServiceUnknown("unheard_of")
    assert a.book(floor.day, floor.at, (), TUESDAY, HalfDay.MORNING) == ServiceUnknown("")


def test_it_is_cancelled_two_hours_ahead() -> None:
    plan = floor_plan()
    starts = appointment().starts_at
    assert a.cancel(plan, appointment(), starts - timedelta(hours=2)) is None
    assert a.cancel(plan, appointment(), starts - timedelta(minutes=119)) == a.CancelledTooLate(CODE, 120)
    gone = appointment(state=AppointmentState.CHECKED_IN)
    assert a.cancel(plan, gone, starts - timedelta(days=1)) == a.AppointmentNotInState(CODE, "checked_in")


@pytest.mark.parametrize(
    ("clock", "counts_from"),
    [(time(8), time(8)), (time(8, 30), time(8, 30)), (time(10), time(8, 30)), (time(15), time(15))],
)
def test_an_arrival_counts_from_the_time_booked_unless_it_is_too_late(clock: time, counts_from: time) -> None:
    now = datetime.combine(MONDAY, clock, ZONE)
    assert a.check_in(appointment(), now) is None
    assert arrival_of(appointment().starts_at, now) == datetime.combine(MONDAY, counts_from, ZONE)
    assert arrival_of(appointment().starts_at - timedelta(days=1), now) == now


def test_it_is_checked_in_on_its_day_and_not_once_it_is_gone() -> None:
    tomorrow = MORNING + timedelta(days=1)
    assert a.check_in(appointment(), tomorrow) == a.NotToday(CODE, "2026-03-02")
    for state in (AppointmentState.CANCELLED, AppointmentState.MISSED):
        assert a.check_in(appointment(state=state), MORNING) == a.AppointmentNotInState(CODE, state)
    assert a.check_in(appointment(state=AppointmentState.CHECKED_IN), MORNING) is None


def test_who_booked_does_not_queue_again() -> None:
    """Bad-review tag 212: booked online, and yet had to take a number and queue once more."""
    floor = Floor(opened=(ALL,))
    floor.wait(3600)
    walked_in = floor.issue(lane=Lane.APPOINTMENT)
    floor.wait(600)
    (issued,) = floor.do(c.IssueTicket((PENSION,), Lane.APPOINTMENT, "appointment", booked_at=MORNING))
    booked_ticket = issued.ticket  # type: ignore[union-attr]
    assert floor.ticket(booked_ticket).arrived_at == MORNING
    assert [ticket.id for ticket in queue(floor.day, ALL, floor.at, 2)] == [booked_ticket, walked_in]
    assert floor.call() == booked_ticket


def test_who_booked_is_told_how_many_are_really_before() -> None:
    floor = Floor(opened=(ALL,))
    floor.wait(3600)
    early = floor.issue(lane=Lane.APPOINTMENT)
    floor.wait(60)
    for _ in range(3):
        floor.issue()
    floor.wait(60)
    (issued,) = floor.do(
        c.IssueTicket((PENSION,), Lane.APPOINTMENT, "appointment", booked_at=MORNING + timedelta(seconds=3600 + 30))
    )
    assert isinstance(issued, e.TicketIssued)
    assert issued.ahead == 1
    assert (issued.wait_p50_s, issued.wait_p90_s) == wait_range_s(floor.day, PENSION, 1)
    assert [ticket.id for ticket in queue(floor.day, ALL, floor.at, 2)] == [early, issued.ticket]


def test_a_time_booked_in_the_future_gives_no_place_before_it() -> None:
    floor = Floor()
    (issued,) = floor.do(c.IssueTicket((PENSION,), booked_at=MORNING + timedelta(hours=5)))
    assert floor.ticket(issued.ticket).arrived_at == floor.at  # type: ignore[union-attr]


def test_every_refusal_is_said_in_every_language() -> None:
    refusals = [
        a.AppointmentUnknown(CODE),
        a.AppointmentNotInState(CODE, "missed"),
        a.BookedTooLate("2026-03-02", 1),
        a.BookedTooEarly("2026-03-02", 5),
        a.ClosedThen("2026-03-02"),
        a.BookedOut("pension", "2026-03-02"),
        a.CancelledTooLate(CODE, 120),
        a.NotToday(CODE, "2026-03-02"),
    ]
    for refusal in refusals:
        for language in languages():
            assert text(f"refusal.{refusal.code}", language, **refusal.params)

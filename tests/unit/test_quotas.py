"""Quotas of a service and half-day (限号)."""

from dataclasses import replace
from datetime import datetime, time

import pytest

from controller import commands as c
from controller import refusals as r
from controller.opening import Opening, Timetable, WeekHours
from controller.plan import Hours, Package, Plan, ServiceCode
from controller.quotas import next_half_day
from tests.support.core_floor import ALL, INSURANCE, MORNING, PENSION, SERVICES, ZONE, Floor, floor_plan

HOURS = 3600.0


def plan_with(quota: int, **changes: object) -> Plan:
    services = tuple(replace(service, quota=quota) if service.code == PENSION else service for service in SERVICES)
    return floor_plan(services=services, **changes)


def test_a_half_day_has_so_many_places_and_the_refusal_names_the_next() -> None:
    floor = Floor(plan_with(2))
    floor.issue(PENSION)
    floor.issue(PENSION)
    assert floor.refused(c.IssueTicket((PENSION,))) == r.QuotaFull("养老待遇资格认证", "03-02 12:00")
    floor.issue(INSURANCE)
    floor.wait(4 * HOURS)
    floor.issue(PENSION)
    floor.issue(PENSION)
    assert floor.refused(c.IssueTicket((PENSION,))) == r.QuotaFull("养老待遇资格认证", "03-03 00:00")


def test_a_ticket_given_back_frees_its_place() -> None:
    floor = Floor(plan_with(1))
    ticket = floor.issue(PENSION)
    floor.refused(c.IssueTicket((PENSION,)))
    floor.do(c.CancelTicket(ticket))
    floor.issue(PENSION)


def test_a_ticket_served_keeps_its_place_and_one_for_another_service_frees_it() -> None:
    floor = Floor(plan_with(1), opened=(ALL,))
    floor.issue(PENSION)
    floor.serve()
    floor.refused(c.IssueTicket((PENSION,)))
    floor.do(c.TransferTicket(ALL, services=(INSURANCE,)))
    floor.issue(PENSION)


def test_every_service_of_a_package_needs_a_place() -> None:
    package = Package(ServiceCode("both"), "两件事", (INSURANCE, PENSION))
    floor = Floor(plan_with(1, packages=(package,)))
    floor.issue(package.code)
    floor.issue(INSURANCE)
    assert floor.refused(c.IssueTicket((package.code,))) == r.QuotaFull("养老待遇资格认证", "03-02 12:00")


def test_who_booked_has_a_place_already() -> None:
    floor = Floor(plan_with(1))
    floor.issue(PENSION)
    floor.do(c.IssueTicket((PENSION,), booked_at=MORNING))


@pytest.mark.parametrize(
    ("hours", "now", "following"),
    [
        (None, time(9), datetime(2026, 3, 2, 12, tzinfo=ZONE)),
        (None, time(12), datetime(2026, 3, 3, tzinfo=ZONE)),
        (Hours(time(8, 30), time(17)), time(9), datetime(2026, 3, 2, 12, tzinfo=ZONE)),
        (Hours(time(13, 30), time(17)), time(9), datetime(2026, 3, 2, 13, 30, tzinfo=ZONE)),
        (Hours(time(8, 30), time(12)), time(9), datetime(2026, 3, 3, 8, 30, tzinfo=ZONE)),
        (Hours(time(8, 30), time(17)), time(15), datetime(2026, 3, 3, 8, 30, tzinfo=ZONE)),
    ],
)
def test_the_next_half_day_begins_at_noon_or_when_the_hall_opens(
    hours: Hours | None, now: time, following: datetime
) -> None:
    assert next_half_day(Timetable(hours, Opening()), datetime.combine(MORNING.date(), now, ZONE)) == following


def test_the_next_half_day_is_behind_the_weekend() -> None:
    week = tuple(WeekHours(*hours) for hours in ((time(9), time(11, 30)), (time(14), time(17))))
    friday = datetime(2026, 3, 6, 10, tzinfo=ZONE)
    timetable = Timetable(None, Opening(week))
    assert next_half_day(timetable, friday) == friday.replace(hour=14)
    assert next_half_day(timetable, friday.replace(hour=15)) == datetime(2026, 3, 9, 9, tzinfo=ZONE)

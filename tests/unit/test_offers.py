"""What a hall offers: before a number is taken, the same that whoever takes it then is told."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from controller import commands as c
from controller import events as e
from controller.offers import offers_form
from controller.opening import Opening, WeekHours
from controller.plan import Material, Package, ServiceCode
from tests.support.core_floor import ALL, INSURANCE, MORNING, PENSION, ZONE, Floor, floor_plan, without_windows

BOTH = Package(ServiceCode("both"), "两件事", (INSURANCE, PENSION))


def of(floor: Floor, code: str) -> dict[str, object]:
    (offer,) = [one for one in offers_form(floor.day, floor.at)["services"] if one["code"] == code]
    return offer


def test_what_is_promised_is_what_a_ticket_is_told() -> None:
    floor = Floor(floor_plan(packages=(BOTH,)), opened=(ALL,))
    for _ in range(5):
        floor.issue(PENSION)
    for code in (PENSION, BOTH.code):
        offer = of(floor, code)
        (issued,) = floor.do(c.IssueTicket((ServiceCode(code),)))
        assert isinstance(issued, e.TicketIssued)
        assert offer["ahead"] == issued.ahead > 0
        assert offer["wait"] == {"p50_s": issued.wait_p50_s, "p90_s": issued.wait_p90_s}


def test_a_quota_says_how_many_are_left_and_when_there_are_more() -> None:
    plan = floor_plan(packages=(BOTH,), opening=Opening((WeekHours(time(8, 30), time(17)),)))
    services = tuple(replace(one, quota=1) if one.code == PENSION else one for one in plan.services)
    floor = Floor(replace(plan, services=services))
    assert (of(floor, PENSION)["left"], of(floor, INSURANCE)["left"]) == (1, None)
    floor.issue(PENSION)
    assert (of(floor, PENSION)["left"], of(floor, BOTH.code)["left"]) == (0, 0)
    noon = datetime.combine(MORNING.date(), time(12), ZONE)
    assert of(floor, PENSION)["next_at"] == noon.isoformat(timespec="milliseconds")
    floor.wait((noon - floor.at) / timedelta(seconds=1))
    assert of(floor, PENSION)["left"] == 1


def test_a_package_brings_each_material_once_and_is_offered_whole_or_not_at_all() -> None:
    plan = floor_plan(packages=(BOTH,))
    card, book = Material("身份证"), Material("户口簿", secondary=True)
    bring = {PENSION: (card,), INSURANCE: (card, book)}
    services = tuple(replace(one, materials=bring.get(one.code, ())) for one in plan.services)
    whole = replace(plan, services=services)
    assert [one["name"] for one in of(Floor(whole), "both")["materials"]] == ["身份证", "户口簿"]  # type: ignore[attr-defined]
    bare = without_windows(whole, *(window.id for window in whole.windows))
    assert offers_form(Floor(bare).day, MORNING)["services"] == []


def test_a_closed_hall_still_says_what_it_offers() -> None:
    floor = Floor(floor_plan(opening=Opening((WeekHours(time(14), time(17)),))))
    form = offers_form(floor.day, floor.at)
    assert (form["open"], form["opens_at"]) == (False, "2026-03-02T14:00:00.000+08:00")
    assert form["services"]

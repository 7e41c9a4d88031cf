"""Who is called next: rates and ageing, arrivals, deferral, windows that may call."""

from dataclasses import replace

import pytest

from controller import commands as c
from controller.assignment import (
    ahead,
    ahead_of_new,
    eligible,
    eligible_counts,
    held_for,
    next_ticket,
    queue,
    windows_for,
)
from controller.model import TicketId
from controller.plan import Lane, WindowId
from tests.support.core_floor import (
    ALL,
    GRIEVANCE,
    INSURANCE,
    PENSION,
    POLICE,
    RESIDENCE,
    RURAL,
    SOCIAL,
    SUBSIDY,
    UNRESOLVED,
    Floor,
    floor_plan,
)


def order(floor: Floor, window: WindowId = ALL) -> list[TicketId]:
    return [ticket.id for ticket in queue(floor.day, window, floor.at, 99)]


def test_of_one_lane_the_first_arrival_goes_first() -> None:
    floor = Floor(opened=(ALL,))
    tickets = [floor.issue(service) for service in (RESIDENCE, PENSION, SUBSIDY, PENSION)]
    assert order(floor) == tickets
    assert order(floor, SOCIAL) == [tickets[1], tickets[3]]


def test_of_one_instant_the_first_issued_goes_first_whatever_its_number() -> None:
    floor = Floor(opened=(ALL,), step_s=0)
    floor._day = floor.day.changed(numbers={"A": 998})
    tickets = [floor.issue(service) for service in (RESIDENCE, PENSION, PENSION, RESIDENCE)]
    assert [floor.ticket(ticket).number for ticket in tickets] == ["B001", "A999", "A1000", "B002"]
    assert order(floor) == tickets
    assert [ahead(floor.day, ticket, floor.at) for ticket in tickets] == [0, 1, 2, 3]
    floor.wait(600)
    assert order(floor) == tickets


def test_the_green_lane_goes_ahead_by_ageing_and_not_absolutely() -> None:
    floor = Floor(opened=(ALL,), step_s=0)
    normal = floor.issue()
    floor.wait(100)
    green = floor.issue(lane=Lane.GREEN)
    assert order(floor) == [normal, green]
    floor.wait(99)
    assert order(floor) == [normal, green]
    floor.wait(2)
    assert order(floor) == [green, normal]


def test_a_tie_of_priority_goes_to_the_first_arrival() -> None:
    floor = Floor(opened=(ALL,), step_s=0)
    normal = floor.issue()
    floor.wait(100)
    green = floor.issue(lane=Lane.GREEN)
    floor.wait(100)
    assert order(floor) == [normal, green]


def test_nobody_starves_behind_green_tickets() -> None:
    """With somebody of the green lane new at every call, who came first is called within twice the wait."""
    floor = Floor(opened=(ALL,), step_s=0)
    normal = floor.issue()
    for _ in range(5):
        floor.issue(lane=Lane.GREEN)
    called = []
    while normal not in called:
        floor.wait(300)
        floor.issue(lane=Lane.GREEN)
        called.append(floor.serve())
        floor.do(c.FinishService(ALL))
        assert len(called) < 20
    assert called.index(normal) >= 3


@pytest.mark.parametrize("lane", [Lane.GREEN, Lane.APPOINTMENT, Lane.ASSISTED])
def test_the_plan_says_how_fast_a_lane_ages(lane: Lane) -> None:
    floor = Floor(floor_plan(green_rate=3.0, appointment_rate=4.0, assisted_rate=5.0), opened=(ALL,), step_s=0)
    normal = floor.issue()
    floor.wait(60)
    fast = floor.issue(lane=lane)
    rate = floor.day.plan.policies.rate(lane)
    floor.wait(60 / (rate - 1) - 1)
    assert order(floor) == [normal, fast]
    floor.wait(2)
    assert order(floor) == [fast, normal]


def test_a_clock_that_seems_to_run_back_gives_no_priority() -> None:
    floor = Floor(opened=(ALL,))
    first, second = floor.issue(lane=Lane.GREEN), floor.issue()
    floor.wait(-60)
    assert order(floor) == [first, second]


def test_a_window_calls_what_it_serves() -> None:
    floor = Floor()
    served = {
        PENSION: {ALL, SOCIAL},
        INSURANCE: {ALL, SOCIAL},
        RESIDENCE: {ALL, POLICE},
        SUBSIDY: {ALL, RURAL},
        GRIEVANCE: {ALL, UNRESOLVED},
    }
    for service, windows in served.items():
        assert windows_for(floor.day, floor.ticket(floor.issue(service))) == windows
    assert next_ticket(floor.day, WindowId("9"), floor.at) is None


def test_several_services_are_called_by_every_window_that_serves_one_of_them() -> None:
    floor = Floor()
    ticket = floor.ticket(floor.issue(RESIDENCE, PENSION))
    assert windows_for(floor.day, ticket) == {ALL, POLICE, SOCIAL}
    assert dict(floor.day.waiting_by_service) == {RESIDENCE: 1}


def test_substitutes_count_among_the_windows_while_they_are_open() -> None:
    floor = Floor(opened=(POLICE, RURAL))
    ticket = floor.issue(RESIDENCE)
    floor.do(c.StepAway(POLICE, "开会", RURAL))
    assert windows_for(floor.day, floor.ticket(ticket)) == {ALL, POLICE, RURAL}
    assert [entry.id for entry in eligible(floor.day, RURAL)] == [ticket]
    floor.do(c.CloseWindow(RURAL))
    assert windows_for(floor.day, floor.ticket(ticket)) == {ALL, POLICE}
    assert list(eligible(floor.day, RURAL)) == []


def test_a_substitute_takes_over_who_was_sent_to_the_one_away() -> None:
    floor = Floor(opened=(ALL, SOCIAL, RURAL))
    ticket = floor.issue()
    floor.serve(ALL)
    floor.do(c.TransferTicket(ALL, SOCIAL))
    floor.do(c.StepAway(SOCIAL, "开会", RURAL))
    assert [window for window in (ALL, SOCIAL, RURAL) if list(eligible(floor.day, window))] == [SOCIAL, RURAL]
    floor.issue(SUBSIDY)
    counts = {window: len(list(eligible(floor.day, window))) for window in floor.day.windows}
    assert eligible_counts(floor.day) == counts
    assert (counts[ALL], counts[SOCIAL], counts[RURAL]) == (1, 1, 2)
    assert floor.call(RURAL) == ticket


def test_ahead_counts_who_competes_for_the_same_windows() -> None:
    floor = Floor()
    floor.issue(PENSION)
    floor.issue(RESIDENCE)
    third = floor.issue(INSURANCE)
    assert floor.ticket(third).ahead == ahead(floor.day, third, floor.at) == 2
    assert ahead_of_new(floor.day, SUBSIDY) == 3
    plan = floor_plan()
    apart = Floor(replace(plan, windows=tuple(window for window in plan.windows if window.id != ALL)))
    for service in (PENSION, RESIDENCE, INSURANCE):
        last = apart.issue(service)
    assert apart.ticket(last).ahead == ahead(apart.day, last, apart.at) == 1


def test_what_was_told_is_what_is_told_next() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    for service in (PENSION, SUBSIDY, INSURANCE, RESIDENCE, GRIEVANCE, SUBSIDY, PENSION) * 3:
        ticket = floor.issue(service)
        assert floor.ticket(ticket).ahead == ahead(floor.day, ticket, floor.at)


def test_a_window_goes_on_with_its_own_held_tickets_before_those_left_behind() -> None:
    floor = Floor(opened=(ALL, SOCIAL, RURAL))
    left, own = floor.issue(), floor.issue()
    for window in (SOCIAL, ALL):
        floor.serve(window)
        floor.do(c.HoldTicket(window))
    assert [ticket.id for ticket in held_for(floor.day, ALL)] == [own]
    floor.do(c.CloseWindow(SOCIAL))
    assert [ticket.id for ticket in held_for(floor.day, ALL)] == [own, left]
    assert [ticket.id for ticket in held_for(floor.day, SOCIAL)] == [left]
    assert list(held_for(floor.day, RURAL)) == []

"""How long a ticket will wait: a range that follows the floor."""

import math
import random

import pytest

from controller import commands as c
from controller.estimates import Z_P50, Z_P90, gamma_quantile, mean_service_s, wait_range_s
from controller.plan import ServiceCode
from controller.views import ticket_form
from tests.support.core_floor import ALL, INSURANCE, LICENCE, PENSION, RURAL, SOCIAL, SUBSIDY, Floor


def test_with_a_free_window_and_nobody_ahead_the_wait_is_nothing() -> None:
    floor = Floor(opened=(ALL,))
    ticket = floor.ticket(floor.issue())
    assert (ticket.ahead, ticket.wait_p50_s, ticket.wait_p90_s) == (0, 0, 0)


def test_the_wait_is_a_range_that_grows_with_who_is_ahead() -> None:
    floor = Floor(opened=(ALL,))
    floor.issue()
    floor.serve()
    ranges = []
    for _ in range(6):
        ticket = floor.ticket(floor.issue())
        ranges.append((ticket.wait_p50_s, ticket.wait_p90_s))
    assert ranges == sorted(ranges)
    assert all(0 < p50_s < p90_s for p50_s, p90_s in ranges)
    mean_s = 6 * 60 * 6
    assert ranges[-1][0] == pytest.approx(mean_s, rel=0.1)


def test_more_windows_shorten_the_wait() -> None:
    alone, helped = Floor(opened=(ALL,)), Floor(opened=(ALL, SOCIAL))
    for floor in (alone, helped):
        for _ in range(6):
            floor.issue()
        for state in floor.day.windows.values():
            if state.clerk is not None:
                floor.serve(state.id)
    assert wait_range_s(helped.day, PENSION, 4)[0] < wait_range_s(alone.day, PENSION, 4)[0]


def test_with_no_window_staffed_somebody_will_have_to_come() -> None:
    nobody, one = Floor(), Floor(opened=(ALL,))
    one.issue()
    one.serve()
    assert wait_range_s(nobody.day, PENSION, 2) == wait_range_s(one.day, PENSION, 2)


def test_a_window_for_something_else_shortens_nothing() -> None:
    floor = Floor(opened=(ALL,))
    for _ in range(3):
        floor.issue()
    before = wait_range_s(floor.day, PENSION, 3)
    floor.do(c.OpenWindow(RURAL))
    assert wait_range_s(floor.day, PENSION, 3) == before


def test_who_was_sent_to_a_busy_window_is_not_told_of_a_free_one() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    moved, _ = floor.issue(), floor.issue()
    floor.serve(ALL)
    floor.serve(SOCIAL)
    floor.do(c.TransferTicket(ALL, SOCIAL))
    form = ticket_form(floor.day, floor.ticket(moved), floor.at)
    assert form["ahead"] == 0
    assert form["wait"]["p90_s"] > form["wait"]["p50_s"] > 0


def test_the_mean_is_the_plans_minutes_until_the_day_knows_better() -> None:
    floor = Floor(opened=(ALL,))
    assert mean_service_s(floor.day, PENSION) == 360
    assert mean_service_s(floor.day, ServiceCode("unheard_of")) == 600
    for _ in range(45):
        floor.issue()
        floor.serve()
        floor.wait(59)
        floor.do(c.FinishService(ALL))
    assert floor.day.pace[PENSION].count == 45
    assert floor.day.pace[PENSION].total_s == 45 * 60
    assert mean_service_s(floor.day, PENSION) == pytest.approx((5 * 360 + 45 * 60) / 50)
    assert mean_service_s(floor.day, INSURANCE) == 480


def test_what_others_wait_for_counts() -> None:
    quick, slow = Floor(opened=(ALL,)), Floor(opened=(ALL,))
    for floor, service in ((quick, PENSION), (slow, LICENCE)):
        floor.issue(SUBSIDY)
        floor.serve()
        for _ in range(4):
            floor.issue(service)
    assert wait_range_s(slow.day, SUBSIDY, 4)[0] > 2 * wait_range_s(quick.day, SUBSIDY, 4)[0]


def test_time_set_aside_is_not_time_at_the_window() -> None:
    floor = Floor(opened=(ALL,))
    ticket = floor.issue()
    floor.serve()
    floor.wait(99)
    floor.do(c.HoldTicket(ALL))
    floor.wait(3600)
    floor.do(c.ResumeTicket(ALL))
    floor.wait(49)
    floor.do(c.FinishService(ALL))
    assert floor.ticket(ticket).served_s == 150
    assert floor.day.pace[PENSION].total_s == 150


def test_a_service_whose_start_nobody_pressed_took_its_time_all_the_same() -> None:
    floor = Floor(opened=(ALL,))
    floor.issue()
    floor.call()
    floor.wait(299)
    floor.do(c.FinishService(ALL))
    assert floor.day.pace[PENSION].total_s == 300


def test_each_window_of_a_transferred_ticket_counts_for_itself() -> None:
    floor = Floor(opened=(ALL, RURAL))
    ticket = floor.issue()
    floor.serve()
    floor.do(c.HoldTicket(ALL))
    floor.do(c.ResumeTicket(ALL))
    floor.wait(1000)
    floor.do(c.TransferTicket(ALL, services=(SUBSIDY,)))
    floor.serve(RURAL)
    floor.wait(59)
    floor.do(c.FinishService(RURAL))
    assert floor.ticket(ticket).served_s == 60
    assert set(floor.day.pace) == {SUBSIDY}


@pytest.mark.parametrize("shape", [1, 2, 5, 20])
def test_the_quantiles_are_those_of_a_gamma_variable(shape: int) -> None:
    rng = random.Random(shape)
    drawn = sorted(rng.gammavariate(shape, 600 / shape) for _ in range(20_000))
    for share, z in ((0.5, Z_P50), (0.9, Z_P90)):
        assert gamma_quantile(shape, 600, z) == pytest.approx(drawn[int(share * len(drawn))], rel=0.05)


def test_a_quantile_is_never_below_nothing() -> None:
    assert gamma_quantile(0.01, 600, -3) == 0
    assert math.isfinite(gamma_quantile(1, 0, Z_P90))

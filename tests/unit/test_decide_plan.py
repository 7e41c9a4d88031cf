"""The day opens, its plan changes while people wait, and it closes with whoever is left."""

from dataclasses import replace
from datetime import date

import pytest

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.decide import decide
from controller.events import OpenedWindow
from controller.model import CommandId, TicketState, WindowState, WindowStatus
from controller.plan import HallId, Plan, WindowId
from controller.views import call_form, console_form, hall_form, ticket_form, window_form
from tests.support.core_floor import (
    ALL,
    GRIEVANCE,
    MORNING,
    PENSION,
    POLICE,
    RESIDENCE,
    RURAL,
    SOCIAL,
    SUBSIDY,
    UNRESOLVED,
    Floor,
    floor_plan,
    without_windows,
)


def begin(command: c.Command) -> object:
    return decide(None, c.Request(CommandId("k-1"), "test", MORNING, "0" * 48, command))


def test_nothing_happens_before_the_day_is_open() -> None:
    assert begin(c.IssueTicket((PENSION,))) == r.DayNotOpen()
    assert begin(c.OpenDay(HallId("other"), MORNING.date(), floor_plan())) == r.HallUnknown("demo")


def test_a_day_opens_once_with_every_window_closed() -> None:
    floor = Floor()
    assert floor.day.windows == {window.id: WindowState(window.id) for window in floor.plan.windows}
    assert (floor.day.hall, floor.day.day, floor.day.seq) == ("demo", date(2026, 3, 2), 1)
    assert floor.refused(c.OpenDay(floor.day.hall, floor.day.day, floor.plan)) == r.DayNotOpen()


def test_windows_that_were_staffed_over_midnight_stay_so() -> None:
    staffed = (OpenedWindow(SOCIAL, "clerk-2"), OpenedWindow(WindowId("9"), "clerk-9"))
    decision = begin(c.OpenDay(HallId("demo"), MORNING.date(), floor_plan(), staffed))
    assert decision == (e.DayOpened(HallId("demo"), MORNING.date(), floor_plan(), staffed),)
    floor = Floor()
    floor._day = None
    floor.events.clear()
    floor.do(c.OpenDay(HallId("demo"), MORNING.date(), floor_plan(), staffed))
    window = floor.window(SOCIAL)
    assert (window.status, window.clerk, window.idle_since) == (WindowStatus.OPEN, "clerk-2", floor.at)
    assert [state.id for state in floor.day.windows.values() if state.status is WindowStatus.OPEN] == [SOCIAL]


def without_service(plan: Plan, code: str) -> Plan:
    return replace(plan, services=tuple(service for service in plan.services if service.code != code))


def test_a_new_plan_names_who_waits_for_what_nobody_offers_any_more() -> None:
    floor = Floor(opened=(ALL, UNRESOLVED))
    left, served = floor.issue(GRIEVANCE), floor.issue(PENSION)
    plan = without_service(without_windows(floor.plan, UNRESOLVED), GRIEVANCE)
    assert floor.do(c.ChangePlan(plan)) == (e.PlanChanged(plan, (left,)),)
    assert floor.day.plan == plan
    assert floor.ticket(left).state is TicketState.WAITING
    assert floor.call(ALL) == served
    floor.do(c.FinishService(ALL))
    assert floor.call(ALL) is None
    form = ticket_form(floor.day, floor.ticket(left), floor.at)
    assert (form["state"], form["ahead"]) == ("waiting", 0)
    assert hall_form(floor.day, floor.at)["waiting_by_service"] == {GRIEVANCE: 1}


def test_the_stranded_are_served_again_when_the_old_plan_is_back() -> None:
    floor = Floor(opened=(ALL,))
    plan = floor.plan
    left = floor.issue(GRIEVANCE)
    floor.do(c.ChangePlan(without_service(without_windows(plan, UNRESOLVED), GRIEVANCE)))
    assert floor.do(c.ChangePlan(plan)) == (e.PlanChanged(plan, ()),)
    assert floor.call(ALL) == left


@pytest.mark.parametrize("served", [False, True])
def test_no_plan_takes_away_a_window_with_a_citizen_at_it(*, served: bool) -> None:
    floor = Floor(opened=(SOCIAL, ALL))
    floor.issue()
    floor.serve(SOCIAL) if served else floor.call(SOCIAL)
    assert floor.refused(c.ChangePlan(without_windows(floor.plan, SOCIAL))) == r.WindowBusy(SOCIAL, "A001")
    floor.do(c.ChangePlan(without_windows(floor.plan, ALL)))
    floor.do(c.FinishService(SOCIAL))
    floor.do(c.ChangePlan(without_windows(floor.plan, SOCIAL)))


def test_a_plan_is_of_the_same_hall() -> None:
    plan = floor_plan()
    assert Floor().refused(c.ChangePlan(replace(plan, hall=replace(plan.hall, id=HallId("other"))))) == (
        r.HallUnknown("other")
    )


def test_windows_that_stay_keep_their_state_and_new_ones_are_closed() -> None:
    plan = floor_plan()
    floor = Floor(without_windows(plan, RURAL), opened=(ALL, SOCIAL))
    before = floor.window(ALL), floor.window(SOCIAL)
    floor.do(c.ChangePlan(plan))
    assert (floor.window(ALL), floor.window(SOCIAL)) == before
    assert floor.window(RURAL) == WindowState(RURAL)
    assert list(floor.day.windows) == [ALL, SOCIAL, POLICE, RURAL, UNRESOLVED]


def test_nobody_is_sent_to_a_substitute_that_is_gone() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    floor.do(c.StepAway(ALL, "开会", SOCIAL))
    floor.do(c.ChangePlan(without_windows(floor.plan, SOCIAL)))
    assert (floor.window(ALL).status, floor.window(ALL).notice) == (WindowStatus.AWAY, "开会")
    assert floor.window(ALL).substitute is None


def test_who_was_sent_to_a_window_that_is_gone_goes_to_any_other() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    ticket = floor.issue()
    floor.serve(ALL)
    floor.do(c.TransferTicket(ALL, SOCIAL))
    floor.do(c.ChangePlan(without_windows(floor.plan, SOCIAL)))
    assert floor.call(ALL) == ticket


def test_what_a_window_held_that_is_gone_goes_on_where_it_is_served() -> None:
    floor = Floor(opened=(ALL, SOCIAL, RURAL))
    ticket = floor.issue()
    floor.serve(SOCIAL)
    floor.do(c.HoldTicket(SOCIAL))
    floor.do(c.ChangePlan(without_windows(floor.plan, SOCIAL)))
    assert [held["ticket"] for held in console_form(floor.day, floor.window(ALL), floor.at)["held"]] == [ticket]
    assert console_form(floor.day, floor.window(RURAL), floor.at)["held"] == []
    floor.do(c.ResumeTicket(ALL))
    assert floor.window(ALL).ticket == ticket


def test_a_window_that_is_gone_can_still_be_told_of() -> None:
    """The board's last calls and a late answer name it."""
    floor = Floor(opened=(ALL, SOCIAL))
    ticket = floor.issue()
    floor.serve(SOCIAL)
    floor.do(c.FinishService(SOCIAL))
    window = floor.window(SOCIAL)
    floor.do(c.ChangePlan(without_windows(floor.plan, SOCIAL)))
    assert call_form(floor.day.calls[0])["label"] == "2号窗口"
    assert window_form(floor.day, window)["label"] == SOCIAL
    assert ticket_form(floor.day, floor.ticket(ticket), floor.at)["label"] is None
    floor.do(c.SubmitReview(5, ticket=ticket))
    assert floor.refused(c.SubmitReview(5, window=SOCIAL)) == r.WindowUnknown(SOCIAL)


def test_policies_hold_from_the_change_on() -> None:
    floor = Floor(floor_plan(returns_max=0), opened=(ALL,))
    ticket = floor.issue()
    floor.call()
    floor.do(c.PassTicket(ALL))
    assert floor.refused(c.ReturnTicket(ticket)) == r.TicketReturnedTooOften("A001", 0)
    floor.do(c.ChangePlan(floor_plan(returns_max=1)))
    floor.do(c.ReturnTicket(ticket))


def test_a_day_closes_with_the_names_of_who_was_not_served() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    tickets = [floor.issue() for _ in range(7)]
    finished, passed, held, serving, called, waiting, cancelled = tickets
    floor.do(c.CancelTicket(cancelled))
    floor.serve(ALL)
    floor.do(c.FinishService(ALL))
    floor.call(ALL)
    floor.do(c.PassTicket(ALL))
    floor.serve(ALL)
    floor.do(c.HoldTicket(ALL))
    floor.serve(ALL)
    floor.call(SOCIAL)
    states = [floor.ticket(ticket).state for ticket in (finished, passed, held, serving, called, waiting)]
    assert states == ["finished", "no_show", "held", "serving", "called", "waiting"]
    assert floor.do(c.CloseDay()) == (e.DayClosed((held, serving, called, waiting)),)
    assert floor.day.closed
    assert not floor.day.is_open(floor.at)


@pytest.mark.parametrize(
    "command",
    [
        c.CloseDay(),
        c.ChangePlan(floor_plan()),
        c.IssueTicket((SUBSIDY,)),
        c.OpenWindow(RURAL),
        c.CallNext(ALL),
        c.StepAway(ALL, "x"),
    ],
)
def test_after_the_day_nothing_moves_any_more(command: c.Command) -> None:
    floor = Floor(opened=(ALL,))
    floor.issue(RESIDENCE)
    floor.do(c.CloseDay(), "close")
    assert floor.refused(command) == r.DayNotOpen()
    assert floor.do(c.CloseDay(), "close") == ()

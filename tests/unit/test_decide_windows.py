"""What clerks do at windows: staffing, calling, serving, setting aside, sending on."""

from datetime import timedelta

import pytest

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.model import TicketId, TicketState, WindowStatus
from controller.plan import ServiceCode, WindowId
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
    Floor,
    floor_plan,
    floor_with,
)

NOWHERE = WindowId("9")
AT_WINDOW = (
    c.OpenWindow,
    c.CloseWindow,
    c.ComeBack,
    c.CallNext,
    c.Recall,
    c.StartService,
    c.FinishService,
    c.PassTicket,
    c.HoldTicket,
    c.ResumeTicket,
    c.TransferTicket,
)


@pytest.mark.parametrize("kind", AT_WINDOW)
def test_a_window_is_one_of_the_plan(kind: type) -> None:
    assert Floor().refused(kind(NOWHERE)) == r.WindowUnknown(NOWHERE)


def test_a_window_opens_with_its_clerk_and_closes() -> None:
    floor = Floor()
    floor.do(c.OpenWindow(ALL, "clerk-7"))
    assert (floor.window().status, floor.window().clerk) == (WindowStatus.OPEN, "clerk-7")
    assert floor.window().idle_since == floor.at
    assert floor.refused(c.OpenWindow(ALL, "clerk-8")) == r.WindowNotClosed(ALL)
    floor.do(c.CloseWindow(ALL))
    assert (floor.window().status, floor.window().clerk, floor.window().idle_since) == (WindowStatus.CLOSED, None, None)
    assert floor.refused(c.CloseWindow(ALL)) == r.WindowNotOpen(ALL, WindowStatus.CLOSED)


def test_a_window_steps_away_with_a_notice_a_substitute_and_a_time() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    until = floor.at + timedelta(minutes=10)
    floor.do(c.StepAway(ALL, "开会", SOCIAL, until))
    window = floor.window()
    assert (window.status, window.notice, window.substitute, window.until) == (WindowStatus.AWAY, "开会", SOCIAL, until)
    assert (window.clerk, window.idle_since) == ("clerk-1", None)
    assert floor.refused(c.CallNext(ALL)) == r.WindowNotOpen(ALL, WindowStatus.AWAY)
    assert floor.refused(c.StepAway(ALL, "午休")) == r.WindowNotOpen(ALL, WindowStatus.AWAY)
    floor.do(c.ComeBack(ALL))
    window = floor.window()
    assert (window.status, window.notice, window.substitute, window.until) == (WindowStatus.OPEN, None, None, None)
    assert (window.clerk, window.idle_since) == ("clerk-1", floor.at)
    assert floor.refused(c.ComeBack(ALL)) == r.WindowNotAway(ALL)


@pytest.mark.parametrize("substitute", [NOWHERE, ALL, RURAL])
def test_a_substitute_is_another_open_window(substitute: WindowId) -> None:
    floor = Floor(opened=(ALL,))
    assert floor.refused(c.StepAway(ALL, "开会", substitute)) == r.SubstituteNotOpen(substitute)


def test_two_windows_do_not_stand_in_for_each_other() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    floor.do(c.StepAway(ALL, "开会", SOCIAL))
    assert floor.refused(c.StepAway(SOCIAL, "开会", ALL)) == r.SubstituteNotOpen(ALL)


@pytest.mark.parametrize("command", [c.CloseWindow(ALL), c.StepAway(ALL, "开会")])
def test_nobody_leaves_a_citizen_at_the_window(command: c.Command) -> None:
    for state in (TicketState.CALLED, TicketState.SERVING):
        floor, _ = floor_with(state)
        assert floor.refused(command) == r.WindowBusy(ALL, "A001")


def test_a_substitute_takes_over_the_services_of_who_is_away() -> None:
    floor = Floor(opened=(POLICE, RURAL))
    ticket = floor.issue(RESIDENCE)
    assert floor.call(RURAL) is None
    floor.do(c.StepAway(POLICE, "开会", RURAL))
    assert floor.call(RURAL) == ticket
    floor.do(c.FinishService(RURAL))
    floor.issue(RESIDENCE)
    floor.do(c.ComeBack(POLICE))
    assert floor.call(RURAL) is None


def test_next_calls_the_first_and_says_so_on_the_board() -> None:
    floor = Floor(opened=(ALL,))
    first, second = floor.issue(), floor.issue()
    (event,) = floor.do(c.CallNext(ALL))
    assert isinstance(event, e.TicketCalled)
    assert (event.ticket, event.window) == (first, ALL)
    window, ticket = floor.window(), floor.ticket(first)
    assert (window.ticket, window.stage, window.idle_since) == (first, TicketState.CALLED, None)
    assert (ticket.state, ticket.window, ticket.called_at) == (TicketState.CALLED, ALL, floor.at)
    (call,) = floor.day.calls
    assert (call.id, call.ticket, call.number, call.window, call.label) == (event.call, first, "A001", ALL, "1号窗口")
    assert (call.times, call.at, call.zone) == (1, floor.at, "main")
    assert floor.day.waiting == (second,)


def test_next_with_nobody_waiting_is_an_answer_not_a_refusal() -> None:
    floor = Floor(opened=(RURAL,))
    floor.issue(PENSION)
    before = floor.window(RURAL)
    assert floor.do(c.CallNext(RURAL), "k-1") == (e.NobodyWaiting(RURAL),)
    assert floor.window(RURAL) == before
    assert floor.do(c.CallNext(RURAL), "k-1") == ()


def test_next_finishes_the_service_under_way() -> None:
    floor = Floor(opened=(ALL,))
    first, second = floor.issue(), floor.issue()
    floor.serve()
    finished, called = floor.do(c.CallNext(ALL))
    assert isinstance(finished, e.ServiceFinished)
    assert isinstance(called, e.TicketCalled)
    assert (finished.ticket, called.ticket) == (first, second)
    assert floor.ticket(first).state is TicketState.FINISHED
    floor.do(c.StartService(ALL))
    finished, nobody = floor.do(c.CallNext(ALL))
    assert isinstance(finished, e.ServiceFinished)
    assert nobody == e.NobodyWaiting(ALL)
    assert (floor.window().ticket, floor.window().finished) == (None, second)


def test_next_does_not_lose_a_called_ticket_that_has_not_come() -> None:
    floor, _ = floor_with(TicketState.CALLED)
    floor.issue()
    assert floor.refused(c.CallNext(ALL)) == r.WindowBusy(ALL, "A001")


def test_a_closed_window_calls_nobody() -> None:
    floor = Floor()
    floor.issue()
    assert floor.refused(c.CallNext(ALL)) == r.WindowNotOpen(ALL, WindowStatus.CLOSED)


def test_call_ids_are_never_used_twice() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    for _ in range(4):
        floor.issue()
    for _ in range(2):
        floor.serve(ALL)
        floor.serve(SOCIAL)
    calls = [entry.event.call for entry in floor.events if isinstance(entry.event, e.TicketCalled)]
    assert len(set(calls)) == len(calls) == 4


def test_a_call_is_repeated_under_its_own_id_and_is_the_newest_again() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    first = floor.issue()
    floor.issue()
    floor.call(ALL)
    floor.call(SOCIAL)
    call = floor.window().call
    assert call is not None
    assert floor.do(c.Recall(ALL)) == (e.TicketRecalled(call.id, first, ALL, 2),)
    assert floor.do(c.Recall(ALL)) == (e.TicketRecalled(call.id, first, ALL, 3),)
    assert [(entry.number, entry.times) for entry in floor.day.calls] == [("A001", 3), ("A002", 1)]
    assert floor.window().call == floor.day.calls[0]


@pytest.mark.parametrize(
    "kind", [c.Recall, c.StartService, c.FinishService, c.PassTicket, c.HoldTicket, c.TransferTicket]
)
def test_there_must_be_a_ticket_at_the_window(kind: type) -> None:
    assert Floor(opened=(ALL,)).refused(kind(ALL)) == r.NoTicketAtWindow(ALL)


@pytest.mark.parametrize("command", [c.Recall(ALL), c.StartService(ALL), c.PassTicket(ALL)])
def test_what_is_for_a_called_ticket_is_refused_once_it_is_served(command: c.Command) -> None:
    floor, _ = floor_with(TicketState.SERVING)
    assert floor.refused(command) == r.TicketNotInState("A001", TicketState.SERVING)


def test_a_resumed_ticket_was_not_called_so_it_is_not_recalled() -> None:
    floor, _ = floor_with(TicketState.HELD)
    floor.do(c.ResumeTicket(ALL))
    assert floor.refused(c.Recall(ALL)) == r.TicketNotInState("A001", TicketState.SERVING)


def test_a_forgotten_start_is_made_up_for() -> None:
    floor, ticket = floor_with(TicketState.CALLED)
    started, finished = floor.do(c.FinishService(ALL))
    assert started == e.ServiceStarted(ticket, ALL)
    assert finished == e.ServiceFinished(ticket, ALL, floor.at + timedelta(seconds=180))
    floor, ticket = floor_with(TicketState.CALLED)
    assert floor.do(c.HoldTicket(ALL)) == (e.ServiceStarted(ticket, ALL), e.TicketHeld(ticket, ALL))


def test_a_passed_ticket_leaves_the_window_free() -> None:
    floor, ticket = floor_with(TicketState.NO_SHOW)
    assert (floor.window().ticket, floor.window().call, floor.window().idle_since) == (None, None, floor.at)
    assert floor.day.waiting == ()
    assert floor.ticket(ticket).ended_at is None


def test_a_held_ticket_goes_on_where_it_was_the_longest_held_first() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    first, second, third = floor.issue(), floor.issue(), floor.issue()
    for _ in range(2):
        floor.serve(ALL)
        floor.do(c.HoldTicket(ALL))
    floor.serve(SOCIAL)
    floor.do(c.HoldTicket(SOCIAL))
    assert floor.day.held == (first, second, third)
    assert floor.do(c.ResumeTicket(SOCIAL)) == (e.TicketResumed(third, SOCIAL),)
    assert floor.do(c.ResumeTicket(ALL)) == (e.TicketResumed(first, ALL),)
    assert (floor.window().ticket, floor.window().stage) == (first, TicketState.SERVING)
    assert floor.refused(c.ResumeTicket(ALL)) == r.WindowBusy(ALL, "A001")
    floor.do(c.FinishService(ALL))
    assert floor.do(c.ResumeTicket(ALL, second)) == (e.TicketResumed(second, ALL),)
    assert floor.day.held == ()


def test_another_window_goes_on_with_a_held_ticket_that_is_named() -> None:
    floor, ticket = floor_with(TicketState.HELD)
    assert floor.refused(c.ResumeTicket(SOCIAL)) == r.NoTicketAtWindow(SOCIAL)
    floor.do(c.ResumeTicket(SOCIAL, ticket))
    assert floor.ticket(ticket).window == SOCIAL
    assert floor.window(SOCIAL).ticket == ticket


def test_what_a_closed_window_held_goes_on_wherever_it_is_served() -> None:
    floor, ticket = floor_with(TicketState.HELD)
    floor.do(c.CloseWindow(ALL))
    assert floor.refused(c.ResumeTicket(RURAL)) == r.NoTicketAtWindow(RURAL)
    assert floor.do(c.ResumeTicket(SOCIAL)) == (e.TicketResumed(ticket, SOCIAL),)


def test_only_a_held_ticket_goes_on_and_only_at_an_open_window() -> None:
    floor = Floor(opened=(ALL,))
    ticket, nobody = floor.issue(), TicketId("nobody")
    assert floor.refused(c.ResumeTicket(ALL, nobody)) == r.TicketUnknown(nobody)
    assert floor.refused(c.ResumeTicket(ALL, ticket)) == r.TicketNotInState("A001", TicketState.WAITING)
    assert floor.refused(c.ResumeTicket(RURAL, ticket)) == r.WindowNotOpen(RURAL, WindowStatus.CLOSED)


def test_a_transfer_to_a_window_keeps_the_arrival_and_waits_for_that_window() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    moved, other = floor.issue(), floor.issue()
    arrived_at = floor.ticket(moved).arrived_at
    floor.serve(ALL)
    assert floor.do(c.TransferTicket(ALL, SOCIAL, note="带齐材料")) == (
        e.TicketTransferred(moved, ALL, SOCIAL, (PENSION,), "带齐材料"),
    )
    ticket = floor.ticket(moved)
    assert (ticket.state, ticket.window, ticket.arrived_at) == (TicketState.WAITING, SOCIAL, arrived_at)
    assert (ticket.called_at, ticket.started_at) == (None, None)
    assert floor.window(ALL).ticket is None
    assert floor.call(ALL) == other
    assert floor.call(SOCIAL) == moved


@pytest.mark.parametrize("gone", ["closed", "away"])
def test_a_transfer_falls_back_when_the_meant_window_has_closed(gone: str) -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    moved = floor.issue()
    floor.serve(ALL)
    floor.do(c.TransferTicket(ALL, SOCIAL))
    floor.do(c.CloseWindow(SOCIAL) if gone == "closed" else c.StepAway(SOCIAL, "开会"))
    assert floor.call(ALL) == (moved if gone == "closed" else None)


def test_a_transfer_to_other_services_is_counted_for_them() -> None:
    floor = Floor(opened=(ALL, SOCIAL, RURAL))
    moved = floor.issue(PENSION)
    first_arrived_at = floor.ticket(moved).arrived_at
    floor.serve(ALL)
    floor.issue(SUBSIDY)
    floor.do(c.TransferTicket(ALL, services=(SUBSIDY,)))
    assert dict(floor.day.waiting_by_service) == {SUBSIDY: 2}
    assert floor.ticket(moved).arrived_at == first_arrived_at
    assert floor.ticket(moved).number == "A001"
    assert floor.call(SOCIAL) is None
    assert floor.call(RURAL) == moved
    assert dict(floor.day.waiting_by_service) == {SUBSIDY: 1}


def test_a_transfer_may_name_both_a_window_and_services() -> None:
    floor, ticket = floor_with(TicketState.CALLED)
    floor.do(c.TransferTicket(ALL, POLICE, (GRIEVANCE,)))
    assert floor.call(ALL) is None
    assert floor.call(POLICE) == ticket


def test_a_transfer_goes_somewhere_else() -> None:
    floor = Floor(opened=(ALL,))
    floor.issue()
    floor.serve(ALL)
    assert floor.refused(c.TransferTicket(ALL)) == r.TransferNowhere()
    assert floor.refused(c.TransferTicket(ALL, services=(PENSION,))) == r.TransferNowhere()
    assert floor.refused(c.TransferTicket(ALL, ALL)) == r.TransferNowhere()
    assert floor.refused(c.TransferTicket(ALL, ALL, (INSURANCE,))) == r.TransferNowhere()
    assert floor.refused(c.TransferTicket(ALL, SOCIAL)) == r.TransferNowhere()
    assert floor.refused(c.TransferTicket(ALL, NOWHERE)) == r.WindowUnknown(NOWHERE)
    unheard = ServiceCode("unheard_of")
    assert floor.refused(c.TransferTicket(ALL, services=(unheard,))) == r.ServiceUnknown(unheard)


def test_a_ticket_that_came_back_and_was_called_is_deferred_no_more() -> None:
    floor = Floor(floor_plan(return_after=10), opened=(ALL,))
    late = floor.issue()
    floor.call()
    floor.do(c.PassTicket(ALL))
    floor.do(c.ReturnTicket(late))
    assert floor.call() == late
    floor.do(c.TransferTicket(ALL, services=(INSURANCE,)))
    floor.issue()
    assert floor.call() == late

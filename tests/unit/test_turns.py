"""The bound on overtaking, a clerk's own tickets, calls by the floor itself, and limits on calling and passing."""

from datetime import timedelta

import pytest

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.assignment import eligible, queue, windows_for
from controller.auto_call import with_calls
from controller.model import TicketId, TicketState
from controller.plan import Lane, Policies, WindowId
from controller.queues import overtaken
from tests.support.core_floor import (
    ALL,
    INSURANCE,
    PENSION,
    POLICE,
    RESIDENCE,
    RURAL,
    SOCIAL,
    SUBSIDY,
    Floor,
    floor_plan,
)


def flooded(floor: Floor, calls: int, window: WindowId = ALL) -> list[TicketId | None]:
    """Serve so many at a window, each time with somebody of the green lane just come."""
    served = []
    for _ in range(calls):
        floor.issue(lane=Lane.GREEN)
        floor.wait(60)
        served.append(floor.serve(window))
        floor.do(c.FinishService(window))
    return served


def called(floor: Floor, window: WindowId = ALL) -> TicketId | None:
    return floor.window(window).ticket


def test_nobody_is_overtaken_more_often_than_the_manager_allows() -> None:
    floor = Floor(floor_plan(green_rate=50.0, overtakes_max=2, excess_wait_s_max=None), opened=(ALL,))
    normal = floor.issue()
    assert flooded(floor, 4).index(normal) == 2
    assert floor.ticket(normal).overtaken == 2


def test_nobody_is_overtaken_for_longer_than_the_manager_allows() -> None:
    floor = Floor(floor_plan(green_rate=50.0, overtakes_max=None, excess_wait_s_max=150), opened=(ALL,))
    normal = floor.issue()
    assert flooded(floor, 5).index(normal) == 3


def test_with_nothing_allowed_it_is_first_come_first_served() -> None:
    floor = Floor(floor_plan(green_rate=50.0, overtakes_max=0), opened=(ALL,))
    tickets = [floor.issue(lane=lane) for lane in (Lane.NORMAL, Lane.GREEN, Lane.ASSISTED, Lane.GREEN)]
    floor.wait(600)
    assert [ticket.id for ticket in queue(floor.day, ALL, floor.at, 9)] == tickets


def test_a_call_at_a_window_that_could_not_have_called_them_overtakes_nobody() -> None:
    floor = Floor(floor_plan(overtakes_max=0), opened=(ALL, RURAL))
    waiting, later = floor.issue(PENSION), floor.issue(SUBSIDY)
    assert floor.call(RURAL) == later
    assert floor.last(e.TicketCalled).overtook == ()
    assert overtaken(floor.day, floor.ticket(waiting)) == (0, None)
    assert floor.call(ALL) == waiting


def test_a_call_names_the_first_of_each_queue_that_it_overtakes() -> None:
    floor = Floor(floor_plan(green_rate=50.0), opened=(ALL,))
    first, behind, other = floor.issue(PENSION), floor.issue(PENSION), floor.issue(SUBSIDY)
    green, latest = floor.issue(lane=Lane.GREEN), floor.issue(PENSION)
    floor.wait(60)
    assert floor.call() == green
    assert set(floor.last(e.TicketCalled).overtook) == {first, other}
    counts = [overtaken(floor.day, floor.ticket(ticket)) for ticket in (first, behind, other, latest)]
    assert counts == [(1, floor.at), (1, floor.at), (1, floor.at), (0, None)]


def test_who_joins_a_queue_later_was_not_overtaken_by_what_went_before() -> None:
    floor = Floor(floor_plan(green_rate=50.0), opened=(ALL, SOCIAL))
    moved = floor.issue(INSURANCE)
    floor.issue(PENSION)
    floor.serve(SOCIAL)
    green = floor.issue(PENSION, lane=Lane.GREEN)
    floor.wait(60)
    assert floor.serve(ALL) == green
    floor.do(c.TransferTicket(SOCIAL, services=(PENSION,)))
    assert overtaken(floor.day, floor.ticket(moved)) == (0, None)
    assert floor.ticket(moved).state is TicketState.WAITING


def test_who_comes_late_for_a_booked_time_was_not_overtaken_before() -> None:
    floor = Floor(floor_plan(green_rate=50.0), opened=(ALL,), step_s=0)
    floor.do(c.IssueTicket((PENSION,), Lane.APPOINTMENT, booked_at=floor.at))
    floor.wait(600)
    green = floor.issue(lane=Lane.GREEN)
    floor.wait(300)
    assert floor.serve() == green
    booked_at = floor.at - timedelta(seconds=600)
    (event, *_) = floor.do(c.IssueTicket((PENSION,), Lane.APPOINTMENT, booked_at=booked_at))
    assert isinstance(event, e.TicketIssued)
    late = floor.ticket(event.ticket)
    assert late.arrived_at == booked_at
    assert overtaken(floor.day, late) == (0, None)


def test_who_lets_others_go_first_is_not_overtaken_by_them() -> None:
    floor = Floor(floor_plan(overtakes_max=1, return_after=2), opened=(ALL,))
    passed = floor.issue()
    floor.call()
    floor.do(c.PassTicket(ALL))
    others = [floor.issue() for _ in range(4)]
    floor.do(c.ReturnTicket(passed))
    served = []
    for _ in range(4):
        served.append(floor.serve())
        floor.do(c.FinishService(ALL))
    assert served == [*others[:2], passed, others[2]]
    assert floor.ticket(passed).overtaken == 0


def test_a_bound_that_is_lowered_holds_from_then_on() -> None:
    floor = Floor(floor_plan(green_rate=50.0, overtakes_max=5), opened=(ALL,))
    normal = floor.issue()
    assert normal not in flooded(floor, 3)
    floor.do(c.ChangePlan(floor_plan(green_rate=50.0, overtakes_max=1)))
    assert flooded(floor, 1) == [normal]


def test_a_clerks_own_ticket_is_called_where_the_clerk_is() -> None:
    floor = Floor()
    floor.do(c.OpenWindow(ALL, "李"))
    floor.do(c.OpenWindow(SOCIAL, "王"))
    (event, *_) = floor.do(c.IssueTicket((PENSION,), clerk="王"))
    assert isinstance(event, e.TicketIssued)
    other = floor.issue()
    assert windows_for(floor.day, floor.ticket(event.ticket)) == {SOCIAL}
    assert floor.call(ALL) == other
    assert floor.call(SOCIAL) == event.ticket


def test_where_the_clerk_is_not_any_window_may_call_unless_the_plan_says_wait() -> None:
    for waits, windows in ((False, {ALL, SOCIAL}), (True, {SOCIAL})):
        floor = Floor(floor_plan(first_asked_waits=waits))
        floor.do(c.OpenWindow(ALL, "李"))
        floor.do(c.OpenWindow(SOCIAL, "王"))
        ticket = floor.issue()
        floor.do(c.AssignClerk(ticket, "王"))
        assert windows_for(floor.day, floor.ticket(ticket)) == {SOCIAL}
        floor.do(c.StepAway(SOCIAL, "开会"))
        assert windows_for(floor.day, floor.ticket(ticket)) == windows
        floor.do(c.CloseWindow(SOCIAL))
        assert windows_for(floor.day, floor.ticket(ticket)) == {ALL, SOCIAL}


def test_a_clerk_at_a_window_that_does_not_serve_the_matter_holds_nobody_up() -> None:
    floor = Floor()
    floor.do(c.OpenWindow(RURAL, "王"))
    ticket = floor.issue()
    floor.do(c.AssignClerk(ticket, "王"))
    assert windows_for(floor.day, floor.ticket(ticket)) == {ALL, SOCIAL}


def test_transfer_and_return_keep_the_clerk_until_somebody_else_answers() -> None:
    floor = Floor()
    floor.do(c.OpenWindow(ALL, "李"))
    floor.do(c.OpenWindow(SOCIAL, "王"))
    ticket = floor.issue()
    floor.serve()
    floor.do(c.TransferTicket(ALL, clerk="王"))
    assert floor.ticket(ticket).clerk == "王"
    assert windows_for(floor.day, floor.ticket(ticket)) == {SOCIAL}
    floor.call(SOCIAL)
    floor.do(c.PassTicket(SOCIAL))
    floor.do(c.ReturnTicket(ticket))
    assert (floor.ticket(ticket).clerk, floor.call(SOCIAL)) == ("王", ticket)
    floor.do(c.TransferTicket(SOCIAL, services=(INSURANCE,)))
    assert floor.ticket(ticket).clerk == "王"
    floor.do(c.AssignClerk(ticket, None))
    assert windows_for(floor.day, floor.ticket(ticket)) == {ALL, SOCIAL}
    floor.call(ALL)
    assert floor.refused(c.TransferTicket(ALL, clerk="李")) == r.TransferNowhere()


def auto_floor(*opened: WindowId, **policies: int) -> Floor:
    return Floor(floor_plan(auto_call=True, **policies), opened=opened)


def test_who_arrives_is_called_by_the_window_idle_longest_of_the_capable() -> None:
    floor = auto_floor(POLICE, SOCIAL, ALL)
    ticket = floor.issue(PENSION)
    assert (called(floor, SOCIAL), called(floor, ALL)) == (ticket, None)
    assert floor.last(e.TicketCalled).auto
    second, third = floor.issue(RESIDENCE), floor.issue(RESIDENCE)
    assert (called(floor, POLICE), called(floor, ALL)) == (second, third)
    assert floor.day.answers[floor.events[-1].command].event == "TicketIssued"


def test_a_ticket_called_at_once_is_the_answer_to_its_own_command() -> None:
    floor = auto_floor(ALL)
    command = c.IssueTicket((PENSION,))
    floor.do(command, "k-1")
    assert floor.do(command, "k-1") == ()
    answer = floor.day.answers[floor.events[-1].command]
    assert answer.subject == floor.ticket(floor.last(e.TicketCalled).ticket)
    assert floor.refused(c.CallNext(ALL), "k-1") == r.CommandIdReused("k-1")


@pytest.mark.parametrize("freeing", [c.FinishService, c.PassTicket, c.HoldTicket])
def test_a_window_that_becomes_free_calls_by_itself(freeing: type[c.FinishService]) -> None:
    floor = auto_floor(ALL, press_guard_s=0)
    floor.issue()
    second = floor.issue()
    floor.do(freeing(ALL))
    assert called(floor) == second


def test_opening_coming_back_cancelling_and_a_new_plan_call_too() -> None:
    floor = auto_floor()
    first, second, third, fourth = (floor.issue() for _ in range(4))
    floor.do(c.OpenWindow(ALL))
    assert called(floor) == first
    floor.do(c.CancelTicket(first))
    assert called(floor) == second
    floor.do(c.OpenWindow(SOCIAL))
    assert called(floor, SOCIAL) == third
    floor.wait(10)
    floor.do(c.CancelTicket(fourth))
    floor.do(c.FinishService(SOCIAL))
    floor.do(c.StepAway(SOCIAL, "开会"))
    fifth = floor.issue()
    floor.do(c.ComeBack(SOCIAL))
    assert called(floor, SOCIAL) == fifth
    by_hand = Floor(opened=(ALL,))
    waiting = by_hand.issue()
    assert called(by_hand) is None
    by_hand.do(c.ChangePlan(floor_plan(auto_call=True)))
    assert called(by_hand) == waiting


def test_a_closed_day_calls_nobody_and_neither_does_a_floor_that_is_asked_to() -> None:
    floor = auto_floor()
    floor.issue()
    assert len(floor.do(c.CloseDay())) == 1
    by_hand = Floor(opened=(ALL,))
    request = by_hand.request(c.IssueTicket((PENSION,)))
    event = e.NobodyWaiting(ALL)
    assert with_calls(by_hand.day, request, (event,)) == (event,)


def test_the_second_press_of_a_key_does_not_lose_who_was_just_called() -> None:
    floor = auto_floor(ALL)
    floor.issue()
    second = floor.issue()
    floor.wait(10)
    floor.do(c.FinishService(ALL))
    assert called(floor) == second
    for command in (c.FinishService(ALL), c.PassTicket(ALL), c.HoldTicket(ALL), c.TransferTicket(ALL, SOCIAL)):
        refusal = floor.refused(command)
        assert isinstance(refusal, r.PressedTwice)
    assert floor.refused(c.CallNext(ALL)) == r.WindowBusy(ALL, floor.ticket(second).number)
    floor.do(c.StartService(ALL))
    floor.do(c.FinishService(ALL))
    assert floor.ticket(second).state is TicketState.FINISHED


def test_the_guard_ends_and_never_holds_up_what_a_clerk_called() -> None:
    floor = auto_floor(ALL)
    floor.issue()
    floor.wait(Policies().press_guard_s)
    floor.do(c.PassTicket(ALL))
    by_hand = Floor(opened=(ALL,), step_s=0)
    by_hand.issue()
    by_hand.call()
    by_hand.do(c.FinishService(ALL))


def test_a_number_is_called_three_times_with_time_to_come_in_between() -> None:
    floor = Floor(floor_plan(recall_gap_s=20), opened=(ALL,), step_s=0)
    ticket = floor.issue()
    floor.call()
    floor.wait(4.5)
    assert floor.refused(c.Recall(ALL)) == r.RecallTooSoon("A001", 16)
    for times in (2, 3):
        floor.wait(20)
        floor.do(c.Recall(ALL))
        assert floor.last(e.TicketRecalled).times == times
        assert floor.refused(c.Recall(ALL)) == (
            r.RecallTooSoon("A001", 20) if times < 3 else r.CalledOftenEnough("A001", 3)
        )
    floor.do(c.PassTicket(ALL))
    assert floor.ticket(ticket).state is TicketState.NO_SHOW


def test_a_plan_may_ask_for_so_many_calls_before_a_number_is_passed() -> None:
    floor = Floor(floor_plan(pass_after_calls=2), opened=(ALL,))
    floor.issue()
    floor.call()
    assert floor.refused(c.PassTicket(ALL)) == r.PassTooSoon("A001", 2, 1)
    floor.do(c.Recall(ALL))
    floor.do(c.PassTicket(ALL))


def test_a_recall_does_not_restart_anybodys_wait() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    first, second = floor.issue(), floor.issue()
    floor.call()
    arrived, called_at = floor.ticket(first).arrived_at, floor.ticket(first).called_at
    place = [ticket.id for ticket in eligible(floor.day, SOCIAL)]
    floor.wait(30)
    floor.do(c.Recall(ALL))
    assert (floor.ticket(first).arrived_at, floor.ticket(first).called_at) == (arrived, called_at)
    assert [ticket.id for ticket in eligible(floor.day, SOCIAL)] == place == [second]


def test_a_green_number_may_come_back_as_often_as_it_is_passed() -> None:
    floor = Floor(opened=(ALL,))
    green = floor.issue(lane=Lane.GREEN)
    for _ in range(4):
        floor.call()
        floor.do(c.PassTicket(ALL))
        floor.do(c.ReturnTicket(green))
    normal = floor.issue()
    floor.do(c.CancelTicket(green))
    for _ in range(2):
        floor.call()
        floor.do(c.PassTicket(ALL))
        last = floor.ask(c.ReturnTicket(normal))
    assert last == r.TicketReturnedTooOften(floor.ticket(normal).number, 1)

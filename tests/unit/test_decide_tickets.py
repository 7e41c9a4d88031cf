"""Tickets are issued, given back, and come back after their number was passed."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.decide import decide
from controller.model import HallDay, ReceiptState, TicketId, TicketState
from controller.opening import ExceptionalDay, Opening
from controller.plan import DeviceId, HallId, Hours, Lane, ServiceCode
from tests.support.core_floor import (
    ALL,
    INSURANCE,
    LICENCE,
    MACHINE,
    MORNING,
    PENSION,
    RELIEF,
    RESIDENCE,
    RURAL,
    SOCIAL,
    SUBSIDY,
    Floor,
    floor_plan,
)


def counted(floor: Floor, prefix: str, count: int) -> None:
    """Let a series of numbers stand where it would after ``count`` tickets."""
    floor._day = floor.day.changed(numbers={**floor.day.numbers, prefix: count})


def test_a_ticket_carries_what_was_asked_and_told() -> None:
    floor = Floor()
    ticket = floor.ticket(floor.issue(INSURANCE, RESIDENCE, lane=Lane.GREEN))
    assert ticket.services == (INSURANCE, RESIDENCE)
    assert ticket.lane is Lane.GREEN
    assert ticket.channel == "kiosk"
    assert ticket.state is TicketState.WAITING
    assert ticket.arrived_at == floor.at
    assert ticket.receipt is ReceiptState.NONE
    assert (ticket.window, ticket.called_at, ticket.started_at, ticket.ended_at) == (None, None, None, None)


def test_numbers_go_by_the_letter_of_the_field_or_of_the_service() -> None:
    floor = Floor()
    wanted = {PENSION: "A001", INSURANCE: "A002", RESIDENCE: "B001", LICENCE: "S001", SUBSIDY: "C001", RELIEF: "B002"}
    assert {service: floor.ticket(floor.issue(service)).number for service in wanted} == wanted


def test_after_999_a_number_grows_a_fourth_digit() -> None:
    floor = Floor()
    counted(floor, "A", 998)
    assert [floor.ticket(floor.issue()).number for _ in range(3)] == ["A999", "A1000", "A1001"]
    assert floor.ticket(floor.issue(RESIDENCE)).number == "B001"


def test_a_number_that_was_given_back_is_not_given_again() -> None:
    floor = Floor()
    floor.do(c.CancelTicket(floor.issue()))
    assert floor.ticket(floor.issue()).number == "A002"


def test_services_of_one_letter_share_one_series() -> None:
    plan = floor_plan()
    services = tuple(replace(entry, prefix="A") if entry.code == SUBSIDY else entry for entry in plan.services)
    floor = Floor(replace(plan, services=services))
    assert [floor.ticket(floor.issue(code)).number for code in (PENSION, SUBSIDY, PENSION)] == ["A001", "A002", "A003"]


def test_ids_and_tokens_come_from_the_random_digits() -> None:
    floor = Floor()
    nonce = "0123456789abcdef" + "f" * 16 + "0" * 16
    decision = decide(floor.day, replace(floor.request(c.IssueTicket((PENSION,))), nonce=nonce))
    assert isinstance(decision, tuple)
    (issued,) = decision
    assert isinstance(issued, e.TicketIssued)
    assert issued.ticket == "0123456789abcdef"
    assert issued.token == "demo." + "f" * 16 + "0" * 16


@pytest.mark.parametrize(
    ("services", "named"),
    [((), ""), ((ServiceCode("unheard_of"),), "unheard_of"), ((PENSION, ServiceCode("other")), "other")],
)
def test_a_ticket_is_for_services_of_the_plan(services: tuple[ServiceCode, ...], named: str) -> None:
    assert Floor().refused(c.IssueTicket(services)) == r.ServiceUnknown(named)


def test_a_service_that_no_window_offers_has_no_tickets() -> None:
    plan = floor_plan()
    floor = Floor(replace(plan, windows=tuple(w for w in plan.windows if w.id == SOCIAL)))
    assert floor.refused(c.IssueTicket((SUBSIDY,))) == r.ServiceUnknown(SUBSIDY)
    floor.issue(PENSION)


def test_tickets_are_issued_in_opening_hours() -> None:
    plan = floor_plan()
    floor = Floor(replace(plan, hall=replace(plan.hall, hours=Hours(time(9, 30), time(17, 0)))), step_s=0)
    assert floor.refused(c.IssueTicket((PENSION,))) == r.HallNotOpen("09:30", "17:00", "2026-03-02")
    floor.at = MORNING.replace(hour=9, minute=30)
    floor.issue()
    floor.at = MORNING.replace(hour=16, minute=59, second=59)
    floor.issue()
    floor.at = MORNING.replace(hour=17)
    assert floor.refused(c.IssueTicket((PENSION,))) == r.HallNotOpen("09:30", "17:00", "2026-03-03")


def test_a_hall_that_is_closed_for_long_says_so() -> None:
    months = tuple(ExceptionalDay(MORNING.date() + timedelta(days=offset)) for offset in range(40))
    floor = Floor(floor_plan(opening=Opening(days=months)))
    assert floor.refused(c.IssueTicket((PENSION,))) == r.HallShut()


def test_a_hall_without_hours_never_closes() -> None:
    floor = Floor(step_s=0)
    floor.at = MORNING.replace(hour=23, minute=59)
    floor.issue()


@pytest.mark.parametrize("reason", ["citizen", "clerk"])
def test_a_ticket_is_given_back(reason: str) -> None:
    floor = Floor()
    ticket = floor.issue()
    assert floor.do(c.CancelTicket(ticket, reason)) == (e.TicketCancelled(ticket, reason),)
    assert floor.ticket(ticket).ended_at == floor.at
    assert floor.day.waiting == ()


def test_a_called_ticket_that_is_given_back_leaves_its_window_free() -> None:
    floor = Floor(opened=(ALL,))
    ticket = floor.issue()
    floor.call()
    floor.do(c.CancelTicket(ticket))
    assert (floor.window().ticket, floor.window().stage, floor.window().call) == (None, None, None)
    assert floor.window().idle_since == floor.at


def test_a_service_under_way_is_not_given_back() -> None:
    floor = Floor(opened=(ALL,))
    ticket = floor.issue()
    floor.serve()
    assert floor.refused(c.CancelTicket(ticket)) == r.TicketNotInState("A001", TicketState.SERVING)


def test_nobody_gives_back_or_returns_a_ticket_that_is_not_there() -> None:
    floor = Floor()
    nobody = TicketId("nobody")
    assert floor.refused(c.CancelTicket(nobody)) == r.TicketUnknown(nobody)
    assert floor.refused(c.ReturnTicket(nobody)) == r.TicketUnknown(nobody)


def passed(floor: Floor, ticket: TicketId) -> None:
    assert floor.call() == ticket
    floor.do(c.PassTicket(ALL))


def test_a_passed_number_comes_back_behind_some_calls_with_its_arrival_kept() -> None:
    floor = Floor(opened=(ALL,))
    late, *others = [floor.issue() for _ in range(6)]
    arrived_at = floor.ticket(late).arrived_at
    passed(floor, late)
    assert floor.do(c.ReturnTicket(late)) == (e.TicketReturned(late, 1 + 3),)
    ticket = floor.ticket(late)
    assert (ticket.state, ticket.arrived_at, ticket.returns) == (TicketState.WAITING, arrived_at, 1)
    assert (ticket.window, ticket.called_at) == (None, None)
    order = []
    for _ in range(6):
        order.append(floor.serve())
        floor.do(c.FinishService(ALL))
    assert order == [*others[:3], late, *others[3:]]


def test_a_passed_number_does_not_wait_for_calls_that_nobody_is_there_for() -> None:
    floor = Floor(opened=(ALL,))
    late = floor.issue()
    passed(floor, late)
    floor.do(c.ReturnTicket(late))
    assert floor.call() == late


def test_a_number_comes_back_only_so_often() -> None:
    floor = Floor(floor_plan(returns_max=2), opened=(ALL,))
    late = floor.issue()
    for _ in range(2):
        passed(floor, late)
        floor.do(c.ReturnTicket(late))
    passed(floor, late)
    assert floor.refused(c.ReturnTicket(late)) == r.TicketReturnedTooOften("A001", 2)
    assert floor.ticket(late).state is TicketState.NO_SHOW


def test_the_green_lane_has_a_bound_of_its_own() -> None:
    floor = Floor(floor_plan(returns_max=0), opened=(ALL,))
    green = floor.issue(lane=Lane.GREEN)
    for _ in range(5):
        passed(floor, green)
        floor.do(c.ReturnTicket(green))
    floor = Floor(floor_plan(green_returns_max=0), opened=(ALL,))
    green = floor.issue(lane=Lane.GREEN)
    passed(floor, green)
    assert floor.refused(c.ReturnTicket(green)) == r.TicketReturnedTooOften("A001", 0)


def test_only_a_passed_number_comes_back() -> None:
    floor = Floor()
    assert floor.refused(c.ReturnTicket(floor.issue())) == r.TicketNotInState("A001", TicketState.WAITING)


def test_a_duplicate_comes_to_nothing_and_its_first_answer_stands() -> None:
    floor = Floor()
    command = c.IssueTicket((PENSION,), device=MACHINE)
    assert len(floor.do(command, "k-1")) == 2
    before = floor.day
    answer = before.answers[floor.events[-1].command]
    assert answer.event == "TicketIssued"
    assert answer.subject == floor.ticket(floor.last(e.TicketIssued).ticket)
    floor.issue()
    assert floor.do(command, "k-1") == ()
    assert floor.do(c.IssueTicket((INSURANCE,), device=DeviceId("other")), "k-1") == ()
    assert floor.day.answers[floor.events[1].command] is answer
    assert len(floor.day.tickets) == 2


SITUATIONS: tuple[tuple[c.Command, ...], ...] = (
    (c.OpenWindow(SOCIAL),),
    (c.IssueTicket((PENSION,)),),
    (c.IssueTicket((PENSION,), device=MACHINE),),
    (c.CallNext(ALL),),
    (c.CallNext(ALL), c.StartService(ALL)),
    (c.CallNext(ALL), c.Recall(ALL)),
    (c.CallNext(ALL), c.FinishService(ALL)),
    (c.CallNext(ALL), c.HoldTicket(ALL)),
    (c.CallNext(ALL), c.PassTicket(ALL)),
    (c.CallNext(ALL), c.TransferTicket(ALL, services=(INSURANCE,))),
    (c.CallNext(ALL), c.StartService(ALL), c.FinishService(ALL)),
    (c.CallNext(ALL), c.StartService(ALL), c.HoldTicket(ALL)),
    (c.CallNext(ALL), c.StartService(ALL), c.CallNext(ALL)),
    (c.CallNext(RURAL),),
    (c.StepAway(ALL, "meeting"),),
    (c.CloseWindow(ALL),),
    (c.CloseDay(),),
)
OTHERS: tuple[c.Command, ...] = (
    c.OpenDay(HallId("demo"), date(2026, 3, 2), floor_plan()),
    c.CloseDay(),
    c.ChangePlan(floor_plan()),
    c.IssueTicket((PENSION,)),
    c.CancelTicket(TicketId("x")),
    c.ReturnTicket(TicketId("x")),
    c.OpenWindow(ALL),
    c.CloseWindow(ALL),
    c.StepAway(ALL, "x"),
    c.ComeBack(ALL),
    c.CallNext(ALL),
    c.Recall(ALL),
    c.StartService(ALL),
    c.FinishService(ALL),
    c.PassTicket(ALL),
    c.HoldTicket(ALL),
    c.ResumeTicket(ALL),
    c.TransferTicket(ALL),
    c.SubmitReview(5),
    c.ReprintReceipt(TicketId("x"), MACHINE),
    c.ConfirmReceipt(e.JobId("x")),
    c.FailReceipt(e.JobId("x"), "x"),
)


@pytest.mark.parametrize("commands", SITUATIONS, ids=lambda commands: "-".join(type(c).__name__ for c in commands))
def test_an_id_is_for_one_kind_of_command(commands: tuple[c.Command, ...]) -> None:
    floor = Floor(opened=(ALL, RURAL))
    for _ in range(3):
        floor.issue()
    for command in commands[:-1]:
        floor.do(command)
    assert floor.do(commands[-1], "k-1")
    before: HallDay = floor.day
    for other in OTHERS:
        if type(other) is type(commands[-1]):
            assert floor.do(other, "k-1") == ()
            assert floor.day is before
        else:
            assert floor.refused(other, "k-1") == r.CommandIdReused("k-1")

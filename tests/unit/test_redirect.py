"""A ticket that waits is sent elsewhere: its service was withdrawn, or its holder wants another thing."""

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.assignment import windows_for
from controller.model import TicketState
from controller.plan import ServiceCode, WindowId
from tests.support.core_floor import (
    ALL,
    INSURANCE,
    PENSION,
    RESIDENCE,
    RURAL,
    SOCIAL,
    SUBSIDY,
    Floor,
    floor_plan,
    floor_with,
    without_windows,
)


def test_a_stranded_ticket_is_moved_to_another_service_and_keeps_its_place() -> None:
    floor = Floor(without_windows(floor_plan(), ALL), opened=(SOCIAL,))
    ticket = floor.issue(SUBSIDY)
    later = floor.issue(INSURANCE)
    (changed,) = floor.do(c.ChangePlan(without_windows(floor_plan(), ALL, RURAL)))
    assert isinstance(changed, e.PlanChanged)
    assert changed.stranded == (ticket,)
    floor.do(c.RedirectTicket(ticket, services=(PENSION,), note="停办"))
    assert floor.ticket(ticket).services == (PENSION,)
    assert dict(floor.day.waiting_by_service) == {PENSION: 1, INSURANCE: 1}
    assert floor.call(SOCIAL) == ticket
    floor.do(c.FinishService(SOCIAL))
    assert floor.call(SOCIAL) == later


def test_a_ticket_is_sent_to_a_window_and_back_to_all() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    ticket = floor.issue()
    floor.do(c.RedirectTicket(ticket, to_window=SOCIAL))
    assert windows_for(floor.day, floor.ticket(ticket)) == {SOCIAL}
    floor.do(c.RedirectTicket(ticket))
    assert windows_for(floor.day, floor.ticket(ticket)) == {ALL, SOCIAL}
    assert floor.refused(c.RedirectTicket(ticket)) == r.TransferNowhere()


def test_what_cannot_be_is_refused() -> None:
    floor = Floor(opened=(ALL,))
    ticket = floor.issue()
    assert floor.refused(c.RedirectTicket(ticket, to_window=WindowId("9"))) == r.WindowUnknown("9")
    assert floor.refused(c.RedirectTicket(ticket, to_window=SOCIAL)) == r.TransferNowhere()
    unheard = ServiceCode("unheard_of")
    assert floor.refused(c.RedirectTicket(ticket, services=(unheard,))) == r.ServiceUnknown(unheard)
    assert floor.refused(c.RedirectTicket(ticket, ALL, (unheard,))) == r.ServiceUnknown(unheard)
    called, at_window = floor_with(TicketState.CALLED)
    assert isinstance(called.refused(c.RedirectTicket(at_window, services=(RESIDENCE,))), r.TicketNotInState)

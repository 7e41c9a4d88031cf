"""Every pair of a state and an event: what the table allows happens, what it doesn't is refused or concerns others."""

from itertools import product
from pathlib import Path

import pytest

from controller import commands as c
from controller import events as e
from controller.evolve import evolve
from controller.model import CallId, CommandId, TicketId, TicketState, WindowStatus
from controller.plan import Lane, WindowId
from controller.refusals import Refusal
from controller.transitions import AT_WINDOW, TICKET, UNFINISHED, WINDOW, legal
from tests.support.core_floor import ALL, INSURANCE, SOCIAL, Floor, floor_with
from tests.support.state_diagram import diagrams

TICKET_EVENTS: dict[type, c.Command] = {
    e.TicketCalled: c.CallNext(SOCIAL),
    e.TicketRecalled: c.Recall(ALL),
    e.ServiceStarted: c.StartService(ALL),
    e.ServiceFinished: c.FinishService(ALL),
    e.TicketPassed: c.PassTicket(ALL),
    e.TicketReturned: c.ReturnTicket(TicketId("?")),
    e.TicketHeld: c.HoldTicket(ALL),
    e.TicketResumed: c.ResumeTicket(SOCIAL, TicketId("?")),
    e.TicketTransferred: c.TransferTicket(ALL, services=(INSURANCE,)),
    e.TicketRedirected: c.RedirectTicket(TicketId("?"), services=(INSURANCE,)),
    e.TicketCancelled: c.CancelTicket(TicketId("?")),
    e.ClerkAssigned: c.AssignClerk(TicketId("?"), "clerk-2"),
}
"""By event, the command that asks for it; the ticket is filled in."""

FIRST_STARTED = {(TicketState.CALLED, e.ServiceFinished), (TicketState.CALLED, e.TicketHeld)}
"""What a clerk may do without having pressed start: the core starts the service first."""

# ``StepFinished`` is what a finish comes to for a ticket that wants more (``test_steps.py``), ``WindowCovered`` what
# comes of a colleague's coming or going (``test_cover.py``).

WINDOW_COMMANDS: dict[type, c.Command] = {
    e.WindowOpened: c.OpenWindow(ALL, "clerk-1"),
    e.WindowSteppedAway: c.StepAway(ALL, "meeting"),
    e.WindowReturned: c.ComeBack(ALL),
    e.WindowClosed: c.CloseWindow(ALL),
}


def about(command: c.Command, ticket: TicketId) -> c.Command:
    match command:
        case c.ReturnTicket():
            return c.ReturnTicket(ticket)
        case c.CancelTicket():
            return c.CancelTicket(ticket)
        case c.RedirectTicket(services=services):
            return c.RedirectTicket(ticket, services=services)
        case c.AssignClerk(clerk=clerk):
            return c.AssignClerk(ticket, clerk)
        case c.ResumeTicket(window=window):
            return c.ResumeTicket(window, ticket)
    return command


def test_the_tables_speak_of_every_event_of_a_ticket_and_of_a_window() -> None:
    assert {event for _, event in TICKET} == TICKET_EVENTS.keys() | {e.StepFinished}
    assert {event for _, event in WINDOW} == WINDOW_COMMANDS.keys() | {e.WindowCovered}
    assert {state for pair, state in TICKET.items()} | {TicketState.WAITING} == set(TicketState)
    assert {state for pair, state in WINDOW.items()} == set(WindowStatus)


def test_a_ticket_ends_finished_or_cancelled_and_a_passed_one_hopes_for_nothing() -> None:
    ends = set(TicketState) - {state for state, _ in TICKET}
    assert ends == {TicketState.FINISHED, TicketState.CANCELLED}
    assert set(TicketState) - ends - UNFINISHED == {TicketState.NO_SHOW}
    assert {TicketState.CALLED, TicketState.SERVING} == AT_WINDOW


@pytest.mark.parametrize(("state", "event"), list(product(TicketState, TICKET_EVENTS)))
def test_a_ticket_moves_by_the_table_alone(state: TicketState, event: type) -> None:
    floor, ticket = floor_with(state)
    before = floor.ticket(ticket)
    command = TICKET_EVENTS[event]
    wanted = (state, event) in TICKET or (state, event) in FIRST_STARTED
    decision = floor.ask(about(command, ticket))
    if isinstance(decision, Refusal):
        assert not wanted
        assert floor.ticket(ticket) is before
        return
    moved = [made for made in decision if getattr(made, "ticket", None) == ticket]
    assert wanted == bool(moved)
    if not wanted:
        assert floor.ticket(ticket) is before
        return
    assert type(moved[-1]) is event
    now = state
    for made in moved:
        assert legal(now, type(made))
        now = TICKET[now, type(made)]
    assert floor.ticket(ticket).state is now


def window_in(status: WindowStatus) -> Floor:
    floor = Floor(opened=() if status is WindowStatus.CLOSED else (ALL,))
    if status is WindowStatus.AWAY:
        floor.do(c.StepAway(ALL, "meeting"))
    assert floor.window().status is status
    return floor


@pytest.mark.parametrize(("status", "event"), list(product(WindowStatus, WINDOW_COMMANDS)))
def test_a_window_moves_by_the_table_alone(status: WindowStatus, event: type) -> None:
    floor = window_in(status)
    if legal(status, event):
        assert [type(made) for made in floor.do(WINDOW_COMMANDS[event])] == [event]
        assert floor.window().status is WINDOW[status, event]
    else:
        floor.refused(WINDOW_COMMANDS[event])
        assert floor.window().status is status


def event_of(kind: type, ticket: TicketId) -> e.Event:
    made: dict[type, e.Event] = {
        e.TicketCalled: e.TicketCalled(CallId("c0302-1"), ticket, ALL),
        e.ServiceFinished: e.ServiceFinished(ticket, ALL, Floor().at),
        e.TicketReturned: e.TicketReturned(ticket, 3),
    }
    return made[kind]


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (TicketState.SERVING, e.TicketCalled),
        (TicketState.WAITING, e.ServiceFinished),
        (TicketState.CANCELLED, e.TicketReturned),
    ],
)
def test_a_stream_that_breaks_the_table_is_not_read(state: TicketState, event: type) -> None:
    floor, ticket = floor_with(state)
    recorded = e.Recorded(floor.day.seq + 1, floor.at, "test", CommandId("x"), event_of(event, ticket))
    with pytest.raises(ValueError, match=event.__name__):
        evolve(floor.day, recorded)


def test_no_word_means_a_ticket_and_a_window() -> None:
    """``legal`` looks into both tables, and members with one value would be taken for each other."""
    assert not {str(state) for state in TicketState} & {str(status) for status in WindowStatus}
    assert not legal(Lane.NORMAL, e.TicketCalled)
    assert not legal(WindowId("open"), e.TicketCalled)


def test_the_documented_diagrams_are_the_tables() -> None:
    """After a change: ``python -m tests.support.state_diagram`` writes the document anew."""
    document = Path(__file__).parents[2] / "docs" / "ticket-states.md"
    assert document.read_text("utf-8") == diagrams()

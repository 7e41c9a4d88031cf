"""What a clerk's command at a window comes to. Called by :func:`controller.decide.decide`."""

from datetime import timedelta
from typing import TypeAlias

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.assignment import held_for, next_ticket
from controller.model import CallId, HallDay, Ticket, TicketState, WindowState, WindowStatus
from controller.transitions import legal

WindowCommand: TypeAlias = (
    c.OpenWindow
    | c.CloseWindow
    | c.StepAway
    | c.ComeBack
    | c.CallNext
    | c.Recall
    | c.StartService
    | c.FinishService
    | c.PassTicket
    | c.HoldTicket
    | c.ResumeTicket
    | c.TransferTicket
)

Decision: TypeAlias = tuple[e.Event, ...] | r.Refusal


def decide_at_window(day: HallDay, request: c.Request, command: WindowCommand) -> Decision:
    """Decide a command that is given at a window."""
    window = day.windows.get(command.window)
    if window is None:
        return r.WindowUnknown(command.window)
    match command:
        case c.OpenWindow() | c.CloseWindow() | c.StepAway() | c.ComeBack():
            return _staffing(day, window, command)
        case c.CallNext():
            return _call_next(day, window, request)
        case c.ResumeTicket():
            return _resume(day, window, command)
        case _:
            return _at_ticket(day, window, request, command)


def _staffing(
    day: HallDay, window: WindowState, command: c.OpenWindow | c.CloseWindow | c.StepAway | c.ComeBack
) -> Decision:
    if isinstance(command, c.OpenWindow):
        if not legal(window.status, e.WindowOpened):
            return r.WindowNotClosed(window.id)
        return (e.WindowOpened(window.id, command.clerk),)
    if isinstance(command, c.ComeBack):
        return (e.WindowReturned(window.id),) if legal(window.status, e.WindowReturned) else r.WindowNotAway(window.id)
    if isinstance(command, c.StepAway):
        event: e.Event = e.WindowSteppedAway(window.id, command.reason, command.substitute, command.until)
    else:
        event = e.WindowClosed(window.id)
    if not legal(window.status, type(event)):
        return r.WindowNotOpen(window.id, window.status)
    if window.ticket is not None:
        return r.WindowBusy(window.id, day.tickets[window.ticket].number)
    if isinstance(command, c.StepAway) and command.substitute is not None:
        stand_in = day.windows.get(command.substitute)
        if stand_in is None or stand_in.id == window.id or stand_in.status is not WindowStatus.OPEN:
            return r.SubstituteNotOpen(command.substitute)
    return (event,)


def _call_next(day: HallDay, window: WindowState, request: c.Request) -> Decision:
    """Call the next ticket. A service under way is finished by it: a call pad has one key for both.

    A ticket that was called and has not come must be started, passed or sent on first; calling another would lose it.
    """
    if window.status is not WindowStatus.OPEN:
        return r.WindowNotOpen(window.id, window.status)
    events: list[e.Event] = []
    if window.ticket is not None:
        current = day.tickets[window.ticket]
        if current.state is not TicketState.SERVING:
            return r.WindowBusy(window.id, current.number)
        events.append(_finished(day, current, window, request))
    ticket = next_ticket(day, window.id, request.at)
    if ticket is None:
        events.append(e.NobodyWaiting(window.id))
    else:
        seq = day.seq + len(events) + 1
        events.append(e.TicketCalled(CallId(f"c{day.day:%m%d}-{seq}"), ticket.id, window.id))
    return tuple(events)


def _finished(day: HallDay, ticket: Ticket, window: WindowState, request: c.Request) -> e.ServiceFinished:
    review_until = request.at + timedelta(seconds=day.plan.policies.review_seconds)
    return e.ServiceFinished(ticket.id, window.id, review_until)


def _resume(day: HallDay, window: WindowState, command: c.ResumeTicket) -> Decision:
    if window.status is not WindowStatus.OPEN:
        return r.WindowNotOpen(window.id, window.status)
    if window.ticket is not None:
        return r.WindowBusy(window.id, day.tickets[window.ticket].number)
    if command.ticket is None:
        ticket = next(held_for(day, window.id), None)
        if ticket is None:
            return r.NoTicketAtWindow(window.id)
    elif (named := day.tickets.get(command.ticket)) is not None:
        ticket = named
    else:
        return r.TicketUnknown(command.ticket)
    if not legal(ticket.state, e.TicketResumed):
        return r.TicketNotInState(ticket.number, ticket.state)
    return (e.TicketResumed(ticket.id, window.id),)


TicketCommand: TypeAlias = c.Recall | c.StartService | c.FinishService | c.PassTicket | c.HoldTicket | c.TransferTicket


def _at_ticket(day: HallDay, window: WindowState, request: c.Request, command: TicketCommand) -> Decision:
    if window.ticket is None:
        return r.NoTicketAtWindow(window.id)
    ticket = day.tickets[window.ticket]
    started: tuple[e.Event, ...] = ()
    match command:
        case c.Recall():
            if window.call is None:
                return r.TicketNotInState(ticket.number, ticket.state)
            events: Decision = (e.TicketRecalled(window.call.id, ticket.id, window.id, window.call.times + 1),)
        case c.StartService():
            events = (e.ServiceStarted(ticket.id, window.id),)
        case c.FinishService():
            started = _start_if_called(ticket, window)
            events = (_finished(day, ticket, window, request),)
        case c.PassTicket():
            events = (e.TicketPassed(ticket.id, window.id),)
        case c.HoldTicket():
            started = _start_if_called(ticket, window)
            events = (e.TicketHeld(ticket.id, window.id),)
        case c.TransferTicket():
            events = _transfer(day, ticket, window, command)
    if isinstance(events, r.Refusal):
        return events
    if not started and not legal(ticket.state, type(events[0])):
        return r.TicketNotInState(ticket.number, ticket.state)
    return started + events


def _start_if_called(ticket: Ticket, window: WindowState) -> tuple[e.Event, ...]:
    return (e.ServiceStarted(ticket.id, window.id),) if ticket.state is TicketState.CALLED else ()


def _transfer(day: HallDay, ticket: Ticket, window: WindowState, command: c.TransferTicket) -> Decision:
    services = command.services or ticket.services
    for code in services:
        if not day.plan.windows_for.get(code):
            return r.ServiceUnknown(code)
    if command.to_window is None:
        if services == ticket.services:
            return r.TransferNowhere()
    elif command.to_window not in day.windows:
        return r.WindowUnknown(command.to_window)
    elif command.to_window == window.id or day.windows[command.to_window].status is WindowStatus.CLOSED:
        return r.TransferNowhere()
    return (e.TicketTransferred(ticket.id, window.id, command.to_window, services, command.note),)

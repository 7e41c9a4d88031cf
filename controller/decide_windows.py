"""What a clerk's command at a window comes to. Called by :func:`controller.decide.decide`."""

from datetime import timedelta
from math import ceil
from typing import TypeAlias

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.assignment import choose, held_for
from controller.auto_call import call_id
from controller.cover import backup_at
from controller.decide_tickets import unoffered
from controller.model import HallDay, Ticket, TicketState, WindowState, WindowStatus
from controller.plan import WindowId
from controller.steps import expanded, given_at
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
        if day.plan.policies.clerk_at_one_window and (elsewhere := _elsewhere(day, window, command.clerk)):
            return r.ClerkElsewhere(command.clerk or "", elsewhere)
        return (e.WindowOpened(window.id, command.clerk),)
    if isinstance(command, c.ComeBack):
        return (e.WindowReturned(window.id),) if legal(window.status, e.WindowReturned) else r.WindowNotAway(window.id)
    if isinstance(command, c.StepAway):
        substitute = command.substitute or backup_at(day, window.id)
        event: e.Event = e.WindowSteppedAway(window.id, command.reason, substitute, command.until)
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


def _elsewhere(day: HallDay, window: WindowState, clerk: str | None) -> WindowId | None:
    """Return another window that a clerk staffs."""
    staffed = (state for state in day.windows.values() if state.status is not WindowStatus.CLOSED)
    return next((state.id for state in staffed if clerk and state.clerk == clerk and state.id != window.id), None)


def _call_next(day: HallDay, window: WindowState, request: c.Request) -> Decision:
    """Call the next ticket. A service under way is finished by it: a call pad has one key for both.

    A ticket that was called and has not come must be started, passed or sent on first; calling another would lose it.
    So a key that is pressed twice calls nobody the second time, however late that is.
    """
    if window.status is not WindowStatus.OPEN:
        return r.WindowNotOpen(window.id, window.status)
    events: list[e.Event] = []
    if window.ticket is not None:
        current = day.tickets[window.ticket]
        if current.state is not TicketState.SERVING:
            return r.WindowBusy(window.id, current.number)
        events.append(_finished(day, current, window, request))
    choice = choose(day, window.id, request.at)
    if choice is None:
        events.append(e.NobodyWaiting(window.id))
    else:
        call = call_id(day, day.seq + len(events) + 1)
        events.append(e.TicketCalled(call, choice.ticket.id, window.id, choice.overtook))
    return tuple(events)


def _finished(
    day: HallDay, ticket: Ticket, window: WindowState, request: c.Request
) -> e.ServiceFinished | e.StepFinished:
    """Finish what this window gives; for services that it doesn't, the ticket waits again."""
    review_until = request.at + timedelta(seconds=day.plan.policies.review_seconds)
    given = given_at(day, ticket, window.id)
    if len(given) < len(ticket.remaining):
        return e.StepFinished(ticket.id, window.id, given, review_until)
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
    unguarded = _guarded(day, ticket, window, request, command)
    if unguarded is not None:
        return unguarded
    started: tuple[e.Event, ...] = ()
    match command:
        case c.Recall():
            events: Decision = _recall(day, ticket, window, request)
        case c.StartService():
            events = (e.ServiceStarted(ticket.id, window.id),)
        case c.FinishService():
            started = _start_if_called(ticket, window)
            events = (_finished(day, ticket, window, request),)
        case c.PassTicket():
            events = _pass(day, ticket, window)
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


def _guarded(
    day: HallDay, ticket: Ticket, window: WindowState, request: c.Request, command: TicketCommand
) -> r.Refusal | None:
    """Refuse a key that would lose the ticket that the floor has just called by itself.

    It was meant for the ticket before: the second press of a finish, say, that the floor answered with a call.
    """
    call = window.call
    if ticket.state is not TicketState.CALLED or call is None or not call.auto or isinstance(command, c.Recall):
        return None
    left_s = day.plan.policies.press_guard_s - (request.at - call.at).total_seconds()
    if isinstance(command, c.StartService) or left_s <= 0:
        return None
    return r.PressedTwice(window.id, ticket.number, ceil(left_s))


def _recall(day: HallDay, ticket: Ticket, window: WindowState, request: c.Request) -> Decision:
    call, policies = window.call, day.plan.policies
    if call is None or ticket.state is not TicketState.CALLED:
        return r.TicketNotInState(ticket.number, ticket.state)
    if call.times >= policies.calls_max:
        return r.CalledOftenEnough(ticket.number, policies.calls_max)
    left_s = policies.recall_gap_s - (request.at - (call.last_at or call.at)).total_seconds()
    if left_s > 0:
        return r.RecallTooSoon(ticket.number, ceil(left_s))
    return (e.TicketRecalled(call.id, ticket.id, window.id, call.times + 1),)


def _pass(day: HallDay, ticket: Ticket, window: WindowState) -> Decision:
    times, least = window.call.times if window.call is not None else 0, day.plan.policies.pass_after_calls
    if ticket.state is TicketState.CALLED and times < least:
        return r.PassTooSoon(ticket.number, least, times)
    return (e.TicketPassed(ticket.id, window.id),)


def _start_if_called(ticket: Ticket, window: WindowState) -> tuple[e.Event, ...]:
    return (e.ServiceStarted(ticket.id, window.id),) if ticket.state is TicketState.CALLED else ()


def _transfer(day: HallDay, ticket: Ticket, window: WindowState, command: c.TransferTicket) -> Decision:
    services = expanded(day.plan, command.services).services or ticket.remaining
    refusal = unoffered(day.plan, services)
    if refusal is not None:
        return refusal
    clerk = command.clerk or None
    if command.to_window is None:
        if services == ticket.remaining and clerk in (None, window.clerk):
            return r.TransferNowhere()
    elif command.to_window not in day.windows:
        return r.WindowUnknown(command.to_window)
    elif command.to_window == window.id or day.windows[command.to_window].status is WindowStatus.CLOSED:
        return r.TransferNowhere()
    return (e.TicketTransferred(ticket.id, window.id, command.to_window, services, command.note, clerk),)

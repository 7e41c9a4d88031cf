"""What an event about a ticket does to the state of a day."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from controller import events as e
from controller.model import (
    RECENT_CALLS_MAX,
    Call,
    HallDay,
    Pace,
    QuotaKey,
    Ticket,
    TicketState,
    Visit,
)
from controller.plan import ServiceCode, WindowId
from controller.queues import overtook, requeued
from controller.quotas import quota_keys
from controller.transitions import TICKET
from controller.values import changed as replaced
from controller.values import without


def put_new_ticket(day: HallDay, recorded: e.Recorded, event: e.TicketIssued | e.TicketCarried) -> HallDay:
    """Return the day with a ticket more: one that was issued, or one that the day before left."""
    is_carried = isinstance(event, e.TicketCarried)
    ticket = Ticket(
        id=event.ticket,
        number=event.number,
        services=event.services,
        lane=event.lane,
        channel=event.channel,
        token=event.token,
        state=TicketState.WAITING,
        arrived_at=event.arrived_at or recorded.at,
        ahead=event.ahead,
        wait_p50_s=event.wait_p50_s,
        wait_p90_s=event.wait_p90_s,
        order=recorded.seq,
        clerk=event.clerk,
        ordered=event.ordered,
        package=event.package,
        carried=is_carried,
    )
    day = day.changed(tokens=day.tokens.set(event.token, event.ticket))
    if isinstance(event, e.TicketCarried):
        ticket = replaced(
            ticket,
            done=event.done,
            returns=event.returns,
            window=event.window,
            overtaken=event.overtaken,
            overtaken_since=event.overtaken_since,
        )
        day = day.changed(carried_numbers=day.carried_numbers | {event.number})
    else:
        day = day.changed(numbers={**day.numbers, event.prefix: event.serial})
    return _put_ticket(day, None, ticket)


TicketMove: TypeAlias = (
    e.TicketCalled
    | e.TicketRecalled
    | e.ServiceStarted
    | e.ServiceFinished
    | e.StepFinished
    | e.TicketPassed
    | e.TicketReturned
    | e.TicketHeld
    | e.TicketResumed
    | e.TicketTransferred
    | e.TicketRedirected
    | e.ClerkAssigned
    | e.TicketCancelled
)


def ticket_moved(day: HallDay, recorded: e.Recorded, event: TicketMove) -> HallDay:
    """Return the day after a ticket moved on in its life.

    Raises:
        ValueError: the event does not follow on the ticket's state.
    """
    before = day.tickets[event.ticket]
    state = TICKET.get((before.state, type(event)))
    if state is None:
        raise ValueError(f"{type(event).__name__} does not follow on {before.state}")
    changes: dict[str, Any] = {"state": state}
    at = recorded.at
    match event:
        case e.TicketCalled():
            changes |= {"window": event.window, "called_at": at}
            queues = overtook(day, event.overtook, before, at)
            day = _called(day, recorded, event, before).changed(calls_total=day.calls_total + 1, queues=queues)
        case e.TicketRecalled():
            call = day.windows[event.window].call
            if call is not None:
                day = _called_out(day, replaced(call, times=event.times, last_at=at))
        case e.ServiceStarted():
            changes["started_at"] = at
        case e.TicketResumed():
            changes |= {"window": event.window, "resumed_at": at}
        case e.TicketHeld():
            changes["served_s"] = _served_s(before, at)
        case e.ServiceFinished() | e.StepFinished():
            day, given = _gave(day, before, event, at)
            changes |= given
        case e.TicketReturned():
            changes |= {
                "window": None,
                "called_at": None,
                "returns": before.returns + 1,
                "not_before": event.not_before,
            }
        case e.TicketTransferred():
            changes |= {
                **_BEGUN_ANEW,
                "window": event.to_window,
                "services": (*before.services[: before.done], *event.services),
                "clerk": event.clerk or before.clerk,
            }
        case e.TicketRedirected():
            changes |= {
                "window": event.to_window,
                "services": (*before.services[: before.done], *event.services),
            }
        case e.ClerkAssigned():
            changes["clerk"] = event.clerk
        case e.TicketCancelled():
            changes["ended_at"] = at
        case e.TicketPassed():
            pass
    after = replaced(before, **changes)
    return _put_window(_put_ticket(day, before, after), before, after, event, recorded)


_BEGUN_ANEW: Mapping[str, Any] = {
    "called_at": None,
    "started_at": None,
    "resumed_at": None,
    "served_s": 0.0,
    "not_before": 0,
}
"""What is left of a ticket's time at a window once it waits for another."""


def _put_ticket(day: HallDay, before: Ticket | None, after: Ticket) -> HallDay:
    """Store a ticket and keep the queues and the lists of waiting and held tickets true."""
    queues, after = requeued(day, before, after)
    changes: dict[str, Any] = {"tickets": day.tickets.set(after.id, after), "queues": queues}
    left = before.state if before is not None else None
    counts = day.waiting_by_service
    if before is not None and left is TicketState.WAITING:
        counts = _counted(counts, before.next_service, -1)
    if after.state is TicketState.WAITING:
        counts = _counted(counts, after.next_service, 1)
    if left is not after.state:
        if after.state is TicketState.WAITING:
            changes["waiting"] = (*day.waiting, after.id)
        elif left is TicketState.WAITING:
            changes["waiting"] = without(day.waiting, after.id)
        if after.state is TicketState.HELD:
            changes["held"] = (*day.held, after.id)
        elif left is TicketState.HELD:
            changes["held"] = without(day.held, after.id)
    return day.changed(**changes, waiting_by_service=counts, quota_used=_quota_used(day, before, after))


def _quota_used(day: HallDay, before: Ticket | None, after: Ticket) -> Mapping[QuotaKey, int]:
    """Count the places taken in each half of the day; a ticket that is given back frees its own."""
    if before is not None and before.services == after.services and after.state is not TicketState.CANCELLED:
        return day.quota_used
    gone, come = quota_keys(before) if before is not None else (), quota_keys(after)
    used = dict(day.quota_used)
    for key in gone:
        used[key] -= 1
    for key in come:
        used[key] = used.get(key, 0) + 1
    return {key: count for key, count in used.items() if count}


def _counted(counts: Mapping[ServiceCode, int], service: ServiceCode, step: int) -> Mapping[ServiceCode, int]:
    """Count one more or one less; a service for which nobody waits has no entry."""
    count = counts.get(service, 0) + step
    if count:
        return {**counts, service: count}
    return {code: other for code, other in counts.items() if code != service}


def _put_window(day: HallDay, before: Ticket, after: Ticket, event: TicketMove, recorded: e.Recorded) -> HallDay:
    """Put the ticket at its window, or take it away from there."""
    window: WindowId | None
    if after.state in (TicketState.CALLED, TicketState.SERVING):
        window, ticket, stage = after.window, after.id, after.state
    elif before.state in (TicketState.CALLED, TicketState.SERVING):
        window, ticket, stage = before.window, None, None
    else:
        return day
    if window is None or window not in day.windows:
        return day
    changes: dict[str, Any] = {
        "ticket": ticket,
        "stage": stage,
        "call": day.windows[window].call if ticket else None,
        "idle_since": None if ticket else recorded.at,
    }
    if isinstance(event, e.ServiceFinished | e.StepFinished):
        changes |= {"finished": after.id, "review_until": event.review_until}
    elif ticket:
        changes |= {"finished": None, "review_until": None}
    return day.changed(windows={**day.windows, window: replaced(day.windows[window], **changes)})


def _called(day: HallDay, recorded: e.Recorded, event: e.TicketCalled, ticket: Ticket) -> HallDay:
    window = day.plan.window_by_id[event.window]
    call = Call(
        event.call,
        ticket.id,
        ticket.number,
        window.id,
        window.label,
        window.zone,
        ticket.lane,
        recorded.at,
        auto=event.auto,
    )
    return _called_out(day, call)


def _called_out(day: HallDay, call: Call) -> HallDay:
    others = tuple(entry for entry in day.calls if entry.ticket != call.ticket)
    state = replaced(day.windows[call.window], call=call)
    return day.changed(calls=(call, *others)[:RECENT_CALLS_MAX], windows={**day.windows, call.window: state})


def _served_s(ticket: Ticket, now: datetime) -> float:
    """Return the time that a ticket has been served, up to ``now``; what it was set aside doesn't count.

    A clerk who presses start only with the end, or never, has served since the call: that is the best that is known.
    """
    since = ticket.resumed_at or ticket.started_at
    if ticket.started_at == now:
        since = ticket.called_at
    return ticket.served_s + (now - since).total_seconds() if since is not None else ticket.served_s


def _gave(
    day: HallDay, ticket: Ticket, event: e.ServiceFinished | e.StepFinished, now: datetime
) -> tuple[HallDay, Mapping[str, Any]]:
    """Return the day with the time of what a window gave, and what changes of the ticket."""
    given = event.services if isinstance(event, e.StepFinished) else ticket.remaining
    window = day.windows.get(event.window)
    visit = Visit(event.window, given, now, _served_s(ticket, now), clerk=window.clerk if window is not None else None)
    changes: dict[str, Any] = {"done": ticket.done + len(given), "visits": (*ticket.visits, visit)}
    if isinstance(event, e.ServiceFinished):
        changes |= {"ended_at": now, "served_s": visit.served_s}
    else:
        rest = tuple(code for code in ticket.remaining if code not in given)
        changes |= {**_BEGUN_ANEW, "window": None, "services": (*ticket.services[: ticket.done], *given, *rest)}
    return _paced(day, visit), changes


def _paced(day: HallDay, visit: Visit) -> HallDay:
    """Count a visit's time; of several services each is given its equal share, for nobody knows better."""
    paces = dict(day.pace)
    share_s = visit.served_s / len(visit.services)
    for service in visit.services:
        pace = paces.get(service, Pace())
        paces[service] = Pace(pace.count + 1, pace.total_s + share_s)
    return day.changed(pace=paces)

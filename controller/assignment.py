"""Which ticket a window serves next, and why.

Accumulating priority (Kleinrock; Stanford, Taylor and Ziedins 2014): a ticket's priority is its lane's rate times the
time since it first arrived, the highest goes first, ties to the first arrival. So the green lane (policy task 12) goes
ahead by ageing and nobody starves: a normal ticket that has waited long enough outranks any green one.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeAlias

from controller.model import HallDay, Ticket, TicketId, WindowStatus
from controller.plan import ServiceCode, WindowId

Rank: TypeAlias = tuple[bool, float, float, str]
"""Sorts tickets, first to be called first: deferred last, then highest priority, first arrival, number."""


def rank(day: HallDay, ticket: Ticket, now: datetime) -> Rank:
    """Return the place of a waiting ticket among others at ``now``.

    A number that was passed and came back is deferred until the day has seen ``not_before`` calls.
    """
    waited_s = max((now - ticket.arrived_at).total_seconds(), 0.0)
    deferred = ticket.not_before > day.calls_total
    return (
        deferred,
        -day.plan.policies.rate(ticket.lane) * waited_s,
        ticket.arrived_at.timestamp(),
        ticket.number,
    )


def windows_for(day: HallDay, ticket: Ticket) -> frozenset[WindowId]:
    """Return the windows that may call a waiting ticket.

    A ticket sent to one window waits for that window, unless it has closed: then any that serves the matter may call.
    """
    meant = day.windows.get(ticket.window) if ticket.window is not None else None
    if meant is not None and meant.status is not WindowStatus.CLOSED:
        return frozenset({meant.id})
    return day.plan.windows_for.get(ticket.services[0], frozenset())


def eligible(day: HallDay, window: WindowId) -> Iterator[Ticket]:
    """Yield the waiting tickets that a window may call, by arrival in the queue."""
    for ticket_id in day.waiting:
        ticket = day.tickets[ticket_id]
        if window in windows_for(day, ticket):
            yield ticket


def next_ticket(day: HallDay, window: WindowId, now: datetime) -> Ticket | None:
    """Return the ticket that a window calls next, or ``None`` with nobody to call."""
    return min(eligible(day, window), key=lambda ticket: rank(day, ticket, now), default=None)


def queue(day: HallDay, window: WindowId, now: datetime, count_max: int) -> list[Ticket]:
    """Return the first ``count_max`` tickets that a window would call, in order."""
    return sorted(eligible(day, window), key=lambda ticket: rank(day, ticket, now))[:count_max]


def ahead(day: HallDay, ticket_id: TicketId, now: datetime) -> int:
    """Return how many waiting tickets would be called before this one by a window that both may go to."""
    ticket = day.tickets[ticket_id]
    mine, my_rank = windows_for(day, ticket), rank(day, ticket, now)
    others = (day.tickets[other] for other in day.waiting if other != ticket_id)
    return sum(1 for other in others if rank(day, other, now) < my_rank and windows_for(day, other) & mine)


def ahead_of_new(day: HallDay, service: ServiceCode) -> int:
    """Return how many wait before somebody who arrives now: all who compete for the same windows.

    A new ticket has priority zero, so nobody who waits can be behind it.
    """
    return sum(day.waiting_by_service.get(code, 0) for code in day.plan.rivals[service])

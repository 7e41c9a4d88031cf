"""Which ticket a window serves next, and why.

Accumulating priority (Kleinrock; Stanford, Taylor and Ziedins 2014): a ticket's priority is its lane's rate times the
time since it first arrived, the highest goes first, ties to the first arrival. So the green lane (policy task 12) goes
ahead by ageing and nobody starves: a normal ticket that has waited long enough outranks any green one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from controller.model import HallDay, Ticket, TicketId, WindowStatus
from controller.plan import ServiceCode, WindowId

Rank: TypeAlias = tuple[bool, float, float, int]
"""Sorts tickets, first to be called first: deferred last, then highest priority, first arrival, order of issue."""


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
        ticket.order,
    )


def windows_for(day: HallDay, ticket: Ticket) -> frozenset[WindowId]:
    """Return the windows that may call a waiting ticket, the substitutes of those that are away among them.

    A ticket sent to one window waits for that window, unless it has closed: then any that serves the matter may call.
    """
    return with_substitutes(day, _own_windows(day, ticket))


def with_substitutes(day: HallDay, windows: frozenset[WindowId]) -> frozenset[WindowId]:
    """Return some windows and those that take over the services of who is away among them (AB岗)."""
    stand_ins = {_substitute(day, window) for window in windows} - {None}
    return windows.union(window for window in stand_ins if window is not None) if stand_ins else windows


def _substitute(day: HallDay, window: WindowId) -> WindowId | None:
    """Return the open window that stands in for one that is away."""
    state = day.windows.get(window)
    if state is None or state.substitute is None or state.status is not WindowStatus.AWAY:
        return None
    other = day.windows.get(state.substitute)
    return other.id if other is not None and other.status is WindowStatus.OPEN else None


def posts_of(day: HallDay, window: WindowId) -> frozenset[WindowId]:
    """Return the windows whose people a window may call: itself, and those that it stands in for."""
    return frozenset({window, *(other for other in day.windows if _substitute(day, other) == window)})


def _own_windows(day: HallDay, ticket: Ticket) -> frozenset[WindowId]:
    meant = day.windows.get(ticket.window) if ticket.window is not None else None
    if meant is not None and meant.status is not WindowStatus.CLOSED:
        return frozenset({meant.id})
    return _serving(day, ticket)


def eligible(day: HallDay, window: WindowId) -> Iterator[Ticket]:
    """Yield the waiting tickets that a window may call, by arrival in the queue."""
    posts = posts_of(day, window)
    for ticket_id in day.waiting:
        ticket = day.tickets[ticket_id]
        if not posts.isdisjoint(_own_windows(day, ticket)):
            yield ticket


def eligible_counts(day: HallDay) -> Mapping[WindowId, int]:
    """Return, for every window, how many waiting tickets it may call, in one pass through the queue."""
    groups = Counter(_own_windows(day, day.tickets[ticket]) for ticket in day.waiting)
    return {
        window: sum(count for own, count in groups.items() if not posts.isdisjoint(own))
        for window, posts in ((window, posts_of(day, window)) for window in day.windows)
    }


def held_for(day: HallDay, window: WindowId) -> Iterator[Ticket]:
    """Yield the held tickets that go on at a window, each kind the longest held first.

    First those that were set aside there; then those whose window has closed or left the plan, where this one serves
    the matter: nobody is forgotten because a clerk went home.
    """
    posts = posts_of(day, window)
    held = [day.tickets[ticket] for ticket in day.held]
    yield from (ticket for ticket in held if ticket.window == window)
    for ticket in held:
        own = day.windows.get(ticket.window) if ticket.window is not None else None
        left = own is None or own.status is WindowStatus.CLOSED
        if left and ticket.window != window and not posts.isdisjoint(_serving(day, ticket)):
            yield ticket


def _serving(day: HallDay, ticket: Ticket) -> frozenset[WindowId]:
    return day.plan.windows_for.get(ticket.services[0], frozenset())


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
    shared = frozenset(post for window in mine for post in posts_of(day, window))
    others = (day.tickets[other] for other in day.waiting if other != ticket_id)
    return sum(
        1 for other in others if rank(day, other, now) < my_rank and not shared.isdisjoint(_own_windows(day, other))
    )


def ahead_of_new(day: HallDay, service: ServiceCode) -> int:
    """Return how many wait before somebody who arrives now: all who compete for the same windows.

    A new ticket has priority zero, so nobody who waits can be behind it but who is deferred or sent to one window:
    rather told too many than too few.
    """
    return sum(day.waiting_by_service.get(code, 0) for code in day.plan.rivals[service])

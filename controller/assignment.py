"""Which ticket a window serves next, and why.

Accumulating priority (Kleinrock; Stanford, Taylor and Ziedins 2014): a ticket's priority is its lane's rate times the
time since it first arrived, the highest goes first, ties to the first arrival. So the green lane (policy task 12) goes
ahead by ageing and not absolutely: a normal ticket that has waited long enough outranks any green one.

**The bound on overtaking.** Ageing alone promises nobody a number: while green tickets keep coming, a normal one is
overtaken by all that arrive in the later half of its wait. So the manager bounds it (``overtakes_max`` N,
``excess_wait_s_max`` M):

- A ticket is *later* than another if it arrived first after it (:func:`controller.queues.arrival`: a return or a
  transfer keeps that).
- A call *overtakes* a waiting ticket if the called one is later and the window could have called the waiting one
  instead. So only windows count that may serve both, whatever the layout, who stands in for whom, or who is pinned to
  whom. A passed number that came back is not overtaken while it lets others go first.
- A ticket that was overtaken N times, or first overtaken at least M seconds ago, is *due*: a window that may call due
  tickets calls the first arrival of them, before anybody else.

It follows, for every mix of windows: no ticket is overtaken more than N times, because whoever is called while a due
ticket could be is the first arrival of all that are due; and none is overtaken any more from M seconds after the first
time on. Overtaking is the only way in which a ticket waits longer than by order of arrival. So with one window a ticket
is called at most M seconds, and the one service that was under way then, later than first come, first served would
have called it. And nobody starves: before a ticket go only those that arrived earlier, and N others. With neither bound
a lane that brings more people than windows serve may keep others off for as long as it does.
"""

import heapq
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from controller.cover import stand_in
from controller.model import HallDay, Queue, QueueKey, Ticket, TicketId, WindowStatus
from controller.plan import Plan, Policies, ServiceCode, WindowId
from controller.queues import overtaken

Rank: TypeAlias = tuple[int, float, datetime, int]
"""Sorts tickets, first to be called first: due, present, deferred; then priority, first arrival, order of issue."""

DUE, PRESENT, DEFERRED = range(3)
NOBODY: frozenset[WindowId] = frozenset()
_AWAY = WindowStatus.AWAY
"""Looked up once: at every call every window is asked."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The ticket that a window calls next, and the first of each queue that this call overtakes."""

    ticket: Ticket
    overtook: tuple[TicketId, ...]


def rank(day: HallDay, ticket: Ticket, now: datetime) -> Rank:
    """Return the place of a waiting ticket among others at ``now``.

    A number that was passed and came back is deferred until the day has seen ``not_before`` calls.
    """
    return _rank(day, ticket, *overtaken(day, ticket), now)


def _rank(day: HallDay, ticket: Ticket, count: int, since: datetime | None, now: datetime) -> Rank:
    policies = day.plan.policies
    if ticket.not_before > day.calls_total:
        group = DEFERRED
    elif (count or policies.overtakes_max == 0) and is_due(policies, count, since, now):
        return (DUE, 0.0, ticket.arrived_at, ticket.order)
    else:
        group = PRESENT
    return (group, -points(policies, ticket, now), ticket.arrived_at, ticket.order)


def points(policies: Policies, ticket: Ticket, now: datetime) -> float:
    """Return the priority that a ticket has gathered."""
    waited_s = (now - ticket.arrived_at).total_seconds()
    return policies.rate(ticket.lane) * waited_s if waited_s > 0 else 0.0


def is_due(policies: Policies, count: int, since: datetime | None, now: datetime) -> bool:
    """Tell whether a ticket that was overtaken ``count`` times, first ``since`` then, may be overtaken no more."""
    if policies.overtakes_max is not None and count >= policies.overtakes_max:
        return True
    excess_s_max = policies.excess_wait_s_max
    return excess_s_max is not None and since is not None and (now - since).total_seconds() >= excess_s_max


def windows_for(day: HallDay, ticket: Ticket) -> frozenset[WindowId]:
    """Return the windows that may call a waiting ticket, the substitutes of those that are away among them.

    A ticket sent to one window waits for that window, unless it has closed: then any that serves the matter may call.
    """
    return with_substitutes(day, _own_windows(day, ticket))


def stranded(day: HallDay) -> tuple[TicketId, ...]:
    """Return the waiting tickets that no window may call: the plan offers what they are for no more."""
    return tuple(ticket for key, line in day.queues.items() if not _own_windows(day, key) for ticket in line.tickets)


def with_substitutes(day: HallDay, windows: frozenset[WindowId]) -> frozenset[WindowId]:
    """Return some windows and those that take over the services of who is away among them (AB岗)."""
    stand_ins = {stand_in(day, window) for window in windows} - {None}
    return windows.union(window for window in stand_ins if window is not None) if stand_ins else windows


def posts_of(day: HallDay, window: WindowId) -> frozenset[WindowId]:
    """Return the windows whose people a window may call: itself, and those that it stands in for."""
    away = [state.id for state in day.windows.values() if state.status is _AWAY]
    return frozenset([window, *(other for other in away if stand_in(day, other) == window)])


def _own_windows(day: HallDay, who: Ticket | QueueKey) -> frozenset[WindowId]:
    """Return the windows that wait for a ticket: the one it was sent to, its clerk's, or all that serve the matter.

    A clerk's own ticket (首问负责) is for the window that the clerk staffs, if that serves the matter. With nobody
    there any that does may call it; with ``first_asked_waits`` only once the clerk has left for the day.
    """
    if who.window is not None:
        meant = day.windows.get(who.window)
        if meant is not None and meant.status is not WindowStatus.CLOSED:
            return frozenset({meant.id})
    capable = _serving(day, who)
    if who.clerk is None:
        return capable
    there = {WindowStatus.OPEN, WindowStatus.AWAY} if day.plan.policies.first_asked_waits else {WindowStatus.OPEN}
    staffed = {state.id for state in day.windows.values() if state.clerk == who.clerk and state.status in there}
    return capable & staffed or capable


def _queues_at(day: HallDay, window: WindowId) -> list[Queue]:
    """Return the queues that a window may call from."""
    posts = posts_of(day, window)
    return [line for key, line in day.queues.items() if not posts.isdisjoint(_own_windows(day, key))]


def eligible(day: HallDay, window: WindowId) -> Iterator[Ticket]:
    """Yield the waiting tickets that a window may call, those of a queue by first arrival."""
    return (day.tickets[ticket] for queue in _queues_at(day, window) for ticket in queue.tickets)


def eligible_counts(day: HallDay) -> Mapping[WindowId, int]:
    """Return, for every window, how many waiting tickets it may call."""
    groups = [(_own_windows(day, key), len(queue.tickets)) for key, queue in day.queues.items()]
    return {
        window: sum(count for own, count in groups if not posts.isdisjoint(own))
        for window, posts in ((window, posts_of(day, window)) for window in day.windows)
    }


def held_for(day: HallDay, window: WindowId) -> Iterator[Ticket]:
    """Yield the held tickets that go on at a window, each kind the longest held first.

    First those that were set aside there, and those of a colleague in whose place this one is; then those whose window
    has closed or left the plan, where this one serves the matter: nobody is forgotten because a clerk went home.
    """
    posts = posts_of(day, window)
    held = [day.tickets[ticket] for ticket in day.held]
    yield from sorted((ticket for ticket in held if ticket.window in posts), key=lambda held: held.window != window)
    for ticket in held:
        own = day.windows.get(ticket.window) if ticket.window is not None else None
        left = own is None or own.status is WindowStatus.CLOSED
        if left and ticket.window not in posts and not posts.isdisjoint(_serving(day, ticket)):
            yield ticket


def _serving(day: HallDay, who: Ticket | QueueKey) -> frozenset[WindowId]:
    return serving_now(day, who.services if isinstance(who, QueueKey) else who.next_steps)


def serving_now(day: HallDay, steps: Sequence[ServiceCode]) -> frozenset[WindowId]:
    """Return the windows that serve one of some services now: as planned, and those that help out.

    The comprehensive windows help out with a special matter (policy task 6) while nobody is at its own windows, nor
    stands in there, where the hall wants that (``special_fallback``).
    """
    plan = day.plan
    able = serving(plan, steps)
    helpers = plan.fallback_for
    if not helpers or not plan.policies.special_fallback:
        return able
    return able.union(*(helpers[step] for step in steps if step in helpers and not _is_manned(day, step)))


def _is_manned(day: HallDay, service: ServiceCode) -> bool:
    windows = with_substitutes(day, day.plan.windows_for.get(service, NOBODY))
    return any(day.windows[window].status is WindowStatus.OPEN for window in windows if window in day.windows)


def serving(plan: Plan, steps: Sequence[ServiceCode]) -> frozenset[WindowId]:
    """Return the windows that serve one of some services of which any may be given next."""
    if len(steps) == 1:
        return plan.windows_for.get(steps[0], NOBODY)
    return NOBODY.union(*(plan.windows_for.get(step, NOBODY) for step in steps))


def choose(day: HallDay, window: WindowId, now: datetime) -> Choice | None:
    """Return what a window calls next, or ``None`` with nobody to call.

    Of each queue only the first is looked at; its queue knows by whom it was overtaken since it began to wait.
    """
    firsts: list[Ticket] = []
    ranks: list[Rank] = []
    tickets = day.tickets
    for line in _queues_at(day, window):
        ticket = tickets[line.tickets[0]]
        count, since = ticket.overtaken, ticket.overtaken_since
        if line.overtakings:
            count, since = count + len(line.overtakings), since or line.overtakings[0].at
        firsts.append(ticket)
        ranks.append(_rank(day, ticket, count, since, now))
    if not firsts:
        return None
    best = min(ranks)
    place = best[2:]
    overtook = [
        ticket.id for ticket, their in zip(firsts, ranks, strict=True) if their[0] != DEFERRED and their[2:] < place
    ]
    return Choice(firsts[ranks.index(best)], tuple(overtook))


def next_ticket(day: HallDay, window: WindowId, now: datetime) -> Ticket | None:
    """Return the ticket that a window calls next, or ``None`` with nobody to call."""
    choice = choose(day, window, now)
    return choice.ticket if choice is not None else None


def queue(day: HallDay, window: WindowId, now: datetime, count_max: int) -> list[Ticket]:
    """Return the first ``count_max`` tickets that a window would call, in the order of this instant."""
    lines = [_ranked(day, line, now) for line in _queues_at(day, window)]
    return [ticket for _, ticket in islice(heapq.merge(*lines, key=lambda entry: entry[0]), count_max)]


def _ranked(day: HallDay, line: Queue, now: datetime) -> Iterator[tuple[Rank, Ticket]]:
    return ((rank(day, ticket, now), ticket) for ticket in map(day.tickets.__getitem__, line.tickets))


def ahead(day: HallDay, ticket_id: TicketId, now: datetime) -> int:
    """Return how many waiting tickets would be called before this one by a window that both may go to."""
    ticket = day.tickets[ticket_id]
    mine, my_rank = windows_for(day, ticket), rank(day, ticket, now)
    shared = frozenset(post for window in mine for post in posts_of(day, window))
    return sum(
        bisect_left(line.tickets, my_rank, key=lambda other: rank(day, day.tickets[other], now))
        for key, line in day.queues.items()
        if not shared.isdisjoint(_own_windows(day, key))
    )


def ahead_at(day: HallDay, window: WindowId, before: Rank, now: datetime) -> int:
    """Return how many tickets one window would call before a place in its order."""
    return sum(
        bisect_left(line.tickets, before, key=lambda other: rank(day, day.tickets[other], now))
        for line in _queues_at(day, window)
    )


def ahead_of_new(day: HallDay, *services: ServiceCode) -> int:
    """Return how many wait before somebody who arrives now: all who compete for the same windows.

    A new ticket has priority zero, so nobody who waits can be behind it but who is deferred or sent to one window:
    rather told too many than too few.
    """
    here = serving_now(day, services)
    return sum(len(line.tickets) for key, line in day.queues.items() if not here.isdisjoint(_serving(day, key)))

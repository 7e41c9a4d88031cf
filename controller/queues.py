"""Who waits alike, in one queue each, and by whom they were overtaken. :mod:`controller.evolve` keeps them.

A window that looks for its next ticket compares the first of each queue, not everybody: with thousands waiting there
are still only some dozens of queues. All tickets of a queue may be called by the same windows and gain priority at the
same rate, so the first arrival is always the one to call, and it has been overtaken at least as often as those behind.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from controller.model import HallDay, Overtaking, Queue, QueueKey, Ticket, TicketId, TicketState
from controller.values import changed

Queues: TypeAlias = Mapping[QueueKey, Queue]
Arrival: TypeAlias = tuple[datetime, int]
"""First arrival, and the order of issue for those of one instant."""


def arrival(ticket: Ticket) -> Arrival:
    """Return what sorts tickets by first arrival."""
    return (ticket.arrived_at, ticket.order)


def key_of(ticket: Ticket) -> QueueKey:
    """Return the queue in which a ticket waits."""
    return QueueKey(ticket.next_steps, ticket.lane, ticket.window, ticket.clerk, ticket.not_before, ticket.rejoined)


def overtaken(day: HallDay, ticket: Ticket) -> tuple[int, datetime | None]:
    """Return how many that arrived later were called before a ticket, and when the first of them was."""
    count, since = ticket.overtaken, ticket.overtaken_since
    if ticket.state is not TicketState.WAITING:
        return count, since
    queue = day.queues[key_of(ticket)]
    place = arrival(ticket)
    calls = [call for call in queue.overtakings if call[:2] > place]
    return count + len(calls), since or (calls[0].at if calls else None)


def requeued(day: HallDay, before: Ticket | None, after: Ticket) -> tuple[Queues, Ticket]:
    """Return the queues once a ticket has changed, and the ticket with what it brought along from its last queue."""
    queues = day.queues
    waited = before is not None and before.state is TicketState.WAITING
    waits = after.state is TicketState.WAITING
    if before is not None and waited:
        if waits and key_of(before) == key_of(after):
            return queues, after
        count, since = overtaken(day, before)
        after = changed(after, overtaken=count, overtaken_since=since)
        queues = _without(day, before)
    if waits:
        if before is not None or not _is_last(day, queues, after):
            after = changed(after, rejoined=day.seq + 1)
        queue = queues.get(key_of(after), Queue(()))
        queues = {**queues, key_of(after): changed(queue, tickets=(*queue.tickets, after.id))}
    return queues, after


def _is_last(day: HallDay, queues: Queues, ticket: Ticket) -> bool:
    """Tell whether a new ticket belongs behind all of its queue, and none of the calls there went before it.

    Both may be otherwise where the arrival of a booked ticket counts from another time than its issue.
    """
    queue, place = queues.get(key_of(ticket)), arrival(ticket)
    if queue is None:
        return True
    return arrival(day.tickets[queue.tickets[-1]]) < place and not any(call[:2] > place for call in queue.overtakings)


def _without(day: HallDay, ticket: Ticket) -> Queues:
    key = key_of(ticket)
    queue = day.queues[key]
    place = queue.tickets.index(ticket.id)
    left = queue.tickets[:place] + queue.tickets[place + 1 :]
    if not left:
        return {other: those for other, those in day.queues.items() if other != key}
    if place == 0 and queue.overtakings:
        first = arrival(day.tickets[left[0]])
        return {**day.queues, key: Queue(left, tuple(call for call in queue.overtakings if call[:2] > first))}
    return {**day.queues, key: changed(queue, tickets=left)}


def overtook(day: HallDay, firsts: Iterable[TicketId], called: Ticket, at: datetime) -> Queues:
    """Return the queues after a call that went before the first of some of them."""
    queues = dict(day.queues)
    for first in firsts:
        key = key_of(day.tickets[first])
        queue = queues[key]
        queues[key] = changed(queue, overtakings=(*queue.overtakings, Overtaking(*arrival(called), at)))
    return queues

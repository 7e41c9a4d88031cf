"""What a hall's manager sees of the floor: every window, and who waits for what since when. Numbers only, no names."""

from datetime import datetime
from typing import Any, TypeAlias

from controller.assignment import eligible_counts, serving, windows_for
from controller.model import HallDay, Ticket, WindowStatus
from controller.queues import arrival
from controller.views import window_form

Form: TypeAlias = dict[str, Any]

WAITING_SHOWN_MAX = 60
"""Waiting tickets that are listed, the first arrivals first; those beyond are in the counts."""


def floor_form(day: HallDay, now: datetime) -> Form:
    """Return the floor at ``now``, a time in the hall's zone."""
    waiting = sorted((day.tickets[ticket] for ticket in day.waiting), key=arrival)
    callable_by = eligible_counts(day)
    return {
        "hall": day.hall,
        "name": day.plan.hall.name,
        "day": day.day.isoformat(),
        "seq": day.seq,
        "at": _time(now),
        "open": day.is_open(now),
        "long_wait_s": day.plan.policies.long_wait_s,
        "windows": [{**window_form(day, state), "eligible": callable_by[state.id]} for state in day.windows.values()],
        "waiting": len(waiting),
        "longest": [_waiting(day, ticket) for ticket in waiting[:WAITING_SHOWN_MAX]],
        "services": _services(waiting),
        "unserved": [ticket.number for ticket in waiting if _is_unserved(day, ticket)],
        "held": len(day.held),
    }


def _waiting(day: HallDay, ticket: Ticket) -> Form:
    windows = windows_for(day, ticket)
    return {
        "number": ticket.number,
        "services": list(ticket.next_steps),
        "lane": ticket.lane,
        "arrived_at": _time(ticket.arrived_at),
        "manned": any(day.windows[window].status is WindowStatus.OPEN for window in windows),
        "served": not _is_unserved(day, ticket),
    }


def _is_unserved(day: HallDay, ticket: Ticket) -> bool:
    """Tell whether no window of the plan serves what a ticket waits for: its matter was withdrawn meanwhile."""
    return not serving(day.plan, ticket.next_steps)


def _services(waiting: list[Ticket]) -> list[Form]:
    """Return what people wait for, the service with the first arrival first."""
    services: dict[str, Form] = {}
    for ticket in waiting:
        entry = services.setdefault(
            ticket.next_service, {"service": ticket.next_service, "waiting": 0, "first": _time(ticket.arrived_at)}
        )
        entry["waiting"] += 1
    return list(services.values())


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")

"""Quotas: how many tickets for a service are given in a half-day (限号).

The morning ends at noon, in the hall's own time. A ticket counts in the half in which it arrived, for each of its
services; given back it counts no more. One that an earlier day left was counted there.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from controller.model import HallDay, QuotaKey, Ticket, TicketState
from controller.opening import Timetable
from controller.plan import ServiceCode

NOON = time(12)


def quota_keys(ticket: Ticket) -> tuple[QuotaKey, ...]:
    """Return what a ticket takes a place of."""
    if ticket.carried or ticket.state is TicketState.CANCELLED:
        return ()
    afternoon = ticket.arrived_at.time() >= NOON
    return tuple(QuotaKey(code, afternoon) for code in ticket.services)


def full_service(day: HallDay, services: Iterable[ServiceCode], now: datetime) -> ServiceCode | None:
    """Return the first of some services that has no place left in the half-day of ``now``."""
    afternoon = now.time() >= NOON
    for code in services:
        quota = day.plan.service_by_code[code].quota
        if quota is not None and day.quota_used.get(QuotaKey(code, afternoon), 0) >= quota:
            return code
    return None


def next_half_day(timetable: Timetable, now: datetime) -> datetime:
    """Return when the hall is first open in a half-day after that of ``now``; not for a month: when that begins."""
    is_morning = now.time() < NOON
    begins = datetime.combine(now.date(), NOON if is_morning else time(), now.tzinfo)
    if not is_morning:
        begins += timedelta(days=1)
    opening = timetable.next_opening(begins)
    return begins if opening is None else max(begins, opening[0])

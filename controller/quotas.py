"""Quotas: how many tickets for a service are given in a half-day (限号).

The morning ends at noon, in the hall's own time. A ticket counts in the half in which it arrived, for each of its
services; given back it counts no more. One that an earlier day left was counted there.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from controller.model import HallDay, QuotaKey, Ticket, TicketState
from controller.plan import Plan, ServiceCode

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


def next_half_day(plan: Plan, now: datetime) -> datetime:
    """Return when the half-day after that of ``now`` begins: at noon, or when the hall opens on the next day."""
    hours = plan.hall.hours
    noon = datetime.combine(now.date(), NOON, now.tzinfo)
    if now < noon and (hours is None or hours.closes > NOON):
        return max(noon, datetime.combine(now.date(), hours.opens, now.tzinfo)) if hours is not None else noon
    tomorrow = now.date() + timedelta(days=1)
    return datetime.combine(tomorrow, hours.opens if hours is not None else time(), now.tzinfo)

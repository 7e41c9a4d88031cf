"""What speaks of tickets that stand at no window. Called by :func:`controller.decide.decide`."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.model import HallDay, WindowStatus
from controller.plan import Plan, ServiceCode
from controller.quotas import NOON, full_service, next_half_day
from controller.steps import expanded
from controller.transitions import legal

Decision: TypeAlias = tuple[e.Event, ...] | r.Refusal

NUMBER_DIGITS = 3
"""Digits of a ticket number; after 999 it simply grows a fourth."""


def unoffered(plan: Plan, services: Iterable[ServiceCode]) -> r.ServiceUnknown | None:
    """Refuse services of which one is given at no window, or none at all."""
    codes = tuple(services)
    if not codes:
        return r.ServiceUnknown("")
    return next((r.ServiceUnknown(code) for code in codes if not plan.windows_for.get(code)), None)


def closed(day: HallDay, now: datetime) -> r.HallNotOpen | r.HallShut | None:
    """Refuse what is asked outside opening hours, and say when they are next."""
    if day.is_open(now):
        return None
    stretch = day.timetable.next_opening(now)
    if stretch is None:
        return r.HallShut()
    opens, closes = stretch
    return r.HallNotOpen(f"{opens:%H:%M}", f"{closes:%H:%M}", opens.date().isoformat())


def quota_refusal(day: HallDay, services: Iterable[ServiceCode], now: datetime) -> r.QuotaFull | None:
    """Refuse services of which one has no place left in this half of the day."""
    full = full_service(day, services, now)
    if full is None:
        return None
    return r.QuotaFull(day.plan.service_by_code[full].name, f"{next_half_day(day.timetable, now):%m-%d %H:%M}")


def arrival_of(booked_at: datetime, now: datetime) -> datetime:
    """Return from when the arrival of somebody who booked counts: from then, if the half-day booked is not over.

    So who booked does not queue again (bad-review tag 212), and who comes hours later overtakes nobody.
    """
    is_over = booked_at.date() != now.date() or booked_at.time() < NOON <= now.time()
    return now if is_over else min(booked_at, now)


def next_number(day: HallDay, prefix: str) -> tuple[int, str]:
    """Return the next serial of a series and its number; one that a ticket brought along from yesterday is left out."""
    serial = day.numbers.get(prefix, 0) + 1
    while (number := f"{prefix}{serial:0{NUMBER_DIGITS}d}") in day.carried_numbers:
        serial += 1
    return serial, number


def redirect(day: HallDay, command: c.RedirectTicket) -> Decision:
    """Send a ticket that waits elsewhere: a service was withdrawn, or the citizen asked for another thing."""
    ticket = day.tickets.get(command.ticket)
    if ticket is None:
        return r.TicketUnknown(command.ticket)
    if not legal(ticket.state, e.TicketRedirected):
        return r.TicketNotInState(ticket.number, ticket.state)
    services = expanded(day.plan, command.services).services or ticket.remaining
    if command.to_window is None:
        refusal = unoffered(day.plan, services)
        if refusal is not None:
            return refusal
        if services == ticket.remaining and ticket.window is None:
            return r.TransferNowhere()
    elif command.to_window not in day.windows:
        return r.WindowUnknown(command.to_window)
    elif day.windows[command.to_window].status is WindowStatus.CLOSED:
        return r.TransferNowhere()
    elif command.services and (refusal := unoffered(day.plan, services)) is not None:
        return refusal
    return (e.TicketRedirected(ticket.id, command.to_window, services, command.note),)

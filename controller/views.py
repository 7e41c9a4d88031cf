"""The public forms of a hall's state (the contract): plain dicts that HTTP, WebSocket and MQTT send as they are.

Members may be added here, never taken away or given another meaning.
"""

from datetime import datetime, time, timedelta
from typing import Any, TypeAlias

from controller.assignment import ahead, eligible, held_for, posts_of, queue, stranded, windows_for
from controller.cover import post_of, stand_in
from controller.estimates import wait_range_s
from controller.help_calls import help_form
from controller.model import (
    Call,
    HallDay,
    Review,
    Ticket,
    TicketState,
    Visit,
    WindowState,
    WindowStatus,
)
from controller.plan import WindowId
from controller.steps import unrated_visits

Form: TypeAlias = dict[str, Any]

NEXT_SHOWN_MAX = 5
"""Tickets of the queue that a clerk sees by name."""


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at is not None else None


def hall_form(day: HallDay, now: datetime) -> Form:
    """Return today's live state of a hall; ``now`` is in the hall's zone."""
    return {
        "hall": day.hall,
        "name": day.plan.hall.name,
        "day": day.day.isoformat(),
        "seq": day.seq,
        "open": day.is_open(now),
        "waiting": len(day.waiting),
        "waiting_by_service": dict(day.waiting_by_service),
        "windows": [window_form(day, state) for state in day.windows.values()],
        "calls": [call_form(call) for call in day.calls],
        "at": _time(now),
        "opens_at": _opens_at(day, now),
        "stranded": [stranded_form(day.tickets[ticket]) for ticket in stranded(day)],
        "help_calls": [help_form(call) for call in day.help_calls],
    }


def stranded_form(ticket: Ticket) -> Form:
    """Return a ticket whose service was withdrawn while its holder waits: somebody must speak to them."""
    return {"ticket": ticket.id, "number": ticket.number, "services": list(ticket.remaining), "lane": ticket.lane}


def _opens_at(day: HallDay, now: datetime) -> str | None:
    """Return when a closed hall opens next; ``None`` while it is open, and where it isn't known."""
    if day.is_open(now):
        return None
    after = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo) if day.closed else now
    stretch = day.timetable.next_opening(after)
    return _time(stretch[0]) if stretch is not None else None


def board_form(day: HallDay, now: datetime) -> Form:
    """Return the board of a whole hall."""
    return {
        "type": "board",
        **hall_form(day, now),
        "hall_name": day.plan.hall.name,
        "zone": None,
        "notices": [
            {"text": notice.text, "zone": notice.zone}
            for notice in day.plan.screens.notices
            if notice.holds_on(day.day)
        ],
    }


def window_form(day: HallDay, state: WindowState) -> Form:
    """Return a window as ``state`` has it; an older state of the same day gives the older form."""
    planned = day.plan.window_by_id.get(state.id)
    ticket = day.tickets[state.ticket] if state.ticket is not None else None
    reviewed = day.tickets[state.finished] if state.finished is not None else None
    post = post_of(day, state)
    substitute = _substitute(day, state)
    return {
        "window": state.id,
        "label": _label(day, state.id),
        "kind": planned.kind if planned else None,
        "zone": planned.zone if planned else None,
        "status": state.status,
        "clerk": state.clerk,
        "post": post[0].name or post[0].id if post else None,
        "role": post[1] if post else None,
        "covers": sorted(posts_of(day, state.id) - {state.id}),
        "ticket": state.ticket,
        "number": ticket.number if ticket else None,
        "lane": ticket.lane if ticket else None,
        "stage": state.stage,
        "times": state.call.times if state.call else 0,
        "call_at": _time(state.call.last_at or state.call.at) if state.call else None,
        "notice": state.notice,
        "substitute": substitute,
        "substitute_label": _label(day, substitute),
        "until": _time(state.until),
        "since": _time(state.since),
        "ticket_since": _time(_since(ticket)),
        "review": (
            {"ticket": reviewed.id, "number": reviewed.number, "until": _time(state.review_until)} if reviewed else None
        ),
    }


def _label(day: HallDay, window: WindowId | None) -> str | None:
    """Return what a window is called; one that a new plan dropped is called by its id."""
    planned = day.plan.window_by_id.get(window) if window is not None else None
    return planned.label if planned is not None else window


def _since(ticket: Ticket | None) -> datetime | None:
    """Return since when a ticket has been at its window: called there, or served."""
    if ticket is None:
        return None
    return ticket.called_at if ticket.state is TicketState.CALLED else ticket.resumed_at or ticket.started_at


def call_form(call: Call) -> Form:
    """Return a call-out."""
    return {
        "call": call.id,
        "ticket": call.ticket,
        "number": call.number,
        "window": call.window,
        "label": call.label,
        "zone": call.zone,
        "lane": call.lane,
        "at": _time(call.at),
        "times": call.times,
    }


def ticket_form(day: HallDay, ticket: Ticket, now: datetime) -> Form:
    """Return a ticket with its place and the range of its wait at ``now``; both are zero unless it waits.

    The form names no token: who holds the ticket has it already.
    """
    waits = ticket.state is TicketState.WAITING and ticket.id in day.tickets
    before = ahead(day, ticket.id, now) if waits else 0
    p50_s, p90_s = wait_range_s(day, ticket.next_service, before, windows_for(day, ticket)) if waits else (0, 0)
    window = day.plan.window_by_id.get(ticket.window) if ticket.window is not None else None
    return {
        "ticket": ticket.id,
        "number": ticket.number,
        "services": list(ticket.services),
        "lane": ticket.lane,
        "channel": ticket.channel,
        "state": ticket.state,
        "window": ticket.window,
        "label": window.label if window else None,
        "ahead": before,
        "wait": {"p50_s": p50_s, "p90_s": p90_s},
        "receipt": ticket.receipt,
        "issued_at": _time(ticket.arrived_at),
        "called_at": _time(ticket.called_at),
        "started_at": _time(ticket.started_at),
        "ended_at": _time(ticket.ended_at),
        "returns": ticket.returns,
        "reviewed": bool(ticket.visits) and all(visit.review is not None for visit in ticket.visits),
        "done": list(ticket.services[: ticket.done]),
        "package": ticket.package,
        "ordered": ticket.ordered,
        "carried": ticket.carried,
        "clerk": ticket.clerk,
    }


def issued_form(ticket: Ticket) -> Form:
    """Return what the citizen is told of a new ticket: place and wait as they were when it was issued."""
    return {
        "ticket": ticket.id,
        "number": ticket.number,
        "ahead": ticket.ahead,
        "wait": {"p50_s": ticket.wait_p50_s, "p90_s": ticket.wait_p90_s},
        "token": ticket.token,
        "services": list(ticket.services),
        "lane": ticket.lane,
        "receipt": ticket.receipt,
        "issued_at": _time(ticket.arrived_at),
    }


def phone_form(day: HallDay, ticket: Ticket, now: datetime) -> Form:
    """Return what the phone page behind a ticket's code shows: the ticket, its hall, who calls it, what to rate.

    ``unrated`` has what each window gave that nobody has rated, as soon as it has ended and whatever the ticket does
    now, oldest first. A review that names the ``window`` rates just that.
    """
    form = ticket_form(day, ticket, now)
    return {
        **form,
        "hall": day.hall,
        "hall_name": day.plan.hall.name,
        "call": form["label"] if ticket.state is TicketState.CALLED else None,
        "unrated": [_unrated_form(day, visit) for visit in unrated_visits(ticket)],
        "token": ticket.token,
        "seq": day.seq,
    }


def _unrated_form(day: HallDay, visit: Visit) -> Form:
    window = day.plan.window_by_id.get(visit.window)
    return {
        "window": visit.window,
        "label": window.label if window else visit.window,
        "services": list(visit.services),
        "ended_at": _time(visit.ended_at),
    }


def review_form(review: Review) -> Form:
    """Return a review."""
    return {
        "review": review.id,
        "ticket": review.ticket,
        "window": review.window,
        "level": review.level,
        "tags": list(review.tags),
        "text": review.text,
        "at": _time(review.at),
    }


def console_form(day: HallDay, state: WindowState, now: datetime) -> Form:
    """Return what a clerk sees of a window: the ticket there, those held, and who is next."""
    current = day.tickets[state.ticket] if state.ticket is not None else None
    return {
        "window": window_form(day, state),
        "current": ticket_form(day, current, now) if current else None,
        "held": [ticket_form(day, ticket, now) for ticket in held_for(day, state.id)],
        "next": [ticket_form(day, ticket, now) for ticket in queue(day, state.id, now, NEXT_SHOWN_MAX)],
        "eligible": sum(1 for _ in eligible(day, state.id)),
        "seq": day.seq,
        "at": _time(now),
    }


def _substitute(day: HallDay, state: WindowState) -> WindowId | None:
    """Return the window that people are sent to: nobody is sent to one that has closed, or is away with no stand-in."""
    other = day.windows.get(state.substitute) if state.substitute is not None else None
    if other is None or other.status is WindowStatus.OPEN:
        return other.id if other is not None else None
    return stand_in(day, other.id)


def device_state(day: HallDay, window: WindowId | None, now: datetime) -> Form:
    """Return what a device shows by itself: at its window, or for the hall."""
    if window is None or window not in day.windows:
        return {
            "hall": day.hall,
            "name": day.plan.hall.name,
            "open": day.is_open(now),
            "waiting": len(day.waiting),
            "seq": day.seq,
        }
    form = window_form(day, day.windows[window])
    return {
        **{name: form[name] for name in ("window", "label", "status", "number", "stage", "notice", "substitute")},
        "waiting": sum(1 for _ in eligible(day, window)),
        "seq": day.seq,
    }

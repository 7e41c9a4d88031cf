"""Why a waiting ticket stands where it stands: for the citizen who asks, and the clerk or manager who is asked.

Reasons are codes with parameters; what they say stands in the catalogues as ``explain.<code>``. Everything is of one
instant, the place of a ticket as well: calls and arrivals move it, and a call may make others due.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from controller.assignment import (
    DEFERRED,
    DUE,
    Rank,
    ahead_at,
    is_due,
    points,
    queue,
    rank,
    windows_for,
)
from controller.ids import WindowId
from controller.model import HallDay, Ticket, TicketState, WindowState, WindowStatus
from controller.queues import overtaken

AHEAD_SHOWN_MAX = 10
"""Tickets ahead at a window that are named; of more only the number is told."""

Params: TypeAlias = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, as a code with what its text speaks of."""

    code: str
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ahead:
    """A ticket that a window would call before, and why."""

    ticket: Ticket
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a ticket at a window that may call it: 1 is next. ``ahead`` names the first of those before it."""

    window: WindowState
    place: int
    ahead: tuple[Ahead, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a ticket stands.

    Attributes:
        ticket: it.
        rate: priority points that its lane gains in a second.
        waited_s: time since its first arrival.
        points: its priority.
        overtaken: how many that arrived later were called before it.
        due: no later one is called before it any more.
        deferred_calls: how many others are called first, because its number was passed.
        reasons: what is so about it.
        places: by window that may call it, open ones first.
    """

    ticket: Ticket
    rate: float
    waited_s: int
    points: int
    overtaken: int
    due: bool
    deferred_calls: int
    reasons: tuple[Reason, ...]
    places: tuple[Place, ...] = ()


def explain(day: HallDay, ticket: Ticket, now: datetime) -> Explanation:
    """Return why a ticket of a day stands where it stands; one that doesn't wait only says so."""
    policies = day.plan.policies
    waits = ticket.state is TicketState.WAITING
    count, since = overtaken(day, ticket)
    deferred_calls = max(ticket.not_before - day.calls_total, 0) if waits else 0
    due = waits and not deferred_calls and is_due(policies, count, since, now)
    windows = sorted(
        (day.windows[window] for window in windows_for(day, ticket) if waits and window in day.windows),
        key=lambda state: (state.status is not WindowStatus.OPEN, day.plan.window_by_id[state.id].number),
    )
    return Explanation(
        ticket,
        rate=policies.rate(ticket.lane),
        waited_s=round((now - ticket.arrived_at).total_seconds()),
        points=round(points(policies, ticket, now)),
        overtaken=count,
        due=due,
        deferred_calls=deferred_calls,
        reasons=tuple(_reasons(day, ticket, now, windows)),
        places=tuple(_place(day, ticket, state, now) for state in windows),
    )


def why_next(day: HallDay, window: WindowId, now: datetime) -> tuple[Reason, ...]:
    """Return why a window calls next whom it does; nothing where nobody waits for it."""
    first = next(iter(queue(day, window, now, 1)), None)
    if first is None:
        return ()
    windows = [day.windows[other] for other in windows_for(day, first) if other in day.windows]
    return tuple(_reasons(day, first, now, windows))


def _reasons(day: HallDay, ticket: Ticket, now: datetime, windows: list[WindowState]) -> Iterator[Reason]:
    if ticket.state is not TicketState.WAITING:
        yield Reason(f"state_{ticket.state}")
        return
    policies = day.plan.policies
    yield Reason(f"lane_{ticket.lane}", {"rate": f"{policies.rate(ticket.lane):g}"})
    minutes = round((now - ticket.arrived_at).total_seconds() / 60)
    yield Reason("points", {"minutes": minutes, "points": round(points(policies, ticket, now))})
    if ticket.not_before > day.calls_total:
        yield Reason("deferred", {"calls": ticket.not_before - day.calls_total})
    yield from _bound(day, ticket, now)
    yield from _meant(day, ticket)
    if not windows:
        yield Reason("no_window")
    elif all(state.status is not WindowStatus.OPEN for state in windows):
        yield Reason("no_window_open")


def _bound(day: HallDay, ticket: Ticket, now: datetime) -> Iterator[Reason]:
    """Yield how near a ticket is to the bound on overtaking."""
    policies = day.plan.policies
    count, since = overtaken(day, ticket)
    if count and policies.overtakes_max is not None:
        code = "bound_reached" if count >= policies.overtakes_max else "overtaken"
        yield Reason(code, {"count": count, "most": policies.overtakes_max})
    if since is not None and policies.excess_wait_s_max is not None:
        left_s = policies.excess_wait_s_max - (now - since).total_seconds()
        if left_s > 0:
            yield Reason("excess_left", {"minutes": round(left_s / 60)})
        else:
            yield Reason("excess_reached", {"minutes": round(policies.excess_wait_s_max / 60)})


def _meant(day: HallDay, ticket: Ticket) -> Iterator[Reason]:
    """Yield for whom a ticket waits, if not for anybody."""
    meant = day.windows.get(ticket.window) if ticket.window is not None else None
    if meant is not None and meant.status is not WindowStatus.CLOSED:
        yield Reason("for_window", {"label": day.plan.window_by_id[meant.id].label})
    elif ticket.clerk is not None:
        there = any(
            state.clerk == ticket.clerk and state.status is WindowStatus.OPEN and state.id in windows_for(day, ticket)
            for state in day.windows.values()
        )
        yield Reason("for_clerk" if there else "clerk_absent", {"clerk": ticket.clerk})


def _place(day: HallDay, ticket: Ticket, state: WindowState, now: datetime) -> Place:
    """Return the place of a ticket at one window."""
    mine = rank(day, ticket, now)
    count = ahead_at(day, state.id, mine, now)
    named = queue(day, state.id, now, min(count, AHEAD_SHOWN_MAX))
    others = tuple(Ahead(other, tuple(_why_ahead(day, other, mine, ticket, now))) for other in named)
    return Place(state, count + 1, others)


def _why_ahead(day: HallDay, other: Ticket, mine: Rank, ticket: Ticket, now: datetime) -> Iterator[Reason]:
    theirs, policies = rank(day, other, now), day.plan.policies
    if mine[0] == DEFERRED != theirs[0]:
        yield Reason("ahead_deferred")
    elif theirs[0] == DUE != mine[0]:
        yield Reason("ahead_bound", {"count": overtaken(day, other)[0]})
    elif theirs[0] == DUE or theirs[1] == mine[1]:
        yield Reason("ahead_earlier")
    else:
        both = {"theirs": round(points(policies, other, now)), "mine": round(points(policies, ticket, now))}
        yield Reason("ahead_points", both)
    if other.window is not None or other.clerk is not None:
        yield from _meant(day, other)

"""What the code at a window offers to be rated: the services that it gave last and that nobody has rated yet.

The code never changes, so it can't know who holds the phone. It offers the numbers of the last visits, newest first,
and who came chooses the own one; the code on the pad names its ticket and asks for that one. A visit is offered from
its end until it is rated, or until the plan's time for it is over.
"""

from datetime import datetime, timedelta

from controller.model import HallDay, WindowState
from controller.views import Form

OFFERS_MAX = 5
"""Visits that are offered: with more, people would look for their number."""


def review_offers(day: HallDay, state: WindowState, now: datetime) -> Form:
    """Return what a window gave last and nobody has rated, newest first."""
    since = now - timedelta(seconds=day.plan.policies.review_scan_s)
    window = day.plan.window_by_id.get(state.id)
    visits = [
        (visit.ended_at, ticket)
        for ticket in day.tickets.values()
        for visit in ticket.visits
        if visit.window == state.id and visit.review is None and visit.ended_at >= since
    ]
    visits.sort(key=lambda one: one[0], reverse=True)
    newest = {ticket.id: (ended_at, ticket) for ended_at, ticket in reversed(visits)}  # of each ticket the newest visit
    offers = sorted(newest.values(), key=lambda one: one[0], reverse=True)[:OFFERS_MAX]
    return {
        "hall_name": day.plan.hall.name,
        "timezone": day.plan.hall.timezone,
        "window": state.id,
        "label": window.label if window is not None else state.id,
        "offers": [
            {"ticket": ticket.id, "number": ticket.number, "ended_at": ended_at.isoformat(timespec="seconds")}
            for ended_at, ticket in offers
        ],
    }

"""The steps of a ticket with several services: a package (一件事, policy task 10), or a list that a citizen chose.

One window gives all that it can and hands on the rest: the ticket waits again for what is left, with its number and its
first arrival. Ordered steps are given one after another; of free ones any window takes those that it serves.
"""

from dataclasses import dataclass
from itertools import takewhile

from controller.assignment import posts_of, serving_now
from controller.model import HallDay, Ticket, Visit
from controller.plan import Plan, ServiceCode, WindowId


@dataclass(frozen=True, slots=True)
class Steps:
    """What a ticket is for; ``package`` where it is one matter and nothing else."""

    services: tuple[ServiceCode, ...]
    ordered: bool
    package: ServiceCode | None = None


def expanded(plan: Plan, codes: tuple[ServiceCode, ...]) -> Steps:
    """Return the services that codes stand for, each once; a package's code stands for its services.

    A list without an ordered package is free: no window has to wait for another.
    """
    packages = {package.code: package for package in plan.packages}
    services: dict[ServiceCode, None] = {}
    for code in codes:
        services |= dict.fromkeys(packages[code].services if code in packages else (code,))
    meant = [packages[code] for code in codes if code in packages]
    whole = meant[0].code if len(codes) == 1 and meant else None
    return Steps(tuple(services), any(package.ordered for package in meant), whole)


def given_at(day: HallDay, ticket: Ticket, window: WindowId) -> tuple[ServiceCode, ...]:
    """Return the services of a ticket that a window gives once it is finished there.

    These are all that are left and served there, or by one whose place it takes (AB岗); of ordered ones as far as the
    first that is not. A window to which a ticket was sent gives the next one in any case: else it would never end.
    """
    posts = posts_of(day, window)
    here = {code for code in ticket.remaining if not posts.isdisjoint(serving_now(day, (code,)))}
    rest = ticket.remaining
    given = tuple(takewhile(here.__contains__, rest) if ticket.ordered else (code for code in rest if code in here))
    return given or rest[:1]


def unrated_visits(ticket: Ticket) -> tuple[Visit, ...]:
    """Return the visits that nobody has rated and that a review by its window would rate: the newest of each window.

    They stand in the order of their ends: so the one that somebody is rating stays the first when another ends.
    """
    newest = {visit.window: visit for visit in ticket.visits if visit.review is None}
    return tuple(sorted(newest.values(), key=lambda visit: visit.ended_at))


def unrated_visit(ticket: Ticket, window: WindowId | None) -> int | None:
    """Return the place of the newest visit that nobody has rated, at a window or at any, or ``None``."""
    return next(
        (
            place
            for place in reversed(range(len(ticket.visits)))
            if ticket.visits[place].review is None and window in (None, ticket.visits[place].window)
        ),
        None,
    )

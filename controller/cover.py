"""Who stands in for whom (AB岗, policy task 3), and who staffs which post (专人专岗).

A window that is left names another that takes over its services at once (``substitute``); with none named, the plan's
B post does, where one of its clerks is at another window. When the colleague is back, or the window closes, all is as
it was. Where a stand-in leaves too, whoever stands in for it does for both; where nobody does, the plan is asked again.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from controller.model import HallDay, WindowState, WindowStatus
from controller.plan import Plan, Post, WindowId


class Role(StrEnum):
    """Whether a clerk is at a post as its own (A岗) or to stand in (B岗)."""

    A = "a"
    B = "b"


def stand_in(day: HallDay, window: WindowId) -> WindowId | None:
    """Return the open window that stands in for one that is away, directly or for its substitute in turn."""
    state = day.windows.get(window)
    for _ in day.windows:
        if state is None or state.status is not WindowStatus.AWAY or state.substitute is None:
            return None
        state = day.windows.get(state.substitute)
        if state is not None and state.status is WindowStatus.OPEN:
            return state.id
    return None


def backup_at(day: HallDay, window: WindowId) -> WindowId | None:
    """Return the open window, another one, whose clerk the plan names as the stand-in for a window's post."""
    for clerk in _backups(day.plan, window):
        for state in day.windows.values():
            if state.id != window and state.clerk == clerk and state.status is WindowStatus.OPEN:
                return state.id
    return None


def uncovered(day: HallDay) -> Iterator[tuple[WindowId, WindowId]]:
    """Yield the windows that are away with nobody in their place, each with the one whose clerk should be."""
    for state in day.windows.values():
        if state.status is WindowStatus.AWAY and stand_in(day, state.id) is None:
            backup = backup_at(day, state.id)
            if backup is not None:
                yield state.id, backup


def post_of(day: HallDay, state: WindowState) -> tuple[Post, Role] | None:
    """Return the post at which a window's clerk is, and as what; ``None`` where the plan says nothing of it."""
    if state.clerk is None:
        return None
    posts = [post for post in day.plan.posts if post.window == state.id]
    for post in posts:
        if state.clerk == post.primary or state.clerk in _rostered(day.plan, post, day.day):
            return post, Role.A
    return next(((post, Role.B) for post in posts if state.clerk in post.backups), None)


def _backups(plan: Plan, window: WindowId) -> Iterator[str]:
    return (clerk for post in plan.posts if post.window == window for clerk in post.backups)


def _rostered(plan: Plan, post: Post, day: date) -> frozenset[str]:
    """Return the clerks whose turn at a post it is on a day."""
    return frozenset(
        shift.clerk
        for shift in plan.roster
        if shift.post == post.id
        and day.isoweekday() in shift.weekdays
        and (shift.first is None or shift.first <= day)
        and (shift.last is None or day <= shift.last)
    )

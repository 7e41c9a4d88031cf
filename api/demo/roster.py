"""Who stands where in the demo: which windows have a clerk, and which one is left for the visitor."""

from typing import NamedTuple

from controller.plan import Plan, WindowId, WindowKind


class Roster(NamedTuple):
    """Who has which window.

    Attributes:
        staffed: windows with a clerk of ours.
        visitor: a window that the visitor may play with, by hand; ``None`` in a hall that can't spare one.
    """

    staffed: frozenset[WindowId]
    visitor: WindowId | None


def roster(plan: Plan) -> Roster:
    """Share out the windows: every service that can be served is served without the visitor's help.

    The visitor gets the last comprehensive window that can be spared, or else the last of any kind. The window for what
    could not be done elsewhere (“办不成事”反映) has a clerk only where nothing else serves its matters.
    """
    staffed = [window.id for window in plan.windows]
    for window in reversed(plan.windows):
        if window.kind is WindowKind.UNRESOLVED and _can_spare(plan, staffed, window.id):
            staffed.remove(window.id)
    comprehensive = [window.id for window in plan.windows if window.kind is WindowKind.COMPREHENSIVE]
    others = [window.id for window in plan.windows if window.id not in comprehensive]
    for window_id in (*reversed(comprehensive), *reversed(others)):
        if window_id in staffed and _can_spare(plan, staffed, window_id):
            staffed.remove(window_id)
            return Roster(frozenset(staffed), window_id)
    left = [window.id for window in plan.windows if window.id not in staffed]
    return Roster(frozenset(staffed), left[-1] if left else None)


def _can_spare(plan: Plan, staffed: list[WindowId], gone: WindowId) -> bool:
    rest = frozenset(staffed) - {gone}
    return all(windows & rest or not windows & frozenset(staffed) for windows in plan.windows_for.values())


def substitute_of(plan: Plan, window: WindowId, is_open: frozenset[WindowId]) -> WindowId | None:
    """Return the open window that can stand in for most of a window's services, if any can."""
    shared = {
        other: sum(1 for windows in plan.windows_for.values() if window in windows and other in windows)
        for other in sorted(is_open - {window})
    }
    best = max(shared, key=lambda other: shared[other], default=None)
    return best if best is not None and shared[best] > 0 else None

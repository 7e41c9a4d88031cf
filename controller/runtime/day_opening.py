"""How a hall's day begins: with its plan, with who is still at a window, and with whom the day before left unserved."""

from datetime import date

from controller.carry_over import carried
from controller.commands import OpenDay
from controller.events import OpenedWindow
from controller.model import HallDay, WindowStatus
from controller.opening import Timetable
from controller.plan import Plan
from controller.runtime.calendar import WorkingCalendar

LOOK_BACK_DAYS = 14
"""Over how many days without a stream, of a hall that was switched off, tickets are carried: longer than a holiday."""


def opening_of(day: date, plan: Plan, over: HallDay | None, left: HallDay | None) -> OpenDay:
    """Return the command that opens a hall's day.

    Args:
        day: which day.
        plan: the plan in force.
        over: the day that has just ended in this process, if it has seen one.
        left: the last day that the hall had, whose unserved tickets wait on if the plan says so.
    """
    return OpenDay(
        plan.hall.id,
        day,
        plan,
        staffed=_staffed(over, plan),
        carried=carried(left, plan) if left is not None else (),
        calendar=WorkingCalendar().ahead(day),
    )


def _staffed(over: HallDay | None, plan: Plan) -> tuple[OpenedWindow, ...]:
    """Return the windows that stay staffed over midnight: those of a hall that never closes."""
    if over is None or not Timetable(plan.hall.hours, plan.opening).never_closes:
        return ()
    return tuple(
        OpenedWindow(window.id, window.clerk)
        for window in over.windows.values()
        if window.status is not WindowStatus.CLOSED and window.id in plan.window_by_id
    )

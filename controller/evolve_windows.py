"""What an event about the staffing of a window does to the state of a day."""

from typing import TypeAlias

from controller import events as e
from controller.model import HallDay, WindowStatus
from controller.transitions import WINDOW
from controller.values import changed as replaced

WindowMove: TypeAlias = e.WindowOpened | e.WindowSteppedAway | e.WindowCovered | e.WindowReturned | e.WindowClosed


def window_changed(day: HallDay, recorded: e.Recorded, event: WindowMove) -> HallDay:
    """Return the day after a window was opened, left, covered, come back to or closed."""
    state = day.windows[event.window]
    status = WINDOW[state.status, type(event)]
    if isinstance(event, e.WindowCovered):
        return day.changed(windows={**day.windows, event.window: replaced(state, substitute=event.substitute)})
    state = replaced(
        state,
        status=status,
        notice=None,
        substitute=None,
        until=None,
        idle_since=recorded.at if status is WindowStatus.OPEN else None,
        since=recorded.at,
    )
    match event:
        case e.WindowOpened():
            state = replaced(state, clerk=event.clerk)
        case e.WindowSteppedAway():
            state = replaced(state, notice=event.reason, substitute=event.substitute, until=event.until)
        case e.WindowClosed():
            state = replaced(state, clerk=None)
        case e.WindowReturned():
            pass
    return day.changed(windows={**day.windows, event.window: state})

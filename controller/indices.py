"""The two wastes of a service floor, as rates: people wait for windows, windows wait for people.

The policy (safeguard 2) asks to avoid both 人等事 and 事等人. At an instant:

- *people wait* is the number of waiting tickets for which a capable window stands unmanned or away;
- *windows wait* are the windows open with no ticket and nobody eligible to call.

Integrated over time they are the person-seconds and clerk-seconds of the metrics.
"""

from controller.assignment import eligible, serving
from controller.model import HallDay, WindowStatus
from controller.plan import WindowId


def people_waiting_for_windows(day: HallDay) -> int:
    """Return how many people wait now though a window that could serve them stands unmanned or away."""
    unmanned = {state.id for state in day.windows.values() if state.status is not WindowStatus.OPEN}
    return sum(
        len(queue.tickets)
        for key, queue in day.queues.items()
        if not unmanned.isdisjoint(serving(day.plan, key.services))
    )


def windows_waiting_for_people(day: HallDay) -> tuple[WindowId, ...]:
    """Return the windows that are open with no ticket while nobody waits whom they could call."""
    return tuple(
        state.id
        for state in day.windows.values()
        if state.status is WindowStatus.OPEN and state.ticket is None and next(eligible(day, state.id), None) is None
    )

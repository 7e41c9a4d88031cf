"""The floor calls by itself (``auto_call``): whoever can be served at a window that stands idle is called there.

The calls are events of the same command that made a window free or a ticket wait: there is no timer, and what is told,
shown and said of them follows the commit like every other call.
"""

from controller import commands as c
from controller import events as e
from controller.assignment import choose
from controller.cover import uncovered
from controller.evolve import evolve
from controller.model import CallId, HallDay, WindowState, WindowStatus

STAFFING = (e.WindowOpened, e.WindowSteppedAway, e.WindowReturned, e.WindowClosed, e.PlanChanged)
"""Events after which somebody else may have to stand in for who is away."""


def call_id(day: HallDay, seq: int) -> CallId:
    """Return the id of the call that is the event at a place of the stream."""
    return CallId(f"c{day.day.month:02}{day.day.day:02}-{seq}")


def with_calls(day: HallDay | None, request: c.Request, events: tuple[e.Event, ...]) -> tuple[e.Event, ...]:
    """Return a command's events, and the calls that follow from them.

    The window that has been idle longest takes its next ticket first; of two that became idle in one instant the one
    that stands first in the plan.
    """
    plans = [event.plan for event in events if isinstance(event, e.DayOpened | e.PlanChanged)]
    if day is not None:
        plans = [*plans, day.plan]
    if not plans[0].policies.auto_call:
        return events
    after = day
    for event in events:
        after = _after(after, request, event)
    calls: list[e.Event] = []
    while after is not None and (call := _call(after, request)) is not None:
        calls.append(call)
        after = _after(after, request, call)
    return (*events, *calls)


def with_covers(day: HallDay | None, request: c.Request, events: tuple[e.Event, ...]) -> tuple[e.Event, ...]:
    """Return a command's events, and the covers that follow from them: who stands in for whom (AB岗)."""
    if not isinstance(events[0], STAFFING):
        return events
    after = day
    for event in events:
        after = _after(after, request, event)
    covers = uncovered(after) if after is not None else ()
    return (*events, *(e.WindowCovered(window, backup) for window, backup in covers))


def _after(day: HallDay | None, request: c.Request, event: e.Event) -> HallDay:
    seq = day.seq + 1 if day is not None else 1
    return evolve(day, e.Recorded(seq, request.at, request.actor, request.id, event))


def _call(day: HallDay, request: c.Request) -> e.TicketCalled | None:
    """Return the first call that the floor makes by itself now."""
    if day.closed:
        return None
    for state in sorted(_idle(day), key=lambda state: state.idle_since or day.at):
        choice = choose(day, state.id, request.at)
        if choice is not None:
            return e.TicketCalled(call_id(day, day.seq + 1), choice.ticket.id, state.id, choice.overtook, auto=True)
    return None


def _idle(day: HallDay) -> list[WindowState]:
    return [state for state in day.windows.values() if state.status is WindowStatus.OPEN and state.ticket is None]

"""The life of a ticket and of a window, as tables.

All rules about *which event may happen in which state* live here; ``decide`` asks :func:`legal`, ``evolve`` takes the
next state from the table, the tests try every pair, and the documentation is drawn from it.
"""

from collections.abc import Mapping

from controller import events as e
from controller.model import TicketState as T
from controller.model import WindowStatus as W

EventType = type

TICKET: Mapping[tuple[T, EventType], T] = {
    (T.WAITING, e.TicketCalled): T.CALLED,
    (T.WAITING, e.TicketRedirected): T.WAITING,
    (T.WAITING, e.TicketCancelled): T.CANCELLED,
    (T.CALLED, e.TicketRecalled): T.CALLED,
    (T.CALLED, e.ServiceStarted): T.SERVING,
    (T.CALLED, e.TicketPassed): T.NO_SHOW,
    (T.CALLED, e.TicketTransferred): T.WAITING,
    (T.CALLED, e.TicketCancelled): T.CANCELLED,
    (T.SERVING, e.ServiceFinished): T.FINISHED,
    (T.SERVING, e.StepFinished): T.WAITING,
    (T.SERVING, e.TicketHeld): T.HELD,
    (T.SERVING, e.TicketTransferred): T.WAITING,
    (T.HELD, e.TicketResumed): T.SERVING,
    (T.HELD, e.TicketCancelled): T.CANCELLED,
    (T.NO_SHOW, e.TicketReturned): T.WAITING,
    (T.NO_SHOW, e.TicketCancelled): T.CANCELLED,
    (T.WAITING, e.ClerkAssigned): T.WAITING,
    (T.CALLED, e.ClerkAssigned): T.CALLED,
    (T.SERVING, e.ClerkAssigned): T.SERVING,
    (T.HELD, e.ClerkAssigned): T.HELD,
    (T.NO_SHOW, e.ClerkAssigned): T.NO_SHOW,
}
"""Next state of a ticket; a pair that is not here is refused."""

WINDOW: Mapping[tuple[W, EventType], W] = {
    (W.CLOSED, e.WindowOpened): W.OPEN,
    (W.OPEN, e.WindowSteppedAway): W.AWAY,
    (W.OPEN, e.WindowClosed): W.CLOSED,
    (W.AWAY, e.WindowCovered): W.AWAY,
    (W.AWAY, e.WindowReturned): W.OPEN,
    (W.AWAY, e.WindowClosed): W.CLOSED,
}
"""Next status of a window; a pair that is not here is refused."""

AT_WINDOW = frozenset({T.CALLED, T.SERVING})
"""States in which a ticket occupies its window."""

UNFINISHED = frozenset({T.WAITING, T.CALLED, T.SERVING, T.HELD})
"""States in which somebody still hopes to be served today."""


def legal(state: T | W, event: EventType) -> bool:
    """Tell whether an event of this type may happen in this state."""
    return (state, event) in TICKET or (state, event) in WINDOW

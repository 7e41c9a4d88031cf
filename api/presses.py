"""What a clerk can do at a window, by the same words over HTTP and from a call pad, as commands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from controller import commands as c
from controller.model import TicketId
from controller.plan import ServiceCode, WindowId


class Action(StrEnum):
    """The words of the contract."""

    OPEN = "open"
    NEXT = "next"
    RECALL = "recall"
    START = "start"
    FINISH = "finish"
    NO_SHOW = "no-show"
    HOLD = "hold"
    RESUME = "resume"
    TRANSFER = "transfer"
    AWAY = "away"
    BACK = "back"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What some actions need besides; each reads its own.

    Attributes:
        clerk: who opens the window.
        ticket: which held ticket to resume.
        reason: why the clerk steps away.
        substitute: window that serves meanwhile.
        until: when the clerk will be back.
        to_window: where a transferred ticket goes.
        services: what a transferred ticket is for from now on.
        note: what the next clerk should know.
        to_clerk: the person to whom a transferred ticket goes.
    """

    clerk: str = ""
    ticket: str | None = None
    reason: str = ""
    substitute: str | None = None
    until: datetime | None = None
    to_window: str | None = None
    services: tuple[str, ...] = ()
    note: str = ""
    to_clerk: str = ""


_PLAIN: Mapping[Action, Callable[[WindowId], c.Command]] = {
    Action.NEXT: c.CallNext,
    Action.RECALL: c.Recall,
    Action.START: c.StartService,
    Action.FINISH: c.FinishService,
    Action.NO_SHOW: c.PassTicket,
    Action.HOLD: c.HoldTicket,
    Action.BACK: c.ComeBack,
    Action.CLOSE: c.CloseWindow,
}


def command_of(action: Action, window: str, details: Details) -> c.Command:
    """Return the command that an action at a window is."""
    at = WindowId(window)
    match action:
        case Action.OPEN:
            return c.OpenWindow(at, details.clerk or None)
        case Action.RESUME:
            return c.ResumeTicket(at, TicketId(details.ticket) if details.ticket else None)
        case Action.AWAY:
            substitute = WindowId(details.substitute) if details.substitute else None
            return c.StepAway(at, details.reason, substitute, details.until)
        case Action.TRANSFER:
            to_window = WindowId(details.to_window) if details.to_window else None
            services = tuple(ServiceCode(code) for code in details.services)
            return c.TransferTicket(at, to_window, services, details.note, details.to_clerk or None)
        case _:
            return _PLAIN[action](at)

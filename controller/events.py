"""What happened: one frozen value a kind of event, past tense.

An event carries everything that :mod:`controller.evolve` needs; whatever a policy decided stands in it, so that a
stream means the same under tomorrow's rules. Events live for ever: a changed form gets a new version and an upcaster
in :mod:`controller.codec`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from controller.help_events import HelpAnswered, HelpAsked, PeopleCounted
from controller.model import CallId, CommandId, JobId, ReviewId, TicketId, Token
from controller.opening import CalendarDay
from controller.plan import DeviceId, HallId, Lane, Plan, ServiceCode, WindowId, ZoneId


@dataclass(frozen=True, slots=True)
class OpenedWindow:
    """A window that was staffed when the day changed, and stays so."""

    window: WindowId
    clerk: str | None


@dataclass(frozen=True, slots=True)
class DayOpened:
    """The first event of a stream: the day and the plan in force.

    ``calendar`` are the public holidays and the weekend days worked in exchange, from this day on for a month.
    """

    hall: HallId
    day: date
    plan: Plan
    staffed: tuple[OpenedWindow, ...] = ()
    calendar: tuple[CalendarDay, ...] = ()


@dataclass(frozen=True, slots=True)
class DayClosed:
    """The day is over; ``unserved`` were still waiting, called or held."""

    unserved: tuple[TicketId, ...]


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """A new plan is in force. ``stranded`` are waiting tickets whose service no window offers any more."""

    plan: Plan
    stranded: tuple[TicketId, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketIssued:
    """A citizen took a ticket; ``ahead`` and the waits are what was told.

    Its services are given one after another, or with ``ordered`` false in any order. With ``arrived_at`` its arrival
    counts from then: from the time for which it was booked.
    """

    ticket: TicketId
    number: str
    prefix: str
    serial: int
    services: tuple[ServiceCode, ...]
    lane: Lane
    channel: str
    token: Token
    ahead: int
    wait_p50_s: int
    wait_p90_s: int
    clerk: str | None = None
    ordered: bool = True
    package: ServiceCode | None = None
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketCarried:
    """A ticket that an earlier day left unserved waits on in this one: with its number, its token and its arrival.

    How often it was overtaken, and since when, counts on as well.
    """

    ticket: TicketId
    number: str
    services: tuple[ServiceCode, ...]
    done: int
    ordered: bool
    package: ServiceCode | None
    lane: Lane
    channel: str
    token: Token
    arrived_at: datetime
    ahead: int
    wait_p50_s: int
    wait_p90_s: int
    returns: int = 0
    clerk: str | None = None
    window: WindowId | None = None
    overtaken: int = 0
    overtaken_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketCalled:
    """A ticket was called to a window.

    ``overtook`` names the first of each queue that arrived before it and that the window could have called instead;
    whoever stands behind that one and arrived before the called ticket was overtaken too. ``auto``: the floor called
    by itself.
    """

    call: CallId
    ticket: TicketId
    window: WindowId
    overtook: tuple[TicketId, ...] = ()
    auto: bool = False


@dataclass(frozen=True, slots=True)
class TicketRecalled:
    """The same call was made again."""

    call: CallId
    ticket: TicketId
    window: WindowId
    times: int


@dataclass(frozen=True, slots=True)
class NobodyWaiting:
    """A clerk asked for the next ticket, and there was none for the window."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class ServiceStarted:
    """The citizen came to the window."""

    ticket: TicketId
    window: WindowId


@dataclass(frozen=True, slots=True)
class ServiceFinished:
    """The service was given; it may be reviewed at the window until ``review_until``."""

    ticket: TicketId
    window: WindowId
    review_until: datetime


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A window gave ``services`` of a ticket; for the rest it waits again, its first arrival kept.

    What was given may be reviewed at the window until ``review_until``.
    """

    ticket: TicketId
    window: WindowId
    services: tuple[ServiceCode, ...]
    review_until: datetime


@dataclass(frozen=True, slots=True)
class TicketPassed:
    """The citizen did not come when called (过号)."""

    ticket: TicketId
    window: WindowId


@dataclass(frozen=True, slots=True)
class TicketReturned:
    """A passed number came back; others go first until the day has seen ``not_before`` calls."""

    ticket: TicketId
    not_before: int


@dataclass(frozen=True, slots=True)
class TicketHeld:
    """The matter waits aside (挂起), e.g. for a copy."""

    ticket: TicketId
    window: WindowId


@dataclass(frozen=True, slots=True)
class TicketResumed:
    """A held matter goes on at a window."""

    ticket: TicketId
    window: WindowId


@dataclass(frozen=True, slots=True)
class TicketTransferred:
    """The ticket waits again, its first arrival kept, for another window or other services (转办).

    ``clerk`` is set where it goes to a person from now on (首问负责); else it stays with whom it was.
    """

    ticket: TicketId
    window: WindowId
    to_window: WindowId | None
    services: tuple[ServiceCode, ...]
    note: str = ""
    clerk: str | None = None


@dataclass(frozen=True, slots=True)
class TicketRedirected:
    """A ticket that waits is sent to another window or for other services, its place kept; nobody had called it."""

    ticket: TicketId
    to_window: WindowId | None
    services: tuple[ServiceCode, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClerkAssigned:
    """A clerk answers for the ticket's matter (首问负责), or with ``None`` nobody in particular any more."""

    ticket: TicketId
    clerk: str | None


@dataclass(frozen=True, slots=True)
class TicketCancelled:
    """The ticket was given back or struck off."""

    ticket: TicketId
    reason: str


@dataclass(frozen=True, slots=True)
class WindowOpened:
    """A clerk began to serve at a window."""

    window: WindowId
    clerk: str | None


@dataclass(frozen=True, slots=True)
class WindowSteppedAway:
    """The window is unmanned for a while, with a notice and maybe a substitute (离岗告知)."""

    window: WindowId
    reason: str
    substitute: WindowId | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class WindowCovered:
    """Another window stands in for one that is away from now on, as the plan's B post says (AB岗)."""

    window: WindowId
    substitute: WindowId


@dataclass(frozen=True, slots=True)
class WindowReturned:
    """The clerk is back."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class WindowClosed:
    """The window serves nobody any more today."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class ReceiptRequested:
    """Paper is asked of a device."""

    job: JobId
    ticket: TicketId
    device: DeviceId
    expires_at: datetime
    reprint: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptPrinted:
    """The device says that the paper is out."""

    job: JobId


@dataclass(frozen=True, slots=True)
class ReceiptFailed:
    """The device could not print, or the job grew too old."""

    job: JobId
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewGiven:
    """A citizen rated a service given (好差评, five levels)."""

    review: ReviewId
    ticket: TicketId
    window: WindowId | None
    level: int
    tags: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class NoticeMade:
    """The manager has something said to everybody who waits: in one zone, or with ``None`` in all."""

    notice: str
    text: str
    zone: ZoneId | None = None
    urgent: bool = False


Event: TypeAlias = (
    DayOpened
    | DayClosed
    | PlanChanged
    | TicketIssued
    | TicketCarried
    | TicketCalled
    | TicketRecalled
    | NobodyWaiting
    | ServiceStarted
    | ServiceFinished
    | StepFinished
    | TicketPassed
    | TicketReturned
    | TicketHeld
    | TicketResumed
    | TicketTransferred
    | TicketRedirected
    | ClerkAssigned
    | TicketCancelled
    | WindowOpened
    | WindowSteppedAway
    | WindowCovered
    | WindowReturned
    | WindowClosed
    | ReceiptRequested
    | ReceiptPrinted
    | ReceiptFailed
    | ReviewGiven
    | NoticeMade
    | PeopleCounted
    | HelpAsked
    | HelpAnswered
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event at its place in the stream: who caused it, when, and by which command."""

    seq: int
    at: datetime
    actor: str
    command: CommandId
    event: Event

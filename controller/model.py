"""The state of a hall's day: frozen values, made by :mod:`controller.evolve` alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, NewType, TypeAlias

from controller.help_events import HelpCall
from controller.opening import CalendarDay, Timetable
from controller.overlay import DraftOverlay, Overlay
from controller.plan import DeviceId, HallId, Lane, Plan, ServiceCode, WindowId, ZoneId

TicketId = NewType("TicketId", str)
CallId = NewType("CallId", str)
JobId = NewType("JobId", str)
ReviewId = NewType("ReviewId", str)
Token = NewType("Token", str)
CommandId = NewType("CommandId", str)

RECENT_CALLS_MAX = 12
"""Calls that a board shows: what fits a TV at a size that is read from three metres."""


class TicketState(StrEnum):
    """Where a ticket is in its life."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    HELD = "held"
    NO_SHOW = "no_show"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class WindowStatus(StrEnum):
    """Whether somebody works at a window."""

    OPEN = "open"
    AWAY = "away"
    CLOSED = "closed"


class ReceiptState(StrEnum):
    """Where a print job is; ``none``: no paper was asked for."""

    NONE = "none"
    REQUESTED = "requested"
    PRINTED = "printed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a window did for a ticket, by its ``clerk``: services given there, that may be reviewed once together."""

    window: WindowId
    services: tuple[ServiceCode, ...]
    ended_at: datetime
    served_s: float
    review: ReviewId | None = None
    clerk: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A citizen's place. ``arrived_at`` is kept through return and transfer, so a place is never lost.

    ``window`` is where it is called, served or held; while it waits, the window that it is meant for, if any.
    ``not_before`` is the count of calls of the day before which a returned ticket lets others go first.
    ``ahead`` and the waits are those told to the citizen when the ticket was issued. ``order`` is the place of its
    issue in the stream: of two that arrived in one instant the earlier goes first. ``served_s`` is the time at windows
    so far, without what it was set aside in between; ``resumed_at`` is when it went on after that. ``clerk`` is who
    first took the matter (首问负责). ``rejoined`` is the place in the stream where it began to wait again, 0 for one
    that waits since it arrived. ``overtaken`` and ``overtaken_since`` stand for its waits before this one; what has
    overtaken it since is in its queue (:func:`controller.queues.overtaken`).

    Of ``services`` the first ``done`` are given; the rest goes on in this order, or with ``ordered`` false in any.
    ``package`` is the one matter (一件事) that they make up. ``visits`` are the services given, by window; ``review``
    is the newest of theirs. ``carried`` is a ticket of an earlier day that goes on in this one.
    """

    id: TicketId
    number: str
    services: tuple[ServiceCode, ...]
    lane: Lane
    channel: str
    token: Token
    state: TicketState
    arrived_at: datetime
    ahead: int
    wait_p50_s: int
    wait_p90_s: int
    window: WindowId | None = None
    called_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    returns: int = 0
    not_before: int = 0
    receipt: ReceiptState = ReceiptState.NONE
    job: JobId | None = None
    review: ReviewId | None = None
    order: int = 0
    resumed_at: datetime | None = None
    served_s: float = 0.0
    clerk: str | None = None
    rejoined: int = 0
    overtaken: int = 0
    overtaken_since: datetime | None = None
    done: int = 0
    ordered: bool = True
    package: ServiceCode | None = None
    visits: tuple[Visit, ...] = ()
    carried: bool = False

    @property
    def remaining(self) -> tuple[ServiceCode, ...]:
        """The services that are still to be given."""
        return self.services[self.done :]

    @property
    def next_steps(self) -> tuple[ServiceCode, ...]:
        """The services of which any may be given next; a window that serves one of them may call the ticket."""
        return self.services[self.done : self.done + 1] if self.ordered else self.services[self.done :]

    @property
    def next_service(self) -> ServiceCode:
        """The service that it is counted and timed by: the next one, or the last one where all are given."""
        return self.services[min(self.done, len(self.services) - 1)]


class QueueKey(NamedTuple):
    """All that decides which windows may call a ticket, and how fast it gains priority: one queue for each.

    ``services`` are those of which any may be given next.

    Who began to wait again has a queue of its own (``rejoined``). So in a queue the first arrival is always the first
    to be called, and whoever overtakes one ticket of it has overtaken all that stand before that one.
    """

    services: tuple[ServiceCode, ...]
    lane: Lane
    window: WindowId | None
    clerk: str | None
    not_before: int
    rejoined: int


class QuotaKey(NamedTuple):
    """A service and the half of the day that its tickets arrive in."""

    service: ServiceCode
    afternoon: bool


class Overtaking(NamedTuple):
    """A call, at ``at``, of a ticket that arrived later than some that wait: its first arrival and order of issue."""

    arrived_at: datetime
    order: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """Who waits alike, the first arrival first, and the calls that overtook the first of them, the oldest first."""

    tickets: tuple[TicketId, ...]
    overtakings: tuple[Overtaking, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call-out of a ticket to a window; ``times`` counts how often it was made, the last repetition at ``last_at``.

    ``auto``: nobody pressed a key for it.
    """

    id: CallId
    ticket: TicketId
    number: str
    window: WindowId
    label: str
    zone: ZoneId
    lane: Lane
    at: datetime
    times: int = 1
    last_at: datetime | None = None
    auto: bool = False


@dataclass(frozen=True, slots=True)
class WindowState:
    """A window today.

    ``stage`` is ``called`` or ``serving`` while a ticket is there, ``call`` its call-out. ``idle_since`` is set while
    it is open with no ticket. ``finished`` is the ticket that may be reviewed there until ``review_until``. ``since``
    is when it was opened, left or closed.
    """

    id: WindowId
    status: WindowStatus = WindowStatus.CLOSED
    clerk: str | None = None
    ticket: TicketId | None = None
    stage: TicketState | None = None
    call: Call | None = None
    notice: str | None = None
    substitute: WindowId | None = None
    until: datetime | None = None
    idle_since: datetime | None = None
    finished: TicketId | None = None
    review_until: datetime | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A print job: offered to its device again, under the same id, until it is printed or too old."""

    job: JobId
    ticket: TicketId
    device: DeviceId
    state: ReceiptState
    requested_at: datetime
    expires_at: datetime
    reprint: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A citizen's rating of one service given (好差评): 5 is best, 1 and 2 are bad."""

    id: ReviewId
    ticket: TicketId
    window: WindowId | None
    level: int
    tags: tuple[str, ...]
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pace:
    """How long services took today: ``count`` of them, ``total_s`` seconds at windows."""

    count: int = 0
    total_s: float = 0.0


Subject: TypeAlias = Ticket | WindowState | Receipt | Review | HelpCall | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The first result of a command: the types of its first and last event, and its subject as it stood after it.

    Calls that the floor made by itself then are not among the events, but the subject stands as it was after them.
    """

    event: str
    subject: Subject
    last: str = ""


@dataclass(frozen=True)
class HallDay:
    """A hall's business day after ``seq`` events; ``at`` is the time of the last one.

    Without slots, so that :meth:`changed` can copy it whole: it is made anew for each event, and
    ``dataclasses.replace`` passes every field through ``__init__`` at ten times the cost.
    """

    hall: HallId
    day: date
    plan: Plan
    at: datetime
    seq: int = 0
    windows: Mapping[WindowId, WindowState] = field(default_factory=dict)
    tickets: Overlay[TicketId, Ticket] = field(default_factory=Overlay)
    tokens: Overlay[Token, TicketId] = field(default_factory=Overlay)
    receipts: Overlay[JobId, Receipt] = field(default_factory=Overlay)
    reviews: Overlay[ReviewId, Review] = field(default_factory=Overlay)
    answers: Overlay[CommandId, Answer] = field(default_factory=Overlay)
    waiting: tuple[TicketId, ...] = ()
    waiting_by_service: Mapping[ServiceCode, int] = field(default_factory=dict)
    queues: Mapping[QueueKey, Queue] = field(default_factory=dict)
    held: tuple[TicketId, ...] = ()
    pending_receipts: tuple[JobId, ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    carried_numbers: frozenset[str] = frozenset()
    quota_used: Mapping[QuotaKey, int] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    calls_total: int = 0
    pace: Mapping[ServiceCode, Pace] = field(default_factory=dict)
    closed: bool = False
    calendar: tuple[CalendarDay, ...] = ()
    help_calls: tuple[HelpCall, ...] = ()

    def changed(self, **changes: Any) -> "HallDay":
        """Return this day with some fields changed."""
        copy: HallDay = object.__new__(HallDay)
        copy.__dict__.update(self.__dict__, **changes)
        return copy

    def is_open(self, local: datetime) -> bool:
        """Tell whether the hall is open at ``local``, a time in the hall's own zone."""
        return not self.closed and self.timetable.is_open(local)

    @property
    def timetable(self) -> Timetable:
        """When the hall is open, by the plan in force and the public calendar."""
        return Timetable(self.plan.hall.hours, self.plan.opening, self.calendar)


class Draft(HallDay):
    """A day in the making, that one owner alone sees: :meth:`changed` changes it in place.

    So a restart reads a long day in half the time; nobody looks at the days in between.
    """

    def __init__(self, day: HallDay) -> None:
        """Begin with a day."""
        self.__dict__.update(day.__dict__)
        self.changed(**{name: DraftOverlay(getattr(day, name)) for name in _OVERLAYS})

    def changed(self, **changes: Any) -> HallDay:
        """Change this day."""
        self.__dict__.update(changes)
        return self

    def whole(self) -> HallDay:
        """Return the day that it has become; the draft is not to be changed any more."""
        day = HallDay.changed(self)
        return day.changed(**{name: getattr(day, name).whole() for name in _OVERLAYS})


_OVERLAYS = ("tickets", "tokens", "receipts", "reviews", "answers")

"""A day in figures: what happened in each hour, and the two wastes of the floor (人等事, 事等人) integrated over time.

Between two events the floor doesn't change, so the integral over a stream is a sum of rectangles: the rates of
:mod:`controller.indices` times the seconds until the next event, counted while the hall is open. Rectangles are cut at
the bounds of slots of :data:`SLOT_S` seconds; an hour is the sum of its slots, and a curve shows their means.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from math import ceil

from controller import events as e
from controller import help_events as h
from controller.evolve import evolve
from controller.indices import people_waiting_for_windows, windows_waiting_for_people
from controller.model import Draft, HallDay, Ticket, WindowStatus
from controller.plan import HallId, WindowId

SLOT_S = 300
"""Length of a point of the curves: short enough to see a queue come and go, long enough for a day to fit a screen."""
SLOT = timedelta(seconds=SLOT_S)
HALF_HOUR_MIN = 30
"""Waits are told by the half hour: in a township's hall a shorter stretch has too few of them for a median."""
INSTANT = timedelta.resolution
"""A review that comes after midnight counts in the day's last moment."""


@dataclass(slots=True)
class Figures:
    """What happened in a stretch of time.

    Attributes:
        open_s: seconds of it in which the hall was open.
        tickets: issued.
        called: calls of a ticket; one that comes back or is sent on is called again.
        served: services given; a ticket with several steps counts at each window that gave some of it.
        no_shows: tickets passed.
        reviews: given.
        entered: people whom the counters at the doors saw come in.
        waits: of those called, those whose wait is known (:func:`wait_s`).
        waited_s: their waits together.
        waiting_s: person-seconds of everybody's waiting.
        people_wait_s: person-seconds waited while a capable window stood unmanned or away (人等事).
        windows_wait_s: seconds that each window was open with nobody to serve (事等人).
        manned_s: seconds that windows were open, all together.
    """

    open_s: float = 0.0
    tickets: int = 0
    called: int = 0
    waits: int = 0
    served: int = 0
    no_shows: int = 0
    reviews: int = 0
    entered: int = 0
    waited_s: float = 0.0
    waiting_s: float = 0.0
    people_wait_s: float = 0.0
    windows_wait_s: dict[WindowId, float] = field(default_factory=dict)
    manned_s: float = 0.0

    @property
    def mean_wait_s(self) -> float | None:
        """The mean wait of those who were called, ``None`` where nobody was."""
        return self.waited_s / self.waits if self.waits else None

    @property
    def is_empty(self) -> bool:
        """Whether the hall was closed and nothing happened."""
        seen = (self.tickets, self.called, self.served, self.no_shows, self.reviews, self.entered)
        return not self.open_s and not any(seen)

    def copy(self) -> "Figures":
        """Return the same figures, to be added to."""
        return replace(self, windows_wait_s=dict(self.windows_wait_s))

    def add(self, other: "Figures") -> None:
        """Add what happened in another stretch."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for window, seconds in other.windows_wait_s.items():
            self.windows_wait_s[window] = self.windows_wait_s.get(window, 0.0) + seconds


_SUMS = tuple(name for name in Figures.__dataclass_fields__ if name != "windows_wait_s")


def wait_s(ticket: Ticket, called_at: datetime) -> float | None:
    """Return how long a ticket waited from its first arrival until it was called.

    ``None`` for one that was carried over a night: that was no wait.
    """
    return None if ticket.carried else (called_at - ticket.arrived_at).total_seconds()


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the least of some ordered values that so large a share of them doesn't exceed (the nearest rank).

    ``None`` of no values.
    """
    return ordered[max(ceil(share * len(ordered)), 1) - 1] if ordered else None


@dataclass(frozen=True, slots=True)
class HalfHour:
    """Half an hour of a day: its figures, and the waits in seconds, in order, of those who were called in it."""

    figures: Figures
    waits_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DayReport:
    """A day in figures, up to the event ``seq`` and the time ``until``; each stretch by its beginning.

    Attributes:
        half_hours: in which the hall was open or something happened.
    """

    hall: HallId
    day: date
    seq: int
    until: datetime
    slots: Mapping[datetime, Figures]
    half_hours: Mapping[datetime, HalfHour]
    hours: Mapping[datetime, Figures]
    total: Figures


class DayBook:
    """Keeps a day's figures while its stream grows."""

    def __init__(self) -> None:
        self._slots: dict[datetime, Figures] = {}
        self._waits: dict[datetime, list[float]] = {}
        self._day: HallDay | None = None

    @property
    def seq(self) -> int:
        """The place in the stream of the last event that was added."""
        return self._day.seq if self._day is not None else 0

    def add(self, recorded: e.Recorded) -> None:
        """Add the next event, its time in the hall's zone.

        Raises:
            ValueError: it does not continue the stream.
        """
        if self._day is None:
            self._day = Draft(evolve(None, recorded))
        else:
            if recorded.seq == self._day.seq + 1:
                _integrate(self._slots, self._day, self._day.at, recorded.at)
            evolve(self._day, recorded)
        at = min(recorded.at, _end(self._day) - INSTANT)
        waited_s = _count(_slot(self._slots, at), self._day, recorded)
        if waited_s is not None:
            self._waits.setdefault(_half_hour_begin(at), []).append(waited_s)

    def report(self, now: datetime) -> DayReport:
        """Return the figures up to a time in the hall's zone; what lies behind the day's end counts for nothing.

        Raises:
            ValueError: no event was added yet.
        """
        day = self._day
        if day is None:
            raise ValueError("a day without events has no report")
        slots = {begin: figures.copy() for begin, figures in self._slots.items()}
        _integrate(slots, day, day.at, now)
        hours: dict[datetime, Figures] = {}
        halves: dict[datetime, Figures] = {}
        total = Figures()
        for begin, figures in sorted(slots.items()):
            halves.setdefault(_half_hour_begin(begin), Figures()).add(figures)
            hours.setdefault(begin.replace(minute=0), Figures()).add(figures)
            total.add(figures)
        return DayReport(
            day.hall,
            day.day,
            day.seq,
            max(min(now, _end(day)), day.at),
            {begin: figures for begin, figures in sorted(slots.items()) if not figures.is_empty},
            {
                begin: HalfHour(figures, tuple(sorted(self._waits.get(begin, ()))))
                for begin, figures in halves.items()
                if not figures.is_empty
            },
            {begin: figures for begin, figures in hours.items() if not figures.is_empty},
            total,
        )


def report(events: Iterable[e.Recorded], now: datetime) -> DayReport:
    """Return the figures of a whole stream; see :class:`DayBook`."""
    book = DayBook()
    for recorded in events:
        book.add(recorded)
    return book.report(now)


def _integrate(slots: dict[datetime, Figures], day: HallDay, since: datetime, until: datetime) -> None:
    """Add what a floor that didn't change in between amounts to."""
    until = min(until, _end(day))
    if day.closed or until <= since:
        return
    people, idle = people_waiting_for_windows(day), windows_waiting_for_people(day)
    manned = sum(state.status is WindowStatus.OPEN for state in day.windows.values())
    timetable = day.timetable
    for begin, end in _pieces(since, until):
        open_s = timetable.open_s(begin, end)
        if open_s <= 0:
            continue
        figures = _slot(slots, begin)
        figures.open_s += open_s
        figures.waiting_s += len(day.waiting) * open_s
        figures.people_wait_s += people * open_s
        figures.manned_s += manned * open_s
        for window in idle:
            figures.windows_wait_s[window] = figures.windows_wait_s.get(window, 0.0) + open_s


def _pieces(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut a stretch at the bounds of slots, and so at hours and at midnight."""
    while since < until:
        end = min(_slot_begin(since) + SLOT, until)
        yield since, end
        since = end


def _end(day: HallDay) -> datetime:
    """Return the midnight at the end of a day."""
    return datetime.combine(day.day + timedelta(days=1), time(), day.at.tzinfo)


def _slot_begin(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % (SLOT_S // 60), second=0, microsecond=0)


def _half_hour_begin(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % HALF_HOUR_MIN, second=0, microsecond=0)


def _slot(slots: dict[datetime, Figures], at: datetime) -> Figures:
    return slots.setdefault(_slot_begin(at), Figures())


def _count(figures: Figures, day: HallDay, recorded: e.Recorded) -> float | None:
    """Count an event, ``day`` being the day after it; return the wait of somebody called, in seconds, where known."""
    match recorded.event:
        case e.TicketIssued():
            figures.tickets += 1
        case e.TicketCalled(ticket=ticket):
            figures.called += 1
            waited_s = wait_s(day.tickets[ticket], recorded.at)
            if waited_s is not None:
                figures.waits += 1
                figures.waited_s += waited_s
            return waited_s
        case e.ServiceFinished() | e.StepFinished():
            figures.served += 1
        case e.TicketPassed():
            figures.no_shows += 1
        case e.ReviewGiven():
            figures.reviews += 1
        case h.PeopleCounted(entered=entered):
            figures.entered += entered
    return None

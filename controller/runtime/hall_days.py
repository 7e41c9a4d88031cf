"""The days of one hall as the log has them: the one that is on, the one before, and the way from one to the next.

Rules of this file. State moves only after the append returned. Whatever an append came to, nothing is decided before
what others wrote (or we ourselves, unknowingly) is taken over. A day that is closed stays so, and the next one follows
it, even where the clock was set back: two streams of a hall are never open at once.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import structlog

from controller import commands as c
from controller.decide import decide
from controller.events import PlanChanged, Recorded
from controller.evolve import evolve, fold
from controller.model import CommandId, HallDay
from controller.plan import HallId, Plan
from controller.refusals import Refusal
from controller.runtime.clock import Clock
from controller.runtime.day_opening import LOOK_BACK_DAYS, opening_of
from controller.runtime.errors import LogConflict
from controller.runtime.journal import Journal
from controller.runtime.stream_forms import applied, from_row, parse_plan, save_plan, stream_name, to_row

__all__ = ["Commit", "HallDays", "parse_plan"]

log = structlog.get_logger(__name__)

OVERLAP = timedelta(hours=1)
"""How long after midnight yesterday's command ids are still recognised, its paper and its reviews taken."""
DAYS_AHEAD_MAX = 31
"""How many closed days may follow the clock's own before it is so wrong that somebody must set it."""
INLINE_ROWS_MAX = 200
"""Rows that are read into a state in the event loop, some milliseconds' work; a longer stream goes to a thread."""
NONCE_BYTES = 24
SYSTEM = "system"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Commit:
    """Events that are on disk, appended here or by another controller of this hall.

    ``received`` is ``time.monotonic``, in seconds, when the command of an event came in here, by seq. ``foreign`` says
    that another controller appended them: it counts them, so that a sum over all controllers counts each event once.
    """

    day: HallDay
    events: tuple[Recorded, ...]
    received: Mapping[int, float]
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class _Unsure:
    """Events of ours by seq that may or may not be in the log, and when their commands came in."""

    recorded: Mapping[int, Recorded]
    received: Mapping[int, float]


_NOTHING = _Unsure({}, {})


class HallDays:
    """Today and yesterday of one hall.

    Attributes:
        plan: the newest plan that is known to be stored; in force as soon as the floor can change to it.
        today: the day that is on, ``None`` until it is read; just after midnight it may still be the day before.
        yesterday: the day before, for some time after midnight.
        conflicts: appends that met another controller's.
    """

    def __init__(
        self,
        hall: HallId,
        plan: Plan,
        journal: Journal,
        clock: Clock,
        *,
        publish: Callable[[Commit], None],
        on_plan: Callable[[Plan], None],
    ) -> None:
        """Prepare; :meth:`current` reads.

        Args:
            hall: the hall.
            plan: its stored plan.
            journal: the log.
            clock: tells the time.
            publish: is given each commit, in the order of the stream.
            on_plan: is given each new plan.
        """
        self.hall = hall
        self.plan = plan
        self.today: HallDay | None = None
        self.yesterday: HallDay | None = None
        self.conflicts = 0
        self._journal = journal
        self._clock = clock
        self._publish = publish
        self._on_plan = on_plan
        self._is_in_doubt = False
        self._is_beaten = False
        self._is_yesterday_in_doubt = False
        self._unsure = _NOTHING
        self._unsure_of_yesterday = _NOTHING
        self._plan_refused_at = 0
        self._plan_refusal: Refusal | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The hall's own time zone."""
        return ZoneInfo(self.plan.hall.timezone)

    def local_now(self) -> datetime:
        """Return the time now in the hall's own zone."""
        return self._clock.now().astimezone(self.zone)

    def is_on(self, day: HallDay) -> bool:
        """Tell whether a day still goes on."""
        return not day.closed and day.day >= self.local_now().date()

    def doubt(self) -> None:
        """Read what others appended before the next decision."""
        self._is_in_doubt = True

    async def current(self, *, adopts_plan: bool = True) -> HallDay:
        """Return the day that is on in the newest state known; the one before is closed and this one opened if need be.

        Args:
            adopts_plan: put a stored plan in force that the day missed; not when somebody is about to put one.

        Raises:
            LogConflict: another controller was first; call again.
            LogUnavailable: the log doesn't let us.
            Exception: the log holds what this program can't read.
        """
        if self._is_in_doubt:
            await self.catch_up()
        now = self.local_now()
        is_new = self.today is None
        if is_new:
            await self._load(now.date())
        day = self.today
        for _ in range(DAYS_AHEAD_MAX):
            if day is not None and not day.closed and day.day >= now.date():
                break
            day = await self._next_day(day, now, is_new=is_new)
        else:
            raise RuntimeError(f"hall {self.hall}: all days up to {day.day if day else now.date()} are closed")
        if adopts_plan and day.plan is not self.plan:
            day = await self._adopt_plan(day, now)
        if now - datetime.combine(day.day, time(), now.tzinfo) > OVERLAP:
            self.yesterday = None
        return day

    async def commit(self, day: HallDay, recorded: Sequence[Recorded], received: Mapping[int, float]) -> None:
        """Append what led from today's state to ``day``, then move there and publish it.

        A new plan among it is stored before: the worst that a crash in between leaves is a stored plan that the next
        load puts in force.

        Raises:
            LogConflict: another controller was first; nothing was appended.
            LogUnavailable: the log doesn't let us; perhaps it is there all the same.
            ValueError: the log can't store a text among it; nothing was appended.
        """
        for entry in recorded:
            if isinstance(entry.event, PlanChanged) and entry.event.plan != self.plan:
                await save_plan(self._journal, entry.event.plan, entry.actor, entry.at)
                self._take_plan(entry.event.plan)
        await self._append(day, recorded, received)
        self.today = day
        self._publish(Commit(day, tuple(recorded), received))

    async def catch_up(self) -> bool:
        """Take over what others appended to today's stream, and tell whether there was something.

        Raises:
            LogUnavailable: the log can't be read.
            Exception: the log holds what this program can't read.
        """
        day = self.today
        if day is None:
            self._is_in_doubt = self._is_beaten = False
            return False
        grew = await self._follow(day, self._unsure, self._move)
        if not grew and self._is_beaten and not day.closed:
            self.today = None  # we were refused though nothing follows: the log isn't what we took it for
        self._is_in_doubt = self._is_beaten = False
        self._unsure = _NOTHING
        return grew

    async def _follow(self, day: HallDay, unsure: _Unsure, move: Callable[[HallDay], None]) -> bool:
        """Move a day on by what the log holds behind it, publish that, and tell whether there was something."""
        tail = await self._read(day.day, day.seq)
        for is_foreign, entries in groupby(tail, lambda entry: unsure.recorded.get(entry.seq) != entry):
            events = tuple(entries)
            for entry in events:
                day = evolve(day, entry)
                if isinstance(entry.event, PlanChanged):
                    self._take_plan(entry.event.plan)
            move(day)
            self._publish(Commit(day, events, {} if is_foreign else unsure.received, is_foreign))
        return bool(tail)

    def _move(self, day: HallDay) -> None:
        self.today = day

    # -- yesterday ----------------------------------------------------------------------------------------------------

    def is_for_yesterday(self, command: c.Command) -> bool:
        """Tell whether a command speaks of paper or of a service of the day before, which alone may still change it."""
        before, today = self.yesterday, self.today
        return (
            before is not None and today is not None and _speaks_of(before, command) and not _speaks_of(today, command)
        )

    async def newest_yesterday(self, *, looks: bool = False) -> HallDay | None:
        """Return the day before with what others appended to it.

        Args:
            looks: read even where there is no reason to doubt.

        Raises:
            LogUnavailable: the log can't be read.
        """
        if self.yesterday is not None and (looks or self._is_yesterday_in_doubt):
            await self._follow(self.yesterday, self._unsure_of_yesterday, self._move_yesterday)
            self._is_yesterday_in_doubt = False
            self._unsure_of_yesterday = _NOTHING
        return self.yesterday

    def _move_yesterday(self, day: HallDay) -> None:
        self.yesterday = day

    async def commit_yesterday(self, day: HallDay, recorded: Sequence[Recorded], received: Mapping[int, float]) -> None:
        """Append to the day before; raises as :meth:`commit` does."""
        self._is_yesterday_in_doubt = True
        self._unsure_of_yesterday = _Unsure({entry.seq: entry for entry in recorded}, received)
        await self._journal.append(stream_name(self.hall, day.day), [to_row(entry) for entry in recorded])
        self._is_yesterday_in_doubt = False
        self._unsure_of_yesterday = _NOTHING
        self.yesterday = day
        self._publish(Commit(day, tuple(recorded), received))

    # -- from one day to the next -------------------------------------------------------------------------------------

    async def _load(self, today: date) -> None:
        """Read today, or where it isn't open yet the day before, which is then to be closed."""
        day = await self._fold(today)
        before = await self._fold(today - DAY) if day is None or self._is_early(today) else None
        # Read after the stream: a plan is stored first, so this one is never older than the stream's.
        await self._read_plan()
        self.today, self.yesterday = (before, None) if day is None else (day, before)

    def _is_early(self, today: date) -> bool:
        now = self.local_now()
        return now - datetime.combine(today, time(), now.tzinfo) <= OVERLAP

    async def _next_day(self, over: HallDay | None, now: datetime, *, is_new: bool) -> HallDay:
        """Close a day and open the one behind it, or take over the one that another controller opened."""
        if over is not None and not over.closed:
            over = await self._commit_alone(over, c.CloseDay(), now)
        next_date = now.date() if over is None else max(now.date(), over.day + DAY)
        skips = over is None or over.day + DAY < next_date
        recorded = () if over is None or not skips else await self._read(next_date - DAY)
        if recorded or (skips and self._is_early(next_date)):
            # Others had a day that we slept through; it is to be closed. Or nobody had it, and where a clock is behind
            # or an append takes its time, somebody may open it now: we open it first, so that its first event's key
            # decides, two days of a hall are never open at once, and no id is carried out on both.
            next_date -= DAY
        elif over is not None:
            recorded = await self._read(next_date)
        day = fold(recorded)
        if day is not None:
            self.yesterday, self.today = over, day
            self._take_plan(day.plan)
            if not is_new:  # what is read at the start happened before; nobody is told of it
                self._publish(Commit(day, recorded, {}, foreign=True))
            return day
        if not is_new:
            await self._read_plan()
        left = over if over is not None else await self._last_before(next_date)
        opening = opening_of(next_date, self.plan, over, left)
        day, recorded = self._decided(None, opening, now if over is None else max(now, over.at))
        await self._append(day, recorded, {})
        self.yesterday, self.today = over, day
        self._publish(Commit(day, recorded, {}))
        return day

    async def _last_before(self, day: date) -> HallDay | None:
        """Return the last day that a hall had which was switched off since, where its tickets are carried over."""
        if self.plan.policies.carry_over:
            for back in range(1, LOOK_BACK_DAYS + 1):
                found = await self._fold(day - back * DAY)
                if found is not None:
                    return found
        return None

    async def _adopt_plan(self, day: HallDay, now: datetime) -> HallDay:
        """Put the stored plan in force where a crash came between storing it and telling the floor."""
        if day.plan == self.plan:
            self.plan = day.plan
            return day
        if day.seq == self._plan_refused_at:
            return day
        refusal = decide(day, self._request(c.ChangePlan(self.plan), max(now, day.at)))
        if not isinstance(refusal, Refusal):
            self._plan_refusal = None
            return await self._commit_alone(day, c.ChangePlan(self.plan), now)
        if refusal != self._plan_refusal:
            log.warning("plan.not_in_force", hall=self.hall, reason=refusal.code, params=refusal.params)
        self._plan_refused_at, self._plan_refusal = day.seq, refusal
        return day

    async def _commit_alone(self, day: HallDay, command: c.Command, now: datetime) -> HallDay:
        changed, recorded = self._decided(day, command, max(now, day.at))
        await self._append(changed, recorded, {})
        self.today = changed
        self._publish(Commit(changed, recorded, {}))
        return changed

    def _decided(self, day: HallDay | None, command: c.Command, at: datetime) -> tuple[HallDay, tuple[Recorded, ...]]:
        request = self._request(command, at)
        decision = decide(day, request)
        if isinstance(decision, Refusal):
            raise RuntimeError(f"{type(command).__name__} is refused: {decision.code}")  # noqa: TRY004 - not about a type
        return applied(day, request, decision)

    def _request(self, command: c.Command, at: datetime) -> c.Request:
        """Return a request of the system; nobody else can have used its id."""
        nonce = secrets.token_hex(NONCE_BYTES)
        return c.Request(CommandId(f"{SYSTEM}:{nonce}"), SYSTEM, at.astimezone(self.zone), nonce, command)

    async def _read_plan(self) -> None:
        stored = await self._journal.plan(self.hall)
        if stored is not None:
            self._take_plan(parse_plan(stored[1]))

    def _take_plan(self, plan: Plan) -> None:
        if plan != self.plan:
            self.plan = plan
            self._on_plan(plan)

    # -- the log ------------------------------------------------------------------------------------------------------

    async def _append(self, day: HallDay, recorded: Sequence[Recorded], received: Mapping[int, float]) -> None:
        self._is_in_doubt = True
        self._unsure = _Unsure({entry.seq: entry for entry in recorded}, received)
        try:
            await self._journal.append(stream_name(self.hall, day.day), [to_row(entry) for entry in recorded])
        except LogConflict:
            self.conflicts += 1
            self._is_beaten = True
            self._unsure = _NOTHING
            raise
        self._is_in_doubt = False
        self._unsure = _NOTHING

    async def _fold(self, day: date) -> HallDay | None:
        zone = self.zone
        rows = await self._journal.read(stream_name(self.hall, day))
        if len(rows) <= INLINE_ROWS_MAX:
            return fold(from_row(row, zone) for row in rows)
        return await asyncio.to_thread(lambda: fold(from_row(row, zone) for row in rows))

    async def _read(self, day: date, after: int = 0) -> tuple[Recorded, ...]:
        rows = await self._journal.read(stream_name(self.hall, day), after)
        return tuple(from_row(row, self.zone) for row in rows)


def _speaks_of(day: HallDay, command: c.Command) -> bool:
    match command:
        case c.ConfirmReceipt() | c.FailReceipt():
            return command.job in day.receipts
        case c.SubmitReview(ticket=None, window=window):
            state = day.windows.get(window) if window is not None else None
            return state is not None and state.finished is not None
        case c.SubmitReview(ticket=ticket):
            return ticket in day.tickets
    return False

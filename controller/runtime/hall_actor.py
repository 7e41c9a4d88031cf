"""One hall's inbox: decide a batch on a working state, append it in one go, then answer everybody.

Rules of this file. State moves only after the append returned. A batch that could not be written leaves no trace. A
command that crashes the core fails alone; a state that can't be trusted is dropped and read again from the log.
"""

import asyncio
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from controller import commands as c
from controller.codec import event_from_json, event_to_json
from controller.decide import decide, record
from controller.events import Event, OpenedWindow, Recorded
from controller.evolve import evolve, fold
from controller.model import Answer, CommandId, HallDay, WindowStatus
from controller.plan import HallId, Plan
from controller.refusals import Refusal
from controller.runtime.clock import Clock
from controller.runtime.errors import LogConflict, LogUnavailable, OperatingError
from controller.runtime.journal import Journal, Row

log = structlog.get_logger(__name__)

INBOX_MAX = 4_096
"""Commands that may wait for one hall; a hall asks for some a second at most. Beyond it: :class:`Overloaded`."""
BATCH_MAX = 512
"""Commands decided in one go, so that one append stays small."""
CONFLICTS_MAX = 16
"""Tries to append against other controllers of the same hall before the caller is told to come back."""
REFUSALS_KEPT = 1_024
"""Refused command ids that are remembered, so that a repeated one hears the same answer."""
OVERLAP = timedelta(hours=1)
"""How long after midnight a command id of yesterday is still recognised."""
NONCE_BYTES = 24


class Overloaded(OperatingError):
    """A hall's inbox is full; come back in a moment."""


class CoreFailed(Exception):
    """The core raised on a command: a bug of ours. The floor's state is as it was."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an accepted command: its answer, and the day that the answer speaks of."""

    day: HallDay
    answer: Answer


@dataclass(frozen=True, slots=True)
class Commit:
    """Events that are on disk, appended here or by another controller of this hall.

    ``received`` is ``time.monotonic``, in seconds, at which the command of an event came in here, by seq.
    """

    day: HallDay
    events: tuple[Recorded, ...]
    received: dict[int, float]


@dataclass(slots=True)
class _Item:
    id: CommandId
    actor: str
    command: c.Command | None
    received: float
    future: "asyncio.Future[Result | Refusal]"


@dataclass(slots=True)
class _Batch:
    working: HallDay
    recorded: list[Recorded] = field(default_factory=list)
    received: dict[int, float] = field(default_factory=dict)
    outcomes: list[tuple[_Item, Result | Refusal | Exception]] = field(default_factory=list)


class HallActor:
    """Serves one hall in this process. ``plan`` is the plan that its next day opens with."""

    def __init__(
        self, hall: HallId, plan: Plan, journal: Journal, clock: Clock, publish: Callable[[Commit], None]
    ) -> None:
        self.hall = hall
        self.plan = plan
        self.day: HallDay | None = None
        self.conflicts = 0
        self._journal = journal
        self._clock = clock
        self._publish = publish
        self._inbox: asyncio.Queue[_Item] = asyncio.Queue(INBOX_MAX)
        self._yesterday: HallDay | None = None
        self._refused: OrderedDict[CommandId, Refusal] = OrderedDict()
        self._in_doubt = False
        self._plan_refused_at: datetime | None = None

    def local_now(self) -> datetime:
        """Return the time now in the hall's own zone."""
        return self._clock.now().astimezone(ZoneInfo(self.plan.hall.timezone))

    async def submit(self, command: c.Command | None, command_id: str, actor: str) -> Result | Refusal:
        """Decide a command (``None``: only see that the day is open) and return after the commit.

        Raises:
            LogUnavailable: the log could not be written; nothing happened.
            Overloaded: too many commands wait already.
            CoreFailed: a bug of ours; nothing happened.
        """
        loop = asyncio.get_running_loop()
        item = _Item(CommandId(command_id), actor, command, time.monotonic(), loop.create_future())
        try:
            self._inbox.put_nowait(item)
        except asyncio.QueueFull:
            raise Overloaded(f"{INBOX_MAX} commands wait for hall {self.hall}") from None
        return await item.future

    async def run(self) -> None:
        """Serve the inbox until cancelled."""
        while True:
            batch = [await self._inbox.get()]
            while len(batch) < BATCH_MAX and not self._inbox.empty():
                batch.append(self._inbox.get_nowait())
            try:
                await self._serve(batch)
            except OperatingError as error:
                self._in_doubt = True  # the append may have reached the disk although its answer did not reach us
                _fail(batch, error)
            except asyncio.CancelledError:
                _fail(batch, LogUnavailable("the controller stops"))
                raise
            except Exception as error:
                log.exception("hall.failed", hall=self.hall)
                self.day = None
                _fail(batch, CoreFailed(str(error)))

    def abandon(self) -> None:
        """Tell everybody who still waits that the controller stops; after :meth:`run` was cancelled."""
        while not self._inbox.empty():
            _fail([self._inbox.get_nowait()], LogUnavailable("the controller stops"))

    async def _serve(self, items: Sequence[_Item]) -> None:
        for _ in range(CONFLICTS_MAX):
            try:
                day = await self._today()
                batch = self._decide(day, items)
                await self._append(batch.working, batch.recorded)
            except LogConflict:
                self.conflicts += 1
                await self._read_tail()
                continue
            self.day = batch.working
            for item, outcome in batch.outcomes:
                if isinstance(outcome, Refusal):
                    self._remember(item.id, outcome)
                _settle(item, outcome)
            if batch.recorded:
                self._publish(Commit(batch.working, tuple(batch.recorded), batch.received))
            return
        raise LogUnavailable(f"hall {self.hall}: other controllers appended first {CONFLICTS_MAX} times")

    def _decide(self, day: HallDay, items: Sequence[_Item]) -> _Batch:
        batch = _Batch(day)
        now = self.local_now()
        for item in items:
            try:
                outcome = self._decide_one(batch, item, now)
            except Exception as error:
                log.exception("core.failed", hall=self.hall, command=type(item.command).__name__)
                outcome = CoreFailed(f"{type(item.command).__name__}: {error}")
            batch.outcomes.append((item, outcome))
        return batch

    def _decide_one(self, batch: _Batch, item: _Item, now: datetime) -> Result | Refusal | Exception:
        if item.command is None:
            return Result(batch.working, Answer("", None))
        if item.id in self._refused:
            return self._refused[item.id]
        if self._yesterday is not None and (answer := self._yesterday.answers.get(item.id)) is not None:
            return Result(self._yesterday, answer)
        at = max(now, batch.working.at)
        request = c.Request(item.id, item.actor, at, secrets.token_hex(NONCE_BYTES), item.command)
        decision = decide(batch.working, request)
        if isinstance(decision, Refusal):
            return decision
        working, recorded = _applied(batch.working, request, decision)
        batch.working = working
        batch.recorded.extend(recorded)
        batch.received.update((entry.seq, item.received) for entry in recorded)
        return Result(working, working.answers[item.id])

    def _remember(self, command_id: CommandId, refusal: Refusal) -> None:
        self._refused.setdefault(command_id, refusal)
        if len(self._refused) > REFUSALS_KEPT:
            self._refused.popitem(last=False)

    async def _today(self) -> HallDay:
        """Return the day that is on, closing yesterday's and opening today's where it must be."""
        now = self.local_now()
        today = now.date()
        if self._in_doubt:
            await self._read_tail()
            self._in_doubt = False
        if self.day is None:
            self.day = await self._read(today)
            if self._yesterday is None and (self.day is None or now - _midnight(now) <= OVERLAP):
                self._yesterday = await self._read(today - timedelta(days=1))
        if self.day is not None and self.day.day < today:
            self._yesterday, self.day = self.day, None
        if self.day is None:
            self.day = await self._open(today, now)
        elif self.day.plan != self.plan and self.day.at != self._plan_refused_at:
            self.day = await self._adopt_plan(self.day, now)
        if self._yesterday is not None and now - _midnight(now) > OVERLAP:
            self._yesterday = None
        return self.day

    async def _open(self, today: date, now: datetime) -> HallDay:
        """Close yesterday and open today. A hall that never closes keeps its windows staffed over midnight."""
        staffed: tuple[OpenedWindow, ...] = ()
        if self._yesterday is not None:
            self._yesterday = await self._commit_alone(self._yesterday, c.CloseDay(), now, "close")
            if self.plan.hall.hours is None:
                staffed = tuple(
                    OpenedWindow(window.id, window.clerk)
                    for window in self._yesterday.windows.values()
                    if window.status is not WindowStatus.CLOSED and window.id in self.plan.window_by_id
                )
        return await self._commit_alone(None, c.OpenDay(self.hall, today, self.plan, staffed), now, "open")

    async def _adopt_plan(self, day: HallDay, now: datetime) -> HallDay:
        """Put the stored plan in force where a crash came between storing it and telling the floor."""
        try:
            return await self._commit_alone(day, c.ChangePlan(self.plan), now, f"plan:{day.seq}")
        except CoreFailed as error:
            self._plan_refused_at = day.at
            log.warning("plan.not_in_force", hall=self.hall, reason=str(error))
            return day

    async def _commit_alone(self, day: HallDay | None, command: c.Command, now: datetime, name: str) -> HallDay:
        at = now if day is None else max(now, day.at)
        request = c.Request(CommandId(f"system:{name}"), "system", at, secrets.token_hex(NONCE_BYTES), command)
        decision = decide(day, request)
        if day is not None and decision == ():
            return day
        if isinstance(decision, Refusal):
            raise CoreFailed(f"{name}: {decision.code}")
        working, recorded = _applied(day, request, decision)
        await self._append(working, recorded)
        self._publish(Commit(working, recorded, {}))
        return working

    async def _append(self, day: HallDay, recorded: Sequence[Recorded]) -> None:
        if recorded:
            await self._journal.append(stream_name(day.hall, day.day), [_row(entry) for entry in recorded])

    async def _read(self, day: date) -> HallDay | None:
        rows = await self._journal.read(stream_name(self.hall, day))
        return await asyncio.to_thread(lambda: fold(self._recorded(row) for row in rows))

    async def _read_tail(self) -> None:
        """Take over what others appended."""
        if self.day is None:
            return
        rows = await self._journal.read(stream_name(self.hall, self.day.day), self.day.seq)
        recorded = tuple(self._recorded(row) for row in rows)
        for entry in recorded:
            self.day = evolve(self.day, entry)
        if recorded:
            self._publish(Commit(self.day, recorded, {}))

    def _recorded(self, row: Row) -> Recorded:
        event = event_from_json(row.type, row.version, json.loads(row.data))
        zone = ZoneInfo(self.plan.hall.timezone)
        return Recorded(row.seq, row.at.astimezone(zone), row.actor, CommandId(row.command), event)


def stream_name(hall: HallId, day: date) -> str:
    """Return the name of a hall's stream of a business day."""
    return f"hall:{hall}/{day.isoformat()}"


def _applied(
    day: HallDay | None, request: c.Request, decision: tuple[Event, ...]
) -> tuple[HallDay, tuple[Recorded, ...]]:
    recorded = record(day, request, decision)
    for entry in recorded:
        day = evolve(day, entry)
    if day is None:
        raise CoreFailed("an accepted command made no event")
    return day, recorded


def _row(recorded: Recorded) -> Row:
    name, version, data = event_to_json(recorded.event)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Row(recorded.seq, name, version, recorded.at.astimezone(UTC), recorded.actor, recorded.command, text)


def _fail(items: Sequence[_Item], error: Exception) -> None:
    for item in items:
        if not item.future.done():
            item.future.set_exception(error)


def _settle(item: _Item, outcome: Result | Refusal | Exception) -> None:
    if item.future.done():  # the caller gave up; the id answers when it asks again
        return
    if isinstance(outcome, Exception):
        item.future.set_exception(outcome)
    else:
        item.future.set_result(outcome)


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)

"""The engine: halls by id, each with its actor; commands in, committed events out to the sinks.

Rules of this file. Halls share nothing but the log: what befalls one, in its plan, its stream or its tick, goes past
the others.
"""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from controller import commands as c
from controller.model import HallDay, ReceiptState
from controller.plan import HallId, Plan
from controller.refusals import HallUnknown, Refusal
from controller.runtime.clock import Clock
from controller.runtime.errors import LogUnavailable, OperatingError
from controller.runtime.hall_actor import STOPPING, CoreFailed, HallActor, Result
from controller.runtime.hall_days import SYSTEM, Commit, HallDays
from controller.runtime.journal import Journal
from controller.runtime.stream_forms import parse_plan, save_plan, stream_name

log = structlog.get_logger(__name__)

Sink: TypeAlias = Callable[[Commit], None]

TICK_S = 1.0
"""How often halls look at the clock: a day changes and a print job grows old at most this late."""
STOP_S = 5.0
"""How long what is under way may take to be written when the engine stops."""


class Engine:
    """Runs the floors of many halls on one event log. Halls are read from the log when they are first asked for."""

    def __init__(self, journal: Journal, clock: Clock, *, follows_others: bool = False) -> None:
        """Prepare; :meth:`start` serves.

        Args:
            journal: the log, open.
            clock: tells the time.
            follows_others: look each second what other controllers appended, for displays at this one. What is decided
                and what is refused is so on the newest state anyway.
        """
        self._journal = journal
        self._clock = clock
        self._follows_others = follows_others
        self._plans: dict[HallId, Plan] = {}
        self._actors: dict[HallId, HallActor] = {}
        self._tasks: dict[HallId, asyncio.Task[None]] = {}
        self._ticks: dict[HallId, asyncio.Task[None]] = {}
        self._ticker: asyncio.Task[None] | None = None
        self._failing: set[HallId] = set()
        self._new_hall = asyncio.Lock()
        self._is_stopping = False
        self._sinks: list[Sink] = []
        self.sink_failures = 0

    def subscribe(self, sink: Sink) -> None:
        """Call ``sink`` after each commit, in the order of the stream. It must not block; what it raises is logged."""
        self._sinks.append(sink)

    async def start(self) -> None:
        """Read the plans and begin to serve. A plan that this program can't read costs its own hall alone.

        Raises:
            LogUnavailable: the log can't be read.
        """
        self._is_stopping = False
        for hall, (version, text) in (await self._journal.plans()).items():
            try:
                self._plans[HallId(hall)] = parse_plan(text)
            except ValueError as error:
                log.error("plan.unreadable", hall=hall, version=version, error=str(error))  # noqa: TRY400 - says it all
        self._ticker = asyncio.create_task(self._tick_forever(), name="engine.ticker")

    async def stop(self) -> None:
        """Stop serving: what is under way is still written, whoever waits behind it is told to come back."""
        self._is_stopping = True
        ticking = [*self._ticks.values(), *([self._ticker] if self._ticker else [])]
        await _cancelled(ticking)
        for actor in self._actors.values():
            actor.close()
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks.values(), timeout=STOP_S)
            await _cancelled(unfinished)
        self._tasks.clear()
        self._actors.clear()

    @property
    def plans(self) -> Mapping[HallId, Plan]:
        """The plan in force of every hall."""
        return self._plans

    @property
    def conflicts(self) -> int:
        """Appends that met another controller's."""
        return sum(actor.days.conflicts for actor in self._actors.values())

    def loaded_days(self) -> list[HallDay]:
        """Return the days that this process serves now."""
        return [actor.days.today for actor in self._actors.values() if actor.days.today is not None]

    async def submit(self, hall: str, command: c.Command, *, command_id: str, actor: str) -> Result | Refusal:
        """Decide a command and return its result after the commit.

        Args:
            hall: the hall's id.
            command: what is asked.
            command_id: unique a command; the same id again is answered with the first result.
            actor: who asks.

        Raises:
            LogUnavailable: the log could not be written; where the append's own answer was lost, the command may have
                happened all the same: the same id again tells.
            Overloaded: too many commands wait already.
            CoreFailed: a bug of ours; nothing happened.
        """
        served = self._actor(hall)
        if served is None:
            return HallUnknown(hall)
        return await served.submit(command, command_id, actor)

    async def day(self, hall: str) -> HallDay | HallUnknown:
        """Return today's state of a hall, reading or opening the day where that must be.

        Raises:
            LogUnavailable: the log can't be read, or the day can't be opened.
            CoreFailed: the log holds what this program can't read.
        """
        served = self._actor(hall)
        if served is None:
            return HallUnknown(hall)
        today = served.days.today
        if today is not None and served.days.is_on(today):
            return today
        result = await served.submit(None, "", SYSTEM)
        if isinstance(result, Refusal):
            raise TypeError("looking at a day is never refused")
        return result.day

    async def yesterday(self, hall: str) -> HallDay | None:
        """Return the day before, for the time after midnight in which its reviews are taken; ``None`` later.

        Raises:
            LogUnavailable: the log can't be read, or the day can't be opened.
            CoreFailed: the log holds what this program can't read.
        """
        served = self._actor(hall)
        if served is None:
            return None
        await served.submit(None, "", SYSTEM)  # whose turn it is to look at the clock
        return served.days.yesterday

    async def put_plan(self, plan: Plan, *, command_id: str, actor: str) -> Refusal | None:
        """Store a plan as a new version and put it in force while people wait.

        A plan is stored when the floor can change to it, just before it does. A day that missed it (a crash in between)
        takes it over when it is loaded.

        Returns:
            Why the floor can't change to it now, or ``None``.

        Raises:
            LogUnavailable: the plan could not be stored, or not put in force.
            ValueError: there is no such time zone.
        """
        try:
            ZoneInfo(plan.hall.timezone)
        except (ZoneInfoNotFoundError, OSError) as error:
            raise ValueError(f"there is no time zone {plan.hall.timezone!r}") from error
        hall = plan.hall.id
        async with self._new_hall:
            if hall not in self._plans:
                await save_plan(self._journal, plan, actor, self._clock.now())
                self._plans[hall] = plan
                return None
        result = await self.submit(hall, c.ChangePlan(plan), command_id=command_id, actor=actor)
        return result if isinstance(result, Refusal) else None

    async def stream(self, hall: str, after: int, day: date | None = None) -> list[dict[str, Any]] | HallUnknown:
        """Return the events of a day (today's by default) behind ``after``, in the contract's form.

        Raises:
            LogUnavailable: the log can't be read.
        """
        if day is None:
            today = await self.day(hall)
            if isinstance(today, HallUnknown):
                return today
            day = today.day
        elif hall not in self._plans:
            return HallUnknown(hall)
        rows = await self._journal.read(stream_name(HallId(hall), day), after)
        return [
            {
                "seq": row.seq,
                "type": row.type,
                "version": row.version,
                "at": row.at.isoformat(timespec="milliseconds"),
                "actor": row.actor,
                "command": row.command,
                "data": json.loads(row.data),
            }
            for row in rows
        ]

    async def tick(self) -> None:
        """Let time pass: change the day where it is over, and give up print jobs that are too old."""
        await asyncio.gather(*(self._tick_hall(hall, actor) for hall, actor in list(self._actors.items())))

    async def _tick_hall(self, hall: HallId, actor: HallActor) -> None:
        if self._follows_others:
            actor.days.doubt()
        try:
            await actor.submit(None, "", SYSTEM)
            for day in (actor.days.yesterday, actor.days.today):
                if day is not None:
                    await self._expire_receipts(actor, day)
        except (OperatingError, CoreFailed) as error:
            if hall not in self._failing:  # said once, not each second
                log.warning("engine.tick_failed", hall=hall, error=str(error))
            self._failing.add(hall)
        except Exception:  # one hall's fault, told whole, must not stop the clock of the others
            log.exception("engine.tick_crashed", hall=hall)
        else:
            self._failing.discard(hall)

    async def _expire_receipts(self, actor: HallActor, day: HallDay) -> None:
        now = actor.days.local_now()
        for job in day.pending_receipts:
            receipt = day.receipts[job]
            if receipt.state is ReceiptState.REQUESTED and receipt.expires_at < now:
                await actor.submit(c.FailReceipt(job, "expired"), f"expire:{job}", SYSTEM)

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for hall, actor in self._actors.items():
                if hall not in self._ticks:  # a hall that is still at its last tick holds up nobody else's
                    task = asyncio.create_task(self._tick_hall(hall, actor), name=f"tick[{hall}]")
                    self._ticks[hall] = task
                    task.add_done_callback(lambda _, hall=hall: self._ticks.pop(hall, None))  # type: ignore[misc]

    def _actor(self, hall: str) -> HallActor | None:
        if self._is_stopping:
            raise LogUnavailable(STOPPING)
        hall_id = HallId(hall)
        actor = self._actors.get(hall_id)
        if actor is None and hall_id in self._plans:
            days = HallDays(
                hall_id,
                self._plans[hall_id],
                self._journal,
                self._clock,
                publish=self._publish,
                on_plan=self._take_plan,
            )
            actor = self._actors[hall_id] = HallActor(days)
            self._tasks[hall_id] = asyncio.create_task(actor.run(), name=f"hall[{hall}]")
        return actor

    def _take_plan(self, plan: Plan) -> None:
        self._plans[plan.hall.id] = plan

    def _publish(self, commit: Commit) -> None:
        for sink in self._sinks:
            try:
                sink(commit)
            except Exception:  # it is committed: a screen that fails must not take paper, voice and devices with it
                self.sink_failures += 1
                log.exception("sink.failed", hall=commit.day.hall, seq=commit.day.seq)


async def _cancelled(tasks: Collection[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

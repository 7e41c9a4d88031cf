"""The engine: halls by id, each with its actor; commands in, committed events out to the sinks."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeAlias

import structlog

from controller import commands as c
from controller.codec import from_json, to_json
from controller.decide import decide
from controller.model import CommandId, HallDay, ReceiptState
from controller.plan import HallId, Plan
from controller.refusals import HallUnknown, Refusal
from controller.runtime.clock import Clock
from controller.runtime.errors import OperatingError
from controller.runtime.hall_actor import Commit, HallActor, Result, stream_name
from controller.runtime.journal import Journal

log = structlog.get_logger(__name__)

Sink: TypeAlias = Callable[[Commit], None]

TICK_S = 1.0
"""How often halls look at the clock: a day changes and a print job grows old at most this late."""


class Engine:
    """Runs the floors of many halls on one event log. Halls are read from the log when they are first asked for."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._plans: dict[HallId, Plan] = {}
        self._actors: dict[HallId, HallActor] = {}
        self._tasks: dict[HallId, asyncio.Task[None]] = {}
        self._ticker: asyncio.Task[None] | None = None
        self._sinks: list[Sink] = []
        self.sink_failures = 0

    def subscribe(self, sink: Sink) -> None:
        """Call ``sink`` after each commit, in the order of the stream. It must not block; what it raises is logged."""
        self._sinks.append(sink)

    async def start(self) -> None:
        """Read the plans and begin to serve.

        Raises:
            LogUnavailable: the log can't be read.
        """
        stored = await self._journal.plans()
        self._plans = {HallId(hall): from_json(Plan, json.loads(text)) for hall, (_, text) in stored.items()}
        self._ticker = asyncio.create_task(self._tick_forever(), name="engine.ticker")

    async def stop(self) -> None:
        """Stop serving; whoever still waits is told so."""
        tasks = [*self._tasks.values(), *([self._ticker] if self._ticker else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for actor in self._actors.values():
            actor.abandon()
        self._tasks.clear()
        self._actors.clear()

    @property
    def plans(self) -> Mapping[HallId, Plan]:
        """The plan in force of every hall."""
        return self._plans

    @property
    def conflicts(self) -> int:
        """Appends that met another controller's."""
        return sum(actor.conflicts for actor in self._actors.values())

    def loaded_days(self) -> list[HallDay]:
        """Return the days that this process serves now."""
        return [actor.day for actor in self._actors.values() if actor.day is not None]

    async def submit(self, hall: str, command: c.Command, *, command_id: str, actor: str) -> Result | Refusal:
        """Decide a command and return its result after the commit.

        Args:
            hall: the hall's id.
            command: what is asked.
            command_id: unique a command; the same id again is answered with the first result.
            actor: who asks.

        Raises:
            LogUnavailable: the log could not be written; nothing happened.
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
        """
        served = self._actor(hall)
        if served is None:
            return HallUnknown(hall)
        if served.day is not None and served.day.day == served.local_now().date():
            return served.day
        result = await served.submit(None, "", "system")
        if isinstance(result, Refusal):
            raise TypeError("looking at a day is never refused")
        return result.day

    async def put_plan(self, plan: Plan, *, command_id: str, actor: str) -> Refusal | None:
        """Store a plan as a new version and put it in force while people wait.

        The stored version is what the next day opens with; a day that missed it (a crash in between) takes it over
        when it is loaded.

        Returns:
            Why the floor can't change to it now, or ``None``.

        Raises:
            LogUnavailable: the plan could not be stored, or not put in force.
        """
        hall = plan.hall.id
        known = self._plans.get(hall)
        if known is not None:
            day = await self.day(hall)
            if isinstance(day, HallDay) and not isinstance(day, Refusal):
                probe = c.Request(CommandId(f"{command_id}:probe"), actor, day.at, "0" * 48, c.ChangePlan(plan))
                decision = decide(day, probe)
                if isinstance(decision, Refusal):
                    return decision
        if known != plan:
            text = json.dumps(to_json(plan), ensure_ascii=False)
            await self._journal.save_plan(hall, text, actor, self._clock.now())
            self._plans[hall] = plan
        if known is None:
            return None
        result = await self.submit(hall, c.ChangePlan(plan), command_id=command_id, actor=actor)
        self._actors[hall].plan = plan
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
        for actor in list(self._actors.values()):
            try:
                result = await actor.submit(None, "", "system")
                if isinstance(result, Result):
                    await self._expire_receipts(actor, result.day)
            except OperatingError as error:
                log.warning("engine.tick_failed", hall=actor.hall, error=str(error))

    async def _expire_receipts(self, actor: HallActor, day: HallDay) -> None:
        now = actor.local_now()
        for job in day.pending_receipts:
            receipt = day.receipts[job]
            if receipt.state is ReceiptState.REQUESTED and receipt.expires_at < now:
                await actor.submit(c.FailReceipt(job, "expired"), f"expire:{job}", "system")

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            await self.tick()

    def _actor(self, hall: str) -> HallActor | None:
        hall_id = HallId(hall)
        actor = self._actors.get(hall_id)
        if actor is None and hall_id in self._plans:
            actor = HallActor(hall_id, self._plans[hall_id], self._journal, self._clock, self._publish)
            self._actors[hall_id] = actor
            self._tasks[hall_id] = asyncio.create_task(actor.run(), name=f"hall[{hall}]")
        return actor

    def _publish(self, commit: Commit) -> None:
        for sink in self._sinks:
            try:
                sink(commit)
            except Exception:
                self.sink_failures += 1
                log.exception("sink.failed", hall=commit.day.hall, seq=commit.day.seq)

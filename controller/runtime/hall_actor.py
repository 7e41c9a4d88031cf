"""One hall's inbox: decide a batch on a working state, append it in one go, then answer everybody.

Rules of this file. A batch that could not be written leaves no trace. A refusal is given on the newest state alone, as
an acceptance is. A command that crashes the core, or that the log can't store, fails alone; a hall whose log can't be
read is left alone for a while. Nobody waits for ever.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import structlog

from controller import commands as c
from controller.decide import decide, is_answer_to
from controller.events import Recorded
from controller.model import Answer, CommandId, HallDay
from controller.refusals import CommandIdReused, Refusal
from controller.runtime.errors import LogConflict, LogUnavailable, OperatingError
from controller.runtime.hall_days import NONCE_BYTES, Commit, HallDays
from controller.runtime.stream_forms import applied, stream_name

__all__ = ["Commit", "CoreFailed", "HallActor", "Overloaded", "Result", "stream_name"]

log = structlog.get_logger(__name__)

INBOX_MAX = 4_096
"""Commands that may wait for one hall; a hall asks for some a second at most. Beyond it: :class:`Overloaded`."""
BATCH_MAX = 512
"""Commands decided in one go, so that one append stays small."""
CONFLICTS_MAX = 256
"""Tries to append against other controllers of the same hall before the caller is told to come back. One that lost must
read before it tries again, and so easily loses once more: against one that is busy, dozens of times were seen."""
REFUSALS_KEPT = 1_024
"""Refused command ids that are remembered, so that a repeated one hears the same answer."""
QUARANTINE_S_MIN, QUARANTINE_S_MAX = 1.0, 60.0
"""A hall whose log can't be read is tried again after the first, then ever later up to the second: a day's stream is
long to read, and the other halls want to be served."""
STOPPING = "the controller stops"


class Overloaded(OperatingError):
    """A hall's inbox is full; come back in a moment."""


class CoreFailed(Exception):
    """The core raised, on a command or on what the log holds: a bug of ours. The floor's state is as it was."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an accepted command: its answer, and the day that the answer speaks of."""

    day: HallDay
    answer: Answer


@dataclass(slots=True)
class _Item:
    id: CommandId
    actor: str
    command: c.Command | None
    received: float
    future: "asyncio.Future[Result | Refusal]"


@dataclass(frozen=True, slots=True)
class _Refused:
    command: c.Command
    refusal: Refusal
    day: date


@dataclass(slots=True)
class _Batch:
    working: HallDay
    recorded: list[Recorded] = field(default_factory=list)
    received: dict[int, float] = field(default_factory=dict)
    refused: dict[CommandId, _Refused] = field(default_factory=dict)
    outcomes: list[tuple[_Item, Result | Refusal | Exception]] = field(default_factory=list)
    late: list[_Item] = field(default_factory=list)


class HallActor:
    """Serves one hall in this process.

    Attributes:
        days: what the hall's log holds.
    """

    def __init__(self, days: HallDays) -> None:
        """Prepare; :meth:`run` serves."""
        self.days = days
        self._inbox: asyncio.Queue[_Item | None] = asyncio.Queue(INBOX_MAX)
        self._refused: OrderedDict[CommandId, _Refused] = OrderedDict()
        self._is_closing = False
        self._quarantine_s = 0.0
        self._quarantined_until = 0.0
        self._quarantine_reason = ""

    async def submit(self, command: c.Command | None, command_id: str, actor: str) -> Result | Refusal:
        """Decide a command (``None``: only see that the day is open) and return after the commit.

        Raises:
            LogUnavailable: the log could not be written; where the append's own answer was lost, the command may have
                happened, and its id tells.
            Overloaded: too many commands wait already.
            CoreFailed: a bug of ours; nothing happened.
        """
        if self._is_closing:
            raise LogUnavailable(STOPPING)
        loop = asyncio.get_running_loop()
        item = _Item(CommandId(command_id), actor, command, loop.time(), loop.create_future())
        try:
            self._inbox.put_nowait(item)
        except asyncio.QueueFull:
            raise Overloaded(f"{INBOX_MAX} commands wait for hall {self.days.hall}") from None
        return await item.future

    async def run(self) -> None:
        """Serve the inbox until closed or cancelled."""
        while not self._is_closing:
            taken = [await self._inbox.get()]
            while len(taken) < BATCH_MAX and not self._inbox.empty():
                taken.append(self._inbox.get_nowait())
            batch = [item for item in taken if item is not None]
            try:
                await self._handle(batch)
            except asyncio.CancelledError:
                _fail(batch, LogUnavailable(STOPPING))
                raise

    def close(self) -> None:
        """Take no more, and tell everybody who waits so; what is under way is still done, then :meth:`run` returns."""
        self._is_closing = True
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if item is not None:
                _fail([item], LogUnavailable(STOPPING))
        self._inbox.put_nowait(None)

    # -- a batch ------------------------------------------------------------------------------------------------------

    async def _handle(self, batch: Sequence[_Item]) -> None:
        try:
            await self._serve(batch)
        except (OperatingError, CoreFailed) as error:
            _fail(batch, error)
        except Exception as error:
            if len(batch) > 1:  # one of them is to blame; alone each shows whether it is the one
                for item in batch:
                    await self._handle([item])
                return
            log.exception("command.failed", hall=self.days.hall, command=_name(batch))
            _fail(batch, CoreFailed(f"{_name(batch)}: {error}"))

    async def _serve(self, items: Sequence[_Item]) -> None:
        for _ in range(CONFLICTS_MAX):
            try:
                batch = self._decide(await self._today(items), items)
                if batch.recorded:
                    await self.days.commit(batch.working, batch.recorded, batch.received)
                elif batch.refused and await self._grew(items):
                    continue  # what we refused on was not the newest state
            except LogConflict:
                self.days.doubt()
                continue
            for item, outcome in batch.outcomes:
                _settle(item, outcome)
            for command_id, refused in batch.refused.items():
                self._remember(command_id, refused)
            for item in batch.late:
                _settle(item, await self._serve_late(item))
            return
        raise LogUnavailable(f"hall {self.days.hall}: other controllers were first {CONFLICTS_MAX} times")

    async def _today(self, items: Sequence[_Item]) -> HallDay:
        """Return the day that is on; a hall whose log can't be read stays in quarantine for ever longer."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._quarantined_until:
            raise CoreFailed(self._quarantine_reason)
        try:
            is_planned = any(isinstance(item.command, c.ChangePlan) for item in items)
            day = await self.days.current(adopts_plan=not is_planned)
        except (OperatingError, LogConflict):
            raise
        except Exception as error:
            self._quarantine_s = min(max(2 * self._quarantine_s, QUARANTINE_S_MIN), QUARANTINE_S_MAX)
            self._quarantined_until = loop.time() + self._quarantine_s
            self._quarantine_reason = f"hall {self.days.hall} can't be served: {error}"
            log.exception("hall.quarantined", hall=self.days.hall, seconds=self._quarantine_s)
            raise CoreFailed(self._quarantine_reason) from error
        self._quarantine_s = 0.0
        return day

    async def _grew(self, items: Sequence[_Item]) -> bool:
        before = self.days.today
        self.days.doubt()
        return await self._today(items) is not before

    def _decide(self, day: HallDay, items: Sequence[_Item]) -> _Batch:
        batch = _Batch(day)
        now = self.days.local_now()
        for item in items:
            if item.future.done():
                continue  # its caller gave up before anything came of it
            try:
                outcome = self._decide_one(batch, item, now)
            except Exception as error:
                log.exception("core.failed", hall=self.days.hall, command=_name([item]))
                outcome = CoreFailed(f"{_name([item])}: {error}")
            if outcome is not None:
                batch.outcomes.append((item, outcome))
        return batch

    def _decide_one(self, batch: _Batch, item: _Item, now: datetime) -> Result | Refusal | Exception | None:
        if item.command is None:
            return Result(batch.working, Answer("", None))
        first = self._first_outcome(batch, item)
        if first is not None:
            return first
        if item.id not in batch.working.answers and self.days.is_for_yesterday(item.command):
            batch.late.append(item)
            return None
        outcome, working, recorded = _decided(batch.working, item, now)
        if isinstance(outcome, Refusal):
            if not isinstance(outcome, CommandIdReused):  # that is no result of the command that the id belongs to
                batch.refused[item.id] = _Refused(item.command, outcome, batch.working.day)
            return outcome
        batch.working = working
        batch.recorded.extend(recorded)
        batch.received.update((entry.seq, item.received) for entry in recorded)
        return outcome

    def _first_outcome(self, batch: _Batch, item: _Item) -> Result | Refusal | None:
        """Return what a repeated id is answered; ``None`` for a new one, and for one that today's stream answers."""
        if item.command is None or item.id in batch.working.answers:
            return None
        yesterday = self.days.yesterday
        answer = yesterday.answers.get(item.id) if yesterday is not None else None
        if yesterday is not None and answer is not None:
            is_same = is_answer_to(answer, item.command)
            return Result(yesterday, answer) if is_same else CommandIdReused(item.id)
        refused = batch.refused.get(item.id) or self._refused.get(item.id)
        if refused is None or (refused.day != batch.working.day and yesterday is None):
            return None
        if refused.command != item.command:
            return CommandIdReused(item.id)
        batch.refused[item.id] = refused
        return refused.refusal

    async def _serve_late(self, item: _Item) -> Result | Refusal | Exception:
        """Decide what still concerns the day before: paper that came out, a review of a service given."""
        for _ in range(CONFLICTS_MAX):
            day = await self.days.newest_yesterday()
            if day is None:
                break
            try:
                outcome, working, recorded = _decided(day, item, self.days.local_now())
                if recorded:
                    received = {entry.seq: item.received for entry in recorded}
                    await self.days.commit_yesterday(working, recorded, received)
                elif isinstance(outcome, Refusal) and await self.days.newest_yesterday(looks=True) is not day:
                    continue
            except LogConflict:
                continue
            return outcome
        return LogUnavailable(f"hall {self.days.hall}: other controllers were first {CONFLICTS_MAX} times")

    def _remember(self, command_id: CommandId, refused: _Refused) -> None:
        self._refused[command_id] = refused
        if len(self._refused) > REFUSALS_KEPT:
            self._refused.popitem(last=False)


def _decided(day: HallDay, item: _Item, now: datetime) -> tuple[Result | Refusal, HallDay, tuple[Recorded, ...]]:
    """Decide an item's command; time in a stream never runs back."""
    if item.command is None:
        raise ValueError("nothing to decide")
    at = max(now, day.at).astimezone(now.tzinfo)
    request = c.Request(item.id, item.actor, at, secrets.token_hex(NONCE_BYTES), item.command)
    decision = decide(day, request)
    if isinstance(decision, Refusal):
        return decision, day, ()
    working, recorded = applied(day, request, decision)
    return Result(working, working.answers[item.id]), working, recorded


def _name(items: Sequence[_Item]) -> str:
    return ", ".join(type(item.command).__name__ for item in items)


def _fail(items: Sequence[_Item], error: Exception) -> None:
    """Give everybody an error of their own: one that many raise would gather all their tracebacks."""
    for item in items:
        if not item.future.done():
            item.future.set_exception(type(error)(str(error)))


def _settle(item: _Item, outcome: Result | Refusal | Exception) -> None:
    if item.future.done():  # the caller gave up; the id answers when it asks again
        return
    if isinstance(outcome, Exception):
        item.future.set_exception(outcome)
    else:
        item.future.set_result(outcome)

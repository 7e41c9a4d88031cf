"""A province in miniature, run by one seed: halls, controllers that fail, people who repeat themselves, and the checks.

The engine is the real one; the clock, the log and the people are not. Nothing in here waits for real time, so a seed
gives the same run each time, up to ids that nobody orders by.
"""

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast

from controller import commands as c
from controller.model import Answer, HallDay, TicketState
from controller.plan import HallId, Plan
from controller.refusals import CommandIdReused, Refusal
from controller.runtime.engine import Engine
from controller.runtime.errors import LogUnavailable, OperatingError
from controller.runtime.hall_actor import Commit, Result
from controller.runtime.hall_days import OVERLAP
from controller.runtime.journal import Journal
from controller.runtime.stream_forms import parse_plan
from controller.transitions import UNFINISHED
from tests.simulation.faulty_log import Disk, Faults, FaultyJournal
from tests.simulation.ledger import Ledger, business_time, hall_of, stream_key
from tests.simulation.people import People, to_the_end
from tests.support.engines import MIDNIGHT, MORNING, HandClock, small_plan

HALLS_MAX, CONTROLLERS_MAX, SKEW_S_MAX = 2, 3, 3.0
TURNS_MAX = 25
TRIES_MAX = 200
ROUNDS_MAX = 500
REPEATABLE = timedelta(minutes=45)
"""How long after midnight a client still repeats yesterday's command; the engine knows its id for an hour."""


def carrying(plan: Plan) -> Plan:
    """Return a plan under which whoever was not served waits on the next day."""
    return replace(plan, policies=replace(plan.policies, carry_over=True))


@dataclass(eq=False)
class Asked:
    """A command under its id, and what came of asking."""

    id: str
    hall: str
    command: c.Command
    at: datetime
    answer: Answer | None = None
    refusals: list[Refusal] = field(default_factory=list)


class SkewedClock:
    """A controller's own clock: a little before or behind the others."""

    def __init__(self, clock: HandClock, skew_s: float) -> None:
        self._clock = clock
        self._skew = timedelta(seconds=skew_s)

    def now(self) -> datetime:
        return self._clock.now() + self._skew


class Controller:
    """A running engine, and the clients that wait for it."""

    def __init__(self, world: "World") -> None:
        random = world.random
        self.world = world
        self.journal = FaultyJournal(world.disk, random, world.faults)
        self.clock = SkewedClock(world.clock, random.uniform(-world.skew_s, world.skew_s))
        follows_others = random.random() < 0.5
        self.engine = Engine(cast("Journal", self.journal), self.clock, follows_others=follows_others)
        self.engine.subscribe(self._hear)
        self.clients: set[asyncio.Task[None]] = set()
        self.checked: dict[str, HallDay] = {}
        self._heard: dict[str, int] = {}

    def begin(self, work: Any) -> None:
        """Let a client ask, or the clock tick."""
        task = asyncio.ensure_future(work)
        self.clients.add(task)
        task.add_done_callback(self.clients.discard)

    async def crash(self) -> None:
        """Die in the middle of everything: clients hear nothing any more."""
        self.journal.is_dead = True
        engine = self.engine
        doomed = [*self.clients, *engine._tasks.values(), *engine._ticks.values()]
        doomed += [engine._ticker] if engine._ticker else []
        for task in doomed:
            task.cancel()
        await asyncio.gather(*doomed, return_exceptions=True)

    def _hear(self, commit: Commit) -> None:
        try:
            self._check(commit)
        except AssertionError as failure:  # the engine goes on without a sink that fails; the run doesn't
            self.world.failures.append(failure)

    def _check(self, commit: Commit) -> None:
        stream = stream_key(commit.day.hall, commit.day.day)
        ledger = self.world.look(stream)
        first = commit.events[0].seq
        assert self._heard.get(stream, first - 1) == first - 1, f"{stream}: heard {self._heard[stream]}, then {first}"
        last = self._heard[stream] = commit.events[-1].seq
        assert list(commit.events) == ledger.recorded[first - 1 : last], "told what isn't on the disk"
        assert commit.day == ledger.states[last]
        self.checked[commit.day.hall] = commit.day
        self.world.seen["foreign commit" if commit.foreign else "own commit"] += 1


class World:
    """Everything that a seed decides."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seen: Counter[str] = Counter()
        self.disk = Disk()
        self.disk.seen = self.seen
        self.clock = HandClock(self.random.choice([MORNING, MIDNIGHT - timedelta(minutes=20)]))
        roll = self.random.random
        self.faults = Faults(unmade=roll() * 0.1, unacknowledged=roll() * 0.15) if roll() < 0.8 else Faults()
        self.skew_s = roll() * SKEW_S_MAX
        self.crashes = roll() * 0.08
        self.repeats = roll() * 0.4
        self.people = {f"hall-{number}": People(self.random) for number in range(self.random.randint(1, HALLS_MAX))}
        self.ledgers: dict[str, Ledger] = defaultdict(Ledger)
        self.asked: list[Asked] = []
        self.controllers: list[Controller] = []
        self.failures: list[BaseException] = []
        self.under_way: list[Asked] = []

    # -- running ------------------------------------------------------------------------------------------------------

    async def run(self, steps: int) -> None:
        """Live through some steps with faults, then see that without them everything comes to its end."""
        calm, self.faults = self.faults, Faults()
        await self._start()
        for hall in self.people:
            await self.controllers[0].engine.put_plan(carrying(small_plan(hall)), command_id=f"plan-{hall}", actor="li")
        for _ in range(self.random.randrange(CONTROLLERS_MAX)):
            await self._start()
        self._set_faults(calm)
        for step in range(steps):
            await self._step(step)
            self._check()
        self._set_faults(Faults())
        await self._settle()
        await self._finish()
        for controller in self.controllers:
            await controller.engine.stop()
            await controller.journal.settle()
        self._check()
        twice = Counter((hall_of(stream), key) for stream, ledger in self._looked() for key in ledger.commands)
        assert max(twice.values(), default=1) == 1, f"carried out on two days: {twice.most_common(1)}"

    async def _start(self) -> None:
        controller = Controller(self)
        for _ in range(TRIES_MAX):
            try:
                await controller.engine.start()
            except LogUnavailable:
                continue
            self.controllers.append(controller)
            return
        raise AssertionError("the log never comes back")

    async def _step(self, step: int) -> None:
        random = self.random
        await self._let_time_pass()
        for number in range(random.randrange(6)):
            asked = self._repeated() or self._new(f"{step}-{number}")
            controller = random.choice(self.controllers)
            controller.begin(self._ask(controller, asked))
        if random.random() < self.crashes:
            await self._replace(random.choice(self.controllers))
        if random.random() < 0.2:
            controller = random.choice(self.controllers)
            controller.begin(controller.engine.tick())
        if random.random() < 0.03:
            controller = random.choice(self.controllers)
            controller.begin(self._put_plan(controller, step))
        for _ in range(random.randrange(TURNS_MAX)):
            await asyncio.sleep(0)

    async def _let_time_pass(self) -> None:
        roll = self.random.random()
        if roll < 0.02:
            self.clock.advance(-5)
        elif roll < 0.03 and not self._is_yesterdays_under_way():
            await self._settle()  # no call lasts for hours
            now = business_time(self.clock.now())
            self.clock.advance((MIDNIGHT.replace(tzinfo=None) - now.replace(tzinfo=None)).total_seconds() % 86_400 - 2)
            self.seen["midnight comes"] += 1
        else:
            self.clock.advance(self.random.choice([0, 0.1, 1, 10, 60]))

    def _is_yesterdays_under_way(self) -> bool:
        """Tell whether a command of an earlier day is asked right now: over a second midnight its id is forgotten."""
        today = business_time(self.clock.now()).date()
        return any(business_time(asked.at).date() < today for asked in self.under_way)

    async def _replace(self, controller: Controller) -> None:
        self.controllers.remove(controller)
        if self.random.random() < 0.7:
            self.seen["crash"] += 1
            await controller.crash()
        else:
            self.seen["stop"] += 1
            await controller.engine.stop()
            await asyncio.gather(*controller.clients)
        await self._start()

    def _set_faults(self, faults: Faults) -> None:
        self.faults = faults
        for controller in self.controllers:
            controller.journal.faults = faults

    async def _settle(self) -> None:
        for controller in self.controllers:
            await asyncio.gather(*controller.clients)
            await controller.journal.settle()

    # -- asking -------------------------------------------------------------------------------------------------------

    def _new(self, key: str) -> Asked:
        hall = self.random.choice(list(self.people))
        asked = Asked(key, hall, self.people[hall].next_command(self.newest(hall)), self.clock.now())
        self.asked.append(asked)
        return asked

    def _repeated(self) -> Asked | None:
        if not self.asked or self.random.random() > self.repeats:
            return None
        asked = self.random.choice(self.asked[-60:])
        self.seen["repeated"] += 1
        return asked if self._is_repeatable(asked) else None

    def _is_repeatable(self, asked: Asked) -> bool:
        """Tell whether its id must still be known; what is asked soon after midnight may be the day before's."""
        now, then = business_time(self.clock.now()), business_time(asked.at) - OVERLAP
        midnight = datetime.combine(then.date() + timedelta(days=1), datetime.min.time(), then.tzinfo)
        return now < midnight + REPEATABLE

    async def _ask(self, controller: Controller, asked: Asked) -> None:
        """Ask once; whoever hears nothing, or that it can't be done now, may ask again under the same id."""
        before = asked.answer
        self.under_way.append(asked)
        try:
            outcome = await controller.engine.submit(
                asked.hall, asked.command, command_id=asked.id, actor=f"client-{asked.id}"
            )
            self._judge(asked, before, outcome)
        except OperatingError:
            self.seen["told to come back"] += 1
        except Exception as failure:  # noqa: BLE001 - the run fails by it at its next check
            self.failures.append(failure)
        finally:
            self.under_way.remove(asked)

    def _judge(self, asked: Asked, before: Answer | None, outcome: Result | Refusal) -> None:
        if isinstance(outcome, Refusal):
            assert before is None, f"{asked} was accepted, then {outcome}"
            assert not isinstance(outcome, CommandIdReused), f"{asked}: {outcome}"
            asked.refusals.append(outcome)
            self.seen["refused"] += 1
            return
        carried_out = [
            ledger for stream, ledger in self._looked() if hall_of(stream) == asked.hall and asked.id in ledger.commands
        ]
        assert len(carried_out) == 1, f"{asked} was answered and is in {len(carried_out)} streams"
        if asked.answer is None:
            self.seen["accepted"] += 1
        else:
            self.seen["answered again"] += 1
            assert asked.answer == outcome.answer, f"{asked}: answered {asked.answer}, then {outcome.answer}"
        asked.answer = outcome.answer

    async def _put_plan(self, controller: Controller, step: int) -> None:
        plan = carrying(small_plan(self.random.choice(list(self.people)), windows=self.random.randint(2, 4)))
        try:
            refusal = await controller.engine.put_plan(plan, command_id=f"plan-{step}", actor="li")
            self.seen["plan refused" if refusal else "plan put"] += 1
        except OperatingError:
            self.seen["told to come back"] += 1

    # -- looking ------------------------------------------------------------------------------------------------------

    def look(self, stream: str) -> Ledger:
        """Return a stream's ledger, read to its end."""
        ledger = self.ledgers[stream]
        ledger.read(self.disk.streams[stream])
        return ledger

    def newest(self, hall: str) -> HallDay | None:
        """Return the newest day of a hall as the log has it."""
        streams = sorted(stream for stream in self.disk.streams if hall_of(stream) == hall)
        return self.look(streams[-1]).day if streams else None

    def _looked(self) -> list[tuple[str, Ledger]]:
        return [(stream, self.look(stream)) for stream in list(self.disk.streams)]

    def _check(self) -> None:
        """See that all is well now: on the disk, in every engine, and among those who asked."""
        if self.failures:
            raise self.failures[0]
        looked = self._looked()
        open_halls = Counter(hall_of(stream) for stream, ledger in looked if ledger.day and not ledger.day.closed)
        assert all(count == 1 for count in open_halls.values()), f"open days: {open_halls}"
        for controller in self.controllers:
            for day in controller.engine.loaded_days():
                if controller.checked.get(day.hall) is not day:
                    logged = self.look(stream_key(day.hall, day.day)).states[day.seq]
                    assert day == logged, "an engine's state isn't the log's"
                    controller.checked[day.hall] = day

    # -- the end ------------------------------------------------------------------------------------------------------

    async def _finish(self) -> None:
        """Without faults everybody is answered, everybody is served, and every controller knows the same."""
        for asked in self.asked:
            if asked.answer is None and not asked.refusals and self._is_repeatable(asked):
                await self._ask(self.random.choice(self.controllers), asked)
                assert asked.answer is not None or asked.refusals, f"{asked} is never answered"
        self._check()
        for hall in self.people:
            await self._serve_all(hall)
        await self._start()
        for turn in range(2):  # in the first the newest plan may still come in force
            for hall in self.people:
                for number, controller in enumerate(self.controllers):
                    looking = Asked(f"look-{hall}-{turn}-{number}", hall, c.IssueTicket(()), self.clock.now())
                    await self._ask(controller, looking)
                    day = await controller.engine.day(hall)
                    assert isinstance(day, HallDay)
                    assert day == self.newest(hall), "controllers differ"
                    stored = parse_plan(self.disk.plans[hall][-1][0])
                    assert turn == 0 or day.plan == stored == controller.engine.plans[HallId(hall)], (
                        "not the newest plan"
                    )
        self._check()

    async def _serve_all(self, hall: str) -> None:
        for number in range(ROUNDS_MAX):
            looking = Asked(f"sync-{hall}-{number}", hall, c.IssueTicket(()), self.clock.now())
            await self._ask(self.controllers[0], looking)
            day = await self.controllers[0].engine.day(hall)
            assert isinstance(day, HallDay)
            todo = [command for window in day.windows.values() if (command := to_the_end(day, window))]
            if not any(ticket.state in UNFINISHED for ticket in day.tickets.values()):
                break
            for place, command in enumerate(todo):
                asked = Asked(f"end-{hall}-{number}-{place}", hall, command, self.clock.now())
                await self._ask(self.random.choice(self.controllers), asked)
                self._check()
            self.clock.advance(1)
        newest = self.newest(hall)
        assert newest is not None
        left = [ticket for ticket in newest.tickets.values() if ticket.state in UNFINISHED]
        assert not left, f"never served: {left}"
        ended = {TicketState.FINISHED, TicketState.CANCELLED, TicketState.NO_SHOW}
        self.seen["ended"] += sum(ticket.state in ended for ticket in newest.tickets.values())

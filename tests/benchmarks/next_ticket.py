"""Deciding whom a window calls next, in the pure core, while many wait in all lanes for all services.

The baseline looks at everybody who waits, which is what a hall without queues has to do.
"""

import random
import time
from functools import partial
from pathlib import Path

from controller import commands as c
from controller.assignment import rank, windows_for
from controller.decide import decide
from controller.model import HallDay, TicketId
from controller.plan import Lane, WindowId
from tests.benchmarks.halls import CODES, hall
from tests.benchmarks.options import Options
from tests.benchmarks.processes import in_own_process
from tests.benchmarks.table import Aim, Case, Figure
from tests.support.core_floor import Floor

AIMS_US = {10: 50, 1_000: 200, 10_000: 1_000}
"""By people who wait, microseconds that one decision ought to take at most."""
LANES = (Lane.NORMAL,) * 7 + (Lane.GREEN, Lane.APPOINTMENT, Lane.ASSISTED)
CALLS = 200
WINDOW = WindowId("1")
SEED = 20_220_901


def cases(_: Options) -> list[Case]:
    """Return what is measured."""
    return [
        Case(f"decide next, {waiting:,} waiting", "a look at everybody", partial(_measure, waiting))
        for waiting in AIMS_US
    ]


async def _measure(waiting: int, _: Path) -> list[Figure]:
    return await in_own_process(_run, waiting)


def _run(waiting: int) -> list[Figure]:
    """Call again and again, each time with so many waiting; the median of the first decision at each state counts."""
    chance = random.Random(SEED)
    floor = Floor(hall(), opened=(WINDOW,), step_s=0)
    for _ in range(waiting):
        _comes(floor, chance)
    ours, bare = [], []
    for _ in range(CALLS):
        floor.wait(chance.expovariate(1 / 60))
        request = floor.request(c.CallNext(WINDOW))
        began = time.perf_counter()
        decision = decide(floor.day, request)
        middle = time.perf_counter()
        best = _look_at_everybody(floor.day, request)
        bare.append(time.perf_counter() - middle)
        ours.append(middle - began)
        called = floor.serve(WINDOW)
        assert isinstance(decision, tuple)
        assert called == best
        floor.do(c.FinishService(WINDOW))
        _comes(floor, chance)
    middle_of = CALLS // 2
    us, bare_us = (1e6 * sorted(times)[middle_of] for times in (ours, bare))
    return [Figure("µs", us, bare_us, Aim(AIMS_US[waiting]), small_is_good=True)]


def _comes(floor: Floor, chance: random.Random) -> None:
    floor.wait(chance.expovariate(1 / 5))
    floor.issue(chance.choice(CODES), lane=chance.choice(LANES))


def _look_at_everybody(day: HallDay, request: c.Request) -> TicketId:
    mine = (ticket for ticket in map(day.tickets.__getitem__, day.waiting) if WINDOW in windows_for(day, ticket))
    return min(mine, key=lambda ticket: rank(day, ticket, request.at)).id

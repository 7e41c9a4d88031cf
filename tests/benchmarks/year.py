"""A hall's year out of its log: every day's stream read, decoded and folded to the state of its evening.

The baseline reads the same rows by bare ``sqlite3`` and decodes their JSON, as whoever looks at a year has to. What it
takes longer is the price of typed events and of the floor's whole state.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import orjson
import uvloop

from controller import commands as c
from controller.evolve import fold
from controller.model import HallDay
from controller.plan import DeviceId, WindowId
from controller.runtime.journal import Journal
from controller.runtime.stream_forms import from_row, stream_name, to_row
from tests.benchmarks.halls import CODES, hall
from tests.benchmarks.options import Options
from tests.benchmarks.processes import in_own_process
from tests.benchmarks.table import Aim, Case, Figure
from tests.support.core_floor import MORNING, ZONE, Floor

TICKETS_A_DAY = 80
"""20,000 tickets on some 250 working days: four times a mean township's year."""
STAFFED = tuple(WindowId(str(number)) for number in range(1, 4))
MACHINE = DeviceId("ticket-machine-1")
GAP_S = 300.0
SEED = 20_220_901
AIM = Aim(30)
READ = "SELECT type, version, at, actor, command, data FROM event WHERE stream = ? ORDER BY seq"


def cases(options: Options) -> list[Case]:
    """Return what is measured."""
    days = options.year_days
    name = f"replay of {days:,} days of a hall, {days * TICKETS_A_DAY:,} tickets"
    return [Case(name, "sqlite3 and orjson read the rows", partial(_measure, days))]


async def _measure(days: int, folder: Path) -> list[Figure]:
    return await in_own_process(_run, days, folder / "year.db")


def _run(days: int, log: Path) -> list[Figure]:
    return uvloop.run(_replayed(days, log))


async def _replayed(days: int, log: Path) -> list[Figure]:
    journal = Journal(f"sqlite:///{log}")
    await journal.open()
    try:
        streams = [await _write(journal, day) for day in _days(days)]
        began = time.perf_counter()
        tickets = events = waiting = 0
        for stream in streams:
            evening = await _evening(journal, stream)
            tickets, events = tickets + len(evening.tickets), events + evening.seq
            waiting += len(evening.waiting)
        ours = time.perf_counter() - began
    finally:
        await journal.close()
    began = time.perf_counter()
    rows = _read_barely(log, streams)
    bare = time.perf_counter() - began
    assert (tickets, events, waiting) == (days * TICKETS_A_DAY, rows, 0)
    return [
        Figure("s", ours, bare, AIM, small_is_good=True),
        Figure("events a second", events / ours, events / bare),
    ]


def _days(days: int) -> Iterator[Floor]:
    """Yield a hall's days: everybody is called, served and rates it, and has a receipt."""
    chance = random.Random(SEED)
    for number in range(days):
        floor = Floor(hall(), opened=STAFFED, step_s=0, at=MORNING + timedelta(days=number))
        floor.count += 1_000 * number  # ids of one day are of no other
        for _ in range(TICKETS_A_DAY):
            floor.wait(chance.expovariate(1 / GAP_S))
            floor.do(c.IssueTicket((chance.choice(CODES),), device=MACHINE))
            floor.do(c.ConfirmReceipt(floor.day.pending_receipts[0]))
            window = chance.choice(STAFFED)
            ticket = floor.serve(window)
            floor.wait(chance.expovariate(1 / GAP_S))
            floor.do(c.FinishService(window))
            floor.do(c.SubmitReview(5, ticket=ticket))
        floor.do(c.CloseDay())
        yield floor


async def _write(journal: Journal, floor: Floor) -> str:
    stream = stream_name(floor.day.hall, floor.day.day)
    await journal.append(stream, [to_row(entry) for entry in floor.events])
    return stream


async def _evening(journal: Journal, stream: str) -> HallDay:
    rows = await journal.read(stream)
    day = await asyncio.to_thread(lambda: fold(from_row(row, ZONE) for row in rows))
    if day is None:
        raise ValueError(f"{stream} is empty")
    return day


def _read_barely(log: Path, streams: list[str]) -> int:
    events = 0
    connection = sqlite3.connect(log)
    try:
        for stream in streams:
            rows = connection.execute(READ, (stream,)).fetchall()
            events += len([orjson.loads(row[-1]) for row in rows])
    finally:
        connection.close()
    return events

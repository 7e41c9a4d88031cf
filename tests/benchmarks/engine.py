"""Engine and log: commands a second on a real SQLite log, beside ``sqlite3`` inserting the same rows.

The bare baseline gets the rows that the engine wrote, in the same batch sizes, on the same disk, with the same
pragmas: what it takes longer is the price of the floor's rules, of asyncio and of the thread that writes.
"""

import asyncio
import contextlib
import itertools
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvloop

from api import garbage
from controller import commands as c
from controller.plan import WindowId
from controller.runtime.clock import SystemClock
from controller.runtime.engine import Engine
from controller.runtime.hall_actor import Result
from controller.runtime.journal import Journal
from tests.benchmarks.halls import CODES, WINDOWS, hall
from tests.benchmarks.options import Options
from tests.benchmarks.processes import in_own_process
from tests.benchmarks.table import HALF, Case, Figure

PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
COLUMNS = ("stream", "seq", "type", "version", "at", "actor", "command", "data", "batch")


@dataclass(frozen=True)
class Load:
    """Who asks what.

    Attributes:
        halls: how many halls there are.
        callers: how many callers each has, every one with one command under way.
        works: they serve at the windows what they have drawn; otherwise they only draw tickets.
    """

    halls: int
    callers: int
    works: bool

    def __str__(self) -> str:
        what = "tickets called and served" if self.works else "tickets drawn"
        halls = "one hall" if self.halls == 1 else f"{self.halls} halls"
        return f"{what}, {halls}, {self.callers * self.halls} callers"


LOADS = (
    Load(1, 1, works=False),
    Load(1, 8, works=True),
    Load(1, 64, works=False),
    Load(16, 4, works=True),
    Load(64, 4, works=True),
)


def cases(options: Options) -> list[Case]:
    """Return what is measured."""
    return [
        Case(f"engine + log: {load}", "sqlite3, same rows and batches", partial(_measure, load, options.commands))
        for load in LOADS
    ]


async def _measure(load: Load, commands: int, folder: Path) -> list[Figure]:
    """Run one load on a fresh log in a process of its own, then the bare baseline."""
    return await in_own_process(_run, load, commands, folder)


def _run(load: Load, commands: int, folder: Path) -> list[Figure]:
    seconds, batches = uvloop.run(_run_engine(load, commands, folder / "engine.db"))
    bare_s = _run_bare(folder / "engine.db", folder / "bare.db", batches)
    return [
        Figure("commands/s", commands / seconds, commands / bare_s, HALF),
        Figure("rows in a commit", sum(batches) / len(batches)),
    ]


@contextlib.asynccontextmanager
async def running_engine(path: Path, halls: int, batches: list[int]) -> AsyncIterator[Engine]:
    """Run an engine with some halls whose windows are open; ``batches`` takes the rows of each commit."""
    journal = Journal(f"sqlite:///{path}")
    await journal.open()
    engine = Engine(journal, SystemClock())
    await engine.start()
    try:
        for number in range(halls):
            plan = hall(number)
            await engine.put_plan(plan, command_id=f"plan-{number}", actor="bench")
            for window in plan.windows:
                await engine.submit(
                    plan.hall.id, c.OpenWindow(window.id), command_id=f"open-{window.id}", actor="bench"
                )
        journal.on_commit = lambda _seconds, _appends, rows: batches.append(rows)
        yield engine
    finally:
        await engine.stop()
        await journal.close()


async def _run_engine(load: Load, commands: int, path: Path) -> tuple[float, list[int]]:
    batches: list[int] = []
    async with running_engine(path, load.halls, batches) as engine:
        left = iter(range(commands))
        garbage.settle()
        started = time.perf_counter()
        await asyncio.gather(
            *(
                _call(engine, f"hall-{number}", caller, _script(caller, works=load.works), left)
                for number in range(load.halls)
                for caller in range(load.callers)
            )
        )
        return time.perf_counter() - started, batches


async def _call(engine: Engine, hall_id: str, caller: int, script: Iterator[c.Command], left: Iterator[int]) -> None:
    for number in left:
        result = await engine.submit(
            hall_id, next(script), command_id=f"{hall_id}:{caller}:{number}", actor=f"device:kiosk-{caller}"
        )
        assert isinstance(result, Result), result


def _script(caller: int, *, works: bool) -> Iterator[c.Command]:
    """What one caller asks: each one that works has a window to itself, so that nothing is refused."""
    window = WindowId(str(caller % WINDOWS + 1))
    for code in itertools.cycle(CODES):
        yield c.IssueTicket((code,))
        if works:
            yield c.CallNext(window)
            yield c.StartService(window)
            yield c.FinishService(window)


def _run_bare(source: Path, path: Path, batches: list[int]) -> float:
    """Insert the rows of the engine's last batches into a fresh database; return the seconds it took."""
    with contextlib.closing(sqlite3.connect(source)) as log:
        schema = log.execute("SELECT sql FROM sqlite_master WHERE name = 'event'").fetchone()[0]
        written = log.execute(f"SELECT {', '.join(COLUMNS)} FROM event ORDER BY at, stream, seq").fetchall()  # noqa: S608
    rows = iter(written[-sum(batches) :])
    groups = [list(itertools.islice(rows, size)) for size in batches]
    insert = f"INSERT INTO event ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as bare:
        for pragma in PRAGMAS:
            bare.execute(f"PRAGMA {pragma}")
        bare.execute(schema)
        started = time.perf_counter()
        for group in groups:
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany(insert, group)
            bare.execute("COMMIT")
        return time.perf_counter() - started

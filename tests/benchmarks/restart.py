"""Restart of a controller in the middle of a long day: until it says that it is ready, and until it answers rightly."""

import asyncio
import json
import time
from functools import partial
from pathlib import Path

import uvloop

from controller import commands as c
from controller.plan import WindowId
from tests.benchmarks.controller import controller
from tests.benchmarks.engine import running_engine
from tests.benchmarks.halls import CODES, HALL, WINDOWS
from tests.benchmarks.http_kiosk import connect, request
from tests.benchmarks.options import Options
from tests.benchmarks.processes import in_own_process
from tests.benchmarks.table import Aim, Case, Figure
from tests.support.controller_process import ControllerProcess

STARTS = 3
"""A start is short: the median of so many is taken in each round."""
POLL_S = 0.005
ANSWER_S_MAX = 60.0
AIM = Aim(1)


def cases(options: Options) -> list[Case]:
    """Return what is measured."""
    name = f"restart of serve, a day of {options.day_tickets:,} tickets drawn, called and served"
    return [Case(name, "serve with an empty day", partial(_measure, options.day_tickets))]


async def _measure(tickets: int, folder: Path) -> list[Figure]:
    last = await in_own_process(_make_day, folder / "long.db", tickets)
    long, empty = (controller(folder, name) for name in ("long", "empty"))
    await _start(empty, None)
    ready, right, bare_ready, bare_right = zip(
        *[(*await _start(long, last), *await _start(empty, None)) for _ in range(STARTS)], strict=True
    )
    middle = STARTS // 2
    return [
        Figure("s to ready", sorted(ready)[middle], sorted(bare_ready)[middle], AIM, small_is_good=True),
        Figure(
            "s to the first right answer", sorted(right)[middle], sorted(bare_right)[middle], AIM, small_is_good=True
        ),
    ]


async def _start(process: ControllerProcess, last: int | None) -> tuple[float, float]:
    """Start and stop; return the seconds until it is ready and until it knows where the day stands."""
    began = time.perf_counter()
    answering = asyncio.create_task(_answered(process.http, last))
    try:
        await process.start()
        ready_s = time.perf_counter() - began
        return ready_s, await answering - began
    finally:
        answering.cancel()
        await process.stop()


async def _answered(address: str, last: int | None) -> float:
    """Ask for the hall until it answers, and return when it did; its seq must be the day's last one."""
    async with asyncio.timeout(ANSWER_S_MAX):
        while True:
            try:
                line = await connect(address)
            except ConnectionRefusedError:
                await asyncio.sleep(POLL_S)
                continue
            try:
                body = json.loads(await line.ask(request("GET", f"/api/v1/halls/{HALL}")))
            except ConnectionResetError:
                await asyncio.sleep(POLL_S)
                continue
            finally:
                line.close()
            came = time.perf_counter()
            assert last is None or (body["seq"] >= last and body["waiting"] == 0), body
            return came


def _make_day(log: Path, tickets: int) -> int:
    return uvloop.run(_serve_all(log, tickets))


async def _serve_all(log: Path, tickets: int) -> int:
    """Draw, call and serve so many tickets at all windows; return the stream's last seq."""
    async with running_engine(log, 1, []) as engine:
        numbers = iter(range(tickets))

        async def work(window: WindowId) -> None:
            for number in numbers:
                code = CODES[number % len(CODES)]
                for step in (
                    c.IssueTicket((code,)),
                    c.CallNext(window),
                    c.StartService(window),
                    c.FinishService(window),
                ):
                    await engine.submit(HALL, step, command_id=f"{number}:{type(step).__name__}", actor="bench")

        await asyncio.gather(*(work(WindowId(str(place))) for place in range(1, WINDOWS + 1)))
        (day,) = engine.loaded_days()
        assert not day.waiting
        return day.seq

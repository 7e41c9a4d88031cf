"""Press to glass: from a clerk's press until a display has the board, beside ``websockets.broadcast`` of equal bytes.

Twice: the hub alone, as `fan_out` measures it, and the whole way through a real ``yichuang serve``, from the first byte
of the clerk's ``next`` over HTTP to the last byte of the board at a display, the commit to the disk in between.
"""

import asyncio
import contextlib
import gc
import json
import resource
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from tests.benchmarks import fan_out
from tests.benchmarks.controller import running_controller
from tests.benchmarks.halls import CODES, HALL
from tests.benchmarks.http_kiosk import HttpLine, connect, request
from tests.benchmarks.load import quantile
from tests.benchmarks.options import Options
from tests.benchmarks.processes import in_own_process
from tests.benchmarks.table import Aim, Case, Figure

BASE = f"/api/v1/halls/{HALL}"
WINDOW = f"{BASE}/windows/1"
AIMS = {(1, "p50"): Aim(5), (1_000, "p99"): Aim(50)}
"""In milliseconds, by displays and quantile."""


def cases(options: Options) -> list[Case]:
    """Return what is measured."""
    measures = {"hub alone": _measure_hub, "HTTP press, serve": _measure_serve}
    return [
        Case(f"press to glass, {count} display{'s' if count > 1 else ''}, {how}", fan_out.FLOOR_KIND,
             partial(measure, count, options))
        for count in options.displays
        for how, measure in measures.items()
    ]  # fmt: skip


async def _measure_hub(count: int, options: Options, _folder: Path) -> list[Figure]:
    ours = await in_own_process(_run_fan_out, fan_out.PLAIN, count, options.presses)
    return _figures(count, ours, await in_own_process(_run_fan_out, fan_out.FLOOR_KIND, count, options.presses))


async def _measure_serve(count: int, options: Options, folder: Path) -> list[Figure]:
    async with running_controller(folder) as controller:
        ours = await in_own_process(_run_serve, controller.http, count, options.presses)
    return _figures(count, ours, await in_own_process(_run_fan_out, fan_out.FLOOR_KIND, count, options.presses))


def _figures(count: int, ours: tuple[float, float], bare: tuple[float, float]) -> list[Figure]:
    return [
        Figure(f"{name} ms", mine, theirs, AIMS.get((count, name)), small_is_good=True)
        for name, mine, theirs in zip(("p50", "p99"), ours, bare, strict=True)
    ]


def _run_fan_out(kind: str, count: int, presses: int) -> tuple[float, float]:
    _open_many_files()
    return uvloop.run(_fan_out(kind, count, presses))


async def _fan_out(kind: str, count: int, presses: int) -> tuple[float, float]:
    async with fan_out._running(kind) as port:
        figures = await fan_out._measure(port, count, presses, answers=False)
    return figures.each_p50, figures.each_p99


def _open_many_files() -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(fan_out.OPEN_FILES, limit), limit))


def _run_serve(address: str, count: int, presses: int) -> tuple[float, float]:
    _open_many_files()
    return uvloop.run(_press(address, count, presses))


class _Wall:
    """All displays of a hall: when each has a board newer than the last one that all had."""

    def __init__(self, count: int) -> None:
        self.seq = 0
        self._count = count
        self._newest = [0] * count
        self._delays: list[float] = []
        self._pressed_at = 0.0
        self._all = asyncio.Event()

    def shows(self, display: int, seq: int) -> None:
        """Take down that a display has a board."""
        had, self._newest[display] = self._newest[display], seq
        if had <= self.seq < seq:
            self._delays.append(time.perf_counter() - self._pressed_at)
            if len(self._delays) == self._count:
                self._all.set()

    def expect(self) -> None:
        """Begin to wait for the next board."""
        self._delays = []
        self._all.clear()
        self._pressed_at = time.perf_counter()

    async def whole(self) -> list[float]:
        """Wait until all have it; return each display's delay in seconds."""
        async with asyncio.timeout(fan_out.DEADLINE_S):
            await self._all.wait()
        self.seq = max(self._newest)
        return self._delays


async def _press(address: str, count: int, presses: int) -> tuple[float, float]:
    """Call, start and call again at one window; only the calls are judged, a start is their preparation."""
    line = await connect(address)
    await line.ask(request("POST", f"{WINDOW}/open", {"clerk": "bench"}))
    for number in range(presses + fan_out.WARM_UP_ROUNDS):
        await line.ask(request("POST", f"{BASE}/tickets", {"services": [CODES[number % len(CODES)]]}))
    delays: list[float] = []
    async with _displays(address, count) as wall:
        gc.collect()
        gc.disable()
        for number in range(presses + fan_out.WARM_UP_ROUNDS):
            found = await _round(line, wall, "next")
            if number >= fan_out.WARM_UP_ROUNDS:
                delays += found
            await asyncio.sleep(fan_out.PAUSE_S)
            await _round(line, wall, "start")
    line.close()
    delays.sort()
    return quantile(delays, 0.5) * 1000, quantile(delays, 0.99) * 1000


async def _round(line: HttpLine, wall: _Wall, action: str) -> list[float]:
    text = request("POST", f"{WINDOW}/{action}", {})
    wall.expect()
    answer, delays = await asyncio.gather(line.ask(text), wall.whole())
    assert json.loads(answer)["ticket"], answer
    return delays


@contextlib.asynccontextmanager
async def _displays(address: str, count: int) -> AsyncIterator[_Wall]:
    loop, parts, wall = asyncio.get_running_loop(), urlsplit(address), _Wall(count)
    opened: list[fan_out.Display] = []

    async def open_one(number: int) -> None:
        path = f"/ws/v1/halls/{HALL}/boards/tv-{number}"
        _, display = await loop.create_connection(
            lambda: fan_out.Display(path, partial(wall.shows, number), answers=False), parts.hostname, parts.port
        )
        opened.append(display)

    try:
        for first in range(0, count, fan_out.CONNECTS_AT_ONCE):
            numbers = range(first, min(count, first + fan_out.CONNECTS_AT_ONCE))
            await asyncio.gather(*(open_one(number) for number in numbers))
        await wall.whole()
        yield wall
    finally:
        for display in opened:
            if display.transport is not None:
                display.transport.abort()

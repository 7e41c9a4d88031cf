"""Tickets from kiosks through a real ``yichuang serve``, by HTTP and MQTT, beside the least that could answer them."""

import asyncio
import gc
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import uvloop

from tests.benchmarks import http_kiosk, mqtt_kiosk
from tests.benchmarks.baselines import mqtt_echo, trivial_http
from tests.benchmarks.controller import running_controller
from tests.benchmarks.halls import CODES, HALL
from tests.benchmarks.load import Drawn, Taken
from tests.benchmarks.options import Options
from tests.benchmarks.processes import in_own_process
from tests.benchmarks.table import HALF, Aim, Case, Figure

KIOSKS = (1, 8, 32)
BEST_OPEN_SYSTEM = 150
"""Tickets a second with 32 kiosks by the best open system on such a machine; it doubles numbers."""

DRAW = {"HTTP": http_kiosk.draw, "MQTT": mqtt_kiosk.draw}


def cases(options: Options) -> list[Case]:
    """Return what is measured."""
    return [
        Case(
            f"ticket by {way}, {kiosks} kiosk{'s' if kiosks > 1 else ''}",
            "FastAPI POST" if way == "HTTP" else "MQTT echo (aiomqtt)",
            partial(_measure, way, kiosks, options),
        )
        for way in DRAW
        for kiosks in KIOSKS
    ]


async def _measure(way: str, kiosks: int, options: Options, folder: Path) -> list[Figure]:
    async with running_controller(folder) as controller:
        ours = await in_own_process(_draw, way, getattr(controller, way.lower()), kiosks, options)
    async with _baseline(way, folder) as address:
        bare = await in_own_process(_draw, way, address, kiosks, options)
    figures = [
        Figure("tickets/s", ours.a_second, bare.a_second, HALF),
        Figure("p50 ms", ours.p50_ms, bare.p50_ms, HALF, small_is_good=True),
        Figure("p99 ms", ours.p99_ms, bare.p99_ms, HALF, small_is_good=True),
        Figure("numbers given twice", ours.doubles, aim=Aim(1), small_is_good=True),
    ]
    if kiosks == max(KIOSKS):
        best = Aim(BEST_OPEN_SYSTEM, at_least=True)
        figures.append(Figure("tickets/s, best open system: 150", ours.a_second, aim=best))
    return figures


def _baseline(way: str, folder: Path) -> AbstractAsyncContextManager[str]:
    return trivial_http() if way == "HTTP" else mqtt_echo(folder / "echo")


def _draw(way: str, address: str, kiosks: int, options: Options) -> Drawn:
    return uvloop.run(_draw_all(way, address, kiosks, options))


async def _draw_all(way: str, address: str, kiosks: int, options: Options) -> Drawn:
    gc.freeze()
    taken = Taken(options.seconds, options.warm_up_s)
    await asyncio.gather(*(DRAW[way](address, HALL, CODES, taken) for _ in range(kiosks)))
    return taken.drawn()

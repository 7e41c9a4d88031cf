"""Memory of a controller: at rest, and what a ticket leaves behind. The controller's own process."""

import asyncio
from functools import partial
from pathlib import Path

import psutil
import uvloop

from tests.benchmarks import http_kiosk
from tests.benchmarks.controller import running_controller
from tests.benchmarks.halls import CODES, HALL
from tests.benchmarks.load import Taken
from tests.benchmarks.options import Options
from tests.benchmarks.processes import in_own_process
from tests.benchmarks.table import Aim, Case, Figure

KIOSKS = 8
MEGABYTE, KILOBYTE = 1_000_000, 1_000
REST_AIM, TICKET_AIM = Aim(150), Aim(2)


def cases(options: Options) -> list[Case]:
    """Return what is measured."""
    return [Case(f"memory of serve, {options.tickets:,} tickets", "", partial(_measure, options.tickets))]


async def _measure(tickets: int, folder: Path) -> list[Figure]:
    async with running_controller(folder) as controller:
        process = psutil.Process(controller.pid)
        at_rest = process.memory_info().rss
        await in_own_process(_draw, controller.http, tickets)
        after = process.memory_info().rss
        family = sum(child.memory_info().rss for child in process.children(recursive=True))
    return [
        Figure("MB at rest", at_rest / MEGABYTE, aim=REST_AIM, small_is_good=True),
        Figure("MB after them", after / MEGABYTE, aim=REST_AIM, small_is_good=True),
        Figure("kB a ticket", (after - at_rest) / tickets / KILOBYTE, aim=TICKET_AIM, small_is_good=True),
        Figure("MB of broker and voice beside it", family / MEGABYTE, small_is_good=True),
    ]


def _draw(address: str, tickets: int) -> None:
    uvloop.run(_draw_all(address, tickets))


async def _draw_all(address: str, tickets: int) -> None:
    taken = Taken(tickets_max=tickets)
    await asyncio.gather(*(http_kiosk.draw(address, HALL, CODES, taken) for _ in range(KIOSKS)))
    assert len(taken.tickets) == tickets

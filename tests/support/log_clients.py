"""Processes that write a log as controllers do, to be killed or to race. They report over a pipe."""

import asyncio
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

from controller.runtime.errors import LogConflict
from controller.runtime.journal import Journal
from tests.support.journals import journal_at, row

ROOT = Path(__file__).parents[2]
HALLS = 4
ROWS_MAX = 5
APPENDS_MAX = 100_000
WITHIN_S = 60.0


@contextmanager
def process(target: Any, *args: Any) -> Iterator[tuple[ForkServerProcess, Connection]]:
    """Run ``target(pipe, *args)`` in a process of its own, which is dead when this is left.

    It is forked from a server that has everything imported: so it begins in milliseconds, and without our threads.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe()
    running = context.Process(target=target, args=(theirs, *args))
    with patch.dict(os.environ, PYTHONPATH=str(ROOT)):  # the server doesn't learn our module search path otherwise
        running.start()
    theirs.close()
    try:
        yield running, ours
    finally:
        running.kill()
        running.join(WITHIN_S)
        running.close()
        ours.close()


def append_for_ever(pipe: Connection, url: str) -> None:
    """Append to some halls' streams without end, and send (stream, seq of the last row) after each acknowledgement."""
    asyncio.run(_append_for_ever(pipe, url))


async def _append_for_ever(pipe: Connection, url: str) -> None:
    async with journal_at(url) as journal:
        await asyncio.gather(*(_serve(pipe, journal, f"hall:h{number}/2026-03-02") for number in range(HALLS)))


async def _serve(pipe: Connection, journal: Journal, stream: str) -> None:
    last = len(await journal.read(stream))
    for turn in range(APPENDS_MAX):
        count = 1 + turn % ROWS_MAX
        await journal.append(stream, [row(seq) for seq in range(last + 1, last + 1 + count)])
        last += count
        pipe.send((stream, last))


def race(pipe: Connection, url: str, stream: str, name: str, appends: int) -> None:
    """Open a log at the same moment as others do, append to one stream against them, and send what was acknowledged."""
    asyncio.run(_race(pipe, url, stream, name, appends))


async def _race(pipe: Connection, url: str, stream: str, name: str, appends: int) -> None:
    pipe.send("ready")
    pipe.recv()
    async with journal_at(url) as journal:
        acknowledged, conflicts, first = [], 0, 1
        for turn in range(appends):
            count = 1 + turn % ROWS_MAX
            while True:
                rows = [row(seq, command=f"{name}-{turn}") for seq in range(first, first + count)]
                try:
                    await journal.append(stream, rows)
                except LogConflict:
                    conflicts += 1
                    first += len(await journal.read(stream, first - 1))
                else:
                    break
            acknowledged += [(entry.seq, entry.command) for entry in rows]
            first += count
    pipe.send((acknowledged, conflicts))

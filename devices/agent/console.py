"""The keyboard end of a device program: lines in, one JSON object a line out."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from typing import Any, TextIO

import orjson

LINES_MAX = 16
"""Lines read ahead; whoever writes faster waits."""


def say(happening: Mapping[str, Any]) -> None:
    """Write a happening to standard output, at once."""
    sys.stdout.write(orjson.dumps(happening).decode() + "\n")
    sys.stdout.flush()


async def lines(source: TextIO) -> AsyncIterator[str]:
    """Yield the lines of a text stream without their ends, until it ends.

    A daemon thread reads: a terminal, a pipe, a file and ``/dev/null`` all work, and a program that stops doesn't wait
    for somebody to press return.
    """
    queue: asyncio.Queue[str | None] = asyncio.Queue(LINES_MAX)
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            for line in source:
                asyncio.run_coroutine_threadsafe(queue.put(line.strip()), loop).result()
            asyncio.run_coroutine_threadsafe(queue.put(None), loop).result()
        except (RuntimeError, asyncio.CancelledError):
            return  # the program has ended

    threading.Thread(target=read, name="console", daemon=True).start()
    while (line := await queue.get()) is not None:
        if line:
            yield line

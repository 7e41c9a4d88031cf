"""The demo's controller: `yichuang serve` as a process of its own, started, heard, and stopped."""

import asyncio
import os
import re
import shutil
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import structlog

log = structlog.get_logger(__name__)

START_S_MAX = 90.0
"""Longest until the controller serves: on a slow machine the voice and the database take their time."""

STOP_S_MAX = 20.0
"""Longest until it has stopped, before it is killed."""

LINE_BYTES_MAX = 64 * 1024
LINES_KEPT = 12
"""Its last words, for when it ends before its time."""

READY = re.compile(r"^ready http=(\S+) mqtt=(\S+)\s*$")


class ControllerFailed(Exception):
    """The controller ended, or didn't begin to serve; the text carries its last words."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the controller serves.

    Attributes:
        http: address of its pages, without a slash at the end.
        mqtt: address of its broker.
    """

    http: str
    mqtt: str


def read_ready(line: str) -> Ready | None:
    """Read the line with which a controller says that it serves; ``None`` of any other."""
    match = READY.match(line)
    if match is None:
        return None
    http, mqtt = match.groups()
    return Ready(_with_scheme(http, "http").rstrip("/"), _with_scheme(mqtt, "mqtt").rstrip("/"))


def _with_scheme(address: str, scheme: str) -> str:
    return address if "://" in address else f"{scheme}://{address}"


class ControllerChild:
    """A controller; use it as an async context manager: it serves when that is entered.

    Attributes:
        ready: where it serves.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        """Prepare a controller with the arguments of ``yichuang serve``."""
        self.ready = Ready("", "")
        self._arguments = list(arguments)
        self._said: deque[str] = deque(maxlen=LINES_KEPT)
        self._process: asyncio.subprocess.Process | None = None
        self._listening: list[asyncio.Task[None]] = []
        self._serves: asyncio.Future[Ready] | None = None

    async def __aenter__(self) -> Self:
        """Start it, and return when it serves.

        Raises:
            ControllerFailed: it doesn't.
        """
        # It ends with us, however we end; and a Ctrl-C at the terminal is for us, who then stop it in order.
        setpriv = shutil.which("setpriv")
        with_us = [setpriv, "--pdeathsig", "TERM"] if setpriv else []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("YICHUANG_")}
        self._serves = asyncio.get_running_loop().create_future()
        process = self._process = await asyncio.create_subprocess_exec(
            *(*with_us, sys.executable, "-m", "api.main", "serve", *self._arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_BYTES_MAX,
            start_new_session=True,
            env=environment,
        )
        for stream, name in ((process.stdout, "out"), (process.stderr, "err")):
            if stream is None:
                raise AssertionError("what it says comes through pipes")
            self._listening.append(asyncio.create_task(self._listen(stream), name=f"controller.{name}"))
        try:
            self.ready = await self._first(self._serves)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and return when it is gone."""
        await self._stop()

    async def ended(self) -> None:
        """Wait until it ends before its time.

        Raises:
            ControllerFailed: always.
        """
        if self._process is not None:
            await self._process.wait()
            await asyncio.gather(*self._listening)
        raise ControllerFailed(self._last_words())

    async def _first(self, serves: "asyncio.Future[Ready]") -> Ready:
        ended = asyncio.create_task(self.ended())
        try:
            awaited: set[asyncio.Future[Any]] = {serves, ended}
            await asyncio.wait(awaited, timeout=START_S_MAX, return_when=asyncio.FIRST_COMPLETED)
            if serves.done():
                return serves.result()
            if ended.done():
                await ended
            raise ControllerFailed(f"no word that it serves after {START_S_MAX:g} s\n{self._last_words()}")
        finally:
            ended.cancel()
            await asyncio.gather(ended, return_exceptions=True)

    def _last_words(self) -> str:
        return "\n".join(self._said)

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        """Keep what the controller says in the demo's log."""
        while True:
            try:
                line = (await stream.readline()).decode("utf-8", "replace")
            except ValueError:
                log.warning("controller_line_too_long", bytes_max=LINE_BYTES_MAX)
                continue
            if not line:
                return
            self._said.append(line.rstrip())
            log.info("controller_says", line=line.rstrip())
            ready = read_ready(line)
            if ready is not None and self._serves is not None and not self._serves.done():
                self._serves.set_result(ready)

    async def _stop(self) -> None:
        process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S_MAX)
        except TimeoutError:
            log.warning("controller_killed", pid=process.pid, after_s=STOP_S_MAX)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        await asyncio.gather(*self._listening)
        self._process = None

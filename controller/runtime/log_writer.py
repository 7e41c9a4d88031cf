"""The one thread that writes the log: it drains its queue, commits what waits as a group and answers everybody.

Rules of this file. What is answered is on the disk. Whatever the database does, the thread lives and nobody waits for
ever.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Any, TypeAlias, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from controller.runtime.errors import LogUnavailable
from controller.runtime.group_commit import Append, GroupCommit, Row

log = structlog.get_logger(__name__)

T = TypeVar("T")

WAITING_MAX = 8_192
"""Appends and other work that may wait; a hall has one under way. Beyond it: :class:`LogUnavailable`, at once."""
GROUP_MAX = 256
"""Appends committed in one transaction, so that none waits long for the others."""

OnCommit: TypeAlias = Callable[[float, int, int], None]
"""Takes the seconds of a durable commit, its appends and its rows."""

Work: TypeAlias = Callable[[Connection], Any]
Entry: TypeAlias = "tuple[Append | Work, asyncio.Future[Any]]"
"""What is to be written, and who waits for it."""


class LogWriter:
    """Runs the writing thread for the event loop in which it was made.

    Attributes:
        on_commit: called in the event loop after each commit of appends.
    """

    def __init__(self, engine: Engine) -> None:
        """Start the thread.

        Args:
            engine: as :class:`GroupCommit` wants it.
        """
        self.on_commit: OnCommit | None = None
        self._group_commit = GroupCommit(engine)
        self._queue: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._waiting = 0
        self._settled = 0
        self._is_open = True
        self._is_available = True
        self._thread = threading.Thread(target=self._run, name="log.writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Write what waits already, then end the thread."""
        if self._is_open:
            self._is_open = False
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def append(self, stream: str, rows: Sequence[Row]) -> None:
        """Append rows with consecutive seqs to a stream and return when they are durable.

        Raises:
            LogConflict: the stream ends elsewhere by now.
            LogUnavailable: the database doesn't let us, too much waits already, or the writer was stopped.
            ValueError: the database can't store these rows.
        """
        await self._put(Append(stream, rows, self._settled))

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do other work in a durable transaction of its own. Done twice, it must come to the same.

        Raises:
            LogUnavailable: the database doesn't let us, too much waits already, or the writer was stopped.
            ValueError: the database can't store what the work gives it.
        """
        result: T = await self._put(work)
        return result

    def _put(self, todo: Append | Work) -> "asyncio.Future[Any]":
        if not self._is_open:
            raise LogUnavailable("the log is closed")
        if self._waiting >= WAITING_MAX:
            raise LogUnavailable(f"{WAITING_MAX} appends wait for the log")
        self._waiting += 1
        future: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put((todo, future))
        return future

    def _settle(self, number: int, entries: Sequence[Entry], outcomes: Sequence[Any], seconds: float) -> None:
        """Answer everybody whose group has that number."""
        self._settled = number
        self._waiting -= len(entries)
        written = []
        for (todo, future), outcome in zip(entries, outcomes, strict=True):
            if isinstance(todo, Append) and outcome is None:
                written.append(len(todo.rows))
            if future.done():  # its caller gave up; the log tells it when it asks again
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        if written and self.on_commit is not None:
            self.on_commit(seconds, len(written), sum(written))

    # -- in the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        for group in self._groups():
            appends = [entry for entry in group if isinstance(entry[0], Append)]
            if appends:
                self._handle(appends, self._commit)
            for entry in group:
                if not isinstance(entry[0], Append):
                    self._handle([entry], self._do)
        self._group_commit.disconnect()

    def _groups(self) -> Iterator[list[Entry]]:
        """Yield what waits, up to :data:`GROUP_MAX` at once, until the end."""
        while (entry := self._queue.get()) is not None:
            group = [entry]
            while len(group) < GROUP_MAX and not self._queue.empty():
                if (entry := self._queue.get()) is None:
                    yield group
                    return
                group.append(entry)
            yield group

    def _commit(self, todo: Sequence[Any]) -> Sequence[Any]:
        return self._group_commit.commit(todo)

    def _do(self, todo: Sequence[Any]) -> Sequence[Any]:
        return [self._group_commit.run(work) for work in todo]

    def _handle(self, entries: Sequence[Entry], work: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        """Do it, and bring to the event loop what came of it: a result or an exception for each entry."""
        started = perf_counter()
        outcomes: Sequence[Any]
        try:
            outcomes = work([todo for todo, _ in entries])
            self._note_availability(None)
        except ValueError as error:
            outcomes = [ValueError(str(error)) for _ in entries]
        except LogUnavailable as error:
            self._note_availability(error)
            outcomes = [LogUnavailable(str(error)) for _ in entries]
        except Exception as error:
            log.exception("log.writer_failed")
            self._group_commit.disconnect()
            outcomes = [LogUnavailable(f"the log's writer failed: {error}") for _ in entries]
        seconds = perf_counter() - started
        self._loop.call_soon_threadsafe(self._settle, self._group_commit.number, entries, outcomes, seconds)

    def _note_availability(self, error: LogUnavailable | None) -> None:
        """Log when it goes and when it comes back, not each of the thousand appends between."""
        if error is not None and self._is_available:
            log.error("log.unavailable", error=str(error))
        elif error is None and not self._is_available:
            log.info("log.available_again")
        self._is_available = error is None

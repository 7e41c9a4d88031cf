"""The one thread that writes the log: it commits what many halls append in one transaction.

Rules of this file. What is answered is on the disk. An append is whole or not there. What is wrong with one append is
no other's trouble. A stream's appends are committed in the order in which they came and leave no gap. Whatever the
database does, the thread lives and everybody is answered.
"""

import asyncio
import queue
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any, TypeAlias, TypeVar

import structlog
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from controller.runtime.errors import LogConflict, LogUnavailable
from controller.runtime.tables import UtcTime, event

log = structlog.get_logger(__name__)

T = TypeVar("T")

WAITING_MAX = 8_192
"""Appends and jobs that may wait; a hall has one under way. Beyond it: :class:`LogUnavailable`, nothing written."""
GROUP_MAX = 256
"""Appends committed in one transaction, so that none waits long for the others."""
TAILS_MAX = 16_384
"""Streams whose last seq is remembered; beyond it all are forgotten and asked from the database again."""
BATCH_ID_BYTES = 8
JOB_TRIES_MAX = 8
"""Tries of a job against other controllers that take the same key."""

OnCommit: TypeAlias = Callable[[float, int, int], None]
"""Takes the seconds of a durable commit, its appends and its rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as it lies in the log. ``at`` is aware; ``data`` is JSON; ``command`` is the id of what caused it."""

    seq: int
    type: str
    version: int
    at: datetime
    actor: str
    command: str
    data: str


@dataclass(slots=True, eq=False)
class Append:
    """Rows with consecutive seqs for the end of one stream, and who waits for them."""

    stream: str
    rows: Sequence[Row]
    future: "asyncio.Future[None]"
    batch: str = field(default_factory=lambda: secrets.token_hex(BATCH_ID_BYTES))

    @property
    def first(self) -> int:
        """Seq of its first row."""
        return self.rows[0].seq

    @property
    def last(self) -> int:
        """Seq of its last row."""
        return self.rows[-1].seq


@dataclass(slots=True, eq=False)
class Job:
    """Other work in a transaction of its own.

    Done twice, where an acknowledgement was lost, it must come to the same.
    """

    work: Callable[[Connection], Any]
    future: "asyncio.Future[Any]"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an append or a job ended."""

    future: "asyncio.Future[Any]"
    error: Exception | None = None
    result: Any = None


class LogWriter:
    """Runs the writing thread.

    Attributes:
        on_commit: called in the event loop after each commit of appends, before they are answered.
    """

    def __init__(self, engine: Engine) -> None:
        """Prepare a writer.

        Args:
            engine: its transactions must be durable when they have committed; it must take plain tuples.
        """
        self.on_commit: OnCommit | None = None
        self._engine = engine
        self._insert = str(event.insert().compile(engine))
        self._bind_time = UtcTime().bind_processor(engine.dialect)
        self._queue: queue.SimpleQueue[Append | Job | None] = queue.SimpleQueue()
        self._waiting = 0
        self._open = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="log.writer", daemon=True)
        self._connection: Connection | None = None
        self._tails: dict[str, int] = {}
        self._is_available = True

    def start(self) -> None:
        """Start the thread."""
        self._open = True
        self._thread.start()

    async def stop(self) -> None:
        """Commit what waits already, then end the thread."""
        if self._open:
            self._open = False
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)

    def put(self, item: Append | Job) -> None:
        """Hand over work; its future tells the outcome. Call it in the event loop.

        Raises:
            LogUnavailable: too much waits already, or the writer has been stopped.
        """
        if not self._open:
            raise LogUnavailable("the log is closed")
        if self._waiting >= WAITING_MAX:
            raise LogUnavailable(f"{WAITING_MAX} appends wait for the log")
        self._waiting += 1
        self._queue.put(item)

    def _run(self) -> None:
        for group in self._groups():
            appends = [item for item in group if isinstance(item, Append)]
            if appends:
                started = perf_counter()
                outcomes = self._guarded(appends, self._commit)
                self._loop.call_soon_threadsafe(self._settle, outcomes, perf_counter() - started, appends)
            for item in group:
                if isinstance(item, Job):
                    outcomes = self._guarded([item], self._do)
                    self._loop.call_soon_threadsafe(self._settle, outcomes, 0.0, ())
        self._disconnect()

    def _groups(self) -> Iterator[list[Append | Job]]:
        """Yield what waits, up to :data:`GROUP_MAX` at once, until the end."""
        while (item := self._queue.get()) is not None:
            group = [item]
            while len(group) < GROUP_MAX and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    yield group
                    return
                group.append(more)
            yield group

    def _settle(self, outcomes: Sequence[Outcome], seconds: float, appends: Sequence[Append]) -> None:
        """Answer everybody; in the event loop."""
        self._waiting -= len(outcomes)
        committed = [append for append, outcome in zip(appends, outcomes, strict=False) if outcome.error is None]
        if committed and self.on_commit is not None:
            self.on_commit(seconds, len(committed), sum(len(append.rows) for append in committed))
        for outcome in outcomes:
            if outcome.future.done():  # its caller gave up; the log tells it when it asks again
                continue
            if outcome.error is not None:
                outcome.future.set_exception(outcome.error)
            else:
                outcome.future.set_result(outcome.result)

    def _guarded(self, items: Sequence[Any], work: Callable[[Sequence[Any]], list[Outcome]]) -> list[Outcome]:
        """Do it, and turn whatever goes wrong into outcomes."""
        try:
            outcomes = work(items)
        except LogUnavailable as error:
            self._note_availability(error)
            return [Outcome(item.future, error) for item in items]
        except Exception as error:
            log.exception("log.writer_failed")
            self._disconnect()
            return [Outcome(item.future, LogUnavailable(f"the log's writer failed: {error}")) for item in items]
        self._note_availability(None)
        return outcomes

    def _note_availability(self, error: LogUnavailable | None) -> None:
        """Log when it goes and when it comes back, not each of the thousand appends between."""
        if error is not None and self._is_available:
            log.error("log.unavailable", error=str(error))
        elif error is None and not self._is_available:
            log.info("log.available_again")
        self._is_available = error is None

    def _do(self, jobs: Sequence[Job]) -> list[Outcome]:
        return [self._do_one(job) for job in jobs]

    def _do_one(self, job: Job) -> Outcome:
        for _ in range(JOB_TRIES_MAX):
            try:
                return Outcome(job.future, result=self._transaction(job.work))
            except IntegrityError as error:
                log.info("log.job_met_another", error=reason(error))
            except _FAULTS_OF_ROWS as error:
                return Outcome(job.future, ValueError(f"it can't be stored: {reason(error)}"))
        return Outcome(job.future, LogUnavailable(f"other controllers were first {JOB_TRIES_MAX} times"))

    # -- appends ------------------------------------------------------------------------------------------------------

    def _commit(self, appends: Sequence[Append]) -> list[Outcome]:
        """Commit a group: all in one go if nothing speaks against it, else each in a savepoint of its own."""
        # Two controllers that take the same streams in different order would wait for each other's keys.
        ordered = sorted(appends, key=lambda append: append.stream)
        errors: dict[Append, Exception | None] = {}
        if self._follow_known_tails(ordered):
            try:
                self._transaction(lambda connection: self._insert_rows(connection, ordered))
                errors = dict.fromkeys(ordered)
            except _FAULTS_OF_ROWS:
                errors = {}
        if not errors:
            errors = self._transaction(
                lambda connection: {append: self._append_alone(connection, append) for append in ordered}
            )
        self._remember_tails(append for append in ordered if errors[append] is None)
        return [Outcome(append.future, errors[append]) for append in appends]

    def _append_alone(self, connection: Connection, append: Append) -> Exception | None:
        """Append within a savepoint and return what is wrong with it, if anything."""
        try:
            with connection.begin_nested():
                if self._tail(connection, append.stream) == append.first - 1:
                    self._insert_rows(connection, [append])
                    return None
        except IntegrityError:
            pass  # another controller was faster by a hair: the same question as for one that was faster by far
        except _FAULTS_OF_ROWS as error:
            return ValueError(f"rows {append.first}..{append.last} of {append.stream} can't be stored: {reason(error)}")
        if self._batch(connection, append) == append.batch:
            return None  # committed before, and the acknowledgement was lost
        return LogConflict(f"{append.stream} doesn't end at {append.first - 1}")

    def _insert_rows(self, connection: Connection, appends: Iterable[Append]) -> None:
        bind_time = self._bind_time
        rows = [
            (
                append.stream,
                row.seq,
                row.type,
                row.version,
                bind_time(row.at) if bind_time else row.at,
                row.actor,
                row.command,
                row.data,
                append.batch,
            )
            for append in appends
            for row in append.rows
        ]
        connection.exec_driver_sql(self._insert, rows)

    @staticmethod
    def _tail(connection: Connection, stream: str) -> int:
        return connection.scalar(select(func.max(event.c.seq)).where(event.c.stream == stream)) or 0

    @staticmethod
    def _batch(connection: Connection, append: Append) -> str | None:
        key = (event.c.stream == append.stream) & (event.c.seq == append.first)
        return connection.scalar(select(event.c.batch).where(key))

    def _follow_known_tails(self, appends: Iterable[Append]) -> bool:
        tails: dict[str, int] = {}
        for append in appends:
            if tails.get(append.stream, self._tails.get(append.stream)) != append.first - 1:
                return False
            tails[append.stream] = append.last
        return True

    def _remember_tails(self, appends: Iterable[Append]) -> None:
        if len(self._tails) > TAILS_MAX:
            self._tails.clear()
        self._tails.update((append.stream, append.last) for append in appends)

    # -- transactions -------------------------------------------------------------------------------------------------

    def _transaction(self, work: Callable[[Connection], T]) -> T:
        """Do work in a durable transaction. Where nobody knows whether it committed, do it once more: it will tell.

        Raises:
            LogUnavailable: the database doesn't let us; the next transaction begins on a new connection.
        """
        try:
            return self._attempt(work)
        except _InDoubt as doubt:
            log.warning("log.in_doubt", error=str(doubt))
        try:
            return self._attempt(work)
        except _InDoubt as doubt:
            raise LogUnavailable(str(doubt)) from doubt.__cause__

    def _attempt(self, work: Callable[[Connection], T]) -> T:
        is_committing = False
        try:
            connection = self._connect()
            with connection.begin():
                result = work(connection)
                is_committing = True
        except _FAULTS_OF_ROWS:
            raise
        except SQLAlchemyError as error:
            self._disconnect()
            was_lost = isinstance(error, DBAPIError) and error.connection_invalidated
            kind = _InDoubt if is_committing or was_lost else LogUnavailable
            raise kind(reason(error)) from error
        return result

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        """Drop the connection, and with it any transaction that is still open on it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


class _InDoubt(LogUnavailable):
    """The connection failed while it committed, or it had been dead for long: perhaps it is in the log, perhaps not."""


_FAULTS_OF_ROWS = (IntegrityError, DataError, ValueError, TypeError, OverflowError)
"""What is raised about the rows themselves; the database is well."""


def reason(error: BaseException) -> str:
    """Return in one line what a database complains about."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return next(iter(str(cause).splitlines()), type(cause).__name__)

"""Commits the appends of many halls in one durable transaction; synchronous, used by one thread.

Rules of this file. An append is whole or not there. What is wrong with one append is no other's trouble. A stream's
appends are committed in the order in which they came, without a gap, and none that was begun behind a failed one. A
commit whose acknowledgement was lost is known again by the append's batch id.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, TypeVar

import structlog
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from controller.runtime.errors import LogConflict, LogUnavailable
from controller.runtime.tables import UtcTime, event

log = structlog.get_logger(__name__)

T = TypeVar("T")

TAILS_MAX = 16_384
"""Streams whose last seq is remembered; beyond it all are forgotten and asked from the database again."""
RACES_MAX = 8
"""Tries of other work against controllers that take the same key."""
BATCH_ID_BYTES = 8

FAULTS_OF_ROWS = (IntegrityError, DataError, ValueError, TypeError, OverflowError)
"""What is raised about the rows themselves; the database is well."""

Verdict: TypeAlias = LogConflict | ValueError | None
"""Why an append is not in the log; ``None``: it is."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Append:
    """Rows with consecutive seqs for the end of one stream.

    Attributes:
        seen: number of the last group whose verdicts its caller could know.
        batch: stored with every row, to know this append by.
    """

    stream: str
    rows: Sequence[Row]
    seen: int
    batch: str = field(default_factory=lambda: secrets.token_hex(BATCH_ID_BYTES))

    @property
    def first(self) -> int:
        """Seq of its first row."""
        return self.rows[0].seq

    @property
    def last(self) -> int:
        """Seq of its last row."""
        return self.rows[-1].seq


class _InDoubt(LogUnavailable):
    """The connection failed while it committed, or it had been dead for long: perhaps it is in the log, perhaps not."""


class GroupCommit:
    """One connection that writes.

    Attributes:
        number: of the last group that was committed or given up, from 1.
    """

    def __init__(self, engine: Engine) -> None:
        """Prepare; it connects when there is something to write.

        Args:
            engine: its transactions are durable when they have committed; it takes rows as plain tuples.
        """
        self.number = 0
        self._engine = engine
        self._insert = str(event.insert().compile(engine))
        self._bind_time = UtcTime().bind_processor(engine.dialect) or (lambda time: time)
        self._connection: Connection | None = None
        self._tails: dict[str, int] = {}
        self._failed: dict[str, int] = {}

    def commit(self, appends: Sequence[Append]) -> list[Verdict]:
        """Commit a group, in the order given where it is of one stream; return a verdict for each append.

        Raises:
            LogUnavailable: the database doesn't let us; nothing of the group is in the log, or nobody knows.
        """
        self.number += 1
        # Two controllers that took the same streams in different order would wait for each other's keys.
        ordered = sorted(appends, key=lambda append: append.stream)
        verdicts: dict[Append, Verdict] = {}
        try:
            verdicts = self._commit(ordered)
        finally:
            self._remember(ordered, verdicts)
        return [verdicts[append] for append in appends]

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do other work in a durable transaction. Done twice, it must come to the same.

        Raises:
            LogUnavailable: the database doesn't let us.
            ValueError: it can't store what the work gives it.
        """
        for _ in range(RACES_MAX):
            try:
                return self._transaction(work)
            except IntegrityError as error:
                log.info("log.race_lost", error=reason(error))
            except FAULTS_OF_ROWS as error:
                raise ValueError(f"it can't be stored: {reason(error)}") from error
        raise LogUnavailable(f"other controllers were first {RACES_MAX} times")

    def disconnect(self) -> None:
        """Drop the connection, and with it any transaction that is still open on it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    # -- appends ------------------------------------------------------------------------------------------------------

    def _commit(self, appends: Sequence[Append]) -> dict[Append, Verdict]:
        """Insert all rows in one go if nothing speaks against it, else each append in a savepoint of its own."""
        if self._all_follow_known_tails(appends):
            try:
                self._transaction(lambda connection: self._insert_rows(connection, appends))
            except FAULTS_OF_ROWS:
                pass  # somebody's; who, the savepoints tell
            else:
                return dict.fromkeys(appends)
        return self._transaction(lambda connection: self._append_each(connection, appends))

    def _append_each(self, connection: Connection, appends: Sequence[Append]) -> dict[Append, Verdict]:
        verdicts: dict[Append, Verdict] = {}
        failed = set()
        for append in appends:
            if append.stream in failed or self._is_behind_failed(append):
                verdict: Verdict = LogConflict(f"an append to {append.stream} before this one failed")
            else:
                verdict = self._append_alone(connection, append)
            if verdict is not None:
                failed.add(append.stream)
            verdicts[append] = verdict
        return verdicts

    def _append_alone(self, connection: Connection, append: Append) -> Verdict:
        try:
            with connection.begin_nested():
                if self._tail(connection, append.stream) == append.first - 1:
                    self._insert_rows(connection, [append])
                    return None
        except IntegrityError:
            pass  # another controller was faster by a hair: the same question as for one that was faster by far
        except FAULTS_OF_ROWS as error:
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
                bind_time(row.at),
                row.actor,
                row.command,
                row.data,
                append.batch,
            )
            for append in appends
            for row in append.rows
        ]
        connection.exec_driver_sql(
            self._insert, rows
        )  # past the compiler's per-row work, which costs as much as SQLite

    @staticmethod
    def _tail(connection: Connection, stream: str) -> int:
        return connection.scalar(select(func.max(event.c.seq)).where(event.c.stream == stream)) or 0

    @staticmethod
    def _batch(connection: Connection, append: Append) -> str | None:
        key = (event.c.stream == append.stream) & (event.c.seq == append.first)
        return connection.scalar(select(event.c.batch).where(key))

    # -- what is known of streams -------------------------------------------------------------------------------------

    def _all_follow_known_tails(self, appends: Iterable[Append]) -> bool:
        tails: dict[str, int] = {}
        for append in appends:
            tail = tails.get(append.stream, self._tails.get(append.stream))
            if tail != append.first - 1 or self._is_behind_failed(append):
                return False
            tails[append.stream] = append.last
        return True

    def _is_behind_failed(self, append: Append) -> bool:
        """Whether an earlier append of its stream failed and its caller could not know that yet."""
        return self._failed.get(append.stream, 0) > append.seen

    def _remember(self, appends: Sequence[Append], verdicts: dict[Append, Verdict]) -> None:
        if len(self._tails) > TAILS_MAX:
            self._tails.clear()
        # Appends come in the order in which they were handed over, so nobody who comes later has seen less.
        seen = min(append.seen for append in appends)
        self._failed = {stream: number for stream, number in self._failed.items() if number > seen}
        for append in appends:
            if append in verdicts and verdicts[append] is None:
                self._tails[append.stream] = append.last
            else:
                self._failed[append.stream] = self.number

    # -- transactions -------------------------------------------------------------------------------------------------

    def _transaction(self, work: Callable[[Connection], T]) -> T:
        """Do work in a transaction. Where nobody knows whether it was committed, do it once more: then it shows.

        Raises:
            LogUnavailable: the database doesn't let us; the next transaction begins on a new connection.
        """
        try:
            return self._attempt(work)
        except _InDoubt as doubt:
            log.warning("log.in_doubt", error=str(doubt))
        return self._attempt(work)

    def _attempt(self, work: Callable[[Connection], T]) -> T:
        is_committing = False
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                result = work(self._connection)
                is_committing = True
        except FAULTS_OF_ROWS:
            raise
        except SQLAlchemyError as error:
            self.disconnect()
            was_lost = isinstance(error, DBAPIError) and error.connection_invalidated
            kind = _InDoubt if is_committing or was_lost else LogUnavailable
            raise kind(reason(error)) from error
        return result


def reason(error: BaseException) -> str:
    """Return in one line what a database complains about."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return next(iter(str(cause).splitlines()), type(cause).__name__)

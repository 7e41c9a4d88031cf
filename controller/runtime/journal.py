"""The event log: append and read streams of events, durably, on SQLite or PostgreSQL; the versions of the plans."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from controller.runtime import database
from controller.runtime.errors import LogUnavailable
from controller.runtime.group_commit import Row, reason
from controller.runtime.log_writer import LogWriter, OnCommit
from controller.runtime.tables import event, plan, probe

__all__ = ["Journal", "Row"]

T = TypeVar("T")

PROBES_MAX = 1_000_000
"""A readiness check counts up to here and begins anew."""

_COLUMNS = [event.c[name] for name in ("seq", "type", "version", "at", "actor", "command", "data")]


class Journal:
    """One process's access to the log. Any number of processes may share the log.

    Attributes:
        on_commit: called in the event loop after each durable commit with its seconds, its appends and its rows.
    """

    def __init__(self, url: str) -> None:
        """Name the database; :meth:`open` does the rest.

        Args:
            url: ``sqlite:///FILE`` or ``postgresql://…``.

        Raises:
            ValueError: neither of these.
        """
        self.on_commit: OnCommit | None = None
        self._url = database.parse_url(url)
        self._engine: Engine | None = None
        self._readers: Engine | None = None
        self._writer: LogWriter | None = None
        self._probing: asyncio.Future[None] | None = None

    async def open(self) -> None:
        """Create the database where it is a file, bring its schema up to date and begin to write.

        Raises:
            LogUnavailable: the database doesn't let us; try again later.
        """
        engine = database.writing_engine(self._url)
        try:
            await asyncio.to_thread(database.create_file, self._url)
            await asyncio.to_thread(database.migrate, engine)
        except (OSError, SQLAlchemyError) as error:
            engine.dispose()
            raise LogUnavailable(f"the log can't be opened: {reason(error)}") from error
        self._engine = engine
        self._readers = database.reading_engine(self._url)
        self._writer = LogWriter(engine)
        self._writer.on_commit = self._committed

    async def close(self) -> None:
        """Commit what was handed over, and let go of the database."""
        if self._writer is not None:
            await self._writer.stop()
        for engine in (self._readers, self._engine):
            if engine is not None:
                await asyncio.to_thread(engine.dispose)
        self._writer = self._readers = self._engine = None

    async def append(self, stream: str, rows: Sequence[Row]) -> None:
        """Append rows to a stream; they are durable when this returns. One hall's trouble never fails another's append.

        Args:
            stream: its name, ``hall:<hall>/<business day>``.
            rows: with consecutive seqs, the first one behind the stream's last.

        Raises:
            LogConflict: the stream ends elsewhere by now; nothing was written.
            LogUnavailable: the database doesn't let us, or too many appends wait. All rows are there or none.
            ValueError: the seqs have gaps, or the database can't store a text of these rows.
        """
        if not rows:
            return
        if any(row.seq != seq for seq, row in enumerate(rows, start=rows[0].seq)):
            raise ValueError(f"rows for {stream} have no consecutive seqs")
        await self._opened_writer().append(stream, rows)

    async def read(self, stream: str, after: int = 0) -> list[Row]:
        """Return the rows of a stream behind seq ``after``, in order.

        Raises:
            LogUnavailable: the database doesn't let us.
        """
        statement = select(*_COLUMNS).where(event.c.stream == stream, event.c.seq > after).order_by(event.c.seq)
        return await self._reading(lambda connection: [Row(*row) for row in connection.execute(statement)])

    async def save_plan(self, hall: str, plan: str, by: str, at: datetime) -> int:
        """Store a plan as a hall's newest version and return that version's number, from 1.

        Args:
            hall: the hall's id.
            plan: JSON text.
            by: who saves it.
            at: aware time. The same plan, by the same hand, of the same time is the same version.

        Raises:
            LogUnavailable: the database doesn't let us.
            ValueError: the time has no zone, or the database can't store one of the texts.
        """
        if at.tzinfo is None:
            raise ValueError(f"the time {at} has no zone")
        return await self._opened_writer().run(lambda connection: _save_plan(connection, hall, plan, by, at))

    async def plan(self, hall: str) -> tuple[int, str] | None:
        """Return the newest version's number and JSON text of one hall's plan, or ``None`` where it has none.

        Raises:
            LogUnavailable: the database doesn't let us.
        """
        statement = (
            select(plan.c.version, plan.c.plan).where(plan.c.hall == hall).order_by(plan.c.version.desc()).limit(1)
        )

        def newest(connection: Connection) -> tuple[int, str] | None:
            found = connection.execute(statement).one_or_none()
            return None if found is None else (int(found.version), str(found.plan))

        return await self._reading(newest)

    async def plans(self) -> dict[str, tuple[int, str]]:
        """Return the newest version's number and JSON text of every hall's plan.

        Raises:
            LogUnavailable: the database doesn't let us.
        """
        newest = select(plan.c.hall, func.max(plan.c.version).label("version")).group_by(plan.c.hall).subquery()
        statement = select(plan.c.hall, plan.c.version, plan.c.plan).join(
            newest, (plan.c.hall == newest.c.hall) & (plan.c.version == newest.c.version)
        )
        return await self._reading(
            lambda connection: {hall: (version, text) for hall, version, text in connection.execute(statement)}
        )

    async def newest_saved_by(self, hall: str, by: str) -> str | None:
        """Return the JSON text of the newest version of a hall's plan that somebody saved, if there is one.

        Raises:
            LogUnavailable: the database doesn't let us.
        """
        statement = (
            select(plan.c.plan)
            .where(plan.c.hall == hall, plan.c.saved_by == by)
            .order_by(plan.c.version.desc())
            .limit(1)
        )
        return await self._reading(lambda connection: connection.execute(statement).scalar_one_or_none())

    async def change(self, work: Callable[[Connection], T]) -> T:
        """Change rows outside the streams, in a durable transaction. Done twice, it must come to the same.

        Raises:
            LogUnavailable: the database doesn't let us.
            ValueError: it can't store what the work gives it.
        """
        return await self._opened_writer().run(work)

    async def look(self, work: Callable[[Connection], T]) -> T:
        """Read rows outside the streams by a single statement.

        Raises:
            LogUnavailable: the database doesn't let us.
        """
        return await self._reading(work)

    async def ping(self) -> None:
        """Make a small durable commit the way appends go. Checks that come while one is under way share it.

        Raises:
            LogUnavailable: the log can't be written now.
        """
        if self._probing is None or self._probing.done():
            self._probing = asyncio.ensure_future(self._opened_writer().run(_probe))
            self._probing.add_done_callback(asyncio.Future.exception)  # its callers may all have given up
        await asyncio.shield(self._probing)

    def _committed(self, seconds: float, appends: int, rows: int) -> None:
        if self.on_commit is not None:
            self.on_commit(seconds, appends, rows)

    def _opened_writer(self) -> LogWriter:
        if self._writer is None:
            raise LogUnavailable("the log is closed")
        return self._writer

    async def _reading(self, work: Callable[[Connection], T]) -> T:
        readers = self._readers
        if readers is None:
            raise LogUnavailable("the log is closed")

        def read() -> T:
            with readers.connect() as connection:
                return work(connection)

        try:
            return await asyncio.to_thread(read)
        except SQLAlchemyError as error:
            raise LogUnavailable(f"the log can't be read: {reason(error)}") from error


def _save_plan(connection: Connection, hall: str, text: str, by: str, at: datetime) -> int:
    newest = connection.execute(
        select(plan.c.version, plan.c.plan, plan.c.saved_by, plan.c.saved_at)
        .where(plan.c.hall == hall)
        .order_by(plan.c.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and (newest.plan, newest.saved_by, newest.saved_at) == (text, by, at):
        return int(newest.version)  # this very save was committed before, and the acknowledgement was lost
    version = 1 if newest is None else int(newest.version) + 1
    connection.execute(plan.insert().values(hall=hall, version=version, plan=text, saved_by=by, saved_at=at))
    return version


def _probe(connection: Connection) -> None:
    connection.execute(update(probe).values(count=(probe.c.count + 1) % PROBES_MAX))

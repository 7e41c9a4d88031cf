"""Journals of the tests: a fresh database of each kind, rows to append, and the writing thread held still."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from controller.runtime.errors import LogConflict, LogUnavailable
from controller.runtime.journal import Journal, Row
from tests.support.postgresql import postgresql

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
"""Parameters of a fixture: what holds on one database holds on the other."""

MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
WITHIN_S = 60.0
POLL_S = 0.01
TRIES_MAX = 1_000


def database_url(request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the address of a database of the kind in ``request.param`` that nobody has used yet."""
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'new folder' / 'log.db'}"
    cluster = postgresql(request.config)
    return cluster.url(cluster.create_database())


def row(seq: int, data: str = '{"number":"A003"}', *, command: str = "") -> Row:
    """Return a row whose every column differs from the rows beside it."""
    at = MORNING + timedelta(seconds=seq, microseconds=seq)
    return Row(seq, f"Type{seq}", 1 + seq % 3, at, f"device:{seq}", command or f"command-{seq}", data)


def rows(first: int, last: int) -> list[Row]:
    """Return the rows from one seq to another, both included."""
    return [row(seq) for seq in range(first, last + 1)]


@contextlib.asynccontextmanager
async def journal_at(url: str) -> AsyncIterator[Journal]:
    """Open a journal meanwhile."""
    journal = Journal(url)
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


@contextlib.contextmanager
def bare_connection(url: str) -> Iterator[Connection]:
    """Connect beside every journal, to look or to meddle; each statement commits."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextlib.asynccontextmanager
async def writer_held(journal: Journal) -> AsyncIterator[None]:
    """Hold the writing thread, so that what is appended meanwhile waits and makes one group."""
    is_held, go_on = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        is_held.set()
        assert go_on.wait(WITHIN_S)

    holding = asyncio.ensure_future(journal._opened_writer().run(hold))
    await until(is_held.is_set)
    try:
        yield
        await asyncio.sleep(0)  # tasks begun in the body reach the queue
    finally:
        go_on.set()
        await holding


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: it doesn't in time.
    """
    deadline = asyncio.get_running_loop().time() + WITHIN_S
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"not within {WITHIN_S:g} s"
        await asyncio.sleep(POLL_S)


async def outcomes(*appends: Awaitable[None]) -> list[type[BaseException] | None]:
    """Wait for appends that were begun together and tell of each what it raised."""
    results = await asyncio.gather(*appends, return_exceptions=True)
    return [None if result is None else type(result) for result in results]


async def append_at_end(journal: Journal, stream: str, count: int, name: str) -> int:
    """Append as a controller does that lost a race: read the tail, try again. Return the first seq of what it wrote."""
    for _ in range(TRIES_MAX):
        present = await journal.read(stream)
        first = len(present) + 1
        try:
            await journal.append(stream, [row(seq, command=name) for seq in range(first, first + count)])
        except LogConflict:
            continue
        return first
    raise AssertionError(f"{TRIES_MAX} tries and still no place in {stream}")


async def append_until_refused(journal: Journal, stream: str, after: int, data: str) -> tuple[int, LogUnavailable]:
    """Append single rows behind seq ``after`` until the log refuses; return the last acknowledged seq and the error."""
    for seq in range(after + 1, after + TRIES_MAX):
        try:
            await journal.append(stream, [row(seq, data)])
        except LogUnavailable as error:
            return seq - 1, error
    raise AssertionError(f"{TRIES_MAX} appends and no refusal")


def seqs(stored: Sequence[Row]) -> list[int]:
    """Return the seqs of rows."""
    return [entry.seq for entry in stored]

"""Faults of a log's surroundings: a disk that is full, commits that are not made or not acknowledged."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from controller.runtime.journal import Journal
from tests.support.disk import NoDisk, SmallDisk
from tests.support.postgresql import postgresql


@dataclass
class Space:
    """A database whose disk can be filled."""

    url: str
    fill: Callable[[], None]
    free: Callable[[], None]


@contextlib.contextmanager
def bounded_space(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Space]:
    """Make a database of the kind in ``request.param`` on a disk that can be filled."""
    with contextlib.ExitStack() as stack:
        try:
            disk = SmallDisk(64)
        except NoDisk as why:
            if request.param == "sqlite":
                yield stack.enter_context(_bounded_file(tmp_path))
                return
            pytest.skip(str(why))
        stack.callback(disk.remove)
        url = f"sqlite:///{disk.folder / 'log.db'}"
        if request.param == "postgresql":
            url = stack.enter_context(_tablespace(request.config, disk))
        yield Space(url, disk.fill, disk.free)


@contextlib.contextmanager
def _bounded_file(tmp_path: Path) -> Iterator[Space]:
    """Bound the file to what it has: SQLite says the same as on a full disk."""
    is_full = False

    def bound(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if is_full else 1 << 30}")

    def set_full(value: bool) -> None:
        nonlocal is_full
        is_full = value

    event.listen(Engine, "begin", bound)
    try:
        yield Space(f"sqlite:///{tmp_path / 'log.db'}", lambda: set_full(True), lambda: set_full(False))
    finally:
        event.remove(Engine, "begin", bound)


@contextlib.contextmanager
def _tablespace(config: pytest.Config, disk: SmallDisk) -> Iterator[str]:
    """Put a database on a disk; the server's own log of writes stays where it was."""
    cluster = postgresql(config)
    folder = disk.folder / "tablespace"
    folder.mkdir()
    cluster.own(folder)
    with contextlib.closing(cluster.connect()) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{folder}'".encode())
        name = cluster.create_database("TABLESPACE small")
        yield cluster.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute(b"DROP TABLESPACE small")


class LossyCommits:
    """Lets a journal's next commits fail: after they were made, or instead of being made."""

    def __init__(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        engine = journal._engine
        assert engine is not None
        self._dialect = engine.dialect
        self._really = engine.dialect.do_commit
        self.spared = self.lost = self.prevented = 0
        self.after_lost: Callable[[], None] = lambda: None
        monkeypatch.setattr(engine.dialect, "do_commit", self._commit)

    def _commit(self, connection: Any) -> None:
        failure = self._dialect.loaded_dbapi.OperationalError("the connection is lost")
        if self.prevented:
            self.prevented -= 1
            raise failure
        self._really(connection)
        if self.spared:
            self.spared -= 1
        elif self.lost:
            self.lost -= 1
            self.after_lost()
            raise failure

"""Engines for the two databases that a log may lie in, and the state of its schema."""

import os
import sqlite3
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import structlog
from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event, inspect, make_url

from controller.runtime.errors import LogUnavailable

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).with_name("migrations")
SQLITE_LOCK_WAIT_S = 5
"""How long SQLite waits for another process's transaction before the log counts as unavailable."""
SQLITE_RETRY_S = 0.01
PRIMARY_CODE = 0xFF
"""Bits of SQLite's extended result codes that tell the kind of a failure."""
SILENCE_S = 5
"""After how long PostgreSQL ends the transaction of a controller that fell silent in its middle."""
LOCK_WAIT_S = 10
"""How long PostgreSQL waits for another transaction: longer than :data:`SILENCE_S`, so a dead controller that holds a
key of one hall delays the others' appends and doesn't fail them."""
STATEMENT_S = 15
CONNECT_S = 5
READERS_MAX = 4
READER_WAIT_S = 10
MIGRATION_LOCK = 0x59694368
"""Key of the advisory lock under which PostgreSQL is migrated; any number will do if all controllers use it."""
PRIVATE = 0o600


def parse_url(url: str) -> URL:
    """Return the address of a log's database.

    Raises:
        ValueError: it names neither a file of SQLite nor PostgreSQL.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:" and not parsed.database.startswith("file:"):
            return parsed
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
    raise ValueError(f"the log's database is sqlite:///FILE or postgresql://…, not {parsed.render_as_string()}")


def create_file(url: URL) -> None:
    """Create a SQLite database's folder and its file, which nobody else may read.

    SQLite gives its side files the same permissions. An existing file keeps what its administrator gave it.

    Raises:
        OSError: the disk doesn't let us.
    """
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))


def writing_engine(url: URL) -> Engine:
    """Return an engine whose commits are durable. It pools nothing: a connection that failed is really gone."""
    # Placeholders by position, so that a row for the driver is a plain tuple on both databases.
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, poolclass=NullPool, paramstyle="qmark", connect_args=_connect_args(url))
        event.listen(engine, "connect", _prepare_sqlite_writer)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    # A lost race must show as a taken key, whatever the server's default is.
    return create_engine(
        url, poolclass=NullPool, paramstyle="format", isolation_level="READ COMMITTED", connect_args=_connect_args(url)
    )


def reading_engine(url: URL) -> Engine:
    """Return an engine for single reading statements, each of which sees one moment of the log."""
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=READERS_MAX,
        max_overflow=0,
        pool_timeout=READER_WAIT_S,
        pool_pre_ping=True,
        isolation_level="AUTOCOMMIT",
        connect_args=_connect_args(url, default_transaction_read_only="on"),
    )
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite_reader)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the schema up to what this program knows, in one transaction; controllers that start together take turns.

    A schema that is newer already is left alone: the program before a release must run on the schema after it, because
    controllers of both serve a hall while one is being replaced.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database doesn't let us.
        LogUnavailable: the database can't hold Chinese.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            _check_encoding(connection)
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        if _revision(connection) != newest_revision():
            # Alembic and what it brings take a fifth of a start, and nearly no start has anything to migrate.
            from controller.runtime import migrating  # noqa: PLC0415

            migrating.upgrade(connection, MIGRATIONS)


def newest_revision() -> str:
    """Return the name of the newest revision that this program knows: revisions are files, named in their order."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _check_encoding(connection: Connection) -> None:
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise LogUnavailable(f"the database's encoding is {encoding}; create it with ENCODING 'UTF8'")


def _connect_args(url: URL, **more: str) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": SQLITE_LOCK_WAIT_S}
    settings = {
        "synchronous_commit": "on",
        "idle_in_transaction_session_timeout": f"{SILENCE_S}s",
        "lock_timeout": f"{LOCK_WAIT_S}s",
        "statement_timeout": f"{STATEMENT_S}s",
        "timezone": "UTC",
        **more,
    }
    return {
        "connect_timeout": CONNECT_S,
        "application_name": "yichuang",
        "client_encoding": "utf8",
        "keepalives_idle": STATEMENT_S,
        "keepalives_interval": CONNECT_S,
        "keepalives_count": 3,
        "tcp_user_timeout": STATEMENT_S * 1000,  # in milliseconds
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }


def _prepare_sqlite_writer(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: _begin_immediate does
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Switch a new file to its write-ahead log; every later connection finds it switched.

    For this statement SQLite waits for nobody, whatever its timeout says: where two controllers open a new file at the
    same moment, one of them is told at once that it is locked.
    """
    deadline = monotonic() + SQLITE_LOCK_WAIT_S
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(SQLITE_RETRY_S)
        else:
            break
    if mode != "wal":
        raise sqlite3.OperationalError(f"the database's folder allows no write-ahead log (journal mode {mode})")


def _prepare_sqlite_reader(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: a transaction that asked for it later could only fail."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")

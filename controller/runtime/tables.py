"""Tables of the log, and of what people administer.

What stands here and what the migrations make is the same: a test compares them.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

RFC3339_LENGTH = len("2026-01-01T00:00:00.000000+00:00")
DIGEST_LENGTH = 64


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC with microseconds: ``timestamptz`` on PostgreSQL, RFC 3339 text on SQLite.

    The text has one length, so that it sorts as the times do.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column's type on a database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(RFC3339_LENGTH))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what is stored for an aware time.

        Raises:
            ValueError: the time is naive: nobody knows when it was.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the time {value} has no zone")
        value = value.astimezone(UTC)
        return value.isoformat(timespec="microseconds") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the aware time of what is stored."""
        if value is None:
            return None
        stored = datetime.fromisoformat(value) if dialect.name == "sqlite" else value
        return stored.astimezone(UTC)


metadata = MetaData()

event = Table(
    "event",
    metadata,
    Column("stream", Text, primary_key=True, comment="hall:<hall>/<business day>"),
    Column("seq", Integer, primary_key=True, autoincrement=False, comment="from 1, without gaps in a stream"),
    Column("type", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="of the event's form"),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("command", Text, nullable=False, comment="id of the command that caused it"),
    Column("data", Text, nullable=False, comment="JSON, kept to the letter"),
    Column("batch", Text, nullable=False, comment="id of the append, to know a lost acknowledgement by"),
    sqlite_with_rowid=False,
)
"""What happened. Only ever appended to; (stream, seq) is the one coordination of all controllers."""

plan = Table(
    "plan",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False, comment="from 1"),
    Column("plan", Text, nullable=False, comment="JSON"),
    Column("saved_by", Text, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
"""Every version of every hall's plan. Only ever appended to."""

probe = Table(
    "probe",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("count", Integer, nullable=False, comment="probes so far, round and round"),
)
"""One row that a readiness check writes: nothing less shows that a disk still takes a commit."""

account = Table(
    "account",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("hall", Text, comment="acts there only; null: everywhere"),
    Column("password", Text, nullable=False, comment="argon2 hash with its parameters"),
    Column("must_change", Boolean, nullable=False, comment="the password is a one-time one"),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("password_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
"""People who sign in."""

session = Table(
    "session",
    metadata,
    Column("digest", String(DIGEST_LENGTH), primary_key=True, comment="SHA-256 of the cookie's secret"),
    Column("account", Text, ForeignKey("account.name"), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False, comment="to the minute"),
    Index("session_account", "account"),
    sqlite_with_rowid=False,
)
"""Who is signed in."""

token = Table(
    "token",
    metadata,
    Column("digest", String(DIGEST_LENGTH), primary_key=True, comment="SHA-256 of the token"),
    Column("name", Text, nullable=False, comment="of the program; two of one name while one replaces the other"),
    Column("role", Text, nullable=False),
    Column("hall", Text, comment="acts there only; null: everywhere"),
    Column("created_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
"""Programs that may ask."""

audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True, comment="of the change, to know a lost acknowledgement by"),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="what was changed, e.g. account:wang"),
    Column("detail", Text, nullable=False, comment="JSON"),
    Index("audit_at", "at"),
    sqlite_with_rowid=False,
)
"""Who changed what of that which people administer. Only ever appended to, in the change's own transaction."""

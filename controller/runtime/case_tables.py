"""Tables of cases, which outlive the days that they were opened on; their metadata is that of the log's tables.

A case's row is an index of its history: whatever stands in it follows from the events, and is written with them.
"""

from sqlalchemy import Column, Date, ForeignKeyConstraint, Index, Integer, String, Table, Text, UniqueConstraint

from controller.runtime.tables import UtcTime, metadata

__all__ = ["case_event", "case_row", "metadata"]

CASE_DIGEST_LENGTH = 64

case_row = Table(
    "case_row",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("id", Text, primary_key=True, comment="<day opened>-<number of that day>"),
    Column("version", Integer, nullable=False, comment="seq of its last event"),
    Column("state", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("ticket", Text),
    Column("opened_at", UtcTime, nullable=False),
    Column("promised", Date, comment="last day promised, while it is accepted and not completed"),
    Column("due", Date, comment="next day by which something of it must be done"),
    Index("case_row_due", "hall", "due"),
    Index("case_row_state", "hall", "state"),
    Index("case_row_ticket", "hall", "ticket"),
    sqlite_with_rowid=False,
)
"""Where each case stands, to find it by."""

case_event = Table(
    "case_event",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False, comment="from 1, without gaps in a case"),
    Column("type", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="of the event's form"),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("command", Text, nullable=False, comment="id of the command that caused it"),
    Column("asked", String(CASE_DIGEST_LENGTH), nullable=False, comment="SHA-256 of what was asked under that id"),
    Column("data", Text, nullable=False, comment="JSON"),
    ForeignKeyConstraint(["hall", "id"], ["case_row.hall", "case_row.id"], name="case_event_row"),
    UniqueConstraint("hall", "command", name="case_event_command"),
    sqlite_with_rowid=False,
)
"""What happened to each case. Only ever appended to."""

"""Tables of rectifications and of what citizens left to be called by; their metadata is the log's.

A rectification's row is an index of its history: what stands in it follows from the events and is written with them.
"""

from sqlalchemy import (
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from controller.runtime.device_tables import metadata
from controller.runtime.tables import DIGEST_LENGTH, UtcTime

__all__ = ["metadata", "rectification_event", "rectification_row", "review_contact"]

rectification_row = Table(
    "rectification_row",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("id", Text, primary_key=True, comment="that of the review"),
    Column("version", Integer, nullable=False, comment="seq of its last event"),
    Column("state", Text, nullable=False),
    Column("given_on", Date, nullable=False, comment="business day of the review"),
    Column("due", Date, comment="next day by which something must be done; null: it has ended"),
    Column("promised", Date, nullable=False, comment="last day on which it may end"),
    Column("ended_on", Date),
    Column("clerk", Text, comment="whom it is about"),
    Column("assignee", Text),
    Index("rectification_row_due", "hall", "due"),
    Index("rectification_row_given", "hall", "given_on"),
    sqlite_with_rowid=False,
)
"""Where each rectification stands, to find it by."""

rectification_event = Table(
    "rectification_event",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False, comment="from 1, without gaps in a rectification"),
    Column("type", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="of the event's form"),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("command", Text, nullable=False, comment="id of the command that caused it"),
    Column("asked", String(DIGEST_LENGTH), nullable=False, comment="SHA-256 of what was asked under that id"),
    Column("data", Text, nullable=False, comment="JSON"),
    ForeignKeyConstraint(
        ["hall", "id"], ["rectification_row.hall", "rectification_row.id"], name="rectification_event_row"
    ),
    UniqueConstraint("hall", "command", name="rectification_event_command"),
    sqlite_with_rowid=False,
)
"""What happened to each rectification. Only ever appended to."""

review_contact = Table(
    "review_contact",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("id", Text, primary_key=True, comment="of the rectification"),
    Column("sealed", LargeBinary, nullable=False, comment="encrypted; the key is not in the database"),
    Column("erase_on", Date, nullable=False, comment="the first day on which it may be kept no longer"),
    ForeignKeyConstraint(["hall", "id"], ["rectification_row.hall", "rectification_row.id"], name="review_contact_row"),
    Index("review_contact_erase", "erase_on"),
    sqlite_with_rowid=False,
)
"""How citizens said that they can be reached, while somebody may have to. Rows are deleted, and never in a history."""

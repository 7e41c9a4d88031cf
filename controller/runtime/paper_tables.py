"""Table of batches of paper reviews, which outlive the day; its metadata is the log's."""

from sqlalchemy import Column, Date, Index, Integer, Table, Text

from controller.runtime.print_tables import metadata
from controller.runtime.tables import UtcTime

__all__ = ["metadata", "paper_batch"]

paper_batch = Table(
    "paper_batch",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("day", Date, nullable=False, comment="on which the sheets were filled in"),
    Column("opened_at", UtcTime, nullable=False),
    Column("data", Text, nullable=False, comment="JSON: the batch with both entries and what counts"),
    Index("paper_batch_day", "hall", "day"),
    sqlite_with_rowid=False,
)
"""Every batch, with who typed what: both entries stay, so that anybody can look them up."""

"""Table of the print jobs that are no ticket's; its metadata is the log's."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from controller.runtime.order_tables import metadata
from controller.runtime.tables import UtcTime

__all__ = ["metadata", "print_job"]

print_job = Table(
    "print_job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hall", Text, nullable=False),
    Column("device", Text, nullable=False, comment="where it is printed"),
    Column("paper", Text, nullable=False, comment="as in controller.papers"),
    Column("subject", Text, nullable=False, comment="a case's number or a day"),
    Column("escpos", LargeBinary, nullable=False, comment="what the printer gets"),
    Column("paper_mm", Integer, nullable=False, comment="width of the paper that it is set for"),
    Column("state", Text, nullable=False, comment="requested, printed or failed: what the device said last"),
    Column("reason", Text),
    Column("requested_at", UtcTime, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index("print_job_hall", "hall", "requested_at"),
    sqlite_with_rowid=False,
)
"""Papers of cases and lists of days on their way to a printer; tickets' jobs are in the day's stream. Kept two days."""

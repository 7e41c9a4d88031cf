"""Tables of lent aids, which go out and come back on any day; their metadata is the log's."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from controller.runtime.appointment_tables import metadata
from controller.runtime.tables import UtcTime

__all__ = ["aid", "aid_loan", "metadata"]

aid = Table(
    "aid",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("count", Integer, nullable=False, comment="how many the hall has"),
    sqlite_with_rowid=False,
)
"""What a hall lends."""

aid_loan = Table(
    "aid_loan",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("aid", Text, nullable=False),
    Column("borrower", Text, nullable=False, comment="a ticket's number, never a name"),
    Column("request", Text, nullable=False, comment="id of the command that lent it"),
    Column("lent_at", UtcTime, nullable=False),
    Column("lent_by", Text, nullable=False),
    Column("returned_at", UtcTime),
    Column("returned_by", Text),
    UniqueConstraint("hall", "request", name="aid_loan_request"),
    Index("aid_loan_out", "hall", "returned_at"),
    sqlite_with_rowid=False,
)
"""Every loan, and when it came back."""

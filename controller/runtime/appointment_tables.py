"""Tables of appointments, which outlive the days that they were booked on; their metadata is the log's."""

from sqlalchemy import Column, Date, Index, Integer, Table, Text, UniqueConstraint

from controller.runtime.case_tables import metadata
from controller.runtime.tables import UtcTime

__all__ = ["appointment", "appointment_place", "metadata"]

appointment = Table(
    "appointment",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("code", Text, primary_key=True, comment="random digits; who knows them may check in"),
    Column("services", Text, nullable=False, comment="JSON list of codes"),
    Column("day", Date, nullable=False),
    Column("half", Text, nullable=False, comment="morning or afternoon"),
    Column("starts_at", UtcTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("person", Text, nullable=False, comment="an opaque word, never a name"),
    Column("ticket", Text),
    Column("refused", Integer, nullable=False, comment="check-ins that the floor refused"),
    Column("request", Text, nullable=False, comment="id of the command that booked it"),
    Column("booked_at", UtcTime, nullable=False),
    Column("booked_by", Text, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("changed_by", Text, nullable=False),
    UniqueConstraint("hall", "request", name="appointment_request"),
    Index("appointment_day", "hall", "day"),
    sqlite_with_rowid=False,
)
"""Every appointment, and what became of it."""

appointment_place = Table(
    "appointment_place",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("half", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False, comment="from 1 up to the service's quota"),
    Column("code", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The places taken of a service with a quota: the key lets no two controllers give one twice."""

"""Tables of the devices: which may speak, and what they said of their condition; their metadata is the log's."""

from sqlalchemy import Column, Index, Integer, Table, Text

from controller.runtime.aid_tables import metadata
from controller.runtime.tables import UtcTime

__all__ = ["device", "device_reading", "metadata"]

device = Table(
    "device",
    metadata,
    Column("id", Text, primary_key=True, comment="unique in the whole deployment; the name of its account as well"),
    Column("hall", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("window", Text, comment="where it stands; null: at none"),
    Column("zone", Text, comment="where it stands; null: in none"),
    Column("secret", Text, nullable=False, comment="hash of its password, in Mosquitto's form"),
    Column("added_at", UtcTime, nullable=False),
    Column("secret_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime, comment="null: it may speak"),
    Column("version", Integer, nullable=False, comment="of the row; their sum tells that anything has changed"),
    Index("device_hall", "hall"),
    sqlite_with_rowid=False,
)
"""Devices with an account at the broker; one that was revoked stays, or nobody would know that there were any."""

device_reading = Table(
    "device_reading",
    metadata,
    Column("device", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="as in controller.vitals; heard: its last sign of life"),
    Column("hall", Text, nullable=False),
    Column("value", Text, nullable=False, comment="JSON"),
    Column("at", UtcTime, nullable=False, comment="when a controller heard it"),
    Index("device_reading_at", "at"),
    sqlite_with_rowid=False,
)
"""The newest of each reading of each device."""

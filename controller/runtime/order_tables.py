"""Table of what devices were told to do; its metadata is the log's."""

from sqlalchemy import Column, Index, Integer, Table, Text

from controller.runtime.rectification_tables import metadata
from controller.runtime.tables import UtcTime

__all__ = ["device_order", "metadata"]

device_order = Table(
    "device_order",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hall", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("amount", Integer, comment="seconds or percent, as the type has it"),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime, comment="when a controller took it to send it; null: none has yet"),
    Column("result", Text, comment="what the device said of it; null: nothing yet"),
    Column("reason", Text, nullable=False),
    Column("done_at", UtcTime),
    Index("device_order_device", "hall", "device", "asked_at"),
    Index("device_order_sent", "sent_at", "expires_at"),
    sqlite_with_rowid=False,
)
"""Orders to devices, with what became of them."""

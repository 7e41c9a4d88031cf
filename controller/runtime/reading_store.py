"""What devices said of their condition, kept over restarts and seen by every controller: the newest of each reading.

No audit and no history: the next reading says more, and what an operator wants to see over time is Prometheus's.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from controller.runtime.device_tables import device_reading
from controller.runtime.journal import Journal
from controller.vitals import Value


@dataclass(frozen=True, slots=True)
class Row:
    """One reading of one device."""

    hall: str
    device: str
    name: str
    value: Value | bool
    at: datetime


class ReadingStore:
    """The rows, on a log's database. Each method may raise `LogUnavailable`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def save(self, rows: Sequence[Row]) -> None:
        """Keep readings; one that is older than what is kept changes nothing."""
        if not rows:
            return
        values = [
            {"hall": row.hall, "device": row.device, "name": row.name, "value": json.dumps(row.value), "at": row.at}
            for row in rows
        ]

        def write(connection: Connection) -> None:
            insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            statement = insert(device_reading)
            new = statement.excluded
            statement = statement.on_conflict_do_update(
                index_elements=[device_reading.c.device, device_reading.c.name],
                set_={"hall": new.hall, "value": new.value, "at": new.at},
                where=device_reading.c.at < new.at,
            )
            connection.execute(statement, values)

        await self._journal.change(write)

    async def read(self, since: datetime | None = None) -> list[Row]:
        """Return the readings heard since a moment, or all; the oldest first."""
        statement = select(device_reading).order_by(device_reading.c.at, device_reading.c.device, device_reading.c.name)
        if since is not None:
            statement = statement.where(device_reading.c.at >= since)

        def find(connection: Connection) -> list[Row]:
            return [
                Row(row.hall, row.device, row.name, json.loads(row.value), row.at)
                for row in connection.execute(statement)
            ]

        return await self._journal.look(find)

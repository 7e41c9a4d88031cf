"""Batches of paper reviews in the log's database.

Rules of this file. A step is decided inside the transaction that writes it, on the batch as it is then. The sheets that
open rectifications do so in the transaction that settles their batch, so that none is counted and not looked into.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select, update

from controller.codec import from_json, to_json
from controller.paper_model import Batch, BatchState
from controller.paper_refusals import BatchUnknown
from controller.rectification_model import RectificationOpened
from controller.refusals import Refusal
from controller.runtime.case_store import Asked
from controller.runtime.journal import Journal
from controller.runtime.paper_tables import paper_batch as row
from controller.runtime.rectification_store import Written, open_in

LIST_MAX = 200
"""Batches that are listed at once, the newest first."""

Opens = Callable[[Batch], Sequence[RectificationOpened]]


@dataclass(frozen=True, slots=True)
class Step:
    """A batch after a step, and the rectifications that it opened; ``settled``: this very step settled it."""

    batch: Batch
    opened: tuple[Written, ...] = ()
    settled: bool = False


class PaperStore:
    """The batches of all halls. Each method may raise `LogUnavailable`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def open(self, batch: Batch) -> Batch:
        """Open a batch, or return the one that its id has opened before."""

        def work(connection: Connection) -> Batch:
            before = _read(connection, batch.hall, batch.id)
            if before is not None:
                return before
            facts = {"hall": batch.hall, "id": batch.id, "day": batch.day, "opened_at": batch.opened_at}
            connection.execute(row.insert().values(**facts, **_written(batch)))
            return batch

        return await self._journal.change(work)

    async def act(
        self, hall: str, batch: str, asked: Asked, decide: Callable[[Batch], Batch | Refusal], opens: Opens
    ) -> Step | Refusal:
        """Take a step; ``opens`` returns what a settled batch opens."""

        def work(connection: Connection) -> Step | Refusal:
            before = _read(connection, hall, batch, locked=True)
            if before is None:
                return BatchUnknown(batch)
            now = decide(before)
            if isinstance(now, Refusal):
                return now
            if now == before:
                return Step(now)
            connection.execute(update(row).where(row.c.hall == hall, row.c.id == batch).values(**_written(now)))
            if now.settled is None:
                return Step(now)
            opened = [
                open_in(connection, one, Asked(f"review/{one.id}", "", asked.actor, asked.at)) for one in opens(now)
            ]
            return Step(now, tuple(opened), settled=True)

        return await self._journal.change(work)

    async def one(self, hall: str, batch: str) -> Batch | None:
        """Return a batch, or ``None`` where there is none."""
        return await self._journal.look(lambda connection: _read(connection, hall, batch))

    async def found(self, hall: str, *, is_open: bool | None = None, day: date | None = None) -> list[Batch]:
        """Return batches of a hall, the newest first; what is ``None`` narrows nothing."""
        statement = select(row.c.data).where(row.c.hall == hall)
        if is_open is not None:
            is_settled = row.c.state == BatchState.SETTLED.value
            statement = statement.where(~is_settled if is_open else is_settled)
        if day is not None:
            statement = statement.where(row.c.day == day)
        statement = statement.order_by(row.c.opened_at.desc(), row.c.id).limit(LIST_MAX)
        return await self._journal.look(lambda connection: [_batch(data) for (data,) in connection.execute(statement)])


def _read(connection: Connection, hall: str, batch: str, *, locked: bool = False) -> Batch | None:
    statement = select(row.c.data).where(row.c.hall == hall, row.c.id == batch)
    data = connection.execute(statement.with_for_update() if locked else statement).scalar_one_or_none()
    return _batch(data) if data is not None else None


def _batch(data: str) -> Batch:
    batch: Batch = from_json(Batch, json.loads(data))
    return batch


def _written(batch: Batch) -> dict[str, object]:
    data = json.dumps(to_json(batch), ensure_ascii=False, separators=(",", ":"))
    return {"version": batch.version, "state": batch.state.value, "data": data}

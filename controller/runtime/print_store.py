"""Print jobs that are no ticket's, in the log's database: what each prints, and what its device said of it.

Rules of this file. A job that is on paper stays so, whatever is said later. Only the device that it is for has a say.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from controller.model import ReceiptState
from controller.papers import PaperKind
from controller.runtime.journal import Journal
from controller.runtime.print_tables import print_job

OPEN_MAX = 500
"""Jobs that are offered again at once; the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintJob:
    """A print job.

    Attributes:
        id: unique in the deployment.
        hall: whose it is.
        device: where it is printed.
        paper: which paper.
        subject: what it speaks of: a case's number, or a day.
        escpos: what the printer gets.
        paper_mm: width of the paper that it is set for.
        requested_at: when, and ``requested_by`` whom it was asked for by.
        expires_at: when it is of no use any more.
        state: what its device said last.
        reason: why it isn't on paper.
    """

    id: str
    hall: str
    device: str
    paper: PaperKind
    subject: str
    escpos: bytes = field(repr=False)
    paper_mm: int
    requested_at: datetime
    requested_by: str
    expires_at: datetime
    state: ReceiptState = ReceiptState.REQUESTED
    reason: str | None = None


class PrintStore:
    """The rows, on a log's database. Each method may raise `LogUnavailable`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def add(self, job: PrintJob) -> bool:
        """Keep a job; return whether its id is new: an older job of the same id stays as it is."""
        values = {name: getattr(job, name) for name in PrintJob.__dataclass_fields__}

        def make(connection: Connection) -> bool:
            insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            statement = insert(print_job).values(**values).on_conflict_do_nothing(index_elements=[print_job.c.id])
            return connection.execute(statement.returning(print_job.c.id)).one_or_none() is not None

        return await self._journal.change(make)

    async def note(self, job: str, device: str, state: ReceiptState, reason: str | None = None) -> bool:
        """Take what a device says of a job; return whether it is one of its own that isn't on paper yet."""
        statement = (
            update(print_job)
            .where(print_job.c.id == job, print_job.c.device == device, print_job.c.state != ReceiptState.PRINTED)
            .values(state=state, reason=reason)
        )
        return await self._journal.change(lambda connection: bool(connection.execute(statement).rowcount))

    async def find(self, hall: str, job: str) -> PrintJob | None:
        """Return a job of a hall."""
        statement = select(print_job).where(print_job.c.hall == hall, print_job.c.id == job)
        return next(iter(await self._read(statement)), None)

    async def since(self, hall: str, moment: datetime, limit: int) -> list[PrintJob]:
        """Return the jobs asked for since a moment, the newest first."""
        return await self._read(
            select(print_job)
            .where(print_job.c.hall == hall, print_job.c.requested_at >= moment)
            .order_by(print_job.c.requested_at.desc(), print_job.c.id)
            .limit(limit)
        )

    async def unconfirmed(self, now: datetime) -> list[PrintJob]:
        """Return the jobs of all halls that are fresh, and of which nothing has been heard, the oldest first."""
        return await self._read(
            select(print_job)
            .where(print_job.c.state == ReceiptState.REQUESTED, print_job.c.expires_at > now)
            .order_by(print_job.c.requested_at, print_job.c.id)
            .limit(OPEN_MAX)
        )

    async def forget(self, before: datetime) -> int:
        """Forget the jobs asked for before a moment; return how many there were."""
        statement = delete(print_job).where(print_job.c.requested_at < before)
        return await self._journal.change(lambda connection: int(connection.execute(statement).rowcount))

    async def _read(self, statement: Select[Any]) -> list[PrintJob]:
        def find(connection: Connection) -> list[PrintJob]:
            return [
                PrintJob(**{**row, "paper": PaperKind(row["paper"]), "state": ReceiptState(row["state"])})
                for row in map(dict, connection.execute(statement).mappings())
            ]

        return await self._journal.look(find)

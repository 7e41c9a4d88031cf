"""The register of lent aids in the log's database.

Rules of this file. What is decided of an aid is decided inside the transaction that changes it, with the aid's row
locked, so of two who lend the last one, one is told so. A write whose id was used before is the first one's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, case, func, select, update

from controller.aids import Aid, AidUnknown, Loan, LoanId, LoanUnknown, lend, restock
from controller.refusals import CommandIdReused, Refusal
from controller.runtime.aid_tables import aid, aid_loan
from controller.runtime.journal import Journal

RETURNED_SHOWN_MAX = 20
"""Loans that came back and are still listed."""
LOANS_MAX = 500
"""Loans that are listed at once."""


@dataclass(frozen=True, slots=True)
class Write:
    """A write: its id, who asks, and when."""

    request: str
    actor: str
    at: datetime


class AidStore:
    """The aids of one hall; times come back in its zone. Each method may raise `LogUnavailable`."""

    def __init__(self, journal: Journal, hall: str, zone: tzinfo) -> None:
        self._journal = journal
        self._hall = hall
        self._zone = zone

    async def aids(self) -> list[Aid]:
        """Return what the hall lends, by name."""
        statement = (
            select(aid.c.name, aid.c.count, func.count(aid_loan.c.id))
            .select_from(
                aid.outerjoin(
                    aid_loan,
                    (aid_loan.c.hall == aid.c.hall) & (aid_loan.c.aid == aid.c.name) & aid_loan.c.returned_at.is_(None),
                )
            )
            .where(aid.c.hall == self._hall)
            .group_by(aid.c.name, aid.c.count)
            .order_by(aid.c.name)
        )
        return await self._journal.look(lambda connection: [Aid(*row) for row in connection.execute(statement)])

    async def loans(self) -> list[Loan]:
        """Return what is out, the longest first, and behind it what came back last."""
        is_back = case((aid_loan.c.returned_at.is_(None), 0), else_=1)
        back = (
            select(aid_loan.c.id)
            .where(aid_loan.c.hall == self._hall, aid_loan.c.returned_at.is_not(None))
            .order_by(aid_loan.c.returned_at.desc(), aid_loan.c.id)
            .limit(RETURNED_SHOWN_MAX)
        )
        statement = (
            select(aid_loan)
            .where(aid_loan.c.hall == self._hall, aid_loan.c.returned_at.is_(None) | aid_loan.c.id.in_(back))
            .order_by(is_back, aid_loan.c.returned_at.desc(), aid_loan.c.lent_at, aid_loan.c.id)
            .limit(LOANS_MAX)
        )
        return await self._journal.look(lambda connection: [self._read(row) for row in connection.execute(statement)])

    async def restock(self, name: str, count: int) -> Aid | Refusal:
        """Say how many of an aid the hall has; with 0 it lends none any more."""

        def work(connection: Connection) -> Aid | Refusal:
            known = self._locked(connection, name)
            refusal = restock(known or Aid(name, 0, 0), count)
            if refusal is not None:
                return refusal
            here = (aid.c.hall == self._hall, aid.c.name == name)
            if known is None and count:
                connection.execute(aid.insert().values(hall=self._hall, name=name, count=count))
            elif count:
                connection.execute(update(aid).where(*here).values(count=count))
            else:
                connection.execute(aid.delete().where(*here))
            return Aid(name, count, known.lent if known is not None else 0)

        return await self._journal.change(work)

    async def lend(self, loan: LoanId, name: str, borrower: str, write: Write) -> Loan | Refusal:
        """Lend an aid under an id that nothing has; done twice it is lent once."""

        def work(connection: Connection) -> Loan | Refusal:
            statement = select(aid_loan).where(aid_loan.c.hall == self._hall, aid_loan.c.request == write.request)
            before = connection.execute(statement).one_or_none()
            if before is not None:
                same = (before.aid, before.borrower) == (name, borrower)
                return self._read(before) if same else CommandIdReused(write.request)
            known = self._locked(connection, name)
            if known is None:
                return AidUnknown(name)
            refusal = lend(known)
            if refusal is not None:
                return refusal
            row = {"hall": self._hall, "id": loan, "aid": name, "borrower": borrower, "request": write.request}
            connection.execute(aid_loan.insert().values(**row, lent_at=write.at, lent_by=write.actor))
            return Loan(loan, name, borrower, write.at)

        return await self._journal.change(work)

    async def take_back(self, loan: str, write: Write) -> Loan | Refusal:
        """Note that an aid is back; of one that is, its first return stands."""

        def work(connection: Connection) -> Loan | Refusal:
            here = (aid_loan.c.hall == self._hall, aid_loan.c.id == loan)
            back = {"returned_at": write.at, "returned_by": write.actor}
            connection.execute(update(aid_loan).where(*here, aid_loan.c.returned_at.is_(None)).values(**back))
            row = connection.execute(select(aid_loan).where(*here)).one_or_none()
            return LoanUnknown(loan) if row is None else self._read(row)

        return await self._journal.change(work)

    def _locked(self, connection: Connection, name: str) -> Aid | None:
        here = select(aid.c.count).where(aid.c.hall == self._hall, aid.c.name == name).with_for_update()
        count = connection.execute(here).scalar_one_or_none()
        if count is None:
            return None
        out = (aid_loan.c.hall == self._hall, aid_loan.c.aid == name, aid_loan.c.returned_at.is_(None))
        lent: Sequence[Any] = connection.execute(select(func.count()).select_from(aid_loan).where(*out)).one()
        return Aid(name, count, lent[0])

    def _read(self, row: Any) -> Loan:
        back = row.returned_at
        return Loan(
            LoanId(row.id),
            row.aid,
            row.borrower,
            row.lent_at.astimezone(self._zone),
            back.astimezone(self._zone) if back is not None else None,
        )

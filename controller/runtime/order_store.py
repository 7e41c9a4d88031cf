"""What devices were told to do: rows in which a controller finds what is still to be sent, and a hall its history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from controller.device_orders import Order, OrderResult, OrderType
from controller.plan import DeviceId, HallId
from controller.runtime.audit import Auditor
from controller.runtime.clock import Clock
from controller.runtime.journal import Journal
from controller.runtime.order_tables import device_order

KEPT_MAX = 100
"""Orders that are kept of a device, the newest; what somebody did is in the audit for good."""

TAKEN_MAX = 64
"""Orders that a controller takes to send at once; the next look takes the rest."""


class OrderStore:
    """The rows, on a log's database. Each method may raise `LogUnavailable`."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._audited = Auditor(journal, clock)

    async def add(self, order: Order) -> Order:
        """Write an order down, to be sent by whichever controller takes it first; return it, or the one of its id."""
        theirs = (device_order.c.hall == order.hall) & (device_order.c.device == order.device)

        def make(connection: Connection) -> bool:
            if connection.scalar(select(device_order.c.id).where(device_order.c.id == order.id)) is not None:
                return False
            connection.execute(
                device_order.insert().values(
                    id=order.id,
                    hall=order.hall,
                    device=order.device,
                    type=order.type,
                    amount=order.amount,
                    asked_by=order.by,
                    asked_at=order.asked_at,
                    expires_at=order.expires_at,
                    reason="",
                )
            )
            kept = select(device_order.c.id).where(theirs).order_by(*_NEWEST_FIRST).limit(KEPT_MAX)
            connection.execute(delete(device_order).where(theirs, device_order.c.id.not_in(kept)))
            return True

        made = await self._audited.change(
            order.by, "device_ordered", f"device:{order.device}", make, order=order.id, type=order.type
        )
        return order if made else await self.order(order.id) or order

    async def are_unsent(self) -> bool:
        """Whether an order waits to be sent."""
        statement = select(device_order.c.id).where(self._unsent()).limit(1)
        return await self._journal.look(lambda connection: connection.scalar(statement)) is not None

    async def take(self) -> list[Order]:
        """Take what waits to be sent and is still of use, oldest first; no other controller gets it then."""
        taken: list[Order] = []

        def do(connection: Connection) -> None:
            taken.clear()  # it may run again after a lost connection
            wanted = select(device_order).where(self._unsent()).order_by(device_order.c.asked_at).limit(TAKEN_MAX)
            for row in connection.execute(wanted).all():
                mine = update(device_order).where(device_order.c.id == row.id, device_order.c.sent_at.is_(None))
                if connection.execute(mine.values(sent_at=self._clock.now())).rowcount:
                    taken.append(_order(row))

        await self._journal.change(do)
        return taken

    async def finish(self, order_id: str, device: str, result: OrderResult, reason: str) -> bool:
        """Note what a device said of an order; return whether it had said nothing before. The first word counts."""
        statement = (
            update(device_order)
            .where(device_order.c.id == order_id, device_order.c.device == device, device_order.c.result.is_(None))
            .values(result=result, reason=reason, done_at=self._clock.now())
        )
        return await self._journal.change(lambda connection: bool(connection.execute(statement).rowcount))

    async def order(self, order_id: str) -> Order | None:
        """Return an order, if it is still kept."""
        found = await self._read(select(device_order).where(device_order.c.id == order_id))
        return found[0] if found else None

    async def history(self, hall: str, device: str) -> list[Order]:
        """Return what a device was told, the newest first."""
        theirs = (device_order.c.hall == hall) & (device_order.c.device == device)
        return await self._read(select(device_order).where(theirs).order_by(*_NEWEST_FIRST).limit(KEPT_MAX))

    def _unsent(self) -> Any:
        return device_order.c.sent_at.is_(None) & (device_order.c.expires_at > self._clock.now())

    async def _read(self, statement: Any) -> list[Order]:
        def find(connection: Connection) -> Sequence[Row[Any]]:
            return connection.execute(statement).all()

        return [_order(row) for row in await self._journal.look(find)]


_NEWEST_FIRST = (device_order.c.asked_at.desc(), device_order.c.id.desc())


def _order(row: Row[Any]) -> Order:
    done_at: datetime | None = row.done_at
    return Order(
        id=row.id,
        hall=HallId(row.hall),
        device=DeviceId(row.device),
        type=OrderType(row.type),
        amount=row.amount,
        by=row.asked_by,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        result=OrderResult(row.result) if row.result is not None else None,
        reason=row.reason,
        done_at=done_at,
    )

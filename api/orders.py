"""What devices are told to do by hand: written down, and what they say of it. `api.order_sender` sends it.

Rules of this file. An order is a row before it is sent, so the page, HTTP and the command line all go the same way.
What makes no sense for a device isn't written down at all. A device's first word on an order counts.
"""

import asyncio
import secrets
from collections import deque
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from api.problems import Problem
from controller.device_orders import KINDS_FOR, LIVES_S, Order, OrderResult, OrderType, amount_of
from controller.plan import Device, HallId, SignDriver
from controller.runtime.clock import Clock
from controller.runtime.metrics import Metrics
from controller.runtime.order_store import OrderStore
from devices.messages import CommandDone, ReceiptFailed, ReceiptPrinted

log = structlog.get_logger(__name__)

JOB_PREFIX = "test-"
"""What the ids of test prints begin with, as jobs: the printer's word on the job is its word on the order."""

ID_BYTES = 8

SHOWN_MAX = 64
"""Words of displays that may wait to be noted; a hall's manager gives an order now and then."""

Word: TypeAlias = CommandDone | ReceiptPrinted | ReceiptFailed
"""What a device may say of an order."""


class Orders:
    """Takes orders, and what devices say of them.

    Attributes:
        store: the rows.
        given: there is something to look at: an order written down here, or one that a display has done.
        shown: ids of orders that displays say they have done, to be noted.
    """

    def __init__(self, store: OrderStore, metrics: Metrics, clock: Clock) -> None:
        """Take the parts."""
        self.store = store
        self.given = asyncio.Event()
        self.shown: deque[str] = deque(maxlen=SHOWN_MAX)
        self._metrics = metrics
        self._clock = clock

    async def give(
        self, hall: HallId, device: Device, type_: OrderType, amount: int | None, by: str, *, order_id: str = ""
    ) -> Order:
        """Write an order down, to be sent at once; with an id that is known already it is that order.

        Raises:
            Problem: the order makes no sense for the device.
            OperatingError: it can't be written now.
        """
        check(device, type_, amount)
        now = self._clock.now()
        order = await self.store.add(
            Order(
                id=order_id or secrets.token_hex(ID_BYTES),
                hall=hall,
                device=device.id,
                type=type_,
                amount=amount_of(type_, amount),
                by=by,
                asked_at=now,
                expires_at=now + timedelta(seconds=LIVES_S[type_]),
            )
        )
        self.given.set()
        return order

    async def heard(self, device: str, word: Word) -> None:
        """Take what a device says of an order.

        Raises:
            OperatingError: it can't be written now; the device will say it again.
        """
        match word:
            case CommandDone():
                await self.finish(word.command, device, word.result, word.reason)
            case ReceiptPrinted():
                await self.finish(word.job.removeprefix(JOB_PREFIX), device, OrderResult.OK, "")
            case ReceiptFailed():
                await self.finish(word.job.removeprefix(JOB_PREFIX), device, OrderResult.REFUSED, word.reason)

    def done_by_display(self, order_id: str) -> None:
        """Take what a screen says that it has done; returns at once. Too much of it, and the oldest is forgotten."""
        self.shown.append(order_id)
        self.given.set()

    async def finish(self, order_id: str, device: str, result: OrderResult, reason: str) -> None:
        """Note what became of an order, unless that is known.

        Raises:
            OperatingError: it can't be written now.
        """
        if await self.store.finish(order_id, device, result, reason):
            self._metrics.device_orders.labels(result).inc()
            log.info("order_done", order=order_id, device=device, result=result, reason=reason)

    def state(self, order: Order) -> str:
        """Return ``sent``, ``expired``, or an order's result."""
        return order.state(self.now())

    def now(self) -> datetime:
        """Return the time now."""
        return self._clock.now()


def fits(device: Device, type_: OrderType) -> bool:
    """Whether an order makes sense for a device; a card that the controller drives hears none."""
    return device.kind in KINDS_FOR[type_] and device.driver is SignDriver.STATE


def check(device: Device, type_: OrderType, amount: int | None) -> None:
    """See that an order makes sense for a device.

    Raises:
        Problem: it doesn't, or its amount is out of bounds.
    """
    if not fits(device, type_):
        raise Problem(422, "order_unfit", {"device": device.id, "order": type_.value})
    try:
        amount_of(type_, amount)
    except ValueError as error:
        raise Problem(422, "order_amount_invalid", {"order": type_.value}) from error

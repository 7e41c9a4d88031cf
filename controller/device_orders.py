"""What somebody may tell a device to do, and which kinds of devices can: a table, and what became of an order.

An order is for now. It has a short life (`LIVES_S`), after which whoever holds it drops it: a device that comes back an
hour later must not flash, print or restart. What became of it is what its device said; one that said nothing in time is
taken for expired, until it does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from controller.plan import DeviceId, DeviceKind, HallId


class OrderType(StrEnum):
    """What a device is told to do."""

    IDENTIFY = "identify"
    """Make itself known: blink, beep, print a line, flash."""

    REBOOT = "reboot"
    TEST_PRINT = "test_print"
    TEST_VOICE = "test_voice"
    SET_BRIGHTNESS = "set_brightness"
    NEW_ROLL = "new_roll"
    """Count what is left of the paper from a whole roll again: somebody has put one in."""


class OrderResult(StrEnum):
    """What a device says of an order."""

    OK = "ok"
    REFUSED = "refused"
    """It can't now; its reason says why."""

    UNSUPPORTED = "unsupported"
    """It never can: this make of it doesn't have that."""


ALL_KINDS = frozenset(DeviceKind)

KINDS_FOR: Mapping[OrderType, frozenset[DeviceKind]] = MappingProxyType(
    {
        OrderType.IDENTIFY: ALL_KINDS,
        OrderType.REBOOT: ALL_KINDS,
        OrderType.TEST_PRINT: frozenset({DeviceKind.TICKET_MACHINE, DeviceKind.PRINTER}),
        OrderType.TEST_VOICE: frozenset({DeviceKind.SPEAKER}),
        OrderType.SET_BRIGHTNESS: frozenset({DeviceKind.LED, DeviceKind.CALL_PAD}),
        OrderType.NEW_ROLL: frozenset({DeviceKind.TICKET_MACHINE, DeviceKind.PRINTER}),
    }
)
"""Which kinds an order makes sense for."""

LIVES_S: Mapping[OrderType, int] = MappingProxyType(
    {
        OrderType.IDENTIFY: 30,
        OrderType.REBOOT: 30,
        OrderType.TEST_PRINT: 60,  # a receipt before it may be at the printer
        OrderType.TEST_VOICE: 60,  # a call-out before it may be speaking
        OrderType.SET_BRIGHTNESS: 30,
        OrderType.NEW_ROLL: 30,
    }
)
"""For how many seconds an order is of use: somebody stands there and looks."""

ANSWER_S = 10
"""What was begun in time may end so many seconds later."""

IDENTIFY_S_DEFAULT, IDENTIFY_S_MAX = 10, 60
PERCENT_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a device was told to do, and what became of it.

    Attributes:
        id: unique in the deployment.
        hall: the device's.
        device: who is told.
        type: what to do.
        amount: seconds to be seen or heard for `OrderType.IDENTIFY`, percent for `OrderType.SET_BRIGHTNESS`; else
            ``None``.
        by: who wants it, e.g. ``account:王芳``.
        asked_at: when.
        expires_at: when it is of no use any more.
        result: what the device said; ``None``: nothing yet.
        reason: why not, a stable name or the device's own words; "" where there is none.
        done_at: when the device said it.
    """

    id: str
    hall: HallId
    device: DeviceId
    type: OrderType
    amount: int | None
    by: str
    asked_at: datetime
    expires_at: datetime
    result: OrderResult | None = None
    reason: str = ""
    done_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """Return ``sent``, ``expired``, or its result."""
        if self.result is not None:
            return self.result
        return "expired" if now >= self.expires_at + timedelta(seconds=ANSWER_S) else "sent"


def orders_for(kind: DeviceKind) -> tuple[OrderType, ...]:
    """Return what a device of a kind may be told, in a fixed order."""
    return tuple(type_ for type_, kinds in KINDS_FOR.items() if kind in kinds)


def amount_of(type_: OrderType, amount: int | None) -> int | None:
    """Return the amount that an order goes with.

    Raises:
        ValueError: it needs one, has none, or it is out of bounds; the text says which.
    """
    match type_:
        case OrderType.IDENTIFY:
            amount = IDENTIFY_S_DEFAULT if amount is None else amount
            least, most = 1, IDENTIFY_S_MAX
        case OrderType.SET_BRIGHTNESS:
            least, most = 0, PERCENT_MAX
        case _:
            if amount is not None:
                raise ValueError(f"{type_} takes no amount")
            return None
    if amount is None or not least <= amount <= most:
        raise ValueError(f"{type_} takes an amount from {least} to {most}")
    return amount

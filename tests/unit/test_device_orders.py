"""What a device may be told: by its kind, with an amount within bounds, and for how long it counts."""

from datetime import UTC, datetime, timedelta

import pytest

from controller.device_orders import (
    ANSWER_S,
    KINDS_FOR,
    LIVES_S,
    Order,
    OrderResult,
    OrderType,
    amount_of,
    orders_for,
)
from controller.plan import DeviceId, DeviceKind, HallId

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def order(result: OrderResult | None = None) -> Order:
    return Order(
        id="o-1",
        hall=HallId("demo"),
        device=DeviceId("led-1"),
        type=OrderType.IDENTIFY,
        amount=10,
        by="account:王芳",
        asked_at=NOW,
        expires_at=NOW + timedelta(seconds=30),
        result=result,
    )


def test_each_order_has_kinds_and_a_life() -> None:
    assert set(KINDS_FOR) == set(LIVES_S) == set(OrderType)
    assert all(KINDS_FOR.values())


def test_whatever_its_kind_a_device_can_be_found_and_restarted() -> None:
    for kind in DeviceKind:
        assert orders_for(kind)[:2] == (OrderType.IDENTIFY, OrderType.REBOOT)
    assert OrderType.TEST_PRINT in orders_for(DeviceKind.TICKET_MACHINE)
    assert orders_for(DeviceKind.LED)[2:] == (OrderType.SET_BRIGHTNESS,)


@pytest.mark.parametrize(
    ("type_", "amount", "result"),
    [
        (OrderType.IDENTIFY, None, 10),
        (OrderType.IDENTIFY, 1, 1),
        (OrderType.IDENTIFY, 60, 60),
        (OrderType.SET_BRIGHTNESS, 0, 0),
        (OrderType.SET_BRIGHTNESS, 100, 100),
        (OrderType.REBOOT, None, None),
    ],
)
def test_an_amount_within_its_bounds_is_taken(type_: OrderType, amount: int | None, result: int | None) -> None:
    assert amount_of(type_, amount) == result


@pytest.mark.parametrize(
    ("type_", "amount"),
    [
        (OrderType.IDENTIFY, 0),
        (OrderType.IDENTIFY, 61),
        (OrderType.SET_BRIGHTNESS, None),
        (OrderType.SET_BRIGHTNESS, -1),
        (OrderType.SET_BRIGHTNESS, 101),
        (OrderType.REBOOT, 1),
    ],
)
def test_another_amount_is_none(type_: OrderType, amount: int | None) -> None:
    with pytest.raises(ValueError, match=type_.value):
        amount_of(type_, amount)


def test_an_order_without_a_word_expires_a_moment_after_its_end() -> None:
    last = NOW + timedelta(seconds=30 + ANSWER_S)
    assert order().state(NOW) == "sent"
    assert order().state(last - timedelta(microseconds=1)) == "sent"
    assert order().state(last) == "expired"
    assert order(OrderResult.REFUSED).state(last) == "refused", "a late word is the truth all the same"

"""Orders in both databases: each is taken by one controller, once, in time; the first word of its device counts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller.device_orders import Order, OrderResult, OrderType
from controller.plan import DeviceId, HallId
from controller.runtime.accounts import Accounts
from controller.runtime.journal import Journal
from controller.runtime.order_store import KEPT_MAX, OrderStore
from tests.support.engines import HandClock
from tests.support.journals import DATABASES, database_url, journal_at

BY = "account:王芳"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
async def journal(url: str) -> AsyncIterator[Journal]:
    async with journal_at(url) as opened:
        yield opened


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(journal: Journal, clock: HandClock) -> OrderStore:
    return OrderStore(journal, clock)


def order(clock: HandClock, number: int, device: str = "led-1") -> Order:
    return Order(
        id=f"o-{number:03}",
        hall=HallId("demo"),
        device=DeviceId(device),
        type=OrderType.SET_BRIGHTNESS,
        amount=number % 100,
        by=BY,
        asked_at=clock.now(),
        expires_at=clock.now() + timedelta(seconds=30),
    )


async def test_an_order_is_written_taken_and_answered(store: OrderStore, journal: Journal, clock: HandClock) -> None:
    given = order(clock, 1)
    assert not await store.are_unsent()
    assert await store.add(given) == given
    assert await store.are_unsent()
    assert await store.take() == [given]
    assert not await store.are_unsent()
    clock.advance(2)
    assert await store.finish(given.id, "led-1", OrderResult.REFUSED, "sign_unavailable")
    done = replace(given, result=OrderResult.REFUSED, reason="sign_unavailable", done_at=clock.now())
    assert await store.order(given.id) == done
    assert await store.history("demo", "led-1") == [done]
    assert not await store.finish(given.id, "led-1", OrderResult.OK, ""), "the first word counts"
    assert await store.order(given.id) == done
    changes = await Accounts(journal, clock).changes(10)
    assert [(one.action, one.subject, one.actor) for one in changes] == [("device_ordered", "device:led-1", BY)]


async def test_another_device_s_word_is_none(store: OrderStore, clock: HandClock) -> None:
    given = await store.add(order(clock, 1))
    assert not await store.finish(given.id, "led-2", OrderResult.OK, "")
    assert not await store.finish("nonesuch", "led-1", OrderResult.OK, "")
    assert await store.order(given.id) == given


async def test_the_same_order_again_is_the_first(store: OrderStore, journal: Journal, clock: HandClock) -> None:
    given = await store.add(order(clock, 1))
    clock.advance(5)
    assert await store.add(order(clock, 1)) == given
    assert len(await store.history("demo", "led-1")) == len(await Accounts(journal, clock).changes(10)) == 1


async def test_what_nobody_took_in_time_is_never_sent(store: OrderStore, clock: HandClock) -> None:
    await store.add(order(clock, 1))
    clock.advance(30)
    assert not await store.are_unsent()
    assert await store.take() == []


async def test_of_several_controllers_one_takes_an_order(url: str, store: OrderStore, clock: HandClock) -> None:
    async with journal_at(url) as other:
        for number in range(10):
            await store.add(order(clock, number))
        taken = await asyncio.gather(*(each.take() for each in (store, OrderStore(other, clock)) * 3))
    assert sorted(one.id for some in taken for one in some) == [f"o-{number:03}" for number in range(10)]


async def test_a_device_s_newest_orders_are_kept(store: OrderStore, clock: HandClock) -> None:
    await store.add(order(clock, 0, "led-2"))
    for number in range(KEPT_MAX + 5):
        clock.advance(1)
        await store.add(order(clock, number + 1))
    kept = await store.history("demo", "led-1")
    assert [one.id for one in kept] == [f"o-{number:03}" for number in range(KEPT_MAX + 5, 5, -1)]
    assert len(await store.history("demo", "led-2")) == 1

"""The registry of devices in both databases: who may speak, each change audited and seen by its number."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.plan import DeviceId, HallId, WindowId
from controller.runtime.accounts import Accounts
from controller.runtime.device_store import DeviceStore, NewDevice
from controller.runtime.journal import Journal
from tests.support.engines import HandClock
from tests.support.journals import DATABASES, database_url, journal_at

BY = "cli:tests"
PAD = NewDevice(
    id=DeviceId("pad-1"), hall=HallId("demo"), kind="review_pad", window=WindowId("1"), secret=":".join("first")
)


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
def store(journal: Journal, clock: HandClock) -> DeviceStore:
    return DeviceStore(journal, clock)


async def audit_of(journal: Journal, clock: HandClock) -> list[tuple[str, str, str]]:
    changes = await Accounts(journal, clock).changes(100)
    assert "$7$" not in str(changes)
    return [(one.action, one.subject, one.actor) for one in changes]


async def test_a_device_lives_from_its_adding_to_its_revoking_and_again(
    store: DeviceStore, journal: Journal, clock: HandClock
) -> None:
    assert await store.version() == 0
    assert await store.devices() == []
    assert await store.add(PAD, BY)
    added = await store.device("pad-1")
    assert added is not None
    assert (added.id, added.hall, added.kind, added.window, added.zone) == ("pad-1", "demo", "review_pad", "1", None)
    assert (added.secret, added.added_at, added.revoked_at) == (PAD.secret, clock.now(), None)
    assert not await store.add(PAD, BY), "its id is taken"
    clock.advance(60)
    assert await store.renew("pad-1", "$7$101$salt$second", BY)
    assert await store.revoke("pad-1", BY)
    assert not await store.revoke("pad-1", BY)
    assert not await store.renew("pad-1", "$7$101$salt$third", BY)
    assert not await store.revoke("pad-2", BY)
    (revoked,) = await store.devices()
    assert (revoked.secret, revoked.secret_at, revoked.revoked_at) == ("$7$101$salt$second", clock.now(), clock.now())
    clock.advance(60)
    assert await store.add(replace(PAD, hall=HallId("east"), window=None), BY)
    (again,) = await store.devices()
    assert (again.hall, again.window, again.added_at, again.revoked_at) == ("east", None, clock.now(), None)
    assert await store.version() == 4
    audited = await audit_of(journal, clock)
    assert sorted(audited) == sorted(
        (action, "device:pad-1", BY)
        for action in ("device_added", "device_secret_renewed", "device_revoked", "device_added")
    )


async def test_of_many_controllers_one_adds_a_device(url: str, store: DeviceStore) -> None:
    async with journal_at(url) as other:
        stores = [store, DeviceStore(other, HandClock())] * 4
        added = await asyncio.gather(*(one.add(PAD, BY) for one in stores))
    assert sorted(added) == [False] * 7 + [True]
    assert await store.version() == 1


async def test_every_change_makes_the_number_grow(store: DeviceStore) -> None:
    await store.add(PAD, BY)
    seen = [await store.version()]
    await store.add(replace(PAD, id=DeviceId("pad-2")), BY)
    seen.append(await store.version())
    await store.renew("pad-2", "$7$101$salt$x", BY)
    seen.append(await store.version())
    await store.revoke("pad-1", BY)
    seen.append(await store.version())
    assert seen == sorted(set(seen))

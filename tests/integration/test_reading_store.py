"""What devices said of their condition, in both databases: the newest of each reading, whoever writes it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.runtime.journal import Journal
from controller.runtime.reading_store import ReadingStore, Row
from tests.support.journals import DATABASES, database_url, journal_at

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(params=DATABASES)
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    async with journal_at(database_url(request, tmp_path)) as opened:
        yield opened


def said(device: str, name: str, value: str | float | bool, after_s: float = 0) -> Row:
    return Row("demo", device, name, value, NOW + timedelta(seconds=after_s))


async def test_the_newest_of_each_reading_is_kept(journal: Journal) -> None:
    store, other = ReadingStore(journal), ReadingStore(journal)
    await store.save([])
    assert await store.read() == []
    await store.save(
        [said("pad-1", "battery_pct", 80.0), said("pad-1", "firmware", "垫 3", 1), said("m-1", "heard", True)]
    )
    await other.save([said("pad-1", "battery_pct", 79.5, 60)])
    await store.save([said("pad-1", "battery_pct", 90.0, 30)])
    assert await other.read() == [
        said("m-1", "heard", True),
        said("pad-1", "firmware", "垫 3", 1),
        said("pad-1", "battery_pct", 79.5, 60),
    ]
    assert await store.read(NOW + timedelta(seconds=60)) == [said("pad-1", "battery_pct", 79.5, 60)]

"""An append that takes minutes over midnight opens no second day, and no command is carried out on both."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.engines import MIDNIGHT, TODAY, HandClock, floors_at, read_stream, small_plan

TOMORROW = TODAY + timedelta(days=1)


async def test_who_is_slow_to_open_the_day_before_comes_too_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, clock = f"sqlite:///{tmp_path / 'log.db'}", HandClock(MIDNIGHT - timedelta(seconds=2))
    async with floors_at(url, clock, small_plan()) as slow, floors_at(url, clock) as quick:
        really, begun, may_go_on = slow.journal.append, asyncio.Event(), asyncio.Event()

        async def append(stream: str, rows: Any) -> None:
            begun.set()
            await may_go_on.wait()
            await really(stream, rows)

        monkeypatch.setattr(slow.journal, "append", append)
        late = asyncio.create_task(slow.ticket("late"))
        await begun.wait()
        clock.at = MIDNIGHT + timedelta(minutes=5)
        assert (await quick.ticket()).number == "A001"
        may_go_on.set()
        given = await late
        assert await quick.ticket("late") == given
        assert given.number == "A002"
        streams = [await read_stream(slow.journal, "demo", day) for day in (TODAY, TOMORROW)]
        assert [type(entry.event).__name__ for entry in streams[0]] == ["DayOpened", "DayClosed"]
        assert sum(entry.command == "late" for entry in streams[1]) == 1

"""The log on real databases: what is acknowledged is there, in order, and nobody pays for another's conflict."""

import asyncio
import logging
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from controller.runtime import group_commit, log_writer
from controller.runtime.errors import LogConflict, LogUnavailable
from controller.runtime.journal import Journal
from tests.support.journals import (
    DATABASES,
    MORNING,
    append_at_end,
    database_url,
    journal_at,
    outcomes,
    row,
    rows,
    seqs,
    writer_held,
)

STREAM = "hall:demo/2026-03-02"
HALLS = [f"hall:h{number}/2026-03-02" for number in range(50)]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
async def journal(url: str) -> AsyncIterator[Journal]:
    async with journal_at(url) as opened:
        yield opened


async def test_what_was_appended_is_there_after_a_restart_in_every_column(url: str) -> None:
    odd = row(3, '{"text":"居住证 \\u0000 𠮷 \' \\" % ? :x","n":1.50}')
    zoned = replace(row(4), at=datetime(2026, 3, 2, 9, 0, 0, 7, tzinfo=timezone(timedelta(hours=8))))
    async with journal_at(url) as journal:
        await journal.append(STREAM, rows(1, 2))
        await journal.append(STREAM, [odd, zoned])
    async with journal_at(url) as journal:
        stored = await journal.read(STREAM)
        assert stored == [*rows(1, 2), odd, zoned]
        assert all(entry.at.utcoffset() == timedelta(0) for entry in stored)
        assert await journal.read(STREAM, after=2) == [odd, zoned]
        assert await journal.read(STREAM, after=4) == []
        assert await journal.read("hall:other/2026-03-02") == []
        await journal.append(STREAM, [row(5)])
        assert seqs(await journal.read(STREAM)) == [1, 2, 3, 4, 5]


async def test_appends_of_one_stream_keep_their_order_without_being_awaited(journal: Journal) -> None:
    async with writer_held(journal):
        begun = [asyncio.ensure_future(journal.append(STREAM, rows(seq, seq + 2))) for seq in range(1, 600, 3)]
    assert await outcomes(*begun) == [None] * 200
    assert await journal.read(STREAM) == rows(1, 600)


async def test_many_halls_are_committed_together_and_one_halls_conflict_is_its_own(url: str, journal: Journal) -> None:
    await asyncio.gather(*(journal.append(hall, [row(1)]) for hall in HALLS))
    async with journal_at(url) as other:
        await other.append(HALLS[7], [row(2, command="other")])
        await other.append(HALLS[31], [row(2, command="other")])
    commits: list[tuple[float, int, int]] = []
    journal.on_commit = lambda seconds, appends, written: commits.append((seconds, appends, written))
    async with writer_held(journal):
        begun = [asyncio.ensure_future(journal.append(hall, rows(2, 4))) for hall in HALLS]
    ended = await outcomes(*begun)
    assert [hall for hall, error in zip(HALLS, ended, strict=True) if error is LogConflict] == [HALLS[7], HALLS[31]]
    assert ended.count(None) == len(HALLS) - 2
    assert [(appends, written) for _, appends, written in commits] == [(48, 144)]
    assert commits[0][0] > 0
    for hall in HALLS:
        expected = [row(1), row(2, command="other")] if hall in (HALLS[7], HALLS[31]) else rows(1, 4)
        assert await journal.read(hall) == expected
    await append_at_end(journal, HALLS[7], 2, "again")
    assert seqs(await journal.read(HALLS[7])) == [1, 2, 3, 4]


async def test_what_was_begun_behind_a_failed_append_fails_too(
    url: str, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_writer, "GROUP_MAX", 2)  # what is begun together spreads over groups
    await journal.append(STREAM, [row(1)])
    async with journal_at(url) as other:
        await other.append(STREAM, [row(2, command="other")])
    async with writer_held(journal):
        begun = [asyncio.ensure_future(journal.append(STREAM, [row(seq)])) for seq in range(2, 9)]
        beside = asyncio.ensure_future(journal.append(HALLS[0], [row(1)]))
    # Row 3 would fit behind the other's row 2; but it was made to follow ours.
    assert await outcomes(*begun, beside) == [*[LogConflict] * 7, None]
    assert await journal.read(STREAM) == [row(1), row(2, command="other")]
    await journal.append(STREAM, [row(3)])
    assert seqs(await journal.read(STREAM)) == [1, 2, 3]


@pytest.mark.parametrize("first", [1, 2, 4, 9])
async def test_an_append_that_does_not_begin_at_the_end_changes_nothing(journal: Journal, first: int) -> None:
    await journal.append(STREAM, rows(1, 2))
    with pytest.raises(LogConflict):
        await journal.append(STREAM, rows(first, first + 1))
    with pytest.raises(LogConflict):
        await journal.append("hall:new/2026-03-02", rows(first + 1, first + 1))
    assert await journal.read(STREAM) == rows(1, 2)
    assert await journal.read("hall:new/2026-03-02") == []


async def test_rows_that_no_database_can_store_fail_alone(journal: Journal) -> None:
    await asyncio.gather(*(journal.append(hall, [row(1)]) for hall in HALLS))
    bad = {
        HALLS[3]: [row(2), row(3, "\ud800")],
        HALLS[5]: [replace(row(2), at=MORNING.replace(tzinfo=None))],
        HALLS[6]: [replace(row(2), version=1 << 70)],
    }
    async with writer_held(journal):
        begun = [asyncio.ensure_future(journal.append(hall, bad.get(hall, [row(2)]))) for hall in HALLS]
    ended = await outcomes(*begun)
    assert ended == [ValueError if hall in bad else None for hall in HALLS]
    for hall in HALLS:
        assert await journal.read(hall) == ([row(1)] if hall in bad else rows(1, 2))
    with pytest.raises(ValueError, match="consecutive"):
        await journal.append(STREAM, [row(1), row(3)])
    await journal.append(STREAM, [])
    assert await journal.read(STREAM) == []


async def test_two_controllers_of_the_same_halls_neither_block_nor_overwrite_each_other(url: str) -> None:
    halls = HALLS[:8]
    rounds = 12
    async with journal_at(url) as one, journal_at(url) as two:

        async def serve(journal: Journal, hall: str, name: str) -> list[int]:
            return [await append_at_end(journal, hall, 2, f"{name}-{turn}") for turn in range(rounds)]

        wrote = await asyncio.gather(
            *(serve(one, hall, "one") for hall in halls), *(serve(two, hall, "two") for hall in reversed(halls))
        )
        firsts = dict(
            zip([("one", hall) for hall in halls] + [("two", hall) for hall in halls[::-1]], wrote, strict=True)
        )
        for hall in halls:
            stored = await one.read(hall)
            assert seqs(stored) == list(range(1, 4 * rounds + 1))
            for name in ("one", "two"):
                for turn, first in enumerate(firsts[name, hall]):
                    assert {entry.command for entry in stored[first - 1 : first + 1]} == {f"{name}-{turn}"}


async def test_too_many_waiting_appends_are_refused_at_once(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "WAITING_MAX", 9)  # one of them is what holds the thread
    async with writer_held(journal):
        begun = [asyncio.ensure_future(journal.append(hall, [row(1)])) for hall in HALLS[:8]]
        await asyncio.sleep(0)
        with pytest.raises(LogUnavailable, match="wait"):
            await journal.append(HALLS[8], [row(1)])
    assert await outcomes(*begun) == [None] * 8
    await journal.append(HALLS[8], [row(1)])
    assert await journal.read(HALLS[8]) == [row(1)]


async def test_a_caller_who_gives_up_disturbs_nobody(journal: Journal) -> None:
    async with writer_held(journal):
        begun = [asyncio.ensure_future(journal.append(hall, [row(1)])) for hall in HALLS[:3]]
        await asyncio.sleep(0)
        begun[1].cancel()
    assert await outcomes(*begun) == [None, asyncio.CancelledError, None]
    await append_at_end(journal, HALLS[1], 1, "again")


async def test_closing_commits_what_was_handed_over_and_takes_no_more(url: str) -> None:
    async with journal_at(url) as journal:
        async with writer_held(journal):
            begun = [asyncio.ensure_future(journal.append(hall, [row(1)])) for hall in HALLS]
        await journal.close()
        assert await outcomes(*begun) == [None] * len(HALLS)
        for refused in (journal.append(STREAM, [row(1)]), journal.read(STREAM), journal.ping(), journal.plans()):
            with pytest.raises(LogUnavailable, match="closed"):
                await refused


async def test_more_streams_than_are_remembered(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "TAILS_MAX", 3)
    for seq in range(1, 4):
        await asyncio.gather(*(journal.append(hall, [row(seq)]) for hall in HALLS))
    for hall in HALLS:
        assert await journal.read(hall) == rows(1, 3)


async def test_plans_have_versions_and_all_of_them_stay(url: str, journal: Journal) -> None:
    assert await journal.plans() == {}
    assert await journal.save_plan("demo", '{"名":1}', "wang", MORNING) == 1
    assert await journal.save_plan("demo", '{"名":2}', "wang", MORNING) == 2
    assert await journal.save_plan("demo", '{"名":2}', "wang", MORNING) == 2, "the same save, repeated"
    assert await journal.save_plan("demo", '{"名":2}', "li", MORNING) == 3
    assert await journal.save_plan("other", "{}", "li", MORNING) == 1
    async with journal_at(url) as other:
        at = [MORNING + timedelta(minutes=minute) for minute in range(1, 11)]
        saves = [which.save_plan("demo", "{}", "zhao", time) for time in at for which in (journal, other)]
        # Each is saved by both controllers at once: as one version, or, where another came between, as two.
        versions = await asyncio.gather(*saves)
        plans = await other.plans()
    assert set(range(4, max(versions) + 1)) == set(versions)
    assert plans == {"demo": (max(versions), "{}"), "other": (1, "{}")}
    with pytest.raises(ValueError, match="zone"):
        await journal.save_plan("demo", "{}", "li", MORNING.replace(tzinfo=None))
    with pytest.raises(ValueError, match="stored"):
        await journal.save_plan("demo", "\ud800", "li", MORNING)


async def test_ping_makes_a_commit_and_checks_at_once_share_it(url: str, journal: Journal) -> None:
    async with writer_held(journal):
        checks = [asyncio.ensure_future(journal.ping()) for _ in range(20)]
    await asyncio.gather(*checks)
    await journal.ping()
    assert (
        await journal._reading(lambda connection: connection.exec_driver_sql("SELECT count FROM probe").scalar()) == 2
    )


async def test_opening_leaves_the_programs_logging_alone(url: str) -> None:
    mine = logging.getLogger("tests.journal.mine")
    before = (logging.root.level, list(logging.root.handlers), mine.level, mine.disabled, logging.root.manager.disable)
    async with journal_at(url):
        after = (
            logging.root.level,
            list(logging.root.handlers),
            mine.level,
            mine.disabled,
            logging.root.manager.disable,
        )
    assert after == before


async def test_the_file_and_its_side_files_are_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b 100%" / "log.db"
    async with journal_at(f"sqlite:///{path}") as journal:
        await journal.append(STREAM, [row(1)])
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"log.db": 0o600, "log.db-wal": 0o600, "log.db-shm": 0o600}


@pytest.mark.parametrize(
    "address", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:log.db?uri=true", "mysql://h/db"]
)
def test_other_databases_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///FILE or postgresql"):
        Journal(address)


async def test_a_database_that_can_not_be_opened_is_unavailable(tmp_path: Path) -> None:
    blocking = tmp_path / "file"
    blocking.write_text("in the way")
    for address in (f"sqlite:///{blocking}/log.db", f"sqlite:///{blocking}", "postgresql://x@127.0.0.1:1/none"):
        journal = Journal(address)
        with pytest.raises(LogUnavailable, match="opened"):
            await journal.open()
        await journal.close()

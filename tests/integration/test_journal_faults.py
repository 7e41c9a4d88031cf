"""The log when its surroundings fail: clear errors, nothing acknowledged is lost, recovery without a restart."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from structlog.testing import capture_logs

from controller.runtime import database
from controller.runtime.errors import LogConflict, LogUnavailable
from controller.runtime.journal import Journal
from tests.support.cutting_proxy import cutting_proxy
from tests.support.journals import (
    DATABASES,
    MORNING,
    append_until_refused,
    bare_connection,
    database_url,
    journal_at,
    outcomes,
    row,
    rows,
    seqs,
    writer_held,
)
from tests.support.log_faults import LossyCommits, Space, bounded_space
from tests.support.postgresql import postgresql

STREAM = "hall:demo/2026-03-02"
OTHER = "hall:other/2026-03-02"
SMALL, LARGE = "数据" * 1_000, "数据" * 1_000_000
"""Texts of 6 kB and 6 MB. The large one fills a database's cache, so it meets the full disk before the commit does."""


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


# -- a full disk ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=DATABASES)
def space(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Space]:
    with bounded_space(request, tmp_path) as bounded:
        yield bounded


async def test_a_full_disk_refuses_and_takes_again_what_fits(space: Space) -> None:
    async with journal_at(space.url) as journal:
        await journal.append(STREAM, [row(1, SMALL)])
        with capture_logs() as logs:
            space.fill()
            last, error = await append_until_refused(journal, STREAM, 1, SMALL)
            assert "full" in str(error) or "No space" in str(error)
            for stream, first, data in ((STREAM, last + 1, LARGE), (OTHER, 1, LARGE), (OTHER, 1, LARGE)):
                with pytest.raises(LogUnavailable):
                    await journal.append(stream, [row(first, data)])
            assert await journal.read(STREAM) == [row(seq, SMALL) for seq in range(1, last + 1)]
            assert await journal.read(OTHER) == []
            space.free()
            await journal.append(STREAM, [row(last + 1, SMALL)])
        said = [(entry["event"], entry["log_level"]) for entry in logs if entry["event"] != "log.in_doubt"]
        assert said == [("log.unavailable", "error"), ("log.available_again", "info")]
        await journal.append(OTHER, rows(1, 3))
        await journal.ping()
    async with journal_at(space.url) as journal:
        assert seqs(await journal.read(STREAM)) == list(range(1, last + 2))
        assert await journal.read(OTHER) == rows(1, 3)


async def test_a_full_disk_under_many_halls_loses_nothing_acknowledged(space: Space) -> None:
    halls = [f"hall:h{number}/2026-03-02" for number in range(20)]
    async with journal_at(space.url) as journal:
        await asyncio.gather(*(journal.append(hall, [row(1, SMALL)]) for hall in halls))
        # Whoever reads is connected already: PostgreSQL may refuse a new line while its disk is full.
        await journal.read(halls[0])
        space.fill()
        ended = await asyncio.gather(*(append_until_refused(journal, hall, 1, SMALL) for hall in halls))
        for hall, (last, _) in zip(halls, ended, strict=True):
            assert seqs(await journal.read(hall)) == list(range(1, last + 1))
        space.free()
        again = (journal.append(hall, [row(last + 1)]) for hall, (last, _) in zip(halls, ended, strict=True))
        assert await outcomes(*again) == [None] * len(halls)


# -- a lost acknowledgement -------------------------------------------------------------------------------------------


async def test_a_commit_whose_acknowledgement_was_lost_is_known_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with journal_at(url) as journal:
        await journal.append(STREAM, rows(1, 2))
        commits = LossyCommits(journal, monkeypatch)
        for first in (3, 6):
            commits.lost = 1
            await journal.append(STREAM, rows(first, first + 2))
            assert commits.lost == 0
        commits.lost = 1
        await journal.append(OTHER, rows(1, 2))
        assert await journal.read(STREAM) == rows(1, 8)
        assert await journal.read(OTHER) == rows(1, 2)


async def test_it_is_known_again_among_others_and_with_others_behind_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with journal_at(url) as journal:
        await asyncio.gather(journal.append(STREAM, [row(1)]), journal.append(OTHER, [row(1)]))
        commits = LossyCommits(journal, monkeypatch)

        def other_controller() -> None:
            with bare_connection(url) as connection:
                connection.execute(
                    text(
                        "INSERT INTO event SELECT stream, 3, type, version, at, actor, command, data, 'theirs' "
                        "FROM event WHERE stream = :stream AND seq = 2"
                    ),
                    {"stream": STREAM},
                )

        commits.lost, commits.after_lost = 1, other_controller
        async with writer_held(journal):
            commits.spared = 1  # the commit of what holds the thread
            begun = [asyncio.ensure_future(journal.append(stream, [row(2)])) for stream in (STREAM, OTHER)]
        assert await outcomes(*begun) == [None, None]
        assert commits.lost == 0
        assert seqs(await journal.read(STREAM)) == [1, 2, 3]
        assert await journal.read(OTHER) == rows(1, 2)
        ended = await outcomes(journal.append(STREAM, [row(3)]), journal.append(OTHER, [row(3)]))
        assert ended == [LogConflict, None]
        await journal.append(STREAM, [row(4)])
        assert seqs(await journal.read(STREAM)) == [1, 2, 3, 4]


async def test_a_commit_that_was_not_made_is_made_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with journal_at(url) as journal:
        await journal.append(STREAM, [row(1)])
        commits = LossyCommits(journal, monkeypatch)
        commits.prevented = 1
        await journal.append(STREAM, [row(2)])
        assert await journal.read(STREAM) == rows(1, 2)
        commits.prevented = 2
        with pytest.raises(LogUnavailable, match="lost"):
            await journal.append(STREAM, [row(3)])
        assert await journal.read(STREAM) == rows(1, 2)
        await journal.append(STREAM, [row(3)])
        assert await journal.read(STREAM) == rows(1, 3)


async def test_a_plan_whose_acknowledgement_was_lost_is_one_version(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with journal_at(url) as journal:
        commits = LossyCommits(journal, monkeypatch)
        commits.lost = 1
        assert await journal.save_plan("demo", "{}", "wang", MORNING) == 1
        assert await journal.plans() == {"demo": (1, "{}")}


@pytest.mark.postgresql
async def test_a_connection_cut_before_the_answer_to_a_commit(request: pytest.FixtureRequest) -> None:
    cluster = postgresql(request.config)
    address = make_url(cluster.url(cluster.create_database()))
    async with (
        cutting_proxy(cluster.port) as proxy,
        journal_at(address.set(port=proxy.port).render_as_string(hide_password=False)) as journal,
    ):
        await journal.append(STREAM, [row(1)])
        proxy.cut(1)
        await journal.append(STREAM, rows(2, 4))
        assert proxy.cuts == 1
        assert await journal.read(STREAM) == rows(1, 4)
        proxy.cut(3)
        with pytest.raises(LogUnavailable):
            await journal.append(STREAM, [row(5)])
        assert proxy.cuts == 4
        # Nobody could know, and it is there: its caller reads the tail and finds its command.
        assert await journal.read(STREAM) == rows(1, 5)
        with pytest.raises(LogConflict):
            await journal.append(STREAM, [row(5)])
        await journal.append(STREAM, [row(6)])
        assert await journal.read(STREAM) == rows(1, 6)


# -- a database that is gone, or busy with somebody else --------------------------------------------------------------


@pytest.fixture
async def impatient(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journal]:
    """A journal that waits for locks a tenth of a second."""
    monkeypatch.setattr(database, "SQLITE_LOCK_WAIT_S", 0.1)
    monkeypatch.setattr(database, "LOCK_WAIT_S", 0.1)
    async with journal_at(url) as journal:
        yield journal


async def test_a_locked_database_is_unavailable_until_the_lock_is_gone(url: str, impatient: Journal) -> None:
    await impatient.append(STREAM, [row(1)])
    with bare_connection(url) as locking:
        locking.exec_driver_sql("BEGIN IMMEDIATE" if url.startswith("sqlite") else "BEGIN")
        if url.startswith("postgresql"):
            locking.exec_driver_sql("LOCK TABLE event, plan, probe IN EXCLUSIVE MODE")
        for refused in (
            impatient.append(STREAM, [row(2)]),
            impatient.append(OTHER, [row(1)]),
            impatient.ping(),
            impatient.save_plan("demo", "{}", "wang", MORNING),
        ):
            with pytest.raises(LogUnavailable, match="lock"):
                await refused
        assert await impatient.read(STREAM) == [row(1)]
        locking.exec_driver_sql("ROLLBACK")
    await impatient.append(STREAM, [row(2)])
    await impatient.ping()
    assert await impatient.read(STREAM) == rows(1, 2)


@pytest.mark.postgresql
async def test_a_server_that_dies_and_comes_back(request: pytest.FixtureRequest) -> None:
    cluster = postgresql(request.config)
    async with journal_at(cluster.url(cluster.create_database())) as journal:
        await journal.append(STREAM, rows(1, 2))
        assert await journal.read(STREAM) == rows(1, 2)
        cluster.kill()
        for refused in (journal.append(STREAM, [row(3)]), journal.ping(), journal.read(STREAM), journal.plans()):
            with pytest.raises(LogUnavailable):
                await refused
        cluster.start()
        await journal.append(STREAM, [row(3)])
        await journal.ping()
        assert await journal.read(STREAM) == rows(1, 3)
        # Down and up again while nobody wrote: the next append does not even notice.
        cluster.stop()
        cluster.start()
        await journal.append(STREAM, [row(4)])
        assert await journal.read(STREAM) == rows(1, 4)


@pytest.mark.postgresql
async def test_a_controller_that_fell_silent_in_its_transaction_delays_and_fails_nobody(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = postgresql(request.config)
    url = cluster.url(cluster.create_database())
    monkeypatch.setattr(database, "SILENCE_S", 1)
    async with journal_at(url) as journal:
        await asyncio.gather(journal.append(STREAM, [row(1)]), journal.append(OTHER, [row(1)]))
        engine = database.writing_engine(database.parse_url(url))
        silent = engine.connect()
        silent.exec_driver_sql(
            "INSERT INTO event SELECT stream, 2, type, version, at, actor, command, data, 'silent' FROM event"
        )
        ended = await outcomes(journal.append(STREAM, [row(2)]), journal.append(OTHER, [row(2)]))
        silent.invalidate()
        silent.close()
        engine.dispose()
        assert ended == [None, None]
        assert await journal.read(STREAM) == await journal.read(OTHER) == rows(1, 2)


async def test_a_bug_in_the_writer_answers_everybody_and_the_thread_lives(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with journal_at(url) as journal:
        await journal.append(STREAM, [row(1)])
        with monkeypatch.context() as broken, capture_logs() as logs:
            writing = journal._opened_writer()._group_commit
            broken.setattr(writing, "_all_follow_known_tails", lambda _appends: 1 / 0)
            assert await outcomes(*(journal.append(STREAM, [row(seq)]) for seq in (2, 3))) == [LogUnavailable] * 2
        assert {entry["event"] for entry in logs} == {"log.writer_failed"}
        await journal.append(STREAM, [row(2)])
        assert await journal.read(STREAM) == rows(1, 2)


async def test_closing_while_the_database_is_gone(tmp_path: Path, impatient: Journal, url: str) -> None:
    await impatient.append(STREAM, [row(1)])
    with bare_connection(url) as locking:
        locking.exec_driver_sql("BEGIN IMMEDIATE" if url.startswith("sqlite") else "BEGIN")
        locking.exec_driver_sql("UPDATE event SET batch = 'mine'")
        begun = asyncio.ensure_future(impatient.append(STREAM, [row(2)]))
        await asyncio.sleep(0)
        await impatient.close()
        assert begun.done()
        locking.exec_driver_sql("ROLLBACK")

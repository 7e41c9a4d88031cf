"""The log in processes of their own: one is killed in the middle of its work, several write the same stream."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.support.journals import DATABASES, append_at_end, database_url, journal_at, row, seqs
from tests.support.log_clients import WITHIN_S, append_for_ever, process, race

ROUNDS = 20
STREAM = "hall:demo/2026-03-02"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


async def test_whatever_a_killed_process_acknowledged_is_there(url: str) -> None:
    chance = random.Random(20260302)
    acknowledged: dict[str, int] = {}
    for _ in range(ROUNDS):
        wanted = chance.randrange(1, 120)
        with process(append_for_ever, url) as (running, pipe):
            for _ in range(wanted):
                assert await asyncio.to_thread(pipe.poll, WITHIN_S), "the process acknowledges nothing"
                stream, last = pipe.recv()
                acknowledged[stream] = last
            running.kill()
            running.join(WITHIN_S)
            while True:  # what it said with its last breath
                try:
                    stream, last = pipe.recv()
                except (EOFError, ConnectionResetError):
                    break
                acknowledged[stream] = last
        async with journal_at(url) as journal:
            for stream, last in acknowledged.items():
                stored = await journal.read(stream)
                assert len(stored) >= last
                assert stored == [row(seq) for seq in range(1, len(stored) + 1)]
                await append_at_end(journal, stream, 1, "")
    assert sum(acknowledged.values()) > ROUNDS


async def test_processes_that_write_one_stream_leave_no_gap_and_lose_nothing(url: str) -> None:
    names, appends = ("one", "two", "three"), 60
    said: dict[int, str] = {}
    conflicts = 0
    with (
        process(race, url, STREAM, names[0], appends) as (_, first),
        process(race, url, STREAM, names[1], appends) as (_, second),
        process(race, url, STREAM, names[2], appends) as (_, third),
    ):
        pipes = (first, second, third)
        for pipe in pipes:
            assert await asyncio.to_thread(pipe.poll, WITHIN_S)
            assert pipe.recv() == "ready"
        for pipe in pipes:  # all of them find an empty disk or server, and create the schema
            pipe.send("go")
        for pipe in pipes:
            assert await asyncio.to_thread(pipe.poll, WITHIN_S)
            theirs, met = pipe.recv()
            conflicts += met
            for seq, command in theirs:
                assert seq not in said, f"seq {seq} was acknowledged to {said[seq]} and to {command}"
                said[seq] = command
    async with journal_at(url) as journal:
        stored = await journal.read(STREAM)
    assert seqs(stored) == list(range(1, len(stored) + 1))
    assert {entry.seq: entry.command for entry in stored} == said
    assert conflicts > 0, "they never met: this shows nothing"

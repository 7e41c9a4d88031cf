"""What a device remembers, in a real file, over ends and accidents."""

import sqlite3
from pathlib import Path

import pytest

from devices.agent import memory as memories
from devices.agent import moments
from devices.agent.lifetimes import DAY_S
from devices.agent.memory import JobState, Memory, MemoryInUseError
from devices.agent.moments import Moment


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "device.sqlite3"


def test_a_job_is_remembered_through_its_states(path: Path) -> None:
    with Memory(path) as memory:
        assert memory.state("r1") is JobState.NEW
        memory.begin("r1")
        assert memory.state("r1") is JobState.PRINTING
        memory.withdraw("r1")
        assert memory.state("r1") is JobState.WITHDRAWN
        memory.begin("r1")
        memory.finish("r1", "r1-printed", b"{}", DAY_S)
    with Memory(path) as memory:
        assert memory.state("r1") is JobState.PRINTED
        assert [(one.id, one.payload) for one in memory.unanswered()] == [("r1-printed", b"{}")]
        assert memory.interrupted == ()


def test_a_job_in_hand_at_the_end_is_interrupted_at_the_next_start_once(path: Path) -> None:
    with Memory(path) as memory:
        memory.begin("r1")
        memory.begin("r2")
        memory.finish("r2", "r2-printed", b"{}", DAY_S)
    with Memory(path) as memory:
        assert memory.interrupted == ("r1",)
        assert memory.state("r1") is JobState.INTERRUPTED
    with Memory(path) as memory:
        assert memory.interrupted == ()
        assert memory.state("r1") is JobState.INTERRUPTED


def test_events_are_kept_once_and_in_order_until_forgotten(path: Path) -> None:
    with Memory(path) as memory:
        for event_id in ("b", "a", "c", "a"):
            memory.keep(event_id, event_id.encode(), DAY_S)
        memory.forget("b")
    with Memory(path) as memory:
        assert [(one.id, one.payload) for one in memory.unanswered()] == [("a", b"a"), ("c", b"c")]


def test_only_the_last_jobs_and_events_are_remembered(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "JOBS_MAX", 3)
    monkeypatch.setattr(memories, "EVENTS_MAX", 2)
    with Memory(path) as memory:
        for number in range(10):
            memory.begin(f"r{number}")
            memory.finish(f"r{number}", f"e{number}", b"", DAY_S)
        assert [memory.state(f"r{number}") for number in (6, 7, 8, 9)] == [JobState.NEW, *[JobState.PRINTED] * 3]
        assert [one.id for one in memory.unanswered()] == ["e8", "e9"]


def test_two_programs_cannot_share_a_memory(path: Path) -> None:
    with Memory(path), pytest.raises(MemoryInUseError, match="runs already"):
        Memory(path)
    Memory(path).close()


def test_a_damaged_memory_is_set_aside(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)
    with Memory(path) as memory:
        assert memory.set_aside is not None
        assert memory.set_aside.read_bytes().startswith(b"no database")
        memory.begin("r1")
    with Memory(path) as memory:
        assert (memory.set_aside, memory.interrupted) == (None, ("r1",))


def test_the_log_of_a_damaged_memory_is_not_replayed_into_the_new_one(path: Path) -> None:
    Memory(path).close()
    with Memory(path) as memory:
        memory.begin("r1")
        log = path.with_name(path.name + "-wal").read_bytes()
    path.write_bytes(b"no database" * 1000)
    path.with_name(path.name + "-wal").write_bytes(log)
    with Memory(path) as memory:
        assert memory.set_aside is not None
        assert memory.state("r1") is JobState.NEW


def test_a_memory_that_cannot_be_written_says_so(path: Path) -> None:
    with Memory(path) as memory:
        memory._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(sqlite3.OperationalError):
            memory.begin("r1")
        memory._connection.execute("PRAGMA query_only = OFF")
        assert memory.state("r1") is JobState.NEW


def test_without_a_file_it_remembers_until_it_is_closed() -> None:
    with Memory(None) as memory:
        memory.begin("r1")
        assert memory.state("r1") is JobState.PRINTING
    with Memory(None) as memory:
        assert memory.state("r1") is JobState.NEW


class Clock:
    """Whose moments a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = Moment(1_000_000.0, "run-1", 50.0)
        monkeypatch.setattr(Moment, "now", lambda: self.moment)


def left_s(memory: Memory) -> float | None:
    (one,) = memory.unanswered()
    return one.left_s


def test_what_an_event_is_still_worth_does_not_hang_on_the_clock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with Memory(path) as memory:
        memory.keep("e1", b"{}", 1000)
        clock.moment = Moment(9_000_000.0, "run-1", 150.0)  # the clock was set right meanwhile
        assert left_s(memory) == 900
        clock.moment = Moment(0.0, "run-1", 150.0)
        assert left_s(memory) == 900


def test_over_a_restart_of_the_machine_the_clock_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with Memory(path) as memory:
        memory.keep("e1", b"{}", 1000)
    with Memory(path) as memory:
        clock.moment = Moment(1_000_300.0, "run-2", 5.0)
        assert left_s(memory) == 700
        clock.moment = Moment(999_000.0, "run-2", 5.0)  # it has no battery: nobody knows how long the power was away
        assert left_s(memory) == 1000 - moments.UNKNOWN_S
        clock.moment = Moment(1_000_300.0, "", 5.0)
        assert left_s(memory) == 700


def test_a_machine_counts_its_own_seconds() -> None:
    first = Moment.now()
    assert 0 <= Moment.now().since(first) < 3600
    assert first.run == Moment.now().run


def test_a_memory_of_the_first_version_is_taken_over(path: Path) -> None:
    path.parent.mkdir()
    old = sqlite3.connect(path)
    old.executescript(
        "CREATE TABLE job (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL);"
        "CREATE TABLE event (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, payload BLOB NOT NULL);"
        "INSERT INTO event (id, payload) VALUES ('e1', 'x'); INSERT INTO job (id, state) VALUES ('r1', 'printed');"
    )
    old.close()
    with Memory(path) as memory:
        assert (memory.set_aside, left_s(memory), memory.state("r1")) == (None, None, JobState.PRINTED)

"""What a device remembers over a power cut: print jobs it has begun, and events not yet answered.

The order around a print job, and why:

1. ``begin``: "printing" is on disk before the first byte leaves for the printer.
2. The bytes leave.
3. ``finish``: "printed" and the event that says so are on disk, in one commit, before the event is sent.

Killed between 1 and 3, the program can't know whether the paper came out. It finds "printing" when it starts again
and makes it "interrupted": such a job is not printed again but reported as failed, so that the floor knows and the
citizen who has no paper asks for a reprint, a new job that says so on the paper. The other order (print, then remember)
would print twice; no order can promise exactly one, because paper takes part in no transaction. When the printer itself
says that it didn't take the job, ``withdraw`` makes it printable again. Killed after 3, the event waits here and is
sent after the start, unless it has become meaningless by then: `devices.agent.lifetimes` says when that is.
"""

import sqlite3
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from devices.agent.moments import Moment
from devices.paper_left import PaperLeft
from devices.printer_status import Paper

JOBS_MAX = 5000
"""Print jobs remembered; the oldest are forgotten first. Weeks of a hall's paper, and jobs live for minutes."""

EVENTS_MAX = 5000
"""Unanswered events kept; the oldest are dropped first."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, payload BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS roll (
    one INTEGER PRIMARY KEY CHECK (one = 1), used_mm REAL NOT NULL, sheets INTEGER NOT NULL, sensed TEXT
);
"""

_COLUMNS = {"worth_s": "REAL", "wall_s": "REAL", "run": "TEXT", "run_s": "REAL"}
"""Of an event, since the second version of this file: how long it is worth sending, and the `Moment` of its keeping. An
event of the first version has none of them and is sent whenever it can be."""


class MemoryInUseError(Exception):
    """Another program holds the memory file: two programs for one device would print everything twice."""


class JobState(StrEnum):
    """How far a job got, as the device remembers it."""

    NEW = "new"
    """Never begun."""

    PRINTING = "printing"
    """In hand: begun, and neither printed nor withdrawn yet."""

    INTERRUPTED = "interrupted"
    """In hand when an earlier run ended: whether the paper came out isn't known."""

    WITHDRAWN = "withdrawn"
    """The printer didn't take it."""

    PRINTED = "printed"
    """On paper."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An event that waits for its answer.

    Attributes:
        id: of the event.
        payload: what is sent.
        left_s: for how long it is still worth sending; ``None``: for ever.
    """

    id: str
    payload: bytes
    left_s: float | None


class Memory:
    """A device's memory in one SQLite file; every method that changes it returns after the change is on disk.

    Its methods block (a commit takes milliseconds on a disk, more on a memory card) and may be called from any thread.
    They raise `sqlite3.Error` when the file can't be written.

    Attributes:
        path: of the file, if there is one.
        interrupted: jobs that were in hand when the last run ended.
        set_aside: where a damaged file went on opening; what it knew is lost, so a job may be printed again.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the memory, or begin a new one; a damaged file is set aside.

        Args:
            path: of the file; its folder is made. ``None`` remembers until the program ends.

        Raises:
            MemoryInUseError: another program has it open.
            OSError: the folder can't be made, or the file can't be set aside.
            sqlite3.Error: the file can't be opened or written.
        """
        self.path = path
        self.set_aside: Path | None = None
        self._lock = threading.Lock()
        self.interrupted: tuple[str, ...] = ()
        if path is None:
            self._connection = _open(":memory:")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _open(path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise MemoryInUseError(f"{path} is in use: this device's program runs already") from error
            raise
        except sqlite3.DatabaseError:
            self.set_aside = _set_aside(path)
            self._connection = _open(path)
        with self._connection:
            rows = self._connection.execute(
                "UPDATE job SET state = ? WHERE state = ? RETURNING id", (JobState.INTERRUPTED, JobState.PRINTING)
            ).fetchall()
        self.interrupted = tuple(job for (job,) in rows)

    def state(self, job: str) -> JobState:
        """Return how far a job got."""
        with self._lock:
            row = self._connection.execute("SELECT state FROM job WHERE id = ?", (job,)).fetchone()
        return JobState(row[0]) if row else JobState.NEW

    def begin(self, job: str) -> None:
        """Remember that a job's bytes are about to leave."""
        with self._lock, self._connection:
            self._put(job, JobState.PRINTING)
            self._connection.execute("DELETE FROM job WHERE number <= (SELECT max(number) FROM job) - ?", (JOBS_MAX,))

    def withdraw(self, job: str) -> None:
        """Remember that the printer didn't take a job."""
        with self._lock, self._connection:
            self._put(job, JobState.WITHDRAWN)

    def finish(
        self, job: str, event_id: str, payload: bytes, worth_s: float, *, paper: PaperLeft | None = None
    ) -> None:
        """Remember at once that a job is printed, the event that says so (see `keep`), and what is left of the roll."""
        with self._lock, self._connection:
            self._put(job, JobState.PRINTED)
            self._keep(event_id, payload, worth_s)
            if paper is not None:
                self._keep_paper(paper)

    def paper(self) -> PaperLeft:
        """Return what has been printed off the roll; of a roll of unknown length."""
        with self._lock:
            row = self._connection.execute("SELECT used_mm, sheets, sensed FROM roll").fetchone()
        if row is None:
            return PaperLeft()
        used_mm, sheets, sensed = row
        return PaperLeft(used_mm=used_mm, sheets=sheets, sensed=None if sensed is None else Paper(sensed))

    def keep_paper(self, paper: PaperLeft) -> None:
        """Remember what has been printed off the roll, and what the printer said of it last."""
        with self._lock, self._connection:
            self._keep_paper(paper)

    def keep(self, event_id: str, payload: bytes, worth_s: float) -> None:
        """Keep an event until `forget`; one with the same id is kept once.

        Args:
            event_id: of the event.
            payload: what is to be sent.
            worth_s: for how many seconds from now.
        """
        with self._lock, self._connection:
            self._keep(event_id, payload, worth_s)

    def forget(self, event_id: str) -> None:
        """Forget an event: it has been answered."""
        with self._lock, self._connection:
            self._connection.execute("DELETE FROM event WHERE id = ?", (event_id,))

    def unanswered(self) -> list[Kept]:
        """Return the events still kept, oldest first, those that are worth nothing any more among them."""
        now = Moment.now()
        with self._lock:
            rows = self._connection.execute(
                "SELECT id, payload, worth_s, wall_s, run, run_s FROM event ORDER BY number"
            ).fetchall()
        return [
            Kept(event_id, payload, None if worth_s is None else worth_s - now.since(Moment(*then)))
            for event_id, payload, worth_s, *then in rows
        ]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, job: str, state: JobState) -> None:
        self._connection.execute(
            "INSERT INTO job (id, state) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state",
            (job, state),
        )

    def _keep_paper(self, paper: PaperLeft) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO roll (one, used_mm, sheets, sensed) VALUES (1, ?, ?, ?)",
            (paper.used_mm, paper.sheets, paper.sensed),
        )

    def _keep(self, event_id: str, payload: bytes, worth_s: float) -> None:
        now = Moment.now()
        self._connection.execute(
            "INSERT OR IGNORE INTO event (id, payload, worth_s, wall_s, run, run_s) VALUES (?, ?, ?, ?, ?, ?)",
            (event_id, payload, worth_s, now.wall_s, now.run, now.run_s),
        )
        self._connection.execute("DELETE FROM event WHERE number <= (SELECT max(number) FROM event) - ?", (EVENTS_MAX,))


def _open(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=0.0, check_same_thread=False)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN IMMEDIATE")
        _add_columns(connection)
        connection.commit()
        _check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _add_columns(connection: sqlite3.Connection) -> None:
    present = {name for _, name, *_ in connection.execute("PRAGMA table_info(event)")}
    for name, type_ in _COLUMNS.items():
        if name not in present:
            connection.execute(f"ALTER TABLE event ADD COLUMN {name} {type_}")


def _check(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _set_aside(path: Path) -> Path:
    """Rename a damaged file and its log, which would otherwise be replayed into the new file."""
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside

"""Cases in the log's database: a row to find each by, and its history, written in one transaction.

Rules of this file. A step is decided inside the transaction that writes it, on the history as it is then, so no step is
lost to another one. A command id that was used before answers with what it brought about then. A caller that looked at
an older version is told so, and nothing changes.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select, update

from controller.case_codec import case_event_from_json, case_event_to_json
from controller.case_model import Case, CaseEvent, CaseId, CaseRecorded, CaseState
from controller.case_refusals import CaseChanged, CaseUnknown
from controller.cases import CLOSED, evolve_case, fold_case
from controller.refusals import CommandIdReused, Refusal
from controller.runtime.case_tables import case_event, case_row
from controller.runtime.journal import Journal

LIST_MAX = 500
"""Cases that are listed at once; beyond it a caller narrows the list."""

_HISTORY = [case_event.c[name] for name in ("id", "seq", "type", "version", "at", "actor", "command", "data")]


@dataclass(frozen=True, slots=True)
class Asked:
    """A write: its id, a digest of what is asked under it, by whom and when."""

    command: str
    digest: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """A case after a write, with its history until then; ``again`` where the command had been carried out before."""

    case: Case
    history: tuple[CaseRecorded, ...]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are listed; what is ``None`` or empty narrows nothing.

    Attributes:
        states: their states.
        is_open: whether something still follows.
        due_before: something of them must be done before this day.
    """

    states: Collection[CaseState] = ()
    is_open: bool | None = None
    due_before: date | None = None
    service: str | None = None
    ticket: str | None = None
    limit: int = LIST_MAX


class CaseStore:
    """The cases of all halls. Each method may raise `LogUnavailable`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def open(
        self, hall: str, day: date, asked: Asked, event_of: Callable[[CaseId], CaseEvent]
    ) -> Written | Refusal:
        """Open a case under the next number of a day.

        Args:
            hall: the hall's id.
            day: the day in the hall.
            asked: the write.
            event_of: returns the first event under an id.
        """

        def work(connection: Connection) -> Written | Refusal:
            before = _repeated(connection, hall, asked)
            if before is not None:
                return before
            case = _next_id(connection, hall, day)
            return _append(connection, None, (), asked, event_of(case))

        return await self._journal.change(work)

    async def act(
        self,
        hall: str,
        case: str,
        version: int | None,
        asked: Asked,
        decide: Callable[[Case], CaseEvent | Refusal],
    ) -> Written | Refusal:
        """Take a step of a case.

        Args:
            hall: the hall's id.
            case: the case's id.
            version: of the case that the caller saw; ``None``: whatever it is by now.
            asked: the write.
            decide: decides on the case as it is now.
        """

        def work(connection: Connection) -> Written | Refusal:
            before = _repeated(connection, hall, asked)
            if before is not None:
                return before
            locked = select(case_row.c.version).where(case_row.c.hall == hall, case_row.c.id == case).with_for_update()
            if connection.execute(locked).one_or_none() is None:
                return CaseUnknown(case)
            history = _history(connection, hall, case)
            now = _folded(history)
            if version is not None and version != now.version:
                return CaseChanged(case, now.version, version)
            event = decide(now)
            return event if isinstance(event, Refusal) else _append(connection, now, history, asked, event)

        return await self._journal.change(work)

    async def repeated(self, hall: str, asked: Asked) -> Written | Refusal | None:
        """Return what a command id brought about before, if it did."""
        return await self._journal.look(lambda connection: _repeated(connection, hall, asked))

    async def history(self, hall: str, case: str) -> tuple[CaseRecorded, ...]:
        """Return the history of a case; an empty one where there is no such case."""
        return await self._journal.look(lambda connection: _history(connection, hall, case))

    async def cases(self, hall: str, wanted: Wanted) -> list[Case]:
        """Return cases of a hall, those first whose day comes first, then the oldest."""
        chosen = _narrowed(hall, wanted).subquery()
        statement = (
            select(*_HISTORY)
            .join(chosen, and_(case_event.c.hall == hall, case_event.c.id == chosen.c.id))
            .order_by(chosen.c.due.is_(None), chosen.c.due, chosen.c.opened_at, case_event.c.id, case_event.c.seq)
        )

        def read(connection: Connection) -> list[Case]:
            rows = connection.execute(statement)
            return [_folded(tuple(map(_recorded, rows_))) for _, rows_ in groupby(rows, key=lambda row: row.id)]

        return await self._journal.look(read)

    async def promised(self) -> dict[str, dict[date, int]]:
        """Return, by hall and promised day, how many cases are accepted and not completed."""
        row = case_row.c
        statement = (
            select(row.hall, row.promised, func.count())
            .where(row.promised.is_not(None))
            .group_by(row.hall, row.promised)
            .order_by(row.hall, row.promised)
        )

        def read(connection: Connection) -> dict[str, dict[date, int]]:
            found: dict[str, dict[date, int]] = {}
            for hall, day, count in connection.execute(statement):
                found.setdefault(hall, {})[day] = count
            return found

        return await self._journal.look(read)


def _narrowed(hall: str, wanted: Wanted) -> Select[Any]:
    rows = case_row.c
    statement = select(rows.id, rows.due, rows.opened_at).where(rows.hall == hall)
    if wanted.states:
        statement = statement.where(rows.state.in_([state.value for state in wanted.states]))
    if wanted.is_open is not None:
        closed = [state.value for state in CLOSED]
        statement = statement.where(rows.state.not_in(closed) if wanted.is_open else rows.state.in_(closed))
    if wanted.due_before is not None:
        statement = statement.where(rows.due < wanted.due_before)
    if wanted.service is not None:
        statement = statement.where(rows.service == wanted.service)
    if wanted.ticket is not None:
        statement = statement.where(rows.ticket == wanted.ticket)
    return statement.order_by(rows.due.is_(None), rows.due, rows.opened_at, rows.id).limit(wanted.limit)


def _next_id(connection: Connection, hall: str, day: date) -> CaseId:
    """Return the next free number of a day; until this transaction ends, nobody else takes one there."""
    prefix = f"{day:%Y%m%d}-"
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time as it is
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"case {hall} {prefix}", 0))))
    statement = select(func.max(case_row.c.id)).where(case_row.c.hall == hall, case_row.c.id.startswith(prefix))
    last = connection.execute(statement).scalar_one()
    number = 1 if last is None else int(str(last).removeprefix(prefix)) + 1
    return CaseId(f"{prefix}{number:04}")


def _append(
    connection: Connection, case: Case | None, history: tuple[CaseRecorded, ...], asked: Asked, event: CaseEvent
) -> Written:
    """Write an event and what follows from it; a seq that somebody has taken fails as a whole."""
    at = asked.at if case is None else max(asked.at, case.changed_at)
    recorded = CaseRecorded(len(history) + 1, at, asked.actor, asked.command, event)
    after = evolve_case(case, recorded)
    index = {
        "version": after.version,
        "state": after.state.value,
        "promised": after.promised if after.state is CaseState.ACCEPTED else None,
        "due": after.due,
    }
    key = {"hall": after.hall, "id": after.id}
    if case is None:
        facts = {"service": after.terms.service, "ticket": after.ticket, "opened_at": after.opened_at}
        connection.execute(case_row.insert().values(**key, **facts, **index))
    else:
        connection.execute(
            update(case_row).where(case_row.c.hall == after.hall, case_row.c.id == after.id).values(**index)
        )
    name, version, data = case_event_to_json(event)
    connection.execute(
        case_event.insert().values(
            **key,
            seq=recorded.seq,
            type=name,
            version=version,
            at=at,
            actor=asked.actor,
            command=asked.command,
            asked=asked.digest,
            data=json.dumps(data, ensure_ascii=False, separators=(",", ":")),
        )
    )
    return Written(after, (*history, recorded))


def _repeated(connection: Connection, hall: str, asked: Asked) -> Written | Refusal | None:
    statement = select(case_event.c.id, case_event.c.seq, case_event.c.asked).where(
        case_event.c.hall == hall, case_event.c.command == asked.command
    )
    found = connection.execute(statement).one_or_none()
    if found is None:
        return None
    if found.asked != asked.digest:
        return CommandIdReused(asked.command)
    history = _history(connection, hall, found.id)[: found.seq]
    return Written(_folded(history), history, again=True)


def _history(connection: Connection, hall: str, case: str) -> tuple[CaseRecorded, ...]:
    statement = select(*_HISTORY).where(case_event.c.hall == hall, case_event.c.id == case).order_by(case_event.c.seq)
    return tuple(map(_recorded, connection.execute(statement)))


def _recorded(row: Any) -> CaseRecorded:
    event = case_event_from_json(row.type, row.version, json.loads(row.data))
    return CaseRecorded(row.seq, row.at, row.actor, row.command, event)


def _folded(history: Sequence[CaseRecorded]) -> Case:
    case = fold_case(tuple(history))
    if case is None:
        raise ValueError("a case without a history")
    return case

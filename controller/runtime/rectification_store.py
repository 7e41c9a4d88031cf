"""Rectifications in the log's database: a row to find each by, its history, and the contact that a citizen left.

Rules of this file. A step is decided inside the transaction that writes it, on the history as it is then. A command id
that was used before answers with what it brought about then. A review opens one rectification, whoever sees it first.
A contact is deleted in the transaction that ends its rectification, and no event ever holds it.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, delete, func, or_, select, update

from controller.decide import BAD_LEVEL_MAX
from controller.events import ReviewGiven
from controller.rectification_codec import rectification_event_from_json, rectification_event_to_json
from controller.rectification_model import (
    Contact,
    ContactErased,
    ContactOffered,
    Erased,
    Rectification,
    RectificationEvent,
    RectificationOpened,
    RectificationRecorded,
    RectificationState,
)
from controller.rectification_refusals import RectificationChanged, RectificationUnknown
from controller.rectifications import ENDED, RECTIFICATION, evolve_rectification, fold_rectification
from controller.refusals import CommandIdReused, Refusal
from controller.runtime.case_store import Asked
from controller.runtime.journal import Journal
from controller.runtime.rectification_tables import rectification_event as event_row
from controller.runtime.rectification_tables import rectification_row as row
from controller.runtime.rectification_tables import review_contact
from controller.runtime.tables import event as log_event

LIST_MAX = 500
"""Rectifications that are listed at once; beyond it a caller narrows the list."""
ERASED_AT_ONCE = 100
"""Contacts that are erased in one transaction, so that nobody's ticket waits for it."""

_HISTORY = [event_row.c[name] for name in ("id", "seq", "type", "version", "at", "actor", "command", "data")]

Decide = Callable[[Rectification], RectificationEvent | Refusal]


@dataclass(frozen=True, slots=True)
class Written:
    """A rectification after a write, with its history until then.

    Attributes:
        before: how many events of it were there before the write; the others are the write's own.
        again: it had been carried out before.
    """

    now: Rectification
    history: tuple[RectificationRecorded, ...]
    before: int
    again: bool = False

    @property
    def added(self) -> tuple[RectificationRecorded, ...]:
        """What the write brought about."""
        return self.history[self.before :]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rectifications are listed; what is ``None`` or empty narrows nothing.

    Attributes:
        is_open: whether something still follows.
        overdue_on: those that are late on this day.
        since: reviews given on this day or later; ``until``: on this day or before.
        person: those that somebody puts right, or that are about somebody.
    """

    states: Collection[RectificationState] = ()
    is_open: bool | None = None
    overdue_on: date | None = None
    since: date | None = None
    until: date | None = None
    person: str | None = None
    limit: int = LIST_MAX


@dataclass(frozen=True, slots=True)
class Sealed:
    """A contact as it is kept, and the first day on which it may be kept no longer."""

    content: bytes
    erase_on: date


class RectificationStore:
    """The rectifications of all halls. Each method may raise `LogUnavailable`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def open(self, opening: RectificationOpened, asked: Asked) -> Written:
        """Open the rectification of a review, or return it as it is where it is open already."""
        return await self._journal.change(lambda connection: open_in(connection, opening, asked))

    async def offer_contact(self, opening: RectificationOpened, asked: Asked, contact: Sealed) -> Written:
        """Keep how a citizen can be reached, with the review's rectification; later than at once nothing is kept."""

        def work(connection: Connection) -> Written:
            written = open_in(connection, opening, asked)
            now = written.now
            if now.contact is not Contact.NONE or (now.state, ContactOffered) not in RECTIFICATION:
                return replace(written, again=True)
            connection.execute(
                review_contact.insert().values(
                    hall=now.hall, id=now.id, sealed=contact.content, erase_on=contact.erase_on
                )
            )
            offered = replace(asked, command=f"{asked.command}/contact")
            done = _append(connection, now, written.history, offered, ContactOffered())
            return replace(done, before=written.before)

        return await self._journal.change(work)

    async def act(
        self, hall: str, rectification: str, version: int | None, asked: Asked, decide: Decide
    ) -> Written | Refusal:
        """Take a step; ``version`` is that which the caller saw, ``None``: whatever it is by now."""

        def work(connection: Connection) -> Written | Refusal:
            before = _repeated(connection, hall, asked)
            if before is not None:
                return before
            history = _locked(connection, hall, rectification)
            if not history:
                return RectificationUnknown(rectification)
            now = _folded(history)
            event = decide(now)
            if isinstance(event, Refusal):
                return event
            if version is not None and version != now.version:
                return RectificationChanged(now.version, version)
            written = _append(connection, now, history, asked, event)
            return _ended(connection, written, asked, Erased.ENDED) if written.now.state in ENDED else written

        return await self._journal.change(work)

    async def repeated(self, hall: str, asked: Asked) -> Written | Refusal | None:
        """Return what a command id brought about before, if it did."""
        return await self._journal.look(lambda connection: _repeated(connection, hall, asked))

    async def history(self, hall: str, rectification: str) -> tuple[RectificationRecorded, ...]:
        """Return the history of a rectification; an empty one where there is none."""
        return await self._journal.look(lambda connection: _history(connection, hall, rectification))

    async def contact(self, hall: str, rectification: str) -> bytes | None:
        """Return a contact as it is kept, or ``None`` where there is none."""
        statement = select(review_contact.c.sealed).where(
            review_contact.c.hall == hall, review_contact.c.id == rectification
        )
        return await self._journal.look(lambda connection: connection.execute(statement).scalar_one_or_none())

    async def erase_expired(self, today: date, at: datetime) -> int:
        """Erase contacts that may be kept no longer, some at once; return how many were."""
        due = (
            select(review_contact.c.hall, review_contact.c.id)
            .where(review_contact.c.erase_on <= today)
            .order_by(review_contact.c.erase_on)
            .limit(ERASED_AT_ONCE)
        )

        def work(connection: Connection) -> int:
            found = connection.execute(due).all()
            for hall, rectification in found:
                history = _locked(connection, hall, rectification)
                asked = Asked(f"erase/{rectification}", "", "system", at)
                _ended(connection, Written(_folded(history), history, len(history)), asked, Erased.EXPIRED)
            return len(found)

        return await self._journal.change(work)

    async def found(self, hall: str, wanted: Wanted) -> list[Rectification]:
        """Return rectifications of a hall: those first whose day comes first, behind them the ended, newest first."""
        chosen = _narrowed(hall, wanted).subquery()
        statement = (
            select(*_HISTORY)
            .join(chosen, and_(event_row.c.hall == hall, event_row.c.id == chosen.c.id))
            .order_by(chosen.c.due.is_(None), chosen.c.due, chosen.c.given_on.desc(), event_row.c.id, event_row.c.seq)
        )

        def read(connection: Connection) -> list[Rectification]:
            rows = connection.execute(statement)
            return [_folded(tuple(map(_recorded, entries))) for _, entries in groupby(rows, key=lambda one: one.id)]

        return await self._journal.look(read)

    async def counts(
        self, today: date, hall: str | None = None, since: date | None = None, until: date | None = None
    ) -> dict[str, dict[str, int]]:
        """Return, by hall, how many stand in each state, and under ``overdue`` how many open ones are late.

        Args:
            today: the day that lateness is judged by.
            hall: of this hall alone.
            since: of reviews given on this day or later.
            until: of reviews given on this day or before.
        """
        late = func.count().filter(row.c.due < today)
        statement = select(row.c.hall, row.c.state, func.count(), late).group_by(row.c.hall, row.c.state)
        if hall is not None:
            statement = statement.where(row.c.hall == hall)
        if since is not None:
            statement = statement.where(row.c.given_on >= since)
        if until is not None:
            statement = statement.where(row.c.given_on <= until)

        def read(connection: Connection) -> dict[str, dict[str, int]]:
            found: dict[str, dict[str, int]] = {}
            for name, state, count, overdue in connection.execute(statement):
                counted = found.setdefault(name, {"overdue": 0})
                counted[state] = count
                counted["overdue"] += overdue
            return found

        return await self._journal.look(read)

    async def unopened(self, hall: str, streams: Collection[str]) -> list[str]:
        """Return which of a hall's streams have a bad review without its rectification, in order."""
        given = (
            select(log_event.c.stream, log_event.c.data)
            .where(log_event.c.stream.in_(streams), log_event.c.type == ReviewGiven.__name__)
            .order_by(log_event.c.stream)
        )
        found = await self._journal.look(lambda connection: connection.execute(given).all())
        reviews = [(stream, json.loads(data)) for stream, data in found]
        bad = {review["review"]: stream for stream, review in reviews if review["level"] <= BAD_LEVEL_MAX}
        if not bad:
            return []
        opened = select(row.c.id).where(row.c.hall == hall, row.c.id.in_(bad))
        known = await self._journal.look(lambda connection: set(connection.execute(opened).scalars()))
        return list(dict.fromkeys(stream for review, stream in bad.items() if review not in known))


def _narrowed(hall: str, wanted: Wanted) -> Any:
    statement = select(row.c.id, row.c.due, row.c.given_on).where(row.c.hall == hall)
    if wanted.states:
        statement = statement.where(row.c.state.in_([state.value for state in wanted.states]))
    if wanted.is_open is not None:
        statement = statement.where(row.c.due.is_not(None) if wanted.is_open else row.c.due.is_(None))
    if wanted.overdue_on is not None:
        statement = statement.where(row.c.due < wanted.overdue_on)
    if wanted.since is not None:
        statement = statement.where(row.c.given_on >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(row.c.given_on <= wanted.until)
    if wanted.person is not None:
        statement = statement.where(or_(row.c.assignee == wanted.person, row.c.clerk == wanted.person))
    return statement.order_by(row.c.due.is_(None), row.c.due, row.c.given_on.desc(), row.c.id).limit(wanted.limit)


def open_in(connection: Connection, opening: RectificationOpened, asked: Asked) -> Written:
    """Open the rectification of a review in a transaction, or return it as it is where it is open already."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time as it is
        key = f"rectification {opening.hall} {opening.id}"
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    history = _history(connection, opening.hall, opening.id)
    if history:
        return Written(_folded(history), history, len(history), again=True)
    return _append(connection, None, (), asked, opening)


def _locked(connection: Connection, hall: str, rectification: str) -> tuple[RectificationRecorded, ...]:
    """Return a history that nobody else adds to until the transaction ends; an empty one where there is none."""
    connection.execute(select(row.c.version).where(row.c.hall == hall, row.c.id == rectification).with_for_update())
    return _history(connection, hall, rectification)


def _ended(connection: Connection, written: Written, asked: Asked, reason: Erased) -> Written:
    """Erase the contact of a rectification, where there is one."""
    now = written.now
    gone = delete(review_contact).where(review_contact.c.hall == now.hall, review_contact.c.id == now.id)
    if connection.execute(gone).rowcount == 0:
        return written
    erasing = replace(asked, command=f"{asked.command}/erased", actor="system")
    return replace(_append(connection, now, written.history, erasing, ContactErased(reason)), before=written.before)


def _append(
    connection: Connection,
    before: Rectification | None,
    history: tuple[RectificationRecorded, ...],
    asked: Asked,
    event: RectificationEvent,
) -> Written:
    """Write an event and what follows from it; a seq that somebody has taken fails as a whole."""
    at = asked.at if before is None else max(asked.at, before.changed_at)
    recorded = RectificationRecorded(len(history) + 1, at, asked.actor, asked.command, event)
    now = evolve_rectification(before, recorded)
    index = {
        "version": now.version,
        "state": now.state.value,
        "due": now.due,
        "promised": now.promised,
        "ended_on": now.ended_on,
        "assignee": now.assignee,
    }
    key = {"hall": now.hall, "id": now.id}
    if before is None:
        facts = {"given_on": now.review.given_at.date(), "clerk": now.review.clerk}
        connection.execute(row.insert().values(**key, **facts, **index))
    else:
        connection.execute(update(row).where(row.c.hall == now.hall, row.c.id == now.id).values(**index))
    name, version, data = rectification_event_to_json(event)
    connection.execute(
        event_row.insert().values(
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
    return Written(now, (*history, recorded), len(history))


def _repeated(connection: Connection, hall: str, asked: Asked) -> Written | Refusal | None:
    found = connection.execute(
        select(event_row.c.id, event_row.c.seq, event_row.c.asked).where(
            event_row.c.hall == hall, event_row.c.command == asked.command
        )
    ).one_or_none()
    if found is None:
        return None
    if found.asked != asked.digest:
        return CommandIdReused(asked.command)
    history = _history(connection, hall, found.id)[: found.seq]
    return Written(_folded(history), history, len(history), again=True)


def _history(connection: Connection, hall: str, rectification: str) -> tuple[RectificationRecorded, ...]:
    statement = (
        select(*_HISTORY).where(event_row.c.hall == hall, event_row.c.id == rectification).order_by(event_row.c.seq)
    )
    return tuple(map(_recorded, connection.execute(statement)))


def _recorded(found: Any) -> RectificationRecorded:
    event = rectification_event_from_json(found.type, found.version, json.loads(found.data))
    return RectificationRecorded(found.seq, found.at, found.actor, found.command, event)


def _folded(history: Sequence[RectificationRecorded]) -> Rectification:
    now = fold_rectification(tuple(history))
    if now is None:
        raise ValueError("a rectification without a history")
    return now

"""The condition of devices: what each said of itself last, kept in memory and, a moment later, in the log's database.

Rules of this file. Of devices that no plan and no registry names nothing is kept: there is no end of names. What is
heard is written every `SAVE_S` seconds in one transaction: a crash loses the last of it, and the next reading says
more. Several controllers share the database, so each knows what devices said to the others.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from controller.runtime.clock import Clock
from controller.runtime.errors import OperatingError
from controller.runtime.reading_store import ReadingStore, Row
from controller.vitals import CLOCK_SKEW, Reading, Vitals, understood
from devices.messages import Telemetry

log = structlog.get_logger(__name__)

SAVE_S = 5.0
"""How often what was heard is written, and what others heard is read."""

OVERLAP = timedelta(seconds=60)
"""How far back others' readings are read again each time: clocks differ, and a transaction takes a while."""

TIMES_MAX = 32
"""Comings, and pieces of nonsense, that are remembered of a device."""

ROWS_MAX = 20_000
"""Readings that may wait to be written while the database is away; those that come then are kept in memory alone."""

HEARD = "heard"
"""Name of the row that tells the last sign of life; its value: whether the device repeats its birth."""


@dataclass(slots=True)
class _Condition:
    heard_at: datetime | None = None
    beats: bool = False
    readings: dict[str, Reading] = field(default_factory=dict)
    comings: deque[datetime] = field(default_factory=lambda: deque(maxlen=TIMES_MAX))
    nonsense: deque[datetime] = field(default_factory=lambda: deque(maxlen=TIMES_MAX))


class Conditions:
    """What devices said of themselves. :meth:`run` must run beside it."""

    def __init__(self, store: ReadingStore, clock: Clock, known: Callable[[str, str], bool], *, shared: bool) -> None:
        """Begin with nothing heard.

        Args:
            store: keeps it.
            clock: tells when something is heard.
            known: tells whether a hall has such a device.
            shared: other controllers write there too.
        """
        self._store = store
        self._clock = clock
        self._known = known
        self._shared = shared
        self._conditions: dict[tuple[str, str], _Condition] = {}
        self._unsaved: dict[tuple[str, str], Row] = {}
        self._read_until: datetime | None = None

    def came(self, hall: str, device: str) -> None:
        """Take that a device is there anew."""
        if (condition := self._of(hall, device)) is not None:
            condition.comings.append(self._clock.now())
            self._heard(hall, device, condition)

    def beat(self, hall: str, device: str) -> None:
        """Take that a device says that it is still there."""
        if (condition := self._of(hall, device)) is not None:
            condition.beats = True
            self._heard(hall, device, condition)

    def nonsense(self, hall: str, device: str) -> None:
        """Take that a device sent what can't be read."""
        if (condition := self._of(hall, device)) is not None:
            condition.nonsense.append(self._clock.now())

    def telemetry(self, hall: str, device: str, event: Telemetry) -> None:
        """Take a device's readings, and by how much its clock differs from ours."""
        condition = self._of(hall, device)
        if condition is None:
            return
        now = self._clock.now()
        self._heard(hall, device, condition)
        values, wrong = understood(event.values)
        if event.at is not None:
            values[CLOCK_SKEW] = (event.at - now).total_seconds()
        for name, value in values.items():
            self._keep(condition, Row(hall, device, name, value, now))
        if wrong:
            condition.nonsense.append(now)
            log.warning("readings_impossible", hall=hall, device=device, readings=list(wrong))

    def readings(self, hall: str, device: str) -> Mapping[str, Reading]:
        """Return the newest readings of a device by name."""
        condition = self._conditions.get((hall, device))
        return {} if condition is None else dict(condition.readings)

    def vitals(self, hall: str, device: str, *, online: bool | None, since: datetime | None) -> Vitals:
        """Return all that is known of a device; whether it is there is known elsewhere."""
        condition = self._conditions.get((hall, device)) or _Condition()
        return Vitals(
            online=online,
            since=since,
            heard_at=condition.heard_at,
            beats=condition.beats,
            readings=dict(condition.readings),
            comings=tuple(condition.comings),
            nonsense=tuple(condition.nonsense),
        )

    def forget(self, hall: str, device: str) -> None:
        """Keep nothing more of a device that is gone; what is in the database is a reading of the past."""
        self._conditions.pop((hall, device), None)

    async def load(self) -> None:
        """Read what others, and earlier runs, have heard.

        Raises:
            LogUnavailable: the database can't be asked.
        """
        since = self._read_until and self._read_until - OVERLAP
        rows = await self._store.read(since)
        for row in rows:
            if self._known(row.hall, row.device):
                self._take(self._conditions.setdefault((row.hall, row.device), _Condition()), row)
        if rows:
            self._read_until = rows[-1].at

    async def save(self) -> None:
        """Write what was heard since the last time.

        Raises:
            LogUnavailable: the database doesn't let us; it is kept for the next time.
        """
        unsaved, self._unsaved = self._unsaved, {}
        try:
            await self._store.save(list(unsaved.values()))
        except OperatingError:
            self._unsaved = {**unsaved, **self._unsaved}
            raise

    async def run(self) -> None:
        """Write, and read what other controllers wrote, until cancelled."""
        was_kept = True
        while True:
            await asyncio.sleep(SAVE_S)
            try:
                await self.save()
                if self._shared:
                    await self.load()
            except OperatingError as error:
                if was_kept:
                    log.error("readings_not_kept", error=str(error))  # noqa: TRY400 - said in full
                was_kept = False
            else:
                was_kept = True

    def _of(self, hall: str, device: str) -> _Condition | None:
        if not self._known(hall, device):
            return None
        return self._conditions.setdefault((hall, device), _Condition())

    def _heard(self, hall: str, device: str, condition: _Condition) -> None:
        self._keep(condition, Row(hall, device, HEARD, condition.beats, self._clock.now()))

    def _keep(self, condition: _Condition, row: Row) -> None:
        self._take(condition, row)
        key = (row.device, row.name)
        if key in self._unsaved or len(self._unsaved) < ROWS_MAX:
            self._unsaved[key] = row

    @staticmethod
    def _take(condition: _Condition, row: Row) -> None:
        if row.name == HEARD:
            if condition.heard_at is None or row.at >= condition.heard_at:
                condition.heard_at = row.at
                condition.beats = bool(row.value)
            return
        before = condition.readings.get(row.name)
        if before is None or row.at >= before.at:
            condition.readings[row.name] = Reading(row.value, row.at)

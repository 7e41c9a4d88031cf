"""The figures of days: today's book grows with the stream, an earlier day is read whole."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from controller.day_report import DayBook, DayReport, report
from controller.plan import HallId
from controller.runtime.journal import Journal, Row
from controller.runtime.stream_forms import from_row, stream_name

KEPT_MAX = 512
"""Earlier days whose figures are kept, of all halls; those asked for longest ago are reckoned anew."""
INLINE_ROWS_MAX = 100
"""More events than these are reckoned in a thread of their own."""


class DayReports:
    """What a controller knows of its halls' days in figures; one book a hall, that of the newest day asked for."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._books: dict[HallId, tuple[date, DayBook]] = {}
        self._turn = asyncio.Lock()
        self._earlier: dict[tuple[HallId, date], DayReport] = {}
        self._earlier_turn = asyncio.Lock()

    async def today(self, hall: HallId, day: date, now: datetime) -> DayReport:
        """Return the figures of the day that goes on; ``now`` is in the hall's zone.

        Raises:
            LogUnavailable: the log can't be read.
            ValueError: the day has no event yet.
        """
        async with self._turn:
            known, book = self._books.get(hall, (day, DayBook()))
            if known != day:
                book = DayBook()
            rows = await self._journal.read(stream_name(hall, day), book.seq)
            try:
                await self._added(book, rows, _zone(now))
            except BaseException:
                self._books.pop(hall, None)  # it may have half of them
                raise
            self._books[hall] = (day, book)
            return book.report(now)

    async def earlier(self, hall: HallId, day: date, now: datetime) -> DayReport | None:
        """Return the figures of a day that is over, or ``None`` where the hall had none.

        Raises:
            LogUnavailable: the log can't be read.
        """
        rows = await self._journal.read(stream_name(hall, day))
        if not rows:
            return None
        zone = _zone(now)
        return await asyncio.to_thread(lambda: report((from_row(row, zone) for row in rows), now))

    async def several(self, hall: HallId, days: Iterable[date], now: datetime) -> tuple[DayReport, ...]:
        """Return the figures of those days, all over, that the hall has a record of.

        A day's figures are kept and reckoned anew where something came after it was over: a late review. One such
        question at a time is answered: it may read a season.

        Raises:
            LogUnavailable: the log can't be read.
        """
        async with self._earlier_turn:
            found = [await self._kept(hall, day, now) for day in days]
        return tuple(report for report in found if report is not None)

    async def _kept(self, hall: HallId, day: date, now: datetime) -> DayReport | None:
        known = self._earlier.pop((hall, day), None)
        if known is None or await self._journal.read(stream_name(hall, day), known.seq):
            known = await self.earlier(hall, day, now)
        if known is not None:
            self._earlier[hall, day] = known  # the newest last
            while len(self._earlier) > KEPT_MAX:
                del self._earlier[next(iter(self._earlier))]
        return known

    @staticmethod
    async def _added(book: DayBook, rows: list[Row], zone: ZoneInfo) -> None:
        def add() -> None:
            for row in rows:
                book.add(from_row(row, zone))

        if len(rows) <= INLINE_ROWS_MAX:
            add()
        else:
            await asyncio.to_thread(add)


def _zone(now: datetime) -> ZoneInfo:
    if not isinstance(now.tzinfo, ZoneInfo):
        raise TypeError("the time is not in a hall's zone")
    return now.tzinfo

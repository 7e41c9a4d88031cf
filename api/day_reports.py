"""The figures of days: today's book grows with the stream, an earlier day is read whole."""

import asyncio
from datetime import date, datetime
from zoneinfo import ZoneInfo

from controller.day_report import DayBook, DayReport, report
from controller.plan import HallId
from controller.runtime.journal import Journal, Row
from controller.runtime.stream_forms import from_row, stream_name

INLINE_ROWS_MAX = 100
"""More events than these are reckoned in a thread of their own."""


class DayReports:
    """What a controller knows of its halls' days in figures; one book a hall, that of the newest day asked for."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._books: dict[HallId, tuple[date, DayBook]] = {}
        self._turn = asyncio.Lock()

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

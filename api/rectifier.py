"""Opens the rectification of every bad review, counts them, and erases contacts in time.

A review is in the log before its rectification is: a controller that ends in between finds it again when it starts.
Whoever sees a review first opens its rectification, and nobody a second one.
"""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import structlog

from controller import events as e
from controller.cases import WorkingDays
from controller.evolve import evolve
from controller.model import HallDay
from controller.plan import HallId, Plan
from controller.rectification_model import RectificationOpened, RectificationState
from controller.rectifications import opened_by
from controller.runtime.case_store import Asked
from controller.runtime.clock import Clock
from controller.runtime.errors import OperatingError
from controller.runtime.hall_days import Commit
from controller.runtime.journal import Journal
from controller.runtime.metrics import Metrics
from controller.runtime.rectification_store import RectificationStore, Written
from controller.runtime.stream_forms import from_row, stream_name

log = structlog.get_logger(__name__)

LOOK_S = 30.0
"""How old the figures may be, and how long the log is left alone after it failed."""
DAYS_BACK = 31
"""Days before a start whose reviews are looked at: while no controller ran, none was given."""
WAITING_MAX = 10_000
"""Reviews that wait for the log; beyond it the streams are read again instead."""


def opening_asked(opening: RectificationOpened, actor: str) -> Asked:
    """Return the write that opens a rectification."""
    return Asked(f"review/{opening.id}", "", actor, opening.review.given_at)


class Rectifier:
    """Follows the streams. :meth:`run` must run beside it."""

    def __init__(
        self, journal: Journal, plans: Mapping[HallId, Plan], calendar: WorkingDays, clock: Clock, metrics: Metrics
    ) -> None:
        """Take the log, the plans of the halls as they are now, and where the figures go."""
        self.store = RectificationStore(journal)
        self._journal = journal
        self._plans = plans
        self._calendar = calendar
        self._clock = clock
        self._metrics = metrics
        self._waiting: dict[tuple[HallId, str], RectificationOpened] = {}
        self._behind = True
        self._work = asyncio.Event()

    def changed(self, commit: Commit) -> None:
        """Take a commit of the engine; returns at once."""
        for recorded in commit.events:
            if isinstance(recorded.event, e.ReviewGiven):
                self._wait_for(commit.day, recorded.event)

    def _wait_for(self, day: HallDay, event: e.ReviewGiven) -> None:
        opening = opened_by(day, day.reviews[event.review], self._calendar)
        if opening is None:
            return
        if len(self._waiting) < WAITING_MAX:
            self._waiting[opening.hall, opening.id] = opening
        else:
            self._behind = True
        self._work.set()

    async def run(self) -> None:
        """Open, count and erase, until cancelled."""
        while True:
            try:
                await self.look()
            except OperatingError as error:
                log.warning("rectifications_not_opened", error=str(error), waiting=len(self._waiting))
                await asyncio.sleep(LOOK_S)
                continue
            try:
                await asyncio.wait_for(self._work.wait(), LOOK_S)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Open what is to be opened, erase what is to be erased, and bring the figures up to now.

        Raises:
            LogUnavailable: the log can't be read or written now.
        """
        self._work.clear()
        if self._behind:
            self._behind = False
            try:
                await self._catch_up()
            except BaseException:
                self._behind = True
                raise
        for key, opening in list(self._waiting.items()):
            self.count(await self.store.open(opening, opening_asked(opening, "system")))
            self._waiting.pop(key, None)
        now = self._clock.now()
        while await self.store.erase_expired(now.date(), now):
            log.info("contacts_erased")
        await self._measure()

    def count(self, written: Written) -> None:
        """Count the steps of a write that weren't taken before."""
        for recorded in written.added:
            step = type(recorded.event).__name__
            self._metrics.rectification_steps.labels(written.now.hall, step).inc()

    async def _measure(self) -> None:
        now = self._clock.now()
        for hall, plan in list(self._plans.items()):
            today = now.astimezone(ZoneInfo(plan.hall.timezone)).date()
            counts = (await self.store.counts(today, hall)).get(hall, {})
            for state in RectificationState:
                self._metrics.rectifications.labels(hall, state).set(counts.get(state, 0))
            self._metrics.rectifications_overdue.labels(hall).set(counts.get("overdue", 0))

    async def _catch_up(self) -> None:
        for hall, plan in list(self._plans.items()):
            zone = ZoneInfo(plan.hall.timezone)
            today = self._clock.now().astimezone(zone).date()
            days = {stream_name(hall, day): day for day in (today - timedelta(back) for back in range(DAYS_BACK))}
            for stream in await self.store.unopened(hall, tuple(days)):
                try:
                    await self._read_again(hall, days[stream], zone)
                except ValueError:  # a stream that this program can't read costs its own reviews alone
                    log.exception("reviews_unreadable", stream=stream)

    async def _read_again(self, hall: HallId, day: date, zone: ZoneInfo) -> None:
        rows = await self._journal.read(stream_name(hall, day))

        def fold() -> HallDay | None:
            state = None
            for row in rows:
                state = evolve(state, from_row(row, zone))
            return state

        state = await asyncio.to_thread(fold)
        if state is None:
            return
        for review in state.reviews.values():
            opening = opened_by(state, review, self._calendar)
            if opening is not None:
                self.count(await self.store.open(opening, opening_asked(opening, "system")))

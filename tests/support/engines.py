"""Engines of the tests: a small plan, a clock that is moved by hand, engines on a log, and what they publish."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from controller import commands as c
from controller.events import Recorded
from controller.evolve import fold
from controller.model import HallDay, Ticket, WindowState
from controller.plan import (
    Field,
    Hall,
    HallId,
    Hours,
    Plan,
    Policies,
    Selector,
    Service,
    ServiceCode,
    Window,
    WindowId,
    WindowKind,
)
from controller.refusals import Refusal
from controller.runtime.engine import Engine
from controller.runtime.hall_actor import Commit, Result
from controller.runtime.journal import Journal
from controller.runtime.stream_forms import from_row, stream_name
from tests.support.journals import journal_at

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)
MIDNIGHT = datetime(2026, 3, 3, 0, 0, tzinfo=ZONE)
HALL = "demo"
PENSION, INSURANCE, SUBSIDY = (ServiceCode(code) for code in ("pension", "insurance", "subsidy"))
OFFICE_HOURS = Hours(time(8, 30), time(17, 0))


def small_plan(hall: str = HALL, *, windows: int = 3, hours: Hours | None = None, zone: str = "Asia/Shanghai") -> Plan:
    """Return a hall whose windows serve everything but the last one, which serves farm subsidies alone."""
    return Plan(
        hall=Hall(HallId(hall), "示例镇便民服务中心", timezone=zone, hours=hours),
        services=(
            Service(PENSION, "养老待遇资格认证", Field.SOCIAL, "人社"),
            Service(INSURANCE, "城乡居民医保参保", Field.SOCIAL, "医保"),
            Service(SUBSIDY, "惠农补贴", Field.RURAL, "农业"),
        ),
        windows=tuple(
            Window(
                WindowId(str(number)),
                f"{number}号窗口",
                number,
                WindowKind.COMPREHENSIVE,
                (Selector(code=SUBSIDY if 1 < number == windows else "*"),),
            )
            for number in range(1, windows + 1)
        ),
        policies=Policies(return_after=1, recall_gap_s=0),
    )


class HandClock:
    """A clock that stands until a test moves it."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Let so much time pass; less than nothing sets the clock back."""
        self.at += timedelta(seconds=seconds)


class Floors:
    """An engine with short words for what tests ask of it; ``commits`` is what it published."""

    def __init__(self, engine: Engine, clock: HandClock, journal: Journal) -> None:
        self.engine = engine
        self.clock = clock
        self.journal = journal
        self.commits: list[Commit] = []
        self._count = 0
        engine.subscribe(self.commits.append)

    async def ask(self, command: c.Command, command_id: str = "", hall: str = HALL) -> Result | Refusal:
        """Submit a command, by default under an id of its own."""
        self._count += 1
        own = f"{id(self):x}-{self._count}"
        return await self.engine.submit(hall, command, command_id=command_id or own, actor="test")

    async def done(self, command: c.Command, command_id: str = "", hall: str = HALL) -> Any:
        """Submit a command that must be accepted; return its answer's subject."""
        result = await self.ask(command, command_id, hall)
        assert isinstance(result, Result), result
        return result.answer.subject

    async def ticket(self, command_id: str = "", hall: str = HALL, **more: Any) -> Ticket:
        """Take a ticket."""
        ticket = await self.done(c.IssueTicket((PENSION,), **more), command_id, hall)
        assert isinstance(ticket, Ticket)
        return ticket

    async def window(self, command: c.Command, command_id: str = "", hall: str = HALL) -> WindowState:
        """Give a command at a window."""
        state = await self.done(command, command_id, hall)
        assert isinstance(state, WindowState)
        return state

    async def day(self, hall: str = HALL) -> HallDay:
        """Return today's state."""
        day = await self.engine.day(hall)
        assert isinstance(day, HallDay)
        return day

    async def logged(self, hall: str = HALL, day: date | None = None) -> HallDay:
        """Return what the log's stream amounts to, read past the engine."""
        recorded = await read_stream(self.journal, hall, day or (await self.day(hall)).day)
        folded = fold(recorded)
        assert folded is not None
        assert [entry.seq for entry in recorded] == list(range(1, len(recorded) + 1))
        assert all(one.at <= two.at for one, two in itertools.pairwise(recorded))
        return folded


@contextlib.asynccontextmanager
async def floors_on(journal: Journal, clock: HandClock, *plans: Plan, **options: Any) -> AsyncIterator[Floors]:
    """Run an engine on a journal, with these plans put."""
    engine = Engine(journal, clock, **options)
    floors = Floors(engine, clock, journal)
    await engine.start()
    try:
        for plan in plans:
            assert await engine.put_plan(plan, command_id=f"plan-{plan.hall.id}", actor="manager") is None
        yield floors
    finally:
        await engine.stop()


@contextlib.asynccontextmanager
async def floors_at(url: str, clock: HandClock, *plans: Plan, **options: Any) -> AsyncIterator[Floors]:
    """Open a journal and run an engine on it: a controller."""
    async with journal_at(url) as journal, floors_on(journal, clock, *plans, **options) as floors:
        yield floors


async def read_stream(journal: Journal, hall: str, day: date) -> list[Recorded]:
    """Return the events of a stream as the log has them."""
    return [from_row(row, ZONE) for row in await journal.read(stream_name(HallId(hall), day))]


def open_window(window: str = "1") -> c.OpenWindow:
    """Return the command that opens a window."""
    return c.OpenWindow(WindowId(window), "wang")


def call_next(window: str = "1") -> c.CallNext:
    """Return the command that calls the next ticket."""
    return c.CallNext(WindowId(window))

"""A hall's floor of the pure core alone, with a clock that the test moves."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from controller import commands as c
from controller import events as e
from controller.decide import Decision, decide, record
from controller.evolve import evolve, fold
from controller.model import (
    CommandId,
    HallDay,
    JobId,
    Receipt,
    Ticket,
    TicketId,
    TicketState,
    WindowState,
)
from controller.opening import CalendarDay
from controller.plan import (
    Device,
    DeviceId,
    DeviceKind,
    Field,
    Hall,
    HallId,
    Lane,
    Plan,
    Policies,
    Selector,
    Service,
    ServiceCode,
    Window,
    WindowId,
    WindowKind,
    Zone,
    ZoneId,
)
from controller.refusals import Refusal

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)

PENSION, INSURANCE, LICENCE, RESIDENCE, RELIEF, SUBSIDY, GRIEVANCE = (
    ServiceCode(code)
    for code in (
        "pension_certification",
        "medical_insurance",
        "business_licence",
        "residence_certificate",
        "temporary_relief",
        "grain_subsidy",
        "grievance",
    )
)
SERVICES = (
    Service(PENSION, "养老待遇资格认证", Field.SOCIAL, "人社", minutes=6),
    Service(INSURANCE, "城乡居民医保参保", Field.SOCIAL, "医保", minutes=8),
    Service(LICENCE, "个体工商户登记", Field.SOCIAL, "市场监管", prefix="S", minutes=20),
    Service(RESIDENCE, "居住证办理", Field.LIVELIHOOD, "公安"),
    Service(RELIEF, "临时救助", Field.LIVELIHOOD, "民政"),
    Service(SUBSIDY, "种粮补贴", Field.RURAL, "农业"),
    Service(GRIEVANCE, "“办不成事”反映", Field.LIVELIHOOD, "中心", prefix="G"),
)

ALL, SOCIAL, POLICE, RURAL, UNRESOLVED = (WindowId(str(number)) for number in range(1, 6))
MACHINE, PAD = DeviceId("ticket-machine-1"), DeviceId("review-pad-1")
HALL, SIDE = ZoneId("main"), ZoneId("side")


def _window(window: WindowId, kind: WindowKind, *serves: Selector, zone: ZoneId = HALL) -> Window:
    return Window(window, f"{window}号窗口", int(window), kind, serves, zone)


WINDOWS = (
    _window(ALL, WindowKind.COMPREHENSIVE, Selector(code="*")),
    _window(SOCIAL, WindowKind.FIELD, Selector(field=Field.SOCIAL)),
    _window(POLICE, WindowKind.FIELD, Selector(department="公安"), Selector(code=RELIEF), zone=SIDE),
    _window(RURAL, WindowKind.FIELD, Selector(field=Field.RURAL), zone=SIDE),
    _window(UNRESOLVED, WindowKind.UNRESOLVED, Selector(code=GRIEVANCE), zone=SIDE),
)


def floor_plan(**changes: Any) -> Plan:
    """Return a hall with a window for everything, three for a group of services each, and one for complaints.

    Its numbers may be called again at once: the clock of a test moves by seconds.

    Args:
        changes: members of the plan; those that are policies go there.
    """
    policies = {name: changes.pop(name) for name in Policies.__dataclass_fields__ if name in changes}
    plan = Plan(
        hall=Hall(HallId("demo"), "示例镇便民服务中心"),
        services=SERVICES,
        windows=WINDOWS,
        zones=(Zone(HALL, "大厅"), Zone(SIDE, "侧厅")),
        devices=(
            Device(MACHINE, DeviceKind.TICKET_MACHINE, zone=HALL),
            Device(PAD, DeviceKind.REVIEW_PAD, window=ALL),
        ),
        policies=replace(Policies(recall_gap_s=0), **policies),
    )
    return replace(plan, **changes)


def without_windows(plan: Plan, *gone: WindowId) -> Plan:
    """Return a plan in which some windows are not there any more."""
    return replace(plan, windows=tuple(window for window in plan.windows if window.id not in gone))


E = TypeVar("E", bound=e.Event)


class Floor:
    """A business day that moves by commands, one second each unless told otherwise.

    Attributes:
        at: the time of the last command.
        step_s: how far the clock goes with each command.
        actor: who asks.
        events: the whole stream.
    """

    def __init__(
        self,
        plan: Plan | None = None,
        *,
        opened: Iterable[WindowId] = (),
        step_s: float = 1.0,
        calendar: tuple[CalendarDay, ...] = (),
        at: datetime = MORNING,
        carried: tuple[e.TicketCarried, ...] = (),
    ) -> None:
        self.plan = plan or floor_plan()
        self.at = at
        self.step_s = step_s
        self.actor = "test"
        self.count = 0
        self.events: list[e.Recorded] = []
        self._day: HallDay | None = None
        self.do(c.OpenDay(self.plan.hall.id, at.date(), self.plan, carried=carried, calendar=calendar))
        for window in opened:
            self.do(c.OpenWindow(window, "clerk-1"))

    @property
    def day(self) -> HallDay:
        assert self._day is not None
        return self._day

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)

    def request(self, command: c.Command, command_id: str | None = None) -> c.Request:
        """Return a command with the next id, time and random digits."""
        self.count += 1
        self.wait(self.step_s)
        nonce = f"{self.count:016x}{self.count:032x}"
        return c.Request(CommandId(command_id or f"command-{self.count}"), self.actor, self.at, nonce, command)

    def ask(self, command: c.Command, command_id: str | None = None) -> Decision:
        """Decide a command; take its events over if there are any."""
        request = self.request(command, command_id)
        decision = decide(self._day, request)
        if not isinstance(decision, Refusal):
            for recorded in record(self._day, request, decision):
                self._day = evolve(self._day, recorded)
                self.events.append(recorded)
        return decision

    def do(self, command: c.Command, command_id: str | None = None) -> tuple[e.Event, ...]:
        """Decide a command that must be accepted; return its events."""
        decision = self.ask(command, command_id)
        assert not isinstance(decision, Refusal), decision
        return decision

    def refused(self, command: c.Command, command_id: str | None = None) -> Refusal:
        """Decide a command that must be refused and leave everything as it was; return why."""
        before = self.day
        decision = self.ask(command, command_id)
        assert isinstance(decision, Refusal), decision
        assert self.day is before
        assert fold(self.events) == before
        return decision

    def issue(self, *services: ServiceCode, lane: Lane = Lane.NORMAL, device: DeviceId | None = None) -> TicketId:
        """Issue a ticket, for a pension certification unless told otherwise; return its id."""
        (event, *_) = self.do(c.IssueTicket(services or (PENSION,), lane, device=device))
        assert isinstance(event, e.TicketIssued)
        return event.ticket

    def call(self, window: WindowId = ALL) -> TicketId | None:
        """Call the next ticket; return it, or ``None`` with nobody to call."""
        event = self.do(c.CallNext(window))[-1]
        return event.ticket if isinstance(event, e.TicketCalled) else None

    def serve(self, window: WindowId = ALL) -> TicketId | None:
        """Call the next ticket and begin its service."""
        ticket = self.call(window)
        if ticket is not None:
            self.do(c.StartService(window))
        return ticket

    def ticket(self, ticket: TicketId) -> Ticket:
        return self.day.tickets[ticket]

    def window(self, window: WindowId = ALL) -> WindowState:
        return self.day.windows[window]

    def receipt(self, job: JobId) -> Receipt:
        return self.day.receipts[job]

    def last(self, kind: type[E]) -> E:
        """Return the newest event of a type."""
        return next(entry.event for entry in reversed(self.events) if isinstance(entry.event, kind))


def floor_with(state: TicketState) -> tuple[Floor, TicketId]:
    """Return a floor with every window open and one ticket, in a state, that has been at the window for everything."""
    floor = Floor(opened=(window.id for window in WINDOWS))
    ticket = floor.issue()
    path: dict[TicketState, tuple[c.Command, ...]] = {
        TicketState.WAITING: (),
        TicketState.CALLED: (c.CallNext(ALL),),
        TicketState.SERVING: (c.CallNext(ALL), c.StartService(ALL)),
        TicketState.HELD: (c.CallNext(ALL), c.StartService(ALL), c.HoldTicket(ALL)),
        TicketState.NO_SHOW: (c.CallNext(ALL), c.PassTicket(ALL)),
        TicketState.FINISHED: (c.CallNext(ALL), c.StartService(ALL), c.FinishService(ALL)),
        TicketState.CANCELLED: (c.CancelTicket(ticket),),
    }
    for command in path[state]:
        floor.do(command)
    assert floor.ticket(ticket).state is state
    return floor, ticket

"""A hall's floor without a log: the real core decides and evolves, its boards feed displays under test."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from controller import commands as c
from controller.decide import decide, record
from controller.evolve import evolve
from controller.model import CommandId, HallDay
from controller.plan import (
    Device,
    DeviceId,
    DeviceKind,
    Field,
    Hall,
    HallId,
    LedSize,
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
from controller.views import board_form

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MAIN, UPSTAIRS = ZoneId("main"), ZoneId("upstairs")
CODE = ServiceCode("pension_certification")


def display_plan(*devices: Device, hall: str = "demo") -> Plan:
    """Return a hall with windows 1 and 2 in the zone ``main``, 3 and 4 ``upstairs``, signs of several sizes."""
    sizes = (LedSize(64, 16), LedSize(128, 16), LedSize(192, 32), LedSize(192, 16))
    return Plan(
        hall=Hall(id=HallId(hall), name="示例镇便民服务中心"),
        services=(Service(CODE, "养老待遇资格认证", Field.SOCIAL, "人社"),),
        windows=tuple(
            Window(
                id=WindowId(str(number)),
                label=f"{number}号窗口",
                number=number,
                kind=WindowKind.COMPREHENSIVE,
                serves=(Selector(code="*"),),
                zone=MAIN if number <= 2 else UPSTAIRS,
                led=sizes[number - 1],
            )
            for number in range(1, 5)
        ),
        zones=(Zone(MAIN, "一楼"), Zone(UPSTAIRS, "二楼")),
        policies=Policies(recall_gap_s=0),
        devices=devices
        or (
            Device(DeviceId("tv-main"), DeviceKind.TV, zone=MAIN),
            Device(DeviceId("tv-loud"), DeviceKind.TV, zone=MAIN, speaks=True),
            Device(DeviceId("tv-up"), DeviceKind.TV, zone=UPSTAIRS),
            Device(DeviceId("tv-hall"), DeviceKind.TV),
            Device(DeviceId("pad-1"), DeviceKind.REVIEW_PAD, window=WindowId("1")),
        ),
    )


class Floor:
    """A business day that moves by commands; each must be accepted."""

    def __init__(self, plan: Plan | None = None) -> None:
        self.plan = plan or display_plan()
        self.at = MORNING
        self.count = 0
        self._day: HallDay | None = None
        self.do(c.OpenDay(self.plan.hall.id, MORNING.date(), self.plan))
        for window in self.plan.windows:
            self.do(c.OpenWindow(window.id))

    @property
    def day(self) -> HallDay:
        assert self._day is not None
        return self._day

    @property
    def seq(self) -> int:
        return self.day.seq

    def do(self, command: c.Command) -> None:
        """Decide a command and take its events over."""
        self.count += 1
        self.at += timedelta(seconds=1)
        nonce = f"{self.count:016x}{self.count:032x}"
        request = c.Request(CommandId(f"command-{self.count}"), "test", self.at, nonce, command)
        events = decide(self._day, request)
        assert not isinstance(events, Refusal), events
        for recorded in record(self._day, request, events):
            self._day = evolve(self._day, recorded)

    def ticket(self) -> None:
        """Issue a ticket."""
        self.do(c.IssueTicket((CODE,)))

    def call(self, window: str) -> str:
        """Finish what a window is at and call its next ticket; return the number."""
        state = self.day.windows[WindowId(window)]
        if state.ticket is not None:
            self.do(c.StartService(WindowId(window)))
            self.do(c.FinishService(WindowId(window)))
        self.ticket()
        self.do(c.CallNext(WindowId(window)))
        return self.day.calls[0].number

    def change_plan(self, **changes: Any) -> None:
        """Put a changed plan in force."""
        self.plan = replace(self.plan, **changes)
        self.do(c.ChangePlan(self.plan))

    def board(self) -> dict[str, Any]:
        """Return the contract's board of the whole hall."""
        return board_form(self.day, self.at)

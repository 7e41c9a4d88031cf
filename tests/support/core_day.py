"""A business day of the pure core, at times of a test's own choosing."""

from dataclasses import replace
from datetime import datetime, timedelta

from controller import commands as c
from controller.day_report import DayReport, report
from controller.decide import decide
from controller.events import Recorded, TicketCarried
from controller.model import CommandId, HallDay, TicketId
from controller.opening import Hours
from controller.plan import WindowId
from controller.refusals import Refusal
from controller.runtime.stream_forms import applied
from tests.support.engines import MORNING, small_plan


class Day:
    """A day of the pure core that moves by commands at given times; ``refused`` ones change nothing."""

    def __init__(
        self,
        hours: Hours | None = None,
        at: datetime = MORNING,
        *,
        carry_over: bool = False,
        carried: tuple[TicketCarried, ...] = (),
    ) -> None:
        self.now = at
        self.day: HallDay | None = None
        self.events: list[Recorded] = []
        plan = small_plan(hours=hours)
        plan = replace(plan, policies=replace(plan.policies, carry_over=carry_over))
        self.do(c.OpenDay(plan.hall.id, at.date(), plan, carried=carried))

    def do(self, *commands: c.Command, after_s: float = 0.0) -> tuple[Recorded, ...]:
        self.now += timedelta(seconds=after_s)
        made: list[Recorded] = []
        for command in commands:
            count = len(self.events) + len(made) + 1
            request = c.Request(CommandId(f"{count}"), "test", self.now, f"{count:016x}{count:032x}", command)
            decision = decide(self.day, request)
            if not isinstance(decision, Refusal):
                self.day, events = applied(self.day, request, decision)
                made.extend(events)
        self.events.extend(made)
        return tuple(made)

    def at_window(self, window: WindowId) -> TicketId:
        assert self.day is not None
        ticket = self.day.windows[window].ticket
        assert ticket is not None
        return ticket

    def report(self, after_s: float = 0.0) -> DayReport:
        self.now += timedelta(seconds=after_s)
        return report(self.events, self.now)

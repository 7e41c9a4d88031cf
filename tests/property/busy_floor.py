"""A floor at work, for state machines: one that only presses any key at any window seldom serves anybody."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controller import commands as c
from controller import refusals as r
from controller.assignment import eligible
from controller.carry_over import carried, unserved
from controller.decide import decide, record
from controller.evolve import evolve
from controller.model import CommandId, HallDay, ReceiptState, TicketId, TicketState, WindowState, WindowStatus
from controller.plan import (
    DeviceId,
    Hours,
    Lane,
    Layout,
    Package,
    Plan,
    Post,
    PostId,
    ServiceCode,
    WindowId,
    WindowKind,
)
from controller.views import board_form, console_form, device_state, issued_form, ticket_form, window_form
from tests.property.invariants import INVARIANTS, STREAM_INVARIANTS
from tests.support.core_floor import (
    ALL,
    GRIEVANCE,
    INSURANCE,
    LICENCE,
    MACHINE,
    MORNING,
    RELIEF,
    RESIDENCE,
    RURAL,
    SERVICES,
    SOCIAL,
    SUBSIDY,
    UNRESOLVED,
    WINDOWS,
    floor_plan,
    without_windows,
)

SEEN: Counter[tuple[type, Layout]] = Counter()
"""How often each kind of event has happened, by layout: what never happens is not tried either."""

WINDOW = st.sampled_from([*(window.id for window in WINDOWS), WindowId("9")])
SERVICE = st.sampled_from([*(service.code for service in SERVICES), ServiceCode("unheard_of")])
LANE = st.sampled_from(Lane)
NEWBORN, STARTUP = ServiceCode("newborn"), ServiceCode("startup")
PACKAGES = (
    Package(NEWBORN, "出生一件事", (RESIDENCE, INSURANCE, SUBSIDY)),
    Package(STARTUP, "开办一件事", (LICENCE, INSURANCE, RELIEF), ordered=False),
)
CLERK = st.sampled_from([f"clerk-{number}" for number in range(1, 5)])
POSTS = tuple(
    Post(PostId(f"post-{window.id}"), window.id, f"clerk-{place}", (f"clerk-{place % 4 + 1}", f"clerk-{place % 3 + 2}"))
    for place, window in enumerate(WINDOWS[:4], start=1)
)
WISH = st.sampled_from([*(service.code for service in SERVICES), NEWBORN, STARTUP, ServiceCode("unheard_of")])
SPECIAL = tuple(replace(s, special=WindowKind.UNRESOLVED if s.code == GRIEVANCE else None) for s in SERVICES)


def _in_force(plan: Plan, layout: Layout, carries: bool) -> Plan:
    policies = replace(plan.policies, carry_over=carries or plan.policies.carry_over)
    return replace(plan, layout=layout, policies=policies)


SKILLED = tuple(replace(window, skills=window.serves[:1]) if window.id != ALL else window for window in WINDOWS)
PLANS = (
    floor_plan(),
    floor_plan(posts=POSTS, return_after=0, returns_max=3, green_rate=5.0, green_returns_max=0),
    without_windows(floor_plan(), SOCIAL, UNRESOLVED),
    without_windows(floor_plan(), WINDOWS[0].id, RURAL),
    floor_plan(windows=tuple(reversed(WINDOWS)), services=tuple(s for s in SERVICES if s.code != GRIEVANCE)),
    replace(floor_plan(), hall=replace(floor_plan().hall, hours=Hours(time(9, 0), time(11, 0)))),
    floor_plan(posts=POSTS, packages=PACKAGES, carry_over=True, windows=SKILLED),
    without_windows(floor_plan(packages=PACKAGES, carry_over=True, auto_call=True, windows=SKILLED), ALL),
    floor_plan(services=tuple(replace(service, quota=2) for service in SERVICES), clerk_at_one_window=True),
    floor_plan(posts=POSTS),
    floor_plan(services=SPECIAL, packages=PACKAGES, posts=POSTS),
    without_windows(floor_plan(services=SPECIAL, auto_call=True), SOCIAL),
    without_windows(floor_plan(posts=POSTS, packages=PACKAGES, auto_call=True), WINDOWS[0].id),
)
PLAN = st.builds(
    lambda place, *how: _in_force(PLANS[place], *how),
    st.integers(0, len(PLANS) - 1),
    st.sampled_from(Layout),
    st.booleans(),
)
DAY_LENGTH = 40
"""Commands after which a day may end: before, too little has happened."""
AT_TICKET = (c.Recall, c.PassTicket, c.StartService, c.FinishService, c.FinishService, c.HoldTicket, c.CallNext)


class BusyFloor(RuleBasedStateMachine):
    """A floor on which people do what makes sense where it is, while days and plans follow one another."""

    def __init__(self) -> None:
        super().__init__()
        self.at = MORNING
        self.events: list[Any] = []
        self.asked: list[c.Request] = []
        self.count = 0
        self.places: dict[TicketId, tuple[Any, ...]] = {}
        self.state: HallDay | None = None
        self.steps: tuple[Callable[[st.DataObject], None], ...] = (
            self._issue,
            self._call,
            self._call,
            self._go_on,
            self._go_on,
            self._send_on,
            self._resume,
            self._come_back,
            self._rate,
            self._print,
            self._staff,
            self._leave,
            self._give_back,
            self._give_to_clerk,
            self._redirect,
            self._announce,
            self._count_people,
            self._help,
        )

    @property
    def day(self) -> HallDay:
        assert self.state is not None
        return self.state

    def submit(self, command: c.Command, command_id: CommandId | None = None) -> Any:
        """Decide a command and take its events over; check what is true of every single decision."""
        self.count += 1
        nonce = f"{self.count:016x}{self.count:032x}"
        request = c.Request(command_id or CommandId(f"command-{self.count}"), "test", self.at, nonce, command)
        self.asked.append(request)
        decision = decide(self.state, request)
        assert decide(self.state, request) == decision
        if isinstance(decision, r.Refusal):
            return decision
        for recorded in record(self.state, request, decision):
            before = self.day.seq if self.state else 0
            self.state = evolve(self.state, recorded)
            self.events.append(recorded)
            assert self.day.seq == recorded.seq == before + 1
            assert self.day.at == recorded.at
            SEEN[type(recorded.event), self.day.plan.layout] += 1
        assert request.id in self.day.answers
        return decision

    @initialize(plan=PLAN, opened=st.sets(WINDOW, min_size=2))
    def open_the_day(self, plan: Plan, opened: set[WindowId]) -> None:
        assert self.submit(c.CallNext(WINDOWS[0].id)) == r.DayNotOpen()
        assert len(self.submit(c.OpenDay(plan.hall.id, MORNING.date(), plan))) == 1
        self.open_windows(opened)

    def open_windows(self, opened: set[WindowId]) -> None:
        for place, window in enumerate(sorted(opened), start=1):
            self.submit(c.OpenWindow(window, f"clerk-{place}"))

    @rule(seconds=st.sampled_from([0.5, 30.0, 600.0]))
    def time_passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    @rule(data=st.data(), steps=st.integers(5, 25))
    def business_goes_on(self, data: st.DataObject, steps: int) -> None:
        for _ in range(steps):
            self.do_business(data)
            self.everything_holds()

    @rule(plan=PLAN)
    def change_the_plan(self, plan: Plan) -> None:
        self.submit(c.ChangePlan(plan))

    @precondition(lambda self: len(self.asked) > DAY_LENGTH)
    @rule(plan=PLAN, opened=st.sets(WINDOW, min_size=2))
    def change_the_day(self, plan: Plan, opened: set[WindowId]) -> None:
        """Whoever was not served waits on in the next day, where its plan carries over."""
        self.submit(c.CloseDay())
        over = self.day
        for holds in STREAM_INVARIANTS:
            holds(self.events, over)
        self.state, self.events, self.asked = None, [], []
        self.at = MORNING + timedelta(days=(over.day - MORNING.date()).days + 1)
        self.submit(c.OpenDay(plan.hall.id, self.at.date(), plan, carried=carried(over, plan)))
        left = {ticket.id for ticket in unserved(over)} if plan.policies.carry_over else set()
        assert set(self.day.tickets) == left == set(self.day.waiting)
        self.places = {ticket: place for ticket, place in self.places.items() if ticket in left}
        self.open_windows(opened)

    @invariant()
    def everything_holds(self) -> None:
        if self.state is not None:
            for holds in INVARIANTS:
                holds(self.state)

    @invariant()
    def no_place_is_lost(self) -> None:
        """A ticket once issued stays, with its number, its token and its first arrival, whatever happens around it."""
        if self.state is None:
            return
        for ticket in self.day.tickets.values():
            place = (ticket.number, ticket.token, ticket.arrived_at, ticket.lane)
            assert self.places.setdefault(ticket.id, place) == place
        assert self.places.keys() == set(self.day.tickets)

    def teardown(self) -> None:
        """At the end the stream alone gives the day, and every form of it can be sent."""
        if self.state is None:
            return
        for holds in STREAM_INVARIANTS:
            holds(self.events, self.day)
        forms = [board_form(self.day, self.at)]
        for state in self.day.windows.values():
            forms += [console_form(self.day, state, self.at), device_state(self.day, state.id, self.at)]
        for ticket in self.day.tickets.values():
            forms += [ticket_form(self.day, ticket, self.at), issued_form(ticket)]
        forms += [window_form(self.day, state) for state in self.day.windows.values()]
        assert json.loads(json.dumps(forms)) == forms

    # -- business, a step at a time ------------------------------------------------------------------------------

    def do_business(self, data: st.DataObject) -> None:
        """Take one step."""
        data.draw(st.sampled_from(self.steps))(data)

    def ticket_in(self, data: st.DataObject, *states: TicketState) -> TicketId | None:
        """Draw a ticket in one of some states, ``None`` where there is none."""
        tickets = [ticket.id for ticket in self.day.tickets.values() if ticket.state in states]
        return data.draw(st.sampled_from(tickets)) if tickets else None

    def window_where(self, data: st.DataObject, fits: Callable[[WindowState], bool]) -> WindowId | None:
        """Draw a window that fits, ``None`` where none does."""
        windows = [state.id for state in self.day.windows.values() if fits(state)]
        return data.draw(st.sampled_from(windows)) if windows else None

    def is_free(self, state: WindowState) -> bool:
        """Tell whether somebody is at a window, and nobody in front of it."""
        return state.status is WindowStatus.OPEN and state.ticket is None

    def _issue(self, data: st.DataObject) -> None:
        services = data.draw(st.lists(WISH, min_size=1, max_size=2, unique=True))
        device = MACHINE if data.draw(st.booleans()) else None
        self.submit(c.IssueTicket(tuple(services), data.draw(st.sampled_from(Lane)), device=device))

    def _call(self, data: st.DataObject) -> None:
        day = self.day
        window = self.window_where(
            data, lambda state: self.is_free(state) and next(eligible(day, state.id), None) is not None
        )
        if window is not None:
            self.submit(c.CallNext(window))

    def _go_on(self, data: st.DataObject) -> None:
        window = self.window_where(data, lambda state: state.ticket is not None)
        if window is not None:
            kind: Any = data.draw(st.sampled_from(AT_TICKET))
            self.submit(kind(window))

    def _send_on(self, data: st.DataObject) -> None:
        """Send who is at a window to another one or for another matter, maybe to a clerk."""
        window = self.window_where(data, lambda state: state.ticket is not None)
        if window is not None:
            other = self.window_where(data, lambda state: state.id != window and state.status is WindowStatus.OPEN)
            services = data.draw(st.lists(WISH, max_size=1))
            clerk = data.draw(st.none() | CLERK)
            self.submit(c.TransferTicket(window, None if services else other, tuple(services), clerk=clerk))

    def _resume(self, data: st.DataObject) -> None:
        window, ticket = self.window_where(data, self.is_free), self.ticket_in(data, TicketState.HELD)
        if window is not None and ticket is not None:
            self.submit(c.ResumeTicket(window, ticket))

    def _come_back(self, data: st.DataObject) -> None:
        ticket = self.ticket_in(data, TicketState.NO_SHOW)
        if ticket is not None:
            self.submit(c.ReturnTicket(ticket))

    def _rate(self, data: st.DataObject) -> None:
        ticket = self.ticket_in(data, TicketState.FINISHED)
        if ticket is not None:
            self.submit(c.SubmitReview(data.draw(st.integers(3, 5)), ticket=ticket))

    def _print(self, data: st.DataObject) -> None:
        jobs = [job for job, receipt in self.day.receipts.items() if receipt.state is ReceiptState.REQUESTED]
        if jobs:
            job = data.draw(st.sampled_from(jobs))
            self.submit(c.ConfirmReceipt(job) if data.draw(st.booleans()) else c.FailReceipt(job, "paper_out"))

    def _staff(self, data: st.DataObject) -> None:
        """Open a window that is closed, or come back to one that was left."""
        window = self.window_where(data, lambda state: state.status is not WindowStatus.OPEN)
        if window is not None:
            closed = self.day.windows[window].status is WindowStatus.CLOSED
            self.submit(c.OpenWindow(window, data.draw(CLERK)) if closed else c.ComeBack(window))

    def _leave(self, data: st.DataObject) -> None:
        """Step away, maybe for a colleague who is named, or go home."""
        window = self.window_where(data, self.is_free)
        if window is not None:
            other = self.window_where(data, lambda one: one.id != window and one.status is WindowStatus.OPEN)
            goes_home = data.draw(st.integers(0, 3)) == 0
            away = c.StepAway(window, "meeting", other if data.draw(st.booleans()) else None)
            self.submit(c.CloseWindow(window) if goes_home else away)

    def _give_back(self, data: st.DataObject) -> None:
        ticket = self.ticket_in(data, TicketState.WAITING, TicketState.HELD)
        if ticket is not None:
            self.submit(c.CancelTicket(ticket))

    def _give_to_clerk(self, data: st.DataObject) -> None:
        ticket = self.ticket_in(data, TicketState.WAITING, TicketState.HELD)
        if ticket is not None:
            self.submit(c.AssignClerk(ticket, data.draw(CLERK)))

    def _redirect(self, data: st.DataObject) -> None:
        ticket = self.ticket_in(data, TicketState.WAITING)
        if ticket is not None:
            self.submit(c.RedirectTicket(ticket, services=(data.draw(WISH),)))

    def _announce(self, data: st.DataObject) -> None:
        zone = data.draw(st.none() | st.sampled_from([zone.id for zone in self.day.plan.zones]))
        self.submit(c.MakeNotice("十二点休息", zone, urgent=data.draw(st.booleans())))

    def _count_people(self, data: st.DataObject) -> None:
        self.submit(c.CountPeople(DeviceId("counter-1"), data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9))))

    def _help(self, data: st.DataObject) -> None:
        if self.day.help_calls and data.draw(st.booleans()):
            self.submit(c.AnswerHelp(data.draw(st.sampled_from(self.day.help_calls)).id))
        else:
            self.submit(c.AskHelp(DeviceId(data.draw(st.sampled_from(["help-1", "help-2"])))))

"""Whatever is asked of a floor in whatever order: the invariants hold, refused means unchanged, the stream is all."""

import json
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controller import commands as c
from controller import refusals as r
from controller.carry_over import carried, unserved
from controller.decide import decide, record
from controller.evolve import evolve
from controller.model import CommandId, HallDay, JobId, TicketId, WindowStatus
from controller.plan import Hours, Lane, Layout, Package, Plan, Post, PostId, ServiceCode, WindowId, WindowKind
from controller.views import board_form, console_form, device_state, issued_form, ticket_form, window_form
from tests.property.invariants import INVARIANTS, STREAM_INVARIANTS
from tests.support.core_floor import (
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

EXAMPLES, STEPS = 150, 60

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
PLANS = (
    floor_plan(),
    floor_plan(return_after=0, returns_max=3, green_rate=5.0, green_returns_max=0),
    without_windows(floor_plan(), SOCIAL, UNRESOLVED),
    without_windows(floor_plan(), WINDOWS[0].id, RURAL),
    floor_plan(windows=tuple(reversed(WINDOWS)), services=tuple(s for s in SERVICES if s.code != GRIEVANCE)),
    replace(floor_plan(), hall=replace(floor_plan().hall, hours=Hours(time(9, 0), time(11, 0)))),
    floor_plan(packages=PACKAGES, carry_over=True, layout=Layout.UNDIFFERENTIATED),
    without_windows(floor_plan(packages=PACKAGES, carry_over=True, auto_call=True), WINDOWS[0].id),
    floor_plan(services=tuple(replace(service, quota=2) for service in SERVICES), clerk_at_one_window=True),
    floor_plan(posts=POSTS),
    floor_plan(services=SPECIAL, layout=Layout.UNDIFFERENTIATED),
    without_windows(floor_plan(services=SPECIAL, auto_call=True), SOCIAL),
    without_windows(floor_plan(posts=POSTS, packages=PACKAGES, auto_call=True), WINDOWS[0].id),
)
SIMPLE = (
    c.OpenWindow,
    c.CloseWindow,
    c.ComeBack,
    c.CallNext,
    c.CallNext,
    c.Recall,
    c.StartService,
    c.FinishService,
    c.PassTicket,
    c.HoldTicket,
    c.ResumeTicket,
)


class FloorMachine(RuleBasedStateMachine):
    """Asks the core for anything, sensible or not."""

    def __init__(self) -> None:
        super().__init__()
        self.at = MORNING
        self.events: list[Any] = []
        self.asked: list[c.Request] = []
        self.count = 0
        self.places: dict[TicketId, tuple[Any, ...]] = {}
        self.state: HallDay | None = None

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
        assert request.id in self.day.answers
        return decision

    def any_ticket(self, data: st.DataObject) -> TicketId:
        return data.draw(st.sampled_from([*self.day.tickets, TicketId("nobody")]))

    @initialize(plan=st.sampled_from(PLANS), opened=st.sets(WINDOW, min_size=2))
    def open_the_day(self, plan: Plan, opened: set[WindowId]) -> None:
        assert self.submit(c.CallNext(WINDOWS[0].id)) == r.DayNotOpen()
        assert len(self.submit(c.OpenDay(plan.hall.id, MORNING.date(), plan))) == 1
        for place, window in enumerate(sorted(opened), start=1):
            self.submit(c.OpenWindow(window, f"clerk-{place}"))

    @rule(seconds=st.sampled_from([0.5, 30.0, 600.0, 5400.0]))
    def time_passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    @rule(services=st.lists(WISH, max_size=3), lane=LANE, paper=st.booleans())
    def take_a_ticket(self, services: list[ServiceCode], lane: Lane, paper: bool) -> None:
        self.submit(c.IssueTicket(tuple(services), lane, device=MACHINE if paper else None))

    @rule(service=st.sampled_from([service.code for service in SERVICES[:4]]), lane=LANE)
    def take_a_common_ticket(self, service: ServiceCode, lane: Lane) -> None:
        self.submit(c.IssueTicket((service,), lane))

    @rule(service=WISH, minutes=st.integers(-300, 30))
    def check_in_an_appointment(self, service: ServiceCode, minutes: int) -> None:
        booked_at = self.at + timedelta(minutes=minutes)
        if booked_at.date() == self.at.date():
            self.submit(c.IssueTicket((service,), Lane.APPOINTMENT, "appointment", booked_at=booked_at))

    @rule(kind=st.sampled_from(SIMPLE), window=WINDOW)
    def act_at_a_window(self, kind: Any, window: WindowId) -> None:
        self.submit(kind(window))

    @rule(window=WINDOW, clerk=CLERK)
    def sign_in(self, window: WindowId, clerk: str) -> None:
        self.submit(c.OpenWindow(window, clerk))

    @rule(window=WINDOW, substitute=st.none() | WINDOW, timed=st.booleans())
    def step_away(self, window: WindowId, substitute: WindowId | None, timed: bool) -> None:
        self.submit(c.StepAway(window, "meeting", substitute, self.at + timedelta(minutes=10) if timed else None))

    @rule(data=st.data())
    def step_away_for_a_colleague(self, data: st.DataObject) -> None:
        """Leave a window that is open and free to another that is open: by chance alone that is rare."""
        manned = [state for state in self.day.windows.values() if state.status is WindowStatus.OPEN]
        free = [state.id for state in manned if state.ticket is None]
        if free and len(manned) > 1:
            window = data.draw(st.sampled_from(free))
            other = data.draw(st.sampled_from([state.id for state in manned if state.id != window]))
            decision = self.submit(c.StepAway(window, "meeting", other))
            assert isinstance(decision, r.Refusal) == self.day.closed

    @rule(window=WINDOW)
    def serve_and_set_aside(self, window: WindowId) -> None:
        self.submit(c.CallNext(window))
        self.submit(c.HoldTicket(window))

    @rule(data=st.data(), window=WINDOW)
    def resume(self, data: st.DataObject, window: WindowId) -> None:
        ticket = data.draw(st.sampled_from([*self.day.held, TicketId("nobody")]))
        self.submit(c.ResumeTicket(window, ticket))

    @rule(window=WINDOW, to_window=st.none() | WINDOW, services=st.lists(SERVICE, max_size=2))
    def transfer(self, window: WindowId, to_window: WindowId | None, services: list[ServiceCode]) -> None:
        self.submit(c.TransferTicket(window, to_window, tuple(services)))

    @rule(data=st.data(), to_window=st.none() | WINDOW, services=st.lists(WISH, max_size=2))
    def redirect(self, data: st.DataObject, to_window: WindowId | None, services: list[ServiceCode]) -> None:
        self.submit(c.RedirectTicket(self.any_ticket(data), to_window, tuple(services)))

    @rule(window=WINDOW)
    def give_what_the_window_gives(self, window: WindowId) -> None:
        self.submit(c.CallNext(window))
        self.submit(c.FinishService(window))

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        self.submit(c.CancelTicket(self.any_ticket(data)))

    @rule(data=st.data(), clerk=st.sampled_from([None, "clerk-1", "clerk-2"]))
    def give_to_a_clerk(self, data: st.DataObject, clerk: str | None) -> None:
        self.submit(c.AssignClerk(self.any_ticket(data), clerk))

    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        self.submit(c.ReturnTicket(self.any_ticket(data)))

    @rule(data=st.data(), level=st.integers(0, 6), text=st.sampled_from(["", " ", "slow"]), window=st.none() | WINDOW)
    def rate(self, data: st.DataObject, level: int, text: str, window: WindowId | None) -> None:
        ticket = None if window else self.any_ticket(data)
        self.submit(c.SubmitReview(level, (), text, ticket, window))

    @rule(data=st.data())
    def reprint(self, data: st.DataObject) -> None:
        self.submit(c.ReprintReceipt(self.any_ticket(data), MACHINE))

    @rule(data=st.data(), printed=st.booleans())
    def hear_from_the_printer(self, data: st.DataObject, printed: bool) -> None:
        job = data.draw(st.sampled_from([*self.day.receipts, JobId("none")]))
        self.submit(c.ConfirmReceipt(job) if printed else c.FailReceipt(job, "paper_out"))

    @rule(plan=st.sampled_from(PLANS))
    def change_the_plan(self, plan: Plan) -> None:
        self.submit(c.ChangePlan(plan))

    @rule(data=st.data())
    def send_it_again(self, data: st.DataObject) -> None:
        """A command that was accepted comes to nothing the second time, and its answer stands."""
        request = data.draw(st.sampled_from(self.asked))
        answer = self.day.answers.get(request.id)
        if answer is not None:
            before = self.day
            assert self.submit(request.command, request.id) in ((), r.CommandIdReused(request.id))
            assert self.day is before
            assert self.day.answers[request.id] is answer

    @rule(data=st.data(), window=WINDOW)
    def use_an_id_again(self, data: st.DataObject, window: WindowId) -> None:
        """An id that another command had is refused."""
        request = data.draw(st.sampled_from(self.asked))
        if request.id in self.day.answers:
            other = c.Recall(window) if not isinstance(request.command, c.Recall) else c.CloseDay()
            before = self.day
            assert self.submit(other, request.id) == r.CommandIdReused(request.id)
            assert self.day is before

    @precondition(lambda self: len(self.asked) > STEPS // 2)
    @rule()
    def close_the_day(self) -> None:
        self.submit(c.CloseDay())

    @precondition(lambda self: self.state is not None and len(self.day.tickets) > 1)
    @rule(plan=st.sampled_from(PLANS))
    def change_the_day(self, plan: Plan) -> None:
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
            place = (ticket.number, ticket.token, ticket.arrived_at)
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


# Hypothesis may take five minutes to make what it found short enough to read.
TestFloor = pytest.mark.timeout(900)(FloorMachine.TestCase)
TestFloor.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None
)

"""Who is next, whatever happens on the floor: the bound on overtaking, and nobody starves, in both layouts.

What overtaking is stands in ``controller.assignment``; here it is counted again, from the stream alone and ticket by
ticket, and every single overtaking is judged when it happens.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controller import commands as c
from controller import events as e
from controller.assignment import choose, windows_for
from controller.carry_over import carried
from controller.evolve import evolve
from controller.model import HallDay, Ticket, TicketId, TicketState, WindowStatus
from controller.plan import Lane, Layout, Plan, ServiceCode, WindowId, WindowKind
from controller.queues import arrival, overtaken
from tests.support.core_floor import ALL, GRIEVANCE, PENSION, SERVICES, WINDOWS, Floor, floor_plan

WINDOW = st.sampled_from([window.id for window in WINDOWS])
SERVICE = st.sampled_from([service.code for service in SERVICES])
LANE = st.sampled_from([Lane.NORMAL, Lane.NORMAL, Lane.GREEN, Lane.APPOINTMENT, Lane.ASSISTED])
CLERKS = ("clerk-1", "clerk-2")
CLERK = st.sampled_from(CLERKS)
OVERTAKES_MAX = st.sampled_from([0, 1, 2, 5, None])
EXCESS_S_MAX = st.sampled_from([0, 60, 1800, None])
FLOOD_MAX = 500
DAY_LENGTH = 60
"""Events after which a day may end: before, too little has happened."""
UNRESOLVED_KIND = WindowKind.UNRESOLVED


def hall(overtakes_max: int | None, excess_s_max: int | None, layout: Layout, **policies: Any) -> Plan:
    """Return a hall whose green lane is fast, and in which one matter belongs to a special window."""
    services = tuple(replace(one, special=UNRESOLVED_KIND if one.code == GRIEVANCE else None) for one in SERVICES)
    bounds = {"overtakes_max": overtakes_max, "excess_wait_s_max": excess_s_max}
    return floor_plan(services=services, layout=layout, green_rate=10.0, carry_over=True, **bounds, **policies)


class Judge:
    """Counts who was overtaken, by the definition alone.

    Attributes:
        counts: by ticket, how often.
        first: when for the first time.
    """

    def __init__(self) -> None:
        self.counts: dict[TicketId, int] = {}
        self.first: dict[TicketId, datetime] = {}

    def watch(self, before: HallDay, event: e.Event, at: datetime) -> None:
        """Look at an event, and at the day before it."""
        if not isinstance(event, e.TicketCalled):
            return
        called, policies = before.tickets[event.ticket], before.plan.policies
        for ticket_id in before.waiting:
            ticket = before.tickets[ticket_id]
            if arrival(called) <= arrival(ticket) or ticket.not_before > before.calls_total:
                continue
            if event.window not in windows_for(before, ticket):
                continue
            count, since = self.counts.get(ticket_id, 0), self.first.setdefault(ticket_id, at)
            assert policies.overtakes_max is None or count < policies.overtakes_max
            if policies.excess_wait_s_max is not None:
                assert (at - since).total_seconds() < max(policies.excess_wait_s_max, 1e-9)
            self.counts[ticket_id] = count + 1


class TurnsMachine(RuleBasedStateMachine):
    """A floor on which everything goes on at once; who waits is judged after every event."""

    def __init__(self) -> None:
        super().__init__()
        self.judge = Judge()
        self.floor = Floor()

    def submit(self, command: c.Command) -> None:
        """Ask, and let the judge see every event with the day before it."""
        day, seen = self.floor.day, len(self.floor.events)
        self.floor.ask(command)
        for recorded in self.floor.events[seen:]:
            self.judge.watch(day, recorded.event, recorded.at)
            day = evolve(day, recorded)

    @initialize(
        bounds=st.tuples(OVERTAKES_MAX, EXCESS_S_MAX),
        layout=st.sampled_from(Layout),
        modes=st.tuples(st.booleans(), st.booleans(), st.booleans()),
        opened=st.sets(WINDOW, min_size=1),
    )
    def open_the_day(
        self,
        bounds: tuple[int | None, int | None],
        layout: Layout,
        modes: tuple[bool, bool, bool],
        opened: set[WindowId],
    ) -> None:
        auto_call, waits, fallback = modes
        plan = hall(*bounds, layout, auto_call=auto_call, first_asked_waits=waits, special_fallback=fallback)
        self.floor = Floor(plan, step_s=0)
        for number, window in enumerate(sorted(opened)):
            self.submit(c.OpenWindow(window, CLERKS[number % len(CLERKS)]))

    @rule(seconds=st.sampled_from([1, 30, 200, 1000]))
    def time_passes(self, seconds: float) -> None:
        self.floor.wait(seconds)

    @rule(
        services=st.lists(SERVICE, min_size=1, max_size=2, unique=True),
        lane=LANE,
        clerk=st.none() | st.none() | CLERK,
    )
    def take_a_ticket(self, services: list[ServiceCode], lane: Lane, clerk: str | None) -> None:
        self.floor.wait(1)
        self.submit(c.IssueTicket(tuple(services), lane, clerk=clerk))

    @rule(service=SERVICE, minutes=st.integers(-30, 30))
    def come_for_a_booked_time(self, service: ServiceCode, minutes: int) -> None:
        booked_at = self.floor.at + timedelta(minutes=minutes)
        self.submit(c.IssueTicket((service,), Lane.APPOINTMENT, "appointment", booked_at=booked_at))

    @rule(lanes=st.lists(LANE, min_size=2, max_size=6))
    def many_come(self, lanes: list[Lane]) -> None:
        for lane in lanes:
            self.submit(c.IssueTicket((PENSION,), lane))
            self.floor.wait(20)

    @rule(window=WINDOW, seconds=st.sampled_from([0, 10, 300]), times=st.integers(1, 4))
    def serve(self, window: WindowId, seconds: float, times: int) -> None:
        for _ in range(times):
            self.submit(c.CallNext(window))
            self.floor.wait(seconds)
            self.submit(c.FinishService(window))

    @rule(
        window=WINDOW,
        kind=st.sampled_from([c.CallNext, c.PassTicket, c.PassTicket, c.StartService, c.HoldTicket, c.ResumeTicket]),
    )
    def press(self, window: WindowId, kind: Any) -> None:
        self.submit(kind(window))

    @rule(window=WINDOW, kind=st.sampled_from([c.CloseWindow, c.ComeBack]))
    def leave(self, window: WindowId, kind: Any) -> None:
        self.submit(kind(window))

    @rule(window=WINDOW, clerk=CLERK)
    def sit_down(self, window: WindowId, clerk: str) -> None:
        self.submit(c.OpenWindow(window, clerk))

    @rule(window=WINDOW, substitute=st.none() | WINDOW)
    def step_away(self, window: WindowId, substitute: WindowId | None) -> None:
        self.submit(c.StepAway(window, "meeting", substitute))

    @rule(data=st.data(), times=st.integers(1, 3))
    def a_colleague_stands_in(self, data: st.DataObject, times: int) -> None:
        """Leave an open window to another one, which then calls."""
        manned = [state for state in self.floor.day.windows.values() if state.status is WindowStatus.OPEN]
        free = [state.id for state in manned if state.ticket is None]
        if free and len(manned) > 1:
            window = data.draw(st.sampled_from(free))
            other = data.draw(st.sampled_from([state.id for state in manned if state.id != window]))
            self.submit(c.StepAway(window, "meeting", other))
            self.serve(other, 10, times)

    @rule(data=st.data(), returns=st.booleans())
    def nobody_comes(self, data: st.DataObject, returns: bool) -> None:
        """Pass a number that was called, which may be back at once."""
        called = [state for state in self.floor.day.windows.values() if state.stage is TicketState.CALLED]
        if called:
            state = data.draw(st.sampled_from(called))
            self.floor.wait(10)
            self.submit(c.PassTicket(state.id))
            if returns and state.ticket is not None:
                self.submit(c.ReturnTicket(state.ticket))

    @rule(window=WINDOW, to_window=st.none() | WINDOW, service=SERVICE, clerk=st.none() | CLERK)
    def transfer(self, window: WindowId, to_window: WindowId | None, service: ServiceCode, clerk: str | None) -> None:
        self.submit(c.TransferTicket(window, to_window, (service,), clerk=clerk))

    @rule(data=st.data(), clerk=st.none() | CLERK)
    def assign(self, data: st.DataObject, clerk: str | None) -> None:
        if self.floor.day.waiting:
            self.submit(c.AssignClerk(data.draw(st.sampled_from(self.floor.day.waiting)), clerk))

    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        passed = [t.id for t in self.floor.day.tickets.values() if t.state is TicketState.NO_SHOW]
        if passed:
            self.submit(c.ReturnTicket(data.draw(st.sampled_from(passed))))

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        if self.floor.day.waiting:
            self.submit(c.CancelTicket(data.draw(st.sampled_from(self.floor.day.waiting))))

    @rule(layout=st.sampled_from(Layout), overtakes_max=OVERTAKES_MAX, same=st.booleans())
    def change_the_plan(self, layout: Layout, overtakes_max: int | None, same: bool) -> None:
        plan = self.floor.day.plan
        bound = plan.policies.overtakes_max if same else overtakes_max
        self.submit(c.ChangePlan(replace(plan, layout=layout, policies=replace(plan.policies, overtakes_max=bound))))

    @precondition(lambda self: len(self.floor.events) > DAY_LENGTH)
    @rule(opened=st.sets(WINDOW, min_size=1))
    def change_the_day(self, opened: set[WindowId]) -> None:
        """Whoever was not served waits on tomorrow; what has overtaken them counts on."""
        over = self.floor
        over.do(c.CloseDay())
        plan = over.day.plan
        self.floor = Floor(plan, at=over.at + timedelta(hours=15), step_s=0, carried=carried(over.day, plan))
        self.floor.count += over.count  # no id comes twice
        for number, window in enumerate(sorted(opened)):
            self.submit(c.OpenWindow(window, CLERKS[number % len(CLERKS)]))

    @invariant()
    def the_floor_counts_as_the_judge_does(self) -> None:
        day = self.floor.day
        for ticket_id in day.waiting:
            count, since = overtaken(day, day.tickets[ticket_id])
            assert count == self.judge.counts.get(ticket_id, 0)
            assert since == self.judge.first.get(ticket_id)

    @invariant()
    def every_place_is_in_one_queue(self) -> None:
        day = self.floor.day
        placed = [ticket for queue in day.queues.values() for ticket in queue.tickets]
        assert sorted(placed) == sorted(day.waiting)
        for queue in day.queues.values():
            arrivals = [arrival(day.tickets[ticket]) for ticket in queue.tickets]
            assert arrivals == sorted(arrivals)

    @invariant()
    def a_window_calls_the_best_of_all_not_only_of_the_first(self) -> None:
        day, at = self.floor.day, self.floor.at
        for window in day.windows:
            choice = choose(day, window, at)
            assert (choice.ticket.id if choice else None) == best(day, window, at)

    def teardown(self) -> None:
        """However many of the fastest lane come from now on, who waits longest is called soon, and so is everybody."""
        floor = self.floor
        floor.wait(3600)
        for state in floor.day.windows.values():
            self.submit(c.ComeBack(state.id) if state.status is WindowStatus.AWAY else c.OpenWindow(state.id))
        here_before = set(floor.day.tickets)
        while left := [floor.ticket(ticket) for ticket in floor.day.waiting if ticket in here_before]:
            self.flood_until_called(min(left, key=arrival))

    def flood_until_called(self, oldest: Ticket) -> None:
        """Without any bound nobody else comes: a fast lane that brings more than is served may keep others off."""
        floor, policies = self.floor, self.floor.day.plan.policies
        bound = policies.overtakes_max
        newcomers = 0 if bound is None and policies.excess_wait_s_max is None else 2
        deferred = max(oldest.not_before - floor.day.calls_total, 0)
        window = min(windows_for(floor.day, oldest))
        calls = 0
        while floor.ticket(oldest.id).state is TicketState.WAITING:
            for _ in range(newcomers):
                self.submit(c.IssueTicket(oldest.services, Lane.GREEN))
            floor.wait(30)
            self.submit(c.FinishService(window))
            self.submit(c.CallNext(window))
            calls += 1
            assert calls <= (FLOOD_MAX if bound is None else deferred + bound + 1)
        floor.wait(30)


def best(day: HallDay, window: WindowId, at: datetime) -> TicketId | None:
    """Return whom a window ought to call, found by looking at everybody."""
    policies = day.plan.policies

    def order(ticket: Ticket) -> tuple[Any, ...]:
        count, since = overtaken(day, ticket)
        deferred = ticket.not_before > day.calls_total
        much = policies.overtakes_max is not None and count >= policies.overtakes_max
        excess_s = (at - since).total_seconds() if since is not None else -1.0
        long = policies.excess_wait_s_max is not None and excess_s >= policies.excess_wait_s_max
        due = not deferred and (much or long)
        waited_s = 0.0 if due else (at - ticket.arrived_at).total_seconds()
        return (deferred, not due, -policies.rate(ticket.lane) * waited_s, arrival(ticket))

    mine = [day.tickets[ticket] for ticket in day.waiting if window in windows_for(day, day.tickets[ticket])]
    return min(mine, key=order).id if mine else None


TestTurns = pytest.mark.timeout(900)(TurnsMachine.TestCase)
TestTurns.settings = settings(max_examples=160, stateful_step_count=50, deadline=None, derandomize=True, database=None)


ARRIVALS = st.lists(st.tuples(st.integers(0, 400), LANE, st.integers(10, 900)), min_size=2, max_size=25)
"""Seconds after the one before, lane, seconds of service."""


def called_after_s(plan: Plan, arrivals: list[tuple[int, Lane, int]]) -> list[float]:
    """Return when each of some citizens is called at the only window, in seconds after it opened."""
    floor = Floor(plan, opened=(ALL,), step_s=0)
    begin = floor.at
    times, now = [], 0
    for gap_s, _, _ in arrivals:
        now += gap_s
        times.append(now)
    came: list[TicketId] = []
    called: dict[TicketId, float] = {}
    free_s = 0.0
    while len(called) < len(arrivals):
        waiting = len(came) > len(called)
        due_s = times[len(came)] if len(came) < len(arrivals) else None
        if due_s is not None and (not waiting or due_s <= free_s):
            floor.at = begin + timedelta(seconds=due_s)
            came.append(floor.issue(lane=arrivals[len(came)][1]))
            free_s = max(free_s, due_s)
            continue
        floor.at = begin + timedelta(seconds=free_s)
        ticket = floor.serve()
        assert ticket is not None
        called[ticket] = free_s
        free_s += arrivals[came.index(ticket)][2]
        floor.at = begin + timedelta(seconds=free_s)
        floor.do(c.FinishService(ALL))
    return [called[ticket] for ticket in came]


@given(arrivals=ARRIVALS, overtakes_max=st.sampled_from([1, 3]), excess_s_max=st.sampled_from([0, 300, 1800]))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_at_one_window_nobody_waits_longer_than_by_order_of_arrival_and_the_bound(
    arrivals: list[tuple[int, Lane, int]], overtakes_max: int, excess_s_max: int
) -> None:
    longest_s = max(service_s for _, _, service_s in arrivals)
    in_order = called_after_s(hall(0, None, Layout.FIELDS), arrivals)
    assert in_order == sorted(in_order)
    by_count = called_after_s(hall(overtakes_max, None, Layout.FIELDS), arrivals)
    by_time = called_after_s(hall(None, excess_s_max, Layout.FIELDS), arrivals)
    for turn_s, count_s, time_s in zip(in_order, by_count, by_time, strict=True):
        assert count_s <= turn_s + overtakes_max * longest_s
        assert time_s <= turn_s + excess_s_max + longest_s


@pytest.mark.parametrize(("layout", "bound"), list(product(Layout, [1, 4])))
def test_without_a_bound_the_same_floor_overtakes_more(layout: Layout, bound: int) -> None:
    """The bound does something: a flood of green tickets goes before a normal one for as long as it may."""
    before = []
    for overtakes_max in (bound, None):
        floor = Floor(hall(overtakes_max, None, layout), opened=(ALL,))
        normal = floor.issue()
        floor.wait(60)
        calls = 0
        while floor.ticket(normal).state is TicketState.WAITING and calls < 20:
            floor.issue(lane=Lane.GREEN)
            floor.wait(30)
            floor.serve()
            floor.do(c.FinishService(ALL))
            calls += 1
        before.append(calls - 1)
    bounded, free = before
    assert bounded == bound < free

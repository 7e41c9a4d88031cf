"""Whatever is asked of a floor in whatever order: the invariants hold, refused means unchanged, the stream is all."""

from datetime import timedelta
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
    run_state_machine_as_test,
)

from controller import commands as c
from controller import refusals as r
from controller.events import Event, PlanChanged, TicketCalled, TicketCarried, TicketTransferred, WindowSteppedAway
from controller.model import JobId, TicketId, TicketState, WindowStatus
from controller.plan import Lane, Layout, ServiceCode, WindowId
from tests.property.busy_floor import CLERK, LANE, SEEN, SERVICE, WINDOW, WISH, BusyFloor
from tests.support.core_floor import (
    MACHINE,
    SERVICES,
    WINDOWS,
)

STEPS = 60
IN_BOTH = (PlanChanged, TicketCalled, TicketCarried, TicketTransferred, WindowSteppedAway)
"""What could lose somebody's place, and so must have been tried in both layouts."""
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


class FloorMachine(BusyFloor):
    """Asks the core for anything, sensible or not."""

    def any_ticket(self, data: st.DataObject) -> TicketId:
        return data.draw(st.sampled_from([*self.day.tickets, TicketId("nobody")]))

    @rule()
    def much_time_passes(self) -> None:
        self.at += timedelta(hours=1.5)

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

    @rule(data=st.data(), named=st.booleans())
    def resume(self, data: st.DataObject, named: bool) -> None:
        window = self.window_where(data, self.is_free)
        ticket = data.draw(st.sampled_from([*self.day.held, TicketId("nobody")])) if named else None
        self.submit(c.ResumeTicket(window or WINDOWS[0].id, ticket))

    @rule(window=WINDOW, to_window=st.none() | WINDOW, services=st.lists(SERVICE, max_size=2))
    def transfer(self, window: WindowId, to_window: WindowId | None, services: list[ServiceCode]) -> None:
        self.submit(c.TransferTicket(window, to_window, tuple(services)))

    @rule(data=st.data(), to_window=st.none() | WINDOW, services=st.lists(WISH, max_size=2))
    def redirect(self, data: st.DataObject, to_window: WindowId | None, services: list[ServiceCode]) -> None:
        ticket = self.ticket_in(data, TicketState.WAITING) or self.any_ticket(data)
        self.submit(c.RedirectTicket(ticket, to_window, tuple(services)))

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
        self.submit(c.ReturnTicket(self.ticket_in(data, TicketState.NO_SHOW) or self.any_ticket(data)))

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


@pytest.mark.timeout(900)  # Hypothesis may take five minutes to make what it found short enough to read
def test_whatever_happens_and_everything_does_happen() -> None:
    SEEN.clear()
    for machine, examples in ((FloorMachine, 100), (BusyFloor, 80)):
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None
            ),
        )
    assert {kind.__name__ for kind in get_args(Event)} == {kind.__name__ for kind, _ in SEEN}
    assert [pair for pair in product(IN_BOTH, Layout) if not SEEN[pair]] == []

"""A whole day by script comes to the stream that is kept, the stream to the same day, and that keeps its promises."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import TypeVar

import pytest

from controller import events as e
from controller.carry_over import carried, unserved
from controller.day_report import report
from controller.evolve import evolve, fold
from controller.model import HallDay, ReceiptState, Ticket, TicketId, TicketState
from controller.transitions import UNFINISHED
from tests.property.invariants import INVARIANTS, STREAM_INVARIANTS
from tests.support.golden_day import (
    ALL,
    CARD,
    CLOSES,
    DAY,
    LEAVES_AT,
    NEW_GUIDE,
    NEW_PLAN_AT,
    PAPER_IN_AT,
    PAPER_OUT_AT,
    RETURNS_AT,
    RURAL,
    SOCIAL,
    SUBSIDY,
    Script,
    citizens,
    kept,
    plan,
)

PEOPLE = 90
E = TypeVar("E", bound=e.Event)


@pytest.fixture(scope="module")
def stream() -> list[e.Recorded]:
    return kept()


@pytest.fixture(scope="module")
def day(stream: list[e.Recorded]) -> HallDay:
    folded = fold(stream)
    assert folded is not None
    return folded


def of(stream: Iterable[e.Recorded], kind: type[E]) -> list[tuple[datetime, E]]:
    """Return the events of a kind with their times."""
    return [(entry.at, entry.event) for entry in stream if isinstance(entry.event, kind)]


def at(clock: time) -> datetime:
    return datetime.combine(DAY, clock, DAY.tzinfo)


def before(stream: list[e.Recorded], moment: datetime) -> HallDay:
    """Return the day as it was just before a time."""
    folded = fold(entry for entry in stream if entry.at < moment)
    assert folded is not None
    return folded


def place(ticket: Ticket) -> tuple[object, ...]:
    return (ticket.number, ticket.token, ticket.arrived_at, ticket.order, ticket.lane)


def test_the_script_comes_to_the_stream_that_is_kept(stream: list[e.Recorded], day: HallDay) -> None:
    """Decided anew, every event is the same: if it is meant to differ, `python -m tests.support.golden_day`."""
    floor = Script().play()
    for made, known in zip(floor.events, stream, strict=False):
        assert made == known
    assert len(floor.events) == len(stream)
    assert floor.day == day


def test_replayed_one_by_one_it_is_a_whole_day_at_every_step(stream: list[e.Recorded], day: HallDay) -> None:
    state = None
    for entry in stream:
        state = evolve(state, entry)
        for holds in INVARIANTS:
            holds(state)
    assert state == day
    for stream_holds in STREAM_INVARIANTS:
        stream_holds(stream, day)


def test_ninety_came_to_three_windows_and_nobody_is_lost(stream: list[e.Recorded], day: HallDay) -> None:
    issued = [event.ticket for _, event in of(stream, e.TicketIssued)]
    assert len(issued) == len(set(issued)) == len(list(citizens())) == PEOPLE == len(day.tickets)
    assert set(day.windows) == {ALL, SOCIAL, RURAL}
    ((_, closed),) = of(stream, e.DayClosed)
    for ticket in day.tickets.values():
        assert (ticket.state in UNFINISHED) == (ticket.id in closed.unserved)
    assert {ticket.state for ticket in day.tickets.values()} >= {
        TicketState.FINISHED,
        TicketState.CANCELLED,
        TicketState.NO_SHOW,
    }


def test_the_new_plan_of_ten_names_who_waits_for_what_it_withdraws_and_keeps_every_place(
    stream: list[e.Recorded], day: HallDay
) -> None:
    ((changed_at, changed),) = of(stream, e.PlanChanged)
    was = before(stream, at(NEW_PLAN_AT))
    assert changed_at == at(NEW_PLAN_AT)
    assert (
        {ticket for ticket in was.waiting if SUBSIDY in was.tickets[ticket].services} == set(changed.stranded) != set()
    )
    assert SUBSIDY not in day.plan.service_by_code
    assert {service.guide for service in day.plan.services} == {NEW_GUIDE}
    for ticket in was.tickets.values():
        assert place(day.tickets[ticket.id]) == place(ticket)
    first, *others = changed.stranded
    assert day.tickets[first].services == (CARD,)
    assert day.tickets[first].state is TicketState.FINISHED
    assert {day.tickets[ticket].state for ticket in others} == {TicketState.CANCELLED}


def test_who_got_no_paper_at_eleven_and_still_waits_gets_it_when_there_is_a_new_roll(
    stream: list[e.Recorded], day: HallDay
) -> None:
    failed = of(stream, e.ReceiptFailed)
    assert failed
    assert all(at(PAPER_OUT_AT) <= moment < at(PAPER_IN_AT) for moment, _ in failed)
    was = before(stream, at(PAPER_IN_AT))
    without = {day.receipts[event.job].ticket for _, event in failed}
    waiting = without & set(was.waiting)
    reprinted = [event.ticket for _, event in of(stream, e.ReceiptRequested) if event.reprint]
    assert sorted(reprinted) == sorted(waiting) != []
    assert {day.tickets[ticket].receipt for ticket in waiting} == {ReceiptState.PRINTED}
    assert {day.tickets[ticket].receipt for ticket in without - waiting} <= {ReceiptState.FAILED}
    assert day.pending_receipts == ()


def test_at_noon_the_b_post_stands_in_and_gives_back(stream: list[e.Recorded]) -> None:
    ((left_at, left),) = of(stream, e.WindowSteppedAway)
    ((back_at, back),) = of(stream, e.WindowReturned)
    assert (left.window, left.substitute, left.until) == (RURAL, SOCIAL, at(RETURNS_AT))
    assert left_at >= at(LEAVES_AT)
    assert (back.window, back_at) == (RURAL, at(RETURNS_AT))
    theirs = plan().windows_for
    beyond = []
    state = None
    for entry in stream:
        event = entry.event
        if state is not None and isinstance(event, e.TicketCalled) and event.window == SOCIAL:
            steps = state.tickets[event.ticket].next_steps
            beyond += [entry.at] if not any(SOCIAL in theirs[step] for step in steps) else []
        state = evolve(state, entry)
    assert beyond
    assert all(left_at <= moment < back_at for moment in beyond)


def test_who_was_passed_and_came_back_was_served_and_who_never_came_was_called_three_times(
    stream: list[e.Recorded], day: HallDay
) -> None:
    passed = {event.ticket for _, event in of(stream, e.TicketPassed)}
    returned = {event.ticket for _, event in of(stream, e.TicketReturned)}
    assert returned < passed
    assert {day.tickets[ticket].state for ticket in returned} == {TicketState.FINISHED}
    assert {day.tickets[ticket].state for ticket in passed - returned} == {TicketState.NO_SHOW}
    for ticket in passed:
        assert max(event.times for _, event in of(stream, e.TicketRecalled) if event.ticket == ticket) == 3


def test_a_package_is_handed_on_and_what_was_set_aside_goes_on(stream: list[e.Recorded], day: HallDay) -> None:
    handed_on = {event.ticket for _, event in of(stream, e.StepFinished)}
    set_aside = {event.ticket for _, event in of(stream, e.TicketHeld)}
    sent_on = {event.ticket for _, event in of(stream, e.TicketTransferred)}
    assert handed_on
    assert set_aside
    assert sent_on
    assert {day.tickets[ticket].state for ticket in handed_on | set_aside | sent_on} == {TicketState.FINISHED}
    assert {len({visit.window for visit in day.tickets[ticket].visits}) for ticket in handed_on} == {2}


def test_the_closing_lists_who_was_not_served_and_they_wait_on_tomorrow(stream: list[e.Recorded], day: HallDay) -> None:
    ((closed_at, closed),) = of(stream, e.DayClosed)
    assert closed_at > at(CLOSES)
    left = unserved(day)
    assert {ticket.id for ticket in left} == set(closed.unserved) != set()
    assert [ticket.arrived_at for ticket in left] == sorted(ticket.arrived_at for ticket in left)
    on: dict[TicketId, e.TicketCarried] = {event.ticket: event for event in carried(day, day.plan)}
    assert {key: (event.number, event.token, event.arrived_at) for key, event in on.items()} == {
        ticket.id: (ticket.number, ticket.token, ticket.arrived_at) for ticket in left
    }


def test_the_figures_of_the_day_add_up(stream: list[e.Recorded], day: HallDay) -> None:
    total = report(stream, day.at).total
    assert total.tickets == PEOPLE
    assert total.open_s == (at(CLOSES) - at(time(8, 30))) / timedelta(seconds=1)
    assert total.no_shows == len(of(stream, e.TicketPassed))
    assert total.served == len(of(stream, e.ServiceFinished)) + len(of(stream, e.StepFinished))
    assert total.reviews == len(day.reviews) > PEOPLE // 2

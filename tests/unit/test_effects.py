"""What the world outside is told of an event."""

from datetime import timedelta

import pytest

from controller import commands as c
from controller import events as e
from controller.effects import Effect, InviteReview, PrintReceipt, SpeakCallOut, effects
from controller.evolve import fold
from controller.plan import Lane, WindowId
from tests.support.core_floor import (
    ALL,
    MACHINE,
    POLICE,
    RESIDENCE,
    SIDE,
    SOCIAL,
    Floor,
    floor_plan,
    without_windows,
)


def told(floor: Floor, count: int = 1) -> list[Effect]:
    """Return the effects of the newest events, with the state after all of them."""
    return [effect for entry in floor.events[-count:] for effect in effects(entry, floor.day)]


def test_a_call_is_spoken_in_its_zone_while_it_is_fresh() -> None:
    floor = Floor(floor_plan(call_ttl_s=45), opened=(POLICE,))
    ticket = floor.issue(RESIDENCE, lane=Lane.GREEN)
    floor.call(POLICE)
    (effect,) = told(floor)
    assert isinstance(effect, SpeakCallOut)
    assert (effect.window_number, effect.zone, effect.seq) == (3, SIDE, floor.day.seq)
    assert effect.expires_at == floor.at + timedelta(seconds=45)
    assert effect.call == floor.day.calls[0]
    assert (effect.call.ticket, effect.call.number, effect.call.lane) == (ticket, "B001", Lane.GREEN)


def test_a_recall_is_spoken_with_its_count() -> None:
    floor = Floor(opened=(ALL,))
    floor.issue()
    floor.call()
    floor.do(c.Recall(ALL))
    first, second = told(floor, 2)
    assert isinstance(first, SpeakCallOut)
    assert isinstance(second, SpeakCallOut)
    assert (first.call.id, first.call.times, second.call.id, second.call.times) == (
        second.call.id,
        1,
        first.call.id,
        2,
    )
    assert (first.call.at, second.call.at) == (floor.events[-2].at, floor.events[-1].at)


def test_no_call_of_a_large_batch_is_lost() -> None:
    """The board keeps a dozen calls; more than that may be committed in one go."""
    floor = Floor(opened=(ALL,))
    for _ in range(20):
        floor.issue()
        floor.serve()
    spoken = [effect.call.number for effect in told(floor, len(floor.events)) if isinstance(effect, SpeakCallOut)]
    assert spoken == [f"A{number:03d}" for number in range(1, 21)]


def test_a_window_that_left_the_plan_in_the_same_batch_is_silent() -> None:
    floor = Floor(opened=(SOCIAL,))
    floor.issue()
    floor.call(SOCIAL)
    floor.do(c.PassTicket(SOCIAL))
    floor.do(c.ChangePlan(without_windows(floor.plan, SOCIAL)))
    assert told(floor, 3) == []


def test_paper_is_offered_when_it_is_asked_for() -> None:
    floor = Floor()
    floor.issue(device=MACHINE)
    job = floor.last(e.ReceiptRequested).job
    assert told(floor, 2) == [PrintReceipt(job)]
    floor.do(c.FailReceipt(job, "paper_out"))
    assert told(floor) == []


@pytest.mark.parametrize("window", [ALL, SOCIAL])
def test_a_review_is_asked_for_where_the_service_was_given(window: WindowId) -> None:
    floor = Floor(floor_plan(review_seconds=60), opened=(window,))
    ticket = floor.issue()
    floor.serve(window)
    floor.do(c.FinishService(window))
    assert told(floor) == [InviteReview(window, ticket, 60)]


def test_nothing_else_is_told() -> None:
    floor = Floor(opened=(ALL,))
    ticket = floor.issue()
    floor.serve()
    floor.do(c.HoldTicket(ALL))
    floor.do(c.CancelTicket(ticket))
    floor.do(c.CallNext(ALL))
    floor.do(c.StepAway(ALL, "开会"))
    floor.do(c.CloseDay())
    quiet = [entry for entry in floor.events if not isinstance(entry.event, e.TicketCalled)]
    assert len(quiet) == len(floor.events) - 1
    assert [effect for entry in quiet for effect in effects(entry, floor.day)] == []
    assert fold(floor.events) == floor.day

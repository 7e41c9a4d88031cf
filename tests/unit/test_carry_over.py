"""What a day leaves unserved goes on in the next one, where the plan says so: nobody loses a place overnight."""

from datetime import timedelta

from controller import commands as c
from controller import events as e
from controller.carry_over import carried, unserved
from controller.model import TicketState
from controller.plan import Lane
from controller.queues import overtaken
from tests.support.core_floor import ALL, INSURANCE, MORNING, PENSION, POLICE, RESIDENCE, SOCIAL, Floor, floor_plan

CARRYING = floor_plan(carry_over=True)


def next_day(floor: Floor) -> Floor:
    """Return the floor of the next day, which takes over what this one left."""
    floor.do(c.CloseDay())
    tomorrow = MORNING + timedelta(days=1)
    after = Floor(floor.day.plan, at=tomorrow, carried=carried(floor.day, floor.day.plan))
    after.count += floor.count  # so that no id comes twice
    return after


def test_whoever_was_not_served_waits_on_with_number_token_and_arrival() -> None:
    floor = Floor(CARRYING, opened=(ALL, SOCIAL))
    called, held, waiting, served, gone = (floor.issue(lane=lane) for lane in (Lane.GREEN, *([Lane.NORMAL] * 4)))
    floor.do(c.CancelTicket(gone))
    assert floor.call(ALL) == called
    assert floor.serve(SOCIAL) == held
    floor.do(c.HoldTicket(SOCIAL))
    floor.do(c.FinishService(ALL))
    assert floor.call(ALL) == waiting
    tomorrow = next_day(floor)
    assert {held, waiting, served} == set(tomorrow.day.waiting)
    for ticket in (held, waiting, served):
        before, now = floor.ticket(ticket), tomorrow.ticket(ticket)
        assert (now.number, now.token, now.arrived_at) == (before.number, before.token, before.arrived_at)
        assert now.carried
    tomorrow.do(c.OpenWindow(ALL))
    assert [tomorrow.serve(ALL) for _ in range(1)] == [held]
    assert tomorrow.do(c.CallNext(ALL))[-1].ticket == waiting  # type: ignore[union-attr]


def test_who_was_overtaken_is_overtaken_no_more_often_for_the_night() -> None:
    floor = Floor(floor_plan(carry_over=True, overtakes_max=2, green_rate=100.0), opened=(ALL,))
    normal = floor.issue()
    for _ in range(2):
        floor.issue(lane=Lane.GREEN)
        floor.wait(60)
        assert floor.serve(ALL) != normal
        floor.do(c.FinishService(ALL))
    tomorrow = next_day(floor)
    assert overtaken(tomorrow.day, tomorrow.ticket(normal)) == overtaken(floor.day, floor.ticket(normal))
    tomorrow.do(c.OpenWindow(ALL))
    tomorrow.issue(lane=Lane.GREEN)
    tomorrow.wait(6 * 3_600)
    assert tomorrow.serve(ALL) == normal


def test_nobody_is_carried_unless_the_plan_says_so() -> None:
    floor = Floor()
    floor.issue()
    assert [ticket.number for ticket in unserved(floor.day)] == ["A001"]
    assert carried(floor.day, floor.day.plan) == ()
    assert not next_day(floor).day.waiting


def test_a_new_number_is_never_one_that_was_carried() -> None:
    floor = Floor(CARRYING)
    tickets = [floor.issue() for _ in range(3)]
    for ticket in (tickets[0], tickets[2]):
        floor.do(c.CancelTicket(ticket))
    tomorrow = next_day(floor)
    numbers = [tomorrow.ticket(tomorrow.issue()).number for _ in range(3)]
    assert numbers == ["A001", "A003", "A004"]
    assert tomorrow.ticket(tickets[1]).number == "A002"


def test_steps_that_are_done_stay_done() -> None:
    floor = Floor(CARRYING, opened=(POLICE,))
    ticket = floor.issue(RESIDENCE, PENSION)
    floor.serve(POLICE)
    floor.do(c.FinishService(POLICE))
    tomorrow = next_day(floor)
    assert tomorrow.ticket(ticket).remaining == (PENSION,)
    assert tomorrow.ticket(ticket).services == (RESIDENCE, PENSION)


def test_a_matter_that_was_set_aside_goes_on_at_its_window_once_that_opens() -> None:
    floor = Floor(CARRYING, opened=(SOCIAL,))
    ticket = floor.issue(INSURANCE)
    floor.serve(SOCIAL)
    floor.do(c.HoldTicket(SOCIAL))
    tomorrow = next_day(floor)
    tomorrow.do(c.OpenWindow(SOCIAL))
    tomorrow.do(c.OpenWindow(ALL))
    assert tomorrow.call(ALL) is None
    assert tomorrow.call(SOCIAL) == ticket
    assert tomorrow.ticket(ticket).state is TicketState.CALLED


def test_a_second_night_changes_nothing() -> None:
    floor = Floor(CARRYING)
    ticket = floor.issue()
    again = next_day(next_day(floor))
    assert again.ticket(ticket).arrived_at == floor.ticket(ticket).arrived_at
    assert [type(entry.event) for entry in again.events] == [e.DayOpened, e.TicketCarried]

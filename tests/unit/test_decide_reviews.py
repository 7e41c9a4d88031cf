"""Reviews (好差评): of services that were given, once each, the bad ones with a reason."""

import pytest

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.model import TicketId, TicketState
from controller.plan import WindowId
from tests.support.core_floor import ALL, SOCIAL, Floor, floor_with


@pytest.fixture
def served() -> tuple[Floor, TicketId]:
    return floor_with(TicketState.FINISHED)


def test_a_review_names_its_service_by_the_ticket(served: tuple[Floor, TicketId]) -> None:
    floor, ticket = served
    (event,) = floor.do(c.SubmitReview(5, ("fast",), "谢谢", ticket=ticket))
    assert isinstance(event, e.ReviewGiven)
    assert (event.ticket, event.window, event.level, event.tags, event.text) == (ticket, ALL, 5, ("fast",), "谢谢")
    review = floor.day.reviews[event.review]
    assert (review.ticket, review.window, review.level, review.at) == (ticket, ALL, 5, floor.at)
    assert floor.ticket(ticket).review == event.review


def test_a_review_names_its_service_by_the_window(served: tuple[Floor, TicketId]) -> None:
    floor, ticket = served
    (event,) = floor.do(c.SubmitReview(4, window=ALL))
    assert isinstance(event, e.ReviewGiven)
    assert event.ticket == ticket
    assert (floor.window().finished, floor.window().review_until) == (None, None)


@pytest.mark.parametrize("level", [0, 6, -1])
def test_a_level_is_one_of_five(served: tuple[Floor, TicketId], level: int) -> None:
    floor, ticket = served
    assert floor.refused(c.SubmitReview(level, text="?", ticket=ticket)) == r.LevelOutOfRange(level)


@pytest.mark.parametrize("level", [1, 2])
def test_a_bad_review_says_why(served: tuple[Floor, TicketId], level: int) -> None:
    floor, ticket = served
    assert floor.refused(c.SubmitReview(level, ticket=ticket)) == r.BadReviewNeedsReason()
    assert floor.refused(c.SubmitReview(level, text=" \n", ticket=ticket)) == r.BadReviewNeedsReason()
    floor.do(c.SubmitReview(level, ("213",), ticket=ticket))


def test_words_are_reason_enough(served: tuple[Floor, TicketId]) -> None:
    floor, ticket = served
    floor.do(c.SubmitReview(1, text="等太久", ticket=ticket))


@pytest.mark.parametrize("level", [3, 4, 5])
def test_a_good_review_needs_no_words(served: tuple[Floor, TicketId], level: int) -> None:
    floor, ticket = served
    floor.do(c.SubmitReview(level, ticket=ticket))


def test_a_service_is_rated_once(served: tuple[Floor, TicketId]) -> None:
    floor, ticket = served
    floor.do(c.SubmitReview(5, ticket=ticket), "k-1")
    assert floor.do(c.SubmitReview(5, ticket=ticket), "k-1") == ()
    assert floor.refused(c.SubmitReview(4, ticket=ticket)) == r.AlreadyReviewed("A001")
    assert floor.refused(c.SubmitReview(4, window=ALL)) == r.ServiceNotGiven()


@pytest.mark.parametrize("state", [state for state in TicketState if state is not TicketState.FINISHED])
def test_only_a_service_that_was_given_is_rated(state: TicketState) -> None:
    floor, ticket = floor_with(state)
    assert floor.refused(c.SubmitReview(5, ticket=ticket)) == r.ServiceNotGiven()


def test_at_the_window_there_is_a_time_for_it(served: tuple[Floor, TicketId]) -> None:
    floor, ticket = served
    floor.step_s = 0
    floor.wait(180)
    assert floor.window().review_until == floor.at
    floor.wait(0.001)
    assert floor.refused(c.SubmitReview(5, window=ALL)) == r.ServiceNotGiven()
    floor.wait(-0.001)
    floor.do(c.SubmitReview(5, window=ALL))
    assert floor.ticket(ticket).review is not None


def test_by_ticket_there_is_the_rest_of_the_day_and_even_after_it(served: tuple[Floor, TicketId]) -> None:
    floor, ticket = served
    floor.wait(3600)
    floor.do(c.CloseDay())
    floor.do(c.SubmitReview(5, ticket=ticket))


def test_a_clerk_who_leaves_does_not_take_the_review_along(served: tuple[Floor, TicketId]) -> None:
    floor, ticket = served
    floor.do(c.CloseWindow(ALL))
    (event,) = floor.do(c.SubmitReview(1, text="等太久", window=ALL))
    assert isinstance(event, e.ReviewGiven)
    assert event.ticket == ticket


def test_the_next_citizen_does_not_rate_the_last_service(served: tuple[Floor, TicketId]) -> None:
    floor, _ = served
    floor.issue()
    floor.call()
    assert floor.refused(c.SubmitReview(5, window=ALL)) == r.ServiceNotGiven()


def test_a_review_is_of_something() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    assert floor.refused(c.SubmitReview(5)) == r.WindowUnknown("")
    assert floor.refused(c.SubmitReview(5, window=WindowId("9"))) == r.WindowUnknown("9")
    assert floor.refused(c.SubmitReview(5, window=SOCIAL)) == r.ServiceNotGiven()
    assert floor.refused(c.SubmitReview(5, ticket=TicketId("nobody"))) == r.TicketUnknown("nobody")

"""What the code at a window offers to rate."""

from datetime import timedelta

from controller import commands as c
from controller.model import TicketId
from controller.plan import WindowId
from controller.review_offers import OFFERS_MAX, review_offers
from tests.support.core_floor import ALL, WINDOWS, Floor, floor_plan


def served(floor: Floor, window: WindowId = ALL) -> TicketId:
    floor.issue()
    ticket = floor.serve(window)
    assert ticket is not None
    floor.do(c.FinishService(window))
    return ticket


def offered(floor: Floor, window: WindowId = ALL, later_s: float = 0.0) -> list[str]:
    form = review_offers(floor.day, floor.day.windows[window], floor.at + timedelta(seconds=later_s))
    return [offer["ticket"] for offer in form["offers"]]


def floor() -> Floor:
    return Floor(floor_plan(), opened=(window.id for window in WINDOWS))


def test_the_newest_service_stands_first_and_what_is_rated_is_gone() -> None:
    hall = floor()
    first, second = served(hall), served(hall)
    assert offered(hall) == [second, first]
    hall.do(c.SubmitReview(5, ticket=second, window=ALL))
    assert offered(hall) == [first]


def test_a_window_offers_what_it_gave_itself() -> None:
    hall = floor()
    served(hall)
    hall.issue()
    hall.serve()  # and somebody is being served now
    other = next(window.id for window in WINDOWS if window.id != ALL)
    assert offered(hall, other) == []
    assert len(offered(hall)) == 1


def test_what_is_long_over_is_offered_no_more() -> None:
    hall = floor()
    ticket = served(hall)
    bound_s = hall.plan.policies.review_scan_s
    assert offered(hall, later_s=bound_s) == [ticket]
    assert offered(hall, later_s=bound_s + 1) == []


def test_no_more_are_offered_than_somebody_looks_through() -> None:
    hall = floor()
    tickets = [served(hall) for _ in range(OFFERS_MAX + 2)]
    assert offered(hall) == tickets[::-1][:OFFERS_MAX]


def test_the_form_names_the_window_and_no_person() -> None:
    hall = floor()
    served(hall)
    form = review_offers(hall.day, hall.day.windows[ALL], hall.at)
    assert form["label"] == hall.plan.window_by_id[ALL].label
    assert set(form["offers"][0]) == {"ticket", "number", "ended_at"}

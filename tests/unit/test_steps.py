"""Several services in one ticket, and packages (一件事): one window gives what it can, the rest keeps its place."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.assignment import windows_for
from controller.codec import event_from_json, event_to_json
from controller.evolve import evolve
from controller.model import CommandId, TicketId, TicketState
from controller.plan import Package, ServiceCode
from controller.steps import expanded, unrated_visit, unrated_visits
from controller.views import phone_form
from tests.support.core_floor import (
    ALL,
    INSURANCE,
    LICENCE,
    PENSION,
    POLICE,
    RESIDENCE,
    RURAL,
    SOCIAL,
    SUBSIDY,
    WINDOWS,
    Floor,
    floor_plan,
)

NEWBORN, STARTUP = ServiceCode("newborn"), ServiceCode("startup")
PACKAGES = (
    Package(NEWBORN, "出生一件事", (RESIDENCE, INSURANCE, SUBSIDY)),
    Package(STARTUP, "开办一件事", (LICENCE, INSURANCE), ordered=False),
)
WITHOUT_ALL = tuple(window for window in WINDOWS if window.id != ALL)
FIELDS = floor_plan(packages=PACKAGES, windows=WITHOUT_ALL)
OPENED = tuple(window.id for window in WITHOUT_ALL)


def test_a_package_is_its_services_in_order_each_once() -> None:
    assert expanded(FIELDS, (NEWBORN,)).services == (RESIDENCE, INSURANCE, SUBSIDY)
    assert expanded(FIELDS, (NEWBORN,)).ordered
    assert expanded(FIELDS, (NEWBORN,)).package == NEWBORN
    assert not expanded(FIELDS, (STARTUP,)).ordered
    both = expanded(FIELDS, (STARTUP, NEWBORN, PENSION))
    assert both.services == (LICENCE, INSURANCE, RESIDENCE, SUBSIDY, PENSION)
    assert both.ordered
    assert both.package is None


def test_a_package_is_taken_by_its_code() -> None:
    floor = Floor(FIELDS)
    ticket = floor.ticket(floor.issue(NEWBORN))
    assert ticket.services == (RESIDENCE, INSURANCE, SUBSIDY)
    assert ticket.package == NEWBORN
    assert ticket.number == "B001"
    assert windows_for(floor.day, ticket) == {POLICE}


def test_a_package_with_a_service_that_no_window_gives_is_refused() -> None:
    plan = replace(FIELDS, windows=tuple(window for window in WITHOUT_ALL if window.id != RURAL))
    assert Floor(plan).refused(c.IssueTicket((NEWBORN,))) == r.ServiceUnknown(SUBSIDY)


def test_a_window_for_everything_finishes_all_at_once() -> None:
    floor = Floor(floor_plan(packages=PACKAGES), opened=(ALL,))
    ticket = floor.issue(NEWBORN)
    floor.serve()
    (finished,) = floor.do(c.FinishService(ALL))
    assert isinstance(finished, e.ServiceFinished)
    assert floor.ticket(ticket).state is TicketState.FINISHED
    assert [visit.services for visit in floor.ticket(ticket).visits] == [(RESIDENCE, INSURANCE, SUBSIDY)]
    assert {code: pace.count for code, pace in floor.day.pace.items()} == {RESIDENCE: 1, INSURANCE: 1, SUBSIDY: 1}


def test_ordered_steps_go_from_window_to_window_and_keep_the_first_arrival() -> None:
    floor = Floor(FIELDS, opened=OPENED)
    ticket = floor.issue(NEWBORN)
    before = floor.ticket(ticket)
    later = floor.issue(INSURANCE)
    assert floor.serve(SOCIAL) == later
    floor.do(c.FinishService(SOCIAL))
    assert floor.call(SOCIAL) is None
    assert floor.serve(POLICE) == ticket
    (step,) = floor.do(c.FinishService(POLICE))
    assert isinstance(step, e.StepFinished)
    assert step.services == (RESIDENCE,)
    now = floor.ticket(ticket)
    assert (now.state, now.window, now.number, now.arrived_at) == (
        TicketState.WAITING,
        None,
        before.number,
        before.arrived_at,
    )
    assert now.remaining == (INSURANCE, SUBSIDY)
    waiting = floor.issue(INSURANCE)
    assert floor.serve(SOCIAL) == ticket, "its first arrival is kept"
    assert floor.do(c.CallNext(SOCIAL))[-1].ticket == waiting  # type: ignore[union-attr]
    assert floor.ticket(ticket).remaining == (SUBSIDY,)
    assert floor.serve(RURAL) == ticket
    floor.do(c.FinishService(RURAL))
    assert floor.ticket(ticket).state is TicketState.FINISHED
    assert [visit.window for visit in floor.ticket(ticket).visits] == [POLICE, SOCIAL, RURAL]


def test_free_steps_are_taken_by_the_first_free_window() -> None:
    """One ticket for several windows, the first free takes it."""
    floor = Floor(FIELDS, opened=OPENED)
    ticket = floor.issue(RESIDENCE, PENSION, SUBSIDY)
    assert windows_for(floor.day, floor.ticket(ticket)) == {POLICE, SOCIAL, RURAL}
    assert floor.serve(RURAL) == ticket
    assert floor.call(SOCIAL) is None
    floor.do(c.FinishService(RURAL))
    assert floor.ticket(ticket).services == (SUBSIDY, RESIDENCE, PENSION)
    assert floor.ticket(ticket).done == 1
    assert floor.serve(SOCIAL) == ticket
    floor.do(c.FinishService(SOCIAL))
    assert floor.ticket(ticket).remaining == (RESIDENCE,)


def test_a_free_ticket_is_at_one_window_at_a_time() -> None:
    floor = Floor(FIELDS, opened=OPENED)
    ticket = floor.issue(RESIDENCE, PENSION)
    assert floor.call(SOCIAL) == ticket
    assert floor.call(POLICE) is None


def test_a_stand_in_gives_what_the_absent_window_gives() -> None:
    floor = Floor(FIELDS, opened=OPENED)
    ticket = floor.issue(RESIDENCE, PENSION)
    floor.do(c.StepAway(POLICE, "开会", SOCIAL))
    assert floor.serve(SOCIAL) == ticket
    (finished,) = floor.do(c.FinishService(SOCIAL))
    assert isinstance(finished, e.ServiceFinished)


def test_a_window_to_which_a_ticket_was_sent_gives_the_next_step() -> None:
    floor = Floor(FIELDS, opened=OPENED)
    ticket = floor.issue(NEWBORN)
    floor.serve(POLICE)
    floor.do(c.TransferTicket(POLICE, RURAL))
    assert floor.serve(RURAL) == ticket
    floor.do(c.FinishService(RURAL))
    assert floor.ticket(ticket).remaining == (INSURANCE, SUBSIDY)


def test_a_transfer_for_other_services_keeps_what_is_done() -> None:
    floor = Floor(FIELDS, opened=OPENED)
    ticket = floor.issue(NEWBORN)
    floor.serve(POLICE)
    floor.do(c.FinishService(POLICE))
    floor.serve(SOCIAL)
    floor.do(c.TransferTicket(SOCIAL, services=(SUBSIDY,)))
    assert floor.ticket(ticket).services == (RESIDENCE, SUBSIDY)
    assert floor.ticket(ticket).remaining == (SUBSIDY,)


def test_every_visit_is_reviewed_once() -> None:
    floor = Floor(FIELDS, opened=OPENED)
    ticket = floor.issue(RESIDENCE, PENSION)
    floor.serve(POLICE)
    floor.do(c.FinishService(POLICE))
    assert floor.window(POLICE).finished == ticket
    floor.serve(SOCIAL)
    floor.do(c.FinishService(SOCIAL))
    (review,) = floor.do(c.SubmitReview(5, window=POLICE))
    assert isinstance(review, e.ReviewGiven)
    assert review.window == POLICE
    assert floor.window(SOCIAL).finished == ticket, "the other visit may still be rated"
    assert floor.window(POLICE).finished is None
    (review,) = floor.do(c.SubmitReview(4, ticket=ticket))
    assert isinstance(review, e.ReviewGiven)
    assert review.window == SOCIAL
    assert floor.refused(c.SubmitReview(4, ticket=ticket)) == r.AlreadyReviewed(floor.ticket(ticket).number)
    assert [visit.review for visit in floor.ticket(ticket).visits] == list(floor.day.reviews)


def test_a_pad_rates_the_visit_at_its_own_window() -> None:
    floor = Floor(FIELDS, opened=OPENED)
    ticket = floor.issue(RESIDENCE, PENSION)
    for window in (POLICE, SOCIAL):
        floor.serve(window)
        floor.do(c.FinishService(window))
    (review,) = floor.do(c.SubmitReview(5, ticket=ticket, window=POLICE))
    assert isinstance(review, e.ReviewGiven)
    assert review.window == POLICE


@pytest.mark.parametrize("codes", [(), (ServiceCode("unheard_of"),), (PENSION, ServiceCode("unheard_of"))])
def test_services_that_nobody_knows_are_refused(codes: tuple[ServiceCode, ...]) -> None:
    floor = Floor(FIELDS)
    assert isinstance(floor.refused(c.IssueTicket(codes)), r.ServiceUnknown)


def test_a_list_in_an_old_stream_is_called_for_its_first_service() -> None:
    """An event that was written before has no ``ordered``: it means what it meant."""
    floor = Floor(FIELDS, opened=OPENED)
    floor.issue(RESIDENCE, PENSION)
    name, version, form = event_to_json(floor.last(e.TicketIssued))
    old = event_from_json(name, version, {key: form[key] for key in form if key not in ("ordered", "package")})
    assert isinstance(old, e.TicketIssued)
    recorded = e.Recorded(floor.day.seq + 1, floor.at, "test", CommandId("old"), replace(old, ticket=TicketId("old")))
    ticket = evolve(floor.day, recorded).tickets[TicketId("old")]
    assert windows_for(floor.day, ticket) == {POLICE}


def test_what_each_window_gave_is_asked_for_once_as_soon_as_it_has_ended() -> None:
    floor = Floor(FIELDS, opened=OPENED)
    ticket = floor.issue(RESIDENCE, PENSION)

    def asked() -> list[tuple[str, list[str]]]:
        form = phone_form(floor.day, floor.ticket(ticket), floor.at)
        return [(one["window"], one["services"]) for one in form["unrated"]]

    floor.serve(POLICE)
    assert asked() == []
    floor.do(c.FinishService(POLICE))
    assert floor.ticket(ticket).state is TicketState.WAITING
    assert asked() == [(POLICE, [RESIDENCE])]
    floor.serve(SOCIAL)
    floor.do(c.FinishService(SOCIAL))
    assert asked() == [(POLICE, [RESIDENCE]), (SOCIAL, [PENSION])], "the one that is being rated stays the first"
    floor.do(c.SubmitReview(5, ticket=ticket, window=POLICE))
    assert asked() == [(SOCIAL, [PENSION])]
    floor.do(c.SubmitReview(4, ticket=ticket, window=SOCIAL))
    assert asked() == []


def test_of_one_window_that_gave_twice_the_visit_is_asked_for_that_a_review_by_its_window_rates() -> None:
    floor = Floor(FIELDS, opened=OPENED)
    ticket = floor.issue(RESIDENCE, PENSION)
    floor.serve(POLICE)
    floor.do(c.FinishService(POLICE))
    first = floor.ticket(ticket).visits[0]
    later = replace(first, ended_at=first.ended_at + timedelta(minutes=5), services=(PENSION,))
    twice = replace(floor.ticket(ticket), visits=(first, later))
    assert unrated_visits(twice) == (later,)
    assert unrated_visit(twice, POLICE) == 1

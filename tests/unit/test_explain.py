"""Why a ticket stands where it stands: every reason is given where it is so, and can be said in every language."""

import string
from dataclasses import replace

import pytest

from controller import commands as c
from controller.explain import AHEAD_SHOWN_MAX, Explanation, explain, why_next
from controller.model import TicketId, TicketState
from controller.plan import Lane, WindowId
from controller.runtime.catalogue import languages, messages, text
from tests.support.core_floor import ALL, PENSION, RESIDENCE, RURAL, SOCIAL, Floor, floor_plan, floor_with


def told(floor: Floor, ticket: TicketId) -> Explanation:
    return explain(floor.day, floor.ticket(ticket), floor.at)


def codes(floor: Floor, ticket: TicketId) -> list[str]:
    return [reason.code for reason in told(floor, ticket).reasons]


def ahead(floor: Floor, ticket: TicketId, window: WindowId = ALL) -> dict[TicketId, list[str]]:
    (place,) = (place for place in told(floor, ticket).places if place.window.id == window)
    return {other.ticket.id: [reason.code for reason in other.reasons] for other in place.ahead}


def test_lane_points_and_place_by_window() -> None:
    floor = Floor(opened=(SOCIAL,), step_s=0)
    first = floor.issue()
    floor.wait(60)
    green = floor.issue(lane=Lane.GREEN)
    floor.issue(RESIDENCE)
    floor.wait(120)
    explanation = told(floor, green)
    assert (explanation.rate, explanation.waited_s, explanation.points) == (2.0, 120, 240)
    assert [(place.window.id, place.place) for place in explanation.places] == [(SOCIAL, 1), (ALL, 1)]
    assert codes(floor, green) == ["lane_green", "points"]
    assert codes(floor, first) == ["lane_normal", "points"]
    assert ahead(floor, first) == {green: ["ahead_points"]}
    assert told(floor, first).reasons[1].params == {"minutes": 3, "points": 180}


def test_a_window_tells_why_it_calls_whom_it_calls_next() -> None:
    floor = Floor(opened=(SOCIAL,), step_s=0)
    assert why_next(floor.day, SOCIAL, floor.at) == ()
    floor.issue()
    floor.wait(60)
    green = floor.issue(lane=Lane.GREEN)
    floor.wait(120)
    assert why_next(floor.day, SOCIAL, floor.at) == told(floor, green).reasons


def test_the_bound_is_told_as_it_is_neared_and_reached() -> None:
    floor = Floor(floor_plan(green_rate=50.0, overtakes_max=2, excess_wait_s_max=600), opened=(ALL,))
    normal = floor.issue()
    green = [floor.issue(lane=Lane.GREEN) for _ in range(3)]
    floor.wait(60)
    floor.serve()
    floor.do(c.FinishService(ALL))
    assert codes(floor, normal)[2:] == ["overtaken", "excess_left"]
    assert not told(floor, normal).due
    floor.serve()
    assert codes(floor, normal)[2:] == ["bound_reached", "excess_left"]
    assert told(floor, normal).due
    assert told(floor, normal).overtaken == 2
    assert ahead(floor, green[2]) == {normal: ["ahead_bound"]}
    floor.wait(600)
    assert codes(floor, normal)[3:] == ["excess_reached"]


def test_who_lets_others_go_first_is_told_how_many() -> None:
    floor = Floor(opened=(ALL,))
    passed = floor.issue()
    floor.call()
    floor.do(c.PassTicket(ALL))
    other = floor.issue()
    floor.do(c.ReturnTicket(passed))
    assert told(floor, passed).deferred_calls == 3
    assert codes(floor, passed) == ["lane_normal", "points", "deferred"]
    assert ahead(floor, passed) == {other: ["ahead_deferred"]}
    assert ahead(floor, other) == {}


def test_of_one_instant_the_first_issued_came_earlier() -> None:
    floor = Floor(opened=(ALL,), step_s=0)
    first, second = floor.issue(), floor.issue()
    assert ahead(floor, second) == {first: ["ahead_earlier"]}


def test_for_whom_a_ticket_waits() -> None:
    floor = Floor()
    floor.do(c.OpenWindow(ALL, "李"))
    floor.do(c.OpenWindow(SOCIAL, "王"))
    ticket = floor.issue()
    floor.do(c.AssignClerk(ticket, "王"))
    assert codes(floor, ticket)[2:] == ["for_clerk"]
    later = floor.issue()
    assert ahead(floor, later, SOCIAL) == {ticket: ["ahead_points", "for_clerk"]}
    floor.do(c.StepAway(SOCIAL, "开会"))
    assert codes(floor, ticket)[2:] == ["clerk_absent"]
    floor.serve(ALL)
    floor.do(c.ComeBack(SOCIAL))
    floor.do(c.TransferTicket(ALL, SOCIAL))
    assert codes(floor, ticket)[2:] == ["for_window"]


def test_without_an_open_window_it_says_so() -> None:
    floor = Floor()
    ticket = floor.issue()
    assert codes(floor, ticket)[2:] == ["no_window_open"]
    plan = floor_plan()
    floor.do(c.ChangePlan(replace(plan, services=tuple(s for s in plan.services if s.code != PENSION))))
    assert codes(floor, ticket)[2:] == ["no_window"]
    assert told(floor, ticket).places == ()


@pytest.mark.parametrize("state", [state for state in TicketState if state is not TicketState.WAITING])
def test_who_does_not_wait_has_no_place(state: TicketState) -> None:
    floor, ticket = floor_with(state)
    explanation = told(floor, ticket)
    assert [reason.code for reason in explanation.reasons] == [f"state_{state}"]
    assert (explanation.places, explanation.due, explanation.deferred_calls) == ((), False, 0)


def test_of_many_ahead_only_the_first_are_named() -> None:
    floor = Floor(opened=(ALL, RURAL))
    for _ in range(AHEAD_SHOWN_MAX + 5):
        last = floor.issue()
    (place, *_) = told(floor, last).places
    assert (place.place, len(place.ahead)) == (AHEAD_SHOWN_MAX + 5, AHEAD_SHOWN_MAX)


@pytest.mark.parametrize("language", languages())
def test_every_reason_can_be_said(language: str) -> None:
    """The catalogue's placeholders are those that the reasons bring."""
    params = {
        "points": {"minutes", "points"},
        "deferred": {"calls"},
        "overtaken": {"count", "most"},
        "bound_reached": {"count", "most"},
        "excess_left": {"minutes"},
        "excess_reached": {"minutes"},
        "for_window": {"label"},
        "for_clerk": {"clerk"},
        "clerk_absent": {"clerk"},
        "no_window": set(),
        "no_window_open": set(),
        "ahead_deferred": set(),
        "ahead_bound": {"count"},
        "ahead_earlier": set(),
        "ahead_points": {"theirs", "mine"},
        **{f"lane_{lane}": {"rate"} for lane in Lane},
        **{f"state_{state}": set() for state in TicketState if state is not TicketState.WAITING},
    }
    known = {key.removeprefix("explain."): said for key, said in messages(language).items() if "explain." in key}
    assert known.keys() == params.keys()
    for code, said in known.items():
        assert {name for _, name, _, _ in string.Formatter().parse(said) if name is not None} == params[code]
        assert text(f"explain.{code}", language, **dict.fromkeys(params[code], "7"))

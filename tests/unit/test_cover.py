"""AB cover (AB岗): who is away is stood in for at once, and everything is given back; who staffs which post."""

from datetime import date

import pytest

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.assignment import eligible, held_for, windows_for
from controller.cover import Role, post_of, stand_in
from controller.estimates import wait_range_s
from controller.plan import Post, PostId, Shift, WindowId
from controller.views import window_form
from tests.support.core_floor import (
    ALL,
    PENSION,
    POLICE,
    RESIDENCE,
    RURAL,
    SOCIAL,
    SUBSIDY,
    Floor,
    floor_plan,
    without_windows,
)

POSTS = (
    Post(PostId("police"), POLICE, "wang", ("li", "zhao"), "公安岗"),
    Post(PostId("social"), SOCIAL, "li", ("wang",)),
    Post(PostId("rural"), RURAL, "zhao"),
)
PLAN = without_windows(floor_plan(posts=POSTS), ALL)


def staffed(**clerks: str) -> Floor:
    windows = {"police": POLICE, "social": SOCIAL, "rural": RURAL}
    floor = Floor(PLAN)
    for post, clerk in clerks.items():
        floor.do(c.OpenWindow(windows[post], clerk))
    return floor


def waits_for(floor: Floor, window: WindowId) -> int:
    return sum(1 for _ in eligible(floor.day, window))


def test_the_b_post_takes_over_at_once_and_gives_back() -> None:
    floor = staffed(police="wang", social="li")
    ticket = floor.issue(RESIDENCE)
    assert waits_for(floor, SOCIAL) == 0
    (away,) = floor.do(c.StepAway(POLICE, "开会"))
    assert isinstance(away, e.WindowSteppedAway)
    assert away.substitute == SOCIAL
    assert waits_for(floor, SOCIAL) == 1
    assert windows_for(floor.day, floor.ticket(ticket)) == {POLICE, SOCIAL}
    assert window_form(floor.day, floor.window(POLICE))["substitute"] == SOCIAL
    assert window_form(floor.day, floor.window(SOCIAL))["covers"] == [POLICE]
    floor.do(c.ComeBack(POLICE))
    assert waits_for(floor, SOCIAL) == 0
    assert window_form(floor.day, floor.window(SOCIAL))["covers"] == []


def test_who_is_named_goes_before_the_plan() -> None:
    floor = staffed(police="wang", social="li", rural="zhao")
    floor.do(c.StepAway(POLICE, "开会", RURAL))
    assert stand_in(floor.day, POLICE) == RURAL


def test_the_second_backup_stands_in_where_the_first_is_not_there() -> None:
    floor = staffed(police="wang", rural="zhao")
    floor.do(c.StepAway(POLICE, "开会"))
    assert stand_in(floor.day, POLICE) == RURAL


def test_a_b_post_that_comes_later_stands_in_from_then_on() -> None:
    floor = staffed(police="wang")
    ticket = floor.issue(RESIDENCE)
    floor.do(c.StepAway(POLICE, "开会"))
    assert stand_in(floor.day, POLICE) is None
    opened, covered = floor.do(c.OpenWindow(SOCIAL, "li"))
    assert isinstance(opened, e.WindowOpened)
    assert covered == e.WindowCovered(POLICE, SOCIAL)
    assert floor.call(SOCIAL) == ticket


def test_where_the_stand_in_leaves_too_whoever_stands_in_for_it_does_for_both() -> None:
    floor = staffed(police="wang", social="li", rural="zhao")
    ticket = floor.issue(RESIDENCE)
    floor.do(c.StepAway(POLICE, "开会", SOCIAL))
    floor.do(c.StepAway(SOCIAL, "开会", RURAL))
    assert stand_in(floor.day, POLICE) == RURAL
    assert window_form(floor.day, floor.window(POLICE))["substitute"] == RURAL
    assert floor.call(RURAL) == ticket


def test_where_the_stand_in_closes_the_plan_is_asked_again() -> None:
    floor = staffed(police="wang", social="li", rural="zhao")
    floor.do(c.StepAway(POLICE, "开会"))
    assert stand_in(floor.day, POLICE) == SOCIAL
    assert floor.do(c.CloseWindow(SOCIAL))[-1] == e.WindowCovered(POLICE, RURAL)
    floor.do(c.CloseWindow(RURAL))
    assert stand_in(floor.day, POLICE) is None


def test_a_stand_in_goes_on_with_what_its_colleague_set_aside() -> None:
    floor = staffed(police="wang", social="li")
    ticket = floor.issue(RESIDENCE)
    floor.serve(POLICE)
    floor.do(c.HoldTicket(POLICE))
    floor.do(c.StepAway(POLICE, "开会"))
    assert [held.id for held in held_for(floor.day, SOCIAL)] == [ticket]
    floor.do(c.ResumeTicket(SOCIAL))
    floor.do(c.FinishService(SOCIAL))


def test_the_wait_follows_who_stands_in() -> None:
    floor = staffed(police="wang", social="li")
    floor.do(c.StepAway(POLICE, "开会"))
    assert wait_range_s(floor.day, RESIDENCE, 0) == (0, 0), "the stand-in is free"
    floor.issue(PENSION)
    floor.serve(SOCIAL)
    assert wait_range_s(floor.day, RESIDENCE, 0) > (0, 0)


def test_a_new_plan_may_name_a_stand_in() -> None:
    floor = Floor(without_windows(floor_plan(), ALL))
    floor.do(c.OpenWindow(POLICE, "wang"))
    floor.do(c.OpenWindow(SOCIAL, "li"))
    floor.do(c.StepAway(POLICE, "开会"))
    assert stand_in(floor.day, POLICE) is None
    assert floor.do(c.ChangePlan(PLAN))[-1] == e.WindowCovered(POLICE, SOCIAL)


@pytest.mark.parametrize(
    ("window", "clerk", "role"),
    [
        (POLICE, "wang", Role.A),
        (POLICE, "li", Role.B),
        (POLICE, "somebody", None),
        (RURAL, "chen", Role.A),
        (RURAL, "late", None),
        (SOCIAL, None, None),
    ],
)
def test_the_plan_tells_whether_a_clerk_is_at_the_a_or_the_b_post(
    window: WindowId, clerk: str | None, role: Role | None
) -> None:
    roster = (Shift(PostId("rural"), "chen"), Shift(PostId("rural"), "late", first=date(2026, 4, 1)))
    floor = Floor(floor_plan(posts=POSTS, roster=roster))
    floor.do(c.OpenWindow(window, clerk))
    found = post_of(floor.day, floor.window(window))
    assert (found[1] if found else None) == role
    form = window_form(floor.day, floor.window(window))
    assert form["role"] == role
    assert (form["post"] is None) == (role is None)


def test_a_clerk_may_staff_one_window_only_where_the_hall_wants_that() -> None:
    floor = Floor(floor_plan(clerk_at_one_window=True), opened=(ALL,))
    assert floor.refused(c.OpenWindow(SOCIAL, "clerk-1")) == r.ClerkElsewhere("clerk-1", ALL)
    floor.do(c.StepAway(ALL, "开会"))
    assert isinstance(floor.refused(c.OpenWindow(SOCIAL, "clerk-1")), r.ClerkElsewhere)
    floor.do(c.OpenWindow(SOCIAL, "clerk-2"))
    floor.do(c.OpenWindow(POLICE))
    floor.do(c.OpenWindow(RURAL))
    floor.do(c.CloseWindow(ALL))
    floor.do(c.CloseWindow(SOCIAL))
    floor.do(c.OpenWindow(SOCIAL, "clerk-1"))
    assert Floor(opened=(ALL, SOCIAL)).issue(SUBSIDY)

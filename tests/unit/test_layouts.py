"""Who serves what: two layouts over one matrix of skills, and special matters that always find a window."""

from dataclasses import replace
from typing import Any

import pytest

from controller import commands as c
from controller import events as e
from controller.assignment import windows_for
from controller.floor_view import floor_form
from controller.ids import ServiceCode, WindowId
from controller.model import TicketState
from controller.plan import Field, Layout, Plan, Selector, Service, Window, WindowKind
from tests.support.core_floor import (
    ALL,
    GRIEVANCE,
    INSURANCE,
    PENSION,
    POLICE,
    RELIEF,
    RESIDENCE,
    RURAL,
    SOCIAL,
    SUBSIDY,
    UNRESOLVED,
    WINDOWS,
    Floor,
    floor_plan,
    without_windows,
)

CROSS = ServiceCode("cross_region_social_security")
EIGHT = WindowId("8")
SPECIALS = [WindowKind.ASSISTED, WindowKind.UNRESOLVED, WindowKind.CROSS_REGION, WindowKind.OUTPUT]


def special_plan(kind: WindowKind, *windows: Window, **changes: Any) -> Plan:
    """Return a hall whose last service is of a special kind."""
    matter = Service(CROSS, "异地事项", Field.SOCIAL, "人社", special=kind)
    plan = floor_plan(**changes)
    return replace(plan, services=(*plan.services, matter), windows=(*plan.windows, *windows))


def window(number: int, kind: WindowKind, *serves: Selector) -> Window:
    return Window(WindowId(str(number)), f"{number}号窗口", number, kind, serves)


# -- layouts -----------------------------------------------------------------------------------------------------------


def test_by_fields_a_window_serves_what_it_names() -> None:
    served = floor_plan(layout=Layout.FIELDS).windows_for
    assert served[PENSION] == {ALL, SOCIAL}
    assert served[RESIDENCE] == {ALL, POLICE}
    assert served[SUBSIDY] == {ALL, RURAL}
    assert served[GRIEVANCE] == {ALL, UNRESOLVED}


def test_undifferentiated_every_comprehensive_window_serves_all_and_special_ones_stay() -> None:
    served = floor_plan(layout=Layout.UNDIFFERENTIATED).windows_for
    for code in (PENSION, RESIDENCE, SUBSIDY):
        assert served[code] == {ALL, SOCIAL, POLICE, RURAL}
    assert served[GRIEVANCE] == {ALL, SOCIAL, POLICE, RURAL, UNRESOLVED}


def test_undifferentiated_a_window_serves_no_more_than_its_people_can() -> None:
    windows = tuple(
        replace(entry, skills=(Selector(field=Field.RURAL), Selector(code=PENSION))) if entry.id == SOCIAL else entry
        for entry in WINDOWS
    )
    served = floor_plan(windows=windows, layout=Layout.UNDIFFERENTIATED).windows_for
    assert SOCIAL in served[PENSION]
    assert SOCIAL in served[SUBSIDY]
    assert SOCIAL not in served[INSURANCE]
    assert floor_plan(windows=windows).windows_for[INSURANCE] == {ALL, SOCIAL}


def test_a_switch_is_one_member_of_the_plan_and_takes_effect_while_people_wait() -> None:
    floor = Floor(opened=(POLICE,))
    first, second = floor.issue(PENSION), floor.issue(RESIDENCE)
    floor.do(c.ChangePlan(floor_plan(layout=Layout.UNDIFFERENTIATED)))
    assert floor.call(POLICE) == first
    floor.do(c.FinishService(POLICE))
    floor.do(c.ChangePlan(floor_plan(layout=Layout.FIELDS)))
    third = floor.issue(PENSION)
    assert floor.call(POLICE) == second
    floor.do(c.FinishService(POLICE))
    assert floor.call(POLICE) is None
    assert floor.day.waiting == (third,)


# -- special matters (policy task 6) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SPECIALS)
@pytest.mark.parametrize("layout", Layout)
def test_a_special_window_takes_its_own_matters_alone(kind: WindowKind, layout: Layout) -> None:
    plan = special_plan(kind, window(8, kind, Selector(code="*")), layout=layout)
    assert plan.windows_for[CROSS] == {"8"}
    assert {"8"} < plan.windows_for[PENSION]  # it may serve other matters as well


@pytest.mark.parametrize("kind", SPECIALS)
@pytest.mark.parametrize("layout", Layout)
def test_without_a_special_window_the_comprehensive_ones_do_the_work_by_themselves(
    kind: WindowKind, layout: Layout
) -> None:
    plan = without_windows(special_plan(kind, layout=layout), UNRESOLVED)
    assert plan.windows_for[CROSS] == {ALL}


def test_comprehensive_windows_do_it_even_where_they_name_other_matters() -> None:
    only = replace(WINDOWS[0], serves=(Selector(code=RELIEF),))
    plan = special_plan(WindowKind.ASSISTED, windows=(only, *WINDOWS[1:]))
    assert plan.windows_for[CROSS] == {ALL}


def test_a_hall_of_field_windows_gives_it_to_the_field_or_with_none_to_all() -> None:
    plan = without_windows(special_plan(WindowKind.ASSISTED), ALL)
    assert plan.windows_for[CROSS] == {SOCIAL}
    plan = without_windows(plan, SOCIAL)
    assert plan.windows_for[CROSS] == {POLICE, RURAL}


def test_a_special_window_that_names_other_matters_only_leaves_it_to_the_comprehensive_ones() -> None:
    plan = special_plan(WindowKind.OUTPUT, window(8, WindowKind.OUTPUT, Selector(code=PENSION)))
    assert plan.windows_for[CROSS] == {ALL}


def test_a_window_that_names_a_special_matter_by_its_code_shares_it() -> None:
    sharing = replace(WINDOWS[1], serves=(*WINDOWS[1].serves, Selector(code=CROSS)))
    plan = special_plan(
        WindowKind.ASSISTED,
        window(8, WindowKind.ASSISTED, Selector(code="*")),
        windows=(WINDOWS[0], sharing, *WINDOWS[2:]),
    )
    assert plan.windows_for[CROSS] == {"8", SOCIAL}


def test_when_the_special_window_goes_who_waits_for_it_goes_to_the_others() -> None:
    """No place is lost: nobody is told of it, nobody is stranded."""
    plan = special_plan(WindowKind.ASSISTED, window(8, WindowKind.ASSISTED, Selector(code="*")))
    floor = Floor(plan, opened=(ALL, EIGHT))
    ticket = floor.issue(CROSS)
    assert floor.call(ALL) is None
    without = without_windows(plan, WindowId("8"))
    assert floor.do(c.ChangePlan(without)) == (e.PlanChanged(without, ()),)
    assert floor.call(ALL) == ticket


def assisted_floor(*opened: WindowId, **policies: Any) -> Floor:
    """Return a floor with a window for 帮办代办, number 8, that takes its own matter alone."""
    plan = special_plan(WindowKind.ASSISTED, window(8, WindowKind.ASSISTED, Selector(code="*")), **policies)
    return Floor(plan, opened=opened)


@pytest.mark.parametrize("layout", Layout)
def test_while_nobody_is_at_the_special_window_the_comprehensive_ones_help_out(layout: Layout) -> None:
    floor = assisted_floor(ALL, layout=layout)
    ticket = floor.issue(CROSS)
    assert floor.ticket(ticket).wait_p50_s == 0, "a window is free, and may call"
    assert floor.call(ALL) == ticket
    floor.do(c.FinishService(ALL))
    assert floor.ticket(ticket).state is TicketState.FINISHED


def test_they_help_out_while_the_special_window_is_left_with_nobody_in_its_place() -> None:
    floor = assisted_floor(ALL, SOCIAL, EIGHT)
    ticket = floor.ticket(floor.issue(CROSS))
    assert windows_for(floor.day, ticket) == {EIGHT}
    floor.do(c.StepAway(EIGHT, "开会"))
    assert windows_for(floor.day, ticket) == {EIGHT, ALL}
    floor.do(c.ComeBack(EIGHT))
    assert windows_for(floor.day, ticket) == {EIGHT}
    floor.do(c.StepAway(EIGHT, "开会", SOCIAL))
    assert windows_for(floor.day, ticket) == {EIGHT, SOCIAL}, "somebody stands in there"


def test_a_floor_that_calls_by_itself_calls_them_too() -> None:
    floor = assisted_floor(ALL, auto_call=True)
    ticket = floor.issue(CROSS)
    assert floor.window(ALL).ticket == ticket


def test_a_hall_may_want_it_otherwise_and_its_manager_is_told() -> None:
    floor = assisted_floor(ALL, special_fallback=False)
    floor.issue(CROSS)
    assert floor.call(ALL) is None
    assert [waiting["manned"] for waiting in floor_form(floor.day, floor.at)["longest"]] == [False]

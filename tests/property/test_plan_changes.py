"""Whatever plans follow one another while people wait, and whichever layout is in force, nobody loses a place."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controller import commands as c
from controller import events as e
from controller.assignment import serving_now, stranded
from controller.model import HallDay, TicketId, TicketState
from controller.plan import Layout, Plan, Selector, Service, ServiceCode, WindowKind
from controller.plan_check import faults
from controller.refusals import Refusal
from tests.support.core_floor import ALL, SERVICES, WINDOWS, Floor, floor_plan

SPECIAL = ServiceCode("special")
KINDS = st.sampled_from([None, WindowKind.ASSISTED, WindowKind.UNRESOLVED, WindowKind.CROSS_REGION, WindowKind.OUTPUT])
SKILLS = [(), (Selector(code="*"),), *((Selector(code=service.code),) for service in SERVICES)]


@st.composite
def plans(draw: st.DrawFn, *, withdraws: bool = True) -> Plan:
    """Draw a plan of the same hall: other windows, skills and special kinds, and with ``withdraws`` fewer services."""
    windows = draw(st.lists(st.sampled_from(WINDOWS), min_size=1, unique=True))
    if ALL not in {window.id for window in windows} and not withdraws:
        windows = [WINDOWS[0], *windows]
    services = draw(st.lists(st.sampled_from(SERVICES), min_size=1, unique=True)) if withdraws else list(SERVICES)
    special = replace(services[0], code=SPECIAL, special=draw(KINDS))
    skilled = [replace(window, skills=() if window.id == ALL else draw(st.sampled_from(SKILLS))) for window in windows]
    return floor_plan(
        windows=tuple(skilled), services=(*services, special), layout=draw(st.sampled_from(Layout)), devices=()
    )


PLAN = floor_plan(services=(*SERVICES, Service(SPECIAL, "特色事项", SERVICES[0].field, "中心")), devices=())
WANTED = st.lists(st.sampled_from([service.code for service in PLAN.services]), min_size=1, max_size=8)


def places(day: HallDay) -> dict[TicketId, tuple[Any, ...]]:
    """Return all that a place is made of, by ticket."""
    return {
        ticket.id: (ticket.number, ticket.arrived_at, ticket.order, ticket.services, ticket.lane, ticket.token)
        for ticket in day.tickets.values()
    }


def waiting_floor(wanted: list[ServiceCode]) -> Floor:
    floor = Floor(PLAN, opened=(ALL,))
    for code in wanted:
        floor.issue(code)
    return floor


@given(wanted=WANTED, following=st.lists(plans(), min_size=1, max_size=4))
def test_every_place_outlives_every_plan(wanted: list[ServiceCode], following: list[Plan]) -> None:
    floor = waiting_floor(wanted)
    before = places(floor.day)
    for plan in following:
        (changed,) = floor.do(c.ChangePlan(plan))
        assert isinstance(changed, e.PlanChanged)
        assert set(changed.stranded) == set(stranded(floor.day))
        assert places(floor.day) == before
        assert set(floor.day.waiting) == set(before)
    floor.do(c.ChangePlan(PLAN))
    assert stranded(floor.day) == ()
    if floor.window(ALL).status == "closed":
        floor.do(c.OpenWindow(ALL, "clerk-1"))
    for ticket in sorted(before, key=lambda ticket: before[ticket][2]):
        assert floor.call(ALL) == ticket, "in the order in which they came"
        floor.do(c.FinishService(ALL))


@given(wanted=WANTED, following=st.lists(plans(withdraws=False), min_size=1, max_size=4), data=st.data())
def test_a_plan_without_faults_strands_nobody_whom_it_still_serves(
    wanted: list[ServiceCode], following: list[Plan], data: st.DataObject
) -> None:
    floor = waiting_floor(wanted)
    for plan in following:
        floor.do(c.ChangePlan(plan))
        assert stranded(floor.day) == ()
        assert not [fault for fault in faults(plan) if fault.code == "service_at_no_window"]
        window = data.draw(st.sampled_from(sorted(floor.day.windows)))
        if floor.window(window).status == "closed":
            floor.do(c.OpenWindow(window, "clerk-2"))
        called = floor.ask(c.CallNext(window))
        assert not isinstance(called, Refusal)
        served = floor.window(window).ticket
        if served is not None:
            assert window in serving_now(floor.day, floor.ticket(served).services)
            floor.do(c.FinishService(window))
            assert floor.ticket(served).state is TicketState.FINISHED


@given(plan=plans())
def test_only_a_hall_without_comprehensive_and_field_windows_leaves_a_special_matter_to_others(plan: Plan) -> None:
    special = plan.service_by_code[SPECIAL]
    if special.special is not None:
        served_by = {plan.window_by_id[window].kind for window in plan.windows_for[SPECIAL]}
        there = {window.kind for window in plan.windows}
        sharing = {WindowKind.COMPREHENSIVE, WindowKind.FIELD}
        assert served_by or not there & sharing
        assert served_by <= {special.special} | sharing
        if special.special not in served_by and WindowKind.COMPREHENSIVE in there:
            assert served_by == {WindowKind.COMPREHENSIVE}

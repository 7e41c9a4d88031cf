"""Which windows the demo's clerks have, and which one is left for the visitor."""

from dataclasses import replace

from api.demo.roster import roster, substitute_of
from api.plan_file import sample_plan
from controller.plan import WindowId, WindowKind
from tests.support.core_floor import ALL, GRIEVANCE, POLICE, RURAL, SOCIAL, UNRESOLVED, floor_plan, without_windows


def test_the_sample_hall_leaves_a_comprehensive_window_to_the_visitor() -> None:
    plan = sample_plan()
    staffed, visitor = roster(plan)
    assert visitor is not None
    assert plan.window_by_id[visitor].kind is WindowKind.COMPREHENSIVE
    assert visitor not in staffed
    assert all(windows & staffed for windows in plan.windows_for.values()), "nobody waits for the visitor"
    assert len(staffed) >= 3
    kinds = {plan.window_by_id[window].kind for window in staffed}
    assert WindowKind.UNRESOLVED not in kinds


def test_a_window_that_alone_serves_something_has_a_clerk() -> None:
    plan = without_windows(floor_plan(), ALL)
    staffed, visitor = roster(plan)
    assert visitor is None
    assert staffed == {SOCIAL, POLICE, RURAL, UNRESOLVED}


def test_where_one_for_everything_is_there_the_special_ones_can_be_spared_one_by_one() -> None:
    staffed, visitor = roster(floor_plan())
    assert ALL in staffed
    assert visitor is not None
    assert visitor not in staffed


def test_a_hall_with_one_window_has_none_to_spare() -> None:
    plan = floor_plan()
    staffed, visitor = roster(replace(plan, windows=plan.windows[:1]))
    assert (staffed, visitor) == ({ALL}, None)


def test_a_service_that_no_window_serves_is_nobodys_fault() -> None:
    plan = replace(floor_plan(), windows=floor_plan().windows[1:4])
    assert not plan.windows_for[GRIEVANCE]
    staffed, _ = roster(plan)
    assert staffed == {SOCIAL, POLICE, RURAL}


def test_the_substitute_is_an_open_window_that_serves_the_same() -> None:
    plan = floor_plan()
    assert substitute_of(plan, SOCIAL, frozenset({ALL, POLICE, RURAL})) == ALL
    assert substitute_of(plan, SOCIAL, frozenset({POLICE, RURAL})) is None
    assert substitute_of(plan, SOCIAL, frozenset({SOCIAL})) is None
    assert substitute_of(plan, SOCIAL, frozenset()) is None
    assert substitute_of(plan, WindowId("1"), frozenset({SOCIAL, RURAL})) == SOCIAL

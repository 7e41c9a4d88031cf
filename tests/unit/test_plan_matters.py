"""Faults of services, packages, posts, rosters and opening hours, and what a manager is warned of."""

from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.main import app
from api.plan_file import check_file, plan_warnings
from controller.ids import PostId, ServiceCode, WindowId
from controller.opening import ExceptionalDay, Opening, WeekHours
from controller.plan import (
    Guide,
    Hours,
    Layout,
    Material,
    Package,
    Plan,
    Post,
    Selector,
    Shift,
    Window,
    WindowKind,
)
from controller.plan_check import Fault, faults
from controller.plan_warnings import warnings
from controller.runtime.catalogue import languages, text
from tests.support.core_floor import ALL, INSURANCE, PENSION, SOCIAL, floor_plan

PLAN = floor_plan()
TODAY = date(2026, 3, 2)
A, B = "岗位甲", "岗位乙"
POST = Post(PostId("p1"), ALL, A, (B,))


def service(**changes: Any) -> Plan:
    return replace(PLAN, services=(replace(PLAN.services[0], **changes), *PLAN.services[1:]))


def package(**changes: Any) -> Plan:
    whole = Package(ServiceCode("retire"), "退休一件事", (PENSION, INSURANCE))
    return replace(PLAN, packages=(replace(whole, **changes),))


def post(**changes: Any) -> Plan:
    return replace(PLAN, posts=(replace(POST, **changes),))


def shift(**changes: Any) -> Plan:
    return replace(PLAN, posts=(POST,), roster=(replace(Shift(POST.id, A), **changes),))


def opening(*week: WeekHours, days: tuple[ExceptionalDay, ...] = ()) -> Plan:
    return replace(PLAN, opening=Opening(week, days=days))


def hours(opens: int, closes: int, *weekdays: int) -> WeekHours:
    return WeekHours(time(opens), time(closes), weekdays or (1, 2, 3, 4, 5))


CASES: list[tuple[Plan, Fault]] = [
    (service(special=WindowKind.FIELD), Fault("/services/0/special", "not_special", "field")),
    (service(quota=-1), Fault("/services/0/quota", "bad_quota", "-1")),
    (service(legal_days=-1), Fault("/services/0/legal_days", "bad_days", "-1")),
    (service(promised_days=-2), Fault("/services/0/promised_days", "bad_days", "-2")),
    (service(legal_days=5, promised_days=6), Fault("/services/0/promised_days", "promised_after_legal", "6 > 5")),
    (service(conditions=("",)), Fault("/services/0/conditions/0", "empty_text", PENSION)),
    (service(steps=("a", " ")), Fault("/services/0/steps/1", "empty_text", PENSION)),
    (service(materials=(Material("证"), Material("证"))), Fault("/services/0/materials", "twice", "证")),
    (service(aliases=("a", "a")), Fault("/services/0/aliases", "twice", "a")),
    (service(guide=Guide(" ")), Fault("/services/0/guide/version", "empty_text", PENSION)),
    (
        service(guide=Guide("1", date(2026, 2, 2), date(2026, 2, 1))),
        Fault("/services/0/guide", "dates_backwards", "2026-02-02–2026-02-01"),
    ),
    (package(name=""), Fault("/packages/0/name", "empty_name", "retire")),
    (package(code=PENSION), Fault("/packages/0/code", "package_like_service", PENSION)),
    (package(code=ServiceCode("退休")), Fault("/packages/0", "bad_id", "退休")),
    (package(services=()), Fault("/packages/0/services", "empty_list", "retire")),
    (package(services=(PENSION, ServiceCode("x"))), Fault("/packages/0/services/1", "service_unknown", "x")),
    (package(services=(PENSION, PENSION)), Fault("/packages/0/services", "twice", PENSION)),
    (post(window=WindowId("9")), Fault("/posts/0/window", "window_unknown", "9")),
    (post(primary=""), Fault("/posts/0/primary", "empty_clerk", "p1")),
    (post(backups=("",)), Fault("/posts/0/backups/0", "empty_clerk", "p1")),
    (post(backups=(B, A)), Fault("/posts/0/backups/1", "backup_is_primary", A)),
    (post(backups=(B, B)), Fault("/posts/0/backups", "twice", B)),
    (replace(PLAN, posts=(POST, POST)), Fault("/posts", "twice", "p1")),
    (shift(post=PostId("p9")), Fault("/roster/0/post", "post_unknown", "p9")),
    (shift(clerk=" "), Fault("/roster/0/clerk", "empty_clerk", "p1")),
    (shift(weekdays=()), Fault("/roster/0/weekdays", "bad_weekdays", "")),
    (shift(weekdays=(0, 1)), Fault("/roster/0/weekdays", "bad_weekdays", "0, 1")),
    (shift(weekdays=(7, 8)), Fault("/roster/0/weekdays", "bad_weekdays", "7, 8")),
    (shift(weekdays=(1, 1)), Fault("/roster/0/weekdays", "bad_weekdays", "1, 1")),
    (
        shift(first=date(2026, 3, 3), last=TODAY),
        Fault("/roster/0", "dates_backwards", "2026-03-03–2026-03-02"),
    ),
    (opening(hours(12, 9)), Fault("/opening/week/0", "bad_hours", "12:00–09:00")),
    (opening(hours(9, 12, 8)), Fault("/opening/week/0/weekdays", "bad_weekdays", "8")),
    (opening(hours(9, 12), hours(11, 17, 5)), Fault("/opening/week", "hours_overlap", "09:00–12:00, 11:00–17:00")),
    (
        opening(days=(ExceptionalDay(TODAY, (Hours(time(9), time(9)),)),)),
        Fault("/opening/days/0/hours", "bad_hours", "09:00–09:00"),
    ),
    (
        opening(days=(ExceptionalDay(TODAY, (Hours(time(10), time(12)), Hours(time(9), time(11)))),)),
        Fault("/opening/days/0/hours", "hours_overlap", "09:00–11:00, 10:00–12:00"),
    ),
    (opening(days=(ExceptionalDay(TODAY), ExceptionalDay(TODAY))), Fault("/opening/days", "twice", "2026-03-02")),
    (
        replace(PLAN, windows=(replace(PLAN.windows[0], skills=(Selector(code="x"),)), *PLAN.windows[1:])),
        Fault("/windows/0/skills/0", "serves_nothing", "x"),
    ),
]


def test_a_rich_plan_has_no_faults() -> None:
    rich = replace(
        service(
            special=WindowKind.CROSS_REGION,
            legal_days=20,
            promised_days=20,
            quota=0,
            materials=(Material("身份证"), Material("照片", secondary=True)),
            guide=Guide("2026-1", TODAY, TODAY),
        ),
        packages=package().packages,
        posts=(POST, Post(PostId("p2"), SOCIAL, B, (A,))),
        roster=(Shift(POST.id, A), Shift(POST.id, B, (6, 7), TODAY, TODAY)),
        opening=Opening((hours(9, 12), hours(12, 17), hours(9, 11, 6)), days=(ExceptionalDay(TODAY),)),
    )
    assert faults(rich) == ()
    assert warnings(rich, TODAY) == ()


@pytest.mark.parametrize(("plan", "fault"), CASES, ids=lambda case: getattr(case, "code", ""))
def test_a_fault_is_found_alone_and_with_its_place(plan: Plan, fault: Fault) -> None:
    assert faults(plan) == (fault,)


@pytest.mark.parametrize("language", languages())
def test_every_fault_can_be_said(language: str) -> None:
    for code in {fault.code for _, fault in CASES}:
        assert text(f"plan.{code}", language, value="any"), code


GUIDE = Guide("1", date(2026, 1, 1), date(2026, 3, 1))
DOUBTS: list[tuple[Plan, Fault]] = [
    (service(guide=GUIDE), Fault("/services/0/guide", "guide_expired", "养老待遇资格认证 2026-03-01")),
    (
        service(guide=Guide("2", date(2026, 3, 3))),
        Fault("/services/0/guide", "guide_not_yet", "养老待遇资格认证 2026-03-03"),
    ),
    (service(special=WindowKind.UNRESOLVED), Fault("/services/0/special", "special_not_served", "养老待遇资格认证")),
    (post(backups=()), Fault("/posts/0/backups", "no_backup", "p1")),
    (shift(clerk="路人"), Fault("/roster/0/clerk", "not_of_the_post", "路人")),
    (shift(last=date(2026, 3, 1)), Fault("/roster/0/last", "shift_over", f"{A} 2026-03-01")),
]


@pytest.mark.parametrize(("plan", "doubt"), DOUBTS, ids=lambda case: getattr(case, "code", ""))
def test_a_doubt_is_a_warning_and_no_fault(plan: Plan, doubt: Fault) -> None:
    assert faults(plan) == ()
    assert warnings(plan, TODAY) == (doubt,)


@pytest.mark.parametrize(("fields", "groups"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)])
def test_field_windows_make_up_two_or_three_groups(fields: int, groups: int) -> None:
    """Policy task 5; windows that serve alike are one group, and a hall of comprehensive windows has none."""
    serves = [PLAN.windows[place].serves for place in (1, 2, 3)] + [(Selector(code=INSURANCE),)]
    windows = [PLAN.windows[0]]
    for place, selectors in enumerate([*serves[:fields], *serves[: min(fields, 1)]]):
        number = 11 + place
        windows.append(Window(WindowId(str(number)), f"{number}号窗口", number, WindowKind.FIELD, selectors))
    plan = replace(PLAN, windows=tuple(windows), devices=())
    expected = () if groups in (0, 2, 3) else (Fault("/windows", "field_groups", str(groups)),)
    assert warnings(plan, TODAY) == expected
    assert warnings(replace(plan, layout=Layout.UNDIFFERENTIATED), TODAY) == ()


def test_a_guide_holds_on_its_last_day() -> None:
    assert warnings(service(guide=GUIDE), date(2026, 3, 1)) == ()


def test_a_service_that_only_one_layout_serves() -> None:
    """Switching is one member of the plan: what it would take away is told before."""
    skilled = tuple(replace(window, skills=(Selector(code=INSURANCE),)) for window in PLAN.windows[:2])
    plan = replace(PLAN, windows=(*skilled, *PLAN.windows[4:]), services=(*PLAN.services[:2], PLAN.services[6]))
    assert faults(plan) == ()
    doubts = [doubt for doubt in warnings(plan, TODAY) if doubt.code != "field_groups"]
    assert doubts == [Fault("/services/0", "unserved_in_undifferentiated", "养老待遇资格认证")]
    switched = replace(plan, layout=Layout.UNDIFFERENTIATED)
    assert faults(switched) == (Fault("/services/0", "service_at_no_window", PENSION),)


def test_a_year_whose_exchanged_holidays_are_not_known_is_told() -> None:
    plan = opening(hours(9, 12))
    assert plan_warnings(plan, "en", TODAY) == ()
    (doubt,) = plan_warnings(plan, "en", date(2060, 3, 2))
    assert (doubt.path, doubt.code) == ("/opening", "holidays_unknown")
    assert "2060" in doubt.message
    assert plan_warnings(PLAN, "en", date(2060, 3, 2)) == ()  # such a hall keeps no holidays


YAML = """\
hall: {id: west, name: 西河镇便民服务中心}
services:
  - code: pension
    name: 养老认证
    department: 人社
    guide: {version: "2020", valid_until: 2020-12-31}
windows:
  - {id: "1", label: 1号窗口, number: 1, kind: comprehensive, serves: ["*"]}
"""


def test_a_warning_has_its_line_and_does_not_fail_the_check(tmp_path: Path) -> None:
    path = tmp_path / "hall.yaml"
    path.write_text(YAML, "utf-8")
    plan, (doubt,) = check_file(path, "zh-CN", TODAY)
    assert plan.hall.id == "west"
    assert (doubt.line, doubt.path, doubt.code) == (6, "/services/0/guide", "guide_expired")
    ran = CliRunner().invoke(app, ["plan", "check", str(path), "--language", "en"])
    assert ran.exit_code == 0
    assert ran.stderr == f"{path}:6: /services/0/guide: warning: {text_of_expired()}\n"
    assert "西河镇便民服务中心" in ran.stdout


def text_of_expired() -> str:
    return text("plan.warning.guide_expired", "en", value="养老认证 2020-12-31")

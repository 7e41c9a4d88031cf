"""The text of a plan that a manager edits: read again it is the same plan, and it is short."""

from dataclasses import replace
from datetime import date, time

import pytest

from api.plan_file import check_text, sample_plan
from api.plan_text import plan_text
from controller.plan import Hall, HallId, Hours, Plan
from tests.support.core_floor import floor_plan

TODAY = date(2026, 3, 2)


def again(plan: Plan) -> Plan:
    return check_text(plan_text(plan).encode(), "zh-CN", TODAY)[0]


def test_the_sample_hall_read_again_is_the_same() -> None:
    assert again(sample_plan()) == sample_plan()


def test_what_holds_anyway_is_left_out_but_every_rule_is_written() -> None:
    text = plan_text(floor_plan())
    assert (
        "  - {code: pension_certification, name: 养老待遇资格认证, field: social, department: 人社, minutes: 6}" in text
    )
    assert " materials" not in text
    assert "layout: fields" in text
    assert "  overtakes_max: 5\n" in text
    assert "&id" not in text


@pytest.mark.parametrize("label", ["no", "1", "~", "是:否", "#", "08:30", "2026-01-05", "- a", "'"])
def test_texts_that_yaml_takes_for_something_else_stay_texts(label: str) -> None:
    plan = floor_plan(hall=Hall(HallId("demo"), "示例镇便民服务中心", hours=Hours(time(8, 30), time(17, 0))))
    plan = replace(plan, windows=(replace(plan.windows[0], label=label), *plan.windows[1:]))
    assert again(plan) == plan

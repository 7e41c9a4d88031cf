"""A department's field is the policy's, by its short name or by what stands on its door."""

import pytest

from controller.departments import DEPARTMENTS, field_of
from controller.plan import Field


def test_the_policys_three_groups() -> None:
    """Task 5 names them in this order."""
    assert [len(DEPARTMENTS[field]) for field in Field] == [6, 4, 5]
    for field, departments in DEPARTMENTS.items():
        assert {field_of(department) for department in departments} == {field}


@pytest.mark.parametrize(
    ("department", "field"),
    [
        ("人力资源和社会保障局", Field.SOCIAL),
        ("市场监督管理所", Field.SOCIAL),
        ("司法所", Field.SOCIAL),
        ("市监", Field.SOCIAL),
        ("残疾人联合会", Field.LIVELIHOOD),
        ("应急管理局", Field.LIVELIHOOD),
        (" 民政 ", Field.LIVELIHOOD),
        ("农业农村局", Field.RURAL),
        ("林业站", Field.RURAL),
        ("自然资源和规划局", Field.RURAL),
    ],
)
def test_a_departments_other_names(department: str, field: Field) -> None:
    assert field_of(department) is field


@pytest.mark.parametrize("department", ["", "税务", "局", "中心", "人社民政"])
def test_a_department_of_no_group(department: str) -> None:
    assert field_of(department) is None

"""Which field a department's services belong to (policy task 5), where a plan doesn't say it."""

from collections.abc import Mapping

from controller.services import Field

DEPARTMENTS: Mapping[Field, tuple[str, ...]] = {
    Field.SOCIAL: ("人社", "医保", "卫健", "退役军人", "司法", "市场监管"),
    Field.LIVELIHOOD: ("民政", "残联", "应急救灾", "公安"),
    Field.RURAL: ("农业", "林业", "财政", "住建", "自然资源"),
}
"""The policy's three groups, in its words and its order."""

_OTHER_NAMES: Mapping[str, str] = {
    "人力资源和社会保障": "人社",
    "人力资源社会保障": "人社",
    "医疗保障": "医保",
    "卫生健康": "卫健",
    "退役军人事务": "退役军人",
    "市监": "市场监管",
    "市场监督管理": "市场监管",
    "残疾人联合会": "残联",
    "应急": "应急救灾",
    "应急管理": "应急救灾",
    "农业农村": "农业",
    "住房和城乡建设": "住建",
    "住房城乡建设": "住建",
    "自然资源和规划": "自然资源",
}
"""What the same departments are called on their own door plates."""

_ENDINGS = ("局", "站", "所")
"""A department's office: of the county, or of the township."""

_FIELD_BY_NAME: Mapping[str, Field] = {
    name: field
    for field, departments in DEPARTMENTS.items()
    for department in departments
    for name in (department, *(other for other, plain in _OTHER_NAMES.items() if plain == department))
}


def field_of(department: str) -> Field | None:
    """Return the field of a department by its short or full name, ``None`` for one that the policy puts in no group."""
    name = department.strip()
    found = _FIELD_BY_NAME.get(name)
    if found is None and name.endswith(_ENDINGS):
        found = _FIELD_BY_NAME.get(name[:-1])
    return found

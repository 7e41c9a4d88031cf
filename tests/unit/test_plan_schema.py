"""`yichuang plan`: faults with their lines, and a schema that says the same as the check."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from typer.testing import CliRunner

from api.main import app
from api.plan_file import BadPlan, load_plan, sample_plan
from api.plan_schema import plan_schema
from controller.codec import to_json
from controller.plan import Field, Frequency

GOOD = """\
hall: {id: west, name: 西河镇便民服务中心}
services:
  - {code: pension, name: 养老认证, field: social, department: 人社}
windows:
  - {id: "1", label: 1号窗口, number: 1, kind: comprehensive, serves: ["*"]}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "hall.yaml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (GOOD.replace("西河镇便民服务中心", "西河大厅"), (1, "/hall/name")),
        (GOOD.replace("number: 1", "number: 100"), (5, "/windows/0/number")),
        (GOOD.replace("kind: comprehensive", "kind: broad"), (5, "/windows/0/kind")),
        (GOOD.replace("field: social, ", "").replace("人社", "税务"), (3, "/services/0/department")),
        (GOOD.replace("department: 人社", "department: 人社, frequency: rare"), (3, "/services/0/frequency")),
        (GOOD.replace("department: 人社", "departement: 人社"), (3, "/services/0/departement")),
        (GOOD.replace("hall: {", "hall: {id: east, "), (1, "/")),
        (GOOD + "windows: []\n", (6, "/")),
        (GOOD + "zones: [\n", (7, "/")),
        ("", (1, "/")),
        ("# nothing\n", (1, "/")),
    ],
)
def test_a_fault_names_the_line_that_it_stands_on(tmp_path: Path, text: str, place: tuple[int, str]) -> None:
    with pytest.raises(BadPlan) as caught:
        load_plan(written(tmp_path, text), "zh-CN")
    assert [(fault.line, fault.path) for fault in caught.value.faults] == [place]


def test_check_names_file_line_place_and_fault(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("number: 1", "number: 100").replace("西河镇便民服务中心", "西河大厅"))
    ran = CliRunner().invoke(app, ["plan", "check", str(path), "--language", "en"])
    assert ran.exit_code == 1
    places = [line.split(": ")[:2] for line in ran.stderr.splitlines()]
    assert places == [[f"{path}:1", "/hall/name"], [f"{path}:5", "/windows/0/number"]]


def test_check_says_what_a_good_plan_holds(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["plan", "check", str(written(tmp_path, GOOD))])
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "西河镇便民服务中心" in ran.stdout


def test_check_tells_a_file_that_is_not_there(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["plan", "check", str(tmp_path / "none.yaml")])
    assert ran.exit_code == 1
    assert ran.stderr.startswith(f"{tmp_path / 'none.yaml'}: ")


def schema_errors(form: Any) -> list[str]:
    return [error.message for error in jsonschema_rs.Draft202012Validator(plan_schema()).iter_errors(form)]


def test_the_schema_is_one_and_takes_the_sample_hall() -> None:
    jsonschema_rs.meta.validate(plan_schema())
    assert schema_errors(to_json(sample_plan())) == []
    assert schema_errors(yaml.safe_load(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("西河镇便民服务中心", "西河大厅"),
        ("kind: comprehensive", "kind: broad"),
        ("field: social, ", "field: null, "),
        ("department: 人社", "department: 人社, class: often"),
        ("department: 人社", "department: 人社, frequency: rare"),
        ("department", "departement"),
        ('serves: ["*"]', "serves: [{zone: main}]"),
        ("number: 1", "number: one"),
        ("id: west", "id: West Hall"),
    ],
)
def test_the_schema_refuses_what_the_check_refuses(tmp_path: Path, old: str, new: str) -> None:
    bad = GOOD.replace(old, new)
    assert bad != GOOD
    assert schema_errors(yaml.safe_load(bad))
    with pytest.raises(BadPlan):
        load_plan(written(tmp_path, bad), "zh-CN")


def test_the_class_of_a_service_and_the_field_of_its_department(tmp_path: Path) -> None:
    text = GOOD.replace("field: social, ", "").replace("department: 人社", "department: 司法所, class: seasonal")
    assert schema_errors(yaml.safe_load(text)) == []
    (service,) = load_plan(written(tmp_path, text), "zh-CN").services
    assert (service.field, service.frequency) == (Field.SOCIAL, Frequency.SEASONAL)


def test_every_department_of_no_group_is_named(tmp_path: Path) -> None:
    services = "".join(
        f"  - {{code: {code}, name: 事项, department: {department}}}\n"
        for code, department in (("a", "税务"), ("b", "民政"), ("c", "气象"))
    )
    text = GOOD.replace("windows:\n", services + "windows:\n")
    with pytest.raises(BadPlan) as caught:
        load_plan(written(tmp_path, text), "en")
    assert [(fault.line, fault.path, fault.code) for fault in caught.value.faults] == [
        (4, "/services/1/department", "no_field"),
        (6, "/services/3/department", "no_field"),
    ]
    assert all("social, livelihood or rural" in fault.message for fault in caught.value.faults)

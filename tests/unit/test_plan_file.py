"""Plans as people write them: YAML and JSON, and what is wrong with them, each fault with its place."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from api import plan_file
from api.plan_file import DEVICES_MAX, FILE_BYTES_MAX, SERVICES_MAX, BadPlan, load_plan, read_plan, sample_plan
from controller import plan_check, plan_warnings, service_check, staffing_check
from controller.codec import to_json
from controller.plan import DeviceKind, Field, Lane, Layout, WindowKind
from controller.runtime.catalogue import languages, messages, text

YAML = """
hall:
  id: demo
  name: 示例镇便民服务中心
  hours: {opens: 08:30, closes: 17:00}
services:
  - {code: pension, name: 养老认证, field: social, department: 人社, minutes: 6}
  - {code: no, name: 2026-01-05, field: rural, department: off}
windows:
  - {id: "1", label: 1号窗口, number: 1, kind: comprehensive, serves: ["*"]}
  - {id: 02, label: 1e, number: +2, kind: field, serves: [{field: rural}, {department: 人社}, no]}
policies: {green_rate: 2, normal_rate: 1.5, returns_max: 0, green_returns_max: ~, spoken_one: 幺}
"""


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "plan.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@cache
def sample_text() -> str:
    return json.dumps(to_json(sample_plan()), ensure_ascii=False, indent=1)


def form() -> dict[str, Any]:
    """Return the form of a good plan, to be spoiled."""
    loaded: dict[str, Any] = json.loads(sample_text())
    return loaded


def faults_of(spoilt: Any, language: str = "en") -> list[tuple[str, str]]:
    with pytest.raises(BadPlan) as caught:
        read_plan(spoilt, language)
    assert all(fault.message for fault in caught.value.faults)
    assert all(f"{fault.path}: {fault.message}" in str(caught.value) for fault in caught.value.faults)
    return [(fault.path, fault.code) for fault in caught.value.faults]


# -- what YAML says ----------------------------------------------------------------------------------------------------


def test_what_yaml_1_1_takes_for_something_else_stays_a_text(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path, YAML), "en")
    hours = plan.hall.hours
    assert hours is not None
    assert (hours.opens.isoformat("minutes"), hours.closes.isoformat("minutes")) == ("08:30", "17:00")
    assert [(service.code, service.name, service.department) for service in plan.services] == [
        ("pension", "养老认证", "人社"),
        ("no", "2026-01-05", "off"),
    ]
    assert [(window.id, window.label, window.number) for window in plan.windows] == [
        ("1", "1号窗口", 1),
        ("02", "1e", 2),
    ]
    assert plan.windows[1].serves[2].code == "no"
    policies = plan.policies
    assert (policies.green_rate, policies.normal_rate, policies.returns_max) == (2.0, 1.5, 0)
    assert policies.green_returns_max is None
    assert policies.rate(Lane.GREEN) == 2.0


@pytest.mark.parametrize(
    "word", ["yes", "no", "on", "off", "y", "1_000", "0x10", "010", "190:20", "2026-01-05", "=", "<<"]
)
def test_such_a_word_is_a_text(tmp_path: Path, word: str) -> None:
    content = f"{{services: [{word}]}}" if word != "=" else "{services: ['=']}"
    with pytest.raises(BadPlan) as caught:
        load_plan(write(tmp_path, content), "en")
    (fault,) = caught.value.faults
    assert (fault.path, fault.code) == ("/services/0", "bad_form")


@pytest.mark.parametrize(("word", "value"), [("true", True), ("True", True), ("FALSE", False)])
def test_truth_is_written_as_people_write_it(tmp_path: Path, word: str, value: bool) -> None:
    content = YAML + f"devices: [{{id: tv, kind: tv, speaks: {word}}}]\n"
    assert load_plan(write(tmp_path, content), "en").devices[0].speaks is value


def test_json_is_read_as_well(tmp_path: Path) -> None:
    path = write(tmp_path, sample_text())
    assert load_plan(path, "en") == sample_plan()
    assert load_plan(write(tmp_path, json.dumps(form())), "en") == sample_plan()


@pytest.mark.parametrize(
    "content",
    [
        *("hall: [", "\t- a", "a: b: c", "{a: 1}}", "--- a\n--- b\n", "!!python/object/apply:os.system ['true']"),
        *("? [a]\n: b\n", "&a [*a", "*nobody", "hall: !!int word", "\x00", "[" * 1500 + "]" * 1500),
        *("hall: 1\nhall: 2\n", "hall: {id: a, name: b, id: c}", "minutes: " + "9" * 5000),
        b"\xff\xfe\x00\xd8",
        b"hall: \x80",
    ],
)
@pytest.mark.parametrize("language", languages())
def test_what_is_no_yaml_is_said_in_one_line(tmp_path: Path, content: str | bytes, language: str) -> None:
    with pytest.raises(BadPlan) as caught:
        load_plan(write(tmp_path, content), language)
    (fault,) = caught.value.faults
    assert (fault.path, fault.code) == ("/", "not_yaml")
    assert "\n" not in str(caught.value)
    assert fault.message.startswith(messages(language)["plan.not_yaml"].partition("{")[0])


def test_a_member_that_stands_there_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadPlan, match=r"'windows' stands there twice .*line 11"):
        load_plan(write(tmp_path, YAML.replace("policies:", "windows: []\npolicies:").lstrip()), "en")


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    with pytest.raises(BadPlan) as caught:
        load_plan(path, "en")
    assert [(fault.path, fault.code) for fault in caught.value.faults] == [("/", "too_large")]
    assert str(FILE_BYTES_MAX) in str(caught.value)


def test_a_file_that_isnt_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.yaml"):
        load_plan(tmp_path / "nothing.yaml", "en")
    with pytest.raises(IsADirectoryError):
        load_plan(tmp_path, "en")


# -- the form ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whole", [None, [], "plan", 7, True, {}, {"hall": None}, {"hall": []}])
def test_something_else_than_a_plan(whole: Any) -> None:
    ((path, code),) = faults_of(whole)
    assert code == "bad_form"
    assert path in {"/", "/hall", "/services"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/windwos", []),
        ("/hall/colour", "red"),
        ("/hall/id", 7),
        ("/hall/hours", {"opens": "08:30"}),
        ("/hall/hours", {"opens": "8:30", "closes": "17:00"}),
        ("/hall/hours", {"opens": "08:30:00", "closes": "17:00"}),
        ("/services/0/field", "nonesuch"),
        ("/services/0/minutes", "6"),
        ("/services/0/minutes", 6.5),
        ("/services/0/minutes", True),
        ("/windows/0/kind", None),
        ("/windows/0/serves", "*"),
        ("/windows/0/serves/0", {"field": "social", "department": "人社"}),
        ("/windows/0/serves/0", {"code": "pension"}),
        ("/windows/0/led", {"width": 10, "depth": 2}),
        ("/devices/0/speaks", "yes"),
        ("/policies/green_rate", "fast"),
        ("/policies/call_ttl_s", 1e400),
    ],
)
@pytest.mark.parametrize("language", languages())
def test_a_fault_of_the_form_has_its_place(path: str, value: Any, language: str) -> None:
    spoilt = form()
    put(spoilt, path, value)
    with pytest.raises(BadPlan) as caught:
        read_plan(spoilt, language)
    (fault,) = caught.value.faults
    assert fault.code == "bad_form"
    assert fault.path.startswith(path)
    assert any("\u4e00" <= char <= "\u9fff" for char in fault.message) is (language == "zh-CN")


def put(spoilt: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a JSON pointer."""
    *way, last = path.removeprefix("/").split("/")
    place: Any = spoilt
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    place[int(last) if isinstance(place, list) else last] = value


def test_every_form_that_the_codec_may_expect_has_a_chinese_text() -> None:
    spoilt = form()
    del spoilt["windows"][0]["kind"]
    with pytest.raises(BadPlan) as caught:
        read_plan(spoilt, "zh-CN")
    assert str(caught.value) == "/windows/0/kind: 缺少这一项，必须写明"


# -- what it says ------------------------------------------------------------------------------------------------------


def test_all_that_is_wrong_is_named_at_once() -> None:
    spoilt = form()
    spoilt["hall"] |= {"id": "Demo!", "name": "Hall", "timezone": "Asia/Nowhere", "language": "de"}
    spoilt["services"][0]["minutes"] = 0
    spoilt["windows"][0]["zone"] = "attic"
    spoilt["windows"][1] |= {"number": 1, "serves": ["nothing"]}
    spoilt["devices"][0]["paper_mm"] = 60
    spoilt["devices"][1]["id"] = spoilt["devices"][0]["id"]
    spoilt["policies"] = {"green_rate": 0, "call_ttl_s": 0, "spoken_one": "1"}
    assert set(faults_of(spoilt)) == {
        ("/hall/id", "bad_slug"),
        ("/hall/name", "bad_hall_name"),
        ("/hall/language", "bad_language"),
        ("/hall/timezone", "bad_timezone"),
        ("/services/0/minutes", "bad_minutes"),
        ("/windows", "number_twice"),
        ("/windows/0/zone", "zone_unknown"),
        ("/windows/1/serves/0", "serves_nothing"),
        ("/devices", "twice"),
        ("/devices/0/paper_mm", "bad_paper"),
        ("/policies/green_rate", "bad_rate"),
        ("/policies/call_ttl_s", "bad_duration"),
        ("/policies/spoken_one", "bad_spoken_one"),
    }


@pytest.mark.parametrize(
    "zone", ["", "Mars", "Asia", "Asia/", "../etc/passwd", "/etc/passwd", "a\x00b", "zone.tab", "x" * 10_000, "UTC+8"]
)
def test_a_time_zone_that_isnt_one(zone: str) -> None:
    spoilt = form()
    spoilt["hall"]["timezone"] = zone
    assert [fault for fault in faults_of(spoilt) if fault[1] != "bad_text"] == [("/hall/timezone", "bad_timezone")]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Urumqi", "UTC", "Etc/GMT-8"])
def test_a_time_zone(zone: str) -> None:
    good = form()
    good["hall"]["timezone"] = zone
    assert read_plan(good, "en").hall.timezone == zone


@pytest.mark.parametrize("wrong", ["a\x00b", "a\ud800b", "a\nb", "a\x1b[2Jb", "a\u202eb", "a\u2028b", "a\ufeffb"])
@pytest.mark.parametrize(
    "path", ["/hall/name", "/services/0/name", "/services/1/department", "/windows/0/label", "/zones/0/name"]
)
def test_texts_hold_what_can_be_stored_printed_and_shown(path: str, wrong: str) -> None:
    spoilt = form()
    put(spoilt, path, "示例" + wrong + "镇便民服务中心")
    assert (path, "bad_text") in faults_of(spoilt)
    assert (path, "bad_text") in faults_of(spoilt, "zh-CN")


def test_a_selector_with_such_a_text_is_named_too() -> None:
    spoilt = form()
    spoilt["windows"][0]["serves"] = ["*", {"department": "a\ud800"}, "\x00"]
    found = faults_of(spoilt)
    assert {("/windows/0/serves/1/department", "bad_text"), ("/windows/0/serves/2", "bad_text")} <= set(found)


def test_texts_are_short() -> None:
    spoilt = form()
    spoilt["services"][0]["name"] = "很" * 201
    assert faults_of(spoilt) == [("/services/0/name", "text_too_long")]


@pytest.mark.parametrize(
    ("name", "entry", "count_max"),
    [
        ("services", {"code": "s{}", "name": "事项", "field": "social", "department": "人社"}, SERVICES_MAX),
        ("devices", {"id": "d{}", "kind": "tv"}, DEVICES_MAX),
    ],
)
def test_lists_have_an_end(name: str, entry: dict[str, str], count_max: int) -> None:
    spoilt = form()
    spoilt[name] = [{key: value.format(index) for key, value in entry.items()} for index in range(count_max + 1)]
    assert faults_of(spoilt) == [(f"/{name}", "too_many")]


def test_every_fault_has_a_text_in_every_language() -> None:
    modules = (plan_check, service_check, staffing_check, plan_file)
    source = "".join(Path(module.__file__).read_text("utf-8") for module in modules)
    codes = set(re.findall(r'[fF]ault\(f?[\w"/{}]+, "(\w+)"', source)) | {"too_many", "warning.holidays_unknown"}
    codes |= {f"warning.unserved_in_{layout}" for layout in Layout}
    doubts = Path(plan_warnings.__file__).read_text("utf-8")
    codes |= {f"warning.{code}" for code in re.findall(r'Fault\(f?[\w"/{}]+, "(\w+)"', doubts)}
    assert codes >= {"bad_slug", "service_at_no_window", "bad_timezone", "not_yaml", "bad_text", "number_twice"}
    for language in languages():
        for code in codes:
            assert "X" in text(f"plan.{code}", language, value="X"), "it says what is wrong"


# -- the sample hall ---------------------------------------------------------------------------------------------------


def test_the_sample_hall_comes_back_from_its_json() -> None:
    plan = sample_plan()
    as_json = json.loads(json.dumps(to_json(plan)))
    assert read_plan(as_json, "en") == plan
    assert to_json(read_plan(as_json, "zh-CN")) == to_json(plan)


def test_the_sample_hall_is_a_hall_to_try_at_any_hour() -> None:
    plan = sample_plan()
    assert (plan.hall.id, plan.hall.name, plan.hall.hours) == ("demo", "示例镇便民服务中心", None)
    assert {service.field for service in plan.services} == set(Field)
    assert WindowKind.COMPREHENSIVE in {window.kind for window in plan.windows}
    kinds = {device.kind for device in plan.devices}
    assert kinds >= {
        DeviceKind.TICKET_MACHINE,
        DeviceKind.LED,
        DeviceKind.REVIEW_PAD,
        DeviceKind.SPEAKER,
        DeviceKind.TV,
    }
    signs = {device.window for device in plan.devices if device.kind is DeviceKind.LED}
    assert signs == {window.id for window in plan.windows}


def test_the_sample_hall_says_what_it_says_in_plain_yaml_too(tmp_path: Path) -> None:
    again = yaml.safe_dump(to_json(sample_plan()), allow_unicode=True)
    assert load_plan(write(tmp_path, again), "en") == sample_plan()

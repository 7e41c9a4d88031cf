"""Values to and from JSON: strict, and every fault names its place."""

import json
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from controller.codec import EVENT_TYPES, VERSIONS, BadForm, event_from_json, event_to_json, from_json, to_json
from controller.events import DayOpened, TicketCalled, WindowSteppedAway
from controller.model import CallId, TicketId
from controller.plan import Field, Hours, Lane, Plan, Policies, Selector, Service, Window, WindowId
from tests.support.core_floor import MORNING, floor_plan

SERVICE = {"code": "a", "name": "养老", "field": "social", "department": "人社"}


def plan_form(**changes: Any) -> dict[str, Any]:
    form: dict[str, Any] = to_json(floor_plan())
    return form | changes


def test_a_plan_is_read_back_as_it_was() -> None:
    plan = floor_plan()
    assert from_json(Plan, json.loads(json.dumps(to_json(plan)))) == plan


def test_what_a_form_leaves_out_is_its_default() -> None:
    assert from_json(Service, SERVICE) == Service("a", "养老", Field.SOCIAL, "人社")  # type: ignore[arg-type]
    assert from_json(Policies, {}) == Policies()
    assert from_json(Policies, {"green_returns_max": None, "green_rate": 3}).green_rate == 3.0


@pytest.mark.parametrize(
    ("form", "selector"),
    [
        ("*", Selector(code="*")),
        ("pension", Selector(code="pension")),
        ({"field": "rural"}, Selector(field=Field.RURAL)),
        ({"department": "公安"}, Selector(department="公安")),
    ],
)
def test_a_selector_has_the_plans_short_form(form: Any, selector: Selector) -> None:
    assert from_json(Selector, form) == selector
    assert to_json(selector) == form


@pytest.mark.parametrize(
    "form",
    [
        {},
        None,
        3,
        [],
        {"field": None},
        {"department": None},
        {"code": "a"},
        {"field": "social", "department": "公安"},
        {"field": "social", "more": 1},
    ],
)
def test_a_selector_says_one_thing(form: Any) -> None:
    with pytest.raises(BadForm) as caught:
        from_json(Selector, form, "/serves/0")
    assert caught.value.path == "/serves/0"


@pytest.mark.parametrize(
    ("form", "path", "expected"),
    [
        ([], "/", "an object"),
        (plan_form(hall=None), "/hall", "an object"),
        (plan_form(hall={"id": "demo"}), "/hall/name", "it is missing"),
        (plan_form(colour="red"), "/colour", "no such member"),
        (plan_form(services={}), "/services", "a list"),
        (plan_form(services=[SERVICE, 1]), "/services/1", "an object"),
        (plan_form(services=[SERVICE | {"field": "urban"}]), "/services/0/field", "one of social, livelihood, rural"),
        (plan_form(services=[SERVICE | {"field": ["social"]}]), "/services/0/field", "one of social"),
        (plan_form(services=[SERVICE | {"minutes": "10"}]), "/services/0/minutes", "a whole number"),
        (plan_form(services=[SERVICE | {"minutes": True}]), "/services/0/minutes", "a whole number"),
        (plan_form(services=[SERVICE | {"minutes": 10.0}]), "/services/0/minutes", "a whole number"),
        (plan_form(services=[SERVICE | {"name": 1}]), "/services/0/name", "a string"),
        (plan_form(policies={"green_rate": "2"}), "/policies/green_rate", "a number"),
        (plan_form(policies={"green_rate": True}), "/policies/green_rate", "a number"),
        (plan_form(policies={"green_rate": 10**400}), "/policies/green_rate", "a number"),
        (plan_form(devices=[{"id": "d", "kind": "tv", "speaks": 1}]), "/devices/0/speaks", "true or false"),
    ],
)
def test_a_fault_is_named_with_its_place(form: Any, path: str, expected: str) -> None:
    with pytest.raises(BadForm) as caught:
        from_json(Plan, form)
    assert caught.value.path == path
    assert expected in caught.value.expected
    assert str(caught.value).startswith(f"{path}: expected ")


def test_a_place_is_named_below_where_reading_began() -> None:
    with pytest.raises(BadForm) as caught:
        from_json(Window, {"id": 1}, "/windows/3")
    assert caught.value.path == "/windows/3/id"


@pytest.mark.parametrize("form", ["08:30:15", "0830", "8:30", "08:30+08:00", "T08:30", "25:00", 8, ""])
def test_a_time_of_day_has_hours_and_minutes(form: Any) -> None:
    """Seconds would be lost when it is written, and an offset can't be compared with the hall's clock."""
    with pytest.raises(BadForm) as caught:
        from_json(Hours, {"opens": form, "closes": "17:00"})
    assert caught.value.path == "/opens"
    assert from_json(Hours, {"opens": "08:30", "closes": "17:00"}).opens == time(8, 30)


@pytest.mark.parametrize("form", ["20260302", "2026-W10-1", "2026-3-2", "2026-02-30", 20260302])
def test_a_date_has_one_form(form: Any) -> None:
    with pytest.raises(BadForm):
        from_json(date, form)
    assert from_json(date, "2026-03-02") == date(2026, 3, 2)


@pytest.mark.parametrize("form", ["2026-03-02T09:00:00", "yesterday", "", 0, None])
def test_a_time_has_an_offset(form: Any) -> None:
    with pytest.raises(BadForm):
        from_json(datetime, form)


@pytest.mark.parametrize("form", ["2026-03-02T09:00:00+08:00", "2026-03-02T01:00:00Z", "2026-03-02T01:00:00.000+00:00"])
def test_a_time_is_an_instant_whatever_its_offset(form: str) -> None:
    assert from_json(datetime, form) == MORNING


def test_a_time_is_written_with_its_offset_to_the_microsecond() -> None:
    at = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    assert to_json(at) == "2026-03-02T09:00:00.123456+08:00"
    assert from_json(datetime, to_json(at)) == at


def test_a_time_without_a_zone_is_never_written() -> None:
    """It would not be read again, and the day with it."""
    event = WindowSteppedAway(WindowId("1"), "开会", None, datetime(2026, 3, 2, 9, 0))  # noqa: DTZ001 - the fault
    with pytest.raises(ValueError, match="no zone"):
        event_to_json(event)


def test_values_of_a_type_without_a_form_are_an_error_of_ours() -> None:
    with pytest.raises(TypeError, match="no JSON form"):
        from_json(complex, 1)


def test_an_event_is_written_with_its_name_and_version() -> None:
    event = TicketCalled(CallId("c0302-4"), TicketId("t"), WindowId("1"))
    form = {"call": "c0302-4", "ticket": "t", "window": "1", "overtook": [], "auto": False}
    assert event_to_json(event) == ("TicketCalled", 1, form)
    assert event_from_json("TicketCalled", 1, {"call": "c0302-4", "ticket": "t", "window": "1"}) == event


@pytest.mark.parametrize(
    ("name", "version", "data", "path"),
    [
        ("TicketLost", 1, {}, "/type"),
        ("TicketCalled", 0, {}, "/version"),
        ("TicketCalled", VERSIONS["TicketCalled"] + 1, {}, "/version"),
        ("TicketCalled", 1, {}, "/TicketCalled/call"),
        ("TicketCalled", 1, None, "/TicketCalled"),
        ("TicketIssued", 1, {"lane": "red"}, "/TicketIssued/lane"),
        ("DayOpened", 1, {"plan": {"hall": {}}}, "/DayOpened/plan/hall/id"),
    ],
)
def test_an_event_of_another_form_is_not_read(name: str, version: int, data: Any, path: str) -> None:
    with pytest.raises(BadForm) as caught:
        event_from_json(name, version, data)
    assert caught.value.path == path


def test_every_type_of_event_has_a_version() -> None:
    assert VERSIONS.keys() == EVENT_TYPES.keys()
    assert DayOpened in EVENT_TYPES.values()
    assert len(EVENT_TYPES) == len(set(EVENT_TYPES.values())) == 32


def test_enums_are_plain_strings_in_json() -> None:
    assert type(to_json(Lane.GREEN)) is str
    assert json.dumps(to_json({"lane": Lane.GREEN, "none": ()})) == '{"lane": "green", "none": []}'

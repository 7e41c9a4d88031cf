"""Whatever events and plans hold is read back from JSON as it was; whatever else is sent is read or named as wrong."""

import json
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.codec import EVENT_TYPES, BadForm, event_from_json, event_to_json, from_json, to_json
from controller.events import Event
from controller.plan import Field, Plan, Selector

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)

st.register_type_strategy(str, TEXT)
st.register_type_strategy(datetime, st.datetimes(datetime(1970, 1, 2), datetime(2999, 1, 1), timezones=OFFSETS))  # noqa: DTZ001
st.register_type_strategy(time, st.builds(time, st.integers(0, 23), st.integers(0, 59)))
st.register_type_strategy(date, st.dates())
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(
    Selector,
    st.builds(Selector, code=TEXT)
    | st.builds(Selector, field=st.sampled_from(Field))
    | st.builds(Selector, department=TEXT),
)

EVENTS = st.one_of([st.from_type(kind) for kind in EVENT_TYPES.values()])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, derandomize=True, database=None, max_examples=400)
@given(event=EVENTS)
def test_every_event_is_read_back_as_it_was(event: Event) -> None:
    name, version, data = event_to_json(event)
    sent = json.loads(json.dumps(data, ensure_ascii=False))
    assert sent == data
    assert event_from_json(name, version, sent) == event


@settings(deadline=None, derandomize=True, database=None)
@given(plan=st.from_type(Plan))
def test_every_plan_is_read_back_as_it_was(plan: Plan) -> None:
    assert from_json(Plan, json.loads(json.dumps(to_json(plan)))) == plan


def places(form: Any) -> list[list[Any]]:
    """Return the way to every value of a form."""
    entries = form.items() if isinstance(form, dict) else enumerate(form) if isinstance(form, list) else ()
    return [[], *([key, *way] for key, value in entries for way in places(value))]


def replaced(form: Any, way: list[Any], value: Any) -> Any:
    if not way:
        return value
    copy = dict(form) if isinstance(form, dict) else list(form)
    copy[way[0]] = replaced(form[way[0]], way[1:], value)
    return copy


@settings(deadline=None, derandomize=True, database=None, max_examples=300)
@given(data=st.data(), event=EVENTS, value=JSON)
def test_a_spoilt_event_is_read_or_named_as_wrong(data: st.DataObject, event: Event, value: Any) -> None:
    name, version, form = event_to_json(event)
    way = data.draw(st.sampled_from(places(form)))
    outcome = read_or_wrong(name, version, replaced(form, way, value))
    if isinstance(outcome, BadForm):
        assert outcome.path.startswith(f"/{name}")
    else:
        assert type(outcome) is type(event)


def read_or_wrong(name: str, version: int, form: Any) -> Event | BadForm:
    try:
        return event_from_json(name, version, form)
    except BadForm as wrong:
        return wrong

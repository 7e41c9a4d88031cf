"""Values of the core to and from JSON, and events with their versions.

The form of a value follows its type: a dataclass is an object with its fields, an enum its value, a time RFC 3339 with
offset. Reading is strict: an unknown member, a missing one or a wrong type is a :class:`BadForm` that names its place.
A reader is compiled once a type, because a restart reads a whole day.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from controller import events
from controller.plan import Selector, Service

Json: TypeAlias = Any
Reader: TypeAlias = Callable[[Json, str], Any]
T = TypeVar("T")


class BadForm(ValueError):
    """JSON that is not of the expected form; ``path`` says where, ``expected`` what should stand there."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path or '/'}: expected {expected}")
        self.path = path or "/"
        self.expected = expected


def to_json(value: Any) -> Json:
    """Return the JSON form of a value of the core."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case datetime(tzinfo=None):
            raise ValueError(f"{value} has no zone, and would not be read again")
        case datetime() | date():
            return value.isoformat()
        case time():
            return value.isoformat("minutes")
        case Selector(code=str() as code):
            return code
        case Selector():
            return {"field": value.field.value} if value.field else {"department": value.department}
        case tuple():
            return [to_json(entry) for entry in value]
        case Mapping():
            return {key: to_json(entry) for key, entry in value.items()}
    kind: Any = type(value)
    return {member: to_json(getattr(value, name)) for name, member in member_names(kind).items()}


def from_json(wanted: type[T], form: Json, path: str = "") -> T:
    """Read a value of a type from its JSON form.

    Raises:
        BadForm: the form is not that of the type.
    """
    kind: Any = wanted
    value: T = _reader(kind)(form, path)
    return value


@cache
def member_names(kind: Any) -> Mapping[str, str]:
    """Return the names of a type's members in JSON, by their names in the program."""
    return {entry.name: _JSON_NAMES.get((kind, entry.name), entry.name) for entry in fields(kind)}


_JSON_NAMES: Mapping[tuple[type, str], str] = {(Service, "frequency"): "class"}
"""Members whose names in JSON are no names in Python."""


@cache
def _reader(wanted: Any) -> Reader:
    if wanted in _PLAIN:
        return _PLAIN[wanted]
    if wanted is Selector:
        return _read_selector
    origin = get_origin(wanted)
    if origin in (Union, UnionType):
        return _optional_reader(wanted)
    if origin is tuple:
        return _tuple_reader(get_args(wanted)[0])
    if hasattr(wanted, "__supertype__"):
        return _reader(wanted.__supertype__)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return _enum_reader(wanted)
    if is_dataclass(wanted):
        return _dataclass_reader(wanted)
    raise TypeError(f"no JSON form for {wanted!r}")


def _optional_reader(wanted: Any) -> Reader:
    (inner,) = (arg for arg in get_args(wanted) if arg is not NoneType)
    read = _reader(inner)
    return lambda form, path: None if form is None else read(form, path)


def _tuple_reader(inner: Any) -> Reader:
    read = _reader(inner)

    def reader(form: Json, path: str) -> tuple[Any, ...]:
        if not isinstance(form, list):
            raise BadForm(path, "a list")
        return tuple(read(entry, f"{path}/{index}") for index, entry in enumerate(form))

    return reader


def _enum_reader(wanted: type[StrEnum]) -> Reader:
    by_value = {member.value: member for member in wanted}
    expected = "one of " + ", ".join(by_value)

    def reader(form: Json, path: str) -> StrEnum:
        member = by_value.get(form) if isinstance(form, str) else None
        if member is None:
            raise BadForm(path, expected)
        return member

    return reader


def _dataclass_reader(wanted: Any) -> Reader:
    hints = get_type_hints(wanted)
    names = {member: name for name, member in member_names(wanted).items()}
    readers = {member: _reader(hints[name]) for member, name in names.items()}
    needed = [e.name for e in fields(wanted) if e.default is MISSING and e.default_factory is MISSING]

    def reader(form: Json, path: str) -> Any:
        if not isinstance(form, dict):
            raise BadForm(path, "an object")
        values = {}
        for name, entry in form.items():
            read = readers.get(name)
            if read is None:
                raise BadForm(f"{path}/{name}", "no such member; known are " + ", ".join(readers))
            values[names[name]] = read(entry, f"{path}/{name}")
        for name in needed:
            if name not in values:
                raise BadForm(f"{path}/{name}", "this member, it is missing")
        return wanted(**values)

    return reader


def _read_selector(form: Json, path: str) -> Selector:
    if isinstance(form, str):
        return Selector(code=form)
    if isinstance(form, dict) and len(form) == 1 and form.keys() <= {"field", "department"}:
        selector: Selector = _dataclass_reader(Selector)(form, path)
        if selector.field is not None or selector.department is not None:
            return selector
    raise BadForm(path, 'a service code, "*", {"field": …} or {"department": …}')


def _plain(kind: type, expected: str) -> Reader:
    def reader(form: Json, path: str) -> Any:
        if type(form) is not kind:
            raise BadForm(path, expected)
        return form

    return reader


def _read_float(form: Json, path: str) -> float:
    if type(form) not in (int, float):
        raise BadForm(path, "a number")
    try:
        return float(form)
    except OverflowError:
        raise BadForm(path, "a number") from None


def _read_time_like(parse: Callable[[str], Any], expected: str) -> Reader:
    def reader(form: Json, path: str) -> Any:
        if not isinstance(form, str):
            raise BadForm(path, expected)
        try:
            return parse(form)
        except ValueError:
            raise BadForm(path, expected) from None

    return reader


def _parse_aware(form: str) -> datetime:
    parsed = datetime.fromisoformat(form)
    if parsed.tzinfo is None:
        raise ValueError("no offset")
    return parsed


def _parse_date(form: str) -> date:
    parsed = date.fromisoformat(form)
    if parsed.isoformat() != form:
        raise ValueError("another form of ISO 8601")
    return parsed


def _parse_time_of_day(form: str) -> time:
    parsed = time.fromisoformat(form)
    if parsed.tzinfo is not None or parsed.isoformat("minutes") != form:
        raise ValueError("seconds, an offset, or another form of ISO 8601")
    return parsed


_PLAIN: dict[Any, Reader] = {
    str: _plain(str, "a string"),
    int: _plain(int, "a whole number"),
    bool: _plain(bool, "true or false"),
    float: _read_float,
    datetime: _read_time_like(_parse_aware, "a time with offset, like 2026-01-05T09:30:00+08:00"),
    date: _read_time_like(_parse_date, "a date, like 2026-01-05"),
    time: _read_time_like(_parse_time_of_day, "a time of day, like 08:30"),
}

EVENT_TYPES: Mapping[str, type] = {kind.__name__: kind for kind in get_args(events.Event)}

VERSIONS: Mapping[str, int] = dict.fromkeys(EVENT_TYPES, 1)
"""The version in which each type of event is written today."""

UPCASTERS: Mapping[tuple[str, int], Callable[[Json], Json]] = {}
"""From an older version of a type to the next; none has changed yet. Every version keeps a sample in the tests."""


def event_to_json(event: events.Event) -> tuple[str, int, Json]:
    """Return the type name, the version and the data of an event."""
    name = type(event).__name__
    return name, VERSIONS[name], to_json(event)


def event_from_json(name: str, version: int, data: Json) -> events.Event:
    """Read an event of any version ever written.

    Raises:
        BadForm: no such type, a version from the future, or data of another form.
    """
    if name not in EVENT_TYPES:
        raise BadForm("/type", "one of " + ", ".join(EVENT_TYPES))
    if not 1 <= version <= VERSIONS[name]:
        raise BadForm("/version", f"1 to {VERSIONS[name]}")
    for step in range(version, VERSIONS[name]):
        data = UPCASTERS[name, step](data)
    event: events.Event = from_json(EVENT_TYPES[name], data, f"/{name}")
    return event

"""Events of cases to and from JSON: the forms are those of :mod:`controller.codec`, the names and versions its own."""

from collections.abc import Callable, Mapping
from typing import get_args

from controller import case_model
from controller.case_model import CaseEvent
from controller.codec import BadForm, Json, from_json, to_json

CASE_EVENT_TYPES: Mapping[str, type] = {kind.__name__: kind for kind in get_args(case_model.CaseEvent)}

CASE_VERSIONS: Mapping[str, int] = dict.fromkeys(CASE_EVENT_TYPES, 1)
"""The version in which each type of event is written today."""

CASE_UPCASTERS: Mapping[tuple[str, int], Callable[[Json], Json]] = {}
"""From an older version of a type to the next; none has changed yet."""


def case_event_to_json(event: CaseEvent) -> tuple[str, int, Json]:
    """Return the type name, the version and the data of an event."""
    name = type(event).__name__
    return name, CASE_VERSIONS[name], to_json(event)


def case_event_from_json(name: str, version: int, data: Json) -> CaseEvent:
    """Read an event of any version ever written.

    Raises:
        BadForm: no such type, a version from the future, or data of another form.
    """
    if name not in CASE_EVENT_TYPES:
        raise BadForm("/type", "one of " + ", ".join(CASE_EVENT_TYPES))
    if not 1 <= version <= CASE_VERSIONS[name]:
        raise BadForm("/version", f"1 to {CASE_VERSIONS[name]}")
    for step in range(version, CASE_VERSIONS[name]):
        data = CASE_UPCASTERS[name, step](data)
    event: CaseEvent = from_json(CASE_EVENT_TYPES[name], data, f"/{name}")
    return event

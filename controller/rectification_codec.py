"""Events of rectifications to and from JSON: forms as in :mod:`controller.codec`, names and versions its own."""

from collections.abc import Mapping
from typing import get_args

from controller import rectification_model
from controller.codec import BadForm, Json, from_json, to_json
from controller.rectification_model import RectificationEvent

RECTIFICATION_EVENT_TYPES: Mapping[str, type] = {
    kind.__name__: kind for kind in get_args(rectification_model.RectificationEvent)
}

RECTIFICATION_VERSIONS: Mapping[str, int] = dict.fromkeys(RECTIFICATION_EVENT_TYPES, 1)
"""The version in which each type of event is written today; none has changed yet, so nothing leads up from an older."""


def rectification_event_to_json(event: RectificationEvent) -> tuple[str, int, Json]:
    """Return the type name, the version and the data of an event."""
    name = type(event).__name__
    return name, RECTIFICATION_VERSIONS[name], to_json(event)


def rectification_event_from_json(name: str, version: int, data: Json) -> RectificationEvent:
    """Read an event of any version ever written.

    Raises:
        BadForm: no such type, a version from the future, or data of another form.
    """
    if name not in RECTIFICATION_EVENT_TYPES:
        raise BadForm("/type", "one of " + ", ".join(RECTIFICATION_EVENT_TYPES))
    if version != RECTIFICATION_VERSIONS[name]:
        raise BadForm("/version", f"{RECTIFICATION_VERSIONS[name]}")
    event: RectificationEvent = from_json(RECTIFICATION_EVENT_TYPES[name], data, f"/{name}")
    return event

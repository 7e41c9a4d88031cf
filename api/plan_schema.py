"""The JSON Schema of a plan file, made from the plan's own types: editors complete and check by it as one types.

Put ``# yaml-language-server: $schema=plan.schema.json`` on top of a plan, and the file that ``yichuang plan schema``
prints beside it.
"""

from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from enum import StrEnum
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from api.plan_members import meanings, summary
from controller.codec import member_names, to_json
from controller.plan import Plan, Selector
from controller.plan_check import ID_PATTERN, NAME_PATTERN, PREFIX_PATTERN, SLUG_PATTERN, SPOKEN_ONE

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TIME_PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]$"

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "pattern": TIME_PATTERN},
}

_PATTERNS: dict[tuple[str, str], str] = {
    ("Hall", "id"): SLUG_PATTERN.pattern,
    ("Hall", "name"): NAME_PATTERN.pattern,
    ("Service", "code"): ID_PATTERN.pattern,
    ("Service", "prefix"): PREFIX_PATTERN.pattern,
    ("Window", "id"): ID_PATTERN.pattern,
    ("Zone", "id"): ID_PATTERN.pattern,
    ("Device", "id"): ID_PATTERN.pattern,
    ("Policies", "spoken_one"): "|".join(SPOKEN_ONE),
}
"""What the check of a plan asks of a text, by type and member."""

_FILLED = {("Service", "field")}
"""Members that a file may leave out, because what else it says decides them."""


def plan_schema() -> Schema:
    """Return the JSON Schema of a plan."""
    definitions: dict[str, Schema] = {}
    root = _schema(Plan, definitions)
    return {"$schema": DIALECT, "title": "Yichuang plan", **root, "$defs": dict(sorted(definitions.items()))}


def _schema(wanted: Any, definitions: dict[str, Schema]) -> Schema:
    if wanted in _PLAIN:
        return _PLAIN[wanted]
    if wanted is Selector:
        return _selector(definitions)
    origin = get_origin(wanted)
    if origin in (Union, UnionType):
        (inner,) = (arg for arg in get_args(wanted) if arg is not NoneType)
        return {"anyOf": [_schema(inner, definitions), {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _schema(get_args(wanted)[0], definitions)}
    if hasattr(wanted, "__supertype__"):
        return _schema(wanted.__supertype__, definitions)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return {"type": "string", "enum": [member.value for member in wanted]}
    if is_dataclass(wanted):
        return _object(wanted, definitions)
    raise TypeError(f"no schema for {wanted!r}")


def _object(wanted: Any, definitions: dict[str, Schema]) -> Schema:
    name = wanted.__name__
    if name not in definitions:
        definitions[name] = {}
        hints = get_type_hints(wanted)
        properties = {}
        names, said = member_names(wanted), meanings(wanted)
        for entry in fields(wanted):
            member = dict(_schema(hints[entry.name], definitions))
            if (name, entry.name) in _PATTERNS:
                member["pattern"] = f"^({_PATTERNS[name, entry.name]})$"
            if entry.default is not MISSING:
                member["default"] = to_json(entry.default)
            member["description"] = said[names[entry.name]]
            properties[names[entry.name]] = member
        definitions[name] = {
            "type": "object",
            "description": summary(wanted),
            "additionalProperties": False,
            "properties": properties,
            "required": [
                names[e.name]
                for e in fields(wanted)
                if e.default is MISSING and e.default_factory is MISSING and (name, e.name) not in _FILLED
            ],
        }
    return {"$ref": f"#/$defs/{name}"}


def _selector(definitions: dict[str, Schema]) -> Schema:
    members = get_type_hints(Selector)
    definitions["Selector"] = {
        "description": cleandoc(Selector.__doc__ or ""),
        "oneOf": [
            {"type": "string"},
            *(
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {name: _schema(_given(members[name]), definitions)},
                    "required": [name],
                }
                for name in ("field", "department")
            ),
        ],
    }
    return {"$ref": "#/$defs/Selector"}


def _given(optional: Any) -> Any:
    (inner,) = (arg for arg in get_args(optional) if arg is not NoneType)
    return inner

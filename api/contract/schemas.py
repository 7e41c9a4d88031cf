"""JSON Schemas of what goes over MQTT, made from the values that the program itself reads and writes.

Rules of this file. Nothing is said here that the code doesn't say: members, bounds and meanings of an event come from
its forms and its docstring, those of a command or a state from its fields, those of an accepted reply from the models
that OpenAPI shows too. The dialect is draft 7, which AsyncAPI 3 takes for granted.
"""

import inspect
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter

from api.schemas import HelpCallForm, IssuedForm, ReviewForm, WindowForm
from controller.model import ReceiptState, TicketState
from devices import messages, outgoing
from devices.messages import DeviceEvent

Schema: TypeAlias = dict[str, Any]

DIALECT = "http://json-schema.org/draft-07/schema#"
REF = "#/components/schemas/{model}"


class TicketReply(IssuedForm):
    """The ticket that an event brought about or found."""

    state: TicketState


class ReceiptReply(BaseModel):
    """The paper that an event was about; without members where it was about a case's."""

    job: str
    ticket: str
    receipt: ReceiptState


REPLIES: Mapping[type[DeviceEvent], type[BaseModel] | None] = {
    messages.TicketRequested: TicketReply,
    messages.CallPressed: WindowForm,
    messages.ReviewSubmitted: ReviewForm,
    messages.ReceiptPrinted: ReceiptReply,
    messages.ReceiptFailed: ReceiptReply,
    messages.ReturnRequested: TicketReply,
    messages.ReprintRequested: ReceiptReply,
    messages.AppointmentCheckedIn: TicketReply,
    messages.PeopleCounted: None,
    messages.HelpPressed: HelpCallForm,
    messages.Telemetry: None,
    messages.CommandDone: None,
}
"""What an accepted event is answered with, besides its id."""

_OPTIONAL_MEMBERS = {messages.ReceiptPrinted, messages.ReceiptFailed}
"""Events whose reply may have no member but the common ones."""


@cache
def schemas() -> Mapping[str, Schema]:
    """Return all schemas by name, with references of the form of `REF` among them."""
    found: dict[str, Schema] = {f"event.{name}": _event(kind) for name, kind in messages.EVENTS.items()}
    found |= {f"command.{kind.type}": _outgoing(kind) for kind in get_args(outgoing.Command)}
    found |= {f"state.{name}": _outgoing(kind) for name, kind in states().items()}
    for kind, model in REPLIES.items():
        found |= _accepted(kind, model)
    found["reply.refused"] = {
        "type": "object",
        "description": "The event was not accepted; or not yet, where the code is `log_unavailable` or `rate_limited`: "
        "the device repeats it.",
        "properties": {
            "event": {"type": ["string", "null"], "description": "id of the event; null where it couldn't be read"},
            "ok": {"const": False},
            "code": {"type": "string", "description": "stable name of the reason"},
            "message": {"type": "string", "description": "the reason for people, in the hall's language"},
        },
        "required": ["event", "ok", "code", "message"],
    }
    found["status"] = {
        "type": "string",
        "enum": ["online", "offline"],
        "description": (
            "Plain text, not JSON: birth, and last will or goodbye. Birth and will may bear the number of their"
            " connection, another one for each, as the MQTT 5 user property `session`: then a will ends no other one."
            " A birth that is repeated is a sign of life."
        ),
    }
    return dict(sorted(found.items()))


def states() -> dict[str, type[Any]]:
    """Return the kinds of retained states by name."""
    return {kind.__name__.removesuffix("State").lower(): kind for kind in get_args(outgoing.State)}


def standalone(name: str) -> Schema:
    """Return a schema that needs no other: what it refers to stands in its definitions.

    Raises:
        KeyError: there is none of that name.
    """
    schema = schemas()[name]
    needed: dict[str, Schema] = {}
    _collect(schema, needed)
    moved = {key: _moved(value) for key, value in needed.items()}
    return {"$schema": DIALECT, "title": name, **_moved(schema), **({"definitions": moved} if moved else {})}


def _collect(node: Any, found: dict[str, Schema]) -> None:
    if isinstance(node, dict):
        ref = node.get("$ref")
        if isinstance(ref, str) and (name := ref.rpartition("/")[2]) not in found:
            found[name] = schemas()[name]
            _collect(found[name], found)
        for value in node.values():
            _collect(value, found)
    elif isinstance(node, list):
        for value in node:
            _collect(value, found)


def _moved(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: value.replace("#/components/schemas/", "#/definitions/") if key == "$ref" else _moved(value)
            for key, value in node.items()
        }
    return [_moved(value) for value in node] if isinstance(node, list) else node


def _event(kind: type[DeviceEvent]) -> Schema:
    said = _meanings(kind)
    properties: dict[str, Schema] = {"type": {"const": kind.type}}
    more: Schema = {}
    required = ["type"]
    for name, form in messages.forms(kind).items():
        if "type" not in form.schema and "enum" not in form.schema:  # readings: a member each, whatever their names
            more = {**form.schema, "additionalProperties": True}
            continue
        properties[name] = {**form.schema, **({"description": said[name]} if name in said else {})}
        if form.also is not None:
            properties[form.also] = {**form.schema, "description": f"another word for {name}"}
        if form.required:
            required.append(name)
    properties |= {name: properties.pop(name) for name in ("at", "window")}  # what every event has comes last
    described = {"type": "object", "description": summary(kind), "properties": properties, "required": required}
    return described | more


def _outgoing(kind: type[Any]) -> Schema:
    said, hints = _meanings(kind), get_type_hints(kind, include_extras=True)
    properties: dict[str, Schema] = {"type": {"const": kind.type}} if kind.type else {}
    required = [*properties]
    for field in fields(kind):
        properties[field.name] = {
            **_member(hints[field.name], nullable=kind.tells_none or field.default is MISSING),
            **({"description": said[field.name]} if field.name in said else {}),
        }
        if field.default is MISSING:
            required.append(field.name)
    return {"type": "object", "description": summary(kind), "properties": properties, "required": required}


def _member(hint: Any, *, nullable: bool) -> Schema:
    """Return the schema of a field as it is written; one that is ``None`` by default is left out then, never null."""
    kinds = [kind for kind in get_args(hint) if kind is not type(None)] if type(None) in get_args(hint) else [hint]
    (kind,) = kinds
    if kind is bytes:
        schema: Schema = {"type": "string", "contentEncoding": "base64"}
    elif kind is datetime:
        schema = {"type": "string", "format": "date-time"}
    else:
        schema = TypeAdapter(kind).json_schema(mode="serialization")
    return {**schema, "type": [schema["type"], "null"]} if kinds != [hint] and nullable else schema


def _accepted(kind: type[DeviceEvent], model: type[BaseModel] | None) -> dict[str, Schema]:
    """Return the schema of the reply to an accepted event, and those that it refers to."""
    own: Schema = {}
    if model is not None:
        own = model.model_json_schema(mode="serialization", ref_template=REF)
    more: dict[str, Schema] = own.pop("$defs", {})
    required = [] if kind in _OPTIONAL_MEMBERS else own.get("required", [])
    return more | {
        f"reply.{kind.type}": {
            "type": "object",
            "description": own.get("description", "The event was accepted; there is nothing more to say."),
            "properties": {
                "event": {"type": "string", "description": "id of the event"},
                "ok": {"const": True},
                **own.get("properties", {}),
            },
            "required": ["event", "ok", *required],
        }
    }


def summary(kind: type[Any]) -> str:
    """Return what a kind of message is, in a paragraph: the first of its docstring, without the code's own marks."""
    return _plain((inspect.getdoc(kind) or "").split("\n\nAttributes:")[0])


_ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n        .+)*)", re.MULTILINE)


def _meanings(kind: type[Any]) -> dict[str, str]:
    """Return what fields mean, from the docstrings of a class and of those that it extends."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        documented = inspect.cleandoc(one.__doc__ or "").partition("Attributes:\n")[2]
        found |= {name: _plain(meaning).removesuffix(".") for name, meaning in _ATTRIBUTE.findall(documented)}
    return found


def _plain(text: str) -> str:
    return " ".join(text.replace("``", "`").split())

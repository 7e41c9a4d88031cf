"""Strict reading of JSON that strangers send: bounded in size and depth, each member of its own type or refused.

A boolean is no number, a number no text, ``null`` the same as a member that isn't there. Members that nobody asks for
are left alone: the contract may gain some. A `Form` keeps side by side how a member is read and what the published JSON
Schema says of it, so that the contract's description can't say another thing than its reader.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson

PAYLOAD_BYTES_MAX = 64 * 1024
"""Largest event. The largest honest one, a review with its text, has about 3 kB."""

DEPTH_MAX = 8
"""How deep objects and lists may be nested; the contract's own events need 2."""

ID_CHARS_MAX = 128
TEXT_CHARS_MAX = 500
LIST_MAX = 20
"""Services of a ticket, tags of a review."""

QUOTED_CHARS_MAX = 40
"""How much of what a stranger sent is quoted back."""

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_NAME = re.compile(rf"[A-Za-z0-9_.:-]{{1,{ID_CHARS_MAX}}}")


class BadMessage(Exception):
    """A payload breaks the contract; the sender's fault, answered and survived.

    Attributes:
        code: stable name; ``refusal.<code>`` is its text in the catalogue.
        params: values of the text's placeholders.
        event_id: id of the event, if that much could be read.
    """

    def __init__(self, code: str, event_id: str | None = None, **params: str | int) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, str | int] = params
        self.event_id = event_id


def load_object(payload: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        BadMessage: the payload is too large, no JSON (NaN, infinite numbers and broken UTF-8 are none), nested too
            deep, or something other than an object.
    """
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise BadMessage("message_too_large", size=len(payload), size_max=PAYLOAD_BYTES_MAX)
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise BadMessage("message_not_json") from error
    if not isinstance(body, dict):
        raise BadMessage("message_not_object")
    if depth_exceeds(body, DEPTH_MAX):
        raise BadMessage("message_too_deep", event_id=readable_id(body), depth_max=DEPTH_MAX)
    return body


def depth_exceeds(body: object, depth_max: int) -> bool:
    """Whether containers are nested deeper than allowed; the parser's own bound keeps the loop finite."""
    level: list[Any] = [body]
    for _ in range(depth_max):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def readable_id(body: Mapping[str, Any]) -> str | None:
    """Return the id of an event that may be wrong in everything else."""
    event_id = body.get("id")
    return event_id if isinstance(event_id, str) and _is_id(event_id) else None


def _is_id(text: str) -> bool:
    return 1 <= len(text) <= ID_CHARS_MAX and text.isprintable()


class Members:
    """The members of one event, read by type; each reader raises `BadMessage` for a member of another form."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self._event_id = readable_id(body)

    def event_id(self) -> str:
        """Return the id: 1 to 128 printable characters."""
        if self._event_id is None:
            raise self._refuse("id", f"string 1..{ID_CHARS_MAX}")
        return self._event_id

    def name(self, member: str) -> str:
        """Return an id or a code of ours: letters, digits and ``_.:-``."""
        found = self.name_or_none(member)
        if found is None:
            raise self._missing(member)
        return found

    def name_or_none(self, member: str) -> str | None:
        """Return an id or a code of ours, if it is there."""
        value = self._body.get(member)
        if value is None:
            return None
        if not isinstance(value, str) or _NAME.fullmatch(value) is None:
            raise self._refuse(member, f"[A-Za-z0-9_.:-]{{1,{ID_CHARS_MAX}}}")
        return value

    def text(self, member: str) -> str:
        """Return words of people, at most 500 characters; "" if there are none."""
        value = self._body.get(member)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > TEXT_CHARS_MAX or "\0" in value:
            raise self._refuse(member, f"string 0..{TEXT_CHARS_MAX}")
        return value

    def names(self, member: str) -> tuple[str, ...]:
        """Return a list of at most 20 codes; empty if it isn't there."""
        value = self._body.get(member)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > LIST_MAX:
            raise self._refuse(member, f"[string](0..{LIST_MAX})")
        if not all(isinstance(entry, str) and _NAME.fullmatch(entry) for entry in value):
            raise self._refuse(member, f"[string](0..{LIST_MAX})")
        return tuple(value)

    def tags(self, member: str) -> tuple[str, ...]:
        """Return a list of at most 20 short texts; empty if it isn't there."""
        value = self._body.get(member)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > LIST_MAX:
            raise self._refuse(member, f"[string](0..{LIST_MAX})")
        if not all(isinstance(entry, str) and _is_id(entry) for entry in value):
            raise self._refuse(member, f"[string 1..{ID_CHARS_MAX}](0..{LIST_MAX})")
        return tuple(value)

    def integer(self, member: str, least: int, most: int, default: int | None = None) -> int:
        """Return a whole number within bounds; ``true`` is none."""
        value = self._body.get(member)
        value = default if value is None else value
        if value is None:
            raise self._missing(member)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self._refuse(member, f"{least}..{most}")
        return value

    def one_of(self, member: str, allowed: frozenset[str], default: str | None = None) -> str:
        """Return one of a few names."""
        value = self._body.get(member)
        value = default if value is None else value
        if value is None:
            raise self._missing(member)
        if not isinstance(value, str) or value not in allowed:
            raise self._refuse(member, " | ".join(sorted(allowed)))
        return value

    def time(self, member: str) -> datetime | None:
        """Return an RFC 3339 time with its offset, as UTC, if it is there."""
        value = self._body.get(member)
        if value is None:
            return None
        if not isinstance(value, str) or _TIME.fullmatch(value) is None:
            raise self._refuse(member, "RFC 3339")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as error:  # the 30th of February; a year before the first
            raise self._refuse(member, "RFC 3339") from error

    def rest(self, known: frozenset[str], members_max: int) -> dict[str, Any]:
        """Return all members but the known ones.

        Raises:
            BadMessage: there are too many.
        """
        found = {name: value for name, value in self._body.items() if name not in known}
        if len(found) > members_max:
            raise self._refuse("*", f"0..{members_max}")
        return found

    def unknown_type(self) -> BadMessage:
        """Return the refusal of an event of a type that isn't in the contract."""
        value = self._body.get("type")
        if value is None:
            return self._missing("type")
        return BadMessage("message_type_unknown", self._event_id, type=str(value)[:QUOTED_CHARS_MAX])

    def _missing(self, member: str) -> BadMessage:
        return BadMessage("message_member_missing", self._event_id, member=member)

    def _refuse(self, member: str, form: str) -> BadMessage:
        return BadMessage("message_member_invalid", self._event_id, member=member, form=form)


@dataclass(frozen=True, slots=True)
class Form:
    """A member's form: stands in ``Annotated`` beside the type of the value that is made of it.

    Attributes:
        read: reads the member of that name.
        schema: its JSON Schema, without the name.
        required: an event isn't one without it.
        also: another name of the member; counts where the first isn't there.
    """

    read: Callable[[Members, str], Any]
    schema: Mapping[str, Any]
    required: bool = False
    also: str | None = None


_NAME_SCHEMA = {"type": "string", "pattern": f"^{_NAME.pattern}$"}
# What is printable is Python's affair; the schema leaves out what surely isn't.
_TAG_SCHEMA = {
    "type": "string",
    "minLength": 1,
    "maxLength": ID_CHARS_MAX,
    "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
}


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


def _list_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    return _or_null({"type": "array", "items": schema, "maxItems": LIST_MAX})


def integer(least: int, most: int, default: int | None = None) -> Form:
    """Return the form of a whole number within bounds; with a default it may be left out."""
    schema: dict[str, Any] = {"type": "integer", "minimum": least, "maximum": most}
    if default is not None:
        schema = {**_or_null(schema), "default": default}
    return Form(lambda members, name: members.integer(name, least, most, default), schema, required=default is None)


def one_of(allowed: frozenset[str], default: str | None = None, made: Callable[[str], str] = str) -> Form:
    """Return the form of one of a few names, of which ``made`` makes the value; with a default it may be left out."""
    names: list[str | None] = [*sorted(allowed)]
    schema = {"type": "string", "enum": names} if default is None else {"enum": [*names, None], "default": default}
    return Form(lambda members, name: made(members.one_of(name, allowed, default)), schema, required=default is None)


def also_named(also: str) -> Form:
    """Return the form of a name that may be there, under either of two names."""

    def read(members: Members, name: str) -> str | None:
        first, second = members.name_or_none(name), members.name_or_none(also)
        return first or second

    return Form(read, _or_null(_NAME_SCHEMA), also=also)


EventId = Annotated[str, Form(lambda members, _name: members.event_id(), _TAG_SCHEMA, required=True)]
Name = Annotated[str, Form(Members.name, _NAME_SCHEMA, required=True)]
NameOrNone = Annotated[str | None, Form(Members.name_or_none, _or_null(_NAME_SCHEMA))]
Names = Annotated[tuple[str, ...], Form(Members.names, _list_of(_NAME_SCHEMA))]
Tags = Annotated[tuple[str, ...], Form(Members.tags, _list_of(_TAG_SCHEMA))]
Text = Annotated[
    str, Form(Members.text, _or_null({"type": "string", "maxLength": TEXT_CHARS_MAX, "pattern": r"^[^\u0000]*$"}))
]
Time = Annotated[
    datetime | None,
    Form(Members.time, _or_null({"type": "string", "format": "date-time", "pattern": f"^{_TIME.pattern}$"})),
]

"""The AsyncAPI 3 document of the whole MQTT contract: topics, who sends what, how it is delivered, and each payload.

It is written from the controller's side: it receives events and sends commands. A device does the reverse.
"""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from typing import Any

from api.contract.examples import examples
from api.contract.schemas import schemas
from devices.intake import REPLY_S
from devices.members import PAYLOAD_BYTES_MAX
from devices.topics import NAME_CHARS_MAX, ROOT, Leaf

ASYNCAPI = "3.0.0"
JSON, TEXT = "application/json", "text/plain"
BINDING = "0.2.0"
"""Version of AsyncAPI's MQTT bindings."""

_LEAVES: dict[Leaf, tuple[str, str]] = {
    Leaf.EVENT: (
        "receive",
        (
            f"What happened at a device; at most {PAYLOAD_BYTES_MAX} bytes. The device keeps an event and repeats it "
            "with the same id until the reply has come; an id counts once, however often it comes."
        ),
    ),
    Leaf.STATUS: ("receive", "Birth and last will of a device, kept by the broker."),
    Leaf.COMMAND: (
        "send",
        (
            "What a device is to do now. It may come again: what has the same job is printed once, what has the same "
            "id is done once. Where `ack` is true the controller wants a `command_done` with the command's id; what "
            "isn't delivered by `expires_at` is dropped by the broker."
        ),
    ),
    Leaf.REPLY: ("send", "The answer to an event, sent after it is on the disk."),
    Leaf.STATE: ("send", "What a device should show now, kept by the broker: an LED sign needs no more than this."),
}
_RETAINED = {Leaf.STATUS, Leaf.STATE}


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Yichuang: devices of a service hall",
            "version": version("yichuang"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON,
        "servers": {
            "hall": {
                "host": "{broker}",
                "protocol": "mqtt",
                "protocolVersion": "5.0",
                "description": "The hall's broker; MQTT 3.1.1 works as well.",
                "variables": {"broker": {"default": "127.0.0.1:1883", "description": "HOST:PORT"}},
            }
        },
        "channels": {leaf.value: _channel(leaf, about) for leaf, (_, about) in _LEAVES.items()},
        "operations": {f"{action}_{leaf}": _operation(leaf, action) for leaf, (action, _) in _LEAVES.items()},
        "components": {
            "messages": {name: _message(name) for name in _message_names()},
            "schemas": dict(schemas()),
        },
    }


_ABOUT = """\
What devices and the controller say to each other over MQTT 5. Everything is at QoS 1. Members and types may be added to
this contract, never removed or renamed: leave alone what you don't know."""


def _channel(leaf: Leaf, about: str) -> dict[str, Any]:
    return {
        "address": f"{ROOT}/{{hall}}/{{device}}/{leaf}",
        "description": about,
        "parameters": {
            "hall": {"description": f"id of the hall: a-z, 0-9 and -, at most {NAME_CHARS_MAX} characters"},
            "device": {"description": f"id of the device, unique in the deployment: A-Z and _ too, {NAME_CHARS_MAX}"},
        },
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages_of(leaf)},
    }


def _operation(leaf: Leaf, action: str) -> dict[str, Any]:
    binding: dict[str, Any] = {"qos": 1, "retain": leaf in _RETAINED, "bindingVersion": BINDING}
    if leaf is Leaf.REPLY:
        binding["messageExpiryInterval"] = int(REPLY_S)
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{leaf}"},
        "messages": [{"$ref": f"#/channels/{leaf}/messages/{name}"} for name in _messages_of(leaf)],
        "bindings": {"mqtt": binding},
    }
    if leaf is Leaf.EVENT:
        replies = [{"$ref": f"#/channels/reply/messages/{name}"} for name in _messages_of(Leaf.REPLY)]
        operation["reply"] = {"channel": {"$ref": "#/channels/reply"}, "messages": replies}
    return operation


def _message(name: str) -> dict[str, Any]:
    kind = name.rpartition(".")[2]
    correlation = {"event": "id", "reply": "event"}.get(name.partition(".")[0])
    return {
        "name": kind,
        "summary": schemas()[name]["description"],
        "contentType": TEXT if name == Leaf.STATUS else JSON,
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "examples": [{"payload": examples()[name]}],
        **({"correlationId": {"location": f"$message.payload#/{correlation}"}} if correlation else {}),
    }


def _message_names() -> list[str]:
    return [name for leaf in _LEAVES for name in _messages_of(leaf)]


def _messages_of(leaf: Leaf) -> Iterable[str]:
    return [name for name in schemas() if name.partition(".")[0] == leaf]

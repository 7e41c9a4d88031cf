"""The published contract as a judge: whatever a test's device sends or hears is held against its schema."""

from functools import cache
from typing import Any

import jsonschema_rs

from api.contract.schemas import schemas, standalone


@cache
def validator(name: str) -> jsonschema_rs.Draft7Validator:
    """Return the validator of a schema."""
    return jsonschema_rs.Draft7Validator(standalone(name), validate_formats=True)


def faults(name: str, body: Any) -> list[str]:
    """Return what is wrong with a payload by a schema."""
    return [f"{name}{list(error.instance_path)}: {error.message}" for error in validator(name).iter_errors(body)]


def wrong_command(body: Any) -> list[str]:
    """Return what is wrong with a command."""
    name = f"command.{body['type']}"
    return faults(name, body) if name in schemas() else [f"{name} isn't in the contract"]


def wrong_state(body: Any) -> list[str]:
    """Return what is wrong with a retained state."""
    kinds = {"window": "state.window", "asked_at": "state.help"}
    return faults(next((name for member, name in kinds.items() if member in body), "state.hall"), body)


def wrong_reply(body: Any, event: dict[str, Any] | None) -> list[str]:
    """Return what is wrong with a reply, and with the event that was accepted; ``None``: nobody has seen it sent."""
    if not body["ok"]:
        return faults("reply.refused", body)
    if event is None:
        return []
    return faults(f"event.{event['type']}", event) + faults(f"reply.{event['type']}", body)

"""The contract's description: a valid AsyncAPI document, and schemas that say what the program's own reader does."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.contract.asyncapi import document
from api.contract.examples import examples
from api.contract.schemas import REPLIES, schemas, standalone
from api.main import app
from devices import messages
from devices.messages import BadMessage, parse_event
from devices.topics import Leaf, parse
from tests.support.contract import faults
from tests.unit.test_messages import EVENTS

ROOT = Path(__file__).parents[2]
META = ROOT / "api" / "web" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
PARTS = {"Lane", "ReceiptState", "TicketState", "Wait", "WindowKind", "WindowStatus"}
"""Schemas that are parts of others."""


def meta() -> jsonschema_rs.Draft7Validator:
    assert META.exists(), "the schema of AsyncAPI is not there: bash deploy/setup.sh dev"
    return jsonschema_rs.Draft7Validator(json.loads(META.read_text("utf-8")))


def test_the_document_is_asyncapi() -> None:
    assert [error.message for error in meta().iter_errors(document())] == []


def test_a_document_that_is_none_is_refused() -> None:
    broken = json.loads(json.dumps(document()))
    broken["operations"]["receive_event"]["action"] = "listen"
    assert not meta().is_valid(broken)


def test_every_topic_is_described_with_its_delivery() -> None:
    channels, operations = document()["channels"], document()["operations"]
    assert set(channels) == {leaf.value for leaf in Leaf}
    for leaf in Leaf:
        assert parse(channels[leaf]["address"].format(hall="demo", device="pad-3")).leaf is leaf
    delivery = {
        operation["channel"]["$ref"].rpartition("/")[2]: (operation["action"], operation["bindings"]["mqtt"]["retain"])
        for operation in operations.values()
    }
    assert delivery == {
        "event": ("receive", False),
        "status": ("receive", True),
        "command": ("send", False),
        "reply": ("send", False),
        "state": ("send", True),
    }
    assert {operation["bindings"]["mqtt"]["qos"] for operation in operations.values()} == {1}


def refs(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(refs(value) for value in node.values()))
    return set().union(*(refs(value) for value in node)) if isinstance(node, list) else set()


def test_every_reference_leads_somewhere() -> None:
    for ref in refs(document()):
        node: Any = document()
        for step in ref.removeprefix("#/").split("/"):
            node = node[step]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_a_schema_stands_alone(name: str) -> None:
    jsonschema_rs.meta.validate(standalone(name))
    assert {ref.rpartition("/")[0] for ref in refs(standalone(name))} <= {"#/definitions"}
    assert standalone(name)["description"]


def test_every_message_has_an_example_that_is_one() -> None:
    given_examples = examples()
    assert set(given_examples) == set(schemas()) - PARTS
    assert {name: faults(name, body) for name, body in given_examples.items()} == {name: [] for name in given_examples}


def test_every_event_has_its_reply() -> None:
    assert set(REPLIES) == set(messages.EVENTS.values())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_a_sample_is_an_event_of_its_schema(event: messages.DeviceEvent) -> None:
    assert faults(f"event.{event.type}", json.loads(event.to_payload())) == []


def is_read(body: dict[str, Any]) -> bool:
    try:
        parse_event(orjson.dumps(body))
    except BadMessage:
        return False
    return True


TEXTS = st.text(st.characters(codec="ascii") | st.sampled_from("号 \x7f\x00很"), max_size=12)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.sampled_from([4.5, "next", "green", "a" * 128, "a" * 129, "好" * 500, "好" * 501, ["a"] * 20, ["a"] * 21])
    | st.sampled_from(["2026-03-02T09:05:06Z", "2026-03-02T09:05:06.5+08:00", "2026-03-02", "2026-03-02T09:05:06"])
    | TEXTS
    | st.lists(TEXTS | st.integers(), max_size=3)
    | st.dictionaries(TEXTS, st.none(), max_size=2)
)
MEMBERS = [*sorted({name for kind in messages.EVENTS.values() for name in messages.forms(kind)} - {"values"}), "cover"]


@given(
    st.sampled_from(EVENTS),
    st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=3),
    st.sets(st.sampled_from(MEMBERS), max_size=2),
)
def test_the_schema_takes_what_the_reader_takes(
    event: messages.DeviceEvent, swapped: dict[str, Any], left_out: set[str]
) -> None:
    body = {name: value for name, value in (json.loads(event.to_payload()) | swapped).items() if name not in left_out}
    assert (not faults(f"event.{event.type}", body)) == is_read(body), body


def test_the_command_prints_the_document_and_schemas() -> None:
    run = CliRunner().invoke
    assert json.loads(run(app, ["contract", "asyncapi"]).output) == document()
    assert run(app, ["contract", "schema"]).output.split() == list(schemas())
    assert json.loads(run(app, ["contract", "schema", "command.print"]).output) == standalone("command.print")
    assert run(app, ["contract", "schema", "nonesuch"]).exit_code != 0

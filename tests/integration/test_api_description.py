"""What the program says of its own interface."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.api_hall import api_hall
from tests.support.hall_client import PREFIX

ONCE_BY_THEMSELVES = {
    (f"{PREFIX}/halls/{{hall}}/appointments/{{appointment}}/check-in", "post"),
    (f"{PREFIX}/halls/{{hall}}/cases/{{case}}/slips/{{slip}}", "post"),
    (f"{PREFIX}/halls/{{hall}}/aids/{{aid}}", "put"),
    (f"{PREFIX}/halls/{{hall}}/paper-reviews/{{batch}}/entries", "post"),
    (f"{PREFIX}/halls/{{hall}}/paper-reviews/{{batch}}/settlement", "post"),
    (f"{PREFIX}/halls/{{hall}}/papers/{{paper}}/preview", "post"),
    (f"{PREFIX}/halls/{{hall}}/plan/text", "post"),
    *((f"{PREFIX}/session{more}", method) for more, method in (("", "post"), ("", "delete"), ("/password", "post"))),
    (f"{PREFIX}/halls/{{hall}}/devices", "post"),
    (f"{PREFIX}/halls/{{hall}}/devices/{{device}}", "delete"),
    (f"{PREFIX}/halls/{{hall}}/devices/{{device}}/sheet", "post"),
    (f"{PREFIX}/accounts", "post"),
    (f"{PREFIX}/accounts/{{name}}/password", "post"),
    (f"{PREFIX}/accounts/{{name}}/enabled", "put"),
}
"""Writes that need no key: done twice they come to the same, or the second is refused, or they write nothing."""


def refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for entry in node.values():
            yield from refs(entry)
    elif isinstance(node, list):
        for entry in node:
            yield from refs(entry)


async def test_the_interface_is_described(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        document = (await hall.client.http.get("/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    assert document["info"]["version"]
    schemas = document["components"]["schemas"]
    assert {ref.removeprefix("#/components/schemas/") for ref in refs(document)} <= schemas.keys()
    assert "HTTPValidationError" not in schemas
    contract = {
        ("/halls", "get"),
        ("/halls/{hall}", "get"),
        ("/halls/{hall}/plan", "get"),
        ("/halls/{hall}/plan", "put"),
        ("/halls/{hall}/tickets", "post"),
        ("/halls/{hall}/tickets/{ticket}", "get"),
        ("/halls/{hall}/tickets/{ticket}", "delete"),
        ("/halls/{hall}/windows/{window}/{action}", "post"),
        ("/halls/{hall}/reviews", "post"),
        ("/halls/{hall}/stream", "get"),
    }
    operations = {
        (path, method): operation for path, ways in document["paths"].items() for method, operation in ways.items()
    }
    assert {(PREFIX + path, method) for path, method in contract} <= operations.keys()
    assert {("/healthz", "get"), ("/readyz", "get"), ("/metrics", "get")} <= operations.keys()
    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)
    for (path, method), operation in operations.items():
        named = set(re.findall(r"{(\w+)}", path))
        given = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert named == given, path
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and path != "/readyz":
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ProblemForm"}, f"{method} {path} {status}"
                assert list(answer["content"]) == ["application/problem+json"]
    assert operations[f"{PREFIX}/halls/{{hall}}/tickets", "post"]["responses"].keys() >= {"201", "400", "413", "422"}
    writes = {each for each in operations if each[1] in {"post", "put", "delete"}}
    assert writes >= ONCE_BY_THEMSELVES
    for path, method in writes - ONCE_BY_THEMSELVES:
        assert "Idempotency-Key" in {each["name"] for each in operations[path, method]["parameters"]}, path

"""What OpenAPI says of this interface, where it isn't what FastAPI takes for granted."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from api.answers import JSON, PROBLEM_JSON

PROBLEM_REF = "#/components/schemas/ProblemForm"
FASTAPIS_OWN = ("HTTPValidationError", "ValidationError")
"""FastAPI's forms of faults, which we never send."""


def describe(app: FastAPI) -> None:
    """Let an application describe its problems as what they are: RFC 9457 documents."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            for answer in _answers(document):
                if _is_problem(answer):
                    answer["content"] = {PROBLEM_JSON: {"schema": {"$ref": PROBLEM_REF}}}
            for name in FASTAPIS_OWN:
                document["components"]["schemas"].pop(name, None)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend it


def _answers(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        for operation in operations.values():
            yield from operation["responses"].values()


def _is_problem(answer: dict[str, Any]) -> bool:
    schema = answer.get("content", {}).get(JSON, {}).get("schema", {})
    return str(schema.get("$ref", "")).endswith(("/ProblemForm", "/HTTPValidationError"))

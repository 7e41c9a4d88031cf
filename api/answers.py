"""Answers as bytes: one encoder for everything that goes out over HTTP."""

from typing import Any

import orjson
from starlette.responses import Response

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"


def encoded(form: Any) -> bytes:
    """Return the JSON of a form."""
    return orjson.dumps(form)


def answer(form: Any, status: int = 200) -> Response:
    """Return an answer that nobody may keep: the floor moves on."""
    return Response(encoded(form), status, media_type=JSON, headers={"Cache-Control": "no-store"})

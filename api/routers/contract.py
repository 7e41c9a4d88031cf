"""The MQTT contract for other people's programs: the AsyncAPI document, and the JSON Schema of each payload."""

from fastapi import APIRouter
from starlette.responses import Response

from api.access import Guarded
from api.answers import answer
from api.contract.asyncapi import document
from api.contract.schemas import standalone
from api.parts import may_answer
from api.problems import Problem

router = APIRouter(tags=["contract"], route_class=Guarded)


@router.get("/asyncapi.json")
async def asyncapi() -> Response:
    """Return the AsyncAPI 3 document of what devices and the controller say over MQTT."""
    return answer(document())


@router.get("/schemas/{name}.json", responses=may_answer(404))
async def schema(name: str) -> Response:
    """Return the JSON Schema of a payload, e.g. ``event.review_submitted``: complete, for any validator."""
    try:
        return answer(standalone(name))
    except KeyError:
        raise Problem(404, "schema_unknown", {"schema": name}) from None

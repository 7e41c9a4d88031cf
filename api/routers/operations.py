"""Whether the controller lives, whether it can serve, and what it measures."""

import asyncio

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from api.access import Guarded
from api.answers import answer
from api.parts import Ours
from api.schemas import HealthForm
from controller.runtime.errors import OperatingError

router = APIRouter(tags=["operations"], route_class=Guarded)

READY_S_MAX = 3.0
"""How long a durable commit may take for a controller that is ready."""


@router.get("/healthz", response_model=HealthForm)
async def healthz() -> Response:
    """Tell that the process answers."""
    return answer({"status": "ok", "parts": {}})


@router.get("/readyz", response_model=HealthForm, responses={503: {"model": HealthForm}})
async def readyz(parts: Ours) -> Response:
    """Tell whether events can be saved and devices be reached; 503 names what can't."""
    found = {"log": "ok", "broker": "ok" if parts.gateway.connected else "not connected"}
    try:
        async with asyncio.timeout(READY_S_MAX):
            await parts.journal.ping()
    except OperatingError as error:
        found["log"] = str(error)
    except TimeoutError:
        found["log"] = f"no commit within {READY_S_MAX:g} s"
    ready = all(state == "ok" for state in found.values())
    return answer({"status": "ok" if ready else "unavailable", "parts": found}, 200 if ready else 503)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, parts: Ours) -> Response:
    """Return what Prometheus reads; to this machine, or by a scrape token."""
    request.app.state.measure()
    return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)

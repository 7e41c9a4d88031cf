"""Whether the controller lives, whether it can serve, and what it measures."""

import asyncio
import ipaddress

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.parts import Ours, client_host, may_answer
from api.problems import Problem
from api.schemas import HealthForm
from controller.runtime.errors import OperatingError

router = APIRouter(tags=["operations"])

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


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **may_answer(403)})
async def metrics(request: Request, parts: Ours) -> Response:
    """Return what Prometheus reads; to this machine only."""
    if not _is_loopback(client_host(request)):
        raise Problem(403, "forbidden_address")
    request.app.state.measure()
    return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # A listener on every address of IPv6 sees this machine's IPv4 in IPv6's clothes.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback

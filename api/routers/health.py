"""The health of a hall's devices: what is wrong, since when, and whom it hits."""

from fastapi import APIRouter
from starlette.responses import Response

from api.access import GuardedApi
from api.answers import answer
from api.health_schemas import DeviceHealthForm, HealthForm, TroubleForm, TroubleState
from api.health_watch import Trouble
from api.parts import Ours, may_answer
from controller.plan import HallId

router = APIRouter(prefix="/halls/{hall}/health", tags=["devices"], route_class=GuardedApi)


@router.get("", response_model=HealthForm, responses=may_answer(404))
async def device_health(hall: str, parts: Ours) -> Response:
    """Return what is wrong with a hall's devices now, the worst first; and what is known of each."""
    day = await parts.day(hall)
    await parts.directory.look()
    health = parts.health.look(HallId(day.hall))
    form = HealthForm(
        hall=day.hall,
        at=health.at,
        devices=len(health.devices),
        well=health.well,
        troubles=[_trouble(trouble) for trouble in health.troubles],
        vitals=[
            DeviceHealthForm(
                device=device.id,
                kind=device.kind.value,
                online=vitals.online,
                since=vitals.since,
                heard_at=vitals.heard_at,
                beats=vitals.beats,
            )
            for device, vitals in health.devices.items()
        ],
    )
    return answer(form.model_dump(mode="json"))


def _trouble(trouble: Trouble) -> TroubleForm:
    finding, alarm, hit = trouble.finding, trouble.alarm, trouble.hit
    state = TroubleState.NOTICED
    if alarm.raised:
        state = TroubleState.RAISED if alarm.well_since is None else TroubleState.RECOVERING
    return TroubleForm(
        device=trouble.device.id,
        kind=trouble.device.kind.value,
        fault=finding.fault,
        severity=finding.severity,
        state=state,
        since=trouble.since,
        raised_at=alarm.raised_at,
        params=dict(finding.params),
        window=hit.window,
        zone=hit.zone,
        services=list(hit.services),
        alone=hit.alone,
    )

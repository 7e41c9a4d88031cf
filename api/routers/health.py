"""The health of a hall's devices: what is wrong, since when, whom it hits; and the list of what a hall must have."""

from dataclasses import asdict
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from api.access import GuardedApi
from api.answers import answer
from api.health_schemas import (
    DeviceHealthForm,
    HealthForm,
    InspectionForm,
    InspectionLine,
    TroubleForm,
    TroubleState,
)
from api.health_watch import Trouble
from api.parts import Ours, may_answer
from controller.inspection import AIDS, inspect
from controller.plan import HallId
from controller.runtime.aid_store import AidStore
from controller.runtime.catalogue import languages, text

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


@router.get("/inspection", response_model=InspectionForm, responses=may_answer(404))
async def inspection(hall: str, parts: Ours) -> Response:
    """Return the inspection list of a hall: what it must have, and what is there, missing or broken."""
    day = await parts.day(hall)
    await parts.directory.look()
    aids = await AidStore(parts.journal, day.hall, ZoneInfo(day.plan.hall.timezone)).aids()
    health = parts.health.look(HallId(day.hall))
    names = {item: [text(f"inspection.{item}", language) for language in languages()] for item in AIDS}
    lines = inspect(day.plan, health.devices, health.idle, {aid.name: aid.count for aid in aids}, names)
    form = InspectionForm(hall=day.hall, at=health.at, lines=[InspectionLine(**asdict(line)) for line in lines])
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

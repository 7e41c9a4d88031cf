"""The devices of a hall: which there are, which may speak, and what a new one needs to join."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.device_schemas import (
    DeviceAsked,
    DeviceForm,
    DeviceList,
    DeviceName,
    FirmwareList,
    JoinedForm,
    ReadingForm,
)
from api.firmware import MODELS, firmware_of, secrets_of
from api.join_sheet import code_svg, join_file
from api.joining import Joined
from api.parts import Ours, Parts, may_answer
from api.problems import Problem, refused
from controller.model import HallDay
from controller.plan import Device, DeviceId, DeviceKind
from controller.refusals import WindowUnknown
from controller.runtime.device_store import Registered

router = APIRouter(prefix="/halls/{hall}/devices", tags=["devices"], route_class=GuardedApi)

GivenId = Annotated[DeviceName, Path()]


@router.get("", response_model=DeviceList, responses=may_answer(404))
async def list_devices(hall: str, parts: Ours) -> Response:
    """Return the devices of a hall, those that were revoked last."""
    day = await parts.day(hall)
    await parts.directory.look()
    registered = {one.id: one for one in parts.devices.registered.values() if one.hall == hall}
    there = parts.devices.of(day.plan)
    gone = [one for one in registered.values() if one.id not in {device.id for device in there}]
    forms = [_form(parts, day, device, registered.get(device.id)) for device in there]
    forms += [_form(parts, day, one, one) for one in gone]
    return answer({"closed": parts.devices.closed, "broker": parts.joining.broker.url, "devices": forms})


@router.post("", status_code=201, response_model=JoinedForm, responses=may_answer(403, 404, 409, 422))
async def add_device(hall: str, asked: DeviceAsked, request: Request, parts: Ours) -> Response:
    """Let a device speak; what it needs to join is told once, here, with a sheet to be printed."""
    day = await parts.day(hall)
    planned = day.plan.device_by_id.get(DeviceId(asked.id))
    if planned is not None and planned.kind is not asked.kind:
        raise Problem(422, "device_kind_differs", {"device": asked.id, "kind": planned.kind.value})
    if asked.window is not None and asked.window not in day.plan.window_by_id:
        raise refused(WindowUnknown(asked.window))
    if asked.zone is not None and asked.zone not in {zone.id for zone in day.plan.zones}:
        raise Problem(422, "device_place_unfit", {"place": asked.zone})
    by = caller_of(request).actor
    joined = await parts.joining.add(asked.id, asked.kind, hall, by, window=asked.window, zone=asked.zone)
    await parts.directory.look()
    return answer(_joined(joined), 201)


@router.delete("/{device}", status_code=204, response_class=Response, responses=may_answer(404))
async def revoke_device(hall: str, device: GivenId, request: Request, parts: Ours) -> Response:
    """Let a device not speak any more; its connection ends at once."""
    await _theirs(parts, hall, device)
    await parts.joining.revoke(device, caller_of(request).actor)
    await parts.directory.look()
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@router.post("/{device}/sheet", response_model=JoinedForm, responses=may_answer(404))
async def renew_sheet(hall: str, device: GivenId, request: Request, parts: Ours) -> Response:
    """Give a device a new password, and a sheet with it; the old password ends, and the connection made by it."""
    await _theirs(parts, hall, device)
    joined = await parts.joining.renew(device, caller_of(request).actor)
    await parts.directory.look()
    return answer(_joined(joined))


@router.get("/{device}/firmware", response_model=FirmwareList, responses=may_answer(404))
async def get_firmware(hall: str, device: GivenId, parts: Ours) -> Response:
    """Return the ESPHome configurations for a device, ready to flash beside the secrets that its joining told."""
    day = await parts.day(hall)
    await parts.directory.look()
    one = next((one for one in parts.devices.of(day.plan) if one.id == device), None)
    if one is None:
        raise Problem(404, "device_unknown", {"device": device})
    found = await run_in_threadpool(firmware_of, one.id, one.kind, day.plan, parts.joining.broker.url)
    return answer({"device": one.id, "models": [asdict(each) for each in found]})


async def _theirs(parts: Parts, hall: str, device: str) -> None:
    """See that a device is the hall's; one of another hall is as good as none."""
    if (await parts.joining.device(device)).hall != hall:
        raise Problem(404, "device_unknown", {"device": device})


def _joined(joined: Joined) -> dict[str, object]:
    file = join_file(joined)
    place = {"kind": joined.kind, "hall": joined.hall, "window": joined.window, "zone": joined.zone}
    return {**joined.form(), **place, "file": file, "code": code_svg(file), "secrets": secrets_of(joined)}


def _form(parts: Parts, day: HallDay, device: Device | Registered, registered: Registered | None) -> dict[str, object]:
    form = DeviceForm(
        device=device.id,
        kind=str(device.kind),
        window=device.window,
        zone=device.zone,
        planned=device.id in day.plan.device_by_id,
        firmware=list(MODELS.get(DeviceKind(device.kind), ())),
        registered=registered is not None and registered.revoked_at is None,
        online=parts.presence.is_online(day.hall, device.id),
        since=parts.presence.since(day.hall, device.id),
        added_at=registered.added_at if registered is not None else None,
        revoked_at=registered.revoked_at if registered is not None else None,
        readings={
            name: ReadingForm(value=one.value, at=one.at)
            for name, one in sorted(parts.conditions.readings(day.hall, device.id).items())
        },
    )
    return form.model_dump(mode="json")

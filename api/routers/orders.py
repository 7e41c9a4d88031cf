"""What a device is told to do by hand, and what became of it."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.device_schemas import DeviceName, OrderAsked, OrderForm, OrderList
from api.orders import Orders, fits
from api.parts import Key, Ours, may_answer
from api.problems import Problem
from controller.device_orders import Order, OrderType
from controller.plan import Device, HallId

router = APIRouter(prefix="/halls/{hall}/devices/{device}/commands", tags=["devices"], route_class=GuardedApi)

GivenId = Annotated[DeviceName, Path()]
ID_CHARS = 16


async def _told(hall: str, device: GivenId, parts: Ours) -> tuple[HallId, Device]:
    """Return the device that is meant."""
    day = await parts.day(hall)
    found = parts.devices.find(day.plan, device)
    if found is None:
        raise Problem(404, "device_unknown", {"device": device})
    return day.hall, found


Told = Annotated[tuple[HallId, Device], Depends(_told)]


@router.post("", status_code=201, response_model=OrderForm, responses=may_answer(404, 422))
async def give_order(told: Told, asked: OrderAsked, request: Request, parts: Ours, key: Key) -> Response:
    """Tell a device to do something now; it is sent at once, and dropped if the device doesn't hear it in time."""
    hall, device = told
    order_id = sha256(f"{hall}/{device.id}/{key}".encode()).hexdigest()[:ID_CHARS]
    by = caller_of(request).actor
    order = await parts.orders.give(hall, device, asked.type, asked.amount, by, order_id=order_id)
    return answer(_form(parts.orders, order), 201)


@router.get("", response_model=OrderList, responses=may_answer(404))
async def list_orders(told: Told, parts: Ours) -> Response:
    """Return what a device can be told to do, and what it was told before, the newest first."""
    hall, device = told
    orders = await parts.orders.store.history(hall, device.id)
    return answer(
        {
            "fit": [type_.value for type_ in OrderType if fits(device, type_)],
            "online": parts.presence.is_online(hall, device.id),
            "commands": [_form(parts.orders, order) for order in orders],
        }
    )


def _form(orders: Orders, order: Order) -> dict[str, object]:
    form = OrderForm(
        command=order.id,
        type=order.type,
        amount=order.amount,
        by=order.by,
        at=order.asked_at,
        expires_at=order.expires_at,
        state=orders.state(order),
        reason=order.reason,
        done_at=order.done_at,
    )
    return form.model_dump(mode="json")

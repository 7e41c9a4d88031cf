"""The controller's line to its devices: what hears them, what knows of them, and what forgets the revoked ones."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from api.broker_door import BrokerDoor
from api.check_ins import CheckIns
from api.conditions import Conditions
from api.device_directory import Directory, knows
from api.device_floor import DeviceFloor
from api.device_states import DeviceStates
from api.health_watch import HealthWatch
from api.orders import Orders
from api.parts import Parts
from api.presence import Presence
from api.settings import Settings
from controller.plan import HallId, Plan
from controller.runtime.catalogue import DEFAULT_LANGUAGE
from controller.runtime.clock import SystemClock
from controller.runtime.device_store import Registered
from controller.runtime.engine import Engine
from controller.runtime.journal import Journal
from controller.runtime.metrics import Metrics
from controller.runtime.print_store import PrintStore
from controller.runtime.reading_store import ReadingStore
from devices.gateway import CLIENT_ID, Gateway
from displays.hub import Hub


@dataclass(frozen=True, slots=True)
class Core:
    """What everything else stands on."""

    clock: SystemClock
    metrics: Metrics
    journal: Journal
    engine: Engine
    directory: Directory
    orders: Orders


def forgetting(gateway: Gateway) -> Callable[[Sequence[Registered]], Awaitable[None]]:
    """Return what takes away what devices that were revoked have said last: brokers keep it."""

    async def forget(changed: Sequence[Registered]) -> None:
        for one in changed:
            if one.revoked_at is not None:
                gateway.forget_status(one.hall, one.id)

    return forget


async def presence_of(settings: Settings, core: Core) -> Presence:
    """Return what follows devices, with what they said of themselves before.

    Raises:
        LogUnavailable: the database can't be asked.
    """
    engine, devices = core.engine, core.directory.devices
    store, known = ReadingStore(core.journal), knows(engine.plans, devices)
    conditions = Conditions(store, core.clock, known, shared=settings.several)
    await conditions.load()
    return Presence(engine.plans, devices, engine.day, metrics=core.metrics, clock=core.clock, conditions=conditions)


def health_of(core: Core, presence: Presence, hub: Hub) -> HealthWatch:
    """Return what looks after the devices."""
    return HealthWatch(core.engine.plans, core.directory.devices, presence, hub, metrics=core.metrics, clock=core.clock)


def watching(parts: Parts, states: DeviceStates) -> dict[str, Coroutine[Any, Any, None]]:
    """Return the duties that follow devices, by name."""
    return {
        "presence": parts.presence.run(states, parts.paper),
        "registry": parts.directory.run(),
        "conditions": parts.conditions.run(),
        "health": parts.health.run(),
    }


async def gateway_of(settings: Settings, door: BrokerDoor, core: Core, presence: Presence) -> Gateway:
    """Return what joins the floor and its devices, not yet connected."""
    engine, metrics = core.engine, core.metrics
    floor = DeviceFloor(
        engine,
        CheckIns(engine, core.journal, core.clock),
        core.directory,
        core.orders,
        lambda code: metrics.refusals.labels(code).inc(),
        on_telemetry=presence.conditions.telemetry,
        papers=PrintStore(core.journal),
    )
    return Gateway(
        door.address,
        floor,
        client_id=await asyncio.to_thread(_client_id, settings),
        shared=settings.several,
        on_presence=presence.note,
        count=lambda result: metrics.mqtt_events.labels(result).inc(),
        language=lambda hall: _language(engine.plans, hall),
        on_malformed=presence.conditions.nonsense,
        rate=settings.allowance,
        on_limited=presence.limited,
    )


def _language(plans: Mapping[HallId, Plan], hall: str) -> str:
    plan = plans.get(HallId(hall))
    return plan.hall.language if plan is not None else DEFAULT_LANGUAGE


def _client_id(settings: Settings) -> str:
    """Return the name of this controller's session at the broker: its own, and the same after each start."""
    if settings.broker is None:
        return CLIENT_ID
    path = settings.data / "controller-id"
    settings.data.mkdir(parents=True, exist_ok=True)
    if not path.exists() or not path.read_text(encoding="ascii").strip():  # a power cut may leave it empty
        path.write_text(f"{CLIENT_ID}-{uuid4().hex[:12]}\n", encoding="ascii")
    return path.read_text(encoding="ascii").strip()

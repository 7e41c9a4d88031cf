"""The devices of halls: those that plans name, and those that somebody registered; who of them may speak.

Rules of this file. A plan's word on where a device stands goes before the registry's. Until a device is registered
anybody may speak, from then on only those that are and were not revoked. What is registered elsewhere, by another
controller or on the command line, is known here after `LOOK_S`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import structlog

from controller.plan import Device, DeviceId, DeviceKind, HallId, Plan
from controller.refusals import Refusal
from controller.runtime.device_store import DeviceStore, Registered
from controller.runtime.errors import OperatingError

log = structlog.get_logger(__name__)

LOOK_S = 0.5
"""How often it is looked whether somebody else has changed the registry; the contract allows two seconds."""

KINDS = frozenset(DeviceKind)


@dataclass(frozen=True, slots=True)
class DeviceUnregistered(Refusal):
    """The device has no account in this hall, where devices need one; or it was revoked."""

    code: ClassVar[str] = "device_unregistered"
    http_status: ClassVar[int] = 403
    device: str


class HallDevices:
    """What is known of devices now.

    Attributes:
        registered: all that ever had an account, by id.
    """

    def __init__(self) -> None:
        """Begin with nobody registered."""
        self.registered: Mapping[str, Registered] = MappingProxyType({})
        self._unplanned: dict[HallId, tuple[Plan, dict[str, Device]]] = {}

    def take(self, registered: Iterable[Registered]) -> list[Registered]:
        """Take the registry as it is now; return what is new or different in it."""
        before = self.registered
        now: dict[str, Registered] = {one.id: one for one in registered}
        self.registered = MappingProxyType(now)
        self._unplanned.clear()
        return [one for one in now.values() if before.get(one.id) != one]

    @property
    def closed(self) -> bool:
        """Whether only registered devices may speak."""
        return bool(self.registered)

    def may_speak(self, hall: str, device: str) -> bool:
        """Whether a device may speak in a hall."""
        one = self.registered.get(device)
        if one is None:
            return not self.closed
        return one.hall == hall and one.revoked_at is None

    def of(self, plan: Plan) -> tuple[Device, ...]:
        """Return the devices of a hall: the plan's, and those registered that it doesn't name."""
        return plan.devices + tuple(self._registered_only(plan).values())

    def _registered_only(self, plan: Plan) -> Mapping[str, Device]:
        """Return the devices of a hall that its plan doesn't name, by id."""
        known, unplanned = self._unplanned.get(plan.hall.id, (None, dict[str, Device]()))
        if known is not plan:
            unplanned = {
                one.id: _device(one)
                for one in self.registered.values()
                if one.hall == plan.hall.id
                and one.revoked_at is None
                and one.kind in KINDS
                and one.id not in plan.device_by_id
            }
            self._unplanned[plan.hall.id] = plan, unplanned
        return unplanned

    def find(self, plan: Plan, device: str) -> Device | None:
        """Return a device of a hall."""
        planned = plan.device_by_id.get(DeviceId(device))
        if planned is not None:
            return planned
        return self._registered_only(plan).get(device)


def knows(plans: Mapping[HallId, Plan], devices: HallDevices) -> Callable[[str, str], bool]:
    """Return what tells whether a hall, by its id, has a device."""

    def known(hall: str, device: str) -> bool:
        plan = plans.get(HallId(hall))
        return plan is not None and devices.find(plan, device) is not None

    return known


def _device(one: Registered) -> Device:
    return Device(one.id, DeviceKind(one.kind), one.zone, one.window)


class Directory:
    """Keeps `HallDevices` in step with the registry. :meth:`run` must run beside it."""

    def __init__(self, store: DeviceStore, devices: HallDevices) -> None:
        """Take the registry's rows, and what is to be kept in step with them."""
        self.devices = devices
        self.store = store
        self._version = -1
        self._listeners: list[Callable[[list[Registered]], Awaitable[None]]] = []
        self._work = asyncio.Lock()

    def subscribe(self, listener: Callable[[list[Registered]], Awaitable[None]]) -> None:
        """Let somebody know of every change: what is new or different."""
        self._listeners.append(listener)

    async def look(self) -> None:
        """Look whether the registry has changed, and tell everybody; when this returns they have been told.

        Raises:
            LogUnavailable: the database can't be asked.
        """
        async with self._work:
            version = await self.store.version()
            if version == self._version:
                return
            changed = self.devices.take(await self.store.devices())
            self._version = version
            for listener in self._listeners:
                try:
                    await listener(changed)
                except Exception:  # a broker's full disk must not end the controller, nor keep the others from knowing
                    log.exception("registry_not_followed", devices=len(changed))
                    self._version = -1  # they are told again

    async def run(self) -> None:
        """Follow the registry until cancelled."""
        was_known = True
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except OperatingError as error:
                if was_known:
                    log.error("registry_unknown", error=str(error))  # noqa: TRY400 - said in full
                was_known = False
            else:
                was_known = True

"""The retained state of each device: what an LED sign, a call pad or a ticket machine shows by itself.

A call is told at once. The count of those who wait moves with every ticket and may be a moment old, so that a rush at
the ticket machines is not multiplied by the number of devices.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog

from api.device_directory import HallDevices
from controller import events as e
from controller import help_events as h
from controller.assignment import eligible_counts
from controller.model import HallDay, WindowState
from controller.plan import DeviceId, DeviceKind, HallId, Plan
from controller.runtime.hall_days import Commit
from controller.views import Form, window_form
from devices import messages
from devices.gateway import Gateway
from displays.sign import Face, face_of

log = structlog.get_logger(__name__)

COUNTS_S = 0.5
"""How old the count of those who wait may be on a device."""

QUIET = (
    *(e.TicketIssued, e.ReceiptRequested, e.ReceiptPrinted, e.ReceiptFailed),
    *(e.NobodyWaiting, e.ReviewGiven, e.NoticeMade, h.PeopleCounted),
)
"""Events that change nothing on a device but counts."""

HAS_STATE = frozenset(DeviceKind) - {DeviceKind.TV, DeviceKind.PEOPLE_COUNTER, DeviceKind.SENSOR}
"""Kinds of devices that hear of the floor by MQTT; a TV has its board, and what only measures needs to hear nothing."""


class DeviceStates:
    """Keeps the retained states in step with the floor. :meth:`run` must run beside it."""

    def __init__(self, gateway: Gateway, devices: HallDevices, now: Callable[[HallDay], datetime]) -> None:
        """Begin with nothing told to any of the devices; ``now`` tells a hall's own time."""
        self._devices = devices
        self._gateway = gateway
        self._now = now
        self._told: dict[HallId, dict[DeviceId, messages.State]] = {}
        self._counts: dict[HallId, HallDay] = {}
        self._stale = asyncio.Event()

    def changed(self, commit: Commit) -> None:
        """Take a commit; what changes more than counts is told at once."""
        day = commit.day
        if all(isinstance(recorded.event, QUIET) for recorded in commit.events):
            self._counts[day.hall] = day
            self._stale.set()
        else:
            self._counts.pop(day.hall, None)
            self.tell(day)

    async def run(self) -> None:
        """Tell counts, a moment late, until cancelled."""
        while True:
            await self._stale.wait()
            await asyncio.sleep(COUNTS_S)
            self._stale.clear()
            halls, self._counts = self._counts, {}
            for day in halls.values():
                try:
                    self.tell(day)
                except Exception:  # one hall's trouble must not end the controller
                    log.exception("states.failed", hall=day.hall, seq=day.seq)
                await asyncio.sleep(0)  # a province's halls must not hold up the calls of one

    def tell(self, day: HallDay) -> None:
        """Tell every device of a hall what has changed for it."""
        told = self._told.setdefault(day.hall, {})
        now = self._now(day)
        waiting = eligible_counts(day)
        windows = {state.id: _window_state(day, state, waiting[state.id]) for state in day.windows.values()}
        hall = messages.HallState(
            hall=day.hall, name=day.plan.hall.name, open=day.is_open(now), waiting=len(day.waiting), seq=day.seq
        )
        here = {device.id: device for device in self._devices.of(day.plan) if device.kind in HAS_STATE}
        for device in here.values():
            state: messages.State = hall if device.window is None else windows.get(device.window, hall)
            if device.kind is DeviceKind.HELP_BUTTON:
                state = _help_state(day, device.id)
            before = told.get(device.id)
            if before is None or before != replace(state, seq=before.seq):
                self._gateway.publish_state(day.hall, device.id, state)
                told[device.id] = state
        for gone in [device for device in told if device not in here]:
            self._gateway.publish_state(day.hall, gone, None)
            del told[gone]


def _window_state(day: HallDay, state: WindowState, waiting: int) -> messages.WindowState:
    form = window_form(day, state)
    face = sign_face(day.plan, form)
    return messages.WindowState(
        window=state.id,
        label=form["label"],
        status=state.status,
        number=form["number"],
        stage=state.stage,
        text=face.picture.text if face else "",
        waiting=waiting,
        seq=day.seq,
        colour=face.colour if face else None,
        flash_until=face.flash_until.isoformat() if face and face.flash_until else None,
        flash_hz=face.signs.flash_hz if face and face.flash_until else None,
        scroll=face.text if face and face.picture.strip else None,
    )


def _help_state(day: HallDay, device: DeviceId) -> messages.HelpState:
    call = next((call for call in day.help_calls if call.device == device), None)
    return messages.HelpState(
        hall=day.hall,
        name=day.plan.hall.name,
        help=call.id if call else None,
        asked_at=call.at.isoformat(timespec="milliseconds") if call else None,
        seq=day.seq,
    )


def sign_face(plan: Plan, form: Form) -> Face | None:
    """Return what the sign of a window shows; ``None`` where the plan has no such window any more."""
    planned = plan.window_by_id.get(form["window"])
    if planned is None:
        return None
    labels = {str(window.id): window.label for window in plan.windows}
    return face_of(form, planned.led, plan.hall.language, labels, plan.signs)

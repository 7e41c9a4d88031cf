"""The signs that the controller itself speaks to: each is told its picture after a commit, and again now and then.

What a sign shows is state, so a newer picture takes the place of one that was not sent yet, and a sign that was without
power, or a controller that was started anew, is in step within :data:`REFRESH_S`.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from api.device_states import sign_face
from controller.model import HallDay
from controller.plan import Card, Device, DeviceId, HallId, Plan, SignDriver
from controller.runtime.hall_days import Commit
from controller.views import window_form
from displays.cx_h import CxhCard
from displays.sign import Effect, Face
from displays.sign import SignDriver as Driver

log = structlog.get_logger(__name__)

REFRESH_S = 30.0
"""How often a sign is told again what it shows."""
SHORTEST_S = 0.05
"""Pause before a flash that is about to end is looked at again."""
AT_ONCE = 16
"""Signs that are spoken to at the same time."""

Key = tuple[HallId, DeviceId]


@dataclass(eq=False, slots=True)
class _Sign:
    """A sign, and what it was told last."""

    card: Card
    driver: Driver
    face: Face
    told: tuple[Face, Effect] | None = None
    failing: bool = False


class LedCards:
    """Keeps the cards of all halls in step. :meth:`run` must run beside it."""

    def __init__(
        self,
        days: Callable[[], Iterable[HallDay]],
        now: Callable[[HallDay], datetime],
        make: Callable[[Card], Driver] = CxhCard,
    ) -> None:
        """Begin with nothing told.

        Args:
            days: the days that are loaded.
            now: tells a hall's own time.
            make: makes the driver of a card.
        """
        self._days = days
        self._now = now
        self._make = make
        self._signs: dict[Key, _Sign] = {}
        self._changed: dict[HallId, HallDay] = {}
        self._news = asyncio.Event()

    def changed(self, commit: Commit) -> None:
        """Take a commit; returns at once."""
        self._changed[commit.day.hall] = commit.day
        self._news.set()

    async def run(self) -> None:
        """Tell signs what changed, and all of them now and then, until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            refresh_at = clock() + REFRESH_S
            flash_ends_s = await self._tell(self._days(), again=True)
            while (left_s := refresh_at - clock()) > 0:
                try:
                    await asyncio.wait_for(self._news.wait(), min(left_s, flash_ends_s))
                except TimeoutError:
                    flash_ends_s = await self._tell(self._days(), again=False)
                    continue
                self._news.clear()
                changed, self._changed = self._changed, {}
                flash_ends_s = min(flash_ends_s, await self._tell(changed.values(), again=False))

    async def _tell(self, days: Iterable[HallDay], *, again: bool) -> float:
        """Tell the signs of some halls what they don't show yet; return in how many seconds the next flash ends."""
        due: list[tuple[Key, _Sign, Effect]] = []
        flash_ends_s = REFRESH_S
        for day in days:
            now = self._now(day)
            present: set[Key] = set()
            for device, face in _faces(day):
                key = (day.hall, device.id)
                present.add(key)
                sign = self._sign(key, device, face)
                effect = face.effect(now)
                if face.flash_until is not None and effect is Effect.FLASH:
                    flash_ends_s = min(flash_ends_s, max(SHORTEST_S, (face.flash_until - now).total_seconds()))
                if again or sign.told != (face, effect):
                    sign.told = (face, effect)
                    due.append((key, sign, effect))
            for gone in [key for key in self._signs if key[0] == day.hall and key not in present]:
                del self._signs[gone]
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(_show(*one) for one in due[start : start + AT_ONCE]))
        return flash_ends_s

    def _sign(self, key: Key, device: Device, face: Face) -> _Sign:
        """Return a sign with its new face; one whose card has changed begins anew."""
        sign = self._signs.get(key)
        if device.card is None:
            raise TypeError(f"the plan's check lets no {device.driver} without a card pass")
        if sign is None or sign.card != device.card:
            sign = self._signs[key] = _Sign(device.card, self._make(device.card), face)
        sign.face = face
        return sign


async def _show(key: Key, sign: _Sign, effect: Effect) -> None:
    try:
        await sign.driver.show(sign.face, effect)
    except OSError as error:
        if not sign.failing:  # once, not every half minute for a week
            log.warning("sign_not_told", hall=key[0], device=key[1], error=str(error))
        sign.failing = True
        return
    if sign.failing:
        log.info("sign_told_again", hall=key[0], device=key[1])
    sign.failing = False


def _carded(plan: Plan) -> Iterator[Device]:
    return (device for device in plan.devices if device.driver is SignDriver.CX_H and device.window is not None)


def _faces(day: HallDay) -> Iterator[tuple[Device, Face]]:
    for device in _carded(day.plan):
        state = day.windows.get(device.window) if device.window is not None else None
        if state is not None and (face := sign_face(day.plan, window_form(day, state))) is not None:
            yield device, face

"""Sends what devices are told to do by hand, whoever wrote it down: a page, a program, the command line.

Rules of this file. A controller takes an order before it sends it, so of several one does, once; one that dies in
between has sent nothing, and the order expires. What is sent carries its own end, at which the broker drops it.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace

import structlog

from api.orders import JOB_PREFIX
from api.parts import Parts
from api.speaking import manner_at
from controller.device_orders import KINDS_FOR, Order, OrderResult, OrderType
from controller.model import HallDay
from controller.papers import PaperKind
from controller.plan import Device, DeviceId, DeviceKind
from controller.refusals import HallUnknown
from controller.runtime.catalogue import text
from controller.runtime.errors import OperatingError
from controller.runtime.hall_actor import CoreFailed
from devices.manner import PLAIN
from devices.messages import Command, Identify, NewRoll, Play, Print, Reboot, SetBrightness
from devices.order_paper import render_identity, render_test
from devices.voice_process import VoiceUnavailable

log = structlog.get_logger(__name__)

LOOK_S = 0.5
"""How often it is looked whether somebody else has written an order down: the command line, or another controller."""


class OrderSender:
    """Sends orders. :meth:`run` must run beside it."""

    def __init__(self, parts: Parts) -> None:
        """Take the parts of a controller."""
        self._parts = parts
        self._orders = parts.orders

    async def run(self) -> None:
        """Send what is written down, until cancelled."""
        was_known = True
        while True:
            with suppress(TimeoutError):  # nobody here wrote one down, but somebody else may have
                await asyncio.wait_for(self._orders.given.wait(), LOOK_S)
            self._orders.given.clear()
            try:
                await self.look()
            except OperatingError as error:
                if was_known:
                    log.error("orders_unknown", error=str(error))  # noqa: TRY400 - said in full
                was_known = False
            else:
                was_known = True

    async def look(self) -> None:
        """Send what is written down and not sent yet.

        Raises:
            OperatingError: the log's database can't be asked.
        """
        store = self._orders.store
        while self._orders.shown:
            done = await store.order(self._orders.shown.popleft())
            if done is not None:
                await self._orders.finish(done.id, done.device, OrderResult.OK, "")
        while await store.are_unsent():
            for order in await store.take():
                try:
                    await self._send(order)
                except (OperatingError, CoreFailed) as error:
                    log.warning("order_not_sent", order=order.id, type=order.type, error=str(error))
                except Exception:  # one order's trouble must neither keep the others' nor end the controller
                    log.exception("order_failed", order=order.id, type=order.type, device=order.device)
                    await self._orders.finish(order.id, order.device, OrderResult.REFUSED, "internal_error")

    async def _send(self, order: Order) -> None:
        day = await self._parts.engine.day(order.hall)
        device = None if isinstance(day, HallUnknown) else self._parts.devices.find(day.plan, order.device)
        if isinstance(day, HallUnknown) or device is None:
            await self._orders.finish(order.id, order.device, OrderResult.REFUSED, "device_unknown")
            return
        try:
            command = await self._command(order, day, device)
        except VoiceUnavailable as error:
            log.warning("order_without_voice", order=order.id, error=str(error))
            await self._orders.finish(order.id, order.device, OrderResult.REFUSED, "voice_unavailable")
            return
        self._parts.gateway.publish_command(order.hall, order.device, command)
        self._tell_screens(order, device)

    def _tell_screens(self, order: Order, device: Device) -> None:
        """Tell the page that is a device's screen, if one is open: a TV's, a ticket machine's, a pad's, a sign's."""
        displays, window = {device.id}, None
        if device.kind is DeviceKind.REVIEW_PAD and device.window is not None:
            displays.add(DeviceId(f"pad-{device.window}"))
        elif device.kind is DeviceKind.LED:
            window = device.window
        message: dict[str, object]
        if order.type is OrderType.IDENTIFY:
            message = {"type": "identify", "id": order.id, "seconds": order.amount, "text": device.id}
        elif order.type is OrderType.REBOOT and device.kind is DeviceKind.TV:
            message = {"type": "reload", "id": order.id}
        else:
            return
        self._parts.hub.order(order.hall, frozenset(displays), window, message)

    async def _command(self, order: Order, day: HallDay, device: Device) -> Command:
        """Return an order as its device hears it.

        Raises:
            VoiceUnavailable: there is no voice to try.
        """
        expires_at = order.expires_at
        match order.type:
            case OrderType.IDENTIFY:
                paper = None
                if device.kind in KINDS_FOR[OrderType.TEST_PRINT]:
                    paper = await asyncio.to_thread(self._identity, day, device)
                return Identify(id=order.id, seconds=order.amount or 1, expires_at=expires_at, escpos=paper)
            case OrderType.REBOOT:
                return Reboot(id=order.id, expires_at=expires_at, ack=True)
            case OrderType.SET_BRIGHTNESS:
                return SetBrightness(id=order.id, percent=order.amount or 0, expires_at=expires_at)
            case OrderType.NEW_ROLL:
                return NewRoll(id=order.id, expires_at=expires_at)
            case OrderType.TEST_PRINT:
                page = await asyncio.to_thread(self._test_page, day, device)
                return Print(id=order.id, job=JOB_PREFIX + order.id, escpos=page, expires_at=expires_at)
            case OrderType.TEST_VOICE:
                language = day.plan.hall.language
                said = text("order.voice", language)
                manner = manner_at(day.plan, self._parts.now(day).time()) or PLAIN  # whoever tries it wants to hear it
                clip = await self._parts.voice.clip(said, language, replace(manner, chime=False, words=True))
                wav = await asyncio.to_thread(clip.path.read_bytes)
                return Play(id=order.id, text=said, repeat=1, expires_at=expires_at, wav=wav, ack=True)

    def _identity(self, day: HallDay, device: Device) -> bytes:
        look = self._parts.looks.look(day.plan, PaperKind.CLOSING, device)
        return render_identity(device.id, look, day.plan.hall.language)

    def _test_page(self, day: HallDay, device: Device) -> bytes:
        look = self._parts.looks.look(day.plan, PaperKind.CLOSING, device)
        return render_test(device.id, day.plan.hall, self._parts.now(day), look, self._parts.paper.public_url)

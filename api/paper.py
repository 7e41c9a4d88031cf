"""Print jobs on their way to their devices: rendered, sent, and offered again until they are confirmed.

A job has one id for good, and a device drops an id that it has done, so offering it again is harmless. It is offered
when it is requested, when its device comes back, and now and then while it is neither printed nor too old.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from time import monotonic

import structlog

from api.paper_looks import Looks
from controller.model import HallDay, JobId, Receipt, ReceiptState
from controller.papers import PaperKind
from controller.plan import DeviceId, HallId, Plan, ServiceCode
from devices.gateway import Gateway
from devices.messages import Print
from devices.receipts import TicketReceipt, render_ticket

log = structlog.get_logger(__name__)

WAITING_MAX = 2_000
"""Jobs that wait to be rendered; beyond it the oldest is left to be offered again later."""

REOFFER_S = 20.0
"""After so long without a word of its device a job is offered again."""

OTHERS_SHARE = 2
"""For how many times as long as a job has taken everybody else is served before the next: paper is slow anyway, and in
a rush the next ticket or call must not wait for a row of receipts."""


class Paper:
    """Renders and sends print jobs. :meth:`run` and :meth:`reoffer` must run beside it."""

    def __init__(self, gateway: Gateway, public_url: str, is_online: Callable[[str, str], bool], looks: Looks) -> None:
        """Begin without a job.

        Args:
            gateway: sends them.
            public_url: how phones reach the controller.
            is_online: whether a hall's device is there now.
            looks: how papers are set.
        """
        self.public_url = public_url
        self._gateway = gateway
        self._is_online = is_online
        self._looks = looks
        self._jobs: OrderedDict[tuple[HallId, JobId], HallDay] = OrderedDict()
        self._work = asyncio.Event()

    def offer(self, day: HallDay, job: JobId) -> None:
        """Put a job in the line; returns at once."""
        self._jobs[day.hall, job] = day
        if len(self._jobs) > WAITING_MAX:
            (hall, left), _ = self._jobs.popitem(last=False)
            log.warning("receipt_left_for_later", hall=hall, job=left, waiting=WAITING_MAX)
        self._work.set()

    def device_came(self, day: HallDay, device: str) -> None:
        """Offer a device what it has not confirmed: it may have been away."""
        for receipt in _unconfirmed(day):
            if receipt.device == device:
                self.offer(day, receipt.job)

    async def run(self) -> None:
        """Render and send until cancelled; each job takes some two milliseconds in which nobody else is served."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._jobs:
                (_, job), day = self._jobs.popitem(last=False)
                began = monotonic()
                try:
                    self._send(day, day.receipts[job])
                except Exception:  # one paper's trouble must not end the controller; it is offered again
                    log.exception("receipt.not_sent", hall=day.hall, job=job)
                await asyncio.sleep((monotonic() - began) * OTHERS_SHARE)

    async def reoffer(self, days: Callable[[], Iterable[HallDay]], now: Callable[[HallDay], datetime]) -> None:
        """Offer again what has been unconfirmed for a while, until cancelled."""
        while True:
            await asyncio.sleep(REOFFER_S)
            if self._gateway.connected:  # what was offered still waits for the broker otherwise
                for day in days():
                    self._offer_again(day, now(day))

    def _offer_again(self, day: HallDay, now: datetime) -> None:
        for receipt in _unconfirmed(day):
            is_due = receipt.requested_at < now - timedelta(seconds=REOFFER_S) and now < receipt.expires_at
            if is_due and self._is_online(day.hall, receipt.device):
                self.offer(day, receipt.job)

    def _send(self, day: HallDay, receipt: Receipt) -> None:
        planned = day.plan.device_by_id.get(DeviceId(receipt.device))
        look = self._looks.look(day.plan, PaperKind.TICKET, planned)
        content = ticket_receipt(day, receipt, self.public_url)
        command = Print(
            id=f"print-{receipt.job}",
            job=receipt.job,
            escpos=render_ticket(content, look, day.plan.hall.language),
            expires_at=receipt.expires_at,
        )
        self._gateway.publish_command(day.hall, receipt.device, command)


def ticket_receipt(day: HallDay, receipt: Receipt, public_url: str) -> TicketReceipt:
    """Return what a ticket's paper says: place and wait as they were when the ticket was issued."""
    ticket = day.tickets[receipt.ticket]
    services = day.plan.service_by_code
    return TicketReceipt(
        hall_name=day.plan.hall.name,
        number=ticket.number,
        services=tuple(services[code].name if code in services else code for code in ticket.services),
        ahead=ticket.ahead,
        wait_p50_s=ticket.wait_p50_s,
        wait_p90_s=ticket.wait_p90_s,
        issued_at=ticket.arrived_at,
        zone=_zone_name(day.plan, ticket.services[0]),
        ticket_url=f"{public_url}/t/{ticket.token}",
        reprint=receipt.reprint,
        timezone=day.plan.hall.timezone,
    )


def _zone_name(plan: Plan, service: str) -> str:
    """Return where to wait, in a hall of several zones; nothing where windows of several zones may call."""
    capable = plan.windows_for.get(ServiceCode(service), frozenset())
    zones = {window.zone for window in plan.windows if window.id in capable}
    if len(plan.zones) == 1 or len(zones) != 1:
        return ""
    return next((zone.name for zone in plan.zones if zone.id in zones), "")


def _unconfirmed(day: HallDay) -> Iterable[Receipt]:
    receipts = (day.receipts[job] for job in day.pending_receipts)
    return (receipt for receipt in receipts if receipt.state is ReceiptState.REQUESTED)

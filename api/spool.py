"""Papers that are no ticket's on their way to a printer: slips of cases, lists of days. Kept, sent, offered again.

A job is in the database before it is sent, so a restart loses none, and people see what has become of it. It has one id
for good, and a device drops an id that it has done. Tickets' jobs are in the day's stream (`api.paper`).
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from api.paper import REOFFER_S
from controller.runtime.clock import Clock
from controller.runtime.errors import OperatingError
from controller.runtime.print_store import PrintJob, PrintStore
from devices.gateway import Gateway
from devices.messages import Print

log = structlog.get_logger(__name__)

TTL = timedelta(minutes=15)
"""For so long a paper that no printer has taken is of use: the citizen is still at the window."""

KEPT = timedelta(days=2)
"""For so long a job is kept: yesterday's are asked about, older ones aren't."""


FORGET = timedelta(hours=1)


class Spool:
    """Keeps and sends print jobs. :meth:`run` must run beside it.

    Attributes:
        store: where they are kept.
    """

    def __init__(
        self, store: PrintStore, gateway: Gateway, is_online: Callable[[str, str], bool], clock: Clock
    ) -> None:
        """Take the parts; ``is_online`` tells whether a hall's device is there now."""
        self.store = store
        self._gateway = gateway
        self._is_online = is_online
        self._clock = clock
        self._forgets_from = clock.now()

    async def put(self, job: PrintJob) -> None:
        """Keep a job and send it to its device; one whose id is known is the same job, and goes out once.

        Raises:
            OperatingError: it can't be kept now; nothing is sent.
        """
        if await self.store.add(job):
            self._send(job)

    async def run(self) -> None:
        """Offer again what nothing has been heard of for a while, and forget what is old, until cancelled."""
        while True:
            await asyncio.sleep(REOFFER_S)
            try:
                await self.look()
            except OperatingError as error:
                log.warning("papers_offered_later", error=str(error))

    async def look(self) -> None:
        """Offer and forget once.

        Raises:
            OperatingError: the database can't be reached now.
        """
        now = self._clock.now()
        if self._gateway.connected:  # what was sent still waits for the broker otherwise
            for job in await self.store.unconfirmed(now):
                if job.requested_at < now - timedelta(seconds=REOFFER_S) and self._is_online(job.hall, job.device):
                    self._send(job)
        if self._forgets_from <= now:
            await self.store.forget(now - KEPT)
            self._forgets_from = now + FORGET

    def _send(self, job: PrintJob) -> None:
        command = Print(id=f"print-{job.id}", job=job.id, escpos=job.escpos, expires_at=job.expires_at)
        self._gateway.publish_command(job.hall, job.device, command)

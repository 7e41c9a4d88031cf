"""Figures that nobody counts as they happen: brought up to now before each scrape, or watched in the background."""

import asyncio
from datetime import datetime

import structlog

from controller.runtime.clock import Clock
from controller.runtime.engine import Engine
from controller.runtime.errors import OperatingError
from controller.runtime.floor_metrics import FloorMetrics
from controller.runtime.journal import Journal
from controller.runtime.metrics import Metrics
from devices.gateway import Gateway
from devices.voice import Voice

log = structlog.get_logger(__name__)

LOOK_S = 5.0
"""How often the log is tried: a small durable commit, so that a full disk is known before somebody needs it."""
COMMIT_S_MAX = 5.0


class Measures:
    """Watches the parts of a controller."""

    def __init__(
        self,
        *,
        metrics: Metrics,
        floor: FloorMetrics,
        engine: Engine,
        journal: Journal,
        gateway: Gateway,
        voice: Voice,
    ) -> None:
        """Take the parts."""
        self._metrics = metrics
        self._floor = floor
        self._engine = engine
        self._journal = journal
        self._gateway = gateway
        self._voice = voice
        self._conflicts = 0
        self._sink_failures = 0

    def committed(self, seconds: float, _appends: int, _rows: int) -> None:
        """Take the time of a durable commit."""
        self._metrics.commit_s.observe(seconds)
        self._metrics.log_up.set(1)

    def refresh(self, now: datetime) -> None:
        """Bring every figure up to ``now``."""
        metrics = self._metrics
        self._floor.refresh(self._engine.loaded_days(), now)
        metrics.broker_up.set(self._gateway.connected)
        metrics.voice_up.set(self._voice.available)
        conflicts, failures = self._engine.conflicts, self._engine.sink_failures
        metrics.append_conflicts.inc(max(conflicts - self._conflicts, 0))
        metrics.sink_failures.inc(max(failures - self._sink_failures, 0))
        self._conflicts, self._sink_failures = conflicts, failures

    async def watch_log(self, clock: Clock) -> None:
        """Try the log now and then, until cancelled."""
        was_up = True
        while True:
            try:
                async with asyncio.timeout(COMMIT_S_MAX):
                    await self._journal.ping()
            except (OperatingError, TimeoutError) as error:
                if was_up:
                    log.error("log_down", error=str(error), at=clock.now().isoformat())  # noqa: TRY400 - said in full
                was_up = False
            else:
                was_up = True
            self._metrics.log_up.set(was_up)
            await asyncio.sleep(LOOK_S)

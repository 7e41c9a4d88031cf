"""Moments whose distance can be told though the clock jumps: a Raspberry Pi starts with the time of yesterday.

Within one run of the machine its own count of seconds is right, asleep or awake, whatever is done to the clock. Only
over a restart the clock has to do; where it ran backwards, nobody knows how long the power was away.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

UNKNOWN_S = 600.0
"""What a power cut of unknown length counts as: longer than any press is worth, shorter than any record."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment.

    Attributes:
        wall_s: by the clock, seconds since 1970.
        run: name of the machine's run since it was switched on, "" where the system has none.
        run_s: seconds since then.
    """

    wall_s: float
    run: str
    run_s: float

    @classmethod
    def now(cls) -> "Moment":
        """Return this moment."""
        return cls(time.time(), _run(), time.clock_gettime(time.CLOCK_BOOTTIME))

    def since(self, then: "Moment") -> float:
        """Return how many seconds ago another moment was, never less than none."""
        if self.run and self.run == then.run:
            return max(0.0, self.run_s - then.run_s)
        passed_s = self.wall_s - then.wall_s
        return passed_s if passed_s >= 0 else UNKNOWN_S


@lru_cache(maxsize=1)
def _run() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:  # not every Android lets programs read it
        return ""

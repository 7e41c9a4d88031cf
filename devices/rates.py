"""How much a device may say: a token bucket for each, so that one gone mad costs the others nothing. Pure.

A bucket holds a burst and fills again at a steady rate. What a hall's devices say in earnest stays far below both: a
rush at a ticket machine is one event a second, and what was kept over a broken line comes one answered event after
another. A bucket that is full again is forgotten, so only who spoke a moment ago takes memory.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

BUCKETS_MAX = 20_000
"""Devices whose buckets are kept; beyond it the one that spoke longest ago begins with a full one."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a device may say.

    Attributes:
        burst: events at once.
        per_s: events a second in the long run, more than 0.
    """

    burst: int
    per_s: float


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class Rates:
    """The buckets of all devices."""

    def __init__(self, allowance: Allowance) -> None:
        """Begin with full buckets."""
        self.allowance = allowance
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def take(self, who: Hashable, now_s: float) -> bool:
        """Take a token of somebody's, if there is one.

        Args:
            who: whose.
            now_s: the time now, in seconds that never run back.
        """
        burst, per_s = self.allowance.burst, self.allowance.per_s
        bucket = self._buckets.get(who)
        if bucket is None:
            bucket = self._buckets[who] = _Bucket(burst, now_s)
            self._forget(now_s)
        self._buckets.move_to_end(who)
        bucket.tokens = min(burst, bucket.tokens + (now_s - bucket.at_s) * per_s)
        bucket.at_s = now_s
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def __len__(self) -> int:
        """Return how many buckets are kept."""
        return len(self._buckets)

    def _forget(self, now_s: float) -> None:
        """Let go of buckets that are full by now: of whoever spoke longest ago, and of one too many."""
        fills_s = self.allowance.burst / self.allowance.per_s
        while self._buckets:
            oldest = next(iter(self._buckets.values()))
            if now_s - oldest.at_s < fills_s and len(self._buckets) <= BUCKETS_MAX:
                return
            self._buckets.popitem(last=False)

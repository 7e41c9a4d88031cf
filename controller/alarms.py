"""When somebody is told that something is wrong, and when that it is well again: hysteresis, without a clock.

What is bad for a moment is nobody's business, and what is well for a moment isn't mended: an alarm is raised once
something was bad for a while without a break, and cleared once it was well for a while without a break.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """How long something must be bad to be told, and well to be over.

    Attributes:
        raise_s: seconds without a break.
        clear_s: seconds without a break.
    """

    raise_s: float
    clear_s: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is remembered of one thing that may be wrong.

    Attributes:
        bad_since: since when it is bad, or was when it was raised; ``None``: it is well.
        raised_at: when it was raised; ``None``: it isn't.
        well_since: since when a raised one is well again.
    """

    bad_since: datetime | None = None
    raised_at: datetime | None = None
    well_since: datetime | None = None

    @property
    def raised(self) -> bool:
        """Whether somebody is to know."""
        return self.raised_at is not None


QUIET = Alarm()
"""Nothing is wrong, nor was it a moment ago."""


def step(alarm: Alarm, patience: Patience, now: datetime, *, bad: bool, since: datetime | None = None) -> Alarm:
    """Return an alarm after a look.

    Args:
        alarm: as it was after the last look.
        patience: of this kind of alarm.
        now: time of the look, not before the last one's.
        bad: what was seen.
        since: since when it is bad, where that is known better than by looking.
    """
    if not bad:
        if not alarm.raised:
            return QUIET
        well_since = alarm.well_since or now
        if (now - well_since).total_seconds() >= patience.clear_s:
            return QUIET
        return Alarm(alarm.bad_since, alarm.raised_at, well_since)
    bad_since = alarm.bad_since or min(since or now, now)
    is_due = (now - bad_since).total_seconds() >= patience.raise_s
    return Alarm(bad_since, alarm.raised_at or (now if is_due else None))

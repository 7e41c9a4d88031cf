"""How long a ticket will wait, as a range.

A point estimate errs by a third to a half even at its best, so a citizen is told the median and the 90th percentile.
Before a ticket stand ``ahead`` others and the services under way; with services of random length handed out by ``s``
windows, the wait is near a gamma variable of shape ``ahead + 1`` and mean ``(ahead + 1) * mean service / s`` (the
queue-length estimator, Ibrahim and Whitt, M&SOM 11, 2009). Its quantiles follow Wilson and Hilferty (1931).
"""

from math import sqrt

from controller.assignment import serving_now, with_substitutes
from controller.model import HallDay, Pace, WindowStatus
from controller.plan import ServiceCode, WindowId

PRIOR_WEIGHT = 5
"""Services that the plan's typical minutes count for against what was measured today."""

Z_P50 = 0.0
Z_P90 = 1.2816


def mean_service_s(day: HallDay, service: ServiceCode) -> float:
    """Return the expected time at the window: today's mean, shrunk towards the plan's typical minutes."""
    planned = day.plan.service_by_code.get(service)
    prior_s = 60.0 * (planned.minutes if planned else 10)
    pace = day.pace.get(service, Pace())
    return (PRIOR_WEIGHT * prior_s + pace.total_s) / (PRIOR_WEIGHT + pace.count)


def gamma_quantile(shape: float, mean: float, z: float) -> float:
    """Return the quantile at normal deviate ``z`` of a gamma variable (Wilson and Hilferty 1931), at least 0."""
    root = 1 - 1 / (9 * shape) + z / (3 * sqrt(shape))
    return max(mean * root**3, 0.0)


def wait_range_s(
    day: HallDay, service: ServiceCode, ahead: int, windows: frozenset[WindowId] | None = None
) -> tuple[int, int]:
    """Return the median and the 90th percentile of the wait of a ticket with ``ahead`` others before it, in seconds.

    With a free window and nobody ahead the wait is nothing. With no window staffed the estimate is for one: somebody
    will have to come.

    Args:
        day: the state of the hall.
        service: what the ticket is for.
        ahead: how many are called before it.
        windows: those that may call it, if not all that serve the service.
    """
    if windows is None:
        windows = with_substitutes(day, serving_now(day, (service,)))
    capable = [day.windows[window] for window in windows if window in day.windows]
    staffed = [window for window in capable if window.status is WindowStatus.OPEN]
    free = sum(1 for window in staffed if window.ticket is None)
    if ahead < free:
        return (0, 0)
    shape = ahead - free + 1
    mean_s = shape * _mix_s(day, service, ahead) / max(len(staffed), 1)
    return (round(gamma_quantile(shape, mean_s, Z_P50)), round(gamma_quantile(shape, mean_s, Z_P90)))


def _mix_s(day: HallDay, service: ServiceCode, ahead: int) -> float:
    """Mean service time of those who wait for the same windows; of the service itself when nobody does."""
    counts = {code: day.waiting_by_service.get(code, 0) for code in day.plan.rivals.get(service, ())}
    total = sum(counts.values())
    if not total or not ahead:
        return mean_service_s(day, service)
    return sum(count * mean_service_s(day, code) for code, count in counts.items()) / total

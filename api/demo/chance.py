"""What chance decides in the demo: who comes and when, for what, how long it takes, and what they think of it.

Pure functions of a random generator that the caller seeds. Times are in simulated seconds.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from controller.plan import Lane, Plan, Service, ServiceCode, WindowId

T = TypeVar("T")

HOUR_S = 3600.0
DAY_H = 9.0
"""Hours of a working day; the demo goes through one after another, without the nights."""

DAY_SHAPE = (
    (0.0, 0.9),
    (0.5, 1.3),
    (1.5, 1.35),
    (2.5, 1.0),
    (3.5, 0.45),
    (4.5, 0.5),
    (5.5, 0.95),
    (7.0, 0.85),
    (8.5, 0.35),
    (DAY_H, 0.9),
)
"""How many come, by hours since the doors opened: a busy morning, a quiet noon. 1 is the rate of `arrival_rate_max`."""

LOAD = 0.9
"""Share of what the windows can do that is asked of them where `DAY_SHAPE` is 1: a little too much in the morning."""

OVERHEAD_S = 60.0
"""Time between two services at a window: the call, the walk, the papers put in order."""

POPULARITY_FALL = 0.6
"""The services of a plan are the rarer the later they stand: 1, 2⁻⁰·⁶, 3⁻⁰·⁶ …"""

SERVICE_SPREAD = 0.6
"""Coefficient of variation of the time at a window."""

SERVICE_SHARE_MIN, SERVICE_SHARE_MAX = 0.2, 4.0
"""Nobody is served faster or slower than these shares of the typical time."""

SECOND_SERVICE, GREEN, PHONE = 0.06, 0.08, 0.15
ABSENT, COMES_BACK = 0.07, 0.6
IMPATIENT = 0.05
PATIENCE_S = (600.0, 2400.0)
WALK_MEDIAN_S, WALK_SPREAD = 14.0, 0.6
CROWDED, LEAVES_CROWD = 12, 0.5
"""With so many ahead so large a share gives the ticket back at once: no queue grows for ever."""

RATES, RATES_BY_PHONE = 0.45, 0.3
LEVEL_WEIGHTS = {5: 0.64, 4: 0.23, 3: 0.08, 2: 0.035, 1: 0.015}
PATIENT_S = 1200.0
"""Who waited longer likes it less: for each such time beyond the first the bad levels count once more."""

BAD_LEVEL_MAX = 2
TAGS = {5: (510, 517), 4: (406, 413), 3: (307, 314), 2: (207, 214), 1: (108, 115)}
"""First and last code of the national tags of a level."""

TAGS_MAX = 2
WORDS, WORDS_WHEN_BAD = 0.05, 0.5
WORDS_KINDS = 3
"""Texts that the catalogue has for each of good and bad."""


def generator(seed: int, who: str) -> random.Random:
    """Return a generator of somebody's own: what one does never changes what chance has for another."""
    return random.Random(f"{seed}:{who}")  # noqa: S311 - plays people, guards nothing


def day_factor(at_s: float) -> float:
    """Return how busy it is at a time since the doors opened first, as `DAY_SHAPE` has it."""
    hour = at_s / HOUR_S % DAY_H
    right = bisect_right(DAY_SHAPE, hour, key=lambda point: point[0])
    (x0, y0), (x1, y1) = DAY_SHAPE[right - 1], DAY_SHAPE[right]
    return y0 + (y1 - y0) * (hour - x0) / (x1 - x0)


def arrivals(rate: Callable[[float], float], rate_max: float, chance: random.Random) -> Iterator[float]:
    """Yield the times of a Poisson process whose rate changes, without end (thinning: Lewis and Shedler 1979).

    Args:
        rate: arrivals a second, by time; never above ``rate_max``.
        rate_max: bound of the rate, above 0.
        chance: source of chance.
    """
    at_s = 0.0
    while True:
        at_s += chance.expovariate(rate_max)
        if chance.random() * rate_max < rate(at_s):
            yield at_s


def hall_arrivals(base_rate: float, chance: random.Random) -> Iterator[float]:
    """Yield the times at which people come to a hall whose mean rate is ``base_rate`` a second."""
    peak = max(factor for _, factor in DAY_SHAPE)
    return arrivals(lambda at_s: base_rate * day_factor(at_s), base_rate * peak, chance)


def popularity(services: Sequence[Service]) -> dict[ServiceCode, float]:
    """Return the share of the people who come for each service."""
    weights = {service.code: (rank + 1) ** -POPULARITY_FALL for rank, service in enumerate(services)}
    total = sum(weights.values())
    return {code: weight / total for code, weight in weights.items()}


def arrival_rate_max(plan: Plan, staffed: frozenset[WindowId]) -> float:
    """Return how many people a second the staffed windows can serve, asked as `popularity` says.

    The people who can be served by nobody but a group of windows must not need more time than the group has.
    """
    share = popularity(plan.services)
    able = {code: windows & staffed for code, windows in plan.windows_for.items()}
    groups = {group for group in able.values() if group}
    if not groups:
        return 0.0
    groups.add(frozenset.union(*groups))

    def bound(group: frozenset[WindowId]) -> float:
        needed_s = sum(
            share[code] * (plan.service_by_code[code].minutes * 60 + OVERHEAD_S)
            for code, windows in able.items()
            if windows and windows <= group
        )
        return len(group) / needed_s

    return min(bound(group) for group in groups)


def lognormal(chance: random.Random, median: float, sigma: float) -> float:
    """Return a lognormal value."""
    return median * math.exp(chance.gauss(0.0, sigma))


def service_s(chance: random.Random, minutes: float) -> float:
    """Return how long a service of typically so many minutes takes: lognormal around that mean, within bounds."""
    sigma = math.sqrt(math.log(1 + SERVICE_SPREAD**2))
    share = lognormal(chance, math.exp(-(sigma**2) / 2), sigma)
    return 60 * minutes * min(SERVICE_SHARE_MAX, max(SERVICE_SHARE_MIN, share))


@dataclass(frozen=True, slots=True)
class Wish:
    """Who comes, and what for.

    Attributes:
        services: codes of what they come for.
        lane: their lane.
        by_phone: they take the ticket on the way, by phone.
        walk_s: from the call to the window; ``None`` for one who isn't there when called.
        comes_back: one who wasn't there asks for the place again.
        patience_s: how long they wait before they give the ticket back; ``None`` for as long as it takes.
        crowd_max: people ahead at whom they turn on their heel; ``None`` for any crowd.
    """

    services: tuple[ServiceCode, ...]
    lane: Lane
    by_phone: bool
    walk_s: float | None
    comes_back: bool
    patience_s: float | None
    crowd_max: int | None


def wish(chance: random.Random, plan: Plan, staffed: frozenset[WindowId]) -> Wish:
    """Return somebody who comes for what a staffed window serves."""
    able = {code: windows & staffed for code, windows in plan.windows_for.items()}
    shares = {code: share for code, share in popularity(plan.services).items() if able[code]}
    first = pick(chance, shares)
    beside = {code: share for code, share in shares.items() if code != first and able[code] & able[first]}
    services = (first, pick(chance, beside)) if beside and chance.random() < SECOND_SERVICE else (first,)
    absent = chance.random() < ABSENT
    return Wish(
        services=services,
        lane=Lane.GREEN if chance.random() < GREEN else Lane.NORMAL,
        by_phone=chance.random() < PHONE,
        walk_s=None if absent else lognormal(chance, WALK_MEDIAN_S, WALK_SPREAD),
        comes_back=chance.random() < COMES_BACK,
        patience_s=chance.uniform(*PATIENCE_S) if chance.random() < IMPATIENT else None,
        crowd_max=CROWDED if chance.random() < LEAVES_CROWD else None,
    )


def pick(chance: random.Random, weights: dict[T, float]) -> T:
    """Return one of several by weight."""
    (chosen,) = chance.choices(list(weights), list(weights.values()))
    return chosen


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody says of the service.

    Attributes:
        level: 5 very satisfied … 1.
        tags: codes of the national list.
        words: key of the catalogue for words of their own, "" for none.
        by_phone: on the ticket's page, not on the pad.
    """

    level: int
    tags: tuple[str, ...]
    words: str
    by_phone: bool


def opinion(chance: random.Random, waited_s: float) -> Opinion | None:
    """Return what somebody who waited so long says, or ``None`` of one who says nothing, as most do."""
    if chance.random() >= RATES:
        return None
    worse = 1 + max(0.0, waited_s / PATIENT_S - 1)
    weights = {level: weight * (worse if level <= BAD_LEVEL_MAX + 1 else 1) for level, weight in LEVEL_WEIGHTS.items()}
    level = pick(chance, weights)
    bad = level <= BAD_LEVEL_MAX
    first, last = TAGS[level]
    count = chance.randint(1 if bad else 0, TAGS_MAX)
    tags = tuple(str(code) for code in sorted(chance.sample(range(first, last + 1), count)))
    speaks = chance.random() < (WORDS_WHEN_BAD if bad else WORDS)
    kind = "bad" if bad else "good"
    words = f"demo.words_{kind}_{chance.randint(1, WORDS_KINDS)}" if speaks else ""
    return Opinion(level, tags, words, by_phone=chance.random() < RATES_BY_PHONE)

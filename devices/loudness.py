"""How loud sound is to people: the gated loudness of ITU-R BS.1770-4, which EBU R 128 measures by. Pure.

Blocks of 0.4 s, each three quarters over the one before, are weighted as the ear does (a shelf for the head, a high
pass), blocks below −70 LUFS are left out, and then those more than 10 LU below the mean of the rest. So pauses don't
make a sentence quieter than it is. Why by ourselves: docs/decisions/0008-loudness.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

BLOCK_S = 0.4
OVERLAPS = 4
"""A block begins each quarter of a block."""

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LU = -0.691
"""What makes a full-scale tone of 997 Hz in one channel −3.01 LUFS."""

FULL_SCALE = 32767.0

_SHELF_HZ, _SHELF_DB, _SHELF_Q, _SHELF_SLOPE = (
    1681.974450955533,
    3.999843853973347,
    0.7071752369554196,
    0.4996667741545416,
)
_PASS_HZ, _PASS_Q = 38.13547087602444, 0.5003270373238773
"""The analogue filters behind the standard's coefficients, which it gives for 48 kHz alone."""


@dataclass(frozen=True, slots=True)
class _Filter:
    """A second-order section, its first feedback coefficient made 1."""

    b0: float
    b1: float
    b2: float
    a1: float
    a2: float


def loudness_lufs(samples: Sequence[int], rate_hz: int) -> float:
    """Return the gated loudness of one channel of 16-bit samples, in LUFS; minus infinity for silence.

    Sound shorter than a block counts as one block, its missing part as silence.
    """
    powers = _block_powers(samples, rate_hz)
    heard = [power for power in powers if _lufs(power) > ABSOLUTE_GATE_LUFS]
    if not heard:
        return -math.inf
    gate = _lufs(sum(heard) / len(heard)) + RELATIVE_GATE_LU
    loud = [power for power in heard if _lufs(power) > gate]
    return _lufs(sum(loud) / len(loud))


def _lufs(power: float) -> float:
    return OFFSET_LU + 10 * math.log10(power) if power > 0 else -math.inf


def _block_powers(samples: Sequence[int], rate_hz: int) -> list[float]:
    """Return the mean square of each block, of full scale."""
    step = round(BLOCK_S * rate_hz / OVERLAPS)
    quarters = _quarter_sums(samples, rate_hz, step)
    quarters += [0.0] * (OVERLAPS - len(quarters))
    size = step * OVERLAPS * FULL_SCALE**2
    return [sum(quarters[start : start + OVERLAPS]) / size for start in range(len(quarters) - OVERLAPS + 1)]


def _quarter_sums(samples: Sequence[int], rate_hz: int, step: int) -> list[float]:
    """Return the sum of squares of each whole quarter of a block, weighted; a short sound's only quarters too.

    Both filters in one loop over plain local numbers: a sentence of 4 s takes 30 ms so, and several times that by
    anything more elegant.
    """
    shelf, high = _weights(rate_hz)
    b0, b1, b2, a1, a2 = shelf.b0, shelf.b1, shelf.b2, shelf.a1, shelf.a2
    c1, c2 = high.a1, high.a2
    x1 = x2 = y1 = y2 = z1 = z2 = 0.0
    sums: list[float] = []
    for start in range(0, len(samples), step):
        part = samples[start : start + step]
        total = 0.0
        for x in part:
            y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
            z = y - 2 * y1 + y2 - c1 * z1 - c2 * z2
            x2, x1, y2, y1, z2, z1 = x1, x, y1, y, z1, z
            total += z * z
        if len(part) == step or len(sums) < OVERLAPS:
            sums.append(total)
    return sums


@cache
def _weights(rate_hz: int) -> tuple[_Filter, _Filter]:
    """Return the shelf and the high pass for a sampling rate; the high pass has 1, −2, 1 in front."""
    k = math.tan(math.pi * _SHELF_HZ / rate_hz)
    gain = 10 ** (_SHELF_DB / 20)
    lift = gain**_SHELF_SLOPE
    whole = 1 + k / _SHELF_Q + k * k
    shelf = _Filter(
        (gain + lift * k / _SHELF_Q + k * k) / whole,
        2 * (k * k - gain) / whole,
        (gain - lift * k / _SHELF_Q + k * k) / whole,
        2 * (k * k - 1) / whole,
        (1 - k / _SHELF_Q + k * k) / whole,
    )
    k = math.tan(math.pi * _PASS_HZ / rate_hz)
    whole = 1 + k / _PASS_Q + k * k
    return shelf, _Filter(1.0, -2.0, 1.0, 2 * (k * k - 1) / whole, (1 - k / _PASS_Q + k * k) / whole)

"""Whether every call-out there can be is said as it is meant: A000 to Z999 to the windows 1 to 30, all 780,000.

No speed is measured here, only that nothing is said wrong; it takes minutes, so it stands with the benchmarks.
"""

import asyncio
import os
from functools import partial
from pathlib import Path

from tests.benchmarks.options import Options
from tests.benchmarks.processes import in_own_process
from tests.benchmarks.table import Aim, Case, Figure
from tests.support.intelligibility import WHOLE, Heard, chosen, compare

SEED = 20_220_901
NONE_WRONG = Aim(1)


def cases(options: Options) -> list[Case]:
    """Return what is measured."""
    return [Case("call-outs heard", "", partial(_measure, options.call_outs))]


async def _measure(call_outs: int | None, _: Path) -> list[Figure]:
    if call_outs is not None:
        found = [await in_own_process(_some, call_outs)]
    else:
        parts = os.cpu_count() or 1
        found = await asyncio.gather(*(in_own_process(_share, part, parts) for part in range(parts)))
    return [
        Figure("call-outs, by their phonemes", sum(part.compared for part in found)),
        Figure("said otherwise than meant", sum(len(part.wrong) for part in found), aim=NONE_WRONG, small_is_good=True),
    ]


def _share(part: int, parts: int) -> Heard:
    return compare(range(part, WHOLE, parts))


def _some(sample: int) -> Heard:
    return compare(chosen(sample, SEED))

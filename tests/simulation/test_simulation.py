"""Seeds of the simulated province: safety while everything fails, and an end to everything once it doesn't.

``YICHUANG_SIMULATION_SEEDS`` runs another number of seeds, ``YICHUANG_SIMULATION_SEED`` begins with another one: that
of a failure, which stands in the test's name, repeats it.
"""

import os
from collections import Counter

import pytest
from structlog.testing import capture_logs

from controller.runtime import engine, hall_days
from tests.simulation.world import World

FIRST = int(os.environ.get("YICHUANG_SIMULATION_SEED", "1"))
SEEDS = int(os.environ.get("YICHUANG_SIMULATION_SEEDS", "30"))
STEPS = 80
WORTH_SEEING = (
    *("accepted", "refused", "answered again", "told to come back", "repeated", "own commit", "foreign commit"),
    *("unmade", "unacknowledged", "conflict", "crash", "stop", "written by the dead", "lost by the dead"),
    *("midnight comes", "plan put", "plan refused", "ended"),
)
"""What some seed or other must have met; a simulator that meets no trouble finds none."""
COVERING_SEEDS = 25


@pytest.fixture(autouse=True)
def _no_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "TICK_S", 1e9)
    monkeypatch.setattr(hall_days, "INLINE_ROWS_MAX", 1 << 30)


async def live(seed: int) -> Counter[str]:
    world = World(seed)
    with capture_logs() as logs:
        try:
            await world.run(STEPS)
        except BaseException as failure:
            failure.add_note(f"seed {seed}; met so far: {dict(world.seen)}")
            raise
    crashed = [entry for entry in logs if entry["log_level"] == "error" and entry["event"] != "log.unavailable"]
    assert not crashed, f"seed {seed}: {crashed[0]}"
    return world.seen


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
async def test_a_province(seed: int) -> None:
    await live(seed)


async def test_some_seed_meets_every_kind_of_trouble() -> None:
    seen: Counter[str] = Counter()
    for seed in range(1, COVERING_SEEDS):
        seen += await live(seed)
        if all(seen[kind] for kind in WORTH_SEEING):
            return
    raise AssertionError(f"never met: {[kind for kind in WORTH_SEEING if not seen[kind]]}")

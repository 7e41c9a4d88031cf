"""A power cut's end in small: every device with an account connects at once, and all are there."""

from pathlib import Path

from tests.benchmarks.storm import measure

DEVICES = 100


async def test_all_devices_come_back_at_once_and_get_their_states(tmp_path: Path) -> None:
    figures = {figure.name: figure.ours for figure in await measure(DEVICES, 0.0, tmp_path)}
    assert all(figures[f"s until {what}"] > 0 for what in ("the controller knows all", "each has its state"))

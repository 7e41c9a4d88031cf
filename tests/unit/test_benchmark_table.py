"""The benchmarks' table: ratios, medians and aims say what they should."""

from pathlib import Path

import pytest

from tests.benchmarks.load import Answered, Taken
from tests.benchmarks.table import HALF, Aim, Case, Figure, table


async def nothing(_folder: Path) -> list[Figure]:
    return []


def line(*rounds: Figure) -> list[str]:
    case = Case("drawing", "bare", nothing)
    _, _, row = table([case], {"drawing": [[figure] for figure in rounds]}).splitlines()
    return row.split()


@pytest.mark.parametrize(("small_is_good", "ours", "bare"), [(False, 50.0, 100.0), (True, 4.0, 2.0)])
def test_a_ratio_of_one_is_the_baselines_own_speed(small_is_good: bool, ours: float, bare: float) -> None:
    assert Figure("it", ours, bare, small_is_good=small_is_good).ratio == 0.5


def test_a_figure_without_a_baseline_has_no_ratio() -> None:
    assert Figure("it", 3.0).ratio is None
    assert line(Figure("kB", 3.0, aim=Aim(2))) == ["drawing", "kB", "3", "<", "2", "MISSED"]


def test_rounds_are_told_by_medians_and_ratios_by_the_median_of_each_rounds_own() -> None:
    rounds = [Figure("per_s", ours, bare, HALF) for ours, bare in ((10.0, 100.0), (60.0, 100.0), (90.0, 150.0))]
    assert line(*rounds) == ["drawing", "per_s", "60", "100", "0.60", "ratio", "≥", "0.5", "met", "bare"]


def test_a_ratio_below_its_aim_is_missed() -> None:
    assert line(Figure("per_s", 49.0, 100.0, HALF))[4:9] == ["0.49", "ratio", "≥", "0.5", "MISSED"]


def test_numbers_that_came_twice_are_counted() -> None:
    taken = Taken(tickets_max=3)
    for number in ("A001", "A002", "A001"):
        assert taken.goes_on()
        taken.note(Answered(0.0, 0.1, number))
    assert not taken.goes_on()
    assert len(taken.tickets) == 3
    assert taken.doubles == 1

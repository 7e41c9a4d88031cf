"""Press to glass: which press a display's word belongs to."""

import pytest

from displays import latency as latencies
from displays.latency import Latency


@pytest.fixture
def seen() -> list[tuple[str, float]]:
    return []


@pytest.fixture
def latency(seen: list[tuple[str, float]]) -> Latency:
    return Latency(lambda hall, seconds: seen.append((hall, round(seconds, 6))))


def test_each_press_between_two_boards_is_seen_with_the_later_one(
    latency: Latency, seen: list[tuple[str, float]]
) -> None:
    latency.pressed("demo", 10, 100.0)
    latency.pressed("demo", 12, 100.5)
    latency.pressed("demo", 15, 101.0)
    latency.shown("demo", 9, 12, 100.75)
    assert seen == [("demo", 0.25), ("demo", 0.75)]
    latency.shown("demo", 12, 15, 101.5)
    assert seen[2:] == [("demo", 0.5)]


@pytest.mark.parametrize(("behind", "seq"), [(10, 12), (12, 12), (5, 9), (12, 10)])
def test_a_board_that_did_not_bring_the_press_says_nothing(
    behind: int, seq: int, latency: Latency, seen: list[tuple[str, float]]
) -> None:
    latency.pressed("demo", 10, 100.0)
    latency.shown("demo", behind, seq, 101.0)
    assert seen == []


def test_halls_are_apart(latency: Latency, seen: list[tuple[str, float]]) -> None:
    latency.pressed("demo", 10, 100.0)
    latency.shown("other", 0, 10, 101.0)
    assert seen == []


def test_a_press_shown_much_later_or_before_it_was_made_is_none(
    latency: Latency, seen: list[tuple[str, float]]
) -> None:
    latency.pressed("demo", 10, 100.0)
    latency.shown("demo", 0, 10, 100.0 + latencies.OLDEST_S + 0.001)
    latency.shown("demo", 0, 10, 99.9)
    assert seen == []
    latency.shown("demo", 0, 10, 100.0 + latencies.OLDEST_S)
    assert seen == [("demo", latencies.OLDEST_S)]


def test_a_new_business_day_counts_from_the_beginning(latency: Latency, seen: list[tuple[str, float]]) -> None:
    latency.pressed("demo", 900, 100.0)
    latency.pressed("demo", 5, 101.0)
    latency.shown("demo", 4, 901, 101.5)
    assert seen == [("demo", 0.5)]


def test_presses_and_halls_are_forgotten_beyond_a_bound(
    latency: Latency, seen: list[tuple[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for seq in range(1, latencies.PRESSES_MAX + 11):
        latency.pressed("demo", seq, 100.0)
    latency.shown("demo", 0, 10, 101.0)
    assert seen == []
    monkeypatch.setattr(latencies, "HALLS_MAX", 2)
    for hall in ("a", "demo", "b"):
        latency.pressed(hall, 1_000, 100.0)
    latency.shown("a", 0, 1_000, 101.0)
    assert seen == []
    latency.shown("demo", 999, 1_000, 101.0)
    latency.shown("b", 999, 1_000, 101.0)
    assert seen == [("demo", 1.0), ("b", 1.0)]

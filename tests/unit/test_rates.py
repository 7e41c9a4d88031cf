"""How much a device may say: a burst, then a steady rate, each for itself, in bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import rates
from devices.rates import Allowance, Rates

FEW = Allowance(burst=3, per_s=2)


def test_a_burst_and_then_a_steady_rate() -> None:
    buckets = Rates(FEW)
    assert [buckets.take("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert not buckets.take("a", 0.25)
    assert buckets.take("a", 0.5)
    assert not buckets.take("a", 0.5)
    assert [buckets.take("a", 100.0) for _ in range(4)] == [True, True, True, False], "no more than a burst is saved"


def test_one_that_says_too_much_costs_nobody_else() -> None:
    buckets = Rates(FEW)
    assert sum(buckets.take("mad", 0.0) for _ in range(1000)) == 3
    assert buckets.take("sane", 0.0)


@given(st.lists(st.floats(0, 2), min_size=1, max_size=200), st.integers(1, 10), st.floats(0.5, 50))
def test_never_more_than_the_burst_and_what_has_flowed_in(pauses: list[float], burst: int, per_s: float) -> None:
    buckets, now, taken = Rates(Allowance(burst, per_s)), 0.0, 0
    for pause in pauses:
        now += pause
        taken += buckets.take("a", now)
    assert 1 <= taken <= burst + now * per_s + 1e-6


def test_who_is_silent_is_forgotten() -> None:
    buckets = Rates(FEW)
    for number in range(100):
        buckets.take(number, 0.0)
    assert len(buckets) == 100
    buckets.take("later", 1.5)  # by then every bucket is full again
    assert len(buckets) == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "BUCKETS_MAX", 5)
    buckets = Rates(FEW)
    for number in range(20):
        buckets.take(number, 0.0)
    assert len(buckets) == 5

"""The day in figures: by hand for small days, against the metrics for a simulated one, and its sums for any."""

import random
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller import commands as c
from controller.carry_over import carried
from controller.day_report import SLOT_S, DayBook, Figures, quantile, report, wait_s
from controller.evolve import fold
from controller.indices import people_waiting_for_windows, windows_waiting_for_people
from controller.opening import Hours
from controller.plan import Lane, WindowId
from controller.report_form import report_form
from controller.runtime.floor_metrics import FloorMetrics
from controller.runtime.hall_actor import Commit
from controller.runtime.metrics import Metrics
from tests.support.core_day import Day
from tests.support.engines import MIDNIGHT, MORNING, OFFICE_HOURS, PENSION, SUBSIDY

W1, W2, W3 = (WindowId(each) for each in "123")
HOUR_S = 3_600.0


def ticket(lane: Lane = Lane.NORMAL) -> c.Command:
    return c.IssueTicket((PENSION,), lane)


def hour(of: int) -> datetime:
    return MORNING.replace(hour=of)


def test_people_wait_for_windows_that_are_not_manned() -> None:
    day = Day()
    day.do(ticket(), ticket(), after_s=60)  # both could go to windows 1 and 2
    day.do(c.OpenWindow(W1), after_s=10)
    day.do(c.OpenWindow(W2), after_s=10)
    assert day.report(100).total.people_wait_s == 2 * 10 + 2 * 10
    day.do(c.StepAway(W1, "会议"), after_s=0)
    assert day.report(5).total.people_wait_s == 40 + 2 * 5
    day.do(c.CallNext(W2))
    assert day.report(5).total.people_wait_s == 50 + 1 * 5
    assert day.report().total.waiting_s == 2 * 125 + 5


def test_windows_wait_that_are_open_with_nobody_to_serve() -> None:
    day = Day()
    day.do(c.OpenWindow(W1), c.OpenWindow(W3))
    day.do(ticket(), after_s=60)
    day.do(c.CallNext(W1), after_s=10)
    day.do(c.FinishService(W1), after_s=10)
    day.do(c.IssueTicket((SUBSIDY,)), after_s=5)  # which window 1 serves as well
    assert day.report(100).total.windows_wait_s == {W1: 65, W3: 85}


def test_each_hour_has_what_happened_in_it() -> None:
    day = Day()
    day.do(c.OpenWindow(W1), after_s=1_800)
    day.do(ticket(), after_s=1_200)
    day.do(c.CallNext(W1), after_s=900)  # a quarter past ten less ten minutes: 10:05
    day.do(c.PassTicket(W1), after_s=60)
    day.do(ticket(), c.CallNext(W1), c.StartService(W1), after_s=60)
    served = day.at_window(W1)
    day.do(c.FinishService(W1), after_s=3_600)
    day.do(c.SubmitReview(4, ticket=served), after_s=60)
    told = day.report()
    assert list(told.hours) == [hour(9), hour(10), hour(11)]
    nine, ten, eleven = told.hours.values()
    assert (nine.tickets, nine.called, nine.served, nine.mean_wait_s) == (1, 0, 0, None)
    assert (ten.tickets, ten.called, ten.no_shows, ten.served) == (1, 2, 1, 0)
    assert ten.mean_wait_s == pytest.approx((900 + 0) / 2)
    assert (eleven.tickets, eleven.served, eleven.reviews) == (0, 1, 1)
    assert (nine.people_wait_s, ten.people_wait_s) == (600, 300), "window 2 stood unmanned"
    assert nine.windows_wait_s == {W1: 1_200}
    assert (nine.open_s, ten.open_s) == (HOUR_S, HOUR_S)
    assert told.total.open_s == (day.now - MORNING).total_seconds()


def test_half_hours_have_the_waits_of_those_who_were_called_in_them() -> None:
    day = Day()
    day.do(*[ticket()] * 10)
    day.do(c.OpenWindow(W1), c.OpenWindow(W2), after_s=600)
    for after_s in (0, 60, 60, 60, 60, 60, 60, 60, 60):  # nine are called after 10 to 18 minutes
        day.do(c.CallNext(W1), after_s=after_s)
        day.do(c.StartService(W1), c.FinishService(W1))
    day.do(c.CloseWindow(W2), after_s=720)  # half past nine: one waits all the while
    day.do(c.CallNext(W1), after_s=900)
    told = report_form(day.report())["half_hours"]
    assert [half["at"][11:16] for half in told] == ["09:00", "09:30"]
    assert [half["called"] for half in told] == [9, 1]
    assert [(half["p50_s"], half["p90_s"]) for half in told] == [(840, 1_080), (2_700, 2_700)]
    assert [half["manned"] for half in told] == [pytest.approx(2 * 20 / 30, abs=1e-3), 1]
    assert told[1]["people_wait"] == 1, "window 2 could serve and stands unmanned"
    assert told[1]["waiting"] == 1
    quiet = Day()
    quiet.do(c.OpenWindow(W1))
    (half,) = report_form(quiet.report(600))["half_hours"]
    assert (half["called"], half["p50_s"], half["p90_s"], half["windows_wait"]) == (0, None, None, 1)


@given(st.lists(st.floats(0, 10_000), min_size=1), st.sampled_from((0.5, 0.9)))
def test_a_quantile_is_the_least_value_that_so_many_do_not_exceed(values: list[float], share: float) -> None:
    ordered = sorted(values)
    found = quantile(ordered, share)
    assert found in values
    assert found is not None
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)
    assert quantile((), share) is None


def test_a_wait_over_the_hour_is_cut_there() -> None:
    day = Day(at=MORNING.replace(minute=50))
    day.do(ticket())
    told = day.report(1_800)
    assert [figures.people_wait_s for figures in told.hours.values()] == [600, 1_200]
    assert [figures.people_wait_s for figures in told.slots.values()] == [SLOT_S] * 6
    assert list(told.slots)[:2] == [MORNING.replace(minute=50), MORNING.replace(minute=55)]


def test_only_opening_hours_count_and_the_day_ends_at_midnight() -> None:
    day = Day(OFFICE_HOURS, MORNING.replace(hour=7))
    day.do(c.OpenWindow(W3))
    evening = day.report((OFFICE_HOURS.closes.hour - 7) * HOUR_S + 600)
    assert evening.total.windows_wait_s == {W3: evening.total.open_s}
    assert evening.total.open_s == 8.5 * HOUR_S
    assert list(evening.hours) == [hour(each) for each in range(8, 17)]
    later = report(day.events, MIDNIGHT + timedelta(hours=9))
    assert (later.total, later.until) == (evening.total, MIDNIGHT)


def test_a_day_that_was_closed_counts_no_more_and_late_reviews_are_its_last() -> None:
    day = Day(at=MIDNIGHT - timedelta(hours=1))
    day.do(c.OpenWindow(W1), ticket(), c.CallNext(W1), c.StartService(W1))
    served = day.at_window(W1)
    day.do(c.FinishService(W1), after_s=60)
    day.do(c.CloseDay(), after_s=HOUR_S - 60 + 0.2)
    day.do(c.SubmitReview(5, ticket=served), after_s=300)
    told = day.report(HOUR_S)
    assert list(told.hours) == [hour(23)]
    assert told.total.reviews == 1
    assert told.total.windows_wait_s == {W1: HOUR_S - 60}


def test_a_night_at_home_is_no_wait() -> None:
    day = Day()
    day.do(c.OpenWindow(W1), ticket())
    day.do(c.CallNext(W1), after_s=60)
    assert (day.report().total.mean_wait_s, day.report().total.waits) == (60, 1)
    assert day.day is not None
    called = day.day.tickets[day.at_window(W1)]
    assert wait_s(called, day.now) == 60
    assert wait_s(replace(called, carried=True), day.now) is None
    assert Figures(called=1).mean_wait_s is None


def test_a_carried_ticket_is_called_and_counts_no_wait() -> None:
    day = Day(carry_over=True)
    day.do(ticket())
    assert day.day is not None
    left = carried(day.day, day.day.plan)
    next_day = Day(at=MORNING + timedelta(days=1), carried=left)
    next_day.do(c.OpenWindow(W1), c.CallNext(W1), after_s=60)
    total = next_day.report().total
    assert (total.called, total.waits, total.mean_wait_s) == (1, 0, None)


def test_a_day_without_events_has_no_report() -> None:
    with pytest.raises(ValueError, match="without events"):
        report([], MORNING)


def test_a_book_that_is_looked_at_meanwhile_says_the_same() -> None:
    day, _ = busy_day(7)
    book = DayBook()
    for recorded in day.events:
        book.add(recorded)
        assert book.report(recorded.at).seq == recorded.seq
    assert book.report(day.now) == book.report(day.now) == report(day.events, day.now)
    with pytest.raises(ValueError, match="does not follow"):
        book.add(day.events[-1])


def busy_day(seed: int, hours: Hours | None = None) -> tuple[Day, Metrics]:
    """Return a simulated day until the evening, and the metrics of a controller that saw it."""
    dice = random.Random(seed)
    day = Day(hours, MORNING.replace(hour=8))
    metrics = Metrics()
    floor = FloorMetrics(metrics)
    assert day.day is not None
    floor.sink(Commit(day.day, tuple(day.events), {}))
    while day.now < MORNING.replace(hour=17):
        window = dice.choice((W1, W2, W3))
        choices: list[Any] = [
            *[c.IssueTicket((dice.choice((PENSION, SUBSIDY)),), dice.choice(tuple(Lane)))] * 4,
            c.OpenWindow(window, "王芳"),
            *[c.CallNext(window)] * 3,
            *[c.StartService(window)] * 2,
            *[c.FinishService(window)] * 2,
            c.PassTicket(window),
            c.StepAway(window, "会议", dice.choice((None, W2))),
            c.ComeBack(window),
            c.CloseWindow(window),
            c.HoldTicket(window),
            c.ResumeTicket(window),
        ]
        made = day.do(dice.choice(choices), after_s=dice.expovariate(1 / 90))
        if made:
            floor.sink(Commit(day.day, made, {}))
        if dice.random() < 0.1:
            floor.refresh([day.day], day.now)
    floor.refresh([day.day], day.now)
    return day, metrics


@pytest.mark.parametrize("hours", [None, Hours(time(8, 30), time(12, 0))], ids=["round the clock", "a morning"])
@pytest.mark.parametrize("seed", range(4))
def test_the_report_of_a_day_is_what_the_metrics_say(seed: int, hours: Hours | None) -> None:
    day, metrics = busy_day(seed, hours)
    told = day.report().total

    def value(name: str, **labels: str) -> float:
        found = [
            sample.value
            for family in metrics.registry.collect()
            for sample in family.samples
            if sample.name == f"yichuang_{name}" and labels.items() <= sample.labels.items()
        ]
        return sum(found)

    assert told.people_wait_s == pytest.approx(value("people_wait_seconds_total"), rel=1e-9)
    for window in (W1, W2, W3):
        seconds = value("windows_wait_seconds_total", window=window)
        assert told.windows_wait_s.get(window, 0.0) == pytest.approx(seconds, rel=1e-9)
    assert told.people_wait_s > 0
    assert told.tickets == value("tickets_total")
    assert told.called == value("calls_total") == value("wait_seconds_count")
    assert told.waited_s == pytest.approx(value("wait_seconds_sum"), rel=1e-9)
    assert told.no_shows == value("no_shows_total")
    assert told.served == value("service_seconds_count") > 0


def summed(parts: Any) -> Figures:
    total = Figures()
    for part in parts:
        total.add(part)
    return total


def close(one: Figures, other: Figures) -> None:
    for name in Figures.__dataclass_fields__:
        assert getattr(one, name) == pytest.approx(getattr(other, name)), name


@given(st.integers(0, 10**6), st.floats(0, 20_000))
def test_hours_and_slots_sum_up_to_the_total_and_no_second_is_lost(seed: int, after_s: float) -> None:
    dice = random.Random(seed)
    day = Day(dice.choice((None, OFFICE_HOURS)), MORNING.replace(hour=7, minute=dice.randrange(60)))
    by_hand: dict[str, float] = {"open": 0.0, "people": 0.0}
    idle: dict[WindowId, float] = {}

    def pass_time(seconds: float) -> None:
        assert day.day is not None
        open_s = day.day.timetable.open_s(day.now, day.now + timedelta(seconds=seconds))
        by_hand["open"] += open_s
        by_hand["people"] += people_waiting_for_windows(day.day) * open_s
        for window in windows_waiting_for_people(day.day):
            idle[window] = idle.get(window, 0.0) + open_s
        day.now += timedelta(seconds=seconds)

    for _ in range(dice.randrange(12)):
        pass_time(dice.uniform(0, 4_000))
        window = dice.choice((W1, W3))
        day.do(dice.choice((ticket(), c.OpenWindow(window), c.CallNext(window), c.StepAway(window, "会议"))))
    pass_time(after_s)
    told = day.report()
    close(told.total, summed(told.hours.values()))
    close(told.total, summed(told.slots.values()))
    close(told.total, summed(half.figures for half in told.half_hours.values()))
    assert sum(len(half.waits_s) for half in told.half_hours.values()) == told.total.waits
    assert sum(sum(half.waits_s) for half in told.half_hours.values()) == pytest.approx(told.total.waited_s)
    assert told.total.open_s == pytest.approx(by_hand["open"], abs=1e-3)
    assert told.total.people_wait_s == pytest.approx(by_hand["people"], abs=1e-3)
    assert sum(told.total.windows_wait_s.values()) == pytest.approx(sum(idle.values()), abs=1e-3)
    assert told.seq == len(day.events)
    assert fold(day.events) == day.day
    assert all(figures.open_s <= SLOT_S for figures in told.slots.values())

"""What Prometheus is told of a floor: each thing once, whoever did it, and both wastes to the second."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller import commands as c
from controller.carry_over import carried
from controller.decide import decide
from controller.model import CommandId, JobId
from controller.plan import DeviceId, Lane, Plan, WindowId
from controller.refusals import Refusal
from controller.runtime.floor_metrics import FloorMetrics
from controller.runtime.hall_actor import Commit
from controller.runtime.metrics import Metrics
from controller.runtime.stream_forms import applied
from tests.support.engines import MORNING, OFFICE_HOURS, PENSION, SUBSIDY, TODAY, call_next, open_window, small_plan

W1, KIOSK = WindowId("1"), DeviceId("kiosk-1")
GREEN = {"hall": "demo", "lane": "green"}


class Scraped:
    """A floor of the pure core, and a controller's metrics of it."""

    def __init__(self, plan: Plan | None = None, at: datetime = MORNING) -> None:
        self.metrics = Metrics()
        self.floor = FloorMetrics(self.metrics)
        self.plan = plan or small_plan()
        self.now = at
        self.day: Any = None
        self.count = 0

    def do(self, *commands: c.Command, after_s: float = 0, foreign: bool = False) -> Commit:
        """Commit commands as one batch, and tell the metrics."""
        self.now += timedelta(seconds=after_s)
        recorded: list[Any] = []
        for command in commands:
            self.count += 1
            nonce = f"{self.count:016x}{self.count:032x}"
            request = c.Request(CommandId(f"command-{self.count}"), "test", self.now, nonce, command)
            decision = decide(self.day, request)
            assert not isinstance(decision, Refusal), decision
            self.day, events = applied(self.day, request, decision)
            recorded.extend(events)
        commit = Commit(self.day, tuple(recorded), {}, foreign)
        self.floor.sink(commit)
        return commit

    def open(self, **how: Any) -> Commit:
        return self.do(c.OpenDay(self.plan.hall.id, TODAY, self.plan), **how)

    def scrape(self, after_s: float = 0) -> None:
        self.now += timedelta(seconds=after_s)
        self.floor.refresh([self.day], self.now)

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"yichuang_{name}", {"hall": "demo", **labels}) or 0.0

    @property
    def people_wait_s(self) -> float:
        return self.value("people_wait_seconds_total")

    def windows_wait_s(self, window: str = "1") -> float:
        return self.value("windows_wait_seconds_total", window=window)


@pytest.fixture
def scraped() -> Scraped:
    scraped = Scraped()
    scraped.open()
    return scraped


def ticket(lane: Lane = Lane.NORMAL, **more: Any) -> c.IssueTicket:
    return c.IssueTicket((PENSION,), lane, **more)


def test_each_event_is_counted_with_its_time(scraped: Scraped) -> None:
    scraped.do(ticket(), ticket(Lane.GREEN, channel="phone"), ticket(Lane.GREEN), open_window(), after_s=10)
    scraped.do(call_next(), after_s=100)
    scraped.do(c.Recall(W1), c.Recall(W1), after_s=5)
    scraped.do(c.PassTicket(W1), call_next(), after_s=5)
    scraped.do(c.StartService(W1), after_s=10)
    scraped.do(c.FinishService(W1), after_s=300)
    scraped.do(c.SubmitReview(5, window=W1), after_s=1)
    assert scraped.value("tickets_total", lane="normal", channel="kiosk") == 1
    assert scraped.value("tickets_total", lane="green", channel="kiosk") == 1
    assert scraped.value("tickets_total", lane="green", channel="phone") == 1
    assert scraped.value("calls_total", window="1") == 2
    assert scraped.value("recalls_total", window="1") == 2
    assert scraped.value("no_shows_total", window="1") == 1
    assert scraped.value("services_total", window="1") == 1
    assert scraped.value("reviews_total", level="5") == 1
    assert (scraped.value("wait_seconds_count", lane="green"), scraped.value("wait_seconds_sum", lane="green")) == (
        2,
        210,
    )
    assert scraped.value("wait_seconds_bucket", lane="green", le="60.0") == 0
    assert scraped.value("wait_seconds_bucket", lane="green", le="120.0") == 2
    assert scraped.value("service_seconds_count", window="1") == 1
    assert scraped.value("service_seconds_sum", window="1") == 300
    assert scraped.metrics.registry.get_sample_value("yichuang_committed_events_total") == scraped.day.seq


def test_gauges_tell_of_now(scraped: Scraped) -> None:
    scraped.do(ticket(device=KIOSK), ticket(Lane.GREEN, device=KIOSK), ticket(device=KIOSK), open_window())
    jobs: list[JobId] = list(scraped.day.receipts)
    scraped.do(c.ConfirmReceipt(jobs[0]), c.FailReceipt(jobs[1], "no paper"))
    scraped.scrape()
    waiting = {lane: scraped.value("waiting_tickets", lane=lane) for lane in Lane}
    assert waiting == {"normal": 2, "green": 1, "appointment": 0, "assisted": 0}
    states = [scraped.value("receipt_jobs", state=state) for state in ("requested", "printed", "failed")]
    assert states == [1, 1, 1]
    scraped.do(call_next())
    scraped.scrape()
    assert scraped.value("waiting_tickets", lane="normal") == 1, "the first of those who came at once"


def test_people_wait_while_a_capable_window_stands_unmanned(scraped: Scraped) -> None:
    scraped.do(ticket(), ticket(), after_s=60)
    assert scraped.people_wait_s == 0
    scraped.scrape(10)
    assert scraped.people_wait_s == 20
    scraped.do(open_window("1"), after_s=10)
    assert scraped.people_wait_s == 40
    scraped.do(open_window("2"), after_s=10)  # until here the second one stood unmanned
    assert scraped.people_wait_s == 60
    scraped.scrape(100)  # the third could not serve them
    assert scraped.people_wait_s == 60
    scraped.do(c.StepAway(W1, "lunch"), after_s=10)
    scraped.scrape(5)
    assert scraped.people_wait_s == 70
    scraped.do(call_next("2"), after_s=5)
    scraped.scrape(5)
    assert scraped.people_wait_s == 85


def test_windows_wait_while_they_are_open_with_nobody_to_serve(scraped: Scraped) -> None:
    scraped.do(open_window("1"), open_window("3"))
    scraped.scrape(30)
    scraped.do(ticket(), after_s=30)
    assert (scraped.windows_wait_s("1"), scraped.windows_wait_s("3"), scraped.windows_wait_s("2")) == (60, 60, 0)
    scraped.do(call_next(), after_s=10)
    scraped.do(c.FinishService(W1), after_s=10)
    assert (scraped.windows_wait_s("1"), scraped.windows_wait_s("3")) == (60, 80), "farm subsidies alone at the third"
    scraped.do(c.CloseWindow(W1), c.IssueTicket((SUBSIDY,)), after_s=10)
    scraped.scrape(100)
    assert (scraped.windows_wait_s("1"), scraped.windows_wait_s("3")) == (70, 90)


def test_a_scrape_a_moment_ahead_of_a_commit_counts_nothing_twice(scraped: Scraped) -> None:
    scraped.do(open_window())
    scraped.scrape(10)
    scraped.do(call_next(), after_s=-2)  # decided before the scrape, committed after it
    scraped.scrape(2)
    assert scraped.windows_wait_s() == 10
    scraped.scrape(5)
    assert scraped.windows_wait_s() == 15


def test_nobody_waits_outside_opening_hours_nor_in_a_day_that_is_closed() -> None:
    scraped = Scraped(small_plan(hours=OFFICE_HOURS), MORNING.replace(hour=16, minute=59))
    scraped.open()
    scraped.do(ticket(), open_window("3"))
    scraped.scrape(3_600)
    assert (scraped.people_wait_s, scraped.windows_wait_s("3")) == (60, 60)
    around_the_clock = Scraped()
    around_the_clock.open()
    around_the_clock.do(ticket(), after_s=1)
    around_the_clock.do(c.CloseDay(), after_s=10)
    around_the_clock.scrape(1_000)
    assert around_the_clock.people_wait_s == 10


def test_early_birds_wait_from_the_opening_on() -> None:
    scraped = Scraped(small_plan(hours=OFFICE_HOURS), MORNING.replace(hour=8, minute=29))
    scraped.open()
    scraped.do(open_window("3"))
    scraped.scrape(90)
    assert scraped.windows_wait_s("3") == 30


def test_what_another_controller_appended_is_counted_there_alone() -> None:
    ours, theirs = Scraped(), Scraped()
    turns = [
        (ours, [c.OpenDay(ours.plan.hall.id, TODAY, ours.plan)], 0),
        (theirs, [ticket(), ticket(Lane.GREEN)], 10),
        (ours, [open_window("3"), ticket()], 20),
        (theirs, [open_window("1")], 30),
        (theirs, [call_next()], 40),
        (ours, [c.FinishService(W1)], 50),
    ]
    alone = Scraped()
    for doer, commands, after_s in turns:
        for each in (ours, theirs):
            each.do(*commands, after_s=after_s, foreign=each is not doer)
            each.scrape(1)
        alone.do(*commands, after_s=after_s)
        alone.scrape(1)
    assert ours.people_wait_s > 0
    assert theirs.people_wait_s > 0
    for sample in (each for family in alone.metrics.registry.collect() for each in family.samples):
        if sample.name.endswith(("_total", "_sum", "_count", "_bucket")):
            both = [s.metrics.registry.get_sample_value(sample.name, sample.labels) or 0 for s in (ours, theirs)]
            assert sum(both) == pytest.approx(sample.value), sample


def test_a_restart_counts_no_history_and_integrates_from_its_first_look(scraped: Scraped) -> None:
    scraped.do(ticket(), ticket())
    started = Scraped()
    started.day, started.now, started.count = scraped.day, scraped.now + timedelta(hours=1), 100
    started.scrape()
    assert (started.value("tickets_total", lane="normal", channel="kiosk"), started.people_wait_s) == (0, 0)
    assert started.value("waiting_tickets", lane="normal") == 2
    started.scrape(10)
    started.do(ticket(), after_s=10)
    assert (started.value("tickets_total", lane="normal", channel="kiosk"), started.people_wait_s) == (1, 40)


def test_what_comes_late_for_yesterday_leaves_today_alone(scraped: Scraped) -> None:
    scraped.do(ticket(device=KIOSK))
    job = next(iter(scraped.day.receipts))
    scraped.do(c.CloseDay())
    yesterday = scraped.day
    scraped.day = None
    scraped.do(c.OpenDay(scraped.plan.hall.id, TODAY + timedelta(days=1), scraped.plan), after_s=86_400)
    scraped.do(open_window())
    today, scraped.day = scraped.day, yesterday
    scraped.do(c.ConfirmReceipt(job), after_s=10)
    scraped.day = today
    scraped.scrape(10)
    assert scraped.windows_wait_s() == 20


def test_a_night_at_home_is_no_wait() -> None:
    plan = small_plan()
    plan = replace(plan, policies=replace(plan.policies, carry_over=True))
    seen = Scraped(plan)
    seen.open()
    seen.do(c.IssueTicket((PENSION,)))
    left = carried(seen.day, plan)
    seen.day = None
    tomorrow = TODAY + timedelta(days=1)
    seen.do(c.OpenDay(plan.hall.id, tomorrow, plan, carried=left), after_s=86_400)
    seen.do(open_window(), call_next())
    assert seen.value("calls_total", window="1") == 1
    assert seen.value("wait_seconds_count", lane="normal") == 0
    assert seen.value("tickets_total", lane="normal", channel="kiosk") == 1

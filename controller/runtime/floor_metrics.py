"""What the committed events say to Prometheus: counts, times, and the two wastes integrated over time."""

from collections.abc import Iterable
from datetime import datetime

from controller import events as e
from controller.indices import people_waiting_for_windows, windows_waiting_for_people
from controller.model import HallDay
from controller.plan import HallId, Lane
from controller.runtime.hall_actor import Commit
from controller.runtime.metrics import Metrics

STEP_S_MAX = 86_400.0
"""The longest stretch that one step of the integrals covers: a stream is a day."""


class FloorMetrics:
    """A sink that keeps the floor's metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seen: dict[HallId, tuple[HallDay, datetime]] = {}

    def sink(self, commit: Commit) -> None:
        """Count the events of a commit."""
        self._advance(commit.day.hall, commit.day.at)
        for recorded in commit.events:
            self._count(commit.day, recorded)
        self._metrics.committed_events.inc(len(commit.events))
        self._seen[commit.day.hall] = (commit.day, commit.day.at)

    def refresh(self, days: Iterable[HallDay], now: datetime) -> None:
        """Bring gauges and integrals up to ``now``; before a scrape."""
        metrics = self._metrics
        for day in days:
            self._seen.setdefault(day.hall, (day, now))
            self._advance(day.hall, now)
            lanes = dict.fromkeys(Lane, 0)
            for ticket in day.waiting:
                lanes[day.tickets[ticket].lane] += 1
            for lane, count in lanes.items():
                metrics.waiting.labels(day.hall, lane).set(count)
            states = {"requested": 0, "printed": 0, "failed": 0}
            for receipt in day.receipts.values():
                states[receipt.state] = states.get(receipt.state, 0) + 1
            for state, count in states.items():
                metrics.receipt_jobs.labels(day.hall, state).set(count)

    def _advance(self, hall: HallId, now: datetime) -> None:
        """Integrate the wastes from the last look to ``now``: the floor did not change in between."""
        if hall not in self._seen:
            return
        day, since = self._seen[hall]
        step_s = min((now - since).total_seconds(), STEP_S_MAX)
        if step_s <= 0:
            return
        self._seen[hall] = (day, now)
        if day.closed:
            return
        self._metrics.people_wait_s.labels(hall).inc(people_waiting_for_windows(day) * step_s)
        for window in windows_waiting_for_people(day):
            self._metrics.windows_wait_s.labels(hall, window).inc(step_s)

    def _count(self, day: HallDay, recorded: e.Recorded) -> None:
        metrics, hall, event = self._metrics, day.hall, recorded.event
        match event:
            case e.TicketIssued():
                metrics.tickets.labels(hall, event.lane, event.channel).inc()
            case e.TicketCalled():
                ticket = day.tickets[event.ticket]
                metrics.calls.labels(hall, event.window).inc()
                metrics.wait_s.labels(hall, ticket.lane).observe((recorded.at - ticket.arrived_at).total_seconds())
            case e.TicketRecalled():
                metrics.recalls.labels(hall, event.window).inc()
            case e.TicketPassed():
                metrics.no_shows.labels(hall, event.window).inc()
            case e.ServiceFinished():
                metrics.finished.labels(hall, event.window).inc()
                started_at = day.tickets[event.ticket].started_at
                if started_at is not None:
                    took_s = (recorded.at - started_at).total_seconds()
                    metrics.service_s.labels(hall, event.window).observe(took_s)
            case e.ReviewGiven():
                metrics.reviews.labels(hall, str(event.level)).inc()

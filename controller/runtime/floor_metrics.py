"""What the committed events say to Prometheus: counts, times, and the two wastes integrated over time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from controller import events as e
from controller import help_events as h
from controller.day_report import wait_s
from controller.indices import people_waiting_for_windows, windows_waiting_for_people
from controller.model import HallDay, ReceiptState, TicketId, Visit
from controller.plan import HallId, Lane
from controller.runtime.hall_actor import Commit
from controller.runtime.metrics import Metrics

STEP_S_MAX = 86_400.0
"""The longest stretch that one step of the integrals covers: a stream is a day."""
SHOWN_RECEIPTS = (ReceiptState.REQUESTED, ReceiptState.PRINTED, ReceiptState.FAILED)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The floor as it has been since a moment; ``is_ours``: this controller appended last."""

    day: HallDay
    since: datetime
    is_ours: bool


class FloorMetrics:
    """A sink that keeps the floor's metrics.

    Several controllers may serve a hall and all are scraped, so a sum over them counts everything once: an event is
    counted by the controller that appended it, and the wastes are integrated by the one that appended last. In a new
    process counters begin at zero, as Prometheus expects; what it reads from the log at its start is not counted again.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seen: dict[HallId, _Seen] = {}

    def sink(self, commit: Commit) -> None:
        """Count the events of a commit."""
        day = commit.day
        seen = self._seen.get(day.hall)
        if seen is None or day.day >= seen.day.day:  # what comes late for yesterday changes nothing about today
            self._advance(day.hall, day.at)
            since = day.at if seen is None else max(self._seen[day.hall].since, day.at)
            self._seen[day.hall] = _Seen(day, since, is_ours=not commit.foreign)
        if commit.foreign:
            return
        for recorded in commit.events:
            self._count(day, recorded)
        self._metrics.committed_events.inc(len(commit.events))

    def refresh(self, days: Iterable[HallDay], now: datetime) -> None:
        """Bring gauges and integrals up to ``now``; before a scrape."""
        metrics = self._metrics
        for day in days:
            seen = self._seen.get(day.hall)
            if seen is None:
                self._seen[day.hall] = _Seen(day, now, is_ours=True)
            elif seen.day is not day:
                self._seen[day.hall] = replace(seen, day=day)  # it was read anew
            self._advance(day.hall, now)
            metrics.help_calls.labels(day.hall).set(len(day.help_calls))
            lanes = dict.fromkeys(Lane, 0)
            for ticket in day.waiting:
                lanes[day.tickets[ticket].lane] += 1
            for lane, count in lanes.items():
                metrics.waiting.labels(day.hall, lane).set(count)
            states = dict.fromkeys(SHOWN_RECEIPTS, 0)
            for receipt in day.receipts.values():
                states[receipt.state] += 1
            for state, count in states.items():
                metrics.receipt_jobs.labels(day.hall, state).set(count)

    def _advance(self, hall: HallId, now: datetime) -> None:
        """Integrate the wastes from the last look to ``now``: the floor did not change in between."""
        seen = self._seen.get(hall)
        if seen is None or now <= seen.since:
            return
        self._seen[hall] = replace(seen, since=now)
        step_s = min(_open_s(seen.day, seen.since, now), STEP_S_MAX)
        if not seen.is_ours or seen.day.closed or step_s <= 0:
            return
        self._metrics.people_wait_s.labels(hall).inc(people_waiting_for_windows(seen.day) * step_s)
        for window in windows_waiting_for_people(seen.day):
            self._metrics.windows_wait_s.labels(hall, window).inc(step_s)

    def _count(self, day: HallDay, recorded: e.Recorded) -> None:
        metrics, hall, event = self._metrics, day.hall, recorded.event
        match event:
            case e.TicketIssued():
                metrics.tickets.labels(hall, event.lane, event.channel).inc()
            case e.TicketCalled():
                ticket = day.tickets[event.ticket]
                metrics.calls.labels(hall, event.window).inc()
                waited_s = wait_s(ticket, recorded.at)
                if waited_s is not None:
                    metrics.wait_s.labels(hall, ticket.lane).observe(waited_s)
            case e.TicketRecalled():
                metrics.recalls.labels(hall, event.window).inc()
            case e.TicketPassed():
                metrics.no_shows.labels(hall, event.window).inc()
            case e.ServiceFinished() | e.StepFinished():
                metrics.finished.labels(hall, event.window).inc()
                visit = _visit_of(day, event.ticket, recorded.at)
                if visit is not None:
                    metrics.service_s.labels(hall, event.window).observe(visit.served_s)
            case e.ReviewGiven():
                metrics.reviews.labels(hall, str(event.level)).inc()
            case h.PeopleCounted():
                metrics.entered.labels(hall).inc(event.entered)


def _visit_of(day: HallDay, ticket: TicketId, ended_at: datetime) -> Visit | None:
    """Return what was given at a moment; more may have been given since."""
    return next((visit for visit in day.tickets[ticket].visits if visit.ended_at == ended_at), None)


def _open_s(day: HallDay, since: datetime, now: datetime) -> float:
    """Return the seconds of a stretch in which the hall was open: who is left at closing time has gone home."""
    zone = ZoneInfo(day.plan.hall.timezone)
    return day.timetable.open_s(since.astimezone(zone), now.astimezone(zone))

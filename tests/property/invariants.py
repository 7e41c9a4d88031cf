"""What is true of a hall's day whatever was asked of it: one function each, all listed at the end.

Each raises ``AssertionError`` where it does not hold. ``test_floor.py`` checks those of the day after every command,
those of its stream at the end.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence

from controller.assignment import eligible, is_due, queue, rank, serving, windows_for
from controller.codec import event_from_json, event_to_json
from controller.cover import backup_at, stand_in
from controller.events import Recorded, ServiceFinished, TicketCancelled, TicketIssued
from controller.evolve import fold
from controller.model import RECENT_CALLS_MAX, HallDay, QuotaKey, ReceiptState, TicketState, WindowStatus
from controller.queues import arrival, overtaken
from controller.transitions import AT_WINDOW


def ticket_and_window_point_at_each_other(day: HallDay) -> None:
    """A ticket is at a window just when it is called or served, and the window says so too, with the same stage."""
    at_windows = {state.ticket: state for state in day.windows.values() if state.ticket is not None}
    for ticket in day.tickets.values():
        if ticket.state in AT_WINDOW:
            assert ticket.window is not None
            state = day.windows[ticket.window]
            assert state.ticket == ticket.id
            assert state.stage is ticket.state
        else:
            assert ticket.id not in at_windows
    assert at_windows.keys() <= set(day.tickets)


def no_ticket_at_two_windows(day: HallDay) -> None:
    """A ticket is called to one window at a time."""
    counts = Counter(state.ticket for state in day.windows.values() if state.ticket is not None)
    assert all(count == 1 for count in counts.values())


def only_an_open_window_has_a_ticket(day: HallDay) -> None:
    """Nobody sits in front of a window that is closed or that nobody is at."""
    for state in day.windows.values():
        assert state.ticket is None or state.status is WindowStatus.OPEN
        assert (state.ticket is None) == (state.stage is None)


def call_of_a_window_is_of_its_ticket(day: HallDay) -> None:
    """A window's call-out names the ticket there; a called ticket has one."""
    for state in day.windows.values():
        if state.call is not None:
            assert state.call.ticket == state.ticket
            assert state.call.window == state.id
            assert state.call.times >= 1
        if state.stage is TicketState.CALLED:
            assert state.call is not None


def idle_is_open_without_ticket(day: HallDay) -> None:
    """A window has ``idle_since`` just when it is open with no ticket, and it never lies in the future."""
    for state in day.windows.values():
        assert (state.idle_since is not None) == (state.status is WindowStatus.OPEN and state.ticket is None)
        assert state.idle_since is None or state.idle_since <= day.at


def notice_and_substitute_only_while_away(day: HallDay) -> None:
    """What an absent clerk left behind goes when the clerk is back; a substitute is another window of the plan."""
    for state in day.windows.values():
        if state.status is not WindowStatus.AWAY:
            assert state.notice is None
            assert state.substitute is None
            assert state.until is None
        assert state.substitute is None or (state.substitute in day.windows and state.substitute != state.id)


def a_stand_in_serves_who_waits_for_the_absent(day: HallDay) -> None:
    """Whoever stands in may call everybody whom the absent window might; nobody stands in who is not there."""
    for state in day.windows.values():
        other = stand_in(day, state.id)
        if state.status is not WindowStatus.AWAY:
            assert other is None
        if other is None:
            assert state.status is not WindowStatus.AWAY or backup_at(day, state.id) is None
            continue
        assert day.windows[other].status is WindowStatus.OPEN
        assert other != state.id
        assert {ticket.id for ticket in eligible(day, state.id)} <= {ticket.id for ticket in eligible(day, other)}


def windows_are_those_of_the_plan(day: HallDay) -> None:
    """Every window of the plan has a state, in the plan's order, and no other has."""
    assert list(day.windows) == [window.id for window in day.plan.windows]
    assert all(state.id == key for key, state in day.windows.items())


def numbers_are_unique(day: HallDay) -> None:
    """No number is given twice in a hall's day, and each series counts what it gave."""
    numbers = [ticket.number for ticket in day.tickets.values()]
    assert len(numbers) == len(set(numbers))
    assert {ticket.number for ticket in day.tickets.values() if ticket.carried} == day.carried_numbers
    assert sum(day.numbers.values()) >= len(numbers) - len(day.carried_numbers)


def tokens_lead_to_their_tickets(day: HallDay) -> None:
    """Every ticket is found by its token, and nothing else is."""
    assert dict(day.tokens) == {ticket.token: ticket.id for ticket in day.tickets.values()}


def waiting_is_who_waits(day: HallDay) -> None:
    """The waiting list holds every waiting ticket once, and no other."""
    waiting = [ticket.id for ticket in day.tickets.values() if ticket.state is TicketState.WAITING]
    assert sorted(day.waiting) == sorted(waiting)


def waiting_by_service_counts_who_waits(day: HallDay) -> None:
    """Who waits is counted by the service that is next; a service for which nobody waits has no count."""
    assert dict(day.waiting_by_service) == Counter(day.tickets[ticket].next_service for ticket in day.waiting)


def held_is_who_is_held(day: HallDay) -> None:
    """The list of held tickets holds every one once, and each remembers the window where it was set aside."""
    held = [ticket for ticket in day.tickets.values() if ticket.state is TicketState.HELD]
    assert sorted(day.held) == sorted(ticket.id for ticket in held)
    assert all(ticket.window is not None for ticket in held)


def pending_receipts_are_those_requested(day: HallDay) -> None:
    """A print job is offered until it is printed or failed, and a ticket knows the state of its newest job."""
    requested = [job for job, receipt in day.receipts.items() if receipt.state is ReceiptState.REQUESTED]
    assert sorted(day.pending_receipts) == sorted(requested)
    for ticket in day.tickets.values():
        if ticket.job is None:
            assert ticket.receipt is ReceiptState.NONE
        else:
            receipt = day.receipts[ticket.job]
            assert receipt.ticket == ticket.id
            assert receipt.state is ticket.receipt


def one_review_for_a_service_given(day: HallDay) -> None:
    """What a window gave is rated once, and the review says of which window."""
    for review in day.reviews.values():
        visits = [visit for visit in day.tickets[review.ticket].visits if visit.review == review.id]
        assert [visit.window for visit in visits] == [review.window]
        assert 1 <= review.level <= 5
        assert review.level > 2 or review.tags or review.text.strip()
    visits = [visit for ticket in day.tickets.values() for visit in ticket.visits]
    assert sum(visit.review is not None for visit in visits) == len(day.reviews)


def a_window_asks_for_the_review_of_what_it_finished(day: HallDay) -> None:
    """A window invites to rate what it gave, that nobody has rated, and for a limited time."""
    for state in day.windows.values():
        assert (state.finished is None) == (state.review_until is None)
        if state.finished is not None:
            visits = [visit for visit in day.tickets[state.finished].visits if visit.window == state.id]
            assert visits[-1].review is None
            assert state.ticket is None


def calls_are_the_newest_one_a_ticket(day: HallDay) -> None:
    """A board's calls are bounded, one a ticket, numbered by the calls of the day, each of a ticket that was issued."""
    assert len(day.calls) <= RECENT_CALLS_MAX
    tickets = [call.ticket for call in day.calls]
    assert len(tickets) == len(set(tickets))
    assert all(call.number == day.tickets[call.ticket].number for call in day.calls)
    assert len({call.id for call in day.calls}) == len(day.calls) <= day.calls_total
    if all(call.times == 1 for call in day.calls):
        assert [call.at for call in day.calls] == sorted((call.at for call in day.calls), reverse=True)


def times_of_a_ticket_follow_each_other(day: HallDay) -> None:
    """Arrived, called, started, ended: none before the one it follows, none later than the day's last event."""
    for ticket in day.tickets.values():
        times = [ticket.arrived_at, ticket.called_at, ticket.started_at, ticket.ended_at, day.at]
        known = [at for at in times if at is not None]
        assert known == sorted(known)
        assert (ticket.ended_at is not None) == (ticket.state in (TicketState.FINISHED, TicketState.CANCELLED))
        assert (ticket.started_at is not None) or ticket.state not in (
            TicketState.SERVING,
            TicketState.HELD,
            TicketState.FINISHED,
        )


def only_who_came_back_is_deferred(day: HallDay) -> None:
    """A ticket lets others go first only after its number was passed and it came back."""
    for ticket in day.tickets.values():
        assert ticket.returns >= 0
        assert ticket.returns or not ticket.not_before


def paces_are_means_of_served_time(day: HallDay) -> None:
    """Measured service times are counted once a service given, and none is negative."""
    visits = [visit for ticket in day.tickets.values() for visit in ticket.visits]
    given = Counter(service for visit in visits for service in visit.services)
    assert {service: pace.count for service, pace in day.pace.items()} == given
    assert all(pace.total_s >= 0 for pace in day.pace.values())


def what_is_done_was_given_at_windows(day: HallDay) -> None:
    """The services of a ticket that are done are those of its visits; it is finished just when all are."""
    for ticket in day.tickets.values():
        assert 0 <= ticket.done <= len(ticket.services)
        assert len(set(ticket.remaining)) == len(ticket.remaining)
        if not ticket.carried:
            assert ticket.services[: ticket.done] == tuple(code for visit in ticket.visits for code in visit.services)
        assert (not ticket.remaining) == (ticket.state is TicketState.FINISHED)


def quotas_count_the_places_taken(day: HallDay) -> None:
    """A place is taken by each service of a ticket of today that was not given back, in the half-day of its arrival."""
    taken: Counter[QuotaKey] = Counter()
    for ticket in day.tickets.values():
        if not ticket.carried and ticket.state is not TicketState.CANCELLED:
            taken.update(QuotaKey(code, ticket.arrived_at.hour >= 12) for code in ticket.services)
    assert dict(day.quota_used) == taken


def nobody_who_waits_is_forgotten(day: HallDay) -> None:
    """Whoever waits may be called by every window that serves the matter, by the one meant, or by a stand-in."""
    for ticket_id in day.waiting:
        ticket = day.tickets[ticket_id]
        windows = windows_for(day, ticket)
        meant = day.windows.get(ticket.window) if ticket.window is not None else None
        assert windows or not serving(day.plan, ticket.next_steps)
        if meant is not None and meant.status is not WindowStatus.CLOSED:
            assert meant.id in windows
        for window in windows:
            assert ticket in eligible(day, window)


def queues_follow_the_rule(day: HallDay) -> None:
    """First who may be overtaken no more, by arrival; then by rate times wait; last who lets others go first.

    Of one lane nobody who came later goes first, unless the bound on overtaking is reached.
    """
    for window in day.windows:
        tickets = queue(day, window, day.at, len(day.waiting))
        ranks = [rank(day, ticket, day.at) for ticket in tickets]
        assert ranks == sorted(ranks)
        assert len(set(ranks)) == len(ranks)
        present = [ticket for ticket in tickets if ticket.not_before <= day.calls_total]
        assert tickets[: len(present)] == present
        due = [ticket for ticket in present if is_due(day.plan.policies, *overtaken(day, ticket), day.at)]
        assert present[: len(due)] == due == sorted(due, key=arrival)
        rest = present[len(due) :]
        points = [day.plan.policies.rate(ticket.lane) * (day.at - ticket.arrived_at).total_seconds() for ticket in rest]
        assert points == sorted(points, reverse=True)
        for lane in {ticket.lane for ticket in rest}:
            arrivals = [ticket.arrived_at for ticket in rest if ticket.lane is lane]
            assert arrivals == sorted(arrivals)


def nobody_waits_for_an_idle_window_that_calls_by_itself(day: HallDay) -> None:
    """Where the floor calls by itself, a window stands idle only while nobody waits whom it could call."""
    if day.plan.policies.auto_call and not day.closed:
        for state in day.windows.values():
            if state.status is WindowStatus.OPEN and state.ticket is None:
                assert next(eligible(day, state.id), None) is None


def seq_has_no_gaps(events: Sequence[Recorded], day: HallDay) -> None:
    """The stream's places are 1, 2, 3 … up to the day's seq."""
    assert [entry.seq for entry in events] == list(range(1, day.seq + 1))


def time_never_runs_back(events: Sequence[Recorded], day: HallDay) -> None:
    """No event is earlier than the one before it, and the day stands at the time of the last."""
    times = [entry.at for entry in events]
    assert times == sorted(times)
    assert times[-1] == day.at


def the_stream_is_all(events: Sequence[Recorded], day: HallDay) -> None:
    """Folding the events gives the day: nothing is known that isn't in the stream, and nothing refused left a trace."""
    assert fold(events) == day


def the_stream_survives_json(events: Sequence[Recorded], day: HallDay) -> None:
    """Every event is read back from its JSON as it was."""
    for entry in events:
        assert event_from_json(*json.loads(json.dumps(event_to_json(entry.event)))) == entry.event


def a_ticket_is_issued_finished_and_rated_once(events: Sequence[Recorded], day: HallDay) -> None:
    """What happens once in a ticket's life stands once in the stream."""
    for kind in (TicketIssued, ServiceFinished, TicketCancelled):
        tickets = [entry.event.ticket for entry in events if isinstance(entry.event, kind)]
        assert len(tickets) == len(set(tickets))
        assert set(tickets) <= set(day.tickets)


INVARIANTS: tuple[Callable[[HallDay], None], ...] = (
    ticket_and_window_point_at_each_other,
    no_ticket_at_two_windows,
    only_an_open_window_has_a_ticket,
    call_of_a_window_is_of_its_ticket,
    idle_is_open_without_ticket,
    notice_and_substitute_only_while_away,
    a_stand_in_serves_who_waits_for_the_absent,
    windows_are_those_of_the_plan,
    numbers_are_unique,
    tokens_lead_to_their_tickets,
    waiting_is_who_waits,
    waiting_by_service_counts_who_waits,
    held_is_who_is_held,
    pending_receipts_are_those_requested,
    one_review_for_a_service_given,
    a_window_asks_for_the_review_of_what_it_finished,
    calls_are_the_newest_one_a_ticket,
    times_of_a_ticket_follow_each_other,
    only_who_came_back_is_deferred,
    paces_are_means_of_served_time,
    what_is_done_was_given_at_windows,
    quotas_count_the_places_taken,
    nobody_who_waits_is_forgotten,
    queues_follow_the_rule,
    nobody_waits_for_an_idle_window_that_calls_by_itself,
)
"""What always holds of a day."""

STREAM_INVARIANTS: tuple[Callable[[Sequence[Recorded], HallDay], None], ...] = (
    seq_has_no_gaps,
    time_never_runs_back,
    the_stream_is_all,
    the_stream_survives_json,
    a_ticket_is_issued_finished_and_rated_once,
)
"""What always holds of a day's stream."""

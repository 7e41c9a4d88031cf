"""What an event does to the state of a day: total, and free of policy.

``fold`` of a stream's events is the day; the engine, a restart, a replay and an audit all read it this way.
"""

from collections.abc import Iterable

from controller import events as e
from controller import help_events as h
from controller.evolve_receipts import receipt_changed
from controller.evolve_reviews import review_given
from controller.evolve_tickets import put_new_ticket, ticket_moved
from controller.evolve_windows import window_changed
from controller.help_calls import calls_changed
from controller.model import (
    Answer,
    Draft,
    HallDay,
    Subject,
    Ticket,
    WindowState,
    WindowStatus,
)
from controller.values import changed as replaced


def fold(events: Iterable[e.Recorded]) -> HallDay | None:
    """Return the day that a stream's events amount to, or ``None`` for an empty stream."""
    rest = iter(events)
    first = next(rest, None)
    if first is None:
        return None
    draft = Draft(evolve(None, first))
    for recorded in rest:
        evolve(draft, recorded)
    return draft.whole()


def evolve(day: HallDay | None, recorded: e.Recorded) -> HallDay:
    """Return the day after one more event.

    Args:
        day: the day before, ``None`` before the first event.
        recorded: the event at the next place of the stream.

    Raises:
        ValueError: the event does not continue the stream; a stream that was read whole and in order never raises.
    """
    event = recorded.event
    if day is None:
        if not isinstance(event, e.DayOpened) or recorded.seq != 1:
            raise ValueError("a stream begins with DayOpened at seq 1")
        changed = _day_opened(recorded, event)
    else:
        if recorded.seq != day.seq + 1:
            raise ValueError(f"event {recorded.seq} does not follow {day.seq}")
        changed = _apply(day, recorded)
    answers = changed.answers.set(recorded.command, _answer(changed, recorded))
    return changed.changed(seq=recorded.seq, at=recorded.at, answers=answers)


def _day_opened(recorded: e.Recorded, event: e.DayOpened) -> HallDay:
    staffed = {entry.window: entry for entry in event.staffed}
    windows = {}
    for window in event.plan.windows:
        entry = staffed.get(window.id)
        windows[window.id] = (
            WindowState(window.id)
            if entry is None
            else WindowState(window.id, WindowStatus.OPEN, clerk=entry.clerk, idle_since=recorded.at, since=recorded.at)
        )
    return HallDay(
        hall=event.hall, day=event.day, plan=event.plan, at=recorded.at, windows=windows, calendar=event.calendar
    )


def _apply(day: HallDay, recorded: e.Recorded) -> HallDay:
    event = recorded.event
    match event:
        case e.DayOpened():
            raise ValueError("a day opens once")
        case e.DayClosed():
            return day.changed(closed=True)
        case e.PlanChanged():
            return _plan_changed(day, event)
        case e.TicketIssued() | e.TicketCarried():
            return put_new_ticket(day, recorded, event)
        case e.NobodyWaiting() | e.NoticeMade() | h.PeopleCounted():
            return day
        case e.WindowOpened() | e.WindowSteppedAway() | e.WindowCovered() | e.WindowReturned() | e.WindowClosed():
            return window_changed(day, recorded, event)
        case e.ReceiptRequested() | e.ReceiptPrinted() | e.ReceiptFailed():
            return receipt_changed(day, recorded, event)
        case e.ReviewGiven():
            return review_given(day, recorded, event)
        case h.HelpAsked() | h.HelpAnswered():
            return calls_changed(day, recorded, event)
        case _:
            return ticket_moved(day, recorded, event)


def _plan_changed(day: HallDay, event: e.PlanChanged) -> HallDay:
    """Keep the windows that stay; nobody is sent to one that is gone."""
    windows = {}
    for window in event.plan.windows:
        state = day.windows.get(window.id, WindowState(window.id))
        gone = state.substitute is not None and state.substitute not in event.plan.window_by_id
        windows[window.id] = replaced(state, substitute=None) if gone else state
    return day.changed(plan=event.plan, windows=windows)


def _answer(day: HallDay, recorded: e.Recorded) -> Answer:
    first = day.answers.get(recorded.command)
    event = recorded.event
    subject: Subject = None
    match first.subject if first else None:
        case Ticket(id=ticket):
            subject = day.tickets[ticket]
        case WindowState(id=window):
            subject = day.windows.get(window)
        case _ if first is not None:
            subject = first.subject
        case _:
            match event:
                case (
                    e.TicketIssued()
                    | e.TicketRedirected()
                    | e.TicketReturned()
                    | e.TicketCancelled()
                    | e.ClerkAssigned()
                ):
                    subject = day.tickets[event.ticket]
                case e.ReceiptRequested() | e.ReceiptPrinted() | e.ReceiptFailed():
                    subject = day.receipts[event.job]
                case e.ReviewGiven():
                    subject = day.reviews[event.review]
                case h.HelpAsked():
                    subject = next(call for call in day.help_calls if call.id == event.help)
                case (
                    e.DayOpened()
                    | e.DayClosed()
                    | e.PlanChanged()
                    | e.TicketCarried()
                    | e.NoticeMade()
                    | h.PeopleCounted()
                    | h.HelpAnswered()
                ):
                    subject = None
                case _:
                    subject = day.windows.get(event.window)
    name = type(event).__name__
    if first is not None and isinstance(event, e.TicketCalled) and event.auto:
        return Answer(first.event, subject, first.last)  # what the floor did by itself then is no part of the command
    return Answer(first.event if first else name, subject, name)

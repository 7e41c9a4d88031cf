"""What an event does to the state of a day: total, and free of policy.

``fold`` of a stream's events is the day; the engine, a restart, a replay and an audit all read it this way.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from controller import events as e
from controller.model import (
    RECENT_CALLS_MAX,
    Answer,
    Call,
    Draft,
    HallDay,
    Pace,
    Receipt,
    ReceiptState,
    Review,
    Subject,
    Ticket,
    TicketState,
    WindowState,
    WindowStatus,
)
from controller.plan import ServiceCode, WindowId
from controller.transitions import TICKET, WINDOW
from controller.values import changed as replaced

Id = TypeVar("Id")


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
            else WindowState(window.id, WindowStatus.OPEN, clerk=entry.clerk, idle_since=recorded.at)
        )
    return HallDay(hall=event.hall, day=event.day, plan=event.plan, at=recorded.at, windows=windows)


def _apply(day: HallDay, recorded: e.Recorded) -> HallDay:
    event = recorded.event
    match event:
        case e.DayOpened():
            raise ValueError("a day opens once")
        case e.DayClosed():
            return day.changed(closed=True)
        case e.PlanChanged():
            return _plan_changed(day, event)
        case e.TicketIssued():
            return _ticket_issued(day, recorded, event)
        case e.NobodyWaiting():
            return day
        case e.WindowOpened() | e.WindowSteppedAway() | e.WindowReturned() | e.WindowClosed():
            return _window_changed(day, recorded, event)
        case e.ReceiptRequested() | e.ReceiptPrinted() | e.ReceiptFailed():
            return _receipt_changed(day, recorded, event)
        case e.ReviewGiven():
            review = Review(event.review, event.ticket, event.window, event.level, event.tags, event.text, recorded.at)
            ticket = replaced(day.tickets[event.ticket], review=event.review)
            windows = {
                key: replaced(state, finished=None, review_until=None) if state.finished == event.ticket else state
                for key, state in day.windows.items()
            }
            return day.changed(
                reviews=day.reviews.set(event.review, review),
                tickets=day.tickets.set(ticket.id, ticket),
                windows=windows,
            )
        case _:
            return _ticket_moved(day, recorded, event)


def _plan_changed(day: HallDay, event: e.PlanChanged) -> HallDay:
    """Keep the windows that stay; nobody is sent to one that is gone."""
    windows = {}
    for window in event.plan.windows:
        state = day.windows.get(window.id, WindowState(window.id))
        gone = state.substitute is not None and state.substitute not in event.plan.window_by_id
        windows[window.id] = replaced(state, substitute=None) if gone else state
    return day.changed(plan=event.plan, windows=windows)


def _ticket_issued(day: HallDay, recorded: e.Recorded, event: e.TicketIssued) -> HallDay:
    ticket = Ticket(
        id=event.ticket,
        number=event.number,
        services=event.services,
        lane=event.lane,
        channel=event.channel,
        token=event.token,
        state=TicketState.WAITING,
        arrived_at=recorded.at,
        ahead=event.ahead,
        wait_p50_s=event.wait_p50_s,
        wait_p90_s=event.wait_p90_s,
        order=recorded.seq,
    )
    day = day.changed(
        tokens=day.tokens.set(event.token, event.ticket),
        numbers={**day.numbers, event.prefix: event.serial},
    )
    return _put_ticket(day, None, ticket)


TicketMove = (
    e.TicketCalled
    | e.TicketRecalled
    | e.ServiceStarted
    | e.ServiceFinished
    | e.TicketPassed
    | e.TicketReturned
    | e.TicketHeld
    | e.TicketResumed
    | e.TicketTransferred
    | e.TicketCancelled
)


def _ticket_moved(day: HallDay, recorded: e.Recorded, event: TicketMove) -> HallDay:
    before = day.tickets[event.ticket]
    state = TICKET.get((before.state, type(event)))
    if state is None:
        raise ValueError(f"{type(event).__name__} does not follow on {before.state}")
    changes: dict[str, Any] = {"state": state}
    at = recorded.at
    match event:
        case e.TicketCalled():
            changes |= {"window": event.window, "called_at": at}
            day = _called(day, recorded, event, before).changed(calls_total=day.calls_total + 1)
        case e.TicketRecalled():
            call = day.windows[event.window].call
            if call is not None:
                day = _called_out(day, replaced(call, times=event.times))
        case e.ServiceStarted():
            changes["started_at"] = at
        case e.TicketResumed():
            changes |= {"window": event.window, "resumed_at": at}
        case e.TicketHeld():
            changes["served_s"] = _served_s(before, at)
        case e.ServiceFinished():
            served_s = _served_s(before, at)
            changes |= {"ended_at": at, "served_s": served_s}
            day = _paced(day, before, served_s)
        case e.TicketReturned():
            changes |= {
                "window": None,
                "called_at": None,
                "returns": before.returns + 1,
                "not_before": event.not_before,
            }
        case e.TicketTransferred():
            changes |= {
                "window": event.to_window,
                "services": event.services,
                "called_at": None,
                "started_at": None,
                "resumed_at": None,
                "served_s": 0.0,
                "not_before": 0,
            }
        case e.TicketCancelled():
            changes["ended_at"] = at
        case e.TicketPassed():
            pass
    after = replaced(before, **changes)
    return _put_window(_put_ticket(day, before, after), before, after, event, recorded)


def _put_ticket(day: HallDay, before: Ticket | None, after: Ticket) -> HallDay:
    """Store a ticket and keep the lists of waiting and held tickets true."""
    changes: dict[str, Any] = {"tickets": day.tickets.set(after.id, after)}
    left = before.state if before is not None else None
    if left is not after.state:
        if after.state is TicketState.WAITING:
            changes["waiting"] = (*day.waiting, after.id)
            changes["waiting_by_service"] = _counted(day.waiting_by_service, after.services[0], 1)
        elif left is TicketState.WAITING:
            changes["waiting"] = _without(day.waiting, after.id)
            changes["waiting_by_service"] = _counted(day.waiting_by_service, after.services[0], -1)
        if after.state is TicketState.HELD:
            changes["held"] = (*day.held, after.id)
        elif left is TicketState.HELD:
            changes["held"] = _without(day.held, after.id)
    return day.changed(**changes)


def _without(ids: tuple[Id, ...], gone: Id) -> tuple[Id, ...]:
    place = ids.index(gone)
    return ids[:place] + ids[place + 1 :]


def _counted(counts: Mapping[ServiceCode, int], service: ServiceCode, step: int) -> Mapping[ServiceCode, int]:
    """Count one more or one less; a service for which nobody waits has no entry."""
    count = counts.get(service, 0) + step
    if count:
        return {**counts, service: count}
    return {code: other for code, other in counts.items() if code != service}


def _put_window(day: HallDay, before: Ticket, after: Ticket, event: TicketMove, recorded: e.Recorded) -> HallDay:
    """Put the ticket at its window, or take it away from there."""
    window: WindowId | None
    if after.state in (TicketState.CALLED, TicketState.SERVING):
        window, ticket, stage = after.window, after.id, after.state
    elif before.state in (TicketState.CALLED, TicketState.SERVING):
        window, ticket, stage = before.window, None, None
    else:
        return day
    if window is None or window not in day.windows:
        return day
    changes: dict[str, Any] = {
        "ticket": ticket,
        "stage": stage,
        "call": day.windows[window].call if ticket else None,
        "idle_since": None if ticket else recorded.at,
    }
    if isinstance(event, e.ServiceFinished):
        changes |= {"finished": after.id, "review_until": event.review_until}
    elif ticket:
        changes |= {"finished": None, "review_until": None}
    return day.changed(windows={**day.windows, window: replaced(day.windows[window], **changes)})


def _called(day: HallDay, recorded: e.Recorded, event: e.TicketCalled, ticket: Ticket) -> HallDay:
    window = day.plan.window_by_id[event.window]
    call = Call(event.call, ticket.id, ticket.number, window.id, window.label, window.zone, ticket.lane, recorded.at)
    return _called_out(day, call)


def _called_out(day: HallDay, call: Call) -> HallDay:
    others = tuple(entry for entry in day.calls if entry.ticket != call.ticket)
    state = replaced(day.windows[call.window], call=call)
    return day.changed(calls=(call, *others)[:RECENT_CALLS_MAX], windows={**day.windows, call.window: state})


def _served_s(ticket: Ticket, now: datetime) -> float:
    """Return the time that a ticket has been served, up to ``now``; what it was set aside doesn't count.

    A clerk who presses start only with the end, or never, has served since the call: that is the best that is known.
    """
    since = ticket.resumed_at or ticket.started_at
    if ticket.started_at == now:
        since = ticket.called_at
    return ticket.served_s + (now - since).total_seconds() if since is not None else ticket.served_s


def _paced(day: HallDay, ticket: Ticket, served_s: float) -> HallDay:
    service = ticket.services[0]
    pace = day.pace.get(service, Pace())
    return day.changed(pace={**day.pace, service: Pace(pace.count + 1, pace.total_s + served_s)})


WindowMove = e.WindowOpened | e.WindowSteppedAway | e.WindowReturned | e.WindowClosed


def _window_changed(day: HallDay, recorded: e.Recorded, event: WindowMove) -> HallDay:
    state = day.windows[event.window]
    status = WINDOW[state.status, type(event)]
    state = replaced(
        state,
        status=status,
        notice=None,
        substitute=None,
        until=None,
        idle_since=recorded.at if status is WindowStatus.OPEN else None,
    )
    match event:
        case e.WindowOpened():
            state = replaced(state, clerk=event.clerk)
        case e.WindowSteppedAway():
            state = replaced(state, notice=event.reason, substitute=event.substitute, until=event.until)
        case e.WindowClosed():
            state = replaced(state, clerk=None)
        case e.WindowReturned():
            pass
    return day.changed(windows={**day.windows, event.window: state})


ReceiptMove = e.ReceiptRequested | e.ReceiptPrinted | e.ReceiptFailed


def _receipt_changed(day: HallDay, recorded: e.Recorded, event: ReceiptMove) -> HallDay:
    match event:
        case e.ReceiptRequested():
            receipt = Receipt(
                event.job,
                event.ticket,
                event.device,
                ReceiptState.REQUESTED,
                recorded.at,
                event.expires_at,
                event.reprint,
            )
        case e.ReceiptPrinted():
            receipt = replaced(day.receipts[event.job], state=ReceiptState.PRINTED, reason=None)
        case e.ReceiptFailed():
            receipt = replaced(day.receipts[event.job], state=ReceiptState.FAILED, reason=event.reason)
    pending = day.pending_receipts
    if receipt.state is ReceiptState.REQUESTED:
        pending = (*pending, receipt.job)
    elif receipt.job in pending:
        pending = _without(pending, receipt.job)
    ticket = day.tickets[receipt.ticket]
    if isinstance(event, e.ReceiptRequested) or ticket.job == receipt.job:
        ticket = replaced(ticket, receipt=receipt.state, job=receipt.job)
    return day.changed(
        receipts=day.receipts.set(receipt.job, receipt),
        tickets=day.tickets.set(ticket.id, ticket),
        pending_receipts=pending,
    )


def _answer(day: HallDay, recorded: e.Recorded) -> Answer:
    first = day.answers.get(recorded.command)
    event = recorded.event
    subject: Subject = None
    match first.subject if first else None:
        case Ticket(id=ticket):
            subject = day.tickets[ticket]
        case WindowState(id=window):
            subject = day.windows.get(window)
        case _:
            match event:
                case e.TicketIssued() | e.TicketReturned() | e.TicketCancelled():
                    subject = day.tickets[event.ticket]
                case e.ReceiptRequested() | e.ReceiptPrinted() | e.ReceiptFailed():
                    subject = day.receipts[event.job]
                case e.ReviewGiven():
                    subject = day.reviews[event.review]
                case e.DayOpened() | e.DayClosed() | e.PlanChanged():
                    subject = None
                case _:
                    subject = day.windows.get(event.window)
    name = type(event).__name__
    return Answer(first.event if first else name, subject, name)

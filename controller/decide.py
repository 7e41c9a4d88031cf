"""What a command comes to: events, or a refusal that leaves everything as it was.

``decide`` is pure and total. It tells apart three results: a :class:`~controller.refusals.Refusal`; a tuple of at
least one event; and the empty tuple, which says that this command id was decided before, so its first result stands
in ``day.answers``.
"""

from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

from controller import commands as c
from controller import decide_windows as windows
from controller import events as e
from controller import help_events as h
from controller import refusals as r
from controller.assignment import ahead, ahead_of_new, serving, serving_now, windows_for, with_substitutes
from controller.auto_call import with_calls, with_covers
from controller.decide_tickets import arrival_of, closed, next_number, quota_refusal, redirect, unoffered
from controller.estimates import wait_range_s
from controller.evolve import evolve
from controller.help_calls import answered, asked
from controller.model import Answer, HallDay, JobId, ReceiptState, ReviewId, Ticket, TicketId, Token
from controller.plan import DeviceId, Lane
from controller.steps import expanded, unrated_visit
from controller.transitions import UNFINISHED, legal

Decision: TypeAlias = tuple[e.Event, ...] | r.Refusal

LEVEL_MIN, LEVEL_MAX = 1, 5
BAD_LEVEL_MAX = 2
"""A review of this level or a lower one is a bad one (差评)."""


def decide(day: HallDay | None, request: c.Request) -> Decision:
    """Decide one command.

    Args:
        day: the state so far, ``None`` before the day is open.
        request: the command with its id, its time (not before ``day.at``) and its random digits.

    Returns:
        The events that it comes to, and the calls that follow from them where the floor calls by itself; the empty
        tuple for an id that was decided before; or why it is refused.
    """
    decision = _decide(day, request)
    if isinstance(decision, r.Refusal) or not decision:
        return decision
    return with_calls(day, request, with_covers(day, request, decision))


def _decide(day: HallDay | None, request: c.Request) -> Decision:
    command = request.command
    if day is None:
        if isinstance(command, c.OpenDay):
            if command.plan.hall.id != command.hall:
                return r.HallUnknown(command.plan.hall.id)
            opened = e.DayOpened(command.hall, command.day, command.plan, command.staffed, command.calendar)
            return (opened, *command.carried)
        return r.DayNotOpen()
    first = day.answers.get(request.id)
    if first is not None:
        return () if is_answer_to(first, command) else r.CommandIdReused(request.id)
    if day.closed and not isinstance(command, c.ConfirmReceipt | c.FailReceipt | c.SubmitReview):
        return r.DayNotOpen()
    return _dispatch(day, request)


def is_answer_to(answer: Answer, command: c.Command) -> bool:
    """Tell whether an answer can be the first result of such a command; else its id was used for another."""
    return (answer.event, answer.last) in PRODUCES[type(command)]


def record(day: HallDay | None, request: c.Request, events: tuple[e.Event, ...]) -> tuple[e.Recorded, ...]:
    """Give the events of a decision their places in the stream."""
    seq = day.seq if day is not None else 0
    return tuple(
        e.Recorded(seq + index, request.at, request.actor, request.id, event)
        for index, event in enumerate(events, start=1)
    )


def _dispatch(day: HallDay, request: c.Request) -> Decision:
    command = request.command
    match command:
        case c.OpenDay():
            return r.DayNotOpen()
        case c.CloseDay():
            return (e.DayClosed(tuple(t for t, ticket in day.tickets.items() if ticket.state in UNFINISHED)),)
        case c.ChangePlan():
            return _change_plan(day, command)
        case c.IssueTicket():
            return _issue(day, request, command)
        case c.RedirectTicket():
            return redirect(day, command)
        case c.CancelTicket():
            return _cancel(day, command)
        case c.ReturnTicket():
            return _return(day, command)
        case c.AssignClerk():
            return _assign_clerk(day, command)
        case c.SubmitReview():
            return _review(day, request, command)
        case c.ReprintReceipt():
            if command.ticket not in day.tickets:
                return r.TicketUnknown(command.ticket)
            return (_receipt(day, request, command.ticket, command.device, reprint=True),)
        case c.ConfirmReceipt() | c.FailReceipt():
            return _receipt_done(day, command)
        case c.MakeNotice():
            return _notice(day, request, command)
        case c.CountPeople():
            return (h.PeopleCounted(command.device, command.entered, command.left),)
        case c.AskHelp():
            return asked(day, request, command)
        case c.AnswerHelp():
            return answered(day, command)
        case _:
            return windows.decide_at_window(day, request, command)


def _change_plan(day: HallDay, command: c.ChangePlan) -> Decision:
    if command.plan.hall.id != day.hall:
        return r.HallUnknown(command.plan.hall.id)
    kept = command.plan.window_by_id
    for state in day.windows.values():
        if state.id not in kept and state.ticket is not None:
            return r.WindowBusy(state.id, day.tickets[state.ticket].number)
    stranded = tuple(t for t in day.waiting if not serving(command.plan, day.tickets[t].next_steps))
    return (e.PlanChanged(command.plan, stranded),)


def _issue(day: HallDay, request: c.Request, command: c.IssueTicket) -> Decision:
    steps = expanded(day.plan, command.services)
    refusal = (
        closed(day, request.at)
        or unoffered(day.plan, steps.services)
        or (quota_refusal(day, steps.services, request.at) if command.booked_at is None else None)
    )
    if refusal is not None:
        return refusal
    service = day.plan.service_by_code[steps.services[0]]
    prefix = service.number_prefix
    serial, number = next_number(day, prefix)
    firsts = steps.services[:1] if steps.ordered else steps.services
    before = ahead_of_new(day, *firsts)
    p50_s, p90_s = wait_range_s(day, service.code, before, with_substitutes(day, serving_now(day, firsts)))
    issued = e.TicketIssued(
        ticket=TicketId(request.nonce[:16]),
        number=number,
        prefix=prefix,
        serial=serial,
        services=steps.services,
        lane=command.lane,
        channel=command.channel,
        token=Token(f"{day.hall}.{request.nonce[16:48]}"),
        ahead=before,
        wait_p50_s=p50_s,
        wait_p90_s=p90_s,
        clerk=command.clerk or None,
        ordered=steps.ordered or len(steps.services) == 1,
        package=steps.package,
        arrived_at=arrival_of(command.booked_at, request.at) if command.booked_at is not None else None,
    )
    if issued.arrived_at is not None:
        issued = _with_place_kept(day, request, issued)
    if command.device is None or not day.plan.papers.tickets:
        return (issued,)
    return (issued, _receipt(day, request, issued.ticket, command.device, reprint=False))


def _with_place_kept(day: HallDay, request: c.Request, issued: e.TicketIssued) -> e.TicketIssued:
    """Tell who booked how many are really before: an arrival in the past goes before many who wait."""
    (recorded,) = record(day, request, (issued,))
    after = evolve(day, recorded)
    ticket = after.tickets[issued.ticket]
    before = ahead(after, ticket.id, request.at)
    p50_s, p90_s = wait_range_s(day, ticket.next_service, before, windows_for(after, ticket))
    return replace(issued, ahead=before, wait_p50_s=p50_s, wait_p90_s=p90_s)


def _receipt(
    day: HallDay, request: c.Request, ticket: TicketId, device: DeviceId, *, reprint: bool
) -> e.ReceiptRequested:
    expires_at = request.at + timedelta(seconds=day.plan.policies.receipt_ttl_s)
    return e.ReceiptRequested(JobId(f"r{request.nonce[:16]}"), ticket, device, expires_at, reprint)


def _cancel(day: HallDay, command: c.CancelTicket) -> Decision:
    ticket = day.tickets.get(command.ticket)
    if ticket is None:
        return r.TicketUnknown(command.ticket)
    if not legal(ticket.state, e.TicketCancelled):
        return r.TicketNotInState(ticket.number, ticket.state)
    return (e.TicketCancelled(ticket.id, command.reason),)


def _return(day: HallDay, command: c.ReturnTicket) -> Decision:
    ticket = day.tickets.get(command.ticket)
    if ticket is None:
        return r.TicketUnknown(command.ticket)
    if not legal(ticket.state, e.TicketReturned):
        return r.TicketNotInState(ticket.number, ticket.state)
    policies = day.plan.policies
    returns_max = policies.green_returns_max if ticket.lane is Lane.GREEN else policies.returns_max
    if returns_max is not None and ticket.returns >= returns_max:
        return r.TicketReturnedTooOften(ticket.number, returns_max)
    return (e.TicketReturned(ticket.id, day.calls_total + policies.return_after),)


def _assign_clerk(day: HallDay, command: c.AssignClerk) -> Decision:
    ticket = day.tickets.get(command.ticket)
    if ticket is None:
        return r.TicketUnknown(command.ticket)
    if not legal(ticket.state, e.ClerkAssigned):
        return r.TicketNotInState(ticket.number, ticket.state)
    return (e.ClerkAssigned(ticket.id, command.clerk or None),)


def _review(day: HallDay, request: c.Request, command: c.SubmitReview) -> Decision:
    if not LEVEL_MIN <= command.level <= LEVEL_MAX:
        return r.LevelOutOfRange(command.level)
    if command.level <= BAD_LEVEL_MAX and not command.tags and not command.text.strip():
        return r.BadReviewNeedsReason()
    ticket = _reviewed_ticket(day, request, command)
    if isinstance(ticket, r.Refusal):
        return ticket
    if not ticket.visits:
        return r.ServiceNotGiven()
    was_there = any(visit.window == command.window for visit in ticket.visits)
    place = unrated_visit(ticket, command.window if was_there else None)
    if place is None:
        return r.AlreadyReviewed(ticket.number)
    review, window = ReviewId(f"v{request.nonce[:16]}"), ticket.visits[place].window
    return (e.ReviewGiven(review, ticket.id, window, command.level, command.tags, command.text),)


def _reviewed_ticket(day: HallDay, request: c.Request, command: c.SubmitReview) -> Ticket | r.Refusal:
    if command.ticket is not None:
        return day.tickets.get(command.ticket) or r.TicketUnknown(command.ticket)
    state = day.windows.get(command.window) if command.window is not None else None
    if state is None:
        return r.WindowUnknown(command.window or "")
    if state.finished is None or state.review_until is None or state.review_until < request.at:
        return r.ServiceNotGiven()
    return day.tickets[state.finished]


def _receipt_done(day: HallDay, command: c.ConfirmReceipt | c.FailReceipt) -> Decision:
    """Confirm or fail a print job. Paper that came out after a failure was reported is printed all the same."""
    receipt = day.receipts.get(command.job)
    if receipt is None:
        return r.ReceiptUnknown(command.job)
    if isinstance(command, c.ConfirmReceipt):
        return (e.ReceiptPrinted(command.job),)
    if receipt.state is ReceiptState.PRINTED:
        return r.TicketNotInState(day.tickets[receipt.ticket].number, receipt.state)
    return (e.ReceiptFailed(command.job, command.reason),)


def _notice(day: HallDay, request: c.Request, command: c.MakeNotice) -> Decision:
    if command.zone is not None and all(zone.id != command.zone for zone in day.plan.zones):
        return r.ZoneUnknown(command.zone)
    return (e.NoticeMade(request.nonce[:16], command.text, command.zone, command.urgent),)


def _only(*names: str) -> frozenset[tuple[str, str]]:
    return frozenset((name, name) for name in names)


def _covering(name: str) -> frozenset[tuple[str, str]]:
    """Return what may be followed by others standing in for who is away."""
    return frozenset({(name, name), (name, "WindowCovered")})


PRODUCES: dict[type, frozenset[tuple[str, str]]] = {
    c.OpenDay: _only("DayOpened") | {("DayOpened", "TicketCarried")},
    c.CloseDay: _only("DayClosed"),
    c.ChangePlan: _covering("PlanChanged"),
    c.IssueTicket: _only("TicketIssued") | {("TicketIssued", "ReceiptRequested")},
    c.RedirectTicket: _only("TicketRedirected"),
    c.CancelTicket: _only("TicketCancelled"),
    c.ReturnTicket: _only("TicketReturned"),
    c.AssignClerk: _only("ClerkAssigned"),
    c.OpenWindow: _covering("WindowOpened"),
    c.CloseWindow: _covering("WindowClosed"),
    c.StepAway: _covering("WindowSteppedAway"),
    c.ComeBack: _covering("WindowReturned"),
    c.CallNext: _only("TicketCalled", "NobodyWaiting")
    | {
        (finished, then)
        for finished in ("ServiceFinished", "StepFinished")
        for then in ("TicketCalled", "NobodyWaiting")
    },
    c.Recall: _only("TicketRecalled"),
    c.StartService: _only("ServiceStarted"),
    c.FinishService: _only("ServiceFinished", "StepFinished")
    | {("ServiceStarted", "ServiceFinished"), ("ServiceStarted", "StepFinished")},
    c.PassTicket: _only("TicketPassed"),
    c.HoldTicket: _only("TicketHeld") | {("ServiceStarted", "TicketHeld")},
    c.ResumeTicket: _only("TicketResumed"),
    c.TransferTicket: _only("TicketTransferred"),
    c.SubmitReview: _only("ReviewGiven"),
    c.ReprintReceipt: _only("ReceiptRequested"),
    c.ConfirmReceipt: _only("ReceiptPrinted"),
    c.FailReceipt: _only("ReceiptFailed"),
    c.MakeNotice: _only("NoticeMade"),
    c.CountPeople: _only("PeopleCounted"),
    c.AskHelp: _only("HelpAsked"),
    c.AnswerHelp: _only("HelpAnswered"),
}
"""The types of a command's first and last event; an id that comes again with another command is found out by them."""

"""What the world outside must be told of a committed event. Pure: the edges carry it out, after the commit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from controller import events as e
from controller.model import Call, HallDay, JobId, TicketId
from controller.plan import WindowId, ZoneId


@dataclass(frozen=True, slots=True)
class SpeakCallOut:
    """Say a call in its zone; later than ``expires_at`` it is not said at all."""

    call: Call
    window_number: int
    zone: ZoneId
    seq: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SpeakNotice:
    """Say a text of the manager in a zone; later than ``expires_at`` it is not said at all."""

    notice: str
    text: str
    zone: ZoneId
    urgent: bool
    seq: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PrintReceipt:
    """Offer a print job to its device."""

    job: JobId


@dataclass(frozen=True, slots=True)
class InviteReview:
    """Ask for a review of what was just done at a window."""

    window: WindowId
    ticket: TicketId
    seconds: int


Effect: TypeAlias = SpeakCallOut | SpeakNotice | PrintReceipt | InviteReview


def effects(recorded: e.Recorded, day: HallDay) -> tuple[Effect, ...]:
    """Return the effects of an event; ``day`` is the state after it (or after the batch it was committed in).

    Boards are not among them: a screen is sent its whole board after each commit, whatever happened.
    """
    match recorded.event:
        case e.TicketCalled() as called:
            return _call_out(recorded, called, 1, day)
        case e.TicketRecalled(times=times) as called:
            return _call_out(recorded, called, times, day)
        case e.ReceiptRequested(job=job):
            return (PrintReceipt(job),)
        case e.ServiceFinished(ticket=ticket, window=window_id) | e.StepFinished(ticket=ticket, window=window_id):
            return (InviteReview(window_id, ticket, day.plan.policies.review_seconds),)
        case e.NoticeMade():
            return _notice(recorded, recorded.event, day)
    return ()


def _notice(recorded: e.Recorded, event: e.NoticeMade, day: HallDay) -> tuple[Effect, ...]:
    """Return the notice in each zone that it is for; a zone that is gone is silent."""
    expires_at = recorded.at + timedelta(seconds=day.plan.speech.notice_ttl_s)
    return tuple(
        SpeakNotice(event.notice, event.text, zone.id, event.urgent, recorded.seq, expires_at)
        for zone in day.plan.zones
        if event.zone in (None, zone.id)
    )


def _call_out(
    recorded: e.Recorded, event: e.TicketCalled | e.TicketRecalled, times: int, day: HallDay
) -> tuple[Effect, ...]:
    """Return the call-out as it was made, whatever happened to the ticket since; a window that is gone is silent."""
    window = day.plan.window_by_id.get(event.window)
    if window is None:
        return ()
    ticket = day.tickets[event.ticket]
    call = Call(
        event.call, ticket.id, ticket.number, window.id, window.label, window.zone, ticket.lane, recorded.at, times
    )
    expires_at = recorded.at + timedelta(seconds=day.plan.policies.call_ttl_s)
    return (SpeakCallOut(call, window.number, window.zone, recorded.seq, expires_at),)

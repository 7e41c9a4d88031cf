"""What goes from one business day to the next: whoever was not served, where the hall wants that (``carry_over``)."""

from controller.events import TicketCarried
from controller.model import HallDay, Ticket, TicketState
from controller.plan import Plan
from controller.queues import arrival, overtaken
from controller.transitions import UNFINISHED


def unserved(day: HallDay) -> tuple[Ticket, ...]:
    """Return the tickets of a day that are not finished, nor passed, nor given back; the first arrival first."""
    return tuple(sorted((one for one in day.tickets.values() if one.state in UNFINISHED), key=arrival))


def carried(day: HallDay, plan: Plan) -> tuple[TicketCarried, ...]:
    """Return what of a day goes on in the next one, under its plan; nothing unless the plan says so.

    All of it waits: who stood at a window when the day ended, or whose matter was set aside, is the first to go on. A
    ticket that was sent to a window still is, and one that was set aside goes on at its own.
    """
    if not plan.policies.carry_over:
        return ()
    return tuple(_carried(day, ticket, plan) for ticket in unserved(day))


def _carried(day: HallDay, ticket: Ticket, plan: Plan) -> TicketCarried:
    count, since = overtaken(day, ticket)
    is_bound = ticket.state in (TicketState.WAITING, TicketState.HELD) and ticket.window in plan.window_by_id
    return TicketCarried(
        ticket=ticket.id,
        number=ticket.number,
        services=ticket.services,
        done=ticket.done,
        ordered=ticket.ordered,
        package=ticket.package,
        lane=ticket.lane,
        channel=ticket.channel,
        token=ticket.token,
        arrived_at=ticket.arrived_at,
        ahead=ticket.ahead,
        wait_p50_s=ticket.wait_p50_s,
        wait_p90_s=ticket.wait_p90_s,
        returns=ticket.returns,
        clerk=ticket.clerk,
        window=ticket.window if is_bound else None,
        overtaken=count,
        overtaken_since=since,
    )

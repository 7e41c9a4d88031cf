"""The list of a day, printed when it is over: how many came, and every number with what became of it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from controller.model import HallDay, Ticket, TicketState
from controller.papers import PaperKind
from controller.runtime.catalogue import text
from devices.look import Look, set_paper
from devices.roll import Roll

ROWS_MAX = 400
"""Numbers on one list: two metres of paper; more are counted only."""

NUMBER_COLUMNS, STATE_COLUMNS, WINDOW_COLUMNS = 6, 8, 6


def render_closing(day: HallDay, at: datetime, look: Look) -> bytes:
    """Return the list of a day as ESC/POS, in the hall's language.

    Args:
        day: which, over or not.
        at: the time now, aware.
        look: how it is set.

    Raises:
        KeyError: no such paper width.
    """
    hall, language = day.plan.hall, day.plan.hall.language
    roll = Roll(look.paper_mm)
    printed_at = at.astimezone(ZoneInfo(hall.timezone)).strftime("%Y-%m-%d %H:%M")
    parts = {
        "hall": lambda: roll.line(hall.name, align="center", bold=True),
        "title": lambda: roll.line(text(f"slip.title_{PaperKind.CLOSING}", language), align="center", tall=True),
        "day": lambda: roll.pair(text("closing.day", language), day.day.isoformat()),
        "totals": lambda: _totals(roll, day, language),
        "table": lambda: _table(roll, day, language),
        "printed_at": lambda: roll.pair(text("slip.printed_at", language), printed_at),
    }
    return set_paper(look, parts, roll, {"hall": hall.name, "date": day.day.isoformat()})


def _totals(roll: Roll, day: HallDay, language: str) -> None:
    tickets = day.tickets.values()
    served = sum(ticket.state is TicketState.FINISHED for ticket in tickets)
    left = sum(ticket.state in {TicketState.CANCELLED, TicketState.NO_SHOW} for ticket in tickets)
    roll.pair(text("closing.tickets", language), str(len(day.tickets)))
    roll.pair(text("closing.served", language), str(served))
    roll.pair(text("closing.left", language), str(left))
    roll.pair(text("closing.unserved", language), str(len(day.tickets) - served - left))
    roll.pair(text("closing.reviews", language), str(len(day.reviews)))


def _table(roll: Roll, day: HallDay, language: str) -> None:
    widths = (NUMBER_COLUMNS, 0, STATE_COLUMNS, WINDOW_COLUMNS)
    head = ("number", "service", "state", "window")
    roll.row([text(f"closing.{name}", language) for name in head], widths, bold=True)
    for ticket in list(day.tickets.values())[:ROWS_MAX]:
        roll.row(
            [
                ticket.number,
                _service(day, ticket),
                text(f"closing.state_{ticket.state}", language),
                _window(day, ticket),
            ],
            widths,
        )
    if len(day.tickets) > ROWS_MAX:
        roll.line(text("closing.more", language, count=len(day.tickets) - ROWS_MAX))


def _service(day: HallDay, ticket: Ticket) -> str:
    service = day.plan.service_by_code.get(ticket.services[0])
    return ticket.services[0] if service is None else service.short_name or service.name


def _window(day: HallDay, ticket: Ticket) -> str:
    visited = ticket.visits[-1].window if ticket.visits else None
    window = day.plan.window_by_id.get(visited) if visited is not None else None
    return "" if window is None else str(window.number)

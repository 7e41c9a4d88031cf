"""Draws the documented states from the tables: ``python -m tests.support.state_diagram`` writes the document."""

from collections.abc import Mapping
from pathlib import Path

from controller.model import TicketState, WindowStatus
from controller.transitions import TICKET, WINDOW

DOCUMENT = Path(__file__).parents[2] / "docs" / "ticket-states.md"

INTRODUCTION = """\
# States of tickets and windows

Drawn from `controller/transitions.py`, the single source of the floor's rules; a test compares. Do not edit: change
the table, then run `python -m tests.support.state_diagram`.
"""
TICKETS = """
## A ticket (号票)

It begins with `TicketIssued`. A transfer puts it back to `waiting` with its first arrival kept. Finishing or holding a
called ticket starts its service first, so nobody is sent back for a forgotten key. Calling the next ticket finishes the
service under way.
"""
WINDOWS = """
## A window (窗口)

It can step away or close only with no ticket at it.
"""


def _drawing(begin: str, table: Mapping[tuple[str, type], str], ends: list[str]) -> str:
    lines = ["stateDiagram-v2", f"    [*] --> {begin}"]
    lines += [f"    {state} --> {after}: {event.__name__}" for (state, event), after in table.items()]
    lines += [f"    {state} --> [*]" for state in ends]
    return "\n".join(["", "```mermaid", *lines, "```", ""])


def diagrams() -> str:
    """Return the whole document."""
    going_on = {state for state, _ in TICKET}
    tickets = _drawing(
        f"{TicketState.WAITING}: TicketIssued", TICKET, [state for state in TicketState if state not in going_on]
    )
    return INTRODUCTION + TICKETS + tickets + WINDOWS + _drawing(WindowStatus.CLOSED, WINDOW, [])


if __name__ == "__main__":
    DOCUMENT.write_text(diagrams(), "utf-8")

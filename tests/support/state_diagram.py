"""Draws the documented states from the tables: ``python -m tests.support.state_diagram`` writes the document."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller.case_model import CaseState
from controller.cases import CASE
from controller.model import TicketState, WindowStatus
from controller.rectification_model import ContactErased, RectificationState
from controller.rectifications import ENDED, RECTIFICATION
from controller.transitions import TICKET, WINDOW

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = DOCS / "ticket-states.md"
CASE_DOCUMENT = DOCS / "case-states.md"
RECTIFICATION_DOCUMENT = DOCS / "rectification-states.md"

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

CASES = """\
# States of a case

Drawn from `controller/cases.py`, the single source of a case's rules; a test compares. Do not edit: change the table,
then run `python -m tests.support.state_diagram`.

A case (办件) begins with `CaseOpened` at a window, as a question or with its papers taken in at once. It outlives the
day: it has rows and a history of its own. The service's terms (materials, promised and legal days, version of the
guide) are frozen into that event. Who opened it stays answerable (首问负责).

- A one-time notice (一次性告知) judges every material of the guide, asks for none that the guide doesn't ask for, and
  is not issued a second time without a reason.
- Acceptance (受理) promises a day: the service's promised working days later, by China's calendar with its exchanged
  weekends. From one working day before it the case warns; after it the case is overdue (限时办结).
- Where the policy `deferred_materials` is on, secondary materials may come later (容缺办), by a day to which the
  citizen commits. Nothing is completed before they are there, and no day is promised before theirs.
- A result is called to the output window by a ticket, or marked as ready (出件); it is picked up or sent free of charge
  (寄递). What comes back by post is sent again or picked up.
"""

RECTIFICATIONS = """\
# States of a rectification

Drawn from `controller/rectifications.py`, the single source of its rules; a test compares. Do not edit: change the
table, then run `python -m tests.support.state_diagram`. What it is for: [reviews.md](reviews.md).

It begins with `RectificationOpened` when a review of 1 or 2 is given. `ContactErased` may happen in every state and
changes none.
"""


def _drawing(begin: str, table: Mapping[Any, str], ends: list[str]) -> str:
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


def case_diagram() -> str:
    """Return the whole document of cases."""
    going_on = {state for state, _ in CASE}
    drawing = _drawing(f"{CaseState.CONSULTING}: CaseOpened", CASE, [one for one in CaseState if one not in going_on])
    also = f"    [*] --> {CaseState.RECEIVED}: CaseOpened"
    return CASES + drawing.replace("CaseOpened\n", f"CaseOpened\n{also}\n", 1)


def rectification_diagram() -> str:
    """Return the whole document of rectifications."""
    table = {key: after for key, after in RECTIFICATION.items() if key[1] is not ContactErased}
    ends = [state for state in RectificationState if state in ENDED]
    return RECTIFICATIONS + _drawing(f"{RectificationState.OPENED}: RectificationOpened", table, ends)


if __name__ == "__main__":
    DOCUMENT.write_text(diagrams(), "utf-8")
    CASE_DOCUMENT.write_text(case_diagram(), "utf-8")
    RECTIFICATION_DOCUMENT.write_text(rectification_diagram(), "utf-8")

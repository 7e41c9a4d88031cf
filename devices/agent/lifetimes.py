"""How long what happens at a device is worth telling when the network is away: the rules, as one table.

An event is either *kept* (in the memory file, over lost lines and power cuts, sent with the time when it happened) or
worth no more than the person who waits for its answer. What is older than its rule allows is dropped: by the device,
by the broker (as the message's expiry), and by the controller, whoever holds it then. `docs/agents.md` shows this
table; a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of a kind of event.

    Attributes:
        kept: it outlives a lost line and a power cut; otherwise it ends with the wait of whoever caused it.
        worth_s: after so many seconds it is dropped.
        why: the reason.
    """

    kept: bool
    worth_s: float
    why: str


UNNAMED_REVIEW = "review_submitted without ticket"
"""How the table calls a review that doesn't say what it is of."""

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "ticket_requested": Rule(kept=False, worth_s=15, why="whoever got no answer taps again, or walks to the desk"),
        "appointment_checked_in": Rule(
            kept=False, worth_s=15, why="whoever got no answer asks again; it is one ticket"
        ),
        "return_requested": Rule(kept=False, worth_s=15, why="whoever got no answer taps again, or walks to the desk"),
        "reprint_requested": Rule(kept=False, worth_s=15, why="whoever got no answer taps again, or walks to the desk"),
        "call_pressed": Rule(
            kept=False, worth_s=8, why="a clerk presses again; a late press would call somebody twice"
        ),
        "review_submitted": Rule(kept=True, worth_s=7 * DAY_S, why="it names its ticket: nobody else's is touched"),
        UNNAMED_REVIEW: Rule(kept=True, worth_s=120, why="it means who was served last: soon that is somebody else"),
        "receipt_printed": Rule(kept=True, worth_s=DAY_S, why="the day's record of paper; the day is closed then"),
        "receipt_failed": Rule(kept=True, worth_s=DAY_S, why="the day's record of paper; the day is closed then"),
        "help_pressed": Rule(kept=False, worth_s=60, why="whoever got no answer presses again"),
        "people_counted": Rule(
            kept=True, worth_s=3600, why="it counts what came in; an hour later the day's curve is past"
        ),
        "telemetry": Rule(kept=False, worth_s=60, why="the next reading says more"),
        "command_done": Rule(kept=False, worth_s=60, why="whoever sent the command doesn't look any longer"),
    }
)

OTHER = Rule(kept=False, worth_s=15, why="unknown to this version: only while somebody waits")


def rule_of(event: Mapping[str, Any]) -> Rule:
    """Return the rule of an event."""
    type_ = str(event.get("type", ""))
    if type_ == "review_submitted" and not event.get("ticket"):
        type_ = UNNAMED_REVIEW
    return RULES.get(type_, OTHER)

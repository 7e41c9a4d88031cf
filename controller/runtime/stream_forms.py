"""How streams, their events and the plans lie in the log."""

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import orjson

from controller import commands as c
from controller.codec import event_from_json, event_to_json, from_json, to_json
from controller.decide import record
from controller.events import Event, Recorded
from controller.evolve import evolve
from controller.model import CommandId, HallDay
from controller.plan import HallId, Plan
from controller.runtime.journal import Journal, Row


def stream_name(hall: HallId, day: date) -> str:
    """Return the name of a hall's stream of a business day."""
    return f"hall:{hall}/{day.isoformat()}"


def applied(
    day: HallDay | None, request: c.Request, decision: tuple[Event, ...]
) -> tuple[HallDay, tuple[Recorded, ...]]:
    """Return the state that an accepted command leads to, and its events at their places of the stream.

    Raises:
        ValueError: there is neither a state nor an event.
    """
    recorded = record(day, request, decision)
    for entry in recorded:
        day = evolve(day, entry)
    if day is None:
        raise ValueError("an accepted command made no event")
    return day, recorded


async def save_plan(journal: Journal, plan: Plan, by: str, at: datetime) -> None:
    """Store a plan as its hall's newest version.

    Raises:
        LogUnavailable: the log doesn't let us.
    """
    await journal.save_plan(plan.hall.id, json.dumps(to_json(plan), ensure_ascii=False), by, at)


def parse_plan(text: str) -> Plan:
    """Read a stored plan.

    Raises:
        ValueError: this program can't read it, for example because a newer one stored it.
    """
    return from_json(Plan, json.loads(text))


def to_row(recorded: Recorded) -> Row:
    """Return an event as a row of the log."""
    name, version, data = event_to_json(recorded.event)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Row(recorded.seq, name, version, recorded.at.astimezone(UTC), recorded.actor, recorded.command, text)


def from_row(row: Row, zone: ZoneInfo) -> Recorded:
    """Return a row of the log as an event, its time in a hall's zone.

    Raises:
        ValueError: this program can't read it.
    """
    event = event_from_json(row.type, row.version, orjson.loads(row.data))
    return Recorded(row.seq, row.at.astimezone(zone), row.actor, CommandId(row.command), event)

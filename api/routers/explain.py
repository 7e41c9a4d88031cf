"""Why a waiting ticket stands where it stands, and which clerk answers for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, StringConstraints
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.parts import Key, Ours, may_answer
from api.problems import language_of, refused
from api.schemas import TEXT_CHARS_MAX, Asked, ReasonForm, TicketForm
from controller import commands as c
from controller.explain import Ahead, Explanation, Place, Reason, explain
from controller.model import HallDay, TicketId, TicketState, WindowStatus
from controller.plan import Lane
from controller.refusals import TicketUnknown
from controller.runtime.catalogue import text
from controller.views import ticket_form

router = APIRouter(prefix="/halls/{hall}/tickets/{ticket}", tags=["tickets"], route_class=GuardedApi)

ClerkName = Annotated[str, StringConstraints(max_length=TEXT_CHARS_MAX, pattern=r"^[^\x00]*$")]


class ClerkAsked(Asked):
    """The clerk who answers for a ticket's matter (首问负责); empty: nobody in particular."""

    clerk: ClerkName = ""


class AheadForm(BaseModel):
    """A ticket that is called before, and why."""

    ticket: str
    number: str
    lane: Lane
    reasons: list[ReasonForm]


class PlaceForm(BaseModel):
    """The place at a window that may call the ticket: 1 is next. ``ahead`` names the first of those before it."""

    window: str
    label: str
    status: WindowStatus
    place: int
    ahead: list[AheadForm]


class ExplanationForm(BaseModel):
    """Why a ticket stands where it stands."""

    ticket: str
    number: str
    state: TicketState
    lane: Lane
    rate: float
    waited_s: int
    points: int
    overtaken: int
    overtakes_max: int | None
    excess_wait_s_max: int | None
    due: bool
    deferred_calls: int
    clerk: str | None
    reasons: list[ReasonForm]
    windows: list[PlaceForm]
    at: datetime


@router.get("/explain", response_model=ExplanationForm, responses=may_answer(404))
async def explain_ticket(hall: str, ticket: str, request: Request, parts: Ours) -> Response:
    """Tell why a ticket stands where it stands: its lane, its points, who is called before it and why."""
    day = await parts.day(hall)
    found = day.tickets.get(TicketId(ticket))
    if found is None:
        raise refused(TicketUnknown(ticket))
    now = parts.now(day)
    return answer(explanation_form(day, explain(day, found, now), now, language_of(request)))


@router.post("/clerk", response_model=TicketForm, responses=may_answer(404, 409, 422))
async def assign_clerk(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str, ticket: str, asked: ClerkAsked, request: Request, parts: Ours, key: Key
) -> Response:
    """Let a clerk answer for a ticket's matter: the window that this clerk staffs calls it."""
    result = await parts.submit(
        hall, c.AssignClerk(TicketId(ticket), asked.clerk or None), key, caller_of(request).actor
    )
    return answer(ticket_form(result.day, result.day.tickets[TicketId(ticket)], parts.now(result.day)))


def explanation_form(day: HallDay, told: Explanation, now: datetime, language: str) -> Mapping[str, Any]:
    """Return the public form of an explanation."""
    ticket, policies = told.ticket, day.plan.policies
    return {
        "ticket": ticket.id,
        "number": ticket.number,
        "state": ticket.state,
        "lane": ticket.lane,
        "rate": told.rate,
        "waited_s": told.waited_s,
        "points": told.points,
        "overtaken": told.overtaken,
        "overtakes_max": policies.overtakes_max,
        "excess_wait_s_max": policies.excess_wait_s_max,
        "due": told.due,
        "deferred_calls": told.deferred_calls,
        "clerk": ticket.clerk,
        "reasons": [reason_form(reason, language) for reason in told.reasons],
        "windows": [_place(day, place, language) for place in told.places],
        "at": now.isoformat(timespec="milliseconds"),
    }


def _place(day: HallDay, place: Place, language: str) -> Mapping[str, Any]:
    return {
        "window": place.window.id,
        "label": day.plan.window_by_id[place.window.id].label,
        "status": place.window.status,
        "place": place.place,
        "ahead": [_ahead(other, language) for other in place.ahead],
    }


def _ahead(other: Ahead, language: str) -> Mapping[str, Any]:
    return {
        "ticket": other.ticket.id,
        "number": other.ticket.number,
        "lane": other.ticket.lane,
        "reasons": [reason_form(reason, language) for reason in other.reasons],
    }


def reason_form(reason: Reason, language: str) -> Mapping[str, Any]:
    """Return the public form of a reason."""
    return {
        "code": reason.code,
        "params": dict(reason.params),
        "text": text(f"explain.{reason.code}", language, **reason.params),
    }

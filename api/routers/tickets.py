"""Tickets: taken, looked at, given back, brought back, printed again."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.access import GuardedApi, actor_of, caller_of
from api.answers import answer
from api.parts import GivenKey, Key, Ours, Parts, key_of, may_answer, parts_of
from api.problems import Problem, refused
from api.qr import qr_svg
from api.schemas import TEXT_CHARS_MAX, IssuedForm, PhoneForm, ReprintAsked, TicketAsked, TicketForm, TransferAsked
from controller import commands as c
from controller.model import HallDay, Ticket, TicketId, Token
from controller.plan import DeviceId, ServiceCode, WindowId
from controller.refusals import TicketUnknown
from controller.runtime.hall_actor import Result
from controller.views import issued_form, phone_form, ticket_form

router = APIRouter(tags=["tickets"], route_class=GuardedApi)

ReasonAsked = Annotated[str, Query(min_length=1, max_length=TEXT_CHARS_MAX, pattern=r"^[^\x00]*$")]
TokenAsked = Annotated[str | None, Query(max_length=128, description="proves that a ticket is the caller's own")]


@router.post("/halls/{hall}/tickets", status_code=201, response_model=IssuedForm, responses=may_answer(404, 409, 422))
async def issue_ticket(hall: str, asked: TicketAsked, request: Request, key: GivenKey = None) -> Response:
    """Give a citizen a place."""
    services = tuple(ServiceCode(code) for code in asked.services)
    device = DeviceId(asked.device) if asked.device is not None else None
    command = c.IssueTicket(services, asked.lane, asked.channel, device, asked.clerk or None)
    result = await parts_of(request).submit(hall, command, key_of(key), actor_of(request, f"channel:{asked.channel}"))
    return answer(issued_form(_ticket(result)), 201)


@router.get("/halls/{hall}/tickets/{ticket}", response_model=TicketForm, responses=may_answer(404))
async def get_ticket(hall: str, ticket: str, parts: Ours) -> Response:
    """Return a ticket's state, its place and its wait."""
    day = await parts.day(hall)
    found = day.tickets.get(TicketId(ticket))
    if found is None:
        raise refused(TicketUnknown(ticket))
    return answer(ticket_form(day, found, parts.now(day)))


@router.delete("/halls/{hall}/tickets/{ticket}", response_model=TicketForm, responses=may_answer(403, 404, 409, 422))
async def cancel_ticket(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str,
    ticket: str,
    request: Request,
    parts: Ours,
    key: Key,
    token: TokenAsked = None,
    reason: ReasonAsked = "citizen",
) -> Response:
    """Give a ticket back."""
    if token is not None:
        await _check_token(parts, hall, ticket, token)
    command = c.CancelTicket(TicketId(ticket), reason)
    return _now(parts, await parts.submit(hall, command, key, actor_of(request, "citizen")))


@router.post("/halls/{hall}/tickets/{ticket}/transfer", response_model=TicketForm, responses=may_answer(404, 409, 422))
async def transfer_ticket(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str, ticket: str, asked: TransferAsked, request: Request, parts: Ours, key: Key
) -> Response:
    """Send a ticket that waits to another window or for other services, its place kept."""
    to_window = asked.to_window or asked.window
    services = tuple(ServiceCode(code) for code in asked.services)
    command = c.RedirectTicket(TicketId(ticket), WindowId(to_window) if to_window else None, services, asked.note)
    return _now(parts, await parts.submit(hall, command, key, actor_of(request, "desk")))


@router.post("/halls/{hall}/tickets/{ticket}/return", response_model=TicketForm, responses=may_answer(404, 409, 422))
async def return_ticket(hall: str, ticket: str, request: Request, parts: Ours, key: Key) -> Response:
    """Let a citizen whose number was passed wait again, the first arrival kept."""
    return _now(parts, await parts.submit(hall, c.ReturnTicket(TicketId(ticket)), key, caller_of(request).actor))


@router.post("/halls/{hall}/tickets/{ticket}/reprint", response_model=TicketForm, responses=may_answer(404, 409, 422))
async def reprint_ticket(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str, ticket: str, asked: ReprintAsked, request: Request, parts: Ours, key: Key
) -> Response:
    """Print a ticket's receipt once more."""
    result = await parts.submit(
        hall, c.ReprintReceipt(TicketId(ticket), DeviceId(asked.device)), key, caller_of(request).actor
    )
    return answer(ticket_form(result.day, result.day.tickets[TicketId(ticket)], parts.now(result.day)))


@router.get("/tickets/{token}", response_model=PhoneForm, responses=may_answer(404))
async def follow_ticket(token: str, parts: Ours) -> Response:
    """Return a ticket as its holder's phone sees it."""
    day, ticket = await holder_of(parts, token)
    return answer(phone_form(day, ticket, parts.now(day)))


@router.get(
    "/tickets/{token}/qr.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}, **may_answer(404)},
)
async def ticket_code(token: str, parts: Ours) -> Response:
    """Return the code that leads a phone to the ticket's page."""
    await holder_of(parts, token)
    picture = qr_svg(f"{parts.paper.public_url}/t/{token}")
    return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=86400"})


async def holder_of(parts: Parts, token: str) -> tuple[HallDay, Ticket]:
    """Return the ticket of a token, and its day: for a while after midnight that may be yesterday, where it was served.

    Raises:
        Problem: no such ticket has it.
        OperatingError: the log can't be read now.
    """
    hall, _, _ = token.partition(".")
    if hall in parts.engine.plans:
        day = await parts.day(hall)
        ticket = day.tokens.get(Token(token))
        if ticket is not None:
            return day, day.tickets[ticket]
        before = await parts.engine.yesterday(hall)
        ticket = before.tokens.get(Token(token)) if before is not None else None
        if before is not None and ticket is not None and before.tickets[ticket].visits:  # it may be reviewed yet
            return before, before.tickets[ticket]
    raise Problem(404, "token_unknown")


async def _check_token(parts: Parts, hall: str, ticket: str, token: str) -> None:
    day = await parts.day(hall)
    found = day.tickets.get(TicketId(ticket))
    if found is not None and not secrets.compare_digest(found.token.encode(), token.encode()):
        raise Problem(403, "token_wrong")


def _ticket(result: Result) -> Ticket:
    ticket = result.answer.subject
    if not isinstance(ticket, Ticket):
        raise TypeError(f"a ticket's command is answered with {type(ticket).__name__}")
    return ticket


def _now(parts: Parts, result: Result) -> Response:
    return answer(ticket_form(result.day, _ticket(result), parts.now(result.day)))

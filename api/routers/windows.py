"""What clerks do at their windows."""

from typing import Annotated

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.identities import Principal
from api.parts import GivenKey, Ours, key_of, may_answer, parts_of
from api.presses import Action, Details, command_of
from api.problems import Problem, language_of, refused
from api.routers.explain import reason_form
from api.schemas import ConsoleForm, PressAsked, WindowForm
from controller.explain import why_next
from controller.model import WindowState
from controller.plan import WindowId
from controller.refusals import WindowUnknown
from controller.runtime.accounts import Role
from controller.views import console_form, window_form

router = APIRouter(prefix="/halls/{hall}/windows/{window}", tags=["windows"], route_class=GuardedApi)

NOTHING = PressAsked()


@router.get("", response_model=ConsoleForm, responses=may_answer(404))
async def get_window(hall: str, window: str, request: Request, parts: Ours) -> Response:
    """Return a window as its clerk sees it: the ticket there, those held, and who is next and why."""
    day = await parts.day(hall)
    state = day.windows.get(WindowId(window))
    if state is None:
        raise refused(WindowUnknown(window))
    now = parts.now(day)
    why = [reason_form(reason, language_of(request)) for reason in why_next(day, state.id, now)]
    return answer({**console_form(day, state, now), "why": why})


@router.post("/{action}", response_model=WindowForm, responses=may_answer(404, 409, 422))
async def press(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str,
    window: str,
    action: Action,
    request: Request,
    key: GivenKey = None,
    asked: Annotated[PressAsked | None, Body()] = None,
) -> Response:
    """Do something at a window, and return the window as it is then.

    ``next`` with nobody to call answers with a window without a ticket.
    """
    given = asked or NOTHING
    who = caller_of(request)
    details = Details(
        clerk=_clerk(action, given, who),
        ticket=given.ticket,
        reason=given.reason,
        substitute=given.substitute or given.cover,
        until=given.until,
        to_window=given.to_window or given.window,
        services=tuple(given.services),
        note=given.note,
        to_clerk=given.to_clerk,
    )
    command = command_of(action, window, details)
    result = await parts_of(request).submit(hall, command, key_of(key), who.actor)
    state = result.answer.subject
    if not isinstance(state, WindowState):
        raise TypeError(f"a press is answered with {type(state).__name__}")
    return answer(window_form(result.day, state))


def _clerk(action: Action, given: PressAsked, who: Principal) -> str:
    """Return who opens a window: a clerk who is signed in, under no other name; else whom the request names.

    Raises:
        Problem: a program that acts for clerks doesn't say for which.
    """
    if who.kind == "account":
        return who.name if who.role is Role.CLERK else given.clerk or who.name
    if action is Action.OPEN and who.role is Role.CLERK and not given.clerk:
        raise Problem(422, "clerk_missing")
    return given.clerk

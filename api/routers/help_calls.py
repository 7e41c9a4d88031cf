"""Whoever pressed a help button, and who of the staff goes there."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.parts import Key, Ours, may_answer
from api.schemas import Name
from controller import commands as c
from controller.help_events import HelpId

router = APIRouter(prefix="/halls/{hall}/help-calls", tags=["help"], route_class=GuardedApi)


@router.post("/{help_call}/answer", status_code=204, response_class=Response, responses=may_answer(401, 403, 404, 409))
async def answer_help(
    hall: str, help_call: Annotated[Name, Path()], request: Request, parts: Ours, key: Key
) -> Response:
    """Say that somebody is on the way: the button's light tells it, and the call goes from the staff's pages."""
    await parts.submit(hall, c.AnswerHelp(HelpId(help_call)), key, caller_of(request).actor)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})

"""What the manager has said to everybody who waits."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, StrictBool, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.parts import Key, Ours, may_answer
from api.schemas import Asked
from controller import commands as c
from controller.plan import ZoneId
from devices.speech import TEXT_CHARACTERS_MAX

router = APIRouter(prefix="/halls/{hall}/notices", tags=["manager"], route_class=GuardedApi)

Words = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=TEXT_CHARACTERS_MAX, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]


class NoticeAsked(Asked):
    """A text to be said: in one zone or in all; an urgent one goes before whatever waits to be said."""

    text: Words
    zone: str | None = None
    urgent: StrictBool = False


class NoticeForm(BaseModel):
    """A notice that is on its way to the loudspeakers and screens, or has been said."""

    text: str
    zone: str | None
    urgent: bool


@router.post("", status_code=201, response_model=NoticeForm, responses=may_answer(401, 403, 404, 409, 422))
async def post_notice(hall: str, asked: NoticeAsked, request: Request, parts: Ours, key: Key) -> Response:
    """Have a text said, and shown on the screens."""
    command = c.MakeNotice(asked.text, ZoneId(asked.zone) if asked.zone is not None else None, asked.urgent)
    await parts.submit(hall, command, key, caller_of(request).actor)
    return answer(asked.model_dump(), 201)

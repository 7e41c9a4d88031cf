"""The sign at a window (公示牌): what it shows, the clerk's photo, and the code that leads a phone to the review."""

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel
from starlette.responses import FileResponse, Response

from api.access import GuardedApi
from api.answers import answer
from api.parts import Ours, Parts, may_answer
from api.problems import Problem, refused
from api.qr import qr_svg
from api.schemas import Name
from controller.cover import Role
from controller.model import HallDay, WindowState, WindowStatus
from controller.plan import WindowId, WindowKind
from controller.refusals import WindowUnknown
from controller.review_offers import review_offers
from controller.window_sign import sign_form

router = APIRouter(prefix="/halls/{hall}/signs/{window}", tags=["displays"], route_class=GuardedApi)

PHOTO_KINDS = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


class WindowSignForm(BaseModel):
    """What the sign of a window shows; ``photo`` is the address of the picture of the clerk on duty."""

    hall_name: str
    timezone: str
    window: str
    label: str
    kind: WindowKind | None
    status: WindowStatus
    post: str | None
    role: Role | None
    clerk: str | None
    services: list[str]
    notice: str | None
    until: AwareDatetime | None
    substitute: str | None
    supervision_phone: str | None
    photo: str | None
    at: AwareDatetime


class ReviewOfferForm(BaseModel):
    """A ticket that a window served, and when that ended."""

    ticket: str
    number: str
    ended_at: AwareDatetime


class ReviewOffersForm(BaseModel):
    """What the code of a window offers to rate, the newest first."""

    hall_name: str
    timezone: str
    window: str
    label: str
    offers: list[ReviewOfferForm]


@router.get("", response_model=WindowSignForm, responses=may_answer(404))
async def get_sign(hall: str, window: str, parts: Ours) -> Response:
    """Return what the sign of a window shows: the post, who is there, what is done there, and whom to call."""
    day, state = await _window(parts, hall, window)
    photo = await asyncio.to_thread(_photo_of, parts.photos, day, state)
    changed = photo.stat().st_mtime_ns if photo is not None else 0
    address = f"/api/v1/halls/{hall}/signs/{window}/photo?of={changed}" if photo is not None else None
    return answer({**sign_form(day, state, parts.now(day)), "photo": address})


@router.get(
    "/photo",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in PHOTO_KINDS.values()}}, **may_answer(404)},
)
async def get_photo(hall: str, window: str, parts: Ours) -> Response:
    """Return the photo of the clerk on duty, as the hall put it into its data folder."""
    day, state = await _window(parts, hall, window)
    photo = await asyncio.to_thread(_photo_of, parts.photos, day, state)
    if photo is None:
        raise Problem(404, "photo_missing")
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return FileResponse(photo, media_type=PHOTO_KINDS[photo.suffix], headers=headers)


@router.get(
    "/review.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}, **may_answer(404)},
)
async def review_code(
    hall: str,
    window: str,
    parts: Ours,
    ticket: Annotated[Name | None, Query(description="whose review the code asks for, as on the pad")] = None,
) -> Response:
    """Return the code of a window that leads a phone to the review of what the window gave last.

    Without a ticket it never changes, so that it can be printed and stand at the window.
    """
    await _window(parts, hall, window)
    asked = f"?{urlencode({'ticket': ticket})}" if ticket is not None else ""
    picture = qr_svg(f"{parts.paper.public_url}/review/{hall}/{window}{asked}")
    return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "no-cache"})


@router.get("/reviews", response_model=ReviewOffersForm, responses=may_answer(404))
async def get_reviews(hall: str, window: str, parts: Ours) -> Response:
    """Return what a window gave last and nobody has rated: what its code offers to whoever scans it."""
    day, state = await _window(parts, hall, window)
    return answer(review_offers(day, state, parts.now(day)))


async def _window(parts: Parts, hall: str, window: str) -> tuple[HallDay, WindowState]:
    day = await parts.day(hall)
    state = day.windows.get(WindowId(window))
    if state is None:
        raise refused(WindowUnknown(window))
    return day, state


def _photo_of(folder: Path, day: HallDay, state: WindowState) -> Path | None:
    """Return the photo of the clerk who is there: ``HALL/NAME.jpg``, and no name leads out of the hall's folder."""
    if state.clerk is None or Path(state.clerk).name != state.clerk:
        return None
    own = folder / day.hall
    return next((path for kind in PHOTO_KINDS if (path := own / f"{state.clerk}{kind}").is_file()), None)

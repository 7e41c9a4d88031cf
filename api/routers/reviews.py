"""Reviews of services given (好差评)."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import GuardedApi, actor_of
from api.answers import answer
from api.contact_seal import ContactWord
from api.parts import Key, Ours, may_answer
from api.problems import Problem, refused
from api.rectification_desk import keep_contact
from api.routers.tickets import holder_of
from api.schemas import ReviewAsked, ReviewForm
from controller import commands as c
from controller.decide import BAD_LEVEL_MAX
from controller.model import Review, TicketId
from controller.plan import WindowId
from controller.rectification_refusals import ContactNotNeeded
from controller.views import review_form

router = APIRouter(tags=["reviews"], route_class=GuardedApi)


@router.post("/halls/{hall}/reviews", status_code=201, response_model=ReviewForm, responses=may_answer(404, 409, 422))
async def give_review(hall: str, asked: ReviewAsked, request: Request, parts: Ours, key: Key) -> Response:
    """Rate a service given: once, by its ticket, its token, or as what a window gave last.

    Of a ticket that several windows served, each visit is rated once: that at ``window``, or the newest one.
    """
    ticket, window = asked.ticket, asked.window
    if asked.token is not None:
        day, found = await holder_of(parts, asked.token)
        if day.hall != hall or ticket not in (None, found.id):
            raise Problem(404, "token_unknown")
        ticket = found.id
    command = c.SubmitReview(
        asked.level,
        tuple(asked.tags),
        asked.text,
        TicketId(ticket) if ticket is not None else None,
        WindowId(window) if window is not None else None,
    )
    if asked.contact is not None and asked.level > BAD_LEVEL_MAX:
        raise refused(ContactNotNeeded())
    result = await parts.submit(hall, command, key, actor_of(request, "citizen"))
    review = result.answer.subject
    if not isinstance(review, Review):
        raise TypeError(f"a review is answered with {type(review).__name__}")
    kept = False
    if asked.contact is not None:
        word = ContactWord(asked.contact.name, asked.contact.phone)
        kept = await keep_contact(parts, result.day, review, word)
    return answer({**review_form(review), "contact": kept}, 201)

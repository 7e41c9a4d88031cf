"""What a citizen's phone is told of the cases that came of its ticket: what is missing, and what was promised."""

from datetime import date

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel
from starlette.responses import Response

from api.access import GuardedApi
from api.answers import answer
from api.parts import Ours, Parts, may_answer
from api.routers.tickets import holder_of
from controller.case_model import Case, CaseState
from controller.codec import to_json
from controller.model import HallDay, Ticket
from controller.runtime.case_store import CaseStore, Wanted

router = APIRouter(tags=["tickets"], route_class=GuardedApi)


class OwedForm(BaseModel):
    """A material that its citizen promised to bring, and until when."""

    material: str
    due: date


class PhoneCaseForm(BaseModel):
    """A case, as its citizen sees it. It names nobody: whoever has the ticket's paper may read it."""

    case: str
    service_name: str
    state: CaseState
    missing: list[str]
    """The whole of the one-time notice, while the case waits for it (一次性告知)."""
    noticed_at: AwareDatetime | None
    owed: list[OwedForm]
    promised: date | None
    completed_on: date | None


@router.get("/tickets/{token}/cases", response_model=list[PhoneCaseForm], responses=may_answer(404))
async def cases_of_ticket(token: str, parts: Ours) -> Response:
    """Return the cases that came of a ticket, for its holder."""
    return answer(await cases_of(parts, *await holder_of(parts, token)))


async def cases_of(parts: Parts, day: HallDay, ticket: Ticket) -> list[dict[str, object]]:
    """Return the cases that came of a ticket, in the form of `PhoneCaseForm`.

    Raises:
        OperatingError: the log can't be read now.
    """
    cases = await CaseStore(parts.journal).cases(day.hall, Wanted(ticket=ticket.id))
    return [_form(case) for case in cases]


def _form(case: Case) -> dict[str, object]:
    notice = case.notices[-1] if case.notices and case.accepted_on is None else None
    return {
        "case": case.id,
        "service_name": case.terms.name,
        "state": case.state,
        "missing": list(notice.missing) if notice else [],
        "noticed_at": to_json(notice.at) if notice else None,
        "owed": [{"material": pledge.material, "due": to_json(pledge.due)} for pledge in case.owed],
        "promised": to_json(case.promised),
        "completed_on": to_json(case.completed_on),
    }

"""The register of aids that a hall lends: what there is, what is out, and back again (policy task 12)."""

from typing import Annotated
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.parts import Key, Ours, Parts, may_answer
from api.problems import refused
from api.schemas import Asked
from controller.aids import COUNT_MAX, Aid, Loan, LoanId
from controller.model import HallDay
from controller.refusals import Refusal
from controller.runtime.aid_store import AidStore, Write

router = APIRouter(prefix="/halls/{hall}/aids", tags=["manager"], route_class=GuardedApi)

Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f/]*$")
]
AidName = Annotated[Label, Path()]


class StockAsked(Asked):
    """How many of an aid the hall has."""

    count: Annotated[int, Field(ge=0, le=COUNT_MAX, strict=True)]


class LoanAsked(Asked):
    """To whom an aid is lent: a ticket's number or a word of the clerk's, never a name."""

    borrower: Label


class AidForm(BaseModel):
    """An aid."""

    name: str
    count: int
    lent: int


class LoanForm(BaseModel):
    """A loan."""

    loan: str
    aid: str
    borrower: str
    lent_at: AwareDatetime
    returned_at: AwareDatetime | None


class RegisterForm(BaseModel):
    """The register: what is out first, the longest before the others."""

    aids: list[AidForm]
    loans: list[LoanForm]


@router.get("", response_model=RegisterForm, responses=may_answer(404))
async def get_register(hall: str, parts: Ours) -> Response:
    """Return what a hall lends, what is out, and what came back last."""
    store = _store(parts, await parts.day(hall))
    aids, loans = await store.aids(), await store.loans()
    return answer({"aids": [_aid(one) for one in aids], "loans": [_loan(one) for one in loans]})


@router.put("/{aid}", response_model=AidForm, responses=may_answer(404, 409, 422))
async def put_aid(hall: str, aid: AidName, asked: StockAsked, parts: Ours) -> Response:
    """Say how many of an aid the hall has; with 0 it lends none any more."""
    stock = await _store(parts, await parts.day(hall)).restock(aid, asked.count)
    if isinstance(stock, Refusal):
        raise refused(stock)
    return answer(_aid(stock))


@router.post("/{aid}/loans", status_code=201, response_model=LoanForm, responses=may_answer(404, 409, 422))
async def post_loan(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str, aid: AidName, asked: LoanAsked, request: Request, parts: Ours, key: Key
) -> Response:
    """Lend an aid."""
    day = await parts.day(hall)
    write = Write(f"http/{key}", caller_of(request).actor, parts.now(day))
    loan = await _store(parts, day).lend(LoanId(uuid4().hex), aid, asked.borrower, write)
    if isinstance(loan, Refusal):
        raise refused(loan)
    return answer(_loan(loan), 201)


@router.post("/loans/{loan}/return", response_model=LoanForm, responses=may_answer(404, 422))
async def post_return(hall: str, loan: Annotated[Label, Path()], request: Request, parts: Ours, key: Key) -> Response:
    """Take an aid back; a second time changes nothing."""
    day = await parts.day(hall)
    back = await _store(parts, day).take_back(loan, Write(f"http/{key}", caller_of(request).actor, parts.now(day)))
    if isinstance(back, Refusal):
        raise refused(back)
    return answer(_loan(back))


def _store(parts: Parts, day: HallDay) -> AidStore:
    return AidStore(parts.journal, day.hall, ZoneInfo(day.plan.hall.timezone))


def _aid(aid: Aid) -> dict[str, object]:
    return {"name": aid.name, "count": aid.count, "lent": aid.lent}


def _loan(loan: Loan) -> dict[str, object]:
    return {
        "loan": loan.id,
        "aid": loan.aid,
        "borrower": loan.borrower,
        "lent_at": loan.lent_at.isoformat(timespec="seconds"),
        "returned_at": loan.returned_at.isoformat(timespec="seconds") if loan.returned_at is not None else None,
    }

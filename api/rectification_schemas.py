"""The forms of rectifications that come in over HTTP, and those that go out, as OpenAPI tells of them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field

from api.schemas import Asked, Words
from controller.rectification_model import Answer, Claim, Contact, Handling, Reached, RectificationState


class RectificationAction(StrEnum):
    """What can be done to a rectification."""

    VERIFY = "verify"
    ASSIGN = "assign"
    CORRECT = "correct"
    RETURN = "return"
    CALL_BACK = "call-back"
    APPEAL = "appeal"
    DECIDE_APPEAL = "decide-appeal"
    CLOSE = "close"


class ListFormat(StrEnum):
    """How a list goes out: as JSON, as a table for a spreadsheet, or a JSON document a line."""

    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"


class RectificationAsked(Asked):
    """What a step needs besides; each action reads its own members."""

    version: Annotated[
        int | None, Field(ge=1, description="of the rectification that the caller saw: an older one is 409")
    ] = None
    words: Annotated[
        Words, Field(description="what was found, done, answered or decided; every step but assign must say it")
    ] = ""
    reached: Annotated[Reached | None, Field(description="verify: whether the citizen could be asked")] = None
    handling: Annotated[Handling | None, Field(description="verify: how it is dealt with")] = None
    to: Annotated[Words, Field(description="assign: who puts it right")] = ""
    answer: Annotated[Answer | None, Field(description="call-back: what the citizen says to it")] = None
    claim: Annotated[Claim | None, Field(description="appeal: why the review should not count")] = None
    upheld: Annotated[bool | None, Field(description="decide-appeal: whether that is so")] = None


class RectificationForm(BaseModel):
    """A rectification; ``actions`` are those that the caller may take now."""

    rectification: str
    hall: str
    state: RectificationState
    version: int
    level: int
    tags: list[str]
    text: str
    channel: str
    given_at: AwareDatetime
    window: str | None
    window_label: str
    clerk: str | None
    number: str
    services: list[str]
    opened_at: AwareDatetime
    changed_at: AwareDatetime
    contact: Contact
    contact_readable: bool
    reached: Reached | None
    handling: Handling | None
    findings: str
    assignee: str | None
    measures: str
    returns: int
    answer: Answer | None
    claim: Claim | None
    appellant: str | None
    result: str
    due: date | None
    promised: date
    ended_on: date | None
    overdue: bool
    actions: list[RectificationAction]


class RectificationEventForm(BaseModel):
    """An event of a rectification's history."""

    seq: int
    type: str
    version: int
    at: AwareDatetime
    actor: str
    data: dict[str, Any]


class RectificationHistoryForm(RectificationForm):
    """A rectification with its history."""

    history: list[RectificationEventForm]


class RectificationSummaryForm(BaseModel):
    """How a hall's rectifications stand.

    ``counted`` are those that count: all but the excluded. ``rate`` is the share of them that has ended, ``None``
    where there are none (整改率).
    """

    since: date | None
    until: date | None
    states: dict[RectificationState, int]
    counted: int
    open: int
    ended: int
    excluded: int
    overdue: int
    rate: float | None


class ContactForm(BaseModel):
    """How a citizen can be reached."""

    name: str
    phone: str

"""The forms of cases that come in over HTTP, and those that go out, as OpenAPI tells of them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from api.schemas import LIST_MAX, TEXT_CHARS_MAX, Asked, Day, Name, Words
from controller.case_model import CaseState, Pace
from devices.slips import Slip

MaterialName = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_CHARS_MAX, pattern=r"^[^\x00-\x1f]*$")]
Materials = Annotated[list[MaterialName], Field(max_length=LIST_MAX)]


class CaseAction(StrEnum):
    """What can be done to a case."""

    RECEIVE = "receive"
    NOTICE = "notice"
    ACCEPT = "accept"
    SUPPLY = "supply"
    COMPLETE = "complete"
    CALL_OUTPUT = "call-output"
    PICK_UP = "pick-up"
    SEND = "send"
    DELIVER = "deliver"
    WITHDRAW = "withdraw"


class CaseAsked(Asked):
    """Somebody asks for a matter; with ``received`` the papers are taken at once."""

    service: Name
    ticket: Name | None = None
    received: bool = False


class StepAsked(Asked):
    """What a step of a case needs besides; each action reads its own members."""

    version: Annotated[int | None, Field(ge=1, description="of the case that the caller saw: an older one is 409")] = (
        None
    )
    window: Annotated[Name | None, Field(description="where it is done; its clerk does it and its printer prints")] = (
        None
    )
    missing: Annotated[Materials, Field(default_factory=list, description="notice: all that is missing")]
    present: Annotated[
        Materials, Field(default_factory=list, description="notice: all that is there; with missing, all of the guide")
    ]
    reason: Annotated[Words, Field(description="notice: why once more; withdraw: why")] = ""
    deferred: Annotated[
        Materials, Field(default_factory=list, description="accept: secondary materials that come later")
    ]
    due: Annotated[Day | None, Field(description="accept: until when they come")] = None
    material: Annotated[Words, Field(description="supply: what is there now")] = ""
    call: Annotated[bool, Field(description="call-output: call the citizen to the output window by a ticket")] = False
    courier: Annotated[Words, Field(description="send: who carries it")] = ""
    tracking: Annotated[Words, Field(description="send: by which number it is found again")] = ""
    print: Annotated[bool, Field(description="print the paper that the step gives, where the window has a printer")] = (
        True
    )


class SlipAsked(Asked):
    """At which window's printer a paper is wanted once more."""

    window: Name


class MaterialForm(BaseModel):
    """A material that the guide asks for."""

    name: str
    secondary: bool
    note: str


class NoticeForm(BaseModel):
    """A one-time notice."""

    at: AwareDatetime
    missing: list[str]
    reason: str


class PledgeForm(BaseModel):
    """A material that comes later."""

    material: str
    due: date
    supplied_at: AwareDatetime | None


class DeliveryForm(BaseModel):
    """The way of a result by post."""

    courier: str
    tracking: str
    sent_at: AwareDatetime
    received_at: AwareDatetime | None


class CaseForm(BaseModel):
    """A case now."""

    case: str
    hall: str
    service: str
    service_name: str
    department: str
    guide_version: str
    state: CaseState
    version: int
    window: str
    ticket: str | None
    first_asked: str
    opened_at: AwareDatetime
    changed_at: AwareDatetime
    materials: list[MaterialForm]
    notices: list[NoticeForm]
    deferred: list[PledgeForm]
    reminders: list[PledgeForm]
    accepted_on: date | None
    promised: date | None
    legal: date | None
    due: date | None
    pace: Pace | None
    completed_on: date | None
    output_ticket: str | None
    delivery: DeliveryForm | None
    actions: list[CaseAction]
    slips: list[Slip]


class CaseEventForm(BaseModel):
    """An event of a case's history."""

    seq: int
    type: str
    version: int
    at: AwareDatetime
    actor: str
    data: dict[str, Any]


class CaseHistoryForm(CaseForm):
    """A case with its history."""

    history: list[CaseEventForm]


class StepForm(CaseForm):
    """A case after a step; ``printed`` is the printer that its paper comes from, ``number`` the ticket's called by."""

    printed: str | None = None
    number: str | None = None


class SlipForm(BaseModel):
    """A paper on its way to a printer."""

    case: str
    slip: Slip
    job: str
    device: str

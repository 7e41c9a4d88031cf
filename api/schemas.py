"""The forms that come in over HTTP, and those that go out, as OpenAPI tells of them.

What comes in is bounded here; what it means is the floor's business. What goes out is made by `controller.views`; the
models of it describe the members that the contract promises, and more may be there.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

from controller.model import ReceiptState, TicketState, WindowStatus
from controller.plan import Lane, WindowKind
from controller.runtime.accounts import Role

ID_CHARS_MAX = 128
TEXT_CHARS_MAX = 500
LIST_MAX = 20

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
"""An id or a code of ours."""
Words = Annotated[str, StringConstraints(max_length=TEXT_CHARS_MAX, pattern=r"^[^\x00]*$")]
"""Words of people."""
Tag = Annotated[str, StringConstraints(min_length=1, max_length=ID_CHARS_MAX, pattern=r"^[^\x00-\x1f]*$")]


def _written_out(given: object) -> object:
    if isinstance(given, date) or (isinstance(given, str) and _DAY.fullmatch(given) is not None):
        return given
    raise ValueError("a day is written like 2026-01-05")


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Day = Annotated[date, BeforeValidator(_written_out)]
"""A day; a bare number is none, though pydantic would count seconds by it."""
Channel = Literal["kiosk", "phone", "desk", "appointment", "online"]


class Asked(BaseModel):
    """A request's body; members that nobody knows are refused, for they are mistakes."""

    model_config = ConfigDict(extra="forbid")


class TicketAsked(Asked):
    """Somebody wants a place; with ``device`` a receipt is printed there."""

    services: Annotated[list[Name], Field(min_length=1, max_length=LIST_MAX, examples=[["pension_certification"]])]
    lane: Lane = Lane.NORMAL
    channel: Channel = "kiosk"
    device: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    clerk: Annotated[Words, Field(description="the person for whom the ticket waits")] = ""


class PressAsked(Asked):
    """What an action at a window needs besides; each action reads its own members."""

    clerk: Words = ""
    ticket: Name | None = None
    reason: Words = ""
    substitute: Annotated[Name | None, Field(description="away: the window that takes over meanwhile")] = None
    cover: Annotated[Name | None, Field(description="the same as substitute")] = None
    until: AwareDatetime | None = None
    window: Annotated[Name | None, Field(description="transfer: the window to which the ticket goes")] = None
    to_window: Annotated[Name | None, Field(description="the same as window")] = None
    services: Annotated[list[Name], Field(max_length=LIST_MAX)] = []
    note: Words = ""
    to_clerk: Annotated[Words, Field(description="transfer: the person to whom the ticket goes")] = ""


class ContactAsked(Asked):
    """How somebody may be called; whoever asks nobody back is not asked for more."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^[^\x00-\x1f]*$")] = ""
    phone: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 -]{4,19}$")]


class ReviewAsked(Asked):
    """A rating of one service given; by the ticket, by its token, or of what a window gave last."""

    level: Annotated[int, Field(ge=1, le=5, strict=True, description="5 very satisfied … 1 very dissatisfied")]
    tags: Annotated[list[Tag], Field(max_length=LIST_MAX)] = []
    text: Words = ""
    ticket: Name | None = None
    token: Name | None = None
    window: Name | None = None
    contact: Annotated[
        ContactAsked | None, Field(description="with 1 or 2: how who rates may be called; kept apart, and not for long")
    ] = None


class TransferAsked(Asked):
    """Where a ticket that waits goes: to a window, or for other services."""

    window: Name | None = None
    to_window: Annotated[Name | None, Field(description="the same as window")] = None
    services: Annotated[list[Name], Field(max_length=LIST_MAX)] = []
    note: Words = ""


class ReprintAsked(Asked):
    """Where a receipt is to be printed once more."""

    device: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class SignInAsked(Asked):
    """Somebody signs in."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]*$")]
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class PasswordAsked(Asked):
    """Somebody wants another password."""

    current: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    new: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class AccountAsked(Asked):
    """Somebody else is to sign in; without ``hall`` where the caller may act."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]*$")]
    role: Role
    hall: Name | None = None


class EnabledAsked(Asked):
    """Whether an account may be used."""

    enabled: StrictBool


class Wait(BaseModel):
    """A wait as a range, in seconds."""

    p50_s: int
    p90_s: int


class IssuedForm(BaseModel):
    """A ticket just issued."""

    ticket: str
    number: str
    ahead: int
    wait: Wait
    token: str
    services: list[str]
    lane: Lane
    receipt: ReceiptState
    issued_at: AwareDatetime


class TicketForm(BaseModel):
    """A ticket now."""

    ticket: str
    number: str
    services: list[str]
    lane: Lane
    state: TicketState
    window: str | None
    ahead: int
    wait: Wait
    receipt: ReceiptState
    issued_at: AwareDatetime


class ClosingForm(BaseModel):
    """Who was not served on a day, or isn't yet: the first arrival first."""

    hall: str
    day: str
    closed: bool
    carry_over: bool
    unserved: list[TicketForm]


class WindowForm(BaseModel):
    """A window now."""

    window: str
    label: str
    kind: WindowKind | None
    status: WindowStatus
    ticket: str | None
    number: str | None
    stage: Literal["called", "serving"] | None
    notice: str | None
    substitute: str | None
    substitute_label: str | None = None


class ReasonForm(BaseModel):
    """A reason: a stable code, what it speaks of, and its text in the language asked for."""

    code: str
    params: dict[str, str | int]
    text: str


class ConsoleForm(BaseModel):
    """What a clerk sees of a window; ``why`` tells why the first of ``next`` is the first."""

    window: WindowForm
    current: TicketForm | None
    held: list[TicketForm]
    next: list[TicketForm]
    why: list[ReasonForm]
    eligible: int
    seq: int


class CallForm(BaseModel):
    """A call-out."""

    call: str
    ticket: str
    number: str
    window: str
    at: AwareDatetime
    times: int


class StrandedForm(BaseModel):
    """A waiting ticket whose service no window offers any more."""

    ticket: str
    number: str
    services: list[str]
    lane: Lane


class HelpCallForm(BaseModel):
    """Somebody wants help at a button, and nobody has answered yet; ``times``: how often it was pressed."""

    help: str
    device: str
    window: str | None
    zone: str | None
    at: AwareDatetime
    times: int


class HallForm(BaseModel):
    """A hall now."""

    hall: str
    name: str
    day: str
    seq: int
    open: bool
    waiting: int
    waiting_by_service: dict[str, int]
    windows: list[WindowForm]
    calls: list[CallForm]
    opens_at: AwareDatetime | None
    stranded: list[StrandedForm]
    help_calls: list[HelpCallForm]


class PlanFaultForm(BaseModel):
    """What is wrong or doubtful in a plan, and where."""

    path: str
    code: str
    message: str
    line: int | None = None


class ReviewForm(BaseModel):
    """A review given."""

    review: str
    ticket: str
    window: str | None
    level: int
    tags: list[str]
    text: str
    at: AwareDatetime
    contact: Annotated[bool, Field(description="whether a contact is kept with it")] = False


class PhoneForm(TicketForm):
    """A ticket as its holder sees it."""

    hall: str
    hall_name: str
    call: str | None
    token: str


class EventForm(BaseModel):
    """An event of a day's stream."""

    seq: int
    type: str
    version: int
    at: AwareDatetime
    actor: str
    command: str
    data: dict[str, Any]


class PrincipalForm(BaseModel):
    """Who asks."""

    name: str
    kind: Literal["account", "token"]
    role: Role
    hall: str | None
    must_change_password: bool


class AccountForm(BaseModel):
    """An account, without anything secret."""

    name: str
    role: Role
    hall: str | None
    enabled: bool
    must_change_password: bool


class OneTimeForm(BaseModel):
    """A password that is told once, and must be changed when it is used."""

    name: str
    password: str


class HealthForm(BaseModel):
    """Whether parts work: ``ok``, or what is wrong."""

    status: Literal["ok", "unavailable"]
    parts: dict[str, str] = {}


class ProblemForm(BaseModel):
    """RFC 9457, with a stable ``code``."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str

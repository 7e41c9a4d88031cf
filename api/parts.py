"""What requests are answered with: the parts of a running controller, and the few steps that every request shares."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import Depends, Header
from starlette.requests import HTTPConnection

from api.conditions import Conditions
from api.contact_seal import ContactSeal
from api.device_directory import Directory, HallDevices
from api.health_watch import HealthWatch
from api.initials import Initials
from api.joining import Joining
from api.orders import Orders
from api.paper import Paper
from api.paper_looks import Looks
from api.presence import Presence
from api.problems import Problem, refused
from api.rectifier import Rectifier
from api.schemas import ProblemForm
from api.sign_in import SignIn
from api.spool import Spool
from controller import commands as c
from controller.model import HallDay
from controller.refusals import HallUnknown, Refusal
from controller.runtime.clock import Clock
from controller.runtime.engine import Engine
from controller.runtime.hall_actor import Result
from controller.runtime.journal import Journal
from controller.runtime.metrics import Metrics
from devices.announcer import Recordings
from devices.gateway import Gateway
from displays.hub import Hub

KEY_CHARS_MAX = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A running controller, as its addresses see it."""

    engine: Engine
    journal: Journal
    gateway: Gateway
    hub: Hub
    paper: Paper
    metrics: Metrics
    clock: Clock
    recordings: Path
    media: Path
    photos: Path
    sign_in: SignIn
    directory: Directory
    joining: Joining
    orders: Orders
    presence: Presence
    health: HealthWatch
    looks: Looks
    spool: Spool
    voice: Recordings
    rectifier: Rectifier
    seal: ContactSeal
    initials: Initials = field(default_factory=Initials)

    @property
    def devices(self) -> HallDevices:
        """The devices of all halls."""
        return self.directory.devices

    @property
    def conditions(self) -> Conditions:
        """What devices said of themselves."""
        return self.presence.conditions

    def now(self, day: HallDay) -> datetime:
        """Return the time now in a hall's own zone."""
        return self.clock.now().astimezone(ZoneInfo(day.plan.hall.timezone))

    async def day(self, hall: str) -> HallDay:
        """Return a hall's day.

        Raises:
            Problem: there is no such hall.
            OperatingError: the log can't be read now.
        """
        day = await self.engine.day(hall)
        if isinstance(day, HallUnknown):
            raise refused(day)
        return day

    async def submit(self, hall: str, command: c.Command, key: str, actor: str) -> Result:
        """Have a command decided and return its result, after the commit.

        Raises:
            Problem: the floor refuses it.
            OperatingError: it can't be done now.
        """
        result = await self.engine.submit(hall, command, command_id=f"http/{key}", actor=actor)
        if isinstance(result, Refusal):
            self.metrics.refusals.labels(result.code).inc()
            raise refused(result)
        return result


def parts_of(connection: HTTPConnection) -> Parts:
    """Return the parts of the controller that a request came to."""
    parts: Parts = connection.app.state.parts
    return parts


async def _ours(connection: HTTPConnection) -> Parts:
    return parts_of(connection)


GivenKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=KEY_CHARS_MAX)]


def key_of(given: str | None) -> str:
    """Return the id of a write: the caller's, or one of our own for a caller that will never ask again.

    Raises:
        Problem: it can't be an id.
    """
    if given is None:
        return uuid4().hex
    if not 1 <= len(given) <= KEY_CHARS_MAX or not given.isprintable():
        raise Problem(422, "key_invalid", {"chars_max": KEY_CHARS_MAX})
    return given


async def _key(given: GivenKey = None) -> str:
    return key_of(given)


# Both are coroutines though they wait for nothing: FastAPI sends a plain function to a thread, and the two hops cost
# more than all else that a request needs. Where every microsecond counts (tickets, presses) an address calls
# `parts_of` and `key_of` itself: a dependency costs FastAPI a third of what the rest of a request does.
Ours = Annotated[Parts, Depends(_ours)]
Key = Annotated[str, Depends(_key)]


def may_answer(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of problems that an address may answer with; each may say 500 and 503."""
    return {status: {"model": ProblemForm} for status in (*statuses, 500, 503)}


def client_host(request: HTTPConnection) -> str:
    """Return the address that a request came from."""
    return request.client.host if request.client is not None else ""

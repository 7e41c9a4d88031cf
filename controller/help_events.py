"""What small devices see and hear in a hall: people who come in, and people who want help."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from controller.plan import DeviceId, WindowId, ZoneId

HelpId = NewType("HelpId", str)


@dataclass(frozen=True, slots=True)
class PeopleCounted:
    """A counter at a door saw people come in and go out since it counted last."""

    device: DeviceId
    entered: int
    left: int = 0


@dataclass(frozen=True, slots=True)
class HelpAsked:
    """Somebody pressed a help button; ``times`` counts the presses since nobody has come."""

    help: HelpId
    device: DeviceId
    window: WindowId | None = None
    zone: ZoneId | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class HelpAnswered:
    """Somebody of the staff is on the way to whoever pressed."""

    help: HelpId


@dataclass(frozen=True, slots=True)
class HelpCall:
    """Somebody wants help, first at ``at``, and nobody has answered yet."""

    id: HelpId
    device: DeviceId
    window: WindowId | None
    zone: ZoneId | None
    at: datetime
    times: int = 1

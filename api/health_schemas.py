"""Forms of devices' health."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from controller.health import Fault, Severity
from controller.inspection import Found, Item


class TroubleState(StrEnum):
    """How far the alarm of a trouble is."""

    NOTICED = "noticed"
    """It is so just now; nobody is told yet."""
    RAISED = "raised"
    RECOVERING = "recovering"
    """It is well again, but not for long enough."""


class TroubleForm(BaseModel):
    """Something that is wrong with a device, and whom it hits."""

    device: str
    kind: str
    fault: Fault
    severity: Severity
    state: TroubleState
    since: Annotated[AwareDatetime | None, Field(description="since when it is so, as far as this start knows")]
    raised_at: Annotated[AwareDatetime | None, Field(description="when its alarm was raised; null: it isn't")]
    params: Annotated[dict[str, str | float], Field(description="the figures that tell it")]
    window: Annotated[str | None, Field(description="the window that it hits")]
    zone: Annotated[str | None, Field(description="the zone that it hits; neither: the whole hall")]
    services: Annotated[list[str], Field(description="codes of what people there come for")]
    alone: Annotated[bool, Field(description="no other device there does the same")]


class DeviceHealthForm(BaseModel):
    """What is known of a device."""

    device: str
    kind: str
    online: Annotated[bool | None, Field(description="null: it has never said so")]
    since: AwareDatetime | None
    heard_at: Annotated[AwareDatetime | None, Field(description="its last sign of life")]
    beats: Annotated[bool, Field(description="it says now and then that it is there, so its silence means something")]


class HealthForm(BaseModel):
    """The health of a hall's devices; the worst trouble first."""

    hall: str
    at: AwareDatetime
    devices: int
    well: Annotated[int, Field(description="how many are there and have nothing wrong")]
    troubles: list[TroubleForm]
    vitals: list[DeviceHealthForm]


class InspectionLine(BaseModel):
    """One line of the inspection list (policy tasks 11 and 12)."""

    item: Item
    found: Found
    wanted: Annotated[int, Field(description="how many places need one; 0: no number")]
    working: Annotated[int, Field(description="how many of them have one that works; of aids how many there are")]
    missing: Annotated[list[str], Field(description="ids of the windows or zones, codes of the services, without one")]
    broken: Annotated[list[str], Field(description="ids of the devices that don't do their work")]


class InspectionForm(BaseModel):
    """The inspection list of a hall, filled in from its plan, its devices and what it lends."""

    hall: str
    at: AwareDatetime
    lines: list[InspectionLine]

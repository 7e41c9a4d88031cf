"""Forms of the registry of devices."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from api.schemas import Asked
from controller.plan import DeviceKind

DeviceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class DeviceAsked(Asked):
    """A device is to speak; where it stands, if the plan doesn't say."""

    id: DeviceName
    kind: DeviceKind
    window: DeviceName | None = None
    zone: DeviceName | None = None


class JoinedForm(BaseModel):
    """What a device needs to join, told once."""

    device: str
    username: str
    password: str
    broker: str
    ca: Annotated[str, Field(description="certificate of the hall's own authority, PEM; for ca.pem")] = ""
    kind: str
    hall: str
    window: str | None
    zone: str | None
    file: Annotated[str, Field(description="the join file, TOML")]
    code: Annotated[str, Field(description="QR code of the join file, an SVG element")]


class DeviceForm(BaseModel):
    """A device of the plan, of the registry, or of both."""

    device: str
    kind: str
    window: str | None
    zone: str | None
    planned: bool
    registered: bool
    online: bool
    since: Annotated[AwareDatetime | None, Field(description="when it came or went last, as far as this start knows")]
    added_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class DeviceList(BaseModel):
    """The devices of a hall; ``closed``: only registered ones may speak."""

    closed: bool
    broker: str
    devices: list[DeviceForm]

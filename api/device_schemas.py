"""Forms of the registry of devices."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from api.schemas import Asked
from controller.device_orders import IDENTIFY_S_MAX, PERCENT_MAX, OrderType
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
    secrets: Annotated[str, Field(description="the secrets of its firmware, YAML; none where there is no firmware")]


class ReadingForm(BaseModel):
    """What a device said of itself, and when the controller heard it."""

    value: str | float
    at: AwareDatetime


class FirmwareForm(BaseModel):
    """A configuration ready to flash: YAML for ESPHome in one file; the secrets that it names come once, on joining."""

    model: str
    file: str


class FirmwareList(BaseModel):
    """The configurations for a device, one for each model of its kind."""

    device: str
    models: list[FirmwareForm]


class DeviceForm(BaseModel):
    """A device of the plan, of the registry, or of both."""

    device: str
    kind: str
    window: str | None
    zone: str | None
    planned: bool
    firmware: Annotated[list[str], Field(description="models that there is firmware for")]
    registered: bool
    online: bool
    since: Annotated[AwareDatetime | None, Field(description="when it came or went last, as far as this start knows")]
    added_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    readings: Annotated[
        dict[str, ReadingForm], Field(description="the newest of each reading, by name; what isn't there is unknown")
    ]


class DeviceList(BaseModel):
    """The devices of a hall; ``closed``: only registered ones may speak."""

    closed: bool
    broker: str
    devices: list[DeviceForm]


class OrderAsked(Asked):
    """A device is to do something now."""

    type: OrderType
    amount: Annotated[
        int | None,
        Field(
            ge=0,
            le=PERCENT_MAX,
            description=f"seconds, 1 to {IDENTIFY_S_MAX}, of `identify`; percent of `set_brightness`; else none",
        ),
    ] = None


class OrderForm(BaseModel):
    """What a device was told to do, and what became of it."""

    command: str
    type: OrderType
    amount: int | None
    by: str
    at: AwareDatetime
    expires_at: AwareDatetime
    state: Annotated[str, Field(description="`sent`, `expired`; or the device's word: `ok`, `refused`, `unsupported`")]
    reason: Annotated[str, Field(description='why not, a stable name or the device\'s own words; "" for none')]
    done_at: AwareDatetime | None


class OrderList(BaseModel):
    """What a device can be told to do (``fit``), and what it was told, the newest first."""

    fit: list[OrderType]
    online: bool
    commands: list[OrderForm]

"""How a device comes to speak, and how it is silenced: its account, its password, its sheet.

A password is told once, to whoever asks for it, and only its hash is kept: who has lost it gets a new one.
"""

from dataclasses import dataclass, field

from api.problems import Problem
from api.sign_in import check_hall
from controller.plan import DeviceId, DeviceKind, HallId, WindowId, ZoneId
from controller.runtime.device_store import DeviceStore, NewDevice, Registered
from devices.broker_accounts import RESERVED_PREFIX, hashed, new_password
from devices.topics import NAME_CHARS_MAX, is_device


@dataclass(frozen=True, slots=True)
class Broker:
    """What a device is told of its broker.

    Attributes:
        url: ``mqtt[s]://HOST:PORT``.
        ca_file: name of the file with the hall's own authority, for ``mqtts``; ``""``: one that everybody trusts.
        ca: the authority's certificate, PEM: what stands in that file.
    """

    url: str
    ca_file: str = ""
    ca: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """What a device needs to join, told once.

    Attributes:
        device: its id.
        kind: what it is.
        hall: where it stands.
        password: of its account; the account's name is its id.
        broker: where it speaks.
        window: at which it stands.
        zone: in which it stands.
    """

    device: str
    kind: str
    hall: str
    password: str = field(repr=False)
    broker: Broker
    window: str | None = None
    zone: str | None = None

    def form(self) -> dict[str, str]:
        """Return it as the contract has it."""
        return {
            "device": self.device,
            "username": self.device,
            "password": self.password,
            "broker": self.broker.url,
            **({"ca": self.broker.ca} if self.broker.ca else {}),
        }


class Joining:
    """Adds devices, renews their passwords, revokes them.

    Attributes:
        store: the registry's rows.
        broker: what devices are told of theirs.
    """

    def __init__(self, store: DeviceStore, broker: Broker) -> None:
        """Take the registry's rows, and the broker that devices are told of."""
        self.store = store
        self.broker = broker

    async def add(
        self, device: str, kind: DeviceKind, hall: str, by: str, *, window: str | None = None, zone: str | None = None
    ) -> Joined:
        """Let a device speak and return what it needs to join.

        Raises:
            Problem: its id is taken, or the form of something isn't right.
            OperatingError: it can't be done now.
        """
        if not is_device(device) or device.startswith(RESERVED_PREFIX):
            raise Problem(
                422, "device_id_unfit", {"device": device, "chars_max": NAME_CHARS_MAX, "reserved": RESERVED_PREFIX}
            )
        check_hall(hall)
        for place in (window, zone):
            if place is not None and not is_device(place):
                raise Problem(422, "device_place_unfit", {"place": place})
        password = new_password()
        new = NewDevice(
            id=DeviceId(device),
            hall=HallId(hall),
            kind=kind.value,
            window=WindowId(window) if window is not None else None,
            zone=ZoneId(zone) if zone is not None else None,
            secret=hashed(password),
        )
        if not await self.store.add(new, by):
            raise Problem(409, "device_exists", {"device": device})
        return Joined(device, kind.value, hall, password, self.broker, window, zone)

    async def renew(self, device: str, by: str) -> Joined:
        """Give a device a new password, which ends its connection, and return what it needs to join again.

        Raises:
            Problem: there is no such device that may speak.
            OperatingError: it can't be done now.
        """
        one = await self.device(device)
        password = new_password()
        if not await self.store.renew(device, hashed(password), by):
            raise Problem(404, "device_unknown", {"device": device})
        return Joined(one.id, one.kind, one.hall, password, self.broker, one.window, one.zone)

    async def revoke(self, device: str, by: str) -> None:
        """Let a device not speak any more; a connection that it has is ended.

        Raises:
            Problem: there is no such device that may speak.
            OperatingError: it can't be done now.
        """
        if not await self.store.revoke(device, by):
            raise Problem(404, "device_unknown", {"device": device})

    async def device(self, device: str) -> Registered:
        """Return a device that may speak.

        Raises:
            Problem: there is none of that id.
            OperatingError: it can't be done now.
        """
        one = await self.store.device(device)
        if one is None or one.revoked_at is not None:
            raise Problem(404, "device_unknown", {"device": device})
        return one

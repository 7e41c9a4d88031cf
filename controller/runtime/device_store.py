"""Devices that may speak: plain rows, each change with an audit row beside it.

Rules of this file. No password comes here, only hashes of them. A device that was revoked keeps its row: where there
has ever been a device with an account, no other may speak.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, update

from controller.plan import DeviceId, HallId, WindowId, ZoneId
from controller.runtime.audit import Auditor
from controller.runtime.clock import Clock
from controller.runtime.device_tables import device
from controller.runtime.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device that is to speak.

    Attributes:
        id: unique in the whole deployment.
        hall: where it stands.
        kind: what it is, a `DeviceKind`; a later program may know more of them.
        window: at which it stands.
        zone: in which it stands.
        secret: hash of its password, in Mosquitto's form.
    """

    id: DeviceId
    hall: HallId
    kind: str
    window: WindowId | None = None
    zone: ZoneId | None = None
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(NewDevice):
    """A device with an account.

    Attributes:
        added_at: since when it has one.
        secret_at: when its password was made.
        revoked_at: since when it may not speak any more; ``None``: it may.
    """

    added_at: datetime
    secret_at: datetime
    revoked_at: datetime | None = None


class DeviceStore:
    """The rows, on a log's database. Each method may raise `LogUnavailable`.

    Attributes:
        journal: the log.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal = journal
        self._clock = clock
        self._audited = Auditor(journal, clock)

    async def add(self, new: NewDevice, by: str) -> bool:
        """Let a device speak, also one that was revoked before; return whether its id was free."""

        def make(connection: Connection) -> bool:
            now = self._clock.now()
            place = {"hall": new.hall, "kind": new.kind, "window": new.window, "zone": new.zone}
            values = {**place, "secret": new.secret, "added_at": now, "secret_at": now, "revoked_at": None}
            here = select(device.c.version, device.c.revoked_at).where(device.c.id == new.id).with_for_update()
            before = connection.execute(here).one_or_none()
            if before is None:
                connection.execute(device.insert().values(id=new.id, version=1, **values))
                return True
            if before.revoked_at is None:
                return False
            again = {**values, "version": before.version + 1}
            connection.execute(update(device).where(device.c.id == new.id).values(**again))
            return True

        detail = {"hall": new.hall, "kind": new.kind, "window": new.window, "zone": new.zone}
        return await self._audited.change(by, "device_added", f"device:{new.id}", make, **detail)

    async def renew(self, device_id: str, secret: str, by: str) -> bool:
        """Give a device another password; return whether there is such a device that may speak."""
        return await self._update(device_id, by, "device_secret_renewed", secret=secret, secret_at=self._clock.now())

    async def revoke(self, device_id: str, by: str) -> bool:
        """Let a device not speak any more; return whether there is such a device that might."""
        return await self._update(device_id, by, "device_revoked", revoked_at=self._clock.now())

    async def device(self, device_id: str) -> Registered | None:
        """Return a device, whether or not it may speak."""
        return next(iter(await self._read(select(device).where(device.c.id == device_id))), None)

    async def devices(self) -> list[Registered]:
        """Return all devices by hall and id, those that were revoked too."""
        return await self._read(select(device).order_by(device.c.hall, device.c.id))

    async def version(self) -> int:
        """Return a number that grows with every change."""
        statement = select(func.coalesce(func.sum(device.c.version), 0))
        return await self.journal.look(lambda connection: int(connection.execute(statement).scalar_one()))

    async def _update(self, device_id: str, by: str, action: str, **values: object) -> bool:
        statement = (
            update(device)
            .where(device.c.id == device_id, device.c.revoked_at.is_(None))
            .values(version=device.c.version + 1, **values)
        )
        return await self._audited.change(
            by, action, f"device:{device_id}", lambda connection: bool(connection.execute(statement).rowcount)
        )

    async def _read(self, statement: Select[Any]) -> list[Registered]:
        def find(connection: Connection) -> list[Registered]:
            return [
                Registered(
                    id=DeviceId(row.id),
                    hall=HallId(row.hall),
                    kind=row.kind,
                    window=WindowId(row.window) if row.window is not None else None,
                    zone=ZoneId(row.zone) if row.zone is not None else None,
                    secret=row.secret,
                    added_at=row.added_at,
                    secret_at=row.secret_at,
                    revoked_at=row.revoked_at,
                )
                for row in connection.execute(statement)
            ]

        return await self.journal.look(find)

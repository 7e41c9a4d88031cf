"""What a controller is told when it is started."""

from dataclasses import dataclass
from pathlib import Path

from devices.agent.wire import Broker

HTTP_DEFAULT = "127.0.0.1:8000"
MQTT_DEFAULT = "127.0.0.1:1883"
PORT_MAX = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, given: str) -> "Address":
        """Read ``HOST:PORT``, an IPv6 host in brackets.

        Raises:
            ValueError: it isn't of that form.
        """
        host, colon, port = given.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > PORT_MAX:
            raise ValueError(f"{given!r} isn't HOST:PORT, e.g. {HTTP_DEFAULT}")
        return cls(host, int(port))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a controller is told when it is started.

    Attributes:
        data: folder of everything that it keeps.
        database: SQLAlchemy address of the event log.
        http: where pages and programs reach it.
        mqtt: where its own broker listens; of no meaning with ``broker``.
        broker: somebody else's broker.
        plans: plan files.
        public_url: how phones reach it, for the code on a receipt; ``""``: as it listens.
    """

    data: Path
    database: str
    http: Address
    mqtt: Address
    broker: Broker | None
    plans: tuple[Path, ...] = ()
    public_url: str = ""

    @property
    def several(self) -> bool:
        """Whether other controllers may serve the same halls: on a database server and somebody else's broker."""
        return self.broker is not None and self.database.startswith("postgresql")

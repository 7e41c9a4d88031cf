"""What a controller is told when it is started."""

import ipaddress
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from devices.agent.wire import Broker
from devices.intake import RATE
from devices.rates import Allowance

HTTP_DEFAULT = "127.0.0.1:8000"
MQTT_DEFAULT = "127.0.0.1:1883"
PORT_MAX = 65_535
DEVICE_RATE = round(RATE.per_s)
BURST_S = round(RATE.burst / RATE.per_s)
"""A device may say so many seconds' worth at once."""
HOST_CHARS_MAX = 253
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not bound to
"""Where a controller that listens on every address is reached on its own machine."""

_ADDRESS = re.compile(rf"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]{{1,{HOST_CHARS_MAX}}})):([0-9]{{1,5}})", re.ASCII)


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
        found = _ADDRESS.fullmatch(given)
        if found is not None:
            six, name, port = (found[group] or "" for group in (1, 2, 3))
            if int(port) <= PORT_MAX and (name or _is_ipv6(six)):
                return cls(six or name, int(port))
        raise ValueError(f"{given!r} isn't HOST:PORT, e.g. {HTTP_DEFAULT}")


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a controller is told when it is started.

    Attributes:
        data: folder of everything that it keeps.
        database: SQLAlchemy address of the event log.
        http: where pages and programs reach it.
        mqtt: where its own broker listens; of no meaning with ``broker``.
        mqtt_plain_on_network: whether its own broker may be open to the network without encryption.
        broker: somebody else's broker.
        plans: plan files.
        public_url: how phones reach it, for the code on a receipt; ``""``: as it listens.
        home_assistant: whether Home Assistant is to find the devices.
        https: whether pages and programs reach it over TLS, by the certificate of ``yichuang tls init``.
        device_rate: events a second that a device may say in the long run; 0: as many as it likes.

    Raises:
        ValueError: ``public_url`` isn't of the form ``http[s]://HOST[:PORT][/PATH]``.
    """

    data: Path
    database: str
    http: Address
    mqtt: Address
    broker: Broker | None
    plans: tuple[Path, ...] = ()
    public_url: str = ""
    home_assistant: bool = False
    mqtt_plain_on_network: bool = False
    device_rate: int = DEVICE_RATE
    https: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "public_url", self.public_url.rstrip("/"))
        if self.public_url and not _is_web(self.public_url):
            raise ValueError(f"the public URL {self.public_url!r} isn't http[s]://HOST[:PORT], as phones would open it")

    @property
    def allowance(self) -> Allowance | None:
        """What a device may say."""
        return Allowance(BURST_S * self.device_rate, self.device_rate) if self.device_rate else None

    @property
    def several(self) -> bool:
        """Whether other controllers may serve the same halls: on a database server and somebody else's broker."""
        return self.broker is not None and self.database.startswith("postgresql")


def other_broker(url: str, ca: Path | None, cert: Path | None, key: Path | None) -> Broker | None:
    """Return somebody else's broker as it was named; ``None`` where none was.

    Args:
        url: ``mqtt[s]://…`` or ``""``.
        ca: file of the certificates to trust.
        cert: file of the certificate to show.
        key: file of its key.

    Raises:
        ValueError: the address isn't one, a file is of no use with it, or isn't what it should be.
    """
    files = [file for file in (ca, cert, key) if file is not None]
    if not url and files:
        raise ValueError(f"{files[0]} is of use with --broker mqtts://… only")
    if not url:
        return None
    broker = Broker.parse(url, ca_file=str(ca) if ca else None)
    if files and not broker.tls:
        raise ValueError(f"{files[0]} is of use with mqtts:// only")
    if key is not None and cert is None:
        raise ValueError(f"{key} is the key of no certificate: name it with --broker-cert")
    broker = replace(broker, cert_file=str(cert) if cert else None, key_file=str(key) if key else None)
    try:
        broker.tls_context()
    except OSError as error:  # ssl.SSLError is one
        raise ValueError(f"{', '.join(map(str, files))}: {error.strerror or error}") from error
    return broker


def reached(address: Address) -> Address:
    """Return where something that listens is reached on its own machine."""
    return Address(EVERYWHERE.get(address.host, address.host), address.port)


def database_in(data: Path) -> str:
    """Return the address of the database in a controller's folder."""
    return f"sqlite:///{data.resolve() / 'yichuang.sqlite3'}"


def _is_web(url: str) -> bool:
    parts = urlsplit(url)
    known = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
    return known and url.isprintable() and " " not in url

"""Who may enter a broker, and what each may say and hear there: password and access files in Mosquitto's forms.

A device speaks and hears for itself alone: it writes its own ``event`` and ``status`` and reads its own ``command``,
``reply`` and ``state``. Its hall stands in its rules too, or it could speak for its own id in another hall.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from devices.topics import DISCOVERY_ROOT, ROOT, Leaf, build

CONTROLLER = "yichuang-controller"
"""Name of the controller's account and of its session; no device can have it, for it is reserved."""

RESERVED_PREFIX = "yichuang-"

PASSWORD_BYTES = 24
"""192 random bits: nobody guesses them, so hashing them slowly would add nothing."""

SALT_BYTES = 12
ROUNDS = 101
"""Mosquitto's own default. It hashes the password of every client that is connected anew when accounts change: with
two thousand devices this is a fifth of a second, and with many more rounds nobody would be served meanwhile."""

SAYS = (Leaf.EVENT, Leaf.STATUS)
HEARS = (Leaf.COMMAND, Leaf.REPLY, Leaf.STATE)


@dataclass(frozen=True, slots=True)
class DeviceAccount:
    """A device that may enter.

    Attributes:
        hall: where it stands.
        device: its id, by which it enters.
        secret: hash of its password, in Mosquitto's form.
    """

    hall: str
    device: str
    secret: str = field(repr=False)


def new_password() -> str:
    """Return a password for a device; it is told once and never kept."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def hashed(password: str, salt: bytes | None = None) -> str:
    """Return what is kept of a password: PBKDF2 with HMAC-SHA512, as ``mosquitto_passwd`` writes it.

    Args:
        password: a random one, see `new_password`.
        salt: 12 bytes; random without it.
    """
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def passwords(accounts: Iterable[DeviceAccount], controller: str) -> str:
    """Return Mosquitto's password file; ``controller`` is the hash of the controller's own password."""
    lines = [f"{CONTROLLER}:{controller}", *(f"{one.device}:{one.secret}" for one in accounts)]
    return "\n".join(lines) + "\n"


def access(accounts: Iterable[DeviceAccount]) -> str:
    """Return Mosquitto's access file."""
    lines = [f"user {CONTROLLER}", f"topic readwrite {ROOT}/#", f"topic write {DISCOVERY_ROOT}/#"]
    for one in accounts:
        lines += ["", f"user {one.device}"]
        lines += [f"topic write {build(one.hall, one.device, leaf)}" for leaf in SAYS]
        lines += [f"topic read {build(one.hall, one.device, leaf)}" for leaf in HEARS]
    return "\n".join(lines) + "\n"

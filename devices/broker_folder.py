"""The folder of the managed broker: its configuration, who may use it, and what an earlier run left behind."""

import asyncio
import fcntl
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

from devices.agent.files import replace_file
from devices.broker_accounts import DeviceAccount, access, passwords
from devices.connection import RECEIVE_MAX

log = structlog.get_logger(__name__)

LEFTOVER_S_MAX = 5.0
"""Longest that a leftover may take to end when told to, and again when killed."""

POLL_S = 0.02

CONFIGURATION, LOCK, PID = "mosquitto.conf", "broker.lock", "broker.pid"
PASSWORDS, ACCESS = "passwords", "access"
PRIVATE = 0o600

_SETTINGS = f"""\
# Made by the controller at each start; changes are lost.
per_listener_settings false
{{entrance}}
{{listeners}}

# Without this an answer waits for the network's next packet: p99 of a round trip 22 ms instead of 3 ms.
set_tcp_nodelay true

# What is queued, retained and subscribed survives. Written as a whole each time, hence seconds and not each change:
# a device repeats an event until it has the controller's reply, so nothing depends on the last seconds.
persistence true
persistence_location {{folder}}/
autosave_interval 5

# For each client that is slow or away. The default, 1000, silently drops what devices send in the minutes that a
# controller needs to come back; these let a hall go on for a day. Bytes bound what the announcements for a speaker
# that is switched off can take.
max_queued_messages 100000
max_queued_bytes 67108864
# As many as the controller takes in hand at once; the default, 20, would have its log write 20 at a time.
max_inflight_messages {RECEIVE_MAX}
# A minute of speech in base64.
max_packet_size 16777216
# Sessions of devices that never come back.
persistent_client_expiration 7d

log_dest stderr
log_timestamp false
log_type error
log_type warning
log_type notice
"""

_OPEN = """\
# Until devices have accounts: the only listener is on loopback, where only this machine's programs reach it.
allow_anonymous true
"""

_CLOSED = """\
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/access
"""

_LISTENER = """\
listener {port} {host}
"""

_TLS = """\
certfile {certificate}
keyfile {key}
tls_version tlsv1.2
"""
"""The version is the least that it takes."""

_OWN_SESSION = """\
# A session has its account's name, whatever a client says: nobody ends or takes over another's.
use_username_as_clientid true
"""


class BrokerUnavailable(Exception):
    """The broker can't be run; the text is one line for whoever starts the program."""


@dataclass(frozen=True, slots=True)
class Network:
    """Where devices on the network enter.

    Attributes:
        host: address to listen on.
        port: TCP port.
        certificate: the broker's, PEM; ``None``: what is said can be read on its way.
        key: of the certificate.
    """

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


def configure(folder: Path, host: str, port: int, *, closed: bool, network: Network | None = None) -> Path:
    """Write the configuration for a listener on loopback, and one on the network, and return its path.

    Args:
        folder: the broker's.
        host: loopback address.
        port: TCP port.
        closed: only accounts may enter, those that `write_accounts` writes.
        network: where devices on the network enter; never without ``closed``.

    Raises:
        OSError: it can't be written.
    """
    sessions = _OWN_SESSION if closed else ""  # what stands after a listener is the listener's
    listeners = ""
    if network is not None:
        listeners += _LISTENER.format(host=network.host, port=network.port) + sessions
        if network.certificate is not None:
            listeners += _TLS.format(certificate=network.certificate, key=network.key)
    # The controller's own comes last: when it takes connections, all others do.
    listeners += _LISTENER.format(host=host, port=port) + sessions
    settings = _SETTINGS.format(
        listeners=listeners, folder=folder, entrance=_CLOSED.format(folder=folder) if closed else _OPEN
    )
    if os.geteuid() == 0:
        # Started as root Mosquitto turns into a user who can't write here, and loses the parent death signal by that.
        settings += "user root\n"
    path = folder / CONFIGURATION
    replace_file(path, settings.encode())
    return path


def write_accounts(folder: Path, accounts: Sequence[DeviceAccount], controller: str) -> None:
    """Write who may enter, and what each may say and hear.

    Args:
        folder: the broker's.
        accounts: of devices.
        controller: hash of the controller's own password.

    Raises:
        OSError: it can't be written.
    """
    for name, content in ((PASSWORDS, passwords(accounts, controller)), (ACCESS, access(accounts))):
        replace_file(folder / name, content.encode(), mode=PRIVATE)


def note_process(folder: Path, pid: int) -> None:
    """Note which process serves the folder.

    Raises:
        OSError: it can't be written.
    """
    (folder / PID).write_text(f"{pid}\n", encoding="ascii")


def hold(folder: Path) -> IO[str]:
    """Hold a folder for as long as this process lives, however it ends.

    Raises:
        BrokerUnavailable: another process holds it.
        OSError: it can't be written.
    """
    file = (folder / LOCK).open("a", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise BrokerUnavailable(f"another controller runs its broker in {folder}: give each its own --data") from error
    return file


async def end_leftover(folder: Path) -> None:
    """End the broker that a killed controller left behind; whoever holds the folder's lock may.

    It has heard of its controller's death and is about to end; or it was started without the signal, by hand.

    Raises:
        BrokerUnavailable: it can't be ended.
    """
    try:
        pid = int((folder / PID).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return
    own = str(folder / CONFIGURATION).encode()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    sent: signal.Signals | None = None
    while _is_broker(pid, own):
        waited_s = loop.time() - begun
        if waited_s > 2 * LEFTOVER_S_MAX:
            raise BrokerUnavailable(f"a leftover mosquitto (process {pid}) doesn't end: end it, then start again")
        wanted = signal.SIGTERM if waited_s <= LEFTOVER_S_MAX else signal.SIGKILL
        if sent is not wanted:
            log.warning("leftover_broker_ended", pid=pid, signal=wanted.name)
            try:
                os.kill(pid, wanted)
            except ProcessLookupError:
                return
            except PermissionError as error:
                raise BrokerUnavailable(
                    f"a leftover mosquitto (process {pid}) is another user's: end it, then start again"
                ) from error
            sent = wanted
        await asyncio.sleep(POLL_S)


def _is_broker(pid: int, configuration: bytes) -> bool:
    """Whether a process is a Mosquitto with this configuration; one that has ended is none, a zombie neither."""
    try:
        program, *arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return program.endswith(b"mosquitto") and configuration in arguments

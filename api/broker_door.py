"""The broker of a controller: its own, which lets in whoever is registered, or somebody else's."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import structlog

from api.broker_note import note_broker, told
from api.certificates import ServerCertificate, TlsFiles, host_name, read_server
from api.device_directory import Directory
from api.joining import Broker as ToldBroker
from api.renewals import follow, stamp
from api.settings import EVERYWHERE, Address, Settings, reached
from controller.runtime.device_store import Registered
from devices.agent.wire import Broker
from devices.broker import BrokerUnavailable, ManagedBroker, Network, is_loopback
from devices.broker_accounts import DeviceAccount

log = structlog.get_logger(__name__)

ENDS_SOON = timedelta(days=30)
"""So long before its end a certificate is complained of."""


@dataclass(frozen=True, slots=True)
class BrokerDoor:
    """Where devices speak.

    Attributes:
        address: where the controller connects.
        told: what devices are told.
        tasks: what watches over it.
    """

    address: Broker
    told: ToldBroker
    tasks: list["asyncio.Task[None]"]


async def open_broker(settings: Settings, stack: AsyncExitStack, directory: Directory) -> BrokerDoor:
    """Start the controller's own broker, unless it has another, and note where devices speak.

    Raises:
        BrokerUnavailable: it can't be started, or would be open to the network unencrypted without anybody's wish.
        OSError: the controller's folder can't be written.
    """
    if settings.broker is not None:
        address, tasks = settings.broker, list["asyncio.Task[None]"]()
        url = _url(reached(Address(address.host, address.port)), tls=address.tls)
    else:
        shown = stamp(TlsFiles.of(settings.data))
        managed, url = _managed(settings)

        async def admit(_changed: Sequence[Registered]) -> None:
            if directory.devices.closed:
                await managed.admit(_accounts(directory))

        await admit(())
        await stack.enter_async_context(managed)
        directory.subscribe(admit)
        address, tasks = managed.address, managed.tasks
        if managed.network is not None and managed.network.certificate is not None:
            following = follow(TlsFiles.of(settings.data), shown, managed.reload)
            tasks = [*tasks, asyncio.create_task(following, name="broker.certificate")]
            stack.push_async_callback(_end, tasks[-1])
        url = url or _url(Address(managed.host, managed.port), tls=False)
    await asyncio.to_thread(note_broker, settings.data, url)
    return BrokerDoor(address, told(settings.data, url), tasks)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _managed(settings: Settings) -> tuple[ManagedBroker, str]:
    """Return the controller's own broker, and its URL if devices on the network reach it.

    There it has two listeners: theirs, and a plain one on a free port of loopback for the controller itself, which
    thus depends on no certificate.

    Raises:
        BrokerUnavailable: it would be open to the network without encryption, and nobody asked for that.
    """
    given, files = settings.mqtt, TlsFiles.of(settings.data)
    if is_loopback(given.host):
        return ManagedBroker(settings.data, given.host, given.port), ""
    if settings.mqtt_plain_on_network:
        log.warning("broker_without_encryption", address=str(given))
        url = _url(Address(_plain_name(settings), given.port), tls=False)
        return ManagedBroker(settings.data, port=0, network=Network(given.host, given.port)), url
    if not files.certificate.exists():
        raise BrokerUnavailable(
            f"{given} is open to the network, and {files.folder} has no certificate: run 'yichuang tls init --data "
            f"{settings.data} --host NAME', NAME being how devices reach this machine, or ask for plain text, which "
            "anybody there can read, with --mqtt-plain-on-network"
        )
    try:
        certificate = read_server(files)
    except ValueError as error:
        raise BrokerUnavailable(f"{files.certificate} can't be used: {error}") from error
    _look_at_end(certificate, datetime.now(UTC))
    network = Network(given.host, given.port, files.certificate, files.key)
    url = _url(Address(_certified_name(given.host, certificate), given.port), tls=True)
    return ManagedBroker(settings.data, port=0, network=network), url


def _look_at_end(certificate: ServerCertificate, now: datetime) -> None:
    """Complain of a certificate that devices don't take any more, or soon won't; the hall goes on all the same."""
    until = certificate.until.isoformat(timespec="minutes")
    if certificate.until <= now:
        log.error("broker_certificate_ended", until=until, remedy="yichuang tls renew")
    elif certificate.until - now < ENDS_SOON:
        log.warning("broker_certificate_ends_soon", until=until, remedy="yichuang tls renew")


def _certified_name(host: str, certificate: ServerCertificate) -> str:
    """Return by which of its certificate's names devices call the broker: where it listens, or the first."""
    try:
        named = host_name(host)
    except ValueError:  # it listens everywhere
        return certificate.names[0]
    return named if named in certificate.names else certificate.names[0]


def _plain_name(settings: Settings) -> str:
    """Return by which name devices call a broker without a certificate."""
    host = settings.mqtt.host
    if host not in EVERYWHERE:
        return host
    return urlsplit(settings.public_url).hostname or socket.gethostname()


def _url(address: Address, *, tls: bool) -> str:
    return f"{'mqtts' if tls else 'mqtt'}://{address}"


def _accounts(directory: Directory) -> list[DeviceAccount]:
    registered = directory.devices.registered.values()
    return [DeviceAccount(one.hall, one.id, one.secret) for one in registered if one.revoked_at is None]

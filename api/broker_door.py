"""The broker of a controller: its own, which lets in whoever is registered, or somebody else's."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from api.broker_note import note_broker
from api.device_directory import Directory
from api.joining import Broker as ToldBroker
from api.settings import Address, Settings, reached
from controller.runtime.device_store import Registered
from devices.agent.wire import Broker
from devices.broker import ManagedBroker
from devices.broker_accounts import DeviceAccount


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
        BrokerUnavailable: it can't be started.
        OSError: the controller's folder can't be written.
    """
    address, tasks = settings.broker, list["asyncio.Task[None]"]()
    if address is None:
        managed = ManagedBroker(settings.data, settings.mqtt.host, settings.mqtt.port)

        async def admit(_changed: Sequence[Registered]) -> None:
            if directory.devices.closed:
                await managed.admit(_accounts(directory))

        await admit(())
        await stack.enter_async_context(managed)
        directory.subscribe(admit)
        address, tasks = managed.address, managed.tasks
    url = f"{'mqtts' if address.tls else 'mqtt'}://{reached(Address(address.host, address.port))}"
    await asyncio.to_thread(note_broker, settings.data, url)
    return BrokerDoor(address, ToldBroker(url), tasks)


def _accounts(directory: Directory) -> list[DeviceAccount]:
    registered = directory.devices.registered.values()
    return [DeviceAccount(one.hall, one.id, one.secret) for one in registered if one.revoked_at is None]

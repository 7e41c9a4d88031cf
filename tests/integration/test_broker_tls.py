"""The managed broker on the network: encrypted, known by the hall's authority, closed to whoever has no account.

The tests take 127.0.0.2 for the network.
"""

import asyncio
import gc
import json
import logging
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from api import logs
from api.broker_door import BrokerDoor, open_broker
from api.certificates import TlsFiles, make_authority, make_server
from api.device_directory import Directory, HallDevices
from api.main import app
from api.settings import Address, Settings, database_in
from controller.runtime.clock import SystemClock
from controller.runtime.device_store import DeviceStore
from controller.runtime.journal import Journal
from devices.agent.cli import app as device_app
from devices.agent.config import Config
from devices.agent.link import Link
from devices.agent.probe import enter
from devices.agent.wire import Broker
from devices.broker import BrokerUnavailable, ManagedBroker, Network
from devices.topics import Leaf, build
from tests.support.mosquitto import POLL_S
from tests.support.ports import free_port

NETWORK = "127.0.0.2"


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take an address of loopback for one of the network, and keep the logs of the tests as they are."""
    monkeypatch.setattr(logs, "configure", lambda level: logging.getLevelNamesMapping()[level.upper()])
    monkeypatch.setattr("api.broker_door.is_loopback", lambda host: host == "127.0.0.1")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "大厅 data"


@pytest.fixture
def files(data: Path) -> TlsFiles:
    """An authority, and a certificate for the network's address."""
    files = TlsFiles.of(data)
    make_authority(files, datetime.now(UTC))
    make_server(files, (NETWORK, "hall.lan"), datetime.now(UTC))
    return files


@dataclass(frozen=True)
class Hall:
    """A controller's broker with its registry."""

    door: BrokerDoor
    settings: Settings
    directory: Directory

    @property
    def where(self) -> Broker:
        """Where devices on the network enter."""
        return Broker(NETWORK, self.settings.mqtt.port)

    async def add(self, device: str) -> dict[str, str]:
        """Register a device by the command line, as whoever installs it does; return what it printed."""
        words = ["device", "add", device, "--kind", "review_pad", "--hall", "demo", "--data", str(self.settings.data)]
        done = await asyncio.to_thread(CliRunner().invoke, app, words)
        assert done.exit_code == 0, done.output
        await self.directory.look()
        # What the broker of this process logs meanwhile comes to the same place.
        (line,) = [line for line in done.stdout.splitlines() if line.startswith('{"device"')]
        told: dict[str, str] = json.loads(line)
        return told


def told(data: Path, host: str = NETWORK, *, plain: bool = False, public_url: str = "") -> Settings:
    return Settings(
        data=data,
        database=database_in(data),
        http=Address("127.0.0.1", 0),
        mqtt=Address(host, free_port()),
        broker=None,
        mqtt_plain_on_network=plain,
        public_url=public_url,
    )


async def opened(settings: Settings, stack: AsyncExitStack) -> Hall:
    settings.data.mkdir(parents=True, exist_ok=True)
    journal = Journal(settings.database)
    await journal.open()
    stack.push_async_callback(journal.close)
    directory = Directory(DeviceStore(journal, SystemClock()), HallDevices())
    return Hall(await open_broker(settings, stack, directory), settings, directory)


@pytest.fixture
async def hall(data: Path, files: TlsFiles) -> AsyncIterator[Hall]:
    async with AsyncExitStack() as stack:
        yield await opened(told(data), stack)


async def test_a_device_enters_with_the_authority_that_device_add_prints(hall: Hall, tmp_path: Path) -> None:
    line = await hall.add("pad-1")
    assert line["broker"] == f"mqtts://{NETWORK}:{hall.settings.mqtt.port}" == hall.door.told.url
    (tmp_path / "line").write_text(json.dumps(line), "utf-8")
    file = tmp_path / "device.toml"
    words = ["configure", str(tmp_path / "line"), "--kind", "review_pad", "--hall", "demo", "--out", str(file)]
    done = CliRunner().invoke(device_app, words)
    assert done.exit_code == 0, done.output
    config = Config.read(file)
    (account,) = config.accounts()
    async with Link("demo", "pad-1", config.broker_of(account)) as link, asyncio.timeout(10):
        await link.connected()
        async with client(hall.door.address) as controller:
            await controller.subscribe(build("demo", "pad-1", Leaf.STATUS), qos=1)
            message = await anext(aiter(controller.messages))
    assert message.payload == b"online"


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # paho's, of a handshake that fails
async def test_nobody_else_enters_from_the_network(hall: Hall, files: TlsFiles, tmp_path: Path) -> None:
    line = await hall.add("pad-1")
    right = replace(hall.where, username="pad-1", password=line["password"], tls=True, ca_file=str(files.ca))
    assert await enter(right, "pad-1") == ""
    assert "isn't who it says" in await enter(replace(right, ca_file=None), "pad-1"), "without the authority"
    stranger = TlsFiles(tmp_path / "stranger")
    make_authority(stranger, datetime.now(UTC))
    assert "isn't who it says" in await enter(replace(right, ca_file=str(stranger.ca)), "pad-1")
    assert "doesn't answer" in await enter(replace(right, tls=False), "pad-1"), "in plain text"
    assert "doesn't know this account" in await enter(replace(right, username=None, password=None), "pad-1")
    assert "doesn't know this account" in await enter(replace(right, password="wrong"), "pad-1")  # noqa: S106
    gc.collect()


async def test_without_registered_devices_nobody_enters_anywhere(hall: Hall, files: TlsFiles) -> None:
    own = hall.door.address
    assert own.host == "127.0.0.1"
    assert await enter(own, "controller") == ""
    for where in (Broker(own.host, own.port), replace(hall.where, tls=True, ca_file=str(files.ca))):
        assert "doesn't know this account" in await enter(where, "pad-1")


async def test_a_session_on_the_network_has_its_account_s_name(hall: Hall, files: TlsFiles) -> None:
    """Or a device could end another's session by its client id; Mosquitto asks it of each listener."""
    one, two = await hall.add("pad-1"), await hall.add("pad-2")
    where = replace(hall.where, tls=True, ca_file=str(files.ca))
    first = replace(where, username="pad-1", password=one["password"])
    second = replace(where, username="pad-2", password=two["password"])
    async with client(first, "same") as kept, client(second, "same"), asyncio.timeout(10):
        topic = build("demo", "pad-1", Leaf.STATE)
        await kept.subscribe(topic, qos=1)
        async with client(hall.door.address) as controller:
            await controller.publish(topic, b"here", qos=1)
        assert (await anext(aiter(kept.messages))).payload == b"here"


async def test_without_certificates_it_says_what_to_do(data: Path) -> None:
    async with AsyncExitStack() as stack:
        with pytest.raises(BrokerUnavailable, match=r"tls init --data .* --host NAME.*--mqtt-plain-on-network"):
            await opened(told(data), stack)


async def test_plain_text_on_the_network_is_asked_for_in_words_and_needs_accounts_too(data: Path) -> None:
    async with AsyncExitStack() as stack:
        hall = await opened(told(data, plain=True), stack)
        assert hall.door.told.url == f"mqtt://{NETWORK}:{hall.settings.mqtt.port}"
        assert "doesn't know this account" in await enter(hall.where, "pad-1")
        line = await hall.add("pad-1")
        assert "ca" not in line
        assert await enter(replace(hall.where, username="pad-1", password=line["password"]), "pad-1") == ""


async def test_devices_are_told_a_name_that_the_certificate_bears(data: Path, files: TlsFiles) -> None:
    make_server(files, ("hall.lan", "127.0.0.9"), datetime.now(UTC))
    async with AsyncExitStack() as stack:
        hall = await opened(told(data), stack)
        assert hall.door.told.url == f"mqtts://hall.lan:{hall.settings.mqtt.port}"
        assert hall.door.told.ca == files.ca.read_text("ascii")


@pytest.mark.parametrize(
    ("made_days_ago", "said"), [(0, None), (810, "broker_certificate_ends_soon"), (826, "broker_certificate_ended")]
)
async def test_a_certificate_s_end_is_told_in_time(
    data: Path, files: TlsFiles, made_days_ago: int, said: str | None
) -> None:
    past = datetime.now(UTC) - timedelta(days=made_days_ago)
    make_authority(files, past)
    make_server(files, (NETWORK,), past)
    with capture_logs() as said_logs:
        async with AsyncExitStack() as stack:
            await opened(told(data), stack)
    assert [entry["event"] for entry in said_logs if "certificate" in entry["event"]] == ([said] if said else [])


async def test_files_that_are_none_are_one_clear_line(data: Path, files: TlsFiles) -> None:
    files.certificate.write_text("nonsense")
    async with AsyncExitStack() as stack:
        with pytest.raises(BrokerUnavailable, match=re.escape(f"{files.certificate} can't be used")):
            await opened(told(data), stack)


async def test_a_key_of_another_certificate_is_one_clear_line(data: Path, files: TlsFiles) -> None:
    files.key.write_bytes(files.ca_key.read_bytes())
    network = Network(NETWORK, free_port(), files.certificate, files.key)
    with pytest.raises(BrokerUnavailable, match="mosquitto ended with status"):
        await ManagedBroker(data, port=0, network=network).start()


async def test_a_renewed_certificate_is_shown_at_once_and_puts_nobody_out(hall: Hall, files: TlsFiles) -> None:
    def shown() -> str:
        return ssl.get_server_certificate((NETWORK, hall.settings.mqtt.port), ca_certs=str(files.ca), timeout=10)

    line, before = await hall.add("pad-1"), await asyncio.to_thread(shown)
    account = replace(hall.where, username="pad-1", password=line["password"], tls=True, ca_file=str(files.ca))
    async with Link("demo", "pad-1", account) as link, asyncio.timeout(30):
        await link.connected()
        words = ["tls", "renew", "--data", str(hall.settings.data)]
        done = await asyncio.to_thread(CliRunner().invoke, app, words)
        assert done.exit_code == 0, done.output
        while True:
            if await asyncio.to_thread(shown) != before:
                break
            await asyncio.sleep(POLL_S)
        assert link.online


def client(where: Broker, identifier: str = "c") -> aiomqtt.Client:
    return aiomqtt.Client(
        where.host,
        where.port,
        identifier=identifier,
        username=where.username,
        password=where.password,
        protocol=aiomqtt.ProtocolVersion.V5,
        tls_context=ssl.create_default_context(cafile=where.ca_file) if where.tls else None,
    )

"""The example of an outside broker: Mosquitto takes it, and a device there speaks and hears only for itself."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
import pytest

from devices.outbox import MESSAGE_BYTES_MAX
from tests.support.ports import free_port

EXAMPLE = Path(__file__).parents[2] / "deploy" / "mosquitto"
PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
PASSWORD = "tests-only"  # noqa: S105 - of a broker that lives for one test
DEADLINE_S = 20.0


def tool(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.fail(f"{name} is not there: apt-get install mosquitto")
    return found


@dataclass(frozen=True)
class Example:
    """A running example: the ports of its listeners by the numbers in its file."""

    ports: dict[int, int]

    @property
    def port(self) -> int:
        return self.ports[1883]


@pytest.fixture(params=["mosquitto/mosquitto.conf", "compose/mosquitto.conf"])
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Example]:
    """A broker by an example file: on free loopback ports, with its files in a folder of its own, without TLS."""
    shutil.copy(EXAMPLE / "yichuang.acl", tmp_path)
    for file, names in (
        ("yichuang", ("yichuang-controller", "led-1", "led-2")),
        ("controllers", ("yichuang-controller",)),
    ):
        hashes(tmp_path / f"{file}.passwd", dict.fromkeys(names, PASSWORD))
    yield from run((EXAMPLE.parent / request.param).read_text("utf-8"), tmp_path)


def hashes(path: Path, passwords: dict[str, str]) -> None:
    """Write a password file by Mosquitto's own tool."""
    path.touch(mode=0o600)
    for name, password in passwords.items():
        subprocess.run([tool("mosquitto_passwd"), "-b", str(path), name, password], check=True, timeout=30)


def run(text: str, folder: Path) -> Iterator[Example]:
    """Run Mosquitto by an example's text meanwhile; it may complain of nothing."""
    ports = {int(number): free_port() for number in re.findall(r"^listener (\d+)", text, flags=re.MULTILINE)}
    text = re.sub(
        r"^listener (\d+).*$", lambda found: f"listener {ports[int(found[1])]} 127.0.0.1", text, flags=re.MULTILINE
    )
    text = re.sub(r"^(?:certfile|keyfile) .*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"/(?:etc/mosquitto|mosquitto/config|mosquitto/data|var/lib/mosquitto)/", f"{folder}/", text)
    (folder / "mosquitto.conf").write_text(text + "\nuser root\n", "utf-8")
    with subprocess.Popen(
        [tool("mosquitto"), "-c", str(folder / "mosquitto.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            yield Example(ports)
        finally:
            process.terminate()
            _, log = process.communicate(timeout=DEADLINE_S)
    assert b"Error" not in log, log.decode()


async def connected(port: int, name: str, *, password: str = PASSWORD, identifier: str | None = None) -> aiomqtt.Client:
    """Enter as somebody, as soon as the broker listens; the session may be said to be another's."""
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while True:
        client = aiomqtt.Client(
            "127.0.0.1",
            port,
            identifier=identifier,
            username=name,
            password=password,
            protocol=aiomqtt.ProtocolVersion.V5,
            timeout=5,
        )
        try:
            await client.__aenter__()
        except aiomqtt.MqttError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            return client


async def test_a_device_speaks_and_hears_only_for_itself(example: Example) -> None:
    port = example.port
    controller, device = await connected(port, "yichuang-controller"), await connected(port, "led-1")
    try:
        await controller.subscribe("yichuang/#", qos=1)
        await device.subscribe("yichuang/#", qos=1)
        for topic in ("yichuang/demo/led-2/event", "yichuang/demo/led-1/command", "yichuang/demo/led-1/status"):
            await device.publish(topic, topic, qos=1)
        for topic in ("yichuang/demo/led-2/state", "yichuang/demo/led-1/event", "yichuang/demo/led-1/state"):
            await controller.publish(topic, topic, qos=1)
        heard = await until(controller, "yichuang/demo/led-1/state")
        assert heard == [
            f"yichuang/demo/{rest}" for rest in ("led-1/status", "led-2/state", "led-1/event", "led-1/state")
        ]
        assert await until(device, "yichuang/demo/led-1/state") == ["yichuang/demo/led-1/state"]
    finally:
        for client in (controller, device):
            await client.__aexit__(None, None, None)


async def test_nobody_takes_over_another_session(example: Example) -> None:
    topic = "yichuang/demo/led-2/state"
    controller = await connected(example.port, "yichuang-controller")
    victim = await connected(example.port, "led-2", identifier="led-2")
    try:
        await victim.subscribe(topic, qos=1)
        thief = await connected(example.port, "led-1", identifier="led-2")
        try:
            await controller.publish(topic, "still there", qos=1)
            assert await until(victim, topic) == [topic]
        finally:
            await thief.__aexit__(None, None, None)
    finally:
        for client in (controller, victim):
            await client.__aexit__(None, None, None)


async def test_the_largest_command_passes(example: Example) -> None:
    topic = "yichuang/demo/led-1/command"
    controller, device = await connected(example.port, "yichuang-controller"), await connected(example.port, "led-1")
    try:
        await device.subscribe(topic, qos=1)
        await controller.publish(topic, b"x" * MESSAGE_BYTES_MAX, qos=1)
        assert await until(device, topic) == [topic]
    finally:
        for client in (controller, device):
            await client.__aexit__(None, None, None)


@pytest.mark.parametrize("example", ["mosquitto/mosquitto.conf"], indirect=True)
async def test_several_controllers_have_a_session_each(example: Example) -> None:
    """They share an account; so at their own entrance a session has the name that it says, and no device enters."""
    port, topic = example.ports[8884], "yichuang/demo/led-1/state"
    one, two = [await connected(port, "yichuang-controller", identifier=f"yichuang-controller-{n}") for n in "12"]
    try:
        await one.subscribe(topic, qos=1)
        await two.publish(topic, "still there", qos=1)
        assert await until(one, topic) == [topic]
        with pytest.raises(aiomqtt.MqttError, match=r"Not authorized|Bad user"):
            async with aiomqtt.Client(
                "127.0.0.1", port, username="led-1", password=PASSWORD, protocol=aiomqtt.ProtocolVersion.V5, timeout=5
            ):
                pass
    finally:
        for client in (one, two):
            await client.__aexit__(None, None, None)


def yichuang(folder: Path, *words: str) -> str:
    """Run the command as whoever runs the broker types it, and return what it prints."""
    program = Path(sys.executable).with_name("yichuang")
    done = subprocess.run(
        [program, "device", *words, "--data", folder / "data"], check=True, timeout=60, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def from_registry(tmp_path: Path) -> Iterator[tuple[Example, str]]:
    """A broker with the files that `yichuang device acl` writes, and the password of the one device, led-1 in demo."""
    password = json.loads(yichuang(tmp_path, "add", "led-1", "--kind", "led", "--hall", "demo"))["password"]
    controllers = tmp_path / "controllers.passwd"
    hashes(controllers, {"yichuang-controller": PASSWORD})
    own = controllers.read_text("ascii").strip().split(":")[1]
    (tmp_path / "yichuang.acl").write_text(yichuang(tmp_path, "acl"), "utf-8")
    (tmp_path / "yichuang.passwd").write_text(yichuang(tmp_path, "acl", "--passwords", own), "utf-8")
    for example in run((EXAMPLE / "mosquitto.conf").read_text("utf-8"), tmp_path):
        yield example, password


async def test_the_registry_writes_the_files(from_registry: tuple[Example, str]) -> None:
    example, password = from_registry
    controller = await connected(example.port, "yichuang-controller")
    device = await connected(example.port, "led-1", password=password)
    try:
        await controller.subscribe("yichuang/#", qos=1)
        await device.subscribe("yichuang/#", qos=1)
        for topic in ("yichuang/other/led-1/event", "yichuang/demo/led-2/event", "yichuang/demo/led-1/event"):
            await device.publish(topic, topic, qos=1)
        for topic in ("yichuang/other/led-1/state", "yichuang/demo/led-1/state"):
            await controller.publish(topic, topic, qos=1)
        assert await until(device, "yichuang/demo/led-1/state") == ["yichuang/demo/led-1/state"]
        heard = await until(controller, "yichuang/demo/led-1/state")
        assert [topic for topic in heard if topic.endswith("/event")] == ["yichuang/demo/led-1/event"]
    finally:
        for client in (controller, device):
            await client.__aexit__(None, None, None)


async def test_a_stranger_does_not_come_in(example: Example) -> None:
    port = example.port
    device = await connected(port, "led-1")
    await device.__aexit__(None, None, None)
    for name, password in (("led-1", "wrong"), (None, None)):
        with pytest.raises(aiomqtt.MqttError, match=r"Not authorized|Bad user"):
            async with aiomqtt.Client(
                "127.0.0.1", port, username=name, password=password, protocol=aiomqtt.ProtocolVersion.V5, timeout=5
            ):
                pass


async def until(client: aiomqtt.Client, last: str) -> list[str]:
    """Return the topics that came, up to the last one."""
    topics = []
    async with asyncio.timeout(DEADLINE_S):
        async for message in client.messages:
            topics.append(message.topic.value)
            if topics[-1] == last:
                break
    return topics

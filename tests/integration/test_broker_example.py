"""The example of an outside broker: Mosquitto takes it, and a device there speaks and hears only for itself."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from tests.support.ports import free_port

EXAMPLE = Path(__file__).parents[2] / "deploy" / "mosquitto"
COMPOSE = Path(__file__).parents[2] / "deploy" / "compose"
PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
PASSWORD = "tests-only"  # noqa: S105 - of a broker that lives for one test
DEADLINE_S = 20.0


def tool(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.fail(f"{name} is not there: apt-get install mosquitto")
    return found


@pytest.fixture(params=["mosquitto/mosquitto.conf", "compose/mosquitto.conf"])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """A broker by an example file: on a free loopback port, with its files in a folder of its own, without TLS."""
    text = (EXAMPLE.parent / request.param).read_text("utf-8")
    text, _, _ = text.partition("# For devices and controllers on the network.")
    number = free_port()
    text = re.sub(r"^listener 1883.*$", f"listener {number} 127.0.0.1", text, flags=re.MULTILINE)
    text = re.sub(r"/(?:etc/mosquitto|mosquitto/config|mosquitto/data|var/lib/mosquitto)/", f"{tmp_path}/", text)
    (tmp_path / "mosquitto.conf").write_text(text + "\nuser root\n", "utf-8")
    shutil.copy(EXAMPLE / "yichuang.acl", tmp_path)
    passwords = tmp_path / "yichuang.passwd"
    passwords.touch(mode=0o600)
    for name in ("yichuang-controller", "led-1", "led-2"):
        subprocess.run([tool("mosquitto_passwd"), "-b", str(passwords), name, PASSWORD], check=True, timeout=30)
    with subprocess.Popen(
        [tool("mosquitto"), "-c", str(tmp_path / "mosquitto.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            yield number
        finally:
            process.terminate()
            _, log = process.communicate(timeout=DEADLINE_S)
    assert b"Error" not in log, log.decode()


async def connected(port: int, name: str) -> aiomqtt.Client:
    """Enter as somebody, as soon as the broker listens."""
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while True:
        client = aiomqtt.Client(
            "127.0.0.1", port, username=name, password=PASSWORD, protocol=aiomqtt.ProtocolVersion.V5, timeout=5
        )
        try:
            await client.__aenter__()
        except aiomqtt.MqttError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            return client


async def test_a_device_speaks_and_hears_only_for_itself(port: int) -> None:
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


async def test_a_stranger_does_not_come_in(port: int) -> None:
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

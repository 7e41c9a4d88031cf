"""Who may enter the managed broker, and what each may say and hear there: tried on the real one, topic by topic."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest
from paho.mqtt.reasoncodes import ReasonCode
from structlog.testing import capture_logs

from devices.agent.wire import Broker
from devices.broker import ManagedBroker
from devices.broker_accounts import CONTROLLER, DeviceAccount, hashed
from devices.topics import Leaf, build
from tests.support.mosquitto import free_port, mqtt, until

HALLS, DEVICES = ("demo", "east"), ("led-1", "led-2")
PASSWORDS = {"led-1": "first secret", "led-2": "second secret"}
ACCOUNTS = [DeviceAccount("demo", device, hashed(password)) for device, password in PASSWORDS.items()]
OWN = {build("demo", "led-1", leaf) for leaf in Leaf}
STRANGE = {
    "$SYS/broker/uptime",
    "$CONTROL/dynamic-security/v1",
    "yichuang/demo/led-1",
    "yichuang/demo/led-1/event/x",
    "x",
}
TOPICS = sorted({build(hall, device, leaf) for hall in HALLS for device in DEVICES for leaf in Leaf} | STRANGE)
MAY_SAY = {build("demo", "led-1", leaf) for leaf in (Leaf.EVENT, Leaf.STATUS)}
MAY_HEAR = {build("demo", "led-1", leaf) for leaf in (Leaf.COMMAND, Leaf.REPLY, Leaf.STATE)}


def entering(broker: ManagedBroker, device: str, password: str | None = None) -> Broker:
    return replace(broker.address, username=device, password=password or PASSWORDS[device])


@contextlib.asynccontextmanager
async def entered(
    where: Broker, client_id: str = "some-client", *, session_s: int = 0
) -> AsyncIterator[aiomqtt.Client]:
    client = mqtt(where, client_id, session_s=session_s)
    client._client.username_pw_set(where.username, where.password)
    async with client:
        yield client


async def refused(where: Broker) -> bool:
    try:
        async with entered(where):
            return False
    except aiomqtt.MqttError as error:
        return "Not authorized" in str(error)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[ManagedBroker]:
    managed = ManagedBroker(tmp_path / "大厅 data", port=free_port())
    await managed.admit(ACCOUNTS)
    async with managed:
        yield managed


async def test_nobody_enters_without_the_right_name_and_password(broker: ManagedBroker) -> None:
    nobody = Broker(broker.host, broker.port)
    assert await refused(nobody)
    assert await refused(replace(nobody, username="led-1"))
    assert await refused(entering(broker, "led-1", "second secret"))
    assert await refused(entering(broker, "led-9", "first secret"))
    assert await refused(replace(nobody, username=CONTROLLER, password=PASSWORDS["led-1"]))
    assert not await refused(entering(broker, "led-1"))
    assert not await refused(broker.address)


async def test_a_device_says_nothing_but_its_own(broker: ManagedBroker) -> None:
    async with entered(broker.address) as controller, entered(entering(broker, "led-1")) as device:
        await controller.subscribe([("#", 1)])
        for topic in TOPICS:
            said: asyncio.Queue[ReasonCode] = asyncio.Queue()
            device._client.on_publish = lambda _c, _d, _m, code, _p, said=said: said.put_nowait(code)
            device._client.publish(topic, topic, qos=1, retain=topic.endswith("status"))
            code = await asyncio.wait_for(said.get(), 10)
            assert (code == "Not authorized") is (topic not in MAY_SAY), (topic, code)
        heard = set()
        async with asyncio.timeout(10):
            async for message in controller.messages:
                assert message.payload == message.topic.value.encode()
                heard.add(message.topic.value)
                if heard == MAY_SAY:
                    break


async def test_a_device_hears_nothing_but_its_own(broker: ManagedBroker) -> None:
    filters = [
        *TOPICS,
        "#",
        "yichuang/#",
        "+/+/+/+",
        "$SYS/#",
        "$share/controllers/yichuang/+/+/event",
        "yichuang/demo/+/reply",
    ]
    async with entered(broker.address, "c") as controller, entered(entering(broker, "led-1")) as device:
        for topic in TOPICS:
            if topic.startswith("yichuang/"):
                await controller.publish(topic, b"kept", qos=1, retain=True)
        for one in filters:
            device._client.subscribe(one, qos=1)
        for topic in TOPICS:
            if topic.startswith("yichuang/"):
                await controller.publish(topic, b"now", qos=1)
        last = build("demo", "led-1", Leaf.STATE)
        await controller.publish(last, b"end", qos=1)
        heard = set()
        async with asyncio.timeout(10):
            async for message in device.messages:
                heard.add(message.topic.value)
                if message.payload == b"end":
                    break
    assert heard == MAY_HEAR


async def test_a_device_takes_over_nobody_s_session(broker: ManagedBroker) -> None:
    """Whatever client id it gives: it would end the other's connection and get what is kept for it."""
    async with entered(entering(broker, "led-2"), "led-2", session_s=600) as other:
        await other.subscribe(build("demo", "led-2", Leaf.REPLY), qos=1)
    async with entered(broker.address, CONTROLLER) as controller:
        await controller.publish(build("demo", "led-2", Leaf.REPLY), b"secret", qos=1)
        async with entered(entering(broker, "led-1"), "led-2", session_s=600) as thief:
            await thief.subscribe(build("demo", "led-1", Leaf.STATE), qos=1)
            async with entered(entering(broker, "led-1"), CONTROLLER, session_s=600) as second:
                await second.subscribe(build("demo", "led-1", Leaf.STATE), qos=1)
                await controller.publish(build("demo", "led-1", Leaf.STATE), b"end", qos=1)
                async with asyncio.timeout(10):
                    message = await anext(aiter(second.messages))
                assert message.payload == b"end"
        async with entered(entering(broker, "led-2"), "x", session_s=600) as back, asyncio.timeout(10):
            assert (await anext(aiter(back.messages))).payload == b"secret"


async def test_the_door_closes_behind_who_is_there(tmp_path: Path) -> None:
    async with ManagedBroker(tmp_path, port=free_port()) as broker:
        async with mqtt(Broker(broker.host, broker.port), "anybody") as anybody:
            await anybody.publish(build("demo", "led-1", Leaf.STATE), b"kept", qos=1, retain=True)
            first = broker.pid
            await broker.admit(ACCOUNTS[:1])
            with pytest.raises(aiomqtt.MqttError):
                async with asyncio.timeout(10):
                    await anext(aiter(anybody.messages))
        await until(lambda: broker.pid not in {None, first}, "the broker runs anew")
        await until(lambda: broker._serves, "it serves")
        assert await refused(Broker(broker.host, broker.port))
        assert await refused(entering(broker, "led-2"))
        async with entered(entering(broker, "led-1")) as device, asyncio.timeout(10):
            await device.subscribe(build("demo", "led-1", Leaf.STATE), qos=1)
            assert (await anext(aiter(device.messages))).payload == b"kept"
        assert broker.restarts == 0, "nothing has gone wrong"


async def test_who_is_revoked_or_gets_a_new_password_is_put_out_at_once_and_nobody_else(broker: ManagedBroker) -> None:
    async with entered(entering(broker, "led-1"), "one") as one, entered(entering(broker, "led-2"), "two") as two:
        await one.subscribe(build("demo", "led-1", Leaf.STATE), qos=1)
        await broker.admit(ACCOUNTS[:1])
        with pytest.raises(aiomqtt.MqttError):
            async with asyncio.timeout(10):
                await anext(aiter(two.messages))
        assert await refused(entering(broker, "led-2"))
        async with entered(broker.address) as controller, asyncio.timeout(10):
            await controller.publish(build("demo", "led-1", Leaf.STATE), b"still here", qos=1)
            assert (await anext(aiter(one.messages))).payload == b"still here"
        await broker.admit([replace(ACCOUNTS[0], secret=hashed("another"))])
        with pytest.raises(aiomqtt.MqttError):
            async with asyncio.timeout(10):
                await anext(aiter(one.messages))
        assert not await refused(entering(broker, "led-1", "another"))


async def test_what_devices_say_waits_for_a_controller_that_is_away(broker: ManagedBroker) -> None:
    """Over a change of who may enter, and a restart of the broker: the rules of a session outlive its connection."""
    event = build("demo", "led-1", Leaf.EVENT)
    async with entered(broker.address, CONTROLLER, session_s=600) as controller:
        await controller.subscribe("yichuang/+/+/event", qos=1)
    await broker.admit(ACCOUNTS[:1])
    async with entered(entering(broker, "led-1")) as device:
        await device.publish(event, b"1", qos=1)
    first = broker.pid
    assert broker._process is not None
    broker._process.terminate()
    await until(lambda: broker.pid not in {None, first} and broker._serves, "the broker runs anew")
    async with entered(entering(broker, "led-1")) as device:
        await device.publish(event, b"2", qos=1)
    async with entered(broker.address, CONTROLLER, session_s=600) as controller, asyncio.timeout(10):
        messages = aiter(controller.messages)
        assert [(await anext(messages)).payload for _ in range(2)] == [b"1", b"2"]


async def test_no_secret_lies_open(tmp_path: Path) -> None:
    with capture_logs() as logs:
        managed = ManagedBroker(tmp_path, port=free_port())
        await managed.admit(ACCOUNTS)
        async with managed:
            assert await refused(entering(managed, "led-1", "wrong secret"))
            own = managed.address.password
            assert own is not None
            for path in (tmp_path / "broker").iterdir():
                content = path.read_bytes()
                assert not any(secret.encode() in content for secret in (*PASSWORDS.values(), own, "wrong secret"))
                assert b"$7$" not in content or path.stat().st_mode & 0o077 == 0, path
            assert own not in repr(managed.address)
    said = str(logs)
    assert not any(secret in said for secret in (*PASSWORDS.values(), own, "wrong secret", "$7$"))

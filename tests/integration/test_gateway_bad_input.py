"""Ten thousand payloads that no honest device sends, through a real Mosquitto: each is answered, none stops us."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from devices.agent.wire import Broker
from devices.messages import (
    AppointmentCheckedIn,
    CallPressed,
    DeviceEvent,
    ReceiptFailed,
    ReceiptPrinted,
    ReprintRequested,
    ReturnRequested,
    ReviewSubmitted,
    Telemetry,
    TicketRequested,
)
from tests.support.mosquitto import mosquitto, mqtt, until
from tests.support.mqtt_device import RecordingFloor, device, serving

SEED = 20260302
COUNT = 10_000
IN_FLIGHT = 200
DEVICES = 20

GOOD: tuple[DeviceEvent, ...] = (
    TicketRequested(id="k-1", services=("pension_certification", "medical_insurance"), window="1"),
    CallPressed(id="p-1", action="away", reason="开会", substitute="2"),
    ReviewSubmitted(id="r-1", level=2, tags=("213", "服务态度生硬"), text="排队太久", ticket="0123456789abcdef"),
    ReceiptPrinted(id="j-1", job="r17"),
    ReceiptFailed(id="j-2", job="r18", reason="paper_out"),
    ReturnRequested(id="b-1", ticket="0123456789abcdef"),
    ReprintRequested(id="b-2", ticket="0123456789abcdef"),
    AppointmentCheckedIn(id="b-3", appointment="01234567"),
    Telemetry(id="t-1", values={"paper_left_mm": 40_000, "inside_c": 31.5}),
)

NUMBERS = (
    b"1e999",
    b"-1e999",
    b"9" * 400,
    b"-0",
    b"1e-400",
    b"NaN",
    b"Infinity",
    b"0x10",
    b"007",
    b"18446744073709551616",
)
BROKEN_UTF8 = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\x00")
ESCAPES = (rb"\ud800", rb"\u0000", rb"\udfff\ud800", rb"\x41", rb"\u12", "\u202e".encode(), "\ufeff".encode())


def swapped_value(chance: random.Random) -> Any:
    return chance.choice(
        [
            *(None, True, False, 0, -1, 6, 2**63, 1.5, 1e300, "", "a" * 200, "五", "a\nb", "\x00", "0123456789abcdef"),
            *([], [[]], [None], ["a"] * 21, [1, "a", None], {}, {"": {}}, {"a": [{"b": {}}]}, "2026-13-40T99:99:99Z"),
            *("yichuang/+/+/event", "#", "{0}", "{member}", "%s", "'; drop table event; --", "../../etc/passwd"),
        ]
    )


def flip(chance: random.Random, data: bytes) -> bytes:
    flipped = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        flipped[chance.randrange(len(flipped))] = chance.randrange(256)
    return bytes(flipped)


def cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def insert(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.choice((*NUMBERS, *BROKEN_UTF8, *ESCAPES, b'"', b",", b"}", b"[[")) + data[at:]


def swap(chance: random.Random, data: bytes) -> bytes:
    body = orjson.loads(data)
    for member in chance.sample(sorted(body), chance.randint(1, len(body))):
        body[member] = swapped_value(chance)
    return orjson.dumps(body)


def drop(chance: random.Random, data: bytes) -> bytes:
    body = orjson.loads(data)
    for member in chance.sample(sorted(body), chance.randint(1, len(body))):
        del body[member]
    return orjson.dumps(body)


def number(chance: random.Random, data: bytes) -> bytes:
    member = chance.choice((b"level", b"id", b"type", b"at", b"extra"))
    return b"{" + b'"%s":%s,' % (member, chance.choice(NUMBERS)) + data[1:]


def nest(chance: random.Random, data: bytes) -> bytes:
    depth = chance.choice((2, 9, 100, 900, 1_100, 20_000))
    opened, closed = chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
    deep = opened * depth + b"1" + closed * (depth if chance.random() < 0.8 else depth - 1)
    return data[:-1] + b',"extra":' + deep + b"}"


def swell(chance: random.Random, data: bytes) -> bytes:
    return data[:-1] + b',"text":"' + b"a" * chance.choice((501, 5_000, 66_000)) + b'"}'


def repeat(chance: random.Random, data: bytes) -> bytes:
    return data * chance.randint(2, 4)


def noise(chance: random.Random, data: bytes) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 2, 16, len(data), 2_000)))


def other_json(chance: random.Random, data: bytes) -> bytes:
    return orjson.dumps(chance.choice([None, True, 7, "online", [], [data.decode()], {}, [[]], [{}]]))


MUTATIONS = (flip, cut, insert, swap, drop, number, nest, swell, repeat, noise, other_json)


def payloads(chance: random.Random) -> Iterator[bytes]:
    """Give damaged events, each with an id of its own so far as it still has one."""
    for index in range(COUNT):
        data = chance.choice(GOOD).to_payload().replace(b'-1"', b'-%d"' % index).replace(b'-2"', b'-%d"' % index)
        yield chance.choice(MUTATIONS)(chance, data)


async def publish_all(broker: Broker, messages: Iterator[tuple[str, bytes]]) -> None:
    """Publish at QoS 1, many at once."""
    async with mqtt(broker, "stranger") as client:
        client.pending_calls_threshold = COUNT

        async def publish_in_turn() -> None:
            for topic, payload in messages:
                await client.publish(topic, payload, qos=1, timeout=60)

        await asyncio.gather(*(publish_in_turn() for _ in range(IN_FLIGHT)))


async def collect(broker: Broker, replies: list[dict[str, Any]], ready: asyncio.Event) -> None:
    async with mqtt(broker, "eavesdropper") as client:
        await client.subscribe("yichuang/+/+/reply", qos=1)
        ready.set()
        async for message in client.messages:
            reply = orjson.loads(message.payload)
            replies.append(reply)


async def test_ten_thousand_bad_payloads_are_answered_and_survived(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    floor = RecordingFloor()
    replies: list[dict[str, Any]] = []
    async with mosquitto(tmp_path / "broker") as broker, serving(broker.address, floor) as gateway:
        ready = asyncio.Event()
        listening = asyncio.create_task(collect(broker.address, replies, ready))
        await ready.wait()
        sent = ((f"yichuang/demo/d{chance.randrange(DEVICES)}/event", payload) for payload in payloads(chance))
        await publish_all(broker.address, sent)
        await until(lambda: floor.results.total() == COUNT, "every payload is counted", within_s=60)
        await until(lambda: len(replies) == COUNT - floor.results["duplicate"], "every payload is answered")
        async with device(broker.address, "machine-1") as machine:
            await machine.send(TicketRequested(id="good", services=("pension_certification",)))
            assert (await machine.answered("good"))["ok"]
        assert gateway.connected
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    assert floor.results["error"] == 0
    assert floor.results["dropped"] == 0
    assert floor.results["malformed"] > COUNT / 2
    codes = Counter(reply.get("code", "ok") for reply in replies)
    assert set(codes) == {
        "ok",
        *(f"message_{fault}" for fault in ("member_invalid", "member_missing", "not_json", "not_object")),
        *(f"message_{fault}" for fault in ("too_deep", "too_large", "type_unknown")),
    }, "every kind of fault was met"
    assert all(reply["ok"] or reply["message"] for reply in replies)


async def test_strange_topics_and_statuses_are_counted_and_survived(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    floor = RecordingFloor()
    good = GOOD[0].to_payload()
    topics = [
        *(
            f"yichuang/{hall}/machine-1/event"
            for hall in ("", "Demo", "大厅", "demo ", "a" * 65, "$SYS", "{x}", "\ufeff")
        ),
        *(f"yichuang/demo/{name}/event" for name in ("", "machine 1", "机器", "b" * 65, "a.b", "%s", "\U0001f600")),
    ]
    statuses = [
        b"ONLINE",
        b"online\n",
        b"1",
        b"true",
        b'"online"',
        b"\xff",
        b"a" * 100_000,
        *map(chance.randbytes, range(1, 40)),
    ]
    async with mosquitto(tmp_path / "broker") as broker, serving(broker.address, floor):
        await publish_all(
            broker.address,
            iter([*((topic, good) for topic in topics), *(("yichuang/demo/pad-1/status", one) for one in statuses)]),
        )
        await until(lambda: floor.results["malformed"] == len(topics) + len(statuses), "each is counted")
        async with device(broker.address, "machine-1") as machine:
            await machine.say("online")
            await machine.send(GOOD[0])
            assert (await machine.answered("k-1"))["ok"]
    assert len(floor.asked) == 1
    assert floor.presence == [("demo", "machine-1", True)]

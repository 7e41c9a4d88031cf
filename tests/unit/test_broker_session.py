"""How long a connection to the broker waits for an answer, and what goes ahead of it meanwhile."""

import asyncio
from dataclasses import dataclass, field
from math import inf
from typing import Any, cast

import aiomqtt
import pytest

from devices import connection as connections
from devices.connection import NotConnected, Session
from devices.manual_client import UNCONFIRMED_MAX, ManualClient
from tests.support.mosquitto import until


@dataclass
class Broker:
    """Confirms what it is told to."""

    sent: list[str] = field(default_factory=list)
    confirmed: dict[str, asyncio.Event] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    async def publish(self, topic: str, _payload: bytes, **_options: Any) -> None:
        self.sent.append(topic)
        await self.confirmed.setdefault(topic, asyncio.Event()).wait()

    def give_up(self, reason: str) -> None:
        self.reasons.append(reason)

    def session(self) -> Session:
        return Session(cast("ManualClient", self))


async def bring_messages(session: Session) -> None:
    while True:
        session.delivery(aiomqtt.Message("a/b", b"", 0, retain=False, mid=0, properties=None))
        await asyncio.sleep(0.005)


async def refused_while_messages_come(session: Session) -> None:
    """Publish while the broker delivers without end; it must be left all the same."""
    bringing = asyncio.create_task(bring_messages(session))
    try:
        async with asyncio.timeout(30):
            with pytest.raises(NotConnected):
                await session.publish("first", b"")
    finally:
        bringing.cancel()
    assert not session.alive


async def test_a_broker_that_delivers_for_ever_and_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BROKER_S_MAX", 0.1)
    monkeypatch.setattr(connections, "BACKLOG_S_MAX", 0.4)
    broker = Broker()
    await refused_while_messages_come(broker.session())
    assert len(broker.reasons) == 1


async def test_an_answer_that_a_later_one_overtook_is_not_behind_a_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BROKER_S_MAX", 0.1)
    monkeypatch.setattr(connections, "BACKLOG_S_MAX", inf)
    broker = Broker()
    session = broker.session()
    refused = asyncio.create_task(refused_while_messages_come(session))
    await until(lambda: "first" in broker.sent, "it is sent")
    broker.confirmed["second"] = asyncio.Event()
    broker.confirmed["second"].set()
    await session.publish("second", b"")
    await refused


async def test_as_many_go_ahead_as_may_be_unconfirmed_and_the_next_waits() -> None:
    broker = Broker()
    session = broker.session()
    topics = [f"t{number}" for number in range(UNCONFIRMED_MAX)]
    for topic in topics:
        await session.send_ahead(topic, b"")
    assert broker.sent == topics
    waiting = asyncio.create_task(session.send_ahead("late", b""))
    await until(lambda: "late" in broker.sent, "it is sent")
    assert not waiting.done()
    broker.confirmed["late"].set()
    await waiting
    session.end()
    with pytest.raises(NotConnected):
        await session.send_ahead("too late", b"")

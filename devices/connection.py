"""The controller's line to its broker: one MQTT 5 connection that comes back, and acknowledgement by hand.

Rules of this file. A message counts as received when whoever handles it says so (`Delivery.acknowledge`), never by
itself. What was begun on one connection is never finished on another: packet ids begin anew. Nothing waits for a
broker longer than `BROKER_S_MAX`; a broker that takes longer is left and visited again.
"""

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, inf
from typing import Any

import aiomqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from devices.agent.backoff import Backoff
from devices.agent.wire import Broker
from devices.manual_client import ManualClient

log = structlog.get_logger(__name__)

RECEIVE_MAX = 512
"""Events that the broker may hand us before we acknowledge one."""

SESSION_S = 24 * 3600
"""How long the broker keeps events for a controller that is away: over a night and a morning's repair."""

BROKER_S_MAX = 5.0
"""Longest wait for an acknowledgement of the broker."""

KEEPALIVE_S = 10
"""A broker that is silent for about twice as long is gone."""

RECONNECT_S_MIN, RECONNECT_S_MAX = 0.1, 10.0
STABLE_S = 10.0
"""A connection that held so long was a good one: the next attempt comes quickly again."""


class NotConnected(Exception):
    """The broker isn't there, or was lost before it took the message over."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What to listen to, at QoS 1.

    Attributes:
        filter: topic filter.
        retained: whether messages kept by the broker are wanted on each connection.
    """

    filter: str
    retained: bool = False


class Delivery:
    """A message in hand; the broker keeps it until it is acknowledged, and brings it again on the next connection.

    Attributes:
        topic: where it stood.
        payload: what it says.
        expires_at: the loop's time after which its sender doesn't want it to be acted upon; ``None``: any time.
    """

    __slots__ = ("_acknowledged", "_mid", "_session", "expires_at", "payload", "topic")

    def __init__(self, session: "Session", message: aiomqtt.Message) -> None:
        self.topic = message.topic.value
        self.payload = bytes(message.payload)
        expires_s = getattr(message.properties, "MessageExpiryInterval", None)
        self.expires_at = None if expires_s is None else asyncio.get_running_loop().time() + expires_s
        self._session = session
        self._mid = message.mid if message.qos else None
        self._acknowledged = False

    @property
    def expired(self) -> bool:
        """Whether its sender doesn't want it to be acted upon any more."""
        return self.expires_at is not None and asyncio.get_running_loop().time() >= self.expires_at

    @property
    def held(self) -> bool:
        """Whether the broker still holds it for us, under this delivery."""
        return self._mid is not None and not self._acknowledged and self._session.alive

    def acknowledge(self) -> None:
        """Let the broker forget it. Without effect on a connection that is gone: there it will be delivered again."""
        if self.held and self._mid is not None:
            self._acknowledged = True
            self._session.acknowledgements.done(self._mid)

    def step_aside(self) -> None:
        """Let the acknowledgements of later messages go first: this one will take long."""
        if self.held and self._mid is not None:
            self._session.acknowledgements.step_aside(self._mid)


class Acknowledgements:
    """Sends acknowledgements in the order of receipt, as MQTT wants it (5.0, 4.6), whatever order the work ends in.

    Only what steps aside loses its turn: one event that waits for a full disk must not keep the others' from the
    broker, which would soon send us nothing any more.
    """

    def __init__(self, client: ManualClient) -> None:
        self._client = client
        self._pending: OrderedDict[int, bool] = OrderedDict()

    def expect(self, mid: int) -> None:
        """Note a message that came."""
        self._pending[mid] = False

    def done(self, mid: int) -> None:
        """Acknowledge a message as soon as all before it are done."""
        if mid not in self._pending:
            self._client.acknowledge(mid)
            return
        self._pending[mid] = True
        self._send_ready()

    def step_aside(self, mid: int) -> None:
        """Take a message out of the order."""
        self._pending.pop(mid, None)
        self._send_ready()

    def _send_ready(self) -> None:
        while self._pending:
            mid, done = next(iter(self._pending.items()))
            if not done:
                return
            del self._pending[mid]
            self._client.acknowledge(mid)


class Session:
    """One connection, from its beginning to its end.

    Attributes:
        alive: it hasn't ended yet.
        acknowledgements: of what came on it.
    """

    def __init__(self, client: ManualClient) -> None:
        self.alive = True
        self.acknowledgements = Acknowledgements(client)
        self._client = client
        self._waits: set[asyncio.Timeout] = set()

    def delivery(self, message: aiomqtt.Message) -> Delivery:
        """Take a message into hand."""
        if message.qos:
            self.acknowledgements.expect(message.mid)
        return Delivery(self, message)

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expires_s: float | None = None
    ) -> None:
        """Hand a message over to the broker at QoS 1; return when the broker has it.

        Args:
            topic: where to.
            payload: what.
            retain: the broker keeps it for whoever comes later.
            expires_s: after how many seconds it is of no use any more.

        Raises:
            NotConnected: the connection ended first, or the broker didn't answer; then the connection is given up.
        """
        properties = None if expires_s is None else _expiring(max(1, ceil(expires_s)))
        if not self.alive:
            raise NotConnected("the connection to the broker is lost")
        try:
            async with asyncio.timeout(BROKER_S_MAX) as wait:
                self._waits.add(wait)
                try:
                    await self._client.publish(topic, payload, qos=1, retain=retain, properties=properties, timeout=inf)
                finally:
                    self._waits.discard(wait)
        except (aiomqtt.MqttError, TimeoutError) as error:
            self.give_up(f"no acknowledgement of {topic}: {error}")
            raise NotConnected("the broker didn't take a message over") from error

    def give_up(self, reason: str) -> None:
        """End a connection from our side; the next one begins soon."""
        if self.alive:
            self.end()
            self._client.give_up(reason)

    def end(self) -> None:
        """Nothing is sent or acknowledged on it any more; whoever waits for the broker waits no longer."""
        self.alive = False
        now = asyncio.get_running_loop().time()
        for wait in self._waits:
            if not wait.expired():
                wait.reschedule(now)


class Connection:
    """Connects, subscribes, hands messages on, and begins again for ever.

    Attributes:
        session: the connection that is up now.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        subscriptions: Sequence[Subscription],
        *,
        unwanted: Sequence[str] = (),
        on_delivery: Callable[[Delivery], None],
        on_session: Callable[[], None],
    ) -> None:
        """Prepare a connection.

        Args:
            broker: where to.
            client_id: name of the session that the broker keeps; no two programs may share it.
            subscriptions: what to listen to.
            unwanted: filters that an earlier run may have left in the session.
            on_delivery: takes a message; must not raise or block.
            on_session: is told of each new connection.

        Raises:
            OSError: the file of trusted certificates can't be read.
        """
        self.session: Session | None = None
        self._broker = broker
        self._client_id = client_id
        self._subscriptions = tuple(subscriptions)
        self._unwanted = list(unwanted)
        self._on_delivery = on_delivery
        self._on_session = on_session
        self._tls = ssl.create_default_context(cafile=broker.ca_file) if broker.tls else None

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expires_s: float | None = None
    ) -> None:
        """Publish on the connection that is up now; see `Session.publish`.

        Raises:
            NotConnected: there is none, or it was lost.
        """
        session = self.session
        if session is None:
            raise NotConnected("there is no connection to the broker")
        await session.publish(topic, payload, retain=retain, expires_s=expires_s)

    async def run(self) -> None:
        """Stay connected until cancelled; the session stays with the broker then."""
        loop = asyncio.get_running_loop()
        pause = Backoff(RECONNECT_S_MIN, RECONNECT_S_MAX)
        while True:
            since = loop.time()
            try:
                async with self._connected() as client:
                    await self._subscribe(client)
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                if loop.time() - since > STABLE_S:
                    pause.reset()
                wait_s = pause.next_s()
                log.warning(
                    "broker_lost", broker=self._where, error=str(error.__cause__ or error), again_in_s=round(wait_s, 1)
                )
                await asyncio.sleep(wait_s)

    @property
    def _where(self) -> str:
        return f"{self._broker.host}:{self._broker.port}"

    async def _serve(self, client: ManualClient) -> None:
        session = self.session = Session(client)
        log.info("broker_connected", broker=self._where)
        self._on_session()
        try:
            async for message in client.messages:
                if session.alive:  # what still comes out of the queue of one that was given up is delivered again
                    self._on_delivery(session.delivery(message))
        finally:
            self.session = None
            session.end()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ManualClient]:
        """Connect; an attempt that is called off is first let finish, or its socket would be left behind."""
        client = self._new_client()
        entering = asyncio.ensure_future(client.__aenter__())
        try:
            await asyncio.shield(entering)
            yield client
        finally:
            with suppress(aiomqtt.MqttError):  # no goodbye to a broker that is gone
                await entering
                await client.__aexit__(None, None, None)
            client.abandon()

    def _new_client(self) -> ManualClient:
        wishes = _properties(PacketTypes.CONNECT)
        wishes.SessionExpiryInterval = SESSION_S
        wishes.ReceiveMaximum = RECEIVE_MAX
        # No MaximumPacketSize: Mosquitto 2.0 drops a packet beyond it but goes on counting it as in our hands, so that
        # as many giants as the receive maximum would silence it. They are read, refused and let go one by one instead.
        broker = self._broker
        return ManualClient(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=self._client_id,
            properties=wishes,
            keepalive=KEEPALIVE_S,
            timeout=BROKER_S_MAX,
            tls_context=self._tls,
        )

    async def _subscribe(self, client: ManualClient) -> None:
        """Subscribe anew on each connection: a broker that lost the session must not leave us deaf.

        Raises:
            aiomqtt.MqttError: the broker refuses, or doesn't answer.
        """
        wanted = [
            (one.filter, SubscribeOptions(qos=1, retainHandling=_SEND_RETAINED if one.retained else _NO_RETAINED))
            for one in self._subscriptions
        ]
        if self._unwanted:
            await client.unsubscribe(self._unwanted)
        answers: Sequence[Any] = await client.subscribe(wanted)
        for one, answer in zip(self._subscriptions, answers, strict=True):
            if answer.is_failure:
                raise aiomqtt.MqttError(f"the broker refuses a subscription to {one.filter}: {answer}")


_SEND_RETAINED, _NO_RETAINED = 0, 2
"""MQTT 5.0, 3.8.3.1, retain handling."""


@lru_cache(maxsize=128)
def _expiring(seconds: int) -> Properties:
    """Return the properties of a message that expires; replies, the most frequent ones, all have the same."""
    properties = _properties(PacketTypes.PUBLISH)
    properties.MessageExpiryInterval = seconds
    return properties


def _properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho leaves it so

"""The controller's line to its broker: one MQTT 5 connection that comes back, and acknowledgement by hand.

Rules of this file. A message counts as received when whoever handles it says so (`Delivery.acknowledge`), never by
itself. What was begun on one connection is never finished on another: packet ids begin anew. Nothing waits longer than
`BROKER_S_MAX` for a broker that is silent; such a one is left and visited again. What the broker kept for us comes
before its answer to anything: so messages are handled from the greeting on, and a broker that delivers isn't silent.
"""

import asyncio
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

from devices.acknowledgements import Acknowledgements
from devices.agent.backoff import Backoff
from devices.agent.wire import Broker
from devices.delivery import Delivery
from devices.manual_client import UNCONFIRMED_MAX, ManualClient

log = structlog.get_logger(__name__)

RECEIVE_MAX = 512
"""Events that the broker may hand us before we acknowledge one."""

SESSION_S = 24 * 3600
"""How long the broker keeps events for a controller that is away: over a night and a morning's repair."""

BROKER_S_MAX = 5.0
"""Longest wait for an answer of a broker that brings nothing else meanwhile either."""

BACKLOG_S_MAX = 120.0
"""Longest wait for an answer of a broker that brings messages: a slow line has brought all we take in hand by then."""

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
        self._waits: dict[asyncio.Timeout, float] = {}
        self._confirming: set[asyncio.Task[None]] = set()
        self._look_again: asyncio.TimerHandle | None = None
        self._delivered_at = self._answered_from = 0.0

    def delivery(self, message: aiomqtt.Message) -> Delivery:
        """Take a message into hand."""
        self._delivered_at = asyncio.get_running_loop().time()
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
            async with self.patience() as began:
                await self._client.publish(topic, payload, qos=1, retain=retain, properties=properties, timeout=inf)
                self._answered_from = max(self._answered_from, began)
        except (aiomqtt.MqttError, TimeoutError) as error:
            self.give_up(f"no acknowledgement of {topic}: {error}")
            raise NotConnected("the broker didn't take a message over") from error

    async def send_ahead(self, topic: str, payload: bytes, *, expires_s: float | None = None) -> None:
        """Send a message at QoS 1; return as soon as it goes ahead of whatever is sent later on this connection.

        A broker that reads an acknowledgement sent later has read the message before. So a reply needn't be confirmed
        before its event is acknowledged: on a line that breaks before the backlog has come, it never would be. With as
        many unconfirmed as may be under way it is held back behind others, and this returns when the broker has it.

        Raises:
            NotConnected: the connection ended first.
        """
        task = asyncio.create_task(self.publish(topic, payload, expires_s=expires_s), name="gateway.confirm")
        self._confirming.add(task)
        task.add_done_callback(self._confirmed)
        await asyncio.sleep(0)  # it has begun now: it is sent, or held back
        if task.done() or len(self._waits) > UNCONFIRMED_MAX:
            await task

    def _confirmed(self, task: asyncio.Task[None]) -> None:
        self._confirming.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, NotConnected):  # a lost event is delivered again
            log.error("reply_unconfirmed", exc_info=error)

    @asynccontextmanager
    async def patience(self) -> AsyncIterator[float]:
        """Wait for one answer of the broker, until the connection ends or the broker has been silent for too long.

        Raises:
            TimeoutError: it ended, or was given up.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None) as wait:
            began = self._waits[wait] = loop.time()
            if self._look_again is None:
                self._look_again = loop.call_later(BROKER_S_MAX, self._look)
            try:
                yield began
            finally:
                del self._waits[wait]

    def _look(self) -> None:
        """Give the connection up if the oldest wait has lasted too long, or look again when it will have."""
        self._look_again = None
        if not self._waits:
            return
        loop, since = asyncio.get_running_loop(), next(iter(self._waits.values()))
        # Brokers answer in order: where a later message is confirmed already, no backlog stands before this answer.
        heard_at = since if self._answered_from > since else max(since, self._delivered_at)
        due = min(heard_at + BROKER_S_MAX, since + BACKLOG_S_MAX)
        if loop.time() >= due:
            self.give_up(f"no answer of the broker in {loop.time() - since:.1f} s")
        else:
            self._look_again = loop.call_at(due, self._look)

    def give_up(self, reason: str) -> None:
        """End a connection from our side; the next one begins soon."""
        if self.alive:
            self.end()
            self._client.give_up(reason)

    def end(self) -> None:
        """Nothing is sent or acknowledged on it any more; whoever waits for the broker waits no longer."""
        self.alive = False
        if self._look_again is not None:
            self._look_again.cancel()
        for wait in self._waits:
            if not wait.expired():
                wait.reschedule(asyncio.get_running_loop().time())


class Connection:
    """Connects, subscribes, hands messages on, and begins again for ever.

    Attributes:
        session: the connection that is up now and subscribed.
        line: the connection that is up now; what comes before it is subscribed is served already.
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
            on_session: is told of each new connection, once it is subscribed.

        Raises:
            OSError: the file of trusted certificates can't be read.
        """
        self.session: Session | None = None
        self.line: Session | None = None
        self._broker = broker
        self._where = f"{broker.host}:{broker.port}"
        self._client_id = client_id
        self._subscriptions = tuple(subscriptions)
        self._unwanted = list(unwanted)
        self._on_delivery = on_delivery
        self._on_session = on_session
        self._tls = broker.tls_context()

    async def send_ahead(self, topic: str, payload: bytes, *, expires_s: float | None = None) -> None:
        """Send on the connection that is up now, before it is subscribed too; see `Session.send_ahead`.

        Raises:
            NotConnected: there is none, or it was lost.
        """
        if self.line is None:
            raise NotConnected("there is no connection to the broker")
        await self.line.send_ahead(topic, payload, expires_s=expires_s)

    async def run(self) -> None:
        """Stay connected until cancelled; the session stays with the broker then."""
        loop = asyncio.get_running_loop()
        pause = Backoff(RECONNECT_S_MIN, RECONNECT_S_MAX)
        while True:
            since = loop.time()
            try:
                async with self._connected() as client:
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                if loop.time() - since > STABLE_S:
                    pause.reset()
                wait_s = pause.next_s()
                log.warning(
                    "broker_lost", broker=self._where, error=str(error.__cause__ or error), again_in_s=round(wait_s, 1)
                )
                await asyncio.sleep(wait_s)

    async def _serve(self, client: ManualClient) -> None:
        """Hand messages on from the first one, while subscribing: the broker may have kept many that come before.

        Raises:
            aiomqtt.MqttError: the connection is lost, or was given up.
        """
        session = self.line = Session(client)
        beginning = asyncio.create_task(self._begin(client, session), name="gateway.subscribe")
        try:
            async for message in client.messages:
                if session.alive:  # what still comes out of the queue of one that was given up is delivered again
                    self._on_delivery(session.delivery(message))
        except aiomqtt.MqttError:
            if beginning.done():
                beginning.result()  # raises why the connection was given up, if it was for that
            raise
        finally:
            self.session = self.line = None
            session.end()
            beginning.cancel()
            await asyncio.gather(beginning, return_exceptions=True)

    async def _begin(self, client: ManualClient, session: Session) -> None:
        """Subscribe, then let everybody speak; a connection on which that fails is given up."""
        try:
            await self._subscribe(client, session)
            self.session = session
            log.info("broker_connected", broker=self._where)
            self._on_session()
        except TimeoutError as error:
            raise aiomqtt.MqttError("the broker doesn't answer") from error
        except Exception as error:
            session.give_up(str(error))
            raise

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

    async def _subscribe(self, client: ManualClient, session: Session) -> None:
        """Subscribe anew on each connection: a broker that lost the session must not leave us deaf.

        Raises:
            aiomqtt.MqttError, TimeoutError: the broker refuses, or doesn't answer.
        """
        wanted = [
            (one.filter, SubscribeOptions(qos=1, retainHandling=_SEND_RETAINED if one.retained else _NO_RETAINED))
            for one in self._subscriptions
        ]
        if self._unwanted:
            async with session.patience():
                await client.unsubscribe(self._unwanted, timeout=inf)
        async with session.patience():
            answers: Sequence[Any] = await client.subscribe(wanted, timeout=inf)
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

"""A device's line to the controller: one MQTT 5 connection that comes back, and events kept until they are answered.

What the contract asks of a device happens here once, for every program:

* birth ``online`` and last will ``offline``, both retained, on ``…/status``, with the number of the connection in the
  user property ``session``, so that a will that comes late ends no newer connection. The birth is said again every
  `BEAT_S`: a sign of life, and a cure where a late will stands retained at the broker;
* an event is repeated with the same id until ``…/reply`` has answered it, across lost connections too. A reply that the
  log can't be written just now, or that the device says too much, is no answer: it is repeated, later each time;
* `devices.agent.lifetimes` says of each kind of event whether it must survive a power cut, and how long it is worth
  telling. The one is kept in `Memory` first and sent again after the next start, with its own time, until it is
  meaningless; the other ends with `NoReplyError`. The broker is told how long it is worth, so that a forgotten press of
  a button isn't carried out minutes later;
* commands are handed on in order through a bounded queue, the retained state as the latest value.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from math import ceil, inf
from types import TracebackType
from typing import Any, Self

import aiomqtt
import orjson
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from devices.agent import birth
from devices.agent.backoff import Backoff
from devices.agent.lifetimes import rule_of
from devices.agent.memory import Kept, Memory
from devices.agent.wire import Broker, Command, Reply

log = structlog.get_logger(__name__)

REQUEST_S_MAX = 15.0
"""How long somebody in front of a machine waits for the answer to an event that is kept."""

REPEAT_S_MIN, REPEAT_S_MAX = 2.0, 15.0
"""An unanswered event is repeated after the first, then ever later up to the second."""

KEPT_ROUND_S_MAX = 60.0
"""How long a kept event may hold up the ones behind it."""

RECONNECT_S_MIN, RECONNECT_S_MAX = 0.5, 20.0
STABLE_S = 10.0
"""A connection that held so long was a good one: the next attempt comes quickly again."""

BROKER_S_MAX = 10.0
"""Longest wait for an acknowledgement of the broker."""

GOODBYE_S_MAX = 2.0
KEEPALIVE_S = 20
BEAT_S = 60.0
"""How often a device says again that it is there (`controller.vitals` says how long it may be silent)."""

SESSION_S = 3600
"""How long the broker keeps commands for a device that is away."""

COMMANDS_MAX = 256
"""Commands waiting to be carried out; one too many is dropped, and offered again by the controller if it matters."""

INCOMING_MAX = 1024
REQUESTS_MAX = 64
"""Events of a device waiting for their replies at once; more wait their turn."""

NOT_YET = frozenset({"log_unavailable", "rate_limited"})
"""Refusals that are no answers: the event is repeated."""


beat_pause = asyncio.sleep
"""Waits between signs of life."""


class NoReplyError(Exception):
    """The controller hasn't answered in time; a kept event goes on being repeated in the background."""


class Link:
    """The line of one device; use it as an async context manager.

    Attributes:
        hall: id of the hall.
        device: id of the device.
        memory: what survives the program; without a file, what survives a lost connection.
        commands: commands to carry out, oldest first.
    """

    def __init__(self, hall: str, device: str, broker: Broker, *, memory: Memory | None = None) -> None:
        self.hall = hall
        self.device = device
        self.memory = memory if memory is not None else Memory(None)
        self.commands: asyncio.Queue[Command] = asyncio.Queue(COMMANDS_MAX)
        self._broker = broker
        self._client: aiomqtt.Client | None = None
        self._session = 0
        self._online = asyncio.Event()
        self._offline = asyncio.Event()
        self._offline.set()
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self._places = asyncio.Semaphore(REQUESTS_MAX)
        self._kept_changed = asyncio.Event()
        self._kept_answered = asyncio.Event()
        self._in_hand: set[str] = set()
        self._state: Mapping[str, Any] | None = None
        self._state_changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin to connect; returns at once, whether or not there is a broker."""
        self._tasks = [
            asyncio.create_task(self._stay_connected(), name=f"link[{self.device}]"),
            asyncio.create_task(self._send_kept(), name=f"kept[{self.device}]"),
            asyncio.create_task(self._beat(), name=f"beat[{self.device}]"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait a moment for answers to kept events, say ``offline`` and leave.

        Raises:
            Exception: what ended the line before its time.
        """
        if self._client is not None:
            with suppress(TimeoutError):  # they are sent again after the next start
                await asyncio.wait_for(self._kept_answered.wait(), GOODBYE_S_MAX)
        if self._client is not None:
            with suppress(aiomqtt.MqttError, TimeoutError):  # the broker is gone: the will says it for us
                await asyncio.wait_for(self._say(self._client, birth.OFFLINE), GOODBYE_S_MAX)
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The line's own tasks: they end only when something is wrong."""
        return self._tasks

    async def connected(self) -> None:
        """Wait until the line is up."""
        await self._online.wait()

    async def states(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the device's retained state, now and after each change; a slow reader gets the latest only."""
        while True:
            await self._state_changed.wait()
            self._state_changed.clear()
            if self._state is not None:
                yield self._state

    @property
    def online(self) -> bool:
        """Whether the line is up."""
        return self._online.is_set()

    async def request(
        self, event: Mapping[str, Any], *, within_s: float | None = None, keep: bool | None = None
    ) -> Reply:
        """Send an event and wait for its answer, repeating it as needed.

        Args:
            event: from `new_event`; its rule in `devices.agent.lifetimes` says whether it is kept over the end of the
                program, and repeated in the background when the time is over.
            within_s: how long to wait; by default as long as its rule says, at most `REQUEST_S_MAX` if it is kept.
            keep: whether to keep it, where its rule can't be followed.

        Raises:
            NoReplyError: no answer in time.
            sqlite3.Error: the event can't be kept.
        """
        event_id, payload, rule = event["id"], orjson.dumps(event), rule_of(event)
        if not (rule.kept if keep is None else keep):
            within_s = within_s or min(REQUEST_S_MAX if rule.kept else inf, rule.worth_s)
            return await self._exchange(event_id, payload, within_s=within_s, worth_s=within_s)
        self._in_hand.add(event_id)
        self._kept_answered.clear()
        try:
            await asyncio.to_thread(self.memory.keep, event_id, payload, rule.worth_s)
            within_s = min(within_s or REQUEST_S_MAX, rule.worth_s)
            reply = await self._exchange(event_id, payload, within_s=within_s, worth_s=rule.worth_s)
            await self._forget(event_id)
        finally:
            self._in_hand.discard(event_id)
            self._kept_changed.set()
        return reply

    def send_kept(self) -> None:
        """Send what was put into the memory directly."""
        self._kept_answered.clear()
        self._kept_changed.set()

    async def _exchange(self, event_id: str, payload: bytes, *, within_s: float, worth_s: float | None) -> Reply:
        """Publish until answered; whoever holds it drops it after ``worth_s`` seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        repeat = Backoff(REPEAT_S_MIN, REPEAT_S_MAX)
        try:
            async with asyncio.timeout_at(began + within_s), self._places:
                answer = self._waiting.setdefault(event_id, loop.create_future())
                try:
                    while not answer.done():
                        await self._online.wait()
                        left_s = None if worth_s is None else worth_s - (loop.time() - began)
                        await self._publish(payload, expires_s=left_s)
                        await self._answered_or_offline(answer, repeat.next_s())
                    return answer.result()
                finally:
                    self._waiting.pop(event_id, None)
        except TimeoutError as error:
            raise NoReplyError(f"no answer to event {event_id} within {within_s:g} s") from error

    async def _answered_or_offline(self, answer: asyncio.Future[Reply], within_s: float) -> None:
        """Wait for an answer, but no longer than the connection holds or the event is due again."""
        offline = asyncio.create_task(self._offline.wait())
        try:
            awaited: set[asyncio.Future[Any]] = {answer, offline}
            await asyncio.wait(awaited, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            offline.cancel()

    async def _publish(self, payload: bytes, *, expires_s: float | None) -> None:
        client = self._client
        if client is None:
            return
        properties = _properties(PacketTypes.PUBLISH)
        if expires_s is not None:
            properties.MessageExpiryInterval = max(1, ceil(expires_s))
        with suppress(aiomqtt.MqttError):  # the connection is being lost: the caller repeats it on the next one
            await client.publish(self._topic("event"), payload, qos=1, properties=properties)

    async def _send_kept(self) -> None:
        """Send kept events, oldest first, until each is answered."""
        self._kept_changed.set()
        pause = Backoff(REPEAT_S_MIN, REPEAT_S_MAX)
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._kept_changed.wait(), pause.next_s())
            await self._online.wait()
            self._kept_changed.clear()
            unanswered = await asyncio.to_thread(self.memory.unanswered)
            read_at = asyncio.get_running_loop().time()
            if not unanswered:
                self._kept_answered.set()
            for kept in unanswered:
                if kept.id not in self._in_hand:
                    await self._send_one_kept(kept, read_at)
                    pause.reset()

    async def _send_one_kept(self, kept: Kept, read_at: float) -> None:
        await self._online.wait()
        left_s = kept.left_s and kept.left_s - (asyncio.get_running_loop().time() - read_at)
        if left_s is not None and left_s <= 0:
            log.warning("event_dropped", device=self.device, event_id=kept.id, reason="meaningless by now")
            await self._forget(kept.id)
            return
        within_s = KEPT_ROUND_S_MAX if left_s is None else min(KEPT_ROUND_S_MAX, left_s)
        try:
            reply = await self._exchange(kept.id, kept.payload, within_s=within_s, worth_s=left_s)
        except NoReplyError:
            log.warning("event_unanswered", device=self.device, event_id=kept.id)
            return
        if not reply.ok:
            log.warning("event_refused", device=self.device, event_id=kept.id, code=reply.code, message=reply.message)
        await self._forget(kept.id)

    async def _forget(self, event_id: str) -> None:
        try:
            await asyncio.to_thread(self.memory.forget, event_id)
        except sqlite3.Error as error:  # it is sent once more, which is harmless
            log.warning("memory_unavailable", device=self.device, error=str(error))

    async def _stay_connected(self) -> None:
        loop = asyncio.get_running_loop()
        pause = Backoff(RECONNECT_S_MIN, RECONNECT_S_MAX)
        while True:
            since = loop.time()
            try:
                async with self._connection() as client:
                    await self._greet(client)
                    log.info("link_up", device=self.device, broker=self._broker.host)
                    self._client = client
                    self._offline.clear()
                    self._online.set()
                    async for message in client.messages:
                        self._receive(message)
            except aiomqtt.MqttError as error:
                if loop.time() - since > STABLE_S:
                    pause.reset()
                log.warning("link_down", device=self.device, broker=self._broker.host, error=str(error))
            finally:
                self._client = None
                self._online.clear()
                self._offline.set()
            await asyncio.sleep(pause.next_s())

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiomqtt.Client]:
        """Connect; an attempt that is called off is first let finish, or its socket would be left behind."""
        client = self._new_client()
        entering = asyncio.ensure_future(client.__aenter__())
        try:
            await asyncio.shield(entering)
        except asyncio.CancelledError:
            with suppress(aiomqtt.MqttError):
                await entering
                await client.__aexit__(None, None, None)
            raise
        try:
            yield client
        finally:
            with suppress(aiomqtt.MqttError):  # no goodbye to a broker that is gone
                await client.__aexit__(None, None, None)

    async def _beat(self) -> None:
        """Say now and then that we are still here."""
        while True:
            await beat_pause(BEAT_S)
            if (client := self._client) is not None:
                with suppress(aiomqtt.MqttError):  # the connection is being lost: the next one begins with a birth
                    await self._say(client, birth.ONLINE)

    def _new_client(self) -> aiomqtt.Client:
        self._session = birth.next_session(self._session)
        session = _properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = SESSION_S
        broker = self._broker
        return aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=self.device,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            properties=session,
            will=birth.will(self._topic("status"), self._session),
            keepalive=KEEPALIVE_S,
            timeout=BROKER_S_MAX,
            max_queued_incoming_messages=INCOMING_MAX,
            tls_context=broker.tls_context(),
        )

    async def _greet(self, client: aiomqtt.Client) -> None:
        """Subscribe to what is ours, then say that we are here: what the controller sends upon it must reach us."""
        await client.subscribe([(self._topic(name), 1) for name in ("reply", "command", "state")])
        await self._say(client, birth.ONLINE)

    async def _say(self, client: aiomqtt.Client, status: str) -> None:
        await birth.say(client, self._topic("status"), status, self._session)

    def _topic(self, name: str) -> str:
        return f"yichuang/{self.hall}/{self.device}/{name}"

    def _receive(self, message: aiomqtt.Message) -> None:
        name = message.topic.value.rpartition("/")[2]
        try:
            body = orjson.loads(message.payload) if message.payload else None
        except orjson.JSONDecodeError as error:
            log.warning("message_malformed", device=self.device, topic=message.topic.value, error=str(error))
            return
        if name == "state":
            self._state = body if isinstance(body, dict) else None
            self._state_changed.set()
        elif not isinstance(body, dict):
            log.warning("message_malformed", device=self.device, topic=message.topic.value, error="not an object")
        elif name == "reply":
            self._answer(body)
        elif name == "command":
            expires_s = getattr(message.properties, "MessageExpiryInterval", None)
            until_s = None if expires_s is None else asyncio.get_running_loop().time() + expires_s
            self._hand_on(Command(str(body.get("type", "")), body, until_s))

    def _answer(self, body: Mapping[str, Any]) -> None:
        reply = Reply(body.get("ok") is True, str(body.get("code", "")), str(body.get("message", "")), body)
        answer = self._waiting.get(str(body.get("event", "")))
        if answer is None or answer.done():
            return  # the answer to a repetition, or one that came too late
        if reply.code in NOT_YET:
            log.warning("event_not_yet_taken", device=self.device, code=reply.code, message=reply.message)
            return
        answer.set_result(reply)

    def _hand_on(self, command: Command) -> None:
        try:
            self.commands.put_nowait(command)
        except asyncio.QueueFull:
            log.warning("command_dropped", device=self.device, type=command.type, waiting=self.commands.qsize())


def _properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho leaves it so

"""What devices say, on its way to the floor: read, handed over, answered, and only then acknowledged.

Rules of this file. The events of a device are handled one after another, in the order they came; devices don't wait for
each other. An answer is sent after the floor's commit, the acknowledgement to the broker after the answer, and nothing
that a sender writes stops either. What can't be saved now is kept, and offered to the floor again until it is saved.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

import structlog

from controller.lifeline import Status, Word
from controller.refusals import Refusal
from controller.runtime.catalogue import refusal_text
from controller.runtime.errors import OperatingError
from devices.agent.backoff import Backoff
from devices.connection import NotConnected
from devices.delivery import Delivery
from devices.members import load_object, readable_id
from devices.messages import BadMessage, DeviceEvent, Reply, parse_event
from devices.rates import Allowance, Rates
from devices.topics import BadTopic, Leaf, Topic, build, parse

log = structlog.get_logger(__name__)

HANDLE_S_MAX = 10.0
"""Longest that the floor may take for an event before it is offered again; its id makes that harmless."""

RETRY_S_MIN, RETRY_S_MAX = 0.1, 5.0
"""An event that can't be saved is offered again after the first, then ever later up to the second."""

REPLY_S = 600.0
"""How long the broker keeps a reply for a device that is away; a device repeats an event far sooner."""

LOOSE_MAX = 256
"""Events sent at QoS 0, against the contract, that may be in hand; one too many is dropped."""

IN_HAND_MAX = 10_000
IN_HAND_BYTES_MAX = 64 * 1024 * 1024
"""Events in hand at all, and what they were read from. The receive maximum should bound them; Mosquitto 2.0.11 hands
out its whole queue all the same, once it has seen an acknowledgement. Beyond this nothing more is taken until most of
it is done; then the broker is asked, by a new connection, to deliver the rest again, in its order."""

ROOM_AT = 1 / 8
"""Share of the bounds that may still be in hand then: its answers are lost with the old connection and given again."""

RATE = Allowance(burst=300, per_s=20)
"""What a device may say. A press or a review is one event; a burst is what the broker kept while the controller was
away. A status is not counted: it is one look-up, and only the newest is acted upon."""

TOLD_RATE = Allowance(burst=1, per_s=1)
"""How often a device is told that it says too much; the rest is let go, for it repeats what isn't answered."""

_WORDS = {word.value.encode(): word for word in Word}
"""What a device's status says, by its payload."""


OnPresence: TypeAlias = Callable[[str, str, Status], None]
"""Is told (hall, device, status)."""


def ignore(_hall: str, _device: str) -> None:
    """Want to know nothing of what a device says that can't be read, or is too much."""


class Result(StrEnum):
    """What became of an event; each is counted once, `UNAVAILABLE` besides its end."""

    OK = "ok"
    REFUSED = "refused"
    MALFORMED = "malformed"
    DUPLICATE = "duplicate"
    EXPIRED = "expired"
    DROPPED = "dropped"
    ERROR = "error"
    UNAVAILABLE = "unavailable"
    LIMITED = "limited"


class Floor(Protocol):
    """Where events go."""

    async def handle(self, hall: str, device: str, event: DeviceEvent) -> dict[str, Any] | Refusal:
        """Carry an event out and return, after the commit, the members of the reply, or why not.

        The same event may come again, after an answer too: its id decides.

        Raises:
            OperatingError: it can't be done now, e.g. `LogUnavailable`; the event will be offered again.
        """
        ...


class Publish(Protocol):
    """Hands a message to the broker; `NotConnected` if that can't be done now."""

    async def __call__(self, topic: str, payload: bytes, *, expires_s: float | None = None) -> None:
        """Return when the broker has it."""
        ...


@dataclass(slots=True, eq=False)
class _Work:
    """An event in hand.

    Attributes:
        delivery: the one that the broker waits for.
        event: what was read, or why it can't be.
        size: bytes that it was read from.
        loose: it came at QoS 0.
        told: the device has heard already that it can't be saved yet.
    """

    delivery: Delivery
    event: DeviceEvent | BadMessage
    size: int
    loose: bool
    told: bool = False


class Intake:
    """Takes deliveries and sees each through to its acknowledgement."""

    def __init__(
        self,
        floor: Floor,
        publish: Publish,
        *,
        on_presence: OnPresence,
        on_room: Callable[[], None],
        count: Callable[[str], None],
        language: Callable[[str], str],
        on_malformed: Callable[[str, str], None] = ignore,
        rate: Allowance | None = RATE,
        on_limited: Callable[[str, str], None] = ignore,
    ) -> None:
        """Prepare an intake.

        Args:
            floor: where events go.
            publish: sends replies.
            on_presence: is told (hall, device, status); must not block.
            on_room: is told when there is room again for what wasn't taken.
            count: is told what became of each event, a `Result`.
            language: of the texts for people in a hall.
            on_malformed: is told (hall, device) of each message that can't be read; must not block.
            rate: how much a device may say; ``None``: as much as it likes.
            on_limited: is told (hall, device) of each event that was too much; must not block.
        """
        self._floor = floor
        self._publish = publish
        self._on_presence = on_presence
        self._on_malformed = on_malformed
        self._on_room = on_room
        self._count = count
        self._language = language
        self._rates = None if rate is None else Rates(rate)
        self._told_rates = Rates(TOLD_RATE)
        self._on_limited = on_limited
        self._lanes: dict[Topic, deque[_Work]] = {}
        self._by_id: dict[tuple[Topic, str], _Work] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_hand = 0
        self._bytes = 0
        self._loose = 0
        self._full = False

    def receive(self, delivery: Delivery) -> None:
        """Take a delivery, or leave it to the broker where too many are in hand; returns at once and never raises."""
        if self._full:
            return
        try:
            topic = parse(delivery.topic)
        except BadTopic:
            self._note_malformed(delivery, "topic")
            delivery.acknowledge()
            return
        if topic.leaf is Leaf.STATUS:
            self._note_status(topic, delivery)
            delivery.acknowledge()
        elif self._rates is None or self._rates.take(topic, asyncio.get_running_loop().time()):
            self._take(topic, delivery)
        else:
            self._limit(topic, delivery, self._rates.allowance)

    async def drain(self, within_s: float) -> None:
        """Finish what is in hand; what takes longer is left to the next run, for which the broker keeps it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _note_status(self, topic: Topic, delivery: Delivery) -> None:
        word = _WORDS.get(delivery.payload)
        if word is None:
            self._note_malformed(delivery, "status", topic)
            return
        status = Status(word, delivery.session_number, live=not delivery.retained)
        try:
            self._on_presence(topic.hall, topic.device, status)
        except Exception:  # counted and told whole; one device's status must not end the gateway
            self._count(Result.ERROR)
            log.exception("presence_failed", topic=delivery.topic)

    def _note_malformed(self, delivery: Delivery, reason: str, topic: Topic | None = None) -> None:
        self._count(Result.MALFORMED)
        if topic is not None:
            self._on_malformed(topic.hall, topic.device)
        log.warning("message_malformed", topic=delivery.topic, size=len(delivery.payload), reason=reason)

    def _limit(self, topic: Topic, delivery: Delivery, allowance: Allowance) -> None:
        """Let go of an event that is too much, and tell its device so now and then."""
        self._count(Result.LIMITED)
        self._on_limited(topic.hall, topic.device)
        if not self._told_rates.take(topic, asyncio.get_running_loop().time()):
            delivery.acknowledge()
            return
        log.warning("device_limited", topic=str(topic), per_s=allowance.per_s)
        try:
            event_id = readable_id(load_object(delivery.payload))
        except BadMessage:
            event_id = None
        refusal = BadMessage("rate_limited", event_id, per_s=round(allowance.per_s))
        size = len(delivery.payload)
        delivery.payload = b""
        self._queue(topic, _Work(delivery, refusal, size, loose=not delivery.held))

    def _take(self, topic: Topic, delivery: Delivery) -> None:
        event: DeviceEvent | BadMessage
        try:
            event = parse_event(delivery.payload)
        except BadMessage as refused:
            self._note_malformed(delivery, refused.code, topic)
            event = refused
        size = len(delivery.payload)
        delivery.payload = b""  # it is read: what waits in hand needn't keep its bytes
        if isinstance(event, BadMessage) or not self._join(topic, event, delivery):
            self._queue(topic, _Work(delivery, event, size, loose=not delivery.held))

    def _join(self, topic: Topic, event: DeviceEvent, delivery: Delivery) -> bool:
        """Recognise an event that is in hand already: repeated by its device, or delivered again after a lost line."""
        work = self._by_id.get((topic, event.id))
        if work is None or work.event != event:
            return False
        self._count(Result.DUPLICATE)
        if work.delivery.held or not delivery.held:
            delivery.acknowledge()  # the broker still holds the first one
        else:
            work.delivery = delivery
            if work.told:
                delivery.step_aside()
        return True

    def _queue(self, topic: Topic, work: _Work) -> None:
        """Put an event behind the others of its device."""
        if work.loose and self._loose >= LOOSE_MAX:
            self._count(Result.DROPPED)
            log.warning("event_dropped", topic=str(topic), at_qos_0=self._loose)
            return
        if self._in_hand >= IN_HAND_MAX or self._bytes >= IN_HAND_BYTES_MAX:
            self._full = True
            log.warning("events_left_to_broker", in_hand=self._in_hand, in_hand_bytes=self._bytes)
            return
        self._in_hand += 1
        self._bytes += work.size
        self._loose += work.loose
        if not isinstance(work.event, BadMessage):
            self._by_id[topic, work.event.id] = work
        lane = self._lanes.get(topic)
        if lane is not None:
            lane.append(work)
            return
        lane = self._lanes[topic] = deque([work])
        task = asyncio.create_task(self._serve(topic, lane), name=f"events[{topic.hall}/{topic.device}]")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _release(self, topic: Topic, work: _Work) -> None:
        self._in_hand -= 1
        self._bytes -= work.size
        self._loose -= work.loose
        if self._full and self._in_hand <= IN_HAND_MAX * ROOM_AT and self._bytes <= IN_HAND_BYTES_MAX * ROOM_AT:
            self._full = False
            self._on_room()
        if not isinstance(work.event, BadMessage) and self._by_id.get((topic, work.event.id)) is work:
            del self._by_id[topic, work.event.id]

    async def _serve(self, topic: Topic, lane: deque[_Work]) -> None:
        """See the events of one device through, one after another; ends when there are none."""
        try:
            while lane:
                try:
                    await self._see_through(topic, lane[0])
                finally:
                    self._release(topic, lane.popleft())
        finally:
            for work in lane:
                self._release(topic, work)
            del self._lanes[topic]

    async def _see_through(self, topic: Topic, work: _Work) -> None:
        reply = await self._decide(topic, work)
        while True:
            try:
                await self._reply(topic, reply)
            except NotConnected as error:
                if work.delivery.held:
                    continue  # it came again on a new line while the answer was lost on the old one
                log.debug("reply_unsent", topic=str(topic), error=str(error))  # it will be delivered again
                return
            except Exception:  # decided and committed: counted, told whole, and never delivered for ever
                self._count(Result.ERROR)
                log.exception("reply_failed", topic=str(topic))
            work.delivery.acknowledge()
            return

    async def _decide(self, topic: Topic, work: _Work) -> bytes:
        """Return the answer to an event, once there is one."""
        event = work.event
        if isinstance(event, BadMessage):
            return self._refused(topic, event.event_id, event.code, event.params)
        pause = Backoff(RETRY_S_MIN, RETRY_S_MAX)
        while not work.delivery.expired:
            try:
                async with asyncio.timeout(HANDLE_S_MAX):
                    outcome = await self._floor.handle(topic.hall, topic.device, event)
                if isinstance(outcome, Refusal):
                    reply = self._refused(topic, event.id, outcome.code, outcome.params)
                else:
                    reply = Reply.accepted(event.id, outcome).to_payload()
            except (OperatingError, TimeoutError, asyncio.CancelledError) as error:
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling()):
                    raise
                await self._postpone(topic, work, event, error)
                await asyncio.sleep(pause.next_s())
            except Exception:  # counted, told whole and answered; the next device's event is taken all the same
                self._count(Result.ERROR)
                log.exception("event_failed", topic=str(topic), event_id=event.id, type=event.type)
                return self._refused(topic, event.id, "internal_error", {})
            else:
                self._count(Result.REFUSED if isinstance(outcome, Refusal) else Result.OK)
                return reply
        self._count(Result.EXPIRED)
        log.warning("event_expired", topic=str(topic), event_id=event.id, type=event.type)
        return self._refused(topic, event.id, "message_expired", {})

    async def _postpone(self, topic: Topic, work: _Work, event: DeviceEvent, error: BaseException) -> None:
        """Tell a device, once, that its event is kept but can't be saved yet."""
        if work.told:
            return
        work.told = True
        work.delivery.step_aside()
        self._count(Result.UNAVAILABLE)
        log.warning("event_postponed", topic=str(topic), event_id=event.id, type=event.type, error=repr(error))
        try:
            await self._reply(topic, self._refused(topic, event.id, "log_unavailable", {}))
        except NotConnected as lost:
            log.debug("reply_unsent", topic=str(topic), error=str(lost))

    async def _reply(self, topic: Topic, payload: bytes) -> None:
        await self._publish(build(topic.hall, topic.device, Leaf.REPLY), payload, expires_s=REPLY_S)

    def _refused(self, topic: Topic, event_id: str | None, code: str, params: Mapping[str, str | int]) -> bytes:
        try:
            message = refusal_text(code, self._language(topic.hall), params)
        except (LookupError, TypeError, ValueError):
            log.exception("refusal_without_text", code=code)
            message = code
        return Reply.refused(event_id, code, message).to_payload()

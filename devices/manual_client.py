"""aiomqtt with acknowledgement by hand: the one place that reaches below aiomqtt's own interface.

aiomqtt 2 acknowledges a message when it has put it into its queue, before anybody has handled it: a controller that
is killed then loses what the broker believes delivered (aiomqtt issue 345; version 3 will hand the acknowledgement to
its user). paho, on which it stands, can leave it to the application. Why so, and what else was weighed:
docs/decisions/0002-manual-mqtt-acknowledgement.md.
"""

import asyncio
import socket
import struct
from typing import Any

import aiomqtt
import structlog
from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.exception import MQTTException
from paho.mqtt.properties import VariableByteIntegers

log = structlog.get_logger(__name__)

QOS0_WAITING_MAX = 256
"""Messages at QoS 0 that may wait to be taken in hand. Nobody is promised anything there; those at QoS 1 are bounded by
the receive maximum of the connection."""

UNCONFIRMED_MAX = 20
"""Messages of ours at QoS 1 that may be under way; more are held back, and what is sent later then overtakes them."""

_CALLS_MAX = 4096
"""aiomqtt warns beyond so many unanswered calls; ours are bounded by what is in hand."""


_NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""Without it a reply may wait some 40 ms for the broker's system to confirm the packet before."""


class _Incoming(asyncio.Queue[aiomqtt.Message]):
    """What came and isn't in hand yet."""

    def put_nowait(self, item: aiomqtt.Message) -> None:
        """Put a message in; one at QoS 0 is dropped where too much waits already."""
        if item.qos == 0 and self.qsize() >= QOS0_WAITING_MAX:
            log.warning("message_dropped", topic=item.topic.value, size=len(item.payload), waiting=self.qsize())
            return
        super().put_nowait(item)


class ManualClient(aiomqtt.Client):
    """An MQTT 5 client that acknowledges a message when told to; its session outlives it at the broker."""

    def __init__(self, hostname: str, port: int, **options: Any) -> None:
        """Prepare a client; the options are aiomqtt's own.

        By hand must be set before connecting: the first messages come together with the broker's greeting.
        """
        super().__init__(
            hostname,
            port,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            queue_type=_Incoming,
            max_inflight_messages=UNCONFIRMED_MAX,
            socket_options=[_NO_DELAY],
            **options,
        )
        self.pending_calls_threshold = _CALLS_MAX
        self._client.manual_ack_set(on=True)
        self._decode_and_hand_on = self._client._handle_publish  # noqa: SLF001 - see `_take`
        self._client._handle_publish = self._take  # type: ignore[method-assign]  # noqa: SLF001 - see `_take`

    def acknowledge(self, mid: int) -> None:
        """Send the PUBACK of a message at QoS 1."""
        self._client.ack(mid, 1)

    def give_up(self, reason: str) -> None:
        """End a connection on which the broker has fallen silent: whoever reads messages from it hears of it."""
        if not self._disconnected.done():
            self._disconnected.set_exception(aiomqtt.MqttError(reason))
        self.abandon()

    def abandon(self) -> None:
        """Close the socket of a connection that failed, which aiomqtt leaves open where the broker never answered.

        Why it failed counts as heard: asyncio would else complain where nobody was reading messages just then.
        """
        if self._disconnected.done() and not self._disconnected.cancelled():
            self._disconnected.exception()
        self._client._sock_close()  # noqa: SLF001 - paho closes it by itself only after a written goodbye

    def _take(self) -> MQTTErrorCode:
        """Take a PUBLISH packet, also one whose properties paho refuses.

        Brokers pass on what paho rejects: a byte order mark in a user property, a payload format indicator of 2. It
        then ends the connection; the broker delivers the packet again on the next one, and so for ever: one such
        message of one device would stop a hall. Nothing of ours stands in those properties; we read on behind them.
        """
        try:
            return self._decode_and_hand_on()
        except (MQTTException, ValueError, LookupError, struct.error) as error:
            packet = self._client._in_packet  # noqa: SLF001 - the packet that was just read
            message = _without_properties(packet["command"], bytes(packet["packet"]))
            log.warning("properties_refused", topic=message.topic, size=len(message.payload), error=str(error))
            self._on_message(self._client, None, message)
            return MQTTErrorCode.MQTT_ERR_SUCCESS


def _without_properties(command: int, packet: bytes) -> MQTTMessage:
    """Read a PUBLISH packet of MQTT 5, all but its properties."""
    (topic_size,) = struct.unpack_from("!H", packet)
    at = 2 + topic_size
    message = MQTTMessage(topic=packet[2:at])
    message.qos = (command >> 1) & 3
    message.retain = bool(command & 1)
    if message.qos:
        (message.mid,) = struct.unpack_from("!H", packet, at)
        at += 2
    properties_size, length_size = VariableByteIntegers.decode(packet[at:])  # type: ignore[no-untyped-call]
    message.payload = packet[at + length_size + properties_size :]
    return message

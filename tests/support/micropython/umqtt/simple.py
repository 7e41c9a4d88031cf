"""`umqtt.simple` over paho: the same calls and defaults, MQTT 3.1.1, messages handed on only by `check_msg`."""

import os
import queue
from collections.abc import Callable

import paho.mqtt.client as mqtt

Callback = Callable[[bytes, bytes], None]
ANSWER_S_MAX = 10.0


class MQTTClient:
    """A client of one connection; a lost one is an `OSError`."""

    def __init__(self, client_id: str, server: str, *, user: str, password: str, keepalive: int) -> None:
        self._server, self._keepalive = server, keepalive
        self._arrived: queue.Queue[tuple[bytes, bytes]] = queue.Queue()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv311)
        self._client.username_pw_set(user, password)
        self._client.on_message = lambda _client, _, message: self._arrived.put(
            (message.topic.encode(), message.payload)
        )
        self._callback: Callback | None = None

    def set_last_will(self, topic: str, msg: str, *, retain: bool, qos: int) -> None:
        """Leave a last will."""
        self._client.will_set(topic, msg, qos=qos, retain=retain)

    def set_callback(self, callback: Callback) -> None:
        """Take what is told of messages."""
        self._callback = callback

    def connect(self) -> None:
        """Connect."""
        self._client.connect(self._server, int(os.environ["MQTT_PORT"]), self._keepalive)
        self._client.loop_start()

    def subscribe(self, topic: str, *, qos: int) -> None:
        """Subscribe."""
        self._client.subscribe(topic, qos)

    def publish(self, topic: str, msg: str, *, retain: bool = False, qos: int = 0) -> None:
        """Publish, and wait for the broker at QoS 1."""
        self._client.publish(topic, msg, qos=qos, retain=retain).wait_for_publish(ANSWER_S_MAX)

    def ping(self) -> None:
        """Do nothing: paho keeps the line alive."""
        if not self._client.is_connected():
            raise OSError("the line is lost")

    def check_msg(self) -> None:
        """Hand on a message, if there is one."""
        try:
            topic, payload = self._arrived.get_nowait()
        except queue.Empty:
            return
        assert self._callback is not None
        self._callback(topic, payload)

"""Births and last wills with the number of their connection, so that a will that comes late ends no newer one."""

from time import time_ns

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ONLINE, OFFLINE = "online", "offline"
"""Birth, and last will or goodbye."""

SESSION_PROPERTY = "session"
"""User property (MQTT 5) of a birth and its will: the number of the connection that they speak of."""


def next_session(before: int) -> int:
    """Return the number of a new connection: the clock's milliseconds, so that it differs over restarts too.

    Args:
        before: number of this program's last one; a clock that was put back doesn't bring it again.
    """
    return max(before + 1, time_ns() // 1_000_000)


def will(topic: str, session: int) -> aiomqtt.Will:
    """Return the last will of a connection."""
    return aiomqtt.Will(topic, OFFLINE, qos=1, retain=True, properties=_numbered(PacketTypes.WILLMESSAGE, session))


async def say(client: aiomqtt.Client, topic: str, status: str, session: int) -> None:
    """Say a birth or a goodbye.

    Raises:
        aiomqtt.MqttError: the broker doesn't take it.
    """
    properties = _numbered(PacketTypes.PUBLISH, session)
    await client.publish(topic, status, qos=1, retain=True, properties=properties)


def _numbered(packet_type: int, session: int) -> Properties:
    properties = Properties(packet_type)  # type: ignore[no-untyped-call]  # paho leaves it so
    properties.UserProperty = (SESSION_PROPERTY, str(session))
    return properties

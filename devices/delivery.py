"""A message in the controller's hand, from its arrival to its acknowledgement."""

import asyncio
from typing import TYPE_CHECKING, Any

import aiomqtt

from devices.agent.birth import SESSION_PROPERTY

if TYPE_CHECKING:
    from devices.connection import Session

SESSION_DIGITS_MAX = 18
"""A number of more digits is none: it would be no number to whoever writes the next program either."""


class Delivery:
    """A message in hand; the broker keeps it until it is acknowledged, and brings it again on the next connection.

    Attributes:
        topic: where it stood.
        payload: what it says.
        expires_at: the loop's time after which its sender doesn't want it to be acted upon; ``None``: any time.
        retained: the broker kept it from before.
    """

    __slots__ = ("_acknowledged", "_mid", "_properties", "_session", "expires_at", "payload", "retained", "topic")

    def __init__(self, session: "Session", message: aiomqtt.Message) -> None:
        self.topic = message.topic.value
        self.payload = bytes(message.payload)
        self.retained = message.retain
        self._properties: Any = message.properties
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
    def session_number(self) -> int | None:
        """Number of the connection that a status speaks of, if its sender gives a good one."""
        for name, value in getattr(self._properties, "UserProperty", None) or ():
            if name == SESSION_PROPERTY:
                good = value.isascii() and value.isdigit() and len(value) <= SESSION_DIGITS_MAX
                return int(value) if good else None
        return None

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

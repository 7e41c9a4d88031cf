"""MQTT topics of the contract: ``yichuang/{hall}/{device}/{leaf}``, built and read in this one place."""

import re
from dataclasses import dataclass
from enum import StrEnum

ROOT = "yichuang"

DISCOVERY_ROOT = "homeassistant"
"""Where Home Assistant looks for devices, by its own default."""

NAME_CHARS_MAX = 64
"""Longest id of a hall or a device: far more than any hall needs, and a topic stays short."""

_HALL = re.compile(rf"[a-z0-9-]{{1,{NAME_CHARS_MAX}}}")
_DEVICE = re.compile(rf"[A-Za-z0-9_-]{{1,{NAME_CHARS_MAX}}}")


class Leaf(StrEnum):
    """What a topic carries."""

    EVENT = "event"
    STATUS = "status"
    COMMAND = "command"
    REPLY = "reply"
    STATE = "state"


_LEAVES = {leaf.value: leaf for leaf in Leaf}


class BadTopic(ValueError):
    """A topic isn't one of the contract's, or an id can't be part of one."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of one device.

    Attributes:
        hall: slug of the hall: lower-case letters, digits, hyphens.
        device: id of the device: letters, digits, hyphens, underscores; unique in the deployment.
        leaf: what it carries.

    Raises:
        BadTopic: an id has other characters, is empty or is too long.
    """

    hall: str
    device: str
    leaf: Leaf

    def __post_init__(self) -> None:
        if not is_hall(self.hall):
            raise BadTopic(f"{self.hall!r} can't be the id of a hall in a topic")
        if not is_device(self.device):
            raise BadTopic(f"{self.device!r} can't be the id of a device in a topic")

    def __str__(self) -> str:
        return f"{ROOT}/{self.hall}/{self.device}/{self.leaf}"


def is_hall(text: str) -> bool:
    """Whether a text can be the id of a hall."""
    return _HALL.fullmatch(text) is not None


def is_device(text: str) -> bool:
    """Whether a text can be the id of a device (or of a window: they are made alike)."""
    return _DEVICE.fullmatch(text) is not None


def build(hall: str, device: str, leaf: Leaf) -> str:
    """Return the topic of a device's leaf.

    Raises:
        BadTopic: an id can't be part of a topic.
    """
    return str(Topic(hall, device, leaf))


def parse(topic: str) -> Topic:
    """Read a topic.

    Raises:
        BadTopic: it isn't one of the contract's.
    """
    match topic.split("/"):
        case [root, hall, device, leaf] if root == ROOT and leaf in _LEAVES:
            return Topic(hall, device, _LEAVES[leaf])
        case _:
            raise BadTopic(f"{topic!r} isn't of the form {ROOT}/HALL/DEVICE/LEAF")


def of_all(leaf: Leaf, *, group: str | None = None) -> str:
    """Return the filter of a leaf of all devices in all halls.

    Args:
        leaf: what to subscribe to.
        group: name of a shared subscription, so that of several controllers one gets each message.
    """
    own = f"{ROOT}/+/+/{leaf}"
    return own if group is None else f"$share/{group}/{own}"

"""What a board of the tests and the controller say to each other, held against the published contract."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devices.messages import DeviceEvent, parse_event
from devices.outgoing import Command, Reply, State
from devices.topics import Leaf, build
from tests.support import firmware
from tests.support.contract import faults
from tests.support.firmware import Board

HALL = "demo"
TELLS_OF_ITSELF = {"telemetry", "command_done"}
"""Events that a device doesn't keep."""


def program_of(device: str, folder: Path) -> Path:
    """Check and compile the configuration of a device of the sample hall; return the program."""
    return firmware.build(firmware.valid(firmware.prepared(folder), device), folder)


class Device:
    """A board under its device's name.

    Attributes:
        name: the device's id.
        board: what it runs on.
    """

    def __init__(self, name: str, board: Board) -> None:
        self.name = name
        self.board = board

    def do(self, *words: str) -> list[list[str]]:
        """Let something happen; return what the program did beside talking."""
        return [line for line in self.board.do(*words) if line[0] != "publish"]

    def events(self, *words: str) -> list[DeviceEvent]:
        """Let something happen; return the events that it brought, without what the device tells of itself."""
        return [event for event in self.said(self.board.do(*words)) if event.type not in TELLS_OF_ITSELF]

    def of_itself(self, *words: str) -> list[DeviceEvent]:
        """Let something happen; return what the device told of itself."""
        return [event for event in self.said(self.board.do(*words)) if event.type in TELLS_OF_ITSELF]

    def said(self, told: list[list[str]]) -> list[DeviceEvent]:
        """Read events as the controller's gateway does, and hold them against the published contract."""
        events = []
        for kind, topic, qos, retain, payload in (line for line in told if line[0] == "publish"):
            if topic == build(HALL, self.name, Leaf.STATUS):
                assert (qos, retain, payload) == ("1", "1", "online")
                continue
            assert (kind, topic, qos, retain) == ("publish", build(HALL, self.name, Leaf.EVENT), "1", "0")
            event = parse_event(payload.encode())
            assert faults(f"event.{event.type}", json.loads(payload)) == []
            events.append(event)
        return events

    def hear(self, said: Command | Reply | State) -> list[list[str]]:
        """Deliver what the controller says."""
        leaf = Leaf.REPLY if isinstance(said, Reply) else Leaf.COMMAND if hasattr(said, "id") else Leaf.STATE
        return self.board.receive(build(HALL, self.name, leaf), json.loads(said.to_payload()))

    def accept(self, event: DeviceEvent) -> list[list[str]]:
        """Answer an event: it is on the disk."""
        return self.hear(Reply.accepted(event.id, {}))

    def lamps(self) -> str:
        """Return which lamps are lit: ``1`` or ``0`` each, in the order of the configuration."""
        self.board.do("every 100ms")
        return self.board.do("lamps")[0][1]


@contextmanager
def running(name: str, program: Path) -> Iterator[Device]:
    """Switch a device on meanwhile."""
    with Board(program) as board:
        yield Device(name, board)

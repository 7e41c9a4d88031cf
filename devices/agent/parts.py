"""Programs made from what a machine is said to be, and what a line typed at each of them means."""

import shlex
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import structlog

from devices.agent.call_pad import CallPad
from devices.agent.config import (
    Account,
    CallPadPart,
    Config,
    LedPart,
    PrinterPart,
    Printing,
    Remembering,
    ReviewPadPart,
    SpeakerPart,
    TicketMachinePart,
    WiredPadsPart,
)
from devices.agent.led import LedSign
from devices.agent.link import Link
from devices.agent.memory import Memory
from devices.agent.pad_bus import PadBus
from devices.agent.program import Program, Tell
from devices.agent.review_pad import ReviewPad
from devices.agent.speaker import Speaker
from devices.agent.ticket_machine import TicketMachine
from devices.agent.wire import Reply
from devices.agent.wired_pads import WiredPad
from devices.printer import open_printer

log = structlog.get_logger(__name__)

Act: TypeAlias = Callable[[str], Awaitable[Reply]]
"""What a line typed at a device does."""


class BadLineError(Exception):
    """A line typed at a device isn't of the form that it understands."""


@dataclass(frozen=True, slots=True)
class Part:
    """A program that can run.

    Attributes:
        program: what runs.
        act: what a line typed does; a part without keys reads none.
        rest: what to wait for when no more is typed.
    """

    program: Program
    act: Act | None = None
    rest: Callable[[], Awaitable[None]] | None = None


def make_parts(config: Config, state: Path, tell: Tell, stack: ExitStack) -> list[Part]:
    """Return the parts of a machine, not yet running.

    Args:
        config: what it is.
        state: folder of their memories.
        tell: where they say what happens.
        stack: closes their memories.

    Raises:
        MemoryInUseError: a part's program runs already.
        OSError: a folder can't be made.
        sqlite3.Error: a memory can't be opened.
    """
    parts: list[Part] = []
    for part in config.parts:
        if isinstance(part, WiredPadsPart):
            parts += _wired_pads(config, part, tell)
        else:
            parts.append(_make(config, part, state, tell, stack))
    return parts


def _wired_pads(config: Config, part: WiredPadsPart, tell: Tell) -> list[Part]:
    bus = PadBus(part.port, part.baud)
    return [
        Part(
            WiredPad(
                Link(config.hall, pad.device, config.broker_of(pad)),
                bus,
                pad.address,
                serves_bus=pad is part.pads[0],
                tell=tell,
            )
        )
        for pad in part.pads
    ]


def _make(config: Config, part: Account, state: Path, tell: Tell, stack: ExitStack) -> Part:
    memory = None
    if isinstance(part, Remembering):
        memory = stack.enter_context(Memory(part.memory or state / f"device-{part.device}.sqlite3"))
        if memory.set_aside is not None:
            log.warning("memory_damaged", device=part.device, kept_as=str(memory.set_aside), effect="may print again")
    link = Link(config.hall, part.device, config.broker_of(part), memory=memory)
    match part:
        case TicketMachinePart():
            return _ticket_machine(_printing(part, link, tell))
        case PrinterPart():
            return Part(_printing(part, link, tell))
        case ReviewPadPart():
            return _review_pad(ReviewPad(link, tell=tell))
        case CallPadPart():
            return _call_pad(CallPad(link, tell=tell))
        case LedPart():
            return Part(LedSign(link, out=part.out, brightness_out=part.brightness_out, tell=tell))
        case SpeakerPart():
            return Part(Speaker(link, player=part.player, out=part.out, tell=tell))
    raise AssertionError(part)


def _printing(part: Printing, link: Link, tell: Tell) -> TicketMachine:
    roll_mm = None if part.roll_m is None else part.roll_m * 1000
    return TicketMachine(link, open_printer(part.printer), tell=tell, roll_mm=roll_mm)


def _ticket_machine(machine: TicketMachine) -> Part:
    def act(line: str) -> Awaitable[Reply]:
        match line.split():
            case ["check-in", appointment]:
                return machine.check_in(appointment)
            case ["new-roll"]:
                return machine.new_roll()
            case ["return", ticket]:
                return machine.return_ticket(ticket)
            case ["reprint", ticket]:
                return machine.reprint(ticket)
            case [services, *lane] if len(lane) <= 1:
                return machine.take_ticket([code for code in services.split(",") if code], *lane)
        raise BadLineError("SERVICE[,SERVICE] [LANE], check-in APPOINTMENT, return TICKET, reprint TICKET, new-roll")

    return Part(machine, act, machine.idle)


def _review_pad(pad: ReviewPad) -> Part:
    def act(line: str) -> Awaitable[Reply]:
        level, _, rest = line.partition(" ")
        if not level.isascii() or not level.isdigit():
            raise BadLineError("LEVEL [TAG,TAG|-] [TEXT]")
        tags, _, text = rest.strip().partition(" ")
        return pad.submit(int(level), [] if tags in {"", "-"} else tags.split(","), text.strip())

    return Part(pad, act)


def _call_pad(pad: CallPad) -> Part:
    def act(line: str) -> Awaitable[Reply]:
        try:
            action, *details = shlex.split(line)
        except ValueError as error:
            raise BadLineError(f"ACTION [name=value …]: {error}") from error
        if not all("=" in detail for detail in details):
            raise BadLineError("ACTION [name=value …]")
        pairs: dict[str, str] = dict(detail.split("=", 1) for detail in details)
        return pad.press(action, pairs)

    return Part(pad, act)

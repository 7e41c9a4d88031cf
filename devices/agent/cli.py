"""``yichuang device …``: the programs that run on a hall's small machines, a Raspberry Pi or a kiosk's PC.

Each speaks the contract over MQTT. Lines typed or piped in are what a person does at the device; each answer and each
happening is one line of JSON on standard output; logs go to standard error.
"""

import asyncio
import os
import shlex
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, TypeAlias

import structlog
import typer

from devices.agent.call_pad import CallPad
from devices.agent.console import lines, say
from devices.agent.led import LedSign
from devices.agent.link import Link, NoReplyError
from devices.agent.memory import Memory, MemoryInUseError
from devices.agent.program import Program
from devices.agent.review_pad import ReviewPad
from devices.agent.speaker import Speaker
from devices.agent.ticket_machine import TicketMachine
from devices.agent.wire import Broker, Reply
from devices.printer import open_printer

app = typer.Typer(no_args_is_help=True, help="Programs of a hall's devices, over MQTT.")

REST_S_MAX = 60.0
"""How long ``--until-eof`` waits for receipts still to be printed."""

Act: TypeAlias = Callable[[str], Awaitable[Reply]]
"""What a line typed at a device does."""

Hall = Annotated[str, typer.Option("--hall", envvar="YICHUANG_HALL", help="Id of the hall.")]
DeviceId = Annotated[str, typer.Option("--id", envvar="YICHUANG_DEVICE", help="Id of this device in the plan.")]
BrokerUrl = Annotated[str, typer.Option("--broker", envvar="YICHUANG_BROKER", help="mqtt[s]://HOST[:PORT]")]
Username = Annotated[
    str | None, typer.Option("--username", envvar="YICHUANG_DEVICE_USERNAME", help="Account at the broker.")
]
Password = Annotated[
    str | None,
    typer.Option("--password", envvar="YICHUANG_DEVICE_PASSWORD", help="Its password; better in the environment."),
]
CaFile = Annotated[
    Path | None, typer.Option("--ca-file", envvar="YICHUANG_CA_FILE", help="Certificates to trust for mqtts://.")
]
MemoryFile = Annotated[
    Path | None,
    typer.Option("--memory", envvar="YICHUANG_DEVICE_MEMORY", help="Where it remembers over a power cut."),
]
UntilEof = Annotated[bool, typer.Option("--until-eof", help="End when the input ends; otherwise it may be /dev/null.")]


class BadLineError(Exception):
    """A line typed at a device isn't of the form that it understands."""


@app.command("ticket-machine")
def ticket_machine(
    *,
    hall: Hall,
    device: DeviceId,
    broker: BrokerUrl,
    printer: Annotated[str, typer.Option(help="tcp://HOST:9100, serial:///dev/…, usb://VVVV:PPPP or file:///…")],
    username: Username = None,
    password: Password = None,
    ca_file: CaFile = None,
    memory: MemoryFile = None,
    until_eof: UntilEof = False,
) -> None:
    """Take tickets and print receipts.

    Lines: ``SERVICE[,SERVICE] [LANE]``, ``check-in APPOINTMENT``, ``return TICKET``, ``reprint TICKET``.
    """
    with ExitStack() as stack:
        link = _link(hall, device, _broker(broker, username, password, ca_file), _memory(memory, device, stack))
        try:
            machine = TicketMachine(link, open_printer(printer), tell=say)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error

        def act(line: str) -> Awaitable[Reply]:
            match line.split():
                case ["check-in", appointment]:
                    return machine.check_in(appointment)
                case ["return", ticket]:
                    return machine.return_ticket(ticket)
                case ["reprint", ticket]:
                    return machine.reprint(ticket)
                case [services, *lane] if len(lane) <= 1:
                    return machine.take_ticket([code for code in services.split(",") if code], *lane)
            raise BadLineError("SERVICE[,SERVICE] [LANE], check-in APPOINTMENT, return TICKET, or reprint TICKET")

        _run(machine, act, until_eof=until_eof, rest=machine.idle)


@app.command("review-pad")
def review_pad(
    *,
    hall: Hall,
    device: DeviceId,
    broker: BrokerUrl,
    username: Username = None,
    password: Password = None,
    ca_file: CaFile = None,
    memory: MemoryFile = None,
    until_eof: UntilEof = False,
) -> None:
    """Show invitations and send reviews. Lines: ``LEVEL [TAG,TAG|-] [TEXT]``, level 5 very satisfied … 1."""
    with ExitStack() as stack:
        link = _link(hall, device, _broker(broker, username, password, ca_file), _memory(memory, device, stack))
        pad = ReviewPad(link, tell=say)

        def act(line: str) -> Awaitable[Reply]:
            level, _, rest = line.partition(" ")
            if not level.isascii() or not level.isdigit():
                raise BadLineError("LEVEL [TAG,TAG|-] [TEXT]")
            tags, _, text = rest.strip().partition(" ")
            return pad.submit(int(level), [] if tags in {"", "-"} else tags.split(","), text.strip())

        _run(pad, act, until_eof=until_eof)


@app.command("call-pad")
def call_pad(
    *,
    hall: Hall,
    device: DeviceId,
    broker: BrokerUrl,
    username: Username = None,
    password: Password = None,
    ca_file: CaFile = None,
    until_eof: UntilEof = False,
) -> None:
    """Call and serve at a window. Lines: ``ACTION [name=value …]``, e.g. ``next``, ``away reason=开会``."""
    pad = CallPad(_link(hall, device, _broker(broker, username, password, ca_file)), tell=say)

    def act(line: str) -> Awaitable[Reply]:
        try:
            action, *details = shlex.split(line)
        except ValueError as error:
            raise BadLineError(f"ACTION [name=value …]: {error}") from error
        if not all("=" in detail for detail in details):
            raise BadLineError("ACTION [name=value …]")
        pairs: dict[str, str] = dict(detail.split("=", 1) for detail in details)
        return pad.press(action, pairs)

    _run(pad, act, until_eof=until_eof)


@app.command("led")
def led(
    *,
    hall: Hall,
    device: DeviceId,
    broker: BrokerUrl,
    out: Annotated[Path | None, typer.Option(help="File that always holds the text shown.")] = None,
    username: Username = None,
    password: Password = None,
    ca_file: CaFile = None,
) -> None:
    """Show what the sign above a window says."""
    _run(LedSign(_link(hall, device, _broker(broker, username, password, ca_file)), out=out, tell=say))


@app.command("speaker")
def speaker(
    *,
    hall: Hall,
    device: DeviceId,
    broker: BrokerUrl,
    player: Annotated[str, typer.Option(help="Command that plays a WAV file, e.g. 'aplay -q'.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder that gets each announcement played.")] = None,
    username: Username = None,
    password: Password = None,
    ca_file: CaFile = None,
) -> None:
    """Play announcements."""
    link = _link(hall, device, _broker(broker, username, password, ca_file))
    try:
        loudspeaker = Speaker(link, player=player, out=out, tell=say)
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from error
    _run(loudspeaker)


def _broker(url: str, username: str | None, password: str | None, ca_file: Path | None) -> Broker:
    try:
        return Broker.parse(url, username=username, password=password, ca_file=str(ca_file) if ca_file else None)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _memory(path: Path | None, device: str, stack: ExitStack) -> Memory:
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    try:
        memory = stack.enter_context(Memory(path or state / "yichuang" / f"device-{device}.sqlite3"))
    except (MemoryInUseError, OSError) as error:
        raise typer.BadParameter(str(error)) from error
    if memory.set_aside is not None:
        typer.echo(
            f"The memory was damaged and is kept as {memory.set_aside}; receipts may be printed again.", err=True
        )
    return memory


def _link(hall: str, device: str, broker: Broker, memory: Memory | None = None) -> Link:
    return Link(hall, device, broker, memory=memory)


def _run(
    program: Program,
    act: Act | None = None,
    *,
    until_eof: bool = False,
    rest: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run a program until it is told to stop; the exit status says whether every line was understood and answered.

    Args:
        program: what to run.
        act: what a line typed does; a device without keys reads none.
        until_eof: stop when the input ends.
        rest: what to wait for then.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    raise typer.Exit(asyncio.run(_main(program, act, until_eof=until_eof, rest=rest)))


async def _main(
    program: Program, act: Act | None, *, until_eof: bool, rest: Callable[[], Awaitable[None]] | None
) -> int:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with program:
        tasks = [asyncio.create_task(program.ended()), asyncio.create_task(stopped.wait())]
        typed = asyncio.create_task(_type(act, until_eof=until_eof, rest=rest))
        try:
            await asyncio.wait({*tasks, typed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, typed):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            status, *_ = await asyncio.gather(typed, return_exceptions=True)
    if isinstance(status, Exception):
        raise status
    return status if isinstance(status, int) else 0


async def _type(act: Act | None, *, until_eof: bool, rest: Callable[[], Awaitable[None]] | None) -> int:
    """Carry out what is typed until the input ends, or for ever; return the exit status."""
    status = 0
    if act is not None:
        async for line in lines(sys.stdin):
            status |= await _carry_out(act, line)
    if not until_eof:
        await asyncio.Event().wait()
    if rest is not None:
        try:
            await asyncio.wait_for(rest(), REST_S_MAX)
        except TimeoutError:
            say(_error("no_paper", f"a receipt isn't printed after {REST_S_MAX:g} s"))
            status = 1
    return status


async def _carry_out(act: Act, line: str) -> int:
    """Do what a line says and write the answer; return 1 if there was none."""
    try:
        reply = await act(line)
    except BadLineError as error:
        say(_error("bad_line", f"{line!r} isn't of the form {error}"))
    except NoReplyError as error:
        say(_error("no_reply", str(error)))
    except sqlite3.Error as error:
        say(_error("memory_unavailable", str(error)))
    else:
        say(reply.body)
        return 0
    return 1


def _error(code: str, message: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": code, "message": message}}

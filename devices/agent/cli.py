"""``yichuang device …``: the programs that run on a hall's small machines, a Raspberry Pi or a kiosk's PC.

``run`` runs what a file describes, one part or several; the commands named by a kind run one part by options alone.
Lines typed or piped in are what a person does at the device; each answer and each happening is one line of JSON on
standard output; logs go to standard error.
"""

from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from devices.agent.config import (
    Account,
    CallPadPart,
    Config,
    LedPart,
    ReviewPadPart,
    SpeakerPart,
    TicketMachinePart,
)
from devices.agent.machine_cli import add_machine_commands
from devices.agent.runner import CannotStartError, run_machine
from devices.agent.wire import Broker

app = typer.Typer(no_args_is_help=True, help="Programs of a hall's devices, over MQTT.")
add_machine_commands(app)

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

_Form = TypeVar("_Form", bound=BaseModel)
_Part = TypeVar("_Part", bound=Account)


@app.command("ticket-machine")
def ticket_machine(
    *,
    hall: Hall,
    device: DeviceId,
    broker: BrokerUrl,
    printer: Annotated[str, typer.Option(help="tcp://HOST:9100, serial:///dev/…, usb://VVVV:PPPP or file:///…")],
    roll_m: Annotated[
        float | None, typer.Option(help="Metres of paper on a whole roll, by which it counts what is left.")
    ] = None,
    username: Username = None,
    password: Password = None,
    ca_file: CaFile = None,
    memory: MemoryFile = None,
    until_eof: UntilEof = False,
) -> None:
    """Take tickets and print receipts.

    Lines: ``SERVICE[,SERVICE] [LANE]``, ``check-in APPOINTMENT``, ``return TICKET``, ``reprint TICKET``, ``new-roll``.
    """
    part = _part(TicketMachinePart, device, username, password, printer=printer, memory=memory, roll_m=roll_m)
    _run(hall, broker, ca_file, part, until_eof=until_eof)


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
    _run(hall, broker, ca_file, _part(ReviewPadPart, device, username, password, memory=memory), until_eof=until_eof)


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
    _run(hall, broker, ca_file, _part(CallPadPart, device, username, password), until_eof=until_eof)


@app.command("led")
def led(
    *,
    hall: Hall,
    device: DeviceId,
    broker: BrokerUrl,
    out: Annotated[Path | None, typer.Option(help="File that always holds the text shown.")] = None,
    brightness_out: Annotated[Path | None, typer.Option(help="File that holds how bright it is to be, in %.")] = None,
    username: Username = None,
    password: Password = None,
    ca_file: CaFile = None,
) -> None:
    """Show what the sign above a window says."""
    _run(hall, broker, ca_file, _part(LedPart, device, username, password, out=out, brightness_out=brightness_out))


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
    _run(hall, broker, ca_file, _part(SpeakerPart, device, username, password, player=player, out=out))


def _part(
    form: type[_Part], device: str, username: str | None, password: str | None, **keys: str | Path | float | None
) -> _Part:
    return _valid(form, device=device, username=username, password=password, **keys)


def _run(hall: str, broker: str, ca_file: Path | None, part: Account, *, until_eof: bool = False) -> None:
    """Run one part until it is told to stop."""
    try:
        where = Broker.parse(broker, username=part.username, password=part.password)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    own = part.model_copy(update={"username": where.username, "password": where.password})
    config = _valid(Config, broker=broker, ca_file=ca_file, hall=hall, parts=(own,))
    try:
        raise typer.Exit(run_machine(config, until_eof=until_eof))
    except CannotStartError as error:
        raise typer.BadParameter(str(error)) from error


def _valid(form: type[_Form], **keys: Any) -> _Form:
    try:
        return form(**keys)
    except ValidationError as error:
        raise typer.BadParameter("; ".join(each["msg"] for each in error.errors())) from error

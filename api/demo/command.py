"""`yichuang demo`: a living hall on this machine."""

import asyncio
import logging
import secrets
import shutil
import socket
import sys
import tempfile
from contextlib import ExitStack
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Annotated

import structlog
import typer

from api.demo.child import ControllerFailed
from api.demo.console import both, fit
from api.demo.contract import Refused, Unavailable
from api.demo.run import Wanted, run
from api.settings import HTTP_DEFAULT, MQTT_DEFAULT, Address
from controller.runtime.errors import OperatingError

SPEED_MIN, SPEED_MAX = 0.1, 120.0
SEED_MAX = 1_000_000
LOG_FILE = "demo.log"
LOG_BYTES_MAX = 4_000_000
OWN_LOGGERS = ("api.", "devices.")
CLEAR_LINE = "\r\x1b[K"


def demo(
    *,
    speed: Annotated[
        float, typer.Option(min=SPEED_MIN, max=SPEED_MAX, help="How much faster than in life people live.")
    ] = 10.0,
    alone: Annotated[
        bool, typer.Option("--alone", help="Nobody else comes: take the tickets and staff the windows yourself.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="Folder that keeps the data; without it they are gone at the end.")
    ] = None,
    http: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help=f"Where the pages are; {HTTP_DEFAULT}, or a free port.")
    ] = None,
    mqtt: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help=f"Where the broker is; {MQTT_DEFAULT}, or a free port.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same number, the same people.")] = None,
    plan: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Plan of another hall than the sample one.")
    ] = None,
) -> None:
    """Open a living hall: real devices over MQTT, simulated people. Ctrl-C closes it."""
    arguments = [
        *("--http", _address(http, HTTP_DEFAULT)),
        *("--mqtt", _address(mqtt, MQTT_DEFAULT)),
        *(("--plan", str(plan.resolve())) if plan is not None else ()),
    ]
    with ExitStack() as stack:
        try:
            folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yichuang-demo-")))
            folder = folder.resolve()
            folder.mkdir(parents=True, exist_ok=True)
            _log_to(folder / LOG_FILE, stack)
            wanted = Wanted(
                speed=speed,
                seed=seed if seed is not None else secrets.randbelow(SEED_MAX),
                folder=folder,
                is_alone=alone,
                arguments=["--data", str(folder), *arguments],
                say=_say,
                progress=_progress,
            )
            _say(both("demo.starting"))
            asyncio.run(run(wanted))
        except (ControllerFailed, Refused, Unavailable, OperatingError, OSError) as error:
            typer.echo(f"{both('demo.failed')}\n{error}", err=True)
            raise typer.Exit(1) from error
        if sys.stdout.isatty():
            _say("")
        _say(both("demo.closed"))


def _address(given: str | None, preferred: str) -> str:
    """Return where to listen: as told, or else where people look first, or else on a free port beside it."""
    try:
        address = Address.parse(given or preferred)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if _is_free(address):
        return str(address)
    if given is not None:
        raise typer.BadParameter(f"{address} can't be used: another program has it, or it isn't this machine's")
    with _socket(address) as probe:
        probe.bind((address.host, 0))
        return str(Address(address.host, probe.getsockname()[1]))


def _is_free(address: Address) -> bool:
    with _socket(address) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError:
            return False
    return True


def _socket(address: Address) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET)


def _log_to(path: Path, stack: ExitStack) -> None:
    """Write what the devices, the people and the controller have to tell into a file of bounded size.

    Of libraries' own words only warnings are of use: a line for each request and each paper tells nobody anything.
    """
    about: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    as_json = structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES_MAX, backupCount=1, encoding="utf-8")
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.startswith(OWN_LOGGERS))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=about,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, as_json],
        )
    )
    stack.callback(handler.close)
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    structlog.configure(
        processors=[*about, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _progress(line: str) -> None:
    """Write the line of figures: over the one before on a terminal, so that the addresses stay in sight."""
    if sys.stdout.isatty():
        sys.stdout.write(CLEAR_LINE + fit(line, shutil.get_terminal_size().columns - 1))
        sys.stdout.flush()
    else:
        _say(line)

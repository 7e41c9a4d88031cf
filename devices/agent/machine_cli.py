"""``yichuang device configure``, ``check`` and ``run``: a machine by its file."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import orjson
import typer

from devices.agent.config import Config, ConfigFault
from devices.agent.probe import enter
from devices.agent.runner import CannotStartError, run_machine

CA_FILE = "ca.pem"
"""Beside the machine's file: certificate of the hall's own authority."""

FAULT = 2
"""Exit status when the file must be mended before anything else."""

File = Annotated[Path, typer.Option("--config", envvar="YICHUANG_DEVICE_CONFIG", help="The machine's file, TOML.")]


def add_machine_commands(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("configure")(configure)
    app.command("check")(check)
    app.command("run")(run)


def configure(
    *,
    account: Annotated[
        str, typer.Argument(help="File with the line that 'device add' printed; - reads it from standard input.")
    ],
    kind: Annotated[str, typer.Option("--kind", help="What the part is.")],
    hall: Annotated[str, typer.Option("--hall", envvar="YICHUANG_HALL", help="Id of the hall.")],
    out: Annotated[Path, typer.Option("--out", help="File to write; only its owner may read it.")],
    printer: Annotated[str, typer.Option(help="Of a ticket machine or printer.")] = "",
    ca_file: Annotated[
        str,
        typer.Option(
            "--ca-file", help="Certificates to trust for mqtts://; by default what 'device add' printed, as ca.pem."
        ),
    ] = "",
) -> None:
    """Write the file of a machine with one part, from what ``device add`` printed."""
    try:
        text = sys.stdin.read() if account == "-" else Path(account).read_text("utf-8")
        given = orjson.loads(text)
        keys = {name: given[name] for name in ("broker", "device", "username", "password")}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise typer.BadParameter(
            f"{account} doesn't hold the line that 'yichuang device add' prints: {error}"
        ) from error
    told_ca = "" if ca_file else str(given.get("ca", ""))
    ca_file = CA_FILE if told_ca else ca_file
    top = {**keys, "hall": hall, **({"ca_file": ca_file} if ca_file else {})}
    part = {"kind": kind, **({"printer": printer} if printer else {})}
    if out.exists():
        raise typer.BadParameter(f"{out} exists already; it stays as it is")
    try:
        if told_ca:
            _keep_ca(out.with_name(CA_FILE), told_ca)
        out.touch(mode=0o600)
        out.write_text(_toml(top) + "\n[[parts]]\n" + _toml(part), "utf-8")
        Config.read(out)
    except OSError as error:
        raise typer.BadParameter(str(error)) from error
    except ConfigFault as fault:
        out.unlink()
        _fail(fault)


def _keep_ca(path: Path, certificate: str) -> None:
    """Write the authority's certificate beside the machine's file, where another machine's file may use it too.

    Raises:
        BadParameter: another one is there.
        OSError: it can't be written.
    """
    if not path.exists():
        path.write_text(certificate, "utf-8")
    elif path.read_text("utf-8") != certificate:
        raise typer.BadParameter(f"{path} is another authority's certificate; it stays as it is: choose another folder")


def check(
    file: Annotated[Path, typer.Argument(help="The machine's file.")],
    *,
    online: Annotated[bool, typer.Option("--online", help="Try to enter the broker with each account too.")] = False,
) -> None:
    """Look whether a file is as it should be; say of each fault where it is and what to do."""
    config = _read(file)
    fine = True
    for account in config.accounts():
        answer = asyncio.run(enter(config.broker_of(account), account.device)) if online else ""
        fine &= not answer
        where = config.broker_of(account)
        state = answer or (f"the broker {where.host} lets it in" if online else "well described")
        typer.echo(f"{account.device}: {state}")
    if not fine:
        raise typer.Exit(1)


def run(
    *,
    file: File,
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="End when the input ends; otherwise it may be /dev/null.")
    ] = False,
) -> None:
    """Run all parts of a machine. Lines are those of its part; of several with keys, they begin with a device's id."""
    config = _read(file)
    try:
        raise typer.Exit(run_machine(config, until_eof=until_eof))
    except CannotStartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error  # it may go away, e.g. a full disk: a supervisor tries again


def _read(file: Path) -> Config:
    try:
        return Config.read(file)
    except ConfigFault as fault:
        _fail(fault)


def _fail(fault: ConfigFault) -> NoReturn:
    typer.echo(str(fault), err=True)
    raise typer.Exit(FAULT) from fault


def _toml(keys: dict[str, str]) -> str:
    """Return keys with texts as TOML, whose basic strings are JSON's, but for DEL (TOML 1.0)."""
    return "".join(f"{name} = {orjson.dumps(value).decode()}\n" for name, value in keys.items())

"""``yichuang tls``: certificates by which devices on the network know the hall's broker."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from api.certificates import TlsFiles, host_name, make_authority, make_server, read_server

app = typer.Typer(no_args_is_help=True, help="Certificates by which devices on the network know the hall's broker.")

Data = Annotated[Path, typer.Option("--data", envvar="YICHUANG_DATA", help="The controller's folder.")]


@app.command()
def init(
    *,
    host: Annotated[
        list[str],
        typer.Option("--host", help="Name or address by which devices reach this machine; may be given often."),
    ],
    data: Data = Path("data"),
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Make a new authority in place of the old: every device must get the new one."),
    ] = False,
) -> None:
    """Make the hall's own authority and a certificate of the broker; print where the authority's certificate is."""
    files = TlsFiles.of(data)
    hosts = _hosts(host)
    if files.there and not replace:
        _fail(
            f"{files.there[0]} exists already: 'yichuang tls renew' makes a new certificate by the same authority; "
            "a new authority, which every device must get, is made with --replace"
        )
    now = datetime.now(UTC)
    try:
        make_authority(files, now)
        make_server(files, hosts, now)
    except (OSError, ValueError) as error:
        _fail(str(error))
    typer.echo(files.ca)
    _tell(files)


@app.command()
def renew(
    *,
    host: Annotated[
        list[str] | None,
        typer.Option("--host", help="Name or address of the machine; by default those of the last certificate."),
    ] = None,
    data: Data = Path("data"),
) -> None:
    """Make a new certificate of the broker by the same authority; devices need nothing new."""
    files = TlsFiles.of(data)
    if not files.ca.exists():
        _fail(f"there is no authority in {files.folder}: make one with 'yichuang tls init --host NAME'")
    try:
        make_server(files, _hosts(host) if host else read_server(files).names, datetime.now(UTC))
    except (OSError, ValueError) as error:
        _fail(str(error))
    _tell(files)


def _hosts(given: list[str]) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(host_name(each) for each in given))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _tell(files: TlsFiles) -> None:
    made = read_server(files)
    typer.echo(
        f"the broker's certificate names {', '.join(made.names)} and holds until {made.until:%Y-%m-%d}; "
        "a running controller shows it within a few seconds",
        err=True,
    )


def _fail(reason: str) -> NoReturn:
    typer.echo(f"yichuang: {reason}", err=True)
    raise typer.Exit(1)

"""``yichuang device add`` and its like: the registry of devices, on the database that a controller uses or will use."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import orjson
import typer

from api import logs
from api.broker_note import read_broker
from api.join_sheet import sheet as sheet_of
from api.joining import Broker, Joined, Joining
from api.problems import Problem
from api.settings import database_in
from api.user_commands import who_types
from controller.plan import DeviceKind
from controller.runtime.catalogue import DEFAULT_LANGUAGE, languages, text
from controller.runtime.clock import SystemClock
from controller.runtime.device_store import DeviceStore
from controller.runtime.errors import OperatingError
from controller.runtime.journal import Journal
from devices.agent.files import replace_file
from devices.broker_accounts import DeviceAccount, access, passwords
from devices.broker_folder import PRIVATE

T = TypeVar("T")

REGISTRY = "Registry: who may speak, and what they are told"

Id = Annotated[str, typer.Argument(help="Id of the device, unique in the whole deployment.", metavar="ID")]
Data = Annotated[Path, typer.Option("--data", envvar="YICHUANG_DATA", help="The controller's folder.")]
Database = Annotated[
    str, typer.Option("--database", envvar="YICHUANG_DATABASE", help="postgresql://… or sqlite:///FILE")
]
BrokerUrl = Annotated[
    str,
    typer.Option(
        "--broker",
        envvar="YICHUANG_DEVICE_BROKER",
        help="What the device is told of its broker; by default the one that the controller of this folder said last.",
    ),
]


def add(
    device: Id,
    *,
    kind: Annotated[DeviceKind, typer.Option("--kind", help="What it is.")],
    hall: Annotated[str, typer.Option("--hall", help="Where it stands.")],
    window: Annotated[str | None, typer.Option("--window", help="At which window, if the plan doesn't say.")] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="In which zone, if the plan doesn't say.")] = None,
    broker: BrokerUrl = "",
    data: Data = Path("data"),
    database: Database = "",
) -> None:
    """Let a device speak; print what it needs to join, its password too, as one line of JSON. It is told once."""

    async def work(joining: Joining, by: str) -> Joined:
        return await joining.add(device, kind, hall, by, window=window, zone=zone)

    _tell(on_registry(data, database, broker, work, may_begin=True))


def list_all(data: Data = Path("data"), database: Database = "") -> None:
    """Print a line for each device, tab-separated: hall, id, kind, window or zone, since when, state."""

    async def work(joining: Joining, _by: str) -> list[str]:
        return [
            "\t".join(
                (
                    one.hall,
                    one.id,
                    one.kind,
                    one.window or one.zone or "-",
                    one.added_at.isoformat(timespec="seconds"),
                    "in use" if one.revoked_at is None else f"revoked {one.revoked_at.isoformat(timespec='seconds')}",
                )
            )
            for one in await joining.store.devices()
        ]

    for line in on_registry(data, database, "", work):
        typer.echo(line)


def revoke(device: Id, data: Data = Path("data"), database: Database = "") -> None:
    """Let a device not speak any more; a connection that it has is ended. It can be added again."""
    on_registry(data, database, "", lambda joining, by: joining.revoke(device, by))


def sheet(
    device: Id,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="File to write, HTML; ID.html here by default.")] = None,
    language: Annotated[str, typer.Option("--language", help=f"One of {', '.join(languages())}.")] = DEFAULT_LANGUAGE,
    broker: BrokerUrl = "",
    data: Data = Path("data"),
    database: Database = "",
) -> None:
    """Give a device a new password and write its sheet, to be printed; the old password ends. Prints where it is."""
    joined = on_registry(data, database, broker, lambda joining, by: joining.renew(device, by))
    path = out or Path(f"{device}.html")
    try:
        replace_file(path, sheet_of(joined, language).encode(), mode=PRIVATE)
    except OSError as error:
        fail(f"the sheet can't be written, so run this again with another --out: {error}")
    typer.echo(path)


def acl(
    controller_hash: Annotated[
        str,
        typer.Option(
            "--passwords",
            metavar="HASH",
            help="Print the password file instead; HASH is what mosquitto_passwd made of the controller's password.",
        ),
    ] = "",
    data: Data = Path("data"),
    database: Database = "",
) -> None:
    """Print the access file of a Mosquitto that isn't the controller's own: who may say and hear what."""

    async def work(joining: Joining, _by: str) -> list[DeviceAccount]:
        devices = await joining.store.devices()
        return [DeviceAccount(one.hall, one.id, one.secret) for one in devices if one.revoked_at is None]

    accounts = on_registry(data, database, "", work)
    sys.stdout.write(passwords(accounts, controller_hash) if controller_hash else access(accounts))


def add_to(app: typer.Typer) -> None:
    """Give an application the commands of the registry."""
    for name, command in (("add", add), ("list", list_all), ("revoke", revoke), ("sheet", sheet), ("acl", acl)):
        app.command(name, rich_help_panel=REGISTRY)(command)


def _tell(joined: Joined) -> None:
    typer.echo(orjson.dumps(joined.form()).decode())


def on_registry(
    data: Path,
    database: str,
    broker: str,
    work: Callable[[Joining, str], Awaitable[T]],
    *,
    may_begin: bool = False,
) -> T:
    """Do something with the registry and return what comes of it; whatever fails ends the program with its reason.

    Args:
        data: the controller's folder.
        database: address of its database, if it isn't in the folder.
        broker: what devices are told of theirs; ``""``: what the controller said last.
        work: is given the registry, and who types.
        may_begin: a controller's database comes to be by it, where there is none.
    """
    logs.configure("warning")  # on standard error: what is printed is the answer alone
    if not database and not may_begin and not data.is_dir():
        fail(f"there is no folder {data}: --data names the folder of the controller, or --database its database")
    try:
        told = read_broker(data, broker)
        return asyncio.run(_on_database(database or database_in(data), told, work))
    except Problem as problem:
        fail(text(f"refusal.{problem.code}", "en", **problem.params))
    except (OperatingError, OSError, ValueError) as error:
        fail(str(error))


async def _on_database(database: str, broker: Broker, work: Callable[[Joining, str], Awaitable[T]]) -> T:
    journal = Journal(database)
    await journal.open()
    try:
        return await work(Joining(DeviceStore(journal, SystemClock()), broker), f"cli:{who_types()}")
    finally:
        await journal.close()


def fail(reason: str) -> NoReturn:
    """End the program with a reason."""
    typer.echo(f"yichuang: {reason}", err=True)
    raise typer.Exit(1)

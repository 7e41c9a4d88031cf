"""``yichuang user``: accounts of people and tokens of programs, on the database that a controller uses or will use."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from api import logs
from api.problems import Problem
from api.settings import database_in
from api.sign_in import SignIn
from controller.runtime.accounts import Accounts, Role
from controller.runtime.catalogue import refusal_text
from controller.runtime.clock import SystemClock
from controller.runtime.errors import OperatingError
from controller.runtime.journal import Journal

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True, help="Accounts of people and tokens of programs; a running controller heeds them."
)

Data = Annotated[Path, typer.Option("--data", envvar="YICHUANG_DATA", help="The controller's folder.")]
Database = Annotated[
    str, typer.Option("--database", envvar="YICHUANG_DATABASE", help="postgresql://… or sqlite:///FILE")
]
Hall = Annotated[str | None, typer.Option("--hall", help="Acts in this hall only.")]
Name = Annotated[str, typer.Argument(help="By which one signs in; of a token: what stands in the streams.")]

ONE_TIME_NOTE = "one-time password above: it is told once, and must be changed at the first sign-in"


@app.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="What the account may do.")],
    hall: Hall = None,
    data: Data = Path("data"),
    database: Database = "",
) -> None:
    """Make an account and print its one-time password."""
    typer.echo(_run(data, database, lambda users, by: users.add(name, role, hall, by), may_begin=True))
    typer.echo(ONE_TIME_NOTE, err=True)


@app.command("list")
def list_all(data: Data = Path("data"), database: Database = "") -> None:
    """Print a line for each account and each token, tab-separated: kind, name, role, hall, state."""

    async def lines(users: SignIn, _by: str) -> list[str]:
        accounts = [
            ("account", each.name, each.role, each.hall or "*", _state(enabled=each.enabled, one_time=each.must_change))
            for each in await users.accounts.accounts()
        ]
        tokens = [("token", each.name, each.role, each.hall or "*", "valid") for each in await users.accounts.tokens()]
        return ["\t".join(line) for line in (*accounts, *tokens)]

    for line in _run(data, database, lines):
        typer.echo(line)


@app.command()
def password(name: Name, data: Data = Path("data"), database: Database = "") -> None:
    """Give an account a one-time password, print it, and end the account's sessions."""
    typer.echo(_run(data, database, lambda users, by: users.reset_password(name, by)))
    typer.echo(ONE_TIME_NOTE, err=True)


@app.command()
def disable(name: Name, data: Data = Path("data"), database: Database = "") -> None:
    """Let an account not be used any more, and end its sessions."""
    _run(data, database, lambda users, by: users.set_enabled(name, enabled=False, by=by))


@app.command()
def enable(name: Name, data: Data = Path("data"), database: Database = "") -> None:
    """Let a disabled account be used again."""
    _run(data, database, lambda users, by: users.set_enabled(name, enabled=True, by=by))


@app.command()
def token(
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="What the program may do.")],
    hall: Hall = None,
    data: Data = Path("data"),
    database: Database = "",
) -> None:
    """Print a new token for a program, and nothing else; earlier ones of the same name stay valid until revoked."""
    typer.echo(_run(data, database, lambda users, by: users.add_token(name, role, hall, by), may_begin=True))


@app.command()
def revoke(name: Name, data: Data = Path("data"), database: Database = "") -> None:
    """Take every token of a name back."""
    _run(data, database, lambda users, by: users.revoke_tokens(name, by))


def _state(*, enabled: bool, one_time: bool) -> str:
    if not enabled:
        return "disabled"
    return "one-time password" if one_time else "active"


async def on_database(database: str, work: Callable[[SignIn], Awaitable[T]]) -> T:
    """Do something with the accounts of a database, whether or not a controller runs on it.

    Raises:
        Problem: it can't be done so.
        OperatingError: the database doesn't let us.
        ValueError: that isn't a database's address.
    """
    journal = Journal(database)
    await journal.open()
    try:
        return await work(SignIn(Accounts(journal, SystemClock())))
    finally:
        await journal.close()


def _run(data: Path, database: str, work: Callable[[SignIn, str], Awaitable[T]], *, may_begin: bool = False) -> T:
    """Do something with the accounts; ``may_begin``: a controller's database comes to be by it, where there is none."""
    logs.configure("warning")  # on standard error: what is printed is the answer alone
    if not database and not may_begin and not data.is_dir():
        _fail(f"there is no folder {data}: --data names the folder of the controller, or --database its database")
    by = f"cli:{who_types()}"
    try:
        return asyncio.run(on_database(database or database_in(data), lambda users: work(users, by)))
    except Problem as problem:
        _fail(refusal_text(problem.code, "en", problem.params))
    except (OperatingError, ValueError) as error:
        _fail(str(error))


def who_types() -> str:
    """Return who types, by the operating system."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container's user may have no name


def _fail(reason: str) -> NoReturn:
    typer.echo(f"yichuang: {reason}", err=True)
    raise typer.Exit(1)

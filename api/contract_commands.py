"""``yichuang contract …``: what devices and the controller say over MQTT, for other people's programs."""

import json
from typing import Annotated, Any

import typer

from api.contract.asyncapi import document
from api.contract.schemas import schemas, standalone

app = typer.Typer(no_args_is_help=True, help="The MQTT contract.")


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI 3 document of the whole contract."""
    _print(document())


@app.command()
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as command.print; without: all names.")] = "",
) -> None:
    """Print the JSON Schema of a payload."""
    if not name:
        typer.echo("\n".join(schemas()))
    elif name in schemas():
        _print(standalone(name))
    else:
        raise typer.BadParameter(f"there is no schema {name!r}; without a name all are listed")


def _print(form: dict[str, Any]) -> None:
    typer.echo(json.dumps(form, ensure_ascii=False, indent=2))

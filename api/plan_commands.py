"""``yichuang plan …``: a plan checked before it is put in force, and the schema by which editors help to write one."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.plan_file import BadPlan, check_file
from api.plan_schema import plan_schema
from api.plan_tables import member_tables
from controller.runtime.catalogue import DEFAULT_LANGUAGE, languages, text

app = typer.Typer(no_args_is_help=True, help="Plans of halls.")


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Plan files, YAML or JSON.")],
    language: Annotated[str, typer.Option(help="zh-CN or en")] = DEFAULT_LANGUAGE,
) -> None:
    """Say of each plan that it can be used, or name each fault with file, line, place and what to write instead.

    What its manager should look at all the same, such as a guide that has expired, is named as a warning.
    """
    if language not in languages():
        raise typer.BadParameter(f"there is no language {language!r}, only {', '.join(languages())}")
    failed = False
    today = datetime.now().astimezone().date()
    for path in files:
        try:
            plan, doubts = check_file(path, language, today)
        except BadPlan as error:
            failed = True
            for fault in error.faults:
                typer.echo(f"{path}:{fault.line or 1}: {fault.path}: {fault.message}", err=True)
        except OSError as error:
            failed = True
            typer.echo(f"{path}: {error.strerror}", err=True)
        else:
            for doubt in doubts:
                message = text("plan.warning", language, message=doubt.message)
                typer.echo(f"{path}:{doubt.line or 1}: {doubt.path}: {message}", err=True)
            counts = {"windows": len(plan.windows), "services": len(plan.services), "devices": len(plan.devices)}
            typer.echo(text("plan.ok", language, file=path, hall=plan.hall.name, **counts))
    if failed:
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of plans."""
    typer.echo(json.dumps(plan_schema(), ensure_ascii=False, indent=2))


@app.command()
def members() -> None:
    """Print what every member of a plan means, as Markdown."""
    typer.echo(member_tables())

"""``yichuang``: the command line."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvloop
from sqlalchemy.exc import SQLAlchemyError

from api import garbage, logs
from api.assembly import PartEnded, Ready
from api.assembly import run as run_controller
from api.contract_commands import app as contract_app
from api.demo.command import demo
from api.device_commands import REGISTRY
from api.device_commands import add_to as add_registry
from api.order_commands import command as order_command
from api.plan_commands import app as plan_app
from api.plan_file import BadPlan
from api.settings import HTTP_DEFAULT, MQTT_DEFAULT, Address, Settings, database_in
from api.sign_in import FIRST_ACCOUNT
from api.tls_commands import app as tls_app
from api.user_commands import app as user_app
from controller.runtime.catalogue import languages, text
from controller.runtime.errors import OperatingError
from devices.agent.cli import app as device_app
from devices.agent.wire import Broker
from devices.broker import BrokerUnavailable

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Yichuang: the service-floor controller of public service halls.",
)
add_registry(device_app)
device_app.command("command", rich_help_panel=REGISTRY)(order_command)
app.add_typer(
    device_app, name="device", help="The registry of devices, and the programs of a hall's devices over MQTT."
)
app.add_typer(plan_app, name="plan")
app.add_typer(contract_app, name="contract")
app.add_typer(user_app, name="user")
app.add_typer(tls_app, name="tls")
app.command("demo")(demo)

Data = Annotated[Path, typer.Option("--data", envvar="YICHUANG_DATA", help="Folder of everything that it keeps.")]


@app.command()
def serve(
    *,
    plan: Annotated[
        list[Path] | None, typer.Option("--plan", envvar="YICHUANG_PLAN", help="Plan of a hall; may be given often.")
    ] = None,
    data: Data = Path("data"),
    database: Annotated[
        str, typer.Option("--database", envvar="YICHUANG_DATABASE", help="postgresql://… or sqlite:///FILE")
    ] = "",
    http: Annotated[str, typer.Option("--http", envvar="YICHUANG_HTTP", help="HOST:PORT")] = HTTP_DEFAULT,
    mqtt: Annotated[
        str,
        typer.Option(
            "--mqtt", envvar="YICHUANG_MQTT", help="HOST:PORT of its own broker; on the network it needs 'tls init'"
        ),
    ] = MQTT_DEFAULT,
    mqtt_plain_on_network: Annotated[
        bool,
        typer.Option(
            "--mqtt-plain-on-network",
            envvar="YICHUANG_MQTT_PLAIN_ON_NETWORK",
            help="Let devices on the network speak without encryption: passwords can be read there.",
        ),
    ] = False,
    broker: Annotated[
        str, typer.Option("--broker", envvar="YICHUANG_BROKER", help="mqtt[s]://HOST[:PORT] of another broker")
    ] = "",
    public_url: Annotated[
        str, typer.Option("--public-url", envvar="YICHUANG_PUBLIC_URL", help="How phones reach it, for receipts.")
    ] = "",
    home_assistant: Annotated[
        bool,
        typer.Option(
            "--home-assistant", envvar="YICHUANG_HOME_ASSISTANT", help="Let Home Assistant find the devices by MQTT."
        ),
    ] = False,
    log_level: Annotated[
        str, typer.Option("--log-level", envvar="YICHUANG_LOG_LEVEL", help="debug, info, warning or error")
    ] = "info",
) -> None:
    """Run a controller; without a plan it serves the halls that it knows, or the sample hall ``demo``."""
    try:
        logs.configure(log_level)
    except KeyError:
        raise typer.BadParameter(f"there is no log level {log_level!r}") from None
    try:
        settings = Settings(
            data=data,
            database=database or database_in(data),
            http=Address.parse(http),
            mqtt=Address.parse(mqtt),
            broker=Broker.parse(broker) if broker else None,
            plans=tuple(plan or ()),
            public_url=public_url.rstrip("/"),
            home_assistant=home_assistant,
            mqtt_plain_on_network=mqtt_plain_on_network,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    garbage.pause()
    try:
        uvloop.run(run_controller(settings, _tell, _tell_first))
    except BadPlan as error:
        _fail("\n".join(["the plan can't be used:", *getattr(error, "__notes__", ()), str(error)]))
    except (BrokerUnavailable, OperatingError, PartEnded, SQLAlchemyError, OSError, ValueError) as error:
        _fail(str(error))


def _tell(ready: Ready) -> None:
    garbage.settle()
    print(f"ready http={ready.http} mqtt={ready.mqtt}", flush=True)  # noqa: T201 - the contract's line


def _tell_first(password: str) -> None:
    """Tell whoever starts a controller for the first time by which account to sign in; no log has it."""
    typer.echo(
        " · ".join(text("account.first", language, name=FIRST_ACCOUNT, password=password) for language in languages()),
        err=True,
    )


def _fail(reason: str) -> NoReturn:
    typer.echo(f"yichuang: {reason}", err=True)
    raise typer.Exit(1)


def run() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    run()

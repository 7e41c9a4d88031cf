"""``yichuang``: the command line."""

from functools import partial
from pathlib import Path
from typing import NoReturn

import typer
import uvloop
from sqlalchemy.exc import SQLAlchemyError

from api import garbage, logs
from api import serve_options as options
from api.assembly import PartEnded, Ready
from api.assembly import run as run_controller
from api.contract_commands import app as contract_app
from api.demo.command import demo
from api.device_commands import REGISTRY
from api.device_commands import add_to as add_registry
from api.file_limit import raise_limit
from api.first_password import tell_first
from api.order_commands import command as order_command
from api.plan_commands import app as plan_app
from api.plan_file import BadPlan
from api.settings import DEVICE_RATE, HTTP_DEFAULT, MQTT_DEFAULT, Address, Settings, database_in, other_broker
from api.tls_commands import app as tls_app
from api.user_commands import app as user_app
from controller.runtime.errors import OperatingError
from devices.agent.cli import app as device_app
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


@app.command()
def serve(
    *,
    plan: options.Plans = None,
    data: options.Data = Path("data"),
    database: options.Database = "",
    http: options.Http = HTTP_DEFAULT,
    mqtt: options.Mqtt = MQTT_DEFAULT,
    mqtt_plain_on_network: options.MqttPlain = False,
    broker: options.OtherBroker = "",
    broker_ca: options.BrokerCa = None,
    broker_cert: options.BrokerCert = None,
    broker_key: options.BrokerKey = None,
    https: options.Https = False,
    public_url: options.PublicUrl = "",
    home_assistant: options.ForHomeAssistant = False,
    device_rate: options.DeviceRate = DEVICE_RATE,
    log_level: options.LogLevel = "info",
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
            broker=other_broker(broker, broker_ca, broker_cert, broker_key),
            https=https,
            plans=tuple(plan or ()),
            public_url=public_url.rstrip("/"),
            home_assistant=home_assistant,
            mqtt_plain_on_network=mqtt_plain_on_network,
            device_rate=device_rate,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    garbage.pause()
    raise_limit()
    try:
        uvloop.run(run_controller(settings, _tell, partial(tell_first, data=data)))
    except BadPlan as error:
        _fail("\n".join(["the plan can't be used:", *getattr(error, "__notes__", ()), str(error)]))
    except (BrokerUnavailable, OperatingError, PartEnded, SQLAlchemyError, OSError, ValueError) as error:
        _fail(str(error))


def _tell(ready: Ready) -> None:
    garbage.settle()
    print(f"ready http={ready.http} mqtt={ready.mqtt}", flush=True)  # noqa: T201 - the contract's line


def _fail(reason: str) -> NoReturn:
    typer.echo(f"yichuang: {reason}", err=True)
    raise typer.Exit(1)


def run() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    run()

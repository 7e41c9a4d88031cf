"""The options of ``yichuang serve``, each a variable of the environment as well."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Plans: TypeAlias = Annotated[
    list[Path] | None, typer.Option("--plan", envvar="YICHUANG_PLAN", help="Plan of a hall; may be given often.")
]
Data: TypeAlias = Annotated[
    Path, typer.Option("--data", envvar="YICHUANG_DATA", help="Folder of everything that it keeps.")
]
Database: TypeAlias = Annotated[
    str, typer.Option("--database", envvar="YICHUANG_DATABASE", help="postgresql://… or sqlite:///FILE")
]
Http: TypeAlias = Annotated[str, typer.Option("--http", envvar="YICHUANG_HTTP", help="HOST:PORT")]
Mqtt: TypeAlias = Annotated[
    str,
    typer.Option(
        "--mqtt", envvar="YICHUANG_MQTT", help="HOST:PORT of its own broker; on the network it needs 'tls init'"
    ),
]
MqttPlain: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--mqtt-plain-on-network",
        envvar="YICHUANG_MQTT_PLAIN_ON_NETWORK",
        help="Let devices on the network speak without encryption: passwords can be read there.",
    ),
]
OtherBroker: TypeAlias = Annotated[
    str, typer.Option("--broker", envvar="YICHUANG_BROKER", help="mqtt[s]://HOST[:PORT] of another broker")
]
BrokerCa: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--broker-ca", envvar="YICHUANG_BROKER_CA", help="Certificates to trust for mqtts://, not the system's."
    ),
]
BrokerCert: TypeAlias = Annotated[
    Path | None,
    typer.Option("--broker-cert", envvar="YICHUANG_BROKER_CERT", help="Certificate to show to a broker that asks."),
]
BrokerKey: TypeAlias = Annotated[
    Path | None,
    typer.Option("--broker-key", envvar="YICHUANG_BROKER_KEY", help="Its key, if that isn't in the same file."),
]
Https: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--https", envvar="YICHUANG_HTTPS", help="Pages and programs over TLS, by the certificate of 'tls init'."
    ),
]
PublicUrl: TypeAlias = Annotated[
    str, typer.Option("--public-url", envvar="YICHUANG_PUBLIC_URL", help="How phones reach it, for receipts.")
]
ForHomeAssistant: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--home-assistant", envvar="YICHUANG_HOME_ASSISTANT", help="Let Home Assistant find the devices by MQTT."
    ),
]
DeviceRate: TypeAlias = Annotated[
    int,
    typer.Option(
        "--device-rate", envvar="YICHUANG_DEVICE_RATE", help="Events a second of a device; 0: no limit.", min=0
    ),
]
LogLevel: TypeAlias = Annotated[
    str, typer.Option("--log-level", envvar="YICHUANG_LOG_LEVEL", help="debug, info, warning or error")
]

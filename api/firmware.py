"""Firmware of small devices: a device's whole ESPHome configuration in one file, and the secrets that stand beside it.

The configurations in ``firmware_configs`` are put together there by their ``!include`` lines; here the same is done to
their texts, so that whoever flashes a board needs two files and nothing else. The first names every secret and holds
none.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from api.joining import Joined
from controller.plan import DeviceKind, Plan

CONFIGS = Path(__file__).parents[1] / "firmware_configs"

MODELS: Mapping[DeviceKind, tuple[str, ...]] = {
    DeviceKind.REVIEW_PAD: ("review_pad/esp32dev", "review_pad/esp32_battery"),
    DeviceKind.CALL_PAD: ("call_pad/esp32dev",),
    DeviceKind.LED: ("led_sign/esp32dev_max7219", "led_sign/esp32dev_hub75"),
    DeviceKind.TICKET_MACHINE: ("ticket_box/esp32dev",),
    DeviceKind.HELP_BUTTON: ("help_button/esp32dev",),
    DeviceKind.PEOPLE_COUNTER: ("people_counter/esp32dev",),
}
"""The models that there is firmware for, by what they are."""

KEYS = 6
"""Keys of a ticket button box, a service each."""

NODE_NAME_CHARS_MAX = 24
"""A board's name on the network; ESPHome takes 31 characters, and adds some of its own in places."""

PORTS = {"mqtt": 1883, "mqtts": 8883}

_INCLUDE = re.compile(r"(?m)^( *)(\w+): !include (\S+)$")


@dataclass(frozen=True, slots=True)
class Firmware:
    """A configuration ready to flash.

    Attributes:
        model: ``<device class>/<model>``.
        file: the configuration, YAML.
    """

    model: str
    file: str


def firmware_of(device: str, kind: DeviceKind, plan: Plan, broker_url: str) -> tuple[Firmware, ...]:
    """Return the configurations for a device, one for each model of its kind.

    Args:
        device: its id.
        kind: what it is.
        plan: of its hall; a ticket button box offers the plan's first services.
        broker_url: where devices speak, ``mqtt[s]://HOST:PORT``.
    """
    return tuple(Firmware(model, _file(model, device, plan, broker_url)) for model in MODELS.get(kind, ()))


def secrets_of(joined: Joined) -> str:
    """Return the secrets of a new device, YAML: told once, with its password; "" where there is no firmware for it."""
    if DeviceKind(joined.kind) not in MODELS:
        return ""
    host = urlsplit(joined.broker.url).hostname or ""
    values = {
        "wifi_ssid": "fill-me-in",
        "wifi_password": "fill-me-in",
        "ota_password": secrets.token_urlsafe(16),
        "mqtt_broker": host,
        "time_server": host,
        "mqtt_username": joined.device,
        "mqtt_password": joined.password,
        **({"mqtt_ca": joined.broker.ca} if joined.broker.ca else {}),
    }
    return "".join(f"{name}: {_text(value)}\n" for name, value in values.items())


def _file(model: str, device: str, plan: Plan, broker_url: str) -> str:
    url = urlsplit(broker_url)
    values = {
        "hall": plan.hall.id,
        "device": device,
        "node_name": _node_name(device),
        "mqtt_port": str(url.port or PORTS[url.scheme]),
    }
    if model.startswith("ticket_box/"):
        values |= {f"service_{key}": service.code for key, service in enumerate(plan.services[:KEYS], start=1)}
    substitutions = [f"  {name}: {_text(value)}" for name, value in values.items()]
    substitutions += [f"  {name}: !secret {name}" for name in ("mqtt_username", "mqtt_password")]
    packages = {"model": CONFIGS / f"{model}.yaml"}
    if url.scheme == "mqtts":
        packages["tls"] = CONFIGS / "packages" / "tls.yaml"
    lines = ["substitutions:", *substitutions, "", "packages:"]
    for name, path in packages.items():
        lines += [f"  {name}:", _indented(_whole(path), 4)]
    return "\n".join(lines) + "\n"


def _whole(path: Path) -> str:
    """Return a configuration with what it includes in the place of each ``!include``."""

    def included(found: re.Match[str]) -> str:
        margin, name, file = found.groups()
        return f"{margin}{name}:\n{_indented(_whole(path.parent / file), len(margin) + 2)}"

    return _INCLUDE.sub(included, path.read_text("utf-8").rstrip("\n"))


def _indented(text: str, columns: int) -> str:
    return "\n".join(" " * columns + line if line else "" for line in text.split("\n"))


def _node_name(device: str) -> str:
    """Return a board's name on the network: small letters, digits and hyphens."""
    return device.lower().replace("_", "-").strip("-")[:NODE_NAME_CHARS_MAX].strip("-") or "device"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # a double-quoted text of JSON is one of YAML

"""A device's configuration in one file: all that its model includes, no secret, and a name that a board can have."""

import tomllib
from pathlib import Path

import pytest
import yaml

from api.firmware import CONFIGS, KEYS, MODELS, NODE_NAME_CHARS_MAX, firmware_of, secrets_of
from api.joining import Broker, Joined
from controller.plan import DeviceKind
from tests.support.core_floor import floor_plan

PLAIN, ENCRYPTED = "mqtt://192.0.2.2:1884", "mqtts://hall.lan"
CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PASSWORD = 'a"b\\c号'  # noqa: S105 - of no account


class _Loader(yaml.SafeLoader):
    """Takes the marks of ESPHome as texts."""


for mark in ("!secret", "!lambda", "!extend"):
    _Loader.add_constructor(mark, lambda loader, node: f"{node.tag} {loader.construct_scalar(node)}")


def read(text: str) -> dict[str, object]:
    found: dict[str, object] = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with three tags
    return found


def joined(kind: DeviceKind, broker: Broker) -> Joined:
    return Joined("Box_1", kind.value, "demo", PASSWORD, broker)


def test_there_is_firmware_for_every_model_and_for_no_other() -> None:
    models = {path.relative_to(CONFIGS).with_suffix("").as_posix() for path in CONFIGS.glob("*/esp32*.yaml")}
    assert models == {model for each in MODELS.values() for model in each}


def test_the_built_program_carries_every_models_folder_and_no_halls() -> None:
    project = tomllib.loads((CONFIGS.parent / "pyproject.toml").read_text("utf-8"))
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    needed = {"packages", *(model.partition("/")[0] for each in MODELS.values() for model in each)}
    assert carried == {f"firmware_configs/{folder}": f"firmware_configs/{folder}" for folder in needed}
    image = (CONFIGS.parent / "deploy" / "compose" / "Dockerfile").read_text("utf-8")
    assert "COPY firmware_configs firmware_configs" in image, "the build takes them from there"
    assert "**/secrets.yaml" in (CONFIGS.parent / ".dockerignore").read_text("utf-8").split()


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("broker", [PLAIN, ENCRYPTED])
def test_a_file_is_whole_and_names_secrets_without_having_any(kind: DeviceKind, broker: str) -> None:
    for firmware in firmware_of("Box_1", kind, floor_plan(), broker):
        assert "!include" not in firmware.file
        config = read(firmware.file)
        substitutions = config["substitutions"]
        assert isinstance(substitutions, dict)
        assert (substitutions["hall"], substitutions["device"]) == ("demo", "Box_1")
        assert substitutions["node_name"] == "box-1"
        assert substitutions["mqtt_port"] == ("1884" if broker == PLAIN else "8883")
        assert [substitutions[name].split()[0] for name in ("mqtt_username", "mqtt_password")] == ["!secret"] * 2
        packages = config["packages"]
        assert isinstance(packages, dict)
        assert ("tls" in packages) is (broker == ENCRYPTED)
        assert packages["model"]["packages"]


def test_the_secrets_are_all_that_a_file_names_and_are_read_as_they_are() -> None:
    for kind in MODELS:
        told = read(secrets_of(joined(kind, Broker(ENCRYPTED, "ca.pem", CA))))
        for one in firmware_of("Box_1", kind, floor_plan(), ENCRYPTED):
            assert told.keys() == {word.split()[0] for word in one.file.split("!secret ")[1:]}
        assert (told["mqtt_username"], told["mqtt_password"]) == ("Box_1", PASSWORD)
        assert (told["mqtt_broker"], told["mqtt_ca"]) == ("hall.lan", CA)


def test_each_board_has_an_update_password_of_its_own_and_what_has_no_firmware_no_secrets() -> None:
    one, other = (read(secrets_of(joined(DeviceKind.LED, Broker(PLAIN)))) for _ in range(2))
    assert one["ota_password"] != other["ota_password"]
    assert "mqtt_ca" not in one
    assert secrets_of(joined(DeviceKind.SPEAKER, Broker(PLAIN))) == ""
    assert firmware_of("tv-1", DeviceKind.TV, floor_plan(), PLAIN) == ()


@pytest.mark.parametrize(
    ("device", "name"),
    [("led-1", "led-1"), ("Box_1", "box-1"), ("_-", "device"), ("a" * 64, "a" * NODE_NAME_CHARS_MAX)],
)
def test_a_board_has_a_name_that_a_network_takes(device: str, name: str) -> None:
    (firmware,) = firmware_of(device, DeviceKind.CALL_PAD, floor_plan(), PLAIN)
    substitutions = read(firmware.file)["substitutions"]
    assert isinstance(substitutions, dict)
    assert substitutions["node_name"] == name


def test_a_ticket_box_offers_the_plans_first_services() -> None:
    plan = floor_plan()
    (firmware,) = firmware_of("box-1", DeviceKind.TICKET_MACHINE, plan, PLAIN)
    substitutions = read(firmware.file)["substitutions"]
    assert isinstance(substitutions, dict)
    offered = [substitutions[f"service_{key}"] for key in range(1, KEYS + 1)]
    assert offered == [service.code for service in plan.services[:KEYS]]
    assert Path(CONFIGS / f"{firmware.model}.yaml").exists()

"""Runs the code of an ESPHome configuration on the test machine: what its keys, messages and timers bring about.

`validate` has ESPHome check a device's file; `build` takes the lambdas and automations out of the result and compiles
them against `firmware_host.h`; `Board` runs that program. What it can't show is the hardware and ESPHome's own code.
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "firmware_configs"
ESPHOME = ROOT / ".firmware-venv" / "bin" / "esphome"
TYPES = {"string": "std::string"}
DISPLAYS = {
    "max7219digit": ("Max7219Display", "Max7219Display"),
    "tm1637": ("Tm1637Display", "Tm1637Display"),
    "hub75": ("Hub75Display", "Display"),
}
"""What a platform's displays are in `firmware_host.h`, and what a drawing is given as ``it``."""
TIMEOUT_S = 120


class Lambda(str):
    """C++ in a configuration."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    """Reads what ``esphome config`` prints."""


def _lambda(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Lambda:
    return Lambda(loader.construct_scalar(node))


def _secret(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
    return loader.construct_scalar(node)


_Loader.add_constructor("!lambda", _lambda)
_Loader.add_constructor("!secret", _secret)


def validate(folder: Path, device: str) -> subprocess.CompletedProcess[str]:
    """Have ESPHome check ``halls/demo/<device>.yaml`` of a copy of the configurations."""
    if not ESPHOME.exists():
        raise AssertionError("ESPHome is not there: bash deploy/test.sh installs it into .firmware-venv")
    return subprocess.run(
        [str(ESPHOME), "config", str(folder / "halls" / "demo" / f"{device}.yaml")],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def prepared(folder: Path) -> Path:
    """Copy the configurations into a folder, with throw-away secrets; return where they are."""
    copy = folder / "firmware_configs"
    shutil.copytree(CONFIGS, copy, ignore=shutil.ignore_patterns(".esphome", "secrets.yaml"))
    demo = copy / "halls" / "demo"
    shutil.copy(demo / "secrets.example.yaml", demo / "secrets.yaml")
    return copy


def valid(folder: Path, device: str) -> dict[str, Any]:
    """Return the configuration of a device as ESPHome understands it; it takes it without a fault or a warning."""
    done = validate(folder, device)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Configuration is valid!" in done.stderr
    assert "WARNING" not in done.stderr
    return read(done.stdout)


def read(printed: str) -> dict[str, Any]:
    """Return a validated configuration; texts that ESPHome hides on a terminal come without the marks for that."""
    loaded: dict[str, Any] = yaml.load(printed.replace("\\033[8m", "").replace("\\033[28m", ""), Loader=_Loader)  # noqa: S506 - a safe loader with two tags
    return loaded


def build(config: Mapping[str, Any], folder: Path) -> Path:
    """Compile a configuration's own code; return the program."""
    if shutil.which("g++") is None:
        raise AssertionError("g++ is not there: apt-get install g++")
    source, program = folder / "firmware.cpp", folder / "firmware"
    source.write_text(_source(config), "utf-8")
    flags = ("-std=gnu++20", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", f"-I{Path(__file__).parent}")
    done = subprocess.run(
        ["g++", *flags, "-o", str(program), str(source)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return program


class Board:
    """A running program of `build`; use it as a context manager."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        """Return the board."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Switch it off."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(TIMEOUT_S)

    def do(self, *words: str) -> list[list[str]]:
        """Let something happen; return what the program did, each a list of words."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\t".join(words) + "\n")
        self._process.stdin.flush()
        told: list[list[str]] = []
        while (line := self._process.stdout.readline()) != "done\n":
            assert line, "the program ended"
            told.append(line.rstrip("\n").split("\t"))
        return told

    def receive(self, topic: str, body: Mapping[str, Any]) -> list[list[str]]:
        """Deliver a JSON object of flat members."""
        words = []
        for name, value in body.items():
            match value:
                case bool():
                    words += [name, "b", str(int(value))]
                case int():
                    words += [name, "i", str(value)]
                case float():
                    words += [name, "f", str(value)]
                case str():
                    words += [name, "s", value]
                case _:
                    words += [name, "n", "-"]
        return self.do("message", topic, *words)


def _source(config: Mapping[str, Any]) -> str:
    """Return the C++ program of a configuration."""
    scripts = {script["id"]: script for script in config.get("script", [])}
    lines = ['#include "firmware_host.h"', "Broker broker;", "Clock wall_clock;"]
    lines += [f"Font {one['id']}_{{{one['size']}}}, *{one['id']} = &{one['id']}_;" for one in config.get("font", [])]
    lines += [f"Sensor {sensor['id']};" for sensor in config.get("sensor", [])]
    lines += [f"Uart {line['id']};" for line in config.get("uart", [])]
    lines += [f"{DISPLAYS[one['platform']][0]} {one['id']};" for one in config.get("display", [])]
    lines += [f"{one['type']} {one['id']}{{{one.get('initial_value', '')}}};" for one in config.get("globals", [])]
    for lamp in config.get("output", []):
        lines.append(f"output::BinaryOutput {lamp['id']}_, *{lamp['id']} = &{lamp['id']}_;")
    for name, script in scripts.items():
        lines.append(
            f"struct {name}_t {{ bool waiting = false; void execute({_parameters(script)}); void rest(); "
            f"void stop() {{ waiting = false; }} }} {name};"
        )
    for name, script in scripts.items():
        before, after = _split(script["then"])
        wait = "waiting = true;" if after is not None else ""
        lines.append(f"void {name}_t::execute({_parameters(script)}) {{ {_actions(before)} {wait} }}")
        lines.append(f"void {name}_t::rest() {{ if (!waiting) return; waiting = false; {_actions(after or [])} }}")
    lines += _handlers(config, scripts)
    return "\n".join(lines) + "\n"


def _handlers(config: Mapping[str, Any], scripts: Mapping[str, Any]) -> list[str]:
    """Return the main program: what answers messages, keys, intervals and the end of delays."""
    mqtt = config["mqtt"]
    lines = ["int main() {"]
    lines += [f'host::sensors["{one["id"]}"] = &{one["id"]};' for one in config.get("sensor", [])]
    lines += [f"host::serial = &{line['id']};" for line in config.get("uart", [])]
    bodies: dict[str, str] = {}
    for trigger in mqtt["on_json_message"]:
        body = _actions(trigger["then"])
        lines.append(f'host::on_message.emplace("{trigger["topic"]}", [](JsonObjectConst x) {{ {body} }});')

    def action(name: str, body: str) -> None:
        bodies[name] = f"{bodies.get(name, '')} [] {{ {body} }}();"

    action("boot", "".join(_actions(trigger["then"]) for trigger in config["esphome"].get("on_boot", [])))

    for moment in ("connect", "disconnect"):
        action(moment, "".join(_actions(trigger["then"]) for trigger in mqtt.get(f"on_{moment}", [])))
    for interval in config.get("interval", []):
        action(f"every {interval['interval']}", _actions(interval["then"]))
    for key in config.get("binary_sensor", []):
        action(f"press {key['id']}", "".join(_actions(trigger["then"]) for trigger in key["on_press"]))
    for name in scripts:
        action(f"after {name}", f"{name}.rest();")
    lamps = " + ".join(f"std::to_string({lamp['id']}->state)" for lamp in config.get("output", []))
    if lamps:
        action("lamps", f'host::say("lamps\\t" + {lamps});')
    for display in config.get("display", []):
        _, given = DISPLAYS[display["platform"]]
        width, height = dots_of(display)
        size = f"{display['id']}.width = {width}; {display['id']}.height = {height};"
        action("draw", f"{size} {given} &it = {display['id']}; {display['lambda']}")
    lines += [f'host::actions["{name}"] = [] {{ {body} }};' for name, body in bodies.items()]
    return [*lines, "return host::run(broker);", "}"]


def dots_of(display: Mapping[str, Any]) -> tuple[int, int]:
    """Return how wide and how high a display is, in dots; of one that shows digits, nothing."""
    match display["platform"]:
        case "max7219digit":
            return display["num_chips"] // display["num_chip_lines"] * 8, display["num_chip_lines"] * 8
        case "hub75":
            return display["panel_width"] * display["layout_cols"], display["panel_height"]
    return 0, 0


def _parameters(script: Mapping[str, Any]) -> str:
    given = script.get("parameters") or {}
    return ", ".join(f"{TYPES.get(kind, kind)} {name}" for name, kind in given.items())


def _split(actions: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]] | None]:
    """Cut a script at its delay: what it does at once, and what it does then."""
    for number, action in enumerate(actions):
        if "delay" in action:
            return actions[:number], actions[number + 1 :]
    return actions, None


def _actions(actions: list[dict[str, Any]]) -> str:
    return " ".join(_action(action) for action in actions)


def _action(action: dict[str, Any]) -> str:
    ((name, said),) = action.items()
    match name:
        case "lambda":
            return f"[&] {{ {said}\n }}();"
        case "script.execute":
            given = ", ".join(_argument(value) for key, value in said.items() if key != "id")
            return f"{said['id']}.execute({given});"
        case "globals.set":
            return f"{said['id']} = {_value(said['value'])};"
        case "if":
            return f"if ({_value(said['condition']['lambda'])}) {{ {_actions(said['then'])} }}"
        case "component.update":
            return ""
        case "deep_sleep.enter":
            return 'host::say("sleep");'
    raise AssertionError(f"the host doesn't know the action {name}")


def _argument(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) and not isinstance(value, Lambda) else _value(value)


def _value(value: object) -> str:
    return f"[&] {{ {value}\n }}()" if isinstance(value, Lambda) else str(value)

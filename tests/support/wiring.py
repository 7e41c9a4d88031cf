"""Draws how boards are wired, from the pins of the validated configurations and what stands at each of them.

``python -m tests.support.wiring`` writes ``docs/wiring.md`` and its pictures anew; a test compares.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import yaml

from tests.support import firmware
from tests.support.firmware import CONFIGS, ROOT

PAGE = ROOT / "docs" / "wiring.md"
PICTURES = ROOT / "docs" / "pictures" / "wiring"
ROW_PX, TOP_PX, WIDTH_PX = 34, 64, 780
BOARD_PX, PART_PX = (24, 216), (430, 756)
COLOURS = ("#0b5670", "#8a4b00", "#1c6b3c", "#7b2d6b")
"""Of the wires, one kind of part each in turn: dark enough to be read on paper."""
INK = "#222222"
FONT = 'font-family="Noto Sans, Noto Sans CJK SC, sans-serif" font-size="14"'
BOARD = 'rx="8" fill="#e7eef1" stroke="#33454d" stroke-width="2"'
INTRO = """\
# How boards are wired

Drawn from the configurations' own pins by `python -m tests.support.wiring`; what the parts do is in
[firmware_configs](../firmware_configs/README.md). Every GND is one: the board's, the parts', the supplies'. No pin of
an ESP32 takes more than 3.3 V.

Prices are estimates of single pieces in yuan, {prices_of}.
"""


def wiring() -> dict[str, Any]:
    """Return what is at the pins of each model."""
    said: dict[str, Any] = yaml.safe_load((CONFIGS / "wiring.yaml").read_text("utf-8"))
    return said


def pins(config: Mapping[str, Any]) -> dict[str, int]:
    """Return the pins of a validated configuration by what is there: an entity's id, or ``<component>.<pin>``."""
    found = {}
    for section, said in config.items():
        if section == "deep_sleep":  # its pin is a key's
            continue
        for entry in said if isinstance(said, list) else [said]:
            for name, pin in _pins_of(entry):
                found[entry["id"] if name == "pin" else f"{entry.get('id', section)}.{name}"] = pin
    return found


def _pins_of(entry: Any) -> Iterator[tuple[str, int]]:
    if not isinstance(entry, Mapping):
        return
    for name, said in entry.items():
        if (name == "pin" or name.endswith("_pin")) and isinstance(said, Mapping):
            yield name, said["number"]


def picture(model: Mapping[str, Any], found: Mapping[str, int]) -> str:
    """Return the drawing of a model, SVG.

    Args:
        model: what is at its pins.
        found: the pins by what is there.
    """
    wires = [(f"GPIO {found[name]}", what, how) for name, (what, how) in model["wires"].items()]
    rows = [*wires, ("GND", "GND", "of everything"), (model["power"][0], model["power"][1], "")]
    height = TOP_PX + ROW_PX * len(rows) + 16
    (left, right), (part, edge) = BOARD_PX, PART_PX
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PX}" height="{height}" {FONT}>',
        f'<rect width="{WIDTH_PX}" height="{height}" fill="#ffffff"/>',
        f'<text x="{left}" y="32" font-size="19" font-weight="700">{escape(model["title"])}</text>',
        f'<rect x="{left}" y="{TOP_PX - 12}" width="{right - left}" height="{ROW_PX * len(rows) + 12}" {BOARD}/>',
        f'<text x="{left + 16}" y="{TOP_PX + 18}" font-weight="700">ESP32</text>',
    ]
    kinds = list(dict.fromkeys(what.split()[0] for _, what, _ in wires))
    for number, (pin, what, how) in enumerate(rows):
        y = TOP_PX + ROW_PX * number + ROW_PX // 2
        colour = COLOURS[kinds.index(what.split()[0]) % len(COLOURS)] if number < len(wires) else INK
        lines += [
            f'<text x="{right - 14}" y="{y + 5}" text-anchor="end">{escape(pin)}</text>',
            f'<circle cx="{right}" cy="{y}" r="5" fill="{colour}"/>',
            f'<path d="M{right} {y}H{part}" stroke="{colour}" stroke-width="2.5"/>',
            f'<rect x="{part}" y="{y - 14}" width="{edge - part}" height="28" rx="5" fill="none" stroke="{colour}"/>',
            f'<text x="{part + 10}" y="{y + 5}">{escape(what)}</text>',
            f'<text x="{(right + part) // 2}" y="{y - 5}" text-anchor="middle" font-size="11.5">{escape(how)}</text>',
        ]
    return "\n".join((*lines, "</svg>", ""))


def page(said: Mapping[str, Any], found: Mapping[str, Mapping[str, int]]) -> str:
    """Return the page of all models, Markdown; ``found`` are each one's pins."""
    parts = [INTRO.format(prices_of=said["prices_of"])]
    for name, model in said["models"].items():
        total = sum(count * price for _, count, price in model["parts"])
        parts += [
            f"## {model['title']}\n\n`{name}.yaml`\n\n![{model['title']}](pictures/wiring/{file_name(name)})\n",
            "| GPIO | what | how |\n|---|---|---|\n"
            + "".join(f"| {found[name][wire]} | {what} | {how} |\n" for wire, (what, how) in model["wires"].items())
            + f"| {model['power'][0]} | {model['power'][1]} | |\n",
            "| part | pieces | each |\n|---|---|---|\n"
            + "".join(f"| {part} | {count} | {price:g} |\n" for part, count, price in model["parts"])
            + f"| **together** | | **{total:.0f}** |\n",
        ]
    return "\n".join(parts)


def file_name(model: str) -> str:
    """Return the name of a model's picture."""
    return f"{model.replace('/', '-')}.svg"


def _write() -> int:
    said = wiring()
    with tempfile.TemporaryDirectory() as folder:
        configs = firmware.prepared(Path(folder))
        found = {name: pins(firmware.valid(configs, model["device"])) for name, model in said["models"].items()}
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, model in said["models"].items():
        (PICTURES / file_name(name)).write_text(picture(model, found[name]), "utf-8")
    PAGE.write_text(page(said, found), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(_write())

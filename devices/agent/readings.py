"""What a machine can say of its own condition: version, running time, signal, warmth, battery.

Linux has each in a small file; what isn't there is left out, and the controller shows it as unknown. psutil reads
temperature and battery from the same files, not the signal, and would have to be compiled on a small ARM board.
"""

import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGE = "yichuang"
SYSTEM = Path("/")


def machine_readings(since: float, root: Path = SYSTEM) -> dict[str, Any]:
    """Return the readings of the machine that this runs on, by the names of the contract.

    Args:
        since: when the program began, by `time.monotonic`.
        root: where the system's files begin.
    """
    found = {
        "firmware": firmware(),
        "uptime_s": round(time.monotonic() - since),
        "signal_dbm": signal_dbm(root),
        "temperature_c": temperature_c(root),
        "battery_pct": battery_pct(root),
    }
    return {name: value for name, value in found.items() if value is not None}


def firmware() -> str | None:
    """Return the name and version of this program, where it is installed as a package."""
    try:
        return f"{PACKAGE} {version(PACKAGE)}"
    except PackageNotFoundError:
        return None


def signal_dbm(root: Path = SYSTEM) -> float | None:
    """Return the strength of the wireless network, from ``/proc/net/wireless``; none over a cable."""
    for line in _text(root / "proc/net/wireless").splitlines()[2:]:
        parts = line.split()
        if len(parts) > 3:  # noqa: PLR2004 - interface, status, link, level
            return _number(parts[3].rstrip("."))
    return None


def temperature_c(root: Path = SYSTEM) -> float | None:
    """Return how warm the processor is: the warmest of its zones."""
    zones = (_number(_text(path)) for path in sorted((root / "sys/class/thermal").glob("thermal_zone*/temp")))
    return max((round(found / 1000, 1) for found in zones if found is not None), default=None)


def battery_pct(root: Path = SYSTEM) -> float | None:
    """Return how full the battery is, if there is one."""
    for path in sorted((root / "sys/class/power_supply").glob("*/capacity")):
        if (found := _number(_text(path))) is not None:
            return found
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace").strip()
    except OSError:  # a sensor that gives no answer has nothing to say
        return ""


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

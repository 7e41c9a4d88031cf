"""What is known of a device's condition, and how long it may be silent: readings with their bounds, freshness by kind.

Rules of this file. A reading outside what its instrument can measure is none: a device that says its battery holds
900 % has said nothing about its battery. What a device hasn't said lately is unknown, and never taken for well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from controller.plan import DeviceKind

Value: TypeAlias = str | float

TEXT_CHARS_MAX = 64
PAPER = ("ok", "low", "out")


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that a device said of itself.

    Attributes:
        value: a number in the unit that the reading's name ends with, or a word.
        at: when the controller heard it.
    """

    value: Value
    at: datetime


@dataclass(frozen=True, slots=True)
class Vitals:
    """What is known of a device now.

    Attributes:
        online: by its last birth or will; ``None``: it has never been heard of.
        since: when it came or went last, if that was seen.
        heard_at: when it gave its last sign of life.
        beats: it repeats its birth as long as its line stands, so its silence means something.
        readings: by name, those of `READINGS`.
        comings: when it came, of late, oldest first.
        nonsense: when it sent what can't be read, or a reading that can't be, of late, oldest first.
    """

    online: bool | None = None
    since: datetime | None = None
    heard_at: datetime | None = None
    beats: bool = False
    readings: Mapping[str, Reading] = field(default_factory=dict)
    comings: tuple[datetime, ...] = ()
    nonsense: tuple[datetime, ...] = ()


def _number(least: float, most: float) -> Callable[[object], Value | None]:
    def read(value: object) -> Value | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            return None  # a NaN is within no bounds
        return float(value)

    return read


def _word(value: object) -> Value | None:
    return value if isinstance(value, str) and 1 <= len(value) <= TEXT_CHARS_MAX and value.isprintable() else None


def _paper(value: object) -> Value | None:
    return value if isinstance(value, str) and value in PAPER else None


CLOCK_SKEW = "clock_skew_s"
"""By how many seconds a device's clock is ahead of ours; reckoned here, never said by the device."""

READINGS: Mapping[str, Callable[[object], Value | None]] = MappingProxyType(
    {
        "battery_pct": _number(0, 100),
        "battery_v": _number(0, 60),
        "firmware": _word,
        "paper": _paper,
        "paper_left_mm": _number(0, 1_000_000),
        "paper_reason": _word,
        "paper_sheets": _number(0, 10_000_000),
        "printer": _word,
        "signal_dbm": _number(-127, 0),
        "temperature_c": _number(-55, 150),
        "uptime_s": _number(0, 10 * 366 * 86_400),
    }
)
"""The readings that are understood: each returns the value, or ``None`` for one that can't be. All others that a device
may send are its own affair."""

ALSO: Mapping[str, str] = MappingProxyType(
    {
        "inside_c": "temperature_c",
        "rssi_dbm": "signal_dbm",
        "version": "firmware",
        "wifi_dbm": "signal_dbm",
    }
)
"""Other names of readings, as devices in halls use them."""


def understood(values: Mapping[str, Any]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Return the readings among the members of a telemetry event by name, and the names of those that can't be.

    ``null`` says that a device doesn't know either.
    """
    found: dict[str, Value] = {}
    wrong = []
    for given, value in values.items():
        name = ALSO.get(given, given)
        read = READINGS.get(name)
        if read is None or value is None:
            continue
        good = read(value)
        if good is None:
            wrong.append(name)
        else:
            found[name] = good
    return found, tuple(sorted(set(wrong)))


BEAT_S = 60.0
"""How often devices repeat their birth, and tell their readings."""

FRESH_S: Mapping[DeviceKind, float] = MappingProxyType(
    {
        DeviceKind.TICKET_MACHINE: 150.0,  # people stand before it: two signs may be lost, not three
        DeviceKind.CALL_PAD: 150.0,  # a clerk's hand is on it
        DeviceKind.LED: 210.0,  # three signs lost: a sign that stands still still shows the last call
        DeviceKind.SPEAKER: 150.0,  # a call that nobody hears is a no-show
        DeviceKind.TV: 210.0,
        DeviceKind.PRINTER: 210.0,
        DeviceKind.REVIEW_PAD: 1_000.0,  # on battery it sleeps for ten minutes at a time: that, and the time to join
        DeviceKind.HELP_BUTTON: 210.0,  # on a cable, once a minute as all boards: somebody in need must be heard
        DeviceKind.PEOPLE_COUNTER: 360.0,  # its counts are of use by the quarter of an hour
        DeviceKind.SENSOR: 1_000.0,  # air and light change slowly; it speaks every five minutes
    }
)
"""How long a device that repeats its birth may give no sign of life before it counts as silent, by kind, in seconds."""


READING_S = 1_000.0
"""How long a reading holds at least: boards tell theirs every five minutes, so three may be lost."""


def fresh(vitals: Vitals, name: str, kind: DeviceKind, now: datetime) -> Value | None:
    """Return a reading that still holds, ``None`` for one that is unknown or too old."""
    reading = vitals.readings.get(name)
    if reading is None:
        return None
    holds_s = max(FRESH_S[kind], READING_S)
    return reading.value if (now - reading.at).total_seconds() <= holds_s else None

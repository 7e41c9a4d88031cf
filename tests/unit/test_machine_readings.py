"""What a machine says of its condition, out of the system's files; what isn't there isn't said."""

import time
from pathlib import Path

from controller.vitals import understood
from devices.agent.readings import battery_pct, machine_readings, signal_dbm, temperature_c

WIRELESS = """Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   54.  -56.  -256        0      0      0      0     29        0
"""


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "ascii")


def test_what_the_system_knows_is_said(tmp_path: Path) -> None:
    put(tmp_path, "proc/net/wireless", WIRELESS)
    put(tmp_path, "sys/class/thermal/thermal_zone0/temp", "48312\n")
    put(tmp_path, "sys/class/thermal/thermal_zone1/temp", "51000\n")
    put(tmp_path, "sys/class/power_supply/BAT0/capacity", "73\n")
    said = machine_readings(time.monotonic() - 90, tmp_path)
    assert said.pop("firmware", "yichuang 0").startswith("yichuang ")
    assert said.pop("uptime_s") >= 90
    assert said == {"signal_dbm": -56, "temperature_c": 51.0, "battery_pct": 73}
    assert understood(said) == (said, ())


def test_what_it_doesnt_know_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "proc/net/wireless", "\n".join(WIRELESS.splitlines()[:2]))
    put(tmp_path, "sys/class/thermal/thermal_zone0/temp", "none\n")
    assert (signal_dbm(tmp_path), temperature_c(tmp_path), battery_pct(tmp_path)) == (None, None, None)
    assert set(machine_readings(time.monotonic(), tmp_path)) <= {"firmware", "uptime_s"}

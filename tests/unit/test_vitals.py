"""Readings of devices: what can be is taken by its one name, what can't is told, what is old is unknown."""

from datetime import UTC, datetime, timedelta

import pytest

from controller.plan import DeviceKind
from controller.vitals import BEAT_S, FRESH_S, READING_S, Reading, Vitals, fresh, understood

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_readings_have_one_name_whatever_a_device_calls_them() -> None:
    values = {"wifi_dbm": -61, "inside_c": 31.5, "version": "pad 3", "battery_pct": 80, "lux": 300, "paper": "low"}
    assert understood(values) == (
        {"signal_dbm": -61, "temperature_c": 31.5, "firmware": "pad 3", "battery_pct": 80, "paper": "low"},
        (),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("battery_pct", value) for value in (-1, 101, True, "full", float("nan"), [80], {})),
        *(("signal_dbm", value) for value in (1, -128)),
        *(("temperature_c", value) for value in (-273, 151)),
        *(("paper", value) for value in ("some", 3)),
        *(("firmware", value) for value in ("", "x" * 65, "a\nb", 7)),
        ("uptime_s", -1),
    ],
)
def test_what_cant_be_is_no_reading(name: str, value: object) -> None:
    assert understood({name: value}) == ({}, (name,))


def test_a_help_button_that_falls_silent_is_missed_as_soon_as_other_boards() -> None:
    assert FRESH_S[DeviceKind.HELP_BUTTON] <= FRESH_S[DeviceKind.PEOPLE_COUNTER]


def test_what_a_device_doesnt_know_is_no_lie() -> None:
    assert understood({"battery_pct": None, "paper": None}) == ({}, ())


@pytest.mark.parametrize("kind", DeviceKind)
def test_an_old_reading_is_unknown(kind: DeviceKind) -> None:
    vitals = Vitals(readings={"battery_pct": Reading(80.0, NOW)})
    limit = timedelta(seconds=max(FRESH_S[kind], READING_S))
    assert fresh(vitals, "battery_pct", kind, NOW + limit) == 80
    assert fresh(vitals, "battery_pct", kind, NOW + limit + timedelta(seconds=1)) is None
    assert fresh(vitals, "paper", kind, NOW) is None
    assert FRESH_S[kind] > 2 * BEAT_S, "one sign that is lost is no silence"
    assert fresh(vitals, "battery_pct", kind, NOW + timedelta(minutes=15)) == 80, "boards tell it every five minutes"

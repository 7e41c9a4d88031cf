"""What is wrong with a device, by what is known of it; whom it hits; and that nothing unknown is called well or bad."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.health import (
    FLAPPING_COMINGS,
    FLAPPING_S,
    GONE,
    NONSENSE_PIECES,
    PATIENCE,
    RANK,
    Fault,
    Severity,
    findings,
    hit_by,
    weighed,
)
from controller.plan import Device, DeviceId, DeviceKind, WindowId, ZoneId
from controller.vitals import CLOCK_SKEW, FRESH_S, READING_S, Reading, Vitals
from tests.support.engines import small_plan

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WELL = Vitals(online=True, since=NOW, heard_at=NOW, beats=True)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def reads(**values: Any) -> Vitals:
    return replace(WELL, readings={name: Reading(value, NOW) for name, value in values.items()})


def faults(vitals: Vitals, kind: DeviceKind = DeviceKind.REVIEW_PAD, **more: Any) -> list[Fault]:
    return [found.fault for found in findings(kind, vitals, NOW, **more)]


@pytest.mark.parametrize("kind", DeviceKind)
def test_a_device_that_says_it_is_there_and_no_more_is_not_at_fault(kind: DeviceKind) -> None:
    for vitals in (WELL, Vitals(online=True), Vitals(heard_at=ago(1e6)), Vitals(online=True, heard_at=ago(1e6))):
        assert faults(vitals, kind) == [], "it never promised to say so again"


@pytest.mark.parametrize("kind", DeviceKind)
def test_one_that_is_not_there_is_told_once_and_nothing_else_of_it(kind: DeviceKind) -> None:
    bad = {"battery_pct": Reading(3.0, NOW), "paper": Reading("out", NOW)}
    assert faults(Vitals(), kind) == [Fault.NEVER_SEEN]
    assert faults(Vitals(online=False, since=ago(60), readings=bad), kind) == [Fault.OFFLINE]
    assert faults(replace(WELL, readings=bad), kind, may_speak=False) == [Fault.SHUT_OUT]
    silent = replace(WELL, heard_at=ago(FRESH_S[kind] + 1), readings=bad)
    assert faults(silent, kind) == [Fault.SILENT]
    assert faults(replace(silent, heard_at=ago(FRESH_S[kind])), kind) != [Fault.SILENT]
    (found,) = findings(kind, silent, NOW)
    assert found.since == silent.heard_at
    assert found.fault in GONE


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ({"battery_pct": 19.9}, [Fault.BATTERY_LOW]),
        ({"battery_pct": 20}, []),
        ({"signal_dbm": -81}, [Fault.SIGNAL_WEAK]),
        ({"signal_dbm": -80}, []),
        ({"temperature_c": 81}, [Fault.TEMPERATURE]),
        ({"temperature_c": -11}, [Fault.TEMPERATURE]),
        ({"temperature_c": 40}, []),
        ({CLOCK_SKEW: 121}, [Fault.CLOCK_WRONG]),
        ({CLOCK_SKEW: -86_400}, [Fault.CLOCK_WRONG]),
        ({CLOCK_SKEW: -60}, []),
        ({"paper": "ok"}, []),
        ({"paper": "low"}, [Fault.PAPER_LOW]),
        ({"paper": "out"}, [Fault.PAPER_OUT]),
        ({"paper": "out", "printer": "paper_out"}, [Fault.PAPER_OUT]),
        ({"paper": "ok", "printer": "cover_open"}, [Fault.PRINTER_STOPPED]),
        ({"printer": "ready"}, []),
    ],
)
def test_readings_have_their_limits(readings: dict[str, Any], expected: list[Fault]) -> None:
    assert faults(reads(**readings)) == expected


def test_an_old_reading_is_no_fault() -> None:
    kind = DeviceKind.CALL_PAD
    old = {"battery_pct": Reading(3.0, ago(READING_S + 1))}
    assert faults(replace(WELL, readings=old), kind) == []


def test_coming_and_going_and_nonsense_are_counted_of_late() -> None:
    comings = tuple(ago(60.0 * number) for number in reversed(range(FLAPPING_COMINGS)))
    assert faults(replace(WELL, comings=comings)) == [Fault.FLAPPING]
    assert faults(replace(WELL, comings=comings[1:])) == []
    assert faults(replace(WELL, comings=tuple(at - timedelta(seconds=FLAPPING_S) for at in comings))) == []
    assert faults(replace(WELL, nonsense=(NOW,) * NONSENSE_PIECES)) == [Fault.NONSENSE]
    assert faults(replace(WELL, nonsense=(NOW,) * (NONSENSE_PIECES - 1))) == []


def test_each_fault_has_its_patience_and_each_severity_its_rank() -> None:
    assert set(PATIENCE) == set(Fault)
    assert sorted(Severity, key=RANK.__getitem__) == [Severity.CRITICAL, Severity.WARNING, Severity.NOTICE]


def test_whom_it_hits() -> None:
    plan = small_plan()
    window = WindowId("1")
    pad, twin = (Device(DeviceId(name), DeviceKind.REVIEW_PAD, window=window) for name in ("pad-1", "pad-2"))
    hit = hit_by(plan, pad, (twin,))
    assert hit.window == "1"
    assert set(hit.services) == {code for code, windows in plan.windows_for.items() if window in windows}
    assert (hit.alone, hit_by(plan, pad, ()).alone) == (False, True)
    machine, other = (Device(DeviceId(name), DeviceKind.TICKET_MACHINE) for name in ("m-1", "m-2"))
    hit = hit_by(plan, machine, (pad,))
    assert set(hit.services) == set(plan.service_by_code)
    assert hit.alone
    (stuck,) = findings(machine.kind, Vitals(online=False), NOW)
    assert weighed(stuck, hit).severity is Severity.CRITICAL
    assert weighed(stuck, hit_by(plan, machine, (other,))).severity is Severity.WARNING, "people use the other one"
    speaker = Device(DeviceId("s-1"), DeviceKind.SPEAKER, zone=ZoneId("main"))
    elsewhere = Device(DeviceId("s-2"), DeviceKind.SPEAKER, zone=ZoneId("upstairs"))
    assert hit_by(plan, speaker, (elsewhere,)).alone

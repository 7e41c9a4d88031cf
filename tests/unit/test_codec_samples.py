"""One sample of every event in every version ever written is kept and can still be read."""

import json
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest

from controller.codec import EVENT_TYPES, UPCASTERS, VERSIONS, event_from_json, event_to_json
from controller.events import DayOpened, OpenedWindow, TicketIssued, WindowSteppedAway
from controller.model import TicketId, Token
from controller.plan import Hours, Lane
from tests.support.core_floor import ALL, INSURANCE, PENSION, SOCIAL, WINDOWS, ZONE

SAMPLES = Path(__file__).parents[1] / "data" / "events"
WRITTEN = [(name, version) for name in EVENT_TYPES for version in range(1, VERSIONS[name] + 1)]


def sample(name: str, version: int) -> object:
    return json.loads((SAMPLES / f"{name}.v{version}.json").read_text("utf-8"))


def test_there_is_a_sample_of_every_version_and_of_nothing_else() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == {f"{name}.v{version}.json" for name, version in WRITTEN}


def test_every_older_version_has_a_way_up() -> None:
    assert UPCASTERS.keys() == {(name, version) for name, version in WRITTEN if version < VERSIONS[name]}


@pytest.mark.parametrize(("name", "version"), WRITTEN)
def test_a_sample_is_read_and_written_as_today(name: str, version: int) -> None:
    """A member that came later has a default and no version of its own, so that today's form says all and more."""
    event = event_from_json(name, version, sample(name, version))
    assert type(event) is EVENT_TYPES[name]
    written = event_to_json(event)
    assert written[:2] == (name, VERSIONS[name])
    assert_says_all(written[2], sample(name, VERSIONS[name]))
    assert event_from_json(*written) == event


def assert_says_all(written: Any, kept: Any, path: str = "") -> None:
    """Check that a form holds all that a kept one does; objects may have more members, lists no more entries."""
    if isinstance(kept, dict):
        assert kept.keys() <= written.keys(), path
        for member, entry in kept.items():
            assert_says_all(written[member], entry, f"{path}/{member}")
    elif isinstance(kept, list):
        assert len(written) == len(kept), path
        for index, entry in enumerate(kept):
            assert_says_all(written[index], entry, f"{path}/{index}")
    else:
        assert written == kept, path


def test_a_member_that_came_later_is_written_with_its_default() -> None:
    """So a default that changes one day changes nothing in a stream that was written before."""
    old = event_from_json("DayOpened", 1, sample("DayOpened", 1))
    _, _, written = event_to_json(old)
    assert written["plan"]["layout"] == "fields"
    assert written["plan"]["services"][0]["class"] == "frequent"
    assert "frequency" not in written["plan"]["services"][0]


def test_samples_mean_what_they_say() -> None:
    issued = event_from_json("TicketIssued", 1, sample("TicketIssued", 1))
    assert issued == TicketIssued(
        ticket=TicketId("5f0c1b7a9e3d2468"),
        number="A012",
        prefix="A",
        serial=12,
        services=(PENSION, INSURANCE),
        lane=Lane.GREEN,
        channel="kiosk",
        token=Token("demo.8c6e1f0b5a7d93e2c4f60817b2a9d35e"),
        ahead=4,
        wait_p50_s=540,
        wait_p90_s=900,
    )
    opened = event_from_json("DayOpened", 1, sample("DayOpened", 1))
    assert isinstance(opened, DayOpened)
    assert opened.plan.hall.hours == Hours(time(8, 30), time(17, 30))
    assert opened.plan.windows == WINDOWS
    assert opened.plan.policies.green_rate == 2.5
    assert opened.staffed == (OpenedWindow(ALL, "clerk-1"), OpenedWindow(SOCIAL, None))
    away = event_from_json("WindowSteppedAway", 1, sample("WindowSteppedAway", 1))
    assert isinstance(away, WindowSteppedAway)
    assert (away.window, away.substitute, away.reason) == (ALL, SOCIAL, "开会")
    assert away.until == datetime(2026, 3, 2, 9, 22, 26, 750_000, tzinfo=ZONE)

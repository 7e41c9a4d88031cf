"""One sample of every event of a rectification in every version ever written is kept and can still be read."""

import json
from datetime import date
from pathlib import Path

import pytest

from controller.codec import BadForm
from controller.rectification_codec import (
    RECTIFICATION_EVENT_TYPES,
    RECTIFICATION_VERSIONS,
    rectification_event_from_json,
    rectification_event_to_json,
)
from controller.rectification_model import RectificationOpened
from tests.unit.test_codec_samples import assert_says_all

SAMPLES = Path(__file__).parents[1] / "data" / "rectification_events"
WRITTEN = [(name, version) for name, last in RECTIFICATION_VERSIONS.items() for version in range(1, last + 1)]


def sample(name: str, version: int) -> object:
    return json.loads((SAMPLES / f"{name}.v{version}.json").read_text("utf-8"))


def test_there_is_a_sample_of_every_version_and_of_nothing_else() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == {f"{name}.v{version}.json" for name, version in WRITTEN}


@pytest.mark.parametrize(("name", "version"), WRITTEN)
def test_a_sample_is_read_and_written_as_today(name: str, version: int) -> None:
    event = rectification_event_from_json(name, version, sample(name, version))
    assert type(event) is RECTIFICATION_EVENT_TYPES[name]
    written = rectification_event_to_json(event)
    assert written[:2] == (name, RECTIFICATION_VERSIONS[name])
    assert_says_all(written[2], sample(name, version))
    assert rectification_event_from_json(*written) == event


def test_a_sample_means_what_it_says() -> None:
    opened = rectification_event_from_json("RectificationOpened", 1, sample("RectificationOpened", 1))
    assert isinstance(opened, RectificationOpened)
    assert (opened.review.level, opened.review.clerk, opened.review.number) == (1, "王芳", "A003")
    assert opened.deadlines.complex == date(2026, 3, 23)


@pytest.mark.parametrize(("name", "version"), [("ReviewGiven", 1), ("RectificationClosed", 2), ("ContactOffered", 0)])
def test_what_nobody_wrote_is_not_read(name: str, version: int) -> None:
    with pytest.raises(BadForm):
        rectification_event_from_json(name, version, {})

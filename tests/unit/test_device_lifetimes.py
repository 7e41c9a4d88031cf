"""How long what happens at a device is worth telling: the table, and the same in the documents."""

import re
from pathlib import Path

import pytest

from devices.agent.lifetimes import OTHER, RULES, UNNAMED_REVIEW, rule_of
from devices.messages import DeviceEvent

DOCUMENT = Path(__file__).parents[2] / "docs" / "agents.md"
ROW = r"^\| `([a-z_]+)`([^|]*) \| (yes|no) \| (\d+) (s|min|h|d) \| ([^|]+) \|$"
UNITS_S = {"s": 1, "min": 60, "h": 3600, "d": 24 * 3600}


def test_every_event_of_the_contract_has_a_rule() -> None:
    assert {kind.type for kind in DeviceEvent.__args__} == set(RULES) - {UNNAMED_REVIEW}


@pytest.mark.parametrize(
    ("event", "kept", "worth_s"),
    [
        ({"type": "call_pressed", "action": "next"}, False, 8),
        ({"type": "review_submitted", "ticket": "t1"}, True, 7 * 24 * 3600),
        ({"type": "review_submitted"}, True, 120),
        ({"type": "review_submitted", "ticket": None}, True, 120),
        ({"type": "receipt_printed", "job": "r1"}, True, 24 * 3600),
    ],
)
def test_a_rule_by_what_the_event_says(event: dict[str, object], kept: bool, worth_s: float) -> None:
    rule = rule_of(event)
    assert (rule.kept, rule.worth_s) == (kept, worth_s)


def test_what_this_version_does_not_know_is_not_kept() -> None:
    assert rule_of({"type": "new"}) is rule_of({}) is OTHER


def test_the_document_shows_the_table() -> None:
    rows = re.findall(ROW, DOCUMENT.read_text("utf-8"), re.MULTILINE)
    shown = {
        (name + extra.replace(" `ticket`", " ticket")): (kept == "yes", int(count) * UNITS_S[unit], why)
        for name, extra, kept, count, unit, why in rows
    }
    assert shown == {name: (rule.kept, rule.worth_s, rule.why) for name, rule in RULES.items()}

"""ESPHome takes our configurations, their topics are the contract's, and a review pad does what its card says.

Nothing can be compiled for a board here: what the tests run is the configurations' own code on this machine.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.firmware import MODELS
from devices.messages import CommandDone, DeviceEvent, ReviewSubmitted, Telemetry
from devices.outgoing import Identify, InviteReview, Reboot, Reply, SetBrightness, Show, WindowState
from devices.topics import NAME_CHARS_MAX, Leaf, build, parse
from tests.support import firmware, wiring
from tests.support.firmware import CONFIGS
from tests.support.firmware_words import HALL, Device, running

PAD, WIRELESS = "review-pad-1", "review-pad-2"
DEVICES = sorted(path.stem for path in (CONFIGS / "halls" / "demo").glob("*-[0-9].yaml"))
LATER = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TICKET = "00f3a2b4c5d6e7f8"
STATE = WindowState(window="1", label="1号窗口", status="open", number=None, stage=None, text="", waiting=0, seq=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return firmware.prepared(tmp_path_factory.mktemp("firmware"))


@pytest.fixture(scope="module")
def configs(folder: Path) -> dict[str, dict[str, Any]]:
    return {device: firmware.valid(folder, device) for device in DEVICES}


@pytest.fixture(scope="module")
def programs(configs: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {device: firmware.build(configs[device], tmp_path_factory.mktemp(device)) for device in (PAD, WIRELESS)}


@pytest.fixture
def pad(programs: dict[str, Path]) -> Iterator[Device]:
    with running(PAD, programs[PAD]) as device:
        yield device


@pytest.fixture
def wireless(programs: dict[str, Path]) -> Iterator[Device]:
    with running(WIRELESS, programs[WIRELESS]) as device:
        yield device


def invite(pad: Device, ticket: str = TICKET, seconds: int = 180) -> None:
    assert pad.hear(InviteReview(id="c1", ticket=ticket, number="A003", window="1", seconds=seconds)) == []


def reviews(events: list[DeviceEvent]) -> list[ReviewSubmitted]:
    found = [event for event in events if isinstance(event, ReviewSubmitted)]
    assert len(found) == len(events)
    return found


def lamps(pad: Device) -> str:
    """Return which of a pad's five lamps are lit."""
    return pad.lamps()[:5]


def test_a_mistake_is_named_with_its_line(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "firmware_configs"
    shutil.copytree(folder, broken)
    file = broken / "review_pad" / "esp32dev.yaml"
    file.write_text(file.read_text("utf-8").replace("platform: gpio", "platform: gpoi", 1), "utf-8")
    done = firmware.validate(broken, PAD)
    assert done.returncode != 0
    assert "gpoi" in done.stdout + done.stderr


@pytest.mark.parametrize("device", DEVICES)
def test_esphome_writes_a_program_of_each_configuration(folder: Path, device: str) -> None:
    """As far as it comes without the tool chain that it fetches from the network."""
    done = subprocess.run(
        [str(firmware.ESPHOME), "compile", "--only-generate", f"{device}.yaml"],
        cwd=folder / "halls" / "demo",
        capture_output=True,
        text=True,
        timeout=firmware.TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "halls" / "demo" / ".esphome" / "build" / device / "src" / "main.cpp").exists()


@pytest.mark.parametrize("device", DEVICES)
def test_every_topic_is_one_of_the_contract(configs: dict[str, dict[str, Any]], device: str) -> None:
    mqtt = configs[device]["mqtt"]
    for moment, word in (("birth", "online"), ("will", "offline"), ("shutdown", "offline")):
        said = mqtt[f"{moment}_message"]
        assert said == {"topic": build(HALL, device, Leaf.STATUS), "payload": word, "qos": 1, "retain": True}
    heard = {parse(trigger["topic"]) for trigger in mqtt["on_json_message"]}
    assert {(topic.hall, topic.device) for topic in heard} == {(HALL, device)}
    assert {topic.leaf for topic in heard} <= {Leaf.COMMAND, Leaf.REPLY, Leaf.STATE}
    assert {trigger["qos"] for trigger in mqtt["on_json_message"]} == {1}
    assert mqtt["topic_prefix"] == build(HALL, device, Leaf.EVENT).removesuffix("/event")
    assert not mqtt["discovery"]
    assert mqtt["log_topic"] is None
    # An entity that isn't internal would publish under topics of its own.
    entities = (*configs[device].get("binary_sensor", []), *configs[device]["sensor"])
    assert all(entity["internal"] for entity in entities)


def test_wiring_is_drawn_from_the_pins(configs: dict[str, dict[str, Any]]) -> None:
    said = wiring.wiring()
    assert said["models"].keys() == {model for models in MODELS.values() for model in models}
    found = {name: wiring.pins(configs[model["device"]]) for name, model in said["models"].items()}
    for name, model in said["models"].items():
        assert found[name].keys() == model["wires"].keys(), name
        assert len(set(found[name].values())) == len(found[name]), "two things at one pin"
        drawn = (wiring.PICTURES / wiring.file_name(name)).read_text("utf-8")
        assert drawn == wiring.picture(model, found[name]), "python -m tests.support.wiring draws it anew"
    assert wiring.PAGE.read_text("utf-8") == wiring.page(said, found), "python -m tests.support.wiring writes it anew"


@pytest.mark.parametrize("level", [3, 4, 5])
def test_a_good_review_is_one_key(pad: Device, level: int) -> None:
    invite(pad)
    (event,) = reviews(pad.events(f"press key_{level}"))
    assert (event.level, event.tags, event.ticket, event.at) == (level, (), TICKET, None)
    assert pad.events(f"press key_{level}") == [], "the invitation is used up"


@pytest.mark.parametrize(
    ("level", "reasons"), [(1, ("115", "110", "109", "113", "114")), (2, ("214", "209", "208", "210", "213"))]
)
def test_a_bad_review_takes_its_reason_from_a_second_key(pad: Device, level: int, reasons: tuple[str, ...]) -> None:
    for number, reason in enumerate(reasons, start=1):
        invite(pad)
        assert pad.events(f"press key_{level}") == []
        told = reviews(pad.events(f"press key_{number}"))
        assert (told[-1].level, told[-1].tags) == (level, (reason,))
        pad.hear(Reply.accepted(told[-1].id, {}))


def test_a_bad_level_without_a_reason_can_be_pressed_anew(pad: Device) -> None:
    invite(pad)
    pad.do("press key_1")
    pad.do("after reason_time")
    (event,) = reviews(pad.events("press key_5"))
    assert event.level == 5


def test_without_an_invitation_keys_do_nothing(pad: Device) -> None:
    assert pad.events("press key_5") == []
    invite(pad, seconds=60)
    pad.do("after invitation")
    assert pad.events("press key_5") == []


@pytest.mark.parametrize("ticket", ['x","level":5,"a":"', "", "a" * 33, "号"])
def test_an_invitation_whose_ticket_is_no_id_is_none(pad: Device, ticket: str) -> None:
    invite(pad, ticket=ticket)
    assert pad.events("press key_5") == []


def test_the_clock_is_told_when_it_is_known(pad: Device) -> None:
    pad.do("utc", "2026-03-04T01:02:03Z")
    invite(pad)
    (event,) = reviews(pad.events("press key_4"))
    assert event.at is not None
    assert event.at.isoformat() == "2026-03-04T01:02:03+00:00"


def test_an_event_is_repeated_until_it_is_answered(pad: Device) -> None:
    invite(pad)
    (event,) = reviews(pad.events("press key_5"))
    for reply in (
        Reply.accepted("another", {}),
        Reply.refused(None, "message_not_json", ""),
        Reply.refused(event.id, "log_unavailable", ""),
    ):
        pad.hear(reply)
        assert reviews(pad.events("every 5s")) == [event]
    pad.do("connected", "0")
    assert pad.events("every 5s") == []
    assert reviews(pad.events("connected", "1")) == [event]
    pad.hear(Reply.accepted(event.id, {"review": "v1"}))
    assert pad.events("every 5s") == []


def test_four_events_fit_and_the_fifth_is_said_to_be_lost(pad: Device) -> None:
    pad.do("connected", "0")
    for _ in range(5):
        assert lamps(pad) == "00000"
        invite(pad)
        pad.do("press key_5")
    assert lamps(pad) == "11111", "flickering"
    pad.do("millis", "1100")
    assert lamps(pad) == "00000"
    events = reviews(pad.events("connected", "1"))
    assert len({event.id for event in events}) == 4


def test_lamps_say_what_is_going_on(pad: Device) -> None:
    pad.do("millis", "500")
    assert lamps(pad) == "00000"
    invite(pad)
    assert lamps(pad) == "11111"
    pad.do("press key_1")
    assert lamps(pad) == "00000"
    pad.do("millis", "1000")
    assert lamps(pad) == "11111"
    (event,) = reviews(pad.events("press key_1"))
    assert lamps(pad) == "00000"
    pad.hear(Reply.accepted(event.id, {}))
    assert lamps(pad) == "10000"
    pad.do("millis", "1200")
    assert lamps(pad) == "01000"
    pad.do("millis", "3000")
    assert lamps(pad) == "00000"
    pad.do("connected", "0")
    assert lamps(pad) == "10000"


def test_the_light_is_lit_while_a_review_is_invited(pad: Device) -> None:
    def light() -> str:
        return pad.lamps()[5]

    pad.do("millis", "2000")
    assert light() == "0"
    invite(pad)
    assert light() == "1"
    pad.do("millis", "3500")
    assert light() == "0", "it breathes"
    pad.do("millis", "4000")
    assert light() == "1"
    pad.do("press key_5")
    assert light() == "0"


def test_a_device_tells_how_it_is(pad: Device) -> None:
    pad.do("millis", "61000")
    pad.do("sensor", "wifi_signal_dbm", "-61")
    for moment in (("connected", "1"), ("every 5min",)):
        (event,) = pad.of_itself(*moment)
        assert isinstance(event, Telemetry)
        assert event.values == {"firmware": "review_pad 1.0", "uptime_s": 61, "signal_dbm": -61}
    (sign_of_life,) = pad.board.do("every 60s")
    assert sign_of_life == ["publish", build(HALL, PAD, Leaf.STATUS), "1", "1", "online"]
    pad.board.do("connected", "0")
    assert pad.board.do("every 60s") == pad.board.do("every 5min") == []


def test_ids_of_events_are_unique_whatever_the_devices_id_is(configs: dict[str, dict[str, Any]]) -> None:
    (script,) = (one for one in configs[PAD]["script"] if one["id"] == "begin_event")
    size = int(re.search(r"char event\[(\d+)\]", script["then"][0]["lambda"])[1])  # type: ignore[index]
    assert size > NAME_CHARS_MAX + len("-") + 16


def test_a_battery_is_told_in_volts_and_per_cent(wireless: Device) -> None:
    for volts, percent in (("3.75", 50), ("4.3", 100), ("3.1", 0)):
        wireless.do("sensor", "battery_v", volts)
        wireless.do("every 10s")
        (event,) = wireless.of_itself("every 5min")
        assert isinstance(event, Telemetry)
        assert event.values["battery_v"] == pytest.approx(float(volts))
        assert event.values["battery_pct"] == pytest.approx(percent, abs=1)


def test_a_pad_on_a_battery_sleeps_while_its_window_is_closed_and_nothing_is_unsaid(wireless: Device) -> None:
    invite(wireless)
    (review,) = reviews(wireless.events("press key_5"))
    wireless.hear(STATE)
    wireless.do("millis", "1000000")
    assert wireless.do("every 10s") == [], "its window is open"
    wireless.hear(replace(STATE, status="closed"))
    wireless.do("millis", "1299000")
    assert wireless.do("every 10s") == []
    wireless.do("millis", "1300000")
    assert wireless.do("every 10s") == [], "the review is not answered"
    wireless.accept(review)
    *told, without_a_word, goodbye = wireless.board.do("every 10s")
    assert [word for word, *_ in told] == ["publish"], "how it is, and no offline"
    assert (without_a_word, goodbye) == (["goodbye without a word"], ["disconnect"])
    assert wireless.do("after go_to_sleep") == [["sleep"]]
    wireless.hear(STATE)
    assert wireless.do("every 10s") == []


def test_a_pad_that_wakes_and_finds_its_window_closed_sleeps_on_soon(wireless: Device) -> None:
    wireless.do("millis", "5000")
    wireless.hear(replace(STATE, status="closed"))
    wireless.do("millis", "34000")
    assert wireless.do("every 10s") == []
    wireless.do("millis", "35000")
    assert wireless.do("every 10s")[-1] == ["disconnect"]
    assert wireless.do("after go_to_sleep") == [["sleep"]]


def test_a_line_through_tls_trusts_the_halls_authority_alone(configs: dict[str, dict[str, Any]]) -> None:
    encrypted, plain = configs[WIRELESS]["mqtt"], configs[PAD]["mqtt"]
    assert (encrypted["port"], encrypted["skip_cert_cn_check"]) == (8883, False)
    assert encrypted["certificate_authority"] == "mqtt_ca", "it stands in the secrets"
    assert "certificate_authority" not in plain


def outcome(pad: Device, told: list[list[str]]) -> tuple[str, str]:
    """Return which command is done, and how."""
    (event,) = pad.said(told)
    assert isinstance(event, CommandDone)
    return event.command, event.result


def test_a_device_that_is_looked_for_flickers_and_says_so(pad: Device) -> None:
    assert outcome(pad, pad.hear(Identify(id="c1", seconds=10, expires_at=LATER))) == ("c1", "ok")
    assert lamps(pad) == "11111"
    pad.do("millis", "1100")
    assert lamps(pad) == "00000"
    pad.do("after identify")
    pad.do("millis", "1200")
    assert lamps(pad) == "00000"


def test_a_command_for_another_kind_is_said_to_be_none(pad: Device) -> None:
    dimmer = SetBrightness(id="c2", percent=40, expires_at=LATER)
    assert outcome(pad, pad.hear(dimmer)) == ("c2", "unsupported")
    assert pad.hear(Show(id="c3", text="x")) == [], "nobody wants to know"
    assert pad.hear(Identify(id='c"4', seconds=10, expires_at=LATER)) == [], "an id is letters and figures"


def test_a_device_says_that_it_restarts(pad: Device) -> None:
    *told, last = pad.hear(Reboot(id="c5", ack=True))
    assert (outcome(pad, told), last) == (("c5", "ok"), ["reboot"])


def test_a_device_restarts_when_it_is_told_to(pad: Device) -> None:
    assert pad.hear(Reboot(id="c9")) == [["reboot"]]
    assert pad.hear(Show(id="c8", text="x")) == []

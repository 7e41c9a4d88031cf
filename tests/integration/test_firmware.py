"""ESPHome takes our configurations, and what they say and hear is the contract that the controller speaks."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.runtime.catalogue import languages, messages
from devices.messages import CallPressed, DeviceEvent, ReviewSubmitted, parse_event
from devices.outgoing import InviteReview, Reboot, Reply, Show, WindowState
from devices.topics import Leaf, build, parse
from tests.support import firmware
from tests.support.contract import faults
from tests.support.firmware import CONFIGS, Board

HALL, PAD, SIGN, CALLS = "demo", "review-pad-1", "led-1", "call-pad-1"
DEVICES = sorted(path.stem for path in (CONFIGS / "halls" / "demo").glob("*-[0-9].yaml"))
TICKET = "00f3a2b4c5d6e7f8"
STATE = WindowState(window="1", label="1号窗口", status="open", number=None, stage=None, text="", waiting=0, seq=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the configurations with throw-away secrets."""
    copy = tmp_path_factory.mktemp("firmware") / "firmware_configs"
    shutil.copytree(CONFIGS, copy, ignore=shutil.ignore_patterns(".esphome", "secrets.yaml"))
    demo = copy / "halls" / "demo"
    shutil.copy(demo / "secrets.example.yaml", demo / "secrets.yaml")
    return copy


@pytest.fixture(scope="module")
def configs(folder: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for device in DEVICES:
        done = firmware.validate(folder, device)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Configuration is valid!" in done.stderr
        assert "WARNING" not in done.stderr
        found[device] = firmware.read(done.stdout)
    return found


@pytest.fixture(scope="module")
def programs(configs: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {device: firmware.build(configs[device], tmp_path_factory.mktemp(device)) for device in (PAD, SIGN, CALLS)}


@pytest.fixture
def pad(programs: dict[str, Path]) -> Iterator[Board]:
    with Board(programs[PAD]) as board:
        yield board


@pytest.fixture
def sign(programs: dict[str, Path]) -> Iterator[Board]:
    with Board(programs[SIGN]) as board:
        yield board


@pytest.fixture
def calls(programs: dict[str, Path]) -> Iterator[Board]:
    with Board(programs[CALLS]) as board:
        yield board


def send(board: Board, device: str, leaf: Leaf, payload: bytes) -> list[list[str]]:
    return board.receive(build(HALL, device, leaf), json.loads(payload))


def invite(pad: Board, ticket: str = TICKET, seconds: int = 180) -> None:
    command = InviteReview(id="c1", ticket=ticket, number="A003", window="1", seconds=seconds)
    assert send(pad, PAD, Leaf.COMMAND, command.to_payload()) == []


def sent(told: list[list[str]], device: str) -> list[DeviceEvent]:
    """Read events as the controller's gateway does, and hold them against the published contract."""
    events = []
    for kind, topic, qos, retain, payload in told:
        assert (kind, topic, qos, retain) == ("publish", build(HALL, device, Leaf.EVENT), "1", "0")
        event = parse_event(payload.encode())
        assert faults(f"event.{event.type}", json.loads(payload)) == []
        events.append(event)
    return events


def published(told: list[list[str]]) -> list[ReviewSubmitted]:
    """Read the events of a review pad."""
    events = [event for event in sent(told, PAD) if isinstance(event, ReviewSubmitted)]
    assert len(events) == len(told)
    return events


def lamps(pad: Board) -> str:
    assert pad.do("every 100ms") == []
    return pad.do("lamps")[0][1]


def test_a_mistake_is_named_with_its_line(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "firmware_configs"
    shutil.copytree(folder, broken)
    file = broken / "review_pad" / "esp32dev.yaml"
    file.write_text(file.read_text("utf-8").replace("platform: gpio", "platform: gpoi", 1), "utf-8")
    done = firmware.validate(broken, PAD)
    assert done.returncode != 0
    assert "gpoi" in done.stdout + done.stderr


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
    assert all(key["internal"] for key in configs[device].get("binary_sensor", []))


@pytest.mark.parametrize("level", [3, 4, 5])
def test_a_good_review_is_one_key(pad: Board, level: int) -> None:
    invite(pad)
    (event,) = published(pad.do(f"press key_{level}"))
    assert (event.level, event.tags, event.ticket, event.at) == (level, (), TICKET, None)
    assert pad.do(f"press key_{level}") == [], "the invitation is used up"


@pytest.mark.parametrize(
    ("level", "reasons"), [(1, ("115", "110", "109", "113", "114")), (2, ("214", "209", "208", "210", "213"))]
)
def test_a_bad_review_takes_its_reason_from_a_second_key(pad: Board, level: int, reasons: tuple[str, ...]) -> None:
    for number, reason in enumerate(reasons, start=1):
        invite(pad)
        assert pad.do(f"press key_{level}") == []
        told = published(pad.do(f"press key_{number}"))
        assert (told[-1].level, told[-1].tags) == (level, (reason,))
        send(pad, PAD, Leaf.REPLY, Reply.accepted(told[-1].id, {}).to_payload())


def test_a_bad_level_without_a_reason_can_be_pressed_anew(pad: Board) -> None:
    invite(pad)
    pad.do("press key_1")
    pad.do("after reason_time")
    (event,) = published(pad.do("press key_5"))
    assert event.level == 5


def test_without_an_invitation_keys_do_nothing(pad: Board) -> None:
    assert pad.do("press key_5") == []
    invite(pad, seconds=60)
    pad.do("after invitation")
    assert pad.do("press key_5") == []


@pytest.mark.parametrize("ticket", ['x","level":5,"a":"', "", "a" * 33, "号"])
def test_an_invitation_whose_ticket_is_no_id_is_none(pad: Board, ticket: str) -> None:
    invite(pad, ticket=ticket)
    assert pad.do("press key_5") == []


def test_the_clock_is_told_when_it_is_known(pad: Board) -> None:
    pad.do("utc", "2026-03-04T01:02:03Z")
    invite(pad)
    (event,) = published(pad.do("press key_4"))
    assert event.at is not None
    assert event.at.isoformat() == "2026-03-04T01:02:03+00:00"


def test_an_event_is_repeated_until_it_is_answered(pad: Board) -> None:
    invite(pad)
    (event,) = published(pad.do("press key_5"))
    for reply in (
        Reply.accepted("another", {}),
        Reply.refused(None, "message_not_json", ""),
        Reply.refused(event.id, "log_unavailable", ""),
    ):
        send(pad, PAD, Leaf.REPLY, reply.to_payload())
        assert published(pad.do("every 5s")) == [event]
    pad.do("connected", "0")
    assert pad.do("every 5s") == []
    assert published(pad.do("connected", "1")) == [event]
    send(pad, PAD, Leaf.REPLY, Reply.accepted(event.id, {"review": "v1"}).to_payload())
    assert pad.do("every 5s") == []


def test_four_events_fit_and_the_fifth_is_said_to_be_lost(pad: Board) -> None:
    pad.do("connected", "0")
    for _ in range(5):
        assert lamps(pad) == "00000"
        invite(pad)
        pad.do("press key_5")
    assert lamps(pad) == "11111", "flickering"
    pad.do("millis", "1100")
    assert lamps(pad) == "00000"
    events = published(pad.do("connected", "1"))
    assert len({event.id for event in events}) == 4


def test_lamps_say_what_is_going_on(pad: Board) -> None:
    pad.do("millis", "500")
    assert lamps(pad) == "00000"
    invite(pad)
    assert lamps(pad) == "11111"
    pad.do("press key_1")
    assert lamps(pad) == "00000"
    pad.do("millis", "1000")
    assert lamps(pad) == "11111"
    (event,) = published(pad.do("press key_1"))
    assert lamps(pad) == "00000"
    send(pad, PAD, Leaf.REPLY, Reply.accepted(event.id, {}).to_payload())
    assert lamps(pad) == "10000"
    pad.do("millis", "1200")
    assert lamps(pad) == "01000"
    pad.do("millis", "3000")
    assert lamps(pad) == "00000"
    pad.do("connected", "0")
    assert lamps(pad) == "10000"


def test_a_device_restarts_when_it_is_told_to(pad: Board) -> None:
    assert send(pad, PAD, Leaf.COMMAND, Reboot(id="c9").to_payload()) == [["reboot"]]
    assert send(pad, PAD, Leaf.COMMAND, Show(id="c8", text="x").to_payload()) == []


@pytest.mark.parametrize(
    ("text", "number", "shown"),
    [("请A003号", "A003", "请A003号"), ("请A003号到本窗口", "A003", "A003"), ("暂停服务", None, "暂停服务")],
)
def test_a_sign_shows_its_windows_state(sign: Board, text: str, number: str | None, shown: str) -> None:
    state = WindowState(
        window="1", label="1号窗口", status="open", number=number, stage=None, text=text, waiting=0, seq=1
    )
    send(sign, SIGN, Leaf.STATE, state.to_payload())
    assert sign.do("draw") == [["text", shown]]


def test_a_sign_shows_a_text_until_the_state_changes(sign: Board) -> None:
    send(sign, SIGN, Leaf.COMMAND, Show(id="c1", text="欢迎").to_payload())
    assert sign.do("draw") == [["text", "欢迎"]]
    send(sign, SIGN, Leaf.STATE, STATE.to_payload())
    assert sign.do("draw") == [["text", "1号窗口"]]


def test_a_sign_that_lost_its_line_says_so_and_then_shows_no_old_number(sign: Board) -> None:
    send(sign, SIGN, Leaf.COMMAND, Show(id="c1", text="A003").to_payload())
    sign.do("millis", "10000")
    sign.do("connected", "0")
    assert sign.do("draw") == [["dot", "63", "15"], ["text", "A003"]]
    sign.do("millis", "70500")
    assert sign.do("draw") == []
    sign.do("connected", "1")
    assert sign.do("draw") == [["text", "A003"]]


def test_a_sign_has_every_character_that_the_catalogue_gives_it(configs: dict[str, dict[str, Any]]) -> None:
    font = configs[SIGN]["font"][0]
    glyphs = set("".join(font["glyphs"]))
    assert {bytes([high, low]).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF)} <= glyphs
    said = "".join(
        text for language in languages() for key, text in messages(language).items() if key.startswith("led.")
    )
    assert set(said) - {"\n"} <= glyphs
    assert (font["size"], font["bpp"]) == (16, 1)


def test_a_sign_has_the_dots_that_its_modules_make(configs: dict[str, dict[str, Any]]) -> None:
    display = configs[SIGN]["display"][0]
    assert (display["num_chips"] // display["num_chip_lines"] * 8, display["num_chip_lines"] * 8) == (64, 16)


def test_a_call_pads_keys_are_presses(calls: Board) -> None:
    calls.do("utc", "2026-03-04T01:02:03Z")
    for number, action in enumerate(("next", "recall", "start", "finish"), start=1):
        (event,) = sent(calls.do(f"press key_{number}"), CALLS)
        assert isinstance(event, CallPressed)
        assert (event.action, event.window) == (action, None)
        assert event.at is not None
        send(calls, CALLS, Leaf.REPLY, Reply.accepted(event.id, {}).to_payload())
        assert calls.do("every 2s") == []


def test_a_press_is_repeated_for_eight_seconds_and_then_given_up(calls: Board) -> None:
    calls.do("millis", "1000")
    calls.do("connected", "0")
    assert calls.do("press key_1") == []
    calls.do("millis", "9000")
    (event,) = sent(calls.do("connected", "1"), CALLS)
    assert sent(calls.do("every 2s"), CALLS) == [event]
    calls.do("millis", "9001")
    assert calls.do("every 2s") == []
    assert lamps(calls) == "01", "flickering"
    calls.do("millis", "9100")
    assert lamps(calls) == "00"
    calls.do("millis", "10100")
    assert lamps(calls) == "00"


def test_a_call_pad_shows_who_waits(calls: Board) -> None:
    assert calls.do("draw") == [["text", "   0"]]
    assert lamps(calls) == "00"
    state = replace(STATE, waiting=12)
    send(calls, CALLS, Leaf.STATE, state.to_payload())
    assert calls.do("draw") == [["text", "  12"]]
    assert lamps(calls) == "10"
    send(calls, CALLS, Leaf.STATE, replace(state, number="A003", stage="called").to_payload())
    assert lamps(calls) == "00", "somebody is at the window"
    calls.do("connected", "0")
    assert calls.do("draw") == [["text", "----"]]


def test_a_call_pad_tells_whether_a_press_was_accepted(calls: Board) -> None:
    calls.do("millis", "1100")
    (event,) = sent(calls.do("press key_1"), CALLS)
    send(calls, CALLS, Leaf.REPLY, Reply.accepted(event.id, {}).to_payload())
    assert lamps(calls) == "01"
    calls.do("millis", "2100")
    assert lamps(calls) == "00"
    (event,) = sent(calls.do("press key_1"), CALLS)
    send(calls, CALLS, Leaf.REPLY, Reply.refused(event.id, "window_not_open", "").to_payload())
    assert lamps(calls) == "00", "flickering"
    calls.do("millis", "2200")
    assert lamps(calls) == "01"

"""LED signs on ESP32 boards: what they show of their window's retained state, by their own code."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.runtime.catalogue import languages, messages
from devices.messages import CommandDone
from devices.outgoing import Command, Identify, SetBrightness, Show, WindowState
from tests.support import firmware
from tests.support.firmware_words import Device, running

SIGN, COLOURED = "led-1", "led-2"
STATE = WindowState(window="1", label="1号窗口", status="open", number=None, stage=None, text="", waiting=0, seq=1)
LATER = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RED, GREEN = ["255", "0", "0"], ["0", "255", "0"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return firmware.prepared(tmp_path_factory.mktemp("firmware"))


@pytest.fixture(scope="module")
def programs(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {
        device: firmware.build(firmware.valid(folder, device), tmp_path_factory.mktemp(device))
        for device in (SIGN, COLOURED)
    }


@pytest.fixture
def sign(programs: dict[str, Path]) -> Iterator[Device]:
    with running(SIGN, programs[SIGN]) as device:
        yield device


@pytest.fixture
def coloured(programs: dict[str, Path]) -> Iterator[Device]:
    with running(COLOURED, programs[COLOURED]) as device:
        yield device


def drawn(sign: Device) -> list[list[str]]:
    """Return what stands on a sign; how bright it is comes first and is left out."""
    (kind, _), *rest = sign.do("draw")
    assert kind == "bright"
    return rest


@pytest.mark.parametrize(
    ("text", "number", "shown"),
    [("请A003号", "A003", "请A003号"), ("请A003号到本窗口", "A003", "A003"), ("暂停服务", None, "暂停服务")],
)
def test_a_sign_shows_its_windows_state(sign: Device, text: str, number: str | None, shown: str) -> None:
    sign.hear(replace(STATE, number=number, text=text))
    assert drawn(sign) == [["text", shown]]


def test_a_sign_shows_a_text_until_the_state_changes(sign: Device) -> None:
    sign.hear(Show(id="c1", text="欢迎"))
    assert drawn(sign) == [["text", "欢迎"]]
    sign.hear(STATE)
    assert drawn(sign) == [["text", "1号窗口"]]


def test_a_sign_that_lost_its_line_says_so_and_then_shows_no_old_number(sign: Device) -> None:
    sign.hear(Show(id="c1", text="A003"))
    sign.do("millis", "10000")
    sign.do("connected", "0")
    assert drawn(sign) == [["dot", "63", "15"], ["text", "A003"]]
    sign.do("millis", "70500")
    assert drawn(sign) == []
    sign.do("connected", "1")
    assert drawn(sign) == [["text", "A003"]]


@pytest.mark.parametrize(
    ("until", "shown"),
    [
        ("2026-03-02T09:05:09+08:00", False),
        ("2026-03-02T09:05:09.750000+08:00", False),
        ("2026-03-02T01:05:07+00:00", False),
        ("2026-03-01T19:35:07-05:30", False),
        ("2026-03-02T01:05:07Z", False),
        ("2026-03-02T09:05:06+08:00", True),
        ("tomorrow", True),
        (None, True),
    ],
)
def test_a_new_call_flashes_until_its_time(sign: Device, until: str | None, shown: bool) -> None:
    sign.do("utc", "2026-03-02T01:05:06Z")
    sign.do("millis", "60100")
    sign.hear(replace(STATE, number="A003", text="请A003号", flash_until=until, flash_hz=2.0))
    assert drawn(sign) == [["text", "请A003号"]], "the light half"
    sign.do("millis", "60300")
    assert bool(drawn(sign)) is shown
    sign.do("utc", "2026-03-02T01:05:10Z")
    assert drawn(sign) == [["text", "请A003号"]]


def test_a_sign_never_flashes_more_than_three_times_a_second(sign: Device) -> None:
    sign.do("utc", "2026-03-02T01:05:06Z")
    sign.hear(replace(STATE, text="请A003号", flash_until="2026-03-02T09:05:30+08:00", flash_hz=25.0))
    changes, before = 0, True
    for ms in range(60000, 61000, 10):
        sign.do("millis", str(ms))
        lit = bool(drawn(sign))
        changes, before = changes + (lit is not before), lit
    assert changes <= 6


def test_a_sign_is_as_bright_as_it_is_told_and_shows_who_it_is(sign: Device) -> None:
    def told(command: Command) -> str:
        (event,) = sign.said(sign.hear(command))
        assert isinstance(event, CommandDone)
        return event.result

    assert sign.do("draw")[0] == ["bright", "4"]
    for percent, result, bright in ((100, "ok", "15"), (0, "ok", "0"), (101, "refused", "0")):
        assert told(SetBrightness(id="c1", percent=percent, expires_at=LATER)) == result
        assert sign.do("draw")[0] == ["bright", bright]
    sign.hear(STATE)
    assert told(Identify(id="c2", seconds=10, expires_at=LATER)) == "ok"
    sign.do("millis", "600")
    assert drawn(sign) == [["text", SIGN]]
    sign.do("millis", "900")
    assert drawn(sign) == []
    sign.do("after identify")
    assert drawn(sign) == [["text", "1号窗口"]]


def test_a_sign_has_every_character_that_the_catalogue_gives_it(folder: Path) -> None:
    font = firmware.valid(folder, SIGN)["font"][0]
    glyphs = set("".join(font["glyphs"]))
    assert {bytes([high, low]).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF)} <= glyphs
    said = "".join(
        text for language in languages() for key, text in messages(language).items() if key.startswith("led.")
    )
    assert set(said) - {"\n"} <= glyphs
    assert (font["size"], font["bpp"]) == (16, 1)


@pytest.mark.parametrize(("device", "dots"), [(SIGN, (64, 16)), (COLOURED, (128, 32))])
def test_a_sign_has_the_dots_that_its_modules_make(folder: Path, device: str, dots: tuple[int, int]) -> None:
    assert firmware.dots_of(firmware.valid(folder, device)["display"][0]) == dots


def test_a_coloured_sign_shows_the_number_large_beside_its_window(coloured: Device) -> None:
    coloured.hear(replace(STATE, number="A003", text="请A003号", colour="green"))
    assert drawn(coloured) == [["text", "A003", "32", "0", "32", *GREEN], ["text", "1号窗口", "96", "8", "16", *GREEN]]
    coloured.hear(replace(STATE, label="“办不成事”反映窗口", number="A003"))
    assert drawn(coloured) == [["text", "A003", "64", "0", "32", *RED]], "for more there is no room"


def test_a_coloured_sign_lets_run_through_what_has_no_room(coloured: Device) -> None:
    coloured.hear(replace(STATE, text="暂停服务"))
    assert drawn(coloured) == [["text", "暂停服务", "64", "8", "16", *RED]]
    long = "请到三号窗口办理，工作人员马上就来"
    coloured.hear(replace(STATE, text="暂停服务", scroll=long))
    begins = 25 * (128 + 16 * len(long)) * 10
    for passed, left in ((0, 128), (25, 127), (25 * 128, 0)):
        coloured.do("millis", str(begins + passed))
        assert drawn(coloured) == [["text", long, str(left), "8", "16", *RED]]

"""What a device gets to join: hashes that Mosquitto reads, rules for its own topics alone, a sheet with a code."""

import base64
import re
import tomllib
from html import escape
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from api.join_sheet import code_svg, join_file, sheet
from api.joining import Broker, Joined
from controller.plan import DeviceKind
from controller.runtime.catalogue import languages, text
from devices.agent.config import Config
from devices.broker_accounts import DeviceAccount, access, hashed, new_password, passwords

SECRET = 'p\\"</dd>'  # noqa: S105
JOINED = Joined("pad-7", "review_pad", "demo", SECRET, Broker("mqtts://192.0.2.1:8883", "ca.pem"), "3")
HASH = (
    "$7$101$zFHcWzz/sRMvz0/w$YFMI+B4FHozPH/EPDXmCwj2VkRM4/8z/md/C2fPwc3liQMHwW8nOd2LRqPWDgvV8z4tlizDPF5GuPCLxiqmR+A=="
)
"""What mosquitto_passwd 2.0.11 made of ``secret``."""


def read_svg(picture: str) -> str:
    """Read a QR code that is drawn of dark rectangles, as a camera would see it."""
    size = re.match(r'<svg viewBox="0 0 (\d+) (\d+)"', picture)
    assert size is not None
    paper = Image.new("L", (int(size[1]), int(size[2])), 255)
    for x, y, width, height in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+Z", picture):
        paper.paste(0, (int(x), int(y), int(x) + int(width), int(y) + int(height)))
    (found,) = zxingcpp.read_barcodes(paper.resize((paper.width * 4, paper.height * 4), Image.Resampling.NEAREST))
    return str(found.text)


def test_a_password_is_kept_as_mosquitto_itself_keeps_it() -> None:
    salt = base64.b64decode(HASH.split("$")[3])
    assert hashed("secret", salt) == HASH
    assert hashed("secret") != hashed("secret")
    assert len({new_password() for _ in range(100)}) == 100
    assert passwords([DeviceAccount("demo", "led-1", "$7$…")], HASH) == f"yichuang-controller:{HASH}\nled-1:$7$…\n"


def test_a_device_has_rules_for_its_own_topics_alone() -> None:
    (controller, device) = access([DeviceAccount("demo", "led-1", "$7$…")]).split("\n\n")
    assert controller.splitlines() == [
        "user yichuang-controller",
        "topic readwrite yichuang/#",
        "topic write homeassistant/#",
    ]
    assert device.splitlines() == [
        "user led-1",
        "topic write yichuang/demo/led-1/event",
        "topic write yichuang/demo/led-1/status",
        "topic read yichuang/demo/led-1/command",
        "topic read yichuang/demo/led-1/reply",
        "topic read yichuang/demo/led-1/state",
    ]


def test_the_join_file_says_everything_and_so_does_the_code() -> None:
    assert tomllib.loads(join_file(JOINED)) == {
        "broker": "mqtts://192.0.2.1:8883",
        "ca_file": "ca.pem",
        "hall": "demo",
        "device": "pad-7",
        "username": "pad-7",
        "password": SECRET,
        "parts": [{"kind": "review-pad"}],
    }
    assert read_svg(code_svg(join_file(JOINED))) == join_file(JOINED)


@pytest.mark.parametrize("kind", ["review_pad", "call_pad", "led", "speaker"])
def test_a_device_s_own_program_reads_the_join_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "device.toml"
    path.write_text(join_file(Joined("one", kind, "demo", SECRET, Broker("mqtt://127.0.0.1:1884"))), "utf-8")
    config = Config.read(path)
    (account,) = config.accounts()
    assert (account.device, account.username, account.password) == ("one", "one", SECRET)
    broker = config.broker_of(account)
    assert (broker.host, broker.port, broker.password) == ("127.0.0.1", 1884, SECRET)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", DeviceKind)
def test_the_sheet_of_every_kind_is_one_document_that_needs_nothing_else(language: str, kind: DeviceKind) -> None:
    page = sheet(Joined("pad-7", kind, "demo", SECRET, Broker("mqtt://127.0.0.1:1883"), zone="main"), language)
    assert f'<html lang="{language}">' in page
    assert "pad-7" in page
    assert "p\\&quot;&lt;/dd&gt;" in page
    assert SECRET not in page
    assert re.findall(r'(?:src|href)="', page) == []
    assert ("区域 main" if language == "zh-CN" else "zone main") in page


@pytest.mark.parametrize("language", languages())
def test_the_sheet_carries_the_hall_s_authority_where_there_is_one(language: str) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"
    own = Joined("pad-7", "review_pad", "demo", SECRET, Broker("mqtts://192.0.2.1:8883", "ca.pem", pem))
    page = sheet(own, language)
    assert pem in page
    assert escape(text("sheet.step_ca", language)) in page
    assert own.form()["ca"] == pem
    other = Joined("pad-7", "review_pad", "demo", SECRET, Broker("mqtts://192.0.2.1:8883"))
    assert escape(text("sheet.step_ca", language)) not in sheet(other, language)
    assert "ca" not in other.form()


def test_a_password_doesn_t_show_itself() -> None:
    assert SECRET not in repr(JOINED)
    assert "$7$" not in repr(DeviceAccount("demo", "led-1", "$7$…"))

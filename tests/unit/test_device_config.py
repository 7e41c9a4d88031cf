"""A machine's file: what it may say, and what whoever wrote it is told."""

from pathlib import Path

import pytest

from devices.agent.config import Config, ConfigFault, ReviewPadPart, SpeakerPart, TicketMachinePart

TOP = 'broker = "mqtt://10.0.0.2"\nhall = "demo"\n'
PAD = TOP + 'device = "pad-1"\n[[parts]]\nkind = "review-pad"\n'


def read(folder: Path, text: str) -> Config:
    path = folder / "machine.toml"
    path.write_text(text, "utf-8")
    return Config.read(path)


def fault(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigFault) as caught:
        read(folder, text)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{folder / 'machine.toml'}: ") for line in lines)
    return [line.removeprefix(f"{folder / 'machine.toml'}: ") for line in lines]


def test_one_part_takes_everything_from_the_top(tmp_path: Path) -> None:
    (tmp_path / "pad.password").write_text("s3cret\n", "utf-8")
    keys = 'device = "pad-1"\nusername = "u"\npassword_file = "pad.password"\nstate = "mem"\n'
    config = read(tmp_path, TOP + keys + '[[parts]]\nkind = "review_pad"\n')  # the plan writes kinds with _
    assert config.parts == (ReviewPadPart(device="pad-1", username="u", password="s3cret"),)  # noqa: S106
    assert config.state == tmp_path / "mem"
    broker = config.broker_of(config.parts[0])
    assert (broker.host, broker.username, broker.password) == ("10.0.0.2", "u", "s3cret")
    assert "s3cret" not in repr(config)


def test_parts_with_accounts_of_their_own_take_nothing_from_the_top(tmp_path: Path) -> None:
    text = TOP + (
        'username = "top"\npassword = "top"\n'
        '[[parts]]\nkind = "ticket-machine"\ndevice = "m1"\nusername = "m1"\npassword = "a"\nprinter = "tcp://p:9100"\n'
        '[[parts]]\nkind = "speaker"\ndevice = "s1"\nplayer = "aplay -q"\n'
    )
    assert read(tmp_path, text).parts == (
        TicketMachinePart(device="m1", username="m1", password="a", printer="tcp://p:9100"),  # noqa: S106
        SpeakerPart(device="s1", player="aplay -q"),
    )


WIRED = TOP + (
    '[[parts]]\nkind = "wired_call_pads"\nport = "/dev/ttyUSB0"\n'
    '[[parts.pads]]\naddress = 1\ndevice = "p1"\nusername = "p1"\npassword_file = "p1.password"\n'
    '[[parts.pads]]\naddress = 2\ndevice = "p2"\n'
)


def test_wired_pads_are_a_device_each(tmp_path: Path) -> None:
    (tmp_path / "p1.password").write_text("one", "utf-8")
    config = read(tmp_path, WIRED)
    assert [(one.device, one.username, one.password) for one in config.accounts()] == [
        ("p1", "p1", "one"),
        ("p2", None, None),
    ]


def test_faults_of_wired_pads_are_named(tmp_path: Path) -> None:
    assert fault(tmp_path, WIRED)[0].startswith("[[parts]] number 1: pads.0.password_file: p1.password can't be read")
    text = WIRED.replace('password_file = "p1.password"', "")
    assert fault(tmp_path, text.replace("= 2", "= 1"))[0].startswith("pads: two pads at /dev/ttyUSB0 have one address")
    assert fault(tmp_path, text.replace("= 2", "= 256"))[0].startswith("[[parts]] number 1: pads.1.address: Input")
    assert fault(tmp_path, text.replace('"p2"', '"p1"'))[0].startswith("device: p1 is given to 2 parts")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["broker: it is missing; write", "hall: it is missing; write", "parts: it is missing; write"]),
        (TOP, ["parts: it is missing; write [[parts]]"]),
        (TOP + "parts = []", ["parts: there is none; write [[parts]]"]),
        ("broker = ", ["it isn't TOML: "]),
        (PAD.replace("mqtt://", "http://"), ["broker: broker address 'http://10.0.0.2' isn't of the form"]),
        (PAD.replace("demo", "示例"), ["hall: String should match pattern '^[a-z0-9-]{1,64}$'; write hall"]),
        (PAD.replace("pad-1", "pad/1"), ["[[parts]] number 1: device: String should match"]),
        (PAD + "colour = 1", ["[[parts]] number 1: colour: there is no such key here"]),
        ("colour = 1\n" + PAD, ["colour: there is no such key here"]),
        (PAD.replace("review-pad", "toaster"), ["[[parts]] number 1: kind: there is no such kind; kinds are "]),
        (TOP + 'device = "d"\n[[parts]]\n', ["[[parts]] number 1: kind: it is missing; kinds are "]),
        (PAD.replace("review-pad", "printer"), ["[[parts]] number 1: printer: it is missing; write printer = "]),
        (
            TOP + 'device = "d"\n[[parts]]\nkind = "printer"\nprinter = "lpt1"\n',
            ["[[parts]] number 1: printer: printer address 'lpt1': begin with one of"],
        ),
        (
            TOP + 'device = "d"\n[[parts]]\nkind = "speaker"\nplayer = "\'"\n',
            ["[[parts]] number 1: player: No closing quotation; write player"],
        ),
        (PAD + '[[parts]]\nkind = "led"\n', ["device: pad-1 is given to 2 parts; write device"]),
        ('password = "x"\npassword_file = "y"\n' + PAD, ["password_file: it stands beside a password"]),
        ('password_file = "missing"\n' + PAD, ["password_file: missing can't be read"]),
        ('ca_file = "ca.pem"\n' + PAD, ["broker: ca_file is of use with mqtts:// only; write broker"]),
        ('ca_file = "ca.pem"\n' + PAD.replace("mqtt:", "mqtts:"), ["ca_file: ", "; copy the hall's certificate"]),
        ("# " + "x" * 70_000, ["it is larger than 65536 bytes"]),
        (TOP + 'parts = ["led"]\n', ["[[parts]] number 1: "]),
    ],
)
def test_a_fault_names_the_file_the_key_and_what_to_do(text: str, said: list[str], tmp_path: Path) -> None:
    lines = fault(tmp_path, text)
    if len(said) == len(lines):
        assert all(line.startswith(one) for line, one in zip(lines, said, strict=True)), lines
    else:
        assert all(one in lines[0] for one in said), lines


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match=r"missing.toml: it can't be read \(No such file"):
        Config.read(tmp_path / "missing.toml")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "machine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigFault, match="UTF-8"):
        Config.read(tmp_path / "machine.toml")

"""The one file that says what a small machine in a hall is: where its broker is, and which parts hang on it.

A part is a device of the registry, with an id and an account of its own. What stands at the top of the file holds for
every part that doesn't say otherwise, so a machine with one part needs no more than its kind. Whoever writes such a
file isn't a programmer: a fault names the file, the key and what to do.
"""

import shlex
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, StringConstraints, ValidationError

from devices.agent.pad_bus import BAUD_DEFAULT
from devices.agent.wire import Broker
from devices.printer import open_printer

FILE_BYTES_MAX = 64 * 1024
PARTS_MAX = 16
"""Parts of one machine; what has more is several machines."""

PADS_MAX = 32
"""Pads of one bus: what an RS-485 driver carries."""

ROLL_M_MAX = 1_000
"""Metres of paper on one roll; a 58 mm printer takes some 30, a kiosk's 80 mm one up to 300."""

ACCOUNT = ("device", "username", "password", "password_file")
"""Keys of a part that may stand at the top of the file instead."""


class ConfigFault(Exception):
    """What is wrong with a file: a line a fault, each with the file, the key and what to do."""


def _printer_address(address: str) -> str:
    open_printer(address)
    return address


def _command(text: str) -> str:
    shlex.split(text)
    return text


HallId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
DeviceId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
PrinterAddress: TypeAlias = Annotated[str, AfterValidator(_printer_address)]
PlayerCommand: TypeAlias = Annotated[str, AfterValidator(_command)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Account(_Form):
    """Who a part is.

    Attributes:
        device: id in the registry and in the plan.
        username: of its account at the broker, if it has one.
        password: of its account; never shown.
    """

    device: DeviceId
    username: str | None = None
    password: Annotated[str | None, Field(repr=False)] = None


class Remembering(Account):
    """What remembers over a power cut, in the file ``memory``, by default one of its own in the machine's ``state``."""

    memory: Path | None = None


class Printing(Remembering):
    """What prints: at the address ``printer``, on rolls of ``roll_m`` metres, by which it counts what is left."""

    printer: PrinterAddress
    roll_m: Annotated[float | None, Field(gt=0, le=ROLL_M_MAX)] = None


class TicketMachinePart(Printing):
    """A ticket machine, or the printer under a kiosk's page."""

    kind: Literal["ticket-machine"] = "ticket-machine"


class PrinterPart(Printing):
    """A printer that nobody takes tickets at."""

    kind: Literal["printer"] = "printer"


class ReviewPadPart(Remembering):
    """A review pad."""

    kind: Literal["review-pad"] = "review-pad"


class CallPadPart(Account):
    """A call pad whose keys are lines typed."""

    kind: Literal["call-pad"] = "call-pad"


class LedPart(Account):
    """A sign; ``out`` is a file that always holds the text shown, ``brightness_out`` one with its brightness in %."""

    kind: Literal["led"] = "led"
    out: Path | None = None
    brightness_out: Path | None = None


class SpeakerPart(Account):
    """A loudspeaker; ``player`` plays a WAV file, ``out`` is a folder that gets each announcement played."""

    kind: Literal["speaker"] = "speaker"
    player: PlayerCommand = ""
    out: Path | None = None


class WiredPadKeys(Account):
    """A pad of a bus: a device like every other, at an address."""

    address: Annotated[int, Field(strict=True, ge=0, le=255)]


class WiredPadsPart(_Form):
    """Wired call pads on one serial port, RS-232 or RS-485."""

    kind: Literal["wired-call-pads"] = "wired-call-pads"
    port: str
    baud: Annotated[int, Field(strict=True, ge=300, le=115_200)] = BAUD_DEFAULT
    pads: Annotated[tuple[WiredPadKeys, ...], Field(min_length=1, max_length=PADS_MAX)]


PartConfig: TypeAlias = Annotated[
    TicketMachinePart | PrinterPart | ReviewPadPart | CallPadPart | LedPart | SpeakerPart | WiredPadsPart,
    Discriminator("kind"),
]


class Config(_Form):
    """What a machine is.

    Attributes:
        broker: ``mqtt[s]://HOST[:PORT]``.
        ca_file: certificates to trust for ``mqtts://``, e.g. of the hall's own authority.
        hall: id of the hall.
        state: folder where it remembers over a power cut; by default one of the user's own.
        parts: what hangs on it.
    """

    broker: str
    ca_file: Path | None = None
    hall: HallId
    state: Path | None = None
    parts: Annotated[tuple[PartConfig, ...], Field(min_length=1, max_length=PARTS_MAX)]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file and the files that it names, which are looked for beside it.

        Raises:
            ConfigFault: it can't be read, or isn't as it should be.
        """
        body = _body(path)
        try:
            config = cls.model_validate(body)
        except ValidationError as error:
            faults = error.errors()
            if len(faults) > 1:  # parts that are wrong each aren't also too few
                faults = [each for each in faults if each["type"] != "too_short"]
            raise ConfigFault(
                "\n".join(_line(path, each["loc"], each["type"], each["msg"]) for each in faults)
            ) from error
        _check(config, path)
        return config

    def broker_of(self, account: Account) -> Broker:
        """Return the broker as a part enters there.

        Raises:
            ValueError: its address isn't one.
        """
        ca_file = str(self.ca_file) if self.ca_file else None
        return Broker.parse(self.broker, username=account.username, password=account.password, ca_file=ca_file)

    def accounts(self) -> list[Account]:
        """Return who speaks from this machine."""
        return [
            account for part in self.parts for account in (part.pads if isinstance(part, WiredPadsPart) else (part,))
        ]


def _body(path: Path) -> dict[str, Any]:
    """Return what a file says, with what holds for all parts put into each, and passwords read."""
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
        if len(raw) > FILE_BYTES_MAX:
            raise ConfigFault(f"{path}: it is larger than {FILE_BYTES_MAX} bytes; is it the right file?")
        body = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise ConfigFault(f"{path}: it can't be read ({error.strerror}); does it exist, and may you?") from error
    except UnicodeDecodeError as error:
        raise ConfigFault(f"{path}: it isn't a text in UTF-8; save it as one") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigFault(f'{path}: it isn\'t TOML: {error}; texts stand in "quotes", a key on each line') from error
    shared = {key: body.pop(key) for key in ACCOUNT if key in body}
    _read_password(path, (), shared)
    parts = body.get("parts")
    if isinstance(parts, list):
        body["parts"] = [_part(path, number, part, shared) for number, part in enumerate(parts)]
    for key in ("ca_file", "state"):
        if isinstance(body.get(key), str):
            body[key] = str(path.parent / body[key])
    return body


def _part(path: Path, number: int, part: object, shared: Mapping[str, Any]) -> object:
    if not isinstance(part, dict):
        return part
    kind = part.get("kind")
    own = {**part, "kind": kind.replace("_", "-")} if isinstance(kind, str) else dict(part)
    if isinstance(own.get("pads"), list):
        own["pads"] = [dict(pad) if isinstance(pad, dict) else pad for pad in own["pads"]]
        for place, pad in enumerate(own["pads"]):
            if isinstance(pad, dict):
                _read_password(path, ("parts", number, "", "pads", place), pad)
        return own
    _read_password(path, ("parts", number, ""), own)
    return own if "device" in own else {**shared, **own}


def _read_password(path: Path, where: tuple[str | int, ...], keys: dict[str, Any]) -> None:
    """Put the password itself where the name of its file stands."""
    named = keys.pop("password_file", None)
    if named is None:
        return
    if "password" in keys or not isinstance(named, str):
        raise ConfigFault(
            _line(path, (*where, "password_file"), "value_error", "it stands beside a password, or isn't a text")
        )
    try:
        keys["password"] = (path.parent / named).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFault(
            _line(path, (*where, "password_file"), "value_error", f"{named} can't be read: {error}")
        ) from error


def _check(config: Config, path: Path) -> None:
    """Look whether keys that are well each are so together.

    Raises:
        ConfigFault: they aren't.
    """

    def fault(key: str, problem: str) -> ConfigFault:
        return ConfigFault(_line(path, (key,), "value_error", problem))

    for part in config.parts:
        if isinstance(part, WiredPadsPart) and len({pad.address for pad in part.pads}) < len(part.pads):
            raise fault("pads", f"two pads at {part.port} have one address")
    for name, count in Counter(account.device for account in config.accounts()).items():
        if count > 1:
            raise fault("device", f"{name} is given to {count} parts")
    try:
        broker = config.broker_of(config.accounts()[0])
    except ValueError as error:
        raise fault("broker", str(error)) from error
    if config.ca_file is not None and not broker.tls:
        raise fault("broker", "ca_file is of use with mqtts:// only")
    if broker.tls:
        try:
            broker.tls_context()
        except OSError as error:  # ssl.SSLError is one
            raise fault("ca_file", f"{config.ca_file}: {error}") from error


_REMEDIES = {
    "broker": 'write broker = "mqtt://HOST", or "mqtts://HOST" and ca_file = "…"',
    "ca_file": "copy the hall's certificate (ca.pem) here and write its name",
    "hall": 'write hall = "…", its id in the plan: small letters, digits and -',
    "device": 'write device = "…", the id in the plan: letters, digits, - and _; each part has its own',
    "kind": "kinds are ticket-machine, printer, review-pad, call-pad, wired-call-pads, led, speaker",
    "port": 'write port = "/dev/ttyUSB0", or another serial port',
    "pads": 'write [[parts.pads]] and below it address = 1 and device = "…", for each pad; addresses are 0 to 255',
    "parts": 'write [[parts]] and below it kind = "…", for each thing that hangs on this machine',
    "password_file": 'write either password = "…" or password_file = "…", a file with nothing else in it',
    "printer": 'write printer = "tcp://192.0.2.7:9100", "serial:///dev/ttyUSB0", "usb://0416:5011" or "file:///…"',
    "roll_m": "write roll_m = 80, the length of a whole roll in metres, or leave it away",
    "player": 'write player = "aplay -q", or another command that plays a WAV file',
}
"""What to do about a key."""

_PROBLEMS = {
    "missing": "it is missing",
    "too_short": "there is none",
    "extra_forbidden": "there is no such key here",
    "union_tag_not_found": "it is missing",
    "union_tag_invalid": "there is no such kind",
}
"""pydantic's words, where there are simpler ones."""


def _line(path: Path, where: Iterable[str | int], type_: str, message: str) -> str:
    """Return a fault: the file, the key, what is wrong, what to do."""
    keys = list(where)
    if keys[:1] == ["parts"] and len(keys) > 1:
        part = f"[[parts]] number {int(keys[1]) + 1}"
        keys = keys[3:]  # the third names the kind
        if type_.startswith("union_tag"):
            keys = ["kind"]
    else:
        part = ""
    key = str(keys[0]) if keys else "parts"
    problem = _PROBLEMS.get(type_, message.removeprefix("Value error, "))
    shown = ": ".join(each for each in (str(path), part, ".".join(map(str, keys))) if each)
    remedy = _REMEDIES.get(key)
    return f"{shown}: {problem}" + (f"; {remedy}" if remedy else "")

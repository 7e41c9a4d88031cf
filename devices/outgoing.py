"""What the controller says to devices over MQTT: replies, commands, retained states.

A command that isn't delivered in time is dropped by whoever holds it: it says itself how long it is of use.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

import orjson


class Payload:
    """A value that goes over the wire as a JSON object of its fields.

    Attributes:
        type: what it is, where a topic carries several kinds.
        tells_none: whether a field that is ``None`` goes over the wire as ``null``; otherwise it is left out.
    """

    __slots__ = ()
    type: ClassVar[str] = ""
    tells_none: ClassVar[bool] = False

    def to_payload(self) -> bytes:
        """Return the wire form; bytes in base64, times in RFC 3339."""
        body = {"type": self.type} if self.type else {}
        return orjson.dumps(body | self.members())

    def members(self) -> dict[str, Any]:
        """Return the fields, as JSON knows them."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {
            name: b64encode(value).decode() if isinstance(value, bytes) else value
            for name, value in given.items()
            if value is not None or self.tells_none
        }


@dataclass(frozen=True, slots=True)
class Reply:
    """The controller's answer to an event, sent after the commit.

    Attributes:
        event: id of the event; ``None`` where it couldn't be read.
        ok: the event was accepted.
        members: what an accepted event brought about.
        code: stable name of a refusal.
        message: the refusal for people.
    """

    event: str | None
    ok: bool
    members: Mapping[str, Any]
    code: str = ""
    message: str = ""

    @classmethod
    def accepted(cls, event: str, members: Mapping[str, Any]) -> "Reply":
        """Return the answer to an event that was carried out."""
        return cls(event, ok=True, members=members)

    @classmethod
    def refused(cls, event: str | None, code: str, message: str) -> "Reply":
        """Return the answer to an event that was not."""
        return cls(event, ok=False, members={}, code=code, message=message)

    def to_payload(self) -> bytes:
        """Return the wire form."""
        if self.ok:
            return orjson.dumps({**self.members, "event": self.event, "ok": True})
        return orjson.dumps({"event": self.event, "ok": False, "code": self.code, "message": self.message})


@dataclass(frozen=True, slots=True, kw_only=True)
class Print(Payload):
    """Print a job; a device that has done a job of this name already only says so again.

    Attributes:
        id: unique a command.
        job: unique in the deployment.
        escpos: what the printer gets.
        expires_at: when the paper is of no use any more.
    """

    type: ClassVar[str] = "print"
    id: str
    job: str
    escpos: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Show(Payload):
    """Show a text until the state changes."""

    type: ClassVar[str] = "show"
    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteReview(Payload):
    """Ask the citizen at the window for a review; ``seconds`` is how long."""

    type: ClassVar[str] = "invite_review"
    id: str
    ticket: str
    number: str
    window: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Payload):
    """Play an announcement.

    Attributes:
        id: of the announcement; played once, however often it comes.
        text: for people who read along.
        repeat: how many times it is heard.
        expires_at: when it is too old to be heard.
        wav: the sound; or
        audio_url: where it is.
        ack: a ``command_done`` is wanted, once it was heard.
    """

    type: ClassVar[str] = "play"
    id: str
    text: str
    repeat: int
    expires_at: datetime
    wav: bytes | None = None
    audio_url: str | None = None
    ack: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reboot(Payload):
    """Start again.

    Attributes:
        id: unique a command.
        expires_at: when it isn't wanted any more.
        ack: a ``command_done`` is wanted, before.
    """

    type: ClassVar[str] = "reboot"
    id: str
    expires_at: datetime | None = None
    ack: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify(Payload):
    """Let whoever looks for the device find it: blink, beep, flash, or print the line that comes with it.

    Attributes:
        id: unique a command.
        seconds: how long.
        expires_at: when it isn't wanted any more.
        ack: a ``command_done`` is wanted, as soon as it has begun.
        escpos: what a printer gets.
    """

    type: ClassVar[str] = "identify"
    id: str
    seconds: int
    expires_at: datetime
    ack: bool = True
    escpos: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBrightness(Payload):
    """Be so bright from now on, over a restart too.

    Attributes:
        id: unique a command.
        percent: 0, which may be dark, to 100.
        expires_at: when it isn't wanted any more.
        ack: a ``command_done`` is wanted.
    """

    type: ClassVar[str] = "set_brightness"
    id: str
    percent: int
    expires_at: datetime
    ack: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoll(Payload):
    """A whole roll of paper was put in: count from there.

    Attributes:
        id: unique a command.
        expires_at: when it isn't true any more.
        ack: a ``command_done`` is wanted.
    """

    type: ClassVar[str] = "new_roll"
    id: str
    expires_at: datetime
    ack: bool = True


Command: TypeAlias = Print | Show | InviteReview | Play | Reboot | Identify | SetBrightness | NewRoll


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState(Payload):
    """What a device at a window shows now (LED sign, call pad, review pad); ``null`` says that there is none.

    Attributes:
        window: id of the window.
        label: what people call it, e.g. ``2号窗口``.
        status: ``open``, ``away`` or ``closed``.
        number: of the ticket at the window.
        stage: ``called`` or ``serving``.
        text: ready to be shown.
        waiting: tickets that wait for this window's services.
        seq: of the stream that it comes from.
        colour: of the text, on a sign that has several: ``red``, ``green``, ``yellow`` or ``white``.
        flash_until: a new call flashes until then, RFC 3339.
        flash_hz: how often in a second, at most 3.
        scroll: what is to run through a sign that has no room for any wording; ``text`` is then a part of it.
    """

    tells_none: ClassVar[bool] = True  # a device must see that a number is gone
    window: str
    label: str
    status: str
    number: str | None
    stage: str | None
    text: str
    waiting: int
    seq: int
    colour: str | None = None
    flash_until: str | None = None
    flash_hz: float | None = None
    scroll: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HallState(Payload):
    """What a device of the whole hall needs to know (TV, speaker, ticket machine).

    Attributes:
        hall: id of the hall.
        name: of the hall.
        open: whether tickets are issued now.
        waiting: tickets that wait in the hall.
        seq: of the stream that it comes from.
    """

    hall: str
    name: str
    open: bool
    waiting: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpState(Payload):
    """What a help button shows: whether its call is still open.

    Attributes:
        hall: id of the hall.
        name: of the hall.
        help: id of the call that nobody has answered yet; ``null`` where there is none.
        asked_at: when it was pressed first, RFC 3339.
        seq: of the stream that it comes from.
    """

    tells_none: ClassVar[bool] = True  # a button must see that somebody has answered
    hall: str
    name: str
    help: str | None
    asked_at: str | None
    seq: int


State: TypeAlias = WindowState | HallState | HelpState

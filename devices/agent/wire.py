"""What a device sends and gets, as plain values: events, replies, commands; and where its broker is."""

import base64
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import unquote, urlsplit
from uuid import uuid4

PORT_DEFAULT, TLS_PORT_DEFAULT = 1883, 8883


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to enter.

    Attributes:
        host: name or address.
        port: TCP port.
        username: of the device's account, if the broker asks for one.
        password: of the account; never shown.
        tls: encrypt, and check the broker's certificate.
        ca_file: certificates to trust instead of the system's.
        cert_file: certificate to show, with its key or that in ``key_file``, where a broker wants one.
        key_file: key of the certificate.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how the line is encrypted, if it is.

        Raises:
            OSError: a file can't be read, or isn't what it should be; its text doesn't name it.
        """
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file is not None:
            context.load_cert_chain(self.cert_file, self.key_file)
        return context

    @classmethod
    def parse(
        cls, url: str, *, username: str | None = None, password: str | None = None, ca_file: str | None = None
    ) -> Self:
        """Read ``mqtt[s]://[USER:PASSWORD@]HOST[:PORT]``; a name or password given apart wins.

        Raises:
            ValueError: the address isn't of that form.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname or parts.path not in {"", "/"}:
            shown = re.sub(r".*@", "…@", url, flags=re.DOTALL)  # a password must not come into a log
            raise ValueError(f"broker address {shown!r} isn't of the form mqtt[s]://HOST[:PORT]")
        tls = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname,
            port=parts.port or (TLS_PORT_DEFAULT if tls else PORT_DEFAULT),
            username=username or (unquote(parts.username) if parts.username else None),
            password=password or (unquote(parts.password) if parts.password else None),
            tls=tls,
            ca_file=ca_file,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """The controller's answer to an event.

    Attributes:
        ok: the event was accepted.
        code: stable name of the refusal, "" if accepted.
        message: the refusal for people, "" if accepted.
        body: the whole answer as it came.
    """

    ok: bool
    code: str
    message: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """What the controller wants done: its ``type`` and everything that came with it.

    Attributes:
        type: what.
        body: all of it.
        until_s: the loop's time after which its sender doesn't want it done, by the message's expiry at the broker: no
            device's clock is asked. ``None``: any time.
    """

    type: str
    body: Mapping[str, Any]
    until_s: float | None = None

    @property
    def wants_answer(self) -> bool:
        """Whether a ``command_done`` is wanted."""
        return self.body.get("ack") is True and isinstance(self.body.get("id"), str)

    def text(self, name: str) -> str:
        """Return a member that must be a text.

        Raises:
            MalformedCommandError: it isn't there or isn't one.
        """
        value = self.body.get(name)
        if not isinstance(value, str):
            raise MalformedCommandError(f"{self.type}: {name} must be a text")
        return value

    def data(self, name: str) -> bytes:
        """Return the bytes of a member that must be a text in base64.

        Raises:
            MalformedCommandError: it isn't there or isn't one.
        """
        try:
            return base64.b64decode(self.text(name), validate=True)
        except ValueError as error:  # binascii's own, and a bare one where the text isn't ASCII
            raise MalformedCommandError(f"{self.type}: {name} isn't base64 ({error})") from error

    def whole(self, name: str, least: int, most: int, *, default: int | None = None) -> int:
        """Return a member that must be a whole number between two, or the default if it isn't there.

        Raises:
            MalformedCommandError: it isn't one, or isn't there and has no default.
        """
        value = self.body.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise MalformedCommandError(f"{self.type}: {name} must be a whole number from {least} to {most}")
        return value

    def time(self, name: str) -> datetime | None:
        """Return a member that is a time with an offset, ``None`` if it isn't there.

        Raises:
            MalformedCommandError: it is something else.
        """
        value = self.body.get(name)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise MalformedCommandError(f"{self.type}: {name} must be an RFC 3339 time") from error
        if at.tzinfo is None:
            raise MalformedCommandError(f"{self.type}: {name} needs an offset")
        return at


class MalformedCommandError(Exception):
    """A command lacks what its type needs."""


def new_event(type_: str, *, event_id: str | None = None, **members: object) -> dict[str, Any]:
    """Return an event of now, with an id of its own; members that are ``None`` are left out."""
    given = {name: value for name, value in members.items() if value is not None}
    return {"id": event_id or uuid4().hex, "type": type_, "at": datetime.now(UTC).isoformat(), **given}

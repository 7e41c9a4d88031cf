"""What a window's sign shows now, for every way to speak to a sign.

One :class:`Face` is made of a window, and goes out as the WebSocket's board, as members of the MQTT state, or through a
:class:`SignDriver` to a sign's own card. A face is a function of the floor alone: until when a call flashes is a time
in it, so that the face of a restarted controller is the same.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from controller.plan import LedColours, LedSize, Signs
from displays.led import SIGNS, LedPicture, render, wordings

Form: TypeAlias = dict[str, Any]


class Colour(StrEnum):
    """Of the lit dots."""

    RED = "red"
    GREEN = "green"
    YELLOW = "yellow"
    WHITE = "white"


class Effect(StrEnum):
    """How a sign shows its picture."""

    STEADY = "steady"
    FLASH = "flash"
    SCROLL = "scroll"


@dataclass(frozen=True, slots=True)
class Face:
    """What a sign shows.

    Attributes:
        picture: the dots.
        colour: of those that are lit.
        flash_until: a new call flashes until then; ``None`` where nothing flashes.
        signs: how often it flashes, and how fast it scrolls.
    """

    picture: LedPicture
    colour: Colour
    flash_until: datetime | None
    signs: Signs

    @property
    def text(self) -> str:
        """All that is to be said, also where it must run through the sign."""
        return self.picture.strip.text if self.picture.strip is not None else self.picture.text

    def effect(self, now: datetime) -> Effect:
        """Return how the picture is shown at a time."""
        if self.picture.strip is not None:
            return Effect.SCROLL
        return Effect.FLASH if self.flash_until is not None and now < self.flash_until else Effect.STEADY


class SignDriver(Protocol):
    """Speaks to one sign."""

    async def show(self, face: Face, effect: Effect) -> None:
        """Show a face; return when the sign has been told, in bounded time.

        Raises:
            OSError: it can't be told.
        """


def face_of(
    window: Mapping[str, Any],
    size: LedSize,
    language: str,
    labels: Mapping[str, str] | None = None,
    signs: Signs = SIGNS,
) -> Face:
    """Return what the sign of a window shows.

    Args:
        window: the contract's ``window`` form.
        size: of the sign.
        language: of the hall.
        labels: the windows' labels by id.
        signs: what the hall's signs say and how.
    """
    picture = render(wordings(window, language, labels, signs), size.width, size.height)
    return Face(picture, _colour(window, size.colours), _flash_until(window, signs), signs)


def _colour(window: Mapping[str, Any], colours: LedColours) -> Colour:
    if colours is not LedColours.RED_GREEN:
        return Colour(colours.value)
    if window.get("status") == "away":
        return Colour.YELLOW
    return Colour.RED if window.get("stage") == "called" or window.get("status") == "closed" else Colour.GREEN


def _flash_until(window: Mapping[str, Any], signs: Signs) -> datetime | None:
    at = window.get("call_at")
    if window.get("status") != "open" or window.get("stage") != "called" or at is None or signs.flash_s == 0:
        return None
    return datetime.fromisoformat(at) + timedelta(seconds=signs.flash_s)


def led_board(board: Mapping[str, Any], window: str, size: LedSize, language: str, signs: Signs = SIGNS) -> Form | None:
    """Return the board of a window's sign (the contract's LED board), or ``None`` where there is no such window.

    Beside the contract's members it says the colour of lit dots, until when they ``flash`` and how often, and what is
    to ``scroll`` where not even the shortest wording fits: its own bitmap, as high as the sign.

    Args:
        board: the contract's ``board`` of the whole hall.
        window: the window's id.
        size: of its sign.
        language: of the hall.
        signs: what the hall's signs say and how.
    """
    windows = {form["window"]: form for form in board["windows"]}
    form = windows.get(window)
    if form is None:
        return None
    labels = {each: other["label"] for each, other in windows.items()}
    face = face_of(form, size, language, labels, signs)
    picture = face.picture
    return {
        "type": "board",
        "hall": board["hall"],
        "hall_name": board.get("hall_name"),
        "seq": board["seq"],
        "at": board.get("at"),
        "open": board["open"],
        "zone": form.get("zone"),
        **{member: form.get(member) for member in ("window", "label", "status", "stage", "number", "times", "notice")},
        "width": picture.width,
        "height": picture.height,
        "text": picture.text,
        "clipped": picture.clipped,
        "bitmap": _base64(picture.bitmap),
        "colour": face.colour,
        "flash": {"until": face.flash_until.isoformat(), "hz": signs.flash_hz} if face.flash_until else None,
        "scroll": _scroll(face),
    }


def _scroll(face: Face) -> Form | None:
    strip = face.picture.strip
    if strip is None:
        return None
    return {
        "text": strip.text,
        "width": strip.width,
        "bitmap": _base64(strip.bitmap),
        "dots_s": face.signs.scroll_dots_s,
    }


def _base64(bitmap: bytes | None) -> str | None:
    return b64encode(bitmap).decode("ascii") if bitmap is not None else None

"""The LED signs of a hall: what they can show, what they say, and what speaks to them. Part of the plan."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from controller.plan_fault import Fault

FLASH_HZ_MAX = 3.0
"""WCAG 2.2, 2.3.1: nothing flashes more than three times a second."""
FLASH_S_MAX = 60
SCROLL_DOTS_S_MIN, SCROLL_DOTS_S_MAX = 4, 200
TRIES_MAX = 10
TEXTS_MAX = 8
BYTE_MAX = 255
HOLD_MAX = 2**32 - 1
ADDRESS_PATTERN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?")
PORT_MAX = 65_535


class LedColours(StrEnum):
    """The colours that a sign's dots have."""

    RED = "red"
    GREEN = "green"
    WHITE = "white"
    RED_GREEN = "red_green"


class SignDriver(StrEnum):
    """What speaks to a sign: its own program, over WebSocket or by the MQTT state; or the controller, to its card."""

    STATE = "state"
    CX_H = "cx_h"


@dataclass(frozen=True, slots=True)
class LedSize:
    """The sign above a window.

    Attributes:
        width: dots across.
        height: dots down.
        colours: what its dots can be; with `red_green` a call is red, a service green, an absence yellow.
    """

    width: int = 128
    height: int = 16
    colours: LedColours = LedColours.RED


USUAL_SIGN = LedSize()


@dataclass(frozen=True, slots=True)
class Card:
    """A CX-H card in a sign, spoken to by UDP. It answers nothing, so each picture is sent several times.

    Only the codes of red and of scrolling to the left stand in a document that we have seen; look the others up in your
    card's.

    Attributes:
        address: host of the card, with ``:PORT`` where it isn't 8453.
        zone: number of the zone of the card that shows the text.
        red: its code of that colour.
        green: the same.
        yellow: the same.
        steady: its code of a text that stands still.
        flash: of one that flashes; without one a call stands still.
        scroll: of one that runs to the left.
        speed: of what runs.
        hold_ds: how long the text stands, in tenths of a second.
        tries: how often each picture is sent, a tenth of a second apart.
    """

    address: str
    zone: int = 0
    red: int = 1
    green: int = 2
    yellow: int = 3
    steady: int = 1
    flash: int | None = None
    scroll: int = 3
    speed: int = 8
    hold_ds: int = 16
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Signs:
    """What all signs of the hall say and how.

    Attributes:
        idle: wordings of an open window with nobody there; the longest that fits is shown, and where none fits the
            first runs through the sign. Without any: 热情为您服务, or less where there is less room.
        pause: the same of a window that is away, instead of 暂停服务; who stands in is still said first.
        closed: the same of a closed window, instead of 本窗口未开放.
        flash_s: how long a new call flashes; 0: it never does.
        flash_hz: how often in a second, at most 3.
        scroll_dots_s: how fast runs what fits no other way, in dots a second.
    """

    idle: tuple[str, ...] = ()
    pause: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    flash_s: int = 3
    flash_hz: float = 1.0
    scroll_dots_s: int = 40


def signs_faults(signs: Signs) -> Iterator[Fault]:
    """Return what is wrong with what signs say and how."""
    for name in ("idle", "pause", "closed"):
        texts: tuple[str, ...] = getattr(signs, name)
        if len(texts) > TEXTS_MAX:
            yield Fault(f"/signs/{name}", "too_many", str(TEXTS_MAX))
        for index, text in enumerate(texts):
            if not text.strip():
                yield Fault(f"/signs/{name}/{index}", "empty_name", name)
    if not 0 <= signs.flash_s <= FLASH_S_MAX:
        yield Fault("/signs/flash_s", "bad_flash_s", str(signs.flash_s))
    if not 0 < signs.flash_hz <= FLASH_HZ_MAX:
        yield Fault("/signs/flash_hz", "bad_flash_hz", str(signs.flash_hz))
    if not SCROLL_DOTS_S_MIN <= signs.scroll_dots_s <= SCROLL_DOTS_S_MAX:
        yield Fault("/signs/scroll_dots_s", "bad_scroll", str(signs.scroll_dots_s))


def card_faults(driver: SignDriver, card: Card | None, path: str) -> Iterator[Fault]:
    """Return what is wrong with how a sign is spoken to; ``path`` is that of its device."""
    if card is None:
        if driver is SignDriver.CX_H:
            yield Fault(f"{path}/card", "card_missing", driver.value)
        return
    port = card.address.rpartition(":")[2] if ":" in card.address else "1"
    if not ADDRESS_PATTERN.fullmatch(card.address) or not 1 <= int(port) <= PORT_MAX:
        yield Fault(f"{path}/card/address", "bad_address", card.address)
    for name in ("zone", "red", "green", "yellow", "steady", "flash", "scroll", "speed"):
        code: int | None = getattr(card, name)
        if code is not None and not 0 <= code <= BYTE_MAX:
            yield Fault(f"{path}/card/{name}", "bad_code", str(code))
    if not 0 <= card.hold_ds <= HOLD_MAX:
        yield Fault(f"{path}/card/hold_ds", "bad_pause", str(card.hold_ds))
    if not 1 <= card.tries <= TRIES_MAX:
        yield Fault(f"{path}/card/tries", "bad_tries", str(card.tries))

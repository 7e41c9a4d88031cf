"""The CX-H card of CXT: a sign that is told its text in one UDP datagram.

``21 21 55 AA``, then zone, colour, effect and speed (a byte each), the time that the text stands (4 bytes, tenths of a
second) and its length (2 bytes), both little endian, then the text in GB. The card answers nothing. So a picture is
sent several times, and again now and then by whoever has the driver: a datagram may be lost, and a card may have been
without power.
"""

import asyncio

import structlog

from controller.plan import Card
from displays.sign import Colour, Effect, Face

log = structlog.get_logger(__name__)

HEAD = bytes.fromhex("2121 55aa")
PORT = 8453
TRY_GAP_S = 0.1
"""Between two datagrams of one picture, as the field has it."""
OPEN_S_MAX = 3.0
"""How long the look-up of the card's name may take."""
TEXT_BYTES_MAX = 1_000
"""Of one text: well within a datagram that is not taken apart on its way."""


def datagram(text: str, card: Card, colour: Colour, effect: Effect) -> bytes:
    """Return what tells a card its text.

    Args:
        text: the text; what GB 18030 does not have stands as a question mark.
        card: the card's codes.
        colour: of the text; white is sent as red, for the card's signs have no white.
        effect: how it is shown; a flash that the card has no code for stands still.
    """
    content = text.encode("gb18030", "replace")
    while len(content) > TEXT_BYTES_MAX:
        text = text[:-1]
        content = text.encode("gb18030", "replace")
    codes = {Colour.GREEN: card.green, Colour.YELLOW: card.yellow}
    flash = card.flash if card.flash is not None else card.steady
    shown = {Effect.STEADY: card.steady, Effect.FLASH: flash, Effect.SCROLL: card.scroll}[effect]
    return (
        HEAD
        + bytes((card.zone, codes.get(colour, card.red), shown, card.speed))
        + card.hold_ds.to_bytes(4, "little")
        + len(content).to_bytes(2, "little")
        + content
    )


class _Faults(asyncio.DatagramProtocol):
    """Remembers that the network refused: on the same wire a card that is off may be told of."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def error_received(self, exc: Exception) -> None:
        """Take the network's word; the next datagram is sent all the same."""
        self.error = exc


class CxhCard:
    """Speaks to one card."""

    def __init__(self, card: Card) -> None:
        """Take the card; nothing is opened before it is told something."""
        self._card = card
        host, colon, port = card.address.rpartition(":")
        self._host, self._port = (host, int(port)) if colon else (card.address, PORT)

    async def show(self, face: Face, effect: Effect) -> None:
        """Send the text as often as the plan says.

        Raises:
            OSError: the card's name isn't known, or the network says that nobody listens there.
        """
        content = datagram(face.text, self._card, face.colour, effect)
        try:
            async with asyncio.timeout(OPEN_S_MAX):
                transport, faults = await asyncio.get_running_loop().create_datagram_endpoint(
                    _Faults, remote_addr=(self._host, self._port)
                )
        except TimeoutError as error:
            raise OSError(f"{self._card.address}: the name is not found in time") from error
        try:
            for turn in range(self._card.tries):
                if turn:
                    await asyncio.sleep(TRY_GAP_S)
                faults.error = None
                transport.sendto(content)
            await asyncio.sleep(TRY_GAP_S)  # the network's refusal of the last one takes a moment
        finally:
            transport.close()
        if faults.error is not None:
            raise OSError(f"{self._card.address}: {faults.error}") from faults.error

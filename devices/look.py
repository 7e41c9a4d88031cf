"""How papers of a hall are set on a printer, and the pieces that all of them share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PIL import Image

from controller.papers import PaperAlign, PaperLine, PaperSize
from devices.roll import Roll

Draw = Callable[[], None]
"""Puts a part on the roll."""


@dataclass(frozen=True, slots=True)
class Look:
    """A printer, and how a hall wants a paper set on it.

    Attributes:
        lines: the pieces of the paper, from top to bottom.
        paper_mm: width of the paper, 58 or 80.
        native_qr: the printer draws QR codes itself; only for printers known to do it well.
        cuts: it has a cutter.
        pictures: the hall's pictures by part, `logo` and `seal`, black and white.
    """

    lines: tuple[PaperLine, ...]
    paper_mm: int = 80
    native_qr: bool = False
    cuts: bool = True
    pictures: Mapping[str, Image.Image] = field(default_factory=dict)


def set_paper(look: Look, parts: Mapping[str, Draw], roll: Roll, words: Mapping[str, str]) -> bytes:
    """Put a paper on a roll, piece by piece, and return its bytes.

    Args:
        look: how it is set; a part that is not among ``parts`` has nothing to say on this paper.
        parts: what draws each part of the paper.
        roll: where.
        words: what the placeholders of texts stand for.
    """
    common: dict[str, Draw] = {"rule": roll.rule, "blank": roll.blank}
    common |= {name: _picture(roll, picture) for name, picture in look.pictures.items()}
    for line in look.lines:
        if line.text:
            roll.line(
                line.text.format_map(words),
                align="center" if line.align is PaperAlign.CENTER else "left",
                bold=line.bold,
                tall=line.size is PaperSize.TALL,
            )
        elif (draw := parts.get(line.part) or common.get(line.part)) is not None:
            draw()
    return roll.cut(cuts=look.cuts)


def _picture(roll: Roll, picture: Image.Image) -> Draw:
    return lambda: roll.picture(picture)

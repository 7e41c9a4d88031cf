"""What a hall's papers say and how they are set: the usual papers, and what a plan makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class PaperKind(StrEnum):
    """A paper that a printer gives out."""

    TICKET = "ticket"
    NOTICE = "notice"
    ACCEPTANCE = "acceptance"
    COMMITMENT = "commitment"
    DELIVERY = "delivery"
    CLOSING = "closing"


class PaperAlign(StrEnum):
    """Where a text stands on its line."""

    LEFT = "left"
    CENTER = "center"


class PaperSize(StrEnum):
    """How large a text is."""

    NORMAL = "normal"
    TALL = "tall"


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A piece of a paper: a part that the program fills, or a text of the hall's own.

    Attributes:
        part: name of a part, see `docs/paper.md`; without one it is a text.
        text: the text; `{hall}`, `{number}`, `{service}` and `{date}` in it are filled.
        align: where a text stands.
        size: how large a text is.
        bold: a text is bold.
    """

    part: str = ""
    text: str = ""
    align: PaperAlign = PaperAlign.LEFT
    size: PaperSize = PaperSize.NORMAL
    bold: bool = False


@dataclass(frozen=True, slots=True)
class PaperTemplate:
    """How a paper is set, from top to bottom.

    Attributes:
        paper: which one.
        lines: its pieces.
    """

    paper: PaperKind
    lines: tuple[PaperLine, ...]


@dataclass(frozen=True, slots=True)
class Papers:
    """The hall's papers.

    Attributes:
        tickets: tickets are printed where they are drawn; without it nobody gets paper and the number is on the screen.
        logo: name of a PNG picture in the folder `papers/HALL` below that of the data, for the part `logo`.
        seal: the same for the part `seal`.
        templates: papers that are set otherwise than usual.
    """

    tickets: bool = True
    logo: str = ""
    seal: str = ""
    templates: tuple[PaperTemplate, ...] = ()

    def lines(self, paper: PaperKind) -> tuple[PaperLine, ...]:
        """Return the pieces of a paper: the plan's or the usual ones."""
        for template in self.templates:
            if template.paper is paper:
                return template.lines
        return USUAL[paper]


EVERYWHERE = ("hall", "rule", "blank", "logo", "seal")
"""Parts that every paper may have."""

_SLIP = ("title", "case", "service", "body", "first_asked", "printed_at")
PARTS: Mapping[PaperKind, tuple[str, ...]] = {
    PaperKind.TICKET: ("number", "ahead", "wait", "services", "zone", "issued_at", "qr", "advice"),
    PaperKind.NOTICE: _SLIP,
    PaperKind.ACCEPTANCE: _SLIP,
    PaperKind.COMMITMENT: _SLIP,
    PaperKind.DELIVERY: _SLIP,
    PaperKind.CLOSING: ("title", "day", "totals", "table", "printed_at"),
}
"""Parts by paper, besides those of every paper."""

NEEDED: Mapping[PaperKind, tuple[str, ...]] = {
    PaperKind.TICKET: ("number",),
    PaperKind.NOTICE: ("title", "body"),
    PaperKind.ACCEPTANCE: ("title", "body"),
    PaperKind.COMMITMENT: ("title", "body"),
    PaperKind.DELIVERY: ("title", "body"),
    PaperKind.CLOSING: ("table",),
}
"""Parts without which a paper isn't what it is."""

PLACEHOLDERS: Mapping[PaperKind, frozenset[str]] = {
    PaperKind.TICKET: frozenset({"hall", "number", "service", "date"}),
    **dict.fromkeys(
        (PaperKind.NOTICE, PaperKind.ACCEPTANCE, PaperKind.COMMITMENT, PaperKind.DELIVERY),
        frozenset({"hall", "number", "service", "date"}),
    ),
    PaperKind.CLOSING: frozenset({"hall", "date"}),
}
"""What a text may have filled: a case's number stands for that of a ticket on its papers."""


def _parts(*names: str) -> tuple[PaperLine, ...]:
    return tuple(PaperLine(part=name) for name in names)


_USUAL_SLIP = _parts("hall", "title", "rule", "case", "service", "body", "rule", "first_asked", "printed_at")
USUAL: Mapping[PaperKind, tuple[PaperLine, ...]] = {
    PaperKind.TICKET: _parts(
        *("hall", "rule", "number", "ahead", "wait", "rule", "services", "zone", "issued_at", "rule", "qr", "advice")
    ),
    PaperKind.NOTICE: _USUAL_SLIP,
    PaperKind.ACCEPTANCE: _USUAL_SLIP,
    PaperKind.COMMITMENT: _USUAL_SLIP,
    PaperKind.DELIVERY: _USUAL_SLIP,
    PaperKind.CLOSING: _parts("hall", "title", "rule", "day", "totals", "rule", "table", "rule", "printed_at"),
}
"""How papers are set where a plan says nothing."""

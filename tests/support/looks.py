"""How papers are usually set, for tests that ask nothing else of them."""

from controller.papers import USUAL, PaperKind
from devices.look import Look


def usual(paper: PaperKind, paper_mm: int = 80, *, native_qr: bool = False) -> Look:
    """Return a paper as every hall has it that says nothing of it."""
    return Look(USUAL[paper], paper_mm, native_qr=native_qr)


def ticket_look(paper_mm: int = 80, *, native_qr: bool = False) -> Look:
    """Return a ticket's usual look."""
    return usual(PaperKind.TICKET, paper_mm, native_qr=native_qr)

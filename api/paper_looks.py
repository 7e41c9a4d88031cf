"""From a plan and its printer to how a paper is set there; a hall's logo and seal, made black and white for it."""

from pathlib import Path
from threading import Lock

import structlog
from PIL import Image, UnidentifiedImageError

from controller.papers import PaperKind
from controller.plan import Device, Plan
from devices.look import Look
from devices.rare_glyphs import COLUMN_DOTS
from devices.roll import COLUMNS_OF_PAPER

PAPER_MM_USUAL = 80
"""Of a printer that the plan doesn't name."""

PICTURE_BYTES_MAX = 2 * 1024 * 1024
PICTURE_PIXELS_MAX = 4_000_000
PICTURE_HEIGHT_DOTS_MAX = 240
"""30 mm of paper, and some 17 kB: a second at 115,200 baud."""

PICTURES_KEPT_MAX = 64

log = structlog.get_logger(__name__)


class Looks:
    """Gives papers their look.

    Args:
        folder: where halls put their pictures, a folder for each hall.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[tuple[Path, int], tuple[int, Image.Image]] = {}
        self._lock = Lock()

    def look(self, plan: Plan, paper: PaperKind, printer: Device | None, paper_mm: int | None = None) -> Look:
        """Return how a paper is set.

        Args:
            plan: whose hall.
            paper: which paper.
            printer: where it comes out; ``None``: at one that the plan doesn't name.
            paper_mm: another width than the printer's.
        """
        width_mm = paper_mm or (printer.paper_mm if printer is not None else PAPER_MM_USUAL)
        lines = plan.papers.lines(paper)
        wanted = {line.part for line in lines}
        names = {"logo": plan.papers.logo, "seal": plan.papers.seal}
        pictures = {
            part: self._picture(plan, name, width_mm) for part, name in names.items() if part in wanted and name
        }
        return Look(
            lines=lines,
            paper_mm=width_mm,
            native_qr=printer.native_qr if printer is not None else False,
            cuts=printer.cuts if printer is not None else True,
            pictures={part: picture for part, picture in pictures.items() if picture is not None},
        )

    def _picture(self, plan: Plan, name: str, paper_mm: int) -> Image.Image | None:
        """Return a picture that fits the paper; ``None`` where it can't be read, which the log tells."""
        path = self._folder / plan.hall.id / name
        try:
            changed_at = path.stat().st_mtime_ns
            with self._lock:
                kept = self._kept.get((path, paper_mm))
            if kept is not None and kept[0] == changed_at:
                return kept[1]
            picture = _black_and_white(path, COLUMNS_OF_PAPER[paper_mm] * COLUMN_DOTS)
        except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
            log.warning("picture left out", action="paper_picture_left_out", hall=plan.hall.id, error=str(error))
            return None
        with self._lock:
            if len(self._kept) >= PICTURES_KEPT_MAX:
                self._kept.clear()
            self._kept[path, paper_mm] = (changed_at, picture)
        return picture


def _black_and_white(path: Path, width_dots: int) -> Image.Image:
    """Return a picture as dots, no larger than the paper takes; what is transparent is white.

    Raises:
        OSError: it can't be read.
        ValueError: it is too large.
    """
    if path.stat().st_size > PICTURE_BYTES_MAX:
        raise ValueError(f"{path}: more than {PICTURE_BYTES_MAX} bytes")
    with Image.open(path, formats=("PNG",)) as opened:
        if opened.width * opened.height > PICTURE_PIXELS_MAX:
            raise ValueError(f"{path}: more than {PICTURE_PIXELS_MAX} pixels")
        coloured = opened.convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    grey = Image.alpha_composite(white, coloured).convert("L")
    grey.thumbnail((width_dots, PICTURE_HEIGHT_DOTS_MAX))
    return grey.convert("1")

"""Lines of paper as dots, where a printer's own font lacks one of their characters: 㐀, 𠮷 and others of names.

The shapes come from outline fonts of the machine's packages (docs/decisions/0009-rare-characters-on-paper.md). Every
character keeps the columns that it would take in the printer's own font, so tables and margins stay where they are.
"""

import os
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock

import structlog
from PIL import Image, ImageDraw, ImageFont

from devices.columns import has_rom_glyph, replacement, width

log = structlog.get_logger(__name__)

COLUMN_DOTS, HANZI_DOTS = 12, 24
"""Width of a column, and height of a line's characters, in the printers' own font."""

LINE_DOTS = 30
"""From line to line, as printers usually set them."""

BASELINE = 0.88
"""Of the height of an ideographic square, measured from its upper edge: how CJK fonts set it."""

DARK = 140
"""Grey values below it are printed: thin strokes stay whole."""

SETTING = "YICHUANG_PAPER_FONTS"
PLACES = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf"),
    Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf"),
    Path("/usr/share/fonts/opentype/unifont/unifont.otf"),
)
"""Where Debian's and Ubuntu's packages have them: fonts-noto-cjk, fonts-hanazono (the rarest of all), fonts-unifont."""

FACE = "CJK SC"
"""Of a collection the face with the shapes of mainland China."""

FACES_MAX = 16
NO_CHARACTER = "\U0010fffe"
"""Stands for none, for ever (The Unicode Standard, 23.7): what a font draws for it is its mark for a missing glyph."""

GLYPHS_REMEMBERED_MAX = 512


class PaperFont:
    """Outline fonts, of which the first that has a character draws it. May be used from any thread."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Take those of the fonts that are there; one that can't be read is left out, which the log tells."""
        self._faces: list[tuple[Path, int]] = []
        self._lock = Lock()
        self._sized = lru_cache(maxsize=32)(self._open)
        self._glyph = lru_cache(maxsize=GLYPHS_REMEMBERED_MAX)(self._draw)
        for path in paths:
            try:
                self._faces.append((path, _face_index(path)))
            except FileNotFoundError:
                continue
            except OSError as error:
                log.warning("font left out", action="paper_font_left_out", path=str(path), error=str(error))

    def has(self, character: str) -> bool:
        """Tell whether one of the fonts has a character."""
        with self._lock:
            return self._face_of(character, HANZI_DOTS) is not None

    def line(self, text: str, *, wide: int, high: int, bold: bool) -> Image.Image | None:
        """Return a line as black dots on white, as wide as its columns; ``None`` where no font has its rare characters.

        Args:
            text: what stands on it, `devices.columns.printable`.
            wide: how many times as wide as usual.
            high: how many times as high.
            bold: in strong strokes.
        """
        with self._lock:
            if not any(self._face_of(each, HANZI_DOTS) for each in text if not has_rom_glyph(each)):
                return None
            row_dots = HANZI_DOTS * high
            drawn = Image.new("L", (width(text) * COLUMN_DOTS * wide, row_dots + LINE_DOTS - HANZI_DOTS), 255)
            at = 0
            for character in text:
                cell = (width(character) * COLUMN_DOTS * wide, row_dots)
                drawn.paste(self._glyph(character, cell), (at, 0))
                at += cell[0]
        if bold:
            drawn.paste(0, (1, 0), drawn.point(lambda value: 255 - value))
        return drawn.convert("1", dither=Image.Dither.NONE)

    def _draw(self, character: str, cell: tuple[int, int]) -> Image.Image:
        """Return a character in its cell; the printers' sign for a missing one where no font has it."""
        scale_dots = max(cell[1], cell[0])
        face = self._face_of(character, scale_dots)
        if face is None:
            face = self._face_of(character := replacement(character), scale_dots)
        square = Image.new("L", (scale_dots, scale_dots), 255)
        if face is not None:
            advance = max(1, round(face.getlength(character)))
            square = Image.new("L", (max(advance, 1), scale_dots), 255)
            ImageDraw.Draw(square).text((0, round(BASELINE * scale_dots)), character, font=face, fill=0, anchor="ls")
        if square.width > cell[0] or square.height != cell[1]:
            square = square.resize((min(square.width, cell[0]), cell[1]), Image.Resampling.LANCZOS)
        whole = Image.new("L", cell, 255)
        whole.paste(square, ((cell[0] - square.width) // 2, 0))
        return whole.point(lambda value: 0 if value < DARK else 255)

    def _face_of(self, character: str, height_dots: int) -> ImageFont.FreeTypeFont | None:
        for place in range(len(self._faces)):
            face, missing = self._sized(place, height_dots)
            if character == " " or bytes(face.getmask(character)) != missing:
                return face
        return None

    def _open(self, place: int, height_dots: int) -> tuple[ImageFont.FreeTypeFont, bytes]:
        path, index = self._faces[place]
        face = ImageFont.truetype(path, height_dots, index=index)
        return face, bytes(face.getmask(NO_CHARACTER))


def _face_index(path: Path) -> int:
    """Return the face of a file that has the shapes of mainland China, else its first.

    Raises:
        OSError: there is no such file, or it is no font.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    return next((index for index, name in _faces(path) if FACE in name), 0)


def _faces(path: Path) -> Iterator[tuple[int, str]]:
    yield 0, ImageFont.truetype(path, HANZI_DOTS).getname()[0] or ""
    if path.suffix == ".ttc":
        for index in range(1, FACES_MAX):
            try:
                face = ImageFont.truetype(path, HANZI_DOTS, index=index)
            except OSError:  # there are no more
                return
            yield index, face.getname()[0] or ""


@cache
def paper_font() -> PaperFont:
    """Return the fonts of this process: those that ``YICHUANG_PAPER_FONTS`` names, before the packages' own."""
    named = tuple(Path(path) for path in os.environ.get(SETTING, "").split(os.pathsep) if path)
    return PaperFont((*named, *PLACES))

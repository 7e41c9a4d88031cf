"""In which way a text is said: how fast, how loud, behind a chime or not, with which readings, and what follows it."""

from dataclasses import dataclass
from pathlib import Path

RATE_WPM = 150
"""A quarter slower than pyttsx3's 200: people who hear badly, in a hall that echoes. Call-outs take some 4 s."""


@dataclass(frozen=True, slots=True)
class Second:
    """What is to be said in a second language, by recordings of the hall's own.

    Attributes:
        hall: whose recordings.
        folder: name of their folder.
        parts: as in the plan: names of recordings, ``{number}`` and ``{window}``.
        number: the ticket's number.
        window: the window's number.
    """

    hall: str
    folder: str
    parts: tuple[str, ...]
    number: str
    window: int


@dataclass(frozen=True, slots=True)
class Tail:
    """Recordings that follow a sentence: the same in a second language.

    Attributes:
        paths: WAV files, said one after another.
        edition: another one when a file has changed.
        duration_s: how long they take together.
    """

    paths: tuple[Path, ...]
    edition: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class Manner:
    """A way to say something.

    Attributes:
        rate_wpm: espeak's words a minute.
        volume_lu: how much quieter than at full loudness, 0 or below.
        chime: a chime goes before.
        words: the chime is not all that is heard.
        pronunciations: words and their pinyin, in the order of the plan.
        second: what follows in a second language, as the plan has it.
        tail: the recordings that were found for it.
    """

    rate_wpm: int = RATE_WPM
    volume_lu: int = 0
    chime: bool = True
    words: bool = True
    pronunciations: tuple[tuple[str, str], ...] = ()
    second: Second | None = None
    tail: Tail | None = None

    def readings_of(self, text: str) -> tuple[tuple[str, str], ...]:
        """Return the pronunciations that a text has use for."""
        return tuple((word, pinyin) for word, pinyin in self.pronunciations if word in text)


PLAIN = Manner()

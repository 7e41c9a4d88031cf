"""How a hall speaks: at what hour with which voice, how words are read, and what is said in a second language."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum


class Sound(StrEnum):
    """What is heard of an announcement; its text is on the screens all the same."""

    VOICE = "voice"
    CHIME = "chime"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class SpeechHours:
    """A part of the day in which the hall speaks otherwise; quiet hours are those with ``sound: silent``.

    Attributes:
        begins: its first minute, in the hall's own time.
        ends: the first minute after it; an earlier one than ``begins`` is on the next day.
        sound: ``voice``, ``chime`` (the chime alone) or ``silent``.
        rate_wpm: how fast, in espeak's words a minute; without it as at other hours.
        volume_lu: how much quieter than at full loudness, 0 to -15 loudness units; without it as at other hours.
    """

    begins: time
    ends: time
    sound: Sound = Sound.VOICE
    rate_wpm: int | None = None
    volume_lu: int | None = None

    def holds_at(self, now: time) -> bool:
        """Tell whether a time of day lies within."""
        if self.begins <= self.ends:
            return self.begins <= now < self.ends
        return now >= self.begins or now < self.ends


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How a word is read, where the voice would read it wrong: names of towns, villages and families.

    Attributes:
        word: Chinese characters.
        pinyin: a syllable with its tone (1 to 5) for each, with spaces between: ``lu4 an1``; ü is v.
    """

    word: str
    pinyin: str


@dataclass(frozen=True, slots=True)
class SecondLine:
    """A call-out in a second language or a dialect, said after the first one: recordings that the hall puts in itself.

    Attributes:
        folder: name of the folder of its recordings, below ``voices/HALL`` in the folder of the data.
        parts: what is said, one after another: the name of a recording without ``.wav``, ``{number}`` for a recording
            of each letter and digit of the number (``A.wav``, ``0.wav``), ``{window}`` for one of the window
            (``window-2.wav``).
    """

    folder: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speech:
    """How the hall speaks.

    Attributes:
        sound: ``voice``, ``chime`` (the chime alone) or ``silent`` (silent calls: screens and signs only).
        chime: a chime goes before each sentence.
        rate_wpm: how fast, in espeak's words a minute; 150 is a quarter slower than its own.
        volume_lu: how much quieter than at full loudness, 0 to -15 loudness units.
        green_rate_wpm: how fast at most a ticket of the green channel is called.
        green_repeat_more: how much more often such a call is said than another.
        notice_repeat: how often a notice of the manager is said.
        notice_ttl_s: how old such a notice may be and still be said.
        hours: parts of the day in which it is otherwise; the first one that holds decides.
        pronunciations: how words are read.
        second: a call-out in a second language.
    """

    sound: Sound = Sound.VOICE
    chime: bool = True
    rate_wpm: int = 150
    volume_lu: int = 0
    green_rate_wpm: int = 120
    green_repeat_more: int = 1
    notice_repeat: int = 2
    notice_ttl_s: int = 300
    hours: tuple[SpeechHours, ...] = ()
    pronunciations: tuple[Pronunciation, ...] = ()
    second: SecondLine | None = None

    def at(self, now: time) -> SpeechHours:
        """Return what holds at a time of day, with every member given."""
        found = next((entry for entry in self.hours if entry.holds_at(now)), None)
        if found is None:
            return SpeechHours(time.min, time.min, self.sound, self.rate_wpm, self.volume_lu)
        return SpeechHours(
            found.begins,
            found.ends,
            # A hall whose calls are silent stays so at every hour.
            Sound.SILENT if self.sound is Sound.SILENT else found.sound,
            self.rate_wpm if found.rate_wpm is None else found.rate_wpm,
            self.volume_lu if found.volume_lu is None else found.volume_lu,
        )

"""What the hall hears, as text. Pure: nothing here makes a sound, `devices.voice` does.

A ticket's number is said letter by letter and digit by digit, a window's number as a number, and the text is written
the way it is said (请A零零三号到二号窗口), so that what a screen shows under the loudspeaker sign is what is heard.

What a synthesiser must be fed so that it says this text is another matter: see `devices.reading`.
"""

import re
import unicodedata
from typing import Literal

from controller.runtime.catalogue import DEFAULT_LANGUAGE, text

SpokenOne = Literal["一", "幺"]
"""How 1 is said within a ticket's number; 幺 is common on the telephone and in offices, and never taken for 七."""

NUMERAL_MAX = 9999
"""Largest number that is said as a number; a longer row of digits is said digit by digit."""

TEXT_CHARACTERS_MAX = 120
"""Longest text that is spoken: 50 s. A call-out has 12 to 40 characters."""

_HANZI_DIGITS = "零一二三四五六七八九"
_HANZI_UNITS = ("", "十", "百", "千")
_DIGITS = re.compile(r"[0-9]+")
_SYLLABLE = re.compile(r"[0-9A-Za-z\u3007\u3400-\u9fff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[A-Za-z]+|[0-9]")

_UNIT_S_MIN = 0.08
_UNIT_S_MAX = 0.80
_SENTENCE_S_MAX = 2.0
_RATE_MEASURED_WPM = 200
"""The bounds above were measured at this rate: Mandarin takes 0.24 s a syllable, "W" the longest with 0.6 s."""


def normalised(words: str) -> str:
    """Return a text on one line, with full-width letters and digits made ordinary (Unicode NFKC).

    Control characters become spaces: some of them are commands to espeak.
    """
    plain = "".join(" " if unicodedata.category(c) == "Cc" else c for c in unicodedata.normalize("NFKC", words))
    return " ".join(plain.split())


def is_chinese(language: str) -> bool:
    """Tell whether a BCP 47 tag means Chinese."""
    return language.partition("-")[0].lower() == "zh"


def chinese_numeral(value: int) -> str:
    """Return a number in hanzi, as it is said: 12 → 十二, 20 → 二十, 105 → 一百零五, 110 → 一百一十.

    Raises:
        ValueError: the number is negative or above `NUMERAL_MAX`.
    """
    if not 0 <= value <= NUMERAL_MAX:
        raise ValueError(f"{value} is not within 0..{NUMERAL_MAX}")
    if value == 0:
        return _HANZI_DIGITS[0]
    said = ""
    gap = False
    for power in range(len(_HANZI_UNITS) - 1, -1, -1):
        digit = value // 10**power % 10
        if digit == 0:
            gap = bool(said)
            continue
        said += ("零" if gap else "") + _HANZI_DIGITS[digit] + _HANZI_UNITS[power]
        gap = False
    return said.removeprefix("一") if said.startswith("一十") else said


def hanzi_for_digits(words: str) -> str:
    """Return a Chinese text with its digits written out as they are said.

    A row of digits is a number (2 → 二, 12 → 十二), except where it is a code and said digit by digit: after a letter
    (L12 → L一二), with a leading zero (07 → 零七), or longer than a number of the floor (12345).
    """
    return _DIGITS.sub(_said_digits, words)


def call_out(number: str, window: int | str, one: SpokenOne | str = "一", language: str = DEFAULT_LANGUAGE) -> str:
    """Return the sentence that calls a ticket to a window, e.g. ``请A零零三号到二号窗口``.

    Args:
        number: the ticket's number, e.g. ``A003``; what is neither letter nor digit in it is not said.
        window: the window's number, or a label for a window that has none, e.g. ``帮办代办窗口``.
        one: how a 1 in the ticket's number is said in Chinese.
        language: BCP 47 tag of a catalogue.

    Raises:
        ValueError: the number holds nothing that can be said, or the window is negative or without a name.
    """
    said = spoken_number(number, one, language)
    label = normalised(window) if isinstance(window, str) else ""
    if isinstance(window, str) and not (label.isdecimal() and label.isascii()):
        if not label:
            raise ValueError("a window without number or label cannot be called to")
        place = hanzi_for_digits(label) if is_chinese(language) else label
        return text("speech.call_out_place", language, number=said, place=place)
    value = int(window)
    if value < 0:
        raise ValueError(f"a window's number cannot be {value}")
    spoken = _hanzi_number(str(value)) if is_chinese(language) else str(value)
    return text("speech.call_out", language, number=said, window=text("speech.window", language, number=spoken))


def duration_bounds_s(words: str, rate_wpm: int, language: str = DEFAULT_LANGUAGE) -> tuple[float, float]:
    """Return the shortest and the longest time in seconds that a text can plausibly take.

    Wide on purpose: it tells speech from an empty, broken off or runaway recording, not good speech from bad.

    Args:
        words: what is said.
        rate_wpm: the engine's rate, in the "words a minute" of espeak.
        language: BCP 47 tag.
    """
    pattern = _SYLLABLE if is_chinese(language) else _WORD
    units = len(pattern.findall(normalised(words)))
    slowness = _RATE_MEASURED_WPM / rate_wpm
    return units * _UNIT_S_MIN * slowness, (units * _UNIT_S_MAX + _SENTENCE_S_MAX) * slowness


def spoken_number(number: str, one: str, language: str) -> str:
    """Return a ticket's number as it is said, letter by letter and digit by digit.

    Raises:
        ValueError: nothing in it can be said.
    """
    digits = text("speech.digits", language).split()
    chinese = is_chinese(language)
    if chinese:
        digits[1] = one
    said = [digits[int(c)] if c in "0123456789" else c for c in normalised(number).upper() if c.isalnum()]
    if not said:
        raise ValueError(f"nothing in the number {number!r} can be said")
    return ("" if chinese else " ").join(said)


def _said_digits(found: re.Match[str]) -> str:
    digits = found.group()
    before = found.string[found.start() - 1 : found.start()]
    is_code = (before.isascii() and before.isalpha()) or (len(digits) > 1 and digits[0] == "0")
    return "".join(_HANZI_DIGITS[int(c)] for c in digits) if is_code else _hanzi_number(digits)


def _hanzi_number(digits: str) -> str:
    if int(digits) <= NUMERAL_MAX:
        return chinese_numeral(int(digits))
    return "".join(_HANZI_DIGITS[int(c)] for c in digits)

"""Is every call-out said as it is meant: the phonemes of what the voice is fed, against the pinyin that one expects.

The call-outs are those of the numbers A000 to Z999 to the windows 1 to 30, all 780,000 (the benchmark) or some of them
(the test). espeak-ng's own library is asked for the phonemes (``espeak_TextToPhonemes``, 50 µs each), so this belongs
in a process of its own. Tone sandhi comes later in espeak and is not among them;
``test_speech_sounds`` listens to that.

What is expected is written down here once more, by other rules than the program's: a slip there is no slip here.
"""

import ctypes
import random
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from devices.reading import MANDARIN, reading
from devices.speech import call_out

WINDOWS = range(1, 31)
NUMBERS = 26 * 1000
WHOLE = NUMBERS * len(WINDOWS)
WRONG_SHOWN_MAX = 10

DIGITS = ("ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3")
LETTERS = {
    **{letter: letter for letter in string.ascii_uppercase},
    "R": "a1 er3",
}
"""As the voice is to be asked for a letter's name; which sounds they have, ``test_speech_sounds`` holds fast."""

_RETRIEVAL, _UTF8, _PLAIN = 1, 1, 0
_CLAUSES_MAX = 8


@dataclass(frozen=True)
class Heard:
    """What was found: how many call-outs were compared, and those that were wrong, with what was heard and expected."""

    compared: int
    wrong: list[tuple[str, int, str, str]]


class Espeak:
    """espeak-ng's library, asked for phonemes."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
        assert self._library.espeak_Initialize(_RETRIEVAL, 0, None, 0) > 0
        assert self._library.espeak_SetVoiceByName(MANDARIN.encode()) == 0

    def syllables(self, said: str) -> list[str]:
        """Return the phonemes of a reading, syllable by syllable, without marks of stress."""
        rest = ctypes.c_char_p(said.encode())
        heard: list[str] = []
        for _ in range(_CLAUSES_MAX):
            if rest.value is None:
                break
            heard.append(self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _PLAIN).decode())
        assert rest.value is None, f"more than {_CLAUSES_MAX} clauses in {said!r}"
        return re.sub("['_,]", "", " ".join(heard)).replace("|", " ").split()


def expected(number: str, window: int) -> list[str]:
    """Return the pinyin of a call-out, and letters as they are: 请 A 零 零 三 号 到 二 号 窗 口."""
    letter, *digits = number
    tens, ones = divmod(window, 10)
    said = ["qing3", *LETTERS[letter].split(), *(DIGITS[int(digit)] for digit in digits), "hao4", "dao4"]
    said += [] if tens == 0 else ["shi2"] if tens == 1 else [DIGITS[tens], "shi2"]
    said += [] if ones == 0 else [DIGITS[ones]]
    return [*said, "hao4", "chuang1", "kou3"]


def compare(places: Iterable[int]) -> Heard:
    """Compare the call-outs of some places (0 to `WHOLE` - 1)."""
    espeak = Espeak()

    @cache
    def sounds(syllable: str) -> tuple[str, ...]:
        return tuple(espeak.syllables(syllable))

    compared, wrong = 0, []
    for place in places:
        number, window = called(place)
        heard = espeak.syllables(reading(call_out(number, window)))
        wanted = [sound for syllable in expected(number, window) for sound in sounds(syllable)]
        compared += 1
        if heard != wanted and len(wrong) < WRONG_SHOWN_MAX:
            wrong.append((number, window, " ".join(heard), " ".join(wanted)))
    return Heard(compared, wrong)


def called(place: int) -> tuple[str, int]:
    """Return the number and the window of a place among all call-outs."""
    number, window = divmod(place, len(WINDOWS))
    letter, serial = divmod(number, 1000)
    return f"{string.ascii_uppercase[letter]}{serial:03d}", WINDOWS[window]


def chosen(sample: int, seed: int) -> Iterator[int]:
    """Return some places: every letter and every window are among them, the rest by chance."""
    chance = random.Random(seed)
    for letter in range(26):
        for index in range(len(WINDOWS)):
            yield (letter * 1000 + chance.randrange(1000)) * len(WINDOWS) + index
    for _ in range(sample):
        yield chance.randrange(WHOLE)

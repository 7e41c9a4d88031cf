"""How a text is fed to espeak-ng so that it says what is written.

espeak-ng's voice ``cmn`` takes pinyin for English words and spells the name of a hanzi ("h e j four"); its sibling
``cmn-latn-pinyin`` has the right sounds and tones. Left to read hanzi it still knows each only by itself: 银行 becomes
"yín xíng", 重庆 "zhòng qìng", 厦门 "shà mén". So it is given pinyin with tone numbers, which pypinyin finds by phrase.
Tone sandhi (qǐng → the half third tone) is espeak's own doing.

pypinyin's dictionaries take 57 MB, so only the worker program imports this module.
"""

import re
from collections.abc import Iterable
from types import MappingProxyType

from pypinyin import Style, lazy_pinyin, load_phrases_dict

from devices.speech import hanzi_for_digits, is_chinese, normalised

MANDARIN = "cmn-latn-pinyin"
ENGLISH = "en"

_LETTERS_MANDARIN = MappingProxyType({"R": "a1 er3"})
"""Letters that need another reading than the voice's own: its R differs from 二 by tone alone."""

_LETTERS_ENGLISH = MappingProxyType({"A": "eigh"})
"""A lone A is an article to the English voice, and all but silent."""

_PHRASES = {
    "长三角": [["cháng"], ["sān"], ["jiǎo"]],
    "重呼": [["chóng"], ["hū"]],
    "朝阳": [["cháo"], ["yáng"]],
    "天长": [["tiān"], ["cháng"]],
    "涡阳": [["guō"], ["yáng"]],
}
"""Words of the hall, and places, that pypinyin's phrases don't hold."""

_PAUSES = ",.;:!?、。…—()[]《》“”"
_TOKEN = re.compile(
    rf"(?P<hanzi>[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
    rf"|(?P<letter>[A-Za-z])|(?P<pause>[{re.escape(_PAUSES)}])"
)
_LONE_LETTER = re.compile(r"\b[A-Z]\b")

load_phrases_dict(_PHRASES)


def espeak_voice(language: str) -> str:
    """Return the name of espeak's voice for a language; one without a voice of ours is read by the Mandarin one."""
    return ENGLISH if language.partition("-")[0].lower() == "en" else MANDARIN


def reading(words: str, language: str = "zh-CN", pronunciations: Iterable[tuple[str, str]] = ()) -> str:
    """Return what espeak's voice of the language is given so that it says ``words``.

    For Chinese: pinyin with tone numbers, ü as v, the neutral tone as 5, each Latin letter by itself so that it is
    named and not read as pinyin, a comma for a pause. Characters without a reading are left out. For other languages
    the text itself, but for letters that their voice would swallow.

    Args:
        words: the text.
        language: BCP 47 tag.
        pronunciations: words that are read otherwise, with their pinyin; a longer one goes before a shorter.
    """
    if not is_chinese(language) and espeak_voice(language) != MANDARIN:
        return _LONE_LETTER.sub(lambda found: _LETTERS_ENGLISH.get(found.group(), found.group()), normalised(words))
    said: list[str] = []
    for token in _TOKEN.finditer(hanzi_for_digits(normalised(words))):
        if token.lastgroup == "hanzi":
            said += _pinyin(token.group(), dict(pronunciations))
        elif token.lastgroup == "letter":
            letter = token.group().upper()
            said.append(_LETTERS_MANDARIN.get(letter, letter))
        elif said and not said[-1].endswith(","):
            said[-1] += ","
    return " ".join(said)


def _pinyin(hanzi: str, pronunciations: dict[str, str]) -> list[str]:
    """Return the syllables of hanzi: words of the hall as it reads them, the rest by pypinyin's phrases."""
    if not pronunciations:
        return lazy_pinyin(hanzi, style=Style.TONE3, errors="ignore", neutral_tone_with_five=True)
    words = "|".join(map(re.escape, sorted(pronunciations, key=len, reverse=True)))
    said: list[str] = []
    for part in re.split(f"({words})", hanzi):
        said += pronunciations[part].split() if part in pronunciations else _pinyin(part, {})
    return said

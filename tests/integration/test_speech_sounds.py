"""What espeak-ng makes of the readings: phonemes and tones, by `espeak-ng -x`, without sound."""

import random
import re
import subprocess

import pytest
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_tone3

from devices.reading import espeak_voice, reading
from devices.speech import call_out, chinese_numeral
from tests.benchmarks.processes import in_own_process
from tests.support import intelligibility

DIGITS = {
    "零": "li35N",
    "一": "ji55",
    "幺": "jAu55",
    "二": "@r51",
    "三": "sa55n",
    "四": "si[51",
    "五": "wu3",
    "六": "liou51",
    "七": "tS;hi55",
    "八": "pA55",
    "九": "tS;iou3",
    "十": "s.i.35",
    "百": "pai3",
}
"""By espeak's mnemonics, the numbers are the contour of the tone (55, 35, 51); 3 for the third tone in any form."""

LETTERS = {
    "A": "ei51",
    "B": "pi51",
    "C": "sei55",
    "D": "ti51",
    "E": "ji51",
    "F": "ai35f",
    "G": "ts.i51",
    "H": "ei35ts.h",
    "I": "ai51",
    "J": "ts.ei51",
    "K": "khei51",
    "L": "ai35l",
    "M": "ai35m",
    "N": "@55n",
    "O": "ou55",
    "P": "phi51",
    "Q": "khiou55",
    "R": "A55 @r3",
    "S": "ai35s",
    "T": "thi51",
    "U": "jiou55",
    "V": "vei55",
    "W": "ta35pliou33",
    "X": "ai35ks",
    "Y": "wuai51",
    "Z": "zi51",
}
ESPEAK_S_MAX = 60


def sounds(*said: str, language: str = "zh-CN") -> list[str]:
    """Return the phonemes of each reading, syllables separated by a space, stress left out."""
    ran = subprocess.run(
        ["espeak-ng", "-v", espeak_voice(language), "-x", "-q"],
        input="\n\n".join(said),
        capture_output=True,
        text=True,
        check=True,
        timeout=ESPEAK_S_MAX,
    )
    lines = [line for line in ran.stdout.splitlines() if line.strip()]
    assert len(lines) == len(said)
    return [" ".join(re.sub("['_]", "", line).replace("|", " ").split()) for line in lines]


def third_tones_alike(phonemes: str) -> str:
    """Return phonemes with the forms of the third tone (full, half, before another third) made one."""
    return re.sub("214|21", "3", phonemes)


def test_every_digit_has_its_sound_and_tone() -> None:
    heard = sounds(*(reading(digit) for digit in DIGITS))
    assert dict(zip(DIGITS, map(third_tones_alike, heard), strict=True)) == DIGITS


def test_every_letter_is_heard_by_its_name() -> None:
    heard = sounds(*(reading(letter) for letter in LETTERS))
    assert dict(zip(LETTERS, map(third_tones_alike, heard), strict=True)) == LETTERS


def test_no_two_letters_sound_alike_nor_a_letter_like_a_digit() -> None:
    heard = sounds(*(reading(sign) for sign in [*LETTERS, *DIGITS]))
    assert len(set(heard)) == len(LETTERS) + len(DIGITS)


def test_the_call_of_a003_to_window_2() -> None:
    said = "tS;hi21N ei51 li35N li35N sa55n XAu51 tAu51 @r51 XAu51 ts.hwA55N khou214"
    assert sounds(reading(call_out("A003", 2))) == [said]


def test_windows_1_to_30() -> None:
    windows = range(1, 31)
    heard = sounds(*(reading(call_out("A003", window)) for window in windows))
    for window, phonemes in zip(windows, heard, strict=True):
        expected = " ".join(DIGITS[character] for character in chinese_numeral(window))
        numeral = phonemes.removeprefix("tS;hi21N ei51 li35N li35N sa55n XAu51 tAu51 ")
        numeral = numeral.removesuffix(" XAu51 ts.hwA55N khou214")
        assert third_tones_alike(numeral) == expected, window


@pytest.mark.parametrize("one", ["一", "幺"])
def test_every_digit_in_every_place_of_a_ticket(one: str) -> None:
    numbers = [f"{first}{digit}{last}" for digit in range(10) for first, last in ("01", "12", "55", "97")]
    heard = sounds(*(reading(call_out(f"B{number}", 2, one)) for number in numbers))
    for number, phonemes in zip(numbers, heard, strict=True):
        hanzi = "".join(one if digit == "1" else "零一二三四五六七八九"[int(digit)] for digit in number)
        spoken = third_tones_alike(phonemes).split()[2:5]
        # A third tone before another one is spoken as a second.
        forms = [{DIGITS[character], re.sub("3$", "35", DIGITS[character])} for character in hanzi]
        assert all(sound in form for sound, form in zip(spoken, forms, strict=True)), (number, phonemes)


def test_words_that_espeak_alone_gets_wrong() -> None:
    assert sounds(reading("银行"), reading("重庆"), reading("厦门"), reading("调解")) == [
        "ji35n Xa35N",
        "ts.hong35 tS;hi51N",
        "S;iA51 m@35n",
        "thjAu35 tS;iE214",
    ]


def test_every_syllable_of_pypinyin_is_one_syllable_to_espeak() -> None:
    """No syllable is spelled letter by letter or taken for English, whatever hanzi a label holds."""
    written = {form for forms in PINYIN_DICT.values() for form in forms.split(",")}
    syllables = sorted({to_tone3(form, neutral_tone_with_five=True) for form in written})
    interjections = re.compile(r"(hm|hng|m|n)\d")  # no vowel to bear a tone
    syllables = [syllable for syllable in syllables if not interjections.fullmatch(syllable)]
    assert len(syllables) > 1500
    for syllable, phonemes in zip(syllables, sounds(*syllables), strict=True):
        assert re.fullmatch(r"[^\d() ]+\d\d\d?[^\d() ]*", phonemes), (syllable, phonemes)


def test_an_english_call_names_the_letter_a() -> None:
    number, place = reading(call_out("A003", 2, language="en"), "en").split(", ")
    assert sounds(number, place, language="en") == ["nVmb3r- eI zi@roU zi@roU Tri:", "pli:z g,oU t@ wIndoU tu:"]


async def test_call_outs_are_said_as_they_are_meant() -> None:
    """Some by chance, each letter with each window among them; the benchmark ``call-outs`` goes through all 780,000."""
    seed = random.randrange(1_000_000)
    found = await in_own_process(_listen, seed)
    assert found.compared > 4_000
    assert not found.wrong, f"seed {seed}"


def _listen(seed: int) -> intelligibility.Heard:
    return intelligibility.compare(intelligibility.chosen(4_000, seed))


async def test_a_call_out_that_is_said_wrong_is_found() -> None:
    assert await in_own_process(_heard_otherwise) == [("A003", 1)]


def _heard_otherwise() -> list[tuple[str, int]]:
    intelligibility.DIGITS = ("yi1", *intelligibility.DIGITS[1:])
    place = 3 * len(intelligibility.WINDOWS)
    return [(number, window) for number, window, *_ in intelligibility.compare([place]).wrong]


@pytest.mark.parametrize(
    ("town", "pinyin"),
    [
        ("六安市金安区", "lu4 an1"),
        ("歙县", "she4 xian4"),
        ("枞阳镇", "zong1 yang2"),
        ("蚌埠", "beng4 bu4"),
        ("亳州", "bo2 zhou1"),
    ],
)
def test_a_towns_name_is_read_as_the_plan_says(town: str, pinyin: str) -> None:
    name = town[:2]
    assert reading(town, "zh-CN", [(name, pinyin)]).startswith(pinyin)
    assert sounds(reading(name, "zh-CN", [(name, pinyin)])) == sounds(pinyin)


def test_a_longer_word_of_the_plan_goes_before_a_shorter_and_the_rest_is_read_as_ever() -> None:
    words = [("乐", "le4"), ("乐清", "yue4 qing1")]
    assert reading("乐清乐镇银行", "zh-CN", words) == "yue4 qing1 le4 zhen4 yin2 hang2"

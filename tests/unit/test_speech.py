"""What a call-out says, and how it is spelled for the engine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.runtime.catalogue import languages, messages
from devices.reading import ENGLISH, MANDARIN, espeak_voice, reading
from devices.speech import (
    NUMERAL_MAX,
    call_out,
    chinese_numeral,
    duration_bounds_s,
    hanzi_for_digits,
)

DIGITS = "零一二三四五六七八九"
PINYIN = dict(
    zip(
        DIGITS + "十百幺",
        ["ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3", "shi2", "bai3", "yao1"],
        strict=True,
    )
)


@pytest.mark.parametrize(
    ("number", "window", "said"),
    [
        ("A003", 2, "请A零零三号到二号窗口"),
        ("B110", 12, "请B一一零号到十二号窗口"),
        ("Z999", 20, "请Z九九九号到二十号窗口"),
        ("A003", 105, "请A零零三号到一百零五号窗口"),
        ("GA037", "L07号窗口", "请GA零三七号到L零七号窗口"),
        ("A003", "2号窗口", "请A零零三号到二号窗口"),
        ("A003", "12", "请A零零三号到十二号窗口"),
        ("A003", "帮办代办窗口", "请A零零三号到帮办代办窗口"),
        ("a-003", "\N{FULLWIDTH DIGIT TWO}号窗口", "请A零零三号到二号窗口"),
        ("社003", 1, "请社零零三号到一号窗口"),
    ],
)
def test_a_call_out_says_letters_digits_and_window_as_people_do(number: str, window: int | str, said: str) -> None:
    assert call_out(number, window) == said


def test_one_may_be_said_as_yao_in_the_ticket_but_not_at_the_window() -> None:
    assert call_out("A101", 11, "幺") == "请A幺零幺号到十一号窗口"
    assert call_out("A101", 1, "幺") == "请A幺零幺号到一号窗口"
    assert call_out("A101", 1, "幺", "en") == "Number A one zero one, please go to window 1"


def test_an_english_call_out() -> None:
    assert call_out("A003", 2, language="en") == "Number A zero zero three, please go to window 2"
    assert call_out("A003", "the help desk", language="en") == "Number A zero zero three, please go to the help desk"


def test_every_language_has_a_word_for_each_digit() -> None:
    assert [len(messages(language)["speech.digits"].split()) for language in languages()] == [10] * len(languages())


@pytest.mark.parametrize(("number", "window"), [("", 2), ("-- ", 2), ("A003", ""), ("A003", "  "), ("A003", -1)])
def test_what_cannot_be_said_is_refused(number: str, window: int | str) -> None:
    with pytest.raises(ValueError, match=r"said|number|label"):
        call_out(number, window)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (21, "二十一"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (111, "一百一十一"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (9009, "九千零九"),
    ],
)
def test_numerals(value: int, said: str) -> None:
    assert chinese_numeral(value) == said


def value_of(numeral: str) -> int:
    """Read a numeral back: a digit counts for what stands after it."""
    total, digit = 0, None
    for character in numeral:
        if character in DIGITS:
            digit = DIGITS.index(character)
        else:
            total += (1 if digit is None else digit) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = None
    return total + (digit or 0)


def test_every_numeral_reads_back_as_its_number() -> None:
    numerals = [chinese_numeral(value) for value in range(NUMERAL_MAX + 1)]
    assert [value_of(numeral) for numeral in numerals] == list(range(NUMERAL_MAX + 1))
    assert not [numeral for numeral in numerals[1:] if "零零" in numeral or numeral.endswith("零")]


@pytest.mark.parametrize("value", [-1, NUMERAL_MAX + 1])
def test_a_numeral_beyond_the_floor_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="not within"):
        chinese_numeral(value)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("综合窗口1", "综合窗口一"),
        ("2楼12号窗口", "二楼十二号窗口"),
        ("07号", "零七号"),
        ("L12", "L一二"),
        ("窗口0", "窗口零"),
        ("12345", "一二三四五"),
    ],
)
def test_digits_of_a_label(label: str, said: str) -> None:
    assert hanzi_for_digits(label) == said


def test_the_reading_of_a_call_out() -> None:
    assert reading("请A零零三号到二号窗口") == "qing3 A ling2 ling2 san1 hao4 dao4 er4 hao4 chuang1 kou3"


@pytest.mark.parametrize("one", ["一", "幺"])
def test_every_ticket_number_is_read_digit_by_digit(one: str) -> None:
    for value in range(1000):
        digits = f"{value:03d}"
        said = reading(call_out(f"B{digits}", 3, one)).split()
        expected = [PINYIN[one if digit == "1" else DIGITS[int(digit)]] for digit in digits]
        assert said == ["qing3", "B", *expected, *["hao4", "dao4", "san1", "hao4", "chuang1", "kou3"]]


def test_every_window_is_read_as_its_numeral() -> None:
    for window in range(1, 100):
        said = reading(call_out("B002", window)).split()
        numeral = [PINYIN[character] for character in chinese_numeral(window)]
        assert said[7:-3] == numeral, window


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("银行", "yin2 hang2"),
        ("重庆市", "chong2 qing4 shi4"),
        ("厦门", "xia4 men2"),
        ("六安", "lu4 an1"),
        ("长三角一网通办窗口", "chang2 san1 jiao3 yi1 wang3 tong1 ban4 chuang1 kou3"),
        ("办不成事反映窗口", "ban4 bu4 cheng2 shi4 fan3 ying4 chuang1 kou3"),
        ("重呼", "chong2 hu1"),
        ("朝阳镇便民服务中心", "chao2 yang2 zhen4 bian4 min2 fu2 wu4 zhong1 xin1"),
        ("绿色通道", "lv4 se4 tong1 dao4"),
        ("您的", "nin2 de5"),
    ],
)
def test_hanzi_are_read_by_phrase(words: str, said: str) -> None:
    assert reading(words) == said


def test_letters_are_named_one_by_one_and_never_read_as_pinyin() -> None:
    assert reading("GAO三") == "G A O san1"
    assert reading("ling") == "L I N G"
    assert reading("R二") == "a1 er3 er4"


def test_punctuation_is_a_pause_and_other_signs_are_silent() -> None:
    assert reading("请进,三号。") == "qing3 jin4, san1 hao4,"
    assert reading("(二楼)★三号") == "er4 lou2, san1 hao4"
    assert reading("★ 。") == ""


def test_a_letter_alone_is_no_english_article() -> None:
    assert reading("Number A zero", "en") == "Number eigh zero"
    assert reading("Number B zero", "en") == "Number B zero"
    assert reading("A002 at 2", "en") == "A002 at 2"


def test_voices_by_language() -> None:
    assert [espeak_voice(tag) for tag in ("zh-CN", "zh", "en", "en-GB", "ug")] == [
        MANDARIN,
        MANDARIN,
        ENGLISH,
        ENGLISH,
        MANDARIN,
    ]


@given(st.text(max_size=40))
def test_no_text_becomes_a_command_to_the_engine(words: str) -> None:
    said = reading(words)
    assert said.isascii() or "ê" in said
    assert not set("<>[]") & set(said)
    for language in languages():
        assert not [c for c in reading(words, language) if c < " " or c == "\x7f"]


def test_the_plausible_time_grows_with_the_text_and_shrinks_with_the_rate() -> None:
    short, long = duration_bounds_s("请", 150), duration_bounds_s("请A零零三号到二号窗口", 150)
    assert short[0] < long[0] < 4.0 < long[1]
    assert short[1] < long[1]
    fast = duration_bounds_s("请A零零三号到二号窗口", 300)
    assert fast == (pytest.approx(long[0] / 2), pytest.approx(long[1] / 2))

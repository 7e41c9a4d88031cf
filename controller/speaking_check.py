"""What is wrong with how a plan's hall speaks, each fault with its place."""

import re
from collections import Counter
from collections.abc import Iterator

from controller.plan import Plan
from controller.plan_fault import Fault
from controller.speaking import Pronunciation, SecondLine

RATE_WPM_MIN, RATE_WPM_MAX = 80, 300
VOLUME_LU_MIN = -15
REPEAT_MAX = 5
TTL_S_MAX = 3600

PINYIN_PATTERN = re.compile(
    r"(?:(?:b|p|m|f|d|t|n|l|g|k|h|j|q|x|zh|ch|sh|r|z|c|s|y|w)?"
    r"(?:a|o|e|ai|ei|ao|ou|an|en|ang|eng|ong|i|ia|io|ie|iao|iu|ian|in|iang|ing|iong|"
    r"u|ua|uo|uai|ui|uan|un|uang|ue|v|ve|van|vn)|er|m|n|ng|hm|hng)[1-5]"
)
"""A syllable with its tone: what an initial and a final can make, and those without."""

HANZI_PATTERN = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
FOLDER_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
PART_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}|\{number\}|\{window\}")
PARTS_MAX = 20


def speech_faults(plan: Plan) -> Iterator[Fault]:
    """Find what is wrong with how the hall speaks."""
    speech = plan.speech
    yield from _rate(speech.rate_wpm, "/speech/rate_wpm")
    yield from _rate(speech.green_rate_wpm, "/speech/green_rate_wpm")
    yield from _volume(speech.volume_lu, "/speech/volume_lu")
    if not 0 <= speech.green_repeat_more <= REPEAT_MAX:
        yield Fault("/speech/green_repeat_more", "bad_repeat_more", str(speech.green_repeat_more))
    if not 1 <= speech.notice_repeat <= REPEAT_MAX:
        yield Fault("/speech/notice_repeat", "bad_repeat", str(speech.notice_repeat))
    if not 1 <= speech.notice_ttl_s <= TTL_S_MAX:
        yield Fault("/speech/notice_ttl_s", "bad_notice_ttl", str(speech.notice_ttl_s))
    for index, entry in enumerate(speech.hours):
        path = f"/speech/hours/{index}"
        if entry.begins == entry.ends:
            yield Fault(path, "bad_speech_hours", f"{entry.begins:%H:%M}–{entry.ends:%H:%M}")
        if entry.rate_wpm is not None:
            yield from _rate(entry.rate_wpm, f"{path}/rate_wpm")
        if entry.volume_lu is not None:
            yield from _volume(entry.volume_lu, f"{path}/volume_lu")
    for index, word in enumerate(speech.pronunciations):
        yield from _pronunciation(word, f"/speech/pronunciations/{index}")
    for word_twice, count in Counter(word.word for word in speech.pronunciations).items():
        if count > 1:
            yield Fault("/speech/pronunciations", "twice", word_twice)
    if speech.second is not None:
        yield from _second(speech.second)


def _rate(rate_wpm: int, path: str) -> Iterator[Fault]:
    if not RATE_WPM_MIN <= rate_wpm <= RATE_WPM_MAX:
        yield Fault(path, "bad_rate_wpm", str(rate_wpm))


def _volume(volume_lu: int, path: str) -> Iterator[Fault]:
    if not VOLUME_LU_MIN <= volume_lu <= 0:
        yield Fault(path, "bad_volume_lu", str(volume_lu))


def _pronunciation(entry: Pronunciation, path: str) -> Iterator[Fault]:
    if not HANZI_PATTERN.fullmatch(entry.word):
        yield Fault(f"{path}/word", "bad_pronounced_word", entry.word)
        return
    syllables = entry.pinyin.split()
    wrong = next((syllable for syllable in syllables if not PINYIN_PATTERN.fullmatch(syllable)), None)
    if wrong is not None:
        yield Fault(f"{path}/pinyin", "bad_pinyin", wrong)
    elif len(syllables) != len(entry.word):
        yield Fault(f"{path}/pinyin", "pinyin_count", f"{entry.word}: {entry.pinyin}")


def _second(second: SecondLine) -> Iterator[Fault]:
    if not FOLDER_PATTERN.fullmatch(second.folder):
        yield Fault("/speech/second/folder", "bad_id", second.folder)
    if not 1 <= len(second.parts) <= PARTS_MAX:
        yield Fault("/speech/second/parts", "bad_parts_count", str(len(second.parts)))
    for index, part in enumerate(second.parts):
        if not PART_PATTERN.fullmatch(part):
            yield Fault(f"/speech/second/parts/{index}", "bad_recording_name", part)

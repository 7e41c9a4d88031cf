"""The first letters of words as they are typed by pinyin: 养老认证 → ylrz; for people who look a service up.

pypinyin knows readings by phrase (行 in 银行 is ``h``), and its dictionaries take 57 MB: so a program of its own looks
words up and ends, and the controller keeps what it found. ``python -m api.initials`` reads a JSON list and writes
an object.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterable, Mapping

import orjson
import structlog

from devices.speech import normalised

log = structlog.get_logger(__name__)

LOOK_UP_S_MAX = 20.0
"""Longest that looking up may take: half a second as a rule."""
WORDS_MAX = 20_000
"""Words kept; a county has some thousands. Beyond it all is forgotten and looked up anew."""
REST_S = 60.0
"""After a failure words go without letters for so long before it is tried again."""


class Initials:
    """Knows the first letters of words."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._one_at_a_time = asyncio.Lock()
        self._rests_until = 0.0

    async def of(self, words: Iterable[str]) -> Mapping[str, str]:
        """Return the letters of some words; of those that can't be looked up now, none."""
        wanted = set(words)
        if not wanted <= self._known.keys():
            async with self._one_at_a_time:
                missing = sorted(wanted - self._known.keys())
                if missing and asyncio.get_running_loop().time() >= self._rests_until:
                    await self._look_up(missing)
        return {word: self._known[word] for word in wanted if word in self._known}

    async def _look_up(self, words: list[str]) -> None:
        try:
            found = await asyncio.wait_for(_ask(words), LOOK_UP_S_MAX)
        except (OSError, ValueError, TimeoutError) as error:
            self._rests_until = asyncio.get_running_loop().time() + REST_S
            log.warning("initials_unknown", words=len(words), error=repr(error))
            return
        if len(self._known) + len(found) > WORDS_MAX:
            self._known.clear()
        self._known.update(found)


async def _ask(words: list[str]) -> dict[str, str]:
    """Have the program look words up.

    Raises:
        OSError: it can't be started.
        ValueError: it failed.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "api.initials"), stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        answer, complaint = await process.communicate(orjson.dumps(words))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ValueError(complaint.decode(errors="replace")[-500:])
    found: dict[str, str] = orjson.loads(answer)
    return found


def letters(word: str) -> str:
    """Return the first letters of a word; Latin letters and digits are their own, marks are left out."""
    # 57 MB that the controller does without; the voice's own module brings the words that pypinyin lacks.
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415

    import devices.reading  # noqa: F401, PLC0415

    said = "".join(lazy_pinyin(normalised(word), style=Style.FIRST_LETTER))
    return "".join(one for one in said.lower() if one.isascii() and one.isalnum())


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps({word: letters(word) for word in orjson.loads(sys.stdin.buffer.read())}))
